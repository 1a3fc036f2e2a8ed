#include "types/encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ingot {

namespace {

struct CharsetName {
  Charset encoding;
  std::string_view name;
};

constexpr auto kCharsetNames = std::to_array<CharsetName>({
    {Charset::automatic, ""},
    {Charset::utf8, "utf-8"},
    {Charset::utf16, "utf-16"},
    {Charset::utf16le, "utf-16le"},
    {Charset::utf16be, "utf-16be"},
    {Charset::latin1, "latin-1"},
    {Charset::latin2, "latin-2"},
    {Charset::latin9, "latin-9"},
    {Charset::windows1250, "windows-1250"},
    {Charset::windows1251, "windows-1251"},
    {Charset::windows1252, "windows-1252"},
    {Charset::cp850, "cp850"},
    {Charset::koi8r, "koi8-r"},
});

Charset encoding_of_mark(std::string_view head) {
  using namespace std::string_view_literals;
  if (head.starts_with("\xEF\xBB\xBF"sv)) return Charset::utf8;
  if (head.starts_with("\xFF\xFE"sv)) return Charset::utf16le;
  if (head.starts_with("\xFE\xFF"sv)) return Charset::utf16be;
  return Charset::automatic;
}

// A NUL is no text, so that two of them, every other byte, can hardly mean anything else.
Charset utf16_by_zeros(std::string_view head) {
  if (head.size() < kEncodingHeadBytes) return Charset::automatic;
  const auto zero = [&](size_t i) { return head[i] == '\0'; };
  if (!zero(0) && zero(1) && !zero(2) && zero(3)) return Charset::utf16le;
  if (zero(0) && !zero(1) && zero(2) && !zero(3)) return Charset::utf16be;
  return Charset::automatic;
}

bool allows(Charset given, Charset mark) {
  return given == Charset::automatic || given == mark || (given == Charset::utf16 && is_utf16(mark));
}

}  // namespace

std::string_view encoding_name(Charset encoding) {
  return std::find_if(kCharsetNames.begin(), kCharsetNames.end(),
                      [&](const CharsetName& n) { return n.encoding == encoding; })
      ->name;
}

Charset encoding_by_name(std::string_view name) {
  return std::find_if(kCharsetNames.begin(), kCharsetNames.end(), [&](const CharsetName& n) { return n.name == name; })
      ->encoding;
}

Result<Charset> resolve_encoding(Charset given, std::string_view head) {
  using namespace std::string_view_literals;
  if (head.starts_with("\xFF\xFE\0\0"sv) || head.starts_with("\0\0\xFE\xFF"sv)) {
    return fail(Code::source_unreadable, "the file begins with the byte order mark of UTF-32, which cannot be read",
                "convert it to UTF-8");
  }
  const Charset mark = encoding_of_mark(head);
  if (mark != Charset::automatic) {
    if (allows(given, mark)) return mark;
    return fail(Code::source_unreadable,
                fmt::format("the file begins with the byte order mark of {}, and the pipeline says encoding: {}",
                            encoding_name(mark), encoding_name(given)),
                "leave out from.encoding: the mark tells it");
  }
  if (given == Charset::utf16) {
    return fail(Code::source_unreadable, "the file has no byte order mark, which encoding: utf-16 needs",
                "say encoding: utf-16le (as Windows writes) or utf-16be");
  }
  if (given != Charset::automatic) return given;
  const Charset likely = utf16_by_zeros(head);
  if (likely == Charset::automatic) return Charset::utf8;
  return fail(Code::source_unreadable, "the file looks like UTF-16, and has no byte order mark",
              fmt::format("if it is, say from.encoding: {}", encoding_name(likely)));
}

}  // namespace ingot
