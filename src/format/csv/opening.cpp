#include "format/csv/opening.h"

#include <algorithm>
#include <utility>

namespace ingot::csv {

namespace {

/// Returns the bytes of a comment at `text`'s beginning; 0 where there is none, nothing where its end is not there yet.
std::optional<size_t> measure_comment(std::string_view text, const Dialect& dialect, bool last) {
  if (dialect.comment == 0 || text[0] != dialect.comment) return size_t{0};
  const size_t end = text.find(dialect.newline);
  if (end != text.npos) return end + 1;
  return last ? std::optional(text.size()) : std::nullopt;
}

/// Reads the first record that is neither an empty line nor a comment.
std::optional<Opening> read_first(std::string_view text, const Dialect& dialect, bool last) {
  Opening opening;
  while (!text.empty()) {
    const std::optional<size_t> comment = measure_comment(text, dialect, last);
    if (!comment) return opening;
    if (*comment > 0) {
      opening.lines_before += text[*comment - 1] == dialect.newline;
      opening.before += *comment;
      text.remove_prefix(*comment);
      continue;
    }
    opening.record = read_record(text, dialect, last);
    if (!opening.record.empty_line() || !opening.record.complete) return opening;
    opening.before += opening.record.bytes;
    opening.lines_before += opening.record.newlines;
    text.remove_prefix(opening.record.bytes);
  }
  return std::nullopt;
}

/// Puts another row of the header below.
void join(PlainRecord& record, const Opening& below) {
  PlainRecord row = below.record;
  if (row.unclosed) record.unclosed = record.bytes + below.before + *row.unclosed;
  record.bytes += below.before + row.bytes;
  record.newlines += below.lines_before + row.newlines;
  record.bad_quoting |= row.bad_quoting;
  record.complete = row.complete;
  record.fields.resize(std::max(record.fields.size(), row.fields.size()));
  for (size_t i = 0; i < row.fields.size(); ++i) {
    std::string& name = record.fields[i];
    if (!name.empty() && !row.fields[i].empty()) name += ' ';
    name += row.fields[i];
  }
}

}  // namespace

std::optional<Opening> read_opening(std::string_view text, const Dialect& dialect, uint32_t rows, bool last) {
  std::optional<Opening> opening = read_first(text, dialect, last);
  for (uint32_t row = 1; row < rows && opening && opening->record.complete; ++row) {
    const auto below = read_first(text.substr(opening->before + opening->record.bytes), dialect, last);
    if (!below && !last) opening->record.complete = false;
    if (!below) return opening;
    join(opening->record, *below);
  }
  return opening;
}

std::optional<size_t> measure_lines(std::string_view text, uint32_t count, char newline) {
  size_t bytes = 0;
  for (; count > 0; --count) {
    const size_t end = text.find(newline, bytes);
    if (end == text.npos) return std::nullopt;
    bytes = end + 1;
  }
  return bytes;
}

}  // namespace ingot::csv
