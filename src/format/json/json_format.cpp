#include <utility>

#include "format/json/json_decoder.h"
#include "format/json/lines_splitter.h"
#include "format/json/values_splitter.h"

namespace ingot {

namespace {

class JsonFormat final : public Format {
 public:
  JsonFormat(JsonOptions options, std::vector<Slot> slots) : options_(options), slots_(std::move(slots)) {}

  std::unique_ptr<Splitter> make_splitter() const override {
    return options_.layout == JsonOptions::Layout::lines ? json::make_lines_splitter() : json::make_values_splitter();
  }
  std::unique_ptr<Splitter> make_splitter_at(std::shared_ptr<const UnitLayout>, uint64_t) const override {
    return options_.layout == JsonOptions::Layout::lines ? json::make_lines_splitter() : nullptr;
  }
  Result<std::unique_ptr<Splitter>> make_record_splitter(const UnitHead&) const override { return make_splitter(); }
  // In brackets an array is a record that is no object, where alone its elements would be the records.
  Frame record_frame() const override {
    return options_.layout == JsonOptions::Layout::lines ? Frame{"", "\n"} : Frame{"[", "]"};
  }
  std::unique_ptr<Decoder> make_decoder() const override { return json::make_decoder(slots_, options_); }

 private:
  const JsonOptions options_;
  const std::vector<Slot> slots_;
};

}  // namespace

std::unique_ptr<Format> make_json_format(JsonOptions options, std::vector<Slot> slots) {
  return std::make_unique<JsonFormat>(options, std::move(slots));
}

}  // namespace ingot
