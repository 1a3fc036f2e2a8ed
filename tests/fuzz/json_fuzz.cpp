// JSON in both layouts against nlohmann's parser, and against itself: cut otherwise, and record by record.

#include <nlohmann/json.hpp>
#include <set>

#include "decoded_unit.h"

namespace ingot::fuzz {
namespace {

using Json = nlohmann::json;
using Layout = JsonOptions::Layout;

constexpr std::string_view kMark = "\xEF\xBB\xBF";

/// What nlohmann's parser finds in a text.
class Reference final : public nlohmann::json_sax<Json> {
 public:
  explicit Reference(std::string_view text) {
    // Other policies of nlohmann's: it takes a NUL for the end, and skips a byte order mark.
    accepted = text.find('\0') == text.npos && !text.starts_with(kMark) && Json::sax_parse(text, this);
    object = accepted && text[text.find_first_not_of(" \t\r\n")] == '{';
  }

  bool accepted = false;
  bool object = false;
  bool huge_number = false;  // no double can hold it, which nlohmann calls an error: nothing is known
  bool repeats_keys = false;
  int depth = 0;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return open(); }
  bool start_array(size_t) override { return open(); }
  bool end_object() override { return keys_.pop_back(), true; }
  bool end_array() override { return keys_.pop_back(), true; }
  bool key(string_t& name) override {
    repeats_keys |= !keys_.back().insert(name).second;
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
    huge_number = error.id == 406;
    return false;
  }

 private:
  bool open() {
    keys_.emplace_back();
    depth = std::max(depth, static_cast<int>(keys_.size()));
    return true;
  }

  std::vector<std::set<std::string>> keys_;
};

struct Place {
  const char* path;
  const char* pointer;
};
constexpr Place kPlaces[] = {{"a", "/a"}, {"a.b", "/a/b"}, {"c[1]", "/c/1"}, {"c[1].a", "/c/1/a"}, {"\"\"", "/"}};

Slot make_slot(std::vector<const char*> paths, const char* type, bool as_source_text = false) {
  Slot slot;
  for (const char* path : paths) slot.sources.push_back(*parse_path(path));
  slot.type = *parse_type(type);
  slot.as_source_text = as_source_text;
  return slot;
}

/// The places as json, then as text; then others, which are compared with themselves only.
std::vector<Slot> make_slots() {
  std::vector<Slot> slots;
  for (const char* type : {"json", "text"}) {
    for (const Place& place : kPlaces) slots.push_back(make_slot({place.path}, type));
  }
  slots.push_back(make_slot({"n", "a"}, "integer"));
  slots.push_back(make_slot({"n"}, "numeric(6,2)"));
  slots.push_back(make_slot({"n.x", "n"}, "varchar(3)"));
  slots.push_back(make_slot({"n"}, "boolean"));
  slots.push_back(make_slot({"a"}, "text", true));
  return slots;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

void check_values(const Record& record, std::string_view text) {
  const Json json = Json::parse(text);
  for (size_t i = 0; i < std::size(kPlaces); ++i) {
    const auto& raw = record.values[i];
    const auto& shown = record.values[i + std::size(kPlaces)];
    const Json::json_pointer pointer(kPlaces[i].pointer);
    // A pointer's number may also be an object's key.
    const bool within_array = i != 2 && i != 3 ? true : json.contains("c") && json["c"].is_array();
    const bool present = within_array && json.contains(pointer) && !json[pointer].is_null();
    require(raw.has_value() == present, "a value is there or not", text);
    if (!present) {
      require(!shown, "a text is there or not", text);
      continue;
    }
    const Json& value = json[pointer];
    require(Json::parse(*raw) == value && text.find(*raw) != text.npos, "a value's JSON", text);
    const auto slot = static_cast<uint16_t>(i + std::size(kPlaces));
    Fault expected = Fault::none;
    if (value.is_structured()) {
      expected = Fault::wrong_shape;
    } else if (value.is_string()) {
      const auto content = value.get<std::string>();
      if (content.find('\0') != content.npos) expected = Fault::nul_byte;
      require(expected != Fault::none || shown == content, "a string's content", text);
    } else {
      require(shown == raw, "a number's or boolean's text", text);
    }
    Fault found = Fault::none;
    for (const RecordFault& fault : record.faults) found = fault.slot == slot ? fault.fault : found;
    require(found == expected, "a text's fault", text);
  }
}

void check_record(const Record& record, std::string_view text, int max_depth) {
  const Reference reference(text);
  if (reference.huge_number) return;
  switch (record.own_fault()) {
    case Fault::none:
      require(reference.accepted && reference.object && reference.depth <= max_depth, "what is taken is JSON", text);
      if (!reference.repeats_keys) check_values(record, text);
      break;
    case Fault::too_deep:
      require(!reference.accepted || reference.depth > max_depth, "what is refused as too deep is", text);
      break;
    case Fault::duplicate_key:
      require(!reference.accepted || reference.repeats_keys, "what is refused for a repeated key has one", text);
      break;
    case Fault::not_an_object:
      require(reference.accepted && !reference.object, "what is refused as no object is none", text);
      break;
    default:
      require(!reference.accepted, "what is refused is no JSON", text);
  }
}

/// Decodes a record's own bytes again, alone.
void check_alone(const Record& record, std::string_view text, int max_depth, const std::vector<Slot>& slots,
                 std::string_view bytes) {
  // Where the record has lines of its own, as an array's only element: there no other record can be found in it.
  const bool lines = text.find('\n') == text.npos;
  if (lines && text.starts_with(kMark)) return;
  const std::string alone = lines ? std::string(text) : "[" + std::string(text) + "]";
  const auto format = make_json_format({lines ? Layout::lines : Layout::values, {}, max_depth}, slots);
  const DecodedUnit unit = Unit(*format, slots, alone).decode({});
  if (!lines && !unit.error.empty()) return;
  if (!lines && unit.records.size() != 1) return;
  require(unit.error.empty() && unit.records.size() == 1, "a record alone is a record", text);
  Record again = unit.records[0];
  const std::string_view before = bytes.substr(0, record.offset);
  const size_t newline = before.rfind('\n');
  const size_t column = newline == before.npos ? before.size() : before.size() - newline - 1;
  for (RecordFault& fault : again.faults) {
    if (fault.line_delta == 0) fault.column += static_cast<uint32_t>(column) - (lines ? 0 : 1);
  }
  require(same_content(again, record), "a record alone is the same", text);
}

void check_lines(const DecodedUnit& unit, std::string_view bytes) {
  require(unit.error.empty(), "lines never fail as a whole", unit.error);
  size_t next = 0;
  for (size_t at = bytes.starts_with(kMark) ? kMark.size() : 0; at < bytes.size();) {
    const size_t end = std::min(bytes.find('\n', at), bytes.size());
    const std::string_view line = bytes.substr(at, end - at);
    if (!is_blank(line)) {
      require(next < unit.records.size(), "no line is left out", line);
      const Record& record = unit.records[next++];
      const size_t begin = line.find_first_not_of(" \t\r"), last = line.find_last_not_of(" \t\r");
      require(record.offset == at + begin && record.length == last + 1 - begin, "a record is its line", line);
    }
    at = end + 1;
  }
  require(next == unit.records.size(), "no line is made up", bytes);
}

/// What lies between the records of an array or stream must be nothing but what separates them.
void check_values_layout(const DecodedUnit& unit, std::string_view bytes) {
  const std::string_view content = bytes.substr(bytes.starts_with(kMark) ? kMark.size() : 0);
  const Reference reference(content);
  const size_t first = content.find_first_not_of(" \t\r\n");
  const bool array = first != content.npos && content[first] == '[';
  if (!unit.error.empty()) {
    require(!reference.accepted, "what is refused as a whole is no JSON", bytes);
    return;
  }
  std::string between;
  size_t end = bytes.size() - content.size();
  bool sound = true;  // is every record JSON?
  const auto add = [&](std::string_view gap) {
    for (const char c : gap) {
      if (!is_blank({&c, 1})) between += c;
    }
  };
  for (const Record& record : unit.records) {
    add(bytes.substr(end, record.offset - end));
    end = record.offset + record.length;
    const Fault fault = record.own_fault();
    sound &= fault == Fault::none || fault == Fault::not_an_object || fault == Fault::duplicate_key;
  }
  add(bytes.substr(end));
  const std::string commas(unit.records.empty() ? 0 : unit.records.size() - 1, ',');
  require(between == (array ? "[" + commas + "]" : ""), "every byte belongs to a record or separates", bytes);
  if (array && reference.accepted) {
    require(Json::parse(content).size() == unit.records.size(), "an array's elements are the records", bytes);
  }
  if (!array && reference.accepted) require(unit.records.size() == 1, "a document is one record", bytes);
  if (array && sound && !reference.accepted && !reference.huge_number) {
    // A repeated key ends the reading of its record.
    const bool repeated = std::ranges::any_of(
        unit.records, [](const Record& record) { return record.own_fault() == Fault::duplicate_key; });
    require(repeated, "what is taken as a whole is JSON", bytes);
  }
}

void run(const uint8_t* data, size_t size) {
  static const std::vector<Slot> slots = make_slots();
  Input input(data, size);
  const Layout layout = input.choose(2) == 0 ? Layout::lines : Layout::values;
  static constexpr int kDepths[] = {200, 3, 1, 64};
  const size_t flavour = input.choose(256);
  const int max_depth = kDepths[flavour % std::size(kDepths)];
  Manner manner;
  manner.pieces = {input.choose_size(), input.choose_size()};
  manner.max_rows = 1 + input.choose(200);
  manner.start = manner.max_rows % 5;
  manner.behind = "\n,]\"\\} x"[manner.max_rows % 8];
  std::string bytes(input.rest());
  // Sometimes over and over, because the decoder takes a unit in windows of 64 KiB.
  constexpr size_t kMoreThanAWindow = 70'000;
  while (flavour >= 252 && !input.rest().empty() && bytes.size() < kMoreThanAWindow) bytes += input.rest();

  const auto format = make_json_format({layout, {}, max_depth}, slots);
  const DecodedUnit whole = Unit(*format, slots, bytes).decode({});
  require(Unit(*format, slots, bytes).decode(manner) == whole, "the same however cut", bytes);
  layout == Layout::lines ? check_lines(whole, bytes) : check_values_layout(whole, bytes);
  for (size_t i = 0; i < whole.records.size(); ++i) {
    if (i > 200 && i % 64 != 0) continue;
    const Record& record = whole.records[i];
    const std::string_view text = std::string_view(bytes).substr(record.offset, record.length);
    check_record(record, text, max_depth);
    if (i < 3 || i % 16 == 0) check_alone(record, text, max_depth, slots, bytes);
  }
}

}  // namespace
}  // namespace ingot::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ingot::fuzz::run(data, size);
  return 0;
}
