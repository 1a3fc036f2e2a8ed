#pragma once

// Includes DuckDB: the one place that knows how a contract type is laid out in a vector.

#include <cstdint>
#include <cstring>
#include <duckdb.hpp>
#include <duckdb/common/types/decimal.hpp>
#include <string>
#include <string_view>
#include <type_traits>

#include "types/exact.h"
#include "types/fault.h"
#include "types/type.h"
#include "types/value_form.h"

namespace ingot {

/// Calls `visit` with a std::integral_constant<Kind, …>, so that a loop over one column can be compiled for its kind.
template <class Visit>
decltype(auto) visit_kind(Kind kind, Visit&& visit) {
  switch (kind) {
    case Kind::boolean:
      return visit(std::integral_constant<Kind, Kind::boolean>{});
    case Kind::int16:
      return visit(std::integral_constant<Kind, Kind::int16>{});
    case Kind::int32:
      return visit(std::integral_constant<Kind, Kind::int32>{});
    case Kind::int64:
      return visit(std::integral_constant<Kind, Kind::int64>{});
    case Kind::float32:
      return visit(std::integral_constant<Kind, Kind::float32>{});
    case Kind::float64:
      return visit(std::integral_constant<Kind, Kind::float64>{});
    case Kind::decimal:
      return visit(std::integral_constant<Kind, Kind::decimal>{});
    case Kind::date:
      return visit(std::integral_constant<Kind, Kind::date>{});
    case Kind::timestamp:
      return visit(std::integral_constant<Kind, Kind::timestamp>{});
    case Kind::timestamptz:
      return visit(std::integral_constant<Kind, Kind::timestamptz>{});
    case Kind::uuid:
      return visit(std::integral_constant<Kind, Kind::uuid>{});
    case Kind::json:
      return visit(std::integral_constant<Kind, Kind::json>{});
    case Kind::time:
      return visit(std::integral_constant<Kind, Kind::time>{});
    case Kind::interval:
      return visit(std::integral_constant<Kind, Kind::interval>{});
    case Kind::binary:
      return visit(std::integral_constant<Kind, Kind::binary>{});
    case Kind::array:
      return visit(std::integral_constant<Kind, Kind::array>{});
    case Kind::text:
      break;
  }
  return visit(std::integral_constant<Kind, Kind::text>{});
}

/// Do values need memory of the vector's own? Then they do not point into what they were read from.
constexpr bool is_copied(Kind kind) { return kind == Kind::binary || kind == Kind::array; }

/// Writes a decimal's unscaled value in the width that DuckDB gives its precision.
inline void put_decimal(exact::int128 value, uint8_t precision, duckdb::data_ptr_t data, size_t row) {
  if (precision <= duckdb::Decimal::MAX_WIDTH_INT16) {
    reinterpret_cast<int16_t*>(data)[row] = static_cast<int16_t>(value);
  } else if (precision <= duckdb::Decimal::MAX_WIDTH_INT32) {
    reinterpret_cast<int32_t*>(data)[row] = static_cast<int32_t>(value);
  } else if (precision <= duckdb::Decimal::MAX_WIDTH_INT64) {
    reinterpret_cast<int64_t*>(data)[row] = static_cast<int64_t>(value);
  } else {
    reinterpret_cast<duckdb::hugeint_t*>(data)[row] =
        duckdb::hugeint_t(static_cast<int64_t>(value >> 64), static_cast<uint64_t>(value));
  }
}

/// Parses `text` exactly as a value of `kind` and writes it to `data[row]`; touches nothing on a fault. Text and json
/// become a pointer to `text`. `type` supplies precision, scale and max_chars. Precondition for text and json: valid
/// UTF-8 without NUL. Not for kinds that are copied: see store_in.
template <Kind kind>
inline Fault store_value(std::string_view text, const Type& type, duckdb::data_ptr_t data, size_t row) {
  static_assert(!is_copied(kind));
  const auto store = [&]<class T>(T, Fault (*parse)(std::string_view, T&)) {
    T value{};
    const Fault fault = parse(text, value);
    if (fault == Fault::none) reinterpret_cast<T*>(data)[row] = value;
    return fault;
  };
  if constexpr (kind == Kind::boolean) {
    return store(bool{}, exact::to_boolean);
  } else if constexpr (kind == Kind::int16) {
    return store(int16_t{}, exact::to_int16);
  } else if constexpr (kind == Kind::int32) {
    return store(int32_t{}, exact::to_int32);
  } else if constexpr (kind == Kind::int64) {
    return store(int64_t{}, exact::to_int64);
  } else if constexpr (kind == Kind::float32) {
    return store(float{}, exact::to_float32);
  } else if constexpr (kind == Kind::float64) {
    return store(double{}, exact::to_float64);
  } else if constexpr (kind == Kind::date) {  // date_t, timestamp_t and timestamp_tz_t are laid out as their integer
    return store(int32_t{}, exact::to_date);
  } else if constexpr (kind == Kind::timestamp) {
    return store(int64_t{}, exact::to_timestamp);
  } else if constexpr (kind == Kind::timestamptz) {
    return store(int64_t{}, exact::to_timestamptz);
  } else if constexpr (kind == Kind::time) {
    return store(int64_t{}, exact::to_time);
  } else if constexpr (kind == Kind::interval) {
    exact::Interval value;
    const Fault fault = exact::to_interval(text, value);
    if (fault == Fault::none) {
      reinterpret_cast<duckdb::interval_t*>(data)[row] = {value.months, value.days, value.micros};
    }
    return fault;
  } else if constexpr (kind == Kind::decimal) {
    exact::int128 value{};
    const Fault fault = exact::to_decimal(text, type.precision, type.scale, value);
    if (fault == Fault::none) put_decimal(value, type.precision, data, row);
    return fault;
  } else if constexpr (kind == Kind::uuid) {
    uint64_t high = 0, low = 0;
    const Fault fault = exact::to_uuid(text, high, low);
    // DuckDB flips the top bit so that its signed order is that of the text.
    if (fault == Fault::none) {
      reinterpret_cast<duckdb::hugeint_t*>(data)[row] =
          duckdb::hugeint_t(static_cast<int64_t>(high ^ (uint64_t{1} << 63)), low);
    }
    return fault;
  } else {
    if constexpr (kind == Kind::json) {
      if (const Fault fault = exact::check_json(text); fault != Fault::none) return Fault::not_json;
    } else {
      // A code point has at least one byte, so most texts need no counting.
      if (type.max_chars != 0 && text.size() > type.max_chars && exact::count_chars(text) > type.max_chars) {
        return Fault::too_long;
      }
    }
    reinterpret_cast<duckdb::string_t*>(data)[row] = duckdb::string_t(text.data(), static_cast<uint32_t>(text.size()));
    return Fault::none;
  }
}

/// Stores the bytes that `text` spells in a flat BLOB vector.
Fault store_binary(std::string_view text, const Type& type, duckdb::Vector& vector, size_t row);

/// Stores an array's elements behind those that a flat LIST vector holds.
Fault store_array(std::string_view text, const Type& type, duckdb::Vector& vector, size_t row);

/// As store_value, for all kinds. `data` is the vector's.
template <Kind kind>
inline Fault store_in(std::string_view text, const Type& type, duckdb::Vector& vector, duckdb::data_ptr_t data,
                      size_t row) {
  if constexpr (kind == Kind::binary) {
    return store_binary(text, type, vector, row);
  } else if constexpr (kind == Kind::array) {
    return store_array(text, type, vector, row);
  } else {
    return store_value<kind>(text, type, data, row);
  }
}

inline constexpr bool is_number(Kind kind) { return kind >= Kind::int16 && kind <= Kind::decimal; }

/// As store_in(), for a column whose texts have a form of their own (but for its spellings of NULL). Overwrites
/// `scratch`.
template <Kind kind>
Fault store_formed(std::string_view text, const Type& type, const ValueForm& form, std::string& scratch,
                   duckdb::Vector& vector, duckdb::data_ptr_t data, size_t row) {
  const auto store = [&]<class T>(T, Fault (ValueForm::*parse)(std::string_view, T&) const) {
    T value{};
    const Fault fault = (form.*parse)(text, value);
    if (fault == Fault::none) reinterpret_cast<T*>(data)[row] = value;
    return fault;
  };
  if constexpr (kind == Kind::text) {
    if (!form.is_label(text)) return Fault::not_in_enum;
  }
  if (!form.parses()) return store_in<kind>(text, type, vector, data, row);
  if constexpr (kind == Kind::boolean) {
    return store(bool{}, &ValueForm::to_boolean);
  } else if constexpr (kind == Kind::date) {
    return store(int32_t{}, &ValueForm::to_date);
  } else if constexpr (kind == Kind::time || kind == Kind::timestamp || kind == Kind::timestamptz) {
    return store(int64_t{}, &ValueForm::to_micros);
  } else if constexpr (is_number(kind)) {
    if (!form.number->read(text, scratch)) return Fault::not_a_number;
    return store_value<kind>(scratch, type, data, row);
  } else {
    return store_in<kind>(text, type, vector, data, row);
  }
}

}  // namespace ingot
