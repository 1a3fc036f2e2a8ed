#pragma once

#include <string>
#include <vector>

#include "ledger/ledger.h"

namespace ingot {

/// Returns the statements by which a full refresh says, in the transaction of its rows, that what the key's earlier
/// plans have loaded is not there any more: their files are not known by it, their open rejects are discarded, and
/// incremental models are built as tables once. In the SQL that both kinds of target speak; `now`: an expression.
std::vector<std::string> forget_earlier_loads(const Claim& claim, const std::string& now);

}  // namespace ingot
