#include "ledger/duckdb/store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <tuple>

#include "embedded/sql.h"

namespace ingot {

namespace {

class DuckDbLedgerTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ledger_.create());
    run_ = ledger_.begin_run(key_).value();
    ASSERT_TRUE(store(1));
  }
  Status store(uint64_t plan) {
    return ledger_.store_plan(key_, {plan, run_, "hash", 0, true, 3}, {unit(0), unit(1), unit(2)});
  }
  static PlannedUnit unit(uint32_t number) { return {number, "file" + std::to_string(number), {9, 1, 2, 3}, "", {}}; }
  Status record(uint32_t number, const std::string& hash = "h", uint64_t plan = 1) {
    return ledger_.record(key_, plan, run_, {{number, unit(number).name, hash, {9, 1, 2, 3}, 5, {}, ""}}, {});
  }
  Status record_part(uint32_t part, uint64_t from, bool complete, uint64_t plan = 1) {
    UnitEntry entry{1, "file1", "h" + std::to_string(part), {9, 1, 2, 3}, 100, {}, ""};
    entry.part = part;
    entry.from_byte = from;
    entry.to_line = part + 2;
    entry.complete = complete;
    return ledger_.record(key_, plan, run_, {entry}, {});
  }
  std::optional<KnownUnit> known(const std::string& name) {
    std::optional<KnownUnit> found;
    EXPECT_TRUE(ledger_.for_each_known(key_, [&](const KnownUnit& unit) {
      if (unit.name != name) return;
      EXPECT_FALSE(found) << "told twice";
      found = unit;
    }));
    return found;
  }

  const LedgerKey key_{"pipe", "main.t"};
  duckdb::DuckDB database_{nullptr};
  duckdb::Connection connection_{database_};
  DuckDbLedger ledger_{connection_};
  uint64_t run_ = 0;
};

TEST_F(DuckDbLedgerTest, TellsWhichUnitsAreLoaded) {
  ASSERT_TRUE(record(1));
  EXPECT_EQ(ledger_.check_claim(key_, 1, {0, 1, 2}).value(), std::vector<uint32_t>{1});
  EXPECT_EQ(ledger_.check_claim(key_, 1, {0, 2}).value(), std::vector<uint32_t>{});
  const auto pending = ledger_.pending_units(key_, 1).value();
  ASSERT_EQ(pending.size(), 2u);
  EXPECT_EQ(pending[0].unit, 0u);
  EXPECT_EQ(pending[1].unit, 2u);
}

TEST_F(DuckDbLedgerTest, ThePrimaryKeyIsTheFence) {
  ASSERT_TRUE(record(1));
  EXPECT_FALSE(record(1));
  ASSERT_TRUE(store(2));
  EXPECT_TRUE(record(1, "h", 2));  // the plan's number is in the key: the same file again is new work
}

TEST_F(DuckDbLedgerTest, NothingCommitsUnderAClosedPlan) {
  ASSERT_TRUE(ledger_.close_plan(key_, 1));
  const auto claimed = ledger_.check_claim(key_, 1, {0});
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().code, Code::conflict);
  EXPECT_EQ(claimed.error().message, "plan 1 was closed by another run");
  EXPECT_FALSE(ledger_.check_claim(key_, 7, {0}));
}

TEST_F(DuckDbLedgerTest, APlansNumberIsGivenOnce) {
  EXPECT_EQ(store(1).error().code, Code::busy);
  EXPECT_EQ(ledger_.pending_units(key_, 1)->size(), 3u);
}

TEST_F(DuckDbLedgerTest, KnowsTheLatestVersionOfEachPath) {
  ASSERT_TRUE(record(0, "A"));
  ASSERT_TRUE(record(1, "only"));
  ASSERT_TRUE(store(2));
  ASSERT_TRUE(record(0, "B", 2));
  std::string known;
  ASSERT_TRUE(ledger_.for_each_known(key_, [&](const KnownUnit& unit) {
    if (unit.name == "file0") known += unit.hash;
  }));
  EXPECT_EQ(known, "B");
}

TEST_F(DuckDbLedgerTest, ALedgerOfAnotherLayoutIsRefused) {
  for (const int layout : {kLedgerLayout - 1, kLedgerLayout + 1}) {
    ASSERT_TRUE(run_sql(connection_, fmt::format("UPDATE ingot.version SET version = {}", layout)));
    const auto there = ledger_.exists();
    ASSERT_FALSE(there);
    EXPECT_EQ(there.error().code, Code::conflict);
    EXPECT_EQ(there.error().message,
              fmt::format("the ledger in schema ingot has layout {}; this Ingot knows {}", layout, kLedgerLayout));
    EXPECT_EQ(ledger_.create().error().message, there.error().message);
  }
}

TEST_F(DuckDbLedgerTest, AUnitIsLoadedWhenItIsComplete) {
  ASSERT_TRUE(record_part(0, 0, false));
  ASSERT_TRUE(record_part(1, 100, false));
  EXPECT_FALSE(record_part(1, 100, false));
  EXPECT_EQ(ledger_.check_claim(key_, 1, {0, 1}, 1).value(), std::vector<uint32_t>{1});
  EXPECT_TRUE(ledger_.check_claim(key_, 1, {0, 1}, 2)->empty());
  const auto pending = ledger_.pending_units(key_, 1).value();
  ASSERT_EQ(pending.size(), 3u);
  EXPECT_FALSE(pending[0].begun);
  const PartEnd& end = pending[1].begun.value();
  EXPECT_EQ(std::tie(end.part, end.byte, end.line, end.hash), std::make_tuple(1u, 200u, 3u, "h1"));
  EXPECT_EQ(known("file1")->hash, "");
  EXPECT_EQ(known("file1")->begun->hash, "h1");
  ASSERT_TRUE(record_part(2, 200, true));
  EXPECT_EQ(ledger_.pending_units(key_, 1)->size(), 2u);
  EXPECT_EQ(known("file1")->hash, "h2");
  EXPECT_FALSE(known("file1")->begun);
  const auto parts = ledger_.units_of_run(run_, 10).value();
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[2].to_byte(), 300u);
  EXPECT_TRUE(parts[2].complete);
}

TEST_F(DuckDbLedgerTest, ALaterVersionThatIsBegunIsTheLatest) {
  ASSERT_TRUE(record(1, "A"));
  ASSERT_TRUE(store(2));
  ASSERT_TRUE(record_part(0, 0, false, 2));
  EXPECT_EQ(known("file1")->begun->hash, "h0");
  EXPECT_EQ(known("file1")->hash, "");
}

}  // namespace

}  // namespace ingot
