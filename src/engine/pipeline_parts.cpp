#include "engine/pipeline_parts.h"

#include <algorithm>

#include "core/url.h"
#include "format/transcript/transcript_format.h"

namespace ingot {

namespace {

// Small units share a transaction up to these bounds; each is still whole or not there at all.
constexpr uint64_t kBatchBytes = 32 << 20;
constexpr size_t kBatchUnits = 20'000;

std::vector<int> csv_positions(const std::vector<Slot>& slots, const Pipeline& pipeline) {
  // Without a header the contract's columns that are taken from the source stand in the file's order.
  std::vector<std::string> order;
  for (const ColumnSpec& column : pipeline.tables.front().columns) {
    if (!column.value && !column.from.empty()) order.push_back(path_text(column.from.front()));
  }
  std::vector<int> positions;
  for (const Slot& slot : slots) {
    const auto found = slot.rest ? order.end() : std::find(order.begin(), order.end(), path_text(slot.sources.front()));
    positions.push_back(found == order.end() ? -1 : static_cast<int>(found - order.begin()));
  }
  return positions;
}

// Not what is only continued, in one, behind what another plan has loaded.
bool in_parts(const BatchUnit& unit) { return unit.part_bytes > 0 || unit.start.part > 0; }

}  // namespace

bool keyed(const Pipeline& pipeline) {
  return std::any_of(pipeline.tables.begin(), pipeline.tables.end(),
                     [](const TableSpec& table) { return table.keyed(); });
}

BatchUnit to_be_read(uint32_t number, const Unit& unit) {
  BatchUnit out;
  out.unit = number;
  out.name = unit.name;
  out.path = unit.path;
  out.stamp = unit.stamp;
  return out;
}

std::string patterns_text(const Pipeline::From& from) {
  std::string text;
  for (const std::string& path : from.paths) text += (text.empty() ? "" : ", ") + printable_url(path);
  return text;
}

std::unique_ptr<Format> make_format(const Pipeline& pipeline, const Composition& composition) {
  // What has become a column is taken; what has not is left out.
  const Drift drift = pipeline.drift == Drift::add ? Drift::ignore : pipeline.drift;
  if (pipeline.from.format == FormatKind::csv) {
    CsvOptions options = pipeline.from.csv;
    options.drift = drift;
    return make_csv_format(std::move(options), composition.slots, csv_positions(composition.slots, pipeline));
  }
  if (pipeline.from.format == FormatKind::fixed) return make_fixed_format(pipeline.from.fixed, composition.slots);
  JsonOptions options = pipeline.from.json;
  options.drift = drift;
  if (is_transcribed(pipeline.from.format)) return make_transcript_format(options, composition.slots);
  return make_json_format(options, composition.slots);
}

std::vector<std::vector<BatchUnit>> cut_replay(const Pipeline& pipeline, const std::vector<BatchUnit>& units) {
  if (!keyed(pipeline)) return cut_batches(pipeline, units);
  std::vector<std::vector<BatchUnit>> batches;
  for (const BatchUnit& unit : units) batches.push_back({unit});
  return batches;
}

std::vector<std::vector<BatchUnit>> cut_batches(const Pipeline& pipeline, const std::vector<BatchUnit>& units) {
  std::vector<std::vector<BatchUnit>> batches;
  uint64_t bytes = 0;
  for (const BatchUnit& unit : units) {
    // What may be more than one part is a batch of its own, and so is what comes behind it.
    const bool apart = in_parts(unit) || (!batches.empty() && in_parts(batches.back().back()));
    const bool alone = apart || (pipeline.commit != CommitScope::run && keyed(pipeline));
    const bool full =
        pipeline.commit != CommitScope::run &&
        (bytes + unit.stamp.size > kBatchBytes || (!batches.empty() && batches.back().size() >= kBatchUnits));
    if (batches.empty() || alone || full) {
      batches.emplace_back();
      bytes = 0;
    }
    batches.back().push_back(unit);
    bytes += unit.stamp.size;
  }
  return batches;
}

}  // namespace ingot
