// Bytes of other encodings: however they arrive the text is the same, and every place in it is found again.

#include <memory>
#include <string>
#include <utility>

#include "fuzz.h"
#include "pieces.h"
#include "source/text_reader.h"
#include "types/exact.h"

namespace ingot::fuzz {
namespace {

/// The text, or the error behind a NUL.
std::pair<std::string, Charset> read_all(std::string_view bytes, Charset given, size_t piece, size_t room) {
  TextReader reader(std::make_unique<Pieces>(bytes, piece), given);
  std::string text, buffer(room, '\0');
  while (true) {
    const auto got = reader.read(buffer.data(), room);
    if (!got) return {"\0error: " + got.error().message, Charset::automatic};
    if (*got == 0) return {text, reader.encoding()};
    text.append(buffer, 0, *got);
  }
}

void run(const uint8_t* data, size_t size) {
  Input input(data, size);
  static constexpr Charset kGiven[] = {Charset::automatic,   Charset::utf16,       Charset::utf16le,
                                       Charset::utf16be,     Charset::latin1,      Charset::latin2,
                                       Charset::windows1251, Charset::windows1252, Charset::koi8r};
  const Charset given = kGiven[input.choose(std::size(kGiven))];
  const size_t piece = 1 + input.choose(100), room = kEncodingHeadBytes + input.choose(100);
  const std::string_view bytes = input.rest();
  const auto [text, encoding] = read_all(bytes, given, bytes.size() + 1, 1 << 20);
  require(read_all(bytes, given, piece, room) == std::pair(text, encoding), "the same however it arrives", bytes);
  if (encoding == Charset::automatic) return;
  require(encoded_size(encoding, text) == bytes.size(), "all bytes are accounted for", bytes);
  if (encoding == Charset::utf8) require(text == bytes, "UTF-8 is left alone", bytes);
  const auto alone = to_utf8(bytes, encoding);
  require(alone && *alone == text, "the same as a whole", bytes);
}

}  // namespace
}  // namespace ingot::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ingot::fuzz::run(data, size);
  return 0;
}
