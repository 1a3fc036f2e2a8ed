#include <array>

#include "types/exact.h"

namespace ingot::exact {

namespace {

constexpr uint8_t kNone = 0xFF;
using Values = std::array<uint8_t, 256>;

constexpr Values values_of(std::string_view alphabet) {
  Values values{};
  for (uint8_t& value : values) value = kNone;
  for (size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<uint8_t>(i);
  }
  return values;
}

constexpr Values hex_values() {
  Values values = values_of("0123456789abcdef");
  for (char c = 'A'; c <= 'F'; ++c) values[static_cast<unsigned char>(c)] = static_cast<uint8_t>(c - 'A' + 10);
  return values;
}

constexpr Values kHex = hex_values();
constexpr Values kBase64 = values_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
constexpr Values kBase64Url = values_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

constexpr std::string_view kHexPrefix = "\\x";

bool is_hex(Encoding encoding) { return encoding == Encoding::prefixed_hex || encoding == Encoding::hex; }

// Cuts padding off. With it, or where it must be there, characters come in fours.
bool take_padding(std::string_view& text, bool required) {
  const bool whole = text.size() % 4 == 0;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  text.remove_suffix(padding);
  return whole || (padding == 0 && !required);
}

Fault from_hex(std::string_view text, char* out) {
  if (text.size() % 2 != 0) return Fault::not_binary;
  uint8_t seen = 0;
  for (size_t i = 0; i < text.size(); i += 2) {
    const uint8_t high = kHex[static_cast<unsigned char>(text[i])];
    const uint8_t low = kHex[static_cast<unsigned char>(text[i + 1])];
    seen |= high | low;
    *out++ = static_cast<char>(high << 4 | (low & 0x0F));
  }
  return seen < 16 ? Fault::none : Fault::not_binary;
}

Fault from_base64(std::string_view text, const Values& values, char* out) {
  uint32_t bits = 0;
  int held = 0;  // bits that are not written yet
  for (const char c : text) {
    const uint8_t value = values[static_cast<unsigned char>(c)];
    if (value == kNone) return Fault::not_binary;
    bits = bits << 6 | value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    *out++ = static_cast<char>(bits >> held);
    bits &= (1u << held) - 1;
  }
  return held < 6 && bits == 0 ? Fault::none : Fault::not_binary;  // 6: a character that is alone
}

}  // namespace

size_t binary_size(std::string_view text, Encoding encoding) {
  if (encoding == Encoding::prefixed_hex) return text.size() < kHexPrefix.size() ? 0 : (text.size() - 2) / 2;
  if (encoding == Encoding::hex) return text.size() / 2;
  take_padding(text, false);
  return text.size() / 4 * 3 + text.size() % 4 * 3 / 4;
}

Fault to_binary(std::string_view text, Encoding encoding, char* out) {
  if (encoding == Encoding::prefixed_hex) {
    if (!text.starts_with(kHexPrefix)) return Fault::not_binary;
    text.remove_prefix(kHexPrefix.size());
  }
  if (is_hex(encoding)) return from_hex(text, out);
  if (!take_padding(text, encoding == Encoding::base64)) return Fault::not_binary;
  return from_base64(text, encoding == Encoding::base64 ? kBase64 : kBase64Url, out);
}

}  // namespace ingot::exact
