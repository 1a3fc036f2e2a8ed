#include "source/files/file_error.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace ingot {

namespace {

Code code_of(int error_number) {
  switch (error_number) {
    case ENOMEM:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
      return Code::resource;
    default:
      return Code::source_unreadable;
  }
}

}  // namespace

Error file_error(std::string_view what, std::string_view path, int error_number) {
  return {code_of(error_number),
          fmt::format("{}: \"{}\" ({})", what, path, std::generic_category().message(error_number)),
          {},
          std::nullopt};
}

}  // namespace ingot
