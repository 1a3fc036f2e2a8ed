#include "ledger/postgres/write_rows.h"

#include <fmt/format.h>

#include <functional>

#include "ledger/postgres/models.h"
#include "postgres/wire.h"

namespace ingot::postgres {

namespace {

constexpr size_t kFlushBytes = 256 << 10;

// Copies `count` rows that `write` makes one after the other.
Status copy_rows(PgConnection& server, const std::string& into, size_t count,
                 const std::function<void(RowWriter&, size_t)>& write) {
  if (count == 0) return {};
  INGOT_TRY(server.start_copy(fmt::format("COPY {} FROM STDIN (FORMAT binary)", into)));
  RowWriter writer;
  Status status;
  for (size_t i = 0; status && i < count; ++i) {
    write(writer, i);
    if (i + 1 == count) writer.finish();
    if (i + 1 == count || writer.bytes().size() >= kFlushBytes) {
      status = server.put_copy(writer.bytes());
      writer.clear();
    }
  }
  if (!status) {
    INGOT_TRY(server.abort_copy());
    return status;
  }
  INGOT_ASSIGN(const uint64_t taken, server.end_copy());
  if (taken != count) return fail(Code::books_broken, fmt::format("the ledger took {} rows of {}", taken, count));
  return {};
}

int64_t wide(uint64_t value) { return static_cast<int64_t>(value); }

void write_stamp(RowWriter& w, const Stamp& stamp) {
  w.int8(wide(stamp.size));
  w.int8(stamp.mtime_ns);
  w.int8(stamp.ctime_ns);
  w.int8(wide(stamp.inode));
}

// Length of the valid UTF-8 sequence at the beginning of `s`, 0 if there is none.
size_t sequence(std::string_view s) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char b = byte(0);
  const size_t n = b < 0x80 ? 1 : b >= 0xC2 && b < 0xE0 ? 2 : b >= 0xE0 && b < 0xF0 ? 3 : b >= 0xF0 && b < 0xF5 ? 4 : 0;
  if (b == 0 || n == 0 || s.size() < n) return 0;
  for (size_t i = 1; i < n; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (b == 0xE0 && byte(1) < 0xA0) return 0;   // overlong
  if (b == 0xED && byte(1) >= 0xA0) return 0;  // a surrogate
  if (b == 0xF0 && byte(1) < 0x90) return 0;   // overlong
  if (b == 0xF4 && byte(1) >= 0x90) return 0;  // beyond U+10FFFF
  return n;
}

}  // namespace

std::string storable_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t n = sequence(text);
    if (n > 0) {
      out.append(text.substr(0, n));
    } else {
      out += fmt::format("\\x{:02X}", static_cast<unsigned char>(text[0]));
    }
    text.remove_prefix(n > 0 ? n : 1);
  }
  return out;
}

Status copy_plan_units(PgConnection& server, const LedgerKey& key, uint64_t plan,
                       const std::vector<PlannedUnit>& units) {
  return copy_rows(server, "ingot.plan_units", units.size(), [&](RowWriter& w, size_t i) {
    const PlannedUnit& u = units[i];
    w.begin_row(10);
    w.text(key.pipeline);
    w.text(key.target);
    w.int8(wide(plan));
    w.int4(static_cast<int32_t>(u.unit));
    w.text(u.name);
    write_stamp(w, u.stamp);
    w.text_or_null(u.hash);
  });
}

Status copy_unit_entries(PgConnection& server, const Claim& claim, const std::vector<UnitEntry>& units) {
  if (!units.empty()) INGOT_TRY(mark_models(server, claim.key.pipeline, claim.run));
  const std::string into =
      "ingot.units (pipeline, target, plan, unit, run, name, hash, size, mtime_ns, ctime_ns, inode, bytes, read, "
      "inserted, "
      "updated, unchanged, filtered, duplicate, rejected, tables, head, delimiter, fields, part, from_byte, to_byte, "
      "to_line, complete, tombstones, cleared)";
  auto status = copy_rows(server, into, units.size(), [&](RowWriter& w, size_t i) {
    const UnitEntry& u = units[i];
    const Books& b = u.books;
    w.begin_row(30);
    w.text(claim.key.pipeline);
    w.text(claim.key.target);
    w.int8(wide(claim.plan));
    w.int4(static_cast<int32_t>(u.unit));
    w.int8(wide(claim.run));
    w.text(u.name);
    w.text(u.hash);
    write_stamp(w, u.stamp);
    for (const uint64_t count :
         {u.bytes, b.read, b.inserted, b.updated, b.unchanged, b.filtered, b.duplicate, b.rejected}) {
      w.int8(wide(count));
    }
    w.jsonb_or_null(u.tables_json);
    w.text_or_null(u.head);
    w.text_or_null(u.delimiter);
    w.int8(u.fields);
    w.int4(static_cast<int32_t>(u.part));
    for (const uint64_t place : {u.from_byte, u.to_byte(), u.to_line}) w.int8(wide(place));
    w.boolean(u.complete);
    w.int8(wide(u.tombstones));
    w.int8(wide(u.cleared));
  });
  if (!status && server.last_error().sqlstate == "23505") {
    return fail(Code::busy,
                fmt::format("another process has committed a unit of plan {} of pipeline {} meanwhile", claim.plan,
                            claim.key.pipeline),
                "run again: what it has loaded is not loaded twice");
  }
  return status;
}

Status copy_rejects(PgConnection& server, const Claim& claim, const std::vector<RejectEntry>& rejects) {
  const std::string into =
      "ingot.rejects (run, pipeline, target, plan, unit, unit_name, \"table\", byte_offset, byte_length, line, "
      "\"column\", "
      "field, code, detail, raw, origin, mended, record_line)";
  return copy_rows(server, into, rejects.size(), [&](RowWriter& w, size_t i) {
    const RejectEntry& r = rejects[i];
    w.begin_row(18);
    w.int8(wide(claim.run));
    w.text(claim.key.pipeline);
    w.text(claim.key.target);
    w.int8(wide(claim.plan));
    w.int4(static_cast<int32_t>(r.unit));
    w.text(r.unit_name);
    w.text_or_null(r.table);
    w.int8(wide(r.offset));
    w.int8(wide(r.length));
    w.int8(wide(r.line));
    r.column == 0 ? w.null() : w.int8(r.column);
    w.text_or_null(storable_text(r.field));
    w.text(r.code);
    w.text_or_null(storable_text(r.detail));
    w.text(r.raw);
    r.origin == 0 ? w.null() : w.int8(wide(r.origin));
    w.text(std::string_view(r.mended ? "\1" : "\0", 1));
    w.int8(wide(r.record_line));
  });
}

}  // namespace ingot::postgres
