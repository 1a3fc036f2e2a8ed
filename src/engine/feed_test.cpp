#include "engine/feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "format/csv/unit_for_test.h"
#include "source/files/files_test.h"

namespace ingot {

namespace {

// Reads one file part by part, as the batches of a run do.
class FeedTest : public FilesTest {
 protected:
  void SetUp() override {
    format_ = make_csv_format(csv::text_columns({"id", "t"})->options, csv::text_columns({"id", "t"})->slots, {0, 1});
  }

  /// What one feed read of the file, and the records' bytes in `text_`.
  Feed::UnitRead read(const BatchUnit& unit) {
    const std::vector<BatchUnit> units{unit};
    BlockQueue queue(64 << 20);
    Feed feed(*source_, *format_, units, queue, progress_, cancelled_, {});
    while (true) {
      const auto run = queue.pop_run(1);
      if (run.empty()) break;
      for (const auto& block : run) {
        EXPECT_EQ(block->offset, text_.size() + unit.start.byte);
        EXPECT_EQ(block->line,
                  1 + std::count(whole_.begin(), whole_.begin() + static_cast<ptrdiff_t>(block->offset), '\n'));
        EXPECT_TRUE(block->layout);
        text_ += block->view();
      }
    }
    return feed.finish().front();
  }

  BatchUnit unit(const std::string& content, uint64_t part_bytes) {
    whole_ = content;
    write("a.csv", content);
    source_ = source({"a.csv"});
    const Unit listed = source_->list()->front();
    BatchUnit unit{{0, listed.name, listed.stamp, "", {}}, listed.path, part_bytes, {}};
    return unit;
  }

  static BatchUnit behind(BatchUnit unit, const Feed::UnitRead& read) {
    unit.start = {unit.start.part + 1, unit.start.byte + read.bytes, read.line, read.hash, read.before_next};
    return unit;
  }

  static std::string lines(int count) {
    std::string text = "id,t\n";
    for (int i = 0; i < count; ++i) text += fmt::format("{},\"text\n{}\"\n", i, i);
    return text;
  }

  std::string whole_;
  std::string text_;
  std::unique_ptr<Format> format_;
  std::unique_ptr<Source> source_;
  Progress progress_;
  std::atomic<bool> cancelled_{false};
};

TEST_F(FeedTest, PartsAreTheUnit) {
  BatchUnit part = unit(lines(2000), 4096);
  std::string all;
  size_t parts = 1;
  Feed::UnitRead got = read(part);
  for (; !got.complete; ++parts) {
    ASSERT_FALSE(got.error) << got.error->message;
    EXPECT_GE(text_.size(), 4096u);
    EXPECT_EQ(text_.back(), '\n');
    EXPECT_EQ(got.bytes, text_.size());
    all += std::exchange(text_, {});
    EXPECT_EQ(got.hash, hash_beginning(*source_, {part.name, part.path, part.stamp}, all.size())->value());
    part = behind(part, got);
    got = read(part);
  }
  EXPECT_EQ(all + text_, whole_);
  EXPECT_EQ(got.hash, hash_file(path("a.csv")).value());
  EXPECT_EQ(got.line, 1 + static_cast<uint64_t>(std::count(whole_.begin(), whole_.end(), '\n')));
  EXPECT_GT(parts, 5u);
}

TEST_F(FeedTest, APartIsTheSameInEveryPassAndInEveryProcess) {
  const BatchUnit first = unit(lines(2000), 4096);
  const BatchUnit second = behind(first, read(first));
  text_.clear();
  const Feed::UnitRead once = read(second);
  const std::string text = std::exchange(text_, {});
  BatchUnit elsewhere = second;
  elsewhere.start.before = std::make_shared<ReadSoFar>();
  for (int pass = 0; pass < 2; ++pass) {  // the second finds what the first has learnt
    const Feed::UnitRead again = read(elsewhere);
    EXPECT_EQ(std::exchange(text_, {}), text);
    EXPECT_EQ(again.hash, once.hash);
    EXPECT_EQ(again.line, once.line);
    EXPECT_TRUE(elsewhere.start.before->hasher);
  }
}

TEST_F(FeedTest, WhatIsLoadedMustBeWhatTheFileHas) {
  const BatchUnit first = unit(lines(2000), 4096);
  BatchUnit second = behind(first, read(first));
  const std::string text = std::exchange(text_, {});
  const auto elsewhere = [&](const std::string& hash, uint64_t byte, uint64_t line) {
    BatchUnit unit = second;
    unit.start.hash = hash;
    unit.start.byte = byte;
    unit.start.line = line;
    unit.start.before = std::make_shared<ReadSoFar>();
    const Feed::UnitRead got = read(unit);
    EXPECT_EQ(text_, "");
    return got.error ? *got.error : Error{};
  };
  const UnitStart& start = second.start;
  EXPECT_EQ(elsewhere("0123", start.byte, start.line).message,
            fmt::format("the first {} bytes of a file, which are loaded, have changed: a.csv", start.byte));
  EXPECT_EQ(elsewhere("0123", start.byte, start.line).code, Code::source_changed);
  const std::string none = "with the pipeline as it is now no record begins behind them";
  EXPECT_NE(elsewhere(start.hash, start.byte, start.line + 1).message.find(none), std::string::npos);
  // Within a value, and within a record.
  for (const uint64_t byte : {text.rfind("\n", text.size() - 5) + 1, text.size() - 1}) {
    const auto hash = hash_beginning(*source_, {first.name, first.path, first.stamp}, byte)->value();
    const uint64_t line =
        1 + static_cast<uint64_t>(std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(byte), '\n'));
    const Error error = elsewhere(hash, byte, line);
    EXPECT_NE(error.message.find(none), std::string::npos) << error.message;
    EXPECT_EQ(error.code, Code::conflict);
  }
}

TEST_F(FeedTest, APartThatEndsWhereTheFileEndsIsTheLast) {
  const std::string text = lines(2000);
  const Feed::UnitRead got = read(unit(text, text.size() - 1));
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(text_, text);
}

TEST_F(FeedTest, AFileThatIsWrittenToWhileAPartIsReadFailsThePart) {
  const BatchUnit first = unit(lines(200'000), 2 << 20);
  const std::vector<BatchUnit> units{first};
  BlockQueue queue(1024);  // the feed waits behind its first block
  Feed::Options options;
  options.block_bytes = 64 << 10;
  options.whole_unit_bytes = 1024;
  Feed feed(*source_, *format_, units, queue, progress_, cancelled_, options);
  EXPECT_FALSE(queue.pop_run(1).empty());
  write("a.csv", whole_ + "7,x\n");
  while (!queue.pop_run(1).empty()) continue;
  const Feed::UnitRead got = feed.finish().front();
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, Code::source_changed);
}

}  // namespace

}  // namespace ingot
