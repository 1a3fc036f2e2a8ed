#include "cli/open_ledger.h"

#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "spec/connection.h"

namespace ingot {

namespace {

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

}  // namespace

Result<std::string> named_place(const LedgerArguments& arguments) {
  return arguments.where.empty() ? only_pipeline_here() : arguments.where;
}

namespace {

Result<Connection> connection_of(const LedgerArguments& arguments) {
  INGOT_ASSIGN(const std::string where, named_place(arguments));
  const bool exists = std::filesystem::exists(where);
  if (!exists && where.find(':') != std::string::npos) {
    INGOT_ASSIGN(Connection connection, spec::parse_connection(where, std::filesystem::current_path().string()));
    const std::string file = spec::ledger_file(connection);
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

}  // namespace

Result<uint64_t> run_number(const std::string& text) {
  const std::string digits = !text.empty() && text.front() == 'r' ? text.substr(1) : text;
  if (digits.empty() || digits.size() > 18 || digits.find_first_not_of("0123456789") != std::string::npos) {
    return fail(Code::usage, fmt::format("not a run: \"{}\"", text),
                "runs are called r1, r2, …; ingot runs lists them");
  }
  return std::stoull(digits);
}

Result<OpenLedger> open_ledger(const LedgerArguments& arguments, LedgerUse use) {
  INGOT_ASSIGN(const Connection connection, connection_of(arguments));
  INGOT_ASSIGN(auto temp_dir, TempDir::make(""));
  Resources resources;
  resources.temp_dir = temp_dir.path();
  INGOT_ASSIGN(auto engine, EngineDatabase::open(resources));
  OpenLedger out{std::move(temp_dir), std::move(engine), nullptr, false};
  const TargetOptions options{out.temp_dir.path(), resources.memory_bytes};
  const std::string file = spec::ledger_file(connection);
  const bool missing = !file.empty() && !std::filesystem::exists(file);
  const bool read_only = use == LedgerUse::read || missing;
  INGOT_ASSIGN(out.target, open_target(connection, out.engine->load(), options, read_only));
  INGOT_ASSIGN(out.exists, out.ledger().exists());
  return out;
}

Error no_such_run(uint64_t run, const Target& target) {
  return {Code::not_found, fmt::format("no run r{} in {}", run, target.describe()), "ingot runs lists them", {}};
}

}  // namespace ingot
