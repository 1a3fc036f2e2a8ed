#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/names.h"
#include "infer/contract.h"
#include "types/exact.h"

namespace ingot::infer {

namespace {

constexpr uint64_t kWidest = 48;  // a declaration beyond that does not push the comments of all others to the right

bool is_plain(const std::string& text) {
  constexpr std::array<std::string_view, 10> kWords = {"true", "false", "null", "yes", "no",
                                                       "on",   "off",   "y",    "n",   "~"};
  const auto is_start = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '/'; };
  const auto is_inner = [&](char c) { return is_start(c) || (c >= '0' && c <= '9') || c == '.' || c == '-'; };
  if (text.empty() || !is_start(text[0]) || !std::all_of(text.begin(), text.end(), is_inner)) return false;
  return std::find(kWords.begin(), kWords.end(), folded_name(text)) == kWords.end();
}

std::string declaration(const InferredColumn& column) {
  const std::string type = sql_name(column.type);
  if (column.source.empty() && column.parse.empty() && !column.optional)
    return fmt::format("{}: {}", yaml_text(column.name), type);
  const bool odd = type.find_first_of(",[]") != std::string::npos;  // within braces they are YAML's
  return fmt::format("{}: {{ type: {}{}{}{} }}", yaml_text(column.name), odd ? '"' + type + '"' : type,
                     column.source.empty() ? "" : ", from: " + yaml_text(column.source),
                     column.parse.empty() ? "" : ", parse: " + column.parse, column.optional ? ", optional: true" : "");
}

}  // namespace

std::string yaml_text(const std::string& text) {
  if (is_plain(text)) return text;
  // `${` would be taken for an interpolation.
  std::string escaped;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '{') escaped += '$';
    escaped += text[i];
  }
  return nlohmann::json(escaped).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string shown_value(std::string_view text) {
  std::string out = "\"";
  if (!exact::is_utf8(text)) return "\"…\"";
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // Line ends that YAML knows beside LF (U+0085, U+2028, U+2029) and the byte order mark, in UTF-8.
    const std::string_view rest = text.substr(i);
    const size_t odd =
        rest.starts_with("\xc2\x85")                                                                               ? 2
        : rest.starts_with("\xe2\x80\xa8") || rest.starts_with("\xe2\x80\xa9") || rest.starts_with("\xef\xbb\xbf") ? 3
                                                                                                                   : 0;
    if (byte < 0x20 || byte == 0x7f) {
      out += "·";
    } else if (odd > 0 || (byte == 0xc2 && rest.size() > 1 && static_cast<unsigned char>(rest[1]) < 0xa0)) {
      out += "·";
      i += std::max<size_t>(odd, 2) - 1;
    } else {
      out += text[i];
    }
  }
  return out + "\"";
}

std::string contract_yaml(const Contract& contract) {
  std::string text;
  std::string from = contract.header.empty() ? "" : ", header: " + contract.header;
  for (const auto& [option, value] : contract.from) from += fmt::format(", {}: {}", option, value);
  if (!from.empty()) text += fmt::format("from: {{ {} }}\n", from.substr(2));
  text += "columns:\n";
  for (const InferredColumn& column : contract.columns) text += "  " + declaration(column) + "\n";
  return text;
}

std::string commented_columns(const Contract& contract) {
  std::vector<std::string> lines;
  uint64_t width = 0;
  for (const InferredColumn& column : contract.columns) {
    lines.push_back(declaration(column));
    const uint64_t chars = exact::count_chars(lines.back());
    if (chars <= kWidest) width = std::max(width, chars);
  }
  std::string text = "columns:\n";
  for (const std::string& note : contract.notes) text += "  # " + note + "\n";
  for (size_t i = 0; i < lines.size(); ++i) {
    const uint64_t chars = exact::count_chars(lines[i]);
    std::string words = contract.columns[i].guess ? "GUESS " : "";
    for (size_t k = 0; k < contract.columns[i].evidence.size(); ++k)
      words += (k == 0 ? "" : "; ") + contract.columns[i].evidence[k];
    text += "  " + lines[i];
    if (!words.empty()) text += std::string(chars < width ? width - chars : 0, ' ') + "  # " + words;
    text += "\n";
  }
  return text;
}

}  // namespace ingot::infer
