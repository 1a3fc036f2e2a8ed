#pragma once

#include <cstdint>
#include <vector>

#include "format/field_names.h"
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
  int parent = -1;           ///< none: the record
  PathStep step;             ///< from the parent
  bool covered = false;      ///< a slot takes all of it, or all of what it lies in
};

/// The paths of all slots, as a tree. Learns the order of keys, so each decoder has its own.
class FieldTree {
 public:
  explicit FieldTree(const std::vector<Slot>& slots);

  FieldNode& root() { return nodes_[0]; }
  FieldNode& operator[](int node) { return nodes_[static_cast<size_t>(node)]; }
  const FieldNode& operator[](int node) const { return nodes_[static_cast<size_t>(node)]; }
  int size() const { return static_cast<int>(nodes_.size()); }

  /// Adds the paths of the keys that were met and that no slot takes.
  void add_ignored(FieldNames& names) const;

 private:
  Path path_of(int node) const;
  int child_of(int node, const PathStep& step);

  std::vector<FieldNode> nodes_;
};

}  // namespace ingot::json
