#include <fmt/format.h>

#include <algorithm>

#include "cli/commands.h"
#include "cli/json_text.h"
#include "cli/render.h"
#include "core/byte_count.h"
#include "core/names.h"
#include "spec/connection.h"

namespace ingot {

namespace {

constexpr size_t kUnitsShown = 20;
constexpr const char* kFileFormats[] = {"Parquet", "CSV", "NDJSON"};  // by FileFormat

const char* when_text(const ModelPreview& model, bool loads) {
  if (!model.exists) return "will be created";
  if (model.due) return "will be built";
  return loads && model.materialized != "view" ? "follows what is loaded" : "up to date";
}

void print_models(const Runner::Preview& preview) {
  for (const ModelPreview& model : preview.models) {
    fmt::print("  model {}: {} ({})\n", model.name, model.materialized, when_text(model, !preview.plan.units.empty()));
    for (const std::string& statement : model.ddl) fmt::print("    {}\n", statement);
  }
}

// About so many: each part ends with a whole record.
uint64_t parts_of(const BatchUnit& unit) {
  return unit.part_bytes > 0 ? (unit.bytes_left() + unit.part_bytes - 1) / unit.part_bytes : 1;
}

std::string parts_text(const BatchUnit& unit) {
  std::string text;
  if (unit.start.byte > 0) text += fmt::format(", loaded up to byte {}", grouped(unit.start.byte));
  if (parts_of(unit) > 1)
    text += fmt::format(", about {} parts of {}", grouped(parts_of(unit)), byte_count_text(unit.part_bytes));
  return text;
}

// Of a folder's tables: the statements are those of its ledger, and say nothing to its readers.
std::string folder_line(const Pipeline& pipeline, const TableSpec& table, const TableShape& shape) {
  std::string columns;
  for (const ColumnSpec& column : table.columns)
    columns += fmt::format("{}{} {}{}", columns.empty() ? "" : ", ", column.name, sql_name(column.type),
                           column.required ? " not null" : "");
  std::string parts;
  for (const std::string& name : table.partition_by) parts += (parts.empty() ? ", by " : ", ") + name;
  return fmt::format("folder {}/{} of {} files{}: {}", spec::files_folder(pipeline.connection), shape.name.table,
                     kFileFormats[static_cast<size_t>(table.file.format)], parts, columns);
}

std::vector<std::string> what_is_made(const Pipeline& pipeline, const Runner::Preview& preview) {
  if (pipeline.connection.kind != Connection::Kind::files) return preview.plan.ddl;
  std::vector<std::string> lines;
  for (size_t t = 0; t < preview.shapes.size(); ++t)
    if (!preview.shapes[t].exists) lines.push_back(folder_line(pipeline, pipeline.tables[t], preview.shapes[t]));
  return lines;
}

void print_plan(const Pipeline& pipeline, const Runner::Preview& preview) {
  const RunPlan& plan = preview.plan;
  fmt::print("{} → {}\n", pipeline.name, preview.target);
  for (size_t t = 0; t < preview.shapes.size(); ++t) {
    const TableShape& shape = preview.shapes[t];
    const TableSpec& spec = pipeline.tables[t];
    std::string key;
    for (const std::string& column : spec.key) key += (key.empty() ? " by " : ", ") + column;
    if (!spec.order_by.empty()) key += ", the latest by " + spec.order_by;
    const std::string what = spec.child ? fmt::format("a row for each of {}, child of {}", path_text(spec.child->each),
                                                      preview.shapes[spec.child->parent].name.text())
                                        : std::string(rules_of(spec.mode).name);
    fmt::print("  table {}: {}{}{}\n", shape.name.text(), what, key, shape.exists ? "" : " (will be created)");
    if ((plan.refresh || spec.clears()) && shape.exists && !plan.units.empty())
      fmt::print("    its rows are deleted, and those of all files inserted, in one transaction\n");
    if (rules_of(spec.mode).partitions && shape.exists && !plan.units.empty())
      fmt::print("    the partitions ({}) that the files have rows of are replaced\n", join_names(spec.partition_by));
  }
  if (plan.compare_first) {
    fmt::print(
        "  unchanged: fetch, where the table is not much larger than the files: it is read first, and only what is "
        "new or different is sent\n");
  }
  if (preview.connections > 1)
    fmt::print("  connections: up to {} load at a time, and commit one after the other\n", preview.connections);
  if (pipeline.from.overwritten == Overwritten::replace_rows)
    fmt::print("  overwritten: rows that one of these files brought before are deleted as it is loaded\n");
  if (pipeline.max_rows_per_second > 0)
    fmt::print("  at most {} rows a second\n", grouped(pipeline.max_rows_per_second));
  for (const std::string& statement : what_is_made(pipeline, preview)) fmt::print("    {}\n", statement);
  const bool creates =
      std::any_of(preview.shapes.begin(), preview.shapes.end(), [](const auto& s) { return !s.exists; });
  if (!plan.ddl.empty() && plan.units.empty()) fmt::print("    (with the first rows that are loaded)\n");
  if (creates) fmt::print("{}", known_stay_out(plan.known - plan.same_content_count));
  print_models(preview);
  if (plan.record_limit > 0)
    fmt::print("  --limit: only the first {} of each file's records, which is not known by it\n",
               grouped(plan.record_limit));
  if (plan.resumed)
    fmt::print("  plan {} was not finished: it is completed first, before anything new is looked for\n", plan.plan);
  uint64_t bytes = 0;
  for (const BatchUnit& unit : plan.units) bytes += unit.bytes_left();
  fmt::print("  {} of {} files to load, {}; {} known\n", grouped(plan.units.size()), grouped(plan.listed),
             human_bytes(bytes), grouped(plan.known));
  for (size_t i = 0; i < plan.units.size() && i < kUnitsShown; ++i) {
    fmt::print("    {}  {}{}\n", plan.units[i].name, human_bytes(plan.units[i].stamp.size), parts_text(plan.units[i]));
  }
  if (plan.units.size() > kUnitsShown) fmt::print("    … and {} more\n", grouped(plan.units.size() - kUnitsShown));
  fmt::print("{}", missing_line(plan.missing));
  for (size_t i = 0; i < plan.same_content.size() && i < kUnitsShown; ++i)
    fmt::print("  known by its content: {}  (that of {})\n", plan.same_content[i].first, plan.same_content[i].second);
  if (plan.same_content_count > kUnitsShown)
    fmt::print("    … and {} more\n", grouped(plan.same_content_count - kUnitsShown));
}

void print_contract(const Runner& runner) {
  if (!runner.contract()) return;
  if (runner.contract()->inferred) return print_inferred(*runner.contract());
  fmt::print(
      "no columns are declared; those that were inferred before are kept in the ledger (--reinfer infers anew):\n"
      "{}",
      runner.contract()->yaml);
}

const char* origin_of(const Runner& runner) {
  return !runner.contract() ? "declared" : runner.contract()->inferred ? "inferred" : "kept";
}

void print_json(const Runner& runner, const Runner::Preview& preview) {
  const Pipeline& pipeline = runner.pipeline();
  nlohmann::ordered_json json;
  json["event"] = "plan";
  json["pipeline"] = pipeline.name;
  json["target"] = preview.target;
  json["plan"] = preview.plan.plan;
  json["resumed"] = preview.plan.resumed;
  json["refresh"] = preview.plan.refresh;
  json["listed"] = preview.plan.listed;
  json["known"] = preview.plan.known;
  json["missing"] = preview.plan.missing;
  json["same_content"] = preview.plan.same_content;
  json["limit"] =
      preview.plan.record_limit > 0 ? nlohmann::ordered_json(preview.plan.record_limit) : nlohmann::ordered_json();
  json["unchanged"] = preview.plan.compare_first ? "fetch" : "merge";
  json["columns"] = origin_of(runner);
  json["connections"] = preview.connections;
  json["max_rows_per_second"] = pipeline.max_rows_per_second > 0 ? nlohmann::ordered_json(pipeline.max_rows_per_second)
                                                                 : nlohmann::ordered_json();
  json["added"] = added_json(runner.added());
  json["ddl"] = what_is_made(pipeline, preview);
  json["tables"] = nlohmann::ordered_json::array();
  for (size_t t = 0; t < preview.shapes.size(); ++t) {
    json["tables"].push_back({{"name", preview.shapes[t].name.text()},
                              {"exists", preview.shapes[t].exists},
                              {"mode", rules_of(pipeline.tables[t].mode).name},
                              {"key", pipeline.tables[t].key}});
  }
  json["models"] = nlohmann::ordered_json::array();
  for (const ModelPreview& model : preview.models) {
    json["models"].push_back({{"name", model.name},
                              {"materialized", model.materialized},
                              {"exists", model.exists},
                              {"due", model.due},
                              {"ddl", model.ddl}});
  }
  json["units"] = nlohmann::ordered_json::array();
  for (const BatchUnit& unit : preview.plan.units)
    json["units"].push_back(
        {{"name", unit.name}, {"size", unit.stamp.size}, {"from_byte", unit.start.byte}, {"parts", parts_of(unit)}});
  print_json_line(json);
}

int plan_file(const PipelineArguments& arguments, const Prepared& prepared) {
  Runner runner(prepared.pipeline, prepared.options);
  const auto preview = runner.preview();
  const Pipeline& pipeline = runner.pipeline();
  if (!preview) {
    if (runner.mistakes().empty()) return report_error(preview.error(), arguments.json);
    for (const Error& mistake : runner.mistakes()) report_error(mistake, arguments.json);
    return describe(preview.error().code).exit_code;
  }
  if (arguments.json) {
    print_json(runner, *preview);
  } else if (!arguments.quiet) {
    print_contract(runner);
    fmt::print("{}", added_lines(runner.added()));
    print_plan(pipeline, *preview);
  }
  return 0;
}

}  // namespace

int plan_command(const PipelineArguments& arguments) {
  return for_each_file(arguments,
                       [&](const std::string&, const Prepared& prepared) { return plan_file(arguments, prepared); });
}

}  // namespace ingot
