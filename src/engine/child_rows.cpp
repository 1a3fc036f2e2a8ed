#include "engine/child_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/sql_text.h"
#include "embedded/execute.h"

namespace ingot {

namespace {

std::string rows_of(const RoutedRecords& records) {
  return fmt::format("ingot_routed({}::UBIGINT)", reinterpret_cast<uintptr_t>(&records));
}

// There may be as many as records: they may be spilled. May throw.
duckdb::unique_ptr<duckdb::ColumnDataCollection> addresses_of(const std::vector<RefusedRow>& refused,
                                                              duckdb::ClientContext& context) {
  const duckdb::vector<duckdb::LogicalType> types{duckdb::LogicalType::UINTEGER, duckdb::LogicalType::UBIGINT};
  auto rows = duckdb::make_uniq<duckdb::ColumnDataCollection>(context, types);
  duckdb::DataChunk chunk;
  chunk.Initialize(context, types);
  for (size_t i = 0; i < refused.size(); i += chunk.size()) {
    chunk.Reset();
    const size_t count = std::min<size_t>(refused.size() - i, STANDARD_VECTOR_SIZE);
    for (size_t k = 0; k < count; ++k) {
      duckdb::FlatVector::GetData<uint32_t>(chunk.data[0])[k] = refused[i + k].unit;
      duckdb::FlatVector::GetData<uint64_t>(chunk.data[1])[k] = refused[i + k].offset;
    }
    chunk.SetCardinality(count);
    rows->Append(chunk);
  }
  return rows;
}

}  // namespace

ChildRows::ChildRows(Batch& batch, const RoutedRecords& records, size_t index, const BatchRows& parent)
    : batch_(batch), records_(records), index_(index), parent_(parent) {}

duckdb::Connection& ChildRows::duckdb() { return batch_.context_.engine.load(); }
const TableSpec& ChildRows::table() const { return batch_.context_.plan.pipeline.tables[index_]; }
const TableShape& ChildRows::shape() const { return batch_.context_.shapes[index_]; }
Pace* ChildRows::pace() const { return batch_.context_.pace; }

std::string ChildRows::name_of(size_t table, const std::string& column) const {
  return fmt::format("t{}_{}", table, column);
}

Status ChildRows::leave_out(const std::vector<RefusedRow>& refused) {
  left_out_ = {};
  if (refused.empty()) return {};
  try {
    left_out_ = {{"__unit", "__offset"}, addresses_of(refused, *batch_.context_.engine.work().context)};
  } catch (const std::exception& error) {
    return fail(error_of(duckdb::ErrorData(error), Code::internal));
  }
  return {};
}

// As the parent's table took them: of those that it has not refused the one of each key that `keep` prefers.
std::string ChildRows::staying_records() const {
  const TableSpec& parent = parent_.table();
  const size_t of = table().child->parent;
  std::string records = fmt::format("(SELECT * FROM {} WHERE __table = {})", rows_of(records_), of);
  if (left_out_.rows)
    records = fmt::format("(SELECT * FROM {} ANTI JOIN {} USING (__unit, __offset))", records, rows_of(left_out_));
  if (!parent.keyed()) return records;
  std::string key;
  for (const uint16_t c : batch_.context_.plan.composition.tables[of].key)
    key += fmt::format("{}{}", key.empty() ? "" : ", ", name_of(of, fmt::format("c{}", c)));
  return fmt::format("(SELECT * FROM {0} SEMI JOIN (SELECT {1}(__rec) AS __rec FROM {0} GROUP BY {2}) USING (__rec))",
                     records, parent.keep == Keep::last ? "max" : "min", key);
}

std::string ChildRows::tombstone() const {
  const std::string flag = name_of(table().child->parent, "delete");
  return parent_.table().delete_when ? fmt::format("coalesce({}, false)", flag) : "false";
}

std::string ChildRows::value(size_t column) const {
  const ComposedColumn& composed = batch_.context_.plan.composition.tables[index_].columns[column];
  const std::string name = fmt::format("c{}", column);
  if (composed.fallback.empty()) return name;
  const std::string filled = fmt::format("coalesce({}, {})", name, composed.fallback);
  return composed.type.kind == Kind::json ? fmt::format("CAST({} AS VARCHAR)", filled) : filled;
}

std::string ChildRows::elements(const std::string& records) const {
  const auto& columns = batch_.context_.plan.composition.tables[index_].columns;
  std::string taken, values;
  for (size_t c = 0; c < columns.size(); ++c) {
    const std::string name = name_of(index_, fmt::format("c{}", c));
    taken += fmt::format("{} AS c{}, ", columns[c].element ? fmt::format("unnest({})", name) : name, c);
    values += fmt::format("{} AS {}, ", value(c), quote_identifier(columns[c].name));
  }
  return fmt::format(
      "SELECT {}{}__unit, __rec, __place, __offset, __length, __line FROM (SELECT {}unnest({}) AS __place, __unit, "
      "__rec, __offset, __length, __line FROM {} WHERE NOT {})",
      values, table().follows_key() ? "false AS __delete, " : "", taken, name_of(index_, "places"), records,
      tombstone());
}

std::string ChildRows::key_rows(const std::string& records) const {
  std::string values;
  const auto& columns = batch_.context_.plan.composition.tables[index_].columns;
  const auto& key = table().child->key;
  for (size_t c = 0; c < columns.size(); ++c) {
    const bool is_key = std::find(key.begin(), key.end(), columns[c].name) != key.end();
    values += is_key ? name_of(index_, fmt::format("c{}, ", c)) : "NULL, ";
  }
  return fmt::format("SELECT {}true, __unit, __rec, -1, __offset, __length, __line FROM {}", values, records);
}

Status ChildRows::count(const std::string& records) {
  rows_ = 0;
  by_unit_.clear();
  INGOT_ASSIGN(
      const auto counts,
      query_sql(
          batch_.context_.engine.work(),
          fmt::format("SELECT __unit, CAST(sum(CASE WHEN {} THEN 0 ELSE len({}) END){} AS UBIGINT) FROM {} GROUP "
                      "BY 1 ORDER BY 1",
                      tombstone(), name_of(index_, "places"), table().follows_key() ? " + count(*)" : "", records)));
  for (size_t i = 0; i < counts->RowCount(); ++i) {
    const auto rows = counts->GetValue(1, i).GetValue<uint64_t>();
    if (rows == 0) continue;
    by_unit_.emplace_back(counts->GetValue(0, i).GetValue<uint32_t>(), rows);
    rows_ += rows;
  }
  return {};
}

Status ChildRows::read(const Options& options, const std::function<Status(const std::string&)>& consume) {
  INGOT_TRY(batch_.prepare());
  const std::string records = staying_records();
  INGOT_TRY(count(records));
  INGOT_TRY(run_sql(batch_.context_.engine.work(), fmt::format("SET preserve_insertion_order = {}", options.ordered)));
  std::string rows = elements(records);
  if (table().follows_key()) rows += " UNION ALL " + key_rows(records);
  std::string columns;
  for (const ColumnSpec& column : table().columns)
    columns += (columns.empty() ? "" : ", ") + quote_identifier(column.name);
  if (table().follows_key()) columns += ", __delete";
  if (options.with_address) {
    columns +=
        ", __unit, CAST(row_number() OVER (ORDER BY __rec, __place) AS UBIGINT) AS __rec, __offset, __length, __line";
  }
  return consume(
      fmt::format("SELECT {} FROM ({}) rows{}", columns, rows, options.ordered ? " ORDER BY rows.__rec, __place" : ""));
}

}  // namespace ingot
