#pragma once

#include <cstdint>
#include <string_view>

namespace ingot::json {

/// A value as it stands in a block.
struct Span {
  enum class Kind : uint8_t {
    absent,
    null,
    string,   ///< `begin`, `size`: the content, without quotes and escapes
    escaped,  ///< likewise, with escapes, which are right
    number,
    yes,
    no,
    object,
    array,
  };

  const char* begin = nullptr;
  uint32_t size = 0;
  Kind kind = Kind::absent;
  uint8_t rank = 0;  ///< of the source among the slot's

  std::string_view text() const { return {begin, size}; }
  bool is_string() const { return kind == Kind::string || kind == Kind::escaped; }
  /// The JSON text, with a string's quotes.
  std::string_view json() const { return is_string() ? std::string_view{begin - 1, size + 2} : text(); }
};

}  // namespace ingot::json
