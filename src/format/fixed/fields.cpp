#include "format/fixed/fields.h"

#include <algorithm>

namespace ingot::fixed {

Fields::Fields(const FixedOptions& options, const std::vector<Slot>& slots) : trim_(options.trim) {
  for (const Slot& slot : slots) {
    Place place;
    if (!slot.sources.empty() && slot.sources[0].size() == 2) {
      place.first = static_cast<size_t>(slot.sources[0][0].index);
      place.length = static_cast<size_t>(slot.sources[0][1].index);
    }
    width_ = std::max(width_, place.first + place.length);
    places_.push_back(place);
  }
}

bool Fields::start(std::string_view line, bool by_bytes) {
  line_ = line;
  one_byte_ =
      by_bytes || std::all_of(line.begin(), line.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
  size_ = line.size();
  if (!one_byte_) {
    begins_.clear();
    for (size_t i = 0; i < line.size(); ++i) {
      if ((static_cast<unsigned char>(line[i]) & 0xC0) != 0x80) begins_.push_back(i);
    }
    size_ = begins_.size();
  }
  return size_ >= width_;
}

size_t Fields::byte_of(size_t character) const {
  if (one_byte_) return std::min(character, line_.size());
  return character < begins_.size() ? begins_[character] : line_.size();
}

std::string_view Fields::trimmed(std::string_view text) const {
  using Trim = FixedOptions::Trim;
  if (trim_ == Trim::both || trim_ == Trim::left)
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  if (trim_ == Trim::both || trim_ == Trim::right) text = text.substr(0, text.find_last_not_of(' ') + 1);
  return text;
}

std::optional<std::string_view> Fields::field(size_t slot) const {
  const Place& place = places_[slot];
  if (place.first >= size_) return std::nullopt;
  const size_t begin = byte_of(place.first);
  return trimmed(line_.substr(begin, byte_of(place.first + place.length) - begin));
}

}  // namespace ingot::fixed
