#include "format/csv/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "format/csv/header.h"
#include "format/csv/opening.h"
#include "types/exact.h"

namespace ingot::csv {

namespace {

constexpr std::string_view kDelimiters = ",;\t|";
constexpr size_t kSampleRecords = 200;

/// How well a delimiter explains a sample.
struct Score {
  size_t named = 0;          // slots whose name is in the first record
  bool right_count = false;  // the first record has as many fields as there are positions
  uint32_t alike = 0;        // of 1000 records, those with as many fields as the first; 0 where that is one
};

Dialect dialect_of(const CsvOptions& options) {
  return {options.delimiter,
          options.quote,
          options.escape == options.quote ? '\0' : options.escape,
          options.comment,
          options.ends_with_cr ? '\r' : '\n',
          options.delimiter_rest};
}

size_t wanted_fields(const Wanted& wanted) {
  int most = -1;
  for (const int position : wanted.positions) most = std::max(most, position);
  return static_cast<size_t>(most + 1);
}

Score score(std::string_view sample, bool whole, const Dialect& dialect, const Wanted& wanted) {
  Score result;
  size_t first = 0, records = 0, alike = 0;
  while (records < kSampleRecords) {
    const auto opening = read_opening(sample, dialect, records == 0 ? wanted.options.header_rows : 1, whole);
    if (!opening || (!opening->record.complete && records > 0)) break;
    const PlainRecord& record = opening->record;
    sample.remove_prefix(opening->before + record.bytes);
    if (records++ == 0) {
      first = record.fields.size();
      result.named = Header(record.fields).count_slots(wanted.slots);
      result.right_count = first == wanted_fields(wanted);
    }
    alike += record.fields.size() == first;
    if (sample.empty()) break;
  }
  if (first > 1) result.alike = static_cast<uint32_t>(alike * 1000 / records);
  return result;
}

char detect_delimiter(std::string_view sample, bool whole, const Wanted& wanted) {
  char best = 0;
  std::tuple<size_t, bool, uint32_t> best_score{0, false, 0};
  for (const char delimiter : kDelimiters) {
    if (delimiter == wanted.options.quote || delimiter == wanted.options.escape) continue;
    if (delimiter == wanted.options.comment) continue;
    Dialect dialect = dialect_of(wanted.options);
    dialect.delimiter = delimiter;
    const Score s = score(sample, whole, dialect, wanted);
    const std::tuple<size_t, bool, uint32_t> rank{s.named, s.alike > 0 && s.right_count, s.alike};
    if (best == 0 || rank > best_score) {
      best = delimiter;
      best_score = rank;
    }
  }
  return best;
}

Result<std::vector<uint32_t>> slots_by_position(const Wanted& wanted, size_t fields, bool exactly) {
  const size_t expected = wanted_fields(wanted);
  if (fields < expected || (exactly && fields != expected)) {
    return fail(
        Code::source_unreadable,
        fmt::format("the first record has {} field{}, where {} are declared", fields, fields == 1 ? "" : "s", expected),
        exactly && fields == 1 ? "is the delimiter right? See from.delimiter"
        : exactly ? "it holds none of the declared names, so it was taken for data; give the file a header, or "
                    "declare a column for every field"
                  : "is the delimiter right? Without a header, columns are taken in the order of declaration");
  }
  std::vector<uint32_t> found;
  for (size_t i = 0; i < wanted.slots.size(); ++i) {
    if (const auto place = field_by_place(wanted.slots[i])) {
      if (*place >= fields) {
        return fail(Code::source_unreadable,
                    fmt::format("the first record has {} fields, and there is no [{}]", fields, *place));
      }
      found.push_back(*place);
      continue;
    }
    if (wanted.slots[i].rest) {
      found.push_back(kNoField);
      continue;
    }
    if (i >= wanted.positions.size() || wanted.positions[i] < 0) {
      return fail(Code::source_unreadable,
                  "the file has no header, and no declared column has this name: " + slot_name(wanted.slots[i]));
    }
    found.push_back(static_cast<uint32_t>(wanted.positions[i]));
  }
  return found;
}

}  // namespace

namespace {

/// Measures the byte order mark and the lines that are to be skipped; nothing where they are not all there yet.
Result<std::optional<Prologue>> read_skipped(std::string_view text, bool last, const CsvOptions& options) {
  Prologue skipped;
  if (!last && text.size() < kByteOrderMark.size()) return std::nullopt;
  if (text.starts_with(kByteOrderMark)) skipped.bytes = kByteOrderMark.size();
  const auto lines = measure_lines(text.substr(skipped.bytes), options.skip, dialect_of(options).newline);
  if (!lines && !last) return std::nullopt;
  if (!lines) {
    return fail(Code::source_unreadable,
                fmt::format("the file has fewer lines than are to be skipped: {}", options.skip), "see from.skip");
  }
  skipped.bytes += *lines;
  skipped.newlines = options.skip;
  return skipped;
}

/// Refuses lines that end with CR alone: read as text, a file of them would be one record.
Status check_line_ends(std::string_view sample, const Dialect& dialect) {
  if (dialect.newline == '\r' || sample.find('\n') != sample.npos) return {};
  if (std::count(sample.begin(), sample.end(), '\r') < 2) return {};
  return fail(Code::source_unreadable, "the file's lines end with CR alone", "say from.newline: cr");
}

}  // namespace

Result<std::optional<Prologue>> read_prologue(std::string_view text, bool last, const Wanted& wanted) {
  const CsvOptions& options = wanted.options;
  INGOT_ASSIGN(const std::optional<Prologue> skipped, read_skipped(text, last, options));
  if (!skipped) return std::nullopt;
  Prologue start = *skipped;
  const std::string_view data = text.substr(start.bytes);
  const size_t mark = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  const size_t sample_bytes = kSampleBytes - mark;
  if (!last && options.delimiter == 0 && data.size() < sample_bytes) return std::nullopt;
  const std::string_view sample = data.substr(0, sample_bytes);
  Dialect dialect = dialect_of(options);
  if (last || sample.size() == sample_bytes) INGOT_TRY(check_line_ends(sample, dialect));
  if (dialect.delimiter == 0) dialect.delimiter = detect_delimiter(sample, last && data.size() <= sample_bytes, wanted);

  const auto opening = read_opening(data, dialect, options.header_rows, last);
  if (!opening) {
    if (!last) return std::nullopt;
    const auto newlines = std::count(data.begin(), data.end(), dialect.newline);
    return Prologue{nullptr, text.size(), start.newlines + static_cast<uint32_t>(newlines)};
  }
  const PlainRecord* const first = &opening->record;
  Prologue header{nullptr, start.bytes + opening->before, start.newlines + opening->lines_before};
  if (!first->complete && !last) return std::nullopt;
  if (!first->complete) {
    const std::string_view before = text.substr(0, header.bytes + first->unclosed.value_or(0));
    return fail(Code::source_unreadable, fmt::format("unclosed quote, opened at line {}",
                                                     1 + std::count(before.begin(), before.end(), dialect.newline)));
  }

  auto layout = std::make_shared<Layout>();
  layout->dialect = dialect;
  layout->delimiter = dialect.delimiter;
  layout->fields = static_cast<uint32_t>(first->fields.size());
  layout->UnitLayout::fields = layout->fields;
  const Header names(first->fields);
  const bool absent = options.header == CsvOptions::Header::absent;
  const bool detect = options.header == CsvOptions::Header::detect;
  layout->has_header =
      !absent && (!detect || options.header_rows > 1 || names.count_slots(wanted.slots) > 0 || wanted.slots.empty());
  if (!layout->has_header) {
    if (detect && std::any_of(wanted.slots.begin(), wanted.slots.end(),
                              [](const Slot& slot) { return field_by_place(slot).has_value(); })) {
      return fail(Code::source_unreadable,
                  "fields are taken by their places, and whether the first record is a header is not sure",
                  "say from.header: true or false");
    }
    if (detect) INGOT_TRY(names.check_is_data(wanted.slots, wanted.positions));
    INGOT_ASSIGN(layout->slot_fields, slots_by_position(wanted, layout->fields, detect));
    layout->head_bytes = start.bytes;
    start.layout = std::move(layout);
    return start;
  }
  const int line = static_cast<int>(header.newlines) + 1;
  if (first->bad_quoting) {
    return fail(Code::source_unreadable, fmt::format("the header has text after a closing quote, in line {}", line));
  }
  if (!exact::is_utf8(text.substr(header.bytes, first->bytes))) {
    return fail(Code::source_unreadable, fmt::format("the header is not valid UTF-8, in line {}", line),
                "is it of another encoding? See from.encoding");
  }
  INGOT_ASSIGN(layout->slot_fields, names.find_slots(wanted.slots));
  layout->undeclared = names.find_undeclared(wanted.slots);
  INGOT_TRY(names.check_undeclared(layout->undeclared, options.drift));
  layout->header = first->fields;
  header.bytes += first->bytes;
  header.newlines += first->newlines;
  layout->head_bytes = header.bytes;
  header.layout = std::move(layout);
  return header;
}

Result<std::shared_ptr<const Layout>> layout_of(const UnitHead& unit, const Wanted& wanted) {
  Wanted known = wanted;
  CsvOptions& options = known.options;
  if (options.delimiter == 0) options.delimiter = unit.delimiter;
  const auto skipped = read_skipped(unit.head, true, options);
  const std::string_view head = unit.head.substr(skipped ? (*skipped)->bytes : unit.head.size());
  const bool there = head.find_first_not_of("\r\n") != std::string_view::npos;
  if (there && options.header != CsvOptions::Header::absent) {
    options.header = CsvOptions::Header::present;
    INGOT_ASSIGN(const auto prologue, read_prologue(unit.head, true, known));
    return prologue ? prologue->layout : nullptr;
  }
  if (options.header == CsvOptions::Header::present)
    return fail(Code::source_unreadable, "its file had no header", "the pipeline says header: true");
  auto layout = std::make_shared<Layout>();
  layout->dialect = dialect_of(options);
  layout->delimiter = options.delimiter;
  layout->fields = unit.fields;
  layout->UnitLayout::fields = unit.fields;
  layout->head_bytes = unit.head.size();
  INGOT_ASSIGN(layout->slot_fields, slots_by_position(known, unit.fields, false));
  return layout;
}

}  // namespace ingot::csv
