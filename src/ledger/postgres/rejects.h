#pragma once

#include <functional>
#include <vector>

#include "ledger/ledger.h"
#include "postgres/connection.h"

namespace ingot::postgres {

// What Ledger says of rejects, on a connection.

Result<std::vector<RejectEntry>> select_rejects(PgConnection& server, const RejectFilter& filter, size_t limit);
Status for_each_reject(PgConnection& server, const RejectFilter& filter,
                       const std::function<Status(RejectEntry)>& visit);
/// The groups, of whose first rejects only the numbers are set.
Result<std::vector<RejectCount>> count_rejects(PgConnection& server, const RejectFilter& filter, RejectsBy by,
                                               size_t limit);
Result<std::vector<RejectedUnit>> units_of_rejects(PgConnection& server, const RejectFilter& filter);
/// Marks open rejects as replayed by `run`, in the connection's transaction. Error busy: one is not open any more.
Status resolve_rejects(PgConnection& server, const std::vector<uint64_t>& rejects, uint64_t run);
Result<uint64_t> discard_rejects(PgConnection& server, const RejectFilter& filter);
Result<uint64_t> purge_rejects(PgConnection& server, const RejectFilter& filter);

}  // namespace ingot::postgres
