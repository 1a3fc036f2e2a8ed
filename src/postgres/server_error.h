#pragma once

#include <libpq-fe.h>

#include <string>

#include "core/error.h"
#include "postgres/connection.h"

namespace ingot::postgres {

/// Makes the Error for a failed statement. `primary` is the server's primary message; it is left out for faults of
/// rows, since it may quote them.
tl::unexpected<Error> server_failure(const ServerError& error, std::string_view primary, bool alive, bool cancelled);

/// Makes the Error for a connection that could not be made.
tl::unexpected<Error> connect_error(const PGconn* connection);

}  // namespace ingot::postgres
