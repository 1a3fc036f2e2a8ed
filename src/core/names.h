#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ingot {

/// Returns what is left of a name when habits of spelling are taken away (case, and space _ - .): of `Unit Price` and
/// `unit_price` it is the same.
std::string name_essence(std::string_view name);

/// Returns how many edits (insert, delete, replace, swap of neighbours) make `b` of `a`. For hints, hence slow.
size_t edit_distance(std::string_view a, std::string_view b);

/// Returns the name in `valid` that a person who wrote `given` most likely meant, or "" if none is near: at most one
/// edit for every three characters of their essences. The first of several equally near ones.
std::string nearest_name(std::string_view given, std::span<const std::string> valid);

/// Returns an ASCII letter in lower case, and any other byte as it is.
constexpr char lower_ascii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

/// Returns a name with its ASCII letters in lower case: DuckDB takes names that differ only in case for one.
std::string folded_name(std::string_view name);

/// Returns `a, b, c`.
std::string join_names(std::span<const std::string> names);

}  // namespace ingot
