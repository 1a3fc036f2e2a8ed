#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "ledger/ledger.h"

namespace ingot {

/// Writes rejects for people and programs (docs/rejects.md). Nothing that is written depends on what a terminal or an
/// editor makes of bytes: a record that is not UTF-8 is written as base64, and says so.
class RejectForm {
 public:
  virtual ~RejectForm() = default;
  virtual std::string begin() { return {}; }
  virtual std::string write(const RejectEntry& reject) = 0;
};

/// One object a line: the reject's members, and its bytes as `raw`, or as `raw_base64` where they are not UTF-8.
std::unique_ptr<RejectForm> ndjson_rejects();
/// RFC 4180 with a header; `encoding` says how `raw` is written: utf8 or base64.
std::unique_ptr<RejectForm> csv_rejects();
/// The records' own bytes, each ended by a line feed, behind the head of their files. Error conflict: the units have
/// different heads.
Result<std::unique_ptr<RejectForm>> raw_rejects(const std::vector<RejectedUnit>& units);

}  // namespace ingot
