#pragma once

#include "spec/pipeline.h"
#include "types/type.h"

namespace ingot {

/// Does every value of `from` stay the same as one of `to`, which holds more? These, and no others, are the types that
/// `to.alter: widen` changes.
bool widens(const Type& from, const Type& to);

/// Does a column of type `from` have to be widened for the contract's? `from` is the table's column, if it has a type
/// that a contract can declare.
bool to_be_widened(const Result<Type>& from, const ColumnSpec& column, const TableSpec& table);

/// What keeps a column that the table lacks from being added, if anything; `table` and `column` name it.
Status check_addable(const TableSpec& table, const ColumnSpec& column, const std::string& shown_table);

/// Error target_refused: a table has both the column and the one that it `was`.
Error both_exist(const ColumnSpec& column, const std::string& shown_table);

}  // namespace ingot
