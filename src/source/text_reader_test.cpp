#include "source/text_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

namespace ingot {
namespace {

using namespace std::string_literals;

/// Gives a text in pieces of so many bytes at most.
class Pieces final : public ByteReader {
 public:
  Pieces(std::string text, size_t most) : text_(std::move(text)), most_(most) {}

  Result<size_t> read(char* out, size_t capacity) override {
    const size_t size = std::min({capacity, most_, text_.size() - at_});
    text_.copy(out, size, at_);
    at_ += size;
    return size;
  }
  Result<bool> plain() override { return true; }
  Status check_unchanged() const override { return {}; }
  uint64_t stored_bytes() const override { return at_; }
  std::string content_hash() const override { return "hash"; }

 private:
  const std::string text_;
  const size_t most_;
  size_t at_ = 0;
};

std::string read_all(TextReader& reader, size_t first, size_t capacity) {
  std::string out, buffer(std::max(first, capacity), '\0');
  for (size_t room = first;; room = capacity) {
    const auto got = reader.read(buffer.data(), room);
    if (!got) return "error: " + got.error().message;
    EXPECT_LE(*got, room);
    if (*got == 0) return out;
    out.append(buffer, 0, *got);
  }
}

std::string text_of(const std::string& bytes, Charset given, size_t most = 7, size_t first = 100, size_t rest = 100) {
  TextReader reader(std::make_unique<Pieces>(bytes, most), given);
  return read_all(reader, first, rest);
}

TEST(TextReader, IsTheSameHoweverItIsRead) {
  std::string utf16 = "\xFF\xFE", text = "\xEF\xBB\xBF";
  for (int i = 0; i < 50'000; ++i) {
    utf16 += i % 7 == 0 ? "\x3D\xD8\x00\xDE"s : "x\0"s;
    text += i % 7 == 0 ? "😀" : "x";
  }
  for (const size_t most : {1, 3, 5000}) {
    for (const size_t rest : {1, 31, 33, 5000}) {
      EXPECT_EQ(text_of(utf16, Charset::automatic, most, 10, rest), text) << most << " " << rest;
    }
  }
  EXPECT_EQ(text_of("caf\xE9,\x80", Charset::windows1252, 1, 4, 1), "café,€");
  EXPECT_EQ(text_of("\xEF\xBB\xBF"
                    "a\xFF",
                    Charset::automatic, 1, 4, 1),
            "\xEF\xBB\xBF"
            "a\xFF")
      << "unchecked";
  EXPECT_EQ(text_of("", Charset::latin1), "");
  EXPECT_EQ(text_of("é", Charset::automatic), "é");
}

TEST(TextReader, RefusesWhatIsCutOff) {
  EXPECT_EQ(text_of("\xFF\xFE"
                    "a\0b"s,
                    Charset::automatic),
            "error: UTF-16 text has an odd number of bytes");
  EXPECT_EQ(text_of("a\0b\0"s, Charset::automatic), "error: the file looks like UTF-16, and has no byte order mark");
  EXPECT_EQ(to_utf8("a\0b"s, Charset::utf16le).error().message, "UTF-16 text has an odd number of bytes");
  EXPECT_EQ(*to_utf8("\xE9t\xE9", Charset::latin1), "été");
}

TEST(TextReader, BeginsInTheMiddle) {
  TextReader latin(std::make_unique<Pieces>("\xE9\xE9,\xE9", 3), Charset::latin1);
  ASSERT_EQ(*latin.skip(1), 1u);
  EXPECT_EQ(read_all(latin, 10, 10), "é,é");
  TextReader plain(std::make_unique<Pieces>("abc", 3), Charset::automatic);
  ASSERT_EQ(*plain.skip(1), 1u);
  EXPECT_EQ(read_all(plain, 10, 10), "bc");
  EXPECT_EQ(plain.encoding(), Charset::utf8);
}

}  // namespace
}  // namespace ingot
