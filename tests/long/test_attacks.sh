#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Attacks on capture in rounds of a second, with a victim beside: how long that one waits, what stays, and how soon TERM
# ends it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
sanitized && { echo 'skipped: time is not measured under a sanitizer'; exit 77; }

held() { ATTACK_SECONDS=1 timeout 900 "$BUILD/tests/e2e/test_capture_victims" >"$scratch/said" 2>&1; }
check 'the victim waits at most twice as long, nothing stays, TERM ends in time' held
cat "$scratch/said"
summary
