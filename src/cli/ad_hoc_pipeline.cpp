#include "cli/ad_hoc_pipeline.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/url.h"
#include "infer/column_names.h"
#include "source/files/archive_member.h"
#include "source/source.h"

namespace ingot {

namespace {

namespace fs = std::filesystem;

std::string yaml_list(const std::vector<std::string>& texts) {
  if (texts.size() == 1) return infer::yaml_text(texts.front());
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + infer::yaml_text(text);
  return "[" + out + "]";
}

/// `{ a: 1, b: 2 }`, of what is not empty.
class Mapping {
 public:
  void add(std::string_view key, const std::string& value) {
    if (!value.empty()) out_ += fmt::format("{}{}: {}", out_.empty() ? "" : ", ", key, value);
  }
  void add_all(const std::string& options) {
    if (!options.empty()) out_ += (out_.empty() ? "" : ", ") + options;
  }
  bool empty() const { return out_.empty(); }
  std::string text() const { return "{ " + out_ + " }"; }

 private:
  std::string out_;
};

// Files are known by their absolute names: the same file is the same from whatever folder it is loaded.
Result<std::vector<std::string>> absolute_paths(const std::vector<std::string>& files) {
  std::vector<std::string> paths;
  for (const std::string& file : files) {
    if (file == "-" || !scheme_of(file).empty()) {
      paths.push_back(file);
      continue;
    }
    std::error_code error;
    const fs::path path = fs::absolute(file, error).lexically_normal();
    if (error) return fail(Code::source_unreadable, fmt::format("cannot tell where {} is: {}", file, error.message()));
    paths.push_back(path.string());
  }
  return paths;
}

// As YAML: numbers and words stay what they are.
std::string option_value(const std::string& text) {
  const bool number = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  return number || text == "true" || text == "false" ? text : infer::yaml_text(text);
}

// Takes an option out of `a: 1, b: 2`.
std::string without(std::string options, const std::string& option) {
  const std::string key = option + ": ";
  size_t begin = options.starts_with(key) ? 0 : options.find(", " + key);
  if (begin == std::string::npos) return options;
  const size_t end = options.find(", ", begin + key.size() + (begin == 0 ? 0 : 2));
  options.erase(begin, end == std::string::npos ? end : end - begin + (begin == 0 ? 2 : 0));
  return options;
}

std::string quoted_unless_empty(const std::string& text) { return text.empty() ? "" : infer::yaml_text(text); }

}  // namespace

std::string AdHocPipeline::yaml(const infer::Contract* contract) const {
  std::string text;
  if (!name.empty()) text += fmt::format("name: {}\n", infer::yaml_text(name));
  Mapping options;
  options.add("format", format);
  options.add("delimiter", quoted_unless_empty(delimiter));
  options.add("header", header.empty() && contract != nullptr ? contract->header : header);
  if (!nulls.empty()) options.add("null", nulls.size() == 1 ? "[" + yaml_list(nulls) + "]" : yaml_list(nulls));
  options.add("sheet", quoted_unless_empty(sheet));
  for (const std::string& option : from) {
    const size_t equals = option.find('=');
    options.add(option.substr(0, equals), option_value(option.substr(equals + 1)));
  }
  if (contract != nullptr)
    for (const auto& [option, value] : contract->from) options.add(option, value);
  std::string left = kept;
  if (!header.empty()) left = without(left, "header");
  if (!delimiter.empty()) left = without(left, "delimiter");
  for (const std::string& option : from) left = without(left, option.substr(0, option.find('=')));
  options.add_all(left);
  if (options.empty()) {
    text += fmt::format("from: {}\n", yaml_list(paths));
  } else {
    text += fmt::format("from: {{ path: {}, {}\n", yaml_list(paths), options.text().substr(2));
  }
  if (contract != nullptr) text += infer::commented_columns(*contract);
  Mapping to;
  to.add("connection", quoted_unless_empty(connection));
  to.add("table", quoted_unless_empty(table));
  to.add("format", file_format);
  to.add("mode", mode.empty() && !key.empty() ? "upsert" : mode);
  if (!key.empty()) to.add("key", yaml_list(key));
  if (!to.empty()) text += fmt::format("to: {}\n", to.text());
  return text;
}

Status describe_reading(AdHocPipeline& pipeline, const FileArguments& arguments) {
  pipeline.format = arguments.format;
  pipeline.delimiter = arguments.delimiter;
  pipeline.header = arguments.header;
  pipeline.nulls = arguments.nulls;
  pipeline.sheet = arguments.sheet;
  pipeline.from = arguments.from;
  for (const std::string& option : arguments.from) {
    const size_t equals = option.find('=');
    const bool good =
        equals != std::string::npos && equals > 0 && option.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == equals;
    if (!good)
      return fail(Code::usage, fmt::format("--from wants option=value, not \"{}\"", option), "e.g. --from skip=3");
    if (option.starts_with("path=") || option.starts_with("format="))
      return fail(Code::usage, fmt::format("--from does not take this option: \"{}\"", option.substr(0, equals)),
                  "files are named without it, a format by --format");
  }
  return {};
}

Result<std::string> table_for(const std::vector<std::string>& paths) {
  if (paths.size() != 1) {
    return fail(Code::usage, fmt::format("{} files, and no table", paths.size()),
                "say which table they go into: --table NAME; or load them one by one");
  }
  const std::string file = fs::path(path_of_url(paths.front())).filename().string();
  std::string table = infer::column_name(file.substr(0, file.find('.')));
  if (table.empty())
    return fail(Code::usage, fmt::format("no name for a table in \"{}\"", printable_url(paths.front())),
                "give --table NAME");
  return table;
}

std::string pipeline_name_for(const std::string& table) {
  std::string name;
  for (const char c : table) {
    const bool good =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    name += good ? c : '_';
  }
  return name.substr(0, 100);
}

Result<AdHocPipeline> describe_load(FileArguments& arguments) {
  if (arguments.to.empty() && arguments.files.size() > 1 && is_connection_url(arguments.files.back())) {
    arguments.to = arguments.files.back();
    arguments.files.pop_back();
  }
  if (is_connection_url(arguments.files.back())) {
    return fail(Code::usage, arguments.to.empty() ? "a connection, but no file" : "two connections",
                "ingot load FILE… URL");
  }
  AdHocPipeline pipeline;
  pipeline.table = arguments.table;
  if (pipeline.table.empty()) {
    INGOT_ASSIGN(pipeline.table, table_for(arguments.files));
  }
  pipeline.name = pipeline_name_for(pipeline.table);
  if (arguments.format.empty()) INGOT_TRY(name_only_members(arguments.files));
  INGOT_ASSIGN(pipeline.paths, absolute_paths(arguments.files));
  INGOT_TRY(describe_reading(pipeline, arguments));
  pipeline.connection = arguments.to.empty() ? "duckdb:" + pipeline.name + ".duckdb" : arguments.to;
  pipeline.file_format = arguments.file_format;
  pipeline.mode = arguments.mode;
  pipeline.key = arguments.key;
  return pipeline;
}

Status name_only_members(std::vector<std::string>& files) {
  for (std::string& file : files) {
    if (file == "-" || !scheme_of(file).empty() || is_connection_url(file) || !is_archive_name(file)) continue;
    const auto source = make_file_source({file}, "", "");
    INGOT_ASSIGN(const auto units, source->list());
    if (units.size() != 1) continue;  // a pattern
    if (const auto opened = source->open(units.front()); !opened) return fail(opened.error());
    file = units.front().name;
  }
  return {};
}

bool is_connection_url(const std::string& text) {
  const std::string scheme = scheme_of(text);
  if (scheme == "http" || scheme == "https" || scheme == "s3") return false;  // a file
  return text.starts_with("duckdb:") || text.starts_with("file:") || text.find("://") != std::string::npos;
}

}  // namespace ingot
