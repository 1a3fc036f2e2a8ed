#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ingot {

/// Quotes an identifier for DuckDB and Postgres alike: always in double quotes, doubled within.
std::string quote_identifier(std::string_view name);

/// Returns `"a", "b"`.
std::string quoted_list(std::span<const std::string> names);

/// Quotes a string literal for both ('' doubled; no escapes). Precondition: no NUL.
std::string quote_literal(std::string_view text);

}  // namespace ingot
