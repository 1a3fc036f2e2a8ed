#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "format/csv/index.h"
#include "format/format.h"
#include "spec/format_options.h"

namespace ingot::csv {

/// What is wanted of a CSV unit.
struct Wanted {
  CsvOptions options;
  std::vector<Slot> slots;
  std::vector<int> positions;  ///< by slot: its field where there is no header; -1: has none
};

/// Where a unit's data begin, and how they are laid out.
struct Prologue {
  std::shared_ptr<const Layout> layout;  ///< null where the unit holds no record
  size_t bytes =
      0;  ///< before the first record: BOM, lines that are skipped, header, empty lines and comments before it
  uint32_t newlines = 0;  ///< ends of lines among them
};

/// Bytes that detecting the delimiter looks at; always as many, however the bytes arrive, so that the answer is always
/// the same.
inline constexpr size_t kSampleBytes = 64 << 10;

/// Reads a unit's beginning. Returns nothing where `text` does not hold enough of it yet and is not all (`last`).
///
/// Delimiter, where not given: of `,` `;` tab `|` the one under which the first record names the most slots, then one
/// under which it has as many fields as there are positions, then the one under which most records of the sample have
/// as many fields as the first (more than one), then that order.
///
/// Header: a first record that holds every slot's name (the first of its sources that is there; exactly, else without
/// regard to ASCII case where that is unambiguous) is one. `detect` takes a record that holds none of them for data,
/// unless it looks like a misspelt header. A header that lacks names, or holds a wanted name twice, is an error.
Result<std::optional<Prologue>> read_prologue(std::string_view text, bool last, const Wanted& wanted);

/// Returns the layout of a unit of which no more is at hand than `unit` says. Errors: as read_prologue(); a header that
/// is wanted and was not there.
Result<std::shared_ptr<const Layout>> layout_of(const UnitHead& unit, const Wanted& wanted);

}  // namespace ingot::csv
