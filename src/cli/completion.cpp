#include "cli/completion.h"

#include <fmt/format.h>

#include <set>

#include "cli/command_tree.h"

namespace ingot {

namespace {

// A text in the shell's single quotes. In fish a backslash would escape the quote after it.
enum class Shell { posix, fish };
std::string in_quotes(std::string_view text, Shell shell = Shell::posix) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') {
      out += shell == Shell::fish ? "\\'" : "'\\''";
    } else {
      if (c == '\\' && shell == Shell::fish) out += '\\';
      out += c;
    }
  }
  return out + "'";
}

// An item of zsh's _describe: `NAME:DOC`.
std::string described(std::string_view name, std::string_view doc) {
  return in_quotes(fmt::format("{}:{}", name, doc));
}

bool is_folder(const CommandInfo::Option& option) { return option.value == "DIR"; }

// The names of all options that take a value, folders or anything else, as alternatives of a `case`.
enum class Value { folder, other };
std::string options_taking(Value value, const CommandInfo& root) {
  std::set<std::string> names;
  for (const CommandInfo* command : flattened(root)) {
    for (const CommandInfo::Option& option : command->options) {
      if (!option.value.empty() && is_folder(option) == (value == Value::folder))
        names.insert(option.names.begin(), option.names.end());
    }
  }
  return fmt::format("{}", fmt::join(names, " | "));
}

std::string command_paths(const CommandInfo& root) {
  std::vector<std::string> paths;
  for (const CommandInfo* command : flattened(root)) {
    if (!command->path.empty()) paths.push_back(fmt::format("\" {}\"", command->path));
  }
  return fmt::format("{}", fmt::join(paths, " | "));
}

// Of the shells with `case`: finds out which command is meant by the words before the one that is being completed.
constexpr std::string_view kFindCommand = R"(  for ((i = {0}; i < {1}; i++)); do
    case "$command ${{{2}[i]}}" in
      {3}) command+=" ${{{2}[i]}}" ;;
    esac
  done
)";

std::string case_of(const CommandInfo& command) {
  return command.path.empty() ? "\"\")" : fmt::format("\" {}\")", command.path);
}

std::string bash_words(const CommandInfo& command) {
  std::vector<std::string> words;
  for (const CommandInfo& below : command.commands) words.push_back(below.name());
  for (const CommandInfo::Option& option : command.options)
    words.insert(words.end(), option.names.begin(), option.names.end());
  return fmt::format("{}", fmt::join(words, " "));
}

std::string zsh_items(const CommandInfo& command) {
  std::string commands, options;
  for (const CommandInfo& below : command.commands) commands += " " + described(below.name(), below.doc);
  for (const CommandInfo::Option& option : command.options) {
    for (const std::string& name : option.names) options += " " + described(name, option.doc);
  }
  return fmt::format("commands=({})\n      options=({})", commands.empty() ? "" : commands.substr(1),
                     options.empty() ? "" : options.substr(1));
}

// `rejects list` is meant where both words were seen; `rejects` alone where none of those below it was.
std::string fish_condition(const CommandInfo& command) {
  std::string out;
  std::string_view path = command.path;
  while (!path.empty()) {
    const size_t end = std::min(path.find(' '), path.size());
    out += fmt::format("{}__fish_seen_subcommand_from {}", out.empty() ? "" : "; and ", path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  if (command.commands.empty()) return out;
  out += out.empty() ? "not __fish_seen_subcommand_from" : "; and not __fish_seen_subcommand_from";
  for (const CommandInfo& below : command.commands) out += " " + below.name();
  return out;
}

std::string fish_option(const CommandInfo::Option& option) {
  std::string out;
  for (const std::string& name : option.names)
    out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (!option.value.empty()) out += " -x";
  if (is_folder(option)) out += " -a '(__fish_complete_directories)'";
  return out + " -d " + in_quotes(option.doc, Shell::fish);
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  const CommandInfo root = command_tree(app);
  std::string out =
      "# Made by: ingot completion bash\n_ingot() {\n  local word=${COMP_WORDS[COMP_CWORD]} command= names= files= i\n";
  out += fmt::format(kFindCommand, 1, "COMP_CWORD", "COMP_WORDS", command_paths(root));
  out += fmt::format(
      "  COMPREPLY=()\n  case ${{COMP_WORDS[COMP_CWORD - 1]}} in\n"
      "    {}) mapfile -t COMPREPLY < <(compgen -d -- \"$word\"); return ;;\n    {}) return ;;\n  esac\n",
      options_taking(Value::folder, root), options_taking(Value::other, root));
  out += "  case $command in\n";
  for (const CommandInfo* command : flattened(root))
    out += fmt::format("    {} names={}{} ;;\n", case_of(*command), in_quotes(bash_words(*command)),
                       command->takes_files() ? " files=yes" : "");
  out += R"(  esac
  mapfile -t COMPREPLY < <(
    compgen -W "$names" -- "$word"
    if [ -n "$files" ]; then
      compgen -f -X '!*.yaml' -- "$word"
      compgen -f -X '!*.yml' -- "$word"
      compgen -d -- "$word"
    fi
  )
}
complete -o filenames -F _ingot ingot
)";
  return out;
}

std::string zsh_completion(const CLI::App& app) {
  const CommandInfo root = command_tree(app);
  std::string out =
      "#compdef ingot\n# Made by: ingot completion zsh\n_ingot() {\n  local command= files= i\n  local -a commands "
      "options\n";
  out += fmt::format(kFindCommand, 2, "CURRENT", "words", command_paths(root));
  out += fmt::format("  case ${{words[CURRENT - 1]}} in\n    {}) _files -/; return ;;\n    {}) return ;;\n  esac\n",
                     options_taking(Value::folder, root), options_taking(Value::other, root));
  out += "  case $command in\n";
  for (const CommandInfo* command : flattened(root))
    out += fmt::format("    {}\n      {}\n      files={} ;;\n", case_of(*command), zsh_items(*command),
                       command->takes_files() ? "yes" : "");
  out += R"(  esac
  (( $#commands )) && _describe -t commands command commands
  _describe -o -t options option options
  [[ -z $files ]] || _files -g '*.(yaml|yml)'
}
if [[ $funcstack[1] = _ingot ]]; then _ingot "$@"; else compdef _ingot ingot; fi
)";
  return out;
}

std::string fish_completion(const CLI::App& app) {
  const CommandInfo root = command_tree(app);
  std::string out = "# Made by: ingot completion fish\ncomplete -c ingot -f\n";
  for (const CommandInfo* command : flattened(root)) {
    const std::string start = fmt::format("complete -c ingot -n {}", in_quotes(fish_condition(*command), Shell::fish));
    for (const CommandInfo& below : command->commands)
      out += fmt::format("{} -a {} -d {}\n", start, below.name(), in_quotes(below.doc, Shell::fish));
    for (const CommandInfo::Option& option : command->options) out += start + fish_option(option) + "\n";
    if (command->takes_files()) out += start + " -k -a '(__fish_complete_suffix .yaml; __fish_complete_suffix .yml)'\n";
  }
  return out;
}

}  // namespace ingot
