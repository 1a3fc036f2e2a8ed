#include "target/widening.h"

#include <fmt/format.h>

#include <algorithm>

namespace ingot {

namespace {

bool is_integer(Kind kind) { return kind == Kind::int16 || kind == Kind::int32 || kind == Kind::int64; }

int digits_of(Kind integer) { return integer == Kind::int16 ? 5 : integer == Kind::int32 ? 10 : 19; }

}  // namespace

bool widens(const Type& from, const Type& to) {
  const int whole = to.precision - to.scale;
  if (is_integer(from.kind) && is_integer(to.kind)) return from.kind < to.kind;  // in ascending order of width
  if (is_integer(from.kind) && to.kind == Kind::decimal) return whole >= digits_of(from.kind);
  if (from.kind != to.kind) return from.kind == Kind::float32 && to.kind == Kind::float64;
  if (from.kind == Kind::decimal) return from != to && to.scale >= from.scale && whole >= from.precision - from.scale;
  if (from.kind == Kind::text) return from.max_chars > 0 && (to.max_chars == 0 || to.max_chars > from.max_chars);
  return false;
}

bool to_be_widened(const Result<Type>& from, const ColumnSpec& column, const TableSpec& table) {
  return table.alter == Alter::widen && from && widens(*from, column.type);
}

Status check_addable(const TableSpec& table, const ColumnSpec& column, const std::string& shown_table) {
  if (std::find(table.key.begin(), table.key.end(), column.name) == table.key.end()) return {};
  return fail({Code::target_refused, fmt::format("table {} lacks the key column {}", shown_table, column.name),
               "added, it would be NULL in the rows that are there: add it yourself, and fill it", column.where});
}

Error both_exist(const ColumnSpec& column, const std::string& shown_table) {
  return {Code::target_refused,
          fmt::format("table {} has a column {} and a column {}, which it was", shown_table, column.name, column.was),
          "remove was; or merge the two columns yourself, and drop the old one", column.where};
}

}  // namespace ingot
