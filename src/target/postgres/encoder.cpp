#include "target/postgres/encoder.h"

#include <algorithm>
#include <cstring>
#include <duckdb.hpp>
#include <memory>

#include "postgres/wire.h"
#include "target/postgres/numeric.h"
#include "target/postgres/row_hashes.h"

namespace ingot::postgres {

namespace {

using duckdb::idx_t;
using duckdb::LogicalTypeId;
using duckdb::PhysicalType;
using duckdb::string_t;
using duckdb::UnifiedVectorFormat;

// Chunks are put together in the buffer unless they are larger than this; then values go out one by one.
constexpr size_t kMaxBuffered = 2 << 20;
constexpr size_t kNumericSlot = 32;  // length byte and the numeric
static_assert(kMaxNumericBytes < kNumericSlot);

uint32_t fixed_size(Wire wire) {
  switch (wire) {
    case Wire::boolean:
      return 1;
    case Wire::int2:
      return 2;
    case Wire::int4:
    case Wire::float4:
    case Wire::date:
      return 4;
    case Wire::int8:
    case Wire::float8:
    case Wire::timestamp:
    case Wire::time:
      return 8;
    case Wire::interval:
    case Wire::uuid:
      return 16;
    default:
      return 0;
  }
}

struct Elements;

// A column of the chunk, ready to be read by row.
struct Input {
  Input() = default;
  Input(duckdb::Vector& vector, idx_t rows, const WireColumn& wire_column);

  UnifiedVectorFormat format;
  PhysicalType physical;
  LogicalTypeId logical;
  uint8_t scale = 0;
  WireColumn wire;
  char* scratch = nullptr;
  std::shared_ptr<Elements> elements;  // of arrays

  bool null(idx_t row) const { return !format.validity.RowIsValid(format.sel->get_index(row)); }
  template <class T>
  const T& at(idx_t row) const {
    return UnifiedVectorFormat::GetData<T>(format)[format.sel->get_index(row)];
  }
};

// The elements of all of a column's arrays as they go over the wire, each behind its length.
struct Elements {
  Input in;
  std::vector<size_t> begins;  // of each element, and the end
  std::vector<char> bytes;

  std::string_view of(const duckdb::list_entry_t& list) const {
    const size_t begin = begins[list.offset];
    return {bytes.data() + begin, begins[list.offset + list.length] - begin};
  }
  bool has_null(const duckdb::list_entry_t& list) const {
    for (idx_t i = list.offset; i < list.offset + list.length; ++i) {
      if (in.null(i)) return true;
    }
    return false;
  }
};

Input::Input(duckdb::Vector& vector, idx_t rows, const WireColumn& wire_column) : wire(wire_column) {
  const duckdb::LogicalType& type = vector.GetType();
  vector.ToUnifiedFormat(rows, format);
  physical = type.InternalType();
  logical = type.id();
  if (logical == LogicalTypeId::DECIMAL) scale = duckdb::DecimalType::GetScale(type);
}

// Source: PostgreSQL's array_recv. Number of dimensions, are there NULLs, type; then of each dimension length and lower
// bound, which an empty array does not have.
constexpr size_t kArrayHeader = 12;
constexpr size_t kArrayDimension = 8;

size_t array_size(const Elements& elements, const duckdb::list_entry_t& list) {
  return list.length == 0 ? kArrayHeader : kArrayHeader + kArrayDimension + elements.of(list).size();
}

// Writes length and header of an array, all but its elements.
char* put_array_header(char* out, const Input& in, const duckdb::list_entry_t& list) {
  out = put(out, static_cast<uint32_t>(array_size(*in.elements, list)));
  out = put(out, uint32_t{list.length == 0 ? 0u : 1u});
  out = put(out, uint32_t{in.elements->has_null(list) ? 1u : 0u});
  out = put(out, in.wire.element_oid);
  if (list.length == 0) return out;
  out = put(out, static_cast<uint32_t>(list.length));
  return put(out, uint32_t{1});
}

int128 wide(const duckdb::hugeint_t& value) {
  return static_cast<int128>(value.upper) * (static_cast<int128>(1) << 64) + static_cast<int128>(value.lower);
}

// Calls `with` with a function row → integer of the narrowest fitting type.
template <class With>
void with_integer(const Input& in, With with) {
  switch (in.physical) {
    case PhysicalType::INT8:
      return with([&](idx_t r) { return in.at<int8_t>(r); });
    case PhysicalType::INT16:
      return with([&](idx_t r) { return in.at<int16_t>(r); });
    case PhysicalType::INT32:
      return with([&](idx_t r) { return in.at<int32_t>(r); });
    case PhysicalType::INT64:
      return with([&](idx_t r) { return in.at<int64_t>(r); });
    case PhysicalType::UINT32:
      return with([&](idx_t r) { return static_cast<int64_t>(in.at<uint32_t>(r)); });
    case PhysicalType::UINT64:
      return with([&](idx_t r) { return static_cast<int64_t>(in.at<uint64_t>(r)); });
    case PhysicalType::INT128:
      return with([&](idx_t r) { return wide(in.at<duckdb::hugeint_t>(r)); });
    default:
      throw duckdb::InternalException("ingot_postgres: an integer was expected");
  }
}

void measure(Input& in, idx_t rows, size_t* sizes, std::vector<char>& scratch) {
  if (const uint32_t size = fixed_size(in.wire.wire)) {
    for (idx_t r = 0; r < rows; ++r) sizes[r] += in.null(r) ? 4 : 4 + size;
    return;
  }
  if (in.wire.wire == Wire::numeric) {
    scratch.resize(rows * kNumericSlot);
    in.scratch = scratch.data();
    with_integer(in, [&](auto value) {
      for (idx_t r = 0; r < rows; ++r) {
        sizes[r] += 4;
        if (in.null(r)) continue;
        char* slot = in.scratch + r * kNumericSlot;
        const size_t size = encode_numeric(value(r), in.scale, slot + 1);
        slot[0] = static_cast<char>(size);
        sizes[r] += size;
      }
    });
    return;
  }
  if (in.wire.wire == Wire::array) {
    for (idx_t r = 0; r < rows; ++r) {
      sizes[r] += in.null(r) ? 4 : 4 + array_size(*in.elements, in.at<duckdb::list_entry_t>(r));
    }
    return;
  }
  const size_t extra = in.wire.wire == Wire::jsonb ? 5 : 4;
  for (idx_t r = 0; r < rows; ++r) sizes[r] += in.null(r) ? 4 : extra + in.at<string_t>(r).GetSize();
}

template <class T>
T bits_of(auto value) {
  T bits;
  static_assert(sizeof bits == sizeof value);
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// Writes the rows [from, to) of one column at their cursors.
template <class Value>
void write_each(const Input& in, idx_t from, idx_t to, char** cursors, Value value) {
  for (idx_t r = from; r < to; ++r) {
    char*& out = cursors[r];
    if (in.null(r)) {
      out = put(out, uint32_t{0xFFFFFFFF});
    } else {
      const auto bits = value(r);
      out = put(out, static_cast<uint32_t>(sizeof bits));
      out = put(out, bits);
    }
  }
}

template <class T>
void write_float(const Input& in, idx_t from, idx_t to, char** cursors) {
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  switch (in.physical) {
    case PhysicalType::FLOAT:
      return write_each(in, from, to, cursors, [&](idx_t r) { return bits_of<Bits>(static_cast<T>(in.at<float>(r))); });
    case PhysicalType::DOUBLE:
      return write_each(in, from, to, cursors,
                        [&](idx_t r) { return bits_of<Bits>(static_cast<T>(in.at<double>(r))); });
    default:  // integers that the type holds exactly
      return with_integer(in, [&](auto value) {
        write_each(in, from, to, cursors, [&](idx_t r) { return bits_of<Bits>(static_cast<T>(value(r))); });
      });
  }
}

bool write_timestamp(const Input& in, idx_t from, idx_t to, char** cursors) {
  const int64_t unit = in.wire.micros_unit;
  bool exact = true;
  const bool days = in.logical == LogicalTypeId::DATE;
  write_each(in, from, to, cursors, [&](idx_t r) {
    const int64_t micros = days ? in.at<int32_t>(r) * kMicrosPerDay : in.at<int64_t>(r);
    exact &= micros % unit == 0;
    return static_cast<uint64_t>(micros - kEpochDays * kMicrosPerDay);
  });
  return exact;
}

void write_bytes(const Input& in, idx_t from, idx_t to, char** cursors) {
  const bool jsonb = in.wire.wire == Wire::jsonb;
  for (idx_t r = from; r < to; ++r) {
    char*& out = cursors[r];
    if (in.null(r)) {
      out = put(out, uint32_t{0xFFFFFFFF});
      continue;
    }
    const string_t& text = in.at<string_t>(r);
    out = put(out, static_cast<uint32_t>(text.GetSize() + (jsonb ? 1 : 0)));
    if (jsonb) *out++ = 1;
    std::memcpy(out, text.GetData(), text.GetSize());
    out += text.GetSize();
  }
}

bool write_time(const Input& in, idx_t from, idx_t to, char** cursors) {
  bool exact = true;
  write_each(in, from, to, cursors, [&](idx_t r) {
    const auto micros = in.at<int64_t>(r);
    exact &= micros % in.wire.micros_unit == 0;
    return static_cast<uint64_t>(micros);
  });
  return exact;
}

void write_interval(const Input& in, idx_t from, idx_t to, char** cursors) {
  for (idx_t r = from; r < to; ++r) {
    char*& out = cursors[r];
    if (in.null(r)) {
      out = put(out, uint32_t{0xFFFFFFFF});
      continue;
    }
    const auto& value = in.at<duckdb::interval_t>(r);
    out = put(out, uint32_t{16});
    out = put(out, static_cast<uint64_t>(value.micros));
    out = put(out, static_cast<uint32_t>(value.days));
    out = put(out, static_cast<uint32_t>(value.months));
  }
}

void write_array(const Input& in, idx_t from, idx_t to, char** cursors) {
  for (idx_t r = from; r < to; ++r) {
    char*& out = cursors[r];
    if (in.null(r)) {
      out = put(out, uint32_t{0xFFFFFFFF});
      continue;
    }
    const auto& list = in.at<duckdb::list_entry_t>(r);
    out = put_array_header(out, in, list);
    const std::string_view elements = in.elements->of(list);
    out = std::copy(elements.begin(), elements.end(), out);
  }
}

void write_uuid(const Input& in, idx_t from, idx_t to, char** cursors) {
  for (idx_t r = from; r < to; ++r) {
    char*& out = cursors[r];
    if (in.null(r)) {
      out = put(out, uint32_t{0xFFFFFFFF});
      continue;
    }
    const auto& value = in.at<duckdb::hugeint_t>(r);
    out = put(out, uint32_t{16});
    out = put(out, static_cast<uint64_t>(value.upper) ^ (uint64_t{1} << 63));  // DuckDB flips it, to sort
    out = put(out, value.lower);
  }
}

void write_numeric(const Input& in, idx_t from, idx_t to, char** cursors) {
  for (idx_t r = from; r < to; ++r) {
    char*& out = cursors[r];
    if (in.null(r)) {
      out = put(out, uint32_t{0xFFFFFFFF});
      continue;
    }
    const char* slot = in.scratch + r * kNumericSlot;
    const auto size = static_cast<uint32_t>(slot[0]);
    out = put(out, size);
    std::memcpy(out, slot + 1, size);
    out += size;
  }
}

bool write_column(const Input& in, idx_t from, idx_t to, char** cursors) {
  switch (in.wire.wire) {
    case Wire::boolean:
      for (idx_t r = from; r < to; ++r) {
        char*& out = cursors[r];
        out = put(out, in.null(r) ? uint32_t{0xFFFFFFFF} : uint32_t{1});
        if (!in.null(r)) *out++ = in.at<bool>(r) ? 1 : 0;
      }
      break;
    case Wire::int2:
      with_integer(
          in, [&](auto v) { write_each(in, from, to, cursors, [&](idx_t r) { return static_cast<uint16_t>(v(r)); }); });
      break;
    case Wire::int4:
      with_integer(
          in, [&](auto v) { write_each(in, from, to, cursors, [&](idx_t r) { return static_cast<uint32_t>(v(r)); }); });
      break;
    case Wire::int8:
      with_integer(
          in, [&](auto v) { write_each(in, from, to, cursors, [&](idx_t r) { return static_cast<uint64_t>(v(r)); }); });
      break;
    case Wire::float4:
      write_float<float>(in, from, to, cursors);
      break;
    case Wire::float8:
      write_float<double>(in, from, to, cursors);
      break;
    case Wire::date:
      write_each(in, from, to, cursors,
                 [&](idx_t r) { return static_cast<uint32_t>(in.at<int32_t>(r) - static_cast<int32_t>(kEpochDays)); });
      break;
    case Wire::timestamp:
      return write_timestamp(in, from, to, cursors);
    case Wire::numeric:
      write_numeric(in, from, to, cursors);
      break;
    case Wire::uuid:
      write_uuid(in, from, to, cursors);
      break;
    case Wire::text:
    case Wire::jsonb:
    case Wire::bytes:
      write_bytes(in, from, to, cursors);
      break;
    case Wire::time:
      return write_time(in, from, to, cursors);
    case Wire::interval:
      write_interval(in, from, to, cursors);
      break;
    case Wire::array:
      write_array(in, from, to, cursors);
      break;
  }
  return true;
}

// Encodes all elements that the arrays of a column may have.
std::shared_ptr<Elements> encode_elements(duckdb::Vector& arrays, const WireColumn& wire) {
  auto elements = std::make_shared<Elements>();
  const idx_t count = duckdb::ListVector::GetListSize(arrays);
  elements->in = Input(duckdb::ListVector::GetEntry(arrays), count, {wire.element, 1});
  std::vector<size_t> sizes(count);
  std::vector<char> scratch;
  measure(elements->in, count, sizes.data(), scratch);
  elements->begins.assign(1, 0);
  for (const size_t size : sizes) elements->begins.push_back(elements->begins.back() + size);
  elements->bytes.resize(elements->begins.back());
  std::vector<char*> cursors(count);
  for (idx_t i = 0; i < count; ++i) cursors[i] = elements->bytes.data() + elements->begins[i];
  write_column(elements->in, 0, count, cursors.data());  // of units of one microsecond: none is inexact
  return elements;
}

// A row too large to be put together: its long values go out from where they lie.
bool send_large_row(const std::vector<Input>& inputs, idx_t row, char** cursors, const RowSink& sink) {
  char small[64];
  char* end = put(small, static_cast<uint16_t>(inputs.size()));
  sink({small, static_cast<size_t>(end - small)}, false);
  for (const Input& in : inputs) {
    if (!is_long(in.wire.wire) || in.null(row)) {
      cursors[row] = small;
      if (!write_column(in, row, row + 1, cursors)) return false;
      sink({small, static_cast<size_t>(cursors[row] - small)}, false);
      continue;
    }
    if (in.wire.wire == Wire::array) {
      const auto& list = in.at<duckdb::list_entry_t>(row);
      end = put_array_header(small, in, list);
      sink({small, static_cast<size_t>(end - small)}, false);
      sink(in.elements->of(list), false);
      continue;
    }
    const string_t& text = in.at<string_t>(row);
    const bool jsonb = in.wire.wire == Wire::jsonb;
    end = put(small, static_cast<uint32_t>(text.GetSize() + (jsonb ? 1 : 0)));
    if (jsonb) *end++ = 1;
    sink({small, static_cast<size_t>(end - small)}, false);
    sink({text.GetData(), text.GetSize()}, false);
  }
  sink({}, true);
  return true;
}

}  // namespace

// Takes the known rows out of the buffer, in which the rows [from, to) lie one behind the other. Returns what is left.
size_t ChunkEncoder::leave_out_known(size_t from, size_t to, size_t total) {
  if (!known_.hashes) return total;
  constexpr size_t kCount = sizeof(uint16_t);
  constexpr size_t kUnit = sizeof(uint32_t) + sizeof(uint64_t);
  char* out = buffer_.data();
  const char* row = buffer_.data();
  for (size_t r = from; r < to; row += sizes_[r++]) {
    const size_t fields = sizes_[r] - kCount - (known_.unit_last ? kUnit : 0);
    if (known_.hashes->contains({row + kCount, fields})) {
      uint64_t unit = 0;
      if (known_.unit_last) std::memcpy(&unit, row + sizes_[r] - sizeof unit, sizeof unit);
      ++left_out_[static_cast<uint32_t>(network(unit))];
      continue;
    }
    std::memmove(out, row, sizes_[r]);
    out += sizes_[r];
  }
  return static_cast<size_t>(out - buffer_.data());
}

bool ChunkEncoder::encode(duckdb::DataChunk& chunk, const RowSink& sink) {
  const idx_t rows = chunk.size();
  std::vector<Input> inputs(columns_.size());
  sizes_.assign(rows, 2);
  for (size_t c = 0; c < columns_.size(); ++c) {
    Input& in = inputs[c] = Input(chunk.data[c], rows, columns_[c]);
    if (in.wire.wire == Wire::array) in.elements = encode_elements(chunk.data[c], in.wire);
    measure(in, rows, sizes_.data(), scratch_[c]);
  }
  cursors_.resize(rows);
  for (idx_t from = 0; from < rows;) {
    idx_t to = from;
    size_t total = 0;
    while (to < rows && total + sizes_[to] <= kMaxBuffered) total += sizes_[to++];
    if (to == from) {
      if (!send_large_row(inputs, from, cursors_.data(), sink)) return false;
      ++from;
      continue;
    }
    if (buffer_.size() < total) buffer_.resize(total);
    char* place = buffer_.data();
    for (idx_t r = from; r < to; ++r) {
      cursors_[r] = put(place, static_cast<uint16_t>(columns_.size()));
      place += sizes_[r];
    }
    for (const Input& in : inputs) {
      if (!write_column(in, from, to, cursors_.data())) return false;
    }
    if (const size_t left = leave_out_known(from, to, total); left > 0) sink({buffer_.data(), left}, true);
    from = to;
  }
  return true;
}

}  // namespace ingot::postgres
