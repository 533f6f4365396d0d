#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# 1000 exchanges of 0 to 5 MB; what tests/long has of it takes longer, by more bytes and slower peers.
. "$(dirname "$0")/../lib.sh"
. tests/e2e/exact_bytes.sh
need jq zcat

exchanges=1000
if LC_ALL=C grep -qaE '__(asan|tsan)_init' "$bin/capture"; then
  exchanges=300
  echo "$exchanges exchanges instead of 1000, since the programs run slowly under a sanitizer"
fi
exact_bytes light $exchanges 16
summary
