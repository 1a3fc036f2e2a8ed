#include "target/postgres/column_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace ingot::postgres {

namespace {

// pg_type.oid of built-in types never changes. Source: PostgreSQL's pg_type.dat.
enum Oid : uint32_t {
  kBool = 16,
  kBytea = 17,
  kName = 19,
  kInt8 = 20,
  kInt2 = 21,
  kInt2vector = 22,
  kInt4 = 23,
  kText = 25,
  kOidvector = 30,
  kJson = 114,
  kXml = 142,
  kPoint = 600,
  kLseg = 601,
  kPath = 602,
  kBox = 603,
  kPolygon = 604,
  kLine = 628,
  kCidr = 650,
  kFloat4 = 700,
  kFloat8 = 701,
  kCircle = 718,
  kMacaddr8 = 774,
  kMacaddr = 829,
  kInet = 869,
  kBpchar = 1042,
  kVarchar = 1043,
  kDate = 1082,
  kTime = 1083,
  kTimestamp = 1114,
  kTimestamptz = 1184,
  kInterval = 1186,
  kNumeric = 1700,
  kUuid = 2950,
  kJsonb = 3802,
  kInt4range = 3904,
  kNumrange = 3906,
  kInt8range = 3926,
};

constexpr int kTypmodHeader = 4;  // varchar(n) has typmod n + 4, and so on
constexpr uint32_t kNameChars = 63;

std::optional<ColumnFit> plain(const Type& type, Wire wire) { return ColumnFit{type, {wire, 1}, false, true}; }

int integer_digits(Kind kind) { return kind == Kind::int16 ? 5 : kind == Kind::int32 ? 10 : 19; }

std::optional<ColumnFit> to_integer(const Type& from, Kind column, Wire wire) {
  switch (from.kind) {
    case Kind::int16:
    case Kind::int32:
    case Kind::int64:
      return plain(Type{std::min(from.kind, column)}, wire);  // in ascending order of width
    case Kind::decimal:
      return plain(Type{column}, wire);
    default:
      return std::nullopt;
  }
}

std::optional<ColumnFit> to_numeric(const Type& from, int32_t typmod) {
  const bool integer = from.kind == Kind::int16 || from.kind == Kind::int32 || from.kind == Kind::int64;
  if (!integer && from.kind != Kind::decimal) return std::nullopt;
  if (typmod < kTypmodHeader) return plain(from, Wire::numeric);
  const int precision = ((typmod - kTypmodHeader) >> 16) & 0xFFFF;
  const int scale = ((((typmod - kTypmodHeader) & 0x7FF) ^ 1024) - 1024);  // may be negative since 15
  if (scale < 0 || scale > precision) return std::nullopt;
  const int whole = precision - scale;
  if (integer) {
    if (whole >= integer_digits(from.kind)) return plain(from, Wire::numeric);
    return plain(Type{Kind::decimal, static_cast<uint8_t>(std::max(whole, 1)), 0}, Wire::numeric);
  }
  const int fit_scale = std::min<int>(scale, from.scale);
  const int fit_whole = std::min<int>(whole, from.precision - from.scale);
  if (fit_scale == from.scale && fit_whole == from.precision - from.scale) return plain(from, Wire::numeric);
  if (fit_scale + fit_whole == 0) return std::nullopt;
  return plain(Type{Kind::decimal, static_cast<uint8_t>(fit_scale + fit_whole), static_cast<uint8_t>(fit_scale)},
               Wire::numeric);
}

std::optional<ColumnFit> to_text(const Type& from, uint32_t max_chars, bool bytewise) {
  if (from.kind != Kind::text && from.kind != Kind::json) return std::nullopt;
  if (from.kind == Kind::json && max_chars > 0) return std::nullopt;  // json has no length to narrow
  Type type = from;
  if (max_chars > 0) type.max_chars = from.max_chars > 0 ? std::min(from.max_chars, max_chars) : max_chars;
  return ColumnFit{type, {Wire::text, 1}, false, bytewise};
}

// What values of a column with so many digits of seconds are multiples of, in microseconds.
int64_t unit_of(int32_t digits) {
  int64_t unit = 1;
  for (; digits >= 0 && digits < 6; ++digits) unit *= 10;
  return unit;
}

std::optional<ColumnFit> to_timestamp(const Type& from, Kind column, int32_t typmod) {
  const bool midnight = from.kind == Kind::date && column == Kind::timestamp;
  if (from.kind != column && !midnight) return std::nullopt;
  return ColumnFit{from, {Wire::timestamp, unit_of(typmod)}, false, true};
}

std::optional<ColumnFit> find_fit(const Type& from, const Column& column);

std::optional<ColumnFit> to_array(const Type& from, const Column& column) {
  const BaseType& base = column.base;
  if (base.category != 'A' || base.oid == kInt2vector || base.oid == kOidvector) return std::nullopt;
  Column element = column;
  element.base = BaseType();
  element.base.oid = base.element;
  element.base.typmod = base.typmod;
  element.base.kind = base.element_kind;
  auto fit = find_fit(element_type(from), element);
  if (!fit || fit->cast || fit->wire.micros_unit != 1) return std::nullopt;
  fit->wire = {Wire::array, 1, fit->wire.wire, base.element};
  fit->type.element = fit->type.kind;
  fit->type.kind = Kind::array;
  return fit;
}

// Types that text is cast to on the server without losing anything.
bool casts_exactly(const BaseType& base) {
  switch (base.oid) {
    case kInet:
    case kCidr:
    case kMacaddr:
    case kMacaddr8:
    case kXml:
    case kInt4range:
    case kInt8range:
    case kNumrange:
      return true;
    default:
      break;
  }
  if (base.kind == 'e') return true;
  if (base.category != 'A' || base.typmod >= 0) return false;
  switch (base.element) {
    case kText:
    case kVarchar:
    case kInt2:
    case kInt4:
    case kInt8:
    case kBool:
    case kUuid:
      return true;
    default:
      return base.element_kind == 'e';
  }
}

// Types whose text only the server reads, PostGIS's and pgvector's among them. Numbers in them are the nearest of their
// kind, as in `double precision`; their equality may be wider than that of their text (polygons of one area).
bool reads_own_text(const BaseType& base) {
  static constexpr uint32_t kGeometric[] = {kPoint, kLseg, kPath, kBox, kPolygon, kLine, kCircle};
  static constexpr std::string_view kOfExtensions[] = {"geometry",  "geography", "vector", "halfvec",
                                                       "sparsevec", "cube",      "hstore", "ltree"};
  return std::ranges::count(kGeometric, base.oid) > 0 ||
         (base.is_extension() && std::ranges::count(kOfExtensions, base.name) > 0);
}

std::optional<ColumnFit> find_fit(const Type& from, const Column& column) {
  const BaseType& base = column.base;
  const uint32_t length = base.typmod >= kTypmodHeader ? static_cast<uint32_t>(base.typmod - kTypmodHeader) : 0;
  switch (base.oid) {
    case kBool:
      return from.kind == Kind::boolean ? plain(from, Wire::boolean) : std::nullopt;
    case kInt2:
      return to_integer(from, Kind::int16, Wire::int2);
    case kInt4:
      return to_integer(from, Kind::int32, Wire::int4);
    case kInt8:
      return to_integer(from, Kind::int64, Wire::int8);
    case kNumeric:
      return to_numeric(from, base.typmod);
    case kFloat4:
      if (from.kind != Kind::float32 && from.kind != Kind::int16) return std::nullopt;
      return ColumnFit{from, {Wire::float4, 1}, false, false};  // 0 = -0
    case kFloat8:
      if (from.kind != Kind::float64 && from.kind != Kind::float32 && from.kind != Kind::int16 &&
          from.kind != Kind::int32) {
        return std::nullopt;
      }
      return ColumnFit{from, {Wire::float8, 1}, false, false};
    case kText:
      return to_text(from, 0, column.deterministic);
    case kVarchar:
      return to_text(from, length, column.deterministic);
    case kBpchar:
      return to_text(from, length, false);
    case kName:
      return to_text(from, kNameChars, true);
    case kDate:
      return from.kind == Kind::date ? plain(from, Wire::date) : std::nullopt;
    case kTimestamp:
      return to_timestamp(from, Kind::timestamp, base.typmod);
    case kTimestamptz:
      return to_timestamp(from, Kind::timestamptz, base.typmod);
    case kTime:
      if (from.kind != Kind::time) return std::nullopt;
      return ColumnFit{from, {Wire::time, unit_of(base.typmod)}, false, true};
    case kInterval:
      if (from.kind != Kind::interval || base.typmod >= 0) return std::nullopt;
      return ColumnFit{from, {Wire::interval, 1}, false, false};  // 1 month = 30 days
    case kBytea:
      return from.kind == Kind::binary ? plain(from, Wire::bytes) : std::nullopt;
    case kUuid:
      return from.kind == Kind::uuid ? plain(from, Wire::uuid) : std::nullopt;
    case kJson:
      return from.kind == Kind::json ? plain(from, Wire::text) : std::nullopt;
    case kJsonb:
      if (from.kind != Kind::json) return std::nullopt;
      return ColumnFit{from, {Wire::jsonb, 1}, false, false};
    default:
      break;
  }
  if (from.kind == Kind::array) return to_array(from, column);
  if (base.name == "citext") return to_text(from, 0, false);
  if (from.kind == Kind::text && reads_own_text(base)) return ColumnFit{from, {Wire::text, 1}, true, false};
  if (from.kind == Kind::text && casts_exactly(base)) return ColumnFit{from, {Wire::text, 1}, true, base.kind == 'e'};
  return std::nullopt;
}

// Is there a type of the contract for such a column?
bool is_declarable(const BaseType& base) {
  switch (base.category) {
    case 'R':
    case 'V':
      return false;
    case 'U':
      return base.oid < kFirstOfUsers || reads_own_text(base);
    default:
      return base.name != "timetz" && base.name != "money";
  }
}

std::string advice(const Type& from, const Column& column) {
  switch (column.base.oid) {
    case kFloat4:
      return "declare it real";
    case kTimestamptz:
      return from.kind == Kind::timestamp ? "declare it timestamptz, or change the column" : "";
    case kBytea:
      return "declare it bytea, or bytea(base64)";
    case kInterval:
      if (from.kind != Kind::interval) return {};
      return fmt::format("it cuts what it does not keep: ALTER TABLE … ALTER COLUMN {} TYPE interval;", column.name);
    default:
      break;
  }
  if (!is_declarable(column.base)) {
    return fmt::format(
        "Ingot does not write columns of type {}; leave it out of `columns`, or load a text column and "
        "convert it in the database",
        column.base.text);
  }
  return {};
}

}  // namespace

Result<ColumnFit> fit_column(const Type& contract, const Column& column, const TableName& table) {
  if (auto fit = find_fit(contract, column)) return *fit;
  std::string hint = advice(contract, column);
  if (hint.empty()) hint = fmt::format("declare the column {} (or a type that fits into it exactly)", column.base.text);
  return fail(Code::target_refused,
              fmt::format("table {}, column {}: {} cannot hold every {} exactly", table.text(), column.name,
                          column.base.text, sql_name(contract)),
              hint);
}

bool compared_as_text(const Column& column) {
  const std::string& type = column.base.name;
  return !column.deterministic || type == "json" || type == "xml" || type == "citext" || type == "interval" ||
         reads_own_text(column.base);
}

}  // namespace ingot::postgres
