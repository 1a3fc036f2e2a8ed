#pragma once

#include "core/error.h"
#include "target/postgres/catalog.h"
#include "target/postgres/encoder.h"
#include "types/type.h"

namespace ingot::postgres {

/// How values of a contract's type get into a column.
struct ColumnFit {
  Type type;  ///< that values must fit exactly: the contract's, or narrower
  WireColumn wire;
  bool cast = false;     ///< goes as text and is cast on the server (enum, inet, xml, …)
  bool bytewise = true;  ///< equal for the server only if the contract's values are bytewise equal
};

/// The table of conversions; only exact ones. Error target_refused where there is none.
Result<ColumnFit> fit_column(const Type& contract, const Column& column, const TableName& table);

/// Are values of the column told apart as text? json and xml have no equality; equal citext, intervals and
/// nondeterministic text may differ in their bytes.
bool compared_as_text(const Column& column);

}  // namespace ingot::postgres
