#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "core/error.h"
#include "postgres/connection.h"
#include "target/postgres/load_plan.h"
#include "target/postgres/stage.h"
#include "target/target.h"

namespace ingot::postgres {

/// Merges a stage, in which every key occurs once, into its table. The counts are selected first, then the statements
/// must affect just so many rows; where somebody else got between, all is rolled back to a savepoint and done again,
/// in the end under a lock (CORRECTNESS 16). What is left is as if others had written before, or will write after it.
class Merge {
 public:
  Merge(PgConnection& server, const LoadPlan& plan, const Stage& stage) : server_(server), plan_(plan), stage_(stage) {}

  enum class Outcome : uint8_t {
    done,
    refused,     ///< a row's fault: nothing of the merge is left
    suppressed,  ///< even under the lock fewer rows were written than there should be: a trigger
  };
  Result<Outcome> run();

  struct Counts {
    uint64_t staged = 0;
    uint64_t matched = 0;
    uint64_t changed = 0;  ///< of those that match; deleted ones included
    uint64_t deleted = 0;
    uint64_t absent = 0;    ///< tombstones of rows that are not there
    uint64_t outdated = 0;  ///< of those that match: the row is the later one, and stays
    uint64_t early = 0;     ///< versions that do not begin after the one that they succeed
  };
  /// By unit; by 0 where the stage does not keep units. Valid after `done`.
  const std::map<uint32_t, Counts>& by_unit() const { return by_unit_; }

 private:
  using Expected = std::function<uint64_t(const Counts&)>;
  Status succeed();
  enum class Step : uint8_t {
    done,
    raced,
    overtaken,  ///< of what others wrote meanwhile some came before it and some after; or a deadlock with them
    refused
  };
  Result<Step> attempt(int number);
  Status classify();
  Result<Step> write(int number);
  Result<bool> writes(const std::string& sql, const Expected& rows);
  Result<bool> undisturbed();
  Result<bool> holds();
  std::string insertion(int number) const;
  Step judge() const;

  PgConnection& server_;
  const LoadPlan& plan_;
  const Stage& stage_;
  std::map<uint32_t, Counts> by_unit_;
  Counts total_;
  std::string snapshot_;  ///< in which the counts were selected
};

/// Deletes from a stage the rows whose key, by the server's own equality, a row that `keep` prefers has too. Returns
/// how many by unit. The stage keeps addresses.
Result<std::map<uint32_t, uint64_t>> drop_repeated_keys(PgConnection& server, const LoadPlan& plan, const Stage& stage);

}  // namespace ingot::postgres
