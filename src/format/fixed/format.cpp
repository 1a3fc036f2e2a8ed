#include "format/format.h"

#include <utility>

#include "format/fixed/decoder.h"
#include "format/fixed/splitter.h"

namespace ingot {

namespace {

class FixedFormat final : public Format {
 public:
  FixedFormat(FixedOptions options, std::vector<Slot> slots) : options_(std::move(options)), slots_(std::move(slots)) {}

  std::unique_ptr<Splitter> make_splitter() const override {
    return fixed::make_splitter(options_.skip, options_.skip_footer);
  }
  std::unique_ptr<Splitter> make_splitter_at(std::shared_ptr<const UnitLayout>, uint64_t) const override {
    return fixed::make_splitter_within(options_.skip_footer);
  }
  Result<std::unique_ptr<Splitter>> make_record_splitter(const UnitHead&) const override {
    return fixed::make_splitter_within(0);
  }
  Frame record_frame() const override { return {"", "\n"}; }
  std::unique_ptr<Decoder> make_decoder() const override { return fixed::make_decoder(options_, slots_); }

 private:
  const FixedOptions options_;
  const std::vector<Slot> slots_;
};

}  // namespace

std::unique_ptr<Format> make_fixed_format(FixedOptions options, std::vector<Slot> slots) {
  return std::make_unique<FixedFormat>(std::move(options), std::move(slots));
}

}  // namespace ingot
