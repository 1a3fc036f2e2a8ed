#include "engine/sample.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/clock.h"
#include "core/url.h"
#include "engine/memory_shares.h"
#include "engine/pass.h"
#include "engine/pipeline_parts.h"
#include "source/reread.h"
#include "transcript/open_source.h"

namespace ingot {

namespace {

constexpr size_t kMostTextBytes = 4096;  // read again of a reject

/// One sample on its way.
class Sampling {
 public:
  Sampling(Pipeline pipeline, const SampleOptions& options, const std::atomic<bool>& cancelled)
      : options_(options), cancelled_(cancelled) {
    out_.pipeline = std::move(pipeline);
  }

  tl::expected<Sample, std::vector<Error>> take() {
    const Status status = prepare_and_run();
    if (status) return std::move(out_);
    if (mistakes_.empty()) mistakes_.push_back(status.error());
    return tl::unexpected(std::move(mistakes_));
  }

 private:
  Pipeline& pipeline() { return out_.pipeline; }

  Status prepare_and_run() {
    INGOT_ASSIGN(engine_, EngineDatabase::open(options_.resources));
    source_ = open_source(pipeline().from, pipeline().base_dir, options_.resources.temp_dir);
    if (pipeline().undeclared) INGOT_TRY(add_columns());
    MetaValues meta;
    meta.loaded_at_micros = now_micros();
    auto composition = compose(pipeline(), meta, engine_->work());
    if (!composition) {
      mistakes_ = std::move(composition.error());
      return fail(mistakes_.front());
    }
    INGOT_TRY(list());
    return decode(*composition);
  }

  Status add_columns() {
    const SurveyOptions survey{options_.resources.memory_bytes, options_.resources.threads, options_.flatten};
    INGOT_ASSIGN(out_.contract, infer_without_target(pipeline().from, *source_, survey, progress_, cancelled_));
    auto whole = with_contract(pipeline(), out_.contract->yaml);
    if (!whole) {
      mistakes_ = std::move(whole.error());
      return fail(mistakes_.front());
    }
    pipeline() = std::move(*whole);
    return {};
  }

  Status list() {
    INGOT_ASSIGN(const auto listed, source_->list());
    if (listed.empty())
      return fail(Code::no_input,
                  fmt::format("no input: nothing matches {}", printable_url(pipeline().from.paths.front())));
    for (const Unit& unit : listed) units_.push_back(to_be_read(static_cast<uint32_t>(units_.size()), unit));
    out_.units = units_.size();
    return {};
  }

  Status decode(const Composition& composition) {
    const auto format = make_format(pipeline(), composition);
    const uint64_t memory = options_.resources.memory_bytes;
    Feed::Options feed;
    feed.max_record_bytes = memory / kShareOfRecord;
    feed.record_limit = options_.record_limit;
    feed.slots = &composition.slots;
    feed.encoding = pipeline().from.encoding;
    const DecodePlan plan{pipeline(), composition, *format, *source_, memory / kShareOfQueue, memory / kBytesPerReject,
                          2048,       feed};
    Pass::Options pass_options;
    pass_options.with_address = true;
    Pass pass(plan, units_, progress_, cancelled_, pass_options);
    INGOT_TRY(pass.finish(read_rows(composition, pass.sql())));
    for (const Feed::UnitRead& read : pass.reads())
      if (read.error) return fail(*read.error);
    for (const UnitTally& tally : pass.tallies()) {
      out_.read += tally.read;
      out_.filtered += tally.filtered;
      out_.rejected += tally.rejected;
      for (const UnitTally::PerTable& table : tally.tables) out_.placed += table.passed;
    }
    return read_rejects(pass.rejects());
  }

  // Every column as text, or list of texts: `c0`, or of several tables `t0_c0`, …, and how many rows a child table has.
  Status read_rows(const Composition& composition, const std::string& rows) {
    const bool routed = pipeline().routed;
    std::string list = routed ? "__table" : "0";
    std::vector<size_t> first_of_table;
    size_t next = 1;
    for (size_t t = 0; t < composition.tables.size(); ++t) {
      const ComposedTable& table = composition.tables[t];
      const std::string prefix = routed ? fmt::format("t{}_", t) : "";
      first_of_table.push_back(next);
      for (size_t c = 0; c < table.columns.size(); ++c)
        list += fmt::format(", CAST({}c{} AS VARCHAR{})", prefix, c, table.columns[c].element ? "[]" : "");
      if (table.is_child()) list += fmt::format(", len({}places)", prefix);
      next += table.columns.size() + (table.is_child() ? 1 : 0);
    }
    // Sorting reads all rows, and so all records are counted.
    INGOT_ASSIGN(const auto result,
                 query_sql(engine_->work(), fmt::format("SELECT {} FROM (SELECT * FROM ({}) ORDER BY __rec LIMIT {})",
                                                        list, rows, std::max<size_t>(options_.rows, 1))));
    for (duckdb::idx_t r = 0; r < result->RowCount() && r < options_.rows; ++r) {
      const size_t table = result->GetValue(0, r).GetValue<uint32_t>();
      add_row(composition, table, *result, r, first_of_table[table], 0);
      for (const uint16_t child : composition.tables[table].children) {
        const size_t first = first_of_table[child];
        const auto count = result->GetValue(first + composition.tables[child].columns.size(), r).GetValue<uint64_t>();
        for (size_t element = 0; element < count; ++element) add_row(composition, child, *result, r, first, element);
      }
    }
    return {};
  }

  void add_row(const Composition& composition, size_t table, duckdb::MaterializedQueryResult& result, size_t r,
               size_t first, size_t element) {
    Sample::Row row;
    row.table = static_cast<uint32_t>(table);
    const auto& columns = composition.tables[table].columns;
    for (size_t c = 0; c < columns.size(); ++c) {
      duckdb::Value value = result.GetValue(first + c, r);
      if (columns[c].element) value = duckdb::ListValue::GetChildren(value)[element];
      std::optional<std::string> text = value.IsNull() ? std::nullopt : std::optional(value.ToString());
      if (!text) text = pipeline().tables[table].columns[c].default_text;
      row.values.push_back(std::move(text));
    }
    out_.rows.push_back(std::move(row));
  }

  Status read_rejects(const std::vector<DecodeReject>& rejects) {
    for (size_t i = 0; i < rejects.size() && i < options_.rejects; ++i) {
      const DecodeReject& found = rejects[i];
      const BatchUnit& unit = units_[found.unit];
      SampleReject reject{unit.name,    found.line, found.column, found.field, std::string(fault_name(found.fault)),
                          found.detail, {}};
      const ByteRange range{found.offset, found.length};
      INGOT_ASSIGN(const auto texts,
                   reread(*source_, Unit{unit.name, unit.path, unit.stamp}, {&range, 1}, kMostTextBytes));
      reject.text = line_of(texts.front(), found.line - found.record_line);
      out_.rejects.push_back(std::move(reject));
    }
    return {};
  }

  // One line of a record that may have several.
  static std::string line_of(std::string_view record, uint64_t line) {
    for (; line > 0; --line) {
      const size_t end = record.find('\n');
      if (end == record.npos) break;
      record.remove_prefix(end + 1);
    }
    return std::string(record.substr(0, record.find('\n')));
  }

  const SampleOptions& options_;
  const std::atomic<bool>& cancelled_;
  Sample out_;
  std::vector<Error> mistakes_;
  std::unique_ptr<EngineDatabase> engine_;
  std::unique_ptr<Source> source_;
  std::vector<BatchUnit> units_;
  Progress progress_;
};

}  // namespace

tl::expected<Sample, std::vector<Error>> take_sample(Pipeline pipeline, const SampleOptions& options,
                                                     const std::atomic<bool>& cancelled) {
  return Sampling(std::move(pipeline), options, cancelled).take();
}

}  // namespace ingot
