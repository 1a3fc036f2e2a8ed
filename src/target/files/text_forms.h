#pragma once

#include <string>
#include <vector>

#include "spec/pipeline.h"
#include "target/duckdb/table_info.h"

namespace ingot {

/// Returns the SELECT whose rows are written into a file of the table: all its columns but those that name folders, in
/// the table's order and types, NULL where the contract lacks one; as values for Parquet, as texts for CSV, as one text
/// a row for NDJSON. `rows`: a SELECT of the contract's columns. The forms: docs/targets-files.md.
std::string file_rows_sql(const DuckDbTable& table, const TableSpec& spec, const std::string& rows);

/// What follows TO 'FILE' in a COPY of these rows. `row_group_bytes`: Parquet, where the order of rows is not kept; 0
/// where it is.
std::string copy_options(const FileOptions& options, uint64_t row_group_bytes);

/// `.csv.gz`
std::string file_extension(const FileOptions& options);

/// `parquet`
const char* format_name(FileFormat format);

}  // namespace ingot
