#include "format/json/line_finder.h"

#include <cstring>

#include "format/json/record_index.h"
#include "format/json/tokens.h"

namespace ingot::json {

void LineFinder::start(const Block& block) {
  at_ = line_begin_ = block.bytes.get();
  end_ = at_ + block.size;
  number_ = block.line;
  if (block.offset == 0 && block.view().starts_with(kByteOrderMark)) at_ += kByteOrderMark.size();
}

bool LineFinder::next(Line& line) {
  while (at_ != end_) {
    const void* newline = std::memchr(at_, '\n', static_cast<size_t>(end_ - at_));
    const char* const line_end = newline == nullptr ? end_ : static_cast<const char*>(newline);
    const char* const begin = skip_space(at_, line_end);
    line.number = number_;
    line.column = static_cast<uint64_t>(begin - line_begin_) + 1;
    at_ = line_end;
    if (newline != nullptr) {
      line_begin_ = ++at_;
      ++number_;
    }
    if (begin == line_end) continue;
    line.text = {begin, static_cast<size_t>(trim_space(begin, line_end) - begin)};
    return true;
  }
  return false;
}

}  // namespace ingot::json
