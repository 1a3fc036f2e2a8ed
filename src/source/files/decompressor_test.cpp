#include <zlib.h>

#include <random>

#include "source/files/files_test.h"

namespace ingot {

namespace {

class DecompressionTest : public FilesTest {
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

// By zlib, with all optional header fields.
std::string gzip_with_fields(std::string text, bool header_crc) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  gz_header header{};
  std::string extra = "extra", name = "name.csv", comment = "a comment";
  header.extra = reinterpret_cast<Bytef*>(extra.data());
  header.extra_len = static_cast<uInt>(extra.size());
  header.name = reinterpret_cast<Bytef*>(name.data());
  header.comment = reinterpret_cast<Bytef*>(comment.data());
  header.hcrc = header_crc;
  deflateSetHeader(&stream, &header);
  std::string out(text.size() + 1000, 0);
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST_F(DecompressionTest, ReadsPlainGzipAndZstdWhateverTheirNames) {
  const std::string text = sample_text(3'000'000);
  for (const std::string& stored : {text, gzip(text), zstd(text)}) {
    for (const size_t piece : {size_t{1 << 20}, size_t{65'537}, size_t{997}}) {
      EXPECT_EQ(through_file(stored, piece), text);
    }
  }
  write("plain.gz", "a,b\n1,2\n");
  EXPECT_EQ(read_file(path("plain.gz")), "a,b\n1,2\n");
}

TEST_F(DecompressionTest, ReadsOneByteAtATime) {
  const std::string text = sample_text(5'000);
  for (const std::string& stored : {text, gzip(text), zstd(text)}) EXPECT_EQ(through_file(stored, 1), text);
}

TEST_F(DecompressionTest, ReadsAllMembersAndFrames) {
  const std::string a = sample_text(200'000), b = sample_text(70'001);
  EXPECT_EQ(through_file(gzip(a) + gzip("") + gzip(b) + gzip("z")), a + b + "z");
  EXPECT_EQ(through_file(gzip_with_fields(a, true) + gzip_with_fields(b, false)), a + b);
  const std::string skippable("\x50\x2a\x4d\x18\x03\x00\x00\x00xyz", 11);
  EXPECT_EQ(through_file(zstd(a) + zstd("") + skippable + zstd(b)), a + b);
  EXPECT_EQ(through_file(skippable + zstd(b)), b);
  std::string many, expected;
  for (int i = 0; i < 20'000; ++i) {
    many += gzip(std::to_string(i));
    expected += std::to_string(i);
  }
  EXPECT_EQ(through_file(many), expected);
}

TEST_F(DecompressionTest, ReadsEmptyStreams) {
  EXPECT_EQ(through_file(""), "");
  EXPECT_EQ(through_file(gzip("")), "");
  EXPECT_EQ(through_file(zstd("")), "");
}

TEST_F(DecompressionTest, NoticesEveryTruncation) {
  const std::string text = sample_text(700);
  const std::string two = gzip_with_fields(text, true) + gzip(text);
  for (size_t size = 2; size < two.size(); ++size) {
    if (size == gzip_with_fields(text, true).size()) continue;  // between members: a whole stream
    expect_error(two.substr(0, size), "truncated gzip stream after " + std::to_string(size) + " bytes");
  }
  const std::string frames = zstd(text) + zstd(text);
  for (size_t size = 4; size < frames.size(); ++size) {
    if (size == zstd(text).size()) continue;
    expect_error(frames.substr(0, size), "truncated zstd stream after " + std::to_string(size) + " bytes");
  }
  for (const std::string name : {"a.gz", "b.zst"}) {
    write(name, "");
    EXPECT_FALSE(read_file(path(name))) << name;
  }
}

TEST_F(DecompressionTest, NoticesFlippedBits) {
  const std::string text = sample_text(2'000);
  for (const std::string& stored : {gzip(text), zstd(text)}) {
    for (size_t bit = 0; bit < stored.size() * 8; ++bit) {
      std::string damaged = stored;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
      const auto result = through_file(damaged);
      // Not covered by any checksum: the gzip header's flags, time, OS; a magic number makes it a plain file.
      EXPECT_TRUE(!result || *result == text || *result == damaged) << "bit " << bit;
    }
  }
}

TEST_F(DecompressionTest, RefusesWhatFollowsTheEnd) {
  expect_error(gzip("a") + "garbage", "other bytes follow the last gzip member");
  expect_error(gzip("a") + std::string(512, 0), "other bytes follow the last gzip member");
  expect_error(zstd("a") + "garbage", "other bytes follow the last zstd frame");
}

TEST_F(DecompressionTest, ChecksCrcAndLength) {
  std::string stored = gzip("hello");
  stored[stored.size() - 8] ^= 1;
  expect_error(stored, "wrong CRC32");
  stored = gzip("hello");
  stored[stored.size() - 4] ^= 1;
  expect_error(stored, "wrong length");
  stored = gzip_with_fields("hello", true);
  stored[4] ^= 1;  // the time
  expect_error(stored, "wrong checksum of a gzip header");
}

// libzstd itself does not notice where it gets the frame in pieces.
TEST_F(DecompressionTest, ChecksDeclaredSizesOfZstdFrames) {
  const std::string with_checksum("\x28\xb5\x2f\xfd\x24\x49\x01\x00\x00\x99\xe9\xd8\x51", 13);
  const std::string without("\x28\xb5\x2f\xfd\x20\x49\x01\x00\x00", 9);
  for (const std::string& empty_of_73_bytes : {with_checksum, without}) {
    for (const size_t piece : {1, 50, 100}) {
      EXPECT_FALSE(through_file(empty_of_73_bytes, piece)) << piece;
      EXPECT_FALSE(through_file(zstd("a") + empty_of_73_bytes, piece)) << piece;
    }
  }
}

// libzstd reads them or not, depending on how they come in pieces.
TEST_F(DecompressionTest, RefusesFramesOfOldZstd) {
  const std::string old_frame("\x27\xb5\x2f\xfd\x04\x00\xc0\x00\x00", 9);
  for (const size_t piece : {1, 100}) {
    const auto result = through_file(zstd("a") + old_frame, piece);
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find("other bytes follow the last zstd frame"), std::string::npos);
  }
}

TEST_F(DecompressionTest, RefusesHugeWindows) {
  EXPECT_EQ(through_file(zstd(sample_text(1000), 27)), sample_text(1000));
  expect_error(zstd(sample_text(1000), 28), "window is larger than 128 MiB");
}

TEST_F(DecompressionTest, NeverYieldsOtherBytesUnderRandomDamage) {
  std::mt19937 random(7);
  const std::string text = sample_text(30'000);
  const std::string stored = gzip(text) + gzip(text.substr(0, 100));
  for (int round = 0; round < 300; ++round) {
    std::string damaged = stored;
    for (int i = 0; i < 1 + round % 3; ++i) {
      damaged[12 + random() % (damaged.size() - 12)] = static_cast<char>(random());
    }
    const auto result = through_file(damaged, 1 + random() % 70'000);
    EXPECT_TRUE(!result || *result == text + text.substr(0, 100));
  }
}

}  // namespace

}  // namespace ingot
