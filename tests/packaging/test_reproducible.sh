#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two builds in folders of different names give the same bytes.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need git make cmp

for folder in a another/folder; do
  mkdir -p "$scratch/$folder"
  git archive HEAD | tar -x -C "$scratch/$folder"
  check "it builds in $folder" env -u MAKEFLAGS make -s -C "$scratch/$folder" VERSION=0 BUILD=build all >/dev/null
done
for tool in capture replay analyze simllm; do
  check "$tool has the same bytes" cmp "$scratch/a/build/bin/$tool" "$scratch/another/folder/build/bin/$tool"
done
summary
