#include "transform/expression.h"

#include <duckdb/parser/expression/list.hpp>
#include <duckdb/parser/parsed_expression_iterator.hpp>
#include <duckdb/parser/parser.hpp>
#include <optional>

#include "transform/functions.h"

namespace ingot {
namespace {

using duckdb::ExpressionClass;
using duckdb::ExpressionType;
using duckdb::ParsedExpression;

std::string quoted(const ParsedExpression& tree) { return "\"" + tree.ToString() + "\""; }

Tree make_function(const std::string& name, duckdb::vector<Tree> arguments) {
  return duckdb::make_uniq<duckdb::FunctionExpression>(name, std::move(arguments));
}

/// Reads a chain of names, members and constant indexes (`record.a[0].b`) as a path.
std::optional<Path> as_path(const ParsedExpression& tree) {
  if (tree.GetExpressionClass() == ExpressionClass::COLUMN_REF) {
    Path path;
    for (const auto& name : tree.Cast<duckdb::ColumnRefExpression>().column_names) path.push_back({name, -1});
    return path;
  }
  const auto type = tree.GetExpressionType();
  if (type != ExpressionType::ARRAY_EXTRACT && type != ExpressionType::STRUCT_EXTRACT) return std::nullopt;
  const auto& children = tree.Cast<duckdb::OperatorExpression>().children;
  if (children[1]->GetExpressionClass() != ExpressionClass::CONSTANT) return std::nullopt;
  const auto& value = children[1]->Cast<duckdb::ConstantExpression>().value;
  auto path = as_path(*children[0]);
  if (!path || value.IsNull()) return std::nullopt;
  if (value.type().id() == duckdb::LogicalTypeId::VARCHAR) {
    path->push_back({value.GetValue<std::string>(), -1});
    return path;
  }
  const auto index = value.type().IsIntegral() ? value.GetValue<int64_t>() : -1;
  if (index < 0 || index > 1'000'000) return std::nullopt;
  path->push_back({"", static_cast<int>(index)});
  return path;
}

bool is_constant(const ParsedExpression& tree) { return tree.GetExpressionClass() == ExpressionClass::CONSTANT; }

class Rewriter {
 public:
  explicit Rewriter(Names& names) : names_(names) {}

  Status rewrite(Tree& tree) {
    if (auto path = as_path(*tree)) {
      INGOT_ASSIGN(tree, names_.resolve(*path));
      return {};
    }
    switch (tree->GetExpressionClass()) {
      case ExpressionClass::CONSTANT:
        return rewrite_constant(*tree);
      case ExpressionClass::COMPARISON:
      case ExpressionClass::CONJUNCTION:
      case ExpressionClass::BETWEEN:
      case ExpressionClass::CASE:
        return rewrite_children(*tree);
      case ExpressionClass::FUNCTION:
        return rewrite_function(tree);
      case ExpressionClass::CAST:
        return rewrite_cast(tree);
      case ExpressionClass::OPERATOR:
        return rewrite_operator(tree);
      case ExpressionClass::LAMBDA:
        return rewrite_arrow(tree);
      default:
        return refuse(*tree);
    }
  }

 private:
  Status rewrite_children(ParsedExpression& tree) {
    Status status;
    duckdb::ParsedExpressionIterator::EnumerateChildren(tree, [&](Tree& child) {
      if (status) status = rewrite(child);
    });
    return status;
  }

  Status rewrite_constant(const ParsedExpression& tree) {
    const auto& value = tree.Cast<duckdb::ConstantExpression>().value;
    if (!value.IsNull() && value.type().id() == duckdb::LogicalTypeId::VARCHAR &&
        value.GetValue<std::string>().find('\0') != std::string::npos) {
      return fail(Code::invalid_pipeline, "a text constant holds a NUL character");
    }
    return {};
  }

  Status rewrite_function(Tree& tree) {
    auto& function = tree->Cast<duckdb::FunctionExpression>();
    INGOT_TRY(check_function(function));
    INGOT_TRY(rewrite_children(*tree));
    if (divides(function.function_name) && function.children.size() == 2) return guard_divisor(function.children[1]);
    return {};
  }

  Status check_function(const duckdb::FunctionExpression& function) {
    if (!function.schema.empty() && function.schema != "main") {
      return fail(Code::invalid_pipeline, "functions have no schema: " + quoted(function));
    }
    INGOT_TRY(check_allowed(function.function_name, function.children.size()));
    if (function.distinct || function.filter || (function.order_bys && !function.order_bys->orders.empty())) {
      return fail(Code::invalid_pipeline, "distinct, filter and order by belong to aggregates: " + quoted(function));
    }
    return {};
  }

  static Status guard_divisor(Tree& divisor) {
    if (is_constant(*divisor)) {
      const auto& value = divisor->Cast<duckdb::ConstantExpression>().value;
      if (!value.IsNull() && value.type().IsNumeric()) {
        if (value.GetValue<double>() == 0) return fail(Code::invalid_pipeline, "division by zero");
        return {};
      }
    }
    duckdb::vector<Tree> arguments;
    arguments.push_back(std::move(divisor));
    divisor = make_function("ingot_nonzero", std::move(arguments));
    return {};
  }

  Status rewrite_cast(Tree& tree) {
    auto& cast = tree->Cast<duckdb::CastExpression>();
    if (cast.try_cast) {
      return fail(Code::invalid_pipeline, "try_cast turns what it cannot convert into NULL: " + quoted(*tree),
                  "cast rejects the record instead; nullif and case name the values that are to be NULL");
    }
    const std::string type = cast.cast_type.ToString();
    const auto upper = duckdb::StringUtil::Upper(type);
    for (const char* text : {"VARCHAR(", "CHAR(", "TEXT(", "BPCHAR(", "STRING("}) {
      if (upper.find(text) != std::string::npos) {
        return fail(Code::invalid_pipeline, "a cast does not shorten text: " + quoted(*tree),
                    "left(x, n) cuts; a column of type varchar(n) rejects what is longer");
      }
    }
    // `true`, `false`, `interval '1 day'`: literals.
    const bool literal = is_constant(*cast.child) && (upper == "BOOLEAN" || upper == "INTERVAL");
    INGOT_TRY(rewrite(cast.child));
    if (!literal) tree = make_cast("ingot_cast", std::move(cast.child), type);
    return {};
  }

  Status rewrite_operator(Tree& tree) {
    auto& children = tree->Cast<duckdb::OperatorExpression>().children;
    const auto type = tree->GetExpressionType();
    switch (type) {
      case ExpressionType::OPERATOR_NOT:
      case ExpressionType::OPERATOR_IS_NULL:
      case ExpressionType::OPERATOR_IS_NOT_NULL:
      case ExpressionType::OPERATOR_COALESCE:
      case ExpressionType::ARRAY_EXTRACT:
      case ExpressionType::ARRAY_SLICE:
        return rewrite_children(*tree);
      case ExpressionType::COMPARE_IN:
      case ExpressionType::COMPARE_NOT_IN: {
        INGOT_TRY(rewrite_children(*tree));
        Tree in = make_function("ingot_in", std::move(children));
        if (type == ExpressionType::COMPARE_NOT_IN) {
          in = duckdb::make_uniq<duckdb::OperatorExpression>(ExpressionType::OPERATOR_NOT, std::move(in));
        }
        tree = std::move(in);
        return {};
      }
      case ExpressionType::OPERATOR_TRY:
        return fail(Code::invalid_pipeline, "try turns failures into NULL: " + quoted(*tree),
                    "without it, a record for which the expression fails is rejected");
      default:
        return refuse(*tree);
    }
  }

  /// DuckDB parses `a -> 'b'` as a lambda, and everything to the right of the arrow as its body.
  Status rewrite_arrow(Tree& tree) {
    auto& arrow = tree->Cast<duckdb::LambdaExpression>();
    if (arrow.syntax_type == duckdb::LambdaSyntaxType::LAMBDA_KEYWORD) return refuse(*tree);
    if (!is_constant(*arrow.expr)) {
      return fail(Code::invalid_pipeline, "-> takes a name or an index: " + quoted(*tree),
                  "-> binds weakly: put it in parentheses, as in (a -> 'b') = '1'");
    }
    INGOT_TRY(rewrite(arrow.lhs));
    duckdb::vector<Tree> arguments;
    arguments.push_back(std::move(arrow.lhs));
    arguments.push_back(std::move(arrow.expr));
    tree = make_function("json_extract", std::move(arguments));
    return {};
  }

  static Status refuse(const ParsedExpression& tree) {
    const auto text = [&]() -> std::string {
      switch (tree.GetExpressionClass()) {
        case ExpressionClass::SUBQUERY:
          return "subqueries are not possible in an expression: ";
        case ExpressionClass::WINDOW:
          return "window functions see more than one record: ";
        case ExpressionClass::STAR:
          return "* is not a value: ";
        case ExpressionClass::PARAMETER:
          return "parameters are not possible in an expression: ";
        case ExpressionClass::LAMBDA:
          return "lambdas are not possible in an expression: ";
        case ExpressionClass::DEFAULT:
          return "default is not a value: ";
        case ExpressionClass::COLLATE:
          return "collations are not possible in an expression: ";
        default:
          return "this is not possible in an expression: ";
      }
    }();
    return fail(Code::invalid_pipeline, text + quoted(tree));
  }

  Names& names_;
};

/// Parses `text` as exactly one expression. ParseExpressionList alone would take `a from t` and `a as b`.
Result<Tree> parse_one(const std::string& text) {
  try {
    auto list = duckdb::Parser::ParseExpressionList(text + "\n");
    if (list.size() != 1) return fail(Code::invalid_pipeline, "one expression is wanted: \"" + text + "\"");
    duckdb::Parser::ParseExpressionList("(" + text + "\n)");
    return std::move(list[0]);
  } catch (const std::exception& exception) {
    const std::string message = duckdb::ErrorData(exception).RawMessage();
    return fail(Code::invalid_pipeline,
                "expression does not parse: \"" + text + "\": " + message.substr(0, message.find('\n')),
                "a name that is also a word of SQL stands in double quotes");
  }
}

}  // namespace

Result<Tree> parse_expression(const std::string& text, Names& names) {
  INGOT_ASSIGN(Tree tree, parse_one(text));
  INGOT_TRY(Rewriter(names).rewrite(tree));
  return tree;
}

Tree make_cast(const std::string& function, Tree tree, const std::string& type) {
  duckdb::vector<Tree> arguments;
  arguments.push_back(std::move(tree));
  auto null = duckdb::Parser::ParseExpressionList("CAST(NULL AS " + type + ")");
  arguments.push_back(std::move(null[0]));
  return make_function(function, std::move(arguments));
}

Tree make_column(const std::string& name) { return duckdb::make_uniq<duckdb::ColumnRefExpression>(name); }

}  // namespace ingot
