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
  bool guess = false;
  std::vector<std::string> notes;
};

/// Chooses a field's type; see infer_contract().
Choice choose_type(const SurveyedField& field, const Survey& survey);

}  // namespace ingot::infer
