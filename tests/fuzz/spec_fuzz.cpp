#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "spec/pipeline.h"

// Any text is either a pipeline or a list of errors, each with a message; and the same text is always the same
// pipeline.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto first = ingot::parse_pipeline(text, "fuzzed.yaml", {}, "");
  const auto second = ingot::parse_pipeline(text, "fuzzed.yaml", {}, "");
  if (first.has_value() != second.has_value()) std::abort();
  if (first && (first->hash != second->hash || first->tables.empty() || first->from.paths.empty())) std::abort();
  if (!first && (first.error().empty() || first.error().front().message.empty())) std::abort();
  return 0;
}
