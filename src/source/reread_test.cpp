#include "source/reread.h"

#include "source/files/files_test.h"

namespace ingot {

namespace {

class RereadTest : public FilesTest {
 protected:
  const std::string text_ = sample_text(900'000);
};

TEST_F(RereadTest, FetchesRangesFromPlainAndCompressedFiles) {
  const std::vector<ByteRange> ranges{{0, 5},      {5, 10},   {1000, 300},        {1000, 300},   {1100, 10},
                                      {1250, 100}, {1260, 1}, {500'000, 200'000}, {899'990, 10}, {900'000, 0}};
  for (const std::string& stored : {text_, gzip(text_), zstd(text_)}) {
    write("f", stored);
    const auto files = source({"f"});
    for (const size_t most : {size_t{1'000'000}, size_t{20}, size_t{0}}) {
      const auto found = reread(*files, files->list()->at(0), ranges, most);
      ASSERT_TRUE(found) << found.error().message;
      ASSERT_EQ(found->size(), ranges.size());
      for (size_t i = 0; i < ranges.size(); ++i) {
        EXPECT_EQ(found->at(i), text_.substr(ranges[i].offset, std::min<size_t>(ranges[i].length, most))) << i;
      }
    }
  }
}

TEST_F(RereadTest, RefusesAChangedFileAndRangesBeyondTheEnd) {
  write("f", text_);
  const auto files = source({"f"});
  const Unit unit = files->list()->at(0);
  EXPECT_EQ(reread(*files, unit, std::vector<ByteRange>{{899'999, 2}}, 100).error().code, Code::source_changed);
  EXPECT_EQ(reread(*files, unit, std::vector<ByteRange>{{1'000'000, 2}}, 100).error().code, Code::source_changed);
  write("f", text_ + "x");
  EXPECT_EQ(reread(*files, unit, std::vector<ByteRange>{{0, 2}}, 100).error().code, Code::source_changed);
}

}  // namespace

}  // namespace ingot
