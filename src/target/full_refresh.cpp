#include "target/full_refresh.h"

#include <fmt/format.h>

#include "core/sql_text.h"

namespace ingot {

std::vector<std::string> forget_earlier_loads(const Claim& claim, const std::string& now) {
  const std::string earlier =
      fmt::format("pipeline = {} AND target = {} AND plan < {}", quote_literal(claim.key.pipeline),
                  quote_literal(claim.key.target), claim.plan);
  return {
      fmt::format("UPDATE ingot.units SET undone_by = {}, undone_at = {} WHERE {} AND undone_by IS NULL", claim.run,
                  now, earlier),
      fmt::format("UPDATE ingot.rejects SET state = 'discarded', resolved_by = {}, resolved_at = {} WHERE {} AND state "
                  "= 'open'",
                  claim.run, now, earlier),
      fmt::format("UPDATE ingot.models SET definition = '{}' WHERE pipeline = {} AND materialized = 'incremental' AND "
                  "definition IS NOT NULL",
                  kRebuild, quote_literal(claim.key.pipeline)),
  };
}

}  // namespace ingot
