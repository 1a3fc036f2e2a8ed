#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/json_text.h"
#include "cli/open_ledger.h"
#include "cli/render.h"

namespace ingot {

namespace {

using Json = nlohmann::ordered_json;

Json books_json(const Books& books) {
  return {{"read", books.read},           {"inserted", books.inserted}, {"updated", books.updated},
          {"unchanged", books.unchanged}, {"filtered", books.filtered}, {"duplicate", books.duplicate},
          {"rejected", books.rejected}};
}

Json run_json(const RunEntry& run) {
  Json json = {{"run", run.run},           {"pipeline", run.key.pipeline},
               {"target", run.key.target}, {"plan", run.plan},
               {"state", run.state},       {"started_at", human_time(run.started_at_micros)},
               {"units", run.units},       {"units_failed", run.units_failed},
               {"bytes", run.bytes}};
  json["ended_at"] = run.ended_at_micros ? Json(human_time(*run.ended_at_micros)) : Json();
  json.update(books_json(run.books));
  json["limit"] = run.record_limit > 0 ? Json(run.record_limit) : Json();
  json["error"] = run.error;
  json["seconds"] = run.seconds_json.empty() ? Json::object() : Json::parse(run.seconds_json, nullptr, false);
  return json;
}

// Of a unit that was loaded in one there is nothing to say.
std::string part_text(const UnitEntry& unit) {
  if (unit.complete && unit.from_byte == 0) return "";
  return fmt::format(", part {}{} from byte {}", unit.part, unit.complete ? " (the last)" : "",
                     grouped(unit.from_byte));
}

void print_run(const RunEntry& run) {
  // A run that did not end as it should says so in words; an equation of zeros would look like success.
  const bool nothing = run.books.read == 0;
  fmt::print("r{}  {}  {}  {} → {}  {}\n", run.run, human_time(run.started_at_micros), run.state, run.key.pipeline,
             run.key.target,
             !nothing              ? equation(run.books)
             : run.state == "done" ? "nothing new"
                                   : "nothing counted");
  if (run.record_limit > 0) fmt::print("    --limit: the first {} records of each file\n", grouped(run.record_limit));
  if (!run.error.empty()) fmt::print("    {}\n", run.error);
}

}  // namespace

int runs_command(const LedgerArguments& arguments) {
  const auto ledger = open_ledger(arguments);
  if (!ledger) return report_error(ledger.error(), arguments.json);
  std::vector<RunEntry> runs;
  if (ledger->exists) {
    auto found = ledger->ledger().runs(arguments.limit);
    if (!found) return report_error(found.error(), arguments.json);
    runs = std::move(*found);
  }
  for (const RunEntry& run : runs) arguments.json ? print_json_line(run_json(run)) : print_run(run);
  if (runs.empty() && !arguments.json) fmt::print("no runs yet in {}\n", ledger->target->describe());
  return 0;
}

int show_run_command(const LedgerArguments& arguments) {
  const auto number = run_number(arguments.what);
  if (!number) return report_error(number.error(), arguments.json);
  const auto ledger = open_ledger(arguments);
  if (!ledger) return report_error(ledger.error(), arguments.json);
  const Error missing = no_such_run(*number, *ledger->target);
  if (!ledger->exists) return report_error(missing, arguments.json);
  const auto run = ledger->ledger().run(*number);
  if (!run) return report_error(run.error(), arguments.json);
  if (!*run) return report_error(missing, arguments.json);
  const auto units = ledger->ledger().units_of_run(*number, arguments.limit);
  if (!units) return report_error(units.error(), arguments.json);
  if (arguments.json) {
    Json json = run_json(**run);
    json["files"] = Json::array();
    for (const UnitEntry& unit : *units) {
      Json entry = {{"name", unit.name},        {"hash", unit.hash},           {"bytes", unit.bytes},
                    {"part", unit.part},        {"from_byte", unit.from_byte}, {"to_byte", unit.to_byte()},
                    {"complete", unit.complete}};
      entry.update(books_json(unit.books));
      json["files"].push_back(std::move(entry));
    }
    print_json_line(json);
    return 0;
  }
  print_run(**run);
  for (const UnitEntry& unit : *units)
    fmt::print("    {}{}  {}  {}\n", unit.name, part_text(unit), human_bytes(unit.bytes), equation(unit.books));
  if ((*run)->units > units->size())
    fmt::print("    … and {} more (--limit)\n", grouped((*run)->units - units->size()));
  return 0;
}

}  // namespace ingot
