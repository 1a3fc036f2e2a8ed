#pragma once

// Values of DuckDB's types, nested in any way, out of a fuzzer's input.

#include <cstring>
#include <duckdb.hpp>
#include <string>
#include <utility>

#include "fuzz.h"
#include "types/exact.h"

namespace ingot::fuzz {

inline constexpr int kMostDepth = 3;

inline uint64_t take_bits(Input& input) {
  uint64_t bits = 0;
  // Few bytes by preference: small numbers, and those at the edges.
  const size_t bytes = input.choose(9);
  for (size_t i = 0; i < bytes; ++i) bits = bits << 8 | input.choose(256);
  return input.choose(2) == 0 ? bits : ~bits;
}

inline std::string take_text(Input& input) {
  static constexpr const char* kParts[] = {"a", "\"", "\\", "\n", "é", "\xe2\x80\xa8", "0", "{", "1", ",", "]", "\x7f"};
  std::string text;
  for (size_t left = input.choose(12); left > 0; --left) text += kParts[input.choose(std::size(kParts))];
  return text;
}

inline duckdb::LogicalType enum_type() {
  duckdb::Vector names(duckdb::LogicalType::VARCHAR, 3);
  const char* texts[] = {"a", "b\"", "é"};
  for (size_t i = 0; i < 3; ++i) names.SetValue(i, duckdb::Value(texts[i]));
  return duckdb::LogicalType::ENUM(names, 3);
}

inline duckdb::LogicalType take_type(Input& input, int depth) {
  static const duckdb::LogicalType kFlat[] = {
      duckdb::LogicalType::BOOLEAN,      duckdb::LogicalType::TINYINT,     duckdb::LogicalType::UTINYINT,
      duckdb::LogicalType::SMALLINT,     duckdb::LogicalType::USMALLINT,   duckdb::LogicalType::INTEGER,
      duckdb::LogicalType::UINTEGER,     duckdb::LogicalType::BIGINT,      duckdb::LogicalType::UBIGINT,
      duckdb::LogicalType::HUGEINT,      duckdb::LogicalType::FLOAT,       duckdb::LogicalType::DOUBLE,
      duckdb::LogicalType::VARCHAR,      duckdb::LogicalType::JSON(),      duckdb::LogicalType::BLOB,
      duckdb::LogicalType::DATE,         duckdb::LogicalType::TIME,        duckdb::LogicalType::TIMESTAMP,
      duckdb::LogicalType::TIMESTAMP_TZ, duckdb::LogicalType::TIMESTAMP_S, duckdb::LogicalType::TIMESTAMP_MS,
      duckdb::LogicalType::TIMESTAMP_NS, duckdb::LogicalType::INTERVAL,    duckdb::LogicalType::UUID};
  const size_t chosen = input.choose(std::size(kFlat) + (depth < kMostDepth ? 8 : 3));
  if (chosen < std::size(kFlat)) return kFlat[chosen];
  switch (chosen - std::size(kFlat)) {
    case 0:
    case 1: {
      const auto width = static_cast<uint8_t>(1 + input.choose(38));
      return duckdb::LogicalType::DECIMAL(width, static_cast<uint8_t>(input.choose(width + 1U)));
    }
    case 2:
      return enum_type();
    case 3:
    case 4: {
      duckdb::child_list_t<duckdb::LogicalType> fields;
      for (size_t i = 0, count = 1 + input.choose(3); i < count; ++i)
        fields.emplace_back(i == 0 ? "x\"" : "f" + std::to_string(i), take_type(input, depth + 1));
      return duckdb::LogicalType::STRUCT(std::move(fields));
    }
    case 5:
      return duckdb::LogicalType::ARRAY(take_type(input, depth + 1), 1 + input.choose(3));
    case 6:
      return duckdb::LogicalType::MAP(
          input.choose(2) == 0 ? duckdb::LogicalType::VARCHAR : duckdb::LogicalType::INTEGER,
          take_type(input, depth + 1));
    default:
      return duckdb::LogicalType::LIST(take_type(input, depth + 1));
  }
}

inline duckdb::Value take_decimal(Input& input, const duckdb::LogicalType& type) {
  const uint8_t width = duckdb::DecimalType::GetWidth(type), scale = duckdb::DecimalType::GetScale(type);
  exact::int128 limit = 1;
  for (uint8_t i = 0; i < width; ++i) limit *= 10;
  const auto bits = static_cast<exact::int128>(static_cast<int64_t>(take_bits(input))) << 64 | take_bits(input);
  const exact::int128 value = bits % limit;
  const duckdb::hugeint_t huge(static_cast<int64_t>(value >> 64), static_cast<uint64_t>(value));
  if (width <= 4) return duckdb::Value::DECIMAL(static_cast<int16_t>(value), width, scale);
  if (width <= 9) return duckdb::Value::DECIMAL(static_cast<int32_t>(value), width, scale);
  if (width <= 18) return duckdb::Value::DECIMAL(static_cast<int64_t>(value), width, scale);
  return duckdb::Value::DECIMAL(huge, width, scale);
}

template <class To>
To bits_as(uint64_t bits) {
  To value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline duckdb::Value take_value(Input& input, const duckdb::LogicalType& type);

inline duckdb::vector<duckdb::Value> take_values(Input& input, const duckdb::LogicalType& type, size_t count) {
  duckdb::vector<duckdb::Value> values;
  for (size_t i = 0; i < count; ++i) values.push_back(take_value(input, type));
  return values;
}

inline duckdb::Value take_map(Input& input, const duckdb::LogicalType& type) {
  duckdb::vector<duckdb::Value> keys;
  const size_t count = input.choose(4);
  const duckdb::LogicalType& key = duckdb::MapType::KeyType(type);
  for (size_t i = 0; i < count; ++i) {
    keys.push_back(key.id() == duckdb::LogicalTypeId::VARCHAR ? duckdb::Value(std::to_string(i) + take_text(input))
                                                              : duckdb::Value::INTEGER(static_cast<int32_t>(i) - 1));
  }
  const duckdb::LogicalType& value = duckdb::MapType::ValueType(type);
  return duckdb::Value::MAP(key, value, std::move(keys), take_values(input, value, count));
}

inline duckdb::Value take_value(Input& input, const duckdb::LogicalType& type) {
  if (input.choose(8) == 7) return duckdb::Value(type);
  switch (type.id()) {
    case duckdb::LogicalTypeId::BOOLEAN:
      return duckdb::Value::BOOLEAN(input.choose(2) == 1);
    case duckdb::LogicalTypeId::TINYINT:
      return duckdb::Value::TINYINT(static_cast<int8_t>(take_bits(input)));
    case duckdb::LogicalTypeId::UTINYINT:
      return duckdb::Value::UTINYINT(static_cast<uint8_t>(take_bits(input)));
    case duckdb::LogicalTypeId::SMALLINT:
      return duckdb::Value::SMALLINT(static_cast<int16_t>(take_bits(input)));
    case duckdb::LogicalTypeId::USMALLINT:
      return duckdb::Value::USMALLINT(static_cast<uint16_t>(take_bits(input)));
    case duckdb::LogicalTypeId::INTEGER:
      return duckdb::Value::INTEGER(static_cast<int32_t>(take_bits(input)));
    case duckdb::LogicalTypeId::UINTEGER:
      return duckdb::Value::UINTEGER(static_cast<uint32_t>(take_bits(input)));
    case duckdb::LogicalTypeId::BIGINT:
      return duckdb::Value::BIGINT(static_cast<int64_t>(take_bits(input)));
    case duckdb::LogicalTypeId::UBIGINT:
      return duckdb::Value::UBIGINT(take_bits(input));
    case duckdb::LogicalTypeId::HUGEINT:
      return duckdb::Value::HUGEINT({static_cast<int64_t>(take_bits(input)), take_bits(input)});
    case duckdb::LogicalTypeId::UUID:
      return duckdb::Value::UUID(duckdb::hugeint_t{static_cast<int64_t>(take_bits(input)), take_bits(input)});
    case duckdb::LogicalTypeId::FLOAT:
      return duckdb::Value::FLOAT(bits_as<float>(take_bits(input)));
    case duckdb::LogicalTypeId::DOUBLE:
      return duckdb::Value::DOUBLE(bits_as<double>(take_bits(input)));
    case duckdb::LogicalTypeId::DECIMAL:
      return take_decimal(input, type);
    case duckdb::LogicalTypeId::VARCHAR: {
      duckdb::Value value(take_text(input));
      value.Reinterpret(type);
      return value;
    }
    case duckdb::LogicalTypeId::BLOB: {
      const uint64_t bits = take_bits(input);
      return duckdb::Value::BLOB(reinterpret_cast<duckdb::const_data_ptr_t>(&bits), input.choose(9));
    }
    case duckdb::LogicalTypeId::ENUM:
      return duckdb::Value::ENUM(input.choose(3), type);
    case duckdb::LogicalTypeId::DATE:
      return duckdb::Value::DATE(duckdb::date_t(static_cast<int32_t>(take_bits(input))));
    case duckdb::LogicalTypeId::TIME:
      return duckdb::Value::TIME(duckdb::dtime_t(static_cast<int64_t>(take_bits(input) % 86'400'000'001)));
    case duckdb::LogicalTypeId::TIMESTAMP:
      return duckdb::Value::TIMESTAMP(duckdb::timestamp_t(static_cast<int64_t>(take_bits(input))));
    case duckdb::LogicalTypeId::TIMESTAMP_TZ:
      return duckdb::Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(static_cast<int64_t>(take_bits(input))));
    case duckdb::LogicalTypeId::TIMESTAMP_SEC:
      return duckdb::Value::TIMESTAMPSEC(duckdb::timestamp_sec_t(static_cast<int64_t>(take_bits(input))));
    case duckdb::LogicalTypeId::TIMESTAMP_MS:
      return duckdb::Value::TIMESTAMPMS(duckdb::timestamp_ms_t(static_cast<int64_t>(take_bits(input))));
    case duckdb::LogicalTypeId::TIMESTAMP_NS:
      return duckdb::Value::TIMESTAMPNS(duckdb::timestamp_ns_t(static_cast<int64_t>(take_bits(input))));
    case duckdb::LogicalTypeId::INTERVAL:
      return duckdb::Value::INTERVAL(static_cast<int32_t>(take_bits(input)), static_cast<int32_t>(take_bits(input)),
                                     static_cast<int64_t>(take_bits(input)));
    case duckdb::LogicalTypeId::STRUCT: {
      duckdb::vector<duckdb::Value> values;
      for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type))
        values.push_back(take_value(input, child));
      return duckdb::Value::STRUCT(type, std::move(values));
    }
    case duckdb::LogicalTypeId::ARRAY: {
      const duckdb::LogicalType& child = duckdb::ArrayType::GetChildType(type);
      return duckdb::Value::ARRAY(child, take_values(input, child, duckdb::ArrayType::GetSize(type)));
    }
    case duckdb::LogicalTypeId::MAP:
      return take_map(input, type);
    default: {
      const duckdb::LogicalType& child = duckdb::ListType::GetChildType(type);
      return duckdb::Value::LIST(child, take_values(input, child, input.choose(4)));
    }
  }
}

}  // namespace ingot::fuzz
