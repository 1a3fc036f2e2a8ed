#pragma once

#include "engine/survey_files.h"

namespace ingot {

/// Surveys CSV, and finds out how it is written, beyond delimiter and header: what a file's beginning makes likely is
/// taken only where the scan of all files confirms it, and is said in the survey (`from`, `notes`). Errors: as
/// survey_files().
Result<infer::Survey> survey_csv(const Pipeline::From& from, Source& source, const SurveyOptions& options,
                                 Progress& progress, const std::atomic<bool>& cancelled);

}  // namespace ingot
