#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "types/fault.h"
#include "types/moment.h"
#include "types/type.h"

namespace ingot {

/// How a date or a time is written, in the words of strptime; every character between them stands for itself. Words of
/// numbers take as many digits as they may have, one at least; next to one another, all of them. Names are English, in
/// any case, short or long. Nothing is skipped, and nothing is ignored: a weekday must be the day's.
class TimePattern {
 public:
  /// Reads a pattern for values of `kind` (date, time, timestamp or timestamptz). Errors: invalid_pipeline: a word that
  /// is unknown, or says what another has said, or what the kind cannot keep; a day that is not said completely.
  static Result<TimePattern> parse(std::string_view text, Kind kind);

  /// Reads the whole of `text` as a date. Faults: not_a_date, out_of_range.
  Fault read(std::string_view text, int32_t& days) const;
  /// Reads the whole of `text` as a time, timestamp or timestamptz. Faults: not_a_time, not_a_timestamp, out_of_range,
  /// not_exact.
  Fault read(std::string_view text, int64_t& micros) const;

  const std::string& text() const { return text_; }
  bool operator==(const TimePattern& other) const { return text_ == other.text_; }

 private:
  struct Word {
    char what = 0;        ///< 0: a literal
    bool whole = false;   ///< a number that has all its digits
    std::string literal;  ///< where `what` is 0
  };
  struct Found;

  static bool read_word(const Word& word, std::string_view& text, Found& found);
  bool match(std::string_view text, Found& found) const;
  static Fault settle(Found& found);

  Fault no_form() const;

  std::string text_;
  Kind kind_ = Kind::date;
  std::vector<Word> words_;
};

}  // namespace ingot
