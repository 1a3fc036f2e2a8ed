#include "transcript/parquet_int96.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <memory>

#include "source/files/unlinked_file.h"
#include "transcript/civil_time.h"
#include "transcript/parquet_footer.h"

namespace ingot {

namespace {

constexpr const char* kInt96Type = "int96";
constexpr std::string_view kParquetMagic = "PAR1";
constexpr size_t kTail = 8;  // the metadata's length, and the magic
constexpr uint64_t kMostMetadata = 256 << 20;
constexpr size_t kPiece = 256 << 10;
constexpr int64_t kJulianEpoch = 2'440'588;  // 1970-01-01
constexpr int64_t kNanosPerDay = 86'400'000'000'000;

uint32_t little_endian(const char* bytes) {
  uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::optional<duckdb::LogicalType> mark(const duckdb::LogicalType& type, const std::vector<bool>& leaves,
                                        size_t& next) {
  using duckdb::LogicalType;
  using duckdb::LogicalTypeId;
  switch (type.id()) {
    case LogicalTypeId::STRUCT: {
      duckdb::child_list_t<LogicalType> children;
      for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type)) {
        auto marked = mark(child, leaves, next);
        if (!marked) return std::nullopt;
        children.emplace_back(name, std::move(*marked));
      }
      return LogicalType::STRUCT(std::move(children));
    }
    case LogicalTypeId::LIST: {
      auto element = mark(duckdb::ListType::GetChildType(type), leaves, next);
      if (!element) return std::nullopt;
      return LogicalType::LIST(std::move(*element));
    }
    case LogicalTypeId::MAP: {
      auto key = mark(duckdb::MapType::KeyType(type), leaves, next);
      auto value = mark(duckdb::MapType::ValueType(type), leaves, next);
      if (!key || !value) return std::nullopt;
      return LogicalType::MAP(std::move(*key), std::move(*value));
    }
    default:
      break;
  }
  if (next >= leaves.size()) return std::nullopt;
  if (!leaves[next++]) return type;
  if (type.id() != LogicalTypeId::BLOB) return std::nullopt;
  LogicalType marked(LogicalTypeId::BLOB);
  marked.SetAlias(kInt96Type);
  return marked;
}

}  // namespace

Result<FileDescriptor> copy_with_int96_as_bytes(const StoredCopy& file, const std::string& temp_dir) {
  const auto damaged = [] { return fail(Code::source_unreadable, "its metadata are damaged"); };
  char tail[kTail];
  if (file.size() < kTail) return damaged();
  INGOT_TRY(file.read_at(tail, kTail, file.size() - kTail));
  const uint64_t length = little_endian(tail);
  if (std::string_view(tail + 4, 4) != kParquetMagic || length > kMostMetadata || length + kTail > file.size())
    return damaged();
  const uint64_t pages = file.size() - kTail - length;
  std::string metadata(length, '\0');
  INGOT_TRY(file.read_at(metadata.data(), length, pages));
  const auto changed = with_int96_as_bytes(metadata);
  if (!changed) return damaged();

  INGOT_ASSIGN(FileDescriptor copy, make_unlinked_file(temp_dir));
  const auto piece = std::make_unique_for_overwrite<char[]>(kPiece);
  for (uint64_t at = 0; at < pages; at += kPiece) {
    const size_t size = static_cast<size_t>(std::min<uint64_t>(kPiece, pages - at));
    INGOT_TRY(file.read_at(piece.get(), size, at));
    INGOT_TRY(write_fully(copy.get(), piece.get(), size, temp_dir));
  }
  std::string end = *changed;
  for (int i = 0; i < 4; ++i) end += static_cast<char>(changed->size() >> (8 * i) & 0xff);
  end += kParquetMagic;
  INGOT_TRY(write_fully(copy.get(), end.data(), end.size(), temp_dir));
  return copy;
}

std::optional<duckdb::LogicalType> with_int96(const duckdb::LogicalType& type, const std::vector<bool>& leaves) {
  size_t next = 0;
  auto marked = mark(type, leaves, next);
  if (next != leaves.size()) return std::nullopt;
  return marked;
}

size_t count_leaves(const duckdb::LogicalType& type) {
  using duckdb::LogicalTypeId;
  switch (type.id()) {
    case LogicalTypeId::STRUCT: {
      size_t count = 0;
      for (const auto& field : duckdb::StructType::GetChildTypes(type)) count += count_leaves(field.second);
      return count;
    }
    case LogicalTypeId::LIST:
      return count_leaves(duckdb::ListType::GetChildType(type));
    case LogicalTypeId::ARRAY:
      return count_leaves(duckdb::ArrayType::GetChildType(type));
    case LogicalTypeId::MAP:
      return count_leaves(duckdb::MapType::KeyType(type)) + count_leaves(duckdb::MapType::ValueType(type));
    default:
      return 1;
  }
}

bool is_int96(const duckdb::LogicalType& type) {
  return type.id() == duckdb::LogicalTypeId::BLOB && type.HasAlias() && type.GetAlias() == kInt96Type;
}

std::string int96_text(std::string_view bytes) {
  if (bytes.size() == 12) {
    const uint64_t bits = little_endian(bytes.data()) | uint64_t{little_endian(bytes.data() + 4)} << 32;
    auto nanos = static_cast<int64_t>(bits);
    int64_t day = static_cast<int32_t>(little_endian(bytes.data() + 8)) - kJulianEpoch;
    // Arrow writes moments before 1970 so: the day after, and what it is too much.
    if (nanos < 0 && nanos > -kNanosPerDay) {
      nanos += kNanosPerDay;
      --day;
    }
    if (nanos >= 0 && nanos < kNanosPerDay)
      return day_text(day) + " " + (nanos % 1000 == 0 ? clock_text(nanos / 1000, 6) : clock_text(nanos, 9));
  }
  std::string text = "INT96 ";
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

}  // namespace ingot
