#include "ledger/postgres/read_rows.h"

namespace ingot::postgres {

namespace {

Books read_books(const QueryResult& r, int row, int first) {
  return {r.unsigned_integer(row, first),     r.unsigned_integer(row, first + 1), r.unsigned_integer(row, first + 2),
          r.unsigned_integer(row, first + 3), r.unsigned_integer(row, first + 4), r.unsigned_integer(row, first + 5),
          r.unsigned_integer(row, first + 6)};
}

}  // namespace

Stamp read_stamp(const QueryResult& r, int row, int first) {
  return {r.unsigned_integer(row, first), r.integer(row, first + 1), r.integer(row, first + 2),
          static_cast<uint64_t>(r.integer(row, first + 3))};
}

PartEnd read_part_end(const QueryResult& r, int row, int first) {
  return {static_cast<uint32_t>(r.unsigned_integer(row, first)), r.unsigned_integer(row, first + 1),
          r.unsigned_integer(row, first + 2), r.string(row, first + 3)};
}

RunEntry read_run(const QueryResult& r, int row) {
  RunEntry run;
  run.run = r.unsigned_integer(row, 0);
  run.key = {r.string(row, 1), r.string(row, 2)};
  run.plan = r.unsigned_integer(row, 3);
  run.state = r.string(row, 4);
  run.started_at_micros = r.integer(row, 5);
  if (!r.is_null(row, 6)) run.ended_at_micros = r.integer(row, 6);
  run.units = r.unsigned_integer(row, 7);
  run.units_failed = r.unsigned_integer(row, 8);
  run.bytes = r.unsigned_integer(row, 9);
  run.books = read_books(r, row, 10);
  run.error = r.string(row, 17);
  run.seconds_json = r.string(row, 18);
  run.record_limit = r.unsigned_integer(row, 19);
  return run;
}

UnitEntry read_unit(const QueryResult& r, int row) {
  UnitEntry unit;
  unit.unit = static_cast<uint32_t>(r.unsigned_integer(row, 0));
  unit.name = r.string(row, 1);
  unit.hash = r.string(row, 2);
  unit.stamp = read_stamp(r, row, 3);
  unit.bytes = r.unsigned_integer(row, 7);
  unit.books = read_books(r, row, 8);
  unit.tables_json = r.string(row, 15);
  unit.part = static_cast<uint32_t>(r.unsigned_integer(row, 16));
  unit.from_byte = r.unsigned_integer(row, 17);
  unit.to_line = r.unsigned_integer(row, 18);
  unit.complete = r.boolean(row, 19);
  return unit;
}

RejectEntry read_reject(const QueryResult& r, int row) {
  RejectEntry reject;
  reject.reject = r.unsigned_integer(row, 0);
  reject.run = r.unsigned_integer(row, 1);
  reject.unit = static_cast<uint32_t>(r.unsigned_integer(row, 2));
  reject.unit_name = r.string(row, 3);
  reject.table = r.string(row, 4);
  reject.offset = r.unsigned_integer(row, 5);
  reject.length = r.unsigned_integer(row, 6);
  reject.line = r.unsigned_integer(row, 7);
  reject.column = static_cast<uint32_t>(r.unsigned_integer(row, 8));
  reject.field = r.string(row, 9);
  reject.code = r.string(row, 10);
  reject.detail = r.string(row, 11);
  reject.key = {r.string(row, 12), r.string(row, 13)};
  reject.plan = r.unsigned_integer(row, 14);
  reject.state = r.string(row, 15);
  reject.resolved_by = r.unsigned_integer(row, 16);
  if (!r.is_null(row, 17)) reject.resolved_at_micros = r.integer(row, 17);
  reject.origin = r.unsigned_integer(row, 18);
  reject.mended = r.boolean(row, 19);
  reject.record_line = r.unsigned_integer(row, 20);
  reject.root_plan = r.unsigned_integer(row, 21);
  reject.root_unit = static_cast<uint32_t>(r.unsigned_integer(row, 22));
  return reject;
}

}  // namespace ingot::postgres
