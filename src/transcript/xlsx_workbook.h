#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/files/archive.h"
#include "transcript/stored_copy.h"
#include "transcript/xlsx_values.h"

namespace ingot {

inline constexpr size_t kMostCellText = 1 << 20;  ///< bytes; spreadsheets stop at 32,767 characters

/// A workbook (ECMA-376, SpreadsheetML): what its cells refer to. Not thread-safe.
class XlsxWorkbook {
 public:
  /// Reads the list of sheets, the styles and the shared strings. Errors: source_unreadable (no workbook, a damaged or
  /// an encrypted one, or one that would take too much memory), resource.
  static Result<std::unique_ptr<XlsxWorkbook>> open(const StoredCopy& copy, Expansion expansion,
                                                    const std::string& temp_dir);

  /// Opens the cells of a sheet; empty: of the only one that is to be seen. Errors: not_found (the others are named),
  /// source_unreadable.
  Result<std::unique_ptr<StoredInput>> open_sheet(const std::string& name);

  bool since_1904() const { return since_1904_; }
  size_t strings() const { return string_ends_.size(); }
  std::string_view shared_string(size_t index) const;
  CellForm form_of_style(size_t index) const {
    return index < style_forms_.size() ? style_forms_[index] : CellForm::number;
  }

 private:
  struct Sheet {
    std::string name;
    std::string relation;
    bool hidden = false;
  };

  XlsxWorkbook() = default;
  Result<std::unique_ptr<StoredInput>> open_part(const std::string& name);
  Result<std::unique_ptr<StoredInput>> open_small_part(const std::string& name, uint64_t most);
  Result<std::map<std::string, std::string>> read_relations(const std::string& of, std::string_view type,
                                                            std::string& found);
  Status read_sheets();
  Status read_styles(const std::string& part);
  Status read_strings(const std::string& part);

  std::shared_ptr<Archive> archive_;
  std::map<std::string, size_t, std::less<>> parts_;
  std::string workbook_;                          // its part's name
  std::map<std::string, std::string> relations_;  // of the workbook: id → part
  std::vector<Sheet> sheets_;
  bool since_1904_ = false;
  std::vector<CellForm> style_forms_;
  std::string strings_;  // one behind the other
  std::vector<size_t> string_ends_;
};

}  // namespace ingot
