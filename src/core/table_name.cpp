#include "core/table_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "core/sql_text.h"

namespace ingot {

namespace {

std::string when_needed(const std::string& part) {
  const bool plain = !part.empty() && std::all_of(part.begin(), part.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c >= 0x80;
  });
  return plain ? part : quote_identifier(part);
}

}  // namespace

std::string TableName::sql() const {
  return schema.empty() ? quote_identifier(table) : quote_identifier(schema) + "." + quote_identifier(table);
}

std::string TableName::text() const {
  return schema.empty() ? when_needed(table) : when_needed(schema) + "." + when_needed(table);
}

Result<TableName> parse_table_name(std::string_view text) {
  std::vector<std::string> parts(1);
  bool closed = false;  // the current part was quoted and is complete
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && parts.back().empty() && !closed) {
      for (++i;; ++i) {
        if (i >= text.size())
          return fail(Code::invalid_pipeline, fmt::format("unclosed quote in table name: {}", text));
        if (text[i] == '"') {
          if (i + 1 >= text.size() || text[i + 1] != '"') break;
          ++i;
        }
        parts.back() += text[i];
      }
      closed = true;
    } else if (c == '.') {
      parts.emplace_back();
      closed = false;
    } else if (closed) {
      return fail(Code::invalid_pipeline, fmt::format("text after a closing quote in table name: {}", text));
    } else {
      parts.back() += c;
    }
  }
  const bool has_empty = std::any_of(parts.begin(), parts.end(), [](const std::string& p) { return p.empty(); });
  const bool has_nul = text.find('\0') != std::string_view::npos;
  if (has_empty || has_nul || parts.size() > 2) {
    return fail(Code::invalid_pipeline, fmt::format("not a table name: \"{}\"", text),
                "write table or schema.table; a part with a dot, a space or a quote goes in double quotes");
  }
  return parts.size() == 1 ? TableName{"", parts[0]} : TableName{parts[0], parts[1]};
}

}  // namespace ingot
