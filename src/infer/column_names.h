#pragma once

#include <string>
#include <vector>

namespace ingot::infer {

/// Makes column names of what a file calls its fields: ASCII letters in lower case, all else of ASCII but letters and
/// digits as `_`, at most 63 bytes, none empty (`column_3`), none twice (`name_2`), none that begins with a digit.
/// Letters beyond ASCII stay.
std::vector<std::string> column_names(const std::vector<std::string>& fields);

/// The same for one name, which may turn out empty.
std::string column_name(const std::string& field);

}  // namespace ingot::infer
