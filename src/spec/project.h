#pragma once

#include <map>
#include <string>
#include <vector>

#include "spec/reading.h"
#include "spec/yaml.h"

namespace ingot::spec {

/// What ingot.yaml says for one environment.
struct Project {
  std::string file;                         ///< empty: there is none
  std::map<std::string, Node> connections;  ///< mappings with `url`, not interpolated: each is read when it is used
  Node defaults;                            ///< a mapping, or null
};

/// Finds ingot.yaml in the pipeline's folder or the nearest one above it (up to the root of the git repository, at most
/// five folders), reads it, and makes its variables known to `reading`. An empty `environment` is `dev`, which need not
/// be declared.
Project load_project(const std::string& environment, Reading& reading);

/// Puts the project's defaults where the pipeline says nothing.
void apply_defaults(Node& pipeline, const Project& project);

/// Reads a whole file of at most `kMaxYamlBytes`. Errors: not_found, source_unreadable, invalid_pipeline.
Result<std::string> read_yaml_file(const std::string& file);

}  // namespace ingot::spec
