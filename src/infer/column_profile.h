#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "infer/date_forms.h"
#include "infer/distinct_count.h"
#include "infer/personal.h"
#include "infer/value_forms.h"

namespace ingot::infer {

/// Where a value was met. `record` ascends in listing and reading order.
struct Address {
  uint64_t record = UINT64_MAX;
  uint32_t unit = 0;
  uint64_t line = 0;

  bool operator<(const Address& other) const { return record < other.record; }
};

/// A value with its place; the first of its kind.
struct Sample {
  Address at;
  std::string text;  ///< at most kSampleBytes of it

  bool there() const { return at.record != UINT64_MAX; }
};

inline constexpr size_t kSampleBytes = 40;

/// What JSON says that a value is; CSV knows texts only.
enum class Shape : uint8_t { text, number, boolean, object, array };
inline constexpr size_t kShapes = 5;

/// All that is known of the values of one column. Merged from several threads' it is the same as from one's: it keeps
/// counts, and of samples the first.
class ColumnProfile {
 public:
  void add_null() { ++nulls_; }
  /// Adds a value; an empty text counts as empty and is nothing else. Returns its hash, 0 of an empty one.
  uint64_t add(Shape shape, std::string_view text, const Address& at);
  void merge(const ColumnProfile& other);

  uint64_t nulls() const { return nulls_; }
  uint64_t empties() const { return empties_; }
  /// Values that are neither NULL nor empty.
  uint64_t values() const;
  uint64_t of_shape(Shape shape) const { return shapes_[static_cast<size_t>(shape)]; }

  /// Of the values, spellings of NULL left out: how many have this form, and the first that has not.
  uint64_t fits(Form form) const { return fits_[static_cast<size_t>(form)]; }
  const Sample& misfit(Form form) const { return misfits_[static_cast<size_t>(form)]; }
  /// Values without spellings of NULL.
  uint64_t counted() const { return counted_; }
  uint64_t null_spellings(size_t number) const { return null_spellings_[number]; }
  uint64_t near(Near near) const { return nears_[static_cast<size_t>(near)]; }
  const Sample& near_sample(Near near) const { return near_samples_[static_cast<size_t>(near)]; }

  uint32_t date_forms() const { return date_forms_; }  ///< that all of `counted` values have
  uint64_t personal(Personal what) const { return personal_[static_cast<size_t>(what)]; }

  uint16_t whole_digits() const { return whole_digits_; }
  uint16_t scale() const { return scale_; }
  /// Is the text of every decimal the same again when it is written with `scale` digits, or with as few as it takes?
  bool decimals_are_regular() const;

  /// Of all of `counted` values, read in one of the two ways; does not fit where one of them cannot be read so.
  const CommaNumber& decimal_comma() const { return decimal_comma_; }
  const CommaNumber& group_comma() const { return group_comma_; }

  uint64_t max_chars() const { return max_chars_; }
  uint64_t max_bytes() const { return max_bytes_; }
  const Sample& first() const { return first_; }
  /// Least and greatest: of numbers by value, where all are; else bytewise.
  const std::string& least(bool by_number) const { return by_number ? least_number_.text : least_text_; }
  const std::string& greatest(bool by_number) const { return by_number ? greatest_number_.text : greatest_text_; }
  uint64_t distinct() const { return distinct_.estimate(); }

 private:
  struct Extreme {
    double value = 0;
    std::string text;
    bool there = false;
  };

  void add_forms(const ValueForms& found, std::string_view text, const Address& at);
  void add_extremes(const ValueForms& found, std::string_view text);
  static void keep_first(Sample& kept, std::string_view text, const Address& at);
  static void keep_number(Extreme& kept, double value, std::string_view text, bool least);

  uint64_t nulls_ = 0;
  uint64_t empties_ = 0;
  uint64_t counted_ = 0;
  std::array<uint64_t, kShapes> shapes_{};
  std::array<uint64_t, kForms> fits_{};
  std::array<Sample, kForms> misfits_;
  std::array<uint64_t, kNullSpellings> null_spellings_{};
  std::array<uint64_t, kNears> nears_{};
  std::array<Sample, kNears> near_samples_;
  uint32_t date_forms_ = UINT32_MAX;
  std::array<uint64_t, kPersonals> personal_{};
  uint16_t whole_digits_ = 0;
  uint16_t scale_ = 0;
  uint16_t least_scale_ = UINT16_MAX;  ///< of decimals that have a fraction
  bool zero_at_end_ = false;
  CommaNumber decimal_comma_{true, false, 0, 0};
  CommaNumber group_comma_{true, false, 0, 0};
  uint64_t max_chars_ = 0;
  uint64_t max_bytes_ = 0;
  Sample first_;
  Extreme least_number_, greatest_number_;
  std::string least_text_, greatest_text_;  ///< cut at kSampleBytes
  bool has_text_ = false;
  DistinctCount distinct_;
};

}  // namespace ingot::infer
