#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ingot {

/// Returns the name in `valid` that a person who wrote `given` most likely meant, or "" if none is near: at most one
/// edit (insert, delete, replace, swap of neighbours) for every three characters, upper and lower case being equal.
/// The first of several equally near ones. For hints, hence slow.
std::string nearest_name(std::string_view given, std::span<const std::string> valid);

/// Returns a name with its ASCII letters in lower case: DuckDB takes names that differ only in case for one.
std::string folded_name(std::string_view name);

/// Returns `a, b, c`.
std::string join_names(std::span<const std::string> names);

}  // namespace ingot
