#include "target/postgres/queue.h"

#include <fmt/format.h>

namespace ingot::postgres {

namespace {

// {0} the statements with their checks, {1} the stage, {2} the size of a piece, {3} further codes. What is_row_fault()
// says is said here again, in SQL; IG001 is raised by the checks.
constexpr const char* kInOrder = R"(DO $ingot_body$
DECLARE
  ingot_los bigint[]; ingot_his bigint[]; ingot_lo bigint; ingot_hi bigint; ingot_top integer; ingot_first bigint := 1;
  ingot_total bigint; ingot_done bigint; ingot_due bigint; ingot_code text; ingot_name text; ingot_col text;
BEGIN
  SELECT count(*) INTO ingot_total FROM pg_temp.ingot_queue;
  WHILE ingot_first <= ingot_total LOOP
    ingot_los := ARRAY[ingot_first]; ingot_his := ARRAY[least(ingot_first + {2} - 1, ingot_total)];
    ingot_first := ingot_first + {2};
    WHILE cardinality(ingot_los) > 0 LOOP
      ingot_top := cardinality(ingot_los);
      ingot_lo := ingot_los[ingot_top]; ingot_hi := ingot_his[ingot_top];
      ingot_los := ingot_los[1:ingot_top - 1]; ingot_his := ingot_his[1:ingot_top - 1];
      BEGIN
{0}      EXCEPTION WHEN OTHERS OR ASSERT_FAILURE THEN
        GET STACKED DIAGNOSTICS ingot_code = RETURNED_SQLSTATE, ingot_name = CONSTRAINT_NAME, ingot_col = COLUMN_NAME;
        IF NOT (left(ingot_code, 2) IN ('21', '22', '23', '44') OR ingot_code IN ('42622', '54000', 'P0001', 'P0004', 'IG001'{3})) THEN
          RAISE;
        END IF;
        IF ingot_lo = ingot_hi THEN
          UPDATE {1} SET ingot_state = 1, ingot_fault = ingot_code, ingot_detail = ingot_name, ingot_field = ingot_col
            WHERE ingot_rec = (SELECT q.rec FROM pg_temp.ingot_queue q WHERE q.n = ingot_lo);
        ELSE
          ingot_los := ingot_los || ((ingot_lo + ingot_hi) / 2 + 1) || ingot_lo;
          ingot_his := ingot_his || ingot_hi || ((ingot_lo + ingot_hi) / 2);
        END IF;
      END;
    END LOOP;
  END LOOP;
END $ingot_body$)";

// {0} the statement, {1} a condition on q.kind.
constexpr const char* kChecked = R"(        {0} AND q.n BETWEEN ingot_lo AND ingot_hi;
        GET DIAGNOSTICS ingot_done = ROW_COUNT;
        SELECT count(*) INTO ingot_due FROM pg_temp.ingot_queue q WHERE q.n BETWEEN ingot_lo AND ingot_hi{1};
        IF ingot_done <> ingot_due THEN RAISE 'suppressed' USING ERRCODE = 'IG001'; END IF;
)";

std::string of_kind(int kind) { return kind == 0 ? "" : fmt::format(" AND q.kind = {}", kind); }

}  // namespace

Status Queue::fill(const std::string& select) {
  // Each time, since a rollback to a savepoint may have taken it back.
  INGOT_TRY(
      server_.run("CREATE TEMPORARY TABLE IF NOT EXISTS ingot_queue (n bigint PRIMARY KEY, rec bigint, kind smallint) "
                  "ON COMMIT DROP"));
  INGOT_ASSIGN(
      const QueryResult result,
      server_.query(fmt::format("TRUNCATE {0}; INSERT INTO {0} SELECT row_number() OVER (ORDER BY rec), rec, kind FROM "
                                "({1}) ingot_select",
                                name(), select)));
  rows_ = result.affected();
  return server_.run(fmt::format("ANALYZE {}", name()));
}

Result<bool> Queue::apply_at_once(const std::vector<Statement>& statements) {
  INGOT_TRY(server_.run("SAVEPOINT ingot_apply"));
  const auto apply = [&]() -> Result<bool> {
    for (const Statement& s : statements) {
      INGOT_ASSIGN(const QueryResult due,
                   server_.query(fmt::format("SELECT count(*) FROM {} q WHERE true{}", name(), of_kind(s.kind))));
      if (due.unsigned_integer(0, 0) == 0) continue;
      INGOT_ASSIGN(const QueryResult done, server_.query(s.sql));
      if (done.affected() != due.unsigned_integer(0, 0)) return false;
    }
    return true;
  };
  auto applied = apply();
  if (!applied) {
    if (!table_.is_row_fault(server_.last_error().sqlstate)) return applied;
    applied = false;
  }
  INGOT_TRY(server_.run(*applied ? "RELEASE SAVEPOINT ingot_apply"
                                 : "ROLLBACK TO SAVEPOINT ingot_apply; RELEASE SAVEPOINT ingot_apply"));
  return applied;
}

Status Queue::apply_in_order(const std::vector<Statement>& statements, const std::string& stage, int piece) {
  std::string body;
  for (const Statement& s : statements) body += fmt::format(fmt::runtime(kChecked), s.sql, of_kind(s.kind));
  // A policy's refusal looks like a missing right, but is the row's.
  std::string also = table_.row_security ? ", '42501'" : "";
  if (table_.has_extension_types()) also += ", 'XX000'";
  return server_.run(fmt::format(fmt::runtime(kInOrder), body, stage, piece, also));
}

}  // namespace ingot::postgres
