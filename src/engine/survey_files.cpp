#include "engine/survey_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/names.h"
#include "engine/block_queue.h"
#include "engine/csv_survey.h"
#include "engine/memory_shares.h"
#include "engine/pipeline_parts.h"
#include "engine/surveyor.h"
#include "format/csv/first_record.h"
#include "format/transcript/transcript_format.h"
#include "infer/header_choice.h"
#include "source/text_reader.h"
#include "transcript/transcript_source.h"

namespace ingot {

namespace {

using infer::Survey;

constexpr uint64_t kShareOfUnique = 4;
constexpr unsigned kMostThreads = 16;
constexpr size_t kMostFields = 2000;   // more than any table may have columns
constexpr size_t kMostTracked = 1000;  // units whose ends are looked at
constexpr size_t kHeadPiece = 128 << 10;
constexpr size_t kMostHeadBytes = 64 << 20;

/// One survey on its way.
class Surveying {
 public:
  Surveying(const Pipeline::From& from, Source& source, const SurveyOptions& options, Progress& progress,
            const std::atomic<bool>& cancelled, std::vector<BatchUnit> units = {}, CsvEvidence* evidence = nullptr)
      : from_(from),
        source_(source),
        options_(options),
        progress_(progress),
        cancelled_(cancelled),
        unique_(options.memory_bytes / kShareOfUnique),
        units_(std::move(units)),
        evidence_(evidence) {}

  Result<Survey> run() {
    if (units_.empty()) {
      INGOT_ASSIGN(units_, list_units(from_, source_));
    }
    for (size_t i = 0; i < units_.size(); ++i) units_[i].unit = static_cast<uint32_t>(i);
    for (const BatchUnit& unit : units_) out_.units.push_back(unit.name);
    out_.format = from_.format;
    if (from_.format == FormatKind::csv) return survey_csv();
    return survey_json();
  }

 private:
  Result<Survey> survey_csv() {
    INGOT_TRY(read_heads());
    INGOT_TRY(match_heads());
    CsvOptions csv = from_.csv;
    csv.header = CsvOptions::Header::absent;
    if (csv.delimiter == 0 && delimiters_.size() == 1) csv.delimiter = *delimiters_.begin();
    std::vector<Slot> slots(columns());
    std::vector<int> positions;
    for (size_t i = 0; i < slots.size(); ++i) {
      slots[i].label = fmt::format("field {}", i + 1);
      slots[i].as_source_text = true;
      positions.push_back(static_cast<int>(i));
    }
    const auto format = make_csv_format(csv, slots, positions);
    unique_.extend(columns());
    infer::FieldNumbers numbers(0);
    SurveyShared shared{*format, columns(), false, &unit_columns_, 0, unique_, numbers};
    shared.tracked_units = units_.size() <= kMostTracked ? units_.size() : 0;
    shared.quotes_are_text = csv.quote != '"';
    INGOT_TRY(scan(shared, columns()));
    finish_csv();
    if (evidence_ != nullptr) {
      *evidence_ = surveyors_.front()->evidence();
      evidence_->permuted = permuted_;
      if (delimiters_.size() == 1) evidence_->delimiter = *delimiters_.begin();
    }
    return std::move(out_);
  }

  Result<Survey> survey_json() {
    Slot record;
    record.sources = {Path{}};
    record.type = Type{Kind::json};
    record.optional = options_.lenient;
    const auto format = is_transcribed(from_.format) ? make_transcript_format(from_.json, {record})
                                                     : make_json_format(from_.json, {record});
    unique_.extend(kMostFields);
    infer::FieldNumbers numbers(kMostFields);
    const SurveyShared shared{*format, 1, true, nullptr, options_.flatten, unique_, numbers};
    INGOT_TRY(scan(shared, 0));
    if (numbers.overflowed()) {
      return fail(Code::invalid_pipeline,
                  fmt::format("more than {} different fields: {}", kMostFields, out_.units.front()),
                  "keys that are data are no columns: declare columns, one of type json for what holds them");
    }
    finish_json();
    if (out_.fields.empty() && !options_.lenient) return fail(no_record());
    INGOT_TRY(take_declared_types());
    return std::move(out_);
  }

  // What files say of their columns holds where they agree.
  Status take_declared_types() {
    auto* const files = dynamic_cast<TranscriptSource*>(&source_);
    if (files == nullptr) return {};
    std::map<std::string, std::optional<Type>> types;
    for (const BatchUnit& unit : units_) {
      INGOT_ASSIGN(const auto columns, files->columns(Unit{unit.name, unit.path, unit.stamp}));
      for (const FileColumn& column : columns) {
        const auto [known, is_new] = types.emplace(column.name, column.type);
        if (!is_new && known->second != column.type) known->second.reset();
      }
    }
    for (infer::SurveyedField& field : out_.fields) {
      const auto found = field.path.size() == 1 ? types.find(field.path[0].key) : types.end();
      if (found != types.end()) field.declared = found->second;
    }
    return {};
  }

  Status read_heads() {
    for (const BatchUnit& unit : units_) {
      if (cancelled_) return fail(Code::interrupted, "stopped by request");
      auto head = read_first_record_of(unit, from_, source_);
      if (!head) {
        Error error = std::move(head).error();
        if (!error.where) error.where = Place{unit.name, 0, 0};
        return fail(std::move(error));
      }
      if (!head->fields.empty()) delimiters_.insert(head->delimiter);
      heads_.push_back(std::move(*head));
    }
    return {};
  }

  Error no_record() const {
    return {Code::no_input,
            fmt::format("no record, so that nothing can be inferred: {}", out_.units.front()),
            "declare columns, or give a file that has some",
            {}};
  }

  // The columns are those of the first file that has any; of the others the same names in any order, or as many fields.
  Status match_heads() {
    const auto first = std::find_if(heads_.begin(), heads_.end(), [](const auto& h) { return !h.fields.empty(); });
    if (first == heads_.end()) return fail(no_record());
    first_ = static_cast<size_t>(first - heads_.begin());
    for (size_t u = 0; u < units_.size(); ++u) {
      UnitColumns unit;
      unit.head_bytes = from_.csv.header == CsvOptions::Header::absent ? 0 : heads_[u].end;
      if (!heads_[u].fields.empty()) {
        auto order = order_of(heads_[u].fields);
        if (!order) return fail(different(u));
        unit.column_of = std::move(*order);
        others_like_it_ = others_like_it_ || (u != first_ && heads_[u].fields == columns_fields());
      }
      unit_columns_.push_back(std::move(unit));
    }
    return {};
  }

  const std::vector<std::string>& columns_fields() const { return heads_[first_].fields; }
  size_t columns() const { return columns_fields().size(); }

  std::optional<std::vector<uint32_t>> order_of(const std::vector<std::string>& fields) {
    const std::vector<std::string>& wanted = columns_fields();
    if (fields.size() != wanted.size()) return std::nullopt;
    std::vector<uint32_t> order;
    if (fields == wanted || from_.csv.header == CsvOptions::Header::absent) {
      for (uint32_t i = 0; i < fields.size(); ++i) order.push_back(i);
      return order;
    }
    std::map<std::string, uint32_t> by_name;  // a name that is empty is none: its field is known by its place only
    for (uint32_t i = 0; i < wanted.size(); ++i)
      if (!wanted[i].empty()) by_name.emplace(wanted[i], i);
    for (const std::string& field : fields) {
      const auto found = by_name.find(field);
      if (found != by_name.end()) order.push_back(found->second);
    }
    if (order.size() == fields.size() && by_name.size() == wanted.size() &&
        std::set<uint32_t>(order.begin(), order.end()).size() == order.size()) {
      permuted_ = permuted_ || !std::is_sorted(order.begin(), order.end());
      return order;
    }
    // First records that differ are data, if anything in them can be no name.
    const auto values = [](const std::vector<std::string>& f) {
      return std::any_of(f.begin(), f.end(), infer::reads_as_value);
    };
    if (from_.csv.header == CsvOptions::Header::present || !values(fields) || !values(wanted)) return std::nullopt;
    differ_ = true;
    order.clear();
    for (uint32_t i = 0; i < fields.size(); ++i) order.push_back(i);
    return order;
  }

  Error different(size_t unit) const {
    const std::vector<std::string>& mine = columns_fields();
    const std::vector<std::string>& other = heads_[unit].fields;
    std::vector<std::string> missing, added;
    for (const std::string& name : mine)
      if (std::find(other.begin(), other.end(), name) == other.end()) missing.push_back(name);
    for (const std::string& name : other)
      if (std::find(mine.begin(), mine.end(), name) == mine.end()) added.push_back(name);
    std::string what;
    if (!missing.empty()) what += fmt::format("; it lacks {}", join_names(missing));
    if (!added.empty()) what += fmt::format("; it has {} beside", join_names(added));
    if (what.empty()) what = fmt::format("; it has {} fields, not {}", other.size(), mine.size());
    return {Code::invalid_pipeline,
            fmt::format("files of different columns: {} is not like {}{}", out_.units[unit], out_.units[first_], what),
            "load them apart, or declare the columns that all of them have",
            {}};
  }

  Status scan(const SurveyShared& shared, size_t columns) {
    const unsigned processors = std::max(1U, std::thread::hardware_concurrency());
    const unsigned threads = std::min(kMostThreads, options_.threads > 0 ? options_.threads : processors);
    BlockQueue queue(options_.memory_bytes / kShareOfQueue);
    Feed::Options reading;
    reading.encoding = from_.encoding;
    reading.max_record_bytes = options_.memory_bytes / kShareOfRecord;
    Feed feed(source_, shared.format, units_, queue, progress_, cancelled_, reading);
    for (unsigned i = 0; i < threads; ++i) surveyors_.push_back(std::make_unique<Surveyor>(shared, columns));
    std::vector<std::optional<Error>> errors(threads);
    {
      std::vector<std::thread> workers;
      for (unsigned i = 0; i < threads; ++i) {
        workers.emplace_back([&, i] {
          try {
            surveyors_[i]->run(queue);
          } catch (const std::exception& exception) {  // of memory, mostly
            errors[i] = Error{Code::resource, fmt::format("cannot look at the files: {}", exception.what()), {}, {}};
            queue.cancel();
          }
        });
      }
      for (std::thread& worker : workers) worker.join();
    }
    for (const auto& error : errors)
      if (error) return fail(*error);
    for (const Feed::UnitRead& read : feed.finish())
      if (read.error && !(options_.lenient && read.error->code == Code::source_unreadable)) return fail(*read.error);
    for (unsigned i = 1; i < threads; ++i) surveyors_.front()->merge(*surveyors_[i]);
    Surveyor& all = *surveyors_.front();
    out_.records = all.records();
    out_.unreadable = all.unreadable();
    out_.first_unreadable = all.first_unreadable();
    out_.first_fault = all.first_fault();
    return {};
  }

  Survey::Header header_of() {
    if (from_.csv.header == CsvOptions::Header::absent) return Survey::Header::missing;
    if (from_.csv.header == CsvOptions::Header::present || permuted_) return Survey::Header::found;
    if (differ_) return Survey::Header::missing;
    std::vector<const infer::ColumnProfile*> rest;
    for (size_t i = 0; i < columns(); ++i) rest.push_back(&surveyors_.front()->column(i));
    return infer::choose_header(columns_fields(), rest, others_like_it_);
  }

  void finish_csv() {
    out_.header = header_of();
    const bool named = out_.header != Survey::Header::missing;
    // The first records, which were left aside until it was known what they are.
    if (!named && from_.csv.header != CsvOptions::Header::absent) add_heads();
    std::map<std::string, int> times;
    for (const std::string& name : columns_fields()) ++times[name];
    for (size_t i = 0; i < columns(); ++i) {
      infer::SurveyedField field;
      field.profile = surveyors_.front()->column(i);
      field.unique = unique_.verdict(i);
      if (named) {
        field.name = columns_fields()[i];
        const bool by_position = field.name.empty() || times[field.name] > 1;
        field.path = {by_position ? PathStep{{}, static_cast<int>(i)} : PathStep{field.name, -1}};
        out_.by_position = out_.by_position || by_position;
      }
      out_.fields.push_back(std::move(field));
    }
  }

  void add_heads() {
    for (size_t u = 0; u < units_.size(); ++u) {
      if (heads_[u].fields.empty()) continue;
      ++out_.records;
      for (size_t i = 0; i < heads_[u].fields.size(); ++i) {
        const std::string& text = heads_[u].fields[i];
        const infer::Address at{u == 0 ? 0 : UINT64_MAX - 1, static_cast<uint32_t>(u), 1};
        infer::ObservedColumn one;
        one.number = unit_columns_[u].column_of[i];
        one.add(infer::Shape::text, text, at, unique_);
        one.flush(unique_);
        surveyors_.front()->column(one.number).merge(one.profile);
      }
    }
  }

  void finish_json() {
    for (const infer::JsonField* found : surveyors_.front()->fields().columns()) {
      infer::SurveyedField field;
      for (const std::string& key : found->path) field.path.push_back({key, -1});
      for (const std::string& key : found->path) field.name += (field.name.empty() ? "" : "_") + key;
      field.profile = found->column.profile;
      field.absent = out_.records - out_.unreadable - found->seen;
      field.repeated = found->repeated;
      field.holds_nul = found->holds_nul;
      field.unique = unique_.verdict(found->column.number);
      out_.fields.push_back(std::move(field));
    }
  }

  const Pipeline::From& from_;
  Source& source_;
  const SurveyOptions& options_;
  Progress& progress_;
  const std::atomic<bool>& cancelled_;
  infer::UniqueValues unique_;
  std::vector<BatchUnit> units_;
  CsvEvidence* const evidence_;
  std::vector<csv::FirstRecord> heads_;
  std::set<char> delimiters_;
  size_t first_ = 0;  // unit whose columns are the survey's
  std::vector<UnitColumns> unit_columns_;
  bool others_like_it_ = false;
  bool permuted_ = false;
  bool differ_ = false;
  std::vector<std::unique_ptr<Surveyor>> surveyors_;
  Survey out_;
};

}  // namespace

Result<csv::FirstRecord> read_first_record_of(const BatchUnit& unit, const Pipeline::From& from, Source& source) {
  INGOT_ASSIGN(auto bytes, source.open(Unit{unit.name, unit.path, unit.stamp}));
  const auto reader = std::make_unique<TextReader>(std::move(bytes), from.encoding);
  std::string text;
  for (bool last = false;;) {
    const size_t size = text.size();
    text.resize(size + kHeadPiece);
    INGOT_ASSIGN(const size_t read, reader->read(text.data() + size, kHeadPiece));
    text.resize(size + read);
    last = read == 0;
    INGOT_ASSIGN(auto first, csv::read_first_record(text, last, from.csv));
    if (first) return std::move(*first);
    if (text.size() > kMostHeadBytes) return fail(Code::source_unreadable, "no end of the first record");
  }
}

Result<Survey> survey_files(const Pipeline::From& from, Source& source, const SurveyOptions& options,
                            Progress& progress, const std::atomic<bool>& cancelled) {
  if (from.format == FormatKind::csv) return survey_csv(from, source, options, progress, cancelled);
  return Surveying(from, source, options, progress, cancelled).run();
}

Result<Survey> survey_units(const Pipeline::From& from, Source& source, std::vector<BatchUnit> units,
                            const SurveyOptions& options, Progress& progress, const std::atomic<bool>& cancelled,
                            CsvEvidence* evidence) {
  return Surveying(from, source, options, progress, cancelled, std::move(units), evidence).run();
}

Result<std::vector<BatchUnit>> list_units(const Pipeline::From& from, Source& source) {
  INGOT_ASSIGN(const auto listed, source.list());
  if (listed.empty()) return fail(Code::no_input, fmt::format("no input: nothing matches {}", patterns_text(from)));
  std::vector<BatchUnit> units;
  for (const Unit& unit : listed) units.push_back(to_be_read(0, unit));
  return units;
}

}  // namespace ingot
