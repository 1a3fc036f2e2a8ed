#pragma once

#include <string>

#include "spec/pipeline.h"
#include "spec/project.h"
#include "spec/reading.h"

namespace ingot::spec {

/// Reads `duckdb:FILE`, `file:FOLDER` (relative to `dir`) or `postgresql://…`. Errors: invalid_pipeline; they show
/// nothing of the URL but its scheme.
Result<Connection> parse_connection(const std::string& url, const std::string& dir);

/// The file of a DuckDB connection; "" of any other.
std::string duckdb_file(const Connection& connection);

/// The folder of a connection to files; "" of any other.
std::string files_folder(const Connection& connection);

/// The DuckDB file that holds the ledger: of a database itself, of a folder `_ingot/ledger.duckdb` in it; "" of
/// Postgres.
std::string ledger_file(const Connection& connection);

/// Returns a Postgres URL without password and parameters, for people; where its parts cannot be told apart for sure,
/// only the scheme.
std::string postgres_label(const std::string& url);

/// Finds the connection that `to.connection` names: a URL, a name of ingot.yaml, or the name of an environment variable
/// that holds a URL. Null: a DuckDB file beside the pipeline, named after its stem. Reports what is wrong.
Connection resolve_connection(const Node* node, const Project& project, Reading& reading);

}  // namespace ingot::spec
