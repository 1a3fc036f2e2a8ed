#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "spec/interpolate.h"
#include "spec/yaml.h"

namespace ingot::spec {

/// One reading of a pipeline: collects what is wrong, and knows which folder a relative path in a value starts from.
class Reading {
 public:
  Reading(std::string pipeline_file, std::string pipeline_dir)
      : pipeline_file_(std::move(pipeline_file)), pipeline_dir_(std::move(pipeline_dir)) {}

  /// Makes ingot.yaml's folder and variables known.
  void use_project(std::string file, std::string dir, Variables vars) {
    project_file_ = std::move(file);
    project_dir_ = std::move(dir);
    vars_ = std::move(vars);
  }

  void wrong(const Place& where, std::string message, std::string hint = {}) {
    errors_.push_back(Error{Code::invalid_pipeline, std::move(message), std::move(hint), where});
  }
  /// Takes over an error of a parser that knows no places.
  void wrong(const Place& where, Error error) {
    error.where = where;
    errors_.push_back(std::move(error));
  }

  /// Takes over an error about a value; one that was interpolated is shown as it stood in the file, as `WHAT: TEXT`.
  void wrong_value(const Node& value, std::string_view what, Error error) {
    if (!value.written.empty()) error = Error{error.code, std::string(what) + ": " + value.written, {}, {}};
    wrong(value.where, std::move(error));
  }

  /// Replaces `${…}` in a scalar. Returns whether that went well; what did not is reported.
  bool interpolate(Node& scalar) { return vars_.apply(scalar, folder_of(scalar), errors_); }

  /// Returns the folder of the file that the value stands in (of the pipeline, for `--set`), absolute.
  const std::string& folder_of(const Node& node) const { return is_of_project(node) ? project_dir_ : pipeline_dir_; }
  /// Does the value stand in ingot.yaml?
  bool is_of_project(const Node& node) const { return !project_file_.empty() && node.where.file == project_file_; }

  /// Takes note that a key was written which most likely means `name`: then `name` is not said to be missing as well.
  void note_misspelt(std::string name) { misspelt_.push_back(std::move(name)); }
  bool is_misspelt(std::string_view name) const {
    return std::find(misspelt_.begin(), misspelt_.end(), name) != misspelt_.end();
  }

  Place top() const { return Place{pipeline_file_, 1, 1}; }
  const std::string& pipeline_file() const { return pipeline_file_; }
  const std::string& pipeline_dir() const { return pipeline_dir_; }
  std::vector<Error>& errors() { return errors_; }

 private:
  std::string pipeline_file_;
  std::string pipeline_dir_;
  std::string project_file_;
  std::string project_dir_;
  Variables vars_;
  std::vector<Error> errors_;
  std::vector<std::string> misspelt_;
};

/// Returns `did you mean "NEAREST"?`, or `valid: a, b` where nothing is near and the names are few; else nothing.
std::string nearest_hint(std::string_view given, const std::vector<std::string>& valid);

}  // namespace ingot::spec
