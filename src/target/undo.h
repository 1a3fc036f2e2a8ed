#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/error.h"
#include "target/target.h"

namespace ingot {

/// What a target's SQL has to do for undo_plan().
struct UndoSql {
  std::function<Result<uint64_t>(const std::string&)> run;     ///< returns how many rows were changed
  std::function<Result<uint64_t>(const std::string&)> number;  ///< runs a query of one number
  std::string now;                                             ///< expression
};

/// Takes a plan back within the caller's transaction; see Target::undo.
Result<Undone> undo_plan(const UndoSql& sql, const Undoing& what);

}  // namespace ingot
