#pragma once

#include <memory>

#include "format/csv/layout.h"
#include "format/decoder.h"

namespace ingot::csv {

/// Decodes blocks whose index is an Index and whose layout is a Layout (or null where there are no records).
///
/// What is NULL: an empty field, quoted or not, of any type but text; and an unquoted field that equals one of
/// `null_texts`, of every type. `null_texts` adds to the first rule and does not replace it: an empty text field is ''
/// unless the list holds '', and `""` is '' in text always. Quoted text is never compared with that list, but with the
/// slot's own.
///
/// A record with the wrong number of fields, text after a closing quote, bytes that are not UTF-8 or a NUL, in a used
/// field or not, is a reject as a whole. A completely empty line is no record where records have more than one field.
std::unique_ptr<Decoder> make_decoder(std::shared_ptr<const Wanted> wanted);

}  // namespace ingot::csv
