#include "format/json/field_tree.h"

#include <algorithm>

namespace ingot::json {

FieldTree::FieldTree(const std::vector<Slot>& slots) : nodes_(1) {
  list_of_.resize(slots.size(), -1);
  std::vector<bool> only_counts(slots.size());
  for (size_t slot = 0; slot < slots.size(); ++slot) {
    only_counts[slot] = slots[slot].position;
    if (slots[slot].is_list()) {
      add_element_slot(static_cast<uint16_t>(slot), slots[slot]);
    } else {
      add_slot(static_cast<uint16_t>(slot), slots[slot]);
    }
  }
  for (FieldNode& node : nodes_) {  // parents come first
    const bool taken = std::any_of(node.takers.begin(), node.takers.end(),
                                   [&](const Taker& taker) { return !only_counts[taker.slot]; });
    node.covered = taken || (node.parent >= 0 && (*this)[node.parent].covered);
  }
}

namespace {

uint8_t rank_of(size_t source) { return static_cast<uint8_t>(std::min<size_t>(source, 255)); }

}  // namespace

void FieldTree::add_slot(uint16_t slot, const Slot& wanted) {
  for (size_t rank = 0; rank < wanted.sources.size(); ++rank) {
    int node = 0;
    for (const PathStep& step : wanted.sources[rank]) node = child_of(node, step);
    (*this)[node].takers.push_back({slot, rank_of(rank)});
  }
}

void FieldTree::add_element_slot(uint16_t slot, const Slot& wanted) {
  int array = 0;
  for (const PathStep& step : wanted.each) array = child_of(array, step);
  const int16_t list = list_of_[slot] = list_at(array);
  ElementList& elements = lists_[static_cast<size_t>(list)];
  elements.cell_of.resize(std::max<size_t>(elements.cell_of.size(), slot + size_t{1}));
  if (wanted.position) return (*this)[array].takers.push_back({slot, 0});
  const uint16_t cell = elements.cell_of[slot] = elements.cells++;
  for (size_t rank = 0; rank < wanted.sources.size(); ++rank) {
    int node = elements.element;
    for (const PathStep& step : wanted.sources[rank]) node = child_of(node, step);
    (*this)[node].takers.push_back({slot, rank_of(rank), list, cell});
  }
}

int16_t FieldTree::list_at(int node) {
  if ((*this)[node].list >= 0) return (*this)[node].list;
  const int every = add_node(node, {{}, PathStep::kEvery});
  const auto list = static_cast<int16_t>(lists_.size());
  (*this)[node].every = every;
  (*this)[node].list = list;
  lists_.push_back({every, 1, {}});
  return list;
}

int FieldTree::add_node(int parent, const PathStep& step) {
  FieldNode& node = nodes_.emplace_back();
  node.parent = parent;
  node.step = step;
  return static_cast<int>(nodes_.size()) - 1;
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
  return add_node(node, step);
}

}  // namespace ingot::json
