#include "target/files/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "core/clock.h"
#include "core/crash_point.h"
#include "core/sql_text.h"
#include "embedded/paced.h"
#include "embedded/sql.h"
#include "target/duckdb/probe.h"
#include "target/files/disk.h"
#include "target/files/text_forms.h"

namespace ingot {

namespace {

// Up to this size rows lie in the file in the order in which they were read: DuckDB then holds whole row groups,
// however many bytes they have.
constexpr uint64_t kOrderedFileBytes = 64 << 10;  // stored, perhaps compressed a thousand times

// Rows that each thread gathers before it writes them, as a row group: large groups are quick to read, and while one is
// written it takes three times its size.
constexpr uint64_t kLeastGroupBytes = 2 << 20;
constexpr uint64_t kMostGroupBytes = 16 << 20;
constexpr uint64_t kGroupShare = 8;

std::string paced_rows(const BatchRows& rows, const std::string& select) {
  return rows.pace() ? paced_sql(select, *rows.pace()) : select;
}

// What a load replaces has one file of the pipeline in each folder: the new one takes the old one's name, in one step.
bool keeps_name(const TableSpec& spec) { return rules_of(spec.mode).replaces || rules_of(spec.mode).partitions; }

Error miscounted(const BatchRows& rows, uint64_t sent, uint64_t written) {
  return {Code::books_broken,
          fmt::format("{} rows were sent to {}, {} were written", sent, rows.shape().name.text(), written),
          {},
          {}};
}

}  // namespace

Result<LoadResult> FilesSession::load(BatchRows& rows) {
  INGOT_ASSIGN(const auto table, look_up_table(connection_, rows.shape().name));
  if (!table) return fail(Code::target_refused, fmt::format("table {} is gone", rows.shape().name.text()));
  const TableSpec& spec = rows.table();
  INGOT_TRY(run_sql(connection_, files_table_ddl(), Code::target_refused));
  INGOT_TRY(make_folders(folder_.table(table->name.table)));
  uint64_t cleared = 0;
  if (spec.clears()) {
    INGOT_ASSIGN(cleared, supersede(rows, ""));
    crash_point("files.superseded");
  }
  INGOT_ASSIGN(LoadResult result,
               spec.partition_by.empty() ? write_whole(rows, *table) : write_partitions(rows, *table));
  result.cleared += cleared;
  result.deleted += result.cleared;
  INGOT_TRY(run_sql(connection_,
                    "UPDATE ingot.files SET state = 'replaced' WHERE state = 'obsolete' AND path IN (SELECT path FROM "
                    "ingot.files WHERE state = 'committed')",
                    Code::target_refused));
  return result;
}

Result<LoadResult> FilesSession::write_whole(BatchRows& rows, const DuckDbTable& table) {
  const TableSpec& spec = rows.table();
  LoadResult result;
  BatchRows::Options options;
  options.winners_only = result.winners_only = spec.keyed();
  options.ordered = rows.stored_bytes() <= kOrderedFileBytes;
  INGOT_ASSIGN(NewFile file, new_file(rows, ""));
  INGOT_TRY(rows.read(options, [&](const std::string& select) -> Status {
    INGOT_ASSIGN(file.rows, copy(file_rows_sql(table, spec, paced_rows(rows, select)),
                                 copy_options(spec.file, options.ordered ? 0 : group_bytes()), file));
    return {};
  }));
  if (file.rows != rows.rows()) return fail(miscounted(rows, rows.rows(), file.rows));
  for (const auto& [unit, count] : rows.rows_by_unit()) result.units.push_back({unit, count, 0, 0, 0});
  INGOT_TRY(keep(rows, file));
  return result;
}

// Rows are sorted by their partitions first, and one file after the other is written: however many there are, one is
// open, and each partition has one file a commit.
Result<LoadResult> FilesSession::write_partitions(BatchRows& rows, const DuckDbTable& table) {
  const TableSpec& spec = rows.table();
  LoadResult result;
  BatchRows::Options options;
  options.winners_only = result.winners_only = spec.keyed();
  options.with_address = true;
  options.ordered = true;
  // In the table's own types, as another pipeline would name the folder of an equal value.
  INGOT_ASSIGN(const std::string casts, table.cast_list(spec.partition_by));
  INGOT_TRY(rows.read(options, [&](const std::string& select) -> Status {
    INGOT_TRY(
        run_pass(fmt::format("CREATE OR REPLACE TEMP TABLE ingot_stage AS SELECT * REPLACE ({}) FROM ({}) ORDER BY {}",
                             casts, paced_rows(rows, select), quoted_list(spec.partition_by))));
    return {};
  }));
  crash_point("files.partitioned");
  INGOT_TRY(run_sql(connection_, "SET preserve_insertion_order = false"));
  INGOT_ASSIGN(const auto partitions, stage_partitions(connection_, spec, kStage, result.refused));
  INGOT_ASSIGN(const auto counts,
               query_sql(connection_, fmt::format("SELECT __unit, count(*) FROM {} GROUP BY 1 ORDER BY 1", kStage)));
  for (const auto& row : counts->Collection().GetRows())
    result.units.push_back({row.GetValue(0).GetValue<uint32_t>(), row.GetValue(1).GetValue<uint64_t>(), 0, 0, 0});
  for (const Partition& partition : partitions) {
    INGOT_ASSIGN(const uint64_t cleared, write_partition(rows, table, partition));
    result.cleared += cleared;
  }
  INGOT_TRY(run_sql(connection_, fmt::format("DROP TABLE {}", kStage)));
  return result;
}

Result<uint64_t> FilesSession::write_partition(BatchRows& rows, const DuckDbTable& table, const Partition& partition) {
  const TableSpec& spec = rows.table();
  uint64_t cleared = 0;
  if (rules_of(spec.mode).partitions) {
    INGOT_ASSIGN(cleared, supersede(rows, partition.folder));
  }
  INGOT_ASSIGN(NewFile file, new_file(rows, partition.folder));
  const std::string select = fmt::format("SELECT * FROM {} WHERE {}", kStage, partition.condition);
  INGOT_ASSIGN(file.rows, copy(file_rows_sql(table, spec, select), copy_options(spec.file, group_bytes()), file));
  if (file.rows != partition.rows) return fail(miscounted(rows, partition.rows, file.rows));
  INGOT_TRY(keep(rows, file));
  return cleared;
}

uint64_t FilesSession::group_bytes() const {
  return std::clamp(memory_bytes_ / kGroupShare, kLeastGroupBytes, kMostGroupBytes);
}

Result<FilesSession::NewFile> FilesSession::new_file(const BatchRows& rows, const std::string& folder) {
  INGOT_ASSIGN(const int64_t id, query_number(connection_, "SELECT coalesce(max(id), 0) + 1 FROM ingot.files"));
  NewFile file;
  file.folder = folder;
  // A pipeline `a-1` may have a file of the name that `a` is to give its first.
  for (file.id = static_cast<uint64_t>(id);; ++file.id) {
    const std::string stem =
        keeps_name(rows.table()) ? claim_.key.pipeline : fmt::format("{}-{}", claim_.key.pipeline, file.id);
    file.path = fmt::format("{}/{}{}{}{}", rows.shape().name.table, folder, folder.empty() ? "" : "/", stem,
                            file_extension(rows.table().file));
    if (keeps_name(rows.table())) break;
    INGOT_ASSIGN(const int64_t taken,
                 query_number(connection_, fmt::format("SELECT count(*) FROM ingot.files WHERE path = {} AND state IN "
                                                       "('published', 'committed')",
                                                       quote_literal(file.path))));
    if (taken == 0) break;
  }
  written_.push_back(file.id);
  return file;
}

Result<uint64_t> FilesSession::copy(const std::string& select, const std::string& options, const NewFile& file) {
  INGOT_ASSIGN(const int64_t rows, run_pass(fmt::format("COPY ({}) TO {} {}", select,
                                                        quote_literal(folder_.staged(file.id).string()), options)));
  crash_point("files.written");
  return static_cast<uint64_t>(rows);
}

// Whole on the disk before the transaction says that it is there. One without rows is none.
Status FilesSession::keep(const BatchRows& rows, NewFile file) {
  const auto staged = folder_.staged(file.id);
  if (file.rows == 0) return remove_file(staged);
  const auto path = folder_.root() / file.path;
  INGOT_TRY(sync_path(staged));
  INGOT_TRY(sync_path(staged.parent_path()));
  INGOT_TRY(make_folders(path.parent_path()));
  INGOT_ASSIGN(const bool movable, on_one_disk(staged.parent_path(), path.parent_path()));
  if (!movable) {
    return fail(Code::target_refused,
                fmt::format("on another disk than the folder of the connection: {}", path.parent_path().string()),
                "files could not get their names in one step: name a folder on that disk in the connection");
  }
  if (access(path.parent_path().c_str(), W_OK | X_OK) != 0) {
    return fail(Code::target_refused, fmt::format("no right to write into the folder {}", path.parent_path().string()),
                "chmod u+w, or run as its owner");
  }
  std::error_code unseen;
  const uint64_t bytes = std::filesystem::file_size(staged, unseen);
  if (unseen) return fail(Code::target_refused, fmt::format("{}: {}", staged.string(), unseen.message()));
  INGOT_ASSIGN(const int64_t own,
               query_number(connection_,
                            fmt::format("SELECT count(*) FROM ingot.files WHERE path = {}", quote_literal(file.path))));
  if (own == 0 && std::filesystem::exists(path, unseen)) {
    return fail(Code::target_refused,
                fmt::format("a file that the ledger does not know is in the way: {}", path.string()),
                "take it away; it may be of a ledger that was lost");
  }
  INGOT_TRY(run_sql(connection_,
                    fmt::format("INSERT INTO ingot.files VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, "
                                "'committed', make_timestamptz({}))",
                                file.id, quote_literal(claim_.key.pipeline), quote_literal(claim_.key.target),
                                claim_.plan, units_.front(), claim_.part, quote_literal(rows.shape().name.table),
                                quote_literal(file.folder), quote_literal(file.path), file.rows, bytes, now_micros()),
                    Code::target_refused));
  crash_point("files.kept");
  return {};
}

// What the table has in a folder (empty: in all) is to go, and is counted.
Result<uint64_t> FilesSession::supersede(const BatchRows& rows, const std::string& folder) {
  const std::string those =
      fmt::format("\"table\" = {}{} AND state = 'published'", quote_literal(rows.shape().name.table),
                  folder.empty() ? "" : " AND folder = " + quote_literal(folder));
  INGOT_ASSIGN(const int64_t gone,
               query_number(connection_, fmt::format("SELECT CAST(coalesce(sum(rows), 0) AS BIGINT) "
                                                     "FROM ingot.files WHERE {}",
                                                     those)));
  INGOT_TRY(run_sql(connection_, fmt::format("UPDATE ingot.files SET state = 'obsolete' WHERE {}", those),
                    Code::target_refused));
  return static_cast<uint64_t>(gone);
}

// What was committed is there, whoever is in a hurry.
Status FilesSession::commit() {
  doubtful_ = true;
  INGOT_TRY(DuckDbSession::commit());
  doubtful_ = false;
  written_.clear();
  Status settled = folder_.settle(connection_);
  while (!settled && settled.error().code == Code::interrupted) settled = folder_.settle(connection_);
  return settled;
}

// Where a COMMIT has failed, what is written stays until the ledger is opened anew, and says what became of it.
void FilesSession::rollback() noexcept {
  DuckDbSession::rollback();
  if (!doubtful_) {
    for (const uint64_t id : written_) (void)remove_file(folder_.staged(id));
  }
  written_.clear();
  doubtful_ = false;
}

}  // namespace ingot
