#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The commands of README.md, one after another in one folder, as somebody types them who reads it from top to bottom. A
# simulated server is each of its servers, at a free port; traffic comes while capture runs. What only costs time is less.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need curl jq

tools=$PWD/$bin
folder=$scratch/folder
mkdir -p "$folder" "$scratch/path"

# Free ports in the place of README's.
start_server vllm "$bin/simllm" -l 127.0.0.1:0 --time-scale 0.002 || summary
start_server ollama "$bin/simllm" -l 127.0.0.1:0 --time-scale 0.002 || summary
start_server free "$bin/simllm" -l 127.0.0.1:0 || summary
stop_server free
port_of() { echo "${server_url[$1]##*:}"; }
listen=127.0.0.1:$(port_of free)

cat >"$scratch/path/ollama" <<EOF
#!/bin/sh
case \$1 in
  serve) exec "$tools/simllm" -l "\$OLLAMA_HOST" --slots "\$OLLAMA_NUM_PARALLEL" --time-scale 0.002 ;;
  run) exec curl -sf -m 10 -o /dev/null "http://\$OLLAMA_HOST/api/generate" -d "{\"model\":\"\$2\",\"prompt\":\"\$3\",\"options\":{\"num_predict\":5}}" ;;
esac
EOF
# Rounds and times are cut short; a machine that is busy with other tests is no reason to measure again.
cat >"$scratch/path/replay" <<EOF
#!/bin/sh
case " \$* " in *" --next "*) set -- "\$@" --next-rounds 2 ;; esac
exec "$tools/replay" "\$@" --keep-invalid --max-tokens 5 -r 1 --warmup 0
EOF
chmod +x "$scratch/path/"*
export PATH=$scratch/path:$tools:$PATH

# Commands, one a line, of the indented blocks; not those of make.
commands() {
  sed -n 's/^    //p' README.md | sed -e ':a' -e '/\\$/{N;s/ *\\\n */ /;ba' -e '}' | grep -vE '^(make|sudo|#)' |
    sed -e "s/127.0.0.1:8000/127.0.0.1:$(port_of vllm)/g; s/127.0.0.1:11434/127.0.0.1:$(port_of ollama)/g" \
      -e "s/127.0.0.1:8080/$listen/g; s/--duration 60s/--duration 200ms/; s/-B 192/-B 12/"
}

answers() { curl -sf -m 2 -o /dev/null "http://$listen/v1/models"; }
# Until the next command that is none of a client, capture runs.
capture_pid=
end_recording() {
  [ -n "$capture_pid" ] || return 0
  kill -TERM "$capture_pid"
  wait "$capture_pid"
  check_equal 'the recording ends well' 0 $?
  capture_pid=
}
record() {
  (cd "$folder" && eval "exec $1") 2>>"$scratch/err" &
  capture_pid=$!
  server_pid[capture]=$capture_pid
  check "it serves: $1" wait_for 10 answers
  for _ in 1 2 3 4; do
    curl -sf -m 10 -o /dev/null "http://$listen/v1/chat/completions" -d '{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"x"}]}'
  done
}

count=0
while IFS= read -r command; do
  count=$((count + 1))
  case $command in
    'capture -u '*) end_recording; record "$command" ;;
    *)
      [[ $command = OLLAMA_HOST=* ]] || end_recording
      run env -C "$folder" bash -c "$command"
      check_equal "README: $command: $err" 0 "$status"
      ;;
  esac
done < <(commands)
end_recording
check "there are commands ($count)" test "$count" -ge 12
check 'the reports are there' test -s "$folder/report/report.html"
summary
