// Workbooks of any sheet, shared texts and styles: whatever stands there, the XML is the same in pieces, and what is
// told is a line for each row, an object of cells in their order, each with a name of its own.

#include <sys/mman.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "fuzz.h"
#include "pieces.h"
#include "source/files/archive_maker_for_test.h"
#include "source/files/file_descriptor.h"
#include "transcript/xlsx_file.h"
#include "transcript/xlsx_values.h"
#include "xml/xml_reader.h"

namespace ingot::fuzz {
namespace {

/// What a reader of XML is told, text in one piece.
struct Events {
  std::string told;
  bool whole = false;
};

Events events_of(std::string_view xml, size_t piece) {
  Events out;
  bool in_text = false;
  XmlReader reader({[&](std::string_view name, const XmlReader::Attributes& attributes) {
                      out.told.append("\n<").append(name).append(" ").append(attributes.get("r"));
                      in_text = false;
                    },
                    [&](std::string_view name) {
                      out.told.append("\n/").append(name);
                      in_text = false;
                    },
                    [&](std::string_view text) {
                      out.told.append(in_text ? "" : "\n").append(text);
                      in_text = true;
                    }});
  for (size_t at = 0;; at += piece) {
    const bool last = xml.size() - at <= piece;
    if (!reader.read(xml.substr(at, piece), last)) return out;
    if (last) break;
  }
  out.whole = true;
  return out;
}

/// One file: a descriptor that others open by its path.
class OneFile final : public Source {
 public:
  explicit OneFile(std::string bytes) : bytes_(std::move(bytes)), file_(memfd_create("fuzz", MFD_CLOEXEC)) {
    const auto written = write(file_.get(), bytes_.data(), bytes_.size());
    require(written == static_cast<ssize_t>(bytes_.size()), "a file");
  }
  Result<std::vector<Unit>> list() override { return std::vector<Unit>{unit()}; }
  Result<std::unique_ptr<ByteReader>> open(const Unit&) override {
    return std::make_unique<Pieces>(bytes_, bytes_.size());
  }
  Unit unit() const { return {"book.xlsx", "/proc/self/fd/" + std::to_string(file_.get()), {}}; }

 private:
  const std::string bytes_;
  const FileDescriptor file_;
};

std::string workbook(const std::string& sheet, const std::string& strings, const std::string& styles, bool since_1904) {
  const std::string relations = "<Relationships>", kind = "http://x/relationships";
  const auto relation = [&](int id, const std::string& type, const std::string& target) {
    return "<Relationship Id=\"r" + std::to_string(id) + "\" Type=\"" + kind + type + "\" Target=\"" + target + "\"/>";
  };
  const auto part = [](std::string name, std::string content) {
    return ZipEntryForTest{std::move(name), std::move(content), 0};
  };
  return zip_for_test(
      {part("_rels/.rels", relations + relation(1, "/officeDocument", "xl/workbook.xml") + "</Relationships>"),
       part("xl/_rels/workbook.xml.rels", relations + relation(1, "/worksheet", "worksheets/sheet1.xml") +
                                              relation(2, "/styles", "styles.xml") +
                                              relation(3, "/sharedStrings", "strings.xml") + "</Relationships>"),
       part("xl/workbook.xml", std::string("<workbook><workbookPr date1904=\"") + (since_1904 ? "1" : "0") +
                                   "\"/><sheets><sheet name=\"s\" id=\"r1\"/></sheets></workbook>"),
       part("xl/worksheets/sheet1.xml", sheet), part("xl/strings.xml", strings), part("xl/styles.xml", styles)});
}

/// The keys of an object, in their order; nothing of what lies within its values.
class Keys final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return ++depth_, true; }
  bool end_object() override { return --depth_, true; }
  bool start_array(size_t) override { return false; }
  bool end_array() override { return false; }
  bool key(string_t& name) override {
    if (depth_ == 1) require(keys.insert(name).second, "a name stands once in a record", name);
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  std::set<std::string> keys;

 private:
  int depth_ = 0;
};

// What is not UTF-8 rejects its record later.
bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
}

void check_line(const std::string& line) {
  Keys keys;
  const bool object = line.starts_with('{') && nlohmann::json::sax_parse(line, &keys);
  require(object || !is_ascii(line), "a line is an object", line);
}

void check_transcript(std::string_view text, std::string_view events) {
  require(text.ends_with('\n'), "the last line has an end");
  size_t lines = 0, records = 0;
  while (!text.empty()) {
    const std::string line(text.substr(0, text.find('\n')));
    text.remove_prefix(line.size() + 1);
    ++lines;
    if (line.empty()) continue;
    check_line(line);
    ++records;
  }
  size_t rows = 0;
  for (size_t at = events.find("\n<row "); at != events.npos; at = events.find("\n<row ", at + 1)) ++rows;
  require(records <= rows + 1, "no more records than rows");
  require(lines <= 1'048'577, "no more lines than a sheet has rows");
}

void check_names(std::string_view text) {
  const auto column = column_of_cell(text);
  if (column) require(text.starts_with(column_letters(*column)), "a column has its letters", text);
  const std::string decoded = decode_escapes(text);
  require(decoded.size() <= text.size(), "what is decoded is no longer");
  require(text.find("_x") != text.npos || decoded == text, "what has no escape stays as it is", text);
}

void run(const uint8_t* data, size_t size) {
  Input input(data, size);
  const size_t what = input.choose(16), piece = input.choose_size();
  if (what == 0) return check_names(input.rest());
  Pipeline::From from;
  if ((what & 1) != 0) from.csv.header = CsvOptions::Header::absent;
  if ((what & 2) != 0) from.csv.skip = static_cast<uint32_t>(piece % 4);
  // The parts are kept apart by a byte that XML does not have.
  std::string_view rest = input.rest();
  const auto take = [&] {
    const std::string_view part = rest.substr(0, rest.find('\1'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    return std::string(part);
  };
  const std::string sheet = take();
  std::string strings = take(), styles = take();
  if (strings.empty()) strings = "<sst><si><t>a</t></si><si><t>b</t></si></sst>";
  if (styles.empty())
    styles =
        "<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"46\"/></cellXfs></styleSheet>";
  const Events whole = events_of(sheet, sheet.size() + 1), pieces = events_of(sheet, piece);
  require(whole.whole == pieces.whole && (!whole.whole || whole.told == pieces.told), "the same in pieces", sheet);

  OneFile file(workbook(sheet, strings, styles, (what & 4) != 0));
  auto reader = open_xlsx(file, file.unit(), from, "/tmp");
  if (!reader) return require(!reader.error().message.empty(), "an error says what");
  const Told told = told_by(**reader, piece);
  if (told.whole) check_transcript(told.text, whole.told);
}

}  // namespace
}  // namespace ingot::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ingot::fuzz::run(data, size);
  return 0;
}
