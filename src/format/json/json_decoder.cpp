#include "format/json/json_decoder.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "format/json/record_reader.h"
#include "format/json/rescue.h"
#include "format/json/tokens.h"
#include "format/record_faults.h"
#include "format/store_value.h"

namespace ingot::json {

namespace {

// Records are read, then stored slot by slot, in batches small enough for the first-level caches.
constexpr size_t kBatchRows = 128;
constexpr size_t kLargeText = 1 << 20;

// The string that `text` begins with, in its quotes.
std::string_view first_string(std::string_view text) {
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return text.substr(0, i + 1);
    }
  }
  return text;
}

class JsonDecoder final : public Decoder {
 public:
  JsonDecoder(const std::vector<Slot>& slots, const JsonOptions& options)
      : slots_(slots),
        reader_(slots, options),
        spans_(slots.size() * kBatchRows),
        records_(kBatchRows),
        seen_(slots.size()) {
    for (size_t slot = 0; slot < slots.size(); ++slot) {
      if (slots[slot].rest) rest_ = slot;
    }
    for (const ElementList& list : reader_.tree().lists()) elements_.emplace_back().cells = list.cells;
    ends_.resize(elements_.size());
  }

  void start(std::shared_ptr<const Block> block) override {
    block_ = std::move(block);
    reader_.start(*block_);
  }

  size_t decode(size_t max_rows, DecodedRows& rows) override;

  void add_ignored(FieldNames& names) const override { reader_.tree().add_ignored(names); }
  void add_seen(std::vector<bool>& seen) const override {
    for (size_t slot = 0; slot < seen_.size(); ++slot) seen[slot] = seen[slot] || seen_[slot] != 0;
  }

 private:
  struct RowFault {
    size_t row;  // within the batch
    RecordFault fault;
  };

  size_t read_batch(size_t max_rows, DecodedRows& rows, size_t first);
  void end_elements(bool good);
  bool store_list(size_t slot, duckdb::Vector& vector, size_t count, size_t first);
  template <Kind kind>
  bool store_elements(size_t slot, size_t list, duckdb::Vector& vector, duckdb::idx_t at);
  template <class T>
  void store_places(size_t slot, size_t list, duckdb::Vector& vector, duckdb::idx_t at);
  void check_arrays(size_t slot, size_t list, size_t count);
  Verdict rescue(duckdb::Vector& vector, size_t row);
  template <Kind kind>
  bool store_slot(size_t slot, duckdb::Vector& vector, size_t count, size_t first);
  template <Kind kind>
  Fault store_span(const Span& span, const Slot& slot, duckdb::Vector& vector, size_t row);
  template <Kind kind>
  Fault store_in_form(const Span& span, const Slot& slot, duckdb::Vector& vector, size_t row);
  std::string_view unescaped(const Span& span);
  template <Kind kind>
  Fault store_escaped(const Span& span, const Type& type, duckdb::Vector& vector, size_t row);
  void add_fault(size_t row, uint16_t slot, Fault fault, const char* place, std::string_view text,
                 uint32_t element = RecordFault::kNoElement);
  void store_faults(DecodedRows& rows, size_t first);

  const std::vector<Slot> slots_;
  std::optional<size_t> rest_;  // the slot of all that no other takes
  RecordReader reader_;
  std::shared_ptr<const Block> block_;
  std::vector<Span> spans_;                // by row, then slot
  std::vector<ReadRecord> records_;        // by row
  std::vector<ElementSpans> elements_;     // by list of the reader's tree; of all records of the batch
  std::vector<std::vector<size_t>> ends_;  // likewise, and by row: how many elements up to its end
  std::vector<RowFault> faults_;           // of the batch
  std::vector<char> seen_;                 // by slot: has any record its field?
  std::string unescaped_;
  std::string scratch_;
  std::string rescued_;
};

size_t JsonDecoder::decode(size_t max_rows, DecodedRows& rows) {
  size_t done = 0;
  std::vector<bool> points_into_block(slots_.size());
  while (done < max_rows) {
    const size_t first = rows.start + done;
    const size_t count = read_batch(std::min(max_rows - done, kBatchRows), rows, first);
    if (count == 0) break;
    for (size_t slot = 0; slot < slots_.size(); ++slot) {
      if (slots_[slot].rest) continue;
      const bool points = slots_[slot].is_list()
                              ? store_list(slot, *rows.slots[slot], count, first)
                              : visit_kind(slots_[slot].type.kind, [&](auto kind) {
                                  return store_slot<kind.value>(slot, *rows.slots[slot], count, first);
                                });
      if (points) points_into_block[slot] = true;
    }
    if (!faults_.empty()) store_faults(rows, first);
    done += count;
  }
  for (size_t slot = 0; slot < slots_.size(); ++slot) {
    if (!points_into_block[slot]) continue;
    duckdb::Vector& vector = *rows.slots[slot];
    hold_block(slots_[slot].is_list() ? duckdb::ListVector::GetEntry(vector) : vector, block_);
  }
  return done;
}

size_t JsonDecoder::read_batch(size_t max_rows, DecodedRows& rows, size_t first) {
  const size_t width = slots_.size();
  size_t count = 0;
  for (size_t list = 0; list < elements_.size(); ++list) {
    elements_[list].cut(0);
    ends_[list].clear();
  }
  for (; count < max_rows; ++count) {
    Span* const spans = spans_.data() + count * width;
    std::fill(spans, spans + width, Span{});
    ReadRecord& record = records_[count];
    if (!reader_.next(record, spans, elements_.data())) break;
    rows.offset[first + count] = block_->offset + static_cast<uint64_t>(record.text.data() - block_->bytes.get());
    rows.length[first + count] = record.text.size();
    rows.line[first + count] = record.line;
    Verdict& verdict = record.verdict;
    if (rest_ && verdict.fault == Fault::none) verdict = rescue(*rows.slots[*rest_], first + count);
    end_elements(verdict.fault == Fault::none);
    if (verdict.fault == Fault::none) continue;
    if (rest_) duckdb::FlatVector::SetNull(*rows.slots[*rest_], first + count, true);
    std::fill(spans, spans + width, Span{});
    const auto rest = static_cast<size_t>(record.text.data() + record.text.size() - verdict.place);
    std::string_view text(verdict.place, std::min(rest, RecordFault::kMaxSnippet + 4));
    text = verdict.fault == Fault::unknown_field ? first_string(text) : text.substr(0, text.find('\n'));
    add_fault(count, RecordFault::kWholeRecord, verdict.fault, verdict.place, text);
  }
  return count;
}

// Of a record that cannot be read nothing is kept.
void JsonDecoder::end_elements(bool good) {
  for (size_t list = 0; list < elements_.size(); ++list) {
    auto& ends = ends_[list];
    if (!good) elements_[list].cut(ends.empty() ? 0 : ends.back());
    ends.push_back(elements_[list].count());
  }
}

Verdict JsonDecoder::rescue(duckdb::Vector& vector, size_t row) {
  if (reader_.undeclared().empty()) {
    duckdb::FlatVector::SetNull(vector, row, true);
    return {};
  }
  const Verdict verdict = write_rescued(reader_.tree(), reader_.undeclared(), rescued_);
  if (verdict.fault != Fault::none) return verdict;
  const duckdb::data_ptr_t data = duckdb::FlatVector::GetData(vector);
  reinterpret_cast<duckdb::string_t*>(data)[row] = duckdb::StringVector::AddStringOrBlob(vector, rescued_);
  return {};
}

template <Kind kind>
bool JsonDecoder::store_slot(size_t slot, duckdb::Vector& vector, size_t count, size_t first) {
  bool points_into_block = false, seen = false;
  const Span* span = spans_.data() + slot;
  for (size_t i = 0; i < count; ++i, span += slots_.size()) {
    if (span->kind <= Span::Kind::null) {
      seen |= span->kind == Span::Kind::null;
      duckdb::FlatVector::SetNull(vector, first + i, true);
      continue;
    }
    const Fault fault = slots_[slot].form ? store_in_form<kind>(*span, slots_[slot], vector, first + i)
                                          : store_span<kind>(*span, slots_[slot], vector, first + i);
    if (fault != Fault::none) {
      duckdb::FlatVector::SetNull(vector, first + i, true);
      add_fault(i, static_cast<uint16_t>(slot), fault, span->json().data(), span->text());
    }
    points_into_block = true;
  }
  if (seen || points_into_block) seen_[slot] = 1;
  return points_into_block && (kind == Kind::text || kind == Kind::json);
}

template <Kind kind>
Fault JsonDecoder::store_span(const Span& span, const Slot& slot, duckdb::Vector& vector, size_t row) {
  const duckdb::data_ptr_t data = duckdb::FlatVector::GetData(vector);
  if constexpr (kind == Kind::json) {
    const std::string_view text = span.json();
    reinterpret_cast<duckdb::string_t*>(data)[row] = duckdb::string_t(text.data(), static_cast<uint32_t>(text.size()));
    return Fault::none;
  } else {
    switch (span.kind) {
      case Span::Kind::string:
        return store_in<kind>(span.text(), slot.type, vector, data, row);
      case Span::Kind::escaped:
        return store_escaped<kind>(span, slot.type, vector, row);
      case Span::Kind::number:
        if (!is_number(kind) && kind != Kind::text) return Fault::wrong_shape;
        return store_in<kind>(span.text(), slot.type, vector, data, row);
      case Span::Kind::yes:
      case Span::Kind::no:
        if (kind != Kind::boolean && kind != Kind::text) return Fault::wrong_shape;
        return store_in<kind>(span.text(), slot.type, vector, data, row);
      default:
        if (kind == Kind::array ? span.kind != Span::Kind::array : kind != Kind::text || !slot.as_source_text) {
          return Fault::wrong_shape;
        }
        return store_in<kind>(span.text(), slot.type, vector, data, row);
    }
  }
}

// All elements of the batch, behind those that the vector holds already.
bool JsonDecoder::store_list(size_t slot, duckdb::Vector& vector, size_t count, size_t first) {
  const size_t list = reader_.tree().list_of(slot);
  const duckdb::idx_t held = duckdb::ListVector::GetListSize(vector);
  const size_t added = elements_[list].count();
  duckdb::ListVector::Reserve(vector, held + added);
  duckdb::ListVector::SetListSize(vector, held + added);
  auto* entries = duckdb::FlatVector::GetData<duckdb::list_entry_t>(vector);
  for (size_t row = 0, begin = 0; row < count; begin = ends_[list][row++])
    entries[first + row] = {held + begin, ends_[list][row] - begin};
  duckdb::Vector& elements = duckdb::ListVector::GetEntry(vector);
  if (!slots_[slot].position) {
    return visit_kind(slots_[slot].type.kind,
                      [&](auto kind) { return store_elements<kind.value>(slot, list, elements, held); });
  }
  check_arrays(slot, list, count);
  const Kind kind = slots_[slot].type.kind;
  if (kind == Kind::int16) store_places<int16_t>(slot, list, elements, held);
  if (kind == Kind::int32) store_places<int32_t>(slot, list, elements, held);
  if (kind == Kind::int64) store_places<int64_t>(slot, list, elements, held);
  return false;
}

template <Kind kind>
bool JsonDecoder::store_elements(size_t slot, size_t list, duckdb::Vector& vector, duckdb::idx_t at) {
  const Slot& wanted = slots_[slot];
  const size_t cells = elements_[list].cells;
  const Span* element = elements_[list].spans.data();
  const size_t cell = reader_.tree().lists()[list].cell_of[slot];
  for (size_t row = 0, number = 0; row < ends_[list].size(); ++row) {
    const size_t begin = number;
    for (; number < ends_[list][row]; ++number, ++at, element += cells) {
      const Span& span = element[cell];
      Fault fault = Fault::none;
      if (span.kind <= Span::Kind::null) {
        duckdb::FlatVector::SetNull(vector, at, true);
      } else {
        fault =
            wanted.form ? store_in_form<kind>(span, wanted, vector, at) : store_span<kind>(span, wanted, vector, at);
      }
      if (fault == Fault::none && (!wanted.required || duckdb::FlatVector::Validity(vector).RowIsValid(at))) continue;
      duckdb::FlatVector::SetNull(vector, at, true);
      const bool absent = span.kind == Span::Kind::absent;
      add_fault(row, static_cast<uint16_t>(slot), fault == Fault::none ? Fault::missing : fault,
                absent ? element[ElementList::kElement].begin : span.json().data(), absent ? "" : span.text(),
                static_cast<uint32_t>(number - begin));
    }
  }
  return kind == Kind::text || kind == Kind::json;
}

template <class T>
void JsonDecoder::store_places(size_t slot, size_t list, duckdb::Vector& vector, duckdb::idx_t at) {
  T* const places = duckdb::FlatVector::GetData<T>(vector);
  const size_t cells = elements_[list].cells;
  for (size_t row = 0, number = 0; row < ends_[list].size(); ++row) {
    const size_t begin = number;
    for (; number < ends_[list][row]; ++number, ++at) {
      const auto place = static_cast<int64_t>(number - begin);
      places[at] = static_cast<T>(place);
      if (place <= std::numeric_limits<T>::max()) continue;
      add_fault(row, static_cast<uint16_t>(slot), Fault::out_of_range, elements_[list].spans[number * cells].begin, "",
                static_cast<uint32_t>(place));
    }
  }
}

// What is no array has no elements; null has none either. Where fields of elements are wanted, these are objects.
void JsonDecoder::check_arrays(size_t slot, size_t list, size_t count) {
  const Span* array = spans_.data() + slot;
  const FieldNode& element = reader_.tree()[reader_.tree().lists()[list].element];
  const bool needs_objects = !element.keys.empty() && element.takers.empty();
  const size_t cells = elements_[list].cells;
  for (size_t row = 0, number = 0; row < count; ++row, array += slots_.size()) {
    if (array->kind > Span::Kind::null && array->kind != Span::Kind::array)
      add_fault(row, static_cast<uint16_t>(slot), Fault::not_an_array, array->json().data(), array->text());
    const size_t begin = number;
    for (; number < ends_[list][row]; ++number) {
      const Span& span = elements_[list].spans[number * cells + ElementList::kElement];
      if (!needs_objects || span.kind == Span::Kind::object || span.kind == Span::Kind::null) continue;
      const std::string_view record = records_[row].text;
      const std::string_view text(span.begin, static_cast<size_t>(record.data() + record.size() - span.begin));
      add_fault(row, static_cast<uint16_t>(slot), Fault::not_an_object, span.begin,
                text.substr(0, text.find_first_of(",]\n")), static_cast<uint32_t>(number - begin));
    }
  }
}

std::string_view JsonDecoder::unescaped(const Span& span) {
  if (span.kind != Span::Kind::escaped) return span.text();
  unescaped_.resize(std::max(unescaped_.size(), span.size + kUnescapeSlack));
  return {unescaped_.data(), unescape(span.text(), unescaped_.data()).size};
}

// A number is JSON's, whatever is said of texts, but where the type takes none: then its digits are a text.
template <Kind kind>
Fault JsonDecoder::store_in_form(const Span& span, const Slot& slot, duckdb::Vector& vector, size_t row) {
  const ValueForm& form = *slot.form;
  const bool is_text = span.kind == Span::Kind::string || span.kind == Span::Kind::escaped;
  const bool is_literal =
      span.kind == Span::Kind::number || span.kind == Span::Kind::yes || span.kind == Span::Kind::no;
  if (!is_text && !is_literal) return store_span<kind>(span, slot, vector, row);
  const std::string_view text = unescaped(span);
  if (form.is_null(text)) {
    duckdb::FlatVector::SetNull(vector, row, true);
    return Fault::none;
  }
  if constexpr (kind == Kind::text) {
    if (!form.is_label(text)) return Fault::not_in_enum;
  }
  const bool digits = span.kind == Span::Kind::number && !is_number(kind);
  if (!form.parses() || !(is_text || digits)) return store_span<kind>(span, slot, vector, row);
  return store_formed<kind>(text, slot.type, form, scratch_, vector, duckdb::FlatVector::GetData(vector), row);
}

template <Kind kind>
Fault JsonDecoder::store_escaped(const Span& span, const Type& type, duckdb::Vector& vector, size_t row) {
  if constexpr (kind == Kind::text) {
    // No second copy of what is large.
    if (span.size > kLargeText) {
      duckdb::string_t room = duckdb::StringVector::EmptyString(vector, span.size + kUnescapeSlack);
      const Unescaped large = unescape(span.text(), room.GetDataWriteable());
      if (large.has_nul) return Fault::nul_byte;
      return store_value<kind>({room.GetData(), large.size}, type, duckdb::FlatVector::GetData(vector), row);
    }
  }
  unescaped_.resize(std::max(unescaped_.size(), span.size + kUnescapeSlack));
  const Unescaped made = unescape(span.text(), unescaped_.data());
  std::string_view text(unescaped_.data(), made.size);
  const duckdb::data_ptr_t data = duckdb::FlatVector::GetData(vector);
  if constexpr (kind == Kind::text || kind == Kind::array) {
    if (made.has_nul) return Fault::nul_byte;
  }
  if constexpr (kind == Kind::text) {
    if (made.size > duckdb::string_t::INLINE_LENGTH) {
      const duckdb::string_t copy = duckdb::StringVector::AddStringOrBlob(vector, text.data(), text.size());
      text = {copy.GetData(), made.size};
    }
  }
  return store_in<kind>(text, type, vector, data, row);
}

void JsonDecoder::add_fault(size_t row, uint16_t slot, Fault fault, const char* place, std::string_view text,
                            uint32_t element) {
  const std::string_view record = records_[row].text;
  RecordFault entry;
  entry.slot = slot;
  entry.fault = fault;
  entry.element = element;
  entry.line_delta = static_cast<uint32_t>(std::count(record.data(), place, '\n'));
  entry.column = static_cast<uint32_t>(std::min<uint64_t>(reader_.column_of(place), UINT32_MAX));
  entry.snippet = snippet(text.substr(0, RecordFault::kMaxSnippet + 4));
  faults_.push_back({row, std::move(entry)});
}

void JsonDecoder::store_faults(DecodedRows& rows, size_t first) {
  std::stable_sort(faults_.begin(), faults_.end(), [](const RowFault& a, const RowFault& b) { return a.row < b.row; });
  FaultList list;
  for (size_t i = 0; i < faults_.size(); ++i) {
    list.faults.push_back(std::move(faults_[i].fault));
    if (i + 1 < faults_.size() && faults_[i + 1].row == faults_[i].row) continue;
    rows.set_faults(first + faults_[i].row, list);
    list.faults.clear();
  }
  faults_.clear();
}

}  // namespace

std::unique_ptr<Decoder> make_decoder(const std::vector<Slot>& slots, const JsonOptions& options) {
  return std::make_unique<JsonDecoder>(slots, options);
}

}  // namespace ingot::json
