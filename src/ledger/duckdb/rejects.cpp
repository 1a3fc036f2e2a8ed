#include <fmt/format.h>

#include <algorithm>

#include "core/clock.h"
#include "core/crash_point.h"
#include "embedded/sql.h"
#include "ledger/duckdb/store.h"
#include "ledger/reject_sql.h"

namespace ingot {

namespace {

constexpr const char* kColumns =
    "j.id, j.run, j.unit, j.unit_name, j.\"table\", j.byte_offset, j.byte_length, j.line, j.\"column\", j.field, "
    "j.code, j.detail, j.pipeline, j.target, j.plan, j.state, coalesce(j.resolved_by, 0), epoch_us(j.resolved_at), "
    "coalesce(j.origin, 0), j.mended, j.record_line";

// Calls `visit` with each row, holding a chunk of them. DuckDB's exceptions stop here.
template <class Visit>
Status stream(duckdb::Connection& connection, const std::string& sql, Visit visit) {
  try {
    auto result = connection.SendQuery(sql);
    if (result->HasError()) return fail(error_of(result->GetErrorObject(), Code::internal));
    while (auto chunk = result->Fetch()) {
      for (duckdb::idx_t i = 0; i < chunk->size(); ++i)
        INGOT_TRY(visit([&](duckdb::idx_t column) { return chunk->GetValue(column, i); }));
    }
    if (result->HasError()) return fail(error_of(result->GetErrorObject(), Code::internal));
    return {};
  } catch (const std::exception& exception) {
    return fail(error_of(duckdb::ErrorData(exception), Code::internal));
  }
}

// `value(column)` is one of kColumns.
template <class Row>
RejectEntry read_reject(const Row& value) {
  const auto number = [&](duckdb::idx_t column) { return value(column).template GetValue<uint64_t>(); };
  RejectEntry reject;
  reject.reject = number(0);
  reject.run = number(1);
  reject.unit = static_cast<uint32_t>(number(2));
  reject.unit_name = value(3).ToString();
  reject.table = value(4).ToString();
  reject.offset = number(5);
  reject.length = number(6);
  reject.line = number(7);
  reject.column = static_cast<uint32_t>(number(8));
  reject.field = value(9).ToString();
  reject.code = value(10).ToString();
  reject.detail = value(11).ToString();
  reject.key = {value(12).ToString(), value(13).ToString()};
  reject.plan = number(14);
  reject.state = value(15).ToString();
  reject.resolved_by = number(16);
  if (!value(17).IsNull()) reject.resolved_at_micros = value(17).template GetValue<int64_t>();
  reject.origin = number(18);
  reject.mended = value(19).template GetValue<bool>();
  reject.record_line = number(20);
  reject.root_plan = number(21);
  reject.root_unit = static_cast<uint32_t>(number(22));
  return reject;
}

}  // namespace

Result<std::vector<RejectEntry>> DuckDbLedger::rejects(const RejectFilter& filter, size_t limit) {
  std::vector<RejectEntry> rejects;
  INGOT_TRY(stream(connection_,
                   fmt::format("SELECT {}, {} FROM {} {} {} LIMIT {}", kColumns, kRootColumns, kRejectsWithRoots,
                               where_rejects(filter), kNewestRejectsFirst, limit),
                   [&](const auto& value) -> Status {
                     rejects.push_back(read_reject(value));
                     return {};
                   }));
  return rejects;
}

Status DuckDbLedger::for_each_reject(const RejectFilter& filter, const std::function<Status(RejectEntry)>& visit) {
  return stream(connection_,
                fmt::format("SELECT {}, {}, j.raw FROM {} {} {}", kColumns, kRootColumns, kRejectsWithRoots,
                            where_rejects(filter), kRejectOrder),
                [&](const auto& value) -> Status {
                  RejectEntry reject = read_reject(value);
                  reject.raw = duckdb::StringValue::Get(value(23));
                  return visit(std::move(reject));
                });
}

Result<std::vector<RejectCount>> DuckDbLedger::count_rejects(const RejectFilter& filter, RejectsBy by, size_t limit) {
  std::vector<RejectCount> counts;
  INGOT_TRY(stream(connection_,
                   fmt::format("SELECT {}, count(*), min(j.id) FROM ingot.rejects j {} GROUP BY 1 ORDER BY 2 DESC, 3 "
                               "LIMIT {}",
                               reject_group(by), where_rejects(filter), limit),
                   [&](const auto& value) -> Status {
                     RejectCount& count = counts.emplace_back();
                     count.value = value(0).ToString();
                     count.count = value(1).template GetValue<uint64_t>();
                     count.first.reject = value(2).template GetValue<uint64_t>();
                     return {};
                   }));
  return with_firsts(std::move(counts));
}

Result<std::vector<RejectedUnit>> DuckDbLedger::units_of_rejects(const RejectFilter& filter) {
  std::vector<RejectedUnit> units;
  INGOT_TRY(stream(connection_, select_rejected_units(filter), [&](const auto& value) -> Status {
    RejectedUnit& unit = units.emplace_back();
    unit.key = {value(0).ToString(), value(1).ToString()};
    unit.plan = value(2).template GetValue<uint64_t>();
    unit.unit = value(3).template GetValue<uint32_t>();
    unit.name = value(4).ToString();
    if (!value(5).IsNull()) unit.head = duckdb::StringValue::Get(value(5));
    unit.delimiter = value(6).ToString();
    unit.fields = value(7).template GetValue<uint32_t>();
    unit.hash = value(8).ToString();
    unit.stamp = {value(9).template GetValue<uint64_t>(), value(10).template GetValue<int64_t>(),
                  value(11).template GetValue<int64_t>(), value(12).template GetValue<uint64_t>()};
    unit.run = value(13).template GetValue<uint64_t>();
    unit.doubtful = value(14).template GetValue<bool>();
    unit.deletions = value(15).template GetValue<bool>();
    return {};
  }));
  return units;
}

Status DuckDbLedger::resolve(const std::vector<uint64_t>& rejects, uint64_t run) {
  if (rejects.empty()) return {};
  RejectFilter filter;
  filter.ids = rejects;
  filter.state = "open";
  INGOT_ASSIGN(
      const int64_t count,
      query_number(connection_,
                   fmt::format("UPDATE ingot.rejects AS j SET state = 'replayed', resolved_by = {}, resolved_at "
                               "= make_timestamptz({}) {}",
                               run, now_micros(), where_rejects(filter)),
                   Code::target_refused));
  return check_resolved(static_cast<uint64_t>(count), rejects.size());
}

Result<uint64_t> DuckDbLedger::discard_rejects(const RejectFilter& filter) {
  INGOT_ASSIGN(const int64_t count,
               query_number(connection_,
                            fmt::format("UPDATE ingot.rejects AS j SET state = 'discarded', resolved_at = "
                                        "make_timestamptz({}) {}",
                                        now_micros(), where_rejects(filter, "j.state = 'open'")),
                            Code::target_refused));
  crash_point("ledger.rejects_discarded");
  return static_cast<uint64_t>(count);
}

Result<uint64_t> DuckDbLedger::purge_rejects(const RejectFilter& filter) {
  INGOT_ASSIGN(
      const int64_t count,
      query_number(connection_, fmt::format("DELETE FROM ingot.rejects AS j {}", where_rejects(filter, kMayBePurged)),
                   Code::target_refused));
  crash_point("ledger.rejects_purged");
  return static_cast<uint64_t>(count);
}

}  // namespace ingot
