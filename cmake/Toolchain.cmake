# What speeds the build up where it is there (ccache, a fast linker), and the sanitizers.
include(CheckLinkerFlag)

find_program(CCACHE ccache)
if(CCACHE)
  # The sloppiness that a precompiled header needs, by ccache's manual; without the inode cache, ccache hashes its
  # 450 MB again for every file.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
      CCACHE_INODECACHE=true CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime "${CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE}")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  else()
    add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
  endif()
endif()

foreach(linker IN ITEMS mold lld gold)
  check_linker_flag(CXX "-fuse-ld=${linker}" INGOT_LINKER_${linker})
  if(INGOT_LINKER_${linker})
    add_link_options("-fuse-ld=${linker}")
    break()
  endif()
endforeach()

set(INGOT_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or thread")
if(INGOT_SANITIZE)
  # vptr: DuckDB's own classes come from a library that is not instrumented.
  add_compile_options(-fsanitize=${INGOT_SANITIZE} -fno-sanitize=vptr -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${INGOT_SANITIZE})
  add_library(ingot_sanitizer_defaults OBJECT cmake/sanitizer_defaults.cpp)
endif()

# Moves the debug symbols of an executable into <name>.debug beside it; gdb and perf find them there.
function(ingot_split_debug_symbols target)
  add_custom_command(
    TARGET ${target} POST_BUILD
    COMMAND ${CMAKE_OBJCOPY} --only-keep-debug $<TARGET_FILE:${target}> $<TARGET_FILE:${target}>.debug
    COMMAND ${CMAKE_OBJCOPY} --strip-debug --add-gnu-debuglink=$<TARGET_FILE:${target}>.debug $<TARGET_FILE:${target}>
    VERBATIM)
endfunction()
