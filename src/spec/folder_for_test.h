#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "spec/pipeline.h"

namespace ingot::spec {

/// A folder of its own for one test, deleted at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "ingot-spec-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }
  std::string write(const std::string& name, const std::string& text) const {
    const auto file = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file.string();
  }
  /// Takes the folder's path out of a text, so that it can be compared.
  std::string without_path(std::string text) const {
    for (size_t at = text.find(path_ + "/"); at != std::string::npos; at = text.find(path_ + "/")) {
      text.erase(at, path_.size() + 1);
    }
    return text;
  }
  /// Loads `name` and returns its errors as they are printed, one after the other; "" if there are none.
  std::string errors(const std::string& name, const std::vector<Override>& overrides = {},
                     const std::string& environment = "") const {
    const auto pipeline = load_pipeline(path_ + "/" + name, overrides, environment);
    std::string out;
    if (!pipeline) {
      for (const Error& error : pipeline.error()) out += error.to_string() + "\n";
    }
    return without_path(out);
  }
  /// Loads `name`, which must be right.
  Pipeline load(const std::string& name, const std::vector<Override>& overrides = {},
                const std::string& environment = "") const {
    auto pipeline = load_pipeline(path_ + "/" + name, overrides, environment);
    EXPECT_TRUE(pipeline.has_value()) << errors(name, overrides, environment);
    return pipeline ? *pipeline : Pipeline{};
  }

 private:
  std::string path_;
};

/// An environment variable for the time of a test.
class EnvironmentVariable {
 public:
  EnvironmentVariable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~EnvironmentVariable() { ::unsetenv(name_); }
  EnvironmentVariable(const EnvironmentVariable&) = delete;
  EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;

 private:
  const char* name_;
};

}  // namespace ingot::spec
