#include "engine/table_diff.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/clock.h"
#include "core/sql_text.h"
#include "embedded/sql.h"
#include "engine/memory_shares.h"
#include "engine/pass.h"
#include "engine/pipeline_parts.h"
#include "format/decoder.h"
#include "postgres/connection.h"
#include "target/target.h"
#include "transcript/open_source.h"

namespace ingot {

namespace {

constexpr uint64_t kShare = 32;

/// One comparison on its way.
class Differ {
 public:
  Differ(const Pipeline& pipeline, const std::vector<BatchUnit>& units, const DiffOptions& options,
         const std::atomic<bool>& cancelled)
      : pipeline_(pipeline), units_(units), options_(options), cancelled_(cancelled) {}

  Result<TableDiff> run() {
    INGOT_TRY(check_mode());
    INGOT_ASSIGN(engine_, EngineDatabase::open(options_.resources));
    TargetOptions target_options;
    target_options.temp_dir = options_.resources.temp_dir;
    target_options.memory_bytes = options_.resources.memory_bytes / kShareOfKeys;
    INGOT_ASSIGN(target_, open_target(pipeline_.connection, engine_->load(), target_options, true));
    INGOT_ASSIGN(const auto shapes, target_->inspect(pipeline_));
    shape_ = shapes.front();
    if (shape_.exists && !shape_.ddl.empty())
      return fail(Code::target_refused,
                  fmt::format("table {} is to be altered first: {}", shape_.name.text(), fmt::join(shape_.ddl, "; ")),
                  "a run does that; there is nothing to compare until then");
    // What a run would check a value against.
    for (size_t c = 0; c < table().columns.size(); ++c) table().columns[c].type = shape_.types[c];
    out_.table = shape_.name.text();
    out_.exists = shape_.exists;
    out_.units = units_.size();
    INGOT_TRY(stage_files());
    INGOT_TRY(stage_table());
    INGOT_TRY(count());
    INGOT_TRY(add_new_rows());
    INGOT_TRY(add_changed_rows());
    return std::move(out_);
  }

 private:
  TableSpec& table() { return pipeline_.tables.front(); }
  duckdb::Connection& work() { return engine_->work(); }

  Status check_mode() {
    if (pipeline_.drift == Drift::add)
      return fail(
          Code::invalid_pipeline, "diff of a pipeline with drift: add",
          "columns that were added are in the ledger only: give --set drift=ignore to compare the declared ones");
    if (pipeline_.routed) return fail(Code::invalid_pipeline, "diff of a pipeline with tables:", "of one table only");
    if (table().mode != Mode::upsert && table().mode != Mode::insert_new) {
      return fail(Code::invalid_pipeline, fmt::format("diff of mode {}", rules_of(table().mode).name),
                  "rows are compared by key: it takes mode upsert or insert_new (--key COLUMN)");
    }
    if (!table().order_by.empty())
      return fail(Code::invalid_pipeline, fmt::format("diff with order_by: {}", table().order_by),
                  "which record stays is decided in the target");
    return {};
  }

  // Records as rows, repeated keys resolved as within one commit.
  Status stage_files() {
    MetaValues meta;
    meta.loaded_at_micros = now_micros();
    const auto composition = compose(pipeline_, meta, work());
    if (!composition) return fail(composition.error().front());
    const auto format = make_format(pipeline_, *composition);
    const auto source = open_source(pipeline_.from, pipeline_.base_dir, options_.resources.temp_dir);
    const uint64_t memory = options_.resources.memory_bytes;
    Feed::Options feed;
    feed.max_record_bytes = memory / kShareOfRecord;
    const DecodePlan plan{pipeline_, *composition, *format, *source, memory / kShare, memory / kBytesPerReject,
                          2048,      feed};
    KeyWinners winners(table().keep, options_.resources.temp_dir, memory / kShareOfKeys);
    Pass::Options collect;
    collect.collect_keys = &winners;
    {
      Pass pass(plan, units_, progress_, cancelled_, collect);
      INGOT_TRY(pass.finish(run_sql(work(), fmt::format("SELECT count(*) FROM ({})", pass.sql()))));
    }
    INGOT_TRY(winners.decide());
    Pass::Options keep;
    keep.winners = &winners;
    Pass pass(plan, units_, progress_, cancelled_, keep);
    std::string list;
    for (size_t c = 0; c < table().columns.size(); ++c) list += fmt::format("{}c{}", c == 0 ? "" : ", ", c);
    INGOT_TRY(pass.finish(
        run_sql(work(), fmt::format("CREATE TEMP TABLE diff_files AS SELECT {} FROM ({})", list, pass.sql()))));
    for (const Feed::UnitRead& read : pass.reads())
      if (read.error) return fail(*read.error);
    for (const UnitTally& tally : pass.tallies()) {
      out_.read += tally.read;
      out_.filtered += tally.filtered;
      out_.rejected += tally.rejected;
      out_.duplicate += tally.lost;
    }
    return {};
  }

  // The table's rows under the contract's types.
  Status stage_table() {
    std::string columns;
    for (size_t c = 0; c < table().columns.size(); ++c)
      columns += fmt::format("{}c{} {}", c == 0 ? "" : ", ", c, duckdb_type(table().columns[c].type).ToString());
    INGOT_TRY(run_sql(work(), fmt::format("CREATE TEMP TABLE diff_table ({})", columns)));
    if (!shape_.exists) return {};
    if (pipeline_.connection.kind == Connection::Kind::duckdb) {
      return run_sql(work(),
                     fmt::format("INSERT INTO diff_table SELECT {} FROM target.{}", names(""), shape_.name.sql()));
    }
    return fetch();
  }

  std::string names(const char* cast) {
    std::string list;
    for (const ColumnSpec& column : table().columns)
      list += (list.empty() ? "" : ", ") + quote_identifier(column.name) + cast;
    return list;
  }

  // Of Postgres: as text, which the exact parsers read back.
  Status fetch() {
    for (const ColumnSpec& column : table().columns) {
      const Kind kind = column.type.kind;
      if (kind == Kind::array || kind == Kind::binary || kind == Kind::interval) {
        return fail(Code::invalid_pipeline,
                    fmt::format("diff of a column of type {}: {}", sql_name(column.type), column.name),
                    "PostgreSQL writes such values in another way than files do");
      }
    }
    INGOT_ASSIGN(const auto server, postgres::PgConnection::open(pipeline_.connection.url));
    INGOT_TRY(server->begin(postgres::Isolation::repeatable_read));
    std::optional<Error> error;
    const size_t width = table().columns.size();
    try {
      duckdb::Appender appender(work(), "temp", "main", "diff_table");
      duckdb::DataChunk chunk;
      duckdb::vector<duckdb::LogicalType> types;
      for (const ColumnSpec& column : table().columns) types.push_back(duckdb_type(column.type));
      chunk.Initialize(duckdb::Allocator::DefaultAllocator(), types);
      duckdb::idx_t rows = 0;
      const auto flush = [&] {
        chunk.SetCardinality(rows);
        appender.AppendDataChunk(chunk);
        chunk.Reset();
        rows = 0;
      };
      INGOT_TRY(server->stream(fmt::format("SELECT {} FROM {}", names("::text"), shape_.name.sql()), {},
                               [&](const postgres::QueryResult& row) {
                                 for (size_t c = 0; c < width; ++c) put(row, static_cast<int>(c), chunk.data[c], rows);
                                 if (++rows == STANDARD_VECTOR_SIZE) flush();
                               }));
      flush();
      appender.Close();
    } catch (const std::exception& exception) {
      return fail(error_of(duckdb::ErrorData(exception), Code::resource));
    }
    return {};
  }

  // What the contract's type cannot hold differs from whatever the files say, and is taken for NULL.
  void put(const postgres::QueryResult& row, int column, duckdb::Vector& vector, duckdb::idx_t at) {
    if (row.is_null(0, column)) return duckdb::FlatVector::SetNull(vector, at, true);
    const Type& type = table().columns[static_cast<size_t>(column)].type;
    const std::string_view text = row.text(0, column);
    if (type.kind == Kind::text || type.kind == Kind::json) {
      duckdb::FlatVector::GetData<duckdb::string_t>(vector)[at] =
          duckdb::StringVector::AddString(vector, text.data(), text.size());
    } else {
      (void)store_text(text, type, vector, at);
    }
  }

  std::vector<size_t> key_columns() {
    std::vector<size_t> out;
    for (const std::string& key : table().key) {
      for (size_t c = 0; c < table().columns.size(); ++c)
        if (table().columns[c].name == key) out.push_back(c);
    }
    return out;
  }

  // Columns by which a row may differ: all that the user declared but for the key.
  std::vector<size_t> compared_columns() {
    const auto key = key_columns();
    std::vector<size_t> out;
    for (size_t c = 0; c < table().columns.size(); ++c) {
      const bool is_key = std::find(key.begin(), key.end(), c) != key.end();
      if (!is_key && table().columns[c].declared()) out.push_back(c);
    }
    return out;
  }

  std::string same_key() {
    std::string text;
    for (const size_t c : key_columns()) text += fmt::format("{}f.c{} = t.c{}", text.empty() ? "" : " AND ", c, c);
    return text;
  }

  std::string differs() {
    std::string text = "false";
    for (const size_t c : compared_columns()) text += fmt::format(" OR f.c{} IS DISTINCT FROM t.c{}", c, c);
    return "(" + text + ")";
  }

  Result<uint64_t> number(const std::string& sql) {
    INGOT_ASSIGN(const int64_t value, query_number(work(), sql));
    return static_cast<uint64_t>(value);
  }

  Status count() {
    const std::string joined = "FROM diff_files f JOIN diff_table t ON " + same_key();
    INGOT_ASSIGN(const uint64_t rows, number("SELECT count(*) FROM diff_files"));
    INGOT_ASSIGN(const uint64_t held, number("SELECT count(*) " + joined));
    INGOT_ASSIGN(out_.updated, number("SELECT count(*) " + joined + " WHERE " + differs()));
    INGOT_ASSIGN(out_.elsewhere,
                 number(fmt::format("SELECT count(*) FROM diff_table t ANTI JOIN diff_files f ON {}", same_key())));
    out_.inserted = rows - held;
    out_.unchanged = held - out_.updated;
    return {};
  }

  std::string list_of(const std::vector<size_t>& columns, const char* side) {
    std::string list;
    for (const size_t c : columns) list += fmt::format("{}CAST({}.c{} AS VARCHAR)", list.empty() ? "" : ", ", side, c);
    return list;
  }

  std::string by_key() {
    std::string list;
    for (const size_t c : key_columns()) list += fmt::format("{}f.c{}", list.empty() ? "" : ", ", c);
    return fmt::format(" ORDER BY {} LIMIT {}", list, options_.examples);
  }

  static std::optional<std::string> text_at(duckdb::MaterializedQueryResult& result, size_t column, duckdb::idx_t row) {
    const duckdb::Value value = result.GetValue(column, row);
    return value.IsNull() ? std::nullopt : std::optional(value.ToString());
  }

  Status add_new_rows() {
    INGOT_ASSIGN(const auto result,
                 query_sql(work(), fmt::format("SELECT {} FROM diff_files f ANTI JOIN diff_table t ON {}{}",
                                               list_of(key_columns(), "f"), same_key(), by_key())));
    for (duckdb::idx_t r = 0; r < result->RowCount(); ++r) {
      RowDifference row;
      for (size_t k = 0; k < key_columns().size(); ++k) row.key.push_back(text_at(*result, k, r));
      out_.new_rows.push_back(std::move(row));
    }
    return {};
  }

  Status add_changed_rows() {
    const auto key = key_columns();
    const auto compared = compared_columns();
    if (compared.empty()) return {};
    INGOT_ASSIGN(const auto result,
                 query_sql(work(), fmt::format("SELECT {}, {}, {} FROM diff_files f JOIN diff_table t ON {} WHERE {}{}",
                                               list_of(key, "f"), list_of(compared, "t"), list_of(compared, "f"),
                                               same_key(), differs(), by_key())));
    for (duckdb::idx_t r = 0; r < result->RowCount(); ++r) {
      RowDifference row;
      for (size_t k = 0; k < key.size(); ++k) row.key.push_back(text_at(*result, k, r));
      for (size_t c = 0; c < compared.size(); ++c) {
        auto before = text_at(*result, key.size() + c, r);
        auto after = text_at(*result, key.size() + compared.size() + c, r);
        if (before != after)
          row.changes.push_back({table().columns[compared[c]].name, std::move(before), std::move(after)});
      }
      out_.changed_rows.push_back(std::move(row));
    }
    return {};
  }

  Pipeline pipeline_;
  const std::vector<BatchUnit>& units_;
  const DiffOptions& options_;
  const std::atomic<bool>& cancelled_;
  Progress progress_;
  std::unique_ptr<EngineDatabase> engine_;
  std::unique_ptr<Target> target_;
  TableShape shape_;
  TableDiff out_;
};

}  // namespace

Result<TableDiff> diff_table(const Pipeline& pipeline, const std::vector<BatchUnit>& units, const DiffOptions& options,
                             const std::atomic<bool>& cancelled) {
  return Differ(pipeline, units, options, cancelled).run();
}

}  // namespace ingot
