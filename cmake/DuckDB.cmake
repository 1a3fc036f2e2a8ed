# Defines ingot::duckdb: DuckDB's shared library with its C++ headers.
#
# Where it comes from: -DINGOT_DUCKDB_DIR=… (or the environment's), else an installed DuckDB of exactly this version,
# else what scripts/fetch-duckdb has put there. The C++ API changes with every release, so the version is checked.
set(INGOT_DUCKDB_VERSION 1.5.6) # the same as in scripts/fetch-duckdb

set(INGOT_DUCKDB_DIR "$ENV{INGOT_DUCKDB_DIR}" CACHE PATH "Folder with DuckDB's lib/ and include/")

if(NOT INGOT_DUCKDB_DIR)
  find_package(DuckDB ${INGOT_DUCKDB_VERSION} EXACT CONFIG QUIET)
  if(DuckDB_FOUND)
    add_library(ingot::duckdb ALIAS duckdb)
    return()
  endif()
  if(DEFINED ENV{INGOT_DEPS})
    set(INGOT_DUCKDB_DIR "$ENV{INGOT_DEPS}/duckdb")
  else()
    set(INGOT_DUCKDB_DIR "$ENV{HOME}/.cache/ingot/deps/duckdb")
  endif()
endif()

set(duckdb_library "${INGOT_DUCKDB_DIR}/lib/${CMAKE_SHARED_LIBRARY_PREFIX}duckdb${CMAKE_SHARED_LIBRARY_SUFFIX}")
foreach(file IN ITEMS "${duckdb_library}" "${INGOT_DUCKDB_DIR}/include/duckdb.hpp")
  if(NOT EXISTS "${file}")
    message(FATAL_ERROR "DuckDB ${INGOT_DUCKDB_VERSION} is not there: ${file} is missing. "
                        "Run scripts/setup, or set INGOT_DUCKDB_DIR.")
  endif()
endforeach()

add_library(ingot::duckdb SHARED IMPORTED)
set_target_properties(
  ingot::duckdb PROPERTIES IMPORTED_LOCATION "${duckdb_library}" IMPORTED_SONAME libduckdb.so
                           INTERFACE_INCLUDE_DIRECTORIES "${INGOT_DUCKDB_DIR}/include") # imported: hence SYSTEM

# The headers do not tell their version; the library does. Asked again when another library is named.
if(NOT INGOT_DUCKDB_CHECKED STREQUAL "${duckdb_library} ${INGOT_DUCKDB_VERSION}")
  file(WRITE "${CMAKE_BINARY_DIR}/duckdb_version.cpp" [[
#include <cstdio>
#include <duckdb.h>
int main() { std::puts(duckdb_library_version()); }
]])
  try_run(
    duckdb_ran duckdb_compiled "${CMAKE_BINARY_DIR}/duckdb_version" "${CMAKE_BINARY_DIR}/duckdb_version.cpp"
    LINK_LIBRARIES ingot::duckdb
    COMPILE_OUTPUT_VARIABLE duckdb_compile_output
    RUN_OUTPUT_VARIABLE duckdb_found)
  string(STRIP "${duckdb_found}" duckdb_found)
  if(NOT duckdb_compiled)
    message(FATAL_ERROR "A program with DuckDB does not compile:\n${duckdb_compile_output}")
  elseif(NOT duckdb_found STREQUAL "v${INGOT_DUCKDB_VERSION}")
    message(FATAL_ERROR "DuckDB v${INGOT_DUCKDB_VERSION} is needed; ${duckdb_library} is ${duckdb_found}")
  endif()
  set(INGOT_DUCKDB_CHECKED "${duckdb_library} ${INGOT_DUCKDB_VERSION}" CACHE INTERNAL "")
endif()
message(STATUS "DuckDB ${INGOT_DUCKDB_VERSION}: ${INGOT_DUCKDB_DIR}")
