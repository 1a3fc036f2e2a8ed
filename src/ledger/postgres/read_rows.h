#pragma once

#include "ledger/ledger.h"
#include "postgres/connection.h"

namespace ingot::postgres {

// Lists of columns, each with the function that reads a row of them.

inline constexpr const char* kRunColumns =
    "r.run, r.pipeline, r.target, r.plan, r.state, (extract(epoch FROM r.started_at) * 1000000)::bigint, "
    "(extract(epoch FROM r.ended_at) * 1000000)::bigint, r.units, r.units_failed, r.bytes, r.read, r.inserted, "
    "r.updated, "
    "r.unchanged, r.filtered, r.duplicate, r.rejected, coalesce(r.error, ''), coalesce(r.seconds::text, ''), "
    // Of the plan that it worked on; one that was killed has not said which: its own.
    "coalesce((SELECT max(p.record_limit) FROM ingot.plans p WHERE p.pipeline = r.pipeline AND p.target = r.target AND "
    "(p.plan = r.plan OR r.plan = 0 AND p.run = r.run)), 0)";
RunEntry read_run(const QueryResult& result, int row);

inline constexpr const char* kUnitColumns =
    "u.unit, u.name, u.hash, u.size, u.mtime_ns, u.ctime_ns, u.inode, u.bytes, u.read, u.inserted, u.updated, "
    "u.unchanged, "
    "u.filtered, u.duplicate, u.rejected, coalesce(u.tables::text, ''), u.part, u.from_byte, u.to_line, u.complete";
UnitEntry read_unit(const QueryResult& result, int row);

inline constexpr const char* kRejectColumns =
    "j.id, j.run, j.unit, j.unit_name, coalesce(j.\"table\", ''), j.byte_offset, j.byte_length, j.line, "
    "coalesce(j.\"column\", 0), coalesce(j.field, ''), j.code, coalesce(j.detail, ''), j.pipeline, j.target, j.plan, "
    "j.state, coalesce(j.resolved_by, 0), (extract(epoch FROM j.resolved_at) * 1000000)::bigint, "
    "coalesce(j.origin, 0), j.mended, j.record_line, coalesce(o.plan, j.plan) AS root_plan, coalesce(o.unit, j.unit) "
    "AS "
    "root_unit";
inline constexpr int kRejectColumnCount = 23;
RejectEntry read_reject(const QueryResult& result, int row);

/// Reads size, mtime_ns, ctime_ns, inode from four columns beginning with `first`.
Stamp read_stamp(const QueryResult& result, int row, int first);

/// Reads part, to_byte, to_line, hash.
PartEnd read_part_end(const QueryResult& result, int row, int first);

}  // namespace ingot::postgres
