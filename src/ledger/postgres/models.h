#pragma once

#include <string>
#include <vector>

#include "core/error.h"
#include "ledger/ledger.h"
#include "postgres/connection.h"

namespace ingot::postgres {

/// See Ledger::models and Ledger::register_models.
Result<std::vector<ModelState>> read_models(PgConnection& server);
Status register_models(PgConnection& server, const std::vector<ModelState>& models, uint64_t run);

/// Marks the models of a pipeline that hold rows as pending, within the transaction that commits what makes them stale.
/// Their rows stay locked until it ends: who builds one of them waits, and sees what was loaded.
Status mark_models(PgConnection& server, const std::string& pipeline, uint64_t run);

/// Locks a registered model's row until the transaction ends: loads of its pipeline commit before, or after.
Status lock_model(PgConnection& server, const std::string& pipeline, const std::string& model);

/// Writes that a model was built, within the transaction that built it.
Status record_model(PgConnection& server, const ModelEntry& entry);

}  // namespace ingot::postgres
