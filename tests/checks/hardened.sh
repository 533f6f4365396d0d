#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Reads the hardening off the programs: position-independent, all relocations read-only before main, a stack that holds
# no code, checked calls, stack protectors, and on x86-64 the marks of indirect branches. The linker drops those marks where
# the C library's start files have none, as Debian's do; so they are read off the objects.
#
#   hardened.sh BUILD   the folder with bin/ and obj/
set -u
build=$1
bad=0

complain() { # PROGRAM WORDS
  echo "hardened: $1 $2"
  bad=1
}

command -v readelf >/dev/null || { echo 'hardened: no readelf here: install binutils'; exit 1; }
for program in "$build"/bin/{capture,replay,analyze,simllm}; do
  head=$(readelf -hlW "$program") dynamic=$(readelf -dW "$program") symbols=$(readelf --dyn-syms -W "$program")
  grep -qE 'Type: +DYN' <<<"$head" || complain "$program" 'is not position-independent (-fPIE, -pie)'
  grep -q GNU_RELRO <<<"$head" || complain "$program" 'has relocations that stay writable (-z relro)'
  grep -qE 'GNU_STACK.* RW +0x' <<<"$head" || complain "$program" 'has a stack that may hold code'
  grep -qE 'BIND_NOW|Flags:.*NOW' <<<"$dynamic" || complain "$program" 'binds late (-z now)'
  grep -q __stack_chk_fail <<<"$symbols" || complain "$program" 'has no stack protector (-fstack-protector-strong)'
  grep -qE '__[a-z]+_chk@' <<<"$symbols" || complain "$program" 'has no checked calls (_FORTIFY_SOURCE)'
done

if readelf -h "$build/obj/capture/main.o" | grep -q X86-64; then
  mapfile -t objects < <(find "$build"/obj/{lib,capture,replay,analyze} -name '*.o')
  marked=$(readelf -nW "${objects[@]}" | grep -c 'x86 feature: IBT, SHSTK')
  [ "$marked" -eq "${#objects[@]}" ] ||
    complain "$build/obj" "has $marked of ${#objects[@]} objects with marks of indirect branches (-fcf-protection)"
fi
[ "$bad" -eq 0 ] && echo 'hardened: 4 programs'
exit "$bad"
