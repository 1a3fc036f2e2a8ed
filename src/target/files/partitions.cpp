#include "target/files/partitions.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/sql_text.h"
#include "embedded/sql.h"

namespace ingot {

namespace {

constexpr const char* kNull = "__HIVE_DEFAULT_PARTITION__";
constexpr size_t kMaxNameBytes = 255;  // of one folder

// Those that Hive and Spark write so. What is not ASCII stays as it is: they decode bytes one by one.
bool stands_as_itself(unsigned char c) {
  return c >= ' ' && c != 0x7F &&
         std::string_view("\"#%'*/:=?\\{[]^").find(static_cast<char>(c)) == std::string_view::npos;
}

void append_escaped(std::string& out, std::string_view text) {
  for (const unsigned char c : text) {
    if (stands_as_itself(c))
      out += static_cast<char>(c);
    else
      out += fmt::format("%{:02X}", c);
  }
}

std::string values_list(const TableSpec& spec) {
  std::string list;
  for (const std::string& name : spec.partition_by)
    list += fmt::format("{0}{1}, CAST({1} AS VARCHAR)", list.empty() ? "" : ", ", quote_identifier(name));
  return list;
}

// The column itself is compared, so that parts of the stage without such rows are passed over.
std::string equals(const std::string& name, const duckdb::Value& value, const std::string& text) {
  return value.IsNull()
             ? quote_identifier(name) + " IS NULL"
             : fmt::format("{} = CAST({} AS {})", quote_identifier(name), quote_literal(text), value.type().ToString());
}

Status refuse_rows(duckdb::Connection& connection, const std::string& stage, const std::string& condition,
                   const std::string& field, std::vector<RefusedRow>& refused) {
  INGOT_ASSIGN(const auto rows,
               query_sql(connection, fmt::format("SELECT __unit, __offset, __length, __line FROM {} WHERE {} ORDER BY "
                                                 "__rec",
                                                 stage, condition)));
  for (const auto& row : rows->Collection().GetRows()) {
    RefusedRow out;
    out.unit = row.GetValue(0).GetValue<uint32_t>();
    out.offset = row.GetValue(1).GetValue<uint64_t>();
    out.length = row.GetValue(2).GetValue<uint64_t>();
    out.line = row.GetValue(3).GetValue<uint64_t>();
    out.field = field;
    out.detail = "too long for the name of a folder";
    refused.push_back(std::move(out));
  }
  return run_sql(connection, fmt::format("DELETE FROM {} WHERE {}", stage, condition));
}

}  // namespace

std::string partition_folder(const std::string& name, const std::optional<std::string>& value) {
  std::string out;
  append_escaped(out, name);
  out += '=';
  if (!value) return out + kNull;
  if (*value == kNull) return out + "%5F" + (kNull + 1);
  append_escaped(out, *value);
  return out;
}

Result<std::vector<Partition>> stage_partitions(duckdb::Connection& connection, const TableSpec& spec,
                                                const std::string& stage, std::vector<RefusedRow>& refused) {
  INGOT_ASSIGN(const auto rows,
               query_sql(connection, fmt::format("SELECT {0}, count(*) FROM {1} GROUP BY {2} ORDER BY {2}",
                                                 values_list(spec), stage, quoted_list(spec.partition_by))));
  std::vector<Partition> partitions;
  const size_t names = spec.partition_by.size();
  for (const auto& row : rows->Collection().GetRows()) {
    Partition partition;
    std::string too_long;
    for (size_t p = 0; p < names; ++p) {
      const duckdb::Value value = row.GetValue(2 * p);
      const std::string text = row.GetValue(2 * p + 1).ToString();
      const std::string folder =
          partition_folder(spec.partition_by[p], value.IsNull() ? std::nullopt : std::optional<std::string>(text));
      if (folder.size() > kMaxNameBytes) too_long = spec.partition_by[p];
      partition.folder += (p == 0 ? "" : "/") + folder;
      partition.condition += (p == 0 ? "" : " AND ") + equals(spec.partition_by[p], value, text);
    }
    partition.rows = row.GetValue(2 * names).GetValue<uint64_t>();
    if (too_long.empty())
      partitions.push_back(std::move(partition));
    else
      INGOT_TRY(refuse_rows(connection, stage, partition.condition, too_long, refused));
  }
  return partitions;
}

}  // namespace ingot
