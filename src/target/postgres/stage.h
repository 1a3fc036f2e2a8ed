#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/error.h"
#include "postgres/connection.h"
#include "target/postgres/load_plan.h"
#include "target/target.h"

namespace ingot::postgres {

class FetchedRows;

/// What a stage keeps of each row beside the contract's columns.
enum class StageBooks : uint8_t {
  none,     ///< nothing
  unit,     ///< ingot_unit
  address,  ///< ingot_unit, ingot_rec, ingot_offset, ingot_length, ingot_line
  verdict,  ///< the same, and what became of the row: ingot_state, ingot_fault, ingot_field, ingot_detail
};

/// How the values lie in a stage.
enum class StageForm : uint8_t {
  typed,      ///< in the column's base type; where the column is cast, as text
  raw,        ///< what is text in any sense as bytea: the server may refuse to decode it
  converted,  ///< in the column's base type, all of them; filled from another stage
};

/// A temporary table that goes with the transaction. Its columns are c0, c1, … in the contract's order, then
/// ingot_delete where there are tombstones.
class Stage {
 public:
  Stage(PgConnection& server, const LoadPlan& plan, StageBooks books, StageForm form);

  Status create();
  /// Copies the rows in and compares the server's count with what was sent. `fetched`: its rows are left out.
  Status fill(BatchRows& rows, BatchRows::Options options, FetchedRows* fetched = nullptr);
  /// What fill() left out.
  const LeftOut& left_out() const { return left_out_; }
  /// Gathers statistics of the key.
  Status analyze();
  Status drop();

  const std::string& name() const { return name_; }
  bool has_units() const { return books_ != StageBooks::none; }
  uint64_t rows() const { return rows_; }
  /// Did fill() fail because a value does not fit its column exactly?
  bool inexact() const { return inexact_; }
  /// Rows were deleted from it.
  void forget(uint64_t count) { rows_ -= count; }

  /// The value of a column as the base type of the table's column: `s.c3`, cast where need be.
  std::string value(size_t column) const;
  /// `c0, c1, …, ingot_delete, ingot_unit, …`: what fill() fills.
  std::string filled_columns() const;
  /// `s.c0, s.c1::mood, …`
  std::string values() const;
  /// `, s.ingot_delete`; empty where there are no tombstones.
  std::string flag() const;
  /// ` AND NOT s.ingot_delete`; empty where there are no tombstones.
  std::string but_tombstones() const;
  /// `t."a" OPERATOR(pg_catalog.=) s.c0 AND …`: is `t` the row of the key? Where versions are kept: the current one.
  std::string key_matches() const;
  /// `t."b" IS DISTINCT FROM s.c1 OR …`, over what the user declared, but for the key; `false` where there is none.
  /// False also of a record that is outdated.
  std::string differs() const;
  /// Is the row `t` later than the record, by the column that decides? `false` where none does.
  std::string outdated() const;
  /// Over each staged row and the row `t` of its key, or none: is the table as a load would leave it?
  std::string is_placed() const;
  /// For ORDER BY: of the records of one key the one that stays comes first.
  std::string preference() const;
  /// `"b" = s.c1, …`: what a record that differs does to its key's row; where versions are kept, that ends. Empty where
  /// there is nothing but the key.
  std::string assignments() const;
  /// Where versions are kept: does the record begin before the row `t` that it succeeds, or with it?
  std::string too_early() const;
  /// Statement after which no record does, whatever the clock said: it begins a microsecond after the row.
  std::string succession() const;
  /// The same for keys that have closed versions only: a record begins no earlier than the last of them ended.
  std::string return_of_keys() const;
  /// Statement that deletes the rows of the keys of those staged rows for which `which` holds; where versions are kept,
  /// it closes them. Ends in a WHERE.
  std::string deletion(const std::string& which, const std::string& also_from = {}) const;

 private:
  std::vector<WireColumn> wire_columns() const;
  bool is_raw(size_t column) const;
  bool is_cast(size_t column) const;
  std::string same_key() const;

  PgConnection& server_;
  const LoadPlan& plan_;
  StageBooks books_;
  StageForm form_;
  std::string name_;
  uint64_t rows_ = 0;
  LeftOut left_out_;
  bool inexact_ = false;
};

}  // namespace ingot::postgres
