#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "spec/format_options.h"
#include "types/encoding.h"
#include "types/path.h"
#include "types/type.h"
#include "types/value_form.h"

namespace ingot {

class Decoder;

/// A value to be taken from every record: the first of `sources` that is present (an explicit null counts as
/// present), decoded as `type`. An empty path is the whole record.
struct Slot {
  std::vector<Path> sources;
  Type type;
  /// A source field used in an expression without being declared: its text as it stands (CSV: the field, an empty one
  /// is ''; JSON: a string's content, a number's or boolean's literal, a container's JSON text). `type` is text.
  bool as_source_text = false;
  std::string label;                                ///< for messages: the column's name, or the path
  std::shared_ptr<const ValueForm> form = nullptr;  ///< how its texts are written; null: in the type's usual form
  /// All fields that no other slot takes, as one JSON object; NULL where there are none. Without sources; of type json.
  bool rest = false;
  /// Not empty: a value of each element of the array at this path, as a list; `sources` start at the element.
  Path each = {};
  bool position = false;  ///< With `each`: the element's place in the array, from 0; without sources.
  bool required = false;  ///< With `each`: an element without a value is a fault (of others the contract judges later).
  bool optional = false;  ///< CSV: absent where a unit's header lacks it, which else fails the unit

  bool is_list() const { return !each.empty(); }
};

/// Where the records of a block lie. Each format derives its own.
struct RecordIndex {
  virtual ~RecordIndex() = default;
};

/// What a splitter learnt from a unit's beginning (e.g. a CSV header), shared by all blocks of the unit.
struct UnitLayout {
  virtual ~UnitLayout() = default;

  size_t head_bytes = 0;  ///< before the first record: without them a record of the unit cannot be read
  char delimiter = 0;     ///< that was given or detected; 0 = the format has none
  uint32_t fields = 0;    ///< that every record must have; 0 = the format does not say
};

/// Whole records of one unit, contiguous. Immutable once queued; decoded strings may point into it, so it lives as
/// long as the vectors that do.
struct Block {
  uint32_t unit = 0;                  ///< listing index within the plan
  uint32_t number = 0;                ///< counts blocks within a batch, in listing and byte order
  uint64_t offset = 0;                ///< of bytes[0] within the decompressed unit, in its own encoding
  Charset encoding = Charset::utf8;   ///< of the unit; the bytes here are UTF-8
  uint64_t line = 1;                  ///< of bytes[0]; counts from 1, a line ends with LF
  uint64_t max_records = UINT64_MAX;  ///< so many of its records are wanted
  uint64_t reject = 0;                ///< the reject that is all there is in the block, and must be one record; else 0
  std::unique_ptr<char[]> bytes;      ///< `size` bytes, then kBlockPadding readable bytes
  size_t size = 0;
  std::unique_ptr<RecordIndex> index;
  std::shared_ptr<const UnitLayout> layout;

  std::string_view view() const { return {bytes.get(), size}; }
};

inline constexpr size_t kBlockPadding = 64;

/// What a splitter found.
struct Cut {
  size_t bytes = 0;       ///< the first `bytes` of the data are whole records (with what separates them); 0 = none yet
  uint64_t newlines = 0;  ///< LF bytes among them
  std::unique_ptr<RecordIndex> index;        ///< positions relative to the data's beginning
  std::shared_ptr<const UnitLayout> layout;  ///< the unit's layout, once known
};

/// Cuts a unit's bytes into blocks of whole records. One a unit; used by one thread; light, because it is the only
/// part of decoding that is sequential.
class Splitter {
 public:
  virtual ~Splitter() = default;

  /// `data` is what the previous call did not cut, followed by new bytes, followed by kBlockPadding readable bytes
  /// of unspecified content; its first `seen` bytes were in the previous call already (so that a record of 300 MB is
  /// not scanned again and again). `last` says that the unit ends with `data`; then all of it must be cut.
  /// Errors are structural faults, which fail the whole unit: source_unreadable with what and where (line).
  virtual Result<Cut> split(std::string_view data, size_t seen, bool last) = 0;
};

/// What is known of a unit whose records are read apart from it; see UnitLayout.
struct UnitHead {
  std::string_view head;  ///< its bytes before the first record
  char delimiter = 0;
  uint32_t fields = 0;
};

/// A record format with its options and the slots wanted. Thread-safe.
class Format {
 public:
  virtual ~Format() = default;
  virtual std::unique_ptr<Splitter> make_splitter() const = 0;
  /// Makes one that begins in the middle of a unit: at the beginning of a record, in line `line`. `layout` is what the
  /// unit's own beginning told, null where it told nothing. Returns null where units of this format can only be read
  /// from their beginning.
  virtual std::unique_ptr<Splitter> make_splitter_at(std::shared_ptr<const UnitLayout> layout, uint64_t line) const = 0;

  /// Makes a splitter of data that are one record of a unit, within record_frame(), and nothing else. Errors:
  /// source_unreadable (the unit's header lacks a column, …).
  virtual Result<std::unique_ptr<Splitter>> make_record_splitter(const UnitHead& unit) const = 0;

  /// What stands around a record so that it can be read alone.
  struct Frame {
    std::string_view before;
    std::string_view after;
  };
  virtual Frame record_frame() const = 0;
  virtual std::unique_ptr<Decoder> make_decoder() const = 0;
};

/// Makes the CSV format. Slot paths have one step, a header name, or, in files without header, slots are taken by
/// position: `positions[i]` is the field index of slot i.
std::unique_ptr<Format> make_csv_format(CsvOptions options, std::vector<Slot> slots, std::vector<int> positions);

std::unique_ptr<Format> make_json_format(JsonOptions options, std::vector<Slot> slots);

/// Makes the format of lines whose fields stand at fixed places.
std::unique_ptr<Format> make_fixed_format(FixedOptions options, std::vector<Slot> slots);

}  // namespace ingot
