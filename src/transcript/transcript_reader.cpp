#include "transcript/transcript_reader.h"

#include <algorithm>
#include <cstring>

namespace ingot {

Result<size_t> TranscriptReader::read(char* out, size_t capacity) {
  size_t filled = 0;
  while (filled < capacity) {
    if (used_ == text_.size()) {
      text_.clear();
      used_ = 0;
      if (ended_) break;
      INGOT_ASSIGN(const bool more, write_more(text_));
      ended_ = !more;
      continue;
    }
    const size_t count = std::min(capacity - filled, text_.size() - used_);
    std::memcpy(out + filled, text_.data() + used_, count);
    used_ += count;
    filled += count;
  }
  return filled;
}

}  // namespace ingot
