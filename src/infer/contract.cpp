#include "infer/contract.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/names.h"
#include "infer/choose_type.h"
#include "infer/column_names.h"
#include "types/exact.h"

namespace ingot::infer {

namespace {

constexpr uint64_t kSuspicious = 20;  // one value in so many that look personal is worth a word

std::string grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

bool is_number(Kind kind) {
  return kind == Kind::int16 || kind == Kind::int32 || kind == Kind::int64 || kind == Kind::decimal ||
         kind == Kind::float32 || kind == Kind::float64;
}

// Words on one column.
class Evidence {
 public:
  Evidence(const SurveyedField& field, const Choice& choice)
      : field_(field), profile_(field.profile), choice_(choice) {}

  std::vector<std::string> list() {
    add_range();
    add_missing();
    add_uniqueness();
    add_personal();
    for (const std::string& note : choice_.notes) out_.push_back(note);
    if (field_.repeated > 0)
      out_.push_back(fmt::format("named twice in {} records, which are rejects", grouped(field_.repeated)));
    return std::move(out_);
  }

 private:
  void add_range() {
    const Kind kind = choice_.type.kind;
    if (profile_.values() == 0) return;
    const bool number = is_number(kind);
    const bool time = kind == Kind::date || kind == Kind::timestamp || kind == Kind::timestamptz;
    if (!choice_.parse.empty()) {  // as texts they have another order
      out_.push_back("e.g. " + shown_value(profile_.first().text));
      return;
    }
    if (number || time) {
      out_.push_back(fmt::format("{} … {}", profile_.least(number), profile_.greatest(number)));
      return;
    }
    if (kind == Kind::boolean) return;
    if (kind == Kind::text) out_.push_back(lengths());
    out_.push_back("e.g. " + shown_value(profile_.first().text));
  }

  std::string lengths() const {
    std::string text =
        fmt::format("up to {} character{}", grouped(profile_.max_chars()), profile_.max_chars() == 1 ? "" : "s");
    if (profile_.max_bytes() != profile_.max_chars()) text += fmt::format(" ({} bytes)", grouped(profile_.max_bytes()));
    return text;
  }

  void add_missing() {
    if (profile_.empties() > 0) out_.push_back(grouped(profile_.empties()) + " empty");
    if (profile_.nulls() > 0) out_.push_back(grouped(profile_.nulls()) + " null");
    if (field_.absent > 0) out_.push_back(grouped(field_.absent) + " absent");
  }

  bool complete() const { return profile_.empties() + profile_.nulls() + field_.absent == 0; }

  void add_uniqueness() {
    const uint64_t values = profile_.values();
    if (values < 2) return;
    if (field_.unique == UniqueValues::Verdict::unique) {
      out_.push_back(complete() && choice_.type.kind != Kind::json ? "unique: may be a key" : "unique");
    } else {
      const uint64_t distinct = std::min(profile_.distinct(), values);
      out_.push_back(fmt::format("about {} different", grouped(std::max<uint64_t>(distinct, 1))));
    }
  }

  void add_personal() {
    for (size_t i = 0; i < kPersonals; ++i) {
      const uint64_t count = profile_.personal(static_cast<Personal>(i));
      if (count * kSuspicious < profile_.values() || count == 0) continue;
      out_.push_back(fmt::format("personal? {}", personal_text(static_cast<Personal>(i))));
    }
  }

  const SurveyedField& field_;
  const ColumnProfile& profile_;
  const Choice& choice_;
  std::vector<std::string> out_;
};

const ExistingColumn* find(const std::vector<ExistingColumn>& table, const std::string& field,
                           const std::string& name) {
  const auto search = [&](auto same) -> const ExistingColumn* {
    const auto found = std::find_if(table.begin(), table.end(), [&](const ExistingColumn& c) { return same(c.name); });
    return found == table.end() ? nullptr : &*found;
  };
  if (const auto* exact = search([&](const std::string& other) { return other == field; })) return exact;
  if (const auto* folded = search([&](const std::string& other) { return folded_name(other) == folded_name(field); }))
    return folded;
  return search([&](const std::string& other) { return folded_name(other) == name; });
}

// Does what was found to be the way of writing say something of that type, too?
bool parses_alike(Kind kind, const std::string& parse) {
  const bool moment = kind == Kind::date || kind == Kind::timestamp || kind == Kind::timestamptz;
  return parse.starts_with('{') ? is_number(kind) : moment;
}

// Does a column of this name find its field without being told?
bool is_plain_source(const SurveyedField& field, const std::string& name, const Survey& survey) {
  if (!field.path.empty()) return field.path.size() == 1 && field.path[0].index < 0 && field.path[0].key == name;
  return survey.header == Survey::Header::missing;
}

}  // namespace

std::string Survey::place(const Address& at) const {
  return at.unit < units.size() ? fmt::format("{}:{}", units[at.unit], at.line) : fmt::format("line {}", at.line);
}

Contract infer_contract(const Survey& survey, const std::vector<ExistingColumn>& table) {
  Contract contract;
  std::vector<std::string> names;
  for (const SurveyedField& field : survey.fields) names.push_back(field.name);
  names = column_names(names);
  for (size_t i = 0; i < survey.fields.size(); ++i) {
    const SurveyedField& field = survey.fields[i];
    Choice choice = choose_type(field, survey);
    InferredColumn column;
    column.name = names[i];
    if (const ExistingColumn* there = find(table, field.name, names[i])) {
      column.name = there->name;
      if (const auto type = parse_type(there->type); type && *type != choice.type) {
        choice.notes.push_back("as the table has it");
        choice.type = *type;
        if (!parses_alike(type->kind, choice.parse)) choice.parse.clear();
      }
    }
    column.type = choice.type;
    column.parse = choice.parse;
    column.guess = choice.guess;
    column.evidence = Evidence(field, choice).list();
    if (!is_plain_source(field, column.name, survey)) column.source = path_text(field.path);
    contract.columns.push_back(std::move(column));
  }
  contract.from = survey.from;
  contract.notes = survey.notes;
  if (survey.header == Survey::Header::missing) contract.header = "false";
  // Lines that are left out, or not, must not make a record of the header, nor a header of a record.
  const bool skips =
      std::any_of(survey.from.begin(), survey.from.end(), [](const auto& s) { return s.first == "skip"; });
  if (skips && survey.header == Survey::Header::found) contract.header = "true";
  if (survey.by_position || survey.header == Survey::Header::guessed) contract.header = "true";
  if (survey.header == Survey::Header::guessed)
    contract.notes.push_back("the first record is taken for a header: nothing but text follows it, either way");
  if (survey.header == Survey::Header::missing)
    contract.notes.push_back("the first record is taken for data, not for a header");
  if (survey.unreadable > 0) {
    contract.notes.push_back(fmt::format("{} of {} records will be rejects ({}), first {}", grouped(survey.unreadable),
                                         grouped(survey.records), fault_name(survey.first_fault),
                                         survey.place(survey.first_unreadable)));
  }
  return contract;
}

}  // namespace ingot::infer
