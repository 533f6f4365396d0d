#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# replay --http2 through nginx, which speaks HTTP/2 with TLS and without, to the simulated server.
. "$(dirname "$0")/../lib.sh"
need jq openssl
PATH=$PATH:/usr/sbin
command -v nginx >/dev/null || { echo 'skipped: no nginx here'; exit 77; }
nginx -V 2>&1 | grep -q http_v2_module || { echo 'skipped: this nginx speaks no HTTP/2'; exit 77; }

trace=tests/data/mixed.trace.jsonl
records() { jq -s -c "[.[] | select(.type==\"$2\")] | $3" "$1"; }

start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 64 --time-scale 0.1
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1 \
  -keyout "$scratch/key.pem" -out "$scratch/cert.pem" 2>/dev/null
folder=$(cd "$scratch" && pwd)
write_config() { # TLS_PORT PLAIN_PORT OLD_PORT
  cat >"$scratch/nginx.conf" <<CONF
daemon off;
pid $folder/nginx.pid;
error_log $folder/nginx.err info;
events { worker_connections 1024; }
http {
  log_format version '\$server_protocol \$connection';
  client_body_temp_path $folder/t1; proxy_temp_path $folder/t2; fastcgi_temp_path $folder/t3;
  uwsgi_temp_path $folder/t4; scgi_temp_path $folder/t5;
  proxy_buffering off; proxy_http_version 1.1;
  ssl_certificate $folder/cert.pem; ssl_certificate_key $folder/key.pem;
  server { listen 127.0.0.1:$1 ssl http2; http2_max_concurrent_streams 8; access_log $folder/tls.log version;
           location / { proxy_pass ${server_url[sim]}; } }
  server { listen 127.0.0.1:$2 http2; access_log $folder/plain.log version;
           location / { proxy_pass ${server_url[sim]}; } }
  server { listen 127.0.0.1:$3 ssl; access_log $folder/old.log version;
           location / { proxy_pass ${server_url[sim]}; } }
}
CONF
}
# nginx cannot pick a port by itself: some ports are tried.
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
listens_or_dead() { answers "$port" || ! kill -0 "${server_pid[nginx]}" 2>/dev/null; }
for try in 1 2 3 4 5; do
  port=$((20000 + RANDOM % 10000))
  write_config $port $((port + 1)) $((port + 2))
  nginx -p "$folder" -c nginx.conf -e "$folder/nginx.err" 2>/dev/null &
  server_pid[nginx]=$!
  wait_for 10 listens_or_dead
  kill -0 "${server_pid[nginx]}" 2>/dev/null && break
  wait "${server_pid[nginx]}"
  unset 'server_pid[nginx]'
done
check 'nginx listens' answers "$port"

versions() { cut -d' ' -f1 "$folder/$1.log" | sort -u | paste -sd,; }
replay() { # NAME URL ARGUMENT...
  local name=$1 url=$2
  shift 2
  run "$bin/replay" $trace -u "$url" --cacert "$scratch/cert.pem" --max-tokens 12 -r 1 -o "$scratch/$name.jsonl" "$@"
}

# With TLS: agreed on in the handshake; requests share a connection up to what the server allows (8 here).
replay shared "https://127.0.0.1:$port" --http2 -W 6 -B 30
check_equal 'TLS: exit code' 0 "$status"
check_equal 'TLS: all succeed' 0 "$(records "$scratch/shared.jsonl" request 'map(select(.error)) | length')"
check_soon 'TLS: it is HTTP/2' HTTP/2.0 versions tls
check_equal 'TLS: one connection for six at once' 1 "$(cut -d' ' -f2 "$folder/tls.log" | sort -u | wc -l)"
check_equal 'TLS: the connection is made once' 1 "$(records "$scratch/shared.jsonl" request 'map(select(.connect_s > 0)) | length')"
check_equal 'TLS: six were in flight at once' true "$(records "$scratch/shared.jsonl" request \
  'map(select(.warmup|not)) | sort_by(.sent_s)[:6] | (map(.sent_s) | max) < (map(.sent_s + .latency_s) | min)')"
check_equal 'the run says so' 2 "$(records "$scratch/shared.jsonl" run '.[0].http_version')"
: >"$folder/tls.log"
replay many "https://127.0.0.1:$port" --http2 -W 30 -B 60 --warmup 0
check_equal 'beyond the limit of streams: all succeed' '0 0' "$status $(records "$scratch/many.jsonl" request 'map(select(.error)) | length')"
check_match 'beyond the limit of streams: more connections' '^([2-9]|[1-5][0-9])$' "$(cut -d' ' -f2 "$folder/tls.log" | sort -u | wc -l)"
replay threads "https://127.0.0.1:$port" --http2 -W 9 -B 30 --threads 3
check_equal 'several threads: all succeed' '0 0' "$status $(records "$scratch/threads.jsonl" request 'map(select(.error)) | length')"
check_soon 'several threads: it is HTTP/2' HTTP/2.0 versions tls

# A server that chooses HTTP/1.1 is not measured as if it spoke 2.
replay old "https://127.0.0.1:$((port + 2))" --http2 -W 1 -B 2
check_equal 'ALPN to 1.1: exit code' 1 "$status"
check_equal 'ALPN to 1.1: class and words' '["protocol","the server uses HTTP/1.1, not 2"]' \
  "$(records "$scratch/old.jsonl" request '.[0] | [.error, .error_text]')"
replay http1 "https://127.0.0.1:$port" -W 2 -B 4
check_equal 'the default is 1.1' '0 null' "$status $(records "$scratch/http1.jsonl" run '.[0].http_version')"
check_soon 'the default is 1.1: the server saw it' HTTP/1.1,HTTP/2.0 versions tls
replay last "https://127.0.0.1:$port" --http2 --http1 -W 1 -B 1
check_equal 'the last of the two counts' '0 null' "$status $(records "$scratch/last.jsonl" run '.[0].http_version')"

# Without TLS: at once.
replay plain "http://127.0.0.1:$((port + 1))" --http2 -W 4 -B 12
check_equal 'without TLS: exit code' 0 "$status"
check_equal 'without TLS: all succeed' 0 "$(records "$scratch/plain.jsonl" request 'map(select(.error)) | length')"
check_soon 'without TLS: it is HTTP/2' HTTP/2.0 versions plain
# A server that knows only 1.1.
replay misled "${server_url[sim]}" --http2 -W 1 -B 2
check_equal 'without TLS, to a server of 1.1: exit code' 1 "$status"
check_equal 'without TLS, to a server of 1.1: classes' '[]' \
  "$(records "$scratch/misled.jsonl" request 'map(.error) | unique - ["protocol","reset"]')"
stop_server nginx
stop_server sim
summary
