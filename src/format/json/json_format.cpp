#include <utility>

#include "format/json/json_decoder.h"
#include "format/json/lines_splitter.h"
#include "format/json/literal_decoder.h"
#include "format/json/record_index.h"
#include "format/json/values_splitter.h"

namespace ingot {

namespace {

class JsonFormat final : public Format {
 public:
  JsonFormat(JsonOptions options, std::vector<Slot> slots) : options_(options), slots_(std::move(slots)) {}

  std::unique_ptr<Splitter> make_splitter() const override {
    if (by_lines()) return json::make_lines_splitter(max_line_bytes());
    if (options_.records.empty()) return json::make_values_splitter();
    return json::make_document_splitter(options_.records, options_.max_depth);
  }
  std::unique_ptr<Splitter> make_splitter_at(std::shared_ptr<const UnitLayout>, uint64_t) const override {
    return by_lines() ? json::make_lines_splitter(max_line_bytes()) : nullptr;
  }
  Result<std::unique_ptr<Splitter>> make_record_splitter(const UnitHead&) const override {
    return by_lines() ? make_splitter() : json::make_values_splitter();
  }
  // In brackets an array is a record that is no object, where alone its elements would be the records.
  Frame record_frame() const override { return by_lines() ? Frame{"", "\n"} : Frame{"[", "]"}; }
  std::unique_ptr<Decoder> make_decoder() const override {
    return options_.layout == JsonOptions::Layout::literals ? json::make_literal_decoder(slots_, options_)
                                                            : json::make_decoder(slots_, options_);
  }

 private:
  bool by_lines() const { return options_.layout != JsonOptions::Layout::values; }
  // Of a literal the JSON, too, must have positions of 32 bits.
  size_t max_line_bytes() const {
    return options_.layout == JsonOptions::Layout::literals ? json::kMaxBlockBytes / 8 : json::kMaxBlockBytes;
  }

  const JsonOptions options_;
  const std::vector<Slot> slots_;
};

}  // namespace

std::unique_ptr<Format> make_json_format(JsonOptions options, std::vector<Slot> slots) {
  return std::make_unique<JsonFormat>(options, std::move(slots));
}

}  // namespace ingot
