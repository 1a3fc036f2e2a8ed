#pragma once

#include <memory>

#include "format/csv/classify.h"
#include "format/csv/layout.h"
#include "format/format.h"

namespace ingot::csv {

std::unique_ptr<Splitter> make_splitter(std::shared_ptr<const Wanted> wanted, Classify classify = best_classify());

/// Of data that begin with a record, and whose layout is known.
std::unique_ptr<Splitter> make_splitter(std::shared_ptr<const Wanted> wanted, std::shared_ptr<const Layout> layout);

}  // namespace ingot::csv
