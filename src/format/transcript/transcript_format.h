#pragma once

#include <memory>
#include <vector>

#include "format/format.h"

namespace ingot {

/// Makes the format of transcripts (transcript/transcript_reader.h): lines of JSON behind a first line that says which
/// fields the file has. A slot whose field is not among them fails the unit, as a column that a CSV header lacks does.
std::unique_ptr<Format> make_transcript_format(JsonOptions options, std::vector<Slot> slots);

}  // namespace ingot
