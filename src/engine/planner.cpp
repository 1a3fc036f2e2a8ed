#include "engine/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/names.h"
#include "engine/losses.h"
#include "engine/pipeline_parts.h"
#include "source/reread.h"
#include "source/text_reader.h"

namespace ingot {

namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
// A file written within this time of its listing may have been written again, in the same tick, while or after it was
// read (CORRECTNESS 7): such a one is hashed. The time of its commit says nothing: the reading may have been long
// before.
constexpr int64_t kStampDoubtMicros = 2 * kMicrosPerSecond;
// The last run that read anything is looked for among so many; rows are held if one in so many was unchanged in it.
constexpr size_t kRunsLookedAt = 20;
constexpr uint64_t kHeldShare = 4;
constexpr size_t kSameContentKept = 1000;  // names, to be shown

bool stamp_settles(const Unit& unit, const KnownUnit& known) {
  if (unit.stamp.ctime_ns == Stamp::kByVersion) return unit.stamp == known.stamp;
  const int64_t newest = std::max(unit.stamp.mtime_ns, unit.stamp.ctime_ns) / 1000;
  return unit.stamp == known.stamp && newest + kStampDoubtMicros < known.planned_at_micros;
}

// Does loading a file once more double its rows?
bool doubles(const Pipeline& pipeline) {
  return pipeline.from.overwritten != Overwritten::replace_rows &&
         std::any_of(pipeline.tables.begin(), pipeline.tables.end(),
                     [](const TableSpec& table) { return rules_of(table.mode).repeats; });
}

bool names_missing(const RunPlan& plan, const std::string& name) {
  return std::find(plan.missing.begin(), plan.missing.end(), name) != plan.missing.end();
}

// How much of each unit a plan loads.
std::string limit_text(const StoredPlan& plan) {
  return plan.record_limit == 0 ? "it is of whole files"
                                : fmt::format("it is of the first {} records of each file", plan.record_limit);
}

Error overwritten(const std::string& what, const std::string& name) {
  return {
      Code::conflict,
      fmt::format("{}: {}", what, name),
      "appended again, it would double its rows. Give the new data a name of its own, use mode: upsert with a key, or "
      "say what is wanted: from.overwritten: replace_rows (its earlier rows go; with lineage) or apply",
      {}};
}

// An appended row cannot be told from its double.
Error loaded_in_part(const KnownUnit& unit) {
  return {
      Code::conflict,
      fmt::format("of {} only the first records are loaded, by r{} (--limit)", unit.name, unit.run),
      fmt::format("appended again, they would be double. Take them back first: ingot undo r{} (with lineage); or let "
                  "the file's rows replace them: --set from.overwritten=replace_rows (likewise). Without lineage "
                  "--full-refresh loads everything again in the place of what is there",
                  unit.run),
      {}};
}

Error changed_since_plan(const std::string& name, uint64_t plan, const std::string& what) {
  return {Code::source_changed,
          fmt::format("plan {} was not finished, and a file it names {}: {}", plan, what, name),
          "give --replan: what the plan had not loaded yet is then listed anew, as it is now",
          {}};
}

}  // namespace

LedgerKey Planner::key() const { return {pipeline_.name, pipeline_.routed ? "*" : shapes_.front().name.text()}; }

Result<RunPlan> Planner::plan(bool ledger_exists) {
  std::optional<StoredPlan> latest;
  if (ledger_exists) {
    INGOT_ASSIGN(latest, ledger_.latest_plan(key()));
    if (latest && latest->open && supersedes(*latest)) {
      given_up_ = latest->plan;
    } else if (latest && latest->open) {
      INGOT_ASSIGN(RunPlan resumed, resume(*latest));
      if (!given_up_) {
        INGOT_TRY(check_creation(ledger_exists, resumed));
        INGOT_ASSIGN(resumed.compare_first, expect_held(resumed));
        return resumed;
      }
    }
  }
  INGOT_ASSIGN(RunPlan fresh, list_new(latest, ledger_exists));
  INGOT_TRY(check_creation(ledger_exists, fresh));
  if (!ledger_exists) return fresh;
  INGOT_ASSIGN(fresh.compare_first, expect_held(fresh));
  return fresh;
}

bool Planner::supersedes(const StoredPlan& stored) const { return refresh_ && stored.kind != "refresh"; }

Result<RunPlan> Planner::resume(const StoredPlan& stored) {
  if (options_.replan) {
    given_up_ = stored.plan;
    return RunPlan{};
  }
  if (stored.kind == "replay") {
    return fail(Code::conflict, fmt::format("plan {}, a replay of rejects, was not finished", stored.plan),
                "ingot rejects replay completes it; or give --replan: what it had not loaded stays an open reject");
  }
  if (stored.pipeline_hash != pipeline_.hash) {
    return fail(
        Code::conflict,
        fmt::format("plan {} of pipeline \"{}\" was not finished, and the pipeline has been changed since", stored.plan,
                    pipeline_.name),
        "run the pipeline as it was to complete the plan, or give --replan: what the plan had not loaded yet is then "
        "loaded by the pipeline as it is now");
  }
  if (stored.record_limit != options_.record_limit) {
    return fail(Code::conflict, fmt::format("plan {} was not finished, and {}", stored.plan, limit_text(stored)),
                stored.record_limit == 0
                    ? "run without --limit to complete it, or give --replan: the rest of it is given up"
                    : fmt::format("give --limit {} to complete it, or --replan: the rest of it is given up",
                                  stored.record_limit));
  }
  RunPlan plan;
  plan.plan = stored.plan;
  plan.resumed = true;
  plan.record_limit = stored.record_limit;
  plan.refresh = stored.kind == "refresh";
  refresh_ = false;
  plan.loaded_at_micros = stored.loaded_at_micros;
  plan.made_by = stored.run;
  INGOT_ASSIGN(const auto pending, ledger_.pending_units(key(), stored.plan));
  INGOT_ASSIGN(const auto listed, options_.ahead != nullptr ? options_.ahead->take(source_) : source_.list());
  plan.listed = listed.size();
  plan.missing = source_.missing();
  plan.begun =
      pending.size() < stored.unit_count ||
      std::any_of(pending.begin(), pending.end(), [](const PlannedUnit& unit) { return unit.begun.has_value(); });
  std::unordered_map<std::string, const Unit*> by_name;
  for (const Unit& unit : listed) by_name.emplace(unit.name, &unit);
  for (const PlannedUnit& planned : pending) {
    const auto found = by_name.find(planned.name);
    if (found == by_name.end() && pipeline_.from.remote.skip_missing) {
      if (!names_missing(plan, planned.name)) plan.missing.push_back(planned.name);
      continue;
    }
    if (found == by_name.end()) return fail(changed_since_plan(planned.name, stored.plan, "is gone"));
    const Unit& unit = *found->second;
    bool same = unit.stamp == planned.stamp;
    if (!same && !planned.hash.empty()) {
      INGOT_ASSIGN(const std::string hash, hash_unit(source_, unit));
      same = hash == planned.hash;
    }
    if (!same) return fail(changed_since_plan(planned.name, stored.plan, "has changed since"));
    plan.units.push_back(batch_unit(planned.unit, unit, plan));
    plan.units.back().hash = planned.hash;
    if (planned.begun) plan.units.back().start = behind(*planned.begun, planned.begun->part + 1);
  }
  return plan;
}

// An inbox that is empty after it has been loaded from is no mistake; a pattern that never matched anything is, and so
// is a table that would be emptied.
Status Planner::check_input(const std::vector<Unit>& listed, bool first) const {
  if (!listed.empty() || !(first || replaces(pipeline_) || refresh_)) return {};
  return fail(Code::no_input, fmt::format("no input: nothing matches {}", patterns_text(pipeline_.from)),
              first ? fmt::format("relative paths are relative to the pipeline's folder: {}", pipeline_.base_dir)
                    : "a table is not emptied for want of files");
}

Result<RunPlan> Planner::list_new(const std::optional<StoredPlan>& latest, bool ledger_exists) {
  RunPlan plan;
  plan.plan = latest ? latest->plan + 1 : 1;
  plan.loaded_at_micros = now_micros();
  plan.record_limit = options_.record_limit;
  plan.refresh = refresh_;
  INGOT_ASSIGN(auto listed, options_.ahead != nullptr ? options_.ahead->take(source_) : source_.list());
  plan.listed = listed.size();
  plan.missing = source_.missing();
  INGOT_TRY(check_reloads(listed));
  INGOT_TRY(check_input(listed, plan.plan == 1));
  if (!options_.yes)
    INGOT_TRY(check_losses({pipeline_, shapes_, key(), refresh_, options_.record_limit, latest}, listed, ledger_,
                           ledger_exists));
  // Into a table that is new every file is new, whatever was loaded into one that is gone.
  const bool new_table = (!pipeline_.routed || replaces(pipeline_)) &&
                         std::any_of(shapes_.begin(), shapes_.end(), [](const TableShape& s) { return !s.exists; });
  std::unordered_map<std::string, PartEnd> begun;
  if (ledger_exists && !pipeline_.from.all && !new_table && !refresh_) {
    if (!replaces(pipeline_)) {
      INGOT_TRY(keep_unknown(listed, plan, begun));
    } else if (options_.reload.empty()) {
      INGOT_ASSIGN(const bool same, holds_the_same(listed, latest));
      if (same) plan.known = std::exchange(listed, {}).size();
    }
  }
  std::unordered_map<std::string, std::string> hashes;
  if (pipeline_.from.known_by_content)
    INGOT_TRY(skip_same_content(listed, plan, ledger_exists && !new_table && !refresh_, begun, hashes));
  uint32_t index = 0;
  for (const Unit& unit : listed) {
    plan.units.push_back(batch_unit(index++, unit, plan));
    if (const auto end = begun.find(unit.name); end != begun.end()) plan.units.back().start = behind(end->second, 0);
    if (const auto hash = hashes.find(unit.name); hash != hashes.end()) plan.units.back().hash = hash->second;
    if (unit.name == kStdin || unit.stamp.inode == 0) {
      // Standard input, and what a server says nothing of, has no stamp that means anything to the next process: its
      // content is what it is.
      INGOT_ASSIGN(plan.units.back().hash, hash_unit(source_, unit));
    }
  }
  return plan;
}

Result<bool> Planner::is_unchanged(const Unit& unit, const KnownUnit& known) {
  if (!known.whole()) return false;
  if (stamp_settles(unit, known)) return true;
  const auto hash = hash_unit(source_, unit);
  if (!hash && hash.error().code == Code::source_unreadable) return false;  // loading it says why, of it alone
  if (!hash) return fail(hash.error());
  return *hash == known.hash;
}

Result<bool> Planner::holds_the_same(const std::vector<Unit>& units, const std::optional<StoredPlan>& latest) {
  if (!latest || latest->pipeline_hash != pipeline_.hash || latest->unit_count != units.size()) return false;
  std::unordered_map<std::string, KnownUnit> known;
  INGOT_TRY(ledger_.for_each_known(key(), [&](KnownUnit unit) {
    if (unit.plan == latest->plan && unit.name != kStdin) known.emplace(unit.name, std::move(unit));
  }));
  for (const Unit& unit : units) {
    const auto found = known.find(unit.name);
    if (found == known.end()) return false;
    INGOT_ASSIGN(const bool same, is_unchanged(unit, found->second));
    if (!same) return false;
  }
  return true;
}

bool Planner::reloads(const std::string& name) const {
  return std::find(options_.reload.begin(), options_.reload.end(), name) != options_.reload.end();
}

Status Planner::check_reloads(const std::vector<Unit>& units) const {
  std::vector<std::string> names;
  for (const Unit& unit : units) names.push_back(unit.name);
  for (const std::string& name : options_.reload) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::string near = nearest_name(name, names);
    return fail(
        Code::not_found, fmt::format("--reload: no such file is listed: {}", name),
        near.empty() ? "files are named as in the ledger: ingot runs show" : fmt::format("did you mean {}?", near));
  }
  return {};
}

Status Planner::keep_unknown(std::vector<Unit>& units, RunPlan& plan, std::unordered_map<std::string, PartEnd>& begun) {
  std::unordered_map<std::string, size_t> by_name;
  for (size_t i = 0; i < units.size(); ++i) {
    if (units[i].name != kStdin) by_name.emplace(units[i].name, i);
  }
  std::vector<std::optional<KnownUnit>> known(units.size());
  INGOT_TRY(ledger_.for_each_known(key(), [&](KnownUnit unit) {
    if (const auto found = by_name.find(unit.name); found != by_name.end()) known[found->second] = std::move(unit);
  }));
  std::vector<Unit> unknown;
  for (size_t i = 0; i < units.size(); ++i) {
    const bool asked_again = reloads(units[i].name);
    if (known[i] && known[i]->begun && !asked_again) {
      INGOT_TRY(go_on(units[i], *known[i]->begun, begun));
    } else if (known[i] && !asked_again) {
      INGOT_ASSIGN(const bool same, is_unchanged(units[i], *known[i]));
      if (same) {
        ++plan.known;
        continue;
      }
      if (!known[i]->whole() && doubles(pipeline_)) return fail(loaded_in_part(*known[i]));
      if (known[i]->whole() && pipeline_.from.overwritten == Overwritten::refuse)
        return fail(overwritten("a file that was loaded before has been overwritten", units[i].name));
    }
    unknown.push_back(std::move(units[i]));
  }
  units = std::move(unknown);
  return {};
}

// A file of which parts are loaded is continued, and what was asked for by name is loaded: others like them are not,
// wherever they stand.
Status Planner::skip_same_content(std::vector<Unit>& units, RunPlan& plan, bool ledger_holds,
                                  const std::unordered_map<std::string, PartEnd>& begun,
                                  std::unordered_map<std::string, std::string>& hashes) {
  std::unordered_map<std::string, std::string> by_content;
  if (ledger_holds) {
    INGOT_TRY(ledger_.for_each_known(key(), [&](const KnownUnit& unit) {
      if (unit.whole()) by_content.emplace(unit.hash, unit.name);
    }));
  }
  const auto is_due = [&](const Unit& unit) { return begun.contains(unit.name) || reloads(unit.name); };
  for (const Unit& unit : units) {
    if (!is_due(unit)) continue;
    INGOT_ASSIGN(std::string hash, hash_unit(source_, unit));
    by_content.emplace(std::move(hash), unit.name);
  }
  std::vector<Unit> others;
  for (Unit& unit : units) {
    if (!is_due(unit)) {
      INGOT_ASSIGN(std::string hash, hash_unit(source_, unit));
      const auto [same, is_new] = by_content.emplace(hash, unit.name);
      if (!is_new) {
        ++plan.known;
        if (++plan.same_content_count <= kSameContentKept) plan.same_content.emplace_back(unit.name, same->second);
        continue;
      }
      hashes.emplace(unit.name, std::move(hash));
    }
    others.push_back(std::move(unit));
  }
  units = std::move(others);
  return {};
}

Status Planner::go_on(const Unit& unit, const PartEnd& end, std::unordered_map<std::string, PartEnd>& begun) const {
  if (pipeline_.from.overwritten == Overwritten::replace_rows) return {};  // what is loaded of it goes: all is read
  const FormatKind format = pipeline_.from.format;
  const bool possible = format != FormatKind::json && !is_transcribed(format);
  if (possible) {
    INGOT_ASSIGN(const auto hash, hash_beginning(source_, unit, end.byte));
    if (hash == end.hash) {
      begun.emplace(unit.name, end);
      return {};
    }
  }
  if (pipeline_.from.overwritten == Overwritten::apply) return {};
  const char* why = possible                     ? "and have been overwritten"
                    : format == FormatKind::json ? "and format: json cannot go on behind them"
                                                 : "and this format cannot go on behind them";
  return fail(overwritten(fmt::format("the first {} bytes of a file were loaded, {}", end.byte, why), unit.name));
}

Result<bool> Planner::expect_held(const RunPlan& plan) const {
  if (plan.refresh || !plan.ddl.empty()) return false;
  if (pipeline_.connection.kind != Connection::Kind::postgres || !compares(pipeline_)) return false;
  if (pipeline_.unchanged != Unchanged::automatic) return pipeline_.unchanged == Unchanged::fetch;
  if (plan.units.empty()) return false;
  const LedgerKey mine = key();
  INGOT_ASSIGN(const auto runs, ledger_.runs(kRunsLookedAt));
  for (const RunEntry& run : runs) {
    const bool same = run.key.pipeline == mine.pipeline && run.key.target == mine.target;
    if (!same || run.books.read == 0) continue;
    if (run.books.unchanged * kHeldShare >= run.books.read) return true;
    break;
  }
  std::unordered_set<std::string> names;
  for (const BatchUnit& unit : plan.units) names.insert(unit.name);
  bool again = false;
  INGOT_TRY(ledger_.for_each_known(
      mine, [&](const KnownUnit& unit) { again = again || (!unit.begun && names.contains(unit.name)); }));
  return again;
}

Status Planner::check_creation(bool ledger_exists, RunPlan& plan) {
  bool missing = false;
  for (const TableShape& shape : shapes_) {
    if (shape.exists) {
      plan.ddl.insert(plan.ddl.end(), shape.ddl.begin(), shape.ddl.end());
      continue;
    }
    missing = true;
    if (plan.resumed && plan.begun) {
      return fail(Code::conflict,
                  fmt::format("plan {} was not finished, and its table {} is gone", plan.plan, shape.name.text()),
                  "give --replan --create to make the table anew and load everything into it");
    }
    if (!shape.similar.empty() && !options_.create) {
      return fail(Code::conflict, fmt::format("table {} does not exist, but {} does", shape.name.text(), shape.similar),
                  fmt::format("did you mean {}? If a new table is wanted, give --create", shape.similar));
    }
    plan.ddl.insert(plan.ddl.end(), shape.ddl.begin(), shape.ddl.end());
  }
  if (!missing || options_.create || !ledger_exists) return {};
  INGOT_ASSIGN(const auto targets, ledger_.targets_of(pipeline_.name));
  for (const std::string& target : targets) {
    const std::string now = key().target;
    const std::string what =
        target == now ? fmt::format("table {}, which this pipeline loaded before, is gone", now)
                      : fmt::format("table {} does not exist, and this pipeline has loaded {} so far", now, target);
    return fail(Code::conflict, what, "if a new table is wanted, give --create");
  }
  return {};
}

BatchUnit Planner::batch_unit(uint32_t index, const Unit& unit, const RunPlan& plan) const {
  BatchUnit out = to_be_read(index, unit);
  const bool at_once = plan.refresh || plan.record_limit > 0;
  out.part_bytes = at_once ? 0 : part_bytes(unit);
  return out;
}

// 0 where the unit is one part: what is compressed or not in UTF-8, what cannot be read again by the next process, what
// is small, and JSON of which only the beginning tells what it is.
uint64_t Planner::part_bytes(const Unit& unit) const {
  const FormatKind format = pipeline_.from.format;
  if (pipeline_.commit != CommitScope::part || format == FormatKind::json || is_transcribed(format)) return 0;
  if (pipeline_.from.csv.ends_with_cr) return 0;  // a part ends with LF
  if (unit.stamp.size <= pipeline_.part_bytes || unit.name == kStdin) return 0;
  std::error_code gone;
  const bool same_tomorrow =
      unit.stamp.ctime_ns == Stamp::kByVersion || std::filesystem::is_regular_file(unit.path, gone);
  if (!same_tomorrow) return 0;
  const auto reader = source_.open(unit);
  if (!reader) return 0;  // loading it will say why
  const auto plain = (*reader)->plain();
  if (!plain || !*plain) return 0;
  const auto encoding = read_encoding(**reader, pipeline_.from.encoding);
  return encoding && *encoding == Charset::utf8 ? pipeline_.part_bytes : 0;
}

}  // namespace ingot
