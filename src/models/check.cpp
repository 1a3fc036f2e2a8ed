#include "models/check.h"

#include <duckdb/parser/parser.hpp>

#include "models/order.h"

namespace ingot {

namespace {

Status check_query(const ModelSpec& model) {
  try {
    duckdb::Parser parser;
    parser.ParseQuery(model.sql);
    if (parser.statements.size() == 1 && parser.statements[0]->type == duckdb::StatementType::SELECT_STATEMENT)
      return {};
    return fail({Code::invalid_pipeline, "a model's sql is one query: \"" + model.name + "\"", "write SELECT …",
                 model.sql_where});
  } catch (const std::exception& exception) {
    const std::string message = duckdb::ErrorData(exception).RawMessage();
    return fail({Code::invalid_pipeline,
                 "a model's sql does not parse: \"" + model.name + "\": " + message.substr(0, message.find('\n')),
                 {},
                 model.sql_where});
  }
}

}  // namespace

std::vector<Error> check_models(const Pipeline& pipeline, duckdb::Connection& connection) {
  std::vector<Error> mistakes;
  if (pipeline.connection.kind == Connection::Kind::duckdb) {
    for (const ModelSpec& model : pipeline.models) {
      if (Status status = check_query(model); !status) mistakes.push_back(status.error());
    }
  }
  if (auto order = build_order(pipeline.models, connection); !order) mistakes.push_back(order.error());
  return mistakes;
}

}  // namespace ingot
