#include "engine/new_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/names.h"
#include "format/csv/header.h"
#include "infer/column_names.h"

namespace ingot {

namespace {

constexpr size_t kMostAdded = 100;  // at a time: beyond that keys are data

using Keys = std::vector<std::string>;

bool begins_with(const Keys& path, const Keys& beginning) {
  return path.size() >= beginning.size() && std::equal(beginning.begin(), beginning.end(), path.begin());
}

/// The paths that slots take. An element of an array takes the array.
std::vector<Keys> taken_paths(const std::vector<Slot>& slots) {
  std::vector<Keys> taken;
  for (const Slot& slot : slots) {
    for (const Path& source : slot.sources) {
      Keys keys;
      for (const PathStep& step : source) {
        if (step.index >= 0) break;
        keys.push_back(step.key);
      }
      taken.push_back(std::move(keys));
    }
  }
  return taken;
}

/// Looks for them.
class Search {
 public:
  Search(const NewFields& what, Source& source, const SurveyOptions& options, Progress& progress,
         const std::atomic<bool>& cancelled)
      : what_(what), source_(source), options_(options), progress_(progress), cancelled_(cancelled) {}

  Result<std::vector<infer::InferredColumn>> run() {
    found_.format = what_.pipeline.from.format;
    if (found_.format == FormatKind::csv) {
      INGOT_TRY(search_csv());
    } else {
      INGOT_TRY(search_json());
    }
    return name_columns();
  }

 private:
  Result<infer::Survey> survey(const Pipeline::From& from, std::vector<BatchUnit> units, int flatten) {
    SurveyOptions options = options_;
    options.flatten = flatten;
    options.lenient = true;  // loading it will say what is wrong with it
    auto found = survey_units(from, source_, std::move(units), options, progress_, cancelled_);
    progress_.restart();
    return found;
  }

  std::vector<BatchUnit> whole_units() const {
    std::vector<BatchUnit> units;
    for (const BatchUnit& unit : what_.units) {
      BatchUnit whole;
      whole.name = unit.name;
      whole.path = unit.path;
      whole.stamp = unit.stamp;
      units.push_back(std::move(whole));
    }
    return units;
  }

  // Files of one header are looked at together. One that cannot be read is left to the load, which says why.
  Status search_csv() {
    std::vector<std::pair<std::vector<std::string>, std::vector<BatchUnit>>> by_header;  // as they were met
    for (BatchUnit& unit : whole_units()) {
      if (cancelled_) return fail(Code::interrupted, "stopped by request");
      auto first = read_first_record_of(unit, what_.pipeline.from, source_);
      if (!first || !has_new_fields(first->fields)) continue;
      auto group =
          std::find_if(by_header.begin(), by_header.end(), [&](const auto& g) { return g.first == first->fields; });
      if (group == by_header.end()) group = by_header.insert(by_header.end(), {first->fields, {}});
      group->second.push_back(std::move(unit));
    }
    Pipeline::From from = what_.pipeline.from;
    from.csv.header = CsvOptions::Header::present;
    for (auto& [header, units] : by_header) {
      INGOT_ASSIGN(const infer::Survey group, survey(from, std::move(units), 0));
      const csv::Header names(header);
      for (const uint32_t field : names.find_undeclared(what_.slots)) {
        // A name that is missing, or there twice, names nothing.
        if (group.fields[field].path.size() == 1 && group.fields[field].path[0].index < 0) add(group.fields[field]);
      }
    }
    return {};
  }

  bool has_new_fields(const std::vector<std::string>& header) const {
    const csv::Header names(header);
    const bool detect = what_.pipeline.from.csv.header == CsvOptions::Header::detect;
    if (detect && names.count_slots(what_.slots) == 0) return false;  // that is data
    return !names.find_undeclared(what_.slots).empty();
  }

  Status search_json() {
    const std::vector<Keys> taken = taken_paths(what_.slots);
    size_t depth = 1;
    for (const Keys& path : taken) depth = std::max(depth, path.size());
    INGOT_ASSIGN(const infer::Survey all, survey(what_.pipeline.from, whole_units(), static_cast<int>(depth - 1)));
    for (const infer::SurveyedField& field : all.fields) {
      Keys path;
      for (const PathStep& step : field.path) path.push_back(step.key);
      if (is_taken(path, taken)) continue;
      add(cut(field, path, taken));
    }
    return {};
  }

  // All of it, or a part.
  static bool is_taken(const Keys& path, const std::vector<Keys>& taken) {
    return std::any_of(taken.begin(), taken.end(),
                       [&](const Keys& t) { return begins_with(path, t) || begins_with(t, path); });
  }

  // An object of which nothing is taken was taken apart for the sake of others: it is one column.
  infer::SurveyedField cut(infer::SurveyedField field, const Keys& path, const std::vector<Keys>& taken) {
    for (size_t length = 1; length < path.size(); ++length) {
      const Keys beginning(path.begin(), path.begin() + static_cast<long>(length));
      if (is_taken(beginning, taken)) continue;
      field.path.resize(length);
      field.name = fmt::format("{}", fmt::join(beginning, "_"));
      objects_.insert(path_text(field.path));
      break;
    }
    return field;
  }

  void add(const infer::SurveyedField& field) {
    if (field.profile.values() == 0) return;
    const bool json = found_.format != FormatKind::csv;
    const std::string key = json ? path_text(field.path) : folded_name(field.name);
    const auto [known, is_new] = number_.emplace(key, found_.fields.size());
    if (is_new) {
      found_.fields.push_back(field);
    } else {
      found_.fields[known->second].profile.merge(field.profile);
    }
  }

  Result<std::vector<infer::InferredColumn>> name_columns() {
    if (found_.fields.size() > kMostAdded)
      return fail(Code::invalid_pipeline,
                  fmt::format("drift: add would add {} columns at once, first {}", found_.fields.size(),
                              found_.fields.front().name),
                  fmt::format("more than {}: keys that are data are no columns. Take what holds them into a column of "
                              "type json, or write drift: rescue",
                              kMostAdded));
    found_.header = infer::Survey::Header::found;
    std::vector<infer::InferredColumn> columns = infer::infer_contract(found_).columns;
    std::vector<std::string> names;
    for (const ColumnSpec& column : what_.pipeline.tables.front().columns) names.push_back(column.name);
    const size_t declared = names.size();
    for (const infer::SurveyedField& field : found_.fields) names.push_back(field.name);
    names = infer::column_names(names);
    for (size_t i = 0; i < columns.size(); ++i) {
      infer::InferredColumn& column = columns[i];
      column.name = names[declared + i];
      const std::string path = path_text(found_.fields[i].path);
      if (objects_.contains(path)) column.type = Type{Kind::json};
      column.source = path == column.name ? "" : path;
      column.optional = found_.format == FormatKind::csv || is_transcribed(found_.format);
      INGOT_TRY(check_free(column, found_.fields[i].name));
    }
    return columns;
  }

  // What others keep in the table is not written over because a field has that name.
  Status check_free(const infer::InferredColumn& column, const std::string& field) const {
    const bool there = std::any_of(what_.present.begin(), what_.present.end(), [&](const std::string& name) {
      return folded_name(name) == folded_name(column.name);
    });
    if (!there) return {};
    return fail({Code::target_refused,
                 fmt::format("drift: add: the new field {} would be written into column {} of the table, which the "
                             "pipeline does not declare",
                             field, column.name),
                 fmt::format("declare the column ({}: {}) if that is meant; else drift: ignore", column.name,
                             sql_name(column.type)),
                 {}});
  }

  const NewFields& what_;
  Source& source_;
  const SurveyOptions& options_;
  Progress& progress_;
  const std::atomic<bool>& cancelled_;
  infer::Survey found_;
  std::map<std::string, size_t> number_;  // of found_.fields
  std::set<std::string> objects_;         // paths that are taken whole
};

}  // namespace

Result<std::vector<infer::InferredColumn>> find_new_columns(const NewFields& fields, Source& source,
                                                            const SurveyOptions& options, Progress& progress,
                                                            const std::atomic<bool>& cancelled) {
  return Search(fields, source, options, progress, cancelled).run();
}

std::string enlarge(std::string contract, const std::vector<infer::InferredColumn>& columns) {
  infer::Contract added;
  added.columns = columns;
  const std::string text = infer::contract_yaml(added);
  if (contract.empty()) return text;
  return contract + text.substr(text.find('\n') + 1);  // `columns:` is its first line, and the contract's last key
}

}  // namespace ingot
