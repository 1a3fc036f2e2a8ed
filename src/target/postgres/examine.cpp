#include "target/postgres/examine.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "core/sql_text.h"
#include "ledger/postgres/schema.h"

namespace ingot::postgres {

namespace {

constexpr int64_t kFewConnections = 3;  // a run takes two, and is not the only one
constexpr double kClockDoubt = 2;       // seconds; what the planner allows between a file's time and its own

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void examine_role(const QueryResult& r, Findings& findings) {
  if (r.boolean(0, 0)) {
    findings.push_back(bad(Code::target_refused, "the server is a standby: it takes no rows",
                           "name the primary, or several hosts with target_session_attrs=read-write"));
  } else if (r.boolean(0, 1)) {
    findings.push_back(bad(Code::target_refused, "transactions are read-only here: default_transaction_read_only",
                           "ALTER ROLE … SET default_transaction_read_only = off;"));
  }
}

void examine_durability(const QueryResult& r, Findings& findings) {
  for (const auto& [column, name] : {std::pair{2, "fsync"}, std::pair{3, "full_page_writes"}}) {
    if (r.boolean(0, column)) continue;
    findings.push_back(warning(fmt::format("{} is off: a crash of the server's machine may lose what was committed, or "
                                           "damage it",
                                           name),
                               fmt::format("ALTER SYSTEM SET {} = on;", name)));
  }
}

void examine_encoding(const QueryResult& r, Findings& findings) {
  const std::string encoding = r.string(0, 4);
  if (encoding == "UTF8") return;
  findings.push_back(
      warning(fmt::format("the database is encoded in {}: a text that it cannot hold is a reject", encoding),
              "a database made WITH ENCODING 'UTF8' takes every text"));
}

void examine_connections(const QueryResult& r, Findings& findings) {
  const int64_t free = r.integer(0, 5);
  if (free >= kFewConnections) return;
  findings.push_back(warning(fmt::format("connections left on the server: {}; a run takes two", free),
                             "raise max_connections, or put a pooler before it"));
}

void examine_encryption(const QueryResult& r, Findings& findings) {
  if (r.boolean(0, 6) || !r.boolean(0, 7)) return;
  findings.push_back(warning("the connection is not encrypted, and the server is another machine",
                             "add ?sslmode=verify-full to the URL, once the server has a certificate"));
}

void examine_clock(double server_seconds, double asked, double answered, Findings& findings) {
  const double ahead = server_seconds - (asked + answered) / 2;
  if (std::abs(ahead) < kClockDoubt + (answered - asked) / 2) return;
  findings.push_back(warning(fmt::format("the server's clock is {:.0f} s {} this machine's", std::abs(ahead),
                                         ahead > 0 ? "ahead of" : "behind"),
                             "run a time service on both: times in the ledger are of both clocks"));
}

Status examine_settings(PgConnection& server, Findings& findings) {
  const double asked = now_seconds();
  INGOT_ASSIGN(
      const QueryResult r,
      server.query("SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only')::boolean, "
                   "current_setting('fsync')::boolean, current_setting('full_page_writes')::boolean, "
                   "current_setting('server_encoding'), current_setting('max_connections')::integer - "
                   "current_setting('superuser_reserved_connections')::integer - (SELECT count(*) FROM "
                   "pg_stat_activity WHERE datid IS NOT NULL), coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = "
                   "pg_backend_pid()), false), coalesce(inet_client_addr() <> inet_server_addr(), false), "
                   "extract(epoch FROM clock_timestamp())"));
  const double answered = now_seconds();
  examine_role(r, findings);
  examine_durability(r, findings);
  examine_encoding(r, findings);
  // Behind a pooler these would be of its connection, not of ours.
  if (!server.pooled()) {
    examine_connections(r, findings);
    examine_encryption(r, findings);
  }
  examine_clock(std::stod(r.string(0, 8)), asked, answered, findings);
  return {};
}

Status examine_tables(PgConnection& server, const std::vector<TableShape>& tables, Findings& findings) {
  for (const TableShape& table : tables) {
    if (!table.exists) continue;
    INGOT_ASSIGN(const QueryResult r,
                 server.query("SELECT coalesce((SELECT relpersistence = 'u' FROM pg_class WHERE oid = "
                              "to_regclass($1)), false)",
                              {table.name.sql()}));
    if (!r.boolean(0, 0)) continue;
    findings.push_back(warning(fmt::format("table {} is unlogged: a crash of the server empties it, while the ledger "
                                           "says that its rows are loaded",
                                           table.name.text()),
                               fmt::format("ALTER TABLE {} SET LOGGED;", table.name.sql())));
  }
  return {};
}

}  // namespace

Result<Findings> examine_server(PgConnection& server, const std::vector<TableShape>& tables) {
  Findings findings;
  if (server.pooled()) findings.push_back(good("connected through a pooler: one transaction at a time is enough"));
  Status rights = check_ledger_rights(server);
  if (rights) {
    findings.push_back(good("the ledger can be written"));
  } else {
    findings.push_back(bad(std::move(rights).error()));
  }
  INGOT_TRY(examine_settings(server, findings));
  INGOT_TRY(examine_tables(server, tables, findings));
  return findings;
}

}  // namespace ingot::postgres
