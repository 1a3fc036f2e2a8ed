#include "format/csv/splitter.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "format/csv/opening.h"
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
    return cut(scanner_->take(footer_records(last)), data, last);
  }

 private:
  /// So many of the records at hand are the footer, or may be.
  size_t footer_records(bool last) const {
    const CsvOptions& options = wanted_->options;
    if (options.footer.empty()) return options.skip_footer;
    return last ? scanner_->count_footer(options.footer) : Scanner::kMostFooter;
  }

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
    prologue_bytes_ = prologue.bytes;
    scanner_.emplace(layout_ ? layout_->dialect : Dialect{}, prologue.bytes, classify_);
    return true;
  }

  Result<Cut> cut(Scanner::Taken taken, std::string_view data, bool last) {
    Cut result;
    result.layout = layout_;
    if (taken.bytes == 0) {
      if (!last) return result;
      // Nothing but a prologue and a footer is left.
      return Cut{data.size(), count_lines(data), std::make_unique<Index>(), layout_};
    }
    taken.index->first_line = std::exchange(prologue_newlines_, 0);
    prologue_bytes_ = 0;
    result.bytes = taken.bytes;
    result.newlines = taken.newlines + taken.index->first_line;
    if (last) {  // what is left is a footer
      result.newlines += count_lines(data.substr(taken.bytes));
      result.bytes = data.size();
    }
    result.index = std::move(taken.index);
    line_ += result.newlines;
    return result;
  }

  uint64_t count_lines(std::string_view text) const {
    return static_cast<uint64_t>(std::count(text.begin(), text.end(), layout_->dialect.newline));
  }

  /// Looks for the quote, which the fast scan does not keep.
  Result<Cut> unclosed(std::string_view data) const {
    uint64_t line = line_ + prologue_newlines_;
    data.remove_prefix(prologue_bytes_);
    while (const auto next = read_opening(data, layout_->dialect, 1, true)) {
      line += next->lines_before;
      data.remove_prefix(next->before);
      if (!next->record.complete) {
        line += count_lines(data.substr(0, next->record.unclosed.value_or(0)));
        break;
      }
      line += next->record.newlines;
      data.remove_prefix(next->record.bytes);
    }
    return fail(Code::source_unreadable, fmt::format("unclosed quote, opened at line {}", line));
  }

  std::shared_ptr<const Wanted> wanted_;
  Classify classify_;
  std::optional<Scanner> scanner_;
  std::shared_ptr<const Layout> layout_;
  size_t tried_ = 0;
  uint32_t prologue_newlines_ = 0;
  size_t prologue_bytes_ = 0;  // at the data's beginning
  uint64_t line_ = 1;          // of the data's beginning
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
