#include "infer/header_choice.h"

#include <algorithm>

namespace ingot::infer {

bool is_typed(const ColumnProfile& profile) {
  if (profile.counted() == 0) return false;
  for (size_t i = 0; i < kForms; ++i) {
    if (profile.fits(static_cast<Form>(i)) == profile.counted()) return true;
  }
  return profile.date_forms() != 0 && profile.date_forms() != UINT32_MAX;
}

bool begins_with_digits(const ColumnProfile& profile) {
  if (profile.counted() == 0) return false;
  for (const Form form : {Form::integer, Form::decimal, Form::date, Form::timestamp, Form::timestamptz}) {
    if (profile.fits(form) == profile.counted()) return true;
  }
  if (profile.date_forms() == UINT32_MAX) return false;
  for (size_t i = 0; i < 2 * kDateForms; ++i) {
    const size_t form = i % kDateForms, bit = form + (i < kDateForms ? 0 : 16);
    const char first = date_form(form).example.front();
    if ((profile.date_forms() >> bit & 1) != 0 && first >= '0' && first <= '9') return true;
  }
  return false;
}

bool reads_as_value(const std::string& text) {
  if (text.empty()) return false;
  const ValueForms found = forms_of(text);
  return found.forms != 0 || found.near != Near::none || date_forms_of(text) != 0 || personal_in(text) != 0;
}

Survey::Header choose_header(const std::vector<std::string>& head, const std::vector<const ColumnProfile*>& rest,
                             bool again) {
  bool above_values = false;
  for (size_t i = 0; i < head.size() && i < rest.size(); ++i)
    above_values = above_values || (!head[i].empty() && !reads_as_value(head[i]) && is_typed(*rest[i]));
  if (above_values) return Survey::Header::found;
  if (std::any_of(head.begin(), head.end(), reads_as_value)) return Survey::Header::missing;
  return again ? Survey::Header::found : Survey::Header::guessed;
}

}  // namespace ingot::infer
