#include "format/json/container_scanner.h"

#include <algorithm>
#include <bit>

#include "format/json/byte_masks.h"
#include "format/json/tokens.h"

namespace ingot::json {

void ContainerScanner::begin(Recovery recovery) {
  *this = {};
  recovery_ = recovery;
}

ContainerScanner::Stop ContainerScanner::scan(const char* record, const char* at, const char* end) {
  while (at < end) {
    size_t valid = std::min<size_t>(64, static_cast<size_t>(end - at));
    uint64_t keep = low_bits(valid);
    const ByteMasks masks = read_masks(at);
    uint64_t quotes = masks.quote & keep;
    if (escaped_ || (masks.backslash & keep) != 0) quotes &= ~take_escaped(masks.backslash & keep, valid);
    const uint64_t strings = prefix_xor(quotes) ^ (in_string_ ? ~uint64_t{0} : 0);
    if (valid > 0) in_string_ = (strings >> (valid - 1) & 1) != 0;
    const uint64_t broken = recovery_ == Recovery::by_line ? strings & masks.newline & keep : 0;
    if (broken != 0) {
      valid = static_cast<size_t>(std::countr_zero(broken));
      keep = low_bits(valid);
      in_string_ = escaped_ = false;
    }
    for (uint64_t brackets = (masks.open | masks.close) & ~strings & keep; brackets != 0; brackets &= brackets - 1) {
      const int i = std::countr_zero(brackets);
      const auto newlines_before = [&] {
        return static_cast<uint64_t>(std::popcount(masks.newline & low_bits(static_cast<uint64_t>(i))));
      };
      if ((masks.close >> i & 1) != 0) {
        if (--depth_ > 0) continue;
        newlines_ += newlines_before();
        return {Found::end, at + i + 1};
      }
      if (recovery_ == Recovery::by_line && depth_ > 0 && is_new_record(record, at + i)) {
        newlines_ += newlines_before();
        return {Found::record, at + i};
      }
      ++depth_;
      if (depth_ < 64) {
        const uint64_t bit = uint64_t{1} << depth_;
        arrays_ = at[i] == '[' ? arrays_ | bit : arrays_ & ~bit;
      }
    }
    // Without the machine's own instruction, which not every x86-64 has, popcount is a call.
    if ((masks.newline & keep) != 0) newlines_ += static_cast<uint64_t>(std::popcount(masks.newline & keep));
    broken_ |= broken != 0;
    at += valid;
  }
  return {Found::nothing, end};
}

// Returns the characters that follow an escaping backslash.
uint64_t ContainerScanner::take_escaped(uint64_t backslashes, size_t valid) {
  uint64_t escaped = escaped_ ? 1 : 0;
  backslashes &= ~escaped;
  escaped_ = false;
  while (backslashes != 0) {
    const int i = std::countr_zero(backslashes);
    backslashes &= backslashes - 1;
    if (static_cast<size_t>(i) + 1 == valid) {
      escaped_ = true;
      break;
    }
    const uint64_t next = uint64_t{1} << (i + 1);
    escaped |= next;
    backslashes &= ~next;
  }
  return escaped;
}

bool ContainerScanner::is_new_record(const char* record, const char* bracket) const {
  if (bracket[-1] != '\n') return false;
  if (broken_) return true;
  const char before = trim_space(record, bracket)[-1];
  if (before == '[' || before == ':') return false;
  const bool maybe_array = depth_ >= 64 || (arrays_ >> depth_ & 1) != 0;
  return before != ',' || !maybe_array;
}

}  // namespace ingot::json
