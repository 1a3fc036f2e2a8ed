#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "format/csv/classify.h"
#include "format/csv/dialect.h"
#include "format/csv/index.h"

namespace ingot::csv {

/// Finds the separators of CSV, as its bytes arrive, each byte once. RFC 4180, and where that is silent: a quote opens
/// only as a field's first byte, elsewhere in an unquoted field it is text; text after a closing quote goes on to the
/// next separator and is noted; records end with LF or CRLF, a lone CR is text (or, where the dialect says so, with
/// CR). A line of comment is a record of one field.
class Scanner {
 public:
  /// The first record begins at `begin`.
  Scanner(const Dialect& dialect, size_t begin, Classify classify);

  /// Scans what is new. `data`: as for Splitter::split. Looks at nothing behind `size` but reads up to 63 bytes there.
  /// Leaves up to 64 bytes for the next call unless `last`.
  void scan(const char* data, size_t size, bool last);

  bool within_quotes() const { return state_ == State::quoted || state_ == State::escaped; }

  struct Taken {
    size_t bytes = 0;  ///< up to the last record's end; 0 = no record has ended
    uint64_t newlines = 0;
    std::unique_ptr<Index> index;
  };

  /// Returns the whole records found, but for the last `keep`, and forgets them; the next call's data begin where they
  /// end.
  Taken take(size_t keep);

  /// Counts, of the records found, those at the end, kMostFooter at most, that begin with `footer`, quoted or not, with
  /// the empty lines and comments among them.
  size_t count_footer(std::string_view footer) const;

  static constexpr size_t kMostFooter = 10;

 private:
  enum class State : uint8_t {
    plain,    ///< outside quotes
    quoted,   ///< within quotes
    closed,   ///< the last byte scanned was a quote that closes, or the first half of a doubled one
    escaped,  ///< the last byte scanned was an escape within quotes
    comment,  ///< in a line of comment
  };

  void scan_block(const Masks& masks, size_t base);
  void walk_block(const Masks& masks, size_t base);
  void scan_slowly(const char* data, size_t size, bool last);
  bool at_record_end() const;
  void after_quote(size_t position);
  bool ends_line(size_t position) const;
  bool delimits(size_t position) const { return dialect_.delimits({data_ + position, size_ - position}); }
  void emit(size_t position);
  void emit_end(size_t position);
  void reserve(size_t more);
  char byte(size_t position) const { return position < size_ ? data_[position] : '\0'; }

  Dialect dialect_;
  Classify classify_;
  const char* data_ = nullptr;
  size_t size_ = 0;
  size_t scanned_ = 0;      // bytes of the data that need no second look
  size_t field_start_ = 0;  // of the open field where it matters: a quote there opens
  State state_ = State::plain;
  std::unique_ptr<uint32_t[]> separators_;
  size_t count_ = 0;
  size_t capacity_ = 0;
  std::vector<uint32_t> record_ends_, quoted_newlines_, bad_quotes_;
};

}  // namespace ingot::csv
