#include "infer/choose_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "infer/contract.h"

namespace ingot::infer {

namespace {

constexpr uint64_t kMostly = 2;  // a form that more than one value in so many has is worth a word
constexpr unsigned kRoom = 3;    // digits left for values to come, where numeric(18,s) has them
constexpr unsigned kShort = 18;  // digits that 64 bits hold
constexpr unsigned kLong = 38;   // and 128
constexpr size_t kNullsNamed = 3;

/// Decides for one field.
class Chooser {
 public:
  Chooser(const SurveyedField& field, const Survey& survey) : field_(field), profile_(field.profile), survey_(survey) {}

  Choice choose() {
    if (field_.declared && !field_.holds_nul) {
      out_.type = *field_.declared;
    } else if (profile_.values() == 0) {
      out_.guess = true;
      out_.notes.push_back("no value anywhere");
    } else if (survey_.format == FormatKind::csv) {
      choose_for_text();
    } else {
      choose_for_json();
    }
    return std::move(out_);
  }

 private:
  uint64_t of(Shape shape) const { return profile_.of_shape(shape); }
  bool all(Form form) const { return profile_.counted() > 0 && profile_.fits(form) == profile_.counted(); }

  void choose_for_json() {
    const uint64_t containers = of(Shape::object) + of(Shape::array);
    if (containers > 0 || field_.holds_nul) {
      out_.type = Type{Kind::json};
      if (field_.holds_nul) out_.notes.push_back("holds \\u0000, which no text column takes");
      if (containers > 0 && containers < profile_.values()) mixed();
    } else if (of(Shape::boolean) == profile_.values()) {
      out_.type = Type{Kind::boolean};
    } else if (of(Shape::number) == profile_.values()) {
      if (const auto number = number_type()) {
        out_.type = *number;
      } else if (all(Form::real)) {
        out_.type = Type{Kind::float64};
      } else {
        out_.notes.push_back("numbers that no numeric or double holds as they are written");
      }
    } else if (of(Shape::text) == profile_.values()) {
      choose_for_text();
    } else {
      mixed();
    }
  }

  // Strings of JSON are texts, except where JSON has no other way to write what they hold.
  void choose_for_text() {
    const bool csv = survey_.format == FormatKind::csv;
    const std::optional<Type> type = narrow(csv);
    const bool spelled = named_nulls() > 0;
    if (type && !spelled) {
      out_.type = *type;
      return;
    }
    if (type) {
      out_.guess = true;
      out_.notes.push_back(fmt::format("{} with null: [{}]", sql_name(*type), null_names()));
      return;
    }
    if (!spelled && (choose_dates() || (csv && choose_separated()))) return;
    if (csv) note_near_numbers();
    note_dates();
    note_mostly(csv);
  }

  std::optional<Type> narrow(bool csv) const {
    if (profile_.counted() == 0) return std::nullopt;
    if (csv) {
      if (all(Form::boolean)) return Type{Kind::boolean};
      if (const auto number = number_type()) return number;
    }
    if (all(Form::date)) return Type{Kind::date};
    if (all(Form::timestamp)) return Type{Kind::timestamp};
    if (all(Form::timestamptz)) return Type{Kind::timestamptz};
    if (all(Form::uuid)) return Type{Kind::uuid};
    return std::nullopt;
  }

  std::optional<Type> number_type() const {
    if (all(Form::integer)) return Type{Kind::int64};
    if (!all(Form::decimal) || !profile_.decimals_are_regular()) return std::nullopt;
    const unsigned digits = profile_.whole_digits() + profile_.scale();
    if (digits > kLong) return std::nullopt;
    Type type{Kind::decimal};
    type.precision = static_cast<uint8_t>(digits + kRoom <= kShort ? kShort : kLong);
    type.scale = static_cast<uint8_t>(profile_.scale());
    return type;
  }

  void mixed() {
    constexpr std::array<const char*, kShapes> kNames = {"strings", "numbers", "booleans", "objects", "arrays"};
    std::string kinds;
    for (size_t i = 0; i < kShapes; ++i) {
      const uint64_t count = of(static_cast<Shape>(i));
      if (count > 0) kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", count, kNames[i]);
    }
    out_.guess = true;
    out_.notes.push_back("mixed: " + kinds);
  }

  uint64_t named_nulls() const {
    uint64_t sum = 0;
    for (size_t i = 0; i < kNullSpellings; ++i) sum += profile_.null_spellings(i);
    return sum;
  }

  std::string null_names() const {
    std::string names;
    size_t shown = 0;
    for (size_t i = 0; i < kNullSpellings && shown < kNullsNamed; ++i) {
      if (profile_.null_spellings(i) == 0) continue;
      names += fmt::format("{}{}", shown++ == 0 ? "" : ", ", shown_value(null_spelling_text(i)));
    }
    return names;
  }

  void note_near_numbers() {
    constexpr std::array<const char*, kNears> kReasons = {"",
                                                          "zeros in front, which a number would lose",
                                                          "a plus sign, which a number would lose",
                                                          "exponents: double precision would take them",
                                                          "numbers with spaces around them",
                                                          "numbers with commas"};
    uint64_t numbers = profile_.fits(Form::decimal);
    for (size_t i = 1; i < kNears; ++i) numbers += profile_.near(static_cast<Near>(i));
    if (numbers < profile_.counted()) return;
    for (size_t i = 1; i < kNears; ++i) {
      if (profile_.near(static_cast<Near>(i)) == 0) continue;
      const Sample& sample = profile_.near_sample(static_cast<Near>(i));
      out_.notes.push_back(
          fmt::format("{}, first {} {}", kReasons[i], survey_.place(sample.at), shown_value(sample.text)));
    }
    if (all(Form::decimal)) out_.notes.push_back("as a number 1.10 would be 1.1: zeros at the end differ");
  }

  // One way of writing dates that fits all values.
  bool choose_dates() {
    const uint32_t forms = profile_.date_forms();
    if (profile_.counted() == 0 || std::popcount(forms) != 1) return false;
    const auto bit = static_cast<size_t>(std::countr_zero(forms));
    const bool with_time = bit >= 16;
    const std::string_view day = date_form(with_time ? bit - 16 : bit).pattern;
    out_.type = Type{with_time ? Kind::timestamp : Kind::date};
    out_.parse = with_time ? fmt::format("[\"{0} %H:%M:%S\", \"{0} %H:%M\"]", day) : fmt::format("\"{}\"", day);
    return true;
  }

  // Numbers with separators that can be read in one way only: 1,5 or 1.234,56 can, 1,234 cannot.
  bool choose_separated() {
    const CommaNumber& comma = profile_.decimal_comma();
    const CommaNumber& point = profile_.group_comma();
    if (profile_.counted() == 0 || comma.fits == point.fits) return false;
    if (comma.fits ? comma.scale == 0 : !point.grouped) return false;  // 1.200.300 may be a version
    const CommaNumber& number = comma.fits ? comma : point;
    const unsigned digits = number.whole_digits + number.scale;
    if (digits > kLong) return false;
    if (number.scale == 0 && digits + kRoom <= kShort) {
      out_.type = Type{Kind::int64};
    } else {
      out_.type = Type{Kind::decimal};
      out_.type.precision = static_cast<uint8_t>(digits + kRoom <= kShort ? kShort : kLong);
      out_.type.scale = static_cast<uint8_t>(number.scale);
    }
    out_.parse = comma.fits ? number.grouped ? "{ decimal: \",\", thousands: \".\" }" : "{ decimal: \",\" }"
                            : "{ thousands: \",\" }";
    return true;
  }

  // Several forms that differ in which part is the day: nothing in the files decides.
  void note_dates() {
    const uint32_t forms = profile_.date_forms();
    if (profile_.counted() == 0 || forms == 0 || forms == UINT32_MAX) return;
    std::string patterns;
    size_t count = 0;
    for (size_t i = 0; i < kDateForms; ++i) {
      const bool with_time = (forms >> (16 + i) & 1) != 0;
      if ((forms >> i & 1) == 0 && !with_time) continue;
      patterns +=
          fmt::format("{}{}{}", count++ == 0 ? "" : " or ", date_form(i).pattern, with_time ? " and a time" : "");
    }
    if (count > 1) {
      out_.notes.push_back(fmt::format("dates as {}: no value tells day from month", patterns));
    } else {
      out_.notes.push_back("dates as " + patterns);
    }
    out_.guess = true;
  }

  // What most values are, and the first that is not.
  void note_mostly(bool csv) {
    if (!out_.notes.empty()) return;
    constexpr std::array<std::pair<Form, const char*>, 6> kForms = {{{Form::boolean, "boolean"},
                                                                     {Form::integer, "bigint"},
                                                                     {Form::decimal, "numeric"},
                                                                     {Form::date, "date"},
                                                                     {Form::timestamp, "timestamp"},
                                                                     {Form::uuid, "uuid"}}};
    for (const auto& [form, name] : kForms) {
      const uint64_t fits = profile_.fits(form);
      if (!csv && form <= Form::decimal) continue;
      if (fits * kMostly <= profile_.counted() || fits == profile_.counted()) continue;
      const Sample& misfit = profile_.misfit(form);
      out_.guess = true;
      out_.notes.push_back(fmt::format("{} but for {} of {}, first {} {}", name, profile_.counted() - fits,
                                       profile_.counted(), survey_.place(misfit.at), shown_value(misfit.text)));
      return;
    }
  }

  const SurveyedField& field_;
  const ColumnProfile& profile_;
  const Survey& survey_;
  Choice out_;
};

}  // namespace

Choice choose_type(const SurveyedField& field, const Survey& survey) { return Chooser(field, survey).choose(); }

}  // namespace ingot::infer
