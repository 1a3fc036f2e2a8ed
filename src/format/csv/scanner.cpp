#include "format/csv/scanner.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace ingot::csv {

namespace {

constexpr size_t kBatch = 32;            // runs of 64 bytes classified at a time: 2 KiB stay in the L1 cache
constexpr size_t kNowhere = ~size_t{0};  // no field starts where a quote could open it
constexpr uint64_t kTop = uint64_t{1} << 63;

uint64_t below(unsigned count) { return count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1; }

}  // namespace

Scanner::Scanner(const Dialect& dialect, size_t begin, Classify classify)
    : dialect_(dialect), classify_(classify), scanned_(begin), field_start_(begin) {
  reserve(1);
  emit(begin - 1);
}

void Scanner::reserve(size_t more) {
  if (count_ + more <= capacity_) return;
  const size_t capacity = std::max(capacity_ * 2, count_ + more + 1024);
  std::unique_ptr<uint32_t[]> grown(new uint32_t[capacity]);
  if (count_ > 0) std::memcpy(grown.get(), separators_.get(), count_ * sizeof(uint32_t));
  separators_ = std::move(grown);
  capacity_ = capacity;
}

void Scanner::emit(size_t position) { separators_[count_++] = static_cast<uint32_t>(position); }

void Scanner::emit_end(size_t position) {
  record_ends_.push_back(static_cast<uint32_t>(count_));
  emit(position);
}

void Scanner::scan(const char* data, size_t size, bool last) {
  data_ = data;
  size_ = size;
  if (dialect_.escape != 0 || dialect_.comment != 0 || !dialect_.delimiter_rest.empty()) {
    scan_slowly(data, size, last);
  } else {
    Masks masks[kBatch];
    // One byte behind a block must be there, for the LF behind a CR.
    while (scanned_ + 64 < size) {
      const size_t blocks = std::min(kBatch, (size - 1 - scanned_) / 64);
      classify_(data + scanned_, blocks, dialect_, masks);
      reserve(blocks * 64);
      for (size_t i = 0; i < blocks; ++i, scanned_ += 64) scan_block(masks[i], scanned_);
    }
    if (last && scanned_ < size) {
      const unsigned rest = static_cast<unsigned>(size - scanned_);  // at most 64
      char tail[64] = {};
      std::memcpy(tail, data + scanned_, rest);
      classify_(tail, 1, dialect_, masks);
      const uint64_t valid = below(rest);
      reserve(64);
      walk_block({masks[0].quote & valid, masks[0].separator & valid, masks[0].newline & valid, 0}, scanned_);
      scanned_ = size;
    }
  }
  if (!last || within_quotes()) return;
  if (at_record_end() && size == size_t{separators_[count_ - 1] + 1u}) return;
  reserve(1);
  emit_end(size);  // the last record lacks its newline
}

bool Scanner::at_record_end() const { return record_ends_.empty() ? count_ == 1 : record_ends_.back() == count_ - 1; }

void Scanner::scan_block(const Masks& masks, size_t base) {
  const uint64_t inside = masks.parity ^ (state_ == State::quoted ? ~uint64_t{0} : 0);
  uint64_t separator = masks.separator & ~inside;
  if (masks.quote != 0 || state_ == State::closed) {
    const uint64_t opens = masks.quote & inside;
    const uint64_t closes = masks.quote & ~inside;
    const uint64_t just_closed = state_ == State::closed;
    const uint64_t may_open = (separator | closes) << 1 | just_closed | uint64_t{field_start_ == base};
    uint64_t odd = (closes << 1 | just_closed) & ~(masks.separator | masks.quote);  // behind a closing quote
    while (odd != 0 && ends_line(base + static_cast<size_t>(std::countr_zero(odd)))) odd &= odd - 1;
    if ((odd | (opens & ~may_open)) != 0) return walk_block(masks, base);
    state_ = (inside & kTop) != 0 ? State::quoted : (closes & kTop) != 0 ? State::closed : State::plain;
  }
  field_start_ = (separator & kTop) != 0 ? base + 64 : kNowhere;

  for (uint64_t bits = masks.newline & separator; bits != 0; bits &= bits - 1) {
    const uint64_t before = separator & ((bits & -bits) - 1);
    record_ends_.push_back(static_cast<uint32_t>(count_ + static_cast<size_t>(std::popcount(before))));
  }
  for (uint64_t bits = masks.newline & inside; bits != 0; bits &= bits - 1) {
    quoted_newlines_.push_back(static_cast<uint32_t>(base + static_cast<size_t>(std::countr_zero(bits))));
  }
  uint32_t* out = separators_.get() + count_;
  for (; separator != 0; separator &= separator - 1) {
    *out++ = static_cast<uint32_t>(base + static_cast<size_t>(std::countr_zero(separator)));
  }
  count_ = static_cast<size_t>(out - separators_.get());
}

bool Scanner::ends_line(size_t position) const {
  return dialect_.newline == '\n' && byte(position) == '\r' && byte(position + 1) == '\n';
}

/// Decides what the byte behind a closing quote means. `position` is that byte's.
void Scanner::after_quote(size_t position) {
  state_ = State::plain;
  field_start_ = kNowhere;
  if (position >= size_) return;
  const char c = data_[position];
  if (delimits(position) || c == dialect_.newline || ends_line(position)) return;
  if (c == dialect_.quote && dialect_.escape == 0) {
    state_ = State::quoted;
  } else {
    bad_quotes_.push_back(static_cast<uint32_t>(position));
  }
}

/// The exact rule, from one special byte to the next.
void Scanner::walk_block(const Masks& masks, size_t base) {
  uint64_t bits = masks.quote | masks.separator;
  const auto close_behind = [&](size_t position) {
    after_quote(position);
    if (state_ == State::quoted) bits &= ~(uint64_t{1} << (position - base));  // a doubled quote: both are done
  };
  if (state_ == State::closed) close_behind(base);
  while (bits != 0) {
    const size_t i = static_cast<size_t>(std::countr_zero(bits));
    const uint64_t bit = bits & -bits;
    bits &= bits - 1;
    const size_t position = base + i;
    if ((masks.quote & bit) != 0) {
      if (state_ == State::plain) {
        if (position == field_start_) state_ = State::quoted;
      } else if (i == 63) {
        state_ = State::closed;  // the next block knows
      } else {
        close_behind(position + 1);
      }
    } else if (state_ == State::quoted) {
      if ((masks.newline & bit) != 0) quoted_newlines_.push_back(static_cast<uint32_t>(position));
    } else {
      if ((masks.newline & bit) != 0) record_ends_.push_back(static_cast<uint32_t>(count_));
      emit(position);
      field_start_ = position + 1;
    }
  }
}

// With an escape or comments a byte's meaning hangs on all before it; of a delimiter of several characters on the next.
void Scanner::scan_slowly(const char* data, size_t size, bool last) {
  const size_t rest = dialect_.delimiter_rest.size();
  const size_t ahead = 2 + rest;  // after_quote looks at so many bytes more
  const size_t end = last ? size : size > ahead ? size - ahead : 0;
  for (; scanned_ < end; ++scanned_) {
    const char c = data[scanned_];
    const bool newline = c == dialect_.newline;
    if (state_ == State::escaped) {
      // Only a quote or the escape itself can be meant; what else would be, nobody can tell.
      if (c != dialect_.quote && c != dialect_.escape) bad_quotes_.push_back(static_cast<uint32_t>(scanned_));
      if (newline) quoted_newlines_.push_back(static_cast<uint32_t>(scanned_));
      state_ = State::quoted;
    } else if (state_ == State::quoted) {
      if (newline) quoted_newlines_.push_back(static_cast<uint32_t>(scanned_));
      if (c == dialect_.escape && dialect_.escape != 0) {
        state_ = State::escaped;
      } else if (c == dialect_.quote) {
        after_quote(scanned_ + 1);
        if (state_ == State::quoted) ++scanned_;  // a doubled quote: both are done
      }
    } else if (newline || (c == dialect_.delimiter && state_ != State::comment && delimits(scanned_))) {
      reserve(1);
      if (!newline) scanned_ += rest;
      newline ? emit_end(scanned_) : emit(scanned_);
      state_ = State::plain;
      field_start_ = scanned_ + 1;
    } else if (state_ == State::plain && scanned_ == field_start_) {
      if (c == dialect_.quote && c != 0) state_ = State::quoted;
      if (c == dialect_.comment && c != 0 && at_record_end()) state_ = State::comment;
    }
  }
}

size_t Scanner::count_footer(std::string_view footer) const {
  size_t counted = 0;
  for (size_t n = 1; n <= std::min(record_ends_.size(), kMostFooter); ++n) {
    const size_t r = record_ends_.size() - n;
    const size_t begin = r == 0 ? size_t{separators_[0] + 1u} : size_t{separators_[record_ends_[r - 1]]} + 1;
    std::string_view text(data_ + begin, separators_[record_ends_[r]] - begin);
    if (!text.empty() && text[0] == dialect_.quote && dialect_.quote != 0) text.remove_prefix(1);
    if (text.starts_with(footer)) {
      counted = n;
    } else if (!text.empty() && text != "\r" && (dialect_.comment == 0 || text[0] != dialect_.comment)) {
      break;
    }
  }
  return counted;
}

Scanner::Taken Scanner::take(size_t keep) {
  Taken taken;
  if (record_ends_.size() <= keep) return taken;
  const auto kept_ends = record_ends_.end() - static_cast<ptrdiff_t>(keep);
  const size_t last = kept_ends[-1];  // the number of the last record's end
  const size_t bytes = std::min<size_t>(size_t{separators_[last]} + 1, size_);
  const auto shift = static_cast<uint32_t>(bytes);
  taken.bytes = bytes;
  taken.index = std::make_unique<Index>();

  // What belongs to the unfinished record stays, renumbered.
  const size_t kept = count_ - 1 - last;
  const size_t capacity = std::max(last + last / 8, kept) + 1024;
  std::unique_ptr<uint32_t[]> rest(new uint32_t[capacity]);
  rest[0] = ~uint32_t{0};
  for (size_t i = 0; i < kept; ++i) rest[i + 1] = separators_[last + 1 + i] - shift;
  taken.index->separators = std::exchange(separators_, std::move(rest));
  capacity_ = capacity;
  count_ = kept + 1;

  const auto split = [&](std::vector<uint32_t>& all) {
    const auto middle = std::lower_bound(all.begin(), all.end(), shift);
    std::vector<uint32_t> later(middle, all.end());
    for (uint32_t& position : later) position -= shift;
    all.erase(middle, all.end());
    return std::exchange(all, std::move(later));
  };
  taken.index->quoted_newlines = split(quoted_newlines_);
  taken.index->bad_quotes = split(bad_quotes_);
  std::vector<uint32_t> later(kept_ends, record_ends_.end());
  for (uint32_t& number : later) number -= static_cast<uint32_t>(last);
  record_ends_.erase(kept_ends, record_ends_.end());
  taken.index->record_ends = std::exchange(record_ends_, std::move(later));
  record_ends_.reserve(taken.index->record_ends.size() + taken.index->record_ends.size() / 8);

  scanned_ -= bytes;
  if (field_start_ != kNowhere) field_start_ -= bytes;
  const bool ended_by_newline = taken.index->separators[last] < bytes;
  taken.newlines = taken.index->record_ends.size() + taken.index->quoted_newlines.size() - (ended_by_newline ? 0 : 1);
  return taken;
}

}  // namespace ingot::csv
