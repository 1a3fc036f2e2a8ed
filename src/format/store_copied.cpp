#include "format/decoder.h"
#include "format/store_value.h"
#include "types/array_text.h"

namespace ingot {

Fault store_binary(std::string_view text, const Type& type, duckdb::Vector& vector, size_t row) {
  duckdb::string_t bytes = duckdb::StringVector::EmptyString(vector, exact::binary_size(text, type.encoding));
  const Fault fault = exact::to_binary(text, type.encoding, bytes.GetDataWriteable());
  if (fault != Fault::none) return fault;
  bytes.Finalize();
  duckdb::FlatVector::GetData<duckdb::string_t>(vector)[row] = bytes;
  return Fault::none;
}

namespace {

// Appends one element to a list's child vector. What `text` points to is gone later, so strings are copied.
Fault store_element(std::optional<std::string_view> text, const Type& type, duckdb::Vector& elements, size_t at) {
  duckdb::FlatVector::Validity(elements).SetValid(at);  // where a faulty array's NULL may have stood
  if (!text) {
    duckdb::FlatVector::SetNull(elements, at, true);
    return Fault::none;
  }
  const Fault fault = store_text(*text, type, elements, at);
  if (fault == Fault::none && type.kind == Kind::text) {
    duckdb::FlatVector::GetData<duckdb::string_t>(elements)[at] =
        duckdb::StringVector::AddString(elements, text->data(), text->size());
  }
  return fault;
}

}  // namespace

Fault store_array(std::string_view text, const Type& type, duckdb::Vector& vector, size_t row) {
  const Type element = element_type(type);
  const duckdb::idx_t first = duckdb::ListVector::GetListSize(vector);
  duckdb::idx_t next = first;
  const Fault fault = exact::read_array(text, element.kind, [&](std::optional<std::string_view> value) {
    duckdb::ListVector::Reserve(vector, next + 1);
    return store_element(value, element, duckdb::ListVector::GetEntry(vector), next++);
  });
  if (fault != Fault::none) return fault;
  duckdb::ListVector::SetListSize(vector, next);
  duckdb::FlatVector::GetData<duckdb::list_entry_t>(vector)[row] = {first, next - first};
  return Fault::none;
}

}  // namespace ingot
