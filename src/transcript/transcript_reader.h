#pragma once

#include <cstdint>
#include <string>

#include "source/source.h"

namespace ingot {

/// Reads the transcript of a file that is no text: its records as JSON objects, one a line. Before them stands a line
/// that is not counted and names the fields that the file has, `{"a":null,"b":{"c":null}}`; then line n is the file's
/// row n. A row that is no record (a header, an empty row of a sheet) is an empty line. What a file's transcript is
/// never changes from one run to the next: addresses are places in it.
class TranscriptReader : public ByteReader {
 public:
  Result<size_t> read(char* out, size_t capacity) final;
  Result<bool> plain() final { return false; }

 protected:
  /// Appends further lines; returns false behind the last, once all checks have passed.
  virtual Result<bool> write_more(std::string& out) = 0;

 private:
  std::string text_;
  size_t used_ = 0;
  bool ended_ = false;
};

}  // namespace ingot
