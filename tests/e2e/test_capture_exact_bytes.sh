#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# 1000 exchanges of 0 to 5 MB; what tests/long has of it takes longer, by more bytes and slower peers.
. "$(dirname "$0")/../lib.sh"
. tests/e2e/exact_bytes.sh
need jq zcat

exact_bytes light 1000 16
summary
