#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "cli/ad_hoc_pipeline.h"
#include "cli/commands.h"
#include "cli/json_text.h"
#include "cli/render.h"
#include "cli/stop_signal.h"
#include "engine/sample.h"
#include "types/exact.h"

namespace ingot {

namespace {

namespace fs = std::filesystem;

constexpr size_t kWidestCell = 30;  // characters
constexpr size_t kTextShown = 100;  // bytes of a reject's line
constexpr auto kWatchEvery = std::chrono::milliseconds(300);

bool is_pipeline_file(const std::string& file) { return file.ends_with(".yaml") || file.ends_with(".yml"); }

PipelineOrErrors read(const PreviewArguments& arguments, const std::vector<Override>& overrides) {
  const std::string& file = arguments.files.front();
  if (is_pipeline_file(file)) return load_pipeline(file, overrides, arguments.environment);
  AdHocPipeline described;
  described.name = "preview";
  described.paths = {file};
  if (const Status good = describe_reading(described, arguments); !good)
    return tl::unexpected(std::vector<Error>{good.error()});
  return parse_pipeline(described.yaml(nullptr), "command line", overrides, arguments.environment);
}

std::string cell(const std::optional<std::string>& value) {
  if (!value) return "NULL";
  std::string text = printable(*value, kWidestCell * 4);
  size_t bytes = 0;
  for (size_t chars = 0; bytes < text.size(); ++bytes) {
    if ((static_cast<unsigned char>(text[bytes]) & 0xc0) != 0x80 && chars++ == kWidestCell) {
      text.resize(bytes);
      return text + "…";
    }
  }
  return text;
}

std::string padded(const std::string& text, uint64_t width) {
  const uint64_t chars = exact::count_chars(text);
  return text + std::string(width > chars ? width - chars : 0, ' ');
}

std::string trimmed(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

void print_table(const Sample& sample, size_t table) {
  std::vector<std::vector<std::string>> lines(2);
  for (const ColumnSpec& column : sample.pipeline.tables[table].columns) {
    lines[0].push_back(cell(column.name));
    lines[1].push_back(sql_name(column.type));
  }
  for (const Sample::Row& row : sample.rows) {
    if (row.table != table) continue;
    lines.emplace_back();
    for (const auto& value : row.values) lines.back().push_back(cell(value));
  }
  if (sample.pipeline.routed) fmt::print("table {}\n", sample.pipeline.tables[table].name);
  if (lines.size() == 2) return fmt::print("  no rows among the first\n");
  for (const auto& line : lines) {
    std::string text;
    for (size_t c = 0; c < line.size(); ++c) {
      uint64_t width = 0;
      for (const auto& other : lines) width = std::max(width, exact::count_chars(other[c]));
      text += "  " + padded(line[c], width);
    }
    fmt::print("{}\n", trimmed(text));
  }
}

// The line, and below it what marks the offending text.
void print_marked(const SampleReject& reject) {
  const size_t at = reject.column > 0 ? reject.column - 1 : std::string::npos;
  if (reject.text.empty()) return;
  if (at >= reject.text.size()) return fmt::print("      {}\n", printable(reject.text, kTextShown));
  // What stands before the place is shortened, too, where it is long.
  const size_t begin = at > kTextShown / 2 ? at - kTextShown / 2 : 0;
  const std::string before = (begin > 0 ? "…" : "") + printable(reject.text.substr(begin, at - begin), kTextShown);
  // A quoted field is named without its quotes.
  const size_t quotes = reject.text.compare(at + 1, reject.detail.size(), reject.detail) == 0 ? 2 : 0;
  const size_t size = std::clamp<size_t>(reject.detail.size() + quotes, 1, reject.text.size() - at);
  const std::string marked = printable(reject.text.substr(at, size), kTextShown);
  const std::string after = printable(reject.text.substr(at + size), kTextShown / 2);
  std::string carets;
  for (uint64_t i = 0; i < std::max<uint64_t>(exact::count_chars(marked), 1); ++i) carets += '^';
  fmt::print("      {}{}{}\n      {}{}\n", before, marked, after, std::string(exact::count_chars(before), ' '), carets);
}

void print_sample(const Sample& sample) {
  if (sample.contract) fmt::print("{}", infer::commented_columns(*sample.contract->inferred));
  for (size_t t = 0; t < sample.pipeline.tables.size(); ++t) print_table(sample, t);
  std::string sum = fmt::format("{} read = {} rows", grouped(sample.read), grouped(sample.placed));
  if (sample.filtered > 0) sum += fmt::format(" + {} filtered", grouped(sample.filtered));
  if (sample.rejected > 0) sum += fmt::format(" + {} rejected", grouped(sample.rejected));
  fmt::print("{}; nothing was written\n", sum);
  for (const SampleReject& reject : sample.rejects) {
    fmt::print("  {}:{}{}  {}{}{}\n", reject.unit, reject.line,
               reject.column > 0 ? fmt::format(":{}", reject.column) : "", reject.field,
               reject.field.empty() ? "" : "  ", reject.code);
    print_marked(reject);
  }
  if (sample.rejected > sample.rejects.size())
    fmt::print("  … and {} more\n", grouped(sample.rejected - sample.rejects.size()));
}

void print_json(const Sample& sample) {
  nlohmann::ordered_json json = {{"event", "preview"},
                                 {"pipeline", sample.pipeline.name},
                                 {"read", sample.read},
                                 {"rows", sample.placed},
                                 {"filtered", sample.filtered},
                                 {"rejected", sample.rejected},
                                 {"columns", sample.contract ? "inferred" : "declared"}};
  json["tables"] = nlohmann::ordered_json::array();
  for (size_t t = 0; t < sample.pipeline.tables.size(); ++t) {
    nlohmann::ordered_json table = {{"name", sample.pipeline.tables[t].name}};
    for (const ColumnSpec& column : sample.pipeline.tables[t].columns)
      table["columns"].push_back({{"name", column.name}, {"type", sql_name(column.type)}});
    table["sample"] = nlohmann::ordered_json::array();
    for (const Sample::Row& row : sample.rows) {
      if (row.table != t) continue;
      nlohmann::ordered_json values = nlohmann::ordered_json::array();
      for (const auto& value : row.values) values.push_back(value ? nlohmann::ordered_json(*value) : nullptr);
      table["sample"].push_back(std::move(values));
    }
    json["tables"].push_back(std::move(table));
  }
  json["rejects"] = nlohmann::ordered_json::array();
  for (const SampleReject& reject : sample.rejects) {
    json["rejects"].push_back({{"unit", reject.unit},
                               {"line", reject.line},
                               {"column", reject.column},
                               {"field", reject.field},
                               {"code", reject.code},
                               {"detail", reject.detail},
                               {"text", reject.text}});
  }
  print_json_line(json);
}

int show_once(const PreviewArguments& arguments, const std::vector<Override>& overrides,
              const std::atomic<bool>& cancelled) {
  const auto temp_dir = TempDir::make(arguments.temp_dir);
  if (!temp_dir) return report_error(temp_dir.error(), arguments.json);
  const auto options = run_options(arguments, temp_dir->path());
  if (!options) return report_error(options.error(), arguments.json);
  const auto refuse = [&](const std::vector<Error>& errors) {
    for (const Error& error : errors) report_error(error, arguments.json);
    return describe(errors.front().code).exit_code;
  };
  auto pipeline = read(arguments, overrides);
  if (!pipeline) return refuse(pipeline.error());
  SampleOptions wanted;
  wanted.resources = options->resources;
  wanted.rows = wanted.rejects = arguments.rows;
  wanted.record_limit = options->record_limit;
  wanted.flatten = arguments.flatten;
  const auto sample = take_sample(std::move(*pipeline), wanted, cancelled);
  if (!sample) return refuse(sample.error());
  if (arguments.json) {
    print_json(*sample);
  } else {
    print_sample(*sample);
  }
  return 0;
}

fs::file_time_type changed_at(const std::string& file) {
  std::error_code gone;
  return fs::last_write_time(file, gone);
}

}  // namespace

int preview_command(const PreviewArguments& arguments) {
  const auto overrides = parse_overrides(arguments.sets);
  if (!overrides) return report_error(overrides.error(), arguments.json);
  std::atomic<bool> cancelled{false};
  StopSignal stop([&] { cancelled = true; });
  if (!arguments.watch) return show_once(arguments, *overrides, cancelled);
  const std::string& file = arguments.files.front();
  while (!cancelled) {
    const auto seen = changed_at(file);
    if (!arguments.json) fmt::print("\x1b[2J\x1b[H{}\n", file);
    (void)show_once(arguments, *overrides, cancelled);
    std::fflush(stdout);
    while (!cancelled && changed_at(file) == seen) std::this_thread::sleep_for(kWatchEvery);
  }
  return 0;
}

}  // namespace ingot
