#include "format/csv/decoder.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "format/csv/index.h"
#include "format/record_faults.h"
#include "format/store_value.h"
#include "types/exact.h"

namespace ingot::csv {

namespace {

/// Makes DuckDB's string without its call to memcpy. Reads 12 bytes at `text` whatever `size` is: blocks are padded.
inline duckdb::string_t to_string_t(const char* text, uint32_t size) {
  if constexpr (std::endian::native != std::endian::little) return duckdb::string_t(text, size);
  if (size > duckdb::string_t::INLINE_LENGTH) return duckdb::string_t(text, size);
  uint64_t low;
  uint32_t high;
  std::memcpy(&low, text, sizeof low);
  std::memcpy(&high, text + sizeof low, sizeof high);
  low &= size >= 8 ? ~uint64_t{0} : (uint64_t{1} << 8 * size) - 1;
  high &= size <= 8 ? 0 : static_cast<uint32_t>((uint64_t{1} << 8 * (size - 8)) - 1);
  char raw[sizeof(duckdb::string_t)];
  std::memcpy(raw, &size, sizeof size);
  std::memcpy(raw + 4, &low, sizeof low);
  std::memcpy(raw + 12, &high, sizeof high);
  return std::bit_cast<duckdb::string_t>(raw);
}

class CsvDecoder final : public Decoder {
 public:
  explicit CsvDecoder(std::shared_ptr<const Wanted> wanted) : wanted_(std::move(wanted)) {}

  void start(std::shared_ptr<const Block> block) override;
  size_t decode(size_t max_rows, DecodedRows& rows) override;
  void add_ignored(FieldNames& names) const override { names.add(ignored_); }
  void add_seen(std::vector<bool>& seen) const override {
    for (size_t slot = 0; slot < seen_.size(); ++slot) seen[slot] = seen[slot] || seen_[slot];
  }

 private:
  struct Row {
    uint32_t first;  // number of the first field's end among the separators
    uint32_t end;    // of the record's text
    uint32_t fields;
  };
  struct RowFault {
    uint32_t row;
    RecordFault fault;
  };

  void note_ignored();
  size_t gather(size_t max_rows, DecodedRows& rows);
  void check_record(uint32_t row, uint32_t begin, uint32_t fields, bool bad_quoting, uint32_t quote_at);
  void add_record_fault(uint32_t row, Fault fault, std::string_view record, size_t at, std::string_view shown);
  void set_absent(duckdb::Vector& vector);
  void decode_slot(size_t slot, duckdb::Vector& vector);
  void rescue(duckdb::Vector& vector);
  void rescue(uint32_t row, duckdb::Vector& vector);
  template <Kind kind>
  void decode_column(size_t slot, duckdb::Vector& vector);
  template <Kind kind>
  void decode_uneven(size_t slot, duckdb::Vector& vector);
  bool tolerated(uint32_t fields) const;
  template <Kind kind>
  Fault decode_odd(std::string_view field, const Slot& slot, duckdb::Vector& vector, size_t row);
  const char* find_mark(std::string_view content) const;
  size_t unquote(std::string_view content, const char* mark, char* out) const;
  std::string_view unquote(std::string_view content, duckdb::Vector& vector) const;
  std::string_view unquote(std::string_view content);
  bool is_null_text(std::string_view field) const;
  void add_value_fault(uint32_t row, size_t slot, Fault fault);
  std::string_view field_text(const Row& row, uint32_t field) const;
  void write_faults(DecodedRows& rows);

  std::shared_ptr<const Wanted> wanted_;
  std::shared_ptr<const Block> block_;
  const Index* index_ = nullptr;
  const Layout* layout_ = nullptr;
  const char* bytes_ = nullptr;
  bool doubtful_ = false;  // somewhere in the block there is a NUL, or what is not UTF-8
  size_t next_record_ = 0;
  size_t next_newline_ = 0;
  size_t next_bad_quote_ = 0;
  uint64_t line_ = 1;
  std::string unquoted_;
  std::vector<Row> rows_;         // by row
  std::vector<uint32_t> good_;    // rows to decode
  std::vector<uint32_t> uneven_;  // rows to decode that have fewer fields than the layout, or more
  std::vector<RowFault> faults_;
  std::string scratch_;
  const Layout* noted_ = nullptr;  // the last one whose undeclared fields are among the ignored
  FieldNames ignored_;
  std::vector<bool> seen_;  // by slot: has any unit its field?
};

void CsvDecoder::start(std::shared_ptr<const Block> block) {
  block_ = std::move(block);
  index_ = static_cast<const Index*>(block_->index.get());
  layout_ = static_cast<const Layout*>(block_->layout.get());
  bytes_ = block_->bytes.get();
  next_record_ = next_newline_ = next_bad_quote_ = 0;
  line_ = block_->line + index_->first_line;
  doubtful_ = false;
  note_ignored();
  if (index_->record_ends.empty()) return;
  const std::string_view records = block_->view().substr(index_->separators[0] + 1u);
  doubtful_ = std::memchr(records.data(), 0, records.size()) != nullptr || !exact::is_utf8(records);
}

void CsvDecoder::note_ignored() {
  if (layout_ == noted_) return;
  noted_ = layout_;
  seen_.resize(layout_->slot_fields.size());
  for (size_t slot = 0; slot < seen_.size(); ++slot)
    seen_[slot] = seen_[slot] || layout_->slot_fields[slot] != kNoField;
  for (const uint32_t field : layout_->undeclared) ignored_.add(path_text({PathStep{layout_->header[field], -1}}));
}

size_t CsvDecoder::decode(size_t max_rows, DecodedRows& rows) {
  good_.clear();
  uneven_.clear();
  faults_.clear();
  if (rows_.size() < rows.start + max_rows) rows_.resize(rows.start + max_rows);
  const size_t count = gather(max_rows, rows);
  if (count == 0) return 0;
  const size_t record_faults = faults_.size();
  for (size_t slot = 0; slot < rows.slots.size(); ++slot) {
    duckdb::Vector& vector = *rows.slots[slot];
    decode_slot(slot, vector);
    for (size_t i = 0; i < record_faults; ++i) duckdb::FlatVector::SetNull(vector, faults_[i].row, true);
  }
  if (!faults_.empty()) write_faults(rows);
  return count;
}

size_t CsvDecoder::gather(size_t max_rows, DecodedRows& rows) {
  const size_t records = index_->record_ends.size();
  const uint32_t* separators = index_->separators.get();
  const std::vector<uint32_t>& newlines = index_->quoted_newlines;
  const std::vector<uint32_t>& bad_quotes = index_->bad_quotes;
  const char comment = index_->record_ends.empty() ? '\0' : layout_->dialect.comment;
  size_t count = 0;
  for (; count < max_rows && next_record_ < records; ++next_record_) {
    const uint32_t before = next_record_ == 0 ? 0 : index_->record_ends[next_record_ - 1];
    const uint32_t fields = index_->record_ends[next_record_] - before;
    const uint32_t begin = separators[before] + 1;
    const uint32_t stop = separators[before + fields];
    const bool newline = stop < block_->size;
    const uint32_t end = stop - (newline && stop > begin && bytes_[stop - 1] == '\r' && bytes_[stop] == '\n');
    const uint64_t line = line_;
    line_ += newline;
    if (end == begin && fields == 1 && layout_->fields > 1) continue;  // an empty line
    if (end > begin && bytes_[begin] == comment && comment != 0) continue;
    for (; next_newline_ < newlines.size() && newlines[next_newline_] < stop; ++next_newline_) ++line_;
    const auto row = static_cast<uint32_t>(rows.start + count++);
    rows.offset[row] = block_->offset + begin;
    rows.length[row] = end - begin;
    rows.line[row] = line;
    rows_[row] = {before + 1, end, fields};
    const bool bad_quoting = next_bad_quote_ < bad_quotes.size() && bad_quotes[next_bad_quote_] < stop;
    if (fields == layout_->fields && !bad_quoting && !doubtful_) {
      good_.push_back(row);
      continue;
    }
    const size_t known = faults_.size();
    check_record(row, begin, fields, bad_quoting, bad_quoting ? bad_quotes[next_bad_quote_] : 0);
    while (next_bad_quote_ < bad_quotes.size() && bad_quotes[next_bad_quote_] < stop) ++next_bad_quote_;
    if (faults_.size() == known) (fields == layout_->fields ? good_ : uneven_).push_back(row);
  }
  return count;
}

void CsvDecoder::check_record(uint32_t row, uint32_t begin, uint32_t fields, bool bad_quoting, uint32_t quote_at) {
  const std::string_view record(bytes_ + begin, rows_[row].end - begin);
  if (tolerated(fields)) {
    // nothing is wrong with that
  } else if (fields > layout_->fields) {
    const size_t surplus = index_->separators[rows_[row].first - 1 + layout_->fields] + 1u - begin;
    add_record_fault(row, Fault::ragged, record, surplus, record.substr(surplus));
  } else if (fields < layout_->fields) {
    add_record_fault(row, Fault::ragged, record, record.size(), record);
  }
  if (bad_quoting) add_record_fault(row, Fault::bad_quoting, record, quote_at - begin, record.substr(quote_at - begin));
  if (!doubtful_) return;
  if (!exact::is_utf8(record)) {
    const size_t at = valid_utf8_prefix(record);
    add_record_fault(row, Fault::bad_utf8, record, at, record.substr(at));
  }
  if (const size_t at = record.find('\0'); at != record.npos) {
    add_record_fault(row, Fault::nul_byte, record, at, record.substr(at));
  }
}

bool CsvDecoder::tolerated(uint32_t fields) const {
  using Ragged = CsvOptions::Ragged;
  const Ragged ragged = wanted_->options.ragged;
  return fields == layout_->fields || (fields < layout_->fields ? ragged != Ragged::reject : ragged == Ragged::pad_cut);
}

void CsvDecoder::add_record_fault(uint32_t row, Fault fault, std::string_view record, size_t at,
                                  std::string_view shown) {
  RowFault entry{row, {}};
  entry.fault.fault = fault;
  set_place(entry.fault, record, at, block_->encoding, layout_->dialect.newline);
  entry.fault.snippet = snippet(shown);
  faults_.push_back(std::move(entry));
}

void CsvDecoder::rescue(duckdb::Vector& vector) {
  for (const std::vector<uint32_t>* rows : {&good_, &uneven_}) {
    for (const uint32_t row : *rows) rescue(row, vector);
  }
}

// {"HEADER": "text", …}; a spelling of NULL is null, and so is a field that the record lacks.
void CsvDecoder::rescue(uint32_t row, duckdb::Vector& vector) {
  if (layout_->undeclared.empty()) return duckdb::FlatVector::SetNull(vector, row, true);
  nlohmann::ordered_json rescued;
  const char quote = layout_->dialect.quote;
  for (const uint32_t field : layout_->undeclared) {
    nlohmann::ordered_json& value = rescued[layout_->header[field]];
    if (field >= rows_[row].fields) continue;
    const std::string_view text = field_text(rows_[row], field);
    const bool quoted = quote != 0 && !text.empty() && text[0] == quote;
    if (quoted) {
      value = unquote(text.substr(1, text.size() - 2));
    } else if (!is_null_text(text)) {
      value = text;
    }
  }
  duckdb::FlatVector::GetData<duckdb::string_t>(vector)[row] =
      duckdb::StringVector::AddStringOrBlob(vector, rescued.dump());
}

/// The unit has no such field.
void CsvDecoder::set_absent(duckdb::Vector& vector) {
  for (const std::vector<uint32_t>* rows : {&good_, &uneven_}) {
    for (const uint32_t row : *rows) duckdb::FlatVector::SetNull(vector, row, true);
  }
}

void CsvDecoder::decode_slot(size_t slot, duckdb::Vector& vector) {
  if (wanted_->slots[slot].rest) return rescue(vector);
  if (layout_->slot_fields[slot] == kNoField) return set_absent(vector);
  const Kind kind = wanted_->slots[slot].type.kind;
  if (kind == Kind::text || kind == Kind::json) hold_block(vector, block_);
  visit_kind(kind, [&](auto constant) {
    decode_column<constant.value>(slot, vector);
    if (!uneven_.empty()) decode_uneven<constant.value>(slot, vector);
  });
}

template <Kind kind>
void CsvDecoder::decode_column(size_t slot, duckdb::Vector& vector) {
  const Type& type = wanted_->slots[slot].type;
  const uint32_t field = layout_->slot_fields[slot];
  const bool last = field + 1 == layout_->fields;
  const auto rest = static_cast<uint32_t>(layout_->dialect.delimiter_rest.size());
  const char quote = layout_->dialect.quote;
  const bool odd = !wanted_->options.null_texts.empty() || wanted_->slots[slot].form;
  const uint32_t* separators = index_->separators.get() + field;
  const Row* table = rows_.data();
  const duckdb::data_ptr_t data = duckdb::FlatVector::GetData(vector);
  for (const uint32_t row : good_) {
    const Row place = table[row];
    const uint32_t begin = separators[place.first - 1] + 1;
    const uint32_t end = last ? place.end : separators[place.first] - rest;
    const char* text = bytes_ + begin;
    const uint32_t size = end - begin;
    Fault fault;
    if (odd || size == 0 || (text[0] == quote && quote != 0)) {
      fault = decode_odd<kind>({text, size}, wanted_->slots[slot], vector, row);
    } else if (kind == Kind::text && type.max_chars == 0) {
      reinterpret_cast<duckdb::string_t*>(data)[row] = to_string_t(text, size);
      continue;
    } else {
      fault = store_in<kind>({text, size}, type, vector, data, row);
    }
    if (fault != Fault::none) {
      duckdb::FlatVector::SetNull(vector, row, true);
      add_value_fault(row, slot, fault);
    }
  }
}

/// Fields that a record lacks are NULL.
template <Kind kind>
void CsvDecoder::decode_uneven(size_t slot, duckdb::Vector& vector) {
  const uint32_t field = layout_->slot_fields[slot];
  for (const uint32_t row : uneven_) {
    Fault fault = Fault::none;
    if (field >= rows_[row].fields) {
      duckdb::FlatVector::SetNull(vector, row, true);
    } else {
      fault = decode_odd<kind>(field_text(rows_[row], field), wanted_->slots[slot], vector, row);
    }
    if (fault == Fault::none) continue;
    duckdb::FlatVector::SetNull(vector, row, true);
    add_value_fault(row, slot, fault);
  }
}

/// Decodes a field that is quoted, empty, may be a spelling of NULL, or has a form of its own.
template <Kind kind>
Fault CsvDecoder::decode_odd(std::string_view field, const Slot& slot, duckdb::Vector& vector, size_t row) {
  const char quote = layout_->dialect.quote;
  const bool quoted = quote != 0 && !field.empty() && field[0] == quote;
  if (quoted) field = field.substr(1, field.size() - 2);
  const bool empty_is_null = kind != Kind::text || (slot.form && !slot.form->is_label(field));
  if ((field.empty() && empty_is_null) || (!quoted && is_null_text(field))) {
    duckdb::FlatVector::SetNull(vector, row, true);
    return Fault::none;
  }
  if constexpr (kind == Kind::text || kind == Kind::json) {
    if (quoted) field = unquote(field, vector);
  } else if constexpr (is_copied(kind)) {
    if (quoted) field = unquote(field);
  }
  const duckdb::data_ptr_t data = duckdb::FlatVector::GetData(vector);
  if (!slot.form) return store_in<kind>(field, slot.type, vector, data, row);
  if (slot.form->is_null(field)) {
    duckdb::FlatVector::SetNull(vector, row, true);
    return Fault::none;
  }
  return store_formed<kind>(field, slot.type, *slot.form, scratch_, vector, data, row);
}

/// Returns where the first quote or escape stands in a quoted field's content; null: there is none to be taken out.
const char* CsvDecoder::find_mark(std::string_view content) const {
  const Dialect& dialect = layout_->dialect;
  const char mark = dialect.escape != 0 ? dialect.escape : dialect.quote;
  return static_cast<const char*>(std::memchr(content.data(), mark, content.size()));
}

/// Writes a quoted field's text to `out`, `mark` being find_mark's; returns its size.
size_t CsvDecoder::unquote(std::string_view content, const char* mark, char* out) const {
  const char* from = content.data();
  const char* const end = from + content.size();
  char* to = out;
  while (mark != nullptr) {  // what follows a mark stands for itself
    to = std::copy(from, mark, to);
    *to++ = mark[1];
    from = mark + 2;
    mark = from < end ? find_mark({from, static_cast<size_t>(end - from)}) : nullptr;
  }
  return static_cast<size_t>(std::copy(from, end, to) - out);
}

/// Returns a quoted field's text; in the vector's own memory where quotes or escapes had to be taken out.
std::string_view CsvDecoder::unquote(std::string_view content, duckdb::Vector& vector) const {
  const char* mark = find_mark(content);
  if (mark == nullptr) return content;
  // One byte too long to lie within the string_t itself, which does not outlive this call.
  const size_t capacity = std::max<size_t>(content.size(), duckdb::string_t::INLINE_LENGTH + 1);
  duckdb::string_t owned = duckdb::StringVector::EmptyString(vector, capacity);
  return {owned.GetData(), unquote(content, mark, owned.GetDataWriteable())};
}

/// As above; in memory that the next call overwrites.
std::string_view CsvDecoder::unquote(std::string_view content) {
  const char* mark = find_mark(content);
  if (mark == nullptr) return content;
  unquoted_.resize(content.size());
  return {unquoted_.data(), unquote(content, mark, unquoted_.data())};
}

bool CsvDecoder::is_null_text(std::string_view field) const {
  const std::vector<std::string>& texts = wanted_->options.null_texts;
  return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) { return text == field; });
}

std::string_view CsvDecoder::field_text(const Row& row, uint32_t field) const {
  const uint32_t begin = index_->separators[row.first - 1 + field] + 1;
  const auto rest = static_cast<uint32_t>(layout_->dialect.delimiter_rest.size());
  const uint32_t end = field + 1 == row.fields ? row.end : index_->separators[row.first + field] - rest;
  return {bytes_ + begin, end - begin};
}

void CsvDecoder::add_value_fault(uint32_t row, size_t slot, Fault fault) {
  const std::string_view text = field_text(rows_[row], layout_->slot_fields[slot]);
  const char* record =
      bytes_ + (index_->separators[rows_[row].first - 1] + 1u);  // in 32 bits: before the first stands -1
  RowFault entry{row, {}};
  entry.fault.slot = static_cast<uint16_t>(slot);
  entry.fault.fault = fault;
  const auto at = static_cast<size_t>(text.data() - record);
  set_place(entry.fault, {record, at + text.size()}, at, block_->encoding, layout_->dialect.newline);
  const bool quoted = text.size() >= 2 && text[0] == layout_->dialect.quote;
  entry.fault.snippet = snippet(quoted ? text.substr(1, text.size() - 2) : text);
  faults_.push_back(std::move(entry));
}

void CsvDecoder::write_faults(DecodedRows& rows) {
  // Found slot by slot; stable, so that a record's faults stay in slot order.
  std::stable_sort(faults_.begin(), faults_.end(), [](const RowFault& a, const RowFault& b) { return a.row < b.row; });
  for (size_t i = 0; i < faults_.size();) {
    const uint32_t row = faults_[i].row;
    FaultList list;
    for (; i < faults_.size() && faults_[i].row == row; ++i) list.faults.push_back(std::move(faults_[i].fault));
    rows.set_faults(row, list);
  }
}

}  // namespace

std::unique_ptr<Decoder> make_decoder(std::shared_ptr<const Wanted> wanted) {
  return std::make_unique<CsvDecoder>(std::move(wanted));
}

}  // namespace ingot::csv
