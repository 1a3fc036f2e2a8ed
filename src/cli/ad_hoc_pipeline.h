#pragma once

#include <string>
#include <vector>

#include "cli/commands.h"
#include "core/error.h"
#include "infer/contract.h"

namespace ingot {

/// A pipeline that is said on the command line: by `init` and `load`.
struct AdHocPipeline {
  std::string name;
  std::vector<std::string> paths;
  std::string format;  ///< each empty where it is not given
  std::string delimiter;
  std::string header;
  std::vector<std::string> nulls;
  std::string sheet;
  std::vector<std::string> from;  ///< `option=value`
  std::string kept;               ///< what a kept contract says under `from`, as YAML without braces
  std::string connection;         ///< as `to.connection` has it
  std::string table;
  std::string file_format;  ///< as `to.format` has it
  std::string mode;
  std::vector<std::string> key;

  /// Renders YAML; without a contract `columns` are missing. The header's line is that of the contract where the
  /// command line does not say it.
  std::string yaml(const infer::Contract* contract) const;
};

/// Takes what the command line says of how files are read. Error usage.
Status describe_reading(AdHocPipeline& pipeline, const FileArguments& arguments);

/// The table that files are loaded into where none is named: the only file's name up to its first point, as a column
/// would be named. Error usage: several files, or a name with nothing in it to go by.
Result<std::string> table_for(const std::vector<std::string>& paths);

/// Returns a pipeline's name for a table: what is no letter, digit, `_` or `-` becomes `_`.
std::string pipeline_name_for(const std::string& table);

/// Describes what `load` does. The last of the files may be the connection, and is then moved to `to`; files are known
/// by their absolute paths. Error usage.
Result<AdHocPipeline> describe_load(FileArguments& arguments);

/// Puts the name of the only member in the place of an archive: it tells the format. Error: what the archive cannot be
/// read for, or that it has several.
Status name_only_members(std::vector<std::string>& files);

/// Is it a URL, to be told from a file's name?
bool is_connection_url(const std::string& text);

}  // namespace ingot
