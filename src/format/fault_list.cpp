#include "format/fault_list.h"

#include <cstring>

namespace ingot {

namespace {

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
T take(std::string_view& in) {
  T value;
  std::memcpy(&value, in.data(), sizeof value);
  in.remove_prefix(sizeof value);
  return value;
}

constexpr size_t kFixedBytes = sizeof(uint16_t) + 1 + 3 * sizeof(uint32_t) + 1;

}  // namespace

std::string FaultList::pack() const {
  std::string out;
  for (const RecordFault& fault : faults) {
    put(out, fault.slot);
    put(out, static_cast<uint8_t>(fault.fault));
    put(out, fault.line_delta);
    put(out, fault.column);
    put(out, fault.element);
    put(out, static_cast<uint8_t>(fault.snippet.size()));
    out += fault.snippet;
  }
  return out;
}

FaultList FaultList::unpack(std::string_view packed) {
  FaultList list;
  while (packed.size() >= kFixedBytes) {
    RecordFault fault;
    fault.slot = take<uint16_t>(packed);
    fault.fault = static_cast<Fault>(take<uint8_t>(packed));
    fault.line_delta = take<uint32_t>(packed);
    fault.column = take<uint32_t>(packed);
    fault.element = take<uint32_t>(packed);
    const size_t length = take<uint8_t>(packed);
    fault.snippet = packed.substr(0, length);
    packed.remove_prefix(fault.snippet.size());
    list.faults.push_back(std::move(fault));
  }
  return list;
}

}  // namespace ingot
