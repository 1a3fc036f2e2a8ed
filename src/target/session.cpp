#include "target/target.h"

namespace ingot {

namespace {

tl::unexpected<Error> only_in_turn() { return fail(Code::internal, "this target loads batches in their turn only"); }

}  // namespace

Status Session::begin_ahead(const Claim&, const std::vector<uint32_t>&, const std::vector<BatchRows*>&) {
  return only_in_turn();
}

Status Session::load_ahead(BatchRows&, bool) { return only_in_turn(); }

}  // namespace ingot
