#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "transcript/transcript_source.h"

namespace ingot {

/// A type of an Avro schema (Avro 1.12).
struct AvroType {
  enum class Kind : uint8_t {
    null,
    boolean,
    int32,
    int64,
    float32,
    float64,
    bytes,
    string,
    record,
    enumeration,
    array,
    map,
    choice,
    fixed
  };
  enum class Logical : uint8_t {
    none,
    decimal,
    date,
    time_millis,
    time_micros,
    timestamp_millis,  ///< instants
    timestamp_micros,
    timestamp_nanos,
    local_millis,
    local_micros,
    local_nanos,
    duration
  };

  Kind kind = Kind::null;
  Logical logical = Logical::none;
  uint32_t precision = 0;
  uint32_t scale = 0;
  size_t size = 0;                 ///< fixed: bytes
  std::vector<std::string> names;  ///< record: of its fields, as `"name":`; enumeration: its symbols, as JSON
  std::vector<AvroType*> parts;    ///< record: of its fields; array, map: one; choice: its branches
};

/// A file's schema. The types refer to one another, also in circles.
class AvroSchema {
 public:
  /// Error source_unreadable: it is none, has no record at its top, or more than 100,000 fields in all.
  static Result<AvroSchema> parse(std::string_view json);

  const AvroType& record() const { return *top_; }

  /// Returns what the first line of a transcript says: each field, and those of records within it.
  const std::string& fields() const { return fields_; }
  /// Returns the top record's fields with the types of the contract that take them.
  std::vector<FileColumn> columns() const;

 private:
  std::vector<std::unique_ptr<AvroType>> types_;
  std::vector<std::string> field_names_;
  std::string fields_;
  AvroType* top_ = nullptr;

  friend class AvroSchemaReader;
};

}  // namespace ingot
