# What makes a memory error harder to use: of the release build, and as far as it costs the others
# nothing (the sanitizers see more than these checks do, and do not go with _FORTIFY_SOURCE).
#
# `ruck_hardening` holds the flags; tests/hardening builds a small program with them and looks at it
# and at `ruck` with readelf, and at how the release preset compiles.
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

set(RUCK_HARDENING_COMPILE
  -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
  -fstack-protector-strong -fstack-clash-protection)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  # Indirect jumps land on endbr64 only, where the processor, the kernel and the C library take part.
  list(APPEND RUCK_HARDENING_COMPILE -fcf-protection=full)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64")
  list(APPEND RUCK_HARDENING_COMPILE -mbranch-protection=standard)
endif()
# Every import is bound at start, and then the tables of them are read-only.
set(RUCK_HARDENING_LINK -pie -Wl,-z,relro,-z,now,-z,noexecstack)

add_library(ruck_hardening INTERFACE)
target_compile_options(ruck_hardening INTERFACE ${RUCK_HARDENING_COMPILE})
target_link_options(ruck_hardening INTERFACE ${RUCK_HARDENING_LINK})

target_compile_options(ruck_flags INTERFACE "$<$<CONFIG:Release>:${RUCK_HARDENING_COMPILE}>")
target_link_options(ruck_flags INTERFACE
  "$<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:${RUCK_HARDENING_LINK}>")
