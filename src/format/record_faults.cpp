#include "format/record_faults.h"

#include <algorithm>

namespace ingot {

namespace {

/// Returns the length of the valid character at `text`'s beginning, 0 where there is none (Unicode 15, table 3-7).
size_t character_length(std::string_view text) {
  const auto at = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto within = [](unsigned byte, unsigned low, unsigned high) { return byte >= low && byte <= high; };
  const auto tail = [&](size_t i) { return within(at(i), 0x80, 0xBF); };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (within(first, 0xC2, 0xDF)) return tail(1) ? 2 : 0;
  if (within(first, 0xE0, 0xEF)) {
    const bool second = within(at(1), first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF);
    return second && tail(2) ? 3 : 0;
  }
  if (within(first, 0xF0, 0xF4)) {
    const bool second = within(at(1), first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF);
    return second && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

void set_place(RecordFault& fault, std::string_view record, size_t at, Charset encoding, char newline) {
  const std::string_view before = record.substr(0, at);
  const size_t line_end = before.rfind(newline);
  fault.line_delta = static_cast<uint32_t>(std::count(before.begin(), before.end(), newline));
  const std::string_view line = line_end == before.npos ? before : before.substr(line_end + 1);
  fault.column = static_cast<uint32_t>(encoded_size(encoding, line) + 1);
}

std::string snippet(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string out;
  while (!text.empty()) {
    const size_t length = text[0] == '\0' ? 0 : character_length(text);
    const std::string_view piece = length == 0 ? kReplacement : text.substr(0, length);
    if (out.size() + piece.size() > RecordFault::kMaxSnippet) break;
    out += piece;
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

size_t valid_utf8_prefix(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t length = character_length(text.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

}  // namespace ingot
