#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"

namespace ingot {

/// What the file system says of a file without reading it. Spares hashing, never decides alone (CORRECTNESS 7).
/// Of what lies elsewhere: what its server says; `inode` is then a hash of the version (ETag), or of Last-Modified; 0
/// where there is neither, and content alone decides.
struct Stamp {
  /// Stands in ctime_ns where a version names the content: equal stamps are equal contents, however new.
  static constexpr int64_t kByVersion = -1;

  uint64_t size = 0;
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;
  uint64_t inode = 0;

  bool operator==(const Stamp&) const = default;
};

/// How much a stored byte may become. What is beyond is taken for a bomb, and its unit fails.
struct Expansion {
  /// Deflate makes 1032 bytes of one at most, and comes near it with nothing but bombs; other compressions make more.
  /// Looked at beyond 1 GiB only. 0: no limit.
  uint64_t most_times = 1000;
  uint64_t most_bytes = 0;  ///< of one unit, decompressed; 0: no limit
};

/// Something a source names and can read again.
struct Unit {
  std::string name;  ///< as the ledger and people know it: relative to the pipeline's folder where `from` is relative
  std::string path;  ///< what to open; `ARCHIVE!/MEMBER` where it lies in an archive
  Stamp stamp;
};

/// Reads a unit's bytes from the beginning, decompressed. One thread at a time.
class ByteReader {
 public:
  virtual ~ByteReader() = default;

  /// Fills up to `capacity` (> 0) bytes; 0 is the end, reached only after the container's own end checks (gzip CRC
  /// and length, zstd checksum) have passed. Errors, final: source_unreadable (I/O, damaged or truncated container,
  /// trailing garbage), source_changed (the file's stamp at its end is not what it was when it was opened).
  virtual Result<size_t> read(char* out, size_t capacity) = 0;

  /// Moves forward as if `count` bytes had been read, without reading them where that is possible; returns how many
  /// there were. content_hash() is of no use afterwards. Errors: as read().
  virtual Result<uint64_t> skip(uint64_t count);

  /// Are the bytes stored as they are read, so that skip() costs nothing? Errors: as read().
  virtual Result<bool> plain() = 0;

  /// Returns source_changed if what is read is not what it was when it was opened: for who does not read to the end.
  virtual Status check_unchanged() const = 0;

  /// Returns the number of stored (compressed) bytes consumed so far; for progress.
  virtual uint64_t stored_bytes() const = 0;

  /// Returns the XXH3-128 of the stored bytes as 32 hex digits (as `xxh128sum` prints it). Valid once read() has
  /// returned 0.
  virtual std::string content_hash() const = 0;
};

/// Lists units and opens them. Thread-safe.
class Source {
 public:
  virtual ~Source() = default;

  /// Lists what there is. Order: the entries of `from` as given; within an entry bytewise by name; a name that
  /// occurs twice keeps its first place. No match at all is not an error here. Errors: not_found (a path without
  /// wildcards that does not exist), source_unreadable (a folder that cannot be read, a broken symlink or something
  /// else than a regular file that matches: never skipped silently).
  virtual Result<std::vector<Unit>> list() = 0;

  /// Opens a unit. The decompressor is chosen by the first bytes (gzip, zstd), not by the name. Errors:
  /// source_changed (size, time of modification or inode are not the stamp's, or the file is gone; a stamp without
  /// inode is not compared), source_unreadable, resource.
  virtual Result<std::unique_ptr<ByteReader>> open(const Unit& unit) = 0;

  /// Says which units will be opened, in which order: for who can begin before they are.
  virtual void expect(const std::vector<Unit>&) {}

  /// Names of what the last list() was to find and did not, where that is no error (`on_missing: skip`).
  virtual std::vector<std::string> missing() const { return {}; }

  /// How what lies elsewhere is reached, and as whom, for people; known once list() has been called.
  virtual std::string reached_by() const { return {}; }

  /// Makes reading end soon, with `interrupted`. Any thread.
  virtual void interrupt() {}
};

/// Makes the source of local files. `patterns` are relative to `base_dir` ("": the current folder) where they do not
/// begin with a slash:
///   PATH    a file; a folder stands for PATH/**; a pipe is copied as standard input is. A path that exists as it
///           stands is never taken for a pattern, so that `report [1].csv` is a file's name.
///   PATTERN with `*`, `?` and `[a-z]`, `[!…]` within a name, and `**` for any number of folders; at the end `**` and a
///           slash stand for all files below. Matches files, never folders. A leading dot must be written out:
///           hidden files and folders (Ingot's own temporary files begin with `.ingot-`) match no wildcard.
///   -       standard input, copied once into an unlinked temporary file below `temp_dir`, to be read again.
///   PATH!/MEMBER and PATTERN!/PATTERN: members of zip and tar archives (compressed ones, too), each a unit of its own
///           that is known by its own content; its stamp has the member's size and the archive's times. An archive
///           (by its name's ending) without `!/` stands for its only member. Nothing is extracted by name.
/// Names use what was written, lexically normalised. Symlinks are followed, but `**` enters each folder once, by its
/// own place rather than by a symlink: neither loops nor `latest -> 2024` load a file twice. An archive that cannot be
/// read is a unit that cannot be opened.
std::unique_ptr<Source> make_file_source(std::vector<std::string> patterns, std::string base_dir, std::string temp_dir,
                                         Expansion expansion = {});

/// Returns the file that holds a unit: the archive of a member, else its path.
std::string stored_path(const Unit& unit);

/// Returns XXH3-128 of a file's stored bytes as 32 hex digits. Errors: source_unreadable, source_changed.
Result<std::string> hash_file(const std::string& path);

/// Returns XXH3-128 of the first `bytes` bytes of a unit; nothing where it has fewer or is compressed. Errors: as
/// Source::open() and ByteReader::read().
Result<std::optional<std::string>> hash_beginning(Source& source, const Unit& unit, uint64_t bytes);

}  // namespace ingot
