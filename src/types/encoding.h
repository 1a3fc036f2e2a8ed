#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/error.h"

namespace ingot {

/// How the characters of a file are written.
enum class Charset : uint8_t {
  automatic,  ///< UTF-8, or UTF-16 where the file begins with its byte order mark; never of a file that has been opened
  utf8,
  utf16,  ///< which of the two, the byte order mark tells; never of a file that has been opened
  utf16le,
  utf16be,
  latin1,  ///< ISO 8859-1; of it and its like the bytes 80 to 9F are no text
  latin2,  ///< ISO 8859-2
  latin9,  ///< ISO 8859-15
  windows1250,
  windows1251,
  windows1252,
  cp850,
  koi8r,
};

/// Returns the name as it is written in a pipeline; "" for automatic.
std::string_view encoding_name(Charset encoding);

/// Returns the encoding of this name. Precondition: there is one.
Charset encoding_by_name(std::string_view name);

/// So many of a file's first bytes tell its encoding.
inline constexpr size_t kEncodingHeadBytes = 4;

/// Returns the encoding of a file whose first bytes are `head` (fewer than kEncodingHeadBytes only where the file has
/// no more). Errors: source_unreadable: a byte order mark that contradicts what is given; UTF-16 without a mark, which
/// is not guessed; UTF-32.
Result<Charset> resolve_encoding(Charset given, std::string_view head);

inline bool is_utf16(Charset encoding) { return encoding == Charset::utf16le || encoding == Charset::utf16be; }

/// Returns how many bytes `text`, which Transcoder made, has in `encoding`: so a place in the text is found again in
/// the file. Cost: a pass over the text, vectorised.
uint64_t encoded_size(Charset encoding, std::string_view text);

/// Turns bytes of another encoding into UTF-8, as they arrive. What is no character there becomes what is not UTF-8
/// (half of a surrogate pair its three bytes, a byte without a meaning 0xFF), so that it rejects its record, and so
/// that encoded_size() counts it. A byte order mark becomes that of UTF-8.
class Transcoder {
 public:
  explicit Transcoder(Charset encoding) : encoding_(encoding) {}

  struct Step {
    size_t taken = 0;
    size_t made = 0;
  };

  /// Transcodes as much of `in` as `out` has room for, but for a character that is not all there (at most 3 bytes,
  /// none where `last`). Room for kMaxMade bytes makes it go on. An odd byte at the end of UTF-16 stays untaken.
  Step run(std::string_view in, char* out, size_t capacity, bool last) const;

  static constexpr size_t kMaxMade = 32;  ///< at a time

 private:
  Charset encoding_;
};

}  // namespace ingot
