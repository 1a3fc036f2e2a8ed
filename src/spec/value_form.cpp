#include "types/value_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "spec/options.h"
#include "spec/sections.h"
#include "types/exact.h"

namespace ingot::spec {

namespace {

constexpr std::string_view kOfBooleans[] = {"true", "false"};

enum class Parsed : uint8_t { nothing, times, booleans, numbers };

Parsed parsed_as(Kind kind) {
  switch (kind) {
    case Kind::text:
    case Kind::json:
    case Kind::uuid:
    case Kind::interval:
    case Kind::binary:
    case Kind::array:
      return Parsed::nothing;
    case Kind::boolean:
      return Parsed::booleans;
    case Kind::date:
    case Kind::time:
    case Kind::timestamp:
    case Kind::timestamptz:
      return Parsed::times;
    default:
      return Parsed::numbers;
  }
}

/// Reads what a column says of its texts.
class FormReader {
 public:
  FormReader(Node& column, const Type& type, Reading& reading) : column_(column), type_(type), reading_(reading) {}

  std::shared_ptr<const ValueForm> read() {
    if (Node* nulls = value_of(column_, "null")) read_nulls(*nulls);
    if (Node* parse = value_of(column_, "parse")) read_parse(*parse);
    return form_.is_empty() ? nullptr : std::make_shared<const ValueForm>(std::move(form_));
  }

 private:
  void read_nulls(const Node& nulls) {
    if (type_.kind == Kind::json) {
      reading_.wrong(nulls.where, "no effect on a json column: \"null\"", "it takes any value as it stands");
      return;
    }
    form_.nulls = texts(nulls);
  }

  void read_parse(Node& parse) {
    const Parsed parsed = parsed_as(type_.kind);
    if (parsed == Parsed::nothing) {
      reading_.wrong(parse.where, fmt::format("no effect on a column of type {}: \"parse\"", sql_name(type_)),
                     "it is for dates, times, booleans and numbers");
    } else if (parsed == Parsed::times && !parse.is_mapping()) {
      read_patterns(parse);
    } else if (parsed == Parsed::times || !parse.is_mapping()) {
      reading_.wrong(parse.where,
                     fmt::format("parse of {} needs {}", sql_name(type_),
                                 parsed == Parsed::times ? "a pattern, or a list of them" : "a mapping"),
                     parsed == Parsed::times      ? "such as \"%d.%m.%Y\""
                     : parsed == Parsed::booleans ? "such as { true: [Y, yes], false: [N, no] }"
                                                  : "such as { decimal: \",\", thousands: \".\" }");
    } else if (check_section(parse, Section::parse, "parse", reading_) && is_about(parse, parsed)) {
      parsed == Parsed::booleans ? read_booleans(parse) : read_number(parse);
    }
  }

  bool is_about(const Node& parse, Parsed parsed) {
    for (const Entry& entry : parse.entries) {
      const bool of_booleans =
          std::find(std::begin(kOfBooleans), std::end(kOfBooleans), entry.key.text) != std::end(kOfBooleans);
      if (of_booleans == (parsed == Parsed::booleans)) continue;
      reading_.wrong(entry.key.where,
                     fmt::format("no effect on a column of type {}: \"{}\"", sql_name(type_), entry.key.text));
      return false;
    }
    return true;
  }

  void read_patterns(const Node& parse) {
    for (const Node* text : texts_of(parse)) {
      auto pattern = TimePattern::parse(text->text, type_.kind);
      if (pattern) {
        form_.times.push_back(std::move(*pattern));
      } else {
        reading_.wrong(text->where, std::move(pattern).error());
      }
    }
  }

  void read_booleans(Node& parse) {
    if (Node* value = value_of(parse, "true")) form_.truths = texts(*value);
    if (Node* value = value_of(parse, "false")) form_.untruths = texts(*value);
    for (const std::string& text : form_.truths) {
      if (std::find(form_.untruths.begin(), form_.untruths.end(), text) == form_.untruths.end()) continue;
      reading_.wrong(parse.where, fmt::format("a text that is both true and false: \"{}\"", text));
    }
  }

  void read_number(Node& parse) {
    NumberForm number;
    if (const Node* value = value_of(parse, "decimal"); value && is_sign(*value, "decimal"))
      number.decimal = value->text;
    if (const Node* value = value_of(parse, "thousands")) {
      for (const Node* sign : texts_of(*value)) {
        if (is_sign(*sign, "thousands")) number.thousands.push_back(sign->text);
        if (sign->text == number.decimal)
          reading_.wrong(sign->where, fmt::format("thousands and decimal are the same: \"{}\"", sign->shown()),
                         "decimal is . unless it is given");
      }
    }
    if (const Node* value = value_of(parse, "currency")) number.currencies = texts(*value);
    for (const std::string& text : number.currencies) {
      const bool plain = std::none_of(
          text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '('; });
      if (!text.empty() && plain) continue;
      reading_.wrong(parse.where, fmt::format("not a currency: \"{}\"", text), "digits and signs are the number's own");
    }
    if (const Node* value = value_of(parse, "percent"))
      number.percent = value->text == "number" ? NumberForm::Percent::number : NumberForm::Percent::fraction;
    if (const Node* value = value_of(parse, "parentheses")) number.parentheses = value->text == "true";
    if (const Node* value = value_of(parse, "trailing_minus")) number.trailing_minus = value->text == "true";
    form_.number = std::move(number);
  }

  bool is_sign(const Node& value, std::string_view key) {
    const std::string& text = value.text;
    const bool good = exact::is_utf8(text) && exact::count_chars(text) == 1 &&
                      std::string_view("0123456789+-()%eE").find(text[0]) == std::string_view::npos;
    if (!good) {
      reading_.wrong(value.where, fmt::format("expected one character, which is no digit or sign, for {}: \"{}\"", key,
                                              value.shown()));
    }
    return good;
  }

  static std::vector<std::string> texts(const Node& node) {
    std::vector<std::string> out;
    for (const Node* text : texts_of(node)) out.push_back(text->text);
    return out;
  }

  Node& column_;
  const Type& type_;
  Reading& reading_;
  ValueForm form_;
};

}  // namespace

std::shared_ptr<const ValueForm> read_value_form(Node& column, const Type& type, Reading& reading) {
  return FormReader(column, type, reading).read();
}

}  // namespace ingot::spec
