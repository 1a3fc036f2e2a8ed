#include "types/type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>
#include <vector>

#include "core/names.h"
#include "types/type_names.h"

namespace ingot {

namespace {

constexpr uint32_t kMaxPrecision = 38;
constexpr uint32_t kMaxVarchar = 10'485'760;  // Postgres's limit; beyond it a bound bounds nothing

constexpr std::string_view kSupported =
    "smallint, integer, bigint, real, double precision, numeric(p,s), varchar(n), text, boolean, date, timestamp, "
    "timestamptz, time, interval, uuid, json, bytea, and arrays such as integer[]";

// ---- the text in pieces ---------------------------------------------------------------------------------------------

/// `numeric ( 10, 2 )` → name "numeric", arguments {"10", "2"}.
struct TypeText {
  std::string name;  ///< lower case, words separated by one space; those after the parentheses included
  std::vector<std::string> arguments;
  bool parentheses = false;
};

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Lowers, and joins the words by single spaces.
std::string words(std::string_view text) {
  std::string joined;
  bool gap = false;
  for (const char c : text) {
    if (is_space(c)) {
      gap = !joined.empty();
    } else {
      if (gap) joined += ' ';
      gap = false;
      joined += lower_ascii(c);
    }
  }
  return joined;
}

std::vector<std::string> split_arguments(std::string_view text) {
  std::vector<std::string> arguments;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    arguments.push_back(words(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return arguments;
}

bool take_apart(std::string_view text, TypeText& out) {
  const size_t open = text.find('(');
  const size_t close = text.find(')');
  if (open == std::string_view::npos && close == std::string_view::npos) {
    out.name = words(text);
    return true;
  }
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return false;
  if (text.find_first_of("()", open + 1) != close || text.find_first_of("()", close + 1) != std::string_view::npos) {
    return false;
  }
  out.parentheses = true;
  out.arguments = split_arguments(text.substr(open + 1, close - open - 1));
  out.name = words(fmt::format("{} {}", text.substr(0, open), text.substr(close + 1)));
  return true;
}

// ---- names ----------------------------------------------------------------------------------------------------------

struct NamedKind {
  std::string_view name;
  Kind kind;
};

constexpr std::array kNames{
    NamedKind{"smallint", Kind::int16},
    NamedKind{"int2", Kind::int16},
    NamedKind{"integer", Kind::int32},
    NamedKind{"int", Kind::int32},
    NamedKind{"int4", Kind::int32},
    NamedKind{"bigint", Kind::int64},
    NamedKind{"int8", Kind::int64},
    NamedKind{"long", Kind::int64},
    NamedKind{"real", Kind::float32},
    NamedKind{"float4", Kind::float32},
    NamedKind{"double precision", Kind::float64},
    NamedKind{"double", Kind::float64},
    NamedKind{"float8", Kind::float64},
    NamedKind{"float", Kind::float64},
    NamedKind{"numeric", Kind::decimal},
    NamedKind{"decimal", Kind::decimal},
    NamedKind{"dec", Kind::decimal},
    NamedKind{"varchar", Kind::text},
    NamedKind{"character varying", Kind::text},
    NamedKind{"text", Kind::text},
    NamedKind{"string", Kind::text},
    NamedKind{"date", Kind::date},
    NamedKind{"timestamp", Kind::timestamp},
    NamedKind{"timestamp without time zone", Kind::timestamp},
    NamedKind{"datetime", Kind::timestamp},
    NamedKind{"timestamptz", Kind::timestamptz},
    NamedKind{"timestamp with time zone", Kind::timestamptz},
    NamedKind{"time", Kind::time},
    NamedKind{"time without time zone", Kind::time},
    NamedKind{"interval", Kind::interval},
    NamedKind{"uuid", Kind::uuid},
    NamedKind{"json", Kind::json},
    NamedKind{"jsonb", Kind::json},
    NamedKind{"bytea", Kind::binary},
    NamedKind{"blob", Kind::binary},
    NamedKind{"boolean", Kind::boolean},
    NamedKind{"bool", Kind::boolean},
};

/// A real SQL type that Ingot does not take, and what to write instead; "" if there is nothing.
struct Refused {
  std::string_view name;
  std::string_view instead;
};

constexpr std::string_view kNoPadding = "varchar(n), because blank padding would change the values";

constexpr std::string_view kNoZone = "time, with the offset in a column of its own, or timestamptz";
constexpr std::string_view kAsText = "text; into a column that has this type in PostgreSQL the server converts it";

constexpr std::array kRefused{
    Refused{"char", kNoPadding},        Refused{"character", kNoPadding},
    Refused{"bpchar", kNoPadding},      Refused{"nchar", kNoPadding},
    Refused{"tinyint", "smallint"},     Refused{"hugeint", "numeric(38,0)"},
    Refused{"money", "numeric(19,2)"},  Refused{"serial", "integer"},
    Refused{"bigserial", "bigint"},     Refused{"time with time zone", kNoZone},
    Refused{"timetz", kNoZone},         Refused{"binary", "bytea"},
    Refused{"varbinary", "bytea"},      Refused{"bit", ""},
    Refused{"bit varying", ""},         Refused{"varbit", ""},
    Refused{"enum", kAsText},           Refused{"xml", kAsText},
    Refused{"inet", kAsText},           Refused{"cidr", kAsText},
    Refused{"macaddr", kAsText},        Refused{"int4range", kAsText},
    Refused{"int8range", kAsText},      Refused{"numrange", kAsText},
    Refused{"daterange", ""},           Refused{"tsrange", ""},
    Refused{"tstzrange", ""},           Refused{"geometry", ""},
    Refused{"geography", ""},           Refused{"point", ""},
    Refused{"vector", "real[]"},        Refused{"hstore", "json"},
    Refused{"int16", "smallint"},       Refused{"int32", "integer"},
    Refused{"int64", "bigint"},         Refused{"float32", "real"},
    Refused{"float64", "double"},       Refused{"str", "text"},
    Refused{"object", "text, or json"}, Refused{"number", "numeric(p,s)"},
    Refused{"datetime64", "timestamp"}, Refused{"varchar2", "varchar(n)"},
};

tl::unexpected<Error> invalid(std::string message, std::string hint) {
  return fail(Code::invalid_pipeline, std::move(message), std::move(hint));
}

tl::unexpected<Error> refuse(const Refused& refused, std::string_view text) {
  if (!refused.instead.empty()) {
    return invalid(fmt::format("unsupported type: \"{}\"", text), fmt::format("write {}", refused.instead));
  }
  return invalid(fmt::format("type not supported yet: \"{}\"", text), fmt::format("supported are {}", kSupported));
}

tl::unexpected<Error> unknown(const std::string& name, std::string_view text) {
  std::vector<std::string> valid;
  for (const NamedKind& known : kNames) valid.emplace_back(known.name);
  const std::string near = nearest_name(name, valid);
  return invalid(fmt::format("unknown type: \"{}\"", text),
                 near.empty() ? fmt::format("supported are {}", kSupported) : fmt::format("did you mean {}?", near));
}

Result<Kind> find_kind(const std::string& name, std::string_view text) {
  const auto known = std::find_if(kNames.begin(), kNames.end(), [&](const NamedKind& k) { return k.name == name; });
  if (known != kNames.end()) return known->kind;
  const auto refused = std::find_if(kRefused.begin(), kRefused.end(), [&](const Refused& r) { return r.name == name; });
  if (refused != kRefused.end()) return refuse(*refused, text);
  return unknown(name, text);
}

// ---- arguments ------------------------------------------------------------------------------------------------------

// Reads a whole number of at most `most`; false for anything else.
bool read_count(const std::string& text, uint32_t least, uint32_t most, uint32_t& out) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && stopped == end && out >= least && out <= most;
}

Result<Type> make_decimal(const TypeText& parts, std::string_view text) {
  if (!parts.parentheses) {
    return invalid(
        fmt::format("type without a number of digits: \"{}\"", text),
        "give digits in all and after the point, e.g. numeric(18,4); without them no value could be checked");
  }
  uint32_t precision = 0;
  uint32_t scale = 0;
  if (parts.arguments.size() > 2 || !read_count(parts.arguments[0], 1, kMaxPrecision, precision) ||
      (parts.arguments.size() == 2 && !read_count(parts.arguments[1], 0, precision, scale))) {
    return invalid(fmt::format("invalid number of digits: \"{}\"", text),
                   fmt::format("write numeric(p,s): p digits in all, 1 to {}, of which s, 0 to p, after the point",
                               kMaxPrecision));
  }
  return Type{Kind::decimal, static_cast<uint8_t>(precision), static_cast<uint8_t>(scale), 0};
}

Result<Type> make_varchar(const TypeText& parts, std::string_view text) {
  Type type{Kind::text, 0, 0, 0};
  if (!parts.parentheses) return type;
  if (parts.arguments.size() != 1 || !read_count(parts.arguments[0], 1, kMaxVarchar, type.max_chars)) {
    return invalid(fmt::format("invalid number of characters: \"{}\"", text),
                   fmt::format("write varchar(n), n being 1 to {}, or text for any length", kMaxVarchar));
  }
  return type;
}

bool is_timed(Kind kind) { return kind == Kind::timestamp || kind == Kind::timestamptz || kind == Kind::time; }

// What a type that takes no argument should be written as, its argument being wrong.
std::string hint_without_argument(const TypeText& parts, Kind kind) {
  if (parts.name == "float") return "write real (24 binary digits) or double precision (53)";
  if (kind == Kind::text) return "write varchar(n) for a greatest length";
  if (is_timed(kind)) {
    return fmt::format("write {}; microseconds are kept, so that nothing is rounded", parts.name);
  }
  return fmt::format("write {}", parts.name);
}

Result<Type> make_plain(const TypeText& parts, Kind kind, std::string_view text) {
  const bool microseconds = is_timed(kind) && parts.arguments == std::vector<std::string>{"6"};
  if (parts.parentheses && !microseconds) {
    return invalid(fmt::format("type takes no such argument: \"{}\"", text), hint_without_argument(parts, kind));
  }
  return Type{kind, 0, 0, 0};
}

struct NamedEncoding {
  std::string_view name;
  Encoding encoding;
};

constexpr std::array kEncodings{
    NamedEncoding{"hex", Encoding::hex},
    NamedEncoding{"base64", Encoding::base64},
    NamedEncoding{"base64url", Encoding::base64url},
};

Result<Type> make_binary(const TypeText& parts, std::string_view text) {
  Type type{Kind::binary};
  if (!parts.parentheses) return type;
  const auto* named = std::find_if(kEncodings.begin(), kEncodings.end(), [&](const NamedEncoding& e) {
    return parts.arguments == std::vector<std::string>{std::string(e.name)};
  });
  if (named == kEncodings.end()) {
    return invalid(fmt::format("unknown spelling of bytes: \"{}\"", text),
                   R"(write bytea (\x and hexadecimal digits), bytea(hex), bytea(base64) or bytea(base64url))");
  }
  type.encoding = named->encoding;
  return type;
}

Result<Type> make_scalar(std::string_view text) {
  TypeText parts;
  if (!take_apart(text, parts)) {
    return invalid(fmt::format("invalid parentheses in type: \"{}\"", text), "write e.g. numeric(10,2) or varchar(40)");
  }
  INGOT_ASSIGN(const Kind kind, find_kind(parts.name, text));
  if (kind == Kind::decimal) return make_decimal(parts, text);
  if (kind == Kind::binary) return make_binary(parts, text);
  if (parts.name == "varchar" || parts.name == "character varying") return make_varchar(parts, text);
  return make_plain(parts, kind, text);
}

bool can_be_element(Kind kind) {
  return kind != Kind::json && kind != Kind::interval && kind != Kind::binary && kind != Kind::array;
}

// `element` is what stands before the brackets.
Result<Type> make_array(std::string_view element, std::string_view text) {
  if (element.find('[') != std::string_view::npos) {
    return invalid(fmt::format("array of more than one dimension: \"{}\"", text), "write json, which holds any");
  }
  INGOT_ASSIGN(Type type, make_scalar(element));
  if (!can_be_element(type.kind)) {
    return invalid(fmt::format("unsupported array: \"{}\"", text),
                   type.kind == Kind::json ? "write json, which holds arrays too" : "write text[], or json");
  }
  type.element = type.kind;
  type.kind = Kind::array;
  return type;
}

// `integer[]` → "integer"; nothing where the type does not end in brackets, or they hold something.
std::string_view before_brackets(std::string_view text) {
  const auto trim = [&] {
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  };
  for (const char bracket : {']', '['}) {
    trim();
    if (!text.ends_with(bracket)) return {};
    text.remove_suffix(1);
  }
  trim();
  return text;
}

}  // namespace

std::vector<std::string_view> type_names() {
  std::vector<std::string_view> names;
  for (const NamedKind& named : kNames) names.push_back(named.name);
  return names;
}

Result<Type> parse_type(std::string_view text) {
  const size_t bracket = text.find('[');
  if (bracket == std::string_view::npos) return make_scalar(text);
  const std::string_view element = before_brackets(text);
  if (!element.empty()) return make_array(element, text);
  return invalid(fmt::format("invalid brackets in type: \"{}\"", text),
                 "write e.g. integer[]; no database checks a number of elements");
}

std::string sql_name(const Type& type) {
  switch (type.kind) {
    case Kind::boolean:
      return "boolean";
    case Kind::int16:
      return "smallint";
    case Kind::int32:
      return "integer";
    case Kind::int64:
      return "bigint";
    case Kind::float32:
      return "real";
    case Kind::float64:
      return "double precision";
    case Kind::decimal:
      return fmt::format("numeric({},{})", type.precision, type.scale);
    case Kind::text:
      return type.max_chars == 0 ? "text" : fmt::format("varchar({})", type.max_chars);
    case Kind::date:
      return "date";
    case Kind::timestamp:
      return "timestamp";
    case Kind::timestamptz:
      return "timestamptz";
    case Kind::time:
      return "time";
    case Kind::interval:
      return "interval";
    case Kind::uuid:
      return "uuid";
    case Kind::json:
      return "json";
    case Kind::binary:
      return "bytea";
    case Kind::array:
      return sql_name(element_type(type)) + "[]";
  }
  return "text";
}

std::string declared_name(const Type& type) {
  const auto* named =
      std::find_if(kEncodings.begin(), kEncodings.end(), [&](const auto& e) { return e.encoding == type.encoding; });
  return named == kEncodings.end() ? sql_name(type) : fmt::format("{}({})", sql_name(type), named->name);
}

}  // namespace ingot
