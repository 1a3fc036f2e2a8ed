#include "source/files/file_reader.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <xxhash.h>

#include <chrono>
#include <thread>

#include "source/files/files_test.h"

namespace ingot {

namespace {

class FileReaderTest : public FilesTest {
 protected:
  std::unique_ptr<Source> files_ = source({"*"});
  Unit listed() const { return files_->list()->at(0); }
};

TEST_F(FileReaderTest, HashIsThatOfTheStoredBytes) {
  for (const std::string& stored :
       {std::string(), std::string("a,b\n"), sample_text(1'000'000), gzip(sample_text(900'000))}) {
    write("f", stored);
    const XXH128_hash_t hash = XXH3_128bits(stored.data(), stored.size());
    char expected[33];
    std::snprintf(expected, sizeof expected, "%016lx%016lx", hash.high64, hash.low64);
    for (const size_t piece : {size_t{7}, size_t{1 << 16}, size_t{4 << 20}}) {
      const auto reader = files_->open(listed());
      ASSERT_TRUE(drain(**reader, piece));
      EXPECT_EQ((*reader)->content_hash(), expected);
      EXPECT_EQ((*reader)->stored_bytes(), stored.size());
    }
    EXPECT_EQ(hash_file(path("f")), expected);
  }
  write("f", "");
  EXPECT_EQ(hash_file(path("f")), "99aa06d3014798d86001c324468d497f");  // as xxh128sum prints
}

TEST_F(FileReaderTest, ReadsAgainAfterTheEnd) {
  write("f", gzip("abc"));
  const auto reader = files_->open(listed());
  char out[100];
  EXPECT_EQ((*reader)->read(out, sizeof out), 3u);
  EXPECT_EQ((*reader)->read(out, sizeof out), 0u);
  EXPECT_EQ((*reader)->read(out, sizeof out), 0u);
}

TEST_F(FileReaderTest, NoticesAChangeSinceTheListing) {
  write("f", "one");
  const Unit unit = listed();
  std::ofstream(path("f"), std::ios::app) << "more";
  EXPECT_EQ(files_->open(unit).error().code, Code::source_changed);
  write("g", "one");
  std::filesystem::rename(path("g"), path("f"));
  EXPECT_EQ(files_->open(unit).error().code, Code::source_changed);
  std::filesystem::remove(path("f"));
  EXPECT_EQ(files_->open(unit).error().code, Code::source_changed);
  EXPECT_EQ(hash_file(path("f")).error().code, Code::source_unreadable);
}

TEST_F(FileReaderTest, RenamingOrChmodIsNoChange) {
  write("f", "one");
  Unit unit = listed();
  std::filesystem::permissions(path("f"), std::filesystem::perms::owner_read);
  std::filesystem::rename(path("f"), path("g"));
  unit.path = path("g");
  EXPECT_TRUE(files_->open(unit));
}

TEST_F(FileReaderTest, NoticesAChangeWhileReading) {
  const std::string text = sample_text(600'000);
  for (const std::string& stored : {text, gzip(text), gzip(text).substr(0, 200'000), zstd(text)}) {
    for (const int change : {0, 1, 2, 3}) {
      write("f", stored);
      const auto reader = files_->open(listed());
      char out[1000];
      ASSERT_TRUE((*reader)->read(out, sizeof out));
      const auto time = std::filesystem::last_write_time(path("f"));
      std::this_thread::sleep_for(std::chrono::milliseconds(10));  // the kernel's file times tick every 4 ms
      if (change == 0) std::ofstream(path("f"), std::ios::app) << "more";
      if (change == 1) std::filesystem::resize_file(path("f"), 190'000);
      if (change == 2) std::fstream(path("f")) << "Z";
      if (change == 3) {  // a writer that sets the old time again
        std::fstream(path("f")) << "Z";
        std::filesystem::last_write_time(path("f"), time);
      }
      const auto rest = drain(**reader);
      ASSERT_FALSE(rest) << change;
      EXPECT_EQ(rest.error().code, Code::source_changed) << rest.error().message;
    }
  }
}

TEST_F(FileReaderTest, RefusesWhatIsNoFile) {
  EXPECT_EQ(read_file(folder_).error().code, Code::source_unreadable);
  ASSERT_EQ(::mkfifo(path("p").c_str(), 0600), 0);
  EXPECT_EQ(read_file(path("p")).error().code, Code::source_unreadable);
}

TEST_F(FileReaderTest, OutOfDescriptorsIsAResourceError) {
  write("f", "x");
  const Unit unit = listed();
  rlimit limit;
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit none{0, limit.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  const auto reader = files_->open(unit);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Code::resource);
}

TEST_F(FileReaderTest, ReadErrorNamesFileAndPlace) {
  // Reading this one fails with EIO at its first byte: address 0 is not mapped.
  const auto result = read_file("/proc/self/mem");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "cannot read file at byte 0: \"/proc/self/mem\" (Input/output error)");
}

}  // namespace

}  // namespace ingot
