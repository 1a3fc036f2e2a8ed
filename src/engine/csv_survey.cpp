#include "engine/csv_survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "core/names.h"
#include "engine/csv_sample.h"
#include "infer/contract.h"
#include "infer/header_choice.h"
#include "source/text_reader.h"

namespace ingot {

namespace {

using infer::Survey;

constexpr size_t kLinesShown = 3;

/// How the files are read in one attempt.
struct Attempt {
  Pipeline::From from;
  CsvGuess guess;  // of the first file that has any record
};

struct Scanned {
  Survey survey;
  CsvEvidence evidence;
};

Result<std::string> read_sample(const BatchUnit& unit, const Pipeline::From& from, Source& source, bool& whole) {
  INGOT_ASSIGN(auto bytes, source.open(Unit{unit.name, unit.path, unit.stamp}));
  const auto reader = std::make_unique<TextReader>(std::move(bytes), from.encoding);
  std::string text;
  text.resize(kDialectSample);
  size_t size = 0;
  while (size < kDialectSample) {
    INGOT_ASSIGN(const size_t read, reader->read(text.data() + size, kDialectSample - size));
    if (read == 0) break;
    size += read;
    if (kDialectSample - size < kEncodingHeadBytes) break;
  }
  whole = size < kDialectSample - kEncodingHeadBytes;
  text.resize(size);
  return text;
}

std::string yaml_of(char c) { return c == 0 ? "none" : c == '\t' ? "tab" : infer::yaml_text(std::string(1, c)); }

std::string counted(uint64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

// A spelling of NULL begins good records of a column of numbers, too.
bool may_begin_null(const std::string& beginning) {
  for (size_t i = 0; i < infer::kNullSpellings; ++i)
    if (infer::null_spelling_text(i).starts_with(beginning)) return true;
  return false;
}

// What a total, and the like, begins with: its first letters.
std::string beginning_of(std::string_view text, const CsvOptions& options) {
  if (!text.empty() && text[0] == options.quote && options.quote != 0) text.remove_prefix(1);
  if (text.starts_with("(") && text.find(" row") != text.npos) return "(";
  size_t end = 0, letters = 0;
  for (; end < text.size(); ++end) {
    const char c = text[end];
    const bool letter = (lower_ascii(c) >= 'a' && lower_ascii(c) <= 'z') || static_cast<unsigned char>(c) >= 0x80;
    if (!letter && c != ' ' && c != '-') break;
    letters += letter;
  }
  text = text.substr(0, end);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return letters >= 2 ? std::string(text) : "";
}

// In the languages in which totals have been met.
bool is_word_of_total(std::string_view text) {
  constexpr std::array<std::string_view, 14> kWords = {"total",  "totals",      "grand total", "sum",  "summe",
                                                       "gesamt", "gesamtsumme", "somme",       "suma", "totale",
                                                       "totaal", "celkem",      "razem",       "итого"};
  const std::string word = folded_name(std::string(text));
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

/// Goes from one attempt to the next until the scan agrees.
class CsvSurvey {
 public:
  CsvSurvey(const Pipeline::From& from, Source& source, const SurveyOptions& options, Progress& progress,
            const std::atomic<bool>& cancelled)
      : from_(from), source_(source), options_(options), progress_(progress), cancelled_(cancelled) {}

  Result<Survey> run() {
    INGOT_ASSIGN(units_, list_units(from_, source_));
    INGOT_TRY(guess());
    auto found = scan(attempt_.from);
    if (!attempt_.guess.plain() && !confirms(found)) {
      give_up_guess(found);
      found = scan(attempt_.from);
    }
    if (!found) return fail(found.error());
    INGOT_TRY(consider_header_rows(*found));
    note_what_is_read(found->evidence);
    consider_comments(*found);
    INGOT_TRY(consider_footer(*found));
    found->survey.from = std::move(said_);
    found->survey.notes = std::move(notes_);
    return std::move(found->survey);
  }

 private:
  Result<Scanned> scan(const Pipeline::From& from) {
    Scanned found;
    progress_.restart();
    INGOT_ASSIGN(found.survey, survey_units(from, source_, units_, options_, progress_, cancelled_, &found.evidence));
    return found;
  }

  // The files' beginnings; where these do not agree nothing is guessed.
  Status guess() {
    attempt_.from = from_;
    std::optional<size_t> first;
    std::set<char> delimiters;
    for (size_t u = 0; u < units_.size(); ++u) {
      if (cancelled_) return fail(Code::interrupted, "stopped by request");
      bool whole = false;
      auto sample = read_sample(units_[u], from_, source_, whole);
      if (!sample || sample->empty()) continue;  // the scan says what is wrong with it
      CsvGuess guess = guess_csv(*sample, whole, from_.csv);
      delimiters.insert(guess.options.delimiter);
      if (!first) {
        first = u;
        attempt_.guess = std::move(guess);
        continue;
      }
      const CsvGuess& base = attempt_.guess;
      const bool same = guess.quoting == base.quoting && guess.left_out == base.left_out &&
                        guess.options.quote == base.options.quote && guess.options.escape == base.options.escape;
      const bool one_delimiter = delimiters.size() == 1 || (guess.plain() && base.plain());
      if (same && one_delimiter) continue;
      warn(
          fmt::format("{} seems to be written otherwise than {} (lines before the header, quotes, or delimiter): "
                      "nothing of these is guessed",
                      units_[u].name, units_[*first].name));
      attempt_.guess = CsvGuess{};
      attempt_.guess.options = from_.csv;
      return {};
    }
    if (!first) attempt_.guess.options = from_.csv;
    if (delimiters.size() > 1) attempt_.guess.options.delimiter = from_.csv.delimiter;
    attempt_.from.csv = attempt_.guess.options;
    for (const std::string& warning : attempt_.guess.warnings) warn(warning);
    return {};
  }

  bool confirms(const Result<Scanned>& found) const {
    if (!found) return found.error().code != Code::source_unreadable;
    const CsvEvidence& evidence = found->evidence;
    const CsvGuess& guess = attempt_.guess;
    uint64_t behind = 0;
    for (size_t u = 0; u < units_.size(); ++u) behind += evidence.behind_last(static_cast<uint32_t>(u)).size();
    const uint64_t odd = evidence.ragged - evidence.comments - std::min(behind, evidence.ragged - evidence.comments);
    if (guess.quoting && (odd > 0 || evidence.other_faults > 0 || evidence.enclosed > 0)) return false;
    if (guess.left_out == 0) return true;
    return found->survey.header == Survey::Header::found ||
           (found->survey.header == Survey::Header::guessed && guess.sparse);
  }

  void give_up_guess(const Result<Scanned>& found) {
    const CsvGuess& guess = attempt_.guess;
    std::string what;
    if (guess.quoting)
      what = fmt::format("quote: {}{}", yaml_of(guess.options.quote),
                         guess.options.escape == 0 ? "" : ", escape: " + yaml_of(guess.options.escape));
    if (guess.left_out > 0) what += fmt::format("{}skip: {}", what.empty() ? "" : ", ", guess.left_out);
    const bool header = found && guess.left_out > 0 && !guess.quoting;
    warn(fmt::format("the beginning looks like {}, but {}; nothing is guessed: say so if it is meant", what,
                     header ? "what is behind may be no header" : "not all of the file does"));
    attempt_.from.csv = from_.csv;
    attempt_.guess = CsvGuess{};
    attempt_.guess.options = from_.csv;
  }

  /// Are two names alike, or is one missing? Then the record below may say what they mean.
  static bool needs_more(const std::vector<std::string>& names) {
    const std::set<std::string> different(names.begin(), names.end());
    return different.size() < names.size() || different.contains("");
  }

  // The second record is text above columns of values: it may belong to the header.
  Status consider_header_rows(Scanned& found) {
    const std::vector<std::string>& second = attempt_.guess.second;
    std::vector<std::string> names;
    for (const infer::SurveyedField& field : found.survey.fields) names.push_back(field.name);
    const bool there = found.survey.header == Survey::Header::found || found.survey.header == Survey::Header::guessed;
    if (from_.csv.said.header_rows || !there || units_.size() > 1 || second.size() != names.size()) return {};
    size_t above = 0;
    for (size_t i = 0; i < second.size(); ++i) {
      if (second[i].empty()) continue;
      if (infer::reads_as_value(second[i]) || infer::null_spelling(second[i]) >= 0) return {};
      above += is_typed_but_for(found.survey.fields[i].profile, second[i]);
    }
    if (above == 0) return {};
    std::vector<std::string> joined;
    for (size_t i = 0; i < names.size(); ++i)
      joined.push_back(names[i] + (names[i].empty() || second[i].empty() ? "" : " ") + second[i]);
    if (!needs_more(names) || needs_more(joined)) {
      if (above > 1)
        warn(
            "the record below the header is text above columns of values: if it belongs to the header, say "
            "header_rows: 2");
      return {};
    }
    attempt_.from.csv.header_rows = 2;
    INGOT_ASSIGN(found, scan(attempt_.from));
    said_.emplace_back("header_rows", "2");
    notes_.push_back("the first two records are the header");
    return {};
  }

  static bool is_typed_but_for(const infer::ColumnProfile& profile, const std::string& text) {
    if (profile.counted() < 2) return false;
    for (size_t form = 0; form < infer::kForms; ++form) {
      const auto f = static_cast<infer::Form>(form);
      if (profile.fits(f) + 1 == profile.counted() && text.starts_with(profile.misfit(f).text)) return true;
    }
    return false;
  }

  void note_what_is_read(const CsvEvidence& evidence) {
    const CsvOptions& csv = attempt_.from.csv;
    std::vector<std::pair<std::string, std::string>> said;
    const char delimiter = csv.delimiter != 0 ? csv.delimiter : evidence.delimiter;
    if (from_.csv.delimiter == 0 && delimiter != 0 && delimiter != ',')
      said.emplace_back("delimiter", yaml_of(delimiter));
    if (csv.quote != from_.csv.quote) said.emplace_back("quote", yaml_of(csv.quote));
    if (csv.escape != from_.csv.escape) said.emplace_back("escape", yaml_of(csv.escape));
    if (attempt_.guess.quoting)
      notes_.push_back(
          fmt::format("quote: {}{}", yaml_of(csv.quote), csv.escape == 0 ? "" : ", escape: " + yaml_of(csv.escape)));
    said_.insert(said_.begin(), said.begin(), said.end());
  }

  /// Lines that begin with `#`. As long as a record might begin so, too, nothing is guessed.
  void consider_comments(Scanned& found) {
    const CsvEvidence& evidence = found.evidence;
    const CsvGuess& guess = attempt_.guess;
    const bool some = evidence.comments > 0 || (guess.left_out > 0 && guess.only_comments);
    const bool certain = some && !from_.csv.said.comment && evidence.good_comments == 0 && !evidence.permuted &&
                         !found.survey.fields.empty() && infer::begins_with_digits(found.survey.fields[0].profile) &&
                         !found.survey.fields[0].name.starts_with('#') &&  // the header would be one
                         options_take(attempt_.from.csv, '#');
    uint64_t lines = evidence.comments;
    const bool instead = certain && guess.left_out > 0 && guess.only_comments;
    if (instead)
      lines +=
          static_cast<uint64_t>(std::count_if(guess.lines.begin(), guess.lines.end(), is_comment_line)) * units_.size();
    if (guess.left_out > 0 && !instead) note_left_out();
    if (certain) {
      said_.emplace_back("comment", "\"#\"");
      const std::string first =
          instead ? shown_line(first_comment(guess.lines)) : shown_at(found.survey, evidence.first_comment);
      notes_.push_back(fmt::format("not read: {} of comment, first {}", counted(lines, "line", "lines"), first));
      leave_out(found.survey, evidence.comments, evidence);
    } else if (evidence.comments > 0) {
      warn(fmt::format("{} with {}: if they are comments, say comment: \"#\"",
                       counted(evidence.comments, "record begins", "records begin"), "#"));
    }
  }

  static bool is_comment_line(const std::string& line) { return line.starts_with('#'); }
  static std::string first_comment(const std::vector<std::string>& lines) {
    const auto found = std::find_if(lines.begin(), lines.end(), is_comment_line);
    return found == lines.end() ? "" : *found;
  }
  static bool options_take(const CsvOptions& csv, char comment) {
    return csv.delimiter != comment && csv.quote != comment && csv.escape != comment;
  }

  void note_left_out() {
    const CsvGuess& guess = attempt_.guess;
    said_.emplace_back("skip", std::to_string(guess.left_out));
    std::string shown;
    for (size_t i = 0; i < guess.lines.size() && i < kLinesShown; ++i)
      shown += (i == 0 ? "" : ", ") + shown_line(guess.lines[i]);
    if (guess.lines.size() > kLinesShown) shown += fmt::format(" and {} more", guess.lines.size() - kLinesShown);
    notes_.push_back(fmt::format("not read: {} before the header{}: {}", counted(guess.left_out, "line", "lines"),
                                 units_.size() > 1 ? " of each file" : "", shown));
  }

  static std::string shown_at(const Survey& survey, const CsvEvidence::Record& record) {
    return fmt::format("{} {}", survey.place(record.at), shown_line(record.text));
  }

  // Records that the options found now leave out are no rejects.
  static void leave_out(Survey& survey, uint64_t count, const CsvEvidence& evidence) {
    survey.records -= count;
    survey.unreadable -= count;
    if (survey.unreadable > 0 && survey.first_fault == Fault::ragged && evidence.first_ragged.at.record != UINT64_MAX &&
        survey.first_unreadable < evidence.first_ragged.at)
      survey.first_unreadable = evidence.first_ragged.at;
  }

  /// What stands behind the last record.
  Status consider_footer(Scanned& found) {
    if (from_.csv.said.footer) return {};
    std::vector<CsvEvidence::Record> behind;
    for (size_t u = 0; u < units_.size(); ++u)
      for (auto& record : found.evidence.behind_last(static_cast<uint32_t>(u))) behind.push_back(std::move(record));
    if (behind.empty()) return consider_total(found);
    const std::string beginning = beginning_of(behind.front().text, attempt_.from.csv);
    const bool same = std::all_of(behind.begin(), behind.end(), [&](const auto& record) {
      return beginning_of(record.text, attempt_.from.csv) == beginning;
    });
    const bool sure = same && !beginning.empty() && !may_begin_null(beginning) && !found.evidence.permuted &&
                      infer::begins_with_digits(found.survey.fields[0].profile);
    if (!sure) {
      // A record that was cut off begins as any.
      if (!beginning_of(behind.back().text, attempt_.from.csv).empty())
        warn(fmt::format("the end of a file looks like a footer ({}): if so, say footer, or skip_footer",
                         shown_at(found.survey, behind.front())));
      return {};
    }
    say_footer(found.survey, beginning, behind.front(), behind.size());
    leave_out(found.survey, behind.size(), found.evidence);
    if (found.survey.unreadable == 0) found.survey.first_fault = Fault::none;
    return {};
  }

  void say_footer(const Survey& survey, const std::string& beginning, const CsvEvidence::Record& first, size_t count) {
    said_.emplace_back("footer", infer::yaml_text(beginning));
    notes_.push_back(fmt::format("not read: {} at the end{}, {}", counted(count, "record", "records"),
                                 units_.size() > 1 ? " of files" : "", shown_at(survey, first)));
  }

  // A total with as many fields as any record: without it the first column is one of numbers or dates.
  Status consider_total(Scanned& found) {
    const std::string beginning = beginning_of(found.evidence.last.text, attempt_.from.csv);
    if (units_.size() > 1 || !is_word_of_total(beginning) || found.survey.fields.empty() || found.survey.records < 3)
      return {};
    Pipeline::From without = attempt_.from;
    without.csv.footer = beginning;
    INGOT_ASSIGN(Scanned other, scan(without));
    if (!infer::begins_with_digits(other.survey.fields[0].profile)) return {};
    if (said("comment")) leave_out(other.survey, other.evidence.comments, other.evidence);
    say_footer(found.survey, beginning, found.evidence.last, found.survey.records - other.survey.records);
    found = std::move(other);
    return {};
  }

  bool said(std::string_view option) const {
    return std::any_of(said_.begin(), said_.end(), [&](const auto& s) { return s.first == option; });
  }

  void warn(std::string text) { notes_.push_back(std::move(text)); }

  const Pipeline::From& from_;
  Source& source_;
  const SurveyOptions& options_;
  Progress& progress_;
  const std::atomic<bool>& cancelled_;
  std::vector<BatchUnit> units_;
  Attempt attempt_;
  std::vector<std::pair<std::string, std::string>> said_;
  std::vector<std::string> notes_;
};

}  // namespace

Result<Survey> survey_csv(const Pipeline::From& from, Source& source, const SurveyOptions& options, Progress& progress,
                          const std::atomic<bool>& cancelled) {
  return CsvSurvey(from, source, options, progress, cancelled).run();
}

}  // namespace ingot
