#pragma once

#include <memory>
#include <vector>

#include "source/source.h"
#include "transcript/transcript_source.h"

namespace ingot {

/// Opens the transcript of an Avro object container file; line n is its record n. Texts, numbers, booleans, enums,
/// arrays, maps and records are JSON's; bytes are `\x0aff`; decimals numbers, dates and times texts, by their logical
/// types; of a union the value counts, not which branch it is of. Errors: source_unreadable (no Avro file, a damaged
/// one, a codec that is not read), and as of `bytes`.
Result<std::unique_ptr<ByteReader>> open_avro(std::unique_ptr<ByteReader> bytes, const Unit& unit);

/// Returns the columns that a file's schema has. Errors: as above.
Result<std::vector<FileColumn>> avro_columns(ByteReader& bytes, const Unit& unit);

}  // namespace ingot
