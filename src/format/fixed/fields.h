#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "format/format.h"

namespace ingot::fixed {

/// Where a field stands in its line, counted in characters or bytes.
struct Place {
  size_t first = 0;
  size_t length = 0;
};

/// Takes fields out of lines.
class Fields {
 public:
  Fields(const FixedOptions& options, const std::vector<Slot>& slots);

  /// How far a line must reach.
  size_t width() const { return width_; }

  /// Looks at a line: valid UTF-8. `by_bytes`: bytes of the line are what is counted. Returns whether it reaches as far
  /// as it must.
  bool start(std::string_view line, bool by_bytes);
  size_t size() const { return size_; }  ///< of the line, as it is counted

  /// Returns a field as it stands, padding taken off; nothing where the line ends before it begins. What reaches beyond
  /// the line's end is cut there.
  std::optional<std::string_view> field(size_t slot) const;

 private:
  size_t byte_of(size_t character) const;
  std::string_view trimmed(std::string_view text) const;

  const FixedOptions::Trim trim_;
  std::vector<Place> places_;
  size_t width_ = 0;
  std::string_view line_;
  size_t size_ = 0;
  bool one_byte_ = true;
  std::vector<size_t> begins_;  // of the characters, where they are not bytes
};

}  // namespace ingot::fixed
