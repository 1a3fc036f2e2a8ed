#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

namespace ingot {

/// JSON on one line. Bytes that are not UTF-8, of file names and records, become U+FFFD instead of an exception.
inline std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

/// Prints that, and ends the line.
inline void print_json_line(const nlohmann::ordered_json& json) { fmt::print("{}\n", json_text(json)); }

}  // namespace ingot
