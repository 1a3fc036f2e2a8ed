#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/ledger.h"

namespace ingot {

/// Statements about the rows that earlier loads of some units' files brought into a table, told by their lineage. In
/// the SQL that both kinds of target speak; standard input is no file.
struct EarlierRows {
  std::string condition;  ///< over the table's rows, for DELETE … WHERE
  /// SELECTs the name of a file whose last version brought rows of which none are there, while the table has rows
  /// without lineage: these may be its own.
  std::string untraceable;
};

/// `table`: for FROM. `units`: of the claim's plan.
EarlierRows earlier_rows(const Claim& claim, const std::vector<uint32_t>& units, const std::string& table);

/// What is said of a file that `untraceable` found.
Error untraceable_rows(const std::string& table, const std::string& file);

}  // namespace ingot
