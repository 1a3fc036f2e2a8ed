#include "target/target.h"

#include "ledger/postgres/store.h"
#include "target/postgres/copy_job.h"
#include "target/postgres/examine.h"
#include "target/postgres/inspect.h"
#include "target/postgres/model_database.h"
#include "target/postgres/session.h"
#include "target/postgres/undo.h"

namespace ingot {

namespace {

using postgres::PgConnection;
using postgres::PgSession;

class PostgresTarget : public Target {
 public:
  PostgresTarget(Secret url, std::unique_ptr<PgConnection> control, uint64_t memory_bytes)
      : url_(std::move(url)),
        memory_bytes_(memory_bytes),
        control_(std::move(control)),
        ledger_(postgres::make_ledger(*control_, url_)) {}

  Result<std::vector<TableShape>> inspect(const Pipeline& pipeline) override {
    return postgres::inspect_tables(*control_, pipeline, *alterations_);
  }
  Result<Undone> undo(const Undoing& what) override { return postgres::undo(*control_, what); }
  Ledger& ledger() override { return *ledger_; }
  Result<std::unique_ptr<Session>> open_session() override {
    INGOT_ASSIGN(auto server, PgConnection::open(url_));
    return std::unique_ptr<Session>(std::make_unique<PgSession>(url_, std::move(server), memory_bytes_, alterations_));
  }
  std::unique_ptr<ModelDatabase> open_models() override { return postgres::make_model_database(*control_); }
  Result<Findings> examine(const std::vector<TableShape>& tables) override {
    return postgres::examine_server(*control_, tables);
  }
  std::string describe() const override { return control_->describe(); }

 private:
  Secret url_;
  const uint64_t memory_bytes_;
  std::unique_ptr<PgConnection> control_;  // holds the courtesy lock, and builds the models; no rows are sent over it
  std::unique_ptr<Ledger> ledger_;
  const std::shared_ptr<postgres::Alterations> alterations_ = std::make_shared<postgres::Alterations>();
};

}  // namespace

Result<std::unique_ptr<Target>> open_postgres_target(const Connection& connection, duckdb::Connection& engine,
                                                     const TargetOptions& options) {
  INGOT_ASSIGN(auto control, PgConnection::open(connection.url));
  postgres::register_copy_functions(engine);
  return std::unique_ptr<Target>(
      std::make_unique<PostgresTarget>(connection.url, std::move(control), options.memory_bytes));
}

}  // namespace ingot
