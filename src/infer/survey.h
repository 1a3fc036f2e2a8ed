#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "infer/column_profile.h"
#include "infer/unique_values.h"
#include "spec/pipeline.h"
#include "types/fault.h"
#include "types/type.h"

namespace ingot::infer {

/// A field of the files, as a full scan found it.
struct SurveyedField {
  std::string name;  ///< CSV: in the header, empty where there is none; JSON: its path for people
  Path path;         ///< by which a column takes it; empty where it is the column's own name
  ColumnProfile profile;
  std::optional<Type> declared;  ///< that the files themselves say
  uint64_t absent = 0;           ///< JSON: records without it
  uint64_t repeated = 0;         ///< JSON: records that name it twice, which no column can take
  bool holds_nul = false;
  UniqueValues::Verdict unique = UniqueValues::Verdict::given_up;
};

/// What a full scan of all files found.
struct Survey {
  enum class Header : uint8_t { none, found, guessed, missing };

  FormatKind format = FormatKind::csv;
  std::vector<std::string> units;  ///< names, in listing order
  uint64_t records = 0;
  uint64_t unreadable = 0;  ///< records that no contract can take: wrong number of fields, not JSON, …
  Address first_unreadable;
  Fault first_fault = Fault::none;
  Header header = Header::none;  ///< CSV: have the files one? `guessed`: nothing but text would follow either way
  bool by_position = false;      ///< CSV with header: some field can be named by its position only
  /// CSV: what else is to be said of the files under `from`, as YAML, and what people should know of it.
  std::vector<std::pair<std::string, std::string>> from;
  std::vector<std::string> notes;
  std::vector<SurveyedField> fields;

  /// `sales.csv:17`.
  std::string place(const Address& at) const;
};

}  // namespace ingot::infer
