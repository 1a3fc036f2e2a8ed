#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/render.h"
#include "cli/temp_dir.h"
#include "engine/engine_database.h"
#include "spec/connection.h"
#include "target/target.h"

namespace ingot {

namespace {

using Json = nlohmann::ordered_json;
constexpr size_t kRawShown = 2000;

// A target opened to read its ledger.
struct OpenLedger {
  TempDir temp_dir;
  std::unique_ptr<EngineDatabase> engine;
  std::unique_ptr<Target> target;
  bool exists = false;
};

Result<std::string> only_pipeline_here() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(".")) {
    const std::string name = entry.path().filename().string();
    if ((entry.path().extension() == ".yaml" || entry.path().extension() == ".yml") && name != "ingot.yaml")
      found.push_back(name);
  }
  if (found.size() == 1) return found.front();
  return fail(Code::usage,
              found.empty() ? "no pipeline in this folder: say which ledger is meant"
                            : "several pipelines in this folder: say which ledger is meant",
              "name a pipeline file or a connection URL, e.g. ingot runs products.yaml");
}

Result<uint64_t> run_number(const std::string& text) {
  const std::string digits = !text.empty() && text.front() == 'r' ? text.substr(1) : text;
  if (digits.empty() || digits.size() > 18 || digits.find_first_not_of("0123456789") != std::string::npos) {
    return fail(Code::usage, fmt::format("not a run: \"{}\"", text),
                "runs are called r1, r2, …; ingot runs lists them");
  }
  return std::stoull(digits);
}

Result<Connection> connection_of(const LedgerArguments& arguments) {
  std::string where = arguments.where;
  if (where.empty()) {
    INGOT_ASSIGN(where, only_pipeline_here());
  }
  const bool exists = std::filesystem::exists(where);
  if (!exists && where.find(':') != std::string::npos) {
    INGOT_ASSIGN(Connection connection, spec::parse_connection(where, std::filesystem::current_path().string()));
    const std::string file = connection.kind == Connection::Kind::duckdb
                                 ? connection.url.reveal().substr(std::string_view("duckdb:").size())
                                 : "";
    if (!file.empty() && !std::filesystem::exists(file))
      return fail(Code::not_found, fmt::format("no such file: {}", file));
    return connection;
  }
  if (!exists && run_number(where) && where.front() == 'r') {
    return fail(Code::usage, fmt::format("not a pipeline: \"{}\"", where),
                fmt::format("to see that run: ingot runs show {}", where));
  }
  INGOT_ASSIGN(const auto overrides, parse_overrides(arguments.sets));
  auto pipeline = load_pipeline(where, overrides, arguments.environment);
  if (!pipeline) return fail(pipeline.error().front());
  return pipeline->connection;
}

Result<OpenLedger> open_ledger(const LedgerArguments& arguments) {
  INGOT_ASSIGN(const Connection connection, connection_of(arguments));
  INGOT_ASSIGN(auto temp_dir, TempDir::make(""));
  Resources resources;
  resources.temp_dir = temp_dir.path();
  INGOT_ASSIGN(auto engine, EngineDatabase::open(resources));
  OpenLedger out{std::move(temp_dir), std::move(engine), nullptr, false};
  const TargetOptions options{out.temp_dir.path(), resources.memory_bytes};
  if (connection.kind == Connection::Kind::postgres) {
    INGOT_ASSIGN(out.target, open_postgres_target(connection, out.engine->load(), options));
  } else {
    INGOT_ASSIGN(out.target, open_duckdb_target(connection, out.engine->load(), options, true));
  }
  INGOT_ASSIGN(out.exists, out.target->ledger().exists());
  return out;
}

Error no_such_run(uint64_t run, const Target& target) {
  return {Code::not_found, fmt::format("no run r{} in {}", run, target.describe()), "ingot runs lists them", {}};
}

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
  json["error"] = run.error;
  json["seconds"] = run.seconds_json.empty() ? Json::object() : Json::parse(run.seconds_json, nullptr, false);
  return json;
}

Json reject_json(const RejectEntry& reject) {
  return {{"id", reject.reject},     {"run", reject.run},       {"file", reject.unit_name}, {"table", reject.table},
          {"offset", reject.offset}, {"length", reject.length}, {"line", reject.line},      {"column", reject.column},
          {"field", reject.field},   {"code", reject.code},     {"detail", reject.detail}};
}

void print(const Json& json) { fmt::print("{}\n", json.dump(-1, ' ', false, Json::error_handler_t::replace)); }

void print_run(const RunEntry& run) {
  // A run that did not end as it should says so in words; an equation of zeros would look like success.
  const bool nothing = run.books.read == 0;
  fmt::print("r{}  {}  {}  {} → {}  {}\n", run.run, human_time(run.started_at_micros), run.state, run.key.pipeline,
             run.key.target,
             !nothing              ? equation(run.books)
             : run.state == "done" ? "nothing new"
                                   : "nothing counted");
  if (!run.error.empty()) fmt::print("    {}\n", run.error);
}

void print_reject(const RejectEntry& reject) {
  fmt::print("#{}  r{}  {}{}{}  {}{}\n", reject.reject, reject.run, reject.code, reject.field.empty() ? "" : "  ",
             reject.field, place_of(reject), detail_of(reject));
}

void print_whole_reject(const RejectEntry& reject) {
  print_reject(reject);
  fmt::print("    bytes {}–{} of {}{}\n    {}\n", reject.offset, reject.offset + reject.length, reject.unit_name,
             reject.table.empty() ? "" : ", for table " + reject.table, printable(reject.raw, kRawShown));
}

}  // namespace

int runs_command(const LedgerArguments& arguments) {
  const auto ledger = open_ledger(arguments);
  if (!ledger) return report_error(ledger.error(), arguments.json);
  std::vector<RunEntry> runs;
  if (ledger->exists) {
    auto found = ledger->target->ledger().runs(arguments.limit);
    if (!found) return report_error(found.error(), arguments.json);
    runs = std::move(*found);
  }
  for (const RunEntry& run : runs) arguments.json ? print(run_json(run)) : print_run(run);
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
  const auto run = ledger->target->ledger().run(*number);
  if (!run) return report_error(run.error(), arguments.json);
  if (!*run) return report_error(missing, arguments.json);
  const auto units = ledger->target->ledger().units_of_run(*number, arguments.limit);
  if (!units) return report_error(units.error(), arguments.json);
  if (arguments.json) {
    Json json = run_json(**run);
    json["files"] = Json::array();
    for (const UnitEntry& unit : *units) {
      Json entry = {{"name", unit.name}, {"hash", unit.hash}, {"bytes", unit.bytes}};
      entry.update(books_json(unit.books));
      json["files"].push_back(std::move(entry));
    }
    print(json);
    return 0;
  }
  print_run(**run);
  for (const UnitEntry& unit : *units)
    fmt::print("    {}  {}  {}\n", unit.name, human_bytes(unit.bytes), equation(unit.books));
  if ((*run)->units > units->size())
    fmt::print("    … and {} more (--limit)\n", grouped((*run)->units - units->size()));
  return 0;
}

int list_rejects_command(const LedgerArguments& arguments) {
  uint64_t run = 0;
  if (!arguments.what.empty()) {
    const auto number = run_number(arguments.what);
    if (!number) return report_error(number.error(), arguments.json);
    run = *number;
  }
  const auto ledger = open_ledger(arguments);
  if (!ledger) return report_error(ledger.error(), arguments.json);
  std::vector<RejectEntry> rejects;
  if (ledger->exists) {
    if (run > 0) {
      const auto entry = ledger->target->ledger().run(run);
      if (!entry) return report_error(entry.error(), arguments.json);
      if (!*entry) return report_error(no_such_run(run, *ledger->target), arguments.json);
    }
    auto found = ledger->target->ledger().rejects(run, arguments.limit);
    if (!found) return report_error(found.error(), arguments.json);
    rejects = std::move(*found);
  }
  for (const RejectEntry& reject : rejects) arguments.json ? print(reject_json(reject)) : print_reject(reject);
  if (rejects.empty() && !arguments.json) fmt::print("no rejects in {}\n", ledger->target->describe());
  if (rejects.size() == arguments.limit && !arguments.json)
    fmt::print("(the first {}; --limit shows more)\n", arguments.limit);
  return 0;
}

int show_reject_command(const LedgerArguments& arguments) {
  const auto number = run_number(arguments.what);
  if (!number) {
    return report_error({Code::usage,
                         fmt::format("neither a reject nor a run: \"{}\"", arguments.what),
                         "a reject is a number (ingot rejects list), a run is r1, r2, … (ingot runs)",
                         {}},
                        arguments.json);
  }
  const auto ledger = open_ledger(arguments);
  if (!ledger) return report_error(ledger.error(), arguments.json);
  const bool whole_run = arguments.what.front() == 'r';
  std::vector<uint64_t> ids;
  if (whole_run && ledger->exists) {
    const auto found = ledger->target->ledger().rejects(*number, arguments.limit);
    if (!found) return report_error(found.error(), arguments.json);
    for (const RejectEntry& reject : *found) ids.push_back(reject.reject);
  } else if (ledger->exists) {
    ids.push_back(*number);
  }
  bool shown = false;
  for (uint64_t id : ids) {
    const auto reject = ledger->target->ledger().reject(id);
    if (!reject) return report_error(reject.error(), arguments.json);
    if (!*reject) continue;
    shown = true;
    if (arguments.json) {
      Json json = reject_json(**reject);
      json["raw"] = printable((*reject)->raw, (*reject)->raw.size());
      print(json);
    } else {
      print_whole_reject(**reject);
    }
  }
  if (shown || whole_run) {
    if (!shown && !arguments.json) fmt::print("no rejects of r{} in {}\n", *number, ledger->target->describe());
    return 0;
  }
  return report_error({Code::not_found,
                       fmt::format("no reject {} in {}", *number, ledger->target->describe()),
                       "ingot rejects list lists them",
                       {}},
                      arguments.json);
}

}  // namespace ingot
