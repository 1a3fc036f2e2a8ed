#include "core/finding.h"

#include <utility>

namespace ingot {

Finding good(std::string what) { return {Finding::State::good, std::move(what), {}, {}}; }

Finding warning(std::string what, std::string cure) {
  return {Finding::State::warning, std::move(what), std::move(cure), {}};
}

Finding bad(Code code, std::string what, std::string cure) {
  return {Finding::State::bad, std::move(what), std::move(cure), code};
}

Finding bad(Error error) { return bad(error.code, std::move(error.message), std::move(error.hint)); }

}  // namespace ingot
