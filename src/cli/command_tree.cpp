#include "cli/command_tree.h"

#include <algorithm>

namespace ingot {

namespace {

void add_option(const CLI::Option& option, CommandInfo& out) {
  if (option.get_positional()) {
    out.positionals.push_back(option.get_name());
    out.positional_docs.push_back(option.get_description());
    return;
  }
  CommandInfo::Option info;
  for (const std::string& name : option.get_snames()) info.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) info.names.push_back("--" + name);
  info.value = option.get_items_expected_max() > 0 ? option.get_type_name() : "";
  info.doc = option.get_description();
  out.options.push_back(std::move(info));
}

CommandInfo read(const CLI::App& app, const std::string& path) {
  CommandInfo out;
  out.path = path;
  out.doc = app.get_description();
  for (const CLI::Option* option : app.get_options()) add_option(*option, out);
  for (const CLI::App* command : app.get_subcommands(nullptr))
    out.commands.push_back(read(*command, path.empty() ? command->get_name() : path + " " + command->get_name()));
  return out;
}

void flatten(const CommandInfo& command, std::vector<const CommandInfo*>& out) {
  out.push_back(&command);
  for (const CommandInfo& below : command.commands) flatten(below, out);
}

}  // namespace

bool CommandInfo::takes_files() const {
  return std::any_of(positionals.begin(), positionals.end(),
                     [](const std::string& name) { return name.find("FILE") != std::string::npos; });
}

CommandInfo command_tree(const CLI::App& app) { return read(app, ""); }

std::vector<const CommandInfo*> flattened(const CommandInfo& root) {
  std::vector<const CommandInfo*> out;
  flatten(root, out);
  return out;
}

}  // namespace ingot
