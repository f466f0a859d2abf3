#!/bin/sh
# check.sh PROBE RUCK SOURCE_DIR WORK_DIR: whether programs are built as cmake/hardening.cmake says.
set -eu
probe=$1 ruck=$2 source=$3 work=$4
readelf=$(command -v llvm-readelf-19 || command -v readelf)
failed=0
expect() {  # expect WHAT PATTERN TEXT
  if ! printf '%s\n' "$3" | grep -Eq -- "$2"; then
    echo "missing: $1"
    failed=1
  fi
}

for program in "$probe" "$ruck"; do
  dynamic=$("$readelf" --file-header --program-headers --dynamic "$program")
  expect "$program: position independent" 'Type:.*DYN' "$dynamic"
  expect "$program: position independent as a program" 'FLAGS_1.*PIE' "$dynamic"
  expect "$program: BIND_NOW" 'FLAGS_1.*NOW' "$dynamic"
  expect "$program: RELRO" 'GNU_RELRO' "$dynamic"
  expect "$program: a stack that is not executable" 'GNU_STACK.* RW +0' "$dynamic"
done

imports=$("$readelf" --dyn-syms "$probe")
expect "the stack protector" '__stack_chk_fail' "$imports"
expect "_FORTIFY_SOURCE" '__(memcpy|printf)_chk' "$imports"
case $(uname -m) in
  x86_64)
    code=$("${OBJDUMP:-llvm-objdump-19}" --disassemble --no-show-raw-insn "$probe")
    expect "a landing pad for indirect calls" 'endbr64' "$code" ;;
esac

# The release build itself takes too long here; how it would compile does not.
cmake -S "$source" -B "$work" --preset release -DRUCK_WEB=OFF >/dev/null
commands=$(grep '"command"' "$work/compile_commands.json" | grep '/src/main.cpp')
for flag in -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection '-fPIE|-fPIC'; do
  expect "release: $flag" "$flag" "$commands"
done
others=$(grep '"command"' "$work/compile_commands.json" | grep -vc -- -D_FORTIFY_SOURCE=3 || true)
if [ "$others" != 0 ]; then
  echo "release: $others files are compiled without it"
  failed=1
fi
links=$(grep -A 20 'build ruck: CXX_EXECUTABLE_LINKER\|build src/ruck: CXX_EXECUTABLE_LINKER' "$work/build.ninja")
expect "release: the linker's flags" 'LINK_FLAGS = .*-pie .*-z,relro,-z,now' "$links"
exit $failed
