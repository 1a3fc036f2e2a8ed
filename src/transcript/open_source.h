#pragma once

#include <memory>
#include <string>

#include "source/source.h"
#include "spec/pipeline.h"

namespace ingot {

/// Opens what a pipeline reads from. Errors come with listing and opening.
std::unique_ptr<Source> open_source(const Pipeline::From& from, const std::string& base_dir,
                                    const std::string& temp_dir);

}  // namespace ingot
