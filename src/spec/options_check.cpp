#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/names.h"
#include "spec/options.h"

namespace ingot::spec {

namespace {

std::string_view form_text(Form form) {
  switch (form) {
    case Form::texts:
      return "text or a list of texts";
    case Form::mapping:
      return "a mapping";
    case Form::text_or_mapping:
      return "text or a mapping";
    case Form::texts_or_mapping:
      return "text, a list of texts, or a mapping";
    case Form::sql:
      return "an SQL expression";
    default:
      return "text";
  }
}

bool takes(Form form, Node::Kind kind) {
  switch (kind) {
    case Node::Kind::mapping:
      return form == Form::mapping || form == Form::text_or_mapping || form == Form::texts_or_mapping;
    case Node::Kind::sequence:
      return form == Form::texts || form == Form::texts_or_mapping;
    default:
      return form != Form::mapping;
  }
}

void forget(Node& value) {
  value.kind = Node::Kind::null;
  value.text.clear();
}

/// Checks one value against its option.
class ValueCheck {
 public:
  ValueCheck(const Option& option, Reading& reading, Texts texts) : option_(option), reading_(reading), texts_(texts) {}

  void check(Entry& entry) {
    Node& value = entry.value;
    if (value.kind == Node::Kind::null) {
      // Spelled out, NULL is what many write for the text: `null: NULL`.
      if (option_.name == "null" && !value.text.empty()) {
        value.kind = Node::Kind::scalar;
      } else {
        // An empty value has no place of its own.
        reading_.wrong(value.text.empty() ? entry.key.where : value.where,
                       fmt::format("no value: \"{}\"", option_.name),
                       "give a value or remove the key; quote # and null");
        return;
      }
    }
    if (!takes(option_.form, value.kind)) {
      const bool cut = option_.form != Form::mapping;
      reading_.wrong(value.where, fmt::format("expected {}: \"{}\"", form_text(option_.form), option_.name),
                     cut                                           ? "quote a text that begins with [ or {"
                     : option_.type.find(':') == option_.type.npos ? ""
                                                                   : fmt::format("write {}", option_.type));
      forget(value);
      return;
    }
    if (value.kind == Node::Kind::sequence) return check_items(value);
    if (value.is_scalar() && !check_scalar(value)) forget(value);
  }

 private:
  void check_items(Node& list) {
    bool good = true;
    if (list.items.empty()) {
      reading_.wrong(list.where, fmt::format("empty list: \"{}\"", option_.name));
      good = false;
    }
    for (Node& item : list.items) {
      if (item.kind == Node::Kind::null && option_.name == "null" && !item.text.empty()) item.kind = Node::Kind::scalar;
      if (!item.is_scalar()) {
        reading_.wrong(item.where, fmt::format("expected text in the list: \"{}\"", option_.name),
                       "quote a text that begins with - [ or {");
        good = false;
      } else if (!check_scalar(item)) {
        good = false;
      }
    }
    if (!good) forget(list);
  }

  bool check_scalar(Node& value) {
    if (option_.form == Form::sql) return check_sql(value);
    if (texts_ == Texts::interpolated && !reading_.interpolate(value)) return false;
    switch (option_.form) {
      case Form::boolean:
        return check_boolean(value);
      case Form::integer:
        return check_integer(value);
      case Form::choice:
        return check_choice(value);
      default:
        return true;
    }
  }

  bool check_sql(Node& value) {
    if (value.cut) {
      reading_.wrong(value.where, fmt::format("a comment ends an SQL expression: {}", value.text),
                     "quote the expression if # is part of it; else put the comment on its own line");
      return false;
    }
    if (value.text.find_first_not_of(" \t\r\n") == std::string::npos) {
      reading_.wrong(value.where, fmt::format("empty SQL expression: \"{}\"", option_.name));
      return false;
    }
    const std::string_view reference = find_interpolation(value.text);
    if (!reference.empty()) {
      reading_.wrong(value.where, fmt::format("no interpolation in an SQL expression: {}", reference),
                     "text put into SQL would be read as SQL; write $${ for a literal ${");
      return false;
    }
    value.text = unescape_interpolation(value.text);
    return true;
  }

  bool check_boolean(const Node& value) {
    if (value.text == "true" || value.text == "false") return true;
    reading_.wrong(value.where, fmt::format("expected true or false for {}: \"{}\"", option_.name, value.shown()));
    return false;
  }

  bool check_integer(const Node& value) {
    int number = 0;
    const char* end = value.text.data() + value.text.size();
    const auto [stop, error] = std::from_chars(value.text.data(), end, number);
    if (error == std::errc{} && stop == end && number >= option_.least && number <= option_.most) return true;
    reading_.wrong(value.where, fmt::format("expected a whole number from {} to {} for {}: \"{}\"", option_.least,
                                            option_.most, option_.name, value.shown()));
    return false;
  }

  bool check_choice(const Node& value) {
    const auto choices = split_choices(option_.choices);
    if (std::find(choices.begin(), choices.end(), value.text) != choices.end()) return true;
    const auto coming = split_choices(option_.later_choices);
    if (std::find(coming.begin(), coming.end(), value.text) != coming.end()) {
      reading_.wrong(value.where, fmt::format("not supported by this version yet: {}: {}", option_.name, value.text),
                     fmt::format("valid: {}", join_names(choices)));
    } else {
      reading_.wrong(value.where, fmt::format("unknown {}: \"{}\"", option_.name, value.shown()),
                     nearest_hint(value.shown(), choices));
    }
    return false;
  }

  const Option& option_;
  Reading& reading_;
  Texts texts_;
};

std::vector<std::string> names_of(Section section) {
  std::vector<std::string> names;
  for (const Option& option : all_options()) {
    if (option.section == section && option.form != Form::later) names.emplace_back(option.name);
  }
  return names;
}

}  // namespace

std::string nearest_hint(std::string_view given, const std::vector<std::string>& valid) {
  constexpr size_t kFew = 12;
  constexpr size_t kMany = 1000;  // comparing costs too much for a hint
  if (valid.size() > kMany) return {};
  const std::string nearest = nearest_name(given, valid);
  if (!nearest.empty()) return fmt::format("did you mean \"{}\"?", nearest);
  return valid.empty() || valid.size() > kFew ? std::string() : fmt::format("valid: {}", join_names(valid));
}

bool check_section(Node& node, Section section, std::string_view name, Reading& reading, Texts texts) {
  if (!node.is_mapping()) {
    if (node.kind == Node::Kind::null) {
      reading.wrong(node.where, fmt::format("no value: \"{}\"", name));
    } else {
      reading.wrong(node.where, fmt::format("expected a mapping: \"{}\"", name));
    }
    return false;
  }
  for (Entry& entry : node.entries) {
    const Option* option = find_option(section, entry.key.text);
    if (option == nullptr) {
      const std::vector<std::string> valid = names_of(section);
      reading.wrong(entry.key.where, fmt::format("unknown key: \"{}\"", entry.key.text),
                    nearest_hint(entry.key.text, valid));
      reading.note_misspelt(nearest_name(entry.key.text, valid));
    } else if (option->form == Form::later) {
      reading.wrong(entry.key.where, fmt::format("not supported by this version yet: \"{}\"", entry.key.text));
    } else {
      ValueCheck(*option, reading, texts).check(entry);
    }
  }
  return true;
}

Node* value_of(Node& mapping, std::string_view key) {
  Node* value = mapping.find(key);
  return value == nullptr || value->kind == Node::Kind::null ? nullptr : value;
}

}  // namespace ingot::spec
