#include "engine/batch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "engine/batch_books.h"
#include "engine/pipeline_parts.h"
#include "source/files/files_test.h"
#include "spec/folder_for_test.h"

namespace ingot {

namespace {

// A batch of all files of a pipeline, without a target.
class BatchTest : public testing::Test {
 protected:
  /// `to`: what follows in the line of the only table.
  void prepare(const std::string& to) {
    folder_.write("p.yaml", "from: { path: '*.csv*', format: csv }\ncolumns: { id: integer, t: text }\nto: { table: p" +
                                to + " }\n");
    pipeline_ = folder_.load("p.yaml");
    engine_ = std::move(*EngineDatabase::open({uint64_t{256} << 20, 2, folder_.path()}));
    composition_ = std::move(*compose(pipeline_, MetaValues{}, engine_->work()));
    format_ = make_format(pipeline_, composition_);
    source_ = make_file_source(pipeline_.from.paths, pipeline_.base_dir, folder_.path());
    decode_.emplace(DecodePlan{pipeline_, composition_, *format_, *source_, 8 << 20, 1000, 2048, {}});
    shapes_ = {{{"main", "p"}, true, "", {}, {}, true}};
    context_.emplace(BatchContext{*decode_, shapes_, *engine_, progress_, cancelled_, folder_.path()});
  }

  std::unique_ptr<Batch> batch() {
    std::vector<BatchUnit> units;
    const std::vector<Unit> listed = *source_->list();
    for (const Unit& unit : listed) {
      units.push_back({{static_cast<uint32_t>(units.size()), unit.name, unit.stamp, "", {}}, unit.path, 0, {}});
    }
    return make_batch(*context_, std::move(units));
  }

  /// Reads the rows into nothing; what they are made of stands in `sql` as {}.
  Status read(Batch& batch, const BatchRows::Options& options, const char* sql = "SELECT count(*) FROM ({})") {
    return batch.rows(0).read(options, [&](const std::string& select) {
      return run_sql(engine_->load(), fmt::format(fmt::runtime(sql), select));
    });
  }

  static std::string lines(int count) {
    std::string text = "id,t\n";
    for (int i = 0; i < count; ++i) text += fmt::format("{},text {}\n", i, i % 7919);
    return text;
  }

  spec::Folder folder_;
  Pipeline pipeline_;
  std::unique_ptr<EngineDatabase> engine_;
  Composition composition_;
  std::unique_ptr<Format> format_;
  std::unique_ptr<Source> source_;
  std::optional<DecodePlan> decode_;
  std::vector<TableShape> shapes_;
  Progress progress_;
  std::atomic<bool> cancelled_{false};
  std::optional<BatchContext> context_;
};

TEST_F(BatchTest, WinnersHoldOnlyForTheBytesThatTheyWereFoundIn) {
  const std::string file = folder_.write("a.csv", "id,t\n1,x\n1,y\n2,z\n");
  prepare(", mode: upsert, key: id");
  const auto rows = batch();
  BatchRows::Options options;
  options.winners_only = true;
  ASSERT_TRUE(read(*rows, options));
  EXPECT_EQ(rows->rows(0).rows(), 2u);
  // The same size, inode and time of modification: only the content tells.
  struct stat before;
  ASSERT_EQ(::stat(file.c_str(), &before), 0);
  std::ofstream(file, std::ios::in | std::ios::out) << "id,t\n2,x\n1,y\n2,z\n";
  const timespec times[] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
  const Status again = read(*rows, options);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().to_string(),
            "error: a file changed while it was being read: a.csv (a.csv)\n  hint: run again");
  EXPECT_EQ(again.error().code, Code::source_changed);
}

TEST_F(BatchTest, BooksThatDoNotReconcileAreNotClosed) {
  folder_.write("a.csv", "id,t\n1,x\nx,y\n2,z\n");
  folder_.write("b.csv", "id,t\n3,x\n");
  prepare("");
  const auto rows = batch();
  ASSERT_TRUE(read(*rows, {}));
  std::vector<LoadResult> results(1);
  results[0].units = {{0, 1, 0, 1, 0}, {1, 0, 1, 0, 0}};
  const auto good = close_books(*context_, *rows, results);
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->units[0].books, (Books{3, 1, 0, 1, 0, 0, 1}));
  EXPECT_EQ(good->units[1].books, (Books{1, 0, 1, 0, 0, 0, 0}));

  results[0].units[1].updated = 0;
  const auto lost = close_books(*context_, *rows, results);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Code::books_broken);
  EXPECT_EQ(lost.error().message,
            "the counts of b.csv do not reconcile: 1 read, but 0 inserted + 0 updated + 0 unchanged + 0 filtered + 0 "
            "duplicate + 0 rejected");
  // What is missing in one file does not make up for what is too much in another.
  results[0].units[0].inserted = 2;
  EXPECT_EQ(close_books(*context_, *rows, results).error().code, Code::books_broken);
}

TEST_F(BatchTest, AQueryThatEndsBeforeItsUnitsIsAnError) {
  folder_.write("a.csv", lines(200'000));
  prepare("");
  const auto rows = batch();
  const Status status = read(*rows, {}, "SELECT * FROM ({}) LIMIT 1");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "the query ended before its units did");
}

TEST_F(BatchTest, MoreRejectsThanFitIntoMemory) {
  folder_.write("a.csv", "id,t\nx,1\nx,2\nx,3\nx,4\n");
  prepare("");
  decode_->max_rejects = 3;
  const auto rows = batch();
  const Status status = read(*rows, {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::resource);
  EXPECT_EQ(status.error().message, "more than 3 rejects in one transaction do not fit into the memory limit");
  decode_->max_rejects = 4;
  EXPECT_TRUE(read(*batch(), {}));
}

TEST_F(BatchTest, DamageBehindRecordsThatWerePassedOnFailsThePass) {
  const std::string whole = gzip(lines(100'000));
  folder_.write("a.csv", lines(1));
  folder_.write("b.csv.gz", whole.substr(0, whole.size() - 8));  // all records, but neither CRC nor length
  prepare("");
  // A unit that is read to its end first passes nothing on.
  const auto held = batch();
  ASSERT_TRUE(read(*held, {}));
  EXPECT_EQ(held->rows(0).rows(), 1u);
  EXPECT_EQ(held->reads()[1].error->code, Code::source_unreadable);
  EXPECT_FALSE(held->reads()[1].emitted);

  decode_->feed.whole_unit_bytes = 100'000;
  const auto streamed = batch();
  const Status status = read(*streamed, {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::source_unreadable);
  EXPECT_EQ(status.error().where->file, "b.csv.gz");
}

}  // namespace

}  // namespace ingot
