#include "format/csv/first_record.h"

#include "format/csv/layout.h"

namespace ingot::csv {

Result<std::optional<FirstRecord>> read_first_record(std::string_view text, bool last, const CsvOptions& options) {
  Wanted wanted{options, {}, {}};
  wanted.options.header = CsvOptions::Header::present;
  INGOT_ASSIGN(const auto prologue, read_prologue(text, last, wanted));
  if (!prologue) return std::optional<FirstRecord>();
  FirstRecord first;
  if (prologue->layout) {
    first.fields = prologue->layout->header;
    first.delimiter = prologue->layout->dialect.delimiter;
  }
  first.end = prologue->bytes;
  return std::optional<FirstRecord>(std::move(first));
}

}  // namespace ingot::csv
