#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# replay --server: servers that come up, do not, die, will not die, and leave children; none of them outlives the run.
. "$(dirname "$0")/../lib.sh"
need jq curl

trace=tests/data/mixed.trace.jsonl
url='http://127.0.0.1:{port}'
sim="$bin/simllm -l 127.0.0.1:{port} --slots {workers} --time-scale 0.02"
records() { jq -s -c "[.[] | select(.type==\"$2\")] | $3" "$1"; }
# A word that only this test's servers have on their command line: whoever still has it was left behind.
mark=replay-e2e-$$
nobody_left() { ! pgrep -f "tags-model $mark" >/dev/null; }
check_nobody_left() {
  if ! wait_for 10 nobody_left; then
    fail "$1: no process is left" "left: $(pgrep -af "tags-model $mark")"
    pgrep -f "tags-model $mark" | while read -r pid; do kill -KILL "$pid"; done
  else
    pass
  fi
}
sim="$sim --tags-model $mark"
replay() { # NAME ARGUMENT...: writes $scratch/NAME.jsonl
  local name=$1
  shift
  run "$bin/replay" $trace -u "$url" --keep-invalid -o "$scratch/$name.jsonl" "$@"
}

# One session per level and block, each with its own server, as many slots as workers.
replay managed --server "$sim" --ready /health -W 1,2,4 -B 2,4 -r 2
check_equal 'managed: exit code' 0 "$status"
check_equal 'managed: a session per level and block' '[[1,0],[1,1],[2,0],[2,1],[4,0],[4,1]]' \
  "$(records "$scratch/managed.jsonl" session 'map([.workers,.block]) | sort')"
check_equal 'managed: all came up' '["ok"]' "$(records "$scratch/managed.jsonl" session 'map(.state) | unique')"
check_equal 'managed: batches lie in the sessions of their level' '[[1,1],[2,2],[4,4]]' "$(jq -s -c \
  '(map(select(.type=="session")) | map({(.session|tostring): .workers}) | add) as $level
   | [.[] | select(.type=="batch") | [$level[.session|tostring], .workers]] | unique' "$scratch/managed.jsonl")"
check_equal 'managed: replicate r lies in block r' '[[0,0],[1,1]]' "$(jq -s -c \
  '(map(select(.type=="session")) | map({(.session|tostring): .block}) | add) as $block
   | [.[] | select(.type=="batch" and (.warmup|not)) | [$block[.session|tostring], .rep]] | unique' \
  "$scratch/managed.jsonl")"
check_equal 'managed: each session warms up with its level' '[[1,1],[2,2],[4,4]]' \
  "$(records "$scratch/managed.jsonl" batch 'map(select(.warmup) | [.workers,.batch]) | unique')"
check_match 'managed: the output of a server is kept' 'listening on' "$(cat "$scratch/managed.server-4-1.log")"
check_nobody_left managed

replay level --server "$sim" --ready /health -W 1,2 -B 2 -r 3 --restart level
check_equal 'restart level: a session per level' '[1,2]' \
  "$(records "$scratch/level.jsonl" session 'map(.workers) | sort')"
check_equal 'restart level: three replicates in each' '[3,3]' "$(records "$scratch/level.jsonl" batch \
  'map(select(.warmup|not)) | group_by(.session) | map(length)')"

# Without --ready its health is asked, and waited for while it loads, though it answers.
replay loads --server "$sim --startup 20s" -W 1 -r 1
check_equal 'loading: exit code' 0 "$status"
check_equal 'loading: no request came too early' '[null]' "$(records "$scratch/loads.jsonl" request 'map(.error) | unique')"
check_match 'loading: it took the time' '^0\.[4-9]|^[1-9]' \
  "$(records "$scratch/loads.jsonl" session '.[0] | .ready_s - .start_s')"
replay slow --server "$sim --startup 1000s" --ready-timeout 2s -W 1 -r 1
check_match 'loading for too long: why' 'was not ready after 2 s \(it answered with status 503\)' \
  "$(records "$scratch/slow.jsonl" session '.[0].error')"

# Where there is no /health, any answer to / will do; with --ready none but 2xx.
run "$bin/replay" $trace -u "$url/nothing" --server "$sim" -W 1 -r 1 -o "$scratch/any.jsonl"
check_equal 'any answer: it is up' '["ok"]' "$(records "$scratch/any.jsonl" session 'map(.state)')"
replay given --server "$sim" --ready /nothing --ready-timeout 2s -W 1 -r 1
check_match 'a path that is given must answer 2xx' 'was not ready after 2 s \(it answered with status 404\)' \
  "$(records "$scratch/given.jsonl" session '.[0].error')"

# A level that does not come up is recorded, and the sweep goes on.
replay dies --server "if [ {workers} -eq 2 ]; then echo no slots >&2; exit 3; fi; exec $sim" --ready /health -W 1,2,4 -r 1
check_equal 'dies at once: the others are measured' 0 "$status"
check_equal 'dies at once: recorded' '[[1,"ok",null],[2,"failed",3],[4,"ok",null]]' \
  "$(records "$scratch/dies.jsonl" session 'map([.workers,.state,.exit]) | sort')"
check_match 'dies at once: why' 'exited with status 3 before it was ready \(its output: .*dies.server-2-0.log\)' \
  "$(records "$scratch/dies.jsonl" session 'map(.error) | add')"
check_equal 'dies at once: its words are kept' 'no slots' "$(cat "$scratch/dies.server-2-0.log")"

replay never --server "exec sleep 60; # {port} --tags-model $mark" --ready /health --ready-timeout 400ms -W 1 -r 1
check_equal 'never ready: exit code when that was all' 1 "$status"
check_match 'never ready: why' 'was not ready after 0.4 s' "$(records "$scratch/never.jsonl" session 'map(.error) | add')"
check_nobody_left 'never ready'

replay notfound --server "no-such-command-here {port}" --ready /health -W 1 -r 1
check_match 'no such command: why' 'exited with status 127' "$(records "$scratch/notfound.jsonl" session '.[0].error')"

# One that ignores TERM, with a child that does so too, gets KILL.
replay stubborn --server "trap '' TERM; $sim & while :; do sleep 0.1; done" --ready /health -W 1 -r 1
check_equal 'ignores TERM: exit code' 0 "$status"
check_nobody_left 'ignores TERM'

# A shell that goes without its child, and one that leaves a child behind.
replay fork --server "$sim & wait" --ready /health -W 1 -r 2
check_equal 'a forked child serves: exit code' 0 "$status"
check_equal 'a forked child serves: sessions' '["ok","ok"]' "$(records "$scratch/fork.jsonl" session 'map(.state)')"
check_nobody_left 'a forked child'
replay orphan --server "$sim & sleep 0.05" --ready /health -W 1 -r 1
check_nobody_left 'an orphan'

# Death in mid-batch: its requests fail with their class, what was to follow in the session fails at once, and the
# next session starts anew. It dies when it has answered some, however long that takes.
answered='curl -s -m 5 http://127.0.0.1:{port}/stats | grep -qE "^[{]\"requests\":[0-9]+,\"ok\":[0-9]{2}"'
replay death --server "sh -c '$sim & pid=\$!; if [ {workers} -eq 2 ]; then until $answered; do sleep 0.05; done; kill -9 \$pid; exit 9; fi; wait'" \
  --ready /health -W 1,2 -B 300 -r 1 --order grid --max-tokens 20 --warmup 0
check_equal 'death: exit code' 0 "$status"
check_equal 'death: the first level is whole' '[0]' \
  "$(records "$scratch/death.jsonl" batch 'map(select(.workers==1).failed)')"
check_equal 'death: the second is failed' '["failed",9]' \
  "$(records "$scratch/death.jsonl" session 'map(select(.workers==2) | .state, .exit)')"
# The kernel ends a dead server's connections with FIN or RST; after that nothing listens.
check_equal 'death: its requests have classes' '["connect"]' \
  "$(records "$scratch/death.jsonl" request 'map(select(.error).error) | unique - ["truncated","reset"]')"
check_match 'death: some had succeeded' '^[1-9][0-9]*$' \
  "$(records "$scratch/death.jsonl" request 'map(select(.workers==2 and .error==null)) | length')"
check_nobody_left death

# A server that listens already is not taken for ours.
start_server other "$bin/simllm" -l 127.0.0.1:0
run "$bin/replay" $trace --keep-invalid -u "${server_url[other]}" --server "exec sleep 60" -W 1 -r 1 -o "$scratch/occupied.jsonl"
check_equal 'address in use: exit code' 1 "$status"
check_match 'address in use: why' 'another program listens' "$(records "$scratch/occupied.jsonl" session '.[0].error')"
stop_server other

# Ctrl-C while the server starts, and while it serves.
"$bin/replay" $trace -u "$url" --server "touch '$scratch/begun'; exec sleep 60 # {port}" --ready /health -W 1 -o "$scratch/early.jsonl" \
  2>/dev/null &
pid=$!
check 'interrupt before it is ready: the server is started' wait_for 10 test -e "$scratch/begun"
kill -INT $pid
wait $pid
check_equal 'interrupt before it is ready: exit code' 130 $?
check_equal 'interrupt before it is ready: a whole run' run,session,end "$(jq -r .type "$scratch/early.jsonl" | paste -sd,)"
"$bin/replay" $trace -u "$url" --server "$sim" --ready /health -W 1 -B 500 --max-tokens 50 -o "$scratch/late.jsonl" \
  2>/dev/null &
pid=$!
under_way() { grep -q '"warmup":true' "$scratch/late.jsonl" 2>/dev/null; }
check 'interrupt: it has begun' wait_for 10 under_way
kill -INT $pid
wait $pid
check_equal 'interrupt: exit code' 130 $?
check_nobody_left interrupt

# The first Ctrl-C while a server is being stopped at the end of its session leaves it its time, the next one kills it.
# stopping NAME SECONDS: a run whose server takes so long to stop, up to where it was asked to; sets `pid` and `log`.
stopping() {
  log=$scratch/$1.server-1-0.log
  "$bin/replay" $trace -u "$url" --ready /health -W 1 -r 1 -o "$scratch/$1.jsonl" 2>/dev/null --server \
    "trap 'echo asked; sleep $2; echo goodbye; exit 0' TERM; $sim & while :; do wait; done" &
  pid=$!
  asked() { grep -qx asked "$log" 2>/dev/null; }
  check "$1: its server is asked to stop" wait_for 10 asked
}
stopping patient 2
kill -INT $pid
wait $pid
check_equal 'one interrupt while it stops: exit code' 130 $?
check_match 'one interrupt while it stops: it had its time' goodbye "$(cat "$log")"
check_equal 'one interrupt while it stops: the session is whole' '[["ok",null]]' \
  "$(records "$scratch/patient.jsonl" session 'map([.state,.error])')"
stopping impatient 8
again() { ! kill -INT $pid 2>/dev/null || { sleep 0.2; false; }; }
check 'interrupts while it stops: over' wait_for 5 again
wait $pid
check_equal 'interrupts while it stops: exit code' 130 $?
check_equal 'interrupts while it stops: it was killed' '' "$(grep goodbye "$log")"
check_nobody_left 'interrupts while it stops'

# One that goes into a session of its own, as daemons do.
replay daemon --server "setsid $sim & sleep 60" --ready /health -W 1 -r 2
check_equal 'a daemon serves: exit code' 0 "$status"
check_nobody_left 'a daemon'

# When replay itself is killed, its server goes too, also one that is not the shell itself.
up() { pgrep -f "tags-model $mark" >/dev/null; }
for command in "exec $sim" "$sim & wait" "trap '' TERM; $sim; :"; do
  "$bin/replay" $trace -u "$url" --server "$command" --ready /health -W 1 -B 500 --max-tokens 50 --force \
    -o "$scratch/killed.jsonl" 2>/dev/null &
  pid=$!
  serving() { [ -s "$scratch/killed.jsonl" ] && up; }
  check 'killed: the server runs' wait_for 10 serving
  kill -KILL $pid
  wait $pid 2>/dev/null
  check_nobody_left "killed: $command"
  rm -f "$scratch/killed.jsonl"
done
summary
