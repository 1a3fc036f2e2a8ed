#pragma once

#include <string>
#include <string_view>

namespace ingot {

/// Appends a JSON string. What is not UTF-8 stays as it is: who decodes it rejects it.
void append_json_string(std::string& out, std::string_view text);

/// Appends the shortest number that reads back as `value`; what is not finite becomes a string (`"NaN"`, `"Infinity"`).
void append_json_number(std::string& out, double value);
void append_json_number(std::string& out, float value);

/// Appends bytes as a string, `"\\x0aff"`.
void append_json_bytes(std::string& out, std::string_view bytes);

}  // namespace ingot
