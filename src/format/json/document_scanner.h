#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "types/path.h"

namespace ingot::json {

/// Finds the array at a path within one JSON document that comes in pieces, and checks what stands around it by RFC
/// 8259 (but for UTF-8 and halves of surrogate pairs in texts). What is within the array is for others to read.
class DocumentScanner {
 public:
  enum class Found : uint8_t {
    nothing,  ///< all was scanned
    array,    ///< `at` is behind the array's opening bracket
    fault,    ///< `at` is where, what() says what
  };

  struct Stop {
    Found found;
    const char* at;
  };

  /// `path` has a step at least.
  DocumentScanner(Path path, int max_depth);

  /// Scans from `at` to `end`.
  Stop scan(const char* at, const char* end);

  /// Goes on behind the array that was found: its closing bracket has been read.
  void leave_array() { end_value(); }

  /// Is a fault where the document ends now, else empty.
  std::string fault_at_end();

  const std::string& what() const { return what_; }

 private:
  enum class Expect : uint8_t { value, value_or_end, key, key_or_end, colon, comma_or_end, nothing };
  enum class Within : uint8_t { none, string, escape, hex, word };

  bool take(char c);
  bool begin_value(char c);
  bool begin_container(char c);
  void begin_string(bool key);
  bool close(char c);
  bool end_string();
  bool end_key();
  bool end_word();
  void end_value();
  void begin_element();
  const char* scan_string(const char* at, const char* end);
  void keep(char c);

  bool begins_target(char c) const;
  /// Is the innermost container one that the path leads through?
  bool is_on_path() const { return !open_.empty() && matched_ + 1 == open_.size() && matched_ < path_.size(); }
  bool fail(std::string what) {
    what_ = std::move(what);
    return false;
  }

  const Path path_;
  const size_t max_depth_;
  std::vector<char> open_;         // brackets
  std::vector<int64_t> elements_;  // of each container on the path: elements begun; keys found that the path names
  size_t matched_ = 0;             // steps of the path that lead to the value that is read
  Expect expect_ = Expect::value;
  Within within_ = Within::none;
  bool in_key_ = false;
  bool keeps_ = false;  // what is read is wanted in token_
  int hex_digits_ = 0;
  std::string token_;  // a key as it stands, or a number or name
  bool found_ = false;
  std::string what_;
};

}  // namespace ingot::json
