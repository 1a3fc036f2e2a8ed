#pragma once

#include <cstdint>
#include <string>

#include "cli/arguments.h"

namespace ingot {

// Each returns the process's exit code: 0, or describe(error.code).exit_code of the first failure.

int check_command(const PipelineArguments& arguments);
int plan_command(const PipelineArguments& arguments);
int run_command(const PipelineArguments& arguments);

/// What the commands that look into a ledger share.
struct LedgerArguments {
  std::string where;  ///< a pipeline file or a connection URL; "" = the only pipeline in this folder
  std::string what;   ///< `r7`, or a reject's number
  std::vector<std::string> sets;
  std::string environment;
  size_t limit = 20;
  bool json = false;
};

int runs_command(const LedgerArguments& arguments);
int show_run_command(const LedgerArguments& arguments);
int list_rejects_command(const LedgerArguments& arguments);
int show_reject_command(const LedgerArguments& arguments);

/// Prints an error for people, or as JSON on standard output; returns its exit code.
int report_error(const Error& error, bool json);

}  // namespace ingot
