#include "transcript/parquet_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <duckdb.hpp>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "core/names.h"
#include "core/sql_text.h"
#include "embedded/execute.h"
#include "embedded/sql.h"
#include "transcript/json_text.h"
#include "transcript/parquet_types.h"
#include "transcript/stored_copy.h"
#include "transcript/transcript_reader.h"
#include "transcript/vector_json.h"

namespace ingot {

namespace {

// Beside what a run's engine may take: pages of the columns that are being read, a row group for each thread.
constexpr const char* kEngineMemory = "256MiB";

std::string scan_of(const StoredCopy& copy) {
  return fmt::format("read_parquet({}, hive_partitioning = false)", quote_literal(copy.path()));
}

// What is wrong with the file, without what stands in it: DuckDB quotes values, and nobody's path.
std::string reason_of(const std::string& message) {
  std::string text = message.substr(0, message.find('\n'));
  for (const char quote : {'"', '\''}) {
    for (size_t begin = text.find(quote); begin != text.npos; begin = text.find(quote, begin + 3)) {
      const size_t end = text.find(quote, begin + 1);
      text.replace(begin, (end == text.npos ? text.size() : end + 1) - begin, "…");
    }
  }
  return text;
}

Error with_file(Error error, const Unit& unit) {
  if (error.code == Code::source_unreadable)
    error.message = fmt::format("cannot read Parquet file, {}: \"{}\"", error.message, unit.name);
  if (!error.where) error.where = Place{unit.name, 0, 0};
  return error;
}

Error of_engine(const duckdb::ErrorData& error, const Unit& unit) {
  Error known = error_of(error, Code::source_unreadable);
  if (known.code == Code::source_unreadable) known.message = reason_of(error.RawMessage());
  return with_file(std::move(known), unit);
}

using Rows = duckdb::unique_ptr<duckdb::MaterializedQueryResult>;

Result<Rows> ask(duckdb::Connection& connection, const std::string& sql, const Unit& unit) {
  try {
    Rows rows = execute(connection, sql);
    if (rows->HasError()) return fail(of_engine(rows->GetErrorObject(), unit));
    return rows;
  } catch (const std::exception& exception) {
    return fail(of_engine(duckdb::ErrorData(exception), unit));
  }
}

}  // namespace

struct ParquetFiles::Engine {
  std::mutex mutex;
  std::unique_ptr<duckdb::DuckDB> database;

  Result<std::unique_ptr<duckdb::Connection>> connect(const std::string& temp_dir) {
    const std::lock_guard lock(mutex);
    try {
      if (!database) INGOT_TRY(start(temp_dir));
      return std::make_unique<duckdb::Connection>(*database);
    } catch (const std::exception& exception) {
      return fail(error_of(duckdb::ErrorData(exception), Code::resource));
    }
  }

 private:
  Status start(const std::string& temp_dir) {
    duckdb::DBConfig config;
    config.SetOptionByName("memory_limit", duckdb::Value(kEngineMemory));
    config.SetOptionByName("temp_directory", duckdb::Value(temp_dir));
    config.SetOptionByName("threads", duckdb::Value::BIGINT(std::max(1U, std::thread::hardware_concurrency())));
    config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
    config.SetOptionByName("autoload_known_extensions", duckdb::Value::BOOLEAN(false));
    // It would know files by paths and seconds, and a descriptor's path stands for many.
    config.SetOptionByName("enable_external_file_cache", duckdb::Value::BOOLEAN(false));
    database = std::make_unique<duckdb::DuckDB>(nullptr, &config);
    duckdb::Connection connection(*database);
    connection.BeginTransaction();
    register_line_function(connection);
    connection.Commit();
    return {};
  }
};

namespace {

class ParquetReader final : public TranscriptReader {
 public:
  ParquetReader(StoredCopy copy, Unit unit, std::unique_ptr<duckdb::Connection> connection)
      : copy_(std::move(copy)), unit_(std::move(unit)), connection_(std::move(connection)) {}

  Status begin() {
    INGOT_TRY(check_types());
    INGOT_ASSIGN(const Rows counted,
                 ask(*connection_,
                     fmt::format("SELECT CAST(sum(num_rows) AS BIGINT) FROM parquet_file_metadata({})",
                                 quote_literal(copy_.path())),
                     unit_));
    all_rows_ = static_cast<uint64_t>(counted->GetValue(0, 0).GetValue<int64_t>());
    // Its rows come in the file's order, whichever of its workers read them.
    result_ = connection_->SendQuery(fmt::format("SELECT ingot_line({0}) FROM {1} AS {0}", row_, rows_of_));
    if (result_->HasError()) return fail(broken(result_->GetErrorObject()));
    return {};
  }

  Status check_unchanged() const override { return copy_.check_unchanged(); }
  uint64_t stored_bytes() const override {
    return all_rows_ == 0 ? copy_.size()
                          : static_cast<uint64_t>(static_cast<double>(copy_.size()) *
                                                  (static_cast<double>(rows_) / static_cast<double>(all_rows_)));
  }
  std::string content_hash() const override { return copy_.hash(); }

 protected:
  Result<bool> write_more(std::string& out) override {
    if (!head_.empty()) {
      out += std::exchange(head_, {});
      return true;
    }
    duckdb::unique_ptr<duckdb::DataChunk> chunk;
    try {
      chunk = result_->Fetch();
    } catch (const std::exception& exception) {
      return fail(broken(duckdb::ErrorData(exception)));
    }
    if (result_->HasError()) return fail(broken(result_->GetErrorObject()));
    if (!chunk || chunk->size() == 0) return finish();
    duckdb::UnifiedVectorFormat lines;
    chunk->data[0].ToUnifiedFormat(chunk->size(), lines);
    const auto* texts = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(lines);
    for (duckdb::idx_t i = 0; i < chunk->size(); ++i) {
      const duckdb::string_t& line = texts[lines.sel->get_index(i)];
      out.append(line.GetData(), line.GetSize());
      out += '\n';
    }
    rows_ += chunk->size();
    return true;
  }

 private:
  Status check_types() {
    INGOT_ASSIGN(const Rows columns, ask(*connection_, fmt::format("SELECT * FROM {} LIMIT 0", scan_of(copy_)), unit_));
    // A column of the row's name would be taken in its place.
    const auto& names = columns->names;
    const auto is_column = [&](const std::string& name) {
      return std::any_of(names.begin(), names.end(), [&](const auto& other) { return folded_name(other) == name; });
    };
    while (is_column(row_)) row_ += '_';
    INGOT_ASSIGN(const std::vector<InexactType> inexact, inexact_columns(names.size()));
    std::string nothing;
    for (size_t i = 0; i < names.size(); ++i) {
      head_ += i == 0 ? '{' : ',';
      append_json_string(head_, names[i]);
      head_ += ':';
      if (inexact[i].name.empty() && has_json_form(columns->types[i])) {
        append_fields(head_, columns->types[i]);
        continue;
      }
      append_untold(inexact[i], columns->types[i].ToString());
      nothing += fmt::format("{}CAST(NULL AS INTEGER) AS {}", nothing.empty() ? "" : ", ", quote_identifier(names[i]));
    }
    head_ += "}\n";
    if (!nothing.empty()) rows_of_ = fmt::format("(SELECT * REPLACE ({}) FROM {})", nothing, scan_of(copy_));
    return {};
  }

  // Why none can take the column (see known_fields.h).
  void append_untold(const InexactType& inexact, const std::string& type) {
    head_ += '[';
    append_json_string(head_, inexact.name.empty()
                                  ? fmt::format("is of a type that is not supported: {}", type)
                                  : fmt::format("is of a type that is not read exactly: {}", inexact.name));
    head_ += ',';
    append_json_string(head_, inexact.cure);
    head_ += ']';
  }

  // By column, the first within it.
  Result<std::vector<InexactType>> inexact_columns(size_t count) {
    INGOT_ASSIGN(
        const Rows fields,
        ask(*connection_,
            fmt::format("SELECT coalesce(type, ''), coalesce(logical_type, ''), coalesce(precision, 0)::BIGINT, "
                        "coalesce(num_children, 0)::BIGINT FROM parquet_schema({})",
                        quote_literal(copy_.path())),
            unit_));
    std::vector<InexactType> columns;
    int64_t within = 0;  // fields that are still to come of the last column
    for (duckdb::idx_t row = 1; row < fields->RowCount(); ++row) {
      if (within == 0) columns.emplace_back();
      within += fields->GetValue(3, row).GetValue<int64_t>() - (within == 0 ? 0 : 1);
      if (!columns.back().name.empty()) continue;
      columns.back() = inexact_type({fields->GetValue(0, row).ToString(), fields->GetValue(1, row).ToString(),
                                     fields->GetValue(2, row).GetValue<int64_t>()});
    }
    if (columns.size() == count) return columns;
    return fail(with_file({Code::source_unreadable, "its schema has other columns than its rows", {}, {}}, unit_));
  }

  Result<bool> finish() {
    if (rows_ != all_rows_) {
      return fail(with_file({Code::source_unreadable,
                             fmt::format("its footer counts {} rows, and there are {}", all_rows_, rows_),
                             {},
                             {}},
                            unit_));
    }
    INGOT_TRY(copy_.check_unchanged());
    return false;
  }

  Error broken(const duckdb::ErrorData& error) const {
    if (auto unchanged = copy_.check_unchanged(); !unchanged) return unchanged.error();
    return of_engine(error, unit_);
  }

  StoredCopy copy_;
  const Unit unit_;
  std::string head_;  // not written yet
  std::string row_ = "ingot_row";
  std::string rows_of_ = scan_of(copy_);
  std::unique_ptr<duckdb::Connection> connection_;
  duckdb::unique_ptr<duckdb::QueryResult> result_;
  uint64_t all_rows_ = 0;
  uint64_t rows_ = 0;
};

}  // namespace

ParquetFiles::ParquetFiles(std::string temp_dir)
    : engine_(std::make_unique<Engine>()), temp_dir_(std::move(temp_dir)) {}

ParquetFiles::~ParquetFiles() = default;

Result<std::unique_ptr<ByteReader>> ParquetFiles::open(Source& files, const Unit& unit) {
  INGOT_ASSIGN(StoredCopy copy, StoredCopy::make(files, unit, temp_dir_));
  INGOT_ASSIGN(auto connection, engine_->connect(temp_dir_));
  auto reader = std::make_unique<ParquetReader>(std::move(copy), unit, std::move(connection));
  INGOT_TRY(reader->begin());
  return reader;
}

Result<std::vector<FileColumn>> ParquetFiles::columns(Source& files, const Unit& unit) {
  INGOT_ASSIGN(const StoredCopy copy, StoredCopy::make(files, unit, temp_dir_));
  INGOT_ASSIGN(const auto connection, engine_->connect(temp_dir_));
  INGOT_ASSIGN(const Rows rows, ask(*connection, fmt::format("SELECT * FROM {} LIMIT 0", scan_of(copy)), unit));
  std::vector<FileColumn> columns;
  for (size_t i = 0; i < rows->types.size(); ++i) columns.push_back({rows->names[i], contract_type(rows->types[i])});
  return columns;
}

}  // namespace ingot
