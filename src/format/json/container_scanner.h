#pragma once

#include <cstddef>
#include <cstdint>

namespace ingot::json {

/// Finds the bracket that closes a record, by counting brackets outside strings; 64 bytes at a time, resumable at any
/// byte. What lies between is not checked: that is the decoder's part.
class ContainerScanner {
 public:
  enum class Found : uint8_t {
    nothing,  ///< all was scanned
    end,      ///< `at` is behind the closing bracket
    record,   ///< `at` is where another record must begin: the one that is scanned is broken
  };

  /// How to read on where a record cannot be right.
  enum class Recovery : uint8_t {
    none,
    /// Records are lines so far: a string ends with its line at the latest, and a bracket that begins a line where no
    /// value may stand begins a record.
    by_line,
  };

  struct Stop {
    Found found;
    const char* at;
  };

  /// Begins with a record, whose first byte is a bracket.
  void begin(Recovery recovery);

  /// Scans from `at`, where the last call stopped, to `end`, behind which 64 bytes are readable. `record` is the
  /// record's first byte, wherever it lies now.
  Stop scan(const char* record, const char* at, const char* end);

  /// LF bytes scanned since `begin`.
  uint64_t newlines() const { return newlines_; }

 private:
  uint64_t take_escaped(uint64_t backslashes, size_t valid);
  bool is_new_record(const char* record, const char* bracket) const;

  Recovery recovery_ = Recovery::none;
  bool escaped_ = false;  // the next character follows a backslash
  bool in_string_ = false;
  bool broken_ = false;  // a string was ended by its line
  int64_t depth_ = 0;
  uint64_t arrays_ = 0;  // bit i: the container at depth i is an array; of the outermost 64
  uint64_t newlines_ = 0;
};

}  // namespace ingot::json
