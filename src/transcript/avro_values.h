#pragma once

#include <string>
#include <string_view>

#include "core/error.h"
#include "transcript/avro_schema.h"

namespace ingot {

/// Reads values of an Avro block, one after the other, and writes each as JSON.
class AvroValues {
 public:
  explicit AvroValues(std::string_view bytes) : bytes_(bytes), size_(bytes.size()) {}

  /// Appends the next value. Error source_unreadable: the bytes are none of this type.
  Status append(std::string& out, const AvroType& type, int depth = 0);

  size_t left() const { return bytes_.size(); }
  /// Takes a variable-length number. Error: as above.
  Result<int64_t> take_long();
  Result<std::string_view> take(uint64_t size);

 private:
  Status append_record(std::string& out, const AvroType& type, int depth);
  Status append_items(std::string& out, const AvroType& type, int depth);
  Status append_choice(std::string& out, const AvroType& type, int depth);
  Status append_bytes(std::string& out, const AvroType& type);
  Status append_number(std::string& out, const AvroType& type);
  Result<std::string_view> take_text();
  Status count_empty();

  std::string_view bytes_;
  size_t size_;        // of all of it
  uint64_t made_ = 0;  // values that may take no bytes
};

}  // namespace ingot
