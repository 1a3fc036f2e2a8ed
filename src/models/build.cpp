#include "models/build.h"

#include <fmt/format.h>

#include "models/table_sync.h"

namespace ingot {

namespace {

Status create(ModelDatabase& database, const ModelShape& shape) {
  for (const std::string& statement : shape.ddl) INGOT_TRY(database.run(statement));
  return {};
}

Status build_view(ModelDatabase& database, const ModelSpec& spec, const ModelShape& shape, bool exists) {
  return exists ? database.replace_view(shape.name, spec.sql) : create(database, shape);
}

Status refresh(ModelDatabase& database, const ModelSpec& spec, const ModelShape& shape, bool exists, bool redefined) {
  if (!exists) return create(database, shape);
  if (!redefined) return database.run("REFRESH MATERIALIZED VIEW " + shape.name.sql());
  INGOT_TRY(database.run("DROP MATERIALIZED VIEW " + shape.name.sql()));
  return database.run(fmt::format("CREATE MATERIALIZED VIEW {} AS {}", shape.name.sql(), spec.sql));
}

}  // namespace

Result<ModelCounts> build_model(ModelDatabase& database, const ModelSpec& spec, const ModelShape& shape,
                                bool redefined) {
  INGOT_ASSIGN(const auto there, database.look_up(shape.name));
  const bool exists = there.has_value();
  if (!exists && shape.ddl.empty()) {
    return fail(Code::target_refused, fmt::format("{} was dropped while the run was under way", shape.name.text()),
                "run again");
  }
  switch (spec.materialized) {
    case Materialized::view:
      INGOT_TRY(build_view(database, spec, shape, exists));
      return ModelCounts{};
    case Materialized::materialized_view:
      INGOT_TRY(refresh(database, spec, shape, exists, redefined));
      return ModelCounts{};
    case Materialized::table:
    case Materialized::incremental:
      if (!exists) INGOT_TRY(create(database, shape));
      return TableSync(database, spec, shape.name).run();
  }
  return fail(Code::internal, "a model of no kind");
}

}  // namespace ingot
