#include "format/csv/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "format/csv/header.h"
#include "format/csv/record.h"
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

/// Reads the first record that is not an empty line. `skipped` receives the bytes and lines before it.
std::optional<PlainRecord> first_record(std::string_view text, const Dialect& dialect, bool last, Prologue& skipped) {
  while (!text.empty()) {
    PlainRecord record = read_record(text, dialect, last);
    if (!record.empty_line() || !record.complete) return record;
    skipped.bytes += record.bytes;
    skipped.newlines += record.newlines;
    text.remove_prefix(record.bytes);
  }
  return std::nullopt;
}

size_t wanted_fields(const Wanted& wanted) {
  int most = -1;
  for (const int position : wanted.positions) most = std::max(most, position);
  return static_cast<size_t>(most + 1);
}

Score score(std::string_view sample, bool whole, const Dialect& dialect, const Wanted& wanted) {
  Score result;
  size_t first = 0, records = 0, alike = 0;
  while (!sample.empty() && records < kSampleRecords) {
    const PlainRecord record = read_record(sample, dialect, whole);
    if (!record.complete && records > 0) break;
    sample.remove_prefix(record.bytes);
    if (record.empty_line()) continue;
    if (records++ == 0) {
      first = record.fields.size();
      result.named = Header(record.fields).count_slots(wanted.slots);
      result.right_count = first == wanted_fields(wanted);
    }
    alike += record.fields.size() == first;
  }
  if (first > 1) result.alike = static_cast<uint32_t>(alike * 1000 / records);
  return result;
}

char detect_delimiter(std::string_view sample, bool whole, const Wanted& wanted) {
  char best = 0;
  std::tuple<size_t, bool, uint32_t> best_score{0, false, 0};
  for (const char delimiter : kDelimiters) {
    if (delimiter == wanted.options.quote || delimiter == wanted.options.escape) continue;
    const Score s = score(sample, whole, {delimiter, wanted.options.quote, wanted.options.escape}, wanted);
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
        exactly ? "it holds none of the declared names, so it was taken for data; give the file a header, or "
                  "declare a column for every field"
                : "is the delimiter right? Without a header, columns are taken in the order of declaration");
  }
  std::vector<uint32_t> found;
  for (size_t i = 0; i < wanted.slots.size(); ++i) {
    if (i >= wanted.positions.size() || wanted.positions[i] < 0) {
      return fail(Code::source_unreadable,
                  "the file has no header, and no declared column has this name: " + slot_name(wanted.slots[i]));
    }
    found.push_back(static_cast<uint32_t>(wanted.positions[i]));
  }
  return found;
}

}  // namespace

Result<std::optional<Prologue>> read_prologue(std::string_view text, bool last, const Wanted& wanted) {
  const CsvOptions& options = wanted.options;
  const bool whole = last && text.size() <= kSampleBytes;
  if (!last && text.size() < (options.delimiter == 0 ? kSampleBytes : kByteOrderMark.size())) return std::nullopt;

  Prologue start;
  if (text.starts_with(kByteOrderMark)) start.bytes = kByteOrderMark.size();
  const std::string_view data = text.substr(start.bytes);
  Dialect dialect{options.delimiter, options.quote, options.escape == options.quote ? '\0' : options.escape};
  if (dialect.delimiter == 0) {
    dialect.delimiter = detect_delimiter(data.substr(0, kSampleBytes - start.bytes), whole, wanted);
  }

  Prologue header = start;
  const std::optional<PlainRecord> first = first_record(data, dialect, last, header);
  if (!first) {
    if (!last) return std::nullopt;
    return Prologue{nullptr, text.size(), header.newlines};
  }
  if (!first->complete && !last) return std::nullopt;
  if (!first->complete) {
    const std::string_view before = data.substr(0, header.bytes - start.bytes + first->unclosed.value_or(0));
    return fail(Code::source_unreadable,
                fmt::format("unclosed quote, opened at line {}", 1 + std::count(before.begin(), before.end(), '\n')));
  }

  auto layout = std::make_shared<Layout>();
  layout->dialect = dialect;
  layout->delimiter = dialect.delimiter;
  layout->fields = static_cast<uint32_t>(first->fields.size());
  layout->UnitLayout::fields = layout->fields;
  const Header names(first->fields);
  const bool absent = options.header == CsvOptions::Header::absent;
  const bool detect = options.header == CsvOptions::Header::detect;
  layout->has_header = !absent && (!detect || names.count_slots(wanted.slots) > 0 || wanted.slots.empty());
  if (!layout->has_header) {
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
  if (!exact::is_utf8(data.substr(header.bytes - start.bytes, first->bytes))) {
    return fail(Code::source_unreadable, fmt::format("the header is not valid UTF-8, in line {}", line));
  }
  INGOT_ASSIGN(layout->slot_fields, names.find_slots(wanted.slots));
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
  const std::string_view head = unit.head.substr(unit.head.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
  const bool there = head.find_first_not_of("\r\n") != std::string_view::npos;
  if (there && options.header != CsvOptions::Header::absent) {
    options.header = CsvOptions::Header::present;
    INGOT_ASSIGN(const auto prologue, read_prologue(unit.head, true, known));
    return prologue->layout;
  }
  if (options.header == CsvOptions::Header::present)
    return fail(Code::source_unreadable, "its file had no header", "the pipeline says header: true");
  auto layout = std::make_shared<Layout>();
  layout->dialect = {options.delimiter, options.quote, options.escape == options.quote ? '\0' : options.escape};
  layout->delimiter = options.delimiter;
  layout->fields = unit.fields;
  layout->UnitLayout::fields = unit.fields;
  layout->head_bytes = unit.head.size();
  INGOT_ASSIGN(layout->slot_fields, slots_by_position(known, unit.fields, false));
  return layout;
}

}  // namespace ingot::csv
