#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/temp_dir.h"
#include "engine/engine_database.h"
#include "target/target.h"

namespace ingot {

/// A target opened for its ledger.
struct OpenLedger {
  TempDir temp_dir;
  std::unique_ptr<EngineDatabase> engine;
  std::unique_ptr<Target> target;
  bool exists = false;  ///< else nothing was ever loaded

  Ledger& ledger() const { return target->ledger(); }
};

/// The pipeline file or connection URL that the arguments name: else the only pipeline in this folder. Error usage.
Result<std::string> named_place(const LedgerArguments& arguments);

enum class LedgerUse : uint8_t { read, write };

/// Opens the ledger that the arguments name. A DuckDB file that is not there is not made. Errors: usage, not_found, and
/// those of connecting.
Result<OpenLedger> open_ledger(const LedgerArguments& arguments, LedgerUse use = LedgerUse::read);

/// Parses `r7` or `7`. Error usage.
Result<uint64_t> run_number(const std::string& text);

Error no_such_run(uint64_t run, const Target& target);

}  // namespace ingot
