#include "format/json/values_splitter.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "format/json/container_scanner.h"
#include "format/json/document_scanner.h"
#include "format/json/lines_splitter.h"
#include "format/json/record_index.h"
#include "format/json/tokens.h"

namespace ingot::json {

namespace {

constexpr const char* kLinesHint = "if each line is a record, declare `format: ndjson`";

bool is_bracket(char c) { return c == '{' || c == '['; }

bool ends_scalar(char c) { return is_space(c) || is_bracket(c) || c == ',' || c == ']' || c == '}' || c == '"'; }

class ValuesSplitter final : public Splitter {
 public:
  explicit ValuesSplitter(std::optional<DocumentScanner> document) : document_(std::move(document)) {}
  Result<Cut> split(std::string_view data, size_t seen, bool last) override;

 private:
  enum class State : uint8_t {
    beginning,
    first_value,    // tells an array from a stream
    first_element,  // behind the array's opening bracket
    element,        // behind a comma
    separator,      // behind an element
    behind_array,
    stream,    // between two values
    document,  // around the array whose elements are the records
    // within a record
    container,
    string,
    scalar,
    rest_of_line,
  };

  bool within_record() const { return state_ >= State::container; }

  Status step();
  Status read_document();
  void leave_array();
  Status begin_element();
  void begin_stream_value();
  void read_container();
  void read_string();
  Status finish();
  Cut take(bool last);

  void skip_space() {
    for (; at_ != end_ && is_space(*at_); ++at_) newlines_ += *at_ == '\n';
  }

  void begin_record(State state) {
    record_ = at_;
    inner_newlines_ = 0;
    state_ = state;
  }

  void end_record(const char* end) {
    index_->records.push_back({static_cast<uint32_t>(record_ - data_), static_cast<uint32_t>(end - record_),
                               static_cast<uint32_t>(newlines_)});
    newlines_ += inner_newlines_;
    ++records_;
    state_ = array_ ? State::separator : State::stream;
  }

  uint64_t column_of(const char* place) const {
    const void* newline = memrchr(data_, '\n', static_cast<size_t>(place - data_));
    if (newline == nullptr) return column_ + static_cast<uint64_t>(place - data_);
    return static_cast<uint64_t>(place - static_cast<const char*>(newline));
  }

  tl::unexpected<Error> structural(std::string_view what, const char* place, std::string hint = {}) const {
    return fail(Code::source_unreadable,
                fmt::format("{}: line {}, column {}", what, line_ + newlines_, column_of(place)), std::move(hint));
  }

  std::optional<DocumentScanner> document_;  // none: the array is the document, or there is none
  State state_ = State::beginning;
  bool array_ = false;
  bool by_line_ = true;   // each object so far began a line and ended on it
  bool escaped_ = false;  // within a string
  uint64_t records_ = 0;
  size_t scanned_ = 0;  // of the data, from the record's beginning
  uint64_t line_ = 1;   // of the data's first byte
  uint64_t column_ = 1;
  ContainerScanner scanner_;

  const char* data_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  const char* record_ = nullptr;
  uint64_t newlines_ = 0;        // between the data's first byte and the record, or `at_` where there is none
  uint64_t inner_newlines_ = 0;  // within the record
  std::unique_ptr<ValuesIndex> index_;
};

Result<Cut> ValuesSplitter::split(std::string_view data, size_t /*seen: scanned_ tells more*/, bool last) {
  if (data.size() > kMaxBlockBytes) {
    return fail(Code::source_unreadable, fmt::format("a record is longer than 4 GiB: line {}", line_), kLinesHint);
  }
  data_ = record_ = data.data();
  at_ = data_ + scanned_;
  end_ = data_ + data.size();
  newlines_ = 0;
  index_ = std::make_unique<ValuesIndex>();
  index_->column = column_;
  if (state_ == State::beginning) {
    if (data.size() < kByteOrderMark.size() && !last) return Cut{};
    if (data.starts_with(kByteOrderMark)) at_ += kByteOrderMark.size();
    state_ = document_ ? State::document : State::first_value;
  }
  while (at_ != end_) INGOT_TRY(step());
  if (last) INGOT_TRY(finish());
  return take(last);
}

Status ValuesSplitter::step() {
  switch (state_) {
    case State::container:
      read_container();
      return {};
    case State::string:
      read_string();
      return {};
    case State::scalar:
      while (at_ != end_ && !ends_scalar(*at_)) ++at_;
      if (at_ != end_) end_record(at_);
      return {};
    case State::rest_of_line: {
      const void* newline = std::memchr(at_, '\n', static_cast<size_t>(end_ - at_));
      at_ = newline == nullptr ? end_ : static_cast<const char*>(newline);
      if (newline != nullptr) end_record(trim_space(record_, at_));
      return {};
    }
    case State::document:
      return read_document();
    default:
      break;
  }
  skip_space();
  if (at_ == end_) return {};
  switch (state_) {
    case State::first_value:
      array_ = *at_ == '[';
      state_ = array_ ? State::first_element : State::stream;
      if (array_) ++at_;
      return {};
    case State::separator:
      if (*at_ == ',') {
        state_ = State::element;
      } else if (*at_ == ']') {
        leave_array();
      } else {
        return structural("no comma between two elements of the array", at_);
      }
      ++at_;
      return {};
    case State::behind_array:
      return structural("text behind the array's end", at_, kLinesHint);
    case State::stream:
      begin_stream_value();
      return {};
    default:
      return begin_element();
  }
}

Status ValuesSplitter::read_document() {
  const DocumentScanner::Stop stop = document_->scan(at_, end_);
  newlines_ += count_newlines({at_, static_cast<size_t>(stop.at - at_)});
  at_ = stop.at;
  if (stop.found == DocumentScanner::Found::fault) return structural(document_->what(), at_);
  array_ = stop.found == DocumentScanner::Found::array;
  if (array_) state_ = State::first_element;
  return {};
}

void ValuesSplitter::leave_array() {
  state_ = document_ ? State::document : State::behind_array;
  if (document_) document_->leave_array();
}

Status ValuesSplitter::begin_element() {
  if (*at_ == ']' && state_ == State::first_element) {
    leave_array();
    ++at_;
    return {};
  }
  if (*at_ == ',' || *at_ == ']' || *at_ == '}') return structural("an element of the array is missing", at_);
  if (is_bracket(*at_)) {
    begin_record(State::container);
    scanner_.begin(ContainerScanner::Recovery::none);
  } else if (*at_ == '"') {
    begin_record(State::string);
    escaped_ = false;
    ++at_;
  } else {
    begin_record(State::scalar);
    ++at_;
  }
  return {};
}

void ValuesSplitter::begin_stream_value() {
  if (!is_bracket(*at_)) {
    begin_record(State::rest_of_line);
    return;
  }
  by_line_ = by_line_ && (records_ == 0 || column_of(at_) == 1);
  const bool recovers = by_line_ && records_ > 0;
  scanner_.begin(recovers ? ContainerScanner::Recovery::by_line : ContainerScanner::Recovery::none);
  begin_record(State::container);
}

void ValuesSplitter::read_container() {
  const ContainerScanner::Stop stop = scanner_.scan(record_, at_, end_);
  at_ = stop.at;
  inner_newlines_ = scanner_.newlines();
  if (stop.found == ContainerScanner::Found::nothing) return;
  if (stop.found == ContainerScanner::Found::end) {
    by_line_ = by_line_ && inner_newlines_ == 0;
    end_record(at_);
  } else {
    end_record(trim_space(record_, at_));
  }
}

void ValuesSplitter::read_string() {
  for (; at_ != end_; ++at_) {
    const char c = *at_;
    inner_newlines_ += c == '\n';
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      end_record(++at_);
      return;
    }
  }
}

Status ValuesSplitter::finish() {
  const char* const end = trim_space(record_, end_);
  switch (state_) {
    case State::beginning:
    case State::first_value:
    case State::behind_array:
    case State::stream:
      return {};
    case State::document: {
      const std::string fault = document_->fault_at_end();
      if (!fault.empty()) return structural(fault, end_);
      return {};
    }
    case State::rest_of_line:
      end_record(end);
      return {};
    case State::container:
      if (!array_ && by_line_ && records_ > 0 &&
          std::memchr(record_, '\n', static_cast<size_t>(end - record_)) == nullptr) {
        end_record(end);
        return {};
      }
      [[fallthrough]];
    case State::string:
      return structural("a record is not closed, up to the end; it begins at", record_, array_ ? "" : kLinesHint);
    default:
      return structural("the array is not closed", end_);
  }
}

Cut ValuesSplitter::take(bool last) {
  const char* const end = within_record() && !last ? record_ : end_;
  Cut cut;
  cut.bytes = static_cast<size_t>(end - data_);
  cut.newlines = newlines_;
  column_ = column_of(end);
  line_ += newlines_;
  scanned_ = static_cast<size_t>(end_ - end);
  cut.index = std::move(index_);
  return cut;
}

}  // namespace

std::unique_ptr<Splitter> make_values_splitter() { return std::make_unique<ValuesSplitter>(std::nullopt); }

std::unique_ptr<Splitter> make_document_splitter(const Path& records, int max_depth) {
  return std::make_unique<ValuesSplitter>(DocumentScanner(records, max_depth));
}

}  // namespace ingot::json
