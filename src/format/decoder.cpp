#include "format/decoder.h"

#include <utility>

#include "format/store_value.h"

namespace ingot {

namespace {

/// Keeps a block alive for as long as a vector, or one that references it, lives.
class HeldBlock final : public duckdb::VectorBuffer {
 public:
  explicit HeldBlock(std::shared_ptr<const Block> block)
      : VectorBuffer(duckdb::VectorBufferType::OPAQUE_BUFFER), block_(std::move(block)) {}

 private:
  std::shared_ptr<const Block> block_;
};

}  // namespace

duckdb::LogicalType duckdb_type(const Type& type) {
  using duckdb::LogicalType;
  switch (type.kind) {
    case Kind::boolean:
      return LogicalType::BOOLEAN;
    case Kind::int16:
      return LogicalType::SMALLINT;
    case Kind::int32:
      return LogicalType::INTEGER;
    case Kind::int64:
      return LogicalType::BIGINT;
    case Kind::float32:
      return LogicalType::FLOAT;
    case Kind::float64:
      return LogicalType::DOUBLE;
    case Kind::decimal:
      return LogicalType::DECIMAL(type.precision, type.scale);
    case Kind::date:
      return LogicalType::DATE;
    case Kind::timestamp:
      return LogicalType::TIMESTAMP;
    case Kind::timestamptz:
      return LogicalType::TIMESTAMP_TZ;
    case Kind::uuid:
      return LogicalType::UUID;
    case Kind::time:
      return LogicalType::TIME;
    case Kind::interval:
      return LogicalType::INTERVAL;
    case Kind::binary:
      return LogicalType::BLOB;
    case Kind::array:
      return LogicalType::LIST(duckdb_type(element_type(type)));
    case Kind::text:
    case Kind::json:
      break;
  }
  return LogicalType::VARCHAR;
}

duckdb::LogicalType duckdb_type(const Slot& slot) {
  duckdb::LogicalType type = duckdb_type(slot.type);
  return slot.is_list() ? duckdb::LogicalType::LIST(std::move(type)) : type;
}

void hold_block(duckdb::Vector& vector, std::shared_ptr<const Block> block) {
  duckdb::StringVector::AddBuffer(vector, duckdb::make_buffer<HeldBlock>(std::move(block)));
}

Fault store_text(std::string_view text, const Type& type, duckdb::Vector& vector, size_t row) {
  const duckdb::data_ptr_t data = duckdb::FlatVector::GetData(vector);
  const Fault fault =
      visit_kind(type.kind, [&](auto kind) { return store_in<kind.value>(text, type, vector, data, row); });
  if (fault != Fault::none) duckdb::FlatVector::SetNull(vector, row, true);
  return fault;
}

void DecodedRows::set_faults(size_t row, const FaultList& list) {
  duckdb::FlatVector::Validity(*faults).SetValid(row);
  duckdb::FlatVector::GetData<duckdb::string_t>(*faults)[row] =
      duckdb::StringVector::AddStringOrBlob(*faults, list.pack());
}

}  // namespace ingot
