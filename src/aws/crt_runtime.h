#pragma once

#include <string>
#include <string_view>

struct aws_allocator;
struct aws_byte_cursor;
struct aws_client_bootstrap;
struct aws_string;
struct aws_tls_ctx;

namespace ingot {

/// Returns the allocator of AWS's C libraries, which are set up by the first call and stay until the process ends.
aws_allocator* crt_memory();

/// Returns what their network connections go through: one thread, begun by the first call. Null: it could not be begun.
aws_client_bootstrap* crt_bootstrap();

/// Returns how their connections are encrypted. AWS_CA_BUNDLE names other authorities than the system's. Null: the
/// authorities could not be read.
aws_tls_ctx* crt_tls();

aws_byte_cursor crt_cursor(std::string_view text);
std::string crt_text(aws_byte_cursor cursor);

/// Says what an error code of theirs means.
std::string crt_message(int code);

}  // namespace ingot
