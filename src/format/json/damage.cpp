#include "format/json/damage.h"

#include "format/record_faults.h"

namespace ingot::json {

Verdict diagnose(std::string_view record) {
  const size_t valid = valid_utf8_prefix(record);
  if (valid < record.size()) return {Fault::bad_utf8, record.data() + valid};
  const size_t nul = record.find('\0');
  if (nul != record.npos) return {Fault::nul_byte, record.data() + nul};
  size_t quote = record.npos;  // that opened the string
  for (size_t at = 0; at < record.size(); ++at) {
    const char c = record[at];
    if (c == '\\' && at + 1 < record.size() && (record[at + 1] == '"' || record[at + 1] == '\\')) {
      ++at;
    } else if (c == '"') {
      quote = quote == record.npos ? at : record.npos;
    } else if (quote != record.npos && static_cast<unsigned char>(c) < 0x20) {
      return {Fault::bad_json, record.data() + at};
    }
  }
  return {Fault::bad_json, record.data() + (quote == record.npos ? 0 : quote)};
}

}  // namespace ingot::json
