#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace ingot {

/// Is `name` a function or operator that expressions may use with `arguments` arguments? Errors: invalid_pipeline with
/// the reason (it changes from run to run, it is an aggregate, it hides failures, it is unknown) and the cure or the
/// nearest name.
Status check_allowed(std::string_view name, size_t arguments);

/// Returns the names that check_allowed lets pass.
const std::vector<std::string>& allowed_function_names();

/// Does this function or operator divide by its second argument?
bool divides(std::string_view name);

/// Would this bare name be a value that changes from run to run (`current_date`)?
bool is_clock_name(std::string_view name);

/// Returns the reference of all functions and operators, one table a group, for docs/.
std::string functions_reference_markdown();

}  // namespace ingot
