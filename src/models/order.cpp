#include "models/order.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/names.h"
#include "core/table_name.h"

namespace ingot {

namespace {

bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || (c & 0x80) != 0; }

// Skips what begins at `at` and ends with `end`; a doubled quote goes on as the next constant.
size_t behind(std::string_view sql, size_t at, std::string_view end) {
  const size_t found = sql.find(end, at);
  return found == std::string_view::npos ? sql.size() : found + end.size();
}

std::string table_part(const std::string& name) {
  const auto parsed = parse_table_name(name);
  return folded_name(parsed ? parsed->table : name);
}

// The tables' own names, folded; what schema they lie in may depend on a search path.
std::vector<std::string> tables_read(const std::string& sql, duckdb::Connection& connection) {
  try {
    std::vector<std::string> names;
    for (const std::string& name : connection.GetTableNames(sql, true)) names.push_back(table_part(name));
    return names;
  } catch (const std::exception&) {
    return names_in_sql(sql);
  }
}

/// Puts each model behind those that it depends on.
class Ordering {
 public:
  Ordering(const std::vector<ModelSpec>& models, std::vector<std::vector<size_t>> before)
      : models_(models), before_(std::move(before)), state_(models.size(), State::open) {}

  Result<std::vector<size_t>> run() {
    for (size_t i = 0; i < models_.size(); ++i) INGOT_TRY(place(i));
    return std::move(order_);
  }

 private:
  enum class State : uint8_t { open, on_the_way, placed };

  Status place(size_t model) {
    if (state_[model] == State::placed) return {};
    if (state_[model] == State::on_the_way) return circle(model);
    state_[model] = State::on_the_way;
    way_.push_back(model);
    for (size_t other : before_[model]) INGOT_TRY(place(other));
    way_.pop_back();
    state_[model] = State::placed;
    order_.push_back(model);
    return {};
  }

  Status circle(size_t model) const {
    std::string text;
    for (auto at = std::find(way_.begin(), way_.end(), model); at != way_.end(); ++at)
      text += fmt::format("{} (line {}) → ", models_[*at].name, models_[*at].where.line);
    return fail({Code::invalid_pipeline, fmt::format("models depend on one another: {}{}", text, models_[model].name),
                 "each reads the next", models_[model].where});
  }

  const std::vector<ModelSpec>& models_;
  const std::vector<std::vector<size_t>> before_;
  std::vector<State> state_;
  std::vector<size_t> way_;
  std::vector<size_t> order_;
};

}  // namespace

std::vector<std::string> names_in_sql(std::string_view sql) {
  std::vector<std::string> names;
  for (size_t i = 0; i < sql.size();) {
    if (sql[i] == '\'') {
      i = behind(sql, i + 1, "'");
    } else if (sql.substr(i, 2) == "--") {
      i = behind(sql, i, "\n");
    } else if (sql.substr(i, 2) == "/*") {
      i = behind(sql, i + 2, "*/");
    } else if (sql[i] == '"') {
      const size_t end = std::min(sql.find('"', i + 1), sql.size());
      names.push_back(folded_name(sql.substr(i + 1, end - i - 1)));
      i = end + 1;
    } else if (in_name(sql[i])) {
      size_t end = i;
      while (end < sql.size() && in_name(sql[end])) ++end;
      names.push_back(folded_name(sql.substr(i, end - i)));
      i = end;
    } else {
      ++i;
    }
  }
  return names;
}

std::vector<std::vector<size_t>> dependencies_of(const std::vector<ModelSpec>& models, duckdb::Connection& connection) {
  std::vector<std::vector<size_t>> before(models.size());
  for (size_t i = 0; i < models.size(); ++i) {
    const auto read = tables_read(models[i].sql, connection);
    for (size_t other = 0; other < models.size(); ++other) {
      const auto& after = models[i].after;
      const bool named = std::find(after.begin(), after.end(), models[other].name) != after.end();
      const bool reads = std::find(read.begin(), read.end(), table_part(models[other].name)) != read.end();
      if (other != i && (named || reads)) before[i].push_back(other);
    }
  }
  return before;
}

Result<std::vector<size_t>> build_order(const std::vector<ModelSpec>& models, duckdb::Connection& connection) {
  return Ordering(models, dependencies_of(models, connection)).run();
}

}  // namespace ingot
