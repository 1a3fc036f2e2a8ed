#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "source/files/file_descriptor.h"
#include "transcript/stored_copy.h"

namespace ingot {

/// Copies a Parquet file into an unlinked one whose metadata call INT96 what it is: 12 bytes. DuckDB reads INT96 as
/// microseconds, and cuts the nanoseconds. Errors: source_unreadable (the metadata are damaged, or encrypted),
/// resource.
Result<FileDescriptor> copy_with_int96_as_bytes(const StoredCopy& file, const std::string& temp_dir);

/// Returns `type` with its leaves that are INT96 under a name of their own; `leaves` says which are. Nothing where it
/// has another number of leaves.
std::optional<duckdb::LogicalType> with_int96(const duckdb::LogicalType& type, const std::vector<bool>& leaves);

/// So many values that are not nested are in one of `type`.
size_t count_leaves(const duckdb::LogicalType& type);

bool is_int96(const duckdb::LogicalType& type);

/// Writes an INT96 as `2024-01-31 12:30:00.5`: nanoseconds of the day, and a day of Julian's count, little endian. What
/// is no time of a day stands as its bytes, which no type takes.
std::string int96_text(std::string_view bytes);

}  // namespace ingot
