#include "target/postgres/fetched_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "postgres/wire.h"

namespace ingot::postgres {

namespace {

// A table is fetched up to so many times the size of the batch: reading is some ten times cheaper than merging.
constexpr uint64_t kTableToBatch = 4;
// libpq holds a row whole: rows with a longer text are not fetched, and so count as unknown.
constexpr uint64_t kLongestText = 1 << 20;
constexpr uint64_t kUsualRow = 128;  // bytes, of a table that was never analysed

std::string fetch_sql(const LoadPlan& plan) {
  std::string condition;
  for (const LoadColumn& c : plan.columns) {
    if (!is_long(c.fit.wire.wire)) continue;
    condition += fmt::format("{}(t.{} IS NULL OR octet_length(t.{}::text) <= {})",
                             condition.empty() ? " WHERE " : " AND ", c.sql, c.sql, kLongestText);
  }
  return fmt::format("COPY (SELECT {} FROM {} t{}) TO STDOUT (FORMAT binary)", plan.column_list(), plan.only(),
                     condition);
}

}  // namespace

FetchedRows::FetchedRows(PgConnection& server, const LoadPlan& plan, size_t expected_rows, uint64_t max_bytes)
    : server_(server), plan_(plan), rows_(expected_rows, max_bytes), thread_([this] {
        try {
          status_ = fetch();
        } catch (const std::exception& exception) {  // of memory: nothing may leave the thread
          status_ = fail(Code::resource, fmt::format("cannot fetch the table: {}", exception.what()));
        }
      }) {}

FetchedRows::~FetchedRows() {
  if (thread_.joinable()) thread_.join();
}

Status FetchedRows::wait() {
  if (thread_.joinable()) thread_.join();
  return status_;
}

Status FetchedRows::fetch() {
  bool first = true;
  return server_.copy_out(fetch_sql(plan_), [&](std::string_view message) {
    if (std::exchange(first, false)) message.remove_prefix(std::min(message.size(), kCopyHeader.size()));
    if (message.empty() || message == kCopyTrailer) return;
    rows_.add(message.substr(sizeof(uint16_t)));  // behind the number of fields
  });
}

Result<std::optional<size_t>> rows_worth_fetching(PgConnection& server, const LoadPlan& plan, uint64_t batch_bytes,
                                                  uint64_t max_bytes) {
  const bool comparable = std::none_of(plan.columns.begin(), plan.columns.end(), [](const LoadColumn& c) {
    // The server's text of jsonb is not what was sent; lineage and history are new with every run.
    return c.fit.wire.wire == Wire::jsonb || !c.declared;
  });
  if (!plan.bytewise_key || plan.order_by || plan.casts || plan.table.relkind != 'r' || !comparable)
    return std::nullopt;
  INGOT_ASSIGN(const QueryResult size,
               server.query(fmt::format(
                   "SELECT pg_table_size(oid), (CASE WHEN reltuples > 0 THEN reltuples ELSE pg_table_size(oid) / {} "
                   "END)::bigint FROM pg_class WHERE oid = {}",
                   kUsualRow, plan.table.oid)));
  if (size.rows() == 0) return std::nullopt;
  const uint64_t bytes = size.unsigned_integer(0, 0);
  const uint64_t rows = size.unsigned_integer(0, 1);
  if (bytes > batch_bytes * kTableToBatch || RowHashes::bytes_of(rows) > max_bytes) return std::nullopt;
  return static_cast<size_t>(rows);
}

}  // namespace ingot::postgres
