#include "cli/reject_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/arguments.h"
#include "cli/open_ledger.h"
#include "engine/pipeline_parts.h"
#include "source/reread.h"
#include "spec/pipeline.h"
#include "transcript/open_source.h"

namespace ingot {

namespace {

constexpr size_t kPieceBytes = 1 << 20;

// Reads up to `size` bytes; fewer only at the end.
Result<size_t> read_piece(ByteReader& reader, char* out, size_t size) {
  size_t filled = 0;
  while (filled < size) {
    INGOT_ASSIGN(const size_t got, reader.read(out + filled, size - filled));
    if (got == 0) break;
    filled += got;
  }
  return filled;
}

}  // namespace

Result<RejectSource> RejectSource::open(const LedgerArguments& arguments, const std::vector<RejectedUnit>& units,
                                        const std::string& temp_dir) {
  RejectSource out;
  INGOT_ASSIGN(const std::string where, named_place(arguments));
  if (!std::filesystem::exists(where)) return out;
  INGOT_ASSIGN(const auto overrides, parse_overrides(arguments.sets));
  const auto pipeline = load_pipeline(where, overrides, arguments.environment);
  if (!pipeline) return fail(pipeline.error().front());
  Pipeline::From from = pipeline->from;
  std::erase(from.paths, kStdin);  // what was read from it is gone
  out.source_ = open_source(from, pipeline->base_dir, temp_dir);
  auto listed = out.source_->list();
  if (listed) out.files_ = std::move(*listed);
  for (const RejectedUnit& unit : units) {
    if (unit.key.pipeline == pipeline->name) out.units_.emplace(std::pair(unit.plan, unit.unit), unit);
  }
  return out;
}

const Unit* RejectSource::file_of(const RejectEntry& reject) {
  const std::pair place(reject.root_plan, reject.root_unit);
  const auto unit = units_.find(place);
  if (unit == units_.end() || reject.mended) return nullptr;
  const auto [known, is_new] = unchanged_.try_emplace(place);
  if (is_new) {
    auto file = find_unchanged(*source_, files_, unit->second.name, unit->second.stamp, unit->second.hash);
    if (file) known->second = std::move(*file);
  }
  return known->second ? &*known->second : nullptr;
}

Result<bool> RejectSource::copy(const RejectEntry& reject, const Write& write) {
  const Unit* const file = file_of(reject);
  if (file == nullptr) return false;
  const auto changed = [&] {
    return fail(Code::source_changed,
                fmt::format("the bytes of reject {} are not in {} any more", reject.reject, file->name));
  };
  INGOT_ASSIGN(const auto reader, source_->open(*file));
  INGOT_ASSIGN(const uint64_t skipped, reader->skip(reject.offset));
  std::string kept(reject.raw.size(), '\0');
  INGOT_ASSIGN(const size_t begun, read_piece(*reader, kept.data(), kept.size()));
  if (skipped != reject.offset || begun != kept.size() || kept != reject.raw) return changed();
  INGOT_TRY(write(kept));
  std::string piece(kPieceBytes, '\0');
  for (uint64_t left = reject.length - begun; left > 0;) {
    INGOT_ASSIGN(const size_t got, read_piece(*reader, piece.data(), std::min<uint64_t>(left, piece.size())));
    if (got == 0) return changed();
    INGOT_TRY(write({piece.data(), got}));
    left -= got;
  }
  INGOT_TRY(reader->check_unchanged());
  return true;
}

}  // namespace ingot
