#include "transcript/parquet_footer.h"

#include <array>
#include <cstdint>
#include <vector>

namespace ingot {

namespace {

constexpr size_t kMostFields = 256;   // of a struct; parquet.thrift has fewer than 32
constexpr int kDeepestMetadata = 32;  // parquet.thrift nests less
constexpr std::string_view kInt96("\x06", 1), kFixed("\x0e", 1), kTwelve("\x18", 1);  // 3, 7 and 12 in zigzag

struct Wire {
  enum Kind : uint8_t { stop, yes, no, i8, i16, i32, i64, real, binary, list, set, map, structure, uuid };
};

/// The structs of parquet.thrift on the way to what is changed.
enum class Metadata : uint8_t { other, file, element, group, chunk, column };

struct ThriftField {
  int16_t id;
  uint8_t wire;
  std::string_view bytes;  // without its header
};

/// Takes bytes off a struct.
class Thrift {
 public:
  explicit Thrift(std::string_view bytes) : bytes_(bytes) {}

  bool good() const { return good_; }
  std::string_view rest() const { return bytes_; }

  uint8_t byte() {
    if (bytes_.empty()) good_ = false;
    if (!good_) return 0;
    const auto value = static_cast<uint8_t>(bytes_[0]);
    bytes_.remove_prefix(1);
    return value;
  }

  uint64_t varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const uint8_t next = byte();
      value |= uint64_t{next & 0x7fU} << shift;
      if ((next & 0x80) == 0) return value;
    }
    good_ = false;
    return 0;
  }

  void skip(uint64_t count) {
    if (count > bytes_.size()) good_ = false;
    if (good_) bytes_.remove_prefix(count);
  }

  /// Reads a list's head.
  uint64_t list(uint8_t& element) {
    const uint8_t head = byte();
    element = head & 0x0f;
    return head >> 4 == 15 ? varint() : head >> 4;
  }

  void value(uint8_t wire, int depth, bool in_list = false) {
    if (depth > kDeepestMetadata) good_ = false;
    if (!good_) return;
    switch (wire) {
      case Wire::yes:
      case Wire::no:
        return skip(in_list ? 1 : 0);
      case Wire::i8:
        return skip(1);
      case Wire::i16:
      case Wire::i32:
      case Wire::i64:
        varint();
        return;
      case Wire::real:
        return skip(8);
      case Wire::binary:
        return skip(varint());
      case Wire::uuid:
        return skip(16);
      case Wire::list:
      case Wire::set: {
        uint8_t element = 0;
        for (uint64_t left = list(element); good_ && left > 0; --left) value(element, depth + 1, true);
        return;
      }
      case Wire::map:
        return skip_map(depth);
      case Wire::structure:
        fields(depth + 1);
        return;
      default:
        good_ = false;
    }
  }

  /// Reads a struct's fields up to its stop.
  std::vector<ThriftField> fields(int depth) {
    std::vector<ThriftField> all;
    int16_t id = 0;
    for (uint8_t head = byte(); good_ && head != Wire::stop; head = byte()) {
      const unsigned delta = head >> 4;
      id = delta == 0 ? zigzag(varint()) : static_cast<int16_t>(id + static_cast<int16_t>(delta));
      const std::string_view before = bytes_;
      value(head & 0x0f, depth);
      if (all.size() >= kMostFields) good_ = false;
      if (good_)
        all.push_back({id, static_cast<uint8_t>(head & 0x0f), before.substr(0, before.size() - bytes_.size())});
    }
    return all;
  }

 private:
  static int16_t zigzag(uint64_t value) {
    return static_cast<int16_t>(static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1));
  }

  void skip_map(int depth) {
    const uint64_t size = varint();
    if (size == 0) return;
    const uint8_t types = byte();
    for (uint64_t left = size; good_ && left > 0; --left) {
      value(types >> 4, depth + 1, true);
      value(types & 0x0f, depth + 1, true);
    }
  }

  std::string_view bytes_;
  bool good_ = true;
};

/// Writes a struct's fields.
class ThriftWriter {
 public:
  explicit ThriftWriter(std::string& out) : out_(out) {}

  void field(int16_t id, uint8_t wire, std::string_view bytes) {
    const int delta = id - last_;
    if (delta > 0 && delta < 16) {
      out_ += static_cast<char>(delta << 4 | wire);
    } else {
      out_ += static_cast<char>(wire);
      varint(static_cast<uint16_t>(id << 1 ^ id >> 15));
    }
    last_ = id;
    out_ += bytes;
  }

  void end() { out_ += '\0'; }

 private:
  void varint(uint64_t value) {
    for (; value > 0x7f; value >>= 7) out_ += static_cast<char>((value & 0x7f) | 0x80);
    out_ += static_cast<char>(value);
  }

  std::string& out_;
  int16_t last_ = 0;
};

// What a field of such a struct holds.
Metadata within(Metadata outer, int16_t id) {
  switch (outer) {
    case Metadata::file:
      return id == 2 ? Metadata::element : id == 4 ? Metadata::group : Metadata::other;
    case Metadata::group:
      return id == 1 ? Metadata::chunk : Metadata::other;
    case Metadata::chunk:
      return id == 3 ? Metadata::column : Metadata::other;
    default:
      return Metadata::other;
  }
}

// Of a column of INT96: what says or follows from its type.
bool is_left_out(Metadata kind, int16_t id) {
  // converted_type, scale, precision, logicalType; statistics, bloom_filter_offset and _length
  if (kind == Metadata::element) return id == 2 || id == 6 || id == 7 || id == 8 || id == 10;
  return id == 12 || id == 14 || id == 15;
}

bool rewrite(Thrift& in, std::string& out, Metadata kind, int depth);

bool rewrite_list(std::string_view bytes, std::string& out, Metadata kind, int depth) {
  Thrift in(bytes);
  uint8_t element = 0;
  const uint64_t count = in.list(element);
  if (!in.good() || (count > 0 && element != Wire::structure)) return false;
  out += bytes.substr(0, bytes.size() - in.rest().size());
  for (uint64_t i = 0; i < count; ++i)
    if (!rewrite(in, out, kind, depth + 1)) return false;
  return true;
}

bool rewrite(Thrift& in, std::string& out, Metadata kind, int depth) {
  const std::vector<ThriftField> fields = in.fields(depth);
  if (!in.good()) return false;
  const bool typed = kind == Metadata::element || kind == Metadata::column;
  const bool int96 = typed && !fields.empty() && fields[0].id == 1 && fields[0].bytes == kInt96;
  ThriftWriter writer(out);
  for (const ThriftField& field : fields) {
    if (int96 && is_left_out(kind, field.id)) continue;
    const Metadata inner = within(kind, field.id);
    if (int96 && field.id == 1) {
      writer.field(1, Wire::i32, kFixed);
      if (kind == Metadata::element) writer.field(2, Wire::i32, kTwelve);
    } else if (inner == Metadata::other) {
      writer.field(field.id, field.wire, field.bytes);
    } else {
      writer.field(field.id, field.wire, {});
      Thrift value(field.bytes);
      const bool good = field.wire == Wire::list
                            ? rewrite_list(field.bytes, out, inner, depth + 1)
                            : field.wire == Wire::structure && rewrite(value, out, inner, depth + 1);
      if (!good) return false;
    }
  }
  writer.end();
  return true;
}

}  // namespace

std::optional<std::string> with_int96_as_bytes(std::string_view metadata) {
  Thrift in(metadata);
  std::string out;
  out.reserve(metadata.size() + 1024);
  if (!rewrite(in, out, Metadata::file, 0)) return std::nullopt;
  return out;
}

}  // namespace ingot
