#pragma once

#include <optional>
#include <vector>

#include "ledger/ledger.h"
#include "source/source.h"
#include "spec/pipeline.h"
#include "target/target.h"

namespace ingot {

/// A load that takes the place of what its tables hold, or may.
struct Replacement {
  const Pipeline& pipeline;
  const std::vector<TableShape>& shapes;
  LedgerKey key;
  bool refresh = false;              ///< of everything
  uint64_t record_limit = 0;         ///< by so many records of each file; 0 = all
  std::optional<StoredPlan> latest;  ///< of the key
};

/// Refuses a load by which rows would go for good. Errors (conflict): files that were loaded are not listed any more,
/// tables that others have filled, whole files that a trial would replace.
Status check_losses(const Replacement& load, const std::vector<Unit>& listed, Ledger& ledger, bool ledger_exists);

}  // namespace ingot
