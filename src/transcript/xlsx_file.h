#pragma once

#include <memory>
#include <string>

#include "source/source.h"
#include "spec/pipeline.h"

namespace ingot {

/// Opens the transcript of a sheet of an XLSX workbook; line n is the sheet's row n. The first row that is not empty,
/// behind those that are skipped, names the fields; without a header the columns' letters do. Numbers are the shortest
/// that read back; dates, times, booleans and texts are what they are; of formulas the value that was saved counts.
/// An error such as #N/A, or a date that never was, becomes `{"error":"#N/A"}`: no type takes that but json. Cells that
/// are empty are absent. Errors: source_unreadable, source_changed, resource.
Result<std::unique_ptr<ByteReader>> open_xlsx(Source& files, const Unit& unit, const Pipeline::From& from,
                                              const std::string& temp_dir);

}  // namespace ingot
