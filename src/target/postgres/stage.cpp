#include "target/postgres/stage.h"

#include <fmt/format.h>

#include <atomic>

#include "spec/history.h"
#include "target/postgres/copy_job.h"
#include "target/postgres/fetched_rows.h"

namespace ingot::postgres {

namespace {

constexpr const char* kAddressColumns =
    ", ingot_unit bigint, ingot_rec bigint, ingot_offset bigint, ingot_length bigint, ingot_line bigint";
constexpr const char* kAddressNames = ", ingot_unit, ingot_rec, ingot_offset, ingot_length, ingot_line";
constexpr const char* kVerdictColumns =
    ", ingot_state smallint DEFAULT 0, ingot_fault text, ingot_field text, ingot_detail text";
constexpr int kAddressCount = 5;

std::string stage_name() {
  static std::atomic<uint64_t> last = 0;  // of the process; temporary tables are the connection's own
  return fmt::format("pg_temp.ingot_stage_{}", ++last);
}

}  // namespace

Stage::Stage(PgConnection& server, const LoadPlan& plan, StageBooks books, StageForm form)
    : server_(server), plan_(plan), books_(books), form_(form), name_(stage_name()) {}

bool Stage::is_raw(size_t column) const {
  const Wire wire = plan_.columns[column].fit.wire.wire;
  return form_ == StageForm::raw && (wire == Wire::text || wire == Wire::jsonb);
}

bool Stage::is_cast(size_t column) const { return form_ != StageForm::converted && plan_.columns[column].fit.cast; }

Status Stage::create() {
  std::string body;
  for (size_t i = 0; i < plan_.columns.size(); ++i) {
    const LoadColumn& c = plan_.columns[i];
    const bool as_text = is_cast(i);
    const std::string type = is_raw(i) ? "bytea" : as_text ? "text" : c.column.base.sql;
    const bool collated = !is_raw(i) && !as_text && !c.column.collation_sql.empty();
    body +=
        fmt::format("{}c{} {}{}", i == 0 ? "" : ", ", i, type, collated ? " COLLATE " + c.column.collation_sql : "");
  }
  if (plan_.tombstones) body += ", ingot_delete boolean";
  if (books_ == StageBooks::unit) body += ", ingot_unit bigint";
  if (books_ >= StageBooks::address) body += kAddressColumns;
  if (books_ == StageBooks::verdict) body += kVerdictColumns;
  return server_.run(fmt::format("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP", name_.substr(8), body));
}

std::vector<WireColumn> Stage::wire_columns() const {
  std::vector<WireColumn> columns;
  for (size_t i = 0; i < plan_.columns.size(); ++i) {
    WireColumn wire = plan_.columns[i].fit.wire;
    if (is_raw(i)) wire.wire = Wire::text;
    if (books_ == StageBooks::verdict) wire.micros_unit = 1;  // found by a probe, by row
    columns.push_back(wire);
  }
  if (plan_.tombstones) columns.push_back(WireColumn{Wire::boolean, 1});
  const int extra = books_ >= StageBooks::address ? kAddressCount : books_ == StageBooks::unit ? 1 : 0;
  columns.insert(columns.end(), extra, WireColumn{Wire::int8, 1});
  return columns;
}

Status Stage::fill(BatchRows& rows, BatchRows::Options options, FetchedRows* fetched) {
  options.with_address = books_ != StageBooks::none;
  std::optional<CopyJob> job;
  CopyJob::Outcome outcome;
  auto status = rows.read(options, [&](const std::string& select) -> Status {
    KnownRows known;
    if (fetched) {
      INGOT_TRY(fetched->wait());  // the connection is free again
      known = {&fetched->rows(), books_ == StageBooks::unit};
    }
    job.emplace(server_, wire_columns(), rows.pace(), known);
    // With only the unit wanted, the rest of the address is cut off.
    const std::string cut = books_ == StageBooks::unit
                                ? fmt::format("SELECT * EXCLUDE (__rec, __offset, __length, __line) FROM ({})", select)
                                : select;
    INGOT_ASSIGN(outcome,
                 job->run(rows.duckdb(),
                          fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", name_, filled_columns()), cut, false));
    return {};
  });
  inexact_ = job && job->inexact();
  if (!status) return status;
  rows_ = outcome.taken;
  left_out_ = std::move(outcome.left_out);
  uint64_t accounted = outcome.sent;
  for (const auto& [unit, count] : left_out_) accounted += count;
  if (outcome.taken != outcome.sent || accounted != rows.rows()) {
    return fail(Code::books_broken, fmt::format("staged {} of {} rows", outcome.taken, rows.rows()));
  }
  return {};
}

Status Stage::analyze() {
  std::string key;
  for (size_t i : plan_.key) key += fmt::format("{}c{}", key.empty() ? "" : ", ", i);
  return server_.run(fmt::format("ANALYZE {} ({})", name_, key.empty() ? "c0" : key));
}

Status Stage::drop() { return server_.run("DROP TABLE " + name_); }

std::string Stage::value(size_t column) const {
  const LoadColumn& c = plan_.columns[column];
  const std::string place = fmt::format("s.c{}", column);
  if (!is_raw(column) && !is_cast(column)) return place;
  const std::string text = is_raw(column) ? fmt::format("convert_from({}, 'UTF8')", place) : place;
  const std::string cast = fmt::format("{}::{}", text, c.column.base.sql);
  // Of a tombstone nothing but the key is looked at: an empty text need not be what the column takes.
  return plan_.tombstones && !c.key ? fmt::format("CASE WHEN NOT s.ingot_delete THEN {} END", cast) : cast;
}

std::string Stage::filled_columns() const {
  std::string names;
  for (size_t i = 0; i < plan_.columns.size(); ++i) names += fmt::format("{}c{}", i == 0 ? "" : ", ", i);
  if (plan_.tombstones) names += ", ingot_delete";
  if (books_ == StageBooks::unit) names += ", ingot_unit";
  if (books_ >= StageBooks::address) names += kAddressNames;
  return names;
}

std::string Stage::values() const {
  std::string list;
  for (size_t i = 0; i < plan_.columns.size(); ++i) list += (i == 0 ? "" : ", ") + value(i);
  return list;
}

std::string Stage::flag() const { return plan_.tombstones ? ", s.ingot_delete" : ""; }

std::string Stage::but_tombstones() const { return plan_.tombstones ? " AND NOT s.ingot_delete" : ""; }

std::string Stage::key_matches() const {
  return plan_.versions ? fmt::format("{} AND t.{} IS NULL", same_key(), kValidTo) : same_key();
}

std::string Stage::same_key() const {
  std::string condition;
  for (size_t i = 0; i < plan_.key.size(); ++i) {
    condition += fmt::format("{}t.{} {} {}", i == 0 ? "" : " AND ", plan_.columns[plan_.key[i]].sql,
                             plan_.key_equals[i], value(plan_.key[i]));
  }
  return condition;
}

std::string Stage::differs() const {
  std::string condition;
  for (size_t i = 0; i < plan_.columns.size(); ++i) {
    const LoadColumn& c = plan_.columns[i];
    if (c.key || !c.declared) continue;
    const char* as = compared_as_text(c.column) ? "::text COLLATE \"C\"" : "";
    condition +=
        fmt::format("{}t.{}{} IS DISTINCT FROM ({}){}", condition.empty() ? "" : " OR ", c.sql, as, value(i), as);
  }
  if (condition.empty()) return "false";
  return plan_.order_by ? fmt::format("({}) AND ({}) IS NOT TRUE", condition, outdated()) : condition;
}

std::string Stage::outdated() const {
  if (!plan_.order_by) return "false";
  return fmt::format("t.{} > {}", plan_.columns[*plan_.order_by].sql, value(*plan_.order_by));
}

std::string Stage::is_placed() const {
  const std::string there = fmt::format("t.{} IS NOT NULL", plan_.columns[plan_.key[0]].sql);
  std::string placed = fmt::format("{} AND NOT ({})", there, plan_.updates ? differs() : "false");
  if (plan_.tombstones) placed = fmt::format("CASE WHEN s.ingot_delete THEN NOT {} ELSE {} END", there, placed);
  if (!plan_.versions) return placed;
  // Nor is there a version that ends before it begins, or behind the beginning of the current one.
  return fmt::format(
      "({0}) AND NOT EXISTS (SELECT FROM {1} t WHERE {2} AND (t.{3} > {5} OR t.{3} = {5} AND t.{4} >= {5}))", placed,
      plan_.only(), same_key(), kValidTo, kValidFrom, value(plan_.valid_from));
}

std::string Stage::preference() const {
  if (plan_.order_by) return fmt::format("{} DESC, s.ingot_rec DESC", value(*plan_.order_by));
  return plan_.keep == Keep::last ? "s.ingot_rec DESC" : "s.ingot_rec ASC";
}

std::string Stage::assignments() const {
  if (plan_.versions) return fmt::format("{} = {}", kValidTo, value(plan_.valid_from));
  std::string list;
  for (size_t i = 0; i < plan_.columns.size(); ++i) {
    if (!plan_.columns[i].key)
      list += fmt::format("{}{} = {}", list.empty() ? "" : ", ", plan_.columns[i].sql, value(i));
  }
  return list;
}

std::string Stage::too_early() const { return fmt::format("t.{} >= {}", kValidFrom, value(plan_.valid_from)); }

std::string Stage::deletion(const std::string& which, const std::string& also_from) const {
  const std::string from = name_ + " s" + also_from;
  const std::string rows = fmt::format("WHERE {} AND {}", key_matches(), which);
  if (!plan_.versions) return fmt::format("DELETE FROM {} t USING {} {}", plan_.only(), from, rows);
  return fmt::format("UPDATE {} t SET {} FROM {} {}", plan_.only(), assignments(), from, rows);
}

std::string Stage::return_of_keys() const {
  return fmt::format(
      "UPDATE {0} s SET c{1} = (SELECT max(t.{2}) FROM {3} t WHERE {4}) FROM {3} t WHERE {4} AND t.{2} > {5}", name_,
      plan_.valid_from, kValidTo, plan_.only(), same_key(), value(plan_.valid_from));
}

std::string Stage::succession() const {
  return fmt::format("UPDATE {} s SET c{} = t.{} + interval '1 microsecond' FROM {} t WHERE {} AND {}", name_,
                     plan_.valid_from, kValidFrom, plan_.only(), key_matches(), too_early());
}

}  // namespace ingot::postgres
