#include "format/json/field_tree.h"

#include <algorithm>

namespace ingot::json {

FieldTree::FieldTree(const std::vector<Slot>& slots) : nodes_(1) {
  for (size_t slot = 0; slot < slots.size(); ++slot) {
    for (size_t rank = 0; rank < slots[slot].sources.size(); ++rank) {
      int node = 0;
      for (const PathStep& step : slots[slot].sources[rank]) node = child_of(node, step);
      (*this)[node].takers.push_back({static_cast<uint16_t>(slot), static_cast<uint8_t>(std::min<size_t>(rank, 255))});
    }
  }
}

int FieldTree::child_of(int node, const PathStep& step) {
  const int fresh = static_cast<int>(nodes_.size());
  FieldNode& parent = (*this)[node];
  if (step.index < 0) {
    const int known = parent.keys.declared_child(step.key);
    if (known != KeyTable::kUndeclared) return known;
    parent.keys.add(step.key, fresh);
  } else {
    auto& elements = parent.elements;
    const auto place = std::lower_bound(elements.begin(), elements.end(), step.index,
                                        [](const FieldNode::Element& e, int index) { return e.index < index; });
    if (place != elements.end() && place->index == step.index) return place->child;
    elements.insert(place, {step.index, fresh});
  }
  nodes_.emplace_back();
  return fresh;
}

}  // namespace ingot::json
