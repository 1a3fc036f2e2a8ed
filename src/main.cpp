#include <malloc.h>

#include "cli/application.h"

namespace {

// What DuckDB frees goes back to the system: else glibc keeps blocks of this size for later, beside the memory limit
// (a load of 600 MB under 256 MiB peaked at 294 MiB instead of 262).
constexpr int kReturnedBytes = 128 << 10;

}  // namespace

int main(int argc, char** argv) {
  mallopt(M_MMAP_THRESHOLD, kReturnedBytes);
  mallopt(M_TRIM_THRESHOLD, kReturnedBytes);
  return ingot::run_application(argc, argv);
}
