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
  for (FieldNode& node : nodes_) {  // parents come first
    node.covered = !node.takers.empty() || (node.parent >= 0 && (*this)[node.parent].covered);
  }
}

Path FieldTree::path_of(int node) const {
  Path path;
  for (; node > 0; node = (*this)[node].parent) path.insert(path.begin(), (*this)[node].step);
  return path;
}

void FieldTree::add_ignored(FieldNames& names) const {
  for (int node = 0; node < size(); ++node) {
    if ((*this)[node].covered) continue;
    const KeyTable& keys = (*this)[node].keys;
    Path path = path_of(node);
    path.emplace_back();
    keys.each_undeclared([&](const std::string& key) {
      path.back().key = key;
      names.add(path_text(path));
    });
    names.more = names.more || keys.has_forgotten();
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
  FieldNode& child = nodes_.emplace_back();
  child.parent = node;
  child.step = step;
  return fresh;
}

}  // namespace ingot::json
