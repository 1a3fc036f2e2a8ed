#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "types/path.h"

namespace ingot {

/// What happens to fields that no column takes.
enum class Drift : uint8_t {
  ignore,  ///< they are left out, and named when the run ends
  add,     ///< those that have values become columns; the others are left out, and named
  rescue,  ///< they are kept, as one JSON object, in a column of their own
  reject,  ///< their record is a reject
  fail,    ///< their unit fails
};

/// How CSV is written. A zero delimiter means "detect"; a zero escape means that quotes are doubled.
struct CsvOptions {
  enum class Header : uint8_t { detect, present, absent };
  /// What becomes of records with too few or too many fields.
  enum class Ragged : uint8_t {
    reject,
    pad,      ///< fields that are missing at the end are as absent; too many is a reject
    pad_cut,  ///< and what is too many is left out
  };
  char delimiter = 0;          ///< detected among , ; tab | on the first records
  std::string delimiter_rest;  ///< what follows it, where a delimiter is several characters
  char quote = '"';
  char escape = 0;
  char comment = 0;           ///< a line that begins with it is none; 0: there are no comments
  bool ends_with_cr = false;  ///< lines end with CR alone, and LF is text
  uint32_t skip = 0;          ///< lines before the header, or the first record
  uint32_t skip_footer = 0;   ///< records at the end
  std::string footer;         ///< records at the end that begin with it are none; empty: there is no such footer
  uint32_t header_rows = 1;   ///< where there is a header
  Ragged ragged = Ragged::reject;
  Header header = Header::detect;
  std::vector<std::string> null_texts;  ///< spellings of NULL, for all types; unquoted only, `""` is always ''
  Drift drift = Drift::ignore;

  /// What the pipeline says itself: inference does not look for it.
  struct Said {
    bool quote = false;  ///< or escape
    bool comment = false;
    bool skip = false;
    bool footer = false;  ///< or skip_footer
    bool header_rows = false;
  };
  Said said;
};

/// How JSON, or what becomes JSON, is laid out.
struct JsonOptions {
  enum class Layout : uint8_t {
    lines,     ///< NDJSON
    values,    ///< array, document or stream, told apart unit by unit
    literals,  ///< Python literals, one a line
  };
  Layout layout = Layout::values;
  Path records;  ///< with `values`: the array, within one document, whose elements are the records; empty: see `values`
  int max_depth = 200;
  Drift drift = Drift::ignore;
};

/// How records of fixed width are written. Fields are slots whose path is `[first][length]`, from 0.
struct FixedOptions {
  enum class Trim : uint8_t { both, left, right, none };
  bool in_bytes = false;  ///< places are counted in bytes, not in characters
  Trim trim = Trim::both;
  CsvOptions::Ragged ragged = CsvOptions::Ragged::reject;
  uint32_t skip = 0;
  uint32_t skip_footer = 0;
  std::vector<std::string> null_texts;
};

}  // namespace ingot
