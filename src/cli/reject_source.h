#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "ledger/ledger.h"
#include "source/source.h"

namespace ingot {

/// Reads records of which the ledger keeps only the beginning in the files where they were found.
class RejectSource {
 public:
  using Write = std::function<Status(std::string_view)>;

  /// The files of the pipeline that `arguments` name; of a connection's URL none are known.
  static Result<RejectSource> open(const LedgerArguments& arguments, const std::vector<RejectedUnit>& units,
                                   const std::string& temp_dir);

  /// Writes the record, whole and as it was read, a piece at a time; returns whether it did. Nothing is written where
  /// the file is gone or not what it was. Errors: those of reading and writing, once something is written.
  Result<bool> copy(const RejectEntry& reject, const Write& write);

 private:
  /// The file of a unit, where it is still the same.
  const Unit* file_of(const RejectEntry& reject);

  std::unique_ptr<Source> source_;
  std::vector<Unit> files_;
  std::map<std::pair<uint64_t, uint32_t>, RejectedUnit> units_;             ///< by plan and unit
  std::map<std::pair<uint64_t, uint32_t>, std::optional<Unit>> unchanged_;  ///< what was found out of these
};

}  // namespace ingot
