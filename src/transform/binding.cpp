#include "transform/binding.h"

#include <algorithm>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/expression/function_expression.hpp>
#include <duckdb/parser/expression/operator_expression.hpp>

#include "core/names.h"
#include "core/sql_text.h"
#include "transform/bind_check.h"
#include "transform/functions.h"

namespace ingot {
namespace {

/// A mistake that has been reported where it was made.
Error reported_already() { return Error{Code::invalid_pipeline, "", "", std::nullopt}; }

/// Beyond this, columns that use one another are expanded too often: they are nested inline.
constexpr size_t kMaxExpressionBytes = 256 << 10;

Tree make_constant(duckdb::Value value) { return duckdb::make_uniq<duckdb::ConstantExpression>(std::move(value)); }

/// The type that a column has inside an expression: of its slot, but json is JSON.
std::string expression_type(const Type& type) {
  if (type.kind == Kind::json) return "JSON";
  if (type.kind == Kind::text) return "VARCHAR";
  return sql_name(type);
}

Tree as_json(Tree tree) {
  duckdb::vector<Tree> arguments;
  arguments.push_back(std::move(tree));
  return duckdb::make_uniq<duckdb::FunctionExpression>("ingot_json", std::move(arguments));
}

Result<Tree> meta_value(const Path& path, const MetaValues& meta) {
  const std::vector<std::string> kNames = {"unit", "unit_number", "line", "offset", "loaded_at", "run"};
  const std::string& name = path[1].key;
  if (path.size() == 2 && path[1].index < 0) {
    if (name == "unit") return make_column("__name");
    if (name == "unit_number") return make_cast("ingot_cast", make_column("__unit"), "INTEGER");
    if (name == "line" || name == "offset") return make_cast("ingot_cast", make_column("__" + name), "BIGINT");
    if (name == "loaded_at") {
      return make_constant(duckdb::Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(meta.loaded_at_micros)));
    }
    if (name == "run") return make_constant(duckdb::Value::BIGINT(meta.run));
    if (name == "sent_at") {
      return fail(Code::invalid_pipeline, "meta.sent_at is not available for files",
                  "meta.loaded_at is the run's time");
    }
    if (name == "index") {
      return fail(Code::invalid_pipeline,
                  "meta.index is a column of a child table (`each:`), and nothing else beside it", "value: meta.index");
    }
  }
  const std::string nearest = nearest_name(name, kNames);
  return fail(Code::invalid_pipeline, "unknown metadata: \"" + path_text(path) + "\"",
              nearest.empty() ? "there are meta." + join_names(kNames) : "did you mean meta." + nearest + "?");
}

/// A path that is looked up below the table's root.
Path below_root(const TableSpec* table, const Path& path) {
  Path full = table != nullptr ? table->root : Path();
  full.insert(full.end(), path.begin(), path.end());
  return full;
}

}  // namespace

/// Resolves the names of one expression, and collects the slots it uses.
class Binding::ScopedNames : public Names {
 public:
  ScopedNames(Binding& binding, const Scope& scope) : binding_(binding), scope_(scope) {}

  Result<Tree> resolve(const Path& path) override {
    const std::string& first = path[0].key;
    if (first == "meta" && path.size() > 1) return meta_value(path, binding_.meta_);
    if (first == "record") return source({Path(path.begin() + 1, path.end())}, path_text(path));
    if (scope_.table != nullptr && scope_.table->child) return of_child(path);
    if (const ColumnSpec* column = declared(first)) return column_value(*scope_.table, *column, path);
    if (path.size() == 1 && is_clock_name(first)) return fail(clock_error(first));
    if (scope_.own != nullptr && path.size() == 1 && first == scope_.own->name && !scope_.own->from.empty()) {
      std::vector<Path> sources;
      for (const Path& from : scope_.own->from) sources.push_back(below_root(scope_.table, from));
      return source(std::move(sources), first);
    }
    return source({below_root(scope_.table, path)}, path_text(path));
  }

  std::set<uint16_t> take_slots() { return std::move(slots_); }

 private:
  // Within a child table an expression is one of the record.
  Result<Tree> of_child(const Path& path) {
    const std::string& first = path[0].key;
    if (is_clock_name(first) && path.size() == 1) return fail(clock_error(first));
    const ColumnSpec* column = declared(first);
    if (column != nullptr && !column->of_element && !column->position)
      return column_value(*scope_.table, *column, path);
    if (first != "parent" || path.size() != 2) {
      return fail(
          Code::invalid_pipeline,
          "a value of a child table is computed from the record, not from its elements: \"" + path_text(path) + "\"",
          "from: item takes the element, record.x is a field of the record, parent.x a column of the parent");
    }
    const TableSpec& parent = binding_.pipeline_.tables[scope_.table->child->parent];
    for (const ColumnSpec& of_parent : parent.columns) {
      if (of_parent.name == path[1].key && of_parent.declared()) return column_value(parent, of_parent, {path[1]});
    }
    return fail(Code::invalid_pipeline, "the parent has no such column: \"" + path_text(path) + "\"",
                "record.x is a field of the record");
  }

  static Error clock_error(const std::string& name) { return check_allowed(name, 0).error(); }

  const ColumnSpec* declared(const std::string& name) const {
    if (scope_.table == nullptr || (scope_.own != nullptr && scope_.own->name == name)) return nullptr;
    for (const ColumnSpec& column : scope_.table->columns) {
      if (column.name == name) return &column;
    }
    return nullptr;
  }

  Result<Tree> column_value(const TableSpec& table, const ColumnSpec& column, const Path& path) {
    if (path.size() > 1) {
      return fail(Code::invalid_pipeline,
                  "\"" + path[0].key + "\" is a declared column, \"" + path_text(path) + "\" could be a source field",
                  "record." + path_text(path) + " is the source, " + quote_identifier(column.name) +
                      " ->> '$.…' a member of the column");
    }
    if (column.history) {
      return fail(Code::invalid_pipeline, "a column that mode scd2 adds: \"" + column.name + "\"",
                  "record." + column.name + " is the source's field");
    }
    const BoundTree* value = binding_.final_value(table, column);
    if (value == nullptr) return fail(reported_already());
    slots_.insert(value->slots.begin(), value->slots.end());
    return value->tree->Copy();
  }

  Result<Tree> source(std::vector<Path> paths, const std::string& label) {
    if (binding_.pipeline_.from.format == FormatKind::fixed) {
      return fail(Code::invalid_pipeline, "fields of fixed width have no names: \"" + label + "\"",
                  "declare it as a column, with at: [FIRST, LENGTH]");
    }
    if (binding_.pipeline_.from.format == FormatKind::csv) {
      for (const Path& path : paths) {
        if (path.size() == 1 && path[0].index < 0) continue;
        return fail(Code::invalid_pipeline, "CSV records have no nested fields: \"" + label + "\"",
                    "a header with a dot is written in double quotes");
      }
    }
    const uint16_t slot = binding_.slots_.add({std::move(paths), Type{}, true, label});
    slots_.insert(slot);
    return make_column(slot_name(slot));
  }

  Binding& binding_;
  const Scope& scope_;
  std::set<uint16_t> slots_;
};

void Binding::report(Error error, const Place& where) {
  if (error.message.empty()) return;
  if (!error.where) error.where = where;
  errors_.push_back(std::move(error));
}

const BoundTree* Binding::final_value(const TableSpec& table, const ColumnSpec& column) {
  const auto [entry, is_new] = finals_.try_emplace(&column);
  Final& final = entry->second;
  const Place& where = column.value ? column.value->where : column.where;
  if (is_new) {
    open_.push_back(&column);
    auto bound = bind_column(table, column);
    open_.pop_back();
    if (!bound) {
      report(bound.error(), where);
    } else if (final.state == State::open) {
      final = {State::done, std::move(*bound)};
      return &final.value;
    }
    final.state = State::broken;
  } else if (final.state == State::open) {
    std::string circle;
    for (auto at = std::find(open_.begin(), open_.end(), &column); at != open_.end(); ++at) {
      circle += (*at)->name + " → ";
    }
    report({Code::invalid_pipeline, "columns are computed from one another in a circle: " + circle + column.name,
            "record." + column.name + " is the source field", std::nullopt},
           where);
    final.state = State::broken;
  }
  return final.state == State::done ? &final.value : nullptr;
}

Result<BoundTree> Binding::bind_column(const TableSpec& table, const ColumnSpec& column) {
  INGOT_ASSIGN(BoundTree bound, column.value ? bind_value(table, column) : bind_plain(table, column));
  if (bound.tree->ToString().size() > kMaxExpressionBytes) {
    return fail(Code::invalid_pipeline,
                "expression too large once the columns it uses are put in: \"" + column.name + "\"");
  }
  return bound;
}

uint16_t Binding::element_slot(const TableSpec& table, const ColumnSpec& column) {
  Slot slot;
  slot.each = table.child->each;
  slot.type = column.type;
  slot.label = path_text(slot.each);
  slot.position = column.position;
  if (!column.position) {
    slot.sources = column.from;
    slot.form = column.form;
    slot.required = column.required && !column.default_text;
  }
  return slots_.add(std::move(slot));
}

Result<BoundTree> Binding::bind_plain(const TableSpec& table, const ColumnSpec& column) {
  if (column.of_element || column.position) {
    if (column.default_text) INGOT_TRY(checked_default(column));
    const uint16_t elements = element_slot(table, column);
    return BoundTree{make_column(slot_name(elements)), {elements}};
  }
  std::vector<Path> sources;
  for (const Path& path : column.from) sources.push_back(below_root(&table, path));
  Slot taken{std::move(sources), column.type, false, column.name, column.form, column.rescue};
  taken.optional = column.optional;
  const uint16_t slot = slots_.add(std::move(taken));
  Tree tree = make_column(slot_name(slot));
  if (column.type.kind == Kind::json) tree = as_json(std::move(tree));
  INGOT_ASSIGN(tree, add_default(std::move(tree), column));
  return BoundTree{std::move(tree), {slot}};
}

Result<BoundTree> Binding::bind_value(const TableSpec& table, const ColumnSpec& column) {
  const Scope scope{&table, &column};
  INGOT_ASSIGN(BoundTree bound, bind(*column.value, scope));
  bound.tree = make_cast("ingot_assign", std::move(bound.tree), expression_type(column.type));
  INGOT_ASSIGN(bound.tree, add_default(std::move(bound.tree), column));
  INGOT_TRY(bind_check(connection_, slots_.slots(), bound.tree->ToString()));
  return bound;
}

Result<Tree> Binding::add_default(Tree tree, const ColumnSpec& column) {
  if (!column.default_text) return tree;
  INGOT_ASSIGN(Tree literal, checked_default(column));
  return Tree(duckdb::make_uniq<duckdb::OperatorExpression>(duckdb::ExpressionType::OPERATOR_COALESCE, std::move(tree),
                                                            std::move(literal)));
}

Tree Binding::default_of(const ColumnSpec& column) const {
  return make_cast("ingot_cast", make_constant(duckdb::Value(*column.default_text)), expression_type(column.type));
}

Result<Tree> Binding::checked_default(const ColumnSpec& column) {
  Tree literal = default_of(column);
  if (const auto type = bind_check(connection_, {}, literal->ToString()); !type) {
    Error error = type.error();
    error.message = "the default does not fit " + sql_name(column.type) + ": \"" + *column.default_text + "\"";
    error.where = column.where;
    return fail(std::move(error));
  }
  return literal;
}

Result<BoundTree> Binding::bind(const Expression& expression, const Scope& scope) {
  ScopedNames names(*this, scope);
  INGOT_ASSIGN(Tree tree, parse_expression(expression.text, names));
  return BoundTree{std::move(tree), names.take_slots()};
}

std::optional<BoundTree> Binding::condition(const Expression& expression, const Scope& scope) {
  auto bound = bind(expression, scope);
  if (!bound) {
    report(bound.error(), expression.where);
    return std::nullopt;
  }
  const auto type = bind_check(connection_, slots_.slots(), bound->tree->ToString());
  if (!type) {
    report(type.error(), expression.where);
    return std::nullopt;
  }
  if (type->id() != duckdb::LogicalTypeId::BOOLEAN && type->id() != duckdb::LogicalTypeId::SQLNULL) {
    report(
        {Code::invalid_pipeline, "a condition is wanted, this is " + type->ToString() + ": \"" + expression.text + "\"",
         type->id() == duckdb::LogicalTypeId::VARCHAR ? "source fields are text; cast(x as boolean)" : "compare it",
         std::nullopt},
        expression.where);
    return std::nullopt;
  }
  return std::move(*bound);
}

}  // namespace ingot
