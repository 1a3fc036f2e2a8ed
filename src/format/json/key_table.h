#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "types/digits.h"

namespace ingot::json {

/// The keys of the objects at one place: those that lead to slots, and those that were met. Remembers which key came
/// after which, because the objects of a file mostly have their keys in the same order; a right guess costs two words'
/// comparison.
class KeyTable {
 public:
  /// A key that leads nowhere.
  static constexpr int kUndeclared = -1;
  /// How many bytes beyond a key may be read.
  static constexpr size_t kSlack = 16;

  /// The last key that was found in the object; begins empty.
  struct Cursor {
    uint32_t entry = 0;
  };

  KeyTable();

  /// Adds a declared key.
  void add(std::string_view key, int child);

  /// Returns the child of a declared key, else kUndeclared.
  int declared_child(std::string_view key) const;

  bool empty() const { return declared_ == 0; }

  /// Calls `use` with each key that was met and leads nowhere, as far as they were learnt.
  template <class Use>
  void each_undeclared(Use use) const {
    for (size_t i = 1; i < entries_.size(); ++i) {
      if (entries_[i].child == kUndeclared) use(entries_[i].key);
    }
  }
  /// Were there keys that were not learnt?
  bool has_forgotten() const { return forgotten_; }

  /// Returns the child of the raw key at `at`, which is `size` bytes long, if it is the one that is expected after
  /// `cursor`, and moves the cursor; false else.
  bool expect(Cursor& cursor, const char* at, size_t size, int& child) const {
    const Entry& guess = entries_[entries_[cursor.entry].next];
    if (guess.size != size || !guess.equals(at)) return false;
    cursor.entry = entries_[cursor.entry].next;
    child = guess.child;
    return true;
  }

  /// Returns the child of a key, learns its place, and moves the cursor.
  int find(Cursor& cursor, std::string_view key);

 private:
  struct Entry {
    std::string key;
    uint64_t words[2] = {};  // the first 16 bytes of the key
    uint64_t masks[2] = {};
    uint32_t size = 0;
    uint32_t next = 0;
    int child = kUndeclared;

    bool equals(const char* at) const {
      const uint64_t different =
          ((exact::load8(at) ^ words[0]) & masks[0]) | ((exact::load8(at + 8) ^ words[1]) & masks[1]);
      if (different != 0) return false;
      return size <= 16 || std::memcmp(at + 16, key.data() + 16, size - 16) == 0;
    }
  };

  uint32_t add_entry(std::string_view key, int child);

  std::vector<Entry> entries_;  // the first stands for an object's beginning
  std::unordered_map<std::string, uint32_t> by_key_;
  std::string looked_up_;
  int declared_ = 0;
  bool forgotten_ = false;
};

}  // namespace ingot::json
