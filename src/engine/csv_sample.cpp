#include "engine/csv_sample.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "format/csv/first_record.h"
#include "format/csv/opening.h"
#include "infer/contract.h"

namespace ingot {

namespace {

using csv::Dialect;
using csv::PlainRecord;

constexpr std::string_view kDelimiters = ",;\t|";
constexpr size_t kMostRecords = 2000;  // of a sample
constexpr size_t kMostLeftOut = 30;    // records before the header
constexpr size_t kMostAtEnd = 3;       // records behind the last
constexpr size_t kLeastBody = 3;       // a header and two records, or three
constexpr size_t kShownBytes = 60;

/// A sample under one dialect.
struct CsvReading {
  Dialect dialect;
  std::vector<PlainRecord> records;
  std::vector<size_t> offsets;  // of records
  bool broken = false;          // a quote out of place, or open at the end of all
  bool starts = false;          // some field begins with `"`, read without quotes
  size_t first_start = 0;       // the first such record
  bool pairs = false;           // and ends with it

  // Filled by measure().
  size_t fields = 0;
  size_t first = 0;   // record of the header
  size_t at_end = 0;  // records behind the body
  bool regular = false;
};

bool is_blank(const PlainRecord& record) {
  return std::all_of(record.fields.begin(), record.fields.end(),
                     [](const std::string& f) { return f.find_first_not_of(" \t\r") == f.npos; });
}

bool is_comment(const PlainRecord& record, size_t fields) {
  return !record.quoted && !record.fields[0].empty() && record.fields[0][0] == '#' && record.fields.size() != fields;
}

size_t filled(const PlainRecord& record) {
  return static_cast<size_t>(
      std::count_if(record.fields.begin(), record.fields.end(), [](const std::string& f) { return !f.empty(); }));
}

CsvReading read_with(std::string_view sample, bool whole, const Dialect& dialect) {
  CsvReading reading;
  reading.dialect = dialect;
  for (size_t at = 0; at < sample.size() && reading.records.size() < kMostRecords;) {
    PlainRecord record = csv::read_record(sample.substr(at), dialect, whole);
    if (!record.complete) {
      // Open at the end of what is there of a larger file: it may close.
      reading.broken = reading.broken || whole;
      break;
    }
    reading.broken = reading.broken || record.bad_quoting;
    for (const std::string& field : record.fields) {
      const bool starts = dialect.quote == 0 && field.size() > 1 && field[0] == '"';
      if (starts && !reading.starts) reading.first_start = reading.records.size();
      reading.starts = reading.starts || starts;
      reading.pairs = reading.pairs || (starts && field.back() == '"');
    }
    reading.offsets.push_back(at);
    at += record.bytes;
    reading.records.push_back(std::move(record));
  }
  return reading;
}

// The number of fields that most records have.
size_t usual_fields(const std::vector<PlainRecord>& records) {
  std::map<size_t, size_t> times;
  for (const PlainRecord& record : records)
    if (!record.empty_line()) ++times[record.fields.size()];
  const auto most =
      std::max_element(times.begin(), times.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == times.end() ? 0 : most->first;
}

void measure(CsvReading& reading, bool whole) {
  const std::vector<PlainRecord>& records = reading.records;
  reading.fields = usual_fields(records);
  if (reading.fields < 2) return;
  const auto odd = [&](size_t i) { return records[i].fields.size() != reading.fields; };
  const auto passed_over = [&](size_t i) { return records[i].empty_line() || is_comment(records[i], reading.fields); };
  size_t end = records.size();
  for (size_t odds = 0; whole && end > 0 && odds <= kMostAtEnd && (odd(end - 1) || passed_over(end - 1)); --end)
    odds += passed_over(end - 1) ? 0 : 1;
  reading.at_end = records.size() - end;
  size_t body = 0;
  reading.first = end;
  for (size_t i = end; i > 0 && (!odd(i - 1) || passed_over(i - 1)); --i) {
    if (passed_over(i - 1)) continue;
    reading.first = i - 1;
    ++body;
  }
  // A line of delimiters only, behind a title.
  while (reading.first > 0 && reading.first < end && (is_blank(records[reading.first]) || passed_over(reading.first))) {
    body -= is_blank(records[reading.first]) && !passed_over(reading.first);
    ++reading.first;
  }
  size_t before = 0;
  bool header_before = false;  // what has the table's own form is no title
  for (size_t i = 0; i < reading.first; ++i) {
    before += records[i].empty_line() ? 0 : 1;
    header_before = header_before || (!odd(i) && !passed_over(i) && filled(records[i]) > 1);
  }
  reading.regular =
      !reading.broken && !header_before && body >= kLeastBody && body >= before && reading.first <= kMostLeftOut;
}

// Nothing to be explained.
bool nothing_to_explain(const CsvReading& reading) {
  const auto& records = reading.records;
  return !reading.broken && !records.empty() && records[0].fields.size() > 1 &&
         std::all_of(records.begin(), records.end(), [&](const PlainRecord& record) {
           return record.fields.size() == records[0].fields.size() || record.empty_line();
         });
}

// Does some column hold nothing but texts in single quotes?
bool in_single_quotes(const CsvReading& plain) {
  for (size_t field = 0; field < plain.fields; ++field) {
    size_t quoted = 0;
    bool all = true;
    for (size_t i = plain.first + 1; i < plain.records.size() && all; ++i) {
      const PlainRecord& record = plain.records[i];
      if (record.fields.size() != plain.fields || record.fields[field].empty()) continue;
      const std::string& text = record.fields[field];
      all = text.size() > 1 && text.front() == '\'' && text.back() == '\'';
      quoted += all;
    }
    if (all && quoted >= 2) return true;
  }
  return false;
}

/// Looks at a sample in one way after the other.
class Guessing {
 public:
  Guessing(std::string_view sample, bool whole, const CsvOptions& given)
      : sample_(sample), whole_(whole), given_(given) {
    out_.options = given;
  }

  CsvGuess run() {
    if (!start()) return std::move(out_);
    CsvReading plain = read_with(sample_, whole_, dialect_);
    measure(plain, whole_);
    std::optional<CsvReading> best;
    if (nothing_to_explain(plain)) {
      plain.first = 0;
      best = std::move(plain);
      consider_single_quotes(*best);
    } else {
      best = search();
      if (!best) return unexplained(plain);
      take(*best);
      if (!out_.quoting) consider_single_quotes(*best);
    }
    if (best->first + 1 < best->records.size()) out_.second = best->records[best->first + 1].fields;
    return std::move(out_);
  }

 private:
  bool start() {
    if (given_.ragged != CsvOptions::Ragged::reject || !given_.delimiter_rest.empty()) return false;
    if (sample_.starts_with(csv::kByteOrderMark)) sample_.remove_prefix(csv::kByteOrderMark.size());
    const char newline = given_.ends_with_cr ? '\r' : '\n';
    const auto skipped = csv::measure_lines(sample_, given_.skip, newline);
    if (!skipped) return false;
    CsvOptions options = given_;
    options.skip = 0;
    sample_.remove_prefix(*skipped);
    const auto first = csv::read_first_record(sample_, true, options);
    dialect_ = {given_.delimiter, given_.quote, given_.escape, given_.comment, newline, ""};
    if (dialect_.delimiter == 0) dialect_.delimiter = first && *first ? (*first)->delimiter : ',';
    return dialect_.delimiter != 0;
  }

  std::optional<CsvReading> search() const {
    std::optional<CsvReading> best;
    const auto worse = [](const CsvReading& r) { return r.first + r.at_end; };
    for (const auto& [quote, escape] : quotings()) {
      for (const char delimiter : delimiters()) {
        if (delimiter == quote || delimiter == given_.comment) continue;
        Dialect dialect = dialect_;
        dialect.delimiter = delimiter;
        dialect.quote = quote;
        dialect.escape = escape;
        CsvReading reading = read_with(sample_, whole_, dialect);
        measure(reading, whole_);
        if (!reading.regular || !speaks_for(reading)) continue;
        const bool usual = delimiter == dialect_.delimiter && reading.first == 0;
        // What is given goes before what is guessed, unless this leaves out less.
        if (!best || worse(reading) < worse(*best)) best = std::move(reading);
        if (usual) return best;
      }
      if (best && worse(*best) == 0) return best;
    }
    return best;
  }

  // Other quotes than those that are given must be there.
  bool speaks_for(const CsvReading& reading) const {
    const char quote = reading.dialect.quote;
    if (quote == given_.quote) return true;
    // The last record of a file that was cut off speaks for nothing.
    if (quote == 0)
      return reading.starts && !reading.pairs &&
             (!whole_ || reading.first_start + reading.at_end + 1 < reading.records.size());
    return std::count_if(reading.records.begin(), reading.records.end(),
                         [](const PlainRecord& record) { return record.quoted; }) > 1;
  }

  std::vector<char> delimiters() const {
    if (given_.delimiter != 0) return {given_.delimiter};
    std::vector<char> all(kDelimiters.begin(), kDelimiters.end());
    std::stable_partition(all.begin(), all.end(), [&](char c) { return c == dialect_.delimiter; });
    return all;
  }

  std::vector<std::pair<char, char>> quotings() const {
    std::vector<std::pair<char, char>> all{{given_.quote, given_.escape}};
    if (given_.said.quote) return all;
    if (sample_.find("\\\"") != sample_.npos) all.push_back({'"', '\\'});
    if (single_quotes_only()) all.push_back({'\'', '\0'});
    all.push_back({'\0', '\0'});
    return all;
  }

  // Double quotes and single ones together may mean anything.
  bool single_quotes_only() const {
    return !given_.said.quote && sample_.find('\'') != sample_.npos && sample_.find('"') == sample_.npos;
  }

  void consider_single_quotes(const CsvReading& plain) {
    if (!single_quotes_only()) return;
    Dialect dialect = plain.dialect;
    dialect.quote = '\'';
    CsvReading reading = read_with(sample_, whole_, dialect);
    measure(reading, whole_);
    if (!reading.regular || reading.first != plain.first || !in_single_quotes(plain)) return;
    out_.options.quote = '\'';
    out_.quoting = true;
  }

  // What the user has said already leaves them out.
  bool only_given_comments(const CsvReading& best) const {
    return given_.comment != 0 &&
           std::all_of(best.records.begin(), best.records.begin() + static_cast<std::ptrdiff_t>(best.first),
                       [&](const PlainRecord& record) {
                         return record.empty_line() || (!record.quoted && record.fields[0].starts_with(given_.comment));
                       });
  }

  void take(const CsvReading& best) {
    out_.quoting = best.dialect.quote != given_.quote || best.dialect.escape != given_.escape;
    out_.options.quote = best.dialect.quote;
    out_.options.escape = best.dialect.escape;
    out_.options.delimiter = best.dialect.delimiter;
    if (best.first == 0 || given_.said.skip || only_given_comments(best)) return;
    out_.only_comments = true;
    for (size_t i = 0; i < best.first; ++i) {
      const PlainRecord& record = best.records[i];
      out_.left_out += record.newlines;
      out_.only_comments = out_.only_comments && (record.empty_line() || is_comment(record, best.fields));
      const size_t most = best.fields < 3 ? 0 : 1;
      out_.sparse = out_.sparse && (filled(record) <= most || is_comment(record, best.fields));
    }
    std::string_view text = sample_.substr(0, best.offsets[best.first]);
    while (!text.empty()) {
      const size_t end = std::min(text.find(best.dialect.newline), text.size());
      std::string_view line = text.substr(0, end);
      if (line.ends_with('\r')) line.remove_suffix(1);
      out_.lines.emplace_back(line);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    out_.options.skip = out_.left_out;
  }

  CsvGuess unexplained(const CsvReading& plain) {
    const auto& records = plain.records;
    if (plain.fields < 2) return std::move(out_);
    size_t before = 0, lines = 0, odd = 0;
    while (before < records.size() && records[before].fields.size() != plain.fields)
      lines += records[before++].newlines;
    for (const PlainRecord& record : records) odd += record.fields.size() != plain.fields && !record.empty_line();
    if (before > 0 && before <= kMostLeftOut && before < records.size() && odd * 4 < records.size() &&
        !given_.said.skip)
      out_.warnings.push_back("the first " +
                              (lines == 1 ? std::string("line looks") : std::to_string(lines) + " lines look") +
                              " like a title: if so, say skip: " + std::to_string(lines));
    return std::move(out_);
  }

  std::string_view sample_;
  const bool whole_;
  const CsvOptions& given_;
  Dialect dialect_;
  CsvGuess out_;
};

}  // namespace

CsvGuess guess_csv(std::string_view sample, bool whole, const CsvOptions& given) {
  return Guessing(sample, whole, given).run();
}

std::string shown_line(std::string_view text) {
  if (text.size() <= kShownBytes) return infer::shown_value(text);
  size_t cut = kShownBytes;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
  std::string shown = infer::shown_value(text.substr(0, cut));
  shown.insert(shown.size() - 1, "…");
  return shown;
}

}  // namespace ingot
