#pragma once

#include <memory>
#include <string>
#include <vector>

#include "spec/pipeline.h"
#include "spec/project.h"
#include "spec/reading.h"
#include "spec/yaml.h"

namespace ingot::spec {

/// Reads `from:`; null where it is not given, which is reported.
Pipeline::From read_from(Node* from, Reading& reading);

/// Reads what `from:` (checked) says of things that do not lie on this machine. `paths`: its paths, all of them URLs or
/// none.
RemoteOptions read_remote(Node& from, const std::vector<std::string>& paths, Reading& reading);

/// Reads a `columns:` mapping. `where` is the place to report when it is not given (null) or empty.
std::vector<ColumnSpec> read_columns(Node* columns, const Place& where, FormatKind format, Reading& reading);

/// Reads `parse:` and `null:` of a checked column; null where neither is given, or all of it is wrong.
std::shared_ptr<const ValueForm> read_value_form(Node& column, const Type& type, Reading& reading);

/// Reads `to:` with its connection, `tables:`, `columns:` and `unmatched:` of a checked pipeline into `pipeline`, whose
/// name is known.
void read_targets(Node& root, const Project& project, Pipeline& pipeline, Reading& reading);

/// Reads what `to:` (checked) says of the files of a folder, for tables that are known; refuses what no folder can do,
/// and of other targets what only a folder can.
void read_file_target(Node& to, Pipeline& pipeline, Reading& reading);

/// Reads `overwritten:` of `from:`, for tables that are known.
void read_overwritten(Node& root, Pipeline& pipeline, Reading& reading);

/// Reads `models:` into `pipeline`, whose tables and connection are known.
void read_models(Node& root, Pipeline& pipeline, Reading& reading);

/// Reads `max_rejects:`; null is the default.
RejectLimit read_reject_limit(Node* node, Reading& reading);

/// Reads a one-text-or-list option into its scalars.
std::vector<const Node*> texts_of(const Node& node);

/// Returns the hash of everything that decides what is loaded and how. Connection, secrets and `max_rejects` (which may
/// be raised to let a stopped plan go on) are not part of it.
std::string pipeline_hash(const Pipeline& pipeline);

/// Returns the hash of everything that decides what a model holds.
std::string model_definition(const ModelSpec& model);

}  // namespace ingot::spec
