#include "target/postgres/clear.h"

#include <fmt/format.h>

#include "core/crash_point.h"
#include "target/earlier_rows.h"

namespace ingot::postgres {

namespace {

tl::unexpected<Error> kept(const LoadPlan& plan, const std::string& what) {
  return fail(Code::target_refused, fmt::format("table {}: {}", plan.table.name.text(), what),
              "the load has to delete them first: load with mode: upsert, or drop what keeps them");
}

// Against other writers.
Status lock(PgConnection& server, const LoadPlan& plan) {
  return server.run(fmt::format("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", plan.only()));
}

// Deletes the rows for which the condition holds, and makes sure that they are gone.
Result<uint64_t> delete_rows(PgConnection& server, const LoadPlan& plan, const std::string& condition) {
  const auto deleted = server.query(fmt::format("DELETE FROM {} t WHERE {}", plan.only(), condition));
  if (!deleted) {
    const ServerError& error = server.last_error();
    if (error.sqlstate != "23503" && error.sqlstate != "23001") return fail(deleted.error());
    return kept(plan, fmt::format("rows of another table refer to its rows: {}", error.constraint));
  }
  INGOT_ASSIGN(const QueryResult rest,
               server.query(fmt::format("SELECT EXISTS (SELECT FROM {} t WHERE {})", plan.only(), condition)));
  if (rest.boolean(0, 0)) return kept(plan, "a trigger keeps its rows");
  crash_point("pg.cleared");
  return deleted->affected();
}

}  // namespace

Result<uint64_t> clear_partitions(PgConnection& server, const LoadPlan& plan, const Stage& stage) {
  INGOT_TRY(lock(server, plan));
  std::string values, some_null, equal, same;
  for (const size_t i : plan.partition_by) {
    const std::string name = fmt::format("p{}", i);
    values += fmt::format("{}{} AS {}", values.empty() ? "" : ", ", stage.value(i), name);
    some_null += fmt::format("{}p.{} IS NULL", some_null.empty() ? "" : " OR ", name);
    equal += fmt::format("{}p.{} = t.{}", equal.empty() ? "" : " AND ", name, plan.columns[i].sql);
    same += fmt::format("{}p.{} IS NOT DISTINCT FROM t.{}", same.empty() ? "" : " AND ", name, plan.columns[i].sql);
  }
  const std::string from =
      fmt::format("EXISTS (SELECT FROM (SELECT DISTINCT {} FROM {} s) p WHERE ", values, stage.name());
  // Equality can be hashed; what is the same because it is NULL in both has to be looked for one by one.
  INGOT_ASSIGN(const uint64_t deleted, delete_rows(server, plan, from + equal + ")"));
  INGOT_ASSIGN(const uint64_t with_null,
               delete_rows(server, plan, fmt::format("{}({}) AND {})", from, some_null, same)));
  return deleted + with_null;
}

Result<uint64_t> clear_table(PgConnection& server, const LoadPlan& plan) {
  INGOT_TRY(lock(server, plan));
  return delete_rows(server, plan, "true");
}

Result<uint64_t> take_back_rows(PgConnection& server, const LoadPlan& plan, const Claim& claim,
                                const std::vector<uint32_t>& units) {
  const EarlierRows earlier = earlier_rows(claim, units, plan.only());
  INGOT_ASSIGN(const QueryResult lost, server.query(earlier.untraceable));
  if (lost.rows() > 0) return fail(untraceable_rows(plan.table.name.text(), lost.string(0, 0)));
  return delete_rows(server, plan, earlier.condition);
}

}  // namespace ingot::postgres
