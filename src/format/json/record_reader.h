#pragma once

#include <memory>
#include <vector>

#include "format/format.h"
#include "format/json/field_tree.h"
#include "format/json/line_finder.h"
#include "format/json/record_index.h"
#include "format/json/record_walker.h"
#include "format/json/structural_index.h"

namespace ingot::json {

/// A record, and where it lies.
struct ReadRecord {
  std::string_view text;
  uint64_t line = 0;
  Verdict verdict;
};

/// Reads the records of blocks one by one. Scans windows of many records at once; where a window holds something
/// that cannot be scanned, record by record, so that a broken record costs itself only, and verdicts do not depend on
/// how a unit was cut.
class RecordReader {
 public:
  RecordReader(const std::vector<Slot>& slots, const JsonOptions& options);

  /// Begins a block, which outlives the reading of it.
  void start(const Block& block);

  /// Reads the next record; false at the block's end. `spans`, `lists`: as for RecordWalker::walk.
  bool next(ReadRecord& record, Span* spans, ElementSpans* lists);

  /// Returns the column of a place in the present block, in bytes, from 1.
  uint64_t column_of(const char* place) const;

  const FieldTree& tree() const { return tree_; }
  /// As RecordWalker::undeclared().
  const std::vector<UndeclaredField>& undeclared() const { return walker_.undeclared(); }

 private:
  bool find_record(ReadRecord& record);
  void open_window(const char* record);
  const char* window_end(const char* record) const;
  Verdict read_alone(std::string_view record, Span* spans, ElementSpans* lists);

  FieldTree tree_;
  RecordWalker walker_;
  StructuralIndex structure_;

  const Block* block_ = nullptr;
  const ValuesIndex* index_ = nullptr;  // none: records are lines
  size_t next_record_ = 0;              // in index_
  LineFinder lines_;
  const char* window_end_ = nullptr;
  bool window_good_ = false;
};

}  // namespace ingot::json
