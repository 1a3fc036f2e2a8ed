#pragma once

#include <memory>

#include "format/csv/classify.h"
#include "format/csv/index.h"
#include "format/csv/layout.h"
#include "format/format.h"

namespace ingot::csv {

std::unique_ptr<Splitter> make_splitter(std::shared_ptr<const Wanted> wanted, Classify classify = best_classify());

/// As Format::make_splitter_at().
std::unique_ptr<Splitter> make_splitter_at(std::shared_ptr<const Wanted> wanted, std::shared_ptr<const Layout> layout,
                                           uint64_t line, Classify classify = best_classify());

}  // namespace ingot::csv
