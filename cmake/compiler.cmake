# Flags every target shares. Warnings are errors.
find_program(RUCK_CCACHE ccache)
if(RUCK_CCACHE)
  # What ccache asks for where headers are precompiled. No file here uses __DATE__ or __TIME__.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
    "CCACHE_SLOPPINESS=pch_defines,time_macros" "${RUCK_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${RUCK_CCACHE}")
endif()

# With sanitizers four fifths of a compilation are the optimizer's: -O0 takes half the time of -O1.
set(RUCK_OPTIMIZE "-O1" CACHE STRING "How far builds of type Dev are optimized")
set(CMAKE_CXX_FLAGS_DEV "${RUCK_OPTIMIZE} -g1 -gz")
set(CMAKE_C_FLAGS_DEV "${RUCK_OPTIMIZE} -g1 -gz")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -gz -DNDEBUG")
set(CMAKE_EXE_LINKER_FLAGS_DEV "")

# For a target that computes for long: optimized even where the rest is not. Before ruck_precompile.
function(ruck_optimize target)
  if(RUCK_OPTIMIZE STREQUAL "-O0" AND NOT CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(${target} PRIVATE -O1)
    set_target_properties(${target} PROPERTIES RUCK_OPTIMIZED TRUE)
  endif()
endfunction()

add_library(ruck_flags INTERFACE)
target_compile_options(ruck_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference -Wimplicit-fallthrough
  -Wextra-semi -Wthread-safety -Wthread-safety-beta -Werror
  # A field left out has its default; that is what defaults are for.
  -Wno-missing-designated-field-initializers -Wno-missing-field-initializers
  # libstdc++ 12 marks its own helper of std::stable_sort as deprecated.
  -Wno-deprecated-declarations
  # The same source gives the same bits natively and in WebAssembly: no fused multiply-add.
  -ffp-contract=off)
target_compile_definitions(ruck_flags INTERFACE
  $<$<BOOL:${RUCK_TEST_BUILD}>:RUCK_TEST_BUILD=1>
  # Asio and Beast are compiled once each (runtime/asio.cpp, http/session/beast.cpp). These macros
  # must be the same in every file.
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  # Coroutine frames are taken from a cache of this many blocks a thread.
  BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=32)
target_include_directories(ruck_flags INTERFACE "${CMAKE_SOURCE_DIR}/src")
target_link_options(ruck_flags INTERFACE -fuse-ld=lld-19)

if(RUCK_SANITIZE)
  target_compile_options(ruck_flags INTERFACE
    -fsanitize=${RUCK_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(ruck_flags INTERFACE -fsanitize=${RUCK_SANITIZE})
endif()
