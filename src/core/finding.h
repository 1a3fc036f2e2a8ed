#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/error.h"

namespace ingot {

/// One thing that `ingot doctor` looked at.
struct Finding {
  enum class State : uint8_t {
    good,
    warning,  ///< a run works, but …
    bad,      ///< a run would fail
  };
  State state = State::good;
  std::string what;            ///< static text, then the value
  std::string cure;            ///< what to do about it; empty where it is good
  Code code = Code::internal;  ///< how a run would fail, where it is bad
};

using Findings = std::vector<Finding>;

Finding good(std::string what);
Finding warning(std::string what, std::string cure);
Finding bad(Code code, std::string what, std::string cure);
Finding bad(Error error);

}  // namespace ingot
