// What zip and tar archives hold, and what is refused of them. Against other makers' archives:
// tests/e2e/test_archives.py.

#include "source/files/archive_maker_for_test.h"
#include "source/files/archive_member.h"
#include "source/files/files_test.h"

namespace ingot {

namespace {

class ArchivesTest : public FilesTest {
 protected:
  // `NAME=CONTENT …` of what is listed; or the error.
  std::string all(std::vector<std::string> patterns, Expansion expansion = {}) const {
    const auto source = make_file_source(std::move(patterns), folder_, folder_, expansion);
    const auto units = source->list();
    if (!units) return "error: " + units.error().message;
    std::string out;
    for (const Unit& unit : *units) {
      auto reader = source->open(unit);
      const auto content = reader ? drain(**reader, 7) : Result<std::string>(fail(reader.error()));
      out += (out.empty() ? "" : " ") + unit.name + "=" + (content ? *content : "error: " + content.error().message);
    }
    return out;
  }
  std::string read_whole(const std::string& name) const {
    const auto source = make_file_source({name}, folder_, folder_);
    auto reader = source->open({name, path(name), {}});
    std::string piece(1 << 20, 0);
    while (true) {
      const auto got = (*reader)->read(piece.data(), piece.size());
      if (!got) return got.error().message;
      if (*got == 0) return "whole";
    }
  }
  void expect_error(std::string_view archive, std::string_view part, const std::string& name = "a.zip") const {
    write(name, archive);
    const std::string found = all({name + "!/**"});
    EXPECT_NE(found.find("error: "), std::string::npos) << found;
    EXPECT_NE(found.find(part), std::string::npos) << found;
  }
};

std::string tar_for_test(std::string_view content = "1,2") {
  return tar_entry_for_test("d/", "", '5') + tar_entry_for_test("./d/b.csv", content) +
         tar_entry_for_test("a.csv", "x") + tar_end_for_test();
}

TEST_F(ArchivesTest, MembersAreUnitsOfTheirOwn) {
  write("data.zip", zip_for_test({{"d/", "", 0}, {"d/b.csv", "1,2"}, {"a.csv", "stored", 0}, {"d/e/c.json", "{}"}}));
  EXPECT_EQ(all({"data.zip!/**"}), "data.zip!/a.csv=stored data.zip!/d/b.csv=1,2 data.zip!/d/e/c.json={}");
  EXPECT_EQ(all({"data.zip!/"}), all({"data.zip!/**"}));
  EXPECT_EQ(all({"data.zip!/d/*.csv"}), "data.zip!/d/b.csv=1,2");
  EXPECT_EQ(all({"data.zip!/d"}), "data.zip!/d/b.csv=1,2 data.zip!/d/e/c.json={}");
  EXPECT_EQ(all({"data.zip!/a.csv", "data.zip!/*"}), "data.zip!/a.csv=stored");
  EXPECT_EQ(all({"*.zip!/**/c.json"}), "data.zip!/d/e/c.json={}");
  EXPECT_EQ(all({"data.zip!/*.xml"}), "");
  write("t.tar", tar_for_test());
  for (const auto& [name, stored] : {std::pair{"u.tgz", gzip(tar_for_test())}, {"v.tar.zst", zstd(tar_for_test())}})
    write(name, stored);
  EXPECT_EQ(all({"t.tar!/d/*"}), "t.tar!/d/b.csv=1,2");
  EXPECT_EQ(all({"u.tgz!/**", "v.tar.zst!/*"}), "u.tgz!/a.csv=x u.tgz!/d/b.csv=1,2 v.tar.zst!/a.csv=x");
}

TEST_F(ArchivesTest, OneMemberNeedsNoName) {
  write("one.zip", zip_for_test({{"x/", "", 0}, {"x/a.csv", "1"}, {"__MACOSX/x/._a.csv", "junk"}, {".hidden", "h"}}));
  write("two.zip", zip_for_test({{"b.csv", "1"}, {"a.csv", "2"}}));
  write("none.zip", zip_for_test({}));
  EXPECT_EQ(all({"one.zip"}), "one.zip!/x/a.csv=1");
  EXPECT_NE(all({"two.zip"}).find("two.zip\" has a.csv, b.csv"), std::string::npos) << all({"two.zip"});
  EXPECT_NE(all({"none.zip"}).find("error: an archive without files"), std::string::npos);
  EXPECT_NE(all({"two.zip!/c.csv"}).find("error: no such member"), std::string::npos);
  write("foo!/a.csv", "plain");
  EXPECT_EQ(all({"foo!/a.csv"}), "foo!/a.csv=plain");
}

TEST_F(ArchivesTest, StampAndHashAreTheMembers) {
  write("a.zip", zip_for_test({{"a.csv", "content"}}));
  write("a.csv", "content");
  const auto zipped = source({"a.zip"});
  const auto units = zipped->list();
  ASSERT_TRUE(units);
  EXPECT_EQ(units->front().stamp.size, 7U);
  const auto reader = zipped->open(units->front());
  ASSERT_TRUE(reader && drain(**reader));
  EXPECT_EQ((*reader)->content_hash(), *hash_file(path("a.csv")));
  EXPECT_EQ(stored_path(units->front()), path("a.zip"));
  write("a.zip", zip_for_test({{"a.csv", "other"}}));
  const auto changed = zipped->open(units->front());
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, Code::source_changed);
}

TEST_F(ArchivesTest, CompressedMembersAreDecompressed) {
  write("a.zip", zip_for_test({{"a.csv.gz", gzip("text"), 0}, {"b.csv.zst", zstd("more")}}));
  EXPECT_EQ(all({"a.zip!/**"}), "a.zip!/a.csv.gz=text a.zip!/b.csv.zst=more");
}

TEST_F(ArchivesTest, Zip64AndDescriptors) {
  std::vector<ZipEntryForTest> entries = {{"a", "first", 8, 8}, {"b", "second", 8, 0, 0, true}};
  write("a.zip", zip_for_test(entries));
  write("b.zip", zip_for_test(entries, true));
  EXPECT_EQ(all({"a.zip!/*"}), "a.zip!/a=first a.zip!/b=second");
  EXPECT_EQ(all({"b.zip!/*"}), "b.zip!/a=first b.zip!/b=second");
}

TEST_F(ArchivesTest, NamesDoNoHarm) {
  write("a.zip", zip_for_test({{"../../etc/x", "1"}, {"/abs", "2"}, {"caf\x82.csv", "3"}, {"./q//r", "4"}}));
  EXPECT_EQ(all({"a.zip!/abs", "a.zip!/caf*", "a.zip!/q/r"}), "a.zip!/abs=2 a.zip!/caf%82.csv=3 a.zip!/q/r=4");
  EXPECT_EQ(all({"a.zip!/../../etc/x"}), "a.zip!/../../etc/x=1");
  EXPECT_EQ(all({"a.zip!/**/x"}), "");  // hidden
  expect_error(zip_for_test({{"a", "1"}, {"./a", "2"}}), "two members of one name");
  expect_error(zip_for_test({{"link", "/etc/passwd", 0, 0, 0120777u << 16}}), "not a file but a symlink");
  expect_error(tar_entry_for_test("l", "", '2') + tar_end_for_test(), "not a file but a symlink", "a.tar");
  expect_error(tar_entry_for_test("l", "", '1') + tar_end_for_test(), "not a file but a hard link", "a.tar");
}

TEST_F(ArchivesTest, RefusesWhatCouldBeReadInSeveralWays) {
  const std::string one = zip_for_test({{"a", "1"}});
  expect_error("junk" + one, "bytes stand before it");
  expect_error(one + one, "bytes stand before it");
  expect_error(one + "junk", "end record is missing");
  expect_error(zip_for_test({{"a", "1", 8, 1}}), "encrypted");
  expect_error(zip_for_test({{"a", "1", 99}}), "encrypted");
  expect_error(zip_for_test({{"a", "1", 9}}), "method 9 of zip");
  expect_error(zip_for_test({{"a", "1", 8, 0, 0, false, "b"}}), "disagree");
  expect_error("no archive", "end record is missing", "b.zip");
  std::string overlapping = zip_for_test({{"a", "1", 0}, {"b", "2", 0}});
  const size_t second = overlapping.rfind("PK\x01\x02") + 42;
  overlapping[second] = 0;  // begins where the first does
  expect_error(overlapping, "lies over another");
  expect_error(zip_for_test({{"a", "1", 0, 0, 0, false, {}, 1}, {"b", "2", 0}}), "lies over another");
  const std::string long_name(65 << 10, 'n');
  expect_error(tar_entry_for_test("././@LongLink", long_name, 'L') + tar_for_test(), "longer than 64 KiB", "a.tar");
  const std::string tar = tar_for_test();
  expect_error(tar + tar, "other bytes follow its end", "a.tar");
  expect_error(gzip(tar + tar), "other bytes follow its end", "a.tgz");
  expect_error(tar_entry_for_test("s", "x", 'S') + tar_end_for_test(), "sparse", "a.tar");
  expect_error("a text that is none and longer than a block" + std::string(512, ' '), "no tar archive", "b.tar");
  expect_error("", "it is empty", "c.tar");
}

TEST_F(ArchivesTest, DamageAndTruncationFailTheUnitOnly) {
  const std::string whole = zip_for_test({{"a", sample_text(300)}, {"b", "2", 0}});
  write("good.zip", whole);
  const std::string good = all({"good.zip!/*"});
  write("bad.zip", whole.substr(0, whole.size() - 1));
  EXPECT_NE(all({"*.zip!/*"}).find("bad.zip=error: cannot read archive"), std::string::npos) << all({"*.zip!/*"});
  EXPECT_NE(all({"*.zip!/*"}).find(good), std::string::npos);
  for (size_t size = 0; size < whole.size(); ++size) {
    write("a.zip", whole.substr(0, size));
    EXPECT_NE(all({"a.zip!/*"}).find("error: "), std::string::npos) << size;
  }
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    write("good.zip", damaged);
    // Times, versions and the like decide nothing; a name is another name.
    const std::string found = all({"good.zip!/*"});
    EXPECT_TRUE(found.find("error: ") != std::string::npos || found == good ||
                found.find("=" + sample_text(300)) != std::string::npos)
        << bit << " " << found;
  }
}

TEST_F(ArchivesTest, StoredBytesHaveTheirChecksum) {
  std::string archive = zip_for_test({{"a", "content", 0}});
  archive[archive.find("content")] = 'C';
  expect_error(archive, "wrong CRC32");
}

TEST_F(ArchivesTest, TruncatedTarsFail) {
  const std::string whole = tar_for_test(sample_text(700));
  for (size_t size = 0; size < whole.size() - 512; size += 37) {
    write("a.tar", whole.substr(0, size));
    EXPECT_NE(all({"a.tar!/**"}).find("error: "), std::string::npos) << size;
  }
  for (size_t size = 512; size < whole.size() - 512; size += 512) {  // at the boundaries of headers, too
    write("a.tar", whole.substr(0, size));
    EXPECT_NE(all({"a.tar!/**"}).find("truncated"), std::string::npos) << size;
  }
}

TEST_F(ArchivesTest, LongNamesAndLargeSizesOfTar) {
  const std::string name = std::string(150, 'n') + ".csv";
  const std::string record = " path=" + name + "\n";
  const std::string pax = std::to_string(record.size() + 3) + record;
  std::string size(12, '\0');
  size[0] = static_cast<char>(0x80);
  size[11] = 3;
  write("a.tar", tar_entry_for_test("pax", pax, 'x') + tar_entry_for_test("short", "1") +
                     tar_entry_for_test("././@LongLink", name + std::string("x\0", 2), 'L') +
                     tar_entry_for_test("short", "2") + tar_entry_for_test("binary", "abc", '0', size) +
                     tar_end_for_test());
  EXPECT_EQ(all({"a.tar!/*"}), "a.tar!/binary=abc a.tar!/" + name + "=1 a.tar!/" + name + "x=2");
}

TEST_F(ArchivesTest, BombsAreRefused) {
  write("a.zip", zip_for_test({{"a", std::string(5000, 'a')}}));
  EXPECT_NE(all({"a.zip"}, {0, 4999}).find("decompresses to more than 4999 B"), std::string::npos)
      << all({"a.zip"}, {0, 4999});
  EXPECT_NE(all({"a.zip"}, {0, 5000}).find("=aaa"), std::string::npos);
  write("b.gz", gzip(std::string(5000, 'a')));
  EXPECT_NE(all({"b.gz"}, {0, 4999}).find("decompresses to more than 4999 B"), std::string::npos);
  // More than 1 GiB of a thousand bytes.
  std::string gib;
  const std::string piece = zstd(std::string(64 << 20, 'a'));
  for (int i = 0; i < 17; ++i) gib += piece;
  write("c.zst", gib);
  EXPECT_NE(read_whole("c.zst").find("more than 1000 times its size"), std::string::npos);
}

TEST_F(ArchivesTest, AreNotReadAsText) {
  write("a.csv", zip_for_test({{"a", "1"}}));
  write("b.csv", tar_for_test());
  write("c.csv.gz", gzip(tar_for_test()));
  EXPECT_NE(all({"a.csv"}).find("file is a zip archive"), std::string::npos);
  EXPECT_NE(read_file(path("b.csv")).error().message.find("file is a tar archive"), std::string::npos);
  EXPECT_NE(read_file(path("c.csv.gz")).error().message.find("file is a tar archive"), std::string::npos);
}

TEST(ArchiveNames, PatternsMatchWithinFolders) {
  EXPECT_TRUE(matches_member("**/*.csv", "a.csv"));
  EXPECT_TRUE(matches_member("**/*.csv", "a/b/c.csv"));
  EXPECT_FALSE(matches_member("*.csv", "a/b.csv"));
  EXPECT_TRUE(matches_member("a/**", "a/b/c"));
  EXPECT_FALSE(matches_member("a/**", "b/c"));
  EXPECT_TRUE(matches_member(".", "b/c"));  // the archive itself: all of it
  EXPECT_FALSE(matches_member("**", ".hidden/a"));
  EXPECT_TRUE(matches_member(".hidden/*", ".hidden/a"));
  EXPECT_TRUE(is_archive_name("x/A.ZIP"));
  EXPECT_TRUE(is_archive_name("a.tar.zst"));
  EXPECT_FALSE(is_archive_name("a.csv.gz"));
  EXPECT_FALSE(is_archive_name("tar"));
}

}  // namespace

}  // namespace ingot
