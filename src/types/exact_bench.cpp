#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "types/exact.h"
#include "types/property_test.h"

namespace ingot::exact {
namespace {

constexpr size_t kValues = 4096;  // more than a branch predictor learns by heart, few enough for the cache

// Every `#` becomes a random digit, so that lengths are those of `patterns`.
std::vector<std::string> values(const std::vector<std::string>& patterns) {
  RandomText random(1);
  std::vector<std::string> made;
  for (size_t i = 0; i < kValues; ++i) {
    made.push_back(patterns[random.below(patterns.size())]);
    for (char& c : made.back()) {
      if (c == '#') c = static_cast<char>('1' + random.below(9));
    }
  }
  return made;
}

template <class T, class Parse>
void run(benchmark::State& state, const std::vector<std::string>& texts, Parse parse) {
  size_t faults = 0;
  for ([[maybe_unused]] auto _ : state) {
    for (const std::string& text : texts) {
      T out{};
      faults += parse(text, out) != Fault::none;
      benchmark::DoNotOptimize(out);
    }
  }
  if (faults != 0) state.SkipWithError("a value was refused");
  state.counters["per_value"] = benchmark::Counter(
      static_cast<double>(texts.size()), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

using Patterns = std::vector<std::string>;

void add(const char* name, void (*body)(benchmark::State&)) { benchmark::RegisterBenchmark(name, body); }

const bool kRegistered = [] {
  add("int32/8 digits", [](auto& s) { run<int32_t>(s, values({"########"}), to_int32); });
  add("int32/1 to 9 digits", [](auto& s) {
    run<int32_t>(s, values({"#", "##", "###", "-####", "#####", "######", "#######", "########", "-1########"}),
                 to_int32);
  });
  add("int64/18 digits", [](auto& s) { run<int64_t>(s, values({"##################"}), to_int64); });
  add("int32/unusual", [](auto& s) { run<int32_t>(s, values({"####.0", "#e3"}), to_int32); });
  add("float64/short", [](auto& s) { run<double>(s, values({"##.##", "#.#", "-###.####"}), to_float64); });
  add("float64/17 digits", [](auto& s) { run<double>(s, values({"0.#################"}), to_float64); });
  const auto money = [](std::string_view text, int128& out) { return to_decimal(text, 18, 2, out); };
  static const auto kMoney = money;
  add("decimal/at scale", [](auto& s) { run<int128>(s, values({"#.##", "##.##", "-####.##", "######.##"}), kMoney); });
  add("decimal/mixed scale", [](auto& s) { run<int128>(s, values({"#", "##.#", "-####.##", "######"}), kMoney); });
  add("decimal/30 digits", [](auto& s) {
    run<int128>(s, values({"#########################.#####"}),
                [](std::string_view text, int128& out) { return to_decimal(text, 38, 5, out); });
  });
  add("boolean", [](auto& s) { run<bool>(s, values({"true", "false", "t", "F", "0", "1"}), to_boolean); });
  add("date", [](auto& s) {
    run<int32_t>(s,
                 values({"20##-0#-1#",
                         "19##-1"
                         "1-2#"}),
                 to_date);
  });
  add("timestamp/seconds", [](auto& s) { run<int64_t>(s, values({"20##-0#-1# 1#:2#:3#"}), to_timestamp); });
  add("timestamp/micros", [](auto& s) { run<int64_t>(s, values({"20##-0#-1# 1#:2#:3#.######"}), to_timestamp); });
  add("timestamptz/offset",
      [](auto& s) { run<int64_t>(s, values({"20##-0#-1#T1#:2#:3#.###+0#:30"}), to_timestamptz); });
  add("uuid", [](auto& s) {
    run<uint64_t>(s, values({"a###b###-c###-d###-e###-f###########"}), [](std::string_view text, uint64_t& out) {
      uint64_t low = 0;
      const Fault fault = to_uuid(text, out, low);
      out ^= low;
      return fault;
    });
  });
  const auto utf8 = [](std::string_view text, bool& out) {
    out = is_utf8(text);
    return out ? Fault::none : Fault::bad_utf8;
  };
  static const auto kUtf8 = utf8;
  add("utf8/20 ascii", [](auto& s) { run<bool>(s, values({"####################"}), kUtf8); });
  add("utf8/20 others", [](auto& s) { run<bool>(s, values({"ßßßßßßßßßß"}), kUtf8); });
  add("utf8/1000", [](auto& s) { run<bool>(s, values({std::string(998, '#') + "ß"}), kUtf8); });
  const auto count = [](std::string_view text, uint64_t& out) {
    out = count_chars(text);
    return Fault::none;
  };
  static const auto kCount = count;
  add("chars/20", [](auto& s) { run<uint64_t>(s, values({"####################"}), kCount); });
  add("chars/1000", [](auto& s) { run<uint64_t>(s, values({std::string(1000, '#')}), kCount); });
  add("json/100 bytes", [](auto& s) {
    const std::string text =
        R"({"id": ####, "name": "Some product name ##", "tags": ["a", "b#"], "price": ##.##, "ok": true, "x": null})";
    run<bool>(s, values({text}), [](std::string_view value, bool& out) {
      out = true;
      return check_json(value);
    });
  });
  return true;
}();

}  // namespace
}  // namespace ingot::exact
