// Compares with nlohmann::json on random documents and random damage; the seeds are fixed.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "format/json/json_test_rig.h"

namespace ingot::json {
namespace {

using Json = nlohmann::json;
using Layout = JsonOptions::Layout;

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  size_t below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }

  std::string space() {
    static const char* kSpaces[] = {"", "", "", " ", "\t", "  \r"};
    return kSpaces[below(std::size(kSpaces))];
  }

  std::string key() {
    static const char* kKeys[] = {
        "a", "b", "c", "long_key_of_more_than_sixteen_bytes", "é", "", "d\\u0065", "\\\"", "x\\\\", "k{", "b "};
    return kKeys[below(std::size(kKeys))];
  }

  std::string string() {
    static const char* kParts[] = {"x",    "word ", "\\n",      "\\\"",           "\\\\",    "é",
                                   "東京", "😀",     "\\u00e9",  "\\ud83d\\ude00", "{",       "}",
                                   "[,]",  ":",     "\\/",      "\\u0041",        "\\uFFFF", "0123456789abcdef",
                                   "\x7f", "\\t",   "\\\\\\\\", "\\u0000"};
    std::string text = "\"";
    for (size_t i = below(8); i > 0; --i) text += kParts[below(std::size(kParts))];
    return text + "\"";
  }

  std::string number() {
    static const char* kNumbers[] = {
        "0",   "-0",  "1",      "-12",   "3.25",  "1e3",        "1E+2",       "-1.5e-7", "12345678901234567",
        "0.1", "100", "2.50e1", "1e-10", "99999", "2147483648", "0.00000001", "-7.0",    "1234567.125"};
    return kNumbers[below(std::size(kNumbers))];
  }

  std::string value(int depth) {
    switch (below(depth > 4 ? 5 : 8)) {
      case 0:
        return string();
      case 1:
        return number();
      case 2:
        return "true";
      case 3:
        return "null";
      case 4:
        return below(2) == 0 ? "false" : string();
      case 5:
        return list('[', ']', [&] { return value(depth + 1); });
      default:
        return object(depth + 1);
    }
  }

  std::string object(int depth) {
    return list('{', '}', [&] { return "\"" + key() + "\"" + space() + ":" + space() + value(depth); });
  }

  std::string damage(std::string text) {
    static const std::string kBytes = std::string("{}[]\",:\\0123e.-+tfnu \t\x01\x1f\x80\xff\xc3\xa9") + '\0';
    for (size_t i = 1 + below(3); i > 0 && !text.empty(); --i) {
      const size_t at = below(text.size());
      switch (below(4)) {
        case 0:
          text.erase(at, 1 + below(3));
          break;
        case 1:
          text.insert(at, 1, kBytes[below(kBytes.size())]);
          break;
        case 2:
          text[at] = kBytes[below(kBytes.size())];
          break;
        default:
          text.resize(at);
      }
    }
    return text;
  }

 private:
  template <class Item>
  std::string list(char open, char close, Item item) {
    std::string text = open + space();
    const size_t count = below(5);
    for (size_t i = 0; i < count; ++i) text += (i > 0 ? "," : "") + space() + item() + space();
    return text + close;
  }

  std::mt19937_64 random_;
};

bool has_nul(const std::string& text) { return text.find('\0') != text.npos; }

// What a text slot must hold.
std::optional<std::string> expected_text(const Json& value, const std::string& raw, Fault& fault) {
  if (value.is_null()) return std::nullopt;
  if (value.is_structured()) return fault = Fault::wrong_shape, std::nullopt;
  if (value.is_number() || value.is_boolean()) return raw;
  if (has_nul(value.get<std::string>())) return fault = Fault::nul_byte, std::nullopt;
  return value.get<std::string>();
}

// Does any object repeat a key, by nlohmann's events? Those records are left out: policies differ.
bool repeats_keys(const std::string& text) {
  std::vector<std::vector<std::string>> open;
  bool repeated = false;
  [[maybe_unused]] const Json parsed_again = Json::parse(text, [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key) {
      auto& keys = open.back();
      repeated |= std::find(keys.begin(), keys.end(), parsed.get<std::string>()) != keys.end();
      keys.push_back(parsed.get<std::string>());
    }
    return true;
  });
  return repeated;
}

// nlohmann takes a NUL for the text's end.
bool is_json(const std::string& text) { return !has_nul(text) && Json::accept(text); }

// Numbers are right by the RFC whatever their size; nlohmann refuses what no double can hold.
bool exceeds_doubles(const std::string& text) {
  try {
    const Json parsed = Json::parse(text);
    return false;
  } catch (const Json::out_of_range&) {
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

void check_record(const TestRow& row, const std::string& text) {
  ASSERT_EQ(row.text, text);
  if (exceeds_doubles(text)) return;
  if (!is_json(text)) {
    EXPECT_NE(row.fault(), Fault::none) << text;
    ASSERT_EQ(row.faults.size(), 1u);
    EXPECT_EQ(row.faults[0].slot, -1);
    for (const auto& value : row.values) EXPECT_EQ(value, std::nullopt);
    return;
  }
  const Json json = Json::parse(text);
  if (!json.is_object()) {
    EXPECT_EQ(row.fault(), Fault::not_an_object) << text;
    return;
  }
  if (repeats_keys(text)) return;
  ASSERT_TRUE(row.faults.empty() || row.faults[0].slot >= 0) << text << " " << fault_name(row.fault());
  // Slots 0 to 4: json of a, a.b, c[1], c[1].a, é; 5 to 9: the same as text.
  static const Json::json_pointer kPlaces[] = {Json::json_pointer("/a"), Json::json_pointer("/a/b"),
                                               Json::json_pointer("/c/1"), Json::json_pointer("/c/1/a"),
                                               Json::json_pointer("/é")};
  std::vector<TestFault> expected_faults;
  for (size_t i = 0; i < std::size(kPlaces); ++i) {
    const auto& raw = row.values[i];
    const std::string pointer = kPlaces[i].to_string();
    // A JSON pointer takes "1" for a key too, but no such key is generated.
    if (!json.contains(kPlaces[i]) || json[kPlaces[i]].is_null()) {
      EXPECT_EQ(raw, std::nullopt) << text << pointer;
      EXPECT_EQ(row.values[i + 5], std::nullopt) << text << pointer;
      continue;
    }
    const Json& value = json[kPlaces[i]];
    ASSERT_TRUE(raw) << text << pointer;
    EXPECT_EQ(Json::parse(*raw), value) << text << pointer;
    EXPECT_NE(text.find(*raw), text.npos);
    Fault fault = Fault::none;
    EXPECT_EQ(row.values[i + 5], expected_text(value, *raw, fault)) << text << pointer;
    const bool listed = std::any_of(row.faults.begin(), row.faults.end(), [&](const TestFault& f) {
      return f.slot == static_cast<int>(i + 5) && f.fault == fault;
    });
    EXPECT_EQ(listed, fault != Fault::none) << text << pointer;
  }
}

std::vector<Slot> random_slots() {
  std::vector<Slot> slots;
  for (const char* type : {"json", "text"}) {
    for (const char* path : {"a", "a.b", "c[1]", "c[1].a", "\"é\""}) slots.push_back(test_slot(path, type));
  }
  return slots;
}

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  return begin == text.npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

class RandomJson : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Seeds, RandomJson, testing::Range(1, 9));

TEST_P(RandomJson, lines_agree_with_nlohmann) {
  Generator make(static_cast<uint64_t>(GetParam()));
  std::vector<std::string> texts;
  std::string unit;
  for (int i = 0; i < 1500; ++i) {
    std::string text = make.below(20) == 0 ? make.value(0) : make.object(0);
    if (make.below(3) == 0) text = make.damage(std::move(text));
    unit += text + "\n";
    if (std::string record = trimmed(text); !record.empty()) texts.push_back(std::move(record));
  }
  const TestRig rig(Layout::lines, random_slots());
  const TestRun run = rig.run(unit);
  ASSERT_EQ(run.error, "");
  ASSERT_EQ(run.rows.size(), texts.size());
  for (size_t i = 0; i < texts.size(); ++i) check_record(run.rows[i], texts[i]);
  EXPECT_EQ(rig.run(unit, {1 + make.below(5000), 1 + make.below(5000)}, 1 + make.below(300)), run);
}

TEST_P(RandomJson, arrays_and_streams_give_the_same_records) {
  Generator make(static_cast<uint64_t>(100 + GetParam()));
  std::vector<std::string> texts;
  std::string array = "[", stream;
  for (int i = 0; i < 500; ++i) {
    texts.push_back(make.object(0));
    if (i > 0) array += make.space() + "," + make.space() + (make.below(3) == 0 ? "\n" : "");
    array += texts.back();
    stream += texts.back() + make.space() + (make.below(2) == 0 ? "\n" : "");
  }
  array += " ]\n";
  const TestRig rig(Layout::values, random_slots());
  for (const std::string& unit : {array, stream}) {
    const TestRun run = rig.run(unit);
    ASSERT_EQ(run.error, "");
    ASSERT_EQ(run.rows.size(), texts.size());
    for (size_t i = 0; i < texts.size(); ++i) check_record(run.rows[i], texts[i]);
    EXPECT_EQ(rig.run(unit, {1 + make.below(3000), 1 + make.below(3000)}, 1 + make.below(300)), run);
  }
}

// Whatever happens to an array or a stream, no record may come out that is not one, and the result may not depend on
// cuts.
TEST_P(RandomJson, damaged_units_give_the_same_however_cut) {
  Generator make(static_cast<uint64_t>(200 + GetParam()));
  const TestRig rig(Layout::values, random_slots());
  for (int i = 0; i < 300; ++i) {
    const bool array = make.below(2) == 0;
    std::string unit = array ? "[" : "";
    for (size_t k = make.below(12); k > 0; --k) unit += make.object(1) + (array ? "," : make.below(4) == 0 ? "" : "\n");
    if (array) unit.back() = unit.size() > 1 ? ']' : '[';
    unit = make.damage(std::move(unit));
    const TestRun run = rig.run(unit);
    const TestRun again = rig.run(unit, {1 + make.below(40), 1 + make.below(90)}, 1 + make.below(5));
    if (run.error.empty()) {
      EXPECT_EQ(again, run) << unit;
      // An array that is right as a whole has as many records as elements.
      const Json whole = Json::parse(unit, nullptr, false);
      EXPECT_TRUE(!whole.is_array() || run.rows.size() == whole.size()) << unit;
      for (const TestRow& row : run.rows) check_record(row, row.text);
    } else {
      EXPECT_EQ(again.error, run.error) << unit;
      EXPECT_FALSE(is_json(unit)) << unit;
    }
  }
}

}  // namespace
}  // namespace ingot::json
