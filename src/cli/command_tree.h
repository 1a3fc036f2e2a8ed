#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace ingot {

/// A command of the program with what may stand after it, as the parser knows it.
struct CommandInfo {
  struct Option {
    std::vector<std::string> names;  ///< `--json`; with a short one before it: `-h`, `--help`
    std::string value;               ///< `BYTES`; "" = a flag
    std::string doc;
  };
  std::string path;  ///< `rejects list`; "" = the program itself
  std::string doc;
  std::vector<std::string> positionals;      ///< `FILE`, `FILE|URL`, …
  std::vector<std::string> positional_docs;  ///< beside positionals
  std::vector<Option> options;
  std::vector<CommandInfo> commands;  ///< below this one

  bool takes_files() const;
  std::string name() const { return path.substr(path.rfind(' ') + 1); }
};

/// Reads the tree of commands out of the parser.
CommandInfo command_tree(const CLI::App& app);

/// Returns the tree's commands, each before those below it.
std::vector<const CommandInfo*> flattened(const CommandInfo& root);

}  // namespace ingot
