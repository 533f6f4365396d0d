#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# make install, uninstall and dist.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need git make

root=$scratch/root
# shellcheck disable=SC2317
quiet_make() { env -u MAKEFLAGS make -s BUILD="$BUILD" "$@" >"$scratch/make.log" 2>&1; }
check 'it installs' quiet_make install DESTDIR="$root" PREFIX=/opt/t
for tool in capture replay analyze; do
  check_match "$tool runs from there" "^$tool \\(Tidemark\\) " "$("$root/opt/t/bin/$tool" --version)"
  check "its manual is there" test -s "$root/opt/t/share/man/man1/$tool.1"
  check "its completion is there" test -s "$root/opt/t/share/bash-completion/completions/$tool"
done
check 'the unit names the installed program' grep -q '^ExecStart=/opt/t/bin/capture ' "$root/opt/t/lib/systemd/system/capture.service"
check 'it uninstalls' quiet_make uninstall DESTDIR="$root" PREFIX=/opt/t
check_equal 'and nothing is left' '' "$(find "$root" -type f)"

run env -u MAKEFLAGS make -s dist
tarball=$out
version=$(sed -n 's,.*tidemark-\(.*\)\.tar\.gz,\1,p' <<<"$tarball")
check_equal 'the tarball has its version' "$version" "$(tar -xzOf "$tarball" "tidemark-$version/VERSION")"
mkdir "$scratch/dist"
tar -xzf "$tarball" -C "$scratch/dist"
echo 7.8.9 >"$scratch/dist/tidemark-$version/VERSION"
check_match 'and goes by it, not by a tag' '^Tidemark 7.8.9:' "$(env -u MAKEFLAGS make -s -C "$scratch/dist/tidemark-$version" help | sed -n 1p)"
summary
