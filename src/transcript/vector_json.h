#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <optional>
#include <string>

#include "types/type.h"

namespace ingot {

/// Registers `ingot_line(STRUCT, VARCHAR) → VARCHAR`: the struct as a JSON object; the text says of each value within
/// it that is not nested, in order, whether it is the bytes of an INT96 (`1`), to its end. Numbers keep all their
/// digits (floats are the shortest that read back), dates, times, uuids and the like are texts as the exact parsers
/// read them, bytes are
/// `\x0aff`, lists arrays, structs and maps objects.
void register_line_function(duckdb::Connection& connection);

/// Appends what is known of the fields within a type, as a transcript's first line has it: an object of those of a
/// struct, else null.
void append_fields(std::string& out, const duckdb::LogicalType& type);

/// Has a type such a form, with all that is in it?
bool has_json_form(const duckdb::LogicalType& type);

/// Returns the type of the contract that takes every value of `type` as it is; nothing where there is none.
std::optional<Type> contract_type(const duckdb::LogicalType& type);

}  // namespace ingot
