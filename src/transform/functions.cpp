#include "transform/functions.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "core/names.h"

namespace ingot {
namespace {

struct Function {
  std::string_view name;
  std::string_view form;  ///< as it is written, with its arguments
  std::string_view text;
};

struct Group {
  std::string_view title;
  std::span<const Function> functions;
};

constexpr Function kOperators[] = {
    {"+", "a + b", "sum; date or timestamp plus interval; date plus days"},
    {"-", "a - b, -a", "difference; date minus date is days"},
    {"*", "a * b", "product; a decimal keeps all digits"},
    {"/", "a / b", "quotient as a double; fails where b is 0"},
    {"//", "a // b", "whole quotient of integers; fails where b is 0"},
    {"%", "a % b", "remainder; fails where b is 0"},
    {"**", "a ** b", "power, a double"},
    {"^", "a ^ b", "power, a double"},
    {"||", "a || b", "one text after the other; NULL if either is"},
    {"~~", "a like b", "`%` stands for any text, `_` for any character"},
    {"!~~", "a not like b", ""},
    {"~~*", "a ilike b", "like, ignoring case"},
    {"!~~*", "a not ilike b", ""},
    {"like_escape", "a like b escape c", ""},
    {"not_like_escape", "a not like b escape c", ""},
    {"ilike_escape", "a ilike b escape c", ""},
    {"not_ilike_escape", "a not ilike b escape c", ""},
    {"~~~", "a glob b", "shell pattern"},
    {"^@", "a ^@ b", "a starts with b"},
    {"->>", "j ->> 'name'", "a JSON member (or element, by index) as text"},
};

constexpr Function kConditions[] = {
    {"nullif", "nullif(a, b)", "NULL where a equals b, else a"},
    {"greatest", "greatest(a, b, …)", "the greatest; NULLs are passed over"},
    {"least", "least(a, b, …)", "the least; NULLs are passed over"},
};

constexpr Function kText[] = {
    {"normalize_title", "normalize_title(s)",
     "lower case, each white-space character `_`, all but letters, digits and `_` deleted"},
    {"lower", "lower(s)", "lower case"},
    {"lcase", "lcase(s)", "lower case"},
    {"upper", "upper(s)", "upper case"},
    {"ucase", "ucase(s)", "upper case"},
    {"length", "length(s)", "number of characters, or of a list's elements"},
    {"len", "len(s)", "as length"},
    {"char_length", "char_length(s)", "as length"},
    {"character_length", "character_length(s)", "as length"},
    {"strlen", "strlen(s)", "number of bytes"},
    {"trim", "trim(s), trim(s, chars)", "without spaces (or chars) at both ends"},
    {"ltrim", "ltrim(s), ltrim(s, chars)", "at the beginning"},
    {"rtrim", "rtrim(s), rtrim(s, chars)", "at the end"},
    {"left", "left(s, n)", "the first n characters"},
    {"right", "right(s, n)", "the last n characters"},
    {"substr", "substr(s, from, n)", "n characters, counted from 1"},
    {"substring", "substring(s, from, n)", "as substr"},
    {"lpad", "lpad(s, n, fill)", "filled up, or cut, to n characters, at the beginning"},
    {"rpad", "rpad(s, n, fill)", "filled up, or cut, to n characters, at the end"},
    {"repeat", "repeat(s, n)", "n times"},
    {"replace", "replace(s, a, b)", "b for every a"},
    {"translate", "translate(s, from, to)", "character by character"},
    {"reverse", "reverse(s)", "back to front"},
    {"concat", "concat(a, b, …)", "one after the other; NULLs are passed over"},
    {"concat_ws", "concat_ws(separator, a, b, …)", "with a separator; NULLs are passed over"},
    {"split_part", "split_part(s, separator, n)", "the n-th part, counted from 1; '' if there are fewer"},
    {"string_split", "string_split(s, separator)", "a list of the parts"},
    {"str_split", "str_split(s, separator)", "a list of the parts"},
    {"split", "split(s, separator)", "a list of the parts"},
    {"position", "position(a in s)", "where a begins, counted from 1; 0 if nowhere"},
    {"strpos", "strpos(s, a)", "as position"},
    {"instr", "instr(s, a)", "as position"},
    {"contains", "contains(s, a)", "is a in s?"},
    {"starts_with", "starts_with(s, a)", "does s begin with a?"},
    {"ends_with", "ends_with(s, a)", "does s end with a?"},
    {"prefix", "prefix(s, a)", "as starts_with"},
    {"suffix", "suffix(s, a)", "as ends_with"},
    {"regexp_matches", "regexp_matches(s, pattern)", "is the pattern (RE2) found in s?"},
    {"regexp_full_match", "regexp_full_match(s, pattern)", "does it match all of s? (also `s ~ pattern`)"},
    {"regexp_extract", "regexp_extract(s, pattern, group)", "what it matched; '' if nothing"},
    {"regexp_extract_all", "regexp_extract_all(s, pattern, group)", "a list of all matches"},
    {"regexp_replace", "regexp_replace(s, pattern, b, 'g')", "b for the first match, with 'g' for all"},
    {"regexp_escape", "regexp_escape(s)", "s as a pattern that matches just s"},
    {"string_split_regex", "string_split_regex(s, pattern)", "a list of the parts"},
    {"strip_accents", "strip_accents(s)", "letters without their accents"},
    {"nfc_normalize", "nfc_normalize(s)", "Unicode's composed form"},
    {"ascii", "ascii(s)", "the first character's code point"},
    {"unicode", "unicode(s)", "the first character's code point"},
    {"chr", "chr(n)", "the character of a code point"},
    {"format", "format(pattern, a, …)", "`{}` stands for the next value"},
    {"printf", "printf(pattern, a, …)", "`%d`, `%s`, … stand for the next value"},
    {"levenshtein", "levenshtein(a, b)", "edits between two texts"},
    {"url_encode", "url_encode(s)", ""},
    {"url_decode", "url_decode(s)", ""},
    {"md5", "md5(s)", "hash in hexadecimal; not fit to hide personal data"},
    {"sha1", "sha1(s)", "hash in hexadecimal; not fit to hide personal data"},
    {"sha256", "sha256(s)", "hash in hexadecimal; not fit to hide personal data"},
};

constexpr Function kNumbers[] = {
    {"abs", "abs(x)", "without sign"},
    {"sign", "sign(x)", "-1, 0 or 1"},
    {"round", "round(x, digits)", "half away from zero"},
    {"trunc", "trunc(x)", "towards zero"},
    {"floor", "floor(x)", "down"},
    {"ceil", "ceil(x)", "up"},
    {"ceiling", "ceiling(x)", "up"},
    {"mod", "mod(a, b)", "as a % b"},
    {"divide", "divide(a, b)", "as a // b"},
    {"add", "add(a, b)", "as a + b"},
    {"subtract", "subtract(a, b)", "as a - b"},
    {"multiply", "multiply(a, b)", "as a * b"},
    {"sqrt", "sqrt(x)", "fails below 0"},
    {"cbrt", "cbrt(x)", "third root"},
    {"exp", "exp(x)", ""},
    {"ln", "ln(x)", "fails at and below 0"},
    {"log", "log(x)", "to base 10; log(b, x) to base b"},
    {"log2", "log2(x)", ""},
    {"log10", "log10(x)", ""},
    {"pow", "pow(a, b)", ""},
    {"power", "power(a, b)", ""},
    {"gcd", "gcd(a, b)", ""},
    {"lcm", "lcm(a, b)", ""},
    {"sin", "sin(x)", ""},
    {"cos", "cos(x)", ""},
    {"tan", "tan(x)", ""},
    {"asin", "asin(x)", ""},
    {"acos", "acos(x)", ""},
    {"atan", "atan(x)", ""},
    {"atan2", "atan2(y, x)", ""},
    {"radians", "radians(x)", ""},
    {"degrees", "degrees(x)", ""},
    {"pi", "pi()", ""},
    {"isnan", "isnan(x)", ""},
    {"isinf", "isinf(x)", ""},
    {"isfinite", "isfinite(x)", ""},
};

constexpr Function kTimes[] = {
    {"date_part", "extract(part from t), date_part('part', t)", "year, month, day, hour, …, epoch"},
    {"datepart", "datepart('part', t)", "as date_part"},
    {"date_trunc", "date_trunc('part', t)", "the beginning of the part"},
    {"datetrunc", "datetrunc('part', t)", "as date_trunc"},
    {"date_diff", "date_diff('part', a, b)", "boundaries of the part between a and b"},
    {"datediff", "datediff('part', a, b)", "as date_diff"},
    {"date_sub", "date_sub('part', a, b)", "whole parts between a and b"},
    {"datesub", "datesub('part', a, b)", "as date_sub"},
    {"date_add", "date_add(t, interval)", "as t + interval"},
    {"age", "age(a, b)", "a minus b as years, months and days"},
    {"year", "year(t)", ""},
    {"quarter", "quarter(t)", ""},
    {"month", "month(t)", ""},
    {"week", "week(t)", "ISO week"},
    {"weekofyear", "weekofyear(t)", "ISO week"},
    {"isoyear", "isoyear(t)", "the ISO week's year"},
    {"yearweek", "yearweek(t)", ""},
    {"day", "day(t)", ""},
    {"dayofmonth", "dayofmonth(t)", ""},
    {"dayofweek", "dayofweek(t)", "Sunday is 0"},
    {"weekday", "weekday(t)", "Sunday is 0"},
    {"isodow", "isodow(t)", "Monday is 1"},
    {"dayofyear", "dayofyear(t)", ""},
    {"dayname", "dayname(t)", "in English"},
    {"monthname", "monthname(t)", "in English"},
    {"last_day", "last_day(t)", "of the month"},
    {"hour", "hour(t)", ""},
    {"minute", "minute(t)", ""},
    {"second", "second(t)", ""},
    {"millisecond", "millisecond(t)", "of the minute"},
    {"microsecond", "microsecond(t)", "of the minute"},
    {"epoch", "epoch(t)", "seconds since 1970, a double"},
    {"epoch_ms", "epoch_ms(t)", "milliseconds since 1970; of an integer, the timestamp"},
    {"epoch_us", "epoch_us(t)", "microseconds since 1970"},
    {"make_date", "make_date(year, month, day)", ""},
    {"make_timestamp", "make_timestamp(y, mo, d, h, mi, s)", "or of microseconds since 1970"},
    {"to_timestamp", "to_timestamp(seconds)", "since 1970, with time zone"},
    {"strptime", "strptime(s, format)", "text in another format as timestamp; `%d.%m.%Y`"},
    {"strftime", "strftime(t, format)", "as text in another format"},
    {"timezone", "t at time zone 'Europe/Berlin'", "an instant as local time there, or local time there as an instant"},
    {"time_bucket", "time_bucket(width, t)", "the beginning of t's bucket"},
    {"to_years", "interval n year", ""},
    {"to_months", "interval n month", ""},
    {"to_weeks", "interval n week", ""},
    {"to_days", "interval n day", ""},
    {"to_hours", "interval n hour", ""},
    {"to_minutes", "interval n minute", ""},
    {"to_seconds", "interval n second", ""},
    {"to_milliseconds", "interval n millisecond", ""},
    {"to_microseconds", "interval n microsecond", ""},
};

constexpr Function kJson[] = {
    {"json_extract", "j -> 'name'", "a member (or element, by index) as json; also json_extract(j, '$.a[0].b')"},
    {"json_extract_string", "json_extract_string(j, '$.a')", "as text"},
    {"json_extract_path", "json_extract_path(j, 'a')", "as ->"},
    {"json_extract_path_text", "json_extract_path_text(j, 'a')", "as ->>"},
    {"json_exists", "json_exists(j, '$.a')", "is there such a member?"},
    {"json_contains", "json_contains(j, k)", "is k in j?"},
    {"json_array_length", "json_array_length(j)", "number of elements"},
    {"json_keys", "json_keys(j)", "a list of the names"},
    {"json_type", "json_type(j)", "OBJECT, ARRAY, VARCHAR, …"},
    {"json_valid", "json_valid(s)", "is this text JSON?"},
    {"json_object", "json_object('a', x, …)", "makes an object"},
    {"json_array", "json_array(x, …)", "makes an array"},
    {"json_merge_patch", "json_merge_patch(a, b)", "RFC 7396"},
    {"to_json", "to_json(x)", "any value as json"},
};

constexpr Function kLists[] = {
    {"list_value", "[a, b, …]", "makes a list"},
    {"list_contains", "list_contains(l, x)", ""},
    {"list_extract", "l[n]", "the n-th element, counted from 1; NULL beyond the end"},
    {"list_position", "list_position(l, x)", ""},
    {"list_distinct", "list_distinct(l)", ""},
    {"list_sort", "list_sort(l)", ""},
    {"list_reverse", "list_reverse(l)", ""},
    {"list_concat", "list_concat(a, b)", ""},
    {"array_to_string", "array_to_string(l, separator)", "the elements as one text"},
};

constexpr Group kGroups[] = {
    {"Operators", kOperators}, {"Conditions", kConditions}, {"Text", kText},
    {"Numbers", kNumbers},     {"Dates and times", kTimes}, {"JSON", kJson},
    {"Lists", kLists},
};

constexpr std::string_view kChangesEveryRun[] = {
    "now",
    "today",
    "current_date",
    "current_timestamp",
    "current_time",
    "localtime",
    "localtimestamp",
    "get_current_time",
    "ago",
    "get_current_timestamp",
    "random",
    "setseed",
    "uuid",
    "gen_random_uuid",
    "uuidv4",
    "uuidv7",
    "nextval",
    "currval",
    "current_user",
    "user",
    "session_user",
    "current_setting",
    "current_localtime",
    "txid_current",
    "current_localtimestamp",
    "getvariable",
    "current_schema",
    "transaction_timestamp",
    "current_database",
    "version",
};

constexpr std::string_view kAggregates[] = {
    "count",   "count_star", "sum",        "avg",    "mean",      "min",      "max",  "first",
    "last",    "any_value",  "string_agg", "list",   "array_agg", "median",   "mode", "arg_max",
    "arg_min", "bool_and",   "bool_or",    "stddev", "variance",  "quantile",
};

template <class Names>
bool has(const Names& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::string unknown_hint(std::string_view name) {
  const std::string nearest = nearest_name(name, allowed_function_names());
  return nearest.empty() ? "docs/reference/functions.md lists what there is" : "did you mean " + nearest + "?";
}

}  // namespace

const std::vector<std::string>& allowed_function_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Group& group : kGroups) {
      for (const Function& function : group.functions) all.emplace_back(function.name);
    }
    all.emplace_back("coalesce");  // known to the parser, not functions of the catalog
    all.emplace_back("ifnull");
    return all;
  }();
  return names;
}

Status check_allowed(std::string_view name, size_t arguments) {
  const std::string text(name);
  if (has(kChangesEveryRun, name) || (name == "age" && arguments == 1)) {
    return fail(Code::invalid_pipeline,
                "a rerun must compute the same, and this function's result changes from run to run: \"" + text + "\"",
                "meta.loaded_at is the time of the run, kept with its plan");
  }
  if (has(kAggregates, name)) {
    return fail(Code::invalid_pipeline,
                "an expression sees one record; this function aggregates many: \"" + text + "\"",
                name == "min"   ? "least(a, b)"
                : name == "max" ? "greatest(a, b)"
                                : "");
  }
  if (name == "try_strptime") {
    return fail(Code::invalid_pipeline, "try_strptime turns what it cannot read into NULL",
                "strptime rejects the record instead");
  }
  if (!has(allowed_function_names(), name)) {
    return fail(Code::invalid_pipeline, "unknown function: \"" + text + "\"", unknown_hint(name));
  }
  return {};
}

bool divides(std::string_view name) {
  constexpr std::string_view kDividers[] = {"/", "//", "%", "mod", "divide"};
  return has(kDividers, name);
}

bool is_clock_name(std::string_view name) {
  constexpr std::string_view kBare[] = {"current_date", "current_time", "current_timestamp", "localtime",
                                        "localtimestamp"};
  return has(kBare, name);
}

std::string functions_reference_markdown() {
  std::string text;
  for (const Group& group : kGroups) {
    text += (text.empty() ? "## " : "\n## ") + std::string(group.title) + "\n\n| | |\n|---|---|\n";
    for (const Function& function : group.functions) {
      std::string form(function.form);
      for (size_t at = 0; (at = form.find('|', at)) != std::string::npos; at += 2) form.insert(at, "\\");
      text += "| `" + form + "` | " + std::string(function.text) + " |\n";
    }
  }
  return text;
}

}  // namespace ingot
