#include "format/json/lines_splitter.h"

#include <algorithm>
#include <cstring>

#include "format/json/record_index.h"
#include "types/digits.h"

namespace ingot::json {

namespace {

class LinesSplitter final : public Splitter {
 public:
  Result<Cut> split(std::string_view data, size_t seen, bool last) override {
    if (data.size() > kMaxBlockBytes) return fail(Code::source_unreadable, "a line is longer than 4 GiB");
    Cut cut;
    if (last) {
      cut.bytes = data.size();
    } else if (const void* newline = memrchr(data.data() + seen, '\n', data.size() - seen)) {
      cut.bytes = static_cast<size_t>(static_cast<const char*>(newline) - data.data()) + 1;
    }
    cut.newlines = count_newlines(data.substr(0, cut.bytes));
    return cut;
  }
};

}  // namespace

std::unique_ptr<Splitter> make_lines_splitter() { return std::make_unique<LinesSplitter>(); }

uint64_t count_newlines(std::string_view text) {
  uint64_t count = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  // Adds up eight bytes side by side, as often as a byte can count.
  while (end - at >= 8) {
    const size_t words = std::min<size_t>(static_cast<size_t>(end - at) / 8, 255);
    uint64_t sums = 0;
    for (size_t i = 0; i < words; ++i, at += 8) {
      const uint64_t different = exact::load8(at) ^ '\n' * exact::kEachByte;
      const uint64_t nonzero = ((different & 0x7f * exact::kEachByte) + 0x7f * exact::kEachByte) | different;
      sums += ~nonzero >> 7 & exact::kEachByte;
    }
    constexpr uint64_t kPairs = 0x00ff00ff00ff00ff;
    count += (((sums & kPairs) + (sums >> 8 & kPairs)) * 0x0001000100010001) >> 48;
  }
  for (; at != end; ++at) count += *at == '\n';
  return count;
}

}  // namespace ingot::json
