// Python literals: against themselves, cut otherwise and line by line; and JSON that is written as a literal against
// the JSON that comes out. Against CPython: tests/e2e/test_pyliteral.py.

#include <nlohmann/json.hpp>

#include "decoded_unit.h"

namespace ingot::fuzz {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 40;

Slot make_slot(const char* path, const char* type) {
  Slot slot;
  slot.sources.push_back(*parse_path(path));
  slot.type = *parse_type(type);
  return slot;
}

void write_text(const std::string& text, bool single, std::string& out) {
  const char quote = single ? '\'' : '"';
  out += quote;
  for (const char c : text) {
    if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n' || c == '\r' || c == '\0') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\x0d" : "\\000";
    } else {
      out += c;
    }
  }
  out += quote;
}

/// Writes a value as Python would, in several manners by its depth.
void write_literal(const Json& value, int depth, std::string& out) {
  if (value.is_object()) {
    out += '{';
    for (const auto& [key, inner] : value.items()) {
      write_text(key, depth % 2 == 0, out);
      out += depth % 3 == 0 ? " : " : ":";
      write_literal(inner, depth + 1, out);
      out += ',';
    }
    out += '}';
  } else if (value.is_array()) {
    const bool tuple = depth % 2 == 1;
    out += tuple ? '(' : '[';
    for (const Json& inner : value) {
      write_literal(inner, depth + 1, out);
      out += ", ";
    }
    out += tuple ? ')' : ']';
  } else if (value.is_string()) {
    write_text(value.get<std::string>(), depth % 2 == 1, out);
  } else if (value.is_boolean()) {
    out += value.get<bool>() ? "True" : "False";
  } else {
    out += value.is_null() ? "None" : value.dump();
  }
}

void check_round_trip(std::string_view text) {
  const Json value = Json::parse(text, nullptr, false);
  if (value.is_discarded() || value.is_null()) return;
  std::string literal;
  write_literal(value, 0, literal);
  const std::vector<Slot> slots = {make_slot("$", "json")};
  const auto format = make_json_format({JsonOptions::Layout::literals, {}, 1000}, slots);
  const DecodedUnit unit = Unit(*format, slots, literal).decode({});
  require(unit.error.empty() && unit.records.size() == 1, "a literal is a record", literal);
  const Fault fault = unit.records[0].own_fault();
  if (fault == Fault::too_deep) return;
  require(fault == Fault::none, "what stands for JSON is taken", literal);
  require(Json::parse(*unit.records[0].values[0]) == value, "the JSON that was written", literal);
}

void check_lines(std::string_view bytes, const Manner& manner) {
  static const std::vector<Slot> slots = {make_slot("a", "json"), make_slot("a", "text"),
                                          make_slot("a.b[0]", "integer"), make_slot("c", "numeric(6,2)")};
  const auto format = make_json_format({JsonOptions::Layout::literals, {}, kMaxDepth}, slots);
  const DecodedUnit whole = Unit(*format, slots, bytes).decode({});
  require(Unit(*format, slots, bytes).decode(manner) == whole, "the same however cut", bytes);
  require(whole.error.empty(), "lines never fail as a whole", whole.error);
  for (size_t i = 0; i < whole.records.size() && i < 200; ++i) {
    const Record& record = whole.records[i];
    const std::string text(bytes.substr(record.offset, record.length));
    if (text.starts_with("\xEF\xBB\xBF")) continue;
    require(!record.values[0] || Json::accept(*record.values[0]), "what comes out is JSON", text);
    const DecodedUnit alone = Unit(*format, slots, text).decode({});
    require(alone.records.size() == 1, "a record alone is a record", text);
    for (size_t slot = 0; slot < slots.size(); ++slot) {
      require(alone.records[0].values[slot] == record.values[slot], "a record alone is the same", text);
    }
  }
}

void run(const uint8_t* data, size_t size) {
  Input input(data, size);
  Manner manner;
  manner.pieces = {input.choose_size(), input.choose_size()};
  manner.max_rows = 1 + input.choose(200);
  manner.start = manner.max_rows % 5;
  manner.behind = "\n,]'\\} 0"[manner.max_rows % 8];
  check_lines(input.rest(), manner);
  check_round_trip(input.rest());
}

}  // namespace
}  // namespace ingot::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ingot::fuzz::run(data, size);
  return 0;
}
