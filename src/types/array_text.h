#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "types/fault.h"
#include "types/type.h"

namespace ingot::exact {

/// Takes an element: its text, or nothing for NULL. The text lives until the call returns.
using TakeElement = std::function<Fault(std::optional<std::string_view> element)>;

/// Reads an array of `element` and hands its elements to `take`, in order, until that returns a fault. Two spellings:
/// a JSON array (numbers and booleans by JSON's rules for a field of that type, strings as its text, null), and
/// PostgreSQL's `{1,NULL,"a \"b\""}` as the server writes it (no white space outside quotes, no bounds). Other text is
/// not_an_array; an array or object within is wrong_shape; NUL, as \u0000, is nul_byte. Needs valid UTF-8.
Fault read_array(std::string_view text, Kind element, const TakeElement& take);

}  // namespace ingot::exact
