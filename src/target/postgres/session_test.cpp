#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thread>

#include "postgres/cutting_proxy.h"
#include "target/postgres/postgres_fixture.h"

namespace ingot::postgres {

namespace {

// Transactions: the fence, races, lost connections.
class PostgresSession : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    sql("CREATE TABLE t (a int, b int)");
    target_ = open();
    ASSERT_TRUE(target_->ledger().create());
    run_ = target_->ledger().begin_run(key_).value();
    ASSERT_TRUE(store(1));
    claim_ = {key_, 1, run_};
  }
  Status store(uint64_t plan, uint32_t count = 3) {
    std::vector<PlannedUnit> units;
    for (uint32_t u = 0; u < count; ++u)
      units.push_back({u, fmt::format("file{}", u), {9, -1, 2, ~uint64_t{0}}, u == 1 ? "h1" : "", {}});
    return target_->ledger().store_plan(key_, {plan, run_, "hash", 1'000'001, true, count}, units);
  }
  static UnitEntry entry(uint32_t unit) {
    return {unit, fmt::format("file{}", unit), "h", {9, -1, 2, ~uint64_t{0}}, 5, {3, 3, 0, 0, 0, 0, 0}, ""};
  }
  // Loads 1,000 rows as unit 0 and records it.
  Status fill(Session& session, const TableSpec& table, const std::function<void()>& before = {}) {
    auto shapes = inspect(*target_, table);
    if (!shapes) return fail(shapes.error());
    QueryRows rows(engine_, table, shapes->front(),
                   with_address("SELECT i::INTEGER AS a, 1::INTEGER AS b, i AS n, 0 AS u FROM range(1000) r(i)"));
    rows.before_consume = before;
    auto loaded = session.load(rows);
    if (!loaded) return fail(std::move(loaded).error());
    last_ = loaded->units.front();
    return session.record({entry(0)}, {});
  }
  std::unique_ptr<Session> session() { return std::move(*target_->open_session()); }

  LedgerKey key_{"pipe", "t"};
  uint64_t run_ = 0;
  Claim claim_;
  std::unique_ptr<Target> target_;
  LoadResult::PerUnit last_;
  TableSpec append_ = spec("t", {{"a", "integer"}, {"b", "integer"}});
};

TEST_F(PostgresSession, TheSecondOfTwoWaitsAndSeesWhatTheFirstLoaded) {
  auto first = session();
  ASSERT_EQ(first->begin(claim_, {0, 1})->size(), 0u);
  ASSERT_TRUE(fill(*first, append_));
  std::vector<uint32_t> seen;
  std::jthread second([&] {
    auto other = session();
    seen = other->begin(claim_, {0, 1}).value();
  });
  EXPECT_TRUE(somebody_waits());
  ASSERT_TRUE(first->commit());
  second.join();
  EXPECT_EQ(seen, std::vector<uint32_t>{0});
}

TEST_F(PostgresSession, ThePrimaryKeyIsTheFence) {
  // Somebody who has looked at no lock is in the middle of committing the same unit.
  auto rival = std::move(*PgConnection::open(Secret(url_)));
  ASSERT_TRUE(rival->run(
      "BEGIN; INSERT INTO ingot.units (pipeline, target, plan, unit, run, name, hash, size, mtime_ns, "
      "ctime_ns, inode, bytes, read, inserted, updated, unchanged, filtered, duplicate, rejected, fields, from_byte, "
      "to_byte, to_line, complete) VALUES ('pipe', 't', 1, 0, 1, 'file0', 'h', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "
      "0, 0, 0, 0, 0, 1, true)"));
  auto mine = session();
  ASSERT_EQ(mine->begin(claim_, {0})->size(), 0u);
  std::jthread later([&] {
    EXPECT_TRUE(somebody_waits());
    (void)rival->run("COMMIT");
  });
  const auto status = fill(*mine, append_);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::busy);
  EXPECT_EQ(status.error().message, "another process has committed a unit of plan 1 of pipeline pipe meanwhile");
  mine->rollback();
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
}

TEST_F(PostgresSession, NothingCommitsUnderAClosedPlan) {
  EXPECT_EQ(store(2).error().message, "plan 1 of pipeline pipe is not complete");
  ASSERT_TRUE(target_->ledger().close_plan(key_, 1));
  auto late = session();
  EXPECT_EQ(late->begin(claim_, {0}).error().code, Code::conflict);
  EXPECT_TRUE(store(2));
  const Status again = store(2);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::busy);
  EXPECT_EQ(again.error().message, "another run has just stored plan 2 of pipeline pipe");
  EXPECT_EQ(target_->ledger().latest_plan(key_).value()->plan, 2u);
}

TEST_F(PostgresSession, APlanThatTheLedgerDoesNotHave) {
  claim_.plan = 9;
  const auto begun = session()->begin(claim_, {0});
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().message, "the ledger has no plan 9 of pipeline pipe");
  EXPECT_EQ(target_->ledger().close_plan(key_, 9).error().message, "there is no plan 9 of pipeline pipe");
  EXPECT_EQ(store(5).error().message, "there is no plan 4 of pipeline pipe");
}

TEST_F(PostgresSession, ATableThatIsChangedBeforeItIsLoaded) {
  const TableShape shape{{"public", "t"}, true, "", {}, {*parse_type("integer"), *parse_type("integer")}, true};
  const auto loaded = [&] {
    auto mine = session();
    EXPECT_TRUE(mine->begin(claim_, {0}));
    QueryRows rows(engine_, append_, shape, with_address("SELECT 1::INTEGER AS a, 1::INTEGER AS b, 0 AS n, 0 AS u"));
    return mine->load(rows).error().to_string();
  };
  for (const char* change : {"ALTER TABLE t ALTER a TYPE smallint", "ALTER TABLE t RENAME b TO c", "DROP TABLE t"}) {
    sql(change);
    EXPECT_EQ(loaded(), "error: table public.t was changed or dropped while the run was under way\n  hint: run again");
  }
}

TEST_F(PostgresSession, ATableThatAnotherRunHasJustCreated) {
  auto mine = session();
  ASSERT_TRUE(mine->begin(claim_, {0}));
  const auto created = mine->create_tables({"CREATE TABLE t (a int)"});
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, Code::busy);
  EXPECT_EQ(created.error().to_string(),
            "error: another run has just created a table of this pipeline\n  hint: run again");
}

TEST_F(PostgresSession, LostBeforeTheCommitNothingIsThere) {
  CuttingProxy proxy(std::stoi(server_url().substr(server_url().rfind(':') + 1)));
  auto remote = open(fmt::format("postgresql://postgres@127.0.0.1:{}/{}", proxy.port(), database_));
  auto session = std::move(*remote->open_session());
  ASSERT_TRUE(session->begin(claim_, {0}));
  ASSERT_TRUE(fill(*session, append_));
  proxy.cut = CuttingProxy::Cut::before;
  const auto status = session->commit();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::target_unreachable);
  EXPECT_NE(status.error().message.find("nothing of it was committed"), std::string::npos) << status.error().message;
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
  // The same session goes on with a new connection.
  ASSERT_TRUE(session->begin(claim_, {0}));
  ASSERT_TRUE(fill(*session, append_));
  proxy.cut = CuttingProxy::Cut::after;
  EXPECT_TRUE(session->commit());
  EXPECT_EQ(value("SELECT count(*) FROM t"), "1000");
}

TEST_F(PostgresSession, AKilledBackendIsNoticedDuringTheCopy) {
  auto doomed = session();
  ASSERT_TRUE(doomed->begin(claim_, {0}));
  const auto status = fill(*doomed, append_, [&] {
    value(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE "
        "'SAVEPOINT%'");
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::target_unreachable);
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
}

TEST_F(PostgresSession, AKeyThatRacesInDuringAMerge) {
  sql("DROP TABLE t; CREATE TABLE t (a int PRIMARY KEY, b int); INSERT INTO t VALUES (5000, 1)");
  // Its insertion is in flight when the merge looks, and committed while the merge's own insertion waits.
  auto rival = std::move(*PgConnection::open(Secret(url_)));
  auto mine = session();
  ASSERT_TRUE(mine->begin(claim_, {0}));
  ASSERT_TRUE(rival->run("BEGIN; INSERT INTO t VALUES (7, 70), (8, 1)"));
  std::jthread later([&] {
    EXPECT_TRUE(somebody_waits());
    (void)rival->run("COMMIT");
  });
  ASSERT_TRUE(fill(*mine, spec("t", {{"a", "integer"}, {"b", "integer"}}, {"a"})));
  ASSERT_TRUE(mine->commit());
  EXPECT_EQ(fmt::format("{}/{}/{}", last_.inserted, last_.updated, last_.unchanged), "998/1/1");
  EXPECT_EQ(value("SELECT count(*) || ' ' || sum(b) FROM t"), "1001 1001");
}

TEST_F(PostgresSession, ARowThatRacesIntoAnEmptyTable) {
  sql("DROP TABLE t; CREATE TABLE t (a int PRIMARY KEY, b int)");
  auto mine = session();
  ASSERT_TRUE(mine->begin(claim_, {0}));
  int reads = 0;
  ASSERT_TRUE(fill(*mine, spec("t", {{"a", "integer"}, {"b", "integer"}}, {"a"}), [&] {
    if (reads++ == 0) sql("INSERT INTO t VALUES (7, 70)");
  }));
  ASSERT_TRUE(mine->commit());
  EXPECT_EQ(fmt::format("{}/{}/{}", last_.inserted, last_.updated, last_.unchanged), "999/1/0");
}

TEST_F(PostgresSession, ALockHeldByAnotherIsNamed) {
  auto rival = std::move(*PgConnection::open(Secret(url_)));
  ASSERT_TRUE(rival->run("BEGIN; LOCK TABLE t"));
  auto mine = std::move(*open(url_ + "?options=-c%20lock_timeout%3D200ms")->open_session());
  auto shapes = TableShape{{"public", "t"}, true, "", {}, {*parse_type("integer"), *parse_type("integer")}, true};
  ASSERT_TRUE(mine->begin(claim_, {0}));
  QueryRows rows(engine_, append_, shapes, with_address("SELECT 1::INTEGER AS a, 1::INTEGER AS b, 0 AS n, 0 AS u"));
  const auto loaded = mine->load(rows);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Code::busy);
  EXPECT_NE(loaded.error().message.find("public.t"), std::string::npos) << loaded.error().message;
}

TEST_F(PostgresSession, CancelInterruptsWhatWaits) {
  auto rival = std::move(*PgConnection::open(Secret(url_)));
  ASSERT_TRUE(rival->run("BEGIN; LOCK TABLE t"));
  auto mine = session();
  ASSERT_TRUE(mine->begin(claim_, {0}));
  std::jthread soon([&] {
    EXPECT_TRUE(somebody_waits());
    mine->cancel();
  });
  auto shapes = TableShape{{"public", "t"}, true, "", {}, {*parse_type("integer"), *parse_type("integer")}, true};
  QueryRows rows(engine_, append_, shapes, with_address("SELECT 1::INTEGER AS a, 1::INTEGER AS b, 0 AS n, 0 AS u"));
  const auto loaded = mine->load(rows);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Code::interrupted);
}

TEST_F(PostgresSession, TheLedgerGivesBackWhatItTook) {
  auto mine = session();
  ASSERT_TRUE(mine->begin(claim_, {0}));
  RejectEntry reject;
  reject.unit_name = "file0";
  reject.table = "t";
  reject.offset = 7;
  reject.length = 9;
  reject.line = 2;
  reject.column = 3;
  reject.field = "b";
  reject.code = "not_a_number";
  reject.detail = std::string("x\0\xff", 3);
  reject.raw = std::string("\0\xff'\\", 4);
  UnitEntry unit = entry(0);
  unit.tables_json = "{\"t\": {\"read\": 3}}";
  unit.head = std::string("\xEF\xBB\xBF\na;b\n\0", 9);
  unit.delimiter = ";";
  ASSERT_TRUE(mine->record({unit}, std::vector<RejectEntry>(1000, reject)));
  ASSERT_TRUE(mine->commit());
  Ledger& ledger = target_->ledger();
  const auto pending = ledger.pending_units(key_, 1).value();
  ASSERT_EQ(pending.size(), 2u);
  EXPECT_EQ(pending[0].hash, "h1");
  EXPECT_EQ(pending[0].stamp, (Stamp{9, -1, 2, ~uint64_t{0}}));
  std::vector<std::string> known;
  ASSERT_TRUE(ledger.for_each_known(key_, [&](KnownUnit k) { known.push_back(k.name + k.hash); }));
  EXPECT_EQ(known, std::vector<std::string>{"file0h"});
  RejectFilter of_run;
  of_run.run = run_;
  EXPECT_EQ(ledger.rejects(of_run, 5000)->size(), 1000u);
  const auto back = ledger.reject(ledger.rejects({}, 1)->front().reject).value();
  EXPECT_EQ(back->raw, reject.raw);
  EXPECT_EQ(back->key.pipeline, key_.pipeline);
  EXPECT_EQ(back->state, "open");
  const auto units = ledger.units_of_rejects(of_run).value();
  ASSERT_EQ(units.size(), 1u);
  EXPECT_EQ(units[0].head, unit.head);
  EXPECT_EQ(units[0].delimiter, ";");
  EXPECT_EQ(back->detail, "x\\x00\\xFF");
  EXPECT_EQ(ledger.units_of_run(run_, 10)->front().tables_json, unit.tables_json);
  EXPECT_EQ(ledger.latest_plan(key_).value()->loaded_at_micros, 1'000'001);
  EXPECT_EQ(value("SELECT count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 WHERE "
                  "c.relnamespace = "
                  "'ingot'::regnamespace AND c.relkind = 'r' AND col_description(c.oid, a.attnum) IS NULL"),
            "0");
}

TEST_F(PostgresSession, AUnitIsLoadedWhenItIsComplete) {
  Ledger& ledger = target_->ledger();
  for (uint32_t part = 0; part < 3; ++part) {
    auto mine = session();
    claim_.part = part;
    ASSERT_TRUE(mine->begin(claim_, {0})->empty());
    UnitEntry unit = entry(0);
    unit.part = part;
    unit.from_byte = 5 * part;
    unit.to_line = part + 2;
    unit.complete = part == 2;
    unit.hash = fmt::format("h{}", part);
    ASSERT_TRUE(mine->record({unit}, {}));
    ASSERT_TRUE(mine->commit());
    EXPECT_EQ(session()->begin(claim_, {0, 1}).value(), std::vector<uint32_t>{0});
    std::vector<KnownUnit> known;
    ASSERT_TRUE(ledger.for_each_known(key_, [&](KnownUnit k) { known.push_back(std::move(k)); }));
    ASSERT_EQ(known.size(), 1u);
    const auto pending = ledger.pending_units(key_, 1).value();
    ASSERT_EQ(pending.size(), part == 2 ? 2u : 3u);
    if (part == 2) {
      EXPECT_EQ(known[0].hash, "h2");
      EXPECT_FALSE(known[0].begun);
      continue;
    }
    EXPECT_EQ(known[0].hash, "");
    for (const PartEnd& end : {known[0].begun.value(), pending[0].begun.value()}) {
      EXPECT_EQ(end.part, part);
      EXPECT_EQ(end.byte, 5 * part + 5);
      EXPECT_EQ(end.line, part + 2);
      EXPECT_EQ(end.hash, fmt::format("h{}", part));
    }
  }
  const auto parts = ledger.units_of_run(run_, 10).value();
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[2].from_byte, 10u);
  EXPECT_TRUE(parts[2].complete);
}

TEST_F(PostgresSession, TheCourtesyLockNamesTheRunAndADeadRunIsLost) {
  ASSERT_TRUE(target_->ledger().claim(key_));
  EXPECT_EQ(target_->ledger().run(run_).value()->state, "running");
  auto other = open();
  const auto claimed = other->ledger().claim(key_);
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().code, Code::busy);
  EXPECT_NE(claimed.error().message.find(fmt::format("run {} (since", run_)), std::string::npos)
      << claimed.error().message;
  target_.reset();
  EXPECT_TRUE(comes_true([&] { return other->ledger().runs(5)->front().state == "lost"; }));
  EXPECT_TRUE(other->ledger().claim(key_));
}

TEST_F(PostgresSession, TwentyThousandUnitsAreOneCopy) {
  ASSERT_TRUE(target_->ledger().close_plan(key_, 1));
  ASSERT_TRUE(store(2, 20000));
  claim_.plan = 2;
  // Counts the statements that write units, however many rows each has. And no statistics: it must not take them.
  sql("CREATE TABLE statements (); CREATE FUNCTION count_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO "
      "statements DEFAULT VALUES; RETURN NULL; END $$; CREATE TRIGGER count_it BEFORE INSERT ON ingot.units FOR EACH "
      "STATEMENT EXECUTE FUNCTION count_it(); ALTER TABLE ingot.units SET (autovacuum_enabled = false)");
  std::vector<UnitEntry> units;
  for (uint32_t u = 0; u < 20000; ++u) units.push_back(entry(u));
  auto mine = session();
  ASSERT_TRUE(mine->begin(claim_, {0}));
  ASSERT_TRUE(mine->record(units, {}));
  ASSERT_TRUE(mine->commit());
  EXPECT_EQ(value("SELECT count(*) FROM statements"), "1");
  // A plan all of whose units are loaded is open until it is closed: a run killed in between is not new work.
  EXPECT_TRUE(target_->ledger().latest_plan(key_).value()->open);
  const auto hurried = open(url_ + "?options=-c%20statement_timeout%3D30s");
  const auto pending = hurried->ledger().pending_units(key_, 2);
  ASSERT_TRUE(pending) << pending.error().message;
  EXPECT_TRUE(pending->empty());
  ASSERT_TRUE(target_->ledger().close_plan(key_, 2));
  EXPECT_FALSE(target_->ledger().latest_plan(key_).value()->open);
}

TEST_F(PostgresSession, InspectionSaysWhatDoesNotFit) {
  const auto refusal = [&](const std::string& ddl, const TableSpec& table) {
    sql("DROP TABLE IF EXISTS x CASCADE; " + ddl);
    const auto shapes = inspect(*target_, table);
    return shapes ? std::string("fits") : shapes.error().to_string();
  };
  const auto a = spec("x", {{"a", "integer"}});
  EXPECT_NE(refusal("CREATE TABLE x (a int, z int NOT NULL)", a).find("column z is NOT NULL"), std::string::npos);
  EXPECT_NE(refusal("CREATE TABLE x (a int GENERATED ALWAYS AS IDENTITY)", a).find("GENERATED ALWAYS"),
            std::string::npos);
  EXPECT_NE(refusal("CREATE TABLE x (a int GENERATED ALWAYS AS (1) STORED)", a).find("generated"), std::string::npos);
  EXPECT_NE(refusal("CREATE TABLE x (b int)", a).find("no column a"), std::string::npos);
  EXPECT_NE(refusal("CREATE TABLE x (a real)", a).find("cannot hold every integer exactly"), std::string::npos);
  const auto keyed = spec("x", {{"a", "integer"}}, {"a"});
  EXPECT_NE(refusal("CREATE TABLE x (a int); CREATE UNIQUE INDEX ON x (a) WHERE a > 0", keyed)
                .find("CREATE UNIQUE INDEX ON \"public\".\"x\" (\"a\");"),
            std::string::npos);
  EXPECT_NE(refusal("CREATE TABLE x (a int UNIQUE DEFERRABLE)", keyed).find("unique index"), std::string::npos);
  sql("DROP TABLE x; CREATE VIEW x AS SELECT 1 AS a");
  EXPECT_NE(inspect(*target_, a).error().message.find("is a view"), std::string::npos);
  sql("DROP VIEW x; CREATE TABLE products (a int)");
  EXPECT_EQ(inspect(*target_, spec("prodcuts", {{"a", "integer"}}))->front().similar, "products");
  sql("CREATE TABLE n (a smallint, b numeric(4, 2), c varchar(3))");
  const auto types =
      inspect(*target_, spec("n", {{"a", "bigint"}, {"b", "numeric(10,4)"}, {"c", "text"}}))->front().types;
  EXPECT_EQ(sql_name(types[0]) + " " + sql_name(types[1]) + " " + sql_name(types[2]),
            "smallint numeric(4,2) varchar(3)");
}

TEST(PostgresUrl, APasswordIsNotPrinted) {
  for (const std::string url : {"postgresql://u:se/cret@127.0.0.1:1/db", "postgresql://u:secret@127.0.0.1:1/db",
                                "postgresql://u:secret@[bad/db"}) {
    const auto connection = PgConnection::open(Secret(url));
    ASSERT_FALSE(connection);
    EXPECT_EQ(connection.error().to_string().find("cret"), std::string::npos) << connection.error().to_string();
  }
}

TEST_F(PostgresSession, ALedgerOfANewerIngotIsRefused) {
  ASSERT_TRUE(open()->ledger().create());
  sql("UPDATE ingot.version SET version = 4");
  const Status status = open()->ledger().create();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::conflict);
  EXPECT_EQ(status.error().message, "the ledger in schema ingot has layout 4; this Ingot knows 3");
}

}  // namespace

}  // namespace ingot::postgres
