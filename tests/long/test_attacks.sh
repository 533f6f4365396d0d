#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Attacks on capture in rounds of a second, with a victim beside: how long that one waits, what stays, and how soon TERM
# ends it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
sanitized && { echo 'skipped: time is not measured under a sanitizer'; exit 77; }

held() { # what the names of the attacks begin with
  ATTACK_SECONDS=1 ATTACK=$1 timeout 200 "$BUILD/tests/e2e/test_capture_victims" >"$scratch/said" 2>&1
  local code=$?
  grep -v '^\[' "$scratch/said"
  return "$code"
}
for attack in '1 ' '2 ' '3 1,800 q' '3 1,800 c' '4 a' '4 N' '5 a' '5 20 answers of 64' '5 20 answers of 1' '6 400' '6 4' '6 a storm'; do
  check_timed "$attack: the victim waits at most twice as long, nothing stays, TERM ends in time" held "$attack"
done
summary
