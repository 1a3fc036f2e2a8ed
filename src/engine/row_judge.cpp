#include "engine/row_judge.h"

#include <xxhash.h>

#include <algorithm>

#include "engine/key_bytes.h"
#include "format/record_faults.h"
#include "types/exact.h"

namespace ingot {

namespace {

using duckdb::FlatVector;
using duckdb::string_t;
using duckdb::UnifiedVectorFormat;

template <class T>
const T& value_at(const UnifiedVectorFormat& format, size_t row) {
  return UnifiedVectorFormat::GetData<T>(format)[format.sel->get_index(row)];
}

bool is_valid(const UnifiedVectorFormat& format, size_t row) {
  return format.validity.RowIsValid(format.sel->get_index(row));
}

// Opens a STRUCT(v T) vector: its own validity, and that of its child.
void open_struct(duckdb::Vector& vector, size_t count, UnifiedVectorFormat& wrapper, UnifiedVectorFormat& value) {
  vector.Flatten(count);
  vector.ToUnifiedFormat(count, wrapper);
  duckdb::StructVector::GetEntries(vector)[0]->ToUnifiedFormat(count, value);
}

// The expression that failed, as its reject shows it.
std::string text_of(const std::optional<Expression>& expression) {
  return expression ? snippet(expression->text) : std::string();
}

}  // namespace

SieveColumns::SieveColumns(const Composition& composition) {
  size_t next = kFaults + 1;
  if (composition.has_where) ++next;
  first_when_ = next;
  for (int when : composition.when_columns) {
    if (when >= 0) ++next;
  }
  for (const ComposedTable& table : composition.tables) {
    first_of_table_.push_back(next);
    next += table.width();
  }
}

RowJudge::RowJudge(Pass& pass, const SieveColumns& columns)
    : pass_(pass),
      columns_(columns),
      composition_(pass.plan().composition),
      routed_(pass.plan().pipeline.routed),
      fixed_(SieveColumns::kFaults + 1),
      tables_(STANDARD_VECTOR_SIZE) {
  size_t whens = 0;
  for (int when : composition_.when_columns) whens += when >= 0;
  when_.resize(whens);
  when_value_.resize(whens);
  for (const ComposedTable& table : composition_.tables) {
    table_columns_.emplace_back(table.width());
  }
  tally_.tables.resize(composition_.tables.size());
}

size_t RowJudge::judge(duckdb::DataChunk& chunk, duckdb::SelectionVector& selection) {
  chunk_ = &chunk;
  const size_t count = chunk.size();
  for (size_t i = 0; i < fixed_.size(); ++i) chunk.data[i].ToUnifiedFormat(count, fixed_[i]);
  if (composition_.has_where) open_struct(chunk.data[columns_.where()], count, where_, where_value_);
  for (size_t i = 0; i < when_.size(); ++i) open_struct(chunk.data[columns_.when(i)], count, when_[i], when_value_[i]);
  for (size_t t = 0; t < composition_.tables.size(); ++t) {
    const ComposedTable& table = composition_.tables[t];
    for (size_t c = 0; c < table.width(); ++c) {
      Column& column = table_columns_[t][c];
      duckdb::Vector& vector = chunk.data[columns_.column(t, c)];
      const bool is_key = std::find(table.key.begin(), table.key.end(), c) != table.key.end();
      if (table.is_computed(c)) {
        open_struct(vector, count, column.wrapper, column.values);
      } else {
        vector.ToUnifiedFormat(count, column.values);
      }
      column.checked =
          table.is_computed(c) || (c < table.columns.size() && !table.columns[c].element &&
                                   (table.columns[c].required || is_key) && !column.values.validity.AllValid());
    }
  }
  size_t passed = 0;
  for (size_t row = 0; row < count; ++row) {
    const uint32_t unit = value_at<uint32_t>(fixed_[0], row);
    if (unit != unit_) flush();
    unit_ = unit;
    Verdict verdict = judge_row(row);
    ++tally_.read;
    if (verdict == Verdict::pass) {
      tables_[row] = table_;
      const uint64_t record = value_at<uint64_t>(fixed_[1], row);
      auto& per_table = tally_.tables[table_];
      if (pass_.options().collect_keys) {
        add_key(row);
        ++per_table.passed;
        continue;
      }
      if (pass_.options().winners && pass_.options().winners->lost(record)) {
        ++tally_.lost;
        ++per_table.lost;
        continue;
      }
      ++per_table.passed;
      selection.set_index(passed++, row);
    } else {
      count_turned_away(verdict);
    }
  }
  flush();
  if (!keys_.empty()) {
    if (Status status = pass_.options().collect_keys->add(keys_); !status) pass_.set_error(status.error());
  }
  return passed;
}

void RowJudge::count_turned_away(Verdict verdict) {
  uint64_t UnitTally::*sum = verdict == Verdict::filter ? &UnitTally::filtered : &UnitTally::rejected;
  ++(tally_.*sum);
  if (table_ == DecodeReject::kNoTable) return;
  auto& per_table = tally_.tables[table_];
  ++(verdict == Verdict::filter ? per_table.filtered : per_table.rejected);
}

void RowJudge::flush() {
  if (tally_.read > 0) pass_.add(unit_, tally_);
  tally_ = UnitTally{};
  tally_.tables.resize(composition_.tables.size());
  if (!rejects_.empty()) pass_.add_rejects(rejects_);
}

RowJudge::Verdict RowJudge::judge_row(size_t row) {
  const Pipeline& pipeline = pass_.plan().pipeline;
  table_ = routed_ ? DecodeReject::kNoTable : 0;
  has_faults_ = is_valid(fixed_[SieveColumns::kFaults], row);
  if (has_faults_) {
    const string_t packed = value_at<string_t>(fixed_[SieveColumns::kFaults], row);
    faults_ = FaultList::unpack({packed.GetData(), packed.GetSize()});
    for (const RecordFault& fault : faults_.faults) {
      if (fault.slot == RecordFault::kWholeRecord) {
        return reject(row, fault.fault, {}, fault.snippet, fault.line_delta, fault.column);
      }
    }
  }
  bool rejected = false;
  if (composition_.has_where) {
    if (has_faults_) {
      const Verdict verdict = reject_slot_fault(row, composition_.where_slots, rejected);
      if (rejected) return verdict;
    }
    if (!is_valid(where_, row)) return reject(row, Fault::expression_failed, "where", text_of(pipeline.where));
    if (!is_valid(where_value_, row) || !value_at<bool>(where_value_, row)) return Verdict::filter;
  }
  if (routed_) {
    const Verdict verdict = route(row);
    if (verdict != Verdict::pass) return verdict;
  }
  if (has_faults_) {
    const Verdict verdict = reject_slot_fault(row, composition_.tables[table_].used_slots, rejected);
    if (rejected) return verdict;
  }
  return check_columns(row);
}

RowJudge::Verdict RowJudge::route(size_t row) {
  if (has_faults_) {
    bool rejected = false;
    const Verdict verdict = reject_slot_fault(row, composition_.when_slots, rejected);
    if (rejected) return verdict;
  }
  const Pipeline& pipeline = pass_.plan().pipeline;
  for (size_t t = 0; t < composition_.tables.size(); ++t) {
    if (composition_.tables[t].is_child()) continue;
    const int when = composition_.when_columns[t];
    if (when >= 0) {
      const auto index = static_cast<size_t>(when);
      if (!is_valid(when_[index], row))
        return reject(row, Fault::expression_failed, "when", text_of(pipeline.tables[t].when));
      if (!is_valid(when_value_[index], row) || !value_at<bool>(when_value_[index], row)) continue;
    }
    table_ = static_cast<uint16_t>(t);
    return Verdict::pass;
  }
  if (pipeline.unmatched == Unmatched::skip) return Verdict::filter;
  return reject(row, Fault::no_table, {}, {});
}

RowJudge::Verdict RowJudge::check_columns(size_t row) {
  const ComposedTable& table = composition_.tables[table_];
  bool tombstone = false;
  if (table.tombstones) {
    const Column& flag = table_columns_[table_].back();
    if (!is_valid(flag.wrapper, row)) return reject(row, Fault::expression_failed, "delete_when", {});
    tombstone = is_valid(flag.values, row) && value_at<bool>(flag.values, row);
  }
  Verdict verdict = check_table(row, table_, tombstone);
  for (size_t i = 0; i < table.children.size() && verdict == Verdict::pass; ++i)
    verdict = check_table(row, table.children[i], tombstone);
  return verdict;
}

// Of elements the decoder has the last word.
RowJudge::Verdict RowJudge::check_table(size_t row, size_t t, bool tombstone) {
  const ComposedTable& table = composition_.tables[t];
  const auto name_of = [&](const ComposedColumn& column) {
    return table.is_child() ? pass_.plan().pipeline.tables[t].name + "." + column.name : column.name;
  };
  for (size_t c = 0; c < table.columns.size(); ++c) {
    const Column& column = table_columns_[t][c];
    if (!column.checked) continue;
    const ComposedColumn& composed = table.columns[c];
    if (composed.computed && !is_valid(column.wrapper, row)) {
      const ColumnSpec& column_spec = pass_.plan().pipeline.tables[t].columns[c];
      return reject(row, Fault::expression_failed, name_of(composed), text_of(column_spec.value));
    }
    if (!is_valid(column.values, row)) {
      const bool is_key = std::find(table.key.begin(), table.key.end(), c) != table.key.end();
      if (is_key) return reject(row, Fault::null_key, name_of(composed), {});
      if (composed.required && !tombstone) return reject(row, Fault::missing, name_of(composed), {});
      continue;
    }
    if (composed.computed && composed.type.kind == Kind::text) {
      const string_t text = value_at<string_t>(column.values, row);
      const std::string_view view(text.GetData(), text.GetSize());
      if (view.find('\0') != std::string_view::npos) return reject(row, Fault::nul_byte, name_of(composed), {});
      if (composed.type.max_chars > 0 && view.size() > composed.type.max_chars &&
          exact::count_chars(view) > composed.type.max_chars) {
        return reject(row, Fault::too_long, name_of(composed), snippet(view));
      }
      const auto& form = pass_.plan().pipeline.tables[table_].columns[c].form;
      if (form && !form->is_label(view)) return reject(row, Fault::not_in_enum, composed.name, snippet(view));
    }
  }
  return Verdict::pass;
}

RowJudge::Verdict RowJudge::reject_slot_fault(size_t row, const std::vector<uint16_t>& slots, bool& rejected) {
  for (const RecordFault& fault : faults_.faults) {
    if (std::find(slots.begin(), slots.end(), fault.slot) == slots.end()) continue;
    rejected = true;
    return reject(row, fault.fault, label_of(fault), fault.snippet, fault.line_delta, fault.column);
  }
  return Verdict::pass;
}

// Of an element: its path.
std::string RowJudge::label_of(const RecordFault& fault) const {
  const Slot& slot = composition_.slots[fault.slot];
  if (slot.is_list()) {
    Path path = slot.each;
    if (fault.element != RecordFault::kNoElement) path.push_back({{}, static_cast<int>(fault.element)});
    if (slot.sources.size() == 1) path.insert(path.end(), slot.sources.front().begin(), slot.sources.front().end());
    return path_text(path);
  }
  if (table_ != DecodeReject::kNoTable) {
    for (const ComposedColumn& column : composition_.tables[table_].columns) {
      if (!column.computed && column.slot == fault.slot) return column.name;
    }
  }
  return slot.label;
}

RowJudge::Verdict RowJudge::reject(size_t row, Fault fault, const std::string& field, std::string detail,
                                   uint64_t line_delta, uint32_t column) {
  DecodeReject out;
  out.unit = unit_;
  out.record = value_at<uint64_t>(fixed_[1], row);
  out.offset = value_at<uint64_t>(fixed_[2], row);
  out.length = value_at<uint64_t>(fixed_[3], row);
  out.record_line = value_at<uint64_t>(fixed_[4], row);
  out.line = out.record_line + line_delta;
  out.column = column;
  out.table = table_;
  out.fault = fault;
  out.field = field;
  out.detail = std::move(detail);
  rejects_.push_back(std::move(out));
  return Verdict::reject;
}

void RowJudge::add_key(size_t row) {
  const ComposedTable& table = composition_.tables[table_];
  key_bytes_.clear();
  for (uint16_t c : table.key)
    append_key_bytes(table.columns[c].type, table_columns_[table_][c].values, row, key_bytes_);
  const XXH128_hash_t hash =
      XXH3_128bits_withSeed(key_bytes_.data(), key_bytes_.size(), pass_.options().collect_keys->seed());
  keys_.push_back({hash.high64, hash.low64, value_at<uint64_t>(fixed_[1], row)});
}

}  // namespace ingot
