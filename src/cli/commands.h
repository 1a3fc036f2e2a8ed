#pragma once

#include <cstdint>
#include <string>

#include "cli/arguments.h"

namespace ingot {

// Each returns the process's exit code: 0, or describe(error.code).exit_code of the first failure.

int check_command(const PipelineArguments& arguments);
int plan_command(const PipelineArguments& arguments);
int run_command(const PipelineArguments& arguments);
/// `run`: `r7`.
int undo_command(const PipelineArguments& arguments, const std::string& run, bool force);
int doctor_command(const PipelineArguments& arguments);

/// What `init` and `load` are told of files that no pipeline describes.
struct FileArguments : PipelineArguments {  // `files`: of data
  std::string to;                           ///< a connection
  std::string table;
  std::string file_format;  ///< of what is written, into a folder
  std::string mode;
  std::vector<std::string> key;
  std::string format;
  std::string delimiter;
  std::string header;
  std::vector<std::string> nulls;
  std::string sheet;
  std::vector<std::string> from;  ///< `option=value`, as in `from`
  std::string output;             ///< init: "" = standard output; load: the pipeline that is saved, "" = none
};

int init_command(const FileArguments& arguments);
/// The last of `files` may be the connection.
int load_command(FileArguments arguments);

/// What `preview` takes beside the file, of a pipeline or of data.
struct PreviewArguments : FileArguments {
  size_t rows = 10;
  bool watch = false;
};

int preview_command(const PreviewArguments& arguments);

/// What `diff` takes beside the files: a pipeline, or data files and the connection.
struct DiffArguments : FileArguments {
  size_t rows = 5;
  bool all = false;  ///< all files, not only those that a run would load
};

int diff_command(DiffArguments arguments);

/// What the commands that look into a ledger share.
struct LedgerArguments {
  std::string where;  ///< a pipeline file or a connection URL; "" = the only pipeline in this folder
  std::string what;   ///< `r7`, or a reject's number
  std::vector<std::string> sets;
  std::string environment;
  size_t limit = 20;
  bool json = false;
};

/// What the commands on rejects take beside that.
struct RejectArguments : LedgerArguments {
  std::vector<uint64_t> ids;
  std::string code;
  std::string field;
  std::string unit;  ///< the file
  std::string table;
  std::string state = "open";  ///< open | replayed | discarded | all
  std::string by;              ///< list: code | field | file | table; "" = one line a reject
  std::string format = "ndjson";
  std::string output;  ///< export: "" = standard output
  bool all = false;
  bool purge = false;
  std::string older_than;
  std::string mended;  ///< replay: the file of mended records
};

int runs_command(const LedgerArguments& arguments);
int show_run_command(const LedgerArguments& arguments);
int list_rejects_command(const RejectArguments& arguments);
int show_reject_command(const RejectArguments& arguments);
int export_rejects_command(const RejectArguments& arguments);
int discard_rejects_command(const RejectArguments& arguments);
int replay_rejects_command(const RejectArguments& arguments, PipelineArguments pipeline);

/// Prints an error for people, or as JSON on standard output; returns its exit code.
int report_error(const Error& error, bool json);

}  // namespace ingot
