#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace ingot {

/// Makes zip and tar archives byte by byte, so that tests can make wrong ones, too.
struct ZipEntryForTest {
  std::string name;
  std::string content;
  uint16_t method = 8;
  uint16_t flags = 0;
  uint32_t attributes = 0;
  bool zip64 = false;
  std::string local_name = {};  ///< where it differs
  uint16_t local_extra = 0;     ///< bytes that the local header says are behind the name
};

inline std::string little_endian_for_test(uint64_t number, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8 * i));
  return out;
}

inline std::string deflated_for_test(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + 64, 0);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline std::string zip_for_test(const std::vector<ZipEntryForTest>& entries, bool zip64_end = false) {
  const auto number = little_endian_for_test;
  std::string out, directory;
  for (const ZipEntryForTest& entry : entries) {
    const std::string stored = entry.method == 8 ? deflated_for_test(entry.content) : entry.content;
    const auto crc = static_cast<uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(entry.content.data()), static_cast<uInt>(entry.content.size())));
    const bool descriptor = (entry.flags & 8) != 0;
    const std::string& local_name = entry.local_name.empty() ? entry.name : entry.local_name;
    const uint64_t begin = out.size();
    out += "PK\x03\x04" + number(20, 2) + number(entry.flags, 2) + number(entry.method, 2) + number(0, 4);
    out += number(descriptor ? 0 : crc, 4) + number(descriptor ? 0 : stored.size(), 4) +
           number(descriptor ? 0 : entry.content.size(), 4);
    out += number(local_name.size(), 2) + number(entry.local_extra, 2) + local_name + stored;
    if (descriptor) out += "PK\x07\x08" + number(crc, 4) + number(stored.size(), 4) + number(entry.content.size(), 4);
    std::string extra;
    if (entry.zip64)
      extra =
          number(1, 2) + number(24, 2) + number(entry.content.size(), 8) + number(stored.size(), 8) + number(begin, 8);
    const auto in32 = [&](uint64_t size) { return entry.zip64 ? number(0xffffffff, 4) : number(size, 4); };
    directory += "PK\x01\x02" + number(3 << 8 | 20, 2) + number(20, 2) + number(entry.flags, 2) +
                 number(entry.method, 2) + number(0, 4) + number(crc, 4) + in32(stored.size()) +
                 in32(entry.content.size()) + number(entry.name.size(), 2) + number(extra.size(), 2) + number(0, 2) +
                 number(0, 2) + number(0, 2) + number(entry.attributes, 4) + in32(begin) + entry.name + extra;
  }
  const uint64_t begin = out.size(), end = begin + directory.size();
  out += directory;
  if (zip64_end) {
    out += "PK\x06\x06" + number(44, 8) + number(45, 2) + number(45, 2) + number(0, 8) + number(entries.size(), 8) +
           number(entries.size(), 8) + number(directory.size(), 8) + number(begin, 8);
    out += "PK\x06\x07" + number(0, 4) + number(end, 8) + number(1, 4);
  }
  const uint64_t count = zip64_end ? 0xffff : entries.size();
  return out + "PK\x05\x06" + number(0, 4) + number(count, 2) + number(count, 2) + number(directory.size(), 4) +
         number(zip64_end ? 0xffffffff : begin, 4) + number(0, 2);
}

/// One header of a tar archive, with its content behind it.
inline std::string tar_entry_for_test(std::string name, std::string_view content, char type = '0',
                                      std::string size = {}) {
  char block[512] = {};
  name.resize(100);
  std::memcpy(block, name.data(), 100);
  if (size.empty()) {
    std::snprintf(block + 124, 12, "%011llo", static_cast<unsigned long long>(content.size()));
  } else {
    std::memcpy(block + 124, size.data(), size.size());
  }
  block[156] = type;
  std::memcpy(block + 257, "ustar\00000", 8);
  std::memset(block + 148, ' ', 8);
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  std::snprintf(block + 148, 8, "%06o", sum);
  std::string out(block, 512);
  out += content;
  out.resize((out.size() + 511) / 512 * 512);
  return out;
}

inline std::string tar_end_for_test() { return std::string(1024, 0); }

}  // namespace ingot
