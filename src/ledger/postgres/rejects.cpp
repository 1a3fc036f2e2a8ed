#include "ledger/postgres/rejects.h"

#include <fmt/format.h>

#include "core/crash_point.h"
#include "ledger/postgres/read_rows.h"
#include "ledger/reject_sql.h"

namespace ingot::postgres {

namespace {

Result<std::string> read_bytes(const QueryResult& r, int row, int column) {
  if (r.is_null(row, column)) return std::string();
  size_t length = 0;
  unsigned char* raw = PQunescapeBytea(reinterpret_cast<const unsigned char*>(r.text(row, column).data()), &length);
  if (!raw) return fail(Code::resource, "out of memory");
  std::string bytes(reinterpret_cast<const char*>(raw), length);
  PQfreemem(raw);
  return bytes;
}

}  // namespace

Result<std::vector<RejectEntry>> select_rejects(PgConnection& server, const RejectFilter& filter, size_t limit) {
  INGOT_ASSIGN(const QueryResult r,
               server.query(fmt::format("SELECT {} FROM {} {} {} LIMIT {}", kRejectColumns, kRejectsWithRoots,
                                        where_rejects(filter), kNewestRejectsFirst, limit)));
  std::vector<RejectEntry> rejects;
  for (int i = 0; i < r.rows(); ++i) rejects.push_back(read_reject(r, i));
  return rejects;
}

Status for_each_reject(PgConnection& server, const RejectFilter& filter,
                       const std::function<Status(RejectEntry)>& visit) {
  Status status;
  const auto take = [&](const QueryResult& r) -> Status {
    RejectEntry reject = read_reject(r, 0);
    INGOT_ASSIGN(reject.raw, read_bytes(r, 0, kRejectColumnCount));
    return visit(std::move(reject));
  };
  INGOT_TRY(server.stream(fmt::format("SELECT {}, j.raw FROM {} {} {}", kRejectColumns, kRejectsWithRoots,
                                      where_rejects(filter), kRejectOrder),
                          {}, [&](const QueryResult& r) {
                            if (status) status = take(r);
                          }));
  return status;
}

Result<std::vector<RejectCount>> count_rejects(PgConnection& server, const RejectFilter& filter, RejectsBy by,
                                               size_t limit) {
  INGOT_ASSIGN(const QueryResult r,
               server.query(fmt::format(
                   "SELECT {}, count(*), min(j.id) FROM ingot.rejects j {} GROUP BY 1 ORDER BY 2 DESC, 3 LIMIT {}",
                   reject_group(by), where_rejects(filter), limit)));
  std::vector<RejectCount> counts;
  for (int i = 0; i < r.rows(); ++i) {
    RejectCount& count = counts.emplace_back();
    count.value = r.string(i, 0);
    count.count = r.unsigned_integer(i, 1);
    count.first.reject = r.unsigned_integer(i, 2);
  }
  return counts;
}

Result<std::vector<RejectedUnit>> units_of_rejects(PgConnection& server, const RejectFilter& filter) {
  INGOT_ASSIGN(const QueryResult r, server.query(select_rejected_units(filter)));
  std::vector<RejectedUnit> units;
  for (int i = 0; i < r.rows(); ++i) {
    RejectedUnit& unit = units.emplace_back();
    unit.key = {r.string(i, 0), r.string(i, 1)};
    unit.plan = r.unsigned_integer(i, 2);
    unit.unit = static_cast<uint32_t>(r.unsigned_integer(i, 3));
    unit.name = r.string(i, 4);
    INGOT_ASSIGN(unit.head, read_bytes(r, i, 5));
    unit.delimiter = r.string(i, 6);
    unit.fields = static_cast<uint32_t>(r.unsigned_integer(i, 7));
    unit.hash = r.string(i, 8);
    unit.stamp = read_stamp(r, i, 9);
    unit.run = r.unsigned_integer(i, 13);
    unit.doubtful = r.boolean(i, 14);
    unit.deletions = r.boolean(i, 15);
  }
  return units;
}

Status resolve_rejects(PgConnection& server, const std::vector<uint64_t>& rejects, uint64_t run) {
  if (rejects.empty()) return {};
  INGOT_ASSIGN(const QueryResult r,
               server.query("UPDATE ingot.rejects SET state = 'replayed', resolved_by = $1, resolved_at = "
                            "clock_timestamp() WHERE id = ANY ($2::bigint[]) AND state = 'open'",
                            {std::to_string(run), fmt::format("{{{}}}", fmt::join(rejects, ","))}));
  return check_resolved(r.affected(), rejects.size());
}

Result<uint64_t> discard_rejects(PgConnection& server, const RejectFilter& filter) {
  INGOT_ASSIGN(
      const QueryResult r,
      server.query(fmt::format("UPDATE ingot.rejects AS j SET state = 'discarded', resolved_at = clock_timestamp() {}",
                               where_rejects(filter, "j.state = 'open'"))));
  crash_point("ledger.rejects_discarded");
  return r.affected();
}

Result<uint64_t> purge_rejects(PgConnection& server, const RejectFilter& filter) {
  INGOT_ASSIGN(const QueryResult r,
               server.query(fmt::format("DELETE FROM ingot.rejects AS j {}", where_rejects(filter, kMayBePurged))));
  crash_point("ledger.rejects_purged");
  return r.affected();
}

}  // namespace ingot::postgres
