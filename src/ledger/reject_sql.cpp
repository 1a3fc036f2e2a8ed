#include "ledger/reject_sql.h"

#include <fmt/format.h>

#include <vector>

#include "core/sql_text.h"

namespace ingot {

namespace {

// Later records that found a row unchanged left no mark on it, nor did those that were loaded without lineage; of what
// another pipeline wrote, the order is not known.
constexpr const char* kDoubtful =
    "EXISTS (SELECT 1 FROM ingot.units l JOIN ingot.plans q ON q.pipeline = l.pipeline AND q.target = l.target AND "
    "q.plan = l.plan WHERE l.target = u.target AND (l.pipeline = u.pipeline AND (l.plan > u.plan OR l.plan = u.plan "
    "AND "
    "l.unit >= u.unit) AND (l.unchanged > 0 OR NOT q.lineage) OR l.pipeline <> u.pipeline AND l.committed_at > "
    "u.committed_at))";

// What went before the rows of its own plan came was there before the record. Which of the plan's units deleted what is
// not told: those before the record's count, too.
constexpr const char* kDeletions =
    "EXISTS (SELECT 1 FROM ingot.units l WHERE l.target = u.target AND (l.pipeline = u.pipeline AND (l.plan > u.plan "
    "AND l.tombstones + l.cleared > 0 OR l.plan = u.plan AND l.tombstones > 0) OR l.pipeline <> u.pipeline AND "
    "l.committed_at > u.committed_at AND l.tombstones + l.cleared > 0))";

// Of a unit that was loaded in parts the last one's is that of the whole.
constexpr const char* kHash =
    "coalesce((SELECT max(c.hash) FROM ingot.units c WHERE c.pipeline = u.pipeline AND c.target = u.target AND c.plan "
    "= "
    "u.plan AND c.unit = u.unit AND c.complete), u.hash)";

}  // namespace

std::string where_rejects(const RejectFilter& filter, const std::string& also) {
  std::vector<std::string> conditions;
  const auto equal = [&](const char* column, const std::string& value) {
    if (!value.empty()) conditions.push_back(fmt::format("j.{} = {}", column, quote_literal(value)));
  };
  if (!filter.ids.empty()) conditions.push_back(fmt::format("j.id IN ({})", fmt::join(filter.ids, ", ")));
  if (filter.key) {
    equal("pipeline", filter.key->pipeline);
    equal("target", filter.key->target);
  }
  if (filter.run > 0) conditions.push_back(fmt::format("j.run = {}", filter.run));
  equal("code", filter.code);
  equal("field", filter.field);
  equal("unit_name", filter.file);
  equal("\"table\"", filter.table);
  equal("state", filter.state);
  if (filter.resolved_before_micros) {
    conditions.push_back(fmt::format("j.resolved_at < to_timestamp({}.{:06})",
                                     *filter.resolved_before_micros / 1'000'000,
                                     *filter.resolved_before_micros % 1'000'000));
  }
  if (!also.empty()) conditions.push_back(also);
  return conditions.empty() ? "" : fmt::format("WHERE {}", fmt::join(conditions, " AND "));
}

Status check_resolved(uint64_t resolved, size_t asked) {
  if (resolved == asked) return {};
  return fail(Code::busy, "a reject was replayed or discarded by somebody else meanwhile", "run again");
}

std::string reject_group(RejectsBy by) {
  switch (by) {
    case RejectsBy::field:
      return "coalesce(j.field, '')";
    case RejectsBy::file:
      return "j.unit_name";
    case RejectsBy::table:
      return "coalesce(j.\"table\", '')";
    case RejectsBy::code:
      break;
  }
  return "j.code";
}

std::string select_rejected_units(const RejectFilter& filter) {
  return fmt::format(
      "SELECT u.pipeline, u.target, u.plan, u.unit, u.name, u.head, coalesce(u.delimiter, ''), coalesce(u.fields, 0), "
      "{}, u.size, u.mtime_ns, u.ctime_ns, u.inode, p.run, {}, {} FROM ingot.units u JOIN ingot.plans p ON p.pipeline "
      "= "
      "u.pipeline AND p.target = u.target AND p.plan = u.plan WHERE u.part = 0 AND EXISTS (SELECT 1 FROM (SELECT "
      "DISTINCT j.pipeline, j.target, {} FROM {} {}) r WHERE r.pipeline = u.pipeline AND r.target = u.target AND "
      "r.root_plan = u.plan AND r.root_unit = u.unit) ORDER BY 1, 2, 3, 4",
      kHash, kDoubtful, kDeletions, kRootColumns, kRejectsWithRoots, where_rejects(filter));
}

}  // namespace ingot
