#pragma once

#include <cstdint>
#include <string>

#include "core/error.h"

namespace ingot {

/// Gives the stored bytes of one unit from the beginning, and hashes them as they pass: a file, or what an archive
/// holds. Not thread-safe.
class StoredInput {
 public:
  virtual ~StoredInput() = default;

  /// Fills `out`; less only at the end, where all checks have passed. Errors: source_unreadable, source_changed.
  virtual Result<size_t> read(char* out, size_t capacity) = 0;

  /// Reads at the beginning without moving or hashing.
  virtual Result<size_t> peek(char* out, size_t capacity) const = 0;

  /// May skip() be called? Else what is not wanted is to be read.
  virtual bool skips() const = 0;

  /// Moves forward without reading; the hash is of no use afterwards.
  virtual void skip(uint64_t count) = 0;

  /// Returns source_changed if it is not what it was when it was opened.
  virtual Status check_unchanged() const = 0;

  virtual bool at_end() const = 0;
  virtual uint64_t offset() const = 0;
  virtual uint64_t size() const = 0;
  virtual const std::string& path() const = 0;  ///< for messages
  virtual std::string hash() const = 0;
};

}  // namespace ingot
