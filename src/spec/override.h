#pragma once

#include <vector>

#include "core/error.h"
#include "spec/pipeline.h"
#include "spec/yaml.h"

namespace ingot::spec {

/// Writes `--set a.b.c=value` into the tree, before it is checked. The path is in the path language. The value is taken
/// as it stands, unless it stands in quotes or begins with `[` or `{`, which make it YAML; `null` removes the key.
/// Mappings that are missing are created, shorthands (`from: x.csv`, `price: numeric(4,2)`) spelled out. What is set
/// this way has
/// `--set a.b.c` as its place. Appends what is wrong to `errors`.
void apply_override(Node& root, const Override& change, std::vector<Error>& errors);

/// Spells out `from: x.csv` as `from: { path: x.csv }`; leaves mappings alone.
void expand_from(Node& from);

/// Spells out `price: numeric(4,2) required` as `price: { type: numeric(4,2), required: true }`.
void expand_column(Node& column);

}  // namespace ingot::spec
