#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace simdjson::internal {
class dom_parser_implementation;
}

namespace ingot::json {

/// Finds, by SIMD, the places where JSON's tokens begin: brackets, colons, commas, opening quotes, and scalars, none of
/// them within a string. simdjson's first stage, chosen at run time for the machine. Not thread-safe.
class StructuralIndex {
 public:
  StructuralIndex();
  ~StructuralIndex();

  /// Scans `text`, which holds any number of values. False where it is not UTF-8, a string is not closed, or has a
  /// control character in it: then the index is unspecified. No byte beyond `text` is read.
  bool scan(std::string_view text);

  /// Returns the positions in ascending order, followed by a sentinel: the text's size.
  const uint32_t* positions() const;

 private:
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser_;
  size_t capacity_ = 0;
};

}  // namespace ingot::json
