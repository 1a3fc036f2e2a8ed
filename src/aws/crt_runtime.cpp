#include "aws/crt_runtime.h"

#include <aws/auth/auth.h>
#include <aws/common/allocator.h>
#include <aws/common/byte_buf.h>
#include <aws/common/error.h>
#include <aws/io/channel_bootstrap.h>
#include <aws/io/event_loop.h>
#include <aws/io/host_resolver.h>
#include <aws/io/tls_channel_handler.h>

#include <cstdlib>

namespace ingot {

namespace {

constexpr uint16_t kThreads = 1;
constexpr size_t kHosts = 8;  // that are resolved: token services, instance metadata

aws_client_bootstrap* make_bootstrap() {
  aws_allocator* memory = crt_memory();
  aws_event_loop_group* loops = aws_event_loop_group_new_default(memory, kThreads, nullptr);
  if (loops == nullptr) return nullptr;
  aws_host_resolver_default_options names{};
  names.el_group = loops;
  names.max_entries = kHosts;
  aws_host_resolver* resolver = aws_host_resolver_new_default(memory, &names);
  if (resolver == nullptr) return nullptr;
  aws_client_bootstrap_options options{};
  options.event_loop_group = loops;
  options.host_resolver = resolver;
  return aws_client_bootstrap_new(memory, &options);
}

aws_tls_ctx* make_tls() {
  aws_tls_ctx_options options{};
  aws_tls_ctx_options_init_default_client(&options, crt_memory());
  const char* bundle = std::getenv("AWS_CA_BUNDLE");
  const bool good = bundle == nullptr || *bundle == 0 ||
                    aws_tls_ctx_options_override_default_trust_store_from_path(&options, nullptr, bundle) == 0;
  aws_tls_ctx* made = good ? aws_tls_client_ctx_new(crt_memory(), &options) : nullptr;
  aws_tls_ctx_options_clean_up(&options);
  return made;
}

}  // namespace

// Nothing of it is taken down again: its threads may still be in it when the process ends.
aws_allocator* crt_memory() {
  static aws_allocator* const memory = [] {
    aws_allocator* usual = aws_default_allocator();
    aws_auth_library_init(usual);
    return usual;
  }();
  return memory;
}

aws_client_bootstrap* crt_bootstrap() {
  static aws_client_bootstrap* const bootstrap = make_bootstrap();
  return bootstrap;
}

aws_tls_ctx* crt_tls() {
  static aws_tls_ctx* const context = make_tls();
  return context;
}

aws_byte_cursor crt_cursor(std::string_view text) { return aws_byte_cursor_from_array(text.data(), text.size()); }

std::string crt_text(aws_byte_cursor cursor) {
  return {reinterpret_cast<const char*>(cursor.ptr), cursor.ptr == nullptr ? 0 : cursor.len};
}

std::string crt_message(int code) { return aws_error_str(code); }

}  // namespace ingot
