#include "types/fault.h"

#include <array>

namespace ingot {

namespace {

struct FaultInfo {
  Fault fault;
  std::string_view name;
  std::string_view text;
};

constexpr std::array kFaults{
    FaultInfo{Fault::none, "none", "nothing wrong"},
    FaultInfo{Fault::ragged, "ragged", "too many or too few fields"},
    FaultInfo{Fault::bad_quoting, "bad_quoting", "text after a closing quote"},
    FaultInfo{Fault::bad_json, "bad_json", "not valid JSON"},
    FaultInfo{Fault::bad_literal, "bad_literal", "not a Python literal"},
    FaultInfo{Fault::no_json_value, "no_json_value", "a Python value that JSON does not have"},
    FaultInfo{Fault::not_an_object, "not_an_object", "not a JSON object"},
    FaultInfo{Fault::too_deep, "too_deep", "nested too deeply"},
    FaultInfo{Fault::duplicate_key, "duplicate_key", "a field occurs twice"},
    FaultInfo{Fault::unknown_field, "unknown_field", "a field that no column takes"},
    FaultInfo{Fault::lone_surrogate, "lone_surrogate", "half a surrogate pair in a \\u escape"},
    FaultInfo{Fault::bad_utf8, "bad_utf8", "not valid UTF-8, or in the encoding that from.encoding says"},
    FaultInfo{Fault::nul_byte, "nul_byte", "contains a NUL character"},
    FaultInfo{Fault::not_a_number, "not_a_number", "not a number"},
    FaultInfo{Fault::not_an_integer, "not_an_integer", "not an integer"},
    FaultInfo{Fault::out_of_range, "out_of_range", "out of the type's range"},
    FaultInfo{Fault::not_exact, "not_exact", "would have to be rounded"},
    FaultInfo{Fault::not_a_boolean, "not_a_boolean", "not a boolean"},
    FaultInfo{Fault::not_a_date, "not_a_date", "not a date (YYYY-MM-DD)"},
    FaultInfo{Fault::not_a_timestamp, "not_a_timestamp", "not a timestamp (YYYY-MM-DD hh:mm:ss)"},
    FaultInfo{Fault::not_a_time, "not_a_time", "not a time of day (hh:mm:ss)"},
    FaultInfo{Fault::not_an_interval, "not_an_interval", "not an interval (P1DT2H, or 1 day 02:00:00)"},
    FaultInfo{Fault::not_a_uuid, "not_a_uuid", "not a UUID"},
    FaultInfo{Fault::not_binary, "not_binary", "not bytes in the declared spelling"},
    FaultInfo{Fault::not_an_array, "not_an_array", "not an array ([1,2] or {1,2})"},
    FaultInfo{Fault::not_json, "not_json", "not valid JSON in a json column"},
    FaultInfo{Fault::has_time_zone, "has_time_zone", "has a time zone, which a timestamp cannot keep"},
    FaultInfo{Fault::wrong_shape, "wrong_shape", "a JSON value of another kind than the type takes"},
    FaultInfo{Fault::too_long, "too_long", "more characters than declared"},
    FaultInfo{Fault::not_in_enum, "not_in_enum", "none of the declared values"},
    FaultInfo{Fault::missing, "missing", "required, but absent or NULL"},
    FaultInfo{Fault::null_key, "null_key", "a key column is NULL"},
    FaultInfo{Fault::expression_failed, "expression_failed", "an expression failed on this record"},
    FaultInfo{Fault::no_table, "no_table", "no table's `when` is true"},
    FaultInfo{Fault::conflict, "conflict", "a later record has written its key"},
    FaultInfo{Fault::constraint, "constraint", "refused by a constraint of the target"},
    FaultInfo{Fault::refused, "refused", "refused by the target"},
};

constexpr bool in_order() {
  for (size_t i = 0; i < kFaults.size(); ++i) {
    if (kFaults[i].fault != static_cast<Fault>(i)) return false;
  }
  return kFaults.back().fault == Fault::refused;
}
static_assert(in_order(), "kFaults lists every Fault in the order of the enumeration");

// Values come from packed fault lists too; a damaged one must not read past the table.
const FaultInfo& info(Fault fault) {
  static constexpr FaultInfo kUnknown{Fault::none, "unknown", "unknown reason"};
  const auto index = static_cast<size_t>(fault);
  return index < kFaults.size() ? kFaults[index] : kUnknown;
}

}  // namespace

std::string_view fault_name(Fault fault) { return info(fault).name; }

std::string_view fault_text(Fault fault) { return info(fault).text; }

}  // namespace ingot
