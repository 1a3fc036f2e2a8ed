// CSV against a reader that goes byte by byte, and against itself: cut otherwise, and record by record.

#include <fmt/format.h>

#include "decoded_unit.h"
#include "format/csv/layout.h"

namespace ingot::fuzz {
namespace {

using csv::Dialect;
using csv::Layout;

/// A record by RFC 4180 and the rules in scanner.h, written to be obvious.
struct PlainField {
  std::string_view raw;
  bool quoted = false;
  std::string text;
};
struct PlainRecord {
  size_t begin = 0;
  size_t end = 0;   // without the line end
  size_t next = 0;  // the next record's first byte
  std::vector<PlainField> fields;
  bool bad_quoting = false;
  std::optional<size_t> unclosed;  // where the quote was opened

  bool empty() const { return begin == end; }
};

PlainRecord read_plain(std::string_view text, size_t at, const Dialect& dialect) {
  PlainRecord record;
  record.begin = at;
  const auto has = [&](size_t i, char c) { return i < text.size() && text[i] == c; };
  const auto line_end = [&](size_t i) -> size_t {  // its size
    return has(i, '\n') ? 1 : has(i, '\r') && has(i + 1, '\n') ? 2 : 0;
  };
  const auto field_ends = [&](size_t i) { return i == text.size() || text[i] == dialect.delimiter || line_end(i) > 0; };
  for (;;) {
    PlainField field;
    const size_t begin = at;
    if (dialect.quote != 0 && has(at, dialect.quote)) {
      field.quoted = true;
      for (++at;; ++at) {
        if (at == text.size()) {
          record.unclosed = begin;
          return record;
        }
        if (dialect.escape != 0 && text[at] == dialect.escape) {
          if (has(at + 1, dialect.quote) || has(at + 1, dialect.escape)) {
            field.text += text[++at];
            continue;
          }
          record.bad_quoting = true;
        } else if (text[at] == dialect.quote) {
          if (dialect.escape != 0 || !has(at + 1, dialect.quote)) break;
          ++at;
        }
        field.text += text[at];
      }
      ++at;
      if (!field_ends(at)) record.bad_quoting = true;
    }
    while (!field_ends(at)) field.text += text[at++];
    field.raw = text.substr(begin, at - begin);
    record.fields.push_back(std::move(field));
    if (at < text.size() && text[at] == dialect.delimiter) {
      ++at;
      continue;
    }
    record.end = at;
    record.next = at + line_end(at);
    return record;
  }
}

std::string_view without_mark(std::string_view text) {
  return text.starts_with(csv::kByteOrderMark) ? text.substr(csv::kByteOrderMark.size()) : text;
}

/// The value that a field must give, and the fault.
std::pair<std::optional<std::string>, Fault> expected_value(const PlainField& field, const Type& type,
                                                            const CsvOptions& options) {
  const auto& nulls = options.null_texts;
  if (!field.quoted && std::find(nulls.begin(), nulls.end(), field.text) != nulls.end()) return {};
  if (type.kind != Kind::text && field.text.empty()) return {};
  duckdb::Vector vector(duckdb_type(type), 1);
  if (const Fault fault = store_text(field.text, type, vector, 0); fault != Fault::none) return {{}, fault};
  if (type.kind == Kind::text || type.kind == Kind::json) return {field.text, Fault::none};
  return {vector.GetValue(0).ToString(), Fault::none};
}

class Case {
 public:
  explicit Case(Input& input) {
    static constexpr char kDelimiters[] = {0, ',', ';', '\t', '|', 'x'};
    static constexpr char kQuotes[] = {'"', '"', '\'', 0, ';'};
    static constexpr char kEscapes[] = {0, 0, '\\', '"'};
    static constexpr CsvOptions::Header kHeaders[] = {CsvOptions::Header::detect, CsvOptions::Header::present,
                                                      CsvOptions::Header::absent};
    static const std::vector<std::string> kNulls[] = {{}, {"NULL"}, {"", "\\N"}};
    static const std::vector<Type> kTypes[] = {{{Kind::text}, {Kind::text}},
                                               {{Kind::int32}, {Kind::decimal, 6, 2}, {Kind::date}},
                                               {{Kind::text, 0, 0, 3}, {Kind::json}, {Kind::float64}},
                                               {{Kind::boolean}, {Kind::timestamptz}, {Kind::uuid}, {Kind::int64}},
                                               {{Kind::text}}};
    options.delimiter = kDelimiters[input.choose(std::size(kDelimiters))];
    options.quote = kQuotes[input.choose(std::size(kQuotes))];
    options.escape = kEscapes[input.choose(std::size(kEscapes))];
    if (options.escape == options.quote) options.escape = 0;  // as the YAML's reader does
    if (options.delimiter == options.quote) options.quote = 0;
    options.header = kHeaders[input.choose(std::size(kHeaders))];
    const size_t flavour = input.choose(256);
    options.null_texts = kNulls[flavour % std::size(kNulls)];
    repeated = flavour >= 252;
    for (const Type& type : kTypes[input.choose(std::size(kTypes))]) {
      const std::string name(1, static_cast<char>('a' + slots.size()));
      positions.push_back(static_cast<int>(slots.size()));
      slots.push_back({{{PathStep{name, -1}}}, type, false, name});
    }
    manner.pieces = {input.choose_size(), input.choose_size()};
    manner.max_rows = 1 + input.choose(200);
    manner.start = manner.max_rows % 5;
    manner.behind = "\n,;\"\\\r x"[manner.max_rows % 8];
  }

  std::unique_ptr<Format> format() const { return make_csv_format(options, slots, positions); }

  CsvOptions options;
  std::vector<Slot> slots;
  std::vector<int> positions;
  Manner manner;
  bool repeated = false;  // the data over and over, until there are more than detection looks at
};

void check_record(const Case& chosen, const Layout& layout, const Record& got, const PlainRecord& plain,
                  std::string_view bytes) {
  require(got.offset == plain.begin && got.length == plain.end - plain.begin, "a record's address", bytes);
  const std::string_view text = bytes.substr(got.offset, got.length);
  std::vector<Fault> own;
  if (plain.fields.size() != layout.fields) own.push_back(Fault::ragged);
  if (plain.bad_quoting) own.push_back(Fault::bad_quoting);
  if (!exact::is_utf8(text)) own.push_back(Fault::bad_utf8);
  if (text.find('\0') != text.npos) own.push_back(Fault::nul_byte);
  if (!own.empty()) {
    std::vector<Fault> found;
    for (const RecordFault& fault : got.faults) found.push_back(fault.fault);
    require(got.own_fault() != Fault::none && found == own, "all that is wrong with a record", text);
    return;
  }
  size_t fault = 0;
  for (size_t slot = 0; slot < chosen.slots.size(); ++slot) {
    const PlainField& field = plain.fields[layout.slot_fields[slot]];
    const auto [value, wrong] = expected_value(field, chosen.slots[slot].type, chosen.options);
    require(got.values[slot] == value, "a field's value", text);
    if (wrong == Fault::none) continue;
    require(fault < got.faults.size() && got.faults[fault].slot == slot && got.faults[fault].fault == wrong,
            "a field's fault", text);
    const size_t at = static_cast<size_t>(field.raw.data() - text.data());
    const size_t newline = at == 0 ? text.npos : text.rfind('\n', at - 1);
    require(got.faults[fault].column == (newline == text.npos ? at + 1 : at - newline), "a fault's column", text);
    require(got.faults[fault].line_delta == count_lines(text.substr(0, at)), "a fault's line", text);
    ++fault;
  }
  require(fault == got.faults.size(), "no other faults", text);
}

/// Decodes a record's own bytes again, behind what the unit begins with.
void check_alone(const Case& chosen, const Layout& layout, const Record& record, std::string_view beginning,
                 std::string_view text) {
  Case alone = chosen;
  alone.options.delimiter = layout.dialect.delimiter;
  alone.options.header = layout.has_header ? CsvOptions::Header::present : CsvOptions::Header::absent;
  const std::string bytes = std::string(beginning) + std::string(text) + (text.empty() ? "\n" : "");
  const auto format = alone.format();
  const DecodedUnit unit = Unit(*format, alone.slots, bytes).decode({});
  require(unit.error.empty() && !unit.records.empty(), "a record alone is a record", bytes);
  require(same_content(unit.records.back(), record), "a record alone is the same", bytes);
}

void check_against_plain(const Case& chosen, const DecodedUnit& unit, std::string_view bytes) {
  const size_t mark = bytes.size() - without_mark(bytes).size();
  if (!unit.layout) {
    require(unit.records.empty(), "without a layout there are no records");
    for (const char c : bytes.substr(mark)) require(c == '\n' || c == '\r', "only empty lines are no records", bytes);
    return;
  }
  const auto& layout = static_cast<const Layout&>(*unit.layout);
  const Dialect& dialect = layout.dialect;
  require(dialect.delimiter != dialect.quote, "a delimiter is not a quote", bytes);
  require(chosen.options.delimiter == 0 || chosen.options.delimiter == dialect.delimiter, "the delimiter is given");
  size_t at = mark, beginning = 0;  // `beginning`: of the unit, needed to read a record alone
  for (bool first = true; at < bytes.size();) {
    const PlainRecord plain = read_plain(bytes, at, dialect);
    require(!plain.unclosed, "an unclosed quote is an error", bytes);
    if (plain.empty()) {
      at = plain.next;
      continue;
    }
    beginning = plain.next;
    require(plain.fields.size() == layout.fields, "the first record tells the number of fields", bytes);
    if (first && layout.has_header) {
      for (size_t i = 0; i < plain.fields.size(); ++i) {
        require(layout.header.at(i) == plain.fields[i].text, "the header's names", bytes);
      }
    }
    break;
  }
  at = layout.has_header ? beginning : mark;
  size_t next = 0;
  while (at < bytes.size()) {
    const PlainRecord plain = read_plain(bytes, at, dialect);
    require(!plain.unclosed, "an unclosed quote is an error", bytes);
    at = plain.next;
    if (plain.empty() && layout.fields > 1) continue;
    require(next < unit.records.size(), "no record is left out", bytes);
    const Record& record = unit.records[next++];
    check_record(chosen, layout, record, plain, bytes);
    const bool within = plain.begin < beginning;
    if (!within && (next <= 3 || next % 16 == 0)) {
      check_alone(chosen, layout, record, bytes.substr(0, beginning), bytes.substr(record.offset, record.length));
    }
  }
  require(next == unit.records.size(), "no record is made up", bytes);
}

void run(const uint8_t* data, size_t size) {
  Input input(data, size);
  const Case chosen(input);
  std::string bytes(input.rest());
  while (chosen.repeated && !input.rest().empty() && bytes.size() <= csv::kSampleBytes + 2000) bytes += input.rest();
  const auto format = chosen.format();
  const DecodedUnit whole = Unit(*format, chosen.slots, bytes).decode({});
  require(Unit(*format, chosen.slots, bytes).decode(chosen.manner) == whole, "the same however cut", bytes);
  if (whole.error.empty()) check_against_plain(chosen, whole, bytes);
}

}  // namespace
}  // namespace ingot::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ingot::fuzz::run(data, size);
  return 0;
}
