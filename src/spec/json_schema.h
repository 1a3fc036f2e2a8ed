#pragma once

#include <string>

namespace ingot::spec {

enum class SchemaOf : uint8_t { pipeline, project };

/// Returns the JSON Schema (draft-07) of pipelines, or of ingot.yaml, for editors: the keys, forms and values that this
/// version takes, with their docs. What needs more than the option descriptors (SQL, types, what excludes what) is left
/// to `ingot check`.
std::string json_schema(SchemaOf what);

}  // namespace ingot::spec
