#include "cli/reject_export.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/json_text.h"
#include "cli/render.h"
#include "core/base64.h"
#include "types/exact.h"

namespace ingot {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

class NdjsonRejects final : public RejectForm {
 public:
  std::string write(const RejectEntry& reject) override {
    nlohmann::ordered_json json = reject_json(reject);
    json["truncated"] = !reject.whole();
    if (exact::is_utf8(reject.raw)) {
      json["raw"] = reject.raw;
    } else {
      json["raw_base64"] = base64(reject.raw);
    }
    return json_text(json) + "\n";
  }
};

class CsvRejects final : public RejectForm {
 public:
  std::string begin() override {
    return "id,run,pipeline,target,file,table,line,column,offset,length,field,code,detail,state,truncated,encoding,"
           "raw\n";
  }

  std::string write(const RejectEntry& reject) override {
    const bool text = exact::is_utf8(reject.raw) && reject.raw.find('\0') == std::string::npos;
    return fmt::format("{},r{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", reject.reject, reject.run,
                       csv_field(reject.key.pipeline), csv_field(reject.key.target), csv_field(reject.unit_name),
                       csv_field(reject.table), reject.line, reject.column, reject.offset, reject.length,
                       csv_field(reject.field), reject.code, csv_field(printable(reject.detail, reject.detail.size())),
                       reject.state, !reject.whole(), text ? "utf8" : "base64",
                       text ? csv_field(reject.raw) : base64(reject.raw));
  }
};

class RawRejects final : public RejectForm {
 public:
  explicit RawRejects(std::string head) : head_(std::move(head)) {}
  std::string begin() override { return head_.empty() || head_.ends_with('\n') ? head_ : head_ + "\n"; }
  std::string write(const RejectEntry& reject) override { return reject.raw + "\n"; }

 private:
  const std::string head_;
};

std::string head_of(const RejectedUnit& unit) {
  return unit.head.starts_with(kByteOrderMark) ? unit.head.substr(kByteOrderMark.size()) : unit.head;
}

// Records are written with LF behind each.
bool is_of_another_form(std::string_view head) {
  const bool utf16 = head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF") || head.find('\0') != head.npos;
  return utf16 || (head.ends_with('\r') && head.find('\n') == head.npos);
}

}  // namespace

std::unique_ptr<RejectForm> ndjson_rejects() { return std::make_unique<NdjsonRejects>(); }

std::unique_ptr<RejectForm> csv_rejects() { return std::make_unique<CsvRejects>(); }

Result<std::unique_ptr<RejectForm>> raw_rejects(const std::vector<RejectedUnit>& units) {
  if (units.empty()) return std::unique_ptr<RejectForm>(std::make_unique<RawRejects>(std::string()));
  const RejectedUnit& first = units.front();
  const auto other = std::find_if(units.begin(), units.end(), [&](const RejectedUnit& unit) {
    return unit.key.pipeline != first.key.pipeline || head_of(unit) != head_of(first) ||
           unit.delimiter != first.delimiter;
  });
  if (is_of_another_form(first.head)) {
    return fail(Code::usage, fmt::format("records of {} do not go into a file of lines that end with LF", first.name),
                "it is UTF-16, or its lines end with CR: --format ndjson takes any");
  }
  if (other == units.end()) return std::unique_ptr<RejectForm>(std::make_unique<RawRejects>(head_of(first)));
  const bool pipelines = other->key.pipeline != first.key.pipeline;
  return fail(Code::usage,
              fmt::format("records of {} {} and {} do not go into one file",
                          pipelines ? "pipelines" : "files with different headers:",
                          pipelines ? first.key.pipeline : first.name, pipelines ? other->key.pipeline : other->name),
              "choose with --file or --run; --format ndjson takes any");
}

}  // namespace ingot
