#include "postgres/connection.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <cstdlib>

#include "postgres/server_error.h"

namespace ingot::postgres {

namespace {

// A larger piece would make libpq's buffer as large.
constexpr size_t kPiece = 64 << 10;
// Looking whether the server has spoken costs a system call.
constexpr size_t kLookEvery = 1 << 20;

// What Ingot relies on, as SET statements; for one transaction each where it is not the server itself that was
// connected to (a pooler invents a process id). Settings that the server does not know are left out. Of the time-outs
// those that are not `always` give way to what this client was started with. client_min_messages: notices of triggers
// would fill the connection during a COPY.
constexpr const char* kSettings = R"(
SELECT pg_backend_pid() <> $1::integer,
  string_agg(format('SET %s %I = %L', CASE WHEN pg_backend_pid() = $1::integer THEN 'SESSION' ELSE 'LOCAL' END, s.name, w.value), '; ')
FROM (VALUES ('synchronous_commit', 'on', true), ('TimeZone', 'UTC', true), ('DateStyle', 'ISO, YMD', true),
  ('IntervalStyle', 'postgres', true), ('extra_float_digits', '1', true), ('bytea_output', 'hex', true),
  ('standard_conforming_strings', 'on', true), ('client_min_messages', 'error', true), ('row_security', 'off', true),
  ('default_transaction_isolation', 'read committed', true), ('default_transaction_deferrable', 'off', true),
  ('tcp_keepalives_idle', '30', true), ('tcp_keepalives_interval', '10', true), ('tcp_keepalives_count', '3', true),
  ('idle_in_transaction_session_timeout', '0', true), ('idle_session_timeout', '0', true),
  ('statement_timeout', '0', false), ('transaction_timeout', '0', false), ('lock_timeout', '60s', false)) w(name, value, always)
JOIN pg_settings s ON s.name = w.name
WHERE w.always OR (s.source <> 'client' AND (s.name <> 'lock_timeout' OR s.setting = '0')))";

template <class T>
T number(std::string_view text) {
  T value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// A password with an unescaped `/`, `#` or `?` would turn up in libpq's messages as a port or a database.
Status check_url(const Secret& url) {
  const char* hint =
      "write postgresql://user:password@host:port/database; in the password %, /, @, : and # are "
      "written %25, %2F, %40, %3A and %23";
  char* message = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.reveal().c_str(), &message);
  PQfreemem(message);  // never shown: it prints parts of the URL
  if (!options) return fail(Code::invalid_pipeline, "the connection's URL cannot be read", hint);
  bool good = true;
  for (const PQconninfoOption* o = options; o->keyword; ++o) {
    const std::string_view keyword = o->keyword;
    const std::string_view value = o->val ? o->val : "";
    if (keyword == "port" && value.find_first_not_of("0123456789,") != std::string_view::npos) good = false;
    if (keyword == "dbname" && value.find('@') != std::string_view::npos) good = false;
  }
  PQconninfoFree(options);
  if (!good) return fail(Code::invalid_pipeline, "the connection's URL cannot be read", hint);
  return {};
}

}  // namespace

std::string_view QueryResult::text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}
int64_t QueryResult::integer(int row, int column) const { return number<int64_t>(text(row, column)); }
uint64_t QueryResult::unsigned_integer(int row, int column) const { return number<uint64_t>(text(row, column)); }
uint64_t QueryResult::affected() const { return number<uint64_t>(PQcmdTuples(result_.get())); }

PgConnection::PgConnection(PGconn* connection) : connection_(connection), cancel_(PQgetCancel(connection)) {}

PgConnection::~PgConnection() {
  if (cancel_) PQfreeCancel(cancel_);
  PQfinish(connection_);
}

Result<std::unique_ptr<PgConnection>> PgConnection::open(const Secret& url) {
  INGOT_TRY(check_url(url));
  // What comes before `dbname` can be changed by the URL, what comes after it cannot.
  const std::array keywords = {
      "connect_timeout", "keepalives_idle",           "keepalives_interval", "keepalives_count",
      "dbname",          "fallback_application_name", "client_encoding",     static_cast<const char*>(nullptr)};
  const std::array values = {
      "15", "30", "10", "3", url.reveal().c_str(), "ingot", "UTF8", static_cast<const char*>(nullptr)};
  PGconn* raw = PQconnectdbParams(keywords.data(), values.data(), 1);
  if (!raw) return fail(Code::resource, "out of memory while connecting");
  std::unique_ptr<PgConnection> connection(new PgConnection(raw));
  if (!connection->alive()) return connect_error(raw);
  INGOT_TRY(connection->prepare_session());
  return connection;
}

Status PgConnection::prepare_session() {
  PQsetNoticeProcessor(
      connection_, [](void*, const char*) {}, nullptr);
  if (server_version() < 120000) {
    return fail(Code::target_refused, fmt::format("PostgreSQL 12 or newer is needed; the server is {}",
                                                  PQparameterStatus(connection_, "server_version")));
  }
  INGOT_ASSIGN(const QueryResult settings, query(kSettings, {std::to_string(PQbackendPID(connection_))}));
  pooled_ = settings.boolean(0, 0);
  settings_ = settings.string(0, 1);
  return pooled_ ? Status{} : run(settings_);
}

Status PgConnection::begin(Isolation isolation) {
  std::string sql = fmt::format("BEGIN ISOLATION LEVEL {} READ WRITE NOT DEFERRABLE",
                                isolation == Isolation::repeatable_read ? "REPEATABLE READ" : "READ COMMITTED");
  if (pooled_) sql += "; " + settings_;
  return run(sql);
}

tl::unexpected<Error> PgConnection::failure(const PGresult* result) {
  last_error_ = {};
  const auto field = [&](int code) {
    const char* text = result ? PQresultErrorField(result, code) : nullptr;
    return std::string(text ? text : "");
  };
  last_error_ = {field(PG_DIAG_SQLSTATE), field(PG_DIAG_CONSTRAINT_NAME), field(PG_DIAG_COLUMN_NAME)};
  // The server gives a row that a policy refuses the code of a missing right; that of a view's CHECK OPTION is meant.
  if (last_error_.sqlstate == "42501" && field(PG_DIAG_SOURCE_FUNCTION) == "ExecWithCheckOptions") {
    last_error_.sqlstate = "44000";
  }
  bool cancelled = false;
  {
    std::lock_guard lock(cancel_mutex_);
    cancelled = std::exchange(cancelled_, false);
  }
  if (!alive()) last_error_.sqlstate.clear();  // so that nobody takes it for a row's fault
  // What ends a connection tells why, and quotes no row. What a function raises may quote one, under any code.
  const bool fatal = field(PG_DIAG_SEVERITY) == "FATAL" || field(PG_DIAG_SEVERITY_NONLOCALIZED) == "FATAL";
  std::string primary = alive() || fatal ? field(PG_DIAG_MESSAGE_PRIMARY) : "";
  if (field(PG_DIAG_SOURCE_FUNCTION) == "exec_stmt_raise")
    primary = "an exception that a function of the database raised";
  return server_failure(last_error_, primary, alive() && !fatal, cancelled);
}

// Collects the results of what was sent; the last one counts, but the first failure wins.
Result<QueryResult> PgConnection::finish() {
  last_error_ = {};
  QueryResult last;
  std::optional<Error> error;
  while (PGresult* raw = PQgetResult(connection_)) {
    QueryResult result(raw);
    switch (PQresultStatus(raw)) {
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
      case PGRES_EMPTY_QUERY:
        last = std::move(result);
        break;
      case PGRES_COPY_IN:
      case PGRES_COPY_OUT:
      case PGRES_COPY_BOTH:
        return result;  // the caller goes on
      default:
        if (!error) error = failure(raw).value();
    }
    if (!alive()) break;
  }
  if (error) return fail(std::move(*error));
  if (!alive() || !last.get()) return failure(nullptr);
  return last;
}

Result<QueryResult> PgConnection::query(const std::string& sql) {
  if (PQsendQuery(connection_, sql.c_str()) != 1) return failure(nullptr);
  return finish();
}

Result<QueryResult> PgConnection::query(const std::string& sql, const std::vector<Parameter>& parameters) {
  std::vector<const char*> values;
  for (const Parameter& p : parameters) values.push_back(p ? p->c_str() : nullptr);
  if (PQsendQueryParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr,
                        nullptr, 0) != 1) {
    return failure(nullptr);
  }
  return finish();
}

Status PgConnection::run(const std::string& sql) {
  INGOT_TRY(query(sql));
  return {};
}

Status PgConnection::stream(const std::string& sql, const std::vector<Parameter>& parameters,
                            const std::function<void(const QueryResult&)>& visit) {
  std::vector<const char*> values;
  for (const Parameter& p : parameters) values.push_back(p ? p->c_str() : nullptr);
  if (PQsendQueryParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr,
                        nullptr, 0) != 1 ||
      PQsetSingleRowMode(connection_) != 1) {
    return failure(nullptr);
  }
  std::optional<Error> error;
  while (PGresult* raw = PQgetResult(connection_)) {
    QueryResult row(raw);
    const ExecStatusType status = PQresultStatus(raw);
    if (status == PGRES_SINGLE_TUPLE) {
      visit(row);
    } else if (status != PGRES_TUPLES_OK && !error) {
      error = failure(raw).value();
    }
    if (!alive()) break;
  }
  if (error) return fail(std::move(*error));
  if (!alive()) return failure(nullptr);
  return {};
}

Status PgConnection::start_copy(const std::string& sql) {
  INGOT_ASSIGN(const QueryResult result, query(sql));
  if (PQresultStatus(result.get()) != PGRES_COPY_IN) return fail(Code::internal, "COPY did not start");
  copied_since_look_ = 0;
  return {};
}

bool PgConnection::server_spoke() const {
  if (PQsslInUse(connection_)) return false;  // encrypted: found out at the end
  char first = 0;
  const ssize_t n = ::recv(PQsocket(connection_), &first, 1, MSG_PEEK | MSG_DONTWAIT);
  return n == 0 || (n == 1 && first == 'E');
}

Status PgConnection::put_copy(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPiece);
    if (PQputCopyData(connection_, piece.data(), static_cast<int>(piece.size())) != 1) return failure(nullptr);
    bytes.remove_prefix(piece.size());
    copied_since_look_ += piece.size();
    if (copied_since_look_ >= kLookEvery) {
      copied_since_look_ = 0;
      if (!server_spoke()) continue;
      // Stopping the COPY, which comes next, reports the same SQLSTATE as cancelling it did.
      std::lock_guard lock(cancel_mutex_);
      return cancelled_ ? fail(Code::interrupted, "interrupted")
                        : fail(Code::target_refused, "the server ended the COPY");
    }
  }
  return {};
}

Result<uint64_t> PgConnection::end_copy() {
  if (PQputCopyEnd(connection_, nullptr) != 1) return failure(nullptr);
  INGOT_ASSIGN(const QueryResult result, finish());
  return result.affected();
}

Status PgConnection::abort_copy() {
  if (!alive() || PQputCopyEnd(connection_, "stopped by ingot") != 1) return failure(nullptr);
  auto result = finish();
  if (result) return fail(Code::internal, "a COPY that was stopped succeeded");
  if (last_error_.sqlstate == "57014") return {};
  return fail(std::move(result).error());
}

Status PgConnection::copy_out(const std::string& sql, const std::function<void(std::string_view)>& visit) {
  INGOT_ASSIGN(const QueryResult started, query(sql));
  if (PQresultStatus(started.get()) != PGRES_COPY_OUT) return fail(Code::internal, "COPY did not start");
  char* message = nullptr;
  int size = 0;
  while ((size = PQgetCopyData(connection_, &message, 0)) > 0) {
    visit({message, static_cast<size_t>(size)});
    PQfreemem(message);
  }
  INGOT_TRY(finish());
  return {};
}

void PgConnection::rollback() noexcept {
  if (alive() && in_transaction()) (void)query("ROLLBACK");
}

void PgConnection::cancel() noexcept {
  std::lock_guard lock(cancel_mutex_);
  cancelled_ = true;
  std::array<char, 256> message{};
  if (cancel_) (void)PQcancel(cancel_, message.data(), message.size());
}

std::string PgConnection::describe() const {
  const auto show = [](const char* text) { return std::string_view(text ? text : ""); };
  std::string version(show(PQparameterStatus(connection_, "server_version")));
  version.resize(std::min(version.find(' '), version.size()));
  return fmt::format("PostgreSQL {} at {}:{}/{}", version, show(PQhost(connection_)), show(PQport(connection_)),
                     show(PQdb(connection_)));
}

}  // namespace ingot::postgres
