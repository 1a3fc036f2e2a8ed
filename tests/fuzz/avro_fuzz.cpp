// Avro containers: whatever the bytes are, each line of the transcript is one JSON value with the fields of the first
// line, as nlohmann reads it; the same in pieces of any size. And cells of spreadsheets: numbers read back as they are.

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "fuzz.h"
#include "pieces.h"
#include "transcript/avro_file.h"
#include "transcript/avro_values.h"
#include "transcript/json_text.h"
#include "transcript/xlsx_values.h"

namespace ingot::fuzz {
namespace {

Told transcript_of(std::string_view bytes, size_t piece) {
  auto reader = open_avro(std::make_unique<Pieces>(bytes, piece), Unit{"a", "a", {}});
  return reader ? told_by(**reader, 4096) : Told{};
}

void check_lines(const Told& transcript) {
  if (!transcript.whole) return;
  size_t begin = 0;
  for (size_t end = transcript.text.find('\n'); end != std::string::npos;
       begin = end + 1, end = transcript.text.find('\n', begin)) {
    const std::string line = transcript.text.substr(begin, end - begin);
    // What is not UTF-8 rejects its record later.
    const auto json = nlohmann::json::parse(line, nullptr, false);
    const bool ascii = std::all_of(line.begin(), line.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
    require(json.is_object() || !ascii, "a line is an object", line);
  }
  require(begin == transcript.text.size(), "the last line has an end");
}

void check_cell(std::string_view text, CellForm form, bool since_1904) {
  form_of_code(text);
  column_of_cell(text);
  const auto json = cell_json(text, form, since_1904);
  if (!json) return;
  const auto parsed = nlohmann::json::parse(*json, nullptr, false);
  require(!parsed.is_discarded(), "a cell is JSON", *json);
  if (form == CellForm::number) {
    const double value = std::strtod(std::string(text).c_str(), nullptr);
    require(std::strtod(json->c_str(), nullptr) == value || std::isnan(value), "a number reads back", *json);
  }
}

void run(const uint8_t* data, size_t size) {
  Input input(data, size);
  const size_t what = input.choose(8), piece = input.choose_size();
  if (what < 3) return check_cell(input.rest(), static_cast<CellForm>(what), (piece & 1) != 0);
  const Told whole = transcript_of(input.rest(), input.rest().size() + 1);
  const Told pieces = transcript_of(input.rest(), piece);
  require(whole.whole == pieces.whole && (!whole.whole || whole.text == pieces.text), "the same in pieces");
  check_lines(whole);
}

}  // namespace
}  // namespace ingot::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ingot::fuzz::run(data, size);
  return 0;
}
