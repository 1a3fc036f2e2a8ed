#include <array>
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

/// What becomes of an ASCII character; 0 where it is deleted.
constexpr std::array<char, 128> kAscii = [] {
  std::array<char, 128> table{};
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<size_t>(c)] = c;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<size_t>(c)] = static_cast<char>(c - 'A' + 'a');
  for (char c = '0'; c <= '9'; ++c) table[static_cast<size_t>(c)] = c;
  for (char c = '\t'; c <= '\r'; ++c) table[static_cast<size_t>(c)] = '_';
  table[' '] = table['_'] = '_';
  return table;
}();

/// Writes what becomes of a character outside ASCII, at most 4 bytes, and returns the end.
char* put_code_point(int code_point, char* out) {
  constexpr int kNextLine = 0x85;  // white space, though a control character
  const int lower = duckdb::utf8proc_tolower(code_point);
  const int category = duckdb::utf8proc_category(lower);
  if (code_point == kNextLine || (category >= kFirstSeparator && category <= kLastSeparator)) {
    *out++ = '_';
  } else if ((category >= kFirstLetter && category <= kLastLetter) || category == kDecimalDigit) {
    out += duckdb::utf8proc_encode_char(lower, reinterpret_cast<unsigned char*>(out));
  }
  return out;
}

/// Returns the normalized title, which lies in `buffer`.
std::string_view normalize(std::string_view title, std::string& buffer) {
  // Lower case can take more bytes than upper case: Ⱥ has 2 bytes, ⱥ has 3. From 2 bytes at most 4 are made.
  if (buffer.size() < 2 * title.size() + 4) buffer.resize(2 * title.size() + 4);
  char* out = buffer.data();
  const auto* in = reinterpret_cast<const unsigned char*>(title.data());
  const auto* end = in + title.size();
  while (in < end) {
    if (*in < 0x80) {
      *out = kAscii[*in++];
      out += *out != 0;
      continue;
    }
    int code_point = 0;
    const long size = duckdb::utf8proc_iterate(in, end - in, &code_point);
    if (size <= 0) throw duckdb::InvalidInputException("bad UTF-8");
    out = put_code_point(code_point, out);
    in += size;
  }
  return {buffer.data(), static_cast<size_t>(out - buffer.data())};
}

void normalize_all(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  std::string buffer;
  duckdb::UnaryExecutor::Execute<duckdb::string_t, duckdb::string_t>(
      arguments.data[0], result, arguments.size(), [&](const duckdb::string_t& title) {
        const auto normalized = normalize({title.GetData(), title.GetSize()}, buffer);
        return duckdb::StringVector::AddString(result, normalized.data(), normalized.size());
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
