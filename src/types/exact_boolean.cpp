#include <array>

#include "types/digits.h"
#include "types/exact.h"

namespace ingot::exact {

namespace {

struct Spelling {
  uint64_t word;  ///< the lower-case letters, the first lowest; the length on top, since NUL may be a letter
  bool value;
};

constexpr uint64_t spell(std::string_view text) {
  uint64_t word = uint64_t{text.size()} << 56;
  for (size_t i = 0; i < text.size(); ++i) word |= uint64_t{static_cast<unsigned char>(lower(text[i]))} << (8 * i);
  return word;
}

constexpr std::array<Spelling, 12> kSpellings{{
    {spell("true"), true},
    {spell("false"), false},
    {spell("t"), true},
    {spell("f"), false},
    {spell("1"), true},
    {spell("0"), false},
    {spell("yes"), true},
    {spell("no"), false},
    {spell("y"), true},
    {spell("n"), false},
    {spell("on"), true},
    {spell("off"), false},
}};

constexpr size_t kLongest = 5;

}  // namespace

Fault to_boolean(std::string_view text, bool& out) {
  if (text.empty() || text.size() > kLongest) return Fault::not_a_boolean;
  const uint64_t word = spell(text);
  for (const Spelling& spelling : kSpellings) {
    if (spelling.word == word) {
      out = spelling.value;
      return Fault::none;
    }
  }
  return Fault::not_a_boolean;
}

}  // namespace ingot::exact
