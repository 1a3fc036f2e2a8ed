// bzip2, xz and lz4: what gzip and zstd promise holds for them, too. Against Python's modules:
// tests/e2e/test_containers.py.

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>

#include <functional>
#include <random>

#include "source/files/files_test.h"

namespace ingot {

namespace {

std::string bzip2(std::string_view text) {
  std::string out(text.size() + text.size() / 100 + 700, 0);
  auto size = static_cast<unsigned>(out.size());
  EXPECT_EQ(BZ2_bzBuffToBuffCompress(out.data(), &size, const_cast<char*>(text.data()),
                                     static_cast<unsigned>(text.size()), 9, 0, 0),
            BZ_OK);
  out.resize(size);
  return out;
}

std::string xz(std::string_view text, uint32_t preset = 1, lzma_check check = LZMA_CHECK_CRC64) {
  std::string out(lzma_stream_buffer_bound(text.size()), 0);
  size_t size = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(preset, check, nullptr, reinterpret_cast<const uint8_t*>(text.data()), text.size(),
                                    reinterpret_cast<uint8_t*>(out.data()), &size, out.size()),
            LZMA_OK);
  out.resize(size);
  return out;
}

std::string lz4(std::string_view text, unsigned dictionary = 0) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.dictID = dictionary;
  preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  preferences.frameInfo.contentSize = text.size();
  std::string out(LZ4F_compressFrameBound(text.size(), &preferences), 0);
  const size_t size = LZ4F_compressFrame(out.data(), out.size(), text.data(), text.size(), &preferences);
  EXPECT_FALSE(LZ4F_isError(size));
  out.resize(size);
  return out;
}

struct Container {
  std::string name;
  std::function<std::string(std::string_view)> make;
  size_t magic;  // bytes that tell it
};

const std::vector<Container>& containers() {
  static const std::vector<Container> all = {{"bzip2", bzip2, 10},
                                             {"xz", [](std::string_view text) { return xz(text); }, 6},
                                             {"lz4", [](std::string_view text) { return lz4(text); }, 4}};
  return all;
}

class ContainersTest : public FilesTest {
 protected:
  Result<std::string> through_file(std::string_view stored, size_t piece = 1 << 16) const {
    write("f", stored);
    return read_file(path("f"), piece);
  }
  void expect_error(std::string_view stored, std::string_view part) const {
    const auto result = through_file(stored);
    ASSERT_FALSE(result) << "expected: " << part;
    EXPECT_EQ(result.error().code, Code::source_unreadable);
    EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
  }
};

TEST_F(ContainersTest, AreReadInPiecesOfAnySize) {
  const std::string text = sample_text(1'200'000), little = sample_text(3'000);
  for (const Container& c : containers()) {
    const std::string stored = c.make(text);
    for (const size_t piece : {size_t{1 << 20}, size_t{65'537}, size_t{4'099}}) {
      EXPECT_EQ(through_file(stored, piece), text) << c.name;
    }
    EXPECT_EQ(through_file(c.make(little), 1), little) << c.name;
    EXPECT_EQ(through_file(c.make("")), "") << c.name;
  }
}

TEST_F(ContainersTest, HaveSeveralMembers) {
  const std::string a = sample_text(150'000), b = sample_text(70'001);
  for (const Container& c : containers()) {
    EXPECT_EQ(through_file(c.make(a) + c.make("") + c.make(b) + c.make("z"), 1009), a + b + "z") << c.name;
    expect_error(c.make("a") + "garbage of more than a header", "other bytes follow the last " + c.name);
  }
  EXPECT_EQ(through_file(xz(a) + std::string(8, 0) + xz(b) + std::string(4, 0)), a + b);
  EXPECT_FALSE(through_file(xz(a) + std::string(7, 0) + xz(b)));
  EXPECT_FALSE(through_file(xz(a) + std::string(3, 0)));
  const std::string skippable("\x50\x2a\x4d\x18\x03\x00\x00\x00xyz", 11);
  EXPECT_EQ(through_file(lz4(a) + skippable + lz4(b)), a + b);
}

TEST_F(ContainersTest, NoticeEveryTruncation) {
  const std::string text = sample_text(700);
  for (const Container& c : containers()) {
    const std::string one = c.make(text), two = one + c.make(text);
    for (size_t size = c.magic; size < two.size(); ++size) {
      if (size == one.size()) continue;  // between members: a whole stream
      expect_error(two.substr(0, size), "truncated " + c.name + " stream after " + std::to_string(size) + " bytes");
    }
  }
  for (const std::string name : {"a.bz2", "b.xz", "c.lz4"}) {
    write(name, "");
    EXPECT_FALSE(read_file(path(name))) << name;
  }
}

TEST_F(ContainersTest, NeverYieldOtherBytesUnderDamage) {
  const std::string text = sample_text(1'500);
  for (const Container& c : containers()) {
    const std::string stored = c.make(text);
    for (size_t bit = 0; bit < stored.size() * 8; ++bit) {
      std::string damaged = stored;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
      const auto result = through_file(damaged);
      // A damaged magic number makes it a plain file.
      EXPECT_TRUE(!result || *result == text || *result == damaged) << c.name << " bit " << bit;
    }
  }
}

TEST_F(ContainersTest, RefuseWhatTakesTooMuchMemoryOrCannotBeChecked) {
  lzma_options_lzma options;
  ASSERT_FALSE(lzma_lzma_preset(&options, 0));
  options.dict_size = uint32_t{512} << 20;
  // Only the header counts: a stream of one filter, its dictionary declared, cut off.
  lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  std::string out(1 << 12, 0);
  size_t size = 0;
  ASSERT_EQ(lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, nullptr, reinterpret_cast<const uint8_t*>("abc"), 3,
                                      reinterpret_cast<uint8_t*>(out.data()), &size, out.size()),
            LZMA_OK);
  expect_error(std::string_view(out).substr(0, size), "more than 128 MiB");
  EXPECT_EQ(through_file(xz("abc", 9)), "abc");
  EXPECT_EQ(through_file(xz("abc", 0, LZMA_CHECK_SHA256)), "abc");
  expect_error(lz4("abc", 7), "a dictionary is needed");
}

TEST_F(ContainersTest, AreToldByTheirFirstBytesAlone) {
  write("plain.bz2", "a,b\n1,2\n");
  EXPECT_EQ(read_file(path("plain.bz2")), "a,b\n1,2\n");
  EXPECT_EQ(through_file("BZh9 is a text"), "BZh9 is a text");
  expect_error(std::string_view("7z\xbc\xaf\x27\x1c....", 10), "compressed with 7z");
  expect_error("PK\x03\x04 and so on", "file is a zip archive");
}

}  // namespace

}  // namespace ingot
