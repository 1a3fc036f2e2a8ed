#include "target/earlier_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/sql_text.h"
#include "spec/lineage.h"

namespace ingot {

EarlierRows earlier_rows(const Claim& claim, const std::vector<uint32_t>& units, const std::string& table) {
  const std::string key =
      fmt::format("pipeline = {} AND target = {}", quote_literal(claim.key.pipeline), quote_literal(claim.key.target));
  // A version has several rows where it was loaded in parts, even of several plans; it begins at byte 0.
  const std::string versions = fmt::format(
      "(SELECT u.name, u.unit, u.inserted, p.run, coalesce(sum(CASE WHEN u.from_byte = 0 THEN 1 ELSE 0 END) OVER "
      "(PARTITION BY u.name ORDER BY u.plan DESC, u.part DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) "
      "AS newer_versions "
      "FROM (SELECT * FROM ingot.units WHERE {0} AND undone_by IS NULL AND plan < {1} AND name <> '-' AND name IN "
      "(SELECT name FROM "
      "ingot.plan_units WHERE {0} AND plan = {1} AND unit IN ({2}))) u JOIN (SELECT plan, run FROM ingot.plans WHERE "
      "{0}) p ON p.plan = u.plan) v",
      key, claim.plan, fmt::join(units, ","));
  const std::string same = fmt::format("v.run = {} AND v.unit = {}", kLineageRun, kLineageUnit);
  return {fmt::format("EXISTS (SELECT 1 FROM {} WHERE {})", versions, same),
          fmt::format("SELECT v.name FROM {0} WHERE v.newer_versions = 0 AND v.inserted > 0 AND NOT EXISTS (SELECT 1 "
                      "FROM {1} WHERE "
                      "{2}) AND EXISTS (SELECT 1 FROM {1} WHERE {3} IS NULL) ORDER BY 1 LIMIT 1",
                      versions, table, same, kLineageRun)};
}

Error untraceable_rows(const std::string& table, const std::string& file) {
  return {Code::conflict,
          fmt::format("table {} has rows without lineage, which {} may have brought when it was loaded before", table,
                      file),
          "delete that file's rows by hand (or fill their lineage), or load it with --set from.overwritten=apply",
          {}};
}

}  // namespace ingot
