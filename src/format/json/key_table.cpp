#include "format/json/key_table.h"

#include <algorithm>

namespace ingot::json {

namespace {

// Keys that lead nowhere are learnt too, so that they do not break the chain of guesses; but objects used as maps have
// keys without end.
constexpr size_t kMaxLearntKeys = 256;
constexpr size_t kMaxLearntBytes = 64;

// Matches no key.
constexpr uint32_t kNoSize = UINT32_MAX;

}  // namespace

KeyTable::KeyTable() {
  Entry beginning;
  beginning.size = kNoSize;
  entries_.push_back(std::move(beginning));
}

void KeyTable::add(std::string_view key, int child) {
  const uint32_t previous = static_cast<uint32_t>(entries_.size() - 1);
  entries_[previous].next = add_entry(key, child);
  ++declared_;
}

int KeyTable::declared_child(std::string_view key) const {
  const auto found = by_key_.find(std::string(key));
  return found == by_key_.end() ? kUndeclared : entries_[found->second].child;
}

uint32_t KeyTable::add_entry(std::string_view key, int child) {
  Entry entry;
  entry.key = key;
  // Guesses are compared with raw keys, in which a backslash means something else.
  entry.size = key.find('\\') == key.npos ? static_cast<uint32_t>(key.size()) : kNoSize;
  entry.child = child;
  char bytes[16] = {}, masks[16] = {};
  const size_t compared = std::min<size_t>(key.size(), sizeof bytes);
  std::memcpy(bytes, key.data(), compared);
  std::memset(masks, 0xff, compared);
  std::memcpy(entry.words, bytes, sizeof bytes);
  std::memcpy(entry.masks, masks, sizeof masks);
  const auto index = static_cast<uint32_t>(entries_.size());
  by_key_.emplace(entry.key, index);
  entries_.push_back(std::move(entry));
  return index;
}

int KeyTable::find(Cursor& cursor, std::string_view key) {
  looked_up_ = key;  // the standard map of g++ 12 is not looked up by string_view without a hash of its own
  const auto found = by_key_.find(looked_up_);
  uint32_t index;
  if (found != by_key_.end()) {
    index = found->second;
  } else {
    if (key.size() > kMaxLearntBytes || entries_.size() > kMaxLearntKeys + static_cast<size_t>(declared_)) {
      forgotten_ = true;
      return kUndeclared;
    }
    index = add_entry(key, kUndeclared);
  }
  entries_[cursor.entry].next = index;
  cursor.entry = index;
  return entries_[index].child;
}

}  // namespace ingot::json
