#include "target/postgres/careful.h"
namespace ingot::postgres {
Result<LoadResult> load_carefully(PgConnection& server, const LoadPlan&, BatchRows&) {
  (void)server;
  return fail(Code::internal, "todo");
}
}  // namespace ingot::postgres
