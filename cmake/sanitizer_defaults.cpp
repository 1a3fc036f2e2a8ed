// Linked into every program of a sanitizer build: what the sanitizers must know about libraries that are not
// instrumented, DuckDB's above all. The environment's ASAN_OPTIONS and so on still come on top.

extern "C" {

// DuckDB's code grows our containers without telling AddressSanitizer.
const char* __asan_default_options() { return "detect_container_overflow=0"; }

const char* __ubsan_default_options() { return "print_stacktrace=1:halt_on_error=1"; }

// Nor are their unlocks: the detector of deadlocks ends the program once 64 seem to be held.
const char* __tsan_default_options() { return "ignore_noninstrumented_modules=1:halt_on_error=1:detect_deadlocks=0"; }

// DuckDB's locks are not seen, so what they protect looks unprotected.
const char* __tsan_default_suppressions() {
  return "called_from_lib:libduckdb.so\n"
         "race:libduckdb.so\n"
         "race:duckdb::\n";
}

}  // extern "C"
