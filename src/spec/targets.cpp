#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/byte_count.h"
#include "core/names.h"
#include "core/table_name.h"
#include "spec/child_table.h"
#include "spec/connection.h"
#include "spec/history.h"
#include "spec/key_type.h"
#include "spec/lineage.h"
#include "spec/options.h"
#include "spec/sections.h"

namespace ingot::spec {

namespace {

Mode mode_of(const Node& node) { return mode_named(node.text).value_or(Mode::append); }
Keep keep_of(const Node& node) { return node.text == "first" ? Keep::first : Keep::last; }

constexpr uint64_t kLeastPartBytes = 1 << 10;

bool is_ordered(Kind kind) {
  switch (kind) {
    case Kind::int16:
    case Kind::int32:
    case Kind::int64:
    case Kind::decimal:
    case Kind::float32:
    case Kind::float64:
    case Kind::date:
    case Kind::timestamp:
    case Kind::timestamptz:
    case Kind::time:
      return true;
    default:
      return false;
  }
}

bool is_given(Node& mapping, std::string_view key) { return mapping.find(key) != nullptr; }

/// Reads the tables of a pipeline: the one of `to`, or those of `tables`.
class TargetReader {
 public:
  TargetReader(Node& root, const Project& project, Pipeline& pipeline, Reading& reading)
      : root_(root), project_(project), pipeline_(pipeline), reading_(reading) {
    to_.kind = Node::Kind::mapping;
    to_.where = reading.top();
  }

  void read() {
    if (Node* to = value_of(root_, "to")) {
      if (check_section(*to, Section::to, "to", reading_)) to_ = *to;
    }
    read_connection();
    read_commit();
    if (const Node* rows = value_of(to_, "max_rows_per_second"))
      pipeline_.max_rows_per_second = std::stoull(rows->text);
    if (const Node* unchanged = value_of(to_, "unchanged")) {
      pipeline_.unchanged = unchanged->text == "fetch"   ? Unchanged::fetch
                            : unchanged->text == "merge" ? Unchanged::merge
                                                         : Unchanged::automatic;
    }
    pipeline_.routed = is_given(root_, "tables");
    if (pipeline_.routed) {
      read_tables();
    } else {
      read_single();
    }
    refuse_idle_unchanged();
    commit_at_once();
    read_connections();
    read_alter();
    if (connection_known_) read_file_target(to_, pipeline_, reading_);
    for (const TableSpec& table : pipeline_.tables) refuse_what_depends_on_cuts(table);
    for (TableSpec& table : pipeline_.tables) {
      if (rules_of(table.mode).versions) add_history(table, pipeline_.commit, reading_);
    }
    if (const Node* lineage = value_of(to_, "lineage"); lineage != nullptr && lineage->text == "true") {
      for (TableSpec& table : pipeline_.tables) add_lineage(table, lineage->where, reading_);
    }
  }

 private:
  void read_connection() {
    const Node* connection = to_.find("connection");
    connection_known_ = connection == nullptr || connection->kind != Node::Kind::null;
    if (connection_known_) pipeline_.connection = resolve_connection(connection, project_, reading_);
  }

  bool into_folder() const { return pipeline_.connection.kind == Connection::Kind::files; }

  void read_commit() {
    if (const Node* commit = value_of(to_, "commit")) {
      pipeline_.commit = commit->text == "run"    ? CommitScope::run
                         : commit->text == "part" ? CommitScope::part
                                                  : CommitScope::unit;
    }
    const Entry* entry = entry_of(to_, "part_size");
    if (entry == nullptr) return;
    if (pipeline_.commit != CommitScope::part) {
      reading_.wrong(entry->key.where, "no effect without commit: part: \"part_size\"");
    }
    const Node* size = value_of(to_, "part_size");
    if (size == nullptr) return;
    const auto bytes = parse_byte_count(size->text);
    if (!bytes) {
      reading_.wrong(size->where, fmt::format("not a number of bytes: \"{}\"", size->shown()),
                     "write a size such as 256MiB");
    } else if (*bytes < kLeastPartBytes) {
      reading_.wrong(size->where, fmt::format("part_size is too small: \"{}\"", size->shown()),
                     "at least 1KiB; 256MiB is usual");
    } else {
      pipeline_.part_bytes = *bytes;
    }
  }

  void read_alter() {
    const Node* alter = value_of(to_, "alter");
    if (alter == nullptr) return;
    for (TableSpec& table : pipeline_.tables)
      table.alter = alter->text == "widen" ? Alter::widen : alter->text == "add" ? Alter::add : Alter::none;
  }

  void read_connections() {
    const Node* connections = value_of(to_, "connections");
    if (connections == nullptr) return;
    pipeline_.connections = std::stoul(connections->text);
    if (pipeline_.connections > 1 && pipeline_.commit == CommitScope::run) {
      reading_.wrong(entry_of(to_, "connections")->key.where, "no effect where all is one commit: \"connections\"",
                     "write commit: unit or part, or remove it");
    }
  }

  // Of a repeated key a later commit's record stays where the mode updates, else the first one's: `keep` must say the
  // same, or the result would depend on where a file is cut.
  void refuse_what_depends_on_cuts(const TableSpec& table) {
    if (pipeline_.commit != CommitScope::part || !table.keyed()) return;
    if (rules_of(table.mode).versions) {
      reading_.wrong(value_of(to_, "commit")->where, "mode scd2 with commit: part",
                     "which versions there are would depend on where files are cut: write commit: unit");
      return;
    }
    const bool updates = rules_of(table.mode).updates;
    if ((table.keep == Keep::last) == updates) return;
    reading_.wrong(table.where,
                   fmt::format("keep: {} is not possible with commit: part and mode {}", updates ? "first" : "last",
                               rules_of(table.mode).name),
                   fmt::format("the result would depend on where files are cut: write keep: {}, or commit: unit",
                               updates ? "last" : "first"));
  }

  void read_single() {
    TableSpec table;
    table.name = pipeline_.name;
    table.where = to_.where;
    if (const Node* name = value_of(to_, "table")) {
      table.name = name->text;
      table.where = name->where;
      check_name(*name);
    }
    // Without columns they are inferred, and all is read again with them.
    if (Node* columns = root_.find("columns"))
      table.columns = read_columns(columns, reading_.top(), pipeline_.from.format, reading_);
    read_merge(to_, table);
    refuse_idle_merge(to_, table.mode);
    refuse_idle_of(to_, table.mode);
    if (const Entry* entry = entry_of(root_, "unmatched")) {
      reading_.wrong(entry->key.where, "no effect without tables: \"unmatched\"");
    }
    pipeline_.tables.push_back(std::move(table));
  }

  void read_tables() {
    if (const Entry* entry = entry_of(root_, "columns")) {
      reading_.wrong(entry->key.where, "no effect beside tables: \"columns\"", "move it into each table");
    }
    if (const Entry* entry = entry_of(to_, "table")) {
      reading_.wrong(entry->key.where, "no effect beside tables: \"table\"",
                     "the keys of tables are the tables' names");
    }
    if (const Node* unmatched = value_of(root_, "unmatched")) {
      pipeline_.unmatched = unmatched->text == "skip" ? Unmatched::skip : Unmatched::reject;
    }
    Node* tables = value_of(root_, "tables");
    if (tables == nullptr) return;
    if (tables->entries.empty())
      reading_.wrong(tables->where, "no tables", "declare each table as NAME: { columns: … }");
    bool uses_key = false;
    for (Entry& entry : tables->entries) {
      if (!check_section(entry.value, Section::table, entry.key.text, reading_)) continue;
      TableSpec table = read_table(entry);
      uses_key = uses_key || (!table.child && rules_of(table.mode).key != Use::none && !is_given(entry.value, "key"));
      pipeline_.tables.push_back(std::move(table));
    }
    refuse_unreachable_tables();
    refuse_same_tables();
    refuse_unused("delete_when", "merge_delete", [](const ModeRules& rules) { return rules.tombstones != Use::none; });
    refuse_unused("order_by", "upsert or scd2", [](const ModeRules& rules) { return rules.orders(); });
    if (!into_folder())
      refuse_unused("partition_by", "replace_partitions", [](const ModeRules& rules) { return rules.partitions; });
    const Entry* key = entry_of(to_, "key");
    if (key != nullptr && !uses_key)
      reading_.wrong(key->key.where, "no effect, no table takes its key from here: \"key\"");
  }

  TableSpec read_table(Entry& entry) {
    Node& node = entry.value;
    TableSpec table;
    check_name(entry.key);
    table.name = entry.key.text;
    table.where = entry.key.where;
    if (is_child_table(node)) {
      table.columns = read_columns(node.find("columns"), entry.key.where, pipeline_.from.format, reading_);
      read_child_table(entry, pipeline_, table, reading_);
      return table;
    }
    if (const Node* when = value_of(node, "when")) table.when = Expression{when->text, when->where};
    if (const Node* root = value_of(node, "root")) {
      if (auto path = parse_path(root->text)) {
        table.root = std::move(*path);
      } else {
        reading_.wrong_value(*root, "not a path", path.error());
      }
    }
    table.columns = read_columns(node.find("columns"), entry.key.where, pipeline_.from.format, reading_);
    read_merge(node, table);
    refuse_idle_merge(node, table.mode);
    refuse_idle_of(node, table.mode);
    return table;
  }

  /// Reads mode, key and keep: from the table's own mapping, else from `to`.
  void read_merge(Node& own, TableSpec& table) {
    const auto find = [&](std::string_view key) {
      Node* value = is_given(own, key) ? value_of(own, key) : value_of(to_, key);
      return value;
    };
    if (const Node* mode = find("mode")) table.mode = mode_of(*mode);
    if (const Node* keep = find("keep")) table.keep = keep_of(*keep);
    const ModeRules& rules = rules_of(table.mode);
    if (rules.partitions || (into_folder() && (is_given(own, "partition_by") || is_given(to_, "partition_by"))))
      read_partitions(own, find("mode"), table);
    if (rules.key == Use::none) return;
    if (const Node* key = find("key")) {
      read_names(*key, "key", table, table.key);
    } else if (rules.key == Use::needed && !is_given(own, "key") && !is_given(to_, "key")) {
      reading_.wrong(find("mode")->where, fmt::format("mode {} without key", rules.name),
                     "add key: COLUMN, or key: [COLUMN, …]");
    } else if (const Entry* keep = entry_of(own, "keep"); keep != nullptr && !is_given(own, "key") &&
                                                          !is_given(to_, "key") && !reading_.is_of_project(keep->key)) {
      reading_.wrong(keep->key.where, "no effect without key: \"keep\"", "add key: COLUMN, or remove it");
    }
    if (rules.tombstones != Use::none) read_tombstones(own, find("mode"), table);
    if (const Node* order = find("order_by"); order != nullptr && rules.orders()) read_order(*order, table);
  }

  /// A record without a value has no place in the order: the column is required.
  void read_order(const Node& order, TableSpec& table) {
    std::vector<std::string> names;
    for (const ColumnSpec& column : table.columns) names.push_back(column.name);
    const auto name = std::find(names.begin(), names.end(), order.text);
    if (name == names.end()) {
      if (!names.empty())
        reading_.wrong(order.where, fmt::format("order_by is not a column: \"{}\"", order.shown()),
                       nearest_hint(order.shown(), names));
      return;
    }
    ColumnSpec& column = table.columns[static_cast<size_t>(name - names.begin())];
    check_order(order, table, column);
    column.required = true;
    table.order_by = order.text;
  }

  void check_order(const Node& order, const TableSpec& table, const ColumnSpec& column) {
    if (!is_ordered(column.type.kind)) {
      reading_.wrong(order.where,
                     fmt::format("order_by a column of type {}: \"{}\"", sql_name(column.type), order.shown()),
                     "only numbers, dates and times have an order that all databases share");
    }
    if (table.keep == Keep::first) {
      reading_.wrong(order.where, fmt::format("order_by with keep: first: \"{}\"", order.shown()),
                     "the record with the greatest value stays: remove one of them");
    }
    if (table.delete_when) {
      reading_.wrong(order.where, fmt::format("order_by with delete_when: \"{}\"", order.shown()),
                     "a key that is gone does not say since when: an older record would bring it back");
    }
  }

  void read_tombstones(Node& own, const Node* mode, TableSpec& table) {
    const bool given = is_given(own, "delete_when");
    if (const Node* when = given ? value_of(own, "delete_when") : value_of(to_, "delete_when")) {
      table.delete_when = Expression{when->text, when->where};
    } else if (rules_of(table.mode).tombstones == Use::needed && !given && !is_given(to_, "delete_when")) {
      reading_.wrong(mode->where, fmt::format("mode {} without delete_when", rules_of(table.mode).name),
                     "add delete_when: CONDITION, true for the records that delete the row of their key");
    }
  }

  void read_partitions(Node& own, const Node* mode, TableSpec& table) {
    const bool given = is_given(own, "partition_by");
    if (const Node* names = given ? value_of(own, "partition_by") : value_of(to_, "partition_by")) {
      read_names(*names, "partition_by", table, table.partition_by);
    } else if (!given && !is_given(to_, "partition_by")) {
      reading_.wrong(mode->where, fmt::format("mode {} without partition_by", rules_of(table.mode).name),
                     "add partition_by: COLUMN, or partition_by: [COLUMN, …]");
    }
  }

  void read_names(const Node& list, std::string_view what, const TableSpec& table, std::vector<std::string>& out) {
    std::vector<std::string> names;
    for (const ColumnSpec& column : table.columns) names.push_back(column.name);
    for (const Node* text : texts_of(list)) {
      const auto column = std::find_if(table.columns.begin(), table.columns.end(),
                                       [&](const ColumnSpec& c) { return c.name == text->text; });
      if (column == table.columns.end()) {
        // Without columns that was reported already.
        if (!names.empty())
          reading_.wrong(text->where, fmt::format("{} is not a column: \"{}\"", what, text->shown()),
                         nearest_hint(text->shown(), names));
      } else if (!can_be_key(column->type.kind)) {
        reading_.wrong(text->where, fmt::format("a column of type {} cannot be a {}: \"{}\"", sql_name(column->type),
                                                what == "key" ? "key" : "partition", text->shown()));
      } else if (std::find(out.begin(), out.end(), text->text) != out.end()) {
        reading_.wrong(text->where, fmt::format("column repeated in {}: \"{}\"", what, text->shown()));
      } else {
        out.push_back(text->text);
      }
    }
  }

  void refuse_idle_merge(Node& own, Mode mode) {
    if (rules_of(mode).key != Use::none || (is_given(own, "mode") && value_of(own, "mode") == nullptr)) return;
    const Node* set = value_of(own, "mode");
    for (std::string_view key : {"key", "keep"}) {
      const Entry* entry = entry_of(own, key);
      // What the project sets for all its pipelines need not have an effect in each; nor what the file says where
      // `--set` chose another mode.
      if (entry == nullptr || reading_.is_of_project(entry->key)) continue;
      if (set != nullptr && set->where.line == 0 && entry->value.where.line > 0) continue;
      reading_.wrong(entry->key.where, fmt::format("no effect with mode {}: \"{}\"", rules_of(mode).name, key),
                     "write mode: upsert, or remove it");
    }
  }

  /// What only one mode has a use for.
  void refuse_idle_of(Node& own, Mode mode) {
    const bool chosen_now =
        is_given(own, "mode") && (value_of(own, "mode") == nullptr || own.find("mode")->where.line == 0);
    const auto refuse = [&](std::string_view key, bool used, const char* wanted) {
      const Entry* entry = entry_of(own, key);
      if (entry == nullptr || used || chosen_now) return;
      reading_.wrong(entry->key.where, fmt::format("no effect with mode {}: \"{}\"", rules_of(mode).name, key),
                     fmt::format("write mode: {}, or remove it", wanted));
    };
    refuse("delete_when", rules_of(mode).tombstones != Use::none, "merge_delete");
    refuse("partition_by", rules_of(mode).partitions || into_folder(), "replace_partitions");
    refuse("order_by", rules_of(mode).orders(), "upsert");
  }

  /// What is deleted and what comes instead appear together, from all files: that is one transaction.
  void commit_at_once() {
    const auto at_once = std::find_if(pipeline_.tables.begin(), pipeline_.tables.end(), [](const TableSpec& table) {
      return rules_of(table.mode).replaces || rules_of(table.mode).partitions;
    });
    if (at_once == pipeline_.tables.end()) return;
    if (replaces(pipeline_)) refuse_other_modes();
    const Entry* commit = entry_of(to_, "commit");
    if (commit != nullptr && commit->value.text != "run" && !reading_.is_of_project(commit->key)) {
      reading_.wrong(
          commit->value.where,
          fmt::format("mode {} commits all files at once: \"{}\"", rules_of(at_once->mode).name, commit->value.text),
          "remove commit, or write commit: run");
    }
    pipeline_.commit = CommitScope::run;
  }

  void refuse_other_modes() {
    for (const TableSpec& table : pipeline_.tables) {
      if (rules_of(table.mode).replaces) continue;
      reading_.wrong(table.where,
                     fmt::format("mode {} beside mode replace: \"{}\"", rules_of(table.mode).name, table.name),
                     "replace reads all files, whether they are new or not: give all tables mode: replace, or none");
    }
  }

  void refuse_idle_unchanged() {
    const Entry* entry = entry_of(to_, "unchanged");
    if (entry == nullptr || pipeline_.tables.empty() || compares(pipeline_)) return;
    if (pipeline_.tables.front().has_children) {
      return reading_.wrong(entry->key.where, "no effect with child tables: \"unchanged\"",
                            "all records are sent: an unchanged one may have other children");
    }
    if (!pipeline_.tables.front().order_by.empty()) {
      return reading_.wrong(entry->key.where, "no effect with order_by: \"unchanged\"",
                            "all records are sent: which of them stays is decided in the target");
    }
    reading_.wrong(entry->key.where,
                   fmt::format("no effect with mode {}: \"unchanged\"", rules_of(pipeline_.tables.front().mode).name),
                   "write mode: upsert, or remove it");
  }

  void refuse_unused(std::string_view key, const char* mode, bool (*uses)(const ModeRules&)) {
    const Entry* entry = entry_of(to_, key);
    const bool used = std::any_of(pipeline_.tables.begin(), pipeline_.tables.end(),
                                  [&](const TableSpec& table) { return uses(rules_of(table.mode)); });
    if (entry == nullptr || used) return;
    reading_.wrong(entry->key.where, fmt::format("no effect, no table has mode {}: \"{}\"", mode, key),
                   fmt::format("write mode: {}", mode));
  }

  void refuse_unreachable_tables() {
    const TableSpec* before = nullptr;
    for (const TableSpec& table : pipeline_.tables) {
      if (table.child) continue;
      if (before != nullptr && !before->when) {
        reading_.wrong(table.where, fmt::format("no record can reach this table: \"{}\"", table.name),
                       fmt::format("\"{}\" before it has no when and takes all", before->name));
      }
      before = &table;
    }
  }

  void refuse_same_tables() {
    std::set<std::string> seen;
    for (const TableSpec& table : pipeline_.tables) {
      std::string name = table.name;
      if (const auto parsed = parse_table_name(table.name)) name = parsed->text();
      if (!seen.insert(folded_name(name)).second)
        reading_.wrong(table.where, fmt::format("table declared twice: \"{}\"", table.name));
    }
  }

  void check_name(const Node& text) {
    auto name = parse_table_name(text.text);
    if (!name) return reading_.wrong_value(text, "not a table name", name.error());
    if (name->schema == "ingot") {
      reading_.wrong(text.where, fmt::format("the schema ingot holds the ledger: \"{}\"", text.shown()),
                     "choose another schema");
    }
  }

  static const Entry* entry_of(const Node& mapping, std::string_view key) {
    const auto it =
        std::find_if(mapping.entries.begin(), mapping.entries.end(), [&](const Entry& e) { return e.key.text == key; });
    return it == mapping.entries.end() ? nullptr : &*it;
  }

  Node& root_;
  const Project& project_;
  Pipeline& pipeline_;
  Reading& reading_;
  Node to_;
  bool connection_known_ = true;  ///< else what is wrong with it was said
};

}  // namespace

void read_targets(Node& root, const Project& project, Pipeline& pipeline, Reading& reading) {
  TargetReader(root, project, pipeline, reading).read();
}

}  // namespace ingot::spec
