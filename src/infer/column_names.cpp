#include "infer/column_names.h"

#include <fmt/format.h>

#include <set>

#include "core/names.h"

namespace ingot::infer {

namespace {

constexpr size_t kMostBytes = 63;  // of a name in Postgres

bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || byte >= 0x80;
}

std::string cut(std::string text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  text.resize(most);
  return text;
}

}  // namespace

std::string column_name(const std::string& field) {
  std::string name;
  for (const char original : field) {
    const char c = lower_ascii(original);
    if (is_word(c)) {
      name += c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  if (!field.ends_with('_') && name.ends_with('_')) name.pop_back();
  if (!name.empty() && name[0] >= '0' && name[0] <= '9') name.insert(0, "_");
  return cut(std::move(name), kMostBytes);
}

std::vector<std::string> column_names(const std::vector<std::string>& fields) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (size_t i = 0; i < fields.size(); ++i) {
    std::string base = column_name(fields[i]);
    if (base.empty()) base = fmt::format("column_{}", i + 1);
    std::string name = base;
    for (int n = 2; !taken.insert(name).second; ++n) {
      const std::string suffix = fmt::format("_{}", n);
      name = cut(base, kMostBytes - suffix.size()) + suffix;
    }
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace ingot::infer
