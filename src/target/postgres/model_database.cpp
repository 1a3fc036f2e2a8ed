#include "target/postgres/model_database.h"

#include <fmt/format.h>

#include "core/sql_text.h"
#include "ledger/postgres/models.h"
#include "target/postgres/catalog.h"
#include "target/postgres/column_fit.h"

namespace ingot::postgres {

namespace {

Relation::Kind kind_of(const TableInfo& table) {
  switch (table.relkind) {
    case 'v':
      return Relation::Kind::view;
    case 'm':
      return Relation::Kind::materialized_view;
    default:
      // A row is known by its ctid, which is one table's own.
      return table.relkind == 'r' && !table.partitions ? Relation::Kind::table : Relation::Kind::other;
  }
}

Relation relation_of(const TableInfo& table) {
  Relation relation;
  relation.kind = kind_of(table);
  relation.name = table.name;
  for (const Column& column : table.columns)
    relation.columns.push_back({column.name, column.base.text, column.base.category, compared_as_text(column)});
  return relation;
}

/// Every statement is sent as one that takes parameters: of those the server takes one at a time.
class Models final : public ModelDatabase {
 public:
  explicit Models(PgConnection& server) : server_(server) {}
  ~Models() override { rollback(); }

  Dialect dialect() const override { return {"ctid", false, true, false, "CAST"}; }
  std::string sql(const TableName& name) const override { return name.sql(); }

  Result<std::optional<Relation>> look_up(const TableName& name) override {
    INGOT_ASSIGN(const auto table, postgres::look_up(server_, name));
    if (!table) return std::optional<Relation>();
    return std::optional<Relation>(relation_of(*table));
  }

  // One model of one name at a time, whatever the pipeline: two may build the same table.
  Status begin(const std::string& pipeline, const std::string& model) override {
    INGOT_TRY(server_.begin());
    INGOT_TRY(lock_model(server_, pipeline, model));
    INGOT_TRY(server_.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 4529088))", {model}));
    return run("SET CONSTRAINTS ALL IMMEDIATE");
  }

  Status lock(const TableName& table) override {
    return run(fmt::format("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", table.sql()));
  }

  Status run(const std::string& sql) override {
    INGOT_TRY(server_.query(sql, {}));
    return {};
  }

  Result<uint64_t> change(const std::string& sql) override {
    INGOT_ASSIGN(const QueryResult result, server_.query(sql, {}));
    return result.affected();
  }

  Result<std::vector<uint64_t>> numbers(const std::string& sql) override {
    INGOT_ASSIGN(const QueryResult result, server_.query(sql, {}));
    if (result.rows() != 1) return fail(Code::internal, "a query that must yield one row did not");
    std::vector<uint64_t> numbers;
    for (int c = 0; c < PQnfields(result.get()); ++c) numbers.push_back(result.unsigned_integer(0, c));
    return numbers;
  }

  Result<std::string> stage(const std::string& name, const std::string& query) override {
    const std::string stage = "pg_temp." + quote_identifier(name);
    INGOT_TRY(run(fmt::format("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS {}", quote_identifier(name), query)));
    INGOT_TRY(run("ANALYZE " + stage));
    return stage;
  }

  Result<std::vector<RelationColumn>> stage_columns(const std::string& name) override {
    INGOT_ASSIGN(const auto stage, postgres::look_up(server_, {"pg_temp", name}));
    if (!stage) return fail(Code::internal, "a temporary table is gone");
    return relation_of(*stage).columns;
  }

  // REPLACE cannot take columns away, nor change their types.
  Status replace_view(const TableName& name, const std::string& query) override {
    INGOT_TRY(run("SAVEPOINT ingot_view"));
    Status status = run(fmt::format("CREATE OR REPLACE VIEW {} AS {}", name.sql(), query));
    if (status || server_.last_error().sqlstate != "42P16") return status;  // invalid_table_definition
    INGOT_TRY(run("ROLLBACK TO SAVEPOINT ingot_view"));
    INGOT_TRY(run("DROP VIEW " + name.sql()));
    return run(fmt::format("CREATE VIEW {} AS {}", name.sql(), query));
  }

  Status record(const ModelEntry& entry) override { return record_model(server_, entry); }

  Status commit() override {
    INGOT_ASSIGN(const QueryResult result, server_.query("COMMIT"));
    if (result.tag() != "COMMIT") return fail(Code::internal, "the transaction had failed before its commit");
    return {};
  }

  void rollback() noexcept override { server_.rollback(); }
  void cancel() noexcept override { server_.cancel(); }

 private:
  PgConnection& server_;
};

}  // namespace

std::unique_ptr<ModelDatabase> make_model_database(PgConnection& server) { return std::make_unique<Models>(server); }

}  // namespace ingot::postgres
