# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# For claims about a server that only hold where the client was not late (lib.sh comes first):
#
#   replay_valid NAME FILE ARGUMENT...  runs replay with these arguments into FILE, and up to two times more what its
#                           audit rejected, while the test is younger than TRY_UNTIL (600) seconds. False, with a case
#                           skipped, when batches are rejected still; with a case failed when replay ends with an error.

rejected() { # FILE: how many measured batches have no valid try
  grep '"type":"batch"' "$1" | jq -s 'map(select(.warmup != true)) | group_by([.workers, .batch, .rate, .rep]) |
    map(select(all(.client.valid == false))) | length'
}

replay_valid() {
  local name=$1 file=$2 left again=()
  for _ in 1 2 3; do
    RUN_TIMEOUT=${RUN_TIMEOUT:-900} run "$bin/replay" "${@:3}" "${again[@]}" -o "$file"
    if [ "$status" -ne 0 ]; then
      fail "$name: replay ends well" "exit code: $status" "$err"
      return 1
    fi
    left=$(rejected "$file")
    [ "$left" -gt 0 ] || return 0
    [ "$SECONDS" -lt "${TRY_UNTIL:-600}" ] || break
    again=(--resume)
  done
  skip "$name" "this machine is too busy: the audit rejected $left batches every time"
  return 1
}
