#include "transcript/xlsx_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "transcript/json_text.h"
#include "transcript/stored_copy.h"
#include "transcript/transcript_reader.h"
#include "transcript/xlsx_workbook.h"
#include "xml/xml_reader.h"

namespace ingot {

namespace {

constexpr size_t kSheetPiece = 4 << 10;  // its cells may name texts that are much longer
constexpr size_t kMostRowBytes = 64 << 20;
constexpr uint64_t kMostRows = 1'048'576;
constexpr uint32_t kLetteredColumns = 702;  // A to ZZ

struct Cell {
  uint32_t column = 0;
  std::string json;
  std::string text;  // what names a field, if it is one of a header
};

/// Takes the rows of a sheet's XML.
class RowReader {
 public:
  using Take = std::function<Status(uint64_t row, std::vector<Cell>& cells)>;

  RowReader(const XlsxWorkbook& book, Take take)
      : book_(book),
        take_(std::move(take)),
        xml_({[this](std::string_view name, const XmlReader::Attributes& attributes) { begin(name, attributes); },
              [this](std::string_view name) { end(name); },
              [this](std::string_view text) {
                if (within_) add(text);
              }}) {}

  Status read(std::string_view piece, bool last) {
    Status status = xml_.read(piece, last);
    if (taken_ && !*taken_) return *taken_;
    return status;
  }

 private:
  void begin(std::string_view name, const XmlReader::Attributes& attributes) {
    if (name == "sheetData") in_data_ = true;
    if (!in_data_) return;
    if (name == "row") {
      begin_row(attributes.get("r"));
    } else if (name == "c") {
      begin_cell(attributes);
    } else if (name == "rPh") {
      ++phonetic_;
    } else if (in_cell_ && (name == "v" || name == "t")) {
      if (within_ || (name == "v" && std::exchange(has_v_, true))) return stop_at("a cell has two values");
      within_ = phonetic_ == 0;
      piece_begin_ = text_.size();
      has_value_ = has_value_ || within_;
    }
  }

  void end(std::string_view name) {
    if (name == "sheetData") in_data_ = false;
    if (!in_data_) return;
    if (name == "v" || name == "t") end_value(name == "t" || kind_ == "str");
    if (name == "rPh") --phonetic_;
    if (name == "c") end_cell();
    if (name != "row") return;
    in_row_ = false;
    taken_ = take_(row_, cells_);
    if (!*taken_) xml_.stop("given up");
  }

  void stop_at(std::string_view what) { xml_.stop(fmt::format("{} in row {}", what, row_)); }

  void add(std::string_view text) {
    text_ += text;
    if (text_.size() > kMostCellText) stop_at("a cell is longer than 1 MiB");
  }

  void end_value(bool escaped) {
    if (!std::exchange(within_, false) || !escaped) return;
    text_.replace(piece_begin_, text_.size(), decode_escapes(std::string_view(text_).substr(piece_begin_)));
  }

  void begin_row(std::string_view number) {
    if (in_row_) return stop_at("a row begins within another,");
    uint64_t row = row_ + 1;
    if (!number.empty()) {
      const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), row);
      if (error != std::errc{} || end != number.data() + number.size() || row <= row_ || row > kMostRows)
        return xml_.stop(fmt::format("a row's number is out of order behind row {}", row_));
    }
    row_ = row;
    next_column_ = 0;
    row_bytes_ = 0;
    in_row_ = true;
    cells_.clear();
  }

  void begin_cell(const XmlReader::Attributes& attributes) {
    if (in_cell_) return stop_at("a cell begins within another,");
    if (!in_row_) return stop_at("a cell stands in no row, behind what is");
    Cell cell;
    cell.column = next_column_;
    if (const std::string_view name = attributes.get("r"); !name.empty()) {
      const auto column = column_of_cell(name);
      if (!column || *column < next_column_) return xml_.stop(fmt::format("a cell is out of order in row {}", row_));
      cell.column = *column;
    }
    next_column_ = cell.column + 1;
    kind_ = attributes.get("t");
    style_ = 0;
    const std::string_view style = attributes.get("s");
    std::from_chars(style.data(), style.data() + style.size(), style_);
    text_.clear();
    has_value_ = has_v_ = false;
    in_cell_ = true;
    cells_.push_back(std::move(cell));
  }

  void end_cell() {
    if (!std::exchange(in_cell_, false)) return;
    if (!has_value_ || !write(cells_.back())) return cells_.pop_back();
    row_bytes_ += cells_.back().json.size();
    if (row_bytes_ > kMostRowBytes) stop_at("more than 64 MiB stand");
  }

  // Returns whether there is a value.
  bool write(Cell& cell) {
    if (kind_ == "s") {
      size_t index = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), index);
      if (error != std::errc{} || end != text_.data() + text_.size() || index >= book_.strings()) {
        xml_.stop(fmt::format("a cell of row {} names a text that is not there", row_));
        return false;
      }
      cell.text = book_.shared_string(index);
      append_json_string(cell.json, cell.text);
    } else if (kind_ == "str" || kind_ == "inlineStr") {
      cell.text = text_;
      append_json_string(cell.json, text_);
    } else if (kind_ == "b") {
      if (text_ != "0" && text_ != "1") {
        write_error(cell);
      } else {
        cell.json = cell.text = text_ == "1" ? "true" : "false";
      }
    } else if (kind_ == "e") {
      write_error(cell);
    } else if (kind_ == "d") {
      write_iso_date(cell);
    } else {
      if (text_.empty()) return false;
      auto json = cell_json(text_, book_.form_of_style(style_), book_.since_1904());
      if (!json) {
        write_error(cell);
      } else {
        cell.json = std::move(*json);
        cell.text = cell.json.starts_with('"') ? cell.json.substr(1, cell.json.size() - 2) : cell.json;
      }
    }
    return true;
  }

  // 2024-01-31T00:00:00, as it stands.
  void write_iso_date(Cell& cell) {
    cell.text = text_;
    append_json_string(cell.json, text_);
  }

  void write_error(Cell& cell) const {
    cell.json = "{\"error\":";
    append_json_string(cell.json, text_);
    cell.json += '}';
    cell.text = text_;
  }

  const XlsxWorkbook& book_;
  const Take take_;
  XmlReader xml_;
  std::optional<Status> taken_;
  uint64_t row_ = 0;
  std::vector<Cell> cells_;
  uint32_t next_column_ = 0;
  std::string kind_;
  size_t style_ = 0;
  std::string text_;
  int phonetic_ = 0;
  size_t piece_begin_ = 0;
  size_t row_bytes_ = 0;
  bool in_data_ = false;
  bool in_row_ = false;
  bool in_cell_ = false;
  bool has_value_ = false;
  bool has_v_ = false;
  bool within_ = false;
};

class XlsxReader final : public TranscriptReader {
 public:
  XlsxReader(StoredCopy copy, const Unit& unit, const Pipeline::From& from)
      : copy_(std::move(copy)),
        unit_(unit),
        skip_(from.csv.skip),
        headed_(from.csv.header != CsvOptions::Header::absent),
        sheet_name_(from.sheet),
        expansion_{from.max_ratio, from.max_decompressed} {}

  Status begin(const std::string& temp_dir) {
    auto book = XlsxWorkbook::open(copy_, expansion_, temp_dir);
    if (!book) return fail(named(std::move(book).error()));
    book_ = std::move(*book);
    auto sheet = book_->open_sheet(sheet_name_);
    if (!sheet) return fail(named(std::move(sheet).error()));
    sheet_ = std::move(*sheet);
    if (!headed_) name_by_letters();
    rows_ = std::make_unique<RowReader>(*book_,
                                        [this](uint64_t row, std::vector<Cell>& cells) { return take(row, cells); });
    return {};
  }

  Status check_unchanged() const override { return copy_.check_unchanged(); }
  uint64_t stored_bytes() const override {
    if (!sheet_ || sheet_->size() == 0) return copy_.size();
    return static_cast<uint64_t>(static_cast<double>(copy_.size()) * static_cast<double>(sheet_->offset()) /
                                 static_cast<double>(sheet_->size()));
  }
  std::string content_hash() const override { return copy_.hash(); }

 protected:
  Result<bool> write_more(std::string& out) override {
    if (ended_) return false;
    std::string piece(kSheetPiece, '\0');
    auto count = sheet_->read(piece.data(), piece.size());
    if (!count) return fail(named(std::move(count).error()));
    piece.resize(*count);
    if (Status read = rows_->read(piece, *count == 0); !read) return fail(named(std::move(read).error()));
    if (*count == 0) {
      ended_ = true;
      if (!named_) text_ = "{}\n" + text_;  // no row names anything
      INGOT_TRY(copy_.check_unchanged());
    }
    out += std::exchange(text_, {});
    return true;
  }

 private:
  Status take(uint64_t row, std::vector<Cell>& cells) {
    // Rows that the file leaves out are empty.
    const bool is_record = row > skip_ && !cells.empty();
    if (headed_ && !named_ && is_record) {
      INGOT_TRY(name_by_header(row, cells));
      text_ += std::string(row, '\n');
      line_ = row;
      return {};
    }
    if (headed_ && !named_) return {};
    text_.append(row - line_ - 1, '\n');
    line_ = row;
    if (is_record) write_record(cells);
    text_ += '\n';
    return {};
  }

  Status name_by_header(uint64_t row, const std::vector<Cell>& cells) {
    std::map<std::string, uint32_t> seen;
    text_ = "{";
    for (const Cell& cell : cells) {
      const std::string name = cell.text.empty() ? column_letters(cell.column) : cell.text;
      const auto [first, is_new] = seen.emplace(name, cell.column);
      if (!is_new) {
        return fail(Code::source_unreadable,
                    fmt::format("the header in row {} names a column twice: {} ({} and {})", row, name,
                                column_letters(first->second), column_letters(cell.column)),
                    "say header: false, with skip, and take columns by their letters");
      }
      set_key(cell.column, name);
      text_ += (text_.size() > 1 ? "," : "") + keys_[cell.column] + "null";
    }
    text_ += "}\n";
    named_ = true;
    return {};
  }

  // Which columns there are nobody knows before the last row.
  void name_by_letters() {
    text_ = "{";
    for (uint32_t column = 0; column < kLetteredColumns; ++column)
      text_ += fmt::format("{}\"{}\":null", column == 0 ? "" : ",", column_letters(column));
    text_ += "}\n";
    named_ = true;
  }

  void set_key(uint32_t column, std::string_view name) {
    if (keys_.size() <= column) keys_.resize(column + 1);
    names_.emplace(name);
    keys_[column].clear();
    append_json_string(keys_[column], name);
    keys_[column] += ':';
  }

  // A cell that the header does not name has its letters for a name; if another column has them, `C_2`.
  std::string free_name(uint32_t column) const {
    const std::string letters = column_letters(column);
    std::string name = letters;
    for (int i = 2; names_.contains(name); ++i) name = fmt::format("{}_{}", letters, i);
    return name;
  }

  void write_record(const std::vector<Cell>& cells) {
    text_ += '{';
    for (size_t i = 0; i < cells.size(); ++i) {
      const uint32_t column = cells[i].column;
      if (column >= keys_.size() || keys_[column].empty()) set_key(column, free_name(column));
      text_ += (i == 0 ? "" : ",") + keys_[column] + cells[i].json;
    }
    text_ += '}';
  }

  Error named(Error error) const {
    if (auto unchanged = copy_.check_unchanged(); !unchanged) return unchanged.error();
    const std::string inside = copy_.path();
    for (size_t at = error.message.find(inside); at != std::string::npos; at = error.message.find(inside))
      error.message.replace(at, inside.size(), unit_.name);
    error.message = fmt::format("cannot read workbook: {}", error.message);
    if (!error.where) error.where = Place{unit_.name, 0, 0};
    return error;
  }

  StoredCopy copy_;
  const Unit unit_;
  const uint64_t skip_;
  const bool headed_;
  const std::string sheet_name_;
  const Expansion expansion_;
  std::unique_ptr<XlsxWorkbook> book_;
  std::unique_ptr<StoredInput> sheet_;
  std::unique_ptr<RowReader> rows_;
  std::vector<std::string> keys_;  // by column: `"name":`
  std::set<std::string, std::less<>> names_;
  std::string text_;
  uint64_t line_ = 0;
  bool named_ = false;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<ByteReader>> open_xlsx(Source& files, const Unit& unit, const Pipeline::From& from,
                                              const std::string& temp_dir) {
  INGOT_ASSIGN(StoredCopy copy, StoredCopy::make(files, unit, temp_dir));
  auto reader = std::make_unique<XlsxReader>(std::move(copy), unit, from);
  INGOT_TRY(reader->begin(temp_dir));
  return reader;
}

}  // namespace ingot
