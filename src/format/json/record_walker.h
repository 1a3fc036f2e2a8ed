#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "format/json/field_tree.h"
#include "format/json/span.h"
#include "types/fault.h"

namespace ingot::json {

/// What became of a record: the first thing that is wrong with it, if any.
struct Verdict {
  Fault fault = Fault::none;
  const char* place = nullptr;
};

/// What was read of the elements of an array, one after the other.
struct ElementSpans {
  size_t cells = 1;         ///< of an element
  std::vector<Span> spans;  ///< by element, then cell

  size_t count() const { return spans.size() / cells; }
  void add() { spans.resize(spans.size() + cells); }
  Span* last() { return spans.data() + spans.size() - cells; }
  void cut(size_t count) { spans.resize(count * cells); }
};

/// A field that no slot takes.
struct UndeclaredField {
  const FieldNode* node = nullptr;  ///< the object that it lies in
  Span key;
  Span value;
};

/// Reads records by their structural index: checks all of a record by RFC 8259 and notes the values that slots want.
/// Keys are compared after unescaping. Only keys that lead to a slot are watched for repetition.
class RecordWalker {
 public:
  /// A record nested deeper than `max_depth` containers is too_deep. `tree` outlives the walker.
  RecordWalker(FieldTree& tree, int max_depth, Drift drift);

  /// Begins a text that was scanned; `positions` as StructuralIndex gives them. At least kUnescapeSlack bytes behind
  /// `text` are readable.
  void start(std::string_view text, const uint32_t* positions);

  /// Is one of the next tokens the record's first? Moves there.
  bool seek(const char* record) {
    const auto position = static_cast<uint32_t>(record - base_);
    while (*at_ < position) ++at_;
    return *at_ == position && record != end_;
  }

  /// Reads the record that ends at `end`, and fills `spans`, which are all absent beforehand, one a slot; adds to
  /// `lists`, one for each of the tree's. Where the record has a fault what was written is unspecified. Precondition:
  /// seek(its first byte) was true.
  Verdict walk(const char* end, Span* spans, ElementSpans* lists);

  /// With Drift::rescue: the fields of the last record that no slot takes, in its order.
  const std::vector<UndeclaredField>& undeclared() const { return undeclared_; }

 private:
  // These return false where they met a fault, which is in verdict_.
  bool read_value(FieldNode& node, int depth);
  bool read_object(FieldNode& node, int depth);
  bool read_array(FieldNode& node, int depth);
  bool read_element(FieldNode& node, int depth);
  void go_back(const uint32_t* token);
  bool read_scalar(Span& span);
  bool read_string(Span& span);
  bool take_value(int depth, Span& span);
  bool read_undeclared(const FieldNode& node, int depth, const Span& key);
  bool skip_value(int depth);
  bool skip_key();
  int find_child(FieldNode& node, KeyTable::Cursor& cursor, const Span& key);
  bool separate(char closing, bool& closed);
  void note(const FieldNode& node, const Span& span);

  bool fail(Fault fault, const char* place) {
    verdict_ = {fault, place};
    return false;
  }
  bool fail_here() { return fail(Fault::bad_json, base_ + (*at_ < limit_ ? *at_ : limit_)); }

  // The next token's first byte; 0 at the record's end.
  char peek() const { return *at_ < limit_ ? base_[*at_] : '\0'; }

  FieldTree& tree_;
  const int max_depth_;
  const Drift drift_;
  std::vector<char> open_;  // brackets that skip_value is within, by depth
  std::string key_;         // unescaped

  const char* base_ = nullptr;
  const char* end_ = nullptr;
  const uint32_t* at_ = nullptr;
  const char* backslash_ = nullptr;  // the first one at or after the last place that was asked for

  uint32_t limit_ = 0;
  Span* spans_ = nullptr;
  ElementSpans* lists_ = nullptr;
  uint64_t objects_ = 0;  // counts those that were entered
  Verdict verdict_;
  std::vector<UndeclaredField> undeclared_;
};

}  // namespace ingot::json
