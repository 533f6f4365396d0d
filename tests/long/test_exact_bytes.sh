#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# 4000 exchanges, most of their bytes in bodies of up to 5 MB.
. "$(dirname "$0")/../lib.sh"
. tests/e2e/exact_bytes.sh
need jq zcat

exact_bytes heavy 4000 16
summary
