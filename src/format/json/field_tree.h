#pragma once

#include <cstdint>
#include <vector>

#include "format/format.h"
#include "format/json/key_table.h"

namespace ingot::json {

/// A slot that takes the value at a place; of several sources the one of lowest rank that is present wins.
struct Taker {
  uint16_t slot = 0;
  uint8_t rank = 0;
};

/// A place within a record that is a slot's source, or leads to one.
struct FieldNode {
  struct Element {
    int index = 0;
    int child = 0;
  };

  KeyTable keys;
  std::vector<Element> elements;  ///< ascending
  std::vector<Taker> takers;
  uint64_t last_parent = 0;  ///< number of the object in which this key was met last: finds repeated keys
};

/// The paths of all slots, as a tree. Learns the order of keys, so each decoder has its own.
class FieldTree {
 public:
  explicit FieldTree(const std::vector<Slot>& slots);

  FieldNode& root() { return nodes_[0]; }
  FieldNode& operator[](int node) { return nodes_[static_cast<size_t>(node)]; }

 private:
  int child_of(int node, const PathStep& step);

  std::vector<FieldNode> nodes_;
};

}  // namespace ingot::json
