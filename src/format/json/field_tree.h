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
  int16_t list = -1;  ///< none: the slot's value of the record; else of an element, in its `cell`
  uint16_t cell = 0;
};

/// An array of which slots want something of every element.
struct ElementList {
  static constexpr uint16_t kElement = 0;  ///< the cell of the element itself

  int element = 0;                ///< the node of all its elements
  uint16_t cells = 1;             ///< of an element: itself, then what slots want
  std::vector<uint16_t> cell_of;  ///< by slot
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
  int every = -1;            ///< child: what is wanted of each element
  int16_t list = -1;         ///< where there is such a child
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
  const std::vector<ElementList>& lists() const { return lists_; }
  /// Index of the list that a slot of elements belongs to.
  size_t list_of(size_t slot) const { return static_cast<size_t>(list_of_[slot]); }
  int size() const { return static_cast<int>(nodes_.size()); }

  /// Adds the paths of the keys that were met and that no slot takes.
  void add_ignored(FieldNames& names) const;

 private:
  Path path_of(int node) const;
  int child_of(int node, const PathStep& step);
  int add_node(int parent, const PathStep& step);
  void add_slot(uint16_t slot, const Slot& wanted);
  void add_element_slot(uint16_t slot, const Slot& wanted);
  int16_t list_at(int node);

  std::vector<FieldNode> nodes_;
  std::vector<ElementList> lists_;
  std::vector<int16_t> list_of_;  ///< by slot
};

}  // namespace ingot::json
