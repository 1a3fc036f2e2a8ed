#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "types/fault.h"
#include "types/number_form.h"
#include "types/time_pattern.h"

namespace ingot {

/// How the texts of one column are written, where that is not the type's usual form; what is not said here is usual.
struct ValueForm {
  std::vector<std::string> nulls;  ///< these are NULL
  std::vector<TimePattern> times;  ///< the first that fits is taken
  std::vector<std::string> truths;
  std::vector<std::string> untruths;
  std::optional<NumberForm> number;
  std::vector<std::string> labels;  ///< of an enum: the only values that there are; else empty

  bool operator==(const ValueForm&) const = default;

  bool is_null(std::string_view text) const;
  /// Is it a value of the enum? True where there is none.
  bool is_label(std::string_view text) const;
  bool is_empty() const { return nulls.empty() && labels.empty() && !parses(); }
  /// Has it another form than the usual one?
  bool parses() const { return !times.empty() || !truths.empty() || !untruths.empty() || number.has_value(); }

  /// Read the whole of `text`. Faults: as the parsers of exact.h; where no pattern fits, that of the first which is of
  /// the right form, if there is one.
  Fault to_boolean(std::string_view text, bool& out) const;
  Fault to_date(std::string_view text, int32_t& days) const;
  Fault to_micros(std::string_view text, int64_t& micros) const;
};

}  // namespace ingot
