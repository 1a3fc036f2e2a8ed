#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace ingot {

/// Says what kind of failure an Error is; `describe` maps each to whose fault it is, whether a retry may help,
/// and the process's exit code.
enum class Code : uint8_t {
  usage,               ///< the command line is wrong
  invalid_pipeline,    ///< the YAML or an expression in it is wrong
  not_found,           ///< a file, table, run, … that was named does not exist
  no_input,            ///< the source listed nothing, and nothing was loaded before
  source_unreadable,   ///< a unit cannot be opened, read or is damaged as a whole
  source_changed,      ///< a unit is not what it was when the plan was made, or when it was first read
  too_many_rejects,    ///< a unit has more rejects than `max_rejects`
  rejects_refused,     ///< `--strict`, and there were rejects
  target_unreachable,  ///< the connection failed or was lost
  target_refused,      ///< the target said no: rights, missing table, unsuitable constraint, …
  busy,                ///< another run of the same pipeline, or another process, holds what is needed
  conflict,            ///< the ledger contradicts what was asked for (a frozen plan, another table, …)
  books_broken,        ///< counts do not reconcile: a defect, or somebody interfered
  resource,            ///< memory, disk or descriptors are exhausted
  interrupted,         ///< the user asked to stop
  internal,            ///< a defect in Ingot
};

struct CodeInfo {
  std::string_view name;  ///< stable, snake_case: JSON output and metrics use it
  int exit_code;
  bool retryable;
};

/// Returns the row for `code` of the one table that maps codes to consequences.
const CodeInfo& describe(Code code);

/// A position in a text file that a person can open. Lines and columns count from 1; 0 is unknown.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
};

/// Says what went wrong. `message` is static text followed by the value; `hint` is the nearest valid name or the
/// command that cures. Never holds a secret, nor a row's content.
struct Error {
  Code code = Code::internal;
  std::string message;
  std::string hint;
  std::optional<Place> where;

  /// Renders `error: MESSAGE (FILE:LINE:COL)` and, where there is one, a second line with the hint.
  std::string to_string() const;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = tl::expected<void, Error>;

inline tl::unexpected<Error> fail(Code code, std::string message, std::string hint = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(hint), std::nullopt});
}
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace ingot

/// Evaluates an expression of type Result or Status; returns its error from the enclosing function if it has one.
#define INGOT_TRY(expression)                                                    \
  do {                                                                           \
    if (auto ingot_status_ = (expression); !ingot_status_) {                     \
      return ::tl::unexpected<::ingot::Error>(std::move(ingot_status_).error()); \
    }                                                                            \
  } while (false)

/// Declares `target` from the value of a Result, or returns its error from the enclosing function.
#define INGOT_ASSIGN(target, expression) INGOT_ASSIGN_(INGOT_CONCAT_(ingot_result_, __LINE__), target, expression)
#define INGOT_ASSIGN_(temporary, target, expression)                                     \
  auto temporary = (expression);                                                         \
  if (!temporary) return ::tl::unexpected<::ingot::Error>(std::move(temporary).error()); \
  target = std::move(*temporary)
#define INGOT_CONCAT_(a, b) INGOT_CONCAT_INNER_(a, b)
#define INGOT_CONCAT_INNER_(a, b) a##b
