#include "transcript/json_text.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace ingot {

namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

template <class Real>
void append_real(std::string& out, Real value) {
  if (std::isfinite(value)) {
    fmt::format_to(std::back_inserter(out), "{}", value);
  } else {
    out += std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  size_t plain = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(plain, i - plain);
    plain = i + 1;
    if (c >= 0x20) {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n' || c == '\t' || c == '\r') {
      out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r";
    } else {
      out += "\\u00";
      out += kHexDigits[c >> 4];
      out += kHexDigits[c & 15];
    }
  }
  out += text.substr(plain);
  out += '"';
}

void append_json_number(std::string& out, double value) { append_real(out, value); }
void append_json_number(std::string& out, float value) { append_real(out, value); }

void append_json_bytes(std::string& out, std::string_view bytes) {
  out += "\"\\\\x";
  for (const char c : bytes) {
    out += kHexDigits[static_cast<unsigned char>(c) >> 4];
    out += kHexDigits[static_cast<unsigned char>(c) & 15];
  }
  out += '"';
}

}  // namespace ingot
