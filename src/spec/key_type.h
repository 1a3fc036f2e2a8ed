#pragma once

#include "types/type.h"

namespace ingot::spec {

/// May a column of this kind be a key, or name a partition? Of json and arrays databases disagree on what is equal; of
/// intervals different ones are equal (a month and 30 days).
inline bool can_be_key(Kind kind) { return kind != Kind::json && kind != Kind::interval && kind != Kind::array; }

}  // namespace ingot::spec
