#include "types/encoding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "types/exact.h"
#include "types/property_test.h"

namespace ingot {
namespace {

using namespace std::string_literals;

std::string resolved(Charset given, std::string_view head) {
  const auto found = resolve_encoding(given, head);
  return found ? std::string(encoding_name(*found)) : "error: " + found.error().message;
}

// In steps of `piece` bytes of room for `room`.
std::string transcoded(Charset encoding, std::string_view bytes, size_t piece = 1000, size_t room = 1000) {
  const Transcoder transcoder(encoding);
  std::string out, buffer(room, '\0');
  size_t begin = 0, end = 0;
  while (true) {
    const bool last = end == bytes.size();
    const auto step = transcoder.run(bytes.substr(begin, end - begin), buffer.data(), room, last);
    out.append(buffer, 0, step.made);
    begin += step.taken;
    if (step.made > 0) continue;
    if (last) return begin == bytes.size() ? out : out + "|";
    end = std::min(end + piece, bytes.size());
  }
}

TEST(Charset, IsThatOfTheMarkOrTheGivenOne) {
  EXPECT_EQ(resolved(Charset::automatic, ""), "utf-8");
  EXPECT_EQ(resolved(Charset::automatic, "a,b\n"), "utf-8");
  EXPECT_EQ(resolved(Charset::automatic, "\xEF\xBB\xBF"), "utf-8");
  EXPECT_EQ(resolved(Charset::automatic, "\xFF\xFE"), "utf-16le");
  EXPECT_EQ(resolved(Charset::utf16, "\xFE\xFF\0a"s), "utf-16be");
  EXPECT_EQ(resolved(Charset::utf16be, "\0a\0b"s), "utf-16be");
  EXPECT_EQ(resolved(Charset::windows1252, "a\xE9"), "windows-1252");
  EXPECT_EQ(resolved(Charset::automatic, "\xE9"), "utf-8") << "never guessed: its bytes are rejects";
}

TEST(Charset, IsNeverGuessed) {
  EXPECT_EQ(resolved(Charset::latin1, "\xEF\xBB\xBFx"),
            "error: the file begins with the byte order mark of utf-8, and the pipeline says encoding: latin-1");
  EXPECT_EQ(resolved(Charset::utf16le, "\xFE\xFF\0a"s),
            "error: the file begins with the byte order mark of utf-16be, and the pipeline says encoding: utf-16le");
  EXPECT_EQ(resolved(Charset::utf16, "a,b\n"), "error: the file has no byte order mark, which encoding: utf-16 needs");
  EXPECT_EQ(resolved(Charset::automatic, "a\0b\0"s), "error: the file looks like UTF-16, and has no byte order mark");
  EXPECT_EQ(resolve_encoding(Charset::automatic, "\0a\0b"s).error().hint, "if it is, say from.encoding: utf-16be");
  EXPECT_EQ(resolved(Charset::automatic, "\xFF\xFE\0\0"s),
            "error: the file begins with the byte order mark of UTF-32, which cannot be read");
}

TEST(Charset, TakesEightBitCharacters) {
  EXPECT_EQ(transcoded(Charset::latin1, "caf\xE9;\xA4\xFF"), "café;¤ÿ");
  EXPECT_EQ(transcoded(Charset::latin9, "\xA4"), "€");
  EXPECT_EQ(transcoded(Charset::latin2, "\xB1\xA1"), "ąĄ");
  EXPECT_EQ(transcoded(Charset::windows1252, "\x80\x93x\x94\x99"), "€“x”™");
  EXPECT_EQ(transcoded(Charset::windows1250, "\x9Cl\xF3"), "śló");
  EXPECT_EQ(transcoded(Charset::windows1251, "\xCF\xF0"), "Пр");
  EXPECT_EQ(transcoded(Charset::koi8r, "\xF0\xD2"), "Пр");
  EXPECT_EQ(transcoded(Charset::cp850, "\x81\xC4"), "ü─");
}

TEST(Charset, WhatIsNoCharacterIsNoText) {
  EXPECT_EQ(transcoded(Charset::windows1252, "a\x81z"), "a\xFFz");
  EXPECT_EQ(transcoded(Charset::latin1, "\x80"), "\xFF") << "a euro of Windows: the encoding is another one";
  EXPECT_EQ(transcoded(Charset::utf16le, "\x00\xD8\x61\x00"s), "\xED\xA0\x80\x61") << "half a pair, and a letter";
  EXPECT_EQ(transcoded(Charset::utf16le, "\x00\xDC"s), "\xED\xB0\x80");
  EXPECT_EQ(transcoded(Charset::utf16le, "\x00\xD8"s), "\xED\xA0\x80");
  EXPECT_EQ(transcoded(Charset::utf16le, "a\0b"s), "a|") << "an odd byte is left";
}

TEST(Charset, TakesUtf16) {
  EXPECT_EQ(transcoded(Charset::utf16le, "\xFF\xFEh\0\xE9\0\xAC\x20\x3D\xD8\x00\xDE"s), "\xEF\xBB\xBFhé€😀");
  EXPECT_EQ(transcoded(Charset::utf16be, "\xFE\xFF\0h\0\xE9\x20\xAC\xD8\x3D\xDE\x00"s), "\xEF\xBB\xBFhé€😀");
}

// However it is cut, the text is the same, and every place in it is found again in the file.
TEST(Charset, PlacesAreFoundAgain) {
  const std::vector<Charset> all{Charset::utf16le, Charset::utf16be,     Charset::latin1,
                                 Charset::latin9,  Charset::windows1252, Charset::koi8r};
  RandomText random(1);
  for (int round = 0; round < 3000; ++round) {
    const Charset encoding = all[random.below(all.size())];
    std::string bytes;
    for (size_t i = random.below(60); i > 0; --i) {
      const size_t choice = random.below(10);
      bytes += choice < 7 ? std::string(1, static_cast<char>('a' + random.below(26)))
                          : std::string(1, static_cast<char>(random.below(256)));
      if (is_utf16(encoding)) {
        const char high =
            choice < 7 ? '\0' : static_cast<char>(choice == 7 ? 0xD8 + random.below(8) : random.below(256));
        encoding == Charset::utf16le ? bytes.push_back(high) : void(bytes.insert(bytes.size() - 1, 1, high));
      }
    }
    const std::string text = transcoded(encoding, bytes);
    ASSERT_EQ(transcoded(encoding, bytes, 1 + random.below(5), 32 + random.below(9)), text);
    ASSERT_EQ(encoded_size(encoding, text), bytes.size());
    for (size_t at = 0; at < text.size(); ++at) {
      if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;  // within a character
      const uint64_t place = encoded_size(encoding, std::string_view(text).substr(0, at));
      ASSERT_EQ(transcoded(encoding, std::string_view(bytes).substr(place)), text.substr(at)) << at;
    }
  }
}

}  // namespace
}  // namespace ingot
