#include <fmt/format.h>

#include "target/postgres/postgres_fixture.h"

namespace ingot::postgres {

namespace {

std::string quoted(const std::string& name) { return TableName{"", name}.sql(); }

}  // namespace

Status QueryRows::read(const Options& options, const std::function<Status(const std::string& select)>& consume) {
  ++reads;
  std::string key;
  for (const std::string& name : spec_.key) key += (key.empty() ? "" : ", ") + quoted(name);
  std::string from = fmt::format("({})", query_);
  if (options.winners_only) {
    from = fmt::format("(SELECT * FROM {} QUALIFY row_number() OVER (PARTITION BY {} ORDER BY __rec {}) = 1)", from,
                       key, spec_.keep == Keep::last ? "DESC" : "ASC");
  }
  rows_ = 0;
  by_unit_.clear();
  const auto counts = engine_.Query(fmt::format("SELECT __unit::BIGINT, count(*) FROM {} GROUP BY 1 ORDER BY 1", from));
  if (counts->HasError()) return fail(Code::source_unreadable, counts->GetError());
  for (duckdb::idx_t i = 0; i < counts->RowCount(); ++i) {
    by_unit_.push_back({counts->GetValue(0, i).GetValue<uint32_t>(), counts->GetValue(1, i).GetValue<uint64_t>()});
    rows_ += by_unit_.back().second;
  }
  if (before_consume) before_consume();
  return consume(fmt::format("SELECT {} FROM {} {}",
                             options.with_address ? "*" : "* EXCLUDE (__unit, __rec, __offset, __length, __line)", from,
                             options.sort_by_key ? "ORDER BY " + key
                             : options.ordered   ? "ORDER BY __rec"
                                                 : ""));
}

std::unique_ptr<Target> PostgresTest::open(const std::string& url) {
  Connection connection;
  connection.kind = Connection::Kind::postgres;
  connection.url = Secret(url.empty() ? url_ : url);
  auto target = open_postgres_target(connection, engine_, {});
  EXPECT_TRUE(target) << target.error().to_string();
  return target ? std::move(*target) : nullptr;
}

TableSpec PostgresTest::spec(const std::string& table, const std::vector<std::pair<std::string, std::string>>& columns,
                             std::vector<std::string> key, Keep keep) {
  TableSpec out;
  out.name = table;
  for (const auto& [name, type] : columns) {
    ColumnSpec column;
    column.name = name;
    column.type = *parse_type(type);
    out.columns.push_back(std::move(column));
  }
  out.mode = key.empty() ? Mode::append : Mode::upsert;
  out.key = std::move(key);
  out.keep = keep;
  return out;
}

Result<std::vector<TableShape>> PostgresTest::inspect(Target& target, const TableSpec& table) {
  Pipeline pipeline;
  pipeline.tables = {table};
  return target.inspect(pipeline);
}

std::string PostgresTest::Loaded::counts() const {
  if (!result) return result.error().to_string();
  if (!committed) return committed.error().to_string();
  return fmt::format("{}/{}/{}/{}/{}", inserted, updated, unchanged, duplicate, refused.size());
}

std::string PostgresTest::Loaded::refusals() const {
  std::string out;
  for (const RefusedRow& row : refused) out += fmt::format("{}{}:{}", out.empty() ? "" : " ", row.offset, row.detail);
  return out;
}

std::string PostgresTest::with_address(const std::string& query) {
  return fmt::format(
      "SELECT * EXCLUDE (n, u), u::UINTEGER AS __unit, n::UBIGINT AS __rec, n::UBIGINT AS __offset, "
      "10::UBIGINT AS __length, (n + 1)::UBIGINT AS __line FROM ({})",
      query);
}

PostgresTest::Loaded PostgresTest::load(const TableSpec& table, const std::string& query) {
  Loaded out;
  const auto target = open();
  auto shapes = inspect(*target, table);
  if (!shapes) {
    out.result = fail(std::move(shapes).error());
    return out;
  }
  Ledger& ledger = target->ledger();
  EXPECT_TRUE(ledger.create());
  const LedgerKey key{"pipe", "t"};
  const uint64_t run = ledger.begin_run(key).value();
  StoredPlan plan{++last_plan_, run, "hash", 0, true, 0};
  std::vector<PlannedUnit> units;
  for (uint32_t u = 0; u < 3; ++u) units.push_back({u, fmt::format("file{}", u), {}, "", {}});
  const auto stored = ledger.store_plan(key, plan, units);
  EXPECT_TRUE(stored) << stored.error().to_string();
  auto session = std::move(*target->open_session());
  const auto begun = session->begin({key, plan.plan, run}, {0, 1, 2});
  EXPECT_TRUE(begun) << begun.error().to_string();
  const auto created = session->create_tables(shapes->front().ddl);
  EXPECT_TRUE(created) << created.error().to_string();
  QueryRows rows(engine_, table, shapes->front(), with_address(query));
  out.result = session->load(rows);
  last_reads_ = rows.reads;
  std::vector<UnitEntry> entries(3);
  for (uint32_t u = 0; u < 3; ++u) entries[u] = {u, fmt::format("file{}", u), "h", {}, 0, {}, ""};
  if (!out.result) return out;
  for (const auto& u : out.result->units) {
    out.inserted += u.inserted;
    out.updated += u.updated;
    out.unchanged += u.unchanged;
    out.duplicate += u.duplicate;
  }
  out.refused = out.result->refused;
  EXPECT_EQ(rows.rows(), out.inserted + out.updated + out.unchanged + out.duplicate + out.refused.size());
  out.committed = session->record(entries, {});
  if (out.committed) out.committed = session->commit();
  return out;
}

}  // namespace ingot::postgres
