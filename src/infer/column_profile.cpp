#include "infer/column_profile.h"

#include <xxhash.h>

#include <algorithm>
#include <tuple>

#include "types/exact.h"

namespace ingot::infer {

namespace {

// Whole characters only.
std::string_view beginning(std::string_view text) {
  if (text.size() <= kSampleBytes) return text;
  size_t size = kSampleBytes;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

template <class Array, class Add>
void each(Array& to, const Array& from, Add add) {
  for (size_t i = 0; i < to.size(); ++i) add(to[i], from[i]);
}

void add_up(uint64_t& to, uint64_t from) { to += from; }

void join(CommaNumber& to, const CommaNumber& from) {
  to.fits = to.fits && from.fits;
  to.grouped = to.grouped || from.grouped;
  to.whole_digits = std::max(to.whole_digits, from.whole_digits);
  to.scale = std::max(to.scale, from.scale);
}

}  // namespace

uint64_t ColumnProfile::values() const {
  uint64_t sum = 0;
  for (const uint64_t count : shapes_) sum += count;
  return sum;
}

bool ColumnProfile::decimals_are_regular() const { return !zero_at_end_ || least_scale_ == scale_; }

uint64_t ColumnProfile::add(Shape shape, std::string_view text, const Address& at) {
  if (text.empty()) {
    ++empties_;
    return 0;
  }
  ++shapes_[static_cast<size_t>(shape)];
  keep_first(first_, text, at);
  if (text.size() > max_chars_) max_chars_ = std::max<uint64_t>(max_chars_, exact::count_chars(text));
  max_bytes_ = std::max<uint64_t>(max_bytes_, text.size());
  const uint64_t hash = XXH3_64bits(text.data(), text.size());
  distinct_.add(hash);
  if (shape == Shape::object || shape == Shape::array) {
    ++counted_;
    return hash;
  }
  if (const int spelling = shape == Shape::text ? null_spelling(text) : -1; spelling >= 0) {
    ++null_spellings_[static_cast<size_t>(spelling)];
    return hash;
  }
  ++counted_;
  const ValueForms found = shape == Shape::number ? forms_of_number(text) : forms_of(text);
  add_forms(found, text, at);
  add_extremes(found, text);
  if (shape != Shape::text) return hash;
  if (date_forms_ != 0) date_forms_ &= date_forms_of(text);
  if (const uint8_t bits = personal_in(text); bits != 0) {
    for (size_t i = 0; i < kPersonals; ++i) personal_[i] += bits >> i & 1U;
  }
  return hash;
}

void ColumnProfile::add_forms(const ValueForms& found, std::string_view text, const Address& at) {
  for (size_t i = 0; i < kForms; ++i) {
    if (found.is(static_cast<Form>(i))) {
      ++fits_[i];
    } else {
      keep_first(misfits_[i], text, at);
    }
  }
  if (found.is(Form::decimal)) {
    whole_digits_ = std::max(whole_digits_, found.whole_digits);
    scale_ = std::max(scale_, found.scale);
    if (found.scale > 0) least_scale_ = std::min(least_scale_, found.scale);
    zero_at_end_ = zero_at_end_ || found.zero_at_end;
  }
  join(decimal_comma_, found.decimal_comma);
  join(group_comma_, found.group_comma);
  if (found.near != Near::none) {
    ++nears_[static_cast<size_t>(found.near)];
    keep_first(near_samples_[static_cast<size_t>(found.near)], text, at);
  }
}

void ColumnProfile::add_extremes(const ValueForms& found, std::string_view text) {
  if (found.is(Form::decimal) || found.is(Form::real)) {
    keep_number(least_number_, found.number, text, true);
    keep_number(greatest_number_, found.number, text, false);
  }
  text = beginning(text);
  if (!has_text_ || text < least_text_) least_text_ = text;
  if (!has_text_ || text > greatest_text_) greatest_text_ = text;
  has_text_ = true;
}

void ColumnProfile::keep_first(Sample& kept, std::string_view text, const Address& at) {
  if (!(at < kept.at)) return;
  kept.at = at;
  kept.text = beginning(text);
}

void ColumnProfile::keep_number(Extreme& kept, double value, std::string_view text, bool least) {
  if (kept.there) {
    if (least ? value > kept.value : value < kept.value) return;
    if (value == kept.value && text >= kept.text) return;  // numbers that only their text tells apart
  }
  kept = {value, std::string(beginning(text)), true};
}

void ColumnProfile::merge(const ColumnProfile& other) {
  nulls_ += other.nulls_;
  empties_ += other.empties_;
  counted_ += other.counted_;
  each(shapes_, other.shapes_, add_up);
  each(fits_, other.fits_, add_up);
  each(null_spellings_, other.null_spellings_, add_up);
  each(nears_, other.nears_, add_up);
  each(personal_, other.personal_, add_up);
  const auto earlier = [](Sample& to, const Sample& from) {
    if (from.at < to.at) to = from;
  };
  each(misfits_, other.misfits_, earlier);
  each(near_samples_, other.near_samples_, earlier);
  earlier(first_, other.first_);
  date_forms_ &= other.date_forms_;
  join(decimal_comma_, other.decimal_comma_);
  join(group_comma_, other.group_comma_);
  whole_digits_ = std::max(whole_digits_, other.whole_digits_);
  scale_ = std::max(scale_, other.scale_);
  least_scale_ = std::min(least_scale_, other.least_scale_);
  zero_at_end_ = zero_at_end_ || other.zero_at_end_;
  max_chars_ = std::max(max_chars_, other.max_chars_);
  max_bytes_ = std::max(max_bytes_, other.max_bytes_);
  if (other.least_number_.there) {
    keep_number(least_number_, other.least_number_.value, other.least_number_.text, true);
    keep_number(greatest_number_, other.greatest_number_.value, other.greatest_number_.text, false);
  }
  if (other.has_text_) {
    if (!has_text_ || other.least_text_ < least_text_) least_text_ = other.least_text_;
    if (!has_text_ || other.greatest_text_ > greatest_text_) greatest_text_ = other.greatest_text_;
    has_text_ = true;
  }
  distinct_.merge(other.distinct_);
}

}  // namespace ingot::infer
