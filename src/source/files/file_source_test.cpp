#include "source/files/file_source.h"

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "source/files/files_test.h"

namespace ingot {

namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

class FileSourceTest : public FilesTest {
 protected:
  Names list(std::vector<std::string> patterns) const {
    const auto units = source(std::move(patterns))->list();
    if (!units) return {"error " + std::string(describe(units.error().code).name) + ": " + units.error().to_string()};
    Names names;
    for (const Unit& unit : *units) names.push_back(unit.name);
    return names;
  }
};

TEST_F(FileSourceTest, ListsInOrderOfEntriesThenBytes) {
  for (const char* name : {"b.csv", "a.csv", "B.csv", "é.csv", "a-b.csv", "sub/c.csv"}) write(name);
  EXPECT_EQ(list({"*.csv"}), (Names{"B.csv", "a-b.csv", "a.csv", "b.csv", "é.csv"}));
  EXPECT_EQ(list({"b.csv", "*.csv", "./b.csv"}), (Names{"b.csv", "B.csv", "a-b.csv", "a.csv", "é.csv"}));
  EXPECT_EQ(list({"sub/../sub//c.csv"}), (Names{"sub/c.csv"}));
  EXPECT_EQ(list({path("sub") + "/*"}), (Names{path("sub/c.csv")}));
  EXPECT_EQ(list({"sub/../../" + fs::path(folder_).filename().string() + "/sub/c.csv"}),
            (Names{"../" + fs::path(folder_).filename().string() + "/sub/c.csv"}));
}

TEST_F(FileSourceTest, UnitsCarryPathAndStamp) {
  write("a.csv", "12345");
  const auto units = source({"a.csv"})->list();
  ASSERT_TRUE(units);
  EXPECT_EQ(units->at(0).path, path("a.csv"));
  EXPECT_EQ(units->at(0).stamp.size, 5u);
  EXPECT_NE(units->at(0).stamp.inode, 0u);
  EXPECT_EQ(source({"*"})->list()->at(0).stamp, units->at(0).stamp);
}

TEST_F(FileSourceTest, StarsStandForAnyNumberOfFolders) {
  for (const char* name : {"x.csv", "a/x.csv", "a/b/x.csv", "a/b/y.txt", "c/b/x.csv"}) write(name);
  EXPECT_EQ(list({"**/x.csv"}), (Names{"a/b/x.csv", "a/x.csv", "c/b/x.csv", "x.csv"}));
  EXPECT_EQ(list({"**/b/*"}), (Names{"a/b/x.csv", "a/b/y.txt", "c/b/x.csv"}));
  EXPECT_EQ(list({"**/**/*.txt"}), (Names{"a/b/y.txt"}));
  EXPECT_EQ(list({"a/**"}), (Names{"a/b/x.csv", "a/b/y.txt", "a/x.csv"}));
  EXPECT_EQ(list({"*/x.csv"}), (Names{"a/x.csv"}));
  EXPECT_EQ(list({"*/b/"}), (Names{"a/b/x.csv", "a/b/y.txt", "c/b/x.csv"}));
  EXPECT_EQ(list({"a"}), list({"a/**"}));
  EXPECT_EQ(list({"."}).size(), 5u);
  EXPECT_EQ(list({"*"}), (Names{"x.csv"}));  // files only
}

TEST_F(FileSourceTest, HiddenFilesMustBeNamed) {
  for (const char* name : {"d/.h", "d/.hidden/x", "d/.ingot-spool-1", "d/x"}) write(name);
  EXPECT_EQ(list({"d"}), (Names{"d/x"}));
  EXPECT_EQ(list({"d/**/x"}), (Names{"d/x"}));
  EXPECT_EQ(list({"d/.h*"}), (Names{"d/.h"}));
  EXPECT_EQ(list({"d/.hidden"}), (Names{"d/.hidden/x"}));
  EXPECT_EQ(list({"d/.h"}), (Names{"d/.h"}));
}

TEST_F(FileSourceTest, NoMatchIsEmptyButAMissingFileIsAnError) {
  write("data/orders.csv");
  EXPECT_EQ(list({"*.csv", "nowhere/*.csv", "data/orders.csv/*"}), Names{});
  EXPECT_EQ(source({"data/orders.cvs"})->list().error().code, Code::not_found);
  EXPECT_EQ(source({"data/orders.cvs"})->list().error().hint, "did you mean \"data/orders.csv\"?");
  EXPECT_EQ(source({"dta/orders.csv"})->list().error().hint, "did you mean \"data\"?");
  EXPECT_EQ(source({"data/orders.csv/"})->list().error().code, Code::not_found);
  EXPECT_EQ(source({""})->list().error().code, Code::invalid_pipeline);
}

TEST_F(FileSourceTest, AnExistingFileIsNotAPattern) {
  write("report [1].csv");
  write("report 1.csv");
  EXPECT_EQ(list({"report [1].csv"}), (Names{"report [1].csv"}));
  write("[a]/x");
  write("a/x");
  EXPECT_EQ(list({"[a]"}), (Names{"[a]/x"}));
}

TEST_F(FileSourceTest, FollowsSymlinksButNoFolderTwice) {
  write("2024/a.csv");
  write("elsewhere/b.csv");
  fs::create_directory(path("data"));
  fs::rename(path("2024"), path("data/2024"));
  fs::create_symlink("2024", path("data/0-latest"));
  fs::create_symlink("..", path("data/2024/loop"));
  fs::create_symlink("../elsewhere", path("data/more"));
  fs::create_symlink("../elsewhere/b.csv", path("data/file.csv"));
  fs::create_symlink("self", path("data/self"));
  EXPECT_EQ(list({"data/**/*.csv"}), (Names{"data/2024/a.csv", "data/file.csv", "data/more/b.csv"}));
  EXPECT_EQ(list({"data/0-latest/*"}), (Names{"data/0-latest/a.csv"}));
  EXPECT_EQ(source({"data"})->list().error().code, Code::source_unreadable);  // `self` would be a file
}

TEST_F(FileSourceTest, WhatIsNoFileIsNotSkipped) {
  fs::create_symlink("nothing", path("broken.csv"));
  EXPECT_EQ(source({"*.csv"})->list().error().code, Code::source_unreadable);
  EXPECT_EQ(list({"*.txt"}), Names{});
  fs::remove(path("broken.csv"));
  ASSERT_EQ(::mkfifo(path("pipe.csv").c_str(), 0600), 0);
  EXPECT_NE(source({"*.csv"})->list().error().message.find("not a file but a pipe"), std::string::npos);
  EXPECT_EQ(source({"/dev/null"})->list().error().code, Code::source_unreadable);
  write("bad\xff.txt");
  EXPECT_NE(source({"*.txt"})->list().error().message.find("not valid UTF-8"), std::string::npos);
}

TEST_F(FileSourceTest, UnreadableFolderIsAnError) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  write("d/secret/x");
  fs::permissions(path("d/secret"), fs::perms::none);
  EXPECT_EQ(source({"d"})->list().error().code, Code::source_unreadable);
  fs::permissions(path("d/secret"), fs::perms::owner_all);
}

TEST_F(FileSourceTest, CopiesStandardInputAndReadsItTwice) {
  const std::string text = sample_text(300'000);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int saved = ::dup(STDIN_FILENO);
  ::dup2(ends[0], STDIN_FILENO);
  std::thread writer([&] {
    const std::string stored = gzip(text);
    EXPECT_EQ(::write(ends[1], stored.data(), stored.size()), static_cast<ssize_t>(stored.size()));
    ::close(ends[1]);
  });
  const auto files = source({"-", "-"});
  const auto units = files->list();
  writer.join();
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
  ::close(ends[0]);
  ASSERT_TRUE(units) << units.error().message;
  ASSERT_EQ(units->size(), 1u);
  EXPECT_EQ(units->at(0).name, "-");
  auto first = files->open(units->at(0));
  auto second = files->open(units->at(0));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(drain(**first, 1000), text);
  EXPECT_EQ(drain(**second), text);
  EXPECT_EQ(files->list()->at(0).stamp, units->at(0).stamp);
  EXPECT_TRUE(fs::is_empty(folder_));
  EXPECT_EQ(source({})->open(units->at(0)).error().code, Code::source_changed);
}

TEST_F(FileSourceTest, CopiesANamedPipe) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(path("pipe")) << "a,b\n"; });
  const auto files = source({"pipe"});
  const auto units = files->list();
  writer.join();
  ASSERT_TRUE(units);
  EXPECT_EQ(units->at(0).name, "pipe");
  EXPECT_EQ(drain(**files->open(units->at(0))), "a,b\n");
}

TEST_F(FileSourceTest, SaysWhereItCannotCopyTo) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  const int both_ends = ::open(path("pipe").c_str(), O_RDWR);  // so that opening does not wait for a writer
  const auto units = make_file_source({"pipe"}, folder_, path("no-folder"))->list();
  ::close(both_ends);
  ASSERT_FALSE(units);
  EXPECT_EQ(units.error().code, Code::resource);
}

// The best of three: neighbours take time, too.
double milliseconds_to_list(Source& files, size_t expected) {
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const auto units = files.list();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    EXPECT_EQ(units->size(), expected);
    best = std::min(best, took.count());
  }
  return best;
}

TEST_F(FileSourceTest, ListsTwentyThousandFilesInLinearTime) {
  fs::create_directory(path("d"));
  for (int i = 0; i < 20'000; ++i) ::close(::creat(path("d/file-" + std::to_string(i) + ".json").c_str(), 0600));
  const double all = milliseconds_to_list(*source({"d/*.json"}), 20'000);
  for (int i = 1'000; i < 20'000; ++i) fs::remove(path("d/file-" + std::to_string(i) + ".json"));
  const double few = milliseconds_to_list(*source({"d/*.json"}), 1'000);
  RecordProperty("milliseconds", std::to_string(all));
  EXPECT_LT(all, few * 100);  // 20 times as many: 400 would be quadratic
}

}  // namespace

}  // namespace ingot
