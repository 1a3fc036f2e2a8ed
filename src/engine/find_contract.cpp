#include "engine/find_contract.h"

#include "core/table_name.h"

namespace ingot {

namespace {

struct TargetTable {
  TableName name;  ///< as plans are counted under it
  std::vector<infer::ExistingColumn> columns;
};

Result<TargetTable> look_at_table(const Pipeline& pipeline, Target& target) {
  INGOT_ASSIGN(const TableName written, parse_table_name(pipeline.tables.front().name));
  INGOT_ASSIGN(const auto relation, target.open_models()->look_up(written));
  TargetTable table;
  if (relation) {
    table.name = relation->name;
    for (const RelationColumn& column : relation->columns) table.columns.push_back({column.name, column.type});
    return table;
  }
  INGOT_ASSIGN(const auto shapes, target.inspect(pipeline));
  table.name = shapes.front().name;
  return table;
}

Result<FoundContract> infer_columns(const Pipeline::From& from, Source& source, const SurveyOptions& options,
                                    const std::vector<infer::ExistingColumn>& table, Progress& progress,
                                    const std::atomic<bool>& cancelled) {
  INGOT_ASSIGN(const infer::Survey survey, survey_files(from, source, options, progress, cancelled));
  FoundContract found;
  found.inferred = infer::infer_contract(survey, table);
  found.yaml = infer::contract_yaml(*found.inferred);
  found.records = survey.records;
  return found;
}

}  // namespace

Result<FoundContract> find_contract(const Pipeline& pipeline, Target& target, Source& source, bool again,
                                    const SurveyOptions& options, Progress& progress,
                                    const std::atomic<bool>& cancelled) {
  INGOT_ASSIGN(const TargetTable table, look_at_table(pipeline, target));
  INGOT_ASSIGN(const bool ledger_exists, target.ledger().exists());
  if (ledger_exists && !again) {
    INGOT_ASSIGN(auto kept, target.ledger().kept_contract({pipeline.name, table.name.text()}));
    if (kept) return FoundContract{std::move(*kept), std::nullopt, 0};
  }
  return infer_columns(pipeline.from, source, options, table.columns, progress, cancelled);
}

Result<FoundContract> infer_without_target(const Pipeline::From& from, Source& source, const SurveyOptions& options,
                                           Progress& progress, const std::atomic<bool>& cancelled) {
  return infer_columns(from, source, options, {}, progress, cancelled);
}

}  // namespace ingot
