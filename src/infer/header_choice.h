#pragma once

#include <string>
#include <vector>

#include "infer/survey.h"

namespace ingot::infer {

/// Can the first record's fields be told from values?
/// `head` is the first record; `rest` are the profiles of its columns without it. `again`: other files begin with just
/// the same record. A field that reads as a number, a date, … speaks for data; a text above a column of such values
/// speaks for a header, and more. Where neither is there, `guessed`.
Survey::Header choose_header(const std::vector<std::string>& head, const std::vector<const ColumnProfile*>& rest,
                             bool again);

/// Have all values, of which there are some, a form that a name has not?
bool is_typed(const ColumnProfile& profile);

/// Are all values, of which there are some, numbers or dates that begin with a digit or a minus?
bool begins_with_digits(const ColumnProfile& profile);

/// Does a text read as a value rather than as a name?
bool reads_as_value(const std::string& text);

}  // namespace ingot::infer
