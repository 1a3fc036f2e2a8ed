#include "engine/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base64.h"
#include "core/clock.h"
#include "source/reread.h"

namespace ingot {

namespace {

// An editor ends the last line; white space around a JSON value is none of it. UTF-16 is not edited as it is.
std::string_view trimmed(std::string_view raw, FormatKind format, Charset encoding) {
  if (is_utf16(encoding)) return raw;
  const bool as_it_stands = format == FormatKind::csv || format == FormatKind::fixed;
  const char* space = as_it_stands ? "" : " \t\r\n";
  const size_t begin = std::min(raw.find_first_not_of(space), raw.size());
  raw.remove_prefix(begin);
  if (!as_it_stands) return raw.substr(0, raw.find_last_not_of(space) + 1);
  if (raw.ends_with('\n')) raw.remove_suffix(1);
  if (raw.ends_with('\r')) raw.remove_suffix(1);
  return raw;
}

// The bytes of a mended record, or nothing.
std::optional<std::string> raw_of(const nlohmann::json& object) {
  const auto text = object.find("raw");
  const auto coded = object.find("raw_base64");
  if ((text == object.end()) == (coded == object.end())) return std::nullopt;
  if (text != object.end()) return text->is_string() ? std::optional(text->get<std::string>()) : std::nullopt;
  return coded->is_string() ? from_base64(coded->get<std::string>()) : std::nullopt;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

Result<Replay> ReplayPlanner::plan() {
  INGOT_TRY(check_modes());
  Replay replay;
  INGOT_ASSIGN(const std::optional<StoredPlan> latest, ledger_.latest_plan(key_));
  const bool open = latest && latest->open;
  if (open && limits_.replan) replay.given_up = latest->plan;
  resumes_ = open && !limits_.replan;
  if (resumes_ && latest->kind != "replay") {
    return fail(Code::conflict,
                fmt::format("plan {} of pipeline \"{}\" was not finished", latest->plan, pipeline_.name),
                "ingot run completes it; replay the rejects then");
  }
  INGOT_ASSIGN(records_, ReplayRecords::make(limits_.temp_dir));
  if (!options_.mended.empty()) INGOT_TRY(read_mended());
  INGOT_TRY(gather());
  replay.plan.plan = latest ? latest->plan + 1 : 1;
  replay.plan.loaded_at_micros = now_micros();
  if (resumes_) {
    INGOT_TRY(follow_stored(*latest, replay));
  } else {
    place_all(replay);
  }
  for (const BatchUnit& unit : replay.plan.units) {
    const RejectedUnit& of = records_->unit(unit.unit).of;
    replay.order.push_back({unit.unit, of.run, of.unit, of.doubtful, of.deletions});
  }
  replay.records = std::move(records_);
  return replay;
}

// A record of a table, or of partitions, that the next load replaces as a whole has no place among what is there now.
Status ReplayPlanner::check_modes() const {
  for (const TableSpec& table : pipeline_.tables) {
    const ModeRules& rules = rules_of(table.mode);
    if (table.follows_key()) {
      return fail(Code::conflict,
                  fmt::format("rejects cannot be replayed where child tables follow a key: {}", table.name),
                  "whether a later record has brought other children is not known: mend the file, and load it again");
    }
    if (!rules.replaces && !rules.partitions) continue;
    return fail(Code::conflict,
                fmt::format("rejects of table {} cannot be replayed: its mode is {}", table.name, rules.name),
                rules.replaces ? "its rows are those of the files as they are: mend these, and run again"
                               : "a partition's rows are those of the last files that had any: mend these, and run "
                                 "again with --reload");
  }
  return {};
}

Status ReplayPlanner::read_mended() {
  std::ifstream file(options_.mended, std::ios::binary);
  if (!file) return fail(Code::not_found, fmt::format("cannot open the file of mended records: {}", options_.mended));
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (Status status = read_mended_line(line, number); !status) {
      Error error = std::move(status).error();
      if (!error.where) error.where = Place{options_.mended, number, 0};
      return fail(std::move(error));
    }
  }
  if (file.bad()) return fail(Code::source_unreadable, fmt::format("cannot read {}", options_.mended));
  if (mended_.empty())
    return fail(Code::usage, fmt::format("no record in {}", options_.mended),
                "ingot rejects export writes such a file");
  return {};
}

Status ReplayPlanner::read_mended_line(const std::string& line, int) {
  if (line.size() > limits_.record_bytes) {
    return fail(Code::resource, fmt::format("a mended record longer than {} bytes", limits_.record_bytes),
                "what a record may have follows from --memory-limit: raise it");
  }
  const nlohmann::json object = nlohmann::json::parse(line, nullptr, false);
  const char* hint = "each line is an object with id, and raw or raw_base64, as ingot rejects export writes it";
  if (!object.is_object()) return fail(Code::source_unreadable, "not a JSON object", hint);
  const auto id = object.find("id");
  if (id == object.end() || !id->is_number_unsigned()) return fail(Code::source_unreadable, "no reject's id", hint);
  const auto raw = raw_of(object);
  if (!raw) return fail(Code::source_unreadable, "neither raw nor raw_base64 is there, or both", hint);
  Mended mended;
  INGOT_ASSIGN(mended.position, records_->store(*raw));
  mended.size = raw->size();
  mended.text = object.contains("raw");
  const auto number = id->get<uint64_t>();
  if (mended_.emplace(number, mended).second) return {};
  return fail(Code::source_unreadable, fmt::format("reject {} a second time", number));
}

Status ReplayPlanner::gather() {
  filter_ = options_.filter;
  filter_.key = key_;
  filter_.state = "open";
  for (const auto& [id, mended] : mended_) filter_.ids.push_back(id);
  INGOT_ASSIGN(auto units, ledger_.units_of_rejects(filter_));
  INGOT_TRY(check_superseded(units));
  for (RejectedUnit& unit : units) {
    auto encoding = resolve_encoding(pipeline_.from.encoding, unit.head);
    if (!encoding) {
      Error error = std::move(encoding).error();
      error.where = Place{unit.name, 0, 0};
      return fail(std::move(error));
    }
    index_.emplace(std::pair(unit.plan, unit.unit), index_.size());
    records_->add_unit(std::move(unit), *encoding);
  }
  INGOT_TRY(ledger_.for_each_reject(filter_, [&](const RejectEntry& reject) { return add(reject); }));
  INGOT_TRY(check_all_found());
  INGOT_TRY(add_not_kept());
  return records_->finish();
}

// Where a file's rows go as its next version comes, so do its rejects.
Status ReplayPlanner::check_superseded(const std::vector<RejectedUnit>& units) const {
  if (pipeline_.from.overwritten != Overwritten::replace_rows) return {};
  std::map<std::string, uint64_t> latest;
  INGOT_TRY(ledger_.for_each_known(key_, [&](const KnownUnit& unit) { latest.emplace(unit.name, unit.plan); }));
  for (const RejectedUnit& unit : units) {
    const auto known = latest.find(unit.name);
    if (known == latest.end() || known->second <= unit.plan) continue;
    return fail(Code::conflict,
                fmt::format("{} was loaded again since its rejects of r{}: these are of a version that was replaced",
                            unit.name, unit.run),
                fmt::format("discard them: ingot rejects discard --run r{}", unit.run));
  }
  return {};
}

Status ReplayPlanner::add(const RejectEntry& reject) {
  const auto at = index_.find({reject.root_plan, reject.root_unit});
  if (at == index_.end()) {
    return fail(Code::conflict, fmt::format("the unit of reject {} is not in ingot.units any more", reject.reject),
                "somebody has deleted rows of the ledger");
  }
  found_.insert(reject.reject);
  ReplayRecord record;
  record.reject = reject.reject;
  record.origin = reject.origin > 0 ? reject.origin : reject.reject;
  record.offset = reject.offset;
  record.line = reject.record_line;
  record.mended = reject.mended;
  const auto mended = mended_.find(reject.reject);
  if (mended != mended_.end()) {
    const Charset encoding = records_->units()[at->second].encoding;
    std::string bytes(mended->second.size, '\0');
    INGOT_TRY(records_->read(mended->second.position, bytes.data(), bytes.size()));
    const std::string_view kept = trimmed(bytes, pipeline_.from.format, encoding);
    record.position = mended->second.position + static_cast<uint64_t>(kept.data() - bytes.data());
    record.size = kept.size();
    // Exported and left as it was: then it is the record as it was read.
    if (kept != trimmed(reject.raw, pipeline_.from.format, encoding)) {
      if (mended->second.text && encoding != Charset::utf8 && (is_utf16(encoding) || !is_ascii(kept))) {
        return fail(Code::source_unreadable,
                    fmt::format("the mended bytes of reject {} are given as text, and its file is in {}", reject.reject,
                                encoding_name(encoding)),
                    "give them as raw_base64, in the file's encoding");
      }
      record.mended = true;
      records_->add(at->second, record);
      return {};
    }
  }
  if (!reject.whole() && reject.mended) {
    return fail(Code::conflict, fmt::format("of the mended bytes of reject {} only the first are kept", reject.reject),
                "give them once more: --with FILE");
  }
  if (!reject.whole()) {
    not_kept_.emplace_back(at->second, records_->units()[at->second].records.size());
    lengths_.push_back(reject.length);
  }
  INGOT_ASSIGN(record.position, records_->store(reject.raw));
  record.size = reject.raw.size();
  records_->add(at->second, record);
  return {};
}

// Records of which only the beginning is in the ledger are read again in their file, if it is still the same.
Status ReplayPlanner::add_not_kept() {
  for (size_t i = 0; i < not_kept_.size(); ++i) {
    ReplayUnit& unit = records_->units()[not_kept_[i].first];
    ReplayRecord& record = unit.records[not_kept_[i].second];
    if (lengths_[i] > limits_.record_bytes) {
      return fail(Code::resource,
                  fmt::format("reject {} has {} bytes, and a record may have {}", record.reject, lengths_[i],
                              limits_.record_bytes),
                  "that follows from --memory-limit: raise it");
    }
    auto file = same_file(unit.of);
    if (!file) {
      Error error = std::move(file).error();
      error.message = fmt::format("of reject {} only the first {} of {} bytes are kept, and {}", record.reject,
                                  record.size, lengths_[i], error.message);
      return fail(std::move(error));
    }
    const ByteRange range{record.offset, lengths_[i]};
    INGOT_ASSIGN(const auto read, reread(source_, *file, {&range, 1}, limits_.record_bytes));
    INGOT_ASSIGN(const std::string kept, records_->bytes(record, record.size));
    if (!read.front().starts_with(kept))
      return fail(Code::source_changed,
                  fmt::format("the bytes of reject {} are not in {} any more", record.reject, file->name));
    unit.bytes += lengths_[i] - record.size;
    INGOT_ASSIGN(record.position, records_->store(read.front()));
    record.size = lengths_[i];
  }
  return {};
}

Result<Unit> ReplayPlanner::same_file(const RejectedUnit& of) {
  INGOT_ASSIGN(const auto listed, source_.list());
  auto found = find_unchanged(source_, listed, of.name, of.stamp, of.hash);
  if (!found && found.error().code == Code::source_changed)
    found.error().hint = "give the whole record with --with FILE, or discard it";
  return found;
}

Status ReplayPlanner::check_all_found() {
  for (const uint64_t id : filter_.ids) {
    if (found_.contains(id)) continue;
    INGOT_ASSIGN(const auto reject, ledger_.reject(id));
    // The plan that is completed had come so far.
    if (resumes_ && reject && reject->state == "replayed") continue;
    return fail(why_not(id, reject));
  }
  return {};
}

Error ReplayPlanner::why_not(uint64_t id, const std::optional<RejectEntry>& reject) const {
  if (!reject) return {Code::not_found, fmt::format("no reject {}", id), "ingot rejects list lists them", {}};
  const RejectEntry& there = *reject;
  if (there.state != "open") {
    return {Code::conflict,
            fmt::format("reject {} is {} already{}", id, there.state,
                        there.resolved_by > 0 ? fmt::format(", by r{}", there.resolved_by) : ""),
            "only open rejects are replayed",
            {}};
  }
  return {Code::conflict,
          fmt::format("reject {} is one of pipeline {} into {}", id, there.key.pipeline, there.key.target),
          fmt::format("this is pipeline {} into {}", key_.pipeline, key_.target),
          {}};
}

// The plan of a replay that was cut off: those of its units that are not loaded, which must be what they were.
Status ReplayPlanner::follow_stored(const StoredPlan& stored, Replay& replay) {
  const char* hint =
      "replay the same rejects, by the same pipeline and with the same mended records, to complete it; or give "
      "--replan";
  if (stored.pipeline_hash != pipeline_.hash) {
    return fail(
        Code::conflict,
        fmt::format("plan {} is a replay that was not finished, and the pipeline has been changed since", stored.plan),
        hint);
  }
  replay.plan.plan = stored.plan;
  replay.plan.resumed = true;
  replay.plan.begun = true;
  replay.plan.loaded_at_micros = stored.loaded_at_micros;
  replay.plan.made_by = stored.run;
  INGOT_ASSIGN(const auto pending, ledger_.pending_units(key_, stored.plan));
  std::vector<std::pair<uint32_t, size_t>> places;
  const auto& units = records_->units();
  for (const PlannedUnit& planned : pending) {
    const auto same =
        std::find_if(units.begin(), units.end(), [&](const ReplayUnit& unit) { return unit.hash == planned.hash; });
    if (same == units.end()) {
      return fail(
          Code::conflict,
          fmt::format("plan {} is a replay that was not finished, and its rejects of {} are not those meant now",
                      stored.plan, planned.name),
          hint);
    }
    places.emplace_back(planned.unit, static_cast<size_t>(same - units.begin()));
    BatchUnit unit;
    static_cast<PlannedUnit&>(unit) = planned;
    replay.plan.units.push_back(std::move(unit));
  }
  records_->place(places);
  return {};
}

void ReplayPlanner::place_all(Replay& replay) const {
  std::vector<std::pair<uint32_t, size_t>> places;
  for (size_t i = 0; i < records_->units().size(); ++i) {
    const ReplayUnit& unit = records_->units()[i];
    BatchUnit planned;
    planned.unit = static_cast<uint32_t>(i);
    planned.name = unit.of.name;
    planned.stamp.size = unit.bytes;
    planned.hash = unit.hash;
    places.emplace_back(planned.unit, i);
    replay.plan.units.push_back(std::move(planned));
  }
  records_->place(places);
}

}  // namespace ingot
