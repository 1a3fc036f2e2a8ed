#include "spec/child_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/names.h"
#include "spec/options.h"
#include "spec/sections.h"

namespace ingot::spec {

namespace {

/// Whose children there cannot be, and why.
std::string childless(const TableSpec& parent) {
  const ModeRules& rules = rules_of(parent.mode);
  if (parent.child) return "a child table as parent";
  if (rules.versions || rules.partitions) return fmt::format("a child table of a table with mode {}", rules.name);
  return parent.order_by.empty() ? "" : "a child table of a table with order_by";
}

bool may_have_arrays(FormatKind format) {
  return format != FormatKind::csv && format != FormatKind::fixed && format != FormatKind::xlsx;
}

bool is_integer(Kind kind) { return kind == Kind::int16 || kind == Kind::int32 || kind == Kind::int64; }

// The path that an expression is, if it is nothing else.
Path as_path(const Expression& expression) {
  std::string_view text = expression.text;
  const size_t begin = text.find_first_not_of(" \t\n");
  if (begin == text.npos) return {};
  text = text.substr(begin, text.find_last_not_of(" \t\n") + 1 - begin);
  return parse_path(text).value_or(Path{});
}

bool is_name(const Path& path, std::string_view first, std::string_view second) {
  const auto is_key = [](const PathStep& step, std::string_view key) { return step.index < 0 && step.key == key; };
  return path.size() == 2 && is_key(path[0], first) && is_key(path[1], second);
}

bool same_form(const ColumnSpec& a, const ColumnSpec& b) {
  return a.form && b.form ? *a.form == *b.form : a.form == b.form;
}

/// Reads one child table, whose columns are those of its mapping.
class ChildTableReader {
 public:
  ChildTableReader(Entry& entry, Pipeline& pipeline, TableSpec& table, Reading& reading)
      : node_(entry.value), pipeline_(pipeline), table_(table), reading_(reading) {}

  void read() {
    refuse_idle();
    read_each();
    for (ColumnSpec& column : table_.columns) place(column);
    if (const Node* name = value_of(node_, "parent")) {
      read_parent(*name);
    } else if (node_.find("parent") == nullptr) {
      reading_.wrong(table_.where, fmt::format("each without parent: \"{}\"", table_.name),
                     "add parent: TABLE, the table that takes the records");
    }
    table_.child = std::move(child_);
  }

 private:
  void refuse_idle() {
    for (const char* key : {"when", "root", "mode", "key", "keep", "order_by", "delete_when", "partition_by"}) {
      const auto idle = std::find_if(node_.entries.begin(), node_.entries.end(),
                                     [&](const Entry& entry) { return entry.key.text == key; });
      if (idle == node_.entries.end()) continue;
      reading_.wrong(idle->key.where, fmt::format("no effect in a child table: \"{}\"", key),
                     "what becomes of a record its parent says: remove it");
    }
  }

  void read_each() {
    const Node* each = value_of(node_, "each");
    if (each == nullptr) {
      if (node_.find("each") == nullptr) {
        reading_.wrong(table_.where, fmt::format("parent without each: \"{}\"", table_.name),
                       "add each: PATH, the array of which each element is a row");
      }
      return;
    }
    if (!may_have_arrays(pipeline_.from.format))
      reading_.wrong(each->where, fmt::format("records of this format have no arrays: \"{}\"", each->shown()));
    auto path = parse_path(each->text);
    if (!path) return reading_.wrong_value(*each, "not a path", path.error());
    if (path->empty()) {
      return reading_.wrong(each->where, fmt::format("a record is no array: \"{}\"", each->shown()),
                            "name the array within it: each: PATH");
    }
    child_.each = std::move(*path);
  }

  // `item` is the element, `record` the record; other paths start at the element.
  void place(ColumnSpec& column) {
    if (column.value) return place_value(column);
    size_t of_record = 0;
    for (Path& path : column.from) {
      if (path.empty()) continue;
      const bool from_record = path[0].index < 0 && path[0].key == "record";
      const bool from_item = path[0].index < 0 && path[0].key == "item";
      if (from_record || from_item) path.erase(path.begin());
      of_record += from_record;
    }
    column.of_element = of_record == 0;
    if (column.of_element || of_record == column.from.size()) return;
    reading_.wrong(column.where, fmt::format("from the element and from the record: \"{}\"", column.name),
                   "a column is taken from either");
  }

  void place_value(ColumnSpec& column) {
    column.position = is_name(as_path(*column.value), "meta", "index");
    if (!column.position) return;
    if (!is_integer(column.type.kind)) {
      reading_.wrong(column.where, fmt::format("meta.index is an integer: \"{}\"", column.name), "write type: integer");
    }
    column.value.reset();
  }

  void read_parent(const Node& name) {
    auto& tables = pipeline_.tables;
    const auto parent =
        std::find_if(tables.begin(), tables.end(), [&](const TableSpec& table) { return table.name == name.text; });
    if (parent == tables.end()) {
      std::vector<std::string> names;
      for (const TableSpec& table : tables) {
        if (!table.child) names.push_back(table.name);
      }
      const std::string hint = nearest_hint(name.text, names);
      return reading_.wrong(name.where, fmt::format("not a table that is declared before: \"{}\"", name.shown()),
                            hint.empty() ? "declare the parent first" : hint);
    }
    if (const std::string reason = childless(*parent); !reason.empty()) {
      return reading_.wrong(name.where, fmt::format("{} is not possible yet: \"{}\"", reason, name.shown()),
                            "take the array as one column of type json");
    }
    parent->has_children = true;
    child_.parent = static_cast<size_t>(parent - tables.begin());
    const ModeRules& rules = rules_of(parent->mode);
    table_.mode = rules.replaces ? parent->mode : Mode::append;
    if (parent->keyed() && !rules.replaces) read_key(*parent);
  }

  void read_key(const TableSpec& parent) {
    child_.replaced = rules_of(parent.mode).updates;
    for (const std::string& name : parent.key) {
      const auto key = std::find_if(parent.columns.begin(), parent.columns.end(),
                                    [&](const ColumnSpec& column) { return column.name == name; });
      const auto held = std::find_if(table_.columns.begin(), table_.columns.end(),
                                     [&](const ColumnSpec& column) { return holds(column, parent, *key); });
      if (held != table_.columns.end()) {
        child_.key.push_back(held->name);
        continue;
      }
      reading_.wrong(
          table_.where, fmt::format("child table without its parent's key: \"{}\"", name),
          fmt::format("its rows are found by it: add {}: {{ type: \"{}\", value: parent.{} }} to its columns", name,
                      declared_name(key->type), name));
    }
  }

  // Is the column what the parent's is, whatever the record says?
  bool holds(const ColumnSpec& column, const TableSpec& parent, const ColumnSpec& key) const {
    if (column.of_element || column.position || column.type != key.type) return false;
    if (column.value) return !column.default_text && is_name(as_path(*column.value), "parent", key.name);
    std::vector<Path> sources = key.from;
    for (Path& path : sources) path.insert(path.begin(), parent.root.begin(), parent.root.end());
    return !key.value && column.from == sources && same_form(column, key) && column.default_text == key.default_text;
  }

  Node& node_;
  Pipeline& pipeline_;
  TableSpec& table_;
  Reading& reading_;
  ChildSpec child_;
};

}  // namespace

bool is_child_table(const Node& table) {
  return std::any_of(table.entries.begin(), table.entries.end(),
                     [](const Entry& entry) { return entry.key.text == "parent" || entry.key.text == "each"; });
}

void read_child_table(Entry& entry, Pipeline& pipeline, TableSpec& table, Reading& reading) {
  ChildTableReader(entry, pipeline, table, reading).read();
}

}  // namespace ingot::spec
