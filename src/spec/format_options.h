#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "types/path.h"

namespace ingot {

/// How CSV is written. A zero delimiter means "detect"; a zero escape means that quotes are doubled.
struct CsvOptions {
  enum class Header : uint8_t { detect, present, absent };
  char delimiter = 0;  ///< detected among , ; tab | on the first records
  char quote = '"';
  char escape = 0;
  Header header = Header::detect;
  std::vector<std::string> null_texts;  ///< spellings of NULL, for all types; unquoted only, `""` is always ''
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
};

}  // namespace ingot
