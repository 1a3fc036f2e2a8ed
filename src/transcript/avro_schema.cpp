#include "transcript/avro_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "transcript/json_text.h"

namespace ingot {

namespace {

using SchemaJson = nlohmann::json;
using AvroKind = AvroType::Kind;
using Logical = AvroType::Logical;

constexpr int kMostSchemaDepth = 100;
constexpr size_t kMostNames = 100'000;     // of fields, those of records within records among them
constexpr uint64_t kMostPrecision = 1000;  // of a decimal

constexpr std::pair<std::string_view, AvroKind> kPlainTypes[] = {
    {"null", AvroKind::null},   {"boolean", AvroKind::boolean}, {"int", AvroKind::int32},
    {"long", AvroKind::int64},  {"float", AvroKind::float32},   {"double", AvroKind::float64},
    {"bytes", AvroKind::bytes}, {"string", AvroKind::string},
};

struct LogicalName {
  std::string_view name;
  AvroKind of;
  Logical logical;
};

// A logical type on another type than its own means nothing, says the specification.
constexpr LogicalName kLogicalNames[] = {
    {"date", AvroKind::int32, Logical::date},
    {"time-millis", AvroKind::int32, Logical::time_millis},
    {"time-micros", AvroKind::int64, Logical::time_micros},
    {"timestamp-millis", AvroKind::int64, Logical::timestamp_millis},
    {"timestamp-micros", AvroKind::int64, Logical::timestamp_micros},
    {"timestamp-nanos", AvroKind::int64, Logical::timestamp_nanos},
    {"local-timestamp-millis", AvroKind::int64, Logical::local_millis},
    {"local-timestamp-micros", AvroKind::int64, Logical::local_micros},
    {"local-timestamp-nanos", AvroKind::int64, Logical::local_nanos},
    {"decimal", AvroKind::bytes, Logical::decimal},
    {"decimal", AvroKind::fixed, Logical::decimal},
    {"duration", AvroKind::fixed, Logical::duration},
};

std::string text_at(const SchemaJson& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

uint64_t number_at(const SchemaJson& object, const char* key, uint64_t otherwise) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<uint64_t>() : otherwise;
}

tl::unexpected<Error> bad_schema(std::string what) {
  return fail(Code::source_unreadable, fmt::format("its schema is damaged, {}", what));
}

std::optional<Type> plain_contract_type(const AvroType& type);

// A choice between NULL and something else is that, NULL allowed.
const AvroType& without_null(const AvroType& type) {
  if (type.kind != AvroKind::choice || type.parts.size() != 2) return type;
  if (type.parts[0]->kind == AvroKind::null) return *type.parts[1];
  return type.parts[1]->kind == AvroKind::null ? *type.parts[0] : type;
}

std::optional<Type> array_type(const AvroType& element) {
  const auto type = plain_contract_type(without_null(element));
  if (!type || type->kind == Kind::json || type->kind == Kind::array || type->kind == Kind::interval ||
      type->kind == Kind::binary)
    return Type{Kind::json};
  Type array = *type;
  array.kind = Kind::array;
  array.element = type->kind;
  return array;
}

std::optional<Type> logical_type(const AvroType& type) {
  switch (type.logical) {
    case Logical::decimal:
      if (type.precision == 0 || type.precision > 38 || type.scale > type.precision) return std::nullopt;
      return Type{Kind::decimal, static_cast<uint8_t>(type.precision), static_cast<uint8_t>(type.scale)};
    case Logical::date:
      return Type{Kind::date};
    case Logical::time_millis:
    case Logical::time_micros:
      return Type{Kind::time};
    case Logical::timestamp_millis:
    case Logical::timestamp_micros:
      return Type{Kind::timestamptz};
    case Logical::local_millis:
    case Logical::local_micros:
      return Type{Kind::timestamp};
    case Logical::duration:
      return Type{Kind::interval};
    default:
      return std::nullopt;
  }
}

std::optional<Type> plain_contract_type(const AvroType& type) {
  if (type.logical != Logical::none) return logical_type(type);
  switch (type.kind) {
    case AvroKind::boolean:
      return Type{Kind::boolean};
    case AvroKind::int32:
      return Type{Kind::int32};
    case AvroKind::int64:
      return Type{Kind::int64};
    case AvroKind::float32:
      return Type{Kind::float32};
    case AvroKind::float64:
      return Type{Kind::float64};
    case AvroKind::bytes:
    case AvroKind::fixed:
      return Type{Kind::binary};
    case AvroKind::string:
    case AvroKind::enumeration:
      return Type{Kind::text};
    case AvroKind::array:
      return array_type(*type.parts[0]);
    case AvroKind::map:
    case AvroKind::record:
      return Type{Kind::json};
    default:
      return std::nullopt;
  }
}

/// Writes the names of fields, and of those within them. A record within itself is not taken apart again.
class FieldTree {
 public:
  Result<std::string> write(const AvroType& record) {
    INGOT_TRY(append(record));
    return std::move(out_);
  }

 private:
  Status append(const AvroType& type) {
    const AvroType& known = without_null(type);
    if (known.kind != AvroKind::record || std::find(open_.begin(), open_.end(), &known) != open_.end()) {
      out_ += "null";
      return {};
    }
    open_.push_back(&known);
    out_ += '{';
    for (size_t i = 0; i < known.parts.size(); ++i) {
      if (++names_ > kMostNames)
        return fail(
            Code::source_unreadable,
            fmt::format("its schema has more than {} fields, with those of records within records", kMostNames));
      out_ += (i == 0 ? "" : ",") + known.names[i];
      INGOT_TRY(append(*known.parts[i]));
    }
    out_ += '}';
    open_.pop_back();
    return {};
  }

  std::string out_;
  std::vector<const AvroType*> open_;
  size_t names_ = 0;
};

}  // namespace

/// Reads a schema's JSON.
class AvroSchemaReader {
 public:
  explicit AvroSchemaReader(AvroSchema& schema) : schema_(schema) {}

  Result<AvroType*> read(const SchemaJson& json, const std::string& space, int depth) {
    if (depth > kMostSchemaDepth) return bad_schema("it is nested too deep");
    if (json.is_string()) return read_name(json.get<std::string>(), space);
    if (json.is_array()) return read_choice(json, space, depth);
    if (!json.is_object()) return bad_schema("a type is neither a name nor an object");
    const auto type = json.find("type");
    if (type == json.end()) return bad_schema("a type has no type");
    if (!type->is_string()) return read(*type, space, depth + 1);
    return read_object(json, type->get<std::string>(), space, depth);
  }

 private:
  AvroType* make(AvroKind kind) {
    schema_.types_.push_back(std::make_unique<AvroType>());
    schema_.types_.back()->kind = kind;
    return schema_.types_.back().get();
  }

  Result<AvroType*> read_name(const std::string& name, const std::string& space) {
    for (const auto& [plain, kind] : kPlainTypes) {
      if (plain == name) return make(kind);
    }
    const auto found = named_.find(full_name(name, space));
    if (found == named_.end()) return bad_schema(fmt::format("it names an unknown type: {}", name));
    return found->second;
  }

  Result<AvroType*> read_choice(const SchemaJson& json, const std::string& space, int depth) {
    AvroType* const choice = make(AvroKind::choice);
    for (const SchemaJson& branch : json) {
      INGOT_ASSIGN(AvroType * part, read(branch, space, depth + 1));
      choice->parts.push_back(part);
    }
    if (choice->parts.empty()) return bad_schema("a union of nothing");
    return choice;
  }

  Result<AvroType*> read_object(const SchemaJson& json, const std::string& type, const std::string& space, int depth) {
    if (type == "record" || type == "error") return read_record(json, space, depth);
    if (type == "enum") return read_enumeration(json, space);
    if (type == "fixed") return read_fixed(json, space);
    if (type == "array" || type == "map") {
      AvroType* const made = make(type == "array" ? AvroKind::array : AvroKind::map);
      const auto part = json.find(type == "array" ? "items" : "values");
      if (part == json.end()) return bad_schema(fmt::format("an {} of nothing", type));
      INGOT_ASSIGN(AvroType * element, read(*part, space, depth + 1));
      made->parts.push_back(element);
      return made;
    }
    INGOT_ASSIGN(AvroType * made, read_name(type, space));
    // A type that is referred to is what it was declared as.
    if (is_plain(type)) INGOT_TRY(set_logical(json, *made));
    return made;
  }

  static bool is_plain(const std::string& name) {
    return std::any_of(std::begin(kPlainTypes), std::end(kPlainTypes), [&](const auto& p) { return p.first == name; });
  }

  static std::string full_name(const std::string& name, const std::string& space) {
    return space.empty() || name.find('.') != name.npos ? name : space + "." + name;
  }

  // Returns the namespace that holds for what is within.
  Result<std::string> declare(const SchemaJson& json, const std::string& space, AvroType* type) {
    const std::string name = text_at(json, "name");
    if (name.empty()) return bad_schema("a type without a name");
    const std::string own = json.contains("namespace") ? text_at(json, "namespace") : space;
    const std::string full = full_name(name, own);
    if (!named_.emplace(full, type).second) return bad_schema(fmt::format("it declares a type twice: {}", full));
    const size_t point = full.rfind('.');
    return point == full.npos ? std::string() : full.substr(0, point);
  }

  Result<AvroType*> read_record(const SchemaJson& json, const std::string& space, int depth) {
    AvroType* const record = make(AvroKind::record);
    INGOT_ASSIGN(const std::string within, declare(json, space, record));
    const auto fields = json.find("fields");
    if (fields == json.end() || !fields->is_array()) return bad_schema("a record without fields");
    for (const SchemaJson& field : *fields) {
      if (!field.is_object() || !field.contains("type")) return bad_schema("a field without a type");
      const std::string name = text_at(field, "name");
      std::string key;
      append_json_string(key, name);
      key += ':';
      if (std::find(record->names.begin(), record->names.end(), key) != record->names.end())
        return bad_schema(fmt::format("a record has two fields of one name: {}", name));
      INGOT_ASSIGN(AvroType * type, read(field.at("type"), within, depth + 1));
      record->names.push_back(key);
      record->parts.push_back(type);
      if (depth == 0) schema_.field_names_.push_back(name);
    }
    return record;
  }

  Result<AvroType*> read_enumeration(const SchemaJson& json, const std::string& space) {
    AvroType* const made = make(AvroKind::enumeration);
    INGOT_TRY(declare(json, space, made));
    const auto symbols = json.find("symbols");
    if (symbols == json.end() || !symbols->is_array() || symbols->empty()) return bad_schema("an enum without symbols");
    for (const SchemaJson& symbol : *symbols) {
      if (!symbol.is_string()) return bad_schema("a symbol that is no text");
      append_json_string(made->names.emplace_back(), symbol.get<std::string>());
    }
    return made;
  }

  Result<AvroType*> read_fixed(const SchemaJson& json, const std::string& space) {
    AvroType* const made = make(AvroKind::fixed);
    INGOT_TRY(declare(json, space, made));
    made->size = number_at(json, "size", UINT64_MAX);
    if (made->size > (uint64_t{1} << 30)) return bad_schema("a fixed type without a size, or of too large a one");
    INGOT_TRY(set_logical(json, *made));
    if (made->logical == Logical::duration && made->size != 12) made->logical = Logical::none;
    return made;
  }

  static Status set_logical(const SchemaJson& json, AvroType& type) {
    const std::string name = text_at(json, "logicalType");
    for (const LogicalName& known : kLogicalNames) {
      if (known.name == name && known.of == type.kind) type.logical = known.logical;
    }
    if (type.logical != Logical::decimal) return {};
    const uint64_t precision = number_at(json, "precision", 0);
    const uint64_t scale = json.contains("scale") ? number_at(json, "scale", UINT64_MAX) : 0;
    if (precision == 0 || precision > kMostPrecision || scale > precision)
      return bad_schema(fmt::format("a decimal has no precision from 1 to {}, or a scale that is none from 0 to that",
                                    kMostPrecision));
    type.precision = static_cast<uint32_t>(precision);
    type.scale = static_cast<uint32_t>(scale);
    return {};
  }

  AvroSchema& schema_;
  std::map<std::string, AvroType*> named_;
};

Result<AvroSchema> AvroSchema::parse(std::string_view json) {
  const SchemaJson parsed = SchemaJson::parse(json, nullptr, false);
  if (parsed.is_discarded()) return bad_schema("it is no JSON");
  AvroSchema schema;
  INGOT_ASSIGN(schema.top_, AvroSchemaReader(schema).read(parsed, "", 0));
  if (schema.top_->kind != AvroKind::record)
    return fail(Code::source_unreadable, "its values are no records", "write a schema with a record at its top");
  INGOT_ASSIGN(schema.fields_, FieldTree().write(*schema.top_));
  return schema;
}

std::vector<FileColumn> AvroSchema::columns() const {
  std::vector<FileColumn> columns;
  for (size_t i = 0; i < field_names_.size(); ++i)
    columns.push_back({field_names_[i], plain_contract_type(without_null(*top_->parts[i]))});
  return columns;
}

}  // namespace ingot
