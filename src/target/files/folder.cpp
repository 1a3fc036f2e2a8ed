#include "target/files/folder.h"

#include <fmt/format.h>

#include <set>

#include "core/crash_point.h"
#include "embedded/sql.h"
#include "target/files/disk.h"

namespace ingot {

namespace {

namespace fs = std::filesystem;

struct LedgerFile {
  uint64_t id = 0;
  std::string path;  ///< below the root
  uint64_t bytes = 0;
};

Result<std::vector<LedgerFile>> files_in_state(duckdb::Connection& connection, const char* state) {
  INGOT_ASSIGN(const auto rows,
               query_sql(connection,
                         fmt::format("SELECT id, path, bytes FROM ingot.files WHERE state = '{}' ORDER BY id", state)));
  std::vector<LedgerFile> files;
  for (size_t i = 0; i < rows->RowCount(); ++i)
    files.push_back({rows->GetValue(0, i).GetValue<uint64_t>(), rows->GetValue(1, i).ToString(),
                     rows->GetValue(2, i).GetValue<uint64_t>()});
  return files;
}

Status set_state(duckdb::Connection& connection, const char* from, const char* to) {
  return run_sql(connection, fmt::format("UPDATE ingot.files SET state = '{}' WHERE state = '{}'", to, from),
                 Code::target_refused);
}

Result<bool> knows_files(duckdb::Connection& connection) {
  INGOT_ASSIGN(const int64_t tables,
               query_number(connection,
                            "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND "
                            "schema_name = 'ingot' AND table_name = 'files'"));
  return tables > 0;
}

// Of folders that partitions had, and have no file in any more.
void remove_empty_folders(const fs::path& root, fs::path folder) {
  std::error_code error;
  while (folder.parent_path() != root && folder != root && fs::remove(folder, error) && !error)
    folder = folder.parent_path();
}

}  // namespace

const char* files_table_ddl() {
  return R"(CREATE TABLE IF NOT EXISTS ingot.files (
    id BIGINT NOT NULL, pipeline VARCHAR NOT NULL, target VARCHAR NOT NULL, plan BIGINT NOT NULL, unit BIGINT NOT NULL,
    part BIGINT NOT NULL, "table" VARCHAR NOT NULL, folder VARCHAR NOT NULL, path VARCHAR NOT NULL,
    rows BIGINT NOT NULL, bytes BIGINT NOT NULL, state VARCHAR NOT NULL, committed_at TIMESTAMPTZ NOT NULL))";
}

fs::path TargetFolder::staged(uint64_t id) const { return root_ / "_ingot" / "staged" / fmt::format("{}.tmp", id); }

Status TargetFolder::prepare() const {
  INGOT_TRY(make_folders(root_ / "_ingot" / "staged"));
  INGOT_TRY(sync_path(root_));
  return sync_path(root_ / "_ingot");
}

Status TargetFolder::settle(duckdb::Connection& connection) const {
  INGOT_ASSIGN(const bool any, knows_files(connection));
  if (!any) return {};
  INGOT_TRY(publish(connection));
  return remove_obsolete(connection);
}

Status TargetFolder::publish(duckdb::Connection& connection) const {
  INGOT_ASSIGN(const auto files, files_in_state(connection, "committed"));
  if (files.empty()) return {};
  std::vector<fs::path> published;
  std::string gone;
  for (const LedgerFile& file : files) {
    const fs::path path = root_ / file.path;
    std::error_code error;
    const bool is_staged = fs::exists(staged(file.id), error);
    if (error) return fail(Code::target_refused, fmt::format("{}: {}", staged(file.id).string(), error.message()));
    if (is_staged) {
      INGOT_TRY(make_folders(path.parent_path()));
      INGOT_TRY(rename_file(staged(file.id), path));
      crash_point("files.renamed");
    } else if (fs::file_size(path, error) != file.bytes || error) {  // not the one that was staged
      gone = file.path;
      continue;
    }
    published.push_back(path);
  }
  INGOT_TRY(sync_names(published));
  INGOT_TRY(set_state(connection, "committed", "published"));
  crash_point("files.published");
  if (gone.empty()) return {};
  return fail(Code::target_refused, fmt::format("a file that was committed has been removed by somebody: {}", gone),
              "its rows are lost to the folder, though the ledger says that they are loaded: load its source files "
              "again (--reload)");
}

Status TargetFolder::remove_obsolete(duckdb::Connection& connection) const {
  INGOT_ASSIGN(const auto files, files_in_state(connection, "obsolete"));
  if (files.empty()) return {};
  for (const LedgerFile& file : files) {
    INGOT_TRY(remove_file(root_ / file.path));
    remove_empty_folders(root_, (root_ / file.path).parent_path());
    crash_point("files.removed");
  }
  INGOT_TRY(set_state(connection, "obsolete", "removed"));
  crash_point("files.settled");
  return {};
}

// With the folders that may be new, up to the root.
Status TargetFolder::sync_names(const std::vector<fs::path>& files) const {
  std::set<fs::path> folders;
  for (const fs::path& file : files) {
    for (fs::path folder = file.parent_path(); folders.insert(folder).second && folder != root_;)
      folder = folder.parent_path();
  }
  for (const fs::path& folder : folders) INGOT_TRY(sync_path(folder));
  return {};
}

Status TargetFolder::sweep() const {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root_ / "_ingot" / "staged", error))
    INGOT_TRY(remove_file(entry.path()));
  return {};
}

}  // namespace ingot
