#include "transcript/avro_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "transcript/civil_time.h"
#include "transcript/json_text.h"

namespace ingot {

namespace {

using ValueKind = AvroType::Kind;
using LogicalKind = AvroType::Logical;

constexpr int kMostValueDepth = 150;
// A list of NULLs takes no bytes: a few could stand for any number. So there may be that many, and more by the byte.
constexpr uint64_t kMostEmptyValues = 10'000'000, kEmptyValuesPerByte = 100;

tl::unexpected<Error> bad_value(std::string_view what) {
  return fail(Code::source_unreadable, fmt::format("a value is damaged, {}", what));
}

// Two's complement, big endian, of any length: to decimal digits.
std::string decimal_digits(std::string_view bytes, uint32_t scale) {
  std::string magnitude(bytes);
  const bool negative = !bytes.empty() && (static_cast<unsigned char>(bytes[0]) & 0x80) != 0;
  if (negative) {
    unsigned carry = 1;
    for (size_t i = magnitude.size(); i-- > 0;) {
      const unsigned sum = (static_cast<unsigned char>(~magnitude[i]) & 0xffU) + carry;
      magnitude[i] = static_cast<char>(sum & 0xff);
      carry = sum >> 8;
    }
  }
  std::string digits;
  while (!magnitude.empty()) {
    unsigned rest = 0;
    for (char& c : magnitude) {
      const unsigned value = rest << 8 | static_cast<unsigned char>(c);
      c = static_cast<char>(value / 10);
      rest = value % 10;
    }
    digits += static_cast<char>('0' + rest);
    magnitude.erase(0, std::min(magnitude.find_first_not_of('\0'), magnitude.size()));
  }
  while (digits.size() <= scale) digits += '0';
  std::reverse(digits.begin(), digits.end());
  if (scale > 0) digits.insert(digits.size() - scale, 1, '.');
  return negative ? "-" + digits : digits;
}

uint32_t little_endian_32(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value |= uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return value;
}

template <class Real, class Bits>
Real real_of(std::string_view bytes) {
  Bits bits = 0;
  for (size_t i = sizeof bits; i-- > 0;) bits = static_cast<Bits>(bits << 8 | static_cast<unsigned char>(bytes[i]));
  Real value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

void append_logical(std::string& out, LogicalKind logical, int64_t value) {
  switch (logical) {
    case LogicalKind::date:
      return append_json_string(out, day_text(value));
    case LogicalKind::time_millis:
      return append_json_string(out, clock_text(value, 3));
    case LogicalKind::time_micros:
      return append_json_string(out, clock_text(value, 6));
    case LogicalKind::timestamp_millis:
      return append_json_string(out, moment_text(value, 3) + "+00");
    case LogicalKind::timestamp_micros:
      return append_json_string(out, moment_text(value, 6) + "+00");
    case LogicalKind::timestamp_nanos:
      return append_json_string(out, moment_text(value, 9) + "+00");
    case LogicalKind::local_millis:
      return append_json_string(out, moment_text(value, 3));
    case LogicalKind::local_micros:
      return append_json_string(out, moment_text(value, 6));
    case LogicalKind::local_nanos:
      return append_json_string(out, moment_text(value, 9));
    default:
      fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

}  // namespace

Result<int64_t> AvroValues::take_long() {
  uint64_t number = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (bytes_.empty()) return bad_value("it ends too early");
    const auto byte = static_cast<unsigned char>(bytes_[0]);
    bytes_.remove_prefix(1);
    if (shift == 63 && byte > 1) break;
    number |= uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80) == 0) return static_cast<int64_t>(number >> 1 ^ (~(number & 1) + 1));
  }
  return bad_value("a number is too long");
}

Result<std::string_view> AvroValues::take(uint64_t size) {
  if (size > bytes_.size()) return bad_value("it ends too early");
  const std::string_view taken = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return taken;
}

Result<std::string_view> AvroValues::take_text() {
  INGOT_ASSIGN(const int64_t size, take_long());
  if (size < 0) return bad_value("a length is negative");
  return take(static_cast<uint64_t>(size));
}

Status AvroValues::append(std::string& out, const AvroType& type, int depth) {
  if (depth > kMostValueDepth) return bad_value("it is nested too deep");
  switch (type.kind) {
    case ValueKind::null:
      out += "null";
      return count_empty();
    case ValueKind::boolean: {
      INGOT_ASSIGN(const std::string_view byte, take(1));
      if (byte[0] != 0 && byte[0] != 1) return bad_value("a boolean is neither 0 nor 1");
      out += byte[0] == 1 ? "true" : "false";
      return {};
    }
    case ValueKind::int32:
    case ValueKind::int64:
      return append_number(out, type);
    case ValueKind::float32: {
      INGOT_ASSIGN(const std::string_view bytes, take(4));
      append_json_number(out, real_of<float, uint32_t>(bytes));
      return {};
    }
    case ValueKind::float64: {
      INGOT_ASSIGN(const std::string_view bytes, take(8));
      append_json_number(out, real_of<double, uint64_t>(bytes));
      return {};
    }
    case ValueKind::string: {
      INGOT_ASSIGN(const std::string_view text, take_text());
      append_json_string(out, text);
      return {};
    }
    case ValueKind::bytes:
    case ValueKind::fixed:
      return append_bytes(out, type);
    case ValueKind::enumeration: {
      INGOT_ASSIGN(const int64_t symbol, take_long());
      if (symbol < 0 || static_cast<uint64_t>(symbol) >= type.names.size())
        return bad_value("an enum has no such symbol");
      out += type.names[static_cast<size_t>(symbol)];
      return {};
    }
    case ValueKind::record:
      return append_record(out, type, depth);
    case ValueKind::array:
    case ValueKind::map:
      return append_items(out, type, depth);
    case ValueKind::choice:
      return append_choice(out, type, depth);
  }
  return {};
}

Status AvroValues::append_number(std::string& out, const AvroType& type) {
  INGOT_ASSIGN(const int64_t value, take_long());
  if (type.kind == ValueKind::int32 && (value < INT32_MIN || value > INT32_MAX))
    return bad_value("an int is larger than one");
  append_logical(out, type.logical, value);
  return {};
}

Status AvroValues::append_bytes(std::string& out, const AvroType& type) {
  std::string_view bytes;
  if (type.kind == ValueKind::fixed) {
    INGOT_ASSIGN(bytes, take(type.size));
  } else {
    INGOT_ASSIGN(bytes, take_text());
  }
  if (type.logical == LogicalKind::decimal) {
    if (bytes.size() > 512) return bad_value("a decimal is too long");
    out += decimal_digits(bytes, type.scale);
  } else if (type.logical == LogicalKind::duration) {
    const uint32_t millis = little_endian_32(bytes, 8);
    append_json_string(out, fmt::format("P{}M{}DT{}.{:03}S", little_endian_32(bytes, 0), little_endian_32(bytes, 4),
                                        millis / 1000, millis % 1000));
  } else {
    append_json_bytes(out, bytes);
  }
  return {};
}

Status AvroValues::append_record(std::string& out, const AvroType& type, int depth) {
  out += '{';
  for (size_t i = 0; i < type.parts.size(); ++i) {
    if (i > 0) out += ',';
    out += type.names[i];
    INGOT_TRY(append(out, *type.parts[i], depth + 1));
  }
  out += '}';
  return count_empty();
}

// Blocks of a count and so many items; a negative count is followed by the block's size in bytes.
Status AvroValues::append_items(std::string& out, const AvroType& type, int depth) {
  const bool map = type.kind == ValueKind::map;
  out += map ? '{' : '[';
  bool first = true;
  while (true) {
    INGOT_ASSIGN(int64_t count, take_long());
    if (count == 0) break;
    if (count < 0) {
      INGOT_TRY(take_long());
      if (count == INT64_MIN) return bad_value("a count is impossible");
      count = -count;
    }
    for (; count > 0; --count) {
      if (!std::exchange(first, false)) out += ',';
      if (map) {
        INGOT_ASSIGN(const std::string_view key, take_text());
        append_json_string(out, key);
        out += ':';
      }
      INGOT_TRY(append(out, *type.parts[0], depth + 1));
      if (type.parts[0]->kind == ValueKind::fixed) INGOT_TRY(count_empty());
    }
  }
  out += map ? '}' : ']';
  return {};
}

// Counts a value that may have taken no bytes.
Status AvroValues::count_empty() {
  const uint64_t most = kMostEmptyValues + kEmptyValuesPerByte * (size_ - bytes_.size());
  return ++made_ > most ? bad_value("too many values of no bytes") : Status{};
}

Status AvroValues::append_choice(std::string& out, const AvroType& type, int depth) {
  INGOT_ASSIGN(const int64_t branch, take_long());
  if (branch < 0 || static_cast<uint64_t>(branch) >= type.parts.size()) return bad_value("a union has no such branch");
  return append(out, *type.parts[static_cast<size_t>(branch)], depth + 1);
}

}  // namespace ingot
