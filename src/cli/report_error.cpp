#include <fmt/format.h>

#include <cstdio>

#include "cli/commands.h"
#include "cli/render.h"

namespace ingot {

int report_error(const Error& error, bool json) {
  if (json) {
    fmt::print("{}\n", error_json(error));
    std::fflush(stdout);
  }
  fmt::print(stderr, "{}\n", error.to_string());
  return describe(error.code).exit_code;
}

}  // namespace ingot
