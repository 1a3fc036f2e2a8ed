// Lines of fixed width: the same however the bytes arrive, and as a few lines cut them that know nothing of blocks.

#include <string>
#include <vector>

#include "decoded_unit.h"
#include "fuzz.h"

namespace ingot::fuzz {
namespace {

struct PlainLine {
  std::string text;
  uint64_t line;
};

std::vector<PlainLine> plain_lines(std::string_view bytes, size_t skip, size_t footer) {
  std::vector<PlainLine> lines;
  uint64_t number = 0;
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  while (!bytes.empty()) {
    const size_t end = std::min(bytes.find('\n'), bytes.size());
    std::string text(bytes.substr(0, end));
    if (end < bytes.size() && text.ends_with('\r')) text.pop_back();
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    lines.push_back({std::move(text), ++number});
  }
  lines.resize(lines.size() - std::min(lines.size(), footer));
  lines.erase(lines.begin(), lines.begin() + static_cast<ptrdiff_t>(std::min(lines.size(), skip)));
  std::erase_if(lines, [](const PlainLine& line) { return line.text.empty(); });
  return lines;
}

// Characters `first` to `first + length` of valid UTF-8.
std::string slice(const std::string& text, size_t first, size_t length) {
  std::string out;
  size_t character = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++character;
    if (character > first && character <= first + length) out += c;
  }
  return out;
}

std::string without_padding(const std::string& text) {
  const size_t begin = text.find_first_not_of(' ');
  return begin == text.npos ? "" : text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

Slot field(int first, int length, Kind kind) {
  Slot slot;
  slot.sources = {Path{PathStep{{}, first}, PathStep{{}, length}}};
  slot.type.kind = kind;
  return slot;
}

void run(const uint8_t* data, size_t size) {
  Input input(data, size);
  FixedOptions options;
  options.skip = static_cast<uint32_t>(input.choose(3));
  options.skip_footer = static_cast<uint32_t>(input.choose(3));
  if (input.choose(2) == 1) options.ragged = CsvOptions::Ragged::pad;
  const int first = static_cast<int>(input.choose(4)), length = 1 + static_cast<int>(input.choose(4));
  const std::vector<Slot> slots = {field(first, length, Kind::text), field(0, 2, Kind::int32)};
  Manner manner;
  manner.pieces = {input.choose_size(), input.choose_size()};
  manner.max_rows = 1 + input.choose(5);
  const std::string_view bytes = input.rest();
  const auto format = make_fixed_format(options, slots);
  const DecodedUnit whole = Unit(*format, slots, bytes).decode({});
  require(whole == Unit(*format, slots, bytes).decode(manner), "the same in pieces");
  require(whole.error.empty(), "no unit fails");

  const auto lines = plain_lines(bytes, options.skip, options.skip_footer);
  require(lines.size() == whole.records.size(), "each line that is not empty is a record");
  const size_t width = std::max<size_t>(static_cast<size_t>(first + length), 2);
  for (size_t i = 0; i < lines.size(); ++i) {
    const Record& record = whole.records[i];
    const std::string& text = lines[i].text;
    require(record.line == lines[i].line && bytes.substr(record.offset, record.length) == text,
            "it lies where it lies");
    if (!exact::is_utf8(text) || text.find('\0') != text.npos) {
      require(record.own_fault() == Fault::bad_utf8 || record.own_fault() == Fault::nul_byte,
              "what is no text is told");
      continue;
    }
    const size_t characters = exact::count_chars(text);
    const bool is_short = characters < width;
    require((record.own_fault() == Fault::ragged) == (is_short && options.ragged == CsvOptions::Ragged::reject),
            "short");
    if (record.own_fault() != Fault::none) continue;
    const bool absent = static_cast<size_t>(first) >= characters;
    require(record.values[0].has_value() != absent, "a field behind the line's end is NULL");
    if (!absent)
      require(
          *record.values[0] == without_padding(slice(text, static_cast<size_t>(first), static_cast<size_t>(length))),
          "the characters that stand there", text);
  }
}

}  // namespace
}  // namespace ingot::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ingot::fuzz::run(data, size);
  return 0;
}
