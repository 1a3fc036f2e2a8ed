#pragma once

#include <string>

#include "spec/pipeline.h"

namespace ingot {

// SQL over a row `t` of the target and a row `s` of the stage, which has the contract's columns by their names.

/// `"a", "b"`, or with a prefix `s."a", s."b"`: all columns of the contract.
std::string column_list(const TableSpec& spec, const std::string& prefix = "");
/// Have they the same key?
std::string joined_key(const TableSpec& spec);
/// Is `t` the row of the record's key? Where versions are kept: the current one.
std::string same_key(const TableSpec& spec);
/// Do the data (what the user declared, but for the key) differ? `false` where there are none.
std::string differs(const TableSpec& spec);
/// What a record that differs does to its key's row, `"b" = s."b"`: its values; where versions are kept it ends.
std::string assignments(const TableSpec& spec);

/// Assignments that come before these, or nothing where there need be none: intervals that equal the stage's are made
/// unequal. UPDATE … FROM leaves a value that equals the new one as it is, though it may be 30 days and the new one a
/// month.
std::string separations(const TableSpec& spec);

}  // namespace ingot
