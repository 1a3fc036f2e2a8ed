#pragma once

#include <set>
#include <vector>

#include "engine/batch.h"
#include "engine/run.h"

namespace ingot {

/// Turns what the engine and the target turned away in one batch into rejects: in order of unit and offset, with their
/// raw bytes read again by address, a piece at a time, so that memory stays bounded however many there are.
class RejectWriter {
 public:
  /// All references outlive the writer.
  RejectWriter(const BatchContext& context, Batch& batch, const std::vector<LoadResult>& results, Source& source,
               uint64_t run);

  /// Gives those of the units that have rejects what these cannot be read without (see UnitEntry).
  Status attach_heads(std::vector<UnitEntry>& units);

  /// Writes all rejects within the session's transaction.
  Status write(Session& session);

  /// Numbers of the rejects that the batch loads again.
  std::vector<uint64_t> replayed() const;

  /// Adds the rejects to `groups`; `only`: of these units.
  void group(std::vector<RejectGroup>& groups, const std::set<uint32_t>* only = nullptr) const;

 private:
  /// Either a decode reject, or a row refused by the target of table `table`.
  struct Reference {
    uint32_t unit;
    uint64_t offset;
    int table;  ///< -1: decode reject
    size_t index;
  };

  RejectEntry entry(const Reference& reference) const;
  void trace(RejectEntry& entry) const;
  Status attach_raw(std::vector<RejectEntry>& piece);

  const BatchContext& context_;
  Batch& batch_;
  const std::vector<LoadResult>& results_;
  Source& source_;
  const uint64_t run_;
  std::vector<Reference> order_;
};

}  // namespace ingot
