#include "spec/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <tuple>

#include "core/names.h"
#include "core/table_name.h"
#include "spec/connection.h"
#include "spec/drift.h"
#include "spec/options.h"
#include "spec/override.h"
#include "spec/project.h"
#include "spec/s3_source.h"
#include "spec/sections.h"

namespace ingot {

namespace spec {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxPostgresName = 63;  // bytes; the server cuts longer names in silence

std::string as_name(std::string text) {
  for (char& c : text) {
    const bool good =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!good) c = '_';
  }
  return text;
}

std::string read_name(Node& root, Reading& reading) {
  const Node* node = value_of(root, "name");
  const std::string name = node != nullptr ? node->text : fs::path(reading.pipeline_file()).stem().string();
  if (!name.empty() && name == as_name(name) && name.size() <= 100) return name;
  const Place where = node != nullptr ? node->where : reading.top();
  reading.wrong(where,
                fmt::format("a pipeline's name has only letters, digits, _ and -: \"{}\"",
                            node != nullptr ? node->shown() : name),
                fmt::format("write name: {}",
                            node == nullptr || node->written.empty() ? as_name(name).substr(0, 100) : "orders"));
  return name;
}

void check_postgres_names(const Pipeline& pipeline, Reading& reading) {
  const std::string message = fmt::format("name too long for Postgres, limit in bytes: {}", kMaxPostgresName);
  const std::string hint = "the server would cut it";
  const auto check = [&](const auto& table) {
    const auto name = parse_table_name(table.name);
    if (name && std::max(name->schema.size(), name->table.size()) > kMaxPostgresName) {
      reading.wrong(table.where, message, hint);
    }
    for (const auto& column : table.columns) {
      if (column.name.size() > kMaxPostgresName) reading.wrong(column.where, message, hint);
    }
  };
  for (const TableSpec& table : pipeline.tables) check(table);
  for (const ModelSpec& model : pipeline.models) check(model);
}

Pipeline read_pipeline(Node& root, const Project& project, Reading& reading) {
  Pipeline pipeline;
  pipeline.file = reading.pipeline_file();
  pipeline.base_dir = reading.pipeline_dir();
  if (root.is_scalar() || root.kind == Node::Kind::sequence) {
    reading.wrong(root.where, fmt::format("not a pipeline: \"{}\"", pipeline.file),
                  "a pipeline is a mapping (from: …, columns: …, to: …); ingot load FILE loads a data file");
    return pipeline;
  }
  if (!check_section(root, Section::pipeline, pipeline.file, reading)) return pipeline;
  pipeline.name = read_name(root, reading);
  pipeline.from = read_from(root.find("from"), reading);
  if (Node* from = root.find("from"); from != nullptr && from->is_mapping())
    read_s3_source(*from, project, pipeline.from.paths, pipeline.from.remote, reading);
  if (const Node* where = value_of(root, "where")) pipeline.where = Expression{where->text, where->where};
  pipeline.max_rejects = read_reject_limit(value_of(root, "max_rejects"), reading);
  read_targets(root, project, pipeline, reading);
  read_drift(root, pipeline, reading);
  read_overwritten(root, pipeline, reading);
  read_models(root, pipeline, reading);
  if (pipeline.connection.kind == Connection::Kind::postgres) check_postgres_names(pipeline, reading);
  return pipeline;
}

std::optional<double> parse_percentage(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  double percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size() || !(percent >= 0 && percent <= 100))
    return std::nullopt;
  return percent / 100;
}

std::optional<uint64_t> parse_count(std::string_view text) {
  uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return count;
}

void set_rate(RejectLimit& limit, double rate) {
  limit.rate = rate;
  if (rate == 0) limit.floor = 0;
}

std::vector<Error> sorted(std::vector<Error> errors) {
  std::stable_sort(errors.begin(), errors.end(), [](const Error& a, const Error& b) {
    const Place none;
    const Place& left = a.where ? *a.where : none;
    const Place& right = b.where ? *b.where : none;
    return std::tie(left.file, left.line, left.column) < std::tie(right.file, right.line, right.column);
  });
  return errors;
}

}  // namespace

RejectLimit read_reject_limit(Node* node, Reading& reading) {
  RejectLimit limit{std::nullopt, 0.01, 10};
  if (node == nullptr) return limit;
  if (node->is_scalar()) {
    limit.rate.reset();
    if (const auto rate = parse_percentage(node->text)) {
      set_rate(limit, *rate);
    } else if (const auto count = parse_count(node->text)) {
      limit.count = *count;
    } else {
      reading.wrong(node->where, fmt::format("not a limit of rejects: \"{}\"", node->shown()),
                    "write a count such as 10, or a percentage such as 1%");
    }
    return limit;
  }
  if (!check_section(*node, Section::max_rejects, "max_rejects", reading)) return limit;
  if (node->entries.empty()) reading.wrong(node->where, "max_rejects without count and rate");
  limit.rate.reset();
  if (const Node* count = value_of(*node, "count")) limit.count = parse_count(count->text);
  if (const Node* rate = value_of(*node, "rate")) {
    if (const auto parsed = parse_percentage(rate->text)) {
      set_rate(limit, *parsed);
    } else {
      reading.wrong(rate->where, fmt::format("not a percentage: \"{}\"", rate->shown()),
                    "write a percentage such as 1%");
    }
  }
  return limit;
}

}  // namespace spec

bool compares(const Pipeline& pipeline) {
  return std::any_of(pipeline.tables.begin(), pipeline.tables.end(), [](const TableSpec& table) {
    return rules_of(table.mode).compares() && table.order_by.empty() && !table.has_children;
  });
}

bool replaces(const Pipeline& pipeline) {
  return std::any_of(pipeline.tables.begin(), pipeline.tables.end(),
                     [](const TableSpec& table) { return rules_of(table.mode).replaces; });
}

PipelineOrErrors load_pipeline(const std::string& file, const std::vector<Override>& overrides,
                               const std::string& environment) {
  auto text = spec::read_yaml_file(file);
  if (!text) return tl::unexpected(std::vector<Error>{text.error()});
  if (std::filesystem::path(file).filename() == "ingot.yaml") {
    return tl::unexpected(std::vector<Error>{Error{Code::usage, fmt::format("a project, not a pipeline: \"{}\"", file),
                                                   "name a pipeline's file", std::nullopt}});
  }
  return parse_pipeline(*text, file, overrides, environment);
}

namespace {

// Adds what the pipeline does not say itself; the contract's places name it.
void merge_contract(spec::Node& root, const std::string& contract, std::vector<Error>& errors) {
  spec::Node added = spec::parse_yaml(contract, "inferred columns", errors);
  for (spec::Entry& entry : added.entries) {
    spec::Node* there = root.find(entry.key.text);
    if (there == nullptr) {
      root.entries.push_back(std::move(entry));
      continue;
    }
    if (entry.key.text == "from") spec::expand_from(*there);
    if (!there->is_mapping()) continue;
    std::set<std::string> known;
    for (const spec::Entry& inner : there->entries) known.insert(folded_name(inner.key.text));
    for (spec::Entry& inner : entry.value.entries) {
      if (!known.contains(folded_name(inner.key.text))) there->entries.push_back(std::move(inner));
    }
  }
}

PipelineOrErrors parse_with(const PipelineText& source, const std::string* contract) {
  const std::string& file = source.file;
  std::error_code unknown_folder;  // a working directory that was removed: paths then stay relative
  const auto absolute = std::filesystem::absolute(file, unknown_folder).lexically_normal();
  spec::Reading reading(file, absolute.parent_path().string());
  spec::Node root = spec::parse_yaml(source.text, file, reading.errors());
  if (root.kind == spec::Node::Kind::null && !reading.errors().empty()) return tl::unexpected(reading.errors());

  for (const Override& change : source.overrides) spec::apply_override(root, change, reading.errors());
  const spec::Project project = spec::load_project(source.environment, reading);
  if (root.is_mapping()) spec::apply_defaults(root, project);
  if (contract != nullptr) merge_contract(root, *contract, reading.errors());
  Pipeline pipeline = spec::read_pipeline(root, project, reading);
  if (pipeline.from.format == FormatKind::fixed && !pipeline.routed && root.find("columns") == nullptr)
    reading.wrong(reading.top(), "missing key: \"columns\"",
                  "where fields of fixed width stand nobody can tell: declare each, with at: [FIRST, LENGTH]");
  if (!reading.errors().empty()) return tl::unexpected(spec::sorted(std::move(reading.errors())));
  if (!pipeline.routed && root.find("columns") == nullptr)
    pipeline.undeclared = std::make_shared<const PipelineText>(source);
  if (pipeline.drift == Drift::add) pipeline.growing = std::make_shared<const PipelineText>(source);
  pipeline.hash = spec::pipeline_hash(pipeline);
  return pipeline;
}

}  // namespace

PipelineOrErrors parse_pipeline(std::string_view text, const std::string& file, const std::vector<Override>& overrides,
                                const std::string& environment) {
  return parse_with({std::string(text), file, overrides, environment}, nullptr);
}

PipelineOrErrors with_contract(const Pipeline& pipeline, const std::string& contract) {
  return parse_with(pipeline.undeclared ? *pipeline.undeclared : *pipeline.growing, &contract);
}

}  // namespace ingot
