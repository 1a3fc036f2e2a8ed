#include "cli/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "cli/json_text.h"
#include "infer/contract.h"
#include "types/exact.h"

namespace ingot {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kIgnoredShown = 8;

void add_books(Json& json, const Books& books) {
  json["read"] = books.read;
  json["inserted"] = books.inserted;
  json["updated"] = books.updated;
  json["unchanged"] = books.unchanged;
  json["filtered"] = books.filtered;
  json["duplicate"] = books.duplicate;
  json["rejected"] = books.rejected;
  json["deleted"] = books.deleted;
}

Json to_json(const Error& error) {
  Json json = {{"code", describe(error.code).name}, {"message", error.message}};
  if (!error.hint.empty()) json["hint"] = error.hint;
  if (error.where)
    json["where"] = {{"file", error.where->file}, {"line", error.where->line}, {"column", error.where->column}};
  return json;
}

Json to_json(const RejectGroup& group) {
  const RejectEntry& example = group.example;
  return {{"count", group.count},      {"code", group.code},   {"field", group.field},     {"table", example.table},
          {"file", example.unit_name}, {"line", example.line}, {"column", example.column}, {"detail", example.detail}};
}

Json to_json(const PartsReport& parts) {
  return {{"unit", parts.name},
          {"committed", parts.committed},
          {"to_byte", parts.to_byte},
          {"to_line", parts.to_line},
          {"complete", parts.complete}};
}

Json to_json(const ModelReport& model) {
  const ModelCounts& counts = model.counts;
  Json json = {{"name", model.name},
               {"materialized", model.materialized},
               {"state", model.state},
               {"rows", counts.rows},
               {"inserted", counts.inserted},
               {"updated", counts.updated},
               {"unchanged", counts.unchanged},
               {"deleted", counts.deleted},
               {"seconds", model.seconds}};
  if (model.error) json["error"] = to_json(*model.error);
  return json;
}

/// `3 inserted + 2 updated`; parts that are zero are left out.
class Sum {
 public:
  void add(uint64_t n, const char* what) {
    if (n > 0) parts_ += fmt::format("{}{} {}", parts_.empty() ? "" : " + ", grouped(n), what);
  }
  std::string text() const { return parts_.empty() ? "0" : parts_; }

 private:
  std::string parts_;
};

}  // namespace

std::string grouped(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string known_stay_out(uint64_t known) {
  if (known == 0) return {};
  return fmt::format(
      "  it gets what comes from now on: {} file{} that {} loaded before {} not loaded into it "
      "(--set from.new=all loads everything again, into all tables)\n",
      grouped(known), known == 1 ? "" : "s", known == 1 ? "was" : "were", known == 1 ? "is" : "are");
}

std::string limit_line(const RunReport& report) {
  if (report.record_limit == 0) return {};
  const bool one = report.cut_off == 1;
  return fmt::format("  --limit: the first {} record{} of each file; {} of {} file{} {} more, and {} not known by it\n",
                     grouped(report.record_limit), report.record_limit == 1 ? "" : "s", grouped(report.cut_off),
                     grouped(report.units), report.units == 1 ? "" : "s", one ? "has" : "have", one ? "is" : "are");
}

std::string ignored_line(const RunReport& report) {
  const FieldNames& ignored = report.ignored;
  if (ignored.names.empty()) return {};
  std::string list;
  size_t shown = 0;
  for (const std::string& name : ignored.names) {
    if (shown++ == kIgnoredShown) break;
    list += (list.empty() ? "" : ", ") + printable(name, 60);
  }
  const size_t others = ignored.names.size() - std::min(shown, ignored.names.size());
  if (others > 0 || ignored.more) list += fmt::format(" and {}{} more", others, ignored.more ? "+" : "");
  return fmt::format("  ignored, as no column takes {}: {}\n", ignored.names.size() == 1 ? "it" : "them", list);
}

std::string unfed_line(const RunReport& report) {
  if (report.unfed.empty()) return {};
  std::string list;
  for (size_t i = 0; i < report.unfed.size() && i < kIgnoredShown; ++i)
    list += (i == 0 ? "" : ", ") + printable(report.unfed[i], 60);
  if (report.unfed.size() > kIgnoredShown) list += fmt::format(" and {} more", report.unfed.size() - kIgnoredShown);
  return fmt::format("  no record had a field for: {}\n", list);
}

std::string missing_line(const std::vector<std::string>& names) {
  if (names.empty()) return {};
  std::string list;
  for (size_t i = 0; i < names.size() && i < kIgnoredShown; ++i)
    list += (i == 0 ? "" : ", ") + printable(names[i], 200);
  if (names.size() > kIgnoredShown) list += fmt::format(" and {} more", grouped(names.size() - kIgnoredShown));
  return fmt::format("  {} file{} not there (on_missing: skip): {}\n", grouped(names.size()),
                     names.size() == 1 ? " is" : "s are", list);
}

std::string added_lines(const std::vector<infer::InferredColumn>& columns) {
  std::string lines;
  for (const infer::InferredColumn& column : columns)
    lines += fmt::format("new column {} {}, from the field {} (drift: add)\n", column.name, sql_name(column.type),
                         printable(column.source.empty() ? column.name : column.source, 60));
  return lines;
}

nlohmann::ordered_json added_json(const std::vector<infer::InferredColumn>& columns) {
  Json json = Json::array();
  for (const infer::InferredColumn& column : columns)
    json.push_back({{"name", column.name},
                    {"type", sql_name(column.type)},
                    {"from", column.source.empty() ? column.name : column.source}});
  return json;
}

std::string equation(const Books& books) {
  Sum sum;
  sum.add(books.inserted, "inserted");
  sum.add(books.updated, "updated");
  sum.add(books.unchanged, "unchanged");
  sum.add(books.filtered, "filtered");
  sum.add(books.duplicate, "duplicate");
  sum.add(books.rejected, "rejected");
  const std::string deleted = books.deleted > 0 ? fmt::format("  ({} deleted)", grouped(books.deleted)) : "";
  return fmt::format("{} read = {} {}{}", grouped(books.read), sum.text(),
                     books.reconcile() ? "✔" : "✘ does not reconcile", deleted);
}

std::string human_bytes(uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  const char* units[] = {"kB", "MB", "GB", "TB"};
  size_t unit = 0;
  for (value /= 1000; value >= 1000 && unit < 3; ++unit) value /= 1000;
  return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string human_time(int64_t micros) {
  const std::time_t seconds = micros / 1'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string place_of(const RejectEntry& reject) {
  return reject.column > 0 ? fmt::format("{}:{}:{}", reject.unit_name, reject.line, reject.column)
                           : fmt::format("{}:{} (byte {})", reject.unit_name, reject.line, reject.offset);
}

std::string detail_of(const RejectEntry& reject) {
  if (reject.detail.empty()) return "";
  const std::string text = printable(reject.detail, 60);
  // JSON values bring quotes of their own.
  return text.find('"') == std::string::npos ? fmt::format(" \"{}\"", text) : " " + text;
}

std::string reject_line(const RejectGroup& group) {
  std::string line = fmt::format("{} × {}", grouped(group.count), group.code);
  if (!group.field.empty()) line += "  " + group.field;
  line += "  " + place_of(group.example);
  return line + detail_of(group.example);
}

std::string reject_hint(const RejectGroup& group) {
  const std::string& value = group.example.detail;
  const bool digits = value.find_first_of("0123456789") != std::string::npos;
  if (group.code == "not_a_number" && digits && value.find(',') != std::string::npos)
    return "numbers with commas: parse: { decimal: \",\" } or { thousands: \",\" } of the column";
  if (group.code == "not_a_date" && digits)
    return "dates of another form: parse: \"%d.%m.%Y\" of the column, or the like";
  if (group.code == "bad_utf8") return "of another encoding? from.encoding, such as windows-1252";
  if (group.code == "ragged")
    return "from.ragged: pad takes records that are too short; or is the delimiter another one?";
  if (group.code == "not_an_object" && value.starts_with('[')) return "an array: format: json takes its elements";
  return {};
}

nlohmann::ordered_json reject_json(const RejectEntry& reject) {
  Json json = {{"id", reject.reject},   {"run", reject.run},       {"file", reject.unit_name},
               {"table", reject.table}, {"offset", reject.offset}, {"length", reject.length},
               {"line", reject.line},   {"column", reject.column}, {"field", reject.field},
               {"code", reject.code},   {"detail", reject.detail}};
  json["pipeline"] = reject.key.pipeline;
  json["target"] = reject.key.target;
  json["state"] = reject.state;
  json["resolved_by"] = reject.resolved_by > 0 ? Json(reject.resolved_by) : Json();
  json["resolved_at"] = reject.resolved_at_micros ? Json(human_time(*reject.resolved_at_micros)) : Json();
  return json;
}

std::string printable(std::string_view text, size_t max_bytes) {
  const bool cut = text.size() > max_bytes;
  text = text.substr(0, max_bytes);
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const size_t length = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    if (byte == '\n') {
      out += "\\n";
      ++i;
    } else if (byte < 0x20 || byte == 0x7f || i + length > text.size() || !exact::is_utf8(text.substr(i, length))) {
      out += fmt::format("\\x{:02x}", byte);
      ++i;
    } else {
      out += text.substr(i, length);
      i += length;
    }
  }
  return cut ? out + "…" : out;
}

std::string model_line(const ModelReport& model) {
  if (model.state == "failed") return fmt::format("model {}: failed, and stays pending", model.name);
  if (model.state == "waiting") return fmt::format("model {}: not built, it reads one that failed", model.name);
  if (model.materialized.ends_with("view")) return fmt::format("model {}: built  {:.1f} s", model.name, model.seconds);
  Sum sum;
  sum.add(model.counts.inserted, "inserted");
  sum.add(model.counts.updated, "updated");
  sum.add(model.counts.unchanged, "unchanged");
  const uint64_t deleted = model.counts.deleted;
  return fmt::format("model {}: {} rows = {}{}  {:.1f} s", model.name, grouped(model.counts.rows), sum.text(),
                     deleted > 0 ? fmt::format(", {} deleted", grouped(deleted)) : "", model.seconds);
}

std::string report_json(const RunReport& report, const std::string& pipeline) {
  Json json;
  json["event"] = "run";
  json["pipeline"] = pipeline;
  json["run"] = report.run;
  json["plan"] = report.plan;
  json["resumed"] = report.resumed;
  json["state"] = report.state;
  add_books(json, report.books);
  json["bytes"] = report.bytes;
  json["units"] = report.units;
  json["parts"] = Json::array();
  for (const PartsReport& parts : report.parts) json["parts"].push_back(to_json(parts));
  json["retried"] = report.retried;
  json["listed"] = report.listed;
  json["known"] = report.known;
  json["missing"] = report.missing;
  json["same_content"] = report.same_content;
  json["refresh"] = report.refresh;
  json["limit"] = report.record_limit > 0 ? Json(report.record_limit) : Json();
  json["cut_off"] = report.cut_off;
  json["ignored"] = report.ignored.names;
  json["unfed"] = report.unfed;
  json["added"] = added_json(report.added);
  json["created"] = report.created;
  json["altered"] = report.altered;
  json["seconds"] = Json::object();
  for (const auto& [phase, seconds] : report.seconds) json["seconds"][phase] = seconds;
  json["tables"] = Json::object();
  for (const auto& [name, books] : report.tables) add_books(json["tables"][name], books);
  json["rejects"] = Json::array();
  for (const RejectGroup& group : report.rejects) json["rejects"].push_back(to_json(group));
  json["models"] = Json::array();
  for (const ModelReport& model : report.models) json["models"].push_back(to_json(model));
  json["failed"] = Json::array();
  for (const FailedUnit& failed : report.failed) {
    Json entry = {{"unit", failed.name}, {"error", to_json(failed.error)}, {"rejects", Json::array()}};
    for (const RejectGroup& group : failed.examples) entry["rejects"].push_back(to_json(group));
    json["failed"].push_back(std::move(entry));
  }
  if (report.error) json["error"] = to_json(*report.error);
  return json_text(json);
}

std::string error_json(const Error& error) { return json_text({{"event", "error"}, {"error", to_json(error)}}); }

void print_inferred(const FoundContract& contract) {
  fmt::print("no columns are declared; inferred from {} record{}, and kept for the runs to come:\n{}",
             grouped(contract.records), contract.records == 1 ? "" : "s", infer::commented_columns(*contract.inferred));
}

}  // namespace ingot
