#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "core/names.h"
#include "spec/enum_type.h"
#include "spec/options.h"
#include "spec/override.h"
#include "spec/sections.h"
#include "types/array_text.h"
#include "types/exact.h"

namespace ingot::spec {

namespace {

Fault check_value(const Type& type, std::string_view text) {
  int16_t small = 0;
  int32_t medium = 0;
  int64_t large = 0;
  float single = 0;
  double real = 0;
  bool truth = false;
  uint64_t high = 0, low = 0;
  exact::int128 number = 0;
  exact::Interval interval;
  std::string bytes;
  switch (type.kind) {
    case Kind::boolean:
      return exact::to_boolean(text, truth);
    case Kind::int16:
      return exact::to_int16(text, small);
    case Kind::int32:
      return exact::to_int32(text, medium);
    case Kind::int64:
      return exact::to_int64(text, large);
    case Kind::float32:
      return exact::to_float32(text, single);
    case Kind::float64:
      return exact::to_float64(text, real);
    case Kind::decimal:
      return exact::to_decimal(text, type.precision, type.scale, number);
    case Kind::text:
      return type.max_chars > 0 && exact::count_chars(text) > type.max_chars ? Fault::too_long : Fault::none;
    case Kind::date:
      return exact::to_date(text, medium);
    case Kind::timestamp:
      return exact::to_timestamp(text, large);
    case Kind::timestamptz:
      return exact::to_timestamptz(text, large);
    case Kind::time:
      return exact::to_time(text, large);
    case Kind::interval:
      return exact::to_interval(text, interval);
    case Kind::uuid:
      return exact::to_uuid(text, high, low);
    case Kind::binary:
      bytes.resize(exact::binary_size(text, type.encoding));
      return exact::to_binary(text, type.encoding, bytes.data());
    case Kind::array:
      return exact::read_array(text, type.element, [&](const auto& element) {
        return element ? check_value(element_type(type), *element) : Fault::none;
      });
    case Kind::json:
      return exact::check_json(text);
  }
  return Fault::none;
}

/// Reads one column.
class ColumnReader {
 public:
  /// `next`: with fields of fixed width, where the one before ends; else null.
  ColumnReader(Entry& entry, size_t* next, Reading& reading)
      : name_(entry.key.text), node_(entry.value), next_(next), reading_(reading) {
    out_.name = name_;
    out_.where = entry.key.where;
  }

  ColumnSpec read() {
    if (node_.kind == Node::Kind::null) {
      reading_.wrong(out_.where, fmt::format("column without a type: \"{}\"", name_),
                     "write NAME: TYPE, such as name: text");
      return out_;
    }
    expand_column(node_);
    if (!check_section(node_, Section::column, name_, reading_)) return out_;
    read_type();
    if (const Node* required = value_of(node_, "required")) out_.required = required->text == "true";
    if (const Node* optional = value_of(node_, "optional")) out_.optional = optional->text == "true";
    read_origin();
    read_form();
    read_default();
    read_was();
    return out_;
  }

 private:
  void read_type() {
    const Node* type = value_of(node_, "type");
    if (type == nullptr) {
      if (node_.find("type") == nullptr)
        reading_.wrong(out_.where, fmt::format("column without a type: \"{}\"", name_), "add type");
      return;
    }
    if (is_enum(type->text)) return read_enum(*type);
    auto parsed = parse_type(type->text);
    if (parsed) {
      out_.type = *parsed;
      has_type_ = true;
      return;
    }
    Error error = parsed.error();
    const std::string text = folded_name(type->text);
    if (text.ends_with(" not null")) error.hint = "write required: true, or TYPE required, in place of not null";
    if (text.ends_with(" required")) error.hint = "within a mapping write required: true";
    if (text.ends_with(" primary key")) error.hint = "the key stands in `to`: { mode: upsert, key: COLUMN }";
    reading_.wrong_value(*type, "not a type", std::move(error));
  }

  void read_enum(const Node& type) {
    auto labels = parse_enum(type.text);
    if (!labels) return reading_.wrong_value(type, "not a type", labels.error());
    labels_ = std::move(*labels);
    has_type_ = true;
  }

  void read_was() {
    const Node* was = value_of(node_, "was");
    if (was == nullptr) return;
    out_.was = was->text;
    if (folded_name(out_.was) == folded_name(name_))
      reading_.wrong(was->where, fmt::format("a column was what it is: \"{}\"", was->shown()), "remove was");
  }

  void read_origin() {
    const Node* from = value_of(node_, "from");
    if (const Node* value = value_of(node_, "value")) {
      out_.value = Expression{value->text, value->where};
      refuse_unread_type(*value);
      if (out_.optional)
        reading_.wrong(node_.find("optional")->where, fmt::format("no effect on a computed column: \"optional\""));
      if (from != nullptr) reading_.wrong(from->where, fmt::format("from and value exclude each other: \"{}\"", name_));
      return;
    }
    if (next_ != nullptr) return read_place(from);
    for (const char* key : {"at", "width"}) {
      if (const Node* given = value_of(node_, key))
        reading_.wrong(given->where, fmt::format("only with format: fixed: \"{}\"", key));
    }
    if (from == nullptr) {
      out_.from = {Path{PathStep{name_, -1}}};
      return;
    }
    for (const Node* text : texts_of(*from)) {
      auto path = parse_path(text->text);
      if (path) {
        out_.from.push_back(std::move(*path));
      } else {
        reading_.wrong_value(*text, "not a path", path.error());
      }
    }
  }

  // Where a field stands is its path: `[first][length]`, from 0.
  void read_place(const Node* from) {
    constexpr size_t kMostPlaces = 10'000'000;
    const Node* at = value_of(node_, "at");
    const Node* width = value_of(node_, "width");
    if (from != nullptr)
      reading_.wrong(from->where, fmt::format("fields of fixed width have no names: \"{}\"", from->shown()),
                     "write at: [FIRST, LENGTH]");
    if (at != nullptr && width != nullptr) {
      reading_.wrong(width->where, fmt::format("at and width exclude each other: \"{}\"", name_));
    } else if (at == nullptr && width == nullptr) {
      if (node_.find("at") == nullptr && node_.find("width") == nullptr && from == nullptr)
        reading_.wrong(out_.where, fmt::format("a column without a place: \"{}\"", name_),
                       "write at: [FIRST, LENGTH], or width: LENGTH");
    }
    size_t first = *next_, length = 1;
    if (width != nullptr) length = std::stoul(width->text);
    if (at != nullptr && at->items.size() == 2) {
      first = place_number(at->items[0], kMostPlaces);
      length = place_number(at->items[1], kMostPlaces);
    }
    if (at != nullptr && (first == 0 || length == 0 || at->items.size() != 2)) {
      reading_.wrong(at->where, fmt::format("expected two numbers for at: \"{}\"", name_),
                     "at: [FIRST, LENGTH], such as [1, 8]; the line's first character is 1");
      first = length = 1;
    }
    if (at != nullptr) --first;
    *next_ = first + length;
    out_.from = {Path{PathStep{{}, static_cast<int>(first)}, PathStep{{}, static_cast<int>(length)}}};
  }

  // 0 where it is none.
  static size_t place_number(const Node& node, size_t most) {
    const std::string& text = node.text;
    const bool digits = !text.empty() && text.size() < 9 && text.find_first_not_of("0123456789") == text.npos;
    const size_t number = digits ? std::stoul(text) : 0;
    return number <= most ? number : 0;
  }

  // What says how text is read says nothing of a value that is computed.
  void refuse_unread_type(const Node& value) {
    const bool encoded = out_.type.encoding != Encoding::prefixed_hex;
    const bool bounded = out_.type.kind == Kind::array && out_.type.max_chars > 0;
    if (!encoded && !bounded) return;
    reading_.wrong(value.where, fmt::format("a value cannot be {}: \"{}\"", declared_name(out_.type), name_),
                   encoded ? "write bytea: a value is bytes, or text such as \\x0aff" : "write text[]");
  }

  void read_form() {
    for (const char* key : {"parse", "null"}) {
      const Node* given = value_of(node_, key);
      if (given == nullptr || !out_.value) continue;
      add_labels();
      reading_.wrong(given->where, fmt::format("no effect on a computed column: \"{}\"", key),
                     "it is about the source's texts; compute from a column that is taken from the source");
      return;
    }
    if (!has_type_) return;
    out_.form = read_value_form(node_, out_.type, reading_);
    add_labels();
  }

  void add_labels() {
    if (labels_.empty()) return;
    ValueForm form = out_.form ? *out_.form : ValueForm{};
    form.labels = std::move(labels_);
    out_.form = std::make_shared<const ValueForm>(std::move(form));
  }

  void read_default() {
    const Node* value = value_of(node_, "default");
    if (value == nullptr) return;
    if (out_.type.encoding != Encoding::prefixed_hex) {
      reading_.wrong(value->where, fmt::format("no default for {}: \"{}\"", declared_name(out_.type), name_));
      return;
    }
    Fault fault = has_type_ ? check_value(out_.type, value->text) : Fault::none;
    if (out_.form && !out_.form->is_label(value->text)) fault = Fault::not_in_enum;
    if (fault == Fault::none) {
      out_.default_text = value->text;
    } else {
      reading_.wrong(value->where, fmt::format("default does not fit {}: \"{}\"", sql_name(out_.type), value->shown()),
                     std::string(fault_text(fault)));
    }
  }

  const std::string& name_;
  Node& node_;
  size_t* const next_;
  Reading& reading_;
  ColumnSpec out_;
  bool has_type_ = false;
  std::vector<std::string> labels_;  // of an enum
};

// After the renaming nobody could tell which of the two a column of that name is.
void refuse_bad_origins(const std::vector<ColumnSpec>& columns, Reading& reading) {
  std::set<std::string> names, seen;
  for (const ColumnSpec& column : columns) names.insert(folded_name(column.name));
  for (const ColumnSpec& column : columns) {
    if (column.was.empty() || folded_name(column.was) == folded_name(column.name)) continue;
    if (names.contains(folded_name(column.was)))
      reading.wrong(column.where, fmt::format("was names a column that is declared, too: \"{}\"", column.was),
                    "rename the table's columns yourself, or give the other column another name");
    if (!seen.insert(folded_name(column.was)).second)
      reading.wrong(column.where, fmt::format("two columns were the same: \"{}\"", column.was));
  }
}

void refuse_bad_names(const Node& columns, Reading& reading) {
  std::map<std::string, const Node*> seen;
  for (const Entry& entry : columns.entries) {
    if (entry.key.text.empty()) reading.wrong(entry.key.where, "column without a name");
    if (!find_interpolation(entry.key.text).empty()) {
      reading.wrong(entry.key.where, fmt::format("no interpolation in a column's name: \"{}\"", entry.key.text));
    }
    const auto [first, is_new] = seen.emplace(folded_name(entry.key.text), &entry.key);
    if (!is_new) {
      reading.wrong(entry.key.where, fmt::format("columns differ only in upper and lower case: \"{}\"", entry.key.text),
                    fmt::format("\"{}\" stands in line {}; databases take them for one", first->second->text,
                                first->second->where.line));
    }
  }
}

}  // namespace

std::vector<const Node*> texts_of(const Node& node) {
  std::vector<const Node*> out;
  if (node.is_scalar()) out.push_back(&node);
  for (const Node& item : node.items) out.push_back(&item);
  return out;
}

std::vector<ColumnSpec> read_columns(Node* columns, const Place& where, FormatKind format, Reading& reading) {
  if (columns == nullptr) {
    if (reading.is_misspelt("columns")) return {};
    reading.wrong(where, "missing key: \"columns\"", "declare every column as NAME: TYPE");
    return {};
  }
  if (columns->kind == Node::Kind::null) return {};
  if (columns->entries.empty()) {
    reading.wrong(columns->where, "no columns",
                  "declare every column as NAME: TYPE, or leave the key out to have them inferred");
  }
  refuse_bad_names(*columns, reading);
  std::vector<ColumnSpec> out;
  size_t next = 0;
  for (Entry& entry : columns->entries) {
    ColumnReader reader(entry, format == FormatKind::fixed ? &next : nullptr, reading);
    out.push_back(reader.read());
  }
  refuse_bad_origins(out, reading);
  return out;
}

}  // namespace ingot::spec
