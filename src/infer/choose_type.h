#pragma once

#include <optional>
#include <string>
#include <vector>

#include "infer/survey.h"
#include "types/type.h"

namespace ingot::infer {

/// A type, and what speaks for another one.
struct Choice {
  Type type;
  std::string parse;  ///< how its texts are written, as YAML; empty: in the type's usual form
  bool guess = false;
  std::vector<std::string> notes;
};

/// Chooses a field's type; see infer_contract().
Choice choose_type(const SurveyedField& field, const Survey& survey);

}  // namespace ingot::infer
