#pragma once

#include <memory>

#include "format/format.h"
#include "types/path.h"

namespace ingot::json {

/// Cuts what is JSON in any layout, told apart unit by unit by the first character that is not white space:
///
/// `[`: one array, whose elements are the records. Behind it only white space may follow. Between its elements there
/// is one comma. An element that is malformed but whose brackets balance is one record, which the decoder rejects.
///
/// Anything else: a stream of values, one after another with or without white space (a single document, NDJSON,
/// pretty-printed objects, …). What is neither object nor array takes the rest of its line and is one record.
/// A record with unbalanced brackets or an unclosed string would take all that follows. Therefore, as long as every
/// object so far (at least one) began a line and ended on it: a string ends with its line, and a bracket that begins a
/// line where no value may stand begins a record. So a broken line of NDJSON costs itself, or itself and the next one
/// (where it was cut after a colon, or within an array); and a last line that is incomplete costs itself.
///
/// Everything else that leaves the records' borders unknown is an error for the unit: source_unreadable, with line and
/// column. Emits a ValuesIndex.
std::unique_ptr<Splitter> make_values_splitter();

/// Cuts one document: the elements of the array at `records` are the records. What stands around them is checked (see
/// DocumentScanner), and a document without that array, or with something behind it, is an error for the unit: so an
/// empty unit is, too. A step of the path that occurs twice in its object is as well.
std::unique_ptr<Splitter> make_document_splitter(const Path& records, int max_depth);

}  // namespace ingot::json
