#include "types/value_form.h"

#include <algorithm>

namespace ingot {

namespace {

bool contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::any_of(texts.begin(), texts.end(), [&](const std::string& known) { return known == text; });
}

bool is_of_form(Fault fault) {
  return fault != Fault::not_a_date && fault != Fault::not_a_time && fault != Fault::not_a_timestamp;
}

template <class T>
Fault first_that_fits(const std::vector<TimePattern>& patterns, std::string_view text, T& out) {
  Fault first = Fault::none;
  for (const TimePattern& pattern : patterns) {
    const Fault fault = pattern.read(text, out);
    if (fault == Fault::none) return fault;
    if (first == Fault::none || !is_of_form(first)) first = fault;
  }
  return first;
}

}  // namespace

bool ValueForm::is_null(std::string_view text) const { return contains(nulls, text); }

bool ValueForm::is_label(std::string_view text) const { return labels.empty() || contains(labels, text); }

Fault ValueForm::to_boolean(std::string_view text, bool& out) const {
  out = contains(truths, text);
  return out || contains(untruths, text) ? Fault::none : Fault::not_a_boolean;
}

Fault ValueForm::to_date(std::string_view text, int32_t& days) const { return first_that_fits(times, text, days); }

Fault ValueForm::to_micros(std::string_view text, int64_t& micros) const {
  return first_that_fits(times, text, micros);
}

}  // namespace ingot
