// The lines that Parquet files are told as: of values of any type, nested in any way, each reads back as what it was,
// by nlohmann's parser and the exact ones.

#include <cmath>
#include <duckdb.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "embedded/sql.h"
#include "engine/pass_functions.h"
#include "fuzz.h"
#include "made_values.h"
#include "transcript/vector_json.h"
#include "types/exact.h"

namespace ingot::fuzz {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Value;

/// What a parser meets in a JSON text, one after the other; numbers as they are written, where they are no integers.
struct Event {
  enum class Kind : uint8_t { null, boolean, number, string, key, object, array, end };
  Kind kind = Kind::null;
  std::string text;

  bool operator==(const Event&) const = default;
};

class Recorder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return add(Event::Kind::null); }
  bool boolean(bool value) override { return add(Event::Kind::boolean, value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return add(Event::Kind::number, std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return add(Event::Kind::number, std::to_string(value)); }
  bool number_float(number_float_t, const string_t& raw) override { return add(Event::Kind::number, raw); }
  bool string(string_t& value) override { return add(Event::Kind::string, value); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return add(Event::Kind::object); }
  bool key(string_t& value) override { return add(Event::Kind::key, value); }
  bool end_object() override { return add(Event::Kind::end); }
  bool start_array(size_t) override { return add(Event::Kind::array); }
  bool end_array() override { return add(Event::Kind::end); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  std::vector<Event> events;

 private:
  bool add(Event::Kind kind, std::string text = {}) { return events.push_back({kind, std::move(text)}), true; }
};

/// Compares the events of a line with the value that it tells.
class Comparison {
 public:
  explicit Comparison(const std::vector<Event>& events, const std::string& line) : events_(events), line_(line) {}

  void compare(const Value& value) {
    if (value.IsNull()) return (void)next(Event::Kind::null);
    switch (value.type().id()) {
      case LogicalTypeId::STRUCT:
        return compare_struct(value);
      case LogicalTypeId::MAP:
        return compare_map(value);
      case LogicalTypeId::LIST:
        return compare_list(duckdb::ListValue::GetChildren(value));
      case LogicalTypeId::ARRAY:
        return compare_list(duckdb::ArrayValue::GetChildren(value));
      default:
        return compare_flat(value);
    }
  }

  bool at_end() const { return at_ == events_.size(); }

 private:
  const std::string& next(Event::Kind kind) {
    require(at_ < events_.size() && events_[at_].kind == kind, "a value is told by its kind", line_);
    return events_[at_++].text;
  }

  void same(bool is_same) const { require(is_same, "a value reads back as it was", line_); }

  void compare_list(const duckdb::vector<Value>& values) {
    next(Event::Kind::array);
    for (const Value& value : values) compare(value);
    next(Event::Kind::end);
  }

  void compare_struct(const Value& value) {
    next(Event::Kind::object);
    const auto& values = duckdb::StructValue::GetChildren(value);
    for (size_t i = 0; i < values.size(); ++i) {
      same(next(Event::Kind::key) == duckdb::StructType::GetChildName(value.type(), i));
      compare(values[i]);
    }
    next(Event::Kind::end);
  }

  void compare_map(const Value& value) {
    next(Event::Kind::object);
    for (const Value& entry : duckdb::MapValue::GetChildren(value)) {
      const auto& pair = duckdb::StructValue::GetChildren(entry);
      same(next(Event::Kind::key) == pair[0].ToString());
      compare(pair[1]);
    }
    next(Event::Kind::end);
  }

  void compare_flat(const Value& value) {
    switch (value.type().id()) {
      case LogicalTypeId::BOOLEAN:
        return same(next(Event::Kind::boolean) == (value.GetValue<bool>() ? "true" : "false"));
      case LogicalTypeId::FLOAT:
        return compare_float(value.GetValue<float>(), [](const char* text) { return std::strtof(text, nullptr); });
      case LogicalTypeId::DOUBLE:
        return compare_float(value.GetValue<double>(), [](const char* text) { return std::strtod(text, nullptr); });
      case LogicalTypeId::DECIMAL:
        return compare_decimal(value);
      case LogicalTypeId::VARCHAR:
        return value.type().IsJSONType() ? compare_json(duckdb::StringValue::Get(value))
                                         : same(next(Event::Kind::string) == duckdb::StringValue::Get(value));
      case LogicalTypeId::ENUM:
        return same(next(Event::Kind::string) == value.ToString());
      case LogicalTypeId::BLOB:
        return compare_bytes(duckdb::StringValue::Get(value));
      case LogicalTypeId::UUID:
      case LogicalTypeId::INTERVAL:
      case LogicalTypeId::DATE:
      case LogicalTypeId::TIME:
      case LogicalTypeId::TIMESTAMP:
      case LogicalTypeId::TIMESTAMP_TZ:
      case LogicalTypeId::TIMESTAMP_SEC:
      case LogicalTypeId::TIMESTAMP_MS:
      case LogicalTypeId::TIMESTAMP_NS:
        return compare_moment(value, next(Event::Kind::string));
      default:
        return same(integer(next(Event::Kind::number)) == integer(value.ToString()));
    }
  }

  exact::int128 integer(const std::string& text) const {
    const bool minus = text.starts_with('-');
    unsigned __int128 size = 0;
    for (const char c : text.substr(minus ? 1 : 0)) {
      require(c >= '0' && c <= '9', "an integer has digits only", line_);
      size = size * 10 + static_cast<unsigned>(c - '0');
    }
    return static_cast<exact::int128>(minus ? -size : size);
  }

  template <class T, class Parse>
  void compare_float(T value, Parse parse) {
    if (!std::isfinite(value)) {
      const std::string& text = next(Event::Kind::string);
      return same(text == (std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity"));
    }
    const T read = parse(next(Event::Kind::number).c_str());
    // nlohmann takes -0 for an integer, and that for 0.
    same(read == value);
  }

  void compare_decimal(const Value& value) {
    const LogicalType& type = value.type();
    exact::int128 read = 0, expected = 0;
    const uint8_t width = duckdb::DecimalType::GetWidth(type), scale = duckdb::DecimalType::GetScale(type);
    same(exact::to_decimal(next(Event::Kind::number), width, scale, read) == Fault::none);
    same(exact::to_decimal(value.ToString(), width, scale, expected) == Fault::none && read == expected);
  }

  void compare_bytes(const std::string& bytes) {
    std::string expected = "\\x";
    for (const char c : bytes) {
      for (const int shift : {4, 0}) expected += "0123456789abcdef"[static_cast<unsigned char>(c) >> shift & 15];
    }
    same(next(Event::Kind::string) == expected);
  }

  // What is no JSON is a string.
  void compare_json(const std::string& text) {
    if (exact::check_json(text) != Fault::none) return same(next(Event::Kind::string) == text);
    Recorder recorder;
    require(nlohmann::json::sax_parse(text, &recorder), "what is JSON is JSON", text);
    for (const Event& event : recorder.events) {
      same(at_ < events_.size() && events_[at_] == event);
      ++at_;
    }
  }

  // The contract's types have bounds: what is beyond must be refused, never be read as something else.
  void compare_moment(const Value& value, const std::string& text) {
    int64_t micros = 0;
    int32_t days = 0;
    const auto is = [&](Fault fault, bool equal) { same(fault != Fault::none || equal); };
    switch (value.type().id()) {
      case LogicalTypeId::UUID: {
        uint64_t high = 0, low = 0;
        same(exact::to_uuid(text, high, low) == Fault::none);
        const auto expected = value.GetValueUnsafe<duckdb::hugeint_t>();
        return same((high ^ (uint64_t{1} << 63)) == static_cast<uint64_t>(expected.upper) && low == expected.lower);
      }
      case LogicalTypeId::INTERVAL: {
        exact::Interval read;
        const auto expected = value.GetValueUnsafe<duckdb::interval_t>();
        const Fault fault = exact::to_interval(text, read);
        return is(fault,
                  read.months == expected.months && read.days == expected.days && read.micros == expected.micros);
      }
      case LogicalTypeId::DATE: {
        const Fault fault = exact::to_date(text, days);
        return is(fault, days == value.GetValueUnsafe<int32_t>());
      }
      case LogicalTypeId::TIME:
        same(exact::to_time(text, micros) == Fault::none);
        return same(micros == value.GetValueUnsafe<int64_t>());
      case LogicalTypeId::TIMESTAMP_TZ: {
        const Fault fault = exact::to_timestamptz(text, micros);
        return is(fault, micros == value.GetValueUnsafe<int64_t>());
      }
      default: {
        const Fault fault = exact::to_timestamp(text, micros);
        const auto stored = static_cast<exact::int128>(value.GetValueUnsafe<int64_t>());
        const exact::int128 nanos = value.type().id() == LogicalTypeId::TIMESTAMP_SEC  ? stored * 1'000'000'000
                                    : value.type().id() == LogicalTypeId::TIMESTAMP_MS ? stored * 1'000'000
                                    : value.type().id() == LogicalTypeId::TIMESTAMP_NS ? stored
                                                                                       : stored * 1'000;
        return is(fault, static_cast<exact::int128>(micros) * 1'000 == nanos);
      }
    }
  }

  const std::vector<Event>& events_;
  const std::string& line_;
  size_t at_ = 0;
};

duckdb::Connection& connection() {
  static duckdb::DuckDB database(nullptr);
  static auto* connection = [] {
    auto* made = new duckdb::Connection(database);
    made->Query("SET threads = 1");
    made->BeginTransaction();
    register_line_function(*made);
    register_routed_function(*made);
    made->Commit();
    return made;
  }();
  return *connection;
}

void run(const uint8_t* data, size_t size) {
  Input input(data, size);
  const LogicalType type =
      LogicalType::STRUCT({{"a", take_type(input, 0)}, {"b", take_type(input, 1)}, {"c", take_type(input, 1)}});
  require(has_json_form(type), "each of these types has a form");
  duckdb::ClientContext& context = *connection().context;
  RoutedRecords records;
  records.names = {"r"};
  records.rows = duckdb::make_uniq<duckdb::ColumnDataCollection>(context, duckdb::vector<LogicalType>{type});
  duckdb::DataChunk chunk;
  chunk.Initialize(context, {type});
  std::vector<Value> rows;
  for (size_t i = 0, count = 1 + input.choose(4); i < count; ++i) {
    rows.push_back(take_value(input, type));
    chunk.SetValue(0, i, rows.back());
  }
  chunk.SetCardinality(rows.size());
  records.rows->Append(chunk);
  const auto lines = query_sql(connection(), "SELECT ingot_line(r, '') FROM ingot_routed(" +
                                                 std::to_string(reinterpret_cast<uintptr_t>(&records)) + "::UBIGINT)");
  require(lines.has_value() && (*lines)->RowCount() == rows.size(), "each row has a line");
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string line = (*lines)->GetValue(0, i).ToString();
    require(line.find_first_of("\n\r") == line.npos, "a line is one line", line);
    Recorder recorder;
    require(nlohmann::json::sax_parse(line, &recorder), "a line is JSON", line);
    Comparison comparison(recorder.events, line);
    comparison.compare(rows[i]);
    require(comparison.at_end(), "a line ends with its record", line);
  }
}

}  // namespace
}  // namespace ingot::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ingot::fuzz::run(data, size);
  return 0;
}
