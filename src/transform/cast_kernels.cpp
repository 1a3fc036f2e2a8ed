#include "transform/cast_kernels.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <duckdb/common/types/decimal.hpp>
#include <limits>
#include <optional>

#include "format/decoder.h"
#include "types/exact.h"

namespace ingot {
namespace {

using duckdb::hugeint_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::PhysicalType;
using duckdb::string_t;
using exact::int128;

void check(Fault fault) {
  if (fault != Fault::none) throw duckdb::InvalidInputException(std::string(fault_text(fault)));
}

std::string_view view(const string_t& text) { return {text.GetData(), text.GetSize()}; }

int128 widen(hugeint_t value) { return static_cast<int128>(value.upper) << 64 | static_cast<int128>(value.lower); }

template <class T>
T narrow(int128 value) {
  if constexpr (std::is_same_v<T, hugeint_t>) {
    return hugeint_t(static_cast<int64_t>(value >> 64), static_cast<uint64_t>(value));
  } else {
    return static_cast<T>(value);
  }
}

template <class T>
T narrow_in_range(int128 value) {
  if constexpr (!std::is_same_v<T, hugeint_t>) {
    if (value < static_cast<int128>(std::numeric_limits<T>::min()) ||
        value > static_cast<int128>(std::numeric_limits<T>::max())) {
      check(Fault::out_of_range);
    }
  }
  return narrow<T>(value);
}

const std::array<int128, 39> kPowersOfTen = [] {
  std::array<int128, 39> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

/// value × 10^-from → × 10^-to, within `precision` digits.
int128 rescale(int128 value, uint8_t from, uint8_t to, uint8_t precision) {
  const int128 limit = kPowersOfTen[precision];
  if (to >= from) {
    const int128 factor = kPowersOfTen[to - from];
    if (value >= 0 ? value > (limit - 1) / factor : value < -((limit - 1) / factor)) check(Fault::out_of_range);
    return value * factor;
  }
  const int128 divisor = kPowersOfTen[from - to];
  if (value % divisor != 0) check(Fault::not_exact);
  value /= divisor;
  if (value >= limit || value <= -limit) check(Fault::out_of_range);
  return value;
}

template <class Source, class Target, class Convert>
CastKernel loop(Convert convert) {
  return [convert](duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
    duckdb::UnaryExecutor::Execute<Source, Target>(arguments.data[0], result, arguments.size(), convert);
  };
}

/// Builds Source → integer or decimal from `convert`, Source → int128, which has checked decimals' range already.
template <class Source, class Convert>
CastKernel loop_to_number(const LogicalType& target, Convert convert) {
  const bool decimal = target.id() == LogicalTypeId::DECIMAL;
  const auto as = [&]<class T>(T) -> CastKernel {
    if (decimal) return loop<Source, T>([convert](Source value) { return narrow<T>(convert(value)); });
    return loop<Source, T>([convert](Source value) { return narrow_in_range<T>(convert(value)); });
  };
  switch (target.InternalType()) {
    case PhysicalType::INT8:
      return as(int8_t{});
    case PhysicalType::INT16:
      return as(int16_t{});
    case PhysicalType::INT32:
      return as(int32_t{});
    case PhysicalType::INT64:
      return as(int64_t{});
    case PhysicalType::INT128:
      return as(hugeint_t{});
    case PhysicalType::UINT8:
      return as(uint8_t{});
    case PhysicalType::UINT16:
      return as(uint16_t{});
    case PhysicalType::UINT32:
      return as(uint32_t{});
    case PhysicalType::UINT64:
      return as(uint64_t{});
    default:
      return {};
  }
}

struct Digits {
  uint8_t precision;
  uint8_t scale;
};

/// Integers count as decimals without digits after the point, whose range is checked when they are narrowed.
Digits digits_of(const LogicalType& type) {
  if (type.id() != LogicalTypeId::DECIMAL) return {38, 0};
  return {duckdb::DecimalType::GetWidth(type), duckdb::DecimalType::GetScale(type)};
}

bool is_exact_number(const LogicalType& type) {
  return (type.IsIntegral() && type.id() != LogicalTypeId::UHUGEINT) || type.id() == LogicalTypeId::DECIMAL;
}

template <class T, class Raw>
CastKernel loop_from_text(Fault (*parse)(std::string_view, Raw&)) {
  return loop<string_t, T>([parse](const string_t& text) {
    Raw value{};
    check(parse(view(text), value));
    return T(value);
  });
}

hugeint_t parse_uuid(const string_t& text) {
  uint64_t high = 0;
  uint64_t low = 0;
  check(exact::to_uuid(view(text), high, low));
  // DuckDB flips the sign bit, so that UUIDs sort as signed numbers.
  return hugeint_t(static_cast<int64_t>(high ^ (uint64_t{1} << 63)), low);
}

duckdb::interval_t parse_interval(const string_t& text) {
  exact::Interval value;
  check(exact::to_interval(view(text), value));
  return {value.months, value.days, value.micros};
}

/// The contract's type that has this layout, of those that may be an array's elements.
std::optional<Type> contract_type(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
      return Type{Kind::boolean};
    case LogicalTypeId::SMALLINT:
      return Type{Kind::int16};
    case LogicalTypeId::INTEGER:
      return Type{Kind::int32};
    case LogicalTypeId::BIGINT:
      return Type{Kind::int64};
    case LogicalTypeId::FLOAT:
      return Type{Kind::float32};
    case LogicalTypeId::DOUBLE:
      return Type{Kind::float64};
    case LogicalTypeId::DECIMAL:
      return Type{Kind::decimal, duckdb::DecimalType::GetWidth(type), duckdb::DecimalType::GetScale(type)};
    case LogicalTypeId::DATE:
      return Type{Kind::date};
    case LogicalTypeId::TIMESTAMP:
      return Type{Kind::timestamp};
    case LogicalTypeId::TIMESTAMP_TZ:
      return Type{Kind::timestamptz};
    case LogicalTypeId::TIME:
      return Type{Kind::time};
    case LogicalTypeId::UUID:
      return Type{Kind::uuid};
    case LogicalTypeId::VARCHAR:
      return type.IsJSONType() ? std::nullopt : std::optional(Type{Kind::text});
    default:
      return std::nullopt;
  }
}

/// Parses as decoders do, for kinds whose values lie in the vector's own memory.
CastKernel store_each(const Type& type) {
  return [type](duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
    duckdb::UnifiedVectorFormat format;
    arguments.data[0].ToUnifiedFormat(arguments.size(), format);
    const auto* texts = duckdb::UnifiedVectorFormat::GetData<string_t>(format);
    result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
    for (duckdb::idx_t i = 0; i < arguments.size(); ++i) {
      const auto row = format.sel->get_index(i);
      if (!format.validity.RowIsValid(row)) {
        duckdb::FlatVector::SetNull(result, i, true);
      } else {
        check(store_text(view(texts[row]), type, result, i));
      }
    }
    if (arguments.AllConstant()) result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
  };
}

CastKernel text_to_array(const LogicalType& target) {
  const auto element = contract_type(duckdb::ListType::GetChildType(target));
  if (!element) return {};
  Type type = *element;
  type.element = type.kind;
  type.kind = Kind::array;
  return store_each(type);
}

CastKernel text_kernel(const LogicalType& target) {
  switch (target.id()) {
    case LogicalTypeId::SMALLINT:
      return loop_from_text<int16_t>(&exact::to_int16);
    case LogicalTypeId::INTEGER:
      return loop_from_text<int32_t>(&exact::to_int32);
    case LogicalTypeId::BIGINT:
      return loop_from_text<int64_t>(&exact::to_int64);
    case LogicalTypeId::FLOAT:
      return loop_from_text<float>(&exact::to_float32);
    case LogicalTypeId::DOUBLE:
      return loop_from_text<double>(&exact::to_float64);
    case LogicalTypeId::BOOLEAN:
      return loop_from_text<bool>(&exact::to_boolean);
    case LogicalTypeId::DATE:
      return loop_from_text<duckdb::date_t>(&exact::to_date);
    case LogicalTypeId::TIMESTAMP:
      return loop_from_text<duckdb::timestamp_t>(&exact::to_timestamp);
    case LogicalTypeId::TIMESTAMP_TZ:
      return loop_from_text<duckdb::timestamp_tz_t>(&exact::to_timestamptz);
    case LogicalTypeId::TIME:
      return loop<string_t, duckdb::dtime_t>([](const string_t& text) {
        int64_t micros = 0;
        check(exact::to_time(view(text), micros));
        return duckdb::dtime_t(micros);
      });
    case LogicalTypeId::INTERVAL:
      return loop<string_t, duckdb::interval_t>(&parse_interval);
    case LogicalTypeId::BLOB:
      return store_each(Type{Kind::binary});
    case LogicalTypeId::LIST:
      return text_to_array(target);
    case LogicalTypeId::UUID:
      return loop<string_t, hugeint_t>(&parse_uuid);
    default:
      break;
  }
  if (!is_exact_number(target)) return {};
  const Digits digits = digits_of(target);
  return loop_to_number<string_t>(target, [digits](const string_t& text) {
    int128 value = 0;
    check(exact::to_decimal(view(text), digits.precision, digits.scale, value));
    return value;
  });
}

CastKernel text_to_json() {
  return [](duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
    duckdb::UnifiedVectorFormat format;
    arguments.data[0].ToUnifiedFormat(arguments.size(), format);
    const auto* texts = duckdb::UnifiedVectorFormat::GetData<string_t>(format);
    for (duckdb::idx_t i = 0; i < arguments.size(); ++i) {
      const auto row = format.sel->get_index(i);
      if (format.validity.RowIsValid(row)) check(exact::check_json(view(texts[row])));
    }
    result.Reinterpret(arguments.data[0]);
  };
}

int128 shortest_decimal(float value, Digits digits) {
  if (!std::isfinite(value)) check(Fault::out_of_range);
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  int128 result = 0;
  check(exact::to_decimal({text, static_cast<size_t>(end - text)}, digits.precision, digits.scale, result));
  return result;
}

float nearest_float(double value) {
  const auto nearest = static_cast<float>(value);
  if (std::isfinite(value) && (!std::isfinite(nearest) || (nearest == 0 && value != 0))) check(Fault::out_of_range);
  return nearest;
}

/// Looks at every element of every row's list; there may be others, of rows that are not looked at.
template <class T>
CastKernel check_elements(void (*look)(const T&)) {
  return [look](duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
    duckdb::UnifiedVectorFormat lists, elements;
    arguments.data[0].ToUnifiedFormat(arguments.size(), lists);
    duckdb::Vector& children = duckdb::ListVector::GetEntry(arguments.data[0]);
    children.ToUnifiedFormat(duckdb::ListVector::GetListSize(arguments.data[0]), elements);
    const T* values = duckdb::UnifiedVectorFormat::GetData<T>(elements);
    for (duckdb::idx_t i = 0; i < arguments.size(); ++i) {
      const auto row = lists.sel->get_index(i);
      if (!lists.validity.RowIsValid(row)) continue;
      const auto list = duckdb::UnifiedVectorFormat::GetData<duckdb::list_entry_t>(lists)[row];
      for (duckdb::idx_t k = list.offset; k < list.offset + list.length; ++k) {
        const auto at = elements.sel->get_index(k);
        if (elements.validity.RowIsValid(at)) look(values[at]);
      }
    }
    result.Reference(arguments.data[0]);
  };
}

template <class T>
CastKernel check_each(void (*look)(const T&)) {
  return [look](duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
    duckdb::UnifiedVectorFormat format;
    arguments.data[0].ToUnifiedFormat(arguments.size(), format);
    const T* values = duckdb::UnifiedVectorFormat::GetData<T>(format);
    for (duckdb::idx_t i = 0; i < arguments.size(); ++i) {
      const auto row = format.sel->get_index(i);
      if (format.validity.RowIsValid(row)) look(values[row]);
    }
    result.Reference(arguments.data[0]);
  };
}

constexpr int32_t kFirstDay = -719162;  // 0001-01-01
constexpr int32_t kLastDay = 2932896;   // 9999-12-31
constexpr int64_t kDayMicros = 86'400'000'000;

void check_day(const duckdb::date_t& date) {
  if (date.days < kFirstDay || date.days > kLastDay) check(Fault::out_of_range);
}

template <class Timestamp>
void check_instant(const Timestamp& at) {
  if (at.value < kFirstDay * kDayMicros || at.value >= (kLastDay + int64_t{1}) * kDayMicros) check(Fault::out_of_range);
}

void check_text(const string_t& text) {
  if (std::memchr(text.GetData(), 0, text.GetSize()) != nullptr) check(Fault::nul_byte);
}

// The two that PostgreSQL 17 takes for infinity.
void check_interval(const duckdb::interval_t& value) {
  using Field = std::numeric_limits<int32_t>;
  using Micros = std::numeric_limits<int64_t>;
  const auto is = [&](int32_t field, int64_t micros) {
    return value.months == field && value.days == field && value.micros == micros;
  };
  if (is(Field::max(), Micros::max()) || is(Field::min(), Micros::min())) check(Fault::out_of_range);
}

CastKernel element_check(const LogicalType& element) {
  switch (element.id()) {
    case LogicalTypeId::DATE:
      return check_elements<duckdb::date_t>(&check_day);
    case LogicalTypeId::TIMESTAMP:
      return check_elements<duckdb::timestamp_t>(&check_instant<duckdb::timestamp_t>);
    case LogicalTypeId::TIMESTAMP_TZ:
      return check_elements<duckdb::timestamp_tz_t>(&check_instant<duckdb::timestamp_tz_t>);
    case LogicalTypeId::VARCHAR:
      return check_elements<string_t>(&check_text);
    default:
      return {};
  }
}

}  // namespace

CastPlan cast_from_text(const LogicalType& target) {
  return {LogicalType::VARCHAR, target.IsJSONType() ? text_to_json() : text_kernel(target)};
}

CastPlan cast_from_exact_number(const LogicalType& source, const LogicalType& target) {
  if (!is_exact_number(source) || !is_exact_number(target)) return {};
  const Digits from = digits_of(source);
  const Digits to = digits_of(target);
  const bool from_decimal = source.id() == LogicalTypeId::DECIMAL;
  return {from_decimal ? LogicalType::DECIMAL(38, from.scale) : LogicalType::HUGEINT,
          loop_to_number<hugeint_t>(target, [from, to, target](hugeint_t value) {
            if (from.scale == 0 && target.id() != LogicalTypeId::DECIMAL) return widen(value);
            return rescale(widen(value), from.scale, to.scale, to.precision);
          })};
}

CastPlan cast_from_float(const LogicalType& source, const LogicalType& target) {
  if (target.id() == LogicalTypeId::FLOAT) return {LogicalType::DOUBLE, loop<double, float>(&nearest_float)};
  if (!is_exact_number(target)) return {};
  const Digits digits = digits_of(target);
  if (target.id() != LogicalTypeId::DECIMAL) {
    return {LogicalType::DOUBLE, loop_to_number<double>(target, [](double value) {
              int64_t integer = 0;
              check(exact::float64_to_int64(value, integer));
              return static_cast<int128>(integer);
            })};
  }
  if (source.id() == LogicalTypeId::FLOAT) {
    return {source, loop_to_number<float>(target, [digits](float value) { return shortest_decimal(value, digits); })};
  }
  return {source, loop_to_number<double>(target, [digits](double value) {
            int128 result = 0;
            check(exact::float64_to_decimal(value, digits.precision, digits.scale, result));
            return result;
          })};
}

CastPlan cast_by_duckdb(const LogicalType& target) {
  return {target, [](duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
            result.Reference(arguments.data[0]);
          }};
}

CastPlan cast_by_name(const LogicalType& source) {
  return {source, [](duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
            result.Reinterpret(arguments.data[0]);
          }};
}

CastKernel column_check(const LogicalType& target) {
  switch (target.id()) {
    case LogicalTypeId::DATE:
      return check_each<duckdb::date_t>(&check_day);
    case LogicalTypeId::TIMESTAMP:
      return check_each<duckdb::timestamp_t>(&check_instant<duckdb::timestamp_t>);
    case LogicalTypeId::TIMESTAMP_TZ:
      return check_each<duckdb::timestamp_tz_t>(&check_instant<duckdb::timestamp_tz_t>);
    case LogicalTypeId::VARCHAR:
      return check_each<string_t>(&check_text);
    case LogicalTypeId::INTERVAL:
      return check_each<duckdb::interval_t>(&check_interval);
    case LogicalTypeId::LIST:
      return element_check(duckdb::ListType::GetChildType(target));
    default:
      return {};
  }
}

}  // namespace ingot
