# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# capture is restarted under load: what tests/e2e and tests/long have in common. After the source of lib.sh:
#
#   restarts NAME COUNT RATE STREAMS SECONDS      COUNT restarts by --handover under RATE requests/s and STREAMS streams of
#                                                 SECONDS each: none may be refused, lost or cut
#   activations NAME COUNT RATE STREAMS SECONDS   the same with a socket that is passed on
#   killed NAME RATE STREAMS                      the old one is killed
#   first_request NAME                            it comes half a second after the signal, on a connection from before

chat='{"type":"request","seq":0,"t_s":0,"method":"POST","path":"/v1/chat/completions","headers":{"content-type":"application/json"},"body":{"model":"m","stream":true,"messages":[{"role":"user","content":"The sea?"}]},"api":"openai.chat","model":"m","stream":true}'
{
  echo '{"type":"trace","version":1,"start_unix_s":1795361090}'
  echo "$chat"
  echo '{"type":"end","requests":1,"responses":0,"dropped":0}'
} >"$scratch/chat.trace.jsonl"
sed 's,/n/0,/health,' tests/bench/get.trace.jsonl >"$scratch/get.trace.jsonl"

errors='map(select(.error) | .error) | group_by(.) | map("\(length) \(.[0])")'
of_run() { jq -c -s "map(select(.type == \"request\")) | $2" "$scratch/$1.run.jsonl"; } # NAME JQ
port_of() { sed -n 's|^listening on http://.*:\([0-9]*\)$|\1|p' "$1"; }

load() { # NAME URL TRACE OPTION...
  local name=$1 url=$2 trace=$3
  shift 3
  "$bin/replay" "$trace" -u "$url" -r 1 --warmup 0 --keep-invalid --force -q --connect-timeout 60s \
    -o "$scratch/$name.run.jsonl" "$@" \
    2>"$scratch/$name.err" </dev/null
}

begin_capture() { # N PORT OPTION...
  local n=$1 port=$2
  shift 2
  start_server "capture$n" "$bin/capture" -q -u "${server_url[sim]}" -l "127.0.0.1:$port" -o "$scratch/$how.jsonl" \
    --shutdown-grace 60s "$@"
}

end_of() { # N: waits for it, and checks that it lost nothing
  local pid=${server_pid[capture$1]}
  wait_for 60 server_gone "$pid" || fail "capture $1 drains" 'it runs after 60 s'
  wait "$pid"
  check_equal "$how: capture $1 drained, and lost no record" 0 $?
  unset "server_pid[capture$1]"
}

# A socket that is passed to one capture after another, as systemd does it. Each line of $scratch/start is a command.
hold_socket() {
  mkfifo "$scratch/start"
  # shellcheck disable=SC2016 # the dollars are perl's
  start_server holder perl -MIO::Socket::INET -MPOSIX -e '
    $^F = 3; # what systemd passes stays open
    my $socket = IO::Socket::INET->new(Listen => 4096, LocalAddr => "127.0.0.1:0") or die;
    dup2(fileno($socket), 3) if fileno($socket) != 3;
    printf STDERR "listening on http://127.0.0.1:%d\n", $socket->sockport;
    $SIG{CHLD} = "IGNORE";
    open(my $commands, "+<", $ARGV[0]) or die;
    while (<$commands>) {
      next if fork;
      close($commands);
      $ENV{LISTEN_FDS} = 1; $ENV{LISTEN_PID} = $$;
      exec "/bin/sh", "-c", "exec $_";
    }' "$scratch/start"
}

begin_passed() { # N
  echo "$PWD/$bin/capture -u ${server_url[sim]} -o $scratch/$how.jsonl --shutdown-grace 60s 2>$scratch/passed$1.err" >"$scratch/start"
  wait_for 10 grep -qs '^listening on ' "$scratch/passed$1.err" || fail "$how: capture $1 starts" "$(cat "$scratch/passed$1.err")"
}

end_passed() { # N
  local pid
  pid=$(pgrep -P "${server_pid[holder]}" -n capture)
  kill -TERM "$pid"
  wait_for 60 server_gone "$pid" || fail "$how: capture $1 drains" 'it runs after 60 s'
  check_match "$how: capture $1 lost no record" 'responses recorded$' "$(tail -n 1 "$scratch/passed$1.err")"
}

begin_load() { # PORT RATE STREAMS SECONDS
  load small "http://127.0.0.1:$1" "$scratch/get.trace.jsonl" --api http --timing rate --request-rate "$2" --duration "$4s" &
  small=$!
  load stream "http://127.0.0.1:$1" "$scratch/chat.trace.jsonl" -W "$3" --duration "$4s" &
  stream=$!
}

end_load() { # NAME RATE STREAMS SECONDS
  local sent recorded
  sent=$(($(of_run small length) + $(of_run stream length)))
  recorded=$(jq -s 'map(select(.type == "response" and .status == 200)) | length' <(cat "$scratch/$how"*.jsonl))
  check_equal "$1: nothing is refused, lost or cut" '[] []' "$(of_run small "$errors") $(of_run stream "$errors")"
  check_equal "$1: each is recorded" "$sent" "$recorded"
  check "$1: the load was there" [ "$(of_run small length)" -ge $(($2 * $4 / 2)) ]
  check "$1: the streams were there" [ "$(of_run stream length)" -ge "$3" ]
  echo "$1: $(of_run small length) requests and $(of_run stream length) streams," \
    "$(of_run small 'map(select(.attempts > 1)) | length') sent again on a fresh connection; $(cd "$scratch" && echo "$how"*.jsonl)"
}

begin_sim() { # STREAMS SECONDS
  start_server sim "$bin/simllm" --listen 127.0.0.1:0 -q --slots $((2 * $1)) \
    --step "$(awk -v s="$2" 'BEGIN { print s / 25 }'),0,0" --tokens 25 --seed 5
}

restarts() {
  local name=$1 count=$2 rate=$3 streams=$4 seconds=$5 how=handover n port load_s small stream
  begin_sim "$streams" "$seconds" && begin_capture 0 0 || return
  port=$(port_of "${server_err[capture0]}")
  load_s=$(awk -v n="$count" -v s="$seconds" 'BEGIN { print int(1.5 + n * (s + 0.3)) }')
  begin_load "$port" "$rate" "$streams" "$load_s"
  sleep 0.4
  for ((n = 1; n <= count; n++)); do
    begin_capture $n "$port" --handover || break
    kill -TERM "${server_pid[capture$((n - 1))]}"
    end_of $((n - 1))
  done
  wait "$small" "$stream"
  stop_server "capture$((n - 1))"
  end_load "$name" "$rate" "$streams" "$load_s"
  stop_server sim
}

# What comes while the old one drains waits at the socket.
activations() {
  local name=$1 count=$2 rate=$3 streams=$4 seconds=$5 how=activation n load_s small stream
  begin_sim "$streams" "$seconds" && hold_socket || return
  begin_passed 0
  load_s=$(awk -v n="$count" -v s="$seconds" 'BEGIN { print int(1.5 + n * (s + 0.3)) }')
  begin_load "${server_url[holder]##*:}" "$rate" "$streams" "$load_s"
  sleep 0.4
  for ((n = 1; n <= count; n++)); do
    end_passed $((n - 1))
    begin_passed $n
  done
  wait "$small" "$stream"
  end_passed $((n - 1))
  stop_server holder
  end_load "$name" "$rate" "$streams" "$load_s"
  stop_server sim
}

# The old one is killed: its own streams are cut, and nothing else.
killed() { # NAME RATE STREAMS
  local name=$1 rate=$2 streams=$3 how=killed port small stream old
  begin_sim $((2 * streams)) 0.4 && begin_capture 0 0 || return
  port=$(port_of "${server_err[capture0]}")
  sed 's/"stream":true/"max_tokens":100000,&/' "$scratch/chat.trace.jsonl" >"$scratch/endless.trace.jsonl"
  load old "http://127.0.0.1:$port" "$scratch/endless.trace.jsonl" -W "$streams" -B "$streams" &
  old=$!
  wait_for 10 has_sockets "${server_pid[capture0]}" $((2 * streams))
  begin_capture 1 "$port" --handover || return
  begin_load "$port" "$rate" "$streams" 1
  sleep 0.3
  stop_server capture0 KILL
  wait "$old" "$small" "$stream"
  stop_server capture1
  check_equal "$name: its own streams are cut" "$streams" "$(of_run old 'map(select(.error)) | length')"
  check_equal "$name: nothing else is" '[] []' "$(of_run small "$errors") $(of_run stream "$errors")"
  check_equal "$name: all else is in the new one's own file" $(($(of_run small length) + $(of_run stream length))) \
    "$(jq -s 'map(select(.type == "response" and .status == 200)) | length' "$scratch/killed-1.jsonl")"
  stop_server sim
}
# Each stream is two connections of capture's.
has_sockets() { # PID COUNT
  [ "$(find "/proc/$1/fd" -lname 'socket:*' | wc -l)" -ge "$2" ]
}

first_request() {
  local name=$1 how=first idle
  begin_sim 1 0.1 && begin_capture 0 0 || return
  idle=$(find "/proc/${server_pid[capture0]}/fd" -lname 'socket:*' | wc -l)
  exec 5<>"/dev/tcp/127.0.0.1/$(port_of "${server_err[capture0]}")"
  wait_for 10 has_sockets "${server_pid[capture0]}" $((idle + 1))
  kill -TERM "${server_pid[capture0]}"
  sleep 0.5
  (printf 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n' >&5) # a shell of its own, for a closed connection would end this one
  check_match "$name" '^HTTP/1.1 200 ' "$(timeout 10 head -n 1 <&5)"
  exec 5>&-
  end_of 0
  stop_server sim
}
