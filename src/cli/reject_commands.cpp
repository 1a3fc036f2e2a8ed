#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>

#include "cli/commands.h"
#include "cli/json_text.h"
#include "cli/open_ledger.h"
#include "cli/reject_export.h"
#include "cli/reject_source.h"
#include "cli/render.h"
#include "core/names.h"

namespace ingot {

namespace {

using Json = nlohmann::ordered_json;
constexpr size_t kRawShown = 2000;
constexpr size_t kLeftOutNamed = 5;

// What was done with a reject, where anything was.
std::string fate_of(const RejectEntry& reject) {
  if (reject.state == "open") return "";
  return reject.resolved_by > 0 ? fmt::format("  ({} by r{})", reject.state, reject.resolved_by)
                                : fmt::format("  ({})", reject.state);
}

void print_reject(const RejectEntry& reject) {
  fmt::print("#{}  r{}  {}{}{}  {}{}{}\n", reject.reject, reject.run, reject.code, reject.field.empty() ? "" : "  ",
             reject.field, place_of(reject), detail_of(reject), fate_of(reject));
}

void print_whole_reject(const RejectEntry& reject) {
  print_reject(reject);
  fmt::print("    bytes {}–{} of {}{}\n    {}\n", reject.offset, reject.offset + reject.length, reject.unit_name,
             reject.table.empty() ? "" : ", for table " + reject.table, printable(reject.raw, kRawShown));
}

// One of a few words, with a hint at the nearest.
Status check_word(const char* option, const std::string& word, const std::vector<std::string>& words) {
  if (std::find(words.begin(), words.end(), word) != words.end()) return {};
  const std::string near = nearest_name(word, words);
  return fail(Code::usage, fmt::format("{} wants one of {}, not \"{}\"", option, join_names(words), word),
              near.empty() ? "" : fmt::format("did you mean {}?", near));
}

bool is_chosen(const RejectArguments& arguments) {
  return !arguments.ids.empty() || !arguments.what.empty() || !arguments.code.empty() || !arguments.field.empty() ||
         !arguments.unit.empty() || !arguments.table.empty();
}

Result<RejectFilter> filter_of(const RejectArguments& arguments) {
  INGOT_TRY(check_word("--state", arguments.state, {"open", "replayed", "discarded", "all"}));
  RejectFilter filter;
  filter.ids = arguments.ids;
  if (!arguments.what.empty()) {
    INGOT_ASSIGN(filter.run, run_number(arguments.what));
  }
  filter.code = arguments.code;
  filter.field = arguments.field;
  filter.file = arguments.unit;
  filter.table = arguments.table;
  if (arguments.state != "all") filter.state = arguments.state;
  return filter;
}

// What was named must be there: a mistyped number is not "no rejects".
Status check_named(const OpenLedger& open, const RejectFilter& filter) {
  if (filter.run > 0) {
    INGOT_ASSIGN(const auto run, open.ledger().run(filter.run));
    if (!run) return fail(no_such_run(filter.run, *open.target));
  }
  RejectFilter named;
  named.ids = filter.ids;
  if (named.ids.empty()) return {};
  INGOT_ASSIGN(const auto found, open.ledger().rejects(named, named.ids.size()));
  for (const uint64_t id : named.ids) {
    const bool there = std::any_of(found.begin(), found.end(), [&](const RejectEntry& r) { return r.reject == id; });
    if (!there) {
      return fail(Code::not_found, fmt::format("no reject {} in {}", id, open.target->describe()),
                  "ingot rejects list --state all lists them");
    }
  }
  return {};
}

// The ledger and the rejects meant in it; there may be no ledger yet.
struct Selected {
  OpenLedger open;
  RejectFilter filter;
};
Result<Selected> select(const RejectArguments& arguments, LedgerUse use = LedgerUse::read) {
  INGOT_ASSIGN(auto filter, filter_of(arguments));
  INGOT_ASSIGN(auto open, open_ledger(arguments, use));
  if (open.exists) INGOT_TRY(check_named(open, filter));
  if (!open.exists && filter.run > 0) return fail(no_such_run(filter.run, *open.target));
  return Selected{std::move(open), std::move(filter)};
}

RejectsBy grouping(const std::string& by) {
  static const std::map<std::string, RejectsBy> names = {
      {"code", RejectsBy::code}, {"field", RejectsBy::field}, {"file", RejectsBy::file}, {"table", RejectsBy::table}};
  return names.at(by);
}

void print_count(const RejectCount& group, const std::string& by, bool json) {
  if (json) {
    print_json_line({{"by", by}, {"value", group.value}, {"count", group.count}, {"first", reject_json(group.first)}});
    return;
  }
  const RejectEntry& first = group.first;
  std::string what = by == "code" ? "" : "  " + first.code;
  if (by != "field" && !first.field.empty()) what += "  " + first.field;
  fmt::print("{} × {}    first #{}{}  {}{}\n", grouped(group.count), group.value.empty() ? "(none)" : group.value,
             first.reject, what, place_of(first), detail_of(first));
}

Status list(const RejectArguments& arguments) {
  if (!arguments.by.empty()) INGOT_TRY(check_word("--by", arguments.by, {"code", "field", "file", "table"}));
  INGOT_ASSIGN(const Selected selected, select(arguments));
  Ledger& ledger = selected.open.ledger();
  size_t shown = 0;
  if (!selected.open.exists) {
    // nothing to be shown
  } else if (arguments.by.empty()) {
    INGOT_ASSIGN(const auto rejects, ledger.rejects(selected.filter, arguments.limit));
    for (const RejectEntry& reject : rejects)
      arguments.json ? print_json_line(reject_json(reject)) : print_reject(reject);
    shown = rejects.size();
  } else {
    INGOT_ASSIGN(const auto groups, ledger.count_rejects(selected.filter, grouping(arguments.by), arguments.limit));
    for (const RejectCount& group : groups) print_count(group, arguments.by, arguments.json);
    shown = groups.size();
  }
  if (arguments.json) return {};
  if (shown == 0) {
    fmt::print("no {}rejects{} in {}\n", selected.filter.state.empty() ? "" : selected.filter.state + " ",
               selected.filter.run > 0 ? fmt::format(" of r{}", selected.filter.run) : "",
               selected.open.target->describe());
  }
  if (shown == arguments.limit) fmt::print("(the first {}; --limit shows more)\n", arguments.limit);
  return {};
}

Status show(const RejectArguments& arguments) {
  const auto number = run_number(arguments.what);
  if (!number) {
    return fail(Code::usage, fmt::format("neither a reject nor a run: \"{}\"", arguments.what),
                "a reject is a number (ingot rejects list), a run is r1, r2, … (ingot runs)");
  }
  INGOT_ASSIGN(const auto open, open_ledger(arguments));
  const bool whole_run = arguments.what.front() == 'r';
  RejectFilter filter;
  std::vector<uint64_t> ids;
  if (whole_run && open.exists) {
    filter.run = *number;
    INGOT_ASSIGN(const auto found, open.ledger().rejects(filter, arguments.limit));
    for (const RejectEntry& reject : found) ids.push_back(reject.reject);
  } else if (open.exists) {
    ids.push_back(*number);
  }
  bool shown = false;
  for (const uint64_t id : ids) {
    INGOT_ASSIGN(const auto reject, open.ledger().reject(id));
    if (!reject) continue;
    shown = true;
    if (arguments.json) {
      Json json = reject_json(*reject);
      json["raw"] = printable(reject->raw, reject->raw.size());
      print_json_line(json);
    } else {
      print_whole_reject(*reject);
    }
  }
  if (shown) return {};
  if (!whole_run) {
    return fail(Code::not_found, fmt::format("no reject {} in {}", *number, open.target->describe()),
                "ingot rejects list lists them");
  }
  if (!arguments.json) fmt::print("no rejects of r{} in {}\n", *number, open.target->describe());
  return {};
}

// Where an export goes: standard output, or a file that was not there before.
class Output {
 public:
  static Result<Output> open(const std::string& path) {
    if (path.empty()) return Output(stdout, "standard output");
    std::FILE* file = std::fopen(path.c_str(), "wx");
    if (file) return Output(file, path);
    if (errno == EEXIST) {
      return fail(Code::usage, fmt::format("there is a file already: {}", path),
                  "it is not overwritten: mended records may be in it. Give another name, or remove it");
    }
    return fail(Code::resource, fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  }
  Output(Output&& other) noexcept : file_(std::exchange(other.file_, nullptr)), name_(std::move(other.name_)) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() {
    if (file_ && file_ != stdout) std::fclose(file_);
  }

  Status write(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_) == text.size()) return {};
    return failed();
  }
  Status close() {
    std::FILE* file = std::exchange(file_, nullptr);
    if ((file == stdout ? std::fflush(file) : std::fclose(file)) == 0) return {};
    return failed();
  }

 private:
  Output(std::FILE* file, std::string name) : file_(file), name_(std::move(name)) {}
  Status failed() const {
    return fail(Code::resource, fmt::format("cannot write {}: {}", name_, std::strerror(errno)));
  }

  std::FILE* file_;
  std::string name_;
};

Result<std::unique_ptr<RejectForm>> form_of(const std::string& format, const std::vector<RejectedUnit>& units) {
  if (format == "ndjson") return ndjson_rejects();
  if (format == "csv") return csv_rejects();
  return raw_rejects(units);
}

Status left_out(const std::vector<uint64_t>& ids) {
  if (ids.empty()) return {};
  const std::vector<uint64_t> named(ids.begin(), ids.begin() + std::min<ptrdiff_t>(std::ssize(ids), kLeftOutNamed));
  return fail(
      Code::conflict,
      fmt::format("{} record{} left out, of which only the first bytes are kept: #{}{}", ids.size(),
                  ids.size() == 1 ? " was" : "s were", fmt::join(named, ", #"), ids.size() > named.size() ? ", …" : ""),
      "they are read in their files where the pipeline is named and these are unchanged; ingot rejects show says where "
      "they lie; --format ndjson exports what is kept");
}

Status export_them(const RejectArguments& arguments) {
  INGOT_TRY(check_word("--format", arguments.format, {"ndjson", "csv", "raw"}));
  INGOT_ASSIGN(const Selected selected, select(arguments));
  const bool raw = arguments.format == "raw";
  std::vector<RejectedUnit> units;
  RejectSource files;
  if (raw && selected.open.exists) {
    INGOT_ASSIGN(units, selected.open.ledger().units_of_rejects(selected.filter));
    INGOT_ASSIGN(files, RejectSource::open(arguments, units, selected.open.temp_dir.path()));
  }
  INGOT_ASSIGN(const auto form, form_of(arguments.format, units));
  INGOT_ASSIGN(Output output, Output::open(arguments.output));
  uint64_t written = 0;
  std::vector<uint64_t> cut;
  INGOT_TRY(output.write(form->begin()));
  if (selected.open.exists) {
    INGOT_TRY(selected.open.ledger().for_each_reject(selected.filter, [&](RejectEntry reject) -> Status {
      if (raw && !reject.whole()) {
        INGOT_ASSIGN(const bool copied,
                     files.copy(reject, [&](std::string_view piece) { return output.write(piece); }));
        if (!copied) {
          cut.push_back(reject.reject);
          return {};
        }
        ++written;
        return output.write("\n");
      }
      ++written;
      return output.write(form->write(reject));
    }));
  }
  INGOT_TRY(output.close());
  if (!arguments.output.empty()) {
    if (arguments.json) {
      print_json_line({{"exported", written}, {"output", arguments.output}});
    } else {
      fmt::print("{} reject{} → {}\n", grouped(written), written == 1 ? "" : "s", arguments.output);
    }
  }
  return left_out(cut);
}

Result<std::chrono::microseconds> parse_age(const std::string& text) {
  static const std::map<char, std::chrono::seconds> units = {{'s', std::chrono::seconds(1)},
                                                             {'m', std::chrono::minutes(1)},
                                                             {'h', std::chrono::hours(1)},
                                                             {'d', std::chrono::days(1)},
                                                             {'w', std::chrono::weeks(1)}};
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto unit = digits + 1 == text.size() ? units.find(text.back()) : units.end();
  if (digits == 0 || digits > 5 || unit == units.end())
    return fail(Code::usage, fmt::format("not an age: \"{}\"", text), "e.g. 30d, 12h or 2w");
  return std::stoll(text) * unit->second;
}

Status report_resolved(const RejectArguments& arguments, const char* what, const char* then, uint64_t count) {
  if (arguments.json) {
    print_json_line({{what, count}});
  } else {
    fmt::print("{} reject{} {}{}\n", grouped(count), count == 1 ? "" : "s", what, count == 0 ? "" : then);
  }
  return {};
}

Status purge(const RejectArguments& arguments) {
  if (arguments.older_than.empty()) {
    return fail(Code::usage, "--purge wants --older-than",
                "e.g. --purge --older-than 30d deletes what was replayed or discarded more than 30 days ago");
  }
  INGOT_ASSIGN(const auto age, parse_age(arguments.older_than));
  INGOT_ASSIGN(Selected selected, select(arguments, LedgerUse::write));
  using namespace std::chrono;
  selected.filter.state.clear();
  selected.filter.resolved_before_micros =
      (duration_cast<microseconds>(system_clock::now().time_since_epoch()) - age).count();
  uint64_t count = 0;
  if (selected.open.exists) {
    INGOT_ASSIGN(count, selected.open.ledger().purge_rejects(selected.filter));
  }
  return report_resolved(arguments, "purged", "", count);
}

Status discard(const RejectArguments& arguments) {
  if (arguments.purge) return purge(arguments);
  if (!arguments.older_than.empty()) return fail(Code::usage, "--older-than goes with --purge only");
  if (!is_chosen(arguments) && !arguments.all) {
    return fail(Code::usage, "which rejects are to be discarded is not said",
                "give --id, --run, --code, --field, --file or --table; or --all for every open one");
  }
  INGOT_ASSIGN(Selected selected, select(arguments, LedgerUse::write));
  uint64_t count = 0;
  if (selected.open.exists) {
    INGOT_ASSIGN(count, selected.open.ledger().discard_rejects(selected.filter));
  }
  return report_resolved(arguments, "discarded", "; they stay in ingot.rejects until they are purged", count);
}

Result<ReplayOptions> replay_options(const RejectArguments& arguments) {
  INGOT_ASSIGN(RejectFilter filter, filter_of(arguments));
  if (!arguments.mended.empty() && is_chosen(arguments)) {
    return fail(Code::usage, "--with FILE goes with no other choice of rejects",
                "the file names the rejects: take those out of it that are not meant");
  }
  return ReplayOptions{std::move(filter), arguments.mended};
}

int exit_code(const Status& status, bool json) { return status ? 0 : report_error(status.error(), json); }

}  // namespace

int list_rejects_command(const RejectArguments& arguments) { return exit_code(list(arguments), arguments.json); }
int show_reject_command(const RejectArguments& arguments) { return exit_code(show(arguments), arguments.json); }
int export_rejects_command(const RejectArguments& arguments) {
  return exit_code(export_them(arguments), arguments.json);
}
int replay_rejects_command(const RejectArguments& arguments, PipelineArguments pipeline) {
  auto options = replay_options(arguments);
  if (!options) return report_error(options.error(), pipeline.json);
  pipeline.replay = std::move(*options);
  return run_command(pipeline);
}
int discard_rejects_command(const RejectArguments& arguments) { return exit_code(discard(arguments), arguments.json); }

}  // namespace ingot
