#include "format/json/structural_index.h"

#include <simdjson.h>

#include <algorithm>
#include <new>

namespace ingot::json {

StructuralIndex::StructuralIndex() = default;
StructuralIndex::~StructuralIndex() = default;

bool StructuralIndex::scan(std::string_view text) {
  if (text.size() > capacity_ || !parser_) {
    capacity_ = std::max<size_t>(text.size() + text.size() / 4, 1 << 16);
    capacity_ = std::max(text.size(), std::min<size_t>(capacity_, simdjson::SIMDJSON_MAXSIZE_BYTES));
    // The depth sizes arrays of simdjson's second stage, which is not used.
    const auto& implementation = simdjson::get_active_implementation();
    if (implementation->create_dom_parser_implementation(capacity_, 1, parser_) != simdjson::SUCCESS) {
      throw std::bad_alloc();
    }
  }
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  return parser_->stage1(bytes, text.size(), simdjson::stage1_mode::regular) == simdjson::SUCCESS;
}

const uint32_t* StructuralIndex::positions() const { return parser_->structural_indexes.get(); }

}  // namespace ingot::json
