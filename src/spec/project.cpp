#include "spec/project.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "core/names.h"
#include "spec/options.h"
#include "spec/s3_source.h"

namespace ingot::spec {

namespace {

namespace fs = std::filesystem;

constexpr int kMaxFoldersUp = 5;
constexpr size_t kMostFilesLookedAt = 1000;  // for a hint

struct Found {
  std::string file;  ///< as it is shown: relative where the pipeline's file is
  std::string dir;   ///< absolute
};

Found find_project_file(const Reading& reading) {
  fs::path shown = fs::path(reading.pipeline_file()).parent_path();
  fs::path dir = reading.pipeline_dir();
  std::error_code ignored;
  for (int up = 0; up <= kMaxFoldersUp; ++up) {
    if (fs::exists(dir / "ingot.yaml", ignored)) {
      return {(shown / "ingot.yaml").lexically_normal().string(), dir.string()};
    }
    if (fs::exists(dir / ".git", ignored) || dir == dir.parent_path()) break;
    dir = dir.parent_path();
    shown /= "..";
  }
  return {};
}

void expand_connection(Node& connection) {
  if (!connection.is_scalar()) return;
  Node mapping;
  mapping.kind = Node::Kind::mapping;
  mapping.where = connection.where;
  Node key;
  key.kind = Node::Kind::scalar;
  key.text = "url";
  key.where = connection.where;
  mapping.entries.push_back(Entry{std::move(key), std::move(connection)});
  connection = std::move(mapping);
}

/// Reads `connections` and `vars` of ingot.yaml's top, or of one environment, over what is there.
class Layer {
 public:
  Layer(Reading& reading, std::map<std::string, Node>& connections, std::map<std::string, Node>& vars)
      : reading_(reading), connections_(connections), vars_(vars) {}

  void read(Node& section) {
    if (Node* node = value_of(section, "connections")) {
      for (Entry& entry : node->entries) read_connection(entry);
    }
    if (Node* node = value_of(section, "vars")) {
      for (Entry& entry : node->entries) read_var(entry);
    }
  }

 private:
  void read_connection(Entry& entry) {
    expand_connection(entry.value);
    const std::string& name = entry.key.text;
    if (name.empty() || name.find(':') != std::string::npos) {
      reading_.wrong(entry.key.where, fmt::format("not a name for a connection: \"{}\"", name), "a name has no colon");
      return;
    }
    if (!check_section(entry.value, Section::connection, name, reading_, Texts::as_written)) return;
    if (is_s3_connection(entry.value)) {
      if (check_s3_connection(entry.value, name, reading_)) connections_[name] = entry.value;
      return;
    }
    if (entry.value.find("url") == nullptr) {
      reading_.wrong(entry.key.where, fmt::format("connection without url: \"{}\"", name));
      return;
    }
    connections_[name] = entry.value;
  }

  void read_var(Entry& entry) {
    if (!entry.value.is_scalar()) {
      reading_.wrong(entry.value.where, fmt::format("expected text for the variable: \"{}\"", entry.key.text));
      return;
    }
    vars_[entry.key.text] = entry.value;
  }

  Reading& reading_;
  std::map<std::string, Node>& connections_;
  std::map<std::string, Node>& vars_;
};

void refuse_environment(const std::string& name, const std::vector<std::string>& declared, const Place& where,
                        Reading& reading) {
  std::string hint = declared.empty() ? "environments are declared in ingot.yaml" : nearest_hint(name, declared);
  reading.errors().push_back(
      Error{Code::usage, fmt::format("unknown environment: \"{}\"", name), std::move(hint), where});
}

// Names of the YAML files in a folder; one that cannot be read has none.
std::vector<std::string> yaml_files_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator it(folder.empty() ? "." : folder, error);
  for (; !error && it != fs::directory_iterator() && names.size() < kMostFilesLookedAt; it.increment(error)) {
    const fs::path name = it->path().filename();
    if (name.extension() == ".yaml" || name.extension() == ".yml") names.push_back(name.string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string hint_of_missing(const fs::path& file) {
  const fs::path folder = file.parent_path();
  const std::string near = nearest_name(file.filename().string(), yaml_files_in(folder));
  return near.empty() ? "" : fmt::format("did you mean {}?", (folder / near).string());
}

}  // namespace

Result<std::string> read_yaml_file(const std::string& file) {
  std::error_code error;
  const auto status = fs::status(file, error);
  if (!fs::exists(status))
    return fail(Code::not_found, fmt::format("no such file: \"{}\"", file), hint_of_missing(file));
  if (fs::is_directory(status))
    return fail(Code::invalid_pipeline, fmt::format("a folder, not a pipeline: \"{}\"", file));
  std::ifstream in(file, std::ios::binary);
  std::string text(kMaxYamlBytes + 1, '\0');  // one more than allowed: parse_yaml refuses it
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in && !in.eof()) return fail(Code::source_unreadable, fmt::format("cannot read file: \"{}\"", file));
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

Project load_project(const std::string& environment, Reading& reading) {
  Project project;
  const std::string name = environment.empty() ? "dev" : environment;
  const Found found = find_project_file(reading);
  if (found.file.empty()) {
    if (name != "dev") refuse_environment(name, {}, Place{"--env", 0, 0}, reading);
    return project;
  }
  project.file = found.file;
  auto text = read_yaml_file((fs::path(found.dir) / "ingot.yaml").string());
  if (!text) {
    reading.wrong(Place{found.file, 0, 0}, text.error());
    return project;
  }
  const size_t known = reading.errors().size();
  Node root = parse_yaml(*text, found.file, reading.errors());
  if (root.kind == Node::Kind::null && reading.errors().size() > known) return project;
  reading.use_project(found.file, found.dir, {});
  if (!check_section(root, Section::project, "ingot.yaml", reading, Texts::as_written)) return project;

  std::map<std::string, Node> vars;
  Layer layer(reading, project.connections, vars);
  layer.read(root);
  std::vector<std::string> declared;
  bool chosen = name == "dev";
  if (Node* environments = value_of(root, "environments")) {
    for (Entry& entry : environments->entries) {
      declared.push_back(entry.key.text);
      if (!check_section(entry.value, Section::environment, entry.key.text, reading, Texts::as_written)) continue;
      std::map<std::string, Node> other_connections, other_vars;  // checked all the same
      const bool wanted = entry.key.text == name;
      chosen = chosen || wanted;
      (wanted ? layer : Layer(reading, other_connections, other_vars)).read(entry.value);
    }
  }
  if (!chosen) refuse_environment(name, declared, Place{"--env", 0, 0}, reading);
  reading.use_project(found.file, found.dir, Variables(std::move(vars), found.dir));
  if (Node* defaults = value_of(root, "defaults")) {
    if (check_section(*defaults, Section::defaults, "defaults", reading)) project.defaults = *defaults;
  }
  return project;
}

void apply_defaults(Node& pipeline, const Project& project) {
  const auto put = [](Node& mapping, const Entry& entry) {
    if (mapping.find(entry.key.text) == nullptr) mapping.entries.push_back(entry);
  };
  for (const Entry& entry : project.defaults.entries) {
    if (entry.value.kind == Node::Kind::null) continue;
    const std::string& name = entry.key.text;
    if (name == "max_rejects" || (name == "unmatched" && pipeline.find("tables") != nullptr)) put(pipeline, entry);
    if (name != "connection" && name != "commit" && name != "keep") continue;
    if (pipeline.find("to") == nullptr) {
      Node to;
      to.kind = Node::Kind::mapping;
      to.where = pipeline.where;
      Node key;
      key.kind = Node::Kind::scalar;
      key.text = "to";
      key.where = to.where;
      pipeline.entries.push_back(Entry{std::move(key), std::move(to)});
    }
    Node* to = pipeline.find("to");
    if (to->is_mapping()) put(*to, entry);
  }
}

}  // namespace ingot::spec
