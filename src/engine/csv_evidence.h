#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "infer/column_profile.h"

namespace ingot {

/// What a scan of CSV saw of records that are none of the table's.
struct CsvEvidence {
  struct Record {
    infer::Address at;
    std::string text;  ///< its beginning
  };

  /// Where a unit's records end.
  struct UnitEnd {
    uint64_t last_good = 0;      ///< record number + 1; 0: none
    std::vector<Record> behind;  ///< the last kMostBehind ragged ones, ascending; those before last_good do not matter
  };
  static constexpr size_t kMostBehind = 4;
  static constexpr size_t kTextBytes = 200;

  uint64_t ragged = 0;
  uint64_t comments = 0;       ///< of the ragged ones: that begin with `#`
  uint64_t good_comments = 0;  ///< records with the right number of fields that begin with `#`
  uint64_t other_faults = 0;
  uint64_t enclosed = 0;  ///< fields that begin and end with `"`, where quotes are text
  Record first_comment;
  Record first_ragged;        ///< that is no comment
  Record last;                ///< of all good ones
  std::vector<UnitEnd> ends;  ///< by unit; none where there are too many
  char delimiter = 0;         ///< of all units; 0: they have several
  bool permuted = false;      ///< the units have their columns in different orders

  void add_ragged(uint32_t unit, const Record& record, bool comment);
  void add_good(uint32_t unit, uint64_t record) {
    if (unit < ends.size() && ends[unit].last_good <= record) ends[unit].last_good = record + 1;
  }
  void merge(const CsvEvidence& other);

  /// The records behind the unit's last good one; nothing where there are more than could be kept.
  std::vector<Record> behind_last(uint32_t unit) const;
};

}  // namespace ingot
