#pragma once

#include <gtest/gtest.h>
#include <isa-l/igzip_lib.h>
#include <sys/stat.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "source/source.h"

namespace ingot {

/// A folder of its own for each test.
class FilesTest : public testing::Test {
 protected:
  FilesTest() {
    std::string name = testing::TempDir() + "ingot-files-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~FilesTest() override { std::filesystem::remove_all(folder_); }

  std::string path(std::string_view name) const { return folder_ + "/" + std::string(name); }
  void write(std::string_view name, std::string_view content = "x") const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::filesystem::remove(path(name));  // ext4 flushes a file that is truncated and written again: 5 ms each
    std::ofstream(path(name), std::ios::binary) << content;
  }
  std::unique_ptr<Source> source(std::vector<std::string> patterns) const {
    return make_file_source(std::move(patterns), folder_, folder_);
  }

  std::string folder_;
};

/// Reads all in pieces of `piece` bytes; returns the bytes.
inline Result<std::string> drain(ByteReader& reader, size_t piece = 1 << 16) {
  std::string all;
  std::string buffer(piece, 0);
  while (true) {
    INGOT_ASSIGN(const size_t count, reader.read(buffer.data(), piece));
    if (count == 0) return all;
    all.append(buffer, 0, count);
  }
}

/// Opens without comparing with a listing, and reads all.
inline Result<std::string> read_file(const std::string& path, size_t piece = 1 << 16) {
  const auto source = make_file_source({}, "", "");
  INGOT_ASSIGN(const auto reader, source->open({path, path, {}}));
  return drain(*reader, piece);
}

/// One gzip member, by libisal.
inline std::string gzip(std::string_view text) {
  std::string out(text.size() + text.size() / 8 + 1000, 0);
  isal_zstream stream;
  isal_deflate_stateless_init(&stream);
  stream.gzip_flag = IGZIP_GZIP;
  stream.end_of_stream = 1;
  stream.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uint32_t>(text.size());
  stream.next_out = reinterpret_cast<uint8_t*>(out.data());
  stream.avail_out = static_cast<uint32_t>(out.size());
  EXPECT_EQ(isal_deflate_stateless(&stream), COMP_OK);
  out.resize(stream.total_out);
  return out;
}

/// One zstd frame, with its content's checksum.
inline std::string zstd(std::string_view text, int window_log = 0) {
  std::string out(ZSTD_compressBound(text.size()) + 100, 0);
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  if (window_log > 0) ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  if (window_log > 0) ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  ZSTD_outBuffer buffer{out.data(), out.size(), 0};
  // Without a declared size the window is not made smaller than asked for.
  if (window_log > 0) ZSTD_compressStream2(context, &buffer, &in, ZSTD_e_flush);
  EXPECT_EQ(ZSTD_compressStream2(context, &buffer, &in, ZSTD_e_end), 0u);
  ZSTD_freeCCtx(context);
  out.resize(buffer.pos);
  return out;
}

/// Text that compresses, but not to nothing.
inline std::string sample_text(size_t size) {
  std::string text;
  uint64_t state = 88172645463325252u;
  while (text.size() < size) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    text += std::to_string(state % 100'000) + ",some name," + std::to_string(state >> 50) + "\n";
  }
  text.resize(size);
  return text;
}

}  // namespace ingot
