#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "format/format.h"

namespace ingot {

/// The slots of a composition, each once.
class SlotTable {
 public:
  /// Returns the number of an equal slot (whatever its label), or of `slot`, which is then new.
  uint16_t add(Slot slot) {
    for (size_t i = 0; i < slots_.size(); ++i) {
      const Slot& known = slots_[i];
      const bool same_form = known.form && slot.form ? *known.form == *slot.form : known.form == slot.form;
      if (known.sources == slot.sources && known.type == slot.type && known.as_source_text == slot.as_source_text &&
          same_form && known.rest == slot.rest && known.each == slot.each && known.position == slot.position &&
          known.required == slot.required && known.optional == slot.optional) {
        return static_cast<uint16_t>(i);
      }
    }
    slots_.push_back(std::move(slot));
    return static_cast<uint16_t>(slots_.size() - 1);
  }

  const std::vector<Slot>& slots() const { return slots_; }
  std::vector<Slot> take() { return std::move(slots_); }

 private:
  std::vector<Slot> slots_;
};

/// The name of slot `number` in SQL.
inline std::string slot_name(uint16_t number) { return "s" + std::to_string(number); }

}  // namespace ingot
