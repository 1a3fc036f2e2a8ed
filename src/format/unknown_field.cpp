#include "format/unknown_field.h"

namespace ingot {

Error unknown_field(const std::string& field) {
  return Error{Code::source_unreadable,
               "a field that no column takes: " + field,
               "declare it as a column; drift: ignore leaves such fields out, drift: rescue keeps them in a column of "
               "their own",
               {}};
}

}  // namespace ingot
