#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/batch.h"
#include "engine/pass_functions.h"

namespace ingot {

/// Rows of a child table: the elements of those routed records that stay in the parent's table.
class ChildRows final : public BatchRows {
 public:
  ChildRows(Batch& batch, const RoutedRecords& records, size_t index, const BatchRows& parent);

  Status read(const Options& options, const std::function<Status(const std::string& select)>& consume) override;

  /// Records that the parent's table has refused. Error resource: too many for memory and disk.
  Status leave_out(const std::vector<RefusedRow>& refused);

  duckdb::Connection& duckdb() override;
  uint64_t stored_bytes() const override { return batch_.stored_bytes(); }
  const TableSpec& table() const override;
  const TableShape& shape() const override;
  const BatchRows* parent() const override { return &parent_; }
  uint64_t rows() const override { return rows_; }
  const std::vector<std::pair<uint32_t, uint64_t>>& rows_by_unit() const override { return by_unit_; }
  Pace* pace() const override;

 private:
  std::string name_of(size_t table, const std::string& column) const;
  std::string staying_records() const;
  std::string tombstone() const;
  std::string elements(const std::string& records) const;
  std::string key_rows(const std::string& records) const;
  std::string value(size_t column) const;
  Status count(const std::string& records);

  Batch& batch_;
  const RoutedRecords& records_;
  const size_t index_;
  const BatchRows& parent_;
  RoutedRecords left_out_;  ///< their addresses; no rows: none
  uint64_t rows_ = 0;
  std::vector<std::pair<uint32_t, uint64_t>> by_unit_;
};

}  // namespace ingot
