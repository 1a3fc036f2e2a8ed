#include "transform/compose.h"

#include <set>

#include "transform/bind_check.h"
#include "transform/binding.h"

namespace ingot {
namespace {

/// An expression that fails costs its record: NULL instead of STRUCT(v). The guard keeps the optimizer from taking
/// parts of it out of TRY, see docs/decisions/try.md.
std::string attempt(const std::string& sql) {
  return "CASE WHEN ingot_guard() THEN TRY(struct_pack(v := " + sql + ")) END";
}

std::vector<uint16_t> to_vector(const std::set<uint16_t>& slots) { return {slots.begin(), slots.end()}; }

class Composer {
 public:
  Composer(const Pipeline& pipeline, const MetaValues& meta, duckdb::Connection& connection)
      : pipeline_(pipeline), connection_(connection), binding_(pipeline, meta, connection) {}

  tl::expected<Composition, std::vector<Error>> compose() {
    for (const char* column : kScanColumns) {
      if (std::string_view(column) != "__name") select(quote_identifier(column));
    }
    add_where();
    add_whens();
    for (const TableSpec& table : pipeline_.tables) add_table(table);
    if (!binding_.errors().empty()) return tl::unexpected(binding_.errors());
    composition_.slots = binding_.slots().take();
    composition_.sql_before_scan = "SELECT " + columns_ + " FROM ";
    if (Status bound = bind_query(connection_, composition_.sql(stand_in_relation(composition_.slots))); !bound) {
      return tl::unexpected(std::vector<Error>{bound.error()});
    }
    return std::move(composition_);
  }

 private:
  void select(const std::string& sql) {
    if (!columns_.empty()) columns_ += ", ";
    columns_ += sql;
  }

  void add_where() {
    if (!pipeline_.where) return;
    composition_.has_where = true;
    Scope scope;
    if (!pipeline_.routed && pipeline_.tables.size() == 1) scope.table = &pipeline_.tables[0];
    const auto bound = binding_.condition(*pipeline_.where, scope);
    if (!bound) return;
    composition_.where_slots = to_vector(bound->slots);
    select(attempt("CAST(" + bound->tree->ToString() + " AS BOOLEAN)") + " AS __where");
  }

  void add_whens() {
    std::set<uint16_t> slots;
    int count = 0;
    for (size_t i = 0; i < pipeline_.tables.size(); ++i) {
      const auto& when = pipeline_.tables[i].when;
      composition_.when_columns.push_back(when ? count++ : -1);
      if (!when) continue;
      const auto bound = binding_.condition(*when, Scope{});
      if (!bound) continue;
      slots.insert(bound->slots.begin(), bound->slots.end());
      select(attempt("CAST(" + bound->tree->ToString() + " AS BOOLEAN)") + " AS __when_" + std::to_string(i));
    }
    composition_.when_slots = to_vector(slots);
  }

  void add_table(const TableSpec& table) {
    ComposedTable composed;
    std::set<uint16_t> slots;
    if (table.child) slots.insert(places_of(table));  // first: that there is an array is judged before its elements
    for (const ColumnSpec& column : table.columns) {
      const std::string name =
          "t" + std::to_string(composition_.tables.size()) + "_c" + std::to_string(composed.columns.size());
      ComposedColumn& result = composed.columns.emplace_back();
      result.name = column.name;
      result.type = column.type;
      result.required = column.required;
      result.computed = column.value.has_value();
      result.element = column.of_element || column.position;
      const BoundTree* value = binding_.final_value(table, column);
      if (value == nullptr) continue;
      slots.insert(value->slots.begin(), value->slots.end());
      if (!result.computed) result.slot = *value->slots.begin();
      const std::string sql = result.element ? value->tree->ToString() : plain_type(column, *value);
      if (result.element && column.default_text) result.fallback = binding_.default_of(column)->ToString();
      select((result.computed ? attempt(sql) : sql) + " AS " + name);
    }
    for (const std::string& key : table.key) {
      for (size_t i = 0; i < table.columns.size(); ++i) {
        if (table.columns[i].name == key) composed.key.push_back(static_cast<uint16_t>(i));
      }
    }
    add_tombstones(table, composed, slots);
    if (table.child) add_places(table, composed, slots);
    composed.used_slots = to_vector(slots);
    composition_.tables.push_back(std::move(composed));
  }

  void add_tombstones(const TableSpec& table, ComposedTable& composed, std::set<uint16_t>& slots) {
    composed.tombstones = table.delete_when.has_value();
    if (!composed.tombstones) return;
    Scope scope;
    scope.table = &table;
    const auto bound = binding_.condition(*table.delete_when, scope);
    if (!bound) return;
    slots.insert(bound->slots.begin(), bound->slots.end());
    select(attempt("CAST(" + bound->tree->ToString() + " AS BOOLEAN)") + " AS t" +
           std::to_string(composition_.tables.size()) + "_delete");
  }

  uint16_t places_of(const TableSpec& table) {
    ColumnSpec places;
    places.type = Type{Kind::int32};
    places.position = true;
    return binding_.element_slot(table, places);
  }

  // Of a child table, whose faults are its parent's: they cost the record.
  void add_places(const TableSpec& table, ComposedTable& composed, std::set<uint16_t>& slots) {
    select(slot_name(places_of(table)) + " AS t" + std::to_string(composition_.tables.size()) + "_places");
    composed.parent = static_cast<int>(table.child->parent);
    ComposedTable& parent = composition_.tables[table.child->parent];
    parent.children.push_back(static_cast<uint16_t>(composition_.tables.size()));
    slots.insert(parent.used_slots.begin(), parent.used_slots.end());
    parent.used_slots = to_vector(slots);
  }

  /// A json column travels as plain VARCHAR.
  static std::string plain_type(const ColumnSpec& column, const BoundTree& value) {
    if (column.type.kind != Kind::json) return value.tree->ToString();
    return make_cast("ingot_cast", value.tree->Copy(), "VARCHAR")->ToString();
  }

  const Pipeline& pipeline_;
  duckdb::Connection& connection_;
  Binding binding_;
  Composition composition_;
  std::string columns_;
};

}  // namespace

tl::expected<Composition, std::vector<Error>> compose(const Pipeline& pipeline, const MetaValues& meta,
                                                      duckdb::Connection& connection) {
  return Composer(pipeline, meta, connection).compose();
}

}  // namespace ingot
