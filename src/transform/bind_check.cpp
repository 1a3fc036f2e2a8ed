#include "transform/bind_check.h"

#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <duckdb/planner/planner.hpp>
#include <optional>

#include "core/sql_text.h"
#include "format/decoder.h"
#include "transform/cast_kernels.h"
#include "transform/compose.h"
#include "transform/implicit_cast.h"
#include "transform/slot_table.h"
#include "transform/sql_functions.h"

namespace ingot {
namespace {

constexpr const char* kTextHint = "source fields are text; declare the column, or cast(x as integer)";

/// A text constant that DuckDB would read by its own, lenient, rules.
struct Literal {
  std::string text;
  duckdb::LogicalType type;
};

struct Faults {
  const std::vector<Slot>& slots;
  std::optional<Error> error;
  std::vector<Literal> literals;

  void add(std::string message, std::string hint) {
    if (!error) error = Error{Code::invalid_pipeline, std::move(message), std::move(hint), std::nullopt};
  }
};

bool is_ingot_cast(const duckdb::Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_FUNCTION) return false;
  const auto& name = expression.Cast<duckdb::BoundFunctionExpression>().function.name;
  return name == "ingot_cast" || name == "ingot_assign";
}

const duckdb::Value* as_constant(const duckdb::Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT) return nullptr;
  return &expression.Cast<duckdb::BoundConstantExpression>().value;
}

/// The user's word for an expression.
std::string name_of(const duckdb::Expression& expression, const std::vector<Slot>& slots) {
  std::string name = expression.GetName();
  for (size_t i = 0; i < slots.size(); ++i) {
    if (name == slot_name(static_cast<uint16_t>(i))) return slots[i].label;
  }
  return name;
}

void look_at_cast(const duckdb::BoundCastExpression& cast, Faults& findings) {
  const duckdb::Value* constant = as_constant(*cast.child);
  const auto& target = cast.return_type;
  if (constant != nullptr && constant->IsNull()) return;
  if (constant != nullptr && constant->type().id() == duckdb::LogicalTypeId::VARCHAR &&
      !constant->type().IsJSONType()) {
    if (target.id() == duckdb::LogicalTypeId::VARCHAR && !target.IsJSONType()) return;
    if (cast_from_text(target).kernel) findings.literals.push_back({constant->GetValue<std::string>(), target});
    return;
  }
  const ImplicitCast verdict = judge_implicit_cast(cast.child->return_type, target);
  if (!verdict.allowed)
    findings.add(verdict.message + ": \"" + name_of(*cast.child, findings.slots) + "\"", verdict.hint);
}

/// Evaluates a cast of constants now: it would fail for every record.
void look_at_constant(duckdb::ClientContext& context, const duckdb::Expression& expression, Faults& findings) {
  try {
    duckdb::ExpressionExecutor::EvaluateScalar(context, expression);
  } catch (const std::exception& exception) {
    findings.add("a constant does not fit its type: " + duckdb::ErrorData(exception).RawMessage(), "");
  }
}

void look(duckdb::ClientContext& context, const duckdb::Expression& expression, Faults& findings) {
  const bool explicit_cast = is_ingot_cast(expression);
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_CAST) {
    look_at_cast(expression.Cast<duckdb::BoundCastExpression>(), findings);
  } else if (explicit_cast && expression.IsFoldable()) {
    look_at_constant(context, expression, findings);
  }
  duckdb::ExpressionIterator::EnumerateChildren(expression, [&](const duckdb::Expression& child) {
    const bool inserted = explicit_cast && child.GetExpressionClass() == duckdb::ExpressionClass::BOUND_CAST;
    look(context, inserted ? *child.Cast<duckdb::BoundCastExpression>().child : child, findings);
  });
}

bool mentions_text(const std::string& message) { return message.find("VARCHAR") != std::string::npos; }

/// DuckDB's message in one line, and what to do.
Error translate(const std::exception& exception) {
  std::string message = duckdb::ErrorData(exception).RawMessage();
  Error error{Code::invalid_pipeline, "", "", std::nullopt};
  if (const auto mark = message.find(kHintMark); mark != std::string::npos) {
    error.hint = message.substr(mark + std::string_view(kHintMark).size());
    error.hint = error.hint.substr(0, error.hint.find('\n'));
  }
  message = message.substr(0, message.find('\n'));
  constexpr std::string_view kNoMatch = "No function matches the given name and argument types ";
  if (message.starts_with(kNoMatch)) {
    const auto begin = message.find('\'');
    const auto end = message.find('\'', begin + 1);
    message = "no function takes these types: " + message.substr(begin + 1, end - begin - 1);
    if (mentions_text(message)) error.hint = kTextHint;
  } else if (message.find("explicit cast is required") != std::string::npos ||
             message.find("Cannot compare values") != std::string::npos) {
    if (mentions_text(message)) error.hint = kTextHint;
  }
  error.message = std::move(message);
  return error;
}

duckdb::unique_ptr<duckdb::LogicalOperator> plan_of(duckdb::ClientContext& context, const std::string& sql) {
  duckdb::Parser parser(context.GetParserOptions());
  parser.ParseQuery(sql);
  duckdb::Planner planner(context);
  planner.CreatePlan(std::move(parser.statements.at(0)));
  return std::move(planner.plan);
}

Status check_literal(duckdb::Connection& connection, const Literal& literal) {
  const auto result = connection.Query("SELECT ingot_cast(" + quote_literal(literal.text) + ", CAST(NULL AS " +
                                       literal.type.ToString() + "))");
  if (!result->HasError()) return {};
  return fail(Code::invalid_pipeline,
              "this text is no " + literal.type.ToString() + ": '" + literal.text + "' (" +
                  result->GetErrorObject().RawMessage() + ")",
              literal.type.IsJSONType() ? "->> takes a json member as text" : "");
}

}  // namespace

std::string stand_in_relation(const std::vector<Slot>& slots) {
  constexpr const char* kTypes[kScanColumnCount] = {"UINTEGER", "UBIGINT", "UBIGINT", "UBIGINT",
                                                    "UBIGINT",  "VARCHAR", "BLOB"};
  std::string sql = "(SELECT ";
  for (size_t i = 0; i < kScanColumnCount; ++i) {
    if (i != 0) sql += ", ";
    sql += std::string("CAST(NULL AS ") + kTypes[i] + ") AS " + quote_identifier(kScanColumns[i]);
  }
  for (size_t i = 0; i < slots.size(); ++i) {
    sql += ", CAST(NULL AS " + duckdb_type(slots[i]).ToString() + ") AS s" + std::to_string(i);
  }
  return sql + ") AS stand_in";
}

Result<duckdb::LogicalType> bind_check(duckdb::Connection& connection, const std::vector<Slot>& slots,
                                       const std::string& sql) {
  duckdb::LogicalType type;
  Faults findings{slots, std::nullopt, {}};
  try {
    connection.context->RunFunctionInTransaction([&] {
      const auto plan = plan_of(*connection.context, "SELECT " + sql + " FROM " + stand_in_relation(slots));
      const duckdb::Expression& expression = *plan->expressions.at(0);
      type = expression.return_type;
      look(*connection.context, expression, findings);
    });
  } catch (const std::exception& exception) {
    return fail(translate(exception));
  }
  if (findings.error) return fail(*findings.error);
  for (const Literal& literal : findings.literals) INGOT_TRY(check_literal(connection, literal));
  return type;
}

Status bind_query(duckdb::Connection& connection, const std::string& sql) {
  try {
    connection.context->RunFunctionInTransaction([&] { plan_of(*connection.context, sql); });
  } catch (const std::exception& exception) {
    return fail(Code::internal, "the composed query does not bind: " + duckdb::ErrorData(exception).RawMessage());
  }
  return {};
}

}  // namespace ingot
