#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace ingot::postgres {

// PostgreSQL's binary COPY format. Source: its manual, "COPY", "Binary Format".

inline constexpr std::string_view kCopyHeader{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
inline constexpr std::string_view kCopyTrailer{"\377\377", 2};
inline constexpr int64_t kEpochDays = 10957;  ///< from 1970-01-01 to 2000-01-01, where the server counts from
inline constexpr int64_t kMicrosPerDay = 86'400'000'000;

static_assert(std::endian::native == std::endian::little);
inline uint16_t network(uint16_t v) { return __builtin_bswap16(v); }
inline uint32_t network(uint32_t v) { return __builtin_bswap32(v); }
inline uint64_t network(uint64_t v) { return __builtin_bswap64(v); }

/// Writes a big-endian number; returns the place behind it.
template <class T>
char* put(char* out, T value) {
  static_assert(std::is_unsigned_v<T>);
  value = network(value);
  std::memcpy(out, &value, sizeof value);
  return out + sizeof value;
}

/// Writes rows in binary, value by value.
class RowWriter {
 public:
  RowWriter() : bytes_(kCopyHeader) {}

  void begin_row(uint16_t columns) { number(columns); }
  void null() { number(uint32_t{0xFFFFFFFF}); }
  void int8(int64_t value) {
    number(uint32_t{8});
    number(static_cast<uint64_t>(value));
  }
  void int4(int32_t value) {
    number(uint32_t{4});
    number(static_cast<uint32_t>(value));
  }
  void boolean(bool value) {
    number(uint32_t{1});
    bytes_ += value ? '\1' : '\0';
  }
  void text(std::string_view value) {
    number(static_cast<uint32_t>(value.size()));
    bytes_.append(value);
  }
  void text_or_null(std::string_view value) { value.empty() ? null() : text(value); }
  void jsonb_or_null(std::string_view value) {
    if (value.empty()) return null();
    number(static_cast<uint32_t>(value.size() + 1));
    bytes_ += '\1';  // the format's version
    bytes_.append(value);
  }
  void finish() { bytes_.append(kCopyTrailer); }

  const std::string& bytes() const { return bytes_; }
  void clear() { bytes_.clear(); }

 private:
  template <class T>
  void number(T value) {
    char raw[sizeof value];
    put(raw, value);
    bytes_.append(raw, sizeof value);
  }
  std::string bytes_;
};

}  // namespace ingot::postgres
