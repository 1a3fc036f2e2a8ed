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
#include "transcript/parquet_int96.h"
#include "transcript/parquet_types.h"
#include "transcript/stored_copy.h"
#include "transcript/transcript_reader.h"
#include "transcript/vector_json.h"

namespace ingot {

namespace {

// Beside what a run's engine may take: pages of the columns that are being read, a row group for each thread.
constexpr const char* kEngineMemory = "256MiB";

std::string scan_of(const std::string& path) {
  return fmt::format("read_parquet({}, hive_partitioning = false)", quote_literal(path));
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

/// One column of a file, as DuckDB is to read it.
struct SchemaColumn {
  std::string name;
  duckdb::LogicalType type;  // INT96 under its name
  std::string marks;         // of each value in it that is not nested: is it the bytes of an INT96?
  InexactType inexact;       // the first within it
};

/// A file's columns, and the file that DuckDB reads.
struct ReadableParquet {
  std::vector<SchemaColumn> columns;
  FileDescriptor copy;  // where there is INT96
  std::string path;
};

/// What the schema says of the leaves of one column.
struct SchemaLeaves {
  std::vector<bool> int96;
  InexactType inexact;

  bool any_int96() const { return std::find(int96.begin(), int96.end(), true) != int96.end(); }
};

Result<std::vector<SchemaLeaves>> read_leaves(duckdb::Connection& connection, const std::string& path,
                                              const Unit& unit) {
  INGOT_ASSIGN(const Rows fields,
               ask(connection,
                   fmt::format("SELECT coalesce(type, ''), coalesce(logical_type, ''), coalesce(precision, 0)::BIGINT, "
                               "coalesce(num_children, 0)::BIGINT FROM parquet_schema({})",
                               quote_literal(path)),
                   unit));
  std::vector<SchemaLeaves> columns;
  int64_t within = 0;  // fields that are still to come of the last column
  for (duckdb::idx_t row = 1; row < fields->RowCount(); ++row) {
    if (within == 0) columns.emplace_back();
    const int64_t children = fields->GetValue(3, row).GetValue<int64_t>();
    within += children - (within == 0 ? 0 : 1);
    const std::string physical = fields->GetValue(0, row).ToString();
    if (children == 0) columns.back().int96.push_back(physical == "INT96");
    if (columns.back().inexact.name.empty())
      columns.back().inexact =
          inexact_type({physical, fields->GetValue(1, row).ToString(), fields->GetValue(2, row).GetValue<int64_t>()});
  }
  return columns;
}

Result<ReadableParquet> read_schema(duckdb::Connection& connection, const StoredCopy& file, const Unit& unit,
                                    const std::string& temp_dir) {
  ReadableParquet readable;
  readable.path = file.path();
  INGOT_ASSIGN(const std::vector<SchemaLeaves> leaves, read_leaves(connection, readable.path, unit));
  if (std::any_of(leaves.begin(), leaves.end(), [](const SchemaLeaves& column) { return column.any_int96(); })) {
    auto copy = copy_with_int96_as_bytes(file, temp_dir);
    if (!copy) return fail(with_file(std::move(copy).error(), unit));
    readable.copy = std::move(*copy);
    readable.path = fmt::format("/proc/self/fd/{}", readable.copy.get());
  }
  INGOT_ASSIGN(const Rows rows, ask(connection, fmt::format("SELECT * FROM {} LIMIT 0", scan_of(readable.path)), unit));
  if (leaves.size() != rows->names.size())
    return fail(with_file({Code::source_unreadable, "its schema has other columns than its rows", {}, {}}, unit));
  for (size_t i = 0; i < leaves.size(); ++i) {
    SchemaColumn column{rows->names[i], rows->types[i], std::string(count_leaves(rows->types[i]), '0'),
                        leaves[i].inexact};
    if (leaves[i].any_int96()) {
      const auto marked = with_int96(column.type, leaves[i].int96);
      if (marked) {
        column.type = *marked;
        column.marks.clear();
        for (const bool int96 : leaves[i].int96) column.marks += int96 ? '1' : '0';
      }
      if (!marked) column.inexact = {"INT96 within a type that is not known", "write it as a timestamp"};
    }
    readable.columns.push_back(std::move(column));
  }
  return readable;
}

class ParquetReader final : public TranscriptReader {
 public:
  ParquetReader(StoredCopy copy, Unit unit, std::unique_ptr<duckdb::Connection> connection)
      : copy_(std::move(copy)), unit_(std::move(unit)), connection_(std::move(connection)) {}

  Status begin(const std::string& temp_dir) {
    INGOT_ASSIGN(readable_, read_schema(*connection_, copy_, unit_, temp_dir));
    write_head();
    INGOT_ASSIGN(const Rows counted,
                 ask(*connection_,
                     fmt::format("SELECT CAST(sum(num_rows) AS BIGINT) FROM parquet_file_metadata({})",
                                 quote_literal(copy_.path())),
                     unit_));
    all_rows_ = static_cast<uint64_t>(counted->GetValue(0, 0).GetValue<int64_t>());
    // Its rows come in the file's order, whichever of its workers read them.
    result_ =
        connection_->SendQuery(fmt::format("SELECT ingot_line({0}, '{2}') FROM {1} AS {0}", row_, rows_of_, marks_));
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
  void write_head() {
    const auto& columns = readable_.columns;
    // A column of the row's name would be taken in its place.
    const auto is_column = [&](const std::string& name) {
      return std::any_of(columns.begin(), columns.end(),
                         [&](const auto& column) { return folded_name(column.name) == name; });
    };
    while (is_column(row_)) row_ += '_';
    std::string replaced;
    const auto replace = [&](const SchemaColumn& column, const std::string& value) {
      replaced += fmt::format("{}{} AS {}", replaced.empty() ? "" : ", ", value, quote_identifier(column.name));
    };
    for (const SchemaColumn& column : columns) {
      head_ += head_.empty() ? '{' : ',';
      append_json_string(head_, column.name);
      head_ += ':';
      if (!column.inexact.name.empty() || !has_json_form(column.type)) {
        append_untold(column.inexact, column.type.ToString());
        replace(column, "CAST(NULL AS INTEGER)");
        marks_ += '0';
        continue;
      }
      append_fields(head_, column.type);
      marks_ += column.marks;
    }
    if (marks_.find('1') == marks_.npos) marks_.clear();
    head_ += head_.empty() ? "{}\n" : "}\n";
    rows_of_ = scan_of(readable_.path);
    if (!replaced.empty()) rows_of_ = fmt::format("(SELECT * REPLACE ({}) FROM {})", replaced, rows_of_);
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
  ReadableParquet readable_;
  std::string marks_;
  std::string rows_of_;
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
  INGOT_TRY(reader->begin(temp_dir_));
  return reader;
}

Result<std::vector<FileColumn>> ParquetFiles::columns(Source& files, const Unit& unit) {
  INGOT_ASSIGN(const StoredCopy copy, StoredCopy::make(files, unit, temp_dir_));
  INGOT_ASSIGN(const auto connection, engine_->connect(temp_dir_));
  INGOT_ASSIGN(const ReadableParquet readable, read_schema(*connection, copy, unit, temp_dir_));
  std::vector<FileColumn> columns;
  for (const SchemaColumn& column : readable.columns) columns.push_back({column.name, contract_type(column.type)});
  return columns;
}

}  // namespace ingot
