#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# capture --metrics: the page as a scraper reads it (Prometheus text format 0.0.4), and what it counts.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need curl awk jq

# The page's rules: each metric has HELP and TYPE, in this order, before its first sample, and all its samples together; a
# sample is NAME[{LABEL="VALUE"}] NUMBER; a histogram's bounds rise, its counts never fall, its last bucket is +Inf and
# equals _count, and it has one _sum. Prints what is wrong.
lint() {
  awk '
    function bad(words) { print NR ": " words ": " $0 }
    function closes() {
      if (type == "histogram" && (bound != "+Inf" || last != count || sums != 1)) bad("an unfinished histogram before")
    }
    /^# HELP [a-z_]+ [^ ].*$/ { closes(); name = $3; type = ""; if (name in seen) bad("twice"); seen[name] = 1; next }
    /^# TYPE [a-z_]+ (counter|gauge|histogram)$/ {
      if ($3 != name || type != "") bad("TYPE without its HELP")
      type = $4; last = 0; bound = ""; count = -1; sums = 0
      if ((type == "counter") != (name ~ /_total$/)) bad("a counter ends with _total, nothing else does")
      next
    }
    type == "histogram" && $0 ~ "^" name "_bucket[{]le=\"([0-9.]+|[+]Inf)\"[}] [0-9]+$" {
      split($0, part, "\"")
      if (bound == "+Inf" || (bound != "" && part[2] != "+Inf" && part[2] + 0 <= bound + 0)) bad("bounds must rise")
      if ($2 < last) bad("counts must not fall")
      bound = part[2]; last = $2; next
    }
    type == "histogram" && $0 ~ "^" name "_sum [0-9]+[.][0-9]+$" { sums++; next }
    type == "histogram" && $0 ~ "^" name "_count [0-9]+$" { count = $2; next }
    (type == "counter" || type == "gauge") && $0 ~ "^" name "([{][A-Za-z_]+=\"[^\"]*\"(,[A-Za-z_]+=\"[^\"]*\")*[}])? [0-9]+([.][0-9]+)?$" { next }
    { bad("no line of this format") }
    END { closes() }' <<<"$1"
}
value() { awk -v name="$1" '$1 == name { print $2 }' <<<"$page"; }
bucket() { value "capture_upstream_seconds_bucket{le=\"$1\"}"; }
in_flight_are() { curl -s -m 5 "$metrics" | grep -qx "capture_in_flight $1"; }
abandoned_are() { curl -s -m 5 "$metrics" | grep -qx "capture_abandoned_total $1"; }
scrape() {
  run curl -sS -m 20 -w '\n%{http_code} %{content_type}' "$metrics"
  check_equal 'the page is of its type' '200 text/plain; version=0.0.4' "$(tail -n 1 <<<"$out")"
  page=$(head -n -1 <<<"$out")
  check_equal 'the page is well made' '' "$(lint "$page")"
}

test_lint_sees_faults() {
  local good=$'# HELP x Words.\n# TYPE x histogram\nx_bucket{le="1"} 1\nx_bucket{le="+Inf"} 2\nx_sum 3.5\nx_count 2' edit
  check_equal 'a good page' '' "$(lint "$good")"
  for edit in '/HELP/d' '/TYPE/d' '/Inf/d' '/_sum/d' '/_count/d' 's/} 1/} 3/' 's/t 2/t 3/' 's/histogram/counter/' '5s/3.5/much/'; do
    check "a page after '$edit' is bad" test -n "$(lint "$(sed "$edit" <<<"$good")")"
  done
}

one_response_is_recorded() {
  scrape
  [ "$(value capture_recorded_responses_total)" = 1 ]
}

test_counts() {
  start_server server "$bin/simllm" --listen 127.0.0.1:0 --step 0.03,0,0 --tokens 7 --seed 5 || return
  start_server capture "$bin/capture" -u "${server_url[server]}" -l 127.0.0.1:0 -o "$scratch/t.jsonl" --metrics 127.0.0.1:0 || return
  metrics=$(sed -n 's|.*metrics on \(http://.*\)|\1|p' "${server_err[capture]}")
  local url
  url=$(sed -n 's|^listening on \(http://.*\)|\1|p' "${server_err[capture]}")
  scrape
  check_equal 'nothing yet' '0 0 0.000000000' "$(value capture_requests_total) $(bucket +Inf) $(value capture_upstream_seconds_sum)"
  curl -sS -m 20 -o /dev/null "$url/v1/models"
  curl -sS -m 20 -o /dev/null -H 'Content-Length: 1' -H 'Transfer-Encoding: chunked' -d x "$url/v1/models"
  scrape
  check_equal 'requests are counted' 1 "$(value capture_requests_total)"
  check_equal 'refusals are counted' 1 "$(value 'capture_refused_total{reason="malformed"}')"
  check_match 'the build is named' 'version="[0-9.]+[^"]*",libcurl="[0-9.]+' "$(grep '^capture_build_info{' <<<"$page")"
  check_equal 'the limit of connections' 4096 "$(value capture_connections_max)"
  check_equal 'nothing is wrong with the trace' '0 0 0' \
    "$(value capture_write_failing) $(value capture_lost_files_total) $(value capture_header_timeouts_total)"
  check 'records are counted' wait_for 5 one_response_is_recorded
  check_equal 'a refused request took the upstream no time' 1 "$(value capture_upstream_seconds_count)"
  local fast
  fast=$(bucket 0.1) # how fast an answer is depends on this machine, how slow one is at least does not
  # Seven steps of 30 ms: the answer takes 0.2 s, and the time is that of the whole answer, not of its first byte.
  curl -sS -N -m 20 -o /dev/null -d '{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}' "$url/v1/chat/completions"
  scrape
  check_equal 'a slow answer is in its bucket' "$fast 2" "$(bucket 0.1) $(value capture_upstream_seconds_count)"
  check 'and its time in the sum' awk -v sum="$(value capture_upstream_seconds_sum)" 'BEGIN { exit !(sum >= 0.18 && sum < 10) }'
  curl -s -N -m 20 -o /dev/null -d '{"model":"m","stream":true,"max_tokens":100000,"messages":[{"role":"user","content":"x"}]}' \
    "$url/v1/chat/completions" &
  local client=$!
  check 'another is under way' wait_for 5 in_flight_are 1
  kill "$client"
  wait "$client" 2>/dev/null
  check 'a client that leaves is counted' wait_for 5 abandoned_are 1
  scrape
  check_equal 'and is no failure of the upstream' 0 "$(value capture_failed_total)"
  stop_server server KILL
  curl -s -m 20 -o /dev/null "$url/v1/models"
  scrape
  check_equal 'a failure of the upstream is' '1 1' "$(value capture_failed_total) $(value capture_abandoned_total)"
  run curl -sS -m 20 -o /dev/null -w '%{http_code}' -d x "$metrics"
  check_equal 'the page is only read' 405 "$out"
  run curl -sS -m 20 -o /dev/null -w '%{http_code}' "${metrics%/metrics}/"
  check_equal 'there is no other page' 404 "$out"
  stop_server capture
}

# The examples name metrics that are on the page, and no others.
test_examples_name_what_is_there() {
  local file
  check 'the dashboard is JSON' test "$(jq '.panels | length' packaging/dashboard.json)" -gt 5
  for file in packaging/alerts.yml packaging/dashboard.json; do
    check_equal "$file: each name is on the page" '' \
      "$(sed 's/#.*//' $file | grep -oE 'capture_[a-z_]+' | sort -u | comm -23 - <(grep -oE '^capture_[a-z_]+' <<<"$page" | sort -u))"
  done
  check_equal 'each alert says something' "$(grep -c -- '- alert:' packaging/alerts.yml)" "$(grep -c 'summary:' packaging/alerts.yml)"
}

asks() { curl -s -m 5 -w ' %{http_code}' "${metrics%/metrics}/$1"; }
holds() { awk -v name="$2" -v least="$3" '$1 == name && $2 >= least { found = 1 } END { exit !found }' < <(curl -s -m 5 "$1"); }

# Slow headers, a backlog that cannot be written, and an orderly end, as a probe and a scraper see them.
test_trouble() {
  start_server server "$bin/simllm" --listen 127.0.0.1:0 --step 0.02,0,0 --tokens 7 --seed 5 || return
  start_server capture "$bin/capture" -u "${server_url[server]}" -l 127.0.0.1:0 -o "$scratch/late.jsonl" --metrics 127.0.0.1:0 \
    --header-timeout 100ms --max-connections 2 --flush-interval 1h || return
  metrics=$(sed -n 's|.*metrics on \(http://.*\)|\1|p' "${server_err[capture]}")
  local url port
  url=$(sed -n 's|^listening on \(http://.*\)|\1|p' "${server_err[capture]}")
  port=${url##*:}
  check_equal 'it lives' $'ok\n 200' "$(asks healthz)"
  check_equal 'it is ready' $'ready\n 200' "$(asks readyz)"
  exec 5<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET / HT' >&5
  exec 6<>"/dev/tcp/127.0.0.1/$port"
  check 'two slow headers time out' wait_for 5 holds "$metrics" capture_header_timeouts_total 2
  exec 5>&- 6>&-
  scrape
  check_equal 'one of them had begun, and was refused' 1 "$(value 'capture_refused_total{reason="header_timeout"}')"
  curl -sS -m 20 -o /dev/null "$url/v1/models"
  check 'a record waits for the disk' wait_for 5 holds "$metrics" capture_queued_bytes 1
  check 'and grows old' wait_for 5 holds "$metrics" capture_queued_seconds 0.2
  local -a clients=()
  for _ in 1 2; do
    curl -s -N -m 20 -o /dev/null -d '{"model":"m","stream":true,"max_tokens":100000,"messages":[{"role":"user","content":"x"}]}' \
      "$url/v1/chat/completions" &
    clients+=($!)
  done
  check_soon 'at the limit it is not ready' $'as many connections as there may be\n 503' asks readyz
  kill "${clients[0]}"
  check_soon 'below it is' $'ready\n 200' asks readyz
  kill -TERM "${server_pid[capture]}"
  check_soon 'while it stops it is not' $'stopping\n 503' asks readyz
  check_equal 'but it lives' $'ok\n 200' "$(asks healthz)"
  kill "${clients[1]}"
  wait "${clients[@]}" 2>/dev/null
  stop_server capture
  stop_server server
}

# Connections that send half a request, or a body that never ends, keep no probe away and leave nothing behind.
test_probes_beside_idle_connections() {
  start_server capture "$bin/capture" -u http://127.0.0.1:9 -l 127.0.0.1:0 -o "$scratch/idle.jsonl" --metrics 127.0.0.1:0 || return
  metrics=$(sed -n 's|.*metrics on \(http://.*\)|\1|p' "${server_err[capture]}")
  local port=${metrics##*:} fd answer files
  local -a fds=()
  port=${port%/metrics}
  files() { find "/proc/${server_pid[capture]}/fd" -mindepth 1 | wc -l; }
  files=$(files)
  exec {fd}<>"/dev/tcp/127.0.0.1/$port"
  { printf 'GET /healthz HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;' && head -c 40000 /dev/zero | tr '\0' x; } >&"$fd"
  IFS= read -r -t 5 answer <&"$fd"
  check_match 'an answer comes before the body' '^HTTP/1\.1 200 ' "$answer"
  exec {fd}>&-
  for _ in {1..80}; do
    exec {fd}<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET / HTTP/1.1\r\n' >&"$fd"
    fds+=("$fd")
  done
  check_equal 'a probe is answered beside 80 half requests' $'ok\n 200' "$(asks healthz)"
  for fd in "${fds[@]}"; do exec {fd}>&-; done
  check_soon 'they leave nothing' "$files" files
  stop_server capture
}

test_lint_sees_faults
test_counts
test_examples_name_what_is_there
test_trouble
test_probes_beside_idle_connections
summary
