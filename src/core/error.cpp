#include "core/error.h"

#include <fmt/format.h>

#include <array>

namespace ingot {

namespace {

// In the order of the enumeration. Exit codes are part of the interface: docs/reference/exit-codes.md.
constexpr std::array<CodeInfo, 16> kCodes{{
    {"usage", 2, false},
    {"invalid_pipeline", 3, false},
    {"not_found", 4, false},
    {"no_input", 5, false},
    {"source_unreadable", 6, true},
    {"source_changed", 7, false},
    {"too_many_rejects", 8, false},
    {"rejects_refused", 9, false},
    {"target_unreachable", 10, true},
    {"target_refused", 11, false},
    {"busy", 12, true},
    {"conflict", 13, false},
    {"books_broken", 14, false},
    {"resource", 15, true},
    {"interrupted", 130, true},
    {"internal", 70, false},
}};

}  // namespace

const CodeInfo& describe(Code code) { return kCodes[static_cast<size_t>(code)]; }

std::string Error::to_string() const {
  std::string text = fmt::format("error: {}", message);
  if (where) {
    text += where->line > 0 ? fmt::format(" ({}:{}:{})", where->file, where->line, where->column)
                            : fmt::format(" ({})", where->file);
  }
  if (!hint.empty()) text += fmt::format("\n  hint: {}", hint);
  return text;
}

}  // namespace ingot
