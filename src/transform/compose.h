#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/sql_text.h"
#include "format/format.h"
#include "spec/pipeline.h"

namespace duckdb {
class Connection;
class DatabaseInstance;
}  // namespace duckdb

namespace ingot {

/// The columns that the scan yields before the slots, in this order. `name` is the unit's name.
///   unit UINTEGER, rec UBIGINT (block number << 32 | ordinal in block: ascending in listing and byte order),
///   offset UBIGINT, length UBIGINT, line UBIGINT, name VARCHAR, faults BLOB
/// Slots follow as "s0", "s1", … In SQL the fixed ones are called "__unit", "__rec", …
inline constexpr const char* kScanColumns[] = {"__unit", "__rec",  "__offset", "__length",
                                               "__line", "__name", "__faults"};
inline constexpr size_t kScanColumnCount = 7;

/// One column of a composed table.
struct ComposedColumn {
  std::string name;
  Type type;
  bool required = false;
  bool computed = false;  ///< arrives as STRUCT(v T), NULL where the expression failed; else plain T
  uint16_t slot = 0;      ///< of a column that is not computed, for the place of its faults
  bool element = false;   ///< of a child table: a list, with a value for each of the record's elements
  std::string fallback;   ///< of an element: the default, as SQL; may be empty
};

/// One table of a composed pipeline.
struct ComposedTable {
  std::vector<ComposedColumn> columns;
  std::vector<uint16_t> used_slots;  ///< a fault in one of these rejects a record of this table
  std::vector<uint16_t> key;         ///< indexes into columns
  bool tombstones = false;           ///< behind the columns stands one more, computed: is the record a tombstone?
  int parent = -1;                   ///< of a child table; behind the columns stands one more: the elements' places
  std::vector<uint16_t> children;    ///< tables that a record of this one has rows for, too

  bool is_child() const { return parent >= 0; }
  size_t width() const { return columns.size() + (tombstones || is_child() ? 1 : 0); }
  bool is_computed(size_t column) const { return column == columns.size() ? tombstones : columns[column].computed; }
};

/// A pipeline's transforms as one SELECT over the scan.
/// Result columns: __unit, __rec, __offset, __length, __line, __faults; then, where `has_where`, __where STRUCT(v
/// BOOLEAN); then, where routed, one __when_<i> STRUCT(v BOOLEAN) for each table that has a `when`; then for each
/// table in order, each column in order, named "t<i>_c<j>", and where it has tombstones "t<i>_delete" STRUCT(v
/// BOOLEAN); of a child table "t<i>_places" LIST(INTEGER), and its columns are lists where they are of elements.
struct Composition {
  std::vector<Slot> slots;
  std::vector<ComposedTable> tables;
  bool has_where = false;
  std::vector<uint16_t> where_slots;  ///< used by `where`
  std::vector<uint16_t> when_slots;   ///< used by any `when`; a fault in one rejects the record
  std::vector<int> when_columns;      ///< per table: index of its __when_ among the when columns, or -1
  std::string sql_before_scan;        ///< `SELECT … FROM `
  std::string sql_after_scan;         ///< what follows the scan's call
  std::string sql(const std::string& scan_call) const { return sql_before_scan + scan_call + sql_after_scan; }
};

/// What `meta.*` stands for in this run; stored with the plan, so that a resumed run computes the same.
struct MetaValues {
  int64_t loaded_at_micros = 0;  ///< UTC
  int64_t run = 0;
};

/// Binds names by the contract (GRAMMAR "Rules"), makes casts exact, refuses what is volatile or unknown, and composes
/// the SELECT. Uses `connection` to parse and to bind (so that a wrong function or type is found by `check`);
/// register_functions must have been called on its database. Returns every mistake found.
tl::expected<Composition, std::vector<Error>> compose(const Pipeline& pipeline, const MetaValues& meta,
                                                      duckdb::Connection& connection);

/// Adds Ingot's scalar functions (ingot_cast, ingot_nonzero, normalize_title, …) to a database.
void register_functions(duckdb::Connection& connection);

}  // namespace ingot
