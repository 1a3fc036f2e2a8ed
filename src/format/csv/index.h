#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "format/csv/dialect.h"
#include "format/format.h"

namespace ingot::csv {

/// Where fields and records of a block end. Field f of record r lies between the separators numbered k - 1 and k, both
/// excluded, where k = first + f and first = (r == 0 ? 0 : record_ends[r - 1]) + 1; so any field of any record is found
/// at once, and unused fields cost nothing.
struct Index final : RecordIndex {
  /// Positions of delimiters (of several characters: of the last) and line ends outside quotes. [0] stands one before
  /// the first record's first byte (wraps round to 2^32 - 1 where that is byte 0). A last record without newline ends
  /// at the block's size.
  std::unique_ptr<uint32_t[]> separators;
  std::vector<uint32_t> record_ends;      ///< numbers of those separators that end records; empty lines included
  std::vector<uint32_t> quoted_newlines;  ///< positions of LF within quotes, ascending
  std::vector<uint32_t> bad_quotes;       ///< positions where text goes on after a closing quote, ascending
  uint32_t first_line = 0;                ///< LFs before the first record (header, skipped lines)
};

/// The field of a slot that takes none.
inline constexpr uint32_t kNoField = UINT32_MAX;

/// What a unit's beginning told. `plan` prints it.
struct Layout final : UnitLayout {
  Dialect dialect;
  bool has_header = false;
  uint32_t fields = 0;                ///< that every record must have
  std::vector<uint32_t> slot_fields;  ///< by slot: the number of its field, from 0
  std::vector<std::string> header;    ///< the header's names; empty without one
  std::vector<uint32_t> undeclared;   ///< those of its fields that no slot names
};

}  // namespace ingot::csv
