#pragma once

// For tests: composes small pipelines and runs them over one record given as SQL.

#include <gtest/gtest.h>

#include <duckdb.hpp>
#include <map>
#include <string>
#include <vector>

#include "format/decoder.h"
#include "transform/compose.h"

namespace ingot {

inline ColumnSpec plain(const std::string& name, const std::string& type) {
  ColumnSpec column;
  column.name = name;
  column.type = parse_type(type).value();
  column.from = {Path{{name, -1}}};
  column.where = {"p.yaml", 5, 3};
  return column;
}

inline ColumnSpec computed(const std::string& name, const std::string& type, const std::string& value) {
  ColumnSpec column = plain(name, type);
  column.from.clear();
  column.value = Expression{value, {"p.yaml", 7, 9}};
  return column;
}

class ComposeTest : public testing::Test {
 protected:
  ComposeTest() : database_(nullptr), connection_(database_) {
    connection_.Query("SET TimeZone = 'UTC'");
    register_functions(connection_);
    pipeline_.from.format = FormatKind::json;
    pipeline_.tables.resize(1);
  }

  void columns(std::vector<ColumnSpec> columns) { pipeline_.tables[0].columns = std::move(columns); }

  tl::expected<Composition, std::vector<Error>> composed() { return compose(pipeline_, meta_, connection_); }

  /// The only mistake, as `message|hint`.
  std::string mistake() {
    const auto composition = composed();
    if (composition) return "";
    EXPECT_EQ(composition.error().size(), 1u) << (composition.error().size() > 1 ? composition.error()[1].message : "");
    const Error& error = composition.error()[0];
    EXPECT_EQ(error.code, Code::invalid_pipeline);
    EXPECT_TRUE(error.where);
    return error.message + (error.hint.empty() ? "" : "|" + error.hint);
  }

  /// The mistake of one computed column beside `n integer`, `price numeric(10,2)`, `ts timestamp`, `j json`.
  std::string mistake_of(const std::string& value, const std::string& type = "text") {
    columns({plain("n", "integer"), plain("price", "numeric(10,2)"), plain("ts", "timestamp"), plain("j", "json"),
             plain("ok", "boolean"), computed("x", type, value)});
    return mistake();
  }

  /// The scan's relation with records given by their source paths; a field that is not given is NULL.
  std::string relation(const Composition& composition, const std::vector<std::map<std::string, std::string>>& records) {
    std::string sql;
    for (size_t r = 0; r < records.size(); ++r) {
      sql += sql.empty() ? "(" : " UNION ALL ";
      sql += "SELECT 0::UINTEGER AS __unit, " + std::to_string(r) +
             "::UBIGINT AS __rec, 10::UBIGINT AS __offset, 20::UBIGINT AS __length, 3::UBIGINT AS __line, "
             "'file.json' AS __name, NULL::BLOB AS __faults";
      for (size_t i = 0; i < composition.slots.size(); ++i) {
        const Slot& slot = composition.slots[i];
        const auto field = records[r].find(path_text(slot.sources[0]));
        sql += ", (" + (field == records[r].end() ? "NULL" : field->second) + ")::" + duckdb_type(slot).ToString() +
               " AS s" + std::to_string(i);
      }
    }
    return sql + ") AS scan";
  }

  /// Runs the pipeline and returns the text of result column `name` for each record.
  std::vector<std::string> run(const std::string& name,
                               const std::vector<std::map<std::string, std::string>>& records) {
    const auto composition = composed();
    if (!composition) {
      ADD_FAILURE() << composition.error()[0].to_string();
      return {};
    }
    auto result = connection_.Query("SELECT \"" + name + "\" FROM (" +
                                    composition->sql(relation(*composition, records)) + ") ORDER BY __rec");
    if (result->HasError()) {
      ADD_FAILURE() << result->GetError() << "\n" << composition->sql("scan");
      return {};
    }
    std::vector<std::string> texts;
    for (duckdb::idx_t row = 0; row < result->RowCount(); ++row) texts.push_back(result->GetValue(0, row).ToString());
    return texts;
  }

  std::string run_one(const std::string& name, const std::map<std::string, std::string>& record) {
    const auto texts = run(name, {record});
    return texts.size() == 1 ? texts[0] : "(failed)";
  }

  /// The value of one computed column beside those of mistake_of.
  std::string value_of(const std::string& value, const std::string& type = "text",
                       const std::map<std::string, std::string>& record = {}) {
    columns({plain("n", "integer"), plain("price", "numeric(10,2)"), plain("ts", "timestamp"), plain("j", "json"),
             plain("ok", "boolean"), computed("x", type, value)});
    return run_one("t0_c5", record);
  }

  duckdb::DuckDB database_;
  duckdb::Connection connection_;
  Pipeline pipeline_;
  MetaValues meta_{1'700'000'000'123'456, 7};
};

}  // namespace ingot
