#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"

namespace ingot {

/// What the file system says of a file without reading it. Spares hashing, never decides alone (CORRECTNESS 7).
struct Stamp {
  uint64_t size = 0;
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;
  uint64_t inode = 0;

  bool operator==(const Stamp&) const = default;
};

/// Something a source names and can read again.
struct Unit {
  std::string name;  ///< as the ledger and people know it: relative to the pipeline's folder where `from` is relative
  std::string path;  ///< what to open
  Stamp stamp;
};

/// Reads a unit's bytes from the beginning, decompressed. One thread at a time.
class ByteReader {
 public:
  virtual ~ByteReader() = default;

  /// Fills up to `capacity` bytes; 0 is the end, reached only after the container's own end checks (gzip CRC and
  /// length, zstd checksum) have passed. Errors: source_unreadable (I/O, damaged or truncated container, trailing
  /// garbage), source_changed (the file's stamp is not what it was when it was opened).
  virtual Result<size_t> read(char* out, size_t capacity) = 0;

  /// Returns the number of stored (compressed) bytes consumed so far; for progress.
  virtual uint64_t stored_bytes() const = 0;

  /// Returns the XXH3-128 of the stored bytes as 32 hex digits. Valid once read() has returned 0.
  virtual std::string content_hash() const = 0;
};

/// Lists units and opens them. Thread-safe.
class Source {
 public:
  virtual ~Source() = default;

  /// Lists what there is. Order: the entries of `from` as given; within an entry bytewise by name; a name that
  /// occurs twice keeps its first place. Errors: not_found (a path without wildcards that does not exist),
  /// source_unreadable (a folder that cannot be read: never skipped silently).
  virtual Result<std::vector<Unit>> list() = 0;

  /// Opens a unit. The decompressor is chosen by the first bytes (gzip, zstd), not by the name.
  virtual Result<std::unique_ptr<ByteReader>> open(const Unit& unit) = 0;
};

/// Makes the source of local files. `patterns`: paths, globs (`*`, `?`, `[…]`, `**`), folders (all files below,
/// hidden ones excepted) or `-` for standard input, which is copied once into an unlinked temporary file below
/// `temp_dir` so that it can be read again. Relative patterns are relative to `base_dir`.
std::unique_ptr<Source> make_file_source(std::vector<std::string> patterns, std::string base_dir,
                                         std::string temp_dir);

/// Returns XXH3-128 of a file's stored bytes as 32 hex digits. Errors: source_unreadable, source_changed.
Result<std::string> hash_file(const std::string& path);

}  // namespace ingot
