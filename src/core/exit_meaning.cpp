#include "core/exit_meaning.h"

namespace ingot {

std::string_view exit_meaning(Code code) {
  switch (code) {
    case Code::usage:
      return "the command line is wrong";
    case Code::invalid_pipeline:
      return "the YAML, an expression in it, or a connection URL is wrong";
    case Code::not_found:
      return "a file, run or reject that was named does not exist";
    case Code::no_input:
      return "the patterns of `from` match nothing, and never did";
    case Code::source_unreadable:
      return "a file cannot be opened or read, or is damaged as a whole";
    case Code::source_changed:
      return "a file is not what it was when the plan was made, or when it was first read";
    case Code::too_many_rejects:
      return "a file has more rejects than `max_rejects` allows; nothing of it is loaded";
    case Code::rejects_refused:
      return "`--strict` was given and there were rejects; what was accepted is loaded";
    case Code::target_unreachable:
      return "the database cannot be reached, or the connection was lost";
    case Code::target_refused:
      return "the database said no: rights, an unsuitable table, a missing unique index, …";
    case Code::busy:
      return "another run of the same pipeline, or another process, holds what is needed";
    case Code::conflict:
      return "the ledger contradicts what was asked for: an unfinished plan of a changed pipeline, an overwritten "
             "file in append mode, a table that looks like a typing error";
    case Code::books_broken:
      return "the counts do not reconcile; nothing of the batch is committed";
    case Code::resource:
      return "memory, disk or descriptors are exhausted";
    case Code::interrupted:
      return "stopped by Ctrl-C or SIGTERM";
    case Code::internal:
      return "a defect of Ingot; please report it";
  }
  return "";
}

}  // namespace ingot
