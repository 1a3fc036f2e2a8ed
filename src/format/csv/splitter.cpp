#include "format/csv/splitter.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "format/csv/record.h"
#include "format/csv/scanner.h"

namespace ingot::csv {

namespace {

class CsvSplitter final : public Splitter {
 public:
  CsvSplitter(std::shared_ptr<const Wanted> wanted, Classify classify)
      : wanted_(std::move(wanted)), classify_(classify) {}
  CsvSplitter(std::shared_ptr<const Wanted> wanted, std::shared_ptr<const Layout> layout, uint64_t line,
              Classify classify)
      : wanted_(std::move(wanted)), classify_(classify), layout_(std::move(layout)), line_(line) {
    scanner_.emplace(layout_->dialect, 0, classify_);
  }

  Result<Cut> split(std::string_view data, size_t /*seen: the scanner knows*/, bool last) override {
    if (data.size() > kMaxBlockBytes) {
      return fail(Code::source_unreadable, fmt::format("a record is longer than 4 GiB; it begins at line {}", line_),
                  "is a quote left open?");
    }
    if (!scanner_) {
      INGOT_ASSIGN(const bool known, start(data, last));
      if (!known) return Cut{};
    }
    if (!layout_) return Cut{data.size(), prologue_newlines_, std::make_unique<Index>(), nullptr};
    scanner_->scan(data.data(), data.size(), last);
    if (last && scanner_->within_quotes()) return unclosed(data);
    Scanner::Taken taken = scanner_->take();
    return cut(std::move(taken), data.size(), last);
  }

 private:
  /// Reads the prologue; false where it is not all there yet.
  Result<bool> start(std::string_view data, bool last) {
    // A first record of many megabytes is not read again for each new piece.
    if (!last && data.size() < 2 * tried_) return false;
    const Result<std::optional<Prologue>> read = read_prologue(data, last, *wanted_);
    if (!read) return fail(read.error());
    tried_ = data.size();
    if (!read->has_value()) return false;
    const Prologue& prologue = **read;
    layout_ = prologue.layout;
    prologue_newlines_ = prologue.newlines;
    scanner_.emplace(layout_ ? layout_->dialect : Dialect{}, prologue.bytes, classify_);
    return true;
  }

  Result<Cut> cut(Scanner::Taken taken, size_t size, bool last) {
    Cut result;
    result.layout = layout_;
    if (taken.bytes == 0) {
      if (!last) return result;
      // Nothing but a prologue is left.
      return Cut{size, std::exchange(prologue_newlines_, 0), std::make_unique<Index>(), layout_};
    }
    taken.index->first_line = std::exchange(prologue_newlines_, 0);
    result.bytes = taken.bytes;
    result.newlines = taken.newlines + taken.index->first_line;
    result.index = std::move(taken.index);
    line_ += result.newlines;
    return result;
  }

  /// Looks for the quote, which the fast scan does not keep.
  Result<Cut> unclosed(std::string_view data) const {
    uint64_t line = line_;
    if (line == 1 && data.starts_with(kByteOrderMark)) data.remove_prefix(kByteOrderMark.size());
    while (!data.empty()) {
      const PlainRecord record = read_record(data, layout_->dialect, true);
      if (!record.complete) {
        const size_t quote = record.unclosed.value_or(0);
        for (size_t i = 0; i < quote; ++i) line += data[i] == '\n';
        break;
      }
      line += record.newlines;
      data.remove_prefix(record.bytes);
    }
    return fail(Code::source_unreadable, fmt::format("unclosed quote, opened at line {}", line));
  }

  std::shared_ptr<const Wanted> wanted_;
  Classify classify_;
  std::optional<Scanner> scanner_;
  std::shared_ptr<const Layout> layout_;
  size_t tried_ = 0;
  uint32_t prologue_newlines_ = 0;
  uint64_t line_ = 1;  // of the data's beginning
};

}  // namespace

std::unique_ptr<Splitter> make_splitter(std::shared_ptr<const Wanted> wanted, Classify classify) {
  return std::make_unique<CsvSplitter>(std::move(wanted), classify);
}

std::unique_ptr<Splitter> make_splitter_at(std::shared_ptr<const Wanted> wanted, std::shared_ptr<const Layout> layout,
                                           uint64_t line, Classify classify) {
  return std::make_unique<CsvSplitter>(std::move(wanted), std::move(layout), line, classify);
}

}  // namespace ingot::csv
