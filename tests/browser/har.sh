#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `make test-browser`, second part: a page in a real browser asks simllm, and `capture --import har` makes of the
# browser's own recording (saved by playwright-core of npm, installed under $BUILD/browser) what capture recorded, which
# stood between the two. Nothing here rests on how long anything takes.
. "$(dirname "$0")/../lib.sh"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
  { echo 'skipped: HAR: no chromium here (make deps-browser)'; exit 77; }
need node npm jq
folder=$BUILD/browser/playwright har=$BUILD/browser/page.har
npm_install "$folder" tests/browser/{package.json,package-lock.json,har.mjs}

live=$scratch/live.jsonl imported=$scratch/imported.jsonl
rm -f "$har"
start_server sim "$bin/simllm" --listen 127.0.0.1:0 --time-scale 0.3 || summary
start_server capture "$bin/capture" -u "${server_url[sim]}" -l 127.0.0.1:0 -o "$live" || summary
RUN_TIMEOUT=240 run node "$folder/har.mjs" "$browser" "${server_url[capture]}" tests/browser/chat.html "$har"
check_equal 'the page has asked everything' 'done' "${out}${err:+ $err}"
stop_server capture
run "$bin/capture" --import har "$har" -o "$imported"
check_equal 'the import has nothing to complain about' 0 "$status"
check_match 'the page and the list of models are left out' '2 entries left out' "$err"

# Requests for text, the responses to them in the same order, and from when to when each lasted by the wall clock.
# shellcheck disable=SC2016
words='
  def requests: [.[] | select(.type == "request" and .api != "http")];
  def responses: (requests | map(.seq)) as $asked
    | [.[] | select(.type == "response" and (.seq | IN($asked[])))] | sort_by(.seq);
  def spans: .[0].start_unix_s as $start | [requests, responses] | transpose
    | map({ from: ($start + .[0].t_s), to: (if .[1].t_s then $start + .[1].t_s else null end) });'
all() { jq -sc "$words $2" "$1"; }
check_equal 'exactly what was asked, in its order' '["Größe? \"quoted\" 🌊","In one piece.","For ever.","As lines."]' \
  "$(all "$imported" "requests | map(.body.messages[1].content)")"
check_equal 'the dialects' '["openai.chat","openai.chat","openai.chat","ollama.chat"]' "$(all "$imported" "requests | map(.api)")"
check_equal 'what asked for a stream' '[true,false,true,true]' "$(all "$imported" "requests | map(.stream)")"
check_equal 'bodies, headers, paths and sessions are those that capture saw' "$(all "$live" "requests | map(del(.seq, .t_s))" | jq -S .)" \
  "$(all "$imported" "requests | map(del(.seq, .t_s))" | jq -S .)"
numbers='map({ status, input_tokens, output_tokens, token_source, finish, error, aborted_by })'
check_equal 'so are outcomes and tokens' "$(all "$live" "responses | $numbers")" "$(all "$imported" "responses | $numbers")"
check_equal 'who left in mid-stream was no success' '[null,null,"cancelled",null]' "$(all "$imported" "responses | map(.error)")"
check_equal 'tokens as asked for' '[12,9,null,7]' "$(all "$imported" "responses | map(.output_tokens)")"
check_equal 'no planted secret is left' 0 "$(grep -c planted "$imported")"

# The browser asks before capture hears, and the page asks one after the other. The browser's beginnings are whole
# milliseconds: 5 ms are for that. Its ends say less: this recorder counts no time that a request waited in the browser,
# so an end is compared with what the file says of it, not with capture's.
both() { # FILTER over [{browser, live}, ...], OPTIONS of jq
  jq -nc --argjson browser "$(all "$imported" spans)" --argjson live "$(all "$live" spans)" "${@:2}" \
    "[\$browser, \$live] | transpose | map({ browser: .[0], live: .[1] }) | $1"
}
check_equal 'times: the first is 0' 0 "$(all "$imported" 'requests[0].t_s')"
check_equal 'times: capture heard of each after the browser had begun it and before it began the next' true \
  "$(both '. as $r | [range(length) | $r[.].browser.from <= $r[.].live.from + 0.005 and
    (. + 1 == ($r | length) or $r[.].live.from <= $r[. + 1].browser.from + 0.005)] | all')"
check_equal 'times: of each end that it knows, capture heard before it heard of the next' true \
  "$(both '. as $r | [range(length - 1) | $r[.].browser.to == null or $r[.].live.to <= $r[. + 1].live.from] | all')"
# shellcheck disable=SC2016
ends='[.log.entries[] | select(.request.url | test("/chat(/|$)|/chat/completions")) | select(.time > 0) | .time / 1000]'
check_equal 'times: an imported end is as far from its beginning as the file says' true \
  "$(both "(\$har[0] | $ends) as \$lasted | [.[].browser | select(.to) | .to - .from] as \$ours
    | (\$lasted | length) >= (\$ours | length) and ([\$ours[] as \$one | [\$lasted[] | . - \$one | fabs] | min < 0.002] | all)" \
    --slurpfile har "$har")"

run "$bin/replay" "$imported" -u "${server_url[sim]}" --pick trace -W 1 -B 4 -r 1 --warmup 0 --max-tokens 5
check_equal 'replay can send them' '[4,0,20]' "$(jq -sc '.[] | select(.type == "batch") | [.requests, .failed, .output_tokens]' <<<"$out")"
summary
