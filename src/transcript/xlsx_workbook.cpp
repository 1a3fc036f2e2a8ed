#include "transcript/xlsx_workbook.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/names.h"
#include "source/files/magic.h"
#include "xml/xml_reader.h"

namespace ingot {

namespace {

constexpr size_t kXmlPiece = 64 << 10;
constexpr size_t kMostStyleBytes = 64 << 20;
constexpr size_t kMostListBytes = 16 << 20;     // of sheets, of relations
constexpr size_t kMostStringBytes = 256 << 20;  // held, of all shared strings

constexpr size_t kLookedAt = 256;
constexpr std::string_view kOldMagic = "\xd0\xcf\x11\xe0";

int int_of(std::string_view text, int otherwise) {
  int value = otherwise;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : otherwise;
}

// A part's name as another names it: from the root where it begins with a slash, else from that one's folder.
std::string resolve_part(const std::string& from, std::string_view target) {
  std::string path = target.starts_with('/') ? std::string() : from.substr(0, from.rfind('/') + 1);
  path += target;
  std::vector<std::string> segments;
  for (size_t at = 0; at <= path.size();) {
    const size_t slash = std::min(path.find('/', at), path.size());
    const std::string segment = path.substr(at, slash - at);
    at = slash + 1;
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(segment);
    }
  }
  std::string out;
  for (const std::string& segment : segments) out += (out.empty() ? "" : "/") + segment;
  return out;
}

Status read_xml(StoredInput& part, XmlReader& reader) {
  const auto piece = std::make_unique_for_overwrite<char[]>(kXmlPiece);
  while (true) {
    INGOT_ASSIGN(const size_t count, part.read(piece.get(), kXmlPiece));
    INGOT_TRY(reader.read({piece.get(), count}, count == 0));
    if (count == 0) return {};
  }
}

void ignore_text(std::string_view) {}
void ignore_end(std::string_view) {}

/// Collects the text of `si` elements: of `t`, also within runs, but not what is written beside as a reading aid.
class StringCollector {
 public:
  StringCollector(std::string& text, std::vector<size_t>& ends)
      : text_(text),
        ends_(ends),
        xml_({[this](std::string_view name, const XmlReader::Attributes&) { begin(name); },
              [this](std::string_view name) { end(name); },
              [this](std::string_view text) {
                if (within_) add(text);
              }}) {}

  XmlReader& xml() { return xml_; }

 private:
  void begin(std::string_view name) {
    if (name == "si" && std::exchange(in_string_, true)) xml_.stop("a text begins within another");
    if (name == "rPh") ++phonetic_;
    if (name != "t") return;
    within_ = in_string_ && phonetic_ == 0;
    piece_begin_ = text_.size();
  }

  void end(std::string_view name) {
    if (name == "rPh") --phonetic_;
    if (name == "t" && std::exchange(within_, false))
      text_.replace(piece_begin_, text_.size(), decode_escapes(std::string_view(text_).substr(piece_begin_)));
    if (name != "si") return;
    in_string_ = false;
    ends_.push_back(text_.size());
    check_size();
  }

  void add(std::string_view text) {
    text_ += text;
    const size_t begin = ends_.empty() ? 0 : ends_.back();
    if (text_.size() - begin > kMostCellText)
      xml_.stop(fmt::format("shared text {} is longer than 1 MiB", ends_.size()));
    check_size();
  }

  void check_size() {
    if (text_.size() + ends_.size() * sizeof(size_t) > kMostStringBytes)
      xml_.stop("the texts that cells share are larger than 256 MiB");
  }

  std::string& text_;
  std::vector<size_t>& ends_;
  XmlReader xml_;
  size_t piece_begin_ = 0;
  int phonetic_ = 0;
  bool in_string_ = false;
  bool within_ = false;
};

// Which text it is the message does not show: it may be a row.
Status check_magic(const StoredCopy& copy) {
  if (copy.size() < kOldMagic.size())
    return fail(Code::source_unreadable, copy.size() == 0 ? "it is empty" : "it is truncated");
  std::string head(std::min<uint64_t>(copy.size(), kLookedAt), '\0');
  INGOT_TRY(copy.read_at(head.data(), head.size(), 0));
  if (begins_zip(head)) return {};
  if (head.starts_with(kOldMagic)) {
    return fail(Code::source_unreadable, "it is encrypted, or a workbook of before 2007 (.xls)",
                "save it as .xlsx without a password");
  }
  const size_t first = head.find_first_not_of("\xef\xbb\xbf \t\r\n");
  const bool markup = first != head.npos && head[first] == '<';
  return fail(Code::source_unreadable,
              fmt::format("it is no XLSX workbook: {}", markup ? "it begins with \"<\", as HTML and XML do"
                                                               : "it does not begin as a zip archive does"),
              "many sites name CSV or HTML so: look at it, and say what it is with format");
}

}  // namespace

Result<std::unique_ptr<XlsxWorkbook>> XlsxWorkbook::open(const StoredCopy& copy, Expansion expansion,
                                                         const std::string& temp_dir) {
  INGOT_TRY(check_magic(copy));
  std::unique_ptr<XlsxWorkbook> book(new XlsxWorkbook);
  INGOT_ASSIGN(book->archive_, Archive::open(Unit{copy.path(), copy.path(), Stamp{}},
                                             std::make_shared<DecompressionPool>(), expansion, temp_dir));
  const auto& members = book->archive_->members();
  for (size_t i = 0; i < members.size(); ++i) {
    if (!book->parts_.emplace(members[i].name, i).second)
      return fail(Code::source_unreadable, fmt::format("it has two parts of one name: {}", members[i].name));
  }
  INGOT_TRY(book->read_sheets());
  return book;
}

Result<std::unique_ptr<StoredInput>> XlsxWorkbook::open_part(const std::string& name) {
  const auto found = parts_.find(name);
  if (found == parts_.end()) return fail(Code::source_unreadable, fmt::format("a part is missing: {}", name));
  return archive_->open_member(found->second);
}

Result<std::unique_ptr<StoredInput>> XlsxWorkbook::open_small_part(const std::string& name, uint64_t most) {
  INGOT_ASSIGN(auto part, open_part(name));
  if (part->size() > most)
    return fail(Code::source_unreadable, fmt::format("a part is larger than {} MiB: {}", most >> 20, name));
  return part;
}

// What relations a part has, and the one of this type, if there is one.
Result<std::map<std::string, std::string>> XlsxWorkbook::read_relations(const std::string& of, std::string_view type,
                                                                        std::string& found) {
  std::map<std::string, std::string> relations;
  const size_t slash = of.rfind('/') + 1;
  const std::string name = of.substr(0, slash) + "_rels/" + of.substr(slash) + ".rels";
  INGOT_ASSIGN(const auto part, open_small_part(name, kMostListBytes));
  XmlReader reader({[&](std::string_view element, const XmlReader::Attributes& attributes) {
                      if (element != "Relationship" || attributes.get("TargetMode") == "External") return;
                      const std::string target = resolve_part(of, attributes.get("Target"));
                      relations.emplace(attributes.get("Id"), target);
                      if (attributes.get("Type").ends_with(type)) found = target;
                    },
                    ignore_end, ignore_text});
  INGOT_TRY(read_xml(*part, reader));
  return relations;
}

Status XlsxWorkbook::read_sheets() {
  INGOT_TRY(read_relations("", "/officeDocument", workbook_));
  if (workbook_.empty()) return fail(Code::source_unreadable, "it is no workbook");
  std::string styles, strings;
  INGOT_ASSIGN(relations_, read_relations(workbook_, "/styles", styles));
  INGOT_TRY(read_relations(workbook_, "/sharedStrings", strings));
  INGOT_ASSIGN(const auto part, open_small_part(workbook_, kMostListBytes));
  XmlReader reader({[&](std::string_view element, const XmlReader::Attributes& attributes) {
                      if (element == "workbookPr") {
                        const std::string_view date = attributes.get("date1904");
                        since_1904_ = date == "1" || date == "true";
                      }
                      if (element != "sheet") return;
                      const std::string_view state = attributes.get("state");
                      sheets_.push_back({decode_escapes(attributes.get("name")), std::string(attributes.get("id")),
                                         !state.empty() && state != "visible"});
                    },
                    ignore_end, ignore_text});
  INGOT_TRY(read_xml(*part, reader));
  if (!styles.empty()) INGOT_TRY(read_styles(styles));
  if (!strings.empty()) INGOT_TRY(read_strings(strings));
  return {};
}

Status XlsxWorkbook::read_styles(const std::string& name) {
  std::map<int, CellForm> codes;
  bool cells = false;
  INGOT_ASSIGN(const auto part, open_small_part(name, kMostStyleBytes));
  XmlReader reader({[&](std::string_view element, const XmlReader::Attributes& attributes) {
                      if (element == "numFmt")
                        codes[int_of(attributes.get("numFmtId"), -1)] = form_of_code(attributes.get("formatCode"));
                      if (element == "cellXfs") cells = true;
                      if (element != "xf" || !cells) return;
                      const int format = int_of(attributes.get("numFmtId"), 0);
                      const auto code = codes.find(format);
                      style_forms_.push_back(code != codes.end() ? code->second : form_of_builtin(format));
                    },
                    [&](std::string_view element) {
                      if (element == "cellXfs") cells = false;
                    },
                    ignore_text});
  return read_xml(*part, reader);
}

Status XlsxWorkbook::read_strings(const std::string& name) {
  INGOT_ASSIGN(const auto part, open_part(name));
  StringCollector collector(strings_, string_ends_);
  return read_xml(*part, collector.xml());
}

std::string_view XlsxWorkbook::shared_string(size_t index) const {
  const size_t begin = index == 0 ? 0 : string_ends_[index - 1];
  return std::string_view(strings_).substr(begin, string_ends_[index] - begin);
}

Result<std::unique_ptr<StoredInput>> XlsxWorkbook::open_sheet(const std::string& name) {
  std::vector<std::string> names;
  for (const Sheet& sheet : sheets_) {
    if (!name.empty() || !sheet.hidden) names.push_back(sheet.name);
  }
  std::string wanted = name;
  if (name.empty()) {
    if (names.empty()) return fail(Code::source_unreadable, "a workbook without sheets");
    wanted = names.front();
    if (names.size() > 1) {
      std::string list;
      for (const std::string& each : names) list += (list.empty() ? "" : ", ") + each;
      return fail(Code::source_unreadable, fmt::format("a workbook of {} sheets: {}", names.size(), list),
                  fmt::format("say which is meant: sheet: {}", names.front()));
    }
  }
  const auto found =
      std::find_if(sheets_.begin(), sheets_.end(), [&](const Sheet& sheet) { return sheet.name == wanted; });
  if (found == sheets_.end()) {
    const std::string nearest = nearest_name(wanted, names);
    std::string list;
    for (const std::string& each : names) list += (list.empty() ? "" : ", ") + each;
    return fail(Code::source_unreadable, fmt::format("no such sheet: {}", wanted),
                nearest.empty() ? "it has " + list : fmt::format("did you mean {}?", nearest));
  }
  const auto part = relations_.find(found->relation);
  if (part == relations_.end()) return fail(Code::source_unreadable, fmt::format("a sheet without cells: {}", wanted));
  if (!part->second.starts_with("xl/worksheets/") && part->second.find("chartsheet") != std::string::npos)
    return fail(Code::source_unreadable, fmt::format("a sheet that is a chart: {}", wanted));
  return open_part(part->second);
}

}  // namespace ingot
