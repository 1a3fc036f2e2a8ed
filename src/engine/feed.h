#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "engine/block_queue.h"
#include "format/format.h"
#include "ledger/ledger.h"
#include "source/content_hasher.h"
#include "source/source.h"
#include "types/encoding.h"

namespace ingot {

/// Counts of the pass that is under way, which a progress display reads while a run goes on.
struct Progress {
  std::atomic<uint64_t> stored_bytes{0};  ///< read from the source
  std::atomic<uint64_t> records{0};
  std::atomic<uint64_t> rejected{0};

  void restart() {
    stored_bytes = 0;
    records = 0;
    rejected = 0;
  }
};

/// What a feed must know of the bytes before some place in a unit to go on reading there.
struct ReadSoFar {
  std::optional<ContentHasher> hasher;  ///< has seen them; absent: they have not been read yet
  std::shared_ptr<const UnitLayout> layout;
};

/// Where reading a unit begins: behind the parts of it that are committed.
struct UnitStart {
  uint32_t part = 0;  ///< number of the part that begins here
  uint64_t byte = 0;  ///< decompressed
  uint64_t line = 1;
  std::string hash;  ///< of the bytes before, as the ledger has it
  /// Where byte > 0: filled by the first feed that begins here, spares the others to read what is before.
  std::shared_ptr<ReadSoFar> before;
};

/// Begins part `part` behind what the ledger says is committed.
UnitStart behind(const PartEnd& end, uint32_t part);

/// A planned unit, where it lies, and what of it is to be read.
struct BatchUnit : PlannedUnit {
  std::string path;
  /// The part ends with the first block that reaches so many bytes; 0 = at the unit's end. Only of units that are not
  /// compressed.
  uint64_t part_bytes = 0;
  UnitStart start;

  bool in_parts() const { return part_bytes > 0 || start.byte > 0; }
  /// Stored bytes from `start` to the end.
  uint64_t bytes_left() const { return stamp.size - std::min(stamp.size, start.byte); }
};

/// Of all of them.
uint64_t bytes_left(const std::vector<BatchUnit>& units);

class RecordCounter;
class ReplayRecords;

/// Reads the units of a batch ahead of the workers: opens, decompresses, cuts into blocks. Owns one thread.
class Feed {
 public:
  struct Options {
    size_t block_bytes = 1 << 20;       ///< pieces of this size are cut into blocks
    size_t whole_unit_bytes = 4 << 20;  ///< a unit up to this size is queued only once it was read to its end
    size_t max_record_bytes = size_t{1} << 30;
    const ReplayRecords* replay = nullptr;     ///< the units are rejects that are loaded again; the source is not read
    uint64_t record_limit = 0;                 ///< so many records of each unit are read, and no more; 0 = all
    const std::vector<Slot>* slots = nullptr;  ///< of the format; needed where records are limited
    Charset encoding = Charset::automatic;     ///< of the units
  };

  /// What became of one unit.
  struct UnitRead {
    std::string hash;    ///< of the stored bytes; where a part ended before the unit did: of those before that place;
                         ///< empty where it was not read to its end because of the limit
    uint64_t bytes = 0;  ///< decompressed, as they are in the file
    Charset encoding = Charset::utf8;
    uint64_t line = 1;                       ///< behind the last record
    bool complete = true;                    ///< read to the unit's end; else only to the part's
    std::shared_ptr<ReadSoFar> before_next;  ///< where not complete: for the next part
    size_t head_bytes = 0;                   ///< as in UnitLayout, but of the file; and so is the delimiter
    char delimiter = 0;
    uint32_t fields = 0;
    std::optional<Error> error;
    bool emitted = false;   ///< blocks of the failed unit reached the queue: its batch must be given up
    bool given_up = false;  ///< the queue was cancelled while the unit was being read: the query's error tells why
  };

  /// Starts reading. All references outlive the feed. `cancelled` is polled.
  Feed(Source& source, const Format& format, const std::vector<BatchUnit>& units, BlockQueue& queue, Progress& progress,
       const std::atomic<bool>& cancelled, Options options);
  /// Cancels the queue and joins.
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  /// Waits for the end and returns what became of each unit, in the order of `units`.
  const std::vector<UnitRead>& finish();

 private:
  struct Reading;

  void run();
  void read_unit(size_t position);
  void replay_unit(size_t position);
  Status go_to_start(Reading& reading);
  Status read_before(Reading& reading);
  Status read_blocks(Reading& reading);
  Status check_unchanged(const BatchUnit& unit);
  Status fill(Reading& reading);
  Status cut(Reading& reading);
  static size_t head_bytes(const Reading& reading, size_t of_text);
  void limit(Reading& reading, const std::shared_ptr<Block>& block);
  bool flush(Reading& reading);

  Source& source_;
  const Format& format_;
  const std::vector<BatchUnit>& units_;
  BlockQueue& queue_;
  Progress& progress_;
  const std::atomic<bool>& cancelled_;
  const Options options_;
  std::vector<UnitRead> reads_;
  uint32_t next_number_ = 0;
  bool stopped_ = false;
  std::unique_ptr<RecordCounter> counter_;  ///< where records are limited
  std::unique_ptr<char[]> scratch_;         ///< block_bytes, used again by unit after unit as long as blocks are small
  std::thread thread_;
};

}  // namespace ingot
