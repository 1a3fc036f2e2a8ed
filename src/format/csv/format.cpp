#include "format/format.h"

#include <utility>

#include "format/csv/decoder.h"
#include "format/csv/splitter.h"

namespace ingot {

namespace {

class CsvFormat final : public Format {
 public:
  explicit CsvFormat(csv::Wanted wanted) : wanted_(std::make_shared<const csv::Wanted>(std::move(wanted))) {}

  std::unique_ptr<Splitter> make_splitter() const override { return csv::make_splitter(wanted_); }
  std::unique_ptr<Splitter> make_splitter_at(std::shared_ptr<const UnitLayout> layout, uint64_t line) const override {
    if (!layout) return nullptr;  // nothing but empty lines so far
    return csv::make_splitter_at(wanted_, std::static_pointer_cast<const csv::Layout>(std::move(layout)), line);
  }
  Result<std::unique_ptr<Splitter>> make_record_splitter(const UnitHead& unit) const override {
    INGOT_ASSIGN(auto layout, csv::layout_of(unit, *wanted_));
    // A record by itself is no footer.
    auto alone = std::make_shared<csv::Wanted>(*wanted_);
    alone->options.skip_footer = 0;
    alone->options.footer.clear();
    return csv::make_splitter_at(std::move(alone), std::move(layout), 1);
  }
  Frame record_frame() const override { return {"", wanted_->options.ends_with_cr ? "\r" : "\n"}; }
  std::unique_ptr<Decoder> make_decoder() const override { return csv::make_decoder(wanted_); }

 private:
  std::shared_ptr<const csv::Wanted> wanted_;
};

}  // namespace

std::unique_ptr<Format> make_csv_format(CsvOptions options, std::vector<Slot> slots, std::vector<int> positions) {
  return std::make_unique<CsvFormat>(csv::Wanted{std::move(options), std::move(slots), std::move(positions)});
}

}  // namespace ingot
