#include <string>
#include <string_view>

#include "transform/sql_functions.h"

// DuckDB carries utf8proc and exports it, but does not ship its header; CMake checks DuckDB's version. The names and
// numbers are those of utf8proc.h.
namespace duckdb {
int utf8proc_category(int code_point);
int utf8proc_tolower(int code_point);
long utf8proc_iterate(const unsigned char* text, long size, int* code_point);
long utf8proc_encode_char(int code_point, unsigned char* out);
}  // namespace duckdb

namespace ingot {
namespace {

constexpr int kFirstLetter = 1;  // Lu
constexpr int kLastLetter = 5;   // Lo
constexpr int kDecimalDigit = 9;
constexpr int kFirstSeparator = 23;  // Zs
constexpr int kLastSeparator = 25;   // Zp

bool is_ascii_space(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

void append_ascii(unsigned char c, std::string& out) {
  if (c >= 'A' && c <= 'Z') {
    out += static_cast<char>(c + ('a' - 'A'));
  } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') {
    out += static_cast<char>(c);
  } else if (is_ascii_space(c)) {
    out += '_';
  }
}

void append_code_point(int code_point, std::string& out) {
  constexpr int kNextLine = 0x85;  // white space, though a control character
  const int lower = duckdb::utf8proc_tolower(code_point);
  const int category = duckdb::utf8proc_category(lower);
  if (code_point == kNextLine || (category >= kFirstSeparator && category <= kLastSeparator)) {
    out += '_';
  } else if ((category >= kFirstLetter && category <= kLastLetter) || category == kDecimalDigit) {
    unsigned char bytes[4];
    const long size = duckdb::utf8proc_encode_char(lower, bytes);
    out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  }
}

void normalize(std::string_view title, std::string& out) {
  out.clear();
  const auto* bytes = reinterpret_cast<const unsigned char*>(title.data());
  for (size_t i = 0; i < title.size();) {
    if (bytes[i] < 0x80) {
      append_ascii(bytes[i++], out);
      continue;
    }
    int code_point = 0;
    const long size = duckdb::utf8proc_iterate(bytes + i, static_cast<long>(title.size() - i), &code_point);
    if (size <= 0) throw duckdb::InvalidInputException("bad UTF-8");
    append_code_point(code_point, out);
    i += static_cast<size_t>(size);
  }
}

void normalize_all(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  std::string buffer;
  duckdb::UnaryExecutor::Execute<duckdb::string_t, duckdb::string_t>(
      arguments.data[0], result, arguments.size(), [&](const duckdb::string_t& title) {
        normalize({title.GetData(), title.GetSize()}, buffer);
        return duckdb::StringVector::AddString(result, buffer);
      });
}

}  // namespace

duckdb::ScalarFunction make_normalize_title_function() {
  duckdb::ScalarFunction function("normalize_title", {duckdb::LogicalType::VARCHAR}, duckdb::LogicalType::VARCHAR,
                                  normalize_all);
  function.SetFallible();
  return function;
}

}  // namespace ingot
