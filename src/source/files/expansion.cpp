#include "source/files/expansion.h"

#include <fmt/format.h>

#include "core/byte_count.h"

namespace ingot {

namespace {

// So much does no harm, whatever it is made of.
constexpr uint64_t kHarmlessBytes = uint64_t{1} << 30;

}  // namespace

Status check_expansion(const Expansion& expansion, uint64_t stored, uint64_t made, std::string_view path) {
  if (expansion.most_bytes > 0 && made > expansion.most_bytes) {
    return fail(Code::source_unreadable,
                fmt::format("file decompresses to more than {}: \"{}\"", byte_count_text(expansion.most_bytes), path),
                "raise from.max_decompressed if it is no mistake");
  }
  if (expansion.most_times == 0 || made <= kHarmlessBytes || made / expansion.most_times <= stored) return {};
  return fail(Code::source_unreadable,
              fmt::format("file decompresses to more than {} times its size: \"{}\"", expansion.most_times, path),
              "it looks like a decompression bomb; raise from.max_ratio if it is none");
}

}  // namespace ingot
