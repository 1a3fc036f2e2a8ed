#include "source/files/member_input.h"

#include <fmt/format.h>
#include <isa-l/crc.h>

#include <algorithm>
#include <optional>

#include "source/content_hasher.h"
#include "source/files/decompressor.h"
#include "source/files/expansion.h"

namespace ingot {

namespace {

constexpr size_t kMemberPieceBytes = 128 << 10;

// A deflate stream is what a gzip file has between its header and its trailer.
constexpr std::string_view kGzipHead("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);

std::string gzip_tail(const ArchiveMember& member) {
  std::string tail;
  for (const uint32_t number : {member.crc, static_cast<uint32_t>(member.size)}) {
    for (int i = 0; i < 4; ++i) tail += static_cast<char>(number >> (8 * i));
  }
  return tail;
}

std::optional<Compression> compression_of(uint16_t method) {
  switch (static_cast<ZipMethod>(method)) {
    case ZipMethod::stored:
      return Compression::none;
    case ZipMethod::deflate:
      return Compression::gzip;
    case ZipMethod::bzip2:
      return Compression::bzip2;
    case ZipMethod::zstd:
      return Compression::zstd;
    case ZipMethod::xz:
      return Compression::xz;
  }
  return std::nullopt;
}

class MemberInput final : public StoredInput {
 public:
  MemberInput(MemberPlace place, const ArchiveMember& member, bool zip, Compression compression, Expansion expansion)
      : place_(std::move(place)),
        member_(member),
        zip_(zip),
        compression_(compression),
        expansion_(expansion),
        engine_(make_decompressor(compression)) {
    if (compression == Compression::gzip) {
      head_ = kGzipHead;
      tail_ = gzip_tail(member_);
    }
    if (engine_) input_ = std::make_unique_for_overwrite<char[]>(kMemberPieceBytes);
  }

  Result<size_t> read(char* out, size_t capacity) override {
    size_t filled = 0;
    while (filled < capacity && !at_end_) {
      INGOT_ASSIGN(const size_t got,
                   engine_ ? decompress(out + filled, capacity - filled) : copy(out + filled, capacity - filled));
      offset_ += got;
      if (got == 0) INGOT_TRY(finish());
      if (zip_) crc_ = crc32_gzip_refl(crc_, reinterpret_cast<unsigned char*>(out + filled), got);
      hasher_.add(out + filled, got);
      filled += got;
      INGOT_TRY(check_size());
      if (offset_ == member_.size && !engine_) INGOT_TRY(finish());
    }
    return filled;
  }

  Result<size_t> peek(char* out, size_t capacity) const override {
    return MemberInput(place_, member_, zip_, compression_, expansion_).read(out, capacity);
  }
  bool skips() const override { return false; }
  void skip(uint64_t) override {}
  Status check_unchanged() const override { return place_.archive->check_unchanged(); }
  bool at_end() const override { return at_end_; }
  uint64_t offset() const override { return offset_; }
  uint64_t size() const override { return member_.size; }
  const std::string& path() const override { return place_.path; }
  std::string hash() const override { return hasher_.text(); }

 private:
  Result<size_t> copy(char* out, size_t capacity) {
    const auto wanted = static_cast<size_t>(std::min<uint64_t>(capacity, member_.stored - taken_));
    if (wanted == 0) return size_t{0};
    INGOT_ASSIGN(const size_t got, place_.bytes->read_at(out, wanted, place_.begin + taken_));
    if (got == 0) return fail(damaged("truncated"));
    taken_ += got;
    return got;
  }

  Result<size_t> decompress(char* out, size_t capacity) {
    size_t filled = 0;
    while (filled < capacity) {
      const auto progress = engine_->advance({input_.get() + used_, have_ - used_}, {out + filled, capacity - filled});
      if (!progress) return fail(damaged(progress.error().what));
      used_ += progress->consumed;
      filled += progress->produced;
      if (used_ < have_) {
        if (progress->consumed == 0 && progress->produced == 0) return fail(damaged("no progress"));
        continue;
      }
      if (filled == capacity) break;
      INGOT_ASSIGN(have_, refill());
      used_ = 0;
      if (have_ > 0) continue;
      if (!engine_->complete()) return fail(damaged("truncated"));
      break;
    }
    return filled;
  }

  // Of what stands around the stored bytes, too.
  Result<size_t> refill() {
    for (std::string* around : {&head_, &tail_}) {
      if (around == &tail_ && taken_ < member_.stored) break;
      if (around->empty()) continue;
      const size_t size = around->copy(input_.get(), around->size());
      around->clear();
      return size;
    }
    return copy(input_.get(), kMemberPieceBytes);
  }

  Status check_size() const {
    if (offset_ > member_.size) return fail(damaged("longer than the archive says"));
    return check_expansion(expansion_, std::max<uint64_t>(taken_, 1), offset_, place_.path);
  }

  Status finish() {
    if (at_end_) return {};
    at_end_ = true;
    INGOT_TRY(check_unchanged());
    if (offset_ != member_.size) return fail(damaged("shorter than the archive says"));
    if (zip_ && crc_ != member_.crc) return fail(damaged("wrong CRC32"));
    return {};
  }

  Error damaged(std::string_view what) const {
    if (auto unchanged = check_unchanged(); !unchanged) return unchanged.error();
    return {
        Code::source_unreadable, fmt::format("damaged member of an archive, {}: \"{}\"", what, place_.path), {}, {}};
  }

  const MemberPlace place_;
  const ArchiveMember member_;
  const bool zip_;
  const Compression compression_;
  const Expansion expansion_;
  std::unique_ptr<Decompressor> engine_;
  std::string head_, tail_;
  std::unique_ptr<char[]> input_;  // stored bytes on their way into the engine
  size_t have_ = 0;
  size_t used_ = 0;
  uint64_t taken_ = 0;  // stored bytes that were read
  ContentHasher hasher_;
  uint32_t crc_ = 0;
  uint64_t offset_ = 0;
  bool at_end_ = false;
};

}  // namespace

Result<std::unique_ptr<StoredInput>> make_member_input(MemberPlace place, const ArchiveMember& member, bool zip,
                                                       Expansion expansion) {
  const auto refuse = [&](std::string_view what) {
    return fail(Code::source_unreadable, fmt::format("file is {}, which is not supported: \"{}\"", what, place.path),
                "make the archive anew, with deflate");
  };
  if (member.sparse) return refuse("stored with holes");
  const auto compression = zip ? compression_of(member.method) : Compression::none;
  if (!compression) return refuse(fmt::format("compressed by method {} of zip", member.method));
  return std::make_unique<MemberInput>(std::move(place), member, zip, *compression, expansion);
}

}  // namespace ingot
