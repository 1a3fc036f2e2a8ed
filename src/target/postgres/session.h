#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/secret.h"
#include "postgres/connection.h"
#include "target/postgres/alter.h"
#include "target/postgres/table_load.h"
#include "target/target.h"

namespace ingot::postgres {

/// See ingot::Session. Connects in begin() where it has no living connection.
class PgSession : public Session {
 public:
  /// `memory_bytes`: for the hashes of fetched rows. `alterations`: of all tables that a run may alter.
  PgSession(Secret url, std::unique_ptr<PgConnection> server, uint64_t memory_bytes,
            std::shared_ptr<const Alterations> alterations)
      : url_(std::move(url)),
        memory_bytes_(memory_bytes),
        alterations_(std::move(alterations)),
        server_(std::move(server)) {}
  ~PgSession() override { rollback(); }

  Result<std::vector<uint32_t>> begin(const Claim& claim, const std::vector<uint32_t>& units) override;
  Status begin_ahead(const Claim& claim, const std::vector<uint32_t>& units,
                     const std::vector<BatchRows*>& tables) override;
  Status load_ahead(BatchRows& rows, bool first) override;
  Status create_tables(const std::vector<std::string>& ddl) override;
  Result<LoadResult> load(BatchRows& rows) override;
  Status record(const std::vector<UnitEntry>& units, const std::vector<RejectEntry>& rejects) override;
  Status resolve(const std::vector<uint64_t>& rejects) override;
  Status commit() override;
  void rollback() noexcept override;
  bool lost_race() const override { return lost_race_; }
  void cancel() noexcept override;

 private:
  /// A table's rows that are loaded ahead of their turn.
  struct Ahead {
    BatchRows& rows;
    LoadPlan plan;
    std::optional<TableLoad> load;
  };
  enum class Use : uint8_t { read, insert };

  Status connect();
  void take(const Claim& claim, const std::vector<uint32_t>& units);
  Result<LoadPlan> lock_table(BatchRows& rows, Use use);
  Result<LoadResult> finish(Ahead& ahead);
  Result<LoadResult> place(const LoadPlan& plan, BatchRows& rows, std::optional<TableLoad::Fetch> fetch);
  Status begin_transaction();
  Status lock_plan(PgConnection& server) const;
  Result<std::vector<uint32_t>> loaded_units(PgConnection& server, const std::vector<uint32_t>& units, bool ours) const;
  Status find_out(Error lost);

  Secret url_;
  const uint64_t memory_bytes_;
  const std::shared_ptr<const Alterations> alterations_;
  std::mutex connection_mutex_;  // of the pointer: cancel() is called from elsewhere
  std::unique_ptr<PgConnection> server_;
  std::atomic<bool> cancelled_ = false;
  Claim claim_;
  std::vector<uint32_t> units_;
  std::vector<uint32_t> recorded_;
  std::vector<std::unique_ptr<Ahead>> ahead_;
  std::map<std::string, std::string> new_since_;  ///< by table with children: see lock_parent()
  bool lost_race_ = false;
};

}  // namespace ingot::postgres
