#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Instructions of the hot paths by callgrind, against the bounds of instructions.txt: an event of each stream where it
# is read, one in all of replay, a run record, a small request of replay, one through capture, and a row of a table
# through all of analyze, which rises tenfold where a step is not linear in the rows. A count may be 5 % over its
# bound. The counts are those of one compiler and one libcurl: with others they are shown and not judged, and only the
# order of the dialects is: no event costs more than a chat event that is read anew.
#
#   instructions.sh            judges
#   instructions.sh --write    makes the present counts the bounds
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
if ! command -v valgrind >/dev/null; then
  [ -z "${CI:-}" ] || fail 'valgrind is there' 'make deps-dev installs it'
  skip instructions 'no valgrind here: make deps-dev installs it'
  summary
fi
bounds=tests/bench/instructions.txt
here="gcc $(gcc -dumpversion) $(uname -m) libcurl $(curl-config --version | cut -d' ' -f2)"
counts=$scratch/counts
trace=$scratch/get.trace.jsonl
sed 's,/n/0,/health,' tests/bench/get.trace.jsonl >"$trace"

collected() { # FILE
  sed -n 's/.*Collected *: *//p' "$1"
}
grind() { # LOG CALLGRIND_OPTION... -- COMMAND...
  local log=$1
  shift
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" >"$scratch/out" 2>"$log"
}
add() { # NAME COUNT
  printf '%-28s %7d\n' "$1" "$2" >>"$counts"
}

events=$("$BUILD/tests/bench/bench_llm" chat)
for stream in chat chat_id chat_usage chat_timings messages responses llamacpp ollama; do
  grind "$scratch/log" --toggle-collect=response_feed "$BUILD/tests/bench/bench_llm" $stream
  add "event $stream" $(($(collected "$scratch/log") / events))
done

records=2000
for call in run_format_request run_parse; do
  grind "$scratch/log" --toggle-collect=$call "$BUILD/tests/bench/bench_record" $records
  add "record $call" $(($(collected "$scratch/log") / records))
done

# The difference of two runs has no start and no end in it. One request at a time: how many wait together is chance.
# shellcheck disable=SC2317
small() { # REQUESTS
  grind "$scratch/log" "$bin/replay" "$trace" --api http -u "${server_url[simllm]}" -W 1 -B "$1" -r 1 --warmup 0 --keep-invalid --force \
    -q -o "$scratch/run.jsonl"
  collected "$scratch/log"
}
# shellcheck disable=SC2317
bare() { # REQUESTS
  grind "$scratch/log" "$BUILD/tests/bench/bare_curl" "${server_url[simllm]}/health" 1 "$1"
  collected "$scratch/log"
}
# shellcheck disable=SC2317
proxied() { # REQUESTS
  start_server capture valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bin/capture" -u "${server_url[simllm]}" \
    -l 127.0.0.1:0 -o "$scratch/trace-$1.jsonl" || return
  "$bin/replay" "$trace" --api http -u "${server_url[capture]}" -W 1 -B "$1" -r 1 --warmup 0 --keep-invalid --force -q \
    -o "$scratch/run.jsonl" 2>/dev/null
  stop_server capture
  collected "${server_err[capture]}"
}
per_request() { # FUNCTION
  local few many
  few=$($1 200) many=$($1 1200)
  echo $(((many - few) / 1000))
}
stream() { # EVENTS, of each of 8 streams
  start_server pacer "$BUILD/tests/bench/pacer" 0 "$1" || return
  grind "$scratch/log" "$bin/replay" tests/bench/chat.trace.jsonl -u "${server_url[pacer]}" -W 8 -B 8 -r 1 --warmup 0 \
    --keep-invalid --force -q -o "$scratch/run.jsonl"
  stop_server pacer
  collected "$scratch/log"
}
rows() { # COUNT, of 10 levels
  awk -v rows="$1" 'BEGIN { print "workers,batch,rep,total_s,tokens"
    for (i = 0; i < rows; i++) { w = 1 + i % 10
      printf "%d,%d,%d,%.6f,%d\n", w, 4 * w, i / 10, (w + 8) / 75 * (1 + (i * 7919 % 1000) / 5e4), 400 * w } }' >"$scratch/rows.csv"
  grind "$scratch/log" "$bin/analyze" --no-plots "$scratch/rows.csv"
  collected "$scratch/log"
}
few=$(rows 2000) many=$(rows 42000)
add 'row analyze' $(((many - few) / 40000))

few=$(stream 500) many=$(stream 2500)
add 'event replay' $(((many - few) / 2000 / 8))
start_server simllm "$bin/simllm" -l 127.0.0.1:0 -q || summary
add 'request replay' "$(per_request small)"
add 'request bare_curl' "$(per_request bare)"
add 'request capture' "$(per_request proxied)"

if [ "${1:-}" = --write ]; then
  { echo "# $here"; cat "$counts"; } >"$bounds"
  check 'the bounds are written' [ -s "$bounds" ]
  summary
fi
judged=no
[ "# $here" = "$(head -n 1 $bounds)" ] && judged=yes
while read -r kind name count; do
  bound=$(awk -v kind="$kind" -v name="$name" '$1 == kind && $2 == name { print $3 }' $bounds)
  printf '%-28s %7d instructions, bound %d + 5 %%\n' "$kind $name" "$count" "$bound"
  [ $judged = no ] || check "$kind $name: $count instructions, at most 5 % over $bound" [ $((count * 100)) -le $((bound * 105)) ]
done <"$counts"
[ $judged = yes ] || skip 'the bounds' "they are those of $(head -n 1 $bounds | cut -c3-), here is $here"
count_of() { awk -v name="$1" '$1 != "record" && $2 == name { print $3 }' "$counts"; }
bare_count=$(count_of bare_curl)
check "a request of replay, its record included, costs at most 1.3 of bare libcurl's $bare_count" \
  [ "$(awk '$1 == "request" && $2 == "replay" { print $3 * 10 }' "$counts")" -le $((bare_count * 13)) ]
for stream in messages responses llamacpp ollama; do
  check "an event of $stream costs no more than a chat event that is read anew" [ "$(count_of $stream)" -le "$(count_of chat_id)" ]
done
summary
