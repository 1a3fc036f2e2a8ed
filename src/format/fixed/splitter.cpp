#include "format/fixed/splitter.h"

#include <algorithm>
#include <cstring>

namespace ingot::fixed {

namespace {

/// Returns where the last `lines` lines of the data begin, the last of which may have no end; 0 where there are not
/// more.
size_t begin_of_last(std::string_view data, uint64_t lines) {
  size_t end = data.size();
  for (; lines > 0 && end > 0; --lines) {
    const size_t newline = end < 2 ? std::string_view::npos : data.rfind('\n', end - 2);
    end = newline == std::string_view::npos ? 0 : newline + 1;
  }
  return end;
}

class LineSplitter final : public Splitter {
 public:
  LineSplitter(uint64_t skip, uint64_t skip_footer, bool begins)
      : skip_(skip), skip_footer_(skip_footer), begins_(begins) {}

  Result<Cut> split(std::string_view data, size_t, bool last) override {
    Cut cut;
    const size_t whole = last ? data.size() : data.rfind('\n') + 1;  // npos + 1 is 0
    const size_t records = begin_of_last(data.substr(0, whole), skip_footer_);
    cut.bytes = last ? whole : records;  // what may be the footer waits
    auto index = std::make_unique<Index>();
    index->end = records;
    const std::string_view cut_data = data.substr(0, cut.bytes);
    if (begins_ && cut.bytes > 0) {
      if (cut_data.starts_with("\xEF\xBB\xBF")) index->begin = 3;  // the mark is no character of the first line
      begins_ = false;
    }
    while (skip_ > 0 && index->begin < cut_data.size()) {
      const size_t newline = cut_data.find('\n', index->begin);
      index->begin = newline == std::string_view::npos ? cut_data.size() : newline + 1;
      --skip_;
      ++index->skipped;
    }
    index->end = std::max(index->end, index->begin);
    cut.newlines = static_cast<uint64_t>(std::count(cut_data.begin(), cut_data.end(), '\n'));
    cut.index = std::move(index);
    return cut;
  }

 private:
  uint64_t skip_;
  const uint64_t skip_footer_;
  bool begins_;  // at the unit's beginning
};

}  // namespace

std::unique_ptr<Splitter> make_splitter(uint64_t skip, uint64_t skip_footer) {
  return std::make_unique<LineSplitter>(skip, skip_footer, true);
}

std::unique_ptr<Splitter> make_splitter_within(uint64_t skip_footer) {
  return std::make_unique<LineSplitter>(0, skip_footer, false);
}

}  // namespace ingot::fixed
