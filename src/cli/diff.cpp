#include <fmt/format.h>

#include <atomic>

#include "cli/ad_hoc_pipeline.h"
#include "cli/commands.h"
#include "cli/json_text.h"
#include "cli/render.h"
#include "cli/stop_signal.h"
#include "core/names.h"
#include "engine/table_diff.h"
#include "transcript/open_source.h"

namespace ingot {

namespace {

constexpr size_t kValueShown = 60;  // bytes

PipelineOrErrors read(DiffArguments& arguments) {
  const auto overrides = parse_overrides(arguments.sets);
  if (!overrides) return tl::unexpected(std::vector<Error>{overrides.error()});
  const std::string& file = arguments.files.front();
  if (file.ends_with(".yaml") || file.ends_with(".yml")) return load_pipeline(file, *overrides, arguments.environment);
  const auto described = describe_load(arguments);
  if (!described) return tl::unexpected(std::vector<Error>{described.error()});
  return parse_pipeline(described->yaml(nullptr), "command line", *overrides, arguments.environment);
}

std::string shown(const std::optional<std::string>& value) {
  return value ? fmt::format("\"{}\"", printable(*value, kValueShown)) : "NULL";
}

std::string key_text(const RowDifference& row, const std::vector<std::string>& key) {
  std::string text;
  for (size_t k = 0; k < key.size(); ++k)
    text += fmt::format("{}{} = {}", k == 0 ? "" : ", ", key[k], shown(row.key[k]));
  return text;
}

void print_rest(uint64_t count, size_t shown) {
  if (count > shown) fmt::print("    … and {} more\n", grouped(count - shown));
}

void print_diff(const Pipeline& pipeline, const TableDiff& diff) {
  const TableSpec& table = pipeline.tables.front();
  const bool keeps = table.mode == Mode::insert_new;
  fmt::print("{} file{} against table {}{}, by {}; nothing was written\n", diff.units, diff.units == 1 ? "" : "s",
             diff.table, diff.exists ? "" : " (which does not exist yet)", join_names(table.key));
  fmt::print("{} read = {} to insert + {} {} + {} the same", grouped(diff.read), grouped(diff.inserted),
             grouped(diff.updated), keeps ? "that differ and stay as they are" : "to update", grouped(diff.unchanged));
  if (diff.filtered > 0) fmt::print(" + {} filtered", grouped(diff.filtered));
  if (diff.duplicate > 0) fmt::print(" + {} of a key repeated", grouped(diff.duplicate));
  if (diff.rejected > 0) fmt::print(" + {} rejected", grouped(diff.rejected));
  fmt::print("\n");
  if (diff.exists) fmt::print("{} other rows of the table are in none of these files\n", grouped(diff.elsewhere));
  for (const RowDifference& row : diff.new_rows) fmt::print("  + {}\n", key_text(row, table.key));
  print_rest(diff.inserted, diff.new_rows.size());
  for (const RowDifference& row : diff.changed_rows) {
    fmt::print("  ~ {}\n", key_text(row, table.key));
    for (const RowDifference::Change& change : row.changes)
      fmt::print("      {}: {} → {}\n", change.column, shown(change.before), shown(change.after));
  }
  print_rest(diff.updated, diff.changed_rows.size());
}

nlohmann::ordered_json value_json(const std::optional<std::string>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

void print_json(const Pipeline& pipeline, const TableDiff& diff) {
  nlohmann::ordered_json json = {{"event", "diff"},
                                 {"pipeline", pipeline.name},
                                 {"table", diff.table},
                                 {"exists", diff.exists},
                                 {"units", diff.units},
                                 {"read", diff.read},
                                 {"inserted", diff.inserted},
                                 {"updated", diff.updated},
                                 {"unchanged", diff.unchanged},
                                 {"filtered", diff.filtered},
                                 {"duplicate", diff.duplicate},
                                 {"rejected", diff.rejected},
                                 {"elsewhere", diff.elsewhere}};
  const auto key_of = [](const RowDifference& row) {
    nlohmann::ordered_json key = nlohmann::ordered_json::array();
    for (const auto& value : row.key) key.push_back(value_json(value));
    return key;
  };
  json["new"] = nlohmann::ordered_json::array();
  for (const RowDifference& row : diff.new_rows) json["new"].push_back(key_of(row));
  json["changed"] = nlohmann::ordered_json::array();
  for (const RowDifference& row : diff.changed_rows) {
    nlohmann::ordered_json changes = nlohmann::ordered_json::object();
    for (const RowDifference::Change& change : row.changes)
      changes[change.column] = {value_json(change.before), value_json(change.after)};
    json["changed"].push_back({{"key", key_of(row)}, {"columns", std::move(changes)}});
  }
  print_json_line(json);
}

// Those that a run would load, or all.
Result<std::vector<BatchUnit>> units_of(const Runner::Preview& preview, const Pipeline& pipeline,
                                        const DiffArguments& arguments, const std::string& temp_dir) {
  if (!arguments.all) return preview.plan.units;
  const auto source = open_source(pipeline.from, pipeline.base_dir, temp_dir);
  INGOT_ASSIGN(const auto listed, source->list());
  std::vector<BatchUnit> units;
  for (const Unit& unit : listed) {
    BatchUnit batch;
    batch.unit = static_cast<uint32_t>(units.size());
    batch.name = unit.name;
    batch.path = unit.path;
    batch.stamp = unit.stamp;
    units.push_back(std::move(batch));
  }
  return units;
}

}  // namespace

int diff_command(DiffArguments arguments) {
  const auto refuse = [&](const std::vector<Error>& errors) {
    for (const Error& error : errors) report_error(error, arguments.json);
    return describe(errors.front().code).exit_code;
  };
  auto pipeline = read(arguments);
  if (!pipeline) return refuse(pipeline.error());
  const auto temp_dir = TempDir::make(arguments.temp_dir);
  if (!temp_dir) return refuse({temp_dir.error()});
  auto options = run_options(arguments, temp_dir->path());
  if (!options) return refuse({options.error()});
  std::vector<BatchUnit> units;
  {
    Runner runner(std::move(*pipeline), *options);
    const auto preview = runner.preview();
    if (!preview) return refuse(runner.mistakes().empty() ? std::vector<Error>{preview.error()} : runner.mistakes());
    pipeline = runner.pipeline();
    auto found = units_of(*preview, *pipeline, arguments, temp_dir->path());
    if (!found) return refuse({found.error()});
    units = std::move(*found);
    if (units.empty() && !arguments.json) {
      fmt::print("nothing new: {} file{} known; --all compares all of them\n", grouped(preview->plan.known),
                 preview->plan.known == 1 ? "" : "s");
      return 0;
    }
  }
  std::atomic<bool> cancelled{false};
  StopSignal stop([&] { cancelled = true; });
  const auto diff = diff_table(*pipeline, units, {options->resources, arguments.rows}, cancelled);
  if (!diff) return refuse({diff.error()});
  if (arguments.json) {
    print_json(*pipeline, *diff);
  } else {
    print_diff(*pipeline, *diff);
  }
  return 0;
}

}  // namespace ingot
