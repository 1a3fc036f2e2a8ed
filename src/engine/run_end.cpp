// What a run says in the end, to its caller and in the ledger.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/clock.h"
#include "engine/run_state.h"

namespace ingot {

namespace {

std::string to_json_text(const std::map<std::string, double>& seconds) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [phase, value] : seconds) json[phase] = value;
  return json.dump();
}

}  // namespace

void Runner::end(RunReport& report, const Status& status) {
  if (!status) {
    report.error = status.error();
  } else if (!report.failed.empty()) {
    report.error = report.failed.front().error;
  } else if (options_.strict && report.books.rejected > 0) {
    report.error = Error{Code::rejects_refused,
                         fmt::format("{} records were rejected, and --strict was given", report.books.rejected),
                         "what was accepted is loaded; ingot rejects list shows the others",
                         {}};
  }
  const bool interrupted = report.error && report.error->code == Code::interrupted;
  const bool idle = report.units == 0 && report.failed.empty() && report.models.empty();
  report.state = interrupted ? "interrupted" : report.error ? "failed" : idle ? "nothing_new" : "done";
  std::stable_sort(report.rejects.begin(), report.rejects.end(),
                   [](const RejectGroup& a, const RejectGroup& b) { return a.count > b.count; });
  if (!state_->run_begun) return;
  {
    std::lock_guard lock(state_->session_mutex);
    state_->session.reset();
  }
  RunEntry entry;
  entry.run = report.run;
  entry.key = state_->key;
  entry.plan = report.plan;
  entry.state = report.state == "nothing_new" ? "done" : report.state;
  entry.ended_at_micros = now_micros();
  entry.units = report.units;
  entry.units_failed = report.failed.size();
  entry.bytes = report.bytes;
  entry.books = report.books;
  if (report.error) entry.error = fmt::format("{}: {}", describe(report.error->code).name, report.error->message);
  entry.seconds_json = to_json_text(report.seconds);
  if (Status stored = state_->target->ledger().end_run(entry); !stored && !report.error) {
    report.error = stored.error();
    report.state = "failed";
  }
}

}  // namespace ingot
