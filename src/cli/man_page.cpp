#include "cli/man_page.h"

#include <fmt/format.h>

#include "cli/command_tree.h"
#include "core/exit_meaning.h"

namespace ingot {

namespace {

// Decodes the UTF-8 character at `at` and moves behind it.
uint32_t next_character(std::string_view text, size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  uint32_t out = more == 0 ? first : first & (0x3Fu >> more);
  for (int i = 0; i < more && at < text.size(); ++i) out = out << 6 | (static_cast<unsigned char>(text[at++]) & 0x3Fu);
  return out;
}

// Text as roff takes it for what it is: a `-` that can be copied, no control lines, no bytes beyond ASCII.
std::string roff(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const bool line_begins = at == 0 || text[at - 1] == '\n';
    const uint32_t c = next_character(text, at);
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else if (c == '`') {
      out += "\\(ga";
    } else if (c >= 0x80) {
      out += fmt::format("\\[u{:04X}]", c);
    } else {
      out += static_cast<char>(c);
    }
  }
  return out;
}

std::string preformatted(std::string_view text) {
  while (text.starts_with('\n')) text.remove_prefix(1);
  return fmt::format(".nf\n{}\n.fi\n", roff(text));
}

std::string usage(const CommandInfo& command) {
  std::string out = fmt::format("\\fBingot {}\\fR", roff(command.path));
  if (!command.options.empty()) out += " [\\fIoptions\\fR]";
  for (const std::string& name : command.positionals) out += fmt::format(" \\fI{}\\fR", roff(name));
  return out;
}

std::string entry(const std::string& head, const std::string& doc) {
  return fmt::format(".TP\n{}\n{}\n", head, roff(doc));
}

std::string option_head(const CommandInfo::Option& option) {
  std::string out;
  for (const std::string& name : option.names) out += fmt::format("{}\\fB{}\\fR", out.empty() ? "" : ", ", roff(name));
  if (!option.value.empty()) out += fmt::format(" \\fI{}\\fR", roff(option.value));
  return out;
}

std::string command_section(const CommandInfo& command) {
  std::string out = fmt::format(".SS {}\n{}.\n", usage(command), roff(command.doc));
  for (size_t i = 0; i < command.positionals.size(); ++i)
    out += entry(fmt::format("\\fI{}\\fR", roff(command.positionals[i])), command.positional_docs[i]);
  for (const CommandInfo::Option& option : command.options) out += entry(option_head(option), option.doc);
  return out;
}

std::string exit_status() {
  std::string out = ".SH EXIT STATUS\n" + entry("\\fB0\\fR", "all is well");
  for (int i = 0; i <= static_cast<int>(Code::internal); ++i) {
    const Code code = static_cast<Code>(i);
    const CodeInfo& info = describe(code);
    out += entry(fmt::format("\\fB{}\\fR  {}", info.exit_code, info.name), std::string(exit_meaning(code)));
  }
  return out;
}

}  // namespace

std::string man_page(const CLI::App& app) {
  const CommandInfo root = command_tree(app);
  std::string out = fmt::format(
      ".\\\" Made by: ingot man\n.TH INGOT 1 \"\" \"ingot {}\" \"User Commands\"\n"
      ".SH NAME\ningot \\- load files into databases, and never be silently wrong\n"
      ".SH SYNOPSIS\n\\fBingot\\fR \\fIcommand\\fR [\\fIoptions\\fR] [\\fIarguments\\fR]\n"
      ".SH DESCRIPTION\n{}\n.SH OPTIONS\n",
      roff(INGOT_VERSION), roff(root.doc));
  for (const CommandInfo::Option& option : root.options) out += entry(option_head(option), option.doc);
  out += ".SH COMMANDS\n";
  for (const CommandInfo* command : flattened(root)) {
    if (!command->path.empty()) out += command_section(*command);
  }
  out += exit_status();
  out += ".SH EXAMPLES\n" + preformatted(app.get_footer());
  return out;
}

}  // namespace ingot
