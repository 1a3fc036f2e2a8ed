#include "postgres/server_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

namespace ingot::postgres {

namespace {

// Those that rows meet. Source: PostgreSQL's errcodes.txt.
constexpr std::array<std::pair<std::string_view, std::string_view>, 29> kConditions = {{
    {"21000", "cardinality_violation"},
    {"22000", "data_exception"},
    {"22001", "string_data_right_truncation"},
    {"22003", "numeric_value_out_of_range"},
    {"22004", "null_value_not_allowed"},
    {"22007", "invalid_datetime_format"},
    {"22008", "datetime_field_overflow"},
    {"22012", "division_by_zero"},
    {"22021", "character_not_in_repertoire"},
    {"22023", "invalid_parameter_value"},
    {"22025", "invalid_escape_sequence"},
    {"22026", "string_data_length_mismatch"},
    {"2200M", "invalid_xml_document"},
    {"2200N", "invalid_xml_content"},
    {"22P02", "invalid_text_representation"},
    {"22P03", "invalid_binary_representation"},
    {"22P05", "untranslatable_character"},
    {"23000", "integrity_constraint_violation"},
    {"23001", "restrict_violation"},
    {"23502", "not_null_violation"},
    {"23503", "foreign_key_violation"},
    {"23505", "unique_violation"},
    {"23514", "check_violation"},
    {"23P01", "exclusion_violation"},
    {"44000", "with_check_option_violation"},
    {"42622", "name_too_long"},
    {"54000", "program_limit_exceeded"},
    {"P0001", "raise_exception"},
    {"P0004", "assert_failure"},
}};

Code code_of(std::string_view state, bool cancelled) {
  const std::string_view family = state.substr(0, 2);
  if (family == "08" || state.substr(0, 4) == "57P0") return Code::target_unreachable;
  if (family == "53" || family == "58") return Code::resource;
  if (family == "40" || state == "55P03" || state == "55006") return Code::busy;
  if (state == "57014" && cancelled) return Code::interrupted;
  if (state == "3D000") return Code::not_found;
  return Code::target_refused;
}

std::string hint_of(std::string_view state, bool cancelled) {
  if (state == "42501")
    return "grant the user what is missing: INSERT, UPDATE and SELECT on the table, CREATE on the "
           "schema, TEMPORARY on the database";
  if (state == "55P03")
    return "another transaction holds the lock; see pg_stat_activity and pg_locks, or raise "
           "lock_timeout by PGOPTIONS='-c lock_timeout=10min'";
  if (state == "57014" && !cancelled)
    return "pg_cancel_backend ended it, or the statement_timeout of PGOPTIONS or the URL (those of users and databases "
           "do not hold for Ingot)";
  if (state == "25006") return "the server is read-only: a standby, or default_transaction_read_only is set";
  if (state == "53100") return "the server's disk is full";
  return {};
}

tl::unexpected<Error> lost_connection(std::string_view why) {
  // These two are PgBouncer's.
  if (why.find("statement pooling mode") != std::string_view::npos) {
    return fail(Code::target_refused, fmt::format("PgBouncer: {}", why),
                "Ingot needs pool_mode = transaction, or session");
  }
  const char* hint =
      why == "query_wait_timeout" ? "the pool had no connection left: a run needs two connections at a time" : "";
  return fail(Code::target_unreachable,
              fmt::format("the connection to PostgreSQL was lost{}{}", why.empty() ? "" : ": ", why), hint);
}

// Joins the lines of libpq's message, one for each host that was tried. Lines that begin with a tab are libpq's own
// hint ("Is the server running …"): ours says more.
std::string one_line(const char* message) {
  std::string out, line, word;
  for (std::istringstream lines(message); std::getline(lines, line);) {
    if (line.starts_with('\t')) continue;
    const char* between = out.empty() ? "" : "; ";
    for (std::istringstream words(line); words >> word; between = " ") out += between + word;
  }
  return out;
}

}  // namespace

bool is_row_fault(std::string_view state) {
  const std::string_view family = state.substr(0, 2);
  return family == "21" || family == "22" || family == "23" || family == "44" || state == "42622" || state == "54000" ||
         state == "P0001" || state == "P0004";
}

std::string_view condition_name(std::string_view state) {
  const auto found =
      std::find_if(kConditions.begin(), kConditions.end(), [&](const auto& c) { return c.first == state; });
  return found == kConditions.end() ? std::string_view{} : found->second;
}

tl::unexpected<Error> server_failure(const ServerError& error, std::string_view primary, bool alive, bool cancelled) {
  if (!alive) return lost_connection(primary);
  const std::string& state = error.sqlstate;
  if (state.empty()) return fail(Code::internal, "libpq refused a call");
  if (is_row_fault(state)) {
    std::string message = fmt::format("PostgreSQL refused a row: {} {}", state, condition_name(state));
    if (!error.constraint.empty()) message += fmt::format(", constraint \"{}\"", error.constraint);
    if (!error.column.empty()) message += fmt::format(", column \"{}\"", error.column);
    return fail(Code::target_refused, std::move(message));
  }
  return fail(code_of(state, cancelled), fmt::format("PostgreSQL: {} ({})", primary, state), hint_of(state, cancelled));
}

tl::unexpected<Error> connect_error(const PGconn* connection) {
  const std::string message = one_line(PQerrorMessage(connection));
  if (message.find("unsupported startup parameter: options") != std::string::npos) {
    return fail(
        Code::target_unreachable, fmt::format("cannot connect: {}", message),
        "a pooler takes no options: run without PGOPTIONS and without options= in the URL, or let PgBouncer have "
        "ignore_startup_parameters = options");
  }
  return fail(Code::target_unreachable, fmt::format("cannot connect: {}", message),
              "is the server running, and are host, port, user and password in the connection's URL right?");
}

}  // namespace ingot::postgres
