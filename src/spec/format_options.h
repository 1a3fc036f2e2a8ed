#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

/// How JSON is laid out.
struct JsonOptions {
  enum class Layout : uint8_t { lines, values };  ///< NDJSON; or array, document or stream, told apart unit by unit
  Layout layout = Layout::values;
  int max_depth = 200;
};

}  // namespace ingot
