#include "transcript/vector_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/common/types/date.hpp>
#include <duckdb/common/types/decimal.hpp>
#include <duckdb/common/types/hugeint.hpp>
#include <duckdb/common/types/interval.hpp>
#include <duckdb/common/types/time.hpp>
#include <duckdb/common/types/timestamp.hpp>
#include <duckdb/common/types/uuid.hpp>
#include <duckdb/function/scalar_function.hpp>
#include <duckdb/parser/parsed_data/create_scalar_function_info.hpp>
#include <iterator>
#include <vector>

#include "transcript/civil_time.h"
#include "transcript/json_text.h"
#include "transcript/parquet_int96.h"
#include "types/exact.h"

namespace ingot {

namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

/// A vector, and those within it, as they are read.
struct JsonColumn {
  LogicalType type;
  duckdb::UnifiedVectorFormat format;
  std::vector<JsonColumn> children;
  std::vector<std::string> keys;  // of a struct: `"name":`
  bool int96 = false;

  template <class T>
  const T& at(duckdb::idx_t index) const {
    return duckdb::UnifiedVectorFormat::GetData<T>(format)[index];
  }
};

/// Takes the next of the marks that say which bytes are an INT96.
bool next_mark(std::string_view& marks) {
  const bool marked = marks.starts_with('1');
  marks.remove_prefix(marks.empty() ? 0 : 1);
  return marked;
}

JsonColumn json_column(duckdb::Vector& vector, duckdb::idx_t count, std::string_view& marks) {
  JsonColumn column;
  column.type = vector.GetType();
  const auto physical = column.type.InternalType();
  const bool nested = physical == duckdb::PhysicalType::STRUCT || physical == duckdb::PhysicalType::LIST ||
                      physical == duckdb::PhysicalType::ARRAY;
  if (nested) vector.Flatten(count);
  if (!nested) column.int96 = next_mark(marks);
  vector.ToUnifiedFormat(count, column.format);
  if (physical == duckdb::PhysicalType::STRUCT) {
    auto& entries = duckdb::StructVector::GetEntries(vector);
    for (size_t i = 0; i < entries.size(); ++i) {
      std::string key;
      append_json_string(key, duckdb::StructType::GetChildName(column.type, i));
      column.keys.push_back(key + ":");
      column.children.push_back(json_column(*entries[i], count, marks));
    }
  } else if (physical == duckdb::PhysicalType::LIST) {
    column.children.push_back(
        json_column(duckdb::ListVector::GetEntry(vector), duckdb::ListVector::GetListSize(vector), marks));
  } else if (physical == duckdb::PhysicalType::ARRAY) {
    column.children.push_back(
        json_column(duckdb::ArrayVector::GetEntry(vector), count * duckdb::ArrayType::GetSize(column.type), marks));
  }
  return column;
}

void append_text(std::string& out, const std::string& text) { append_json_string(out, text); }

template <class T>
void append_integer(std::string& out, T value) {
  fmt::format_to(std::back_inserter(out), "{}", value);
}

std::string decimal_text(const JsonColumn& column, duckdb::idx_t index) {
  const uint8_t width = duckdb::DecimalType::GetWidth(column.type), scale = duckdb::DecimalType::GetScale(column.type);
  switch (column.type.InternalType()) {
    case duckdb::PhysicalType::INT16:
      return duckdb::Decimal::ToString(column.at<int16_t>(index), width, scale);
    case duckdb::PhysicalType::INT32:
      return duckdb::Decimal::ToString(column.at<int32_t>(index), width, scale);
    case duckdb::PhysicalType::INT64:
      return duckdb::Decimal::ToString(column.at<int64_t>(index), width, scale);
    default:
      return duckdb::Decimal::ToString(column.at<duckdb::hugeint_t>(index), width, scale);
  }
}

// Of a DECIMAL(p,p) DuckDB writes no zero before the point, and JSON wants one.
void append_decimal(std::string& out, const JsonColumn& column, duckdb::idx_t index) {
  std::string text = decimal_text(column, index);
  const size_t digits = text.starts_with('-') ? 1 : 0;
  if (text.size() > digits && text[digits] == '.') text.insert(digits, 1, '0');
  out += text;
}

std::string enum_text(const JsonColumn& column, duckdb::idx_t index) {
  uint64_t value = 0;
  switch (column.type.InternalType()) {
    case duckdb::PhysicalType::UINT8:
      value = column.at<uint8_t>(index);
      break;
    case duckdb::PhysicalType::UINT16:
      value = column.at<uint16_t>(index);
      break;
    default:
      value = column.at<uint32_t>(index);
  }
  return duckdb::EnumType::GetString(column.type, value).GetString();
}

// On one line. What is none is a string.
void append_json(std::string& out, std::string_view text) {
  if (exact::check_json(text) != Fault::none) return append_json_string(out, text);
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  out += line;
}

void append_value(std::string& out, const JsonColumn& column, duckdb::idx_t row);

void append_range(std::string& out, const JsonColumn& element, uint64_t first, uint64_t count) {
  out += '[';
  for (uint64_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    append_value(out, element, first + i);
  }
  out += ']';
}

void append_struct(std::string& out, const JsonColumn& column, duckdb::idx_t row) {
  out += '{';
  for (size_t i = 0; i < column.children.size(); ++i) {
    if (i > 0) out += ',';
    out += column.keys[i];
    append_value(out, column.children[i], row);
  }
  out += '}';
}

// Keys of JSON are strings.
void append_map(std::string& out, const JsonColumn& column, duckdb::idx_t index) {
  const auto entries = column.at<duckdb::list_entry_t>(index);
  const JsonColumn& entry = column.children[0];
  out += '{';
  for (uint64_t i = 0; i < entries.length; ++i) {
    if (i > 0) out += ',';
    std::string key;
    append_value(key, entry.children[0], entries.offset + i);
    if (key.starts_with('"')) {
      out += key;
    } else {
      append_json_string(out, key);
    }
    out += ':';
    append_value(out, entry.children[1], entries.offset + i);
  }
  out += '}';
}

void append_value(std::string& out, const JsonColumn& column, duckdb::idx_t row) {
  const duckdb::idx_t index = column.format.sel->get_index(row);
  if (!column.format.validity.RowIsValid(index)) {
    out += "null";
    return;
  }
  switch (column.type.id()) {
    case LogicalTypeId::BOOLEAN:
      out += column.at<bool>(index) ? "true" : "false";
      break;
    case LogicalTypeId::TINYINT:
      return append_integer(out, static_cast<int>(column.at<int8_t>(index)));
    case LogicalTypeId::UTINYINT:
      return append_integer(out, static_cast<int>(column.at<uint8_t>(index)));
    case LogicalTypeId::SMALLINT:
      return append_integer(out, column.at<int16_t>(index));
    case LogicalTypeId::USMALLINT:
      return append_integer(out, column.at<uint16_t>(index));
    case LogicalTypeId::INTEGER:
      return append_integer(out, column.at<int32_t>(index));
    case LogicalTypeId::UINTEGER:
      return append_integer(out, column.at<uint32_t>(index));
    case LogicalTypeId::BIGINT:
      return append_integer(out, column.at<int64_t>(index));
    case LogicalTypeId::UBIGINT:
      return append_integer(out, column.at<uint64_t>(index));
    case LogicalTypeId::HUGEINT:
      out += duckdb::Hugeint::ToString(column.at<duckdb::hugeint_t>(index));
      break;
    case LogicalTypeId::FLOAT:
      return append_json_number(out, column.at<float>(index));
    case LogicalTypeId::DOUBLE:
      return append_json_number(out, column.at<double>(index));
    case LogicalTypeId::DECIMAL:
      return append_decimal(out, column, index);
    case LogicalTypeId::VARCHAR: {
      const duckdb::string_t& text = column.at<duckdb::string_t>(index);
      if (column.type.IsJSONType()) return append_json(out, {text.GetData(), text.GetSize()});
      return append_json_string(out, {text.GetData(), text.GetSize()});
    }
    case LogicalTypeId::BLOB: {
      const duckdb::string_t& bytes = column.at<duckdb::string_t>(index);
      if (column.int96) return append_text(out, int96_text({bytes.GetData(), bytes.GetSize()}));
      return append_json_bytes(out, {bytes.GetData(), bytes.GetSize()});
    }
    case LogicalTypeId::ENUM:
      return append_text(out, enum_text(column, index));
    case LogicalTypeId::DATE:
      return append_text(out, duckdb::Date::ToString(column.at<duckdb::date_t>(index)));
    case LogicalTypeId::TIME:
      return append_text(out, duckdb::Time::ToString(column.at<duckdb::dtime_t>(index)));
    case LogicalTypeId::TIMESTAMP:
      return append_text(out, duckdb::Timestamp::ToString(column.at<duckdb::timestamp_t>(index)));
    case LogicalTypeId::TIMESTAMP_TZ:
      return append_text(out, duckdb::Timestamp::ToString(column.at<duckdb::timestamp_t>(index)) + "+00");
    case LogicalTypeId::TIMESTAMP_SEC:
      return append_text(out, moment_text(column.at<int64_t>(index), 0));
    case LogicalTypeId::TIMESTAMP_MS:
      return append_text(out, moment_text(column.at<int64_t>(index), 3));
    case LogicalTypeId::TIMESTAMP_NS:
      return append_text(out, moment_text(column.at<int64_t>(index), 9));
    case LogicalTypeId::INTERVAL:
      return append_text(out, duckdb::Interval::ToString(column.at<duckdb::interval_t>(index)));
    case LogicalTypeId::UUID:
      return append_text(out, duckdb::UUID::ToString(column.at<duckdb::hugeint_t>(index)));
    case LogicalTypeId::LIST: {
      const auto entries = column.at<duckdb::list_entry_t>(index);
      return append_range(out, column.children[0], entries.offset, entries.length);
    }
    case LogicalTypeId::ARRAY: {
      const auto size = duckdb::ArrayType::GetSize(column.type);
      return append_range(out, column.children[0], index * size, size);
    }
    case LogicalTypeId::STRUCT:
      return append_struct(out, column, index);
    case LogicalTypeId::MAP:
      return append_map(out, column, index);
    default:
      out += "null";  // has_json_form() has refused it
  }
}

void write_lines(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  const auto count = arguments.size();
  duckdb::Vector& records = arguments.data[0];
  const duckdb::Value told = arguments.data[1].GetValue(0);  // a constant
  const std::string all_marks = told.IsNull() ? "" : told.ToString();
  std::string_view marks = all_marks;
  const JsonColumn column = json_column(records, count, marks);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* lines = duckdb::FlatVector::GetData<duckdb::string_t>(result);
  std::string line;
  for (duckdb::idx_t row = 0; row < count; ++row) {
    line.clear();
    append_value(line, column, row);
    lines[row] = duckdb::StringVector::AddStringOrBlob(result, line.data(), line.size());
  }
}

std::optional<Type> list_type(const LogicalType& list) {
  const auto element = contract_type(list.id() == LogicalTypeId::LIST ? duckdb::ListType::GetChildType(list)
                                                                      : duckdb::ArrayType::GetChildType(list));
  if (!element) return std::nullopt;
  const Kind kind = element->kind;
  if (kind == Kind::json || kind == Kind::array || kind == Kind::interval || kind == Kind::binary)
    return Type{Kind::json};
  Type type = *element;
  type.kind = Kind::array;
  type.element = kind;
  return type;
}

}  // namespace

void register_line_function(duckdb::Connection& connection) {
  duckdb::ScalarFunction function("ingot_line", {LogicalType::ANY, LogicalType::VARCHAR}, LogicalType::VARCHAR,
                                  write_lines);
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  duckdb::CreateScalarFunctionInfo info(function);
  duckdb::Catalog::GetSystemCatalog(*connection.context).CreateFunction(*connection.context, info);
}

void append_fields(std::string& out, const LogicalType& type) {
  if (type.id() != LogicalTypeId::STRUCT) {
    out += "null";
    return;
  }
  out += '{';
  const auto& fields = duckdb::StructType::GetChildTypes(type);
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, fields[i].first);
    out += ':';
    append_fields(out, fields[i].second);
  }
  out += '}';
}

bool has_json_form(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::LIST:
      return has_json_form(duckdb::ListType::GetChildType(type));
    case LogicalTypeId::ARRAY:
      return has_json_form(duckdb::ArrayType::GetChildType(type));
    case LogicalTypeId::MAP:
      return has_json_form(duckdb::MapType::KeyType(type)) && has_json_form(duckdb::MapType::ValueType(type));
    case LogicalTypeId::STRUCT: {
      const auto& fields = duckdb::StructType::GetChildTypes(type);
      return std::all_of(fields.begin(), fields.end(), [](const auto& field) { return has_json_form(field.second); });
    }
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_NS:
    case LogicalTypeId::ENUM:
      return true;
    default:
      return contract_type(type).has_value();
  }
}

std::optional<Type> contract_type(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
      return Type{Kind::boolean};
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::SMALLINT:
      return Type{Kind::int16};
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::INTEGER:
      return Type{Kind::int32};
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::BIGINT:
      return Type{Kind::int64};
    case LogicalTypeId::UBIGINT:
      return Type{Kind::decimal, 20, 0};
    case LogicalTypeId::FLOAT:
      return Type{Kind::float32};
    case LogicalTypeId::DOUBLE:
      return Type{Kind::float64};
    case LogicalTypeId::DECIMAL:
      return Type{Kind::decimal, duckdb::DecimalType::GetWidth(type), duckdb::DecimalType::GetScale(type)};
    case LogicalTypeId::VARCHAR:
      return Type{type.IsJSONType() ? Kind::json : Kind::text};
    case LogicalTypeId::ENUM:
      return Type{Kind::text};
    case LogicalTypeId::DATE:
      return Type{Kind::date};
    case LogicalTypeId::TIME:
      return Type{Kind::time};
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
      return Type{Kind::timestamp};
    case LogicalTypeId::TIMESTAMP_TZ:
      return Type{Kind::timestamptz};
    case LogicalTypeId::INTERVAL:
      return Type{Kind::interval};
    case LogicalTypeId::UUID:
      return Type{Kind::uuid};
    case LogicalTypeId::BLOB:
      return Type{is_int96(type) ? Kind::timestamp : Kind::binary};
    case LogicalTypeId::LIST:
    case LogicalTypeId::ARRAY:
      return list_type(type);
    case LogicalTypeId::STRUCT:
    case LogicalTypeId::MAP:
      return Type{Kind::json};
    default:
      return std::nullopt;
  }
}

}  // namespace ingot
