#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `make test-browser`: reports of every kind in a real browser (chromium, headless, without network): what check.js asks
# for, in both colour schemes, on a wide screen and on a telephone's. Screenshots and a PDF stay in $BUILD/browser to be
# looked at.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build}
out=$build/browser
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
  { echo "skipped: no chromium here (make deps-browser)"; exit 77; }
. tests/browser/pages.sh
mkdir -p "$out"
out=$(cd "$out" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

note() { # "ok ..." or "not ok ...", and where
  case $1 in
    ok*) passed=$((passed + 1)) ;;
    *) failed=$((failed + 1)); printf '%s [%s]\n' "$1" "$2" ;;
  esac
}

chromium() { # SCHEME ARGUMENT...: its output on stdout, its words in $scratch/words
  local scheme=1
  [ "$1" = dark ] && scheme=0
  shift
  timeout -k 5 90 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --hide-scrollbars --virtual-time-budget=5000 \
    --user-data-dir="$(mktemp -d -p "$scratch")" --blink-settings=preferredColorScheme=$scheme \
    --enable-logging=stderr "$@" 2>"$scratch/words"
}

examine() { # PAGE SCHEME SIZE WHERE
  local copy=$scratch/page.html
  # The checks go first, so that they hear of whatever goes wrong after them.
  awk -v file=tests/browser/check.js -v scheme="$2" '
    /^<html / { sub(/<html /, "<html data-scheme=\"" scheme "\" ") }
    /^<\/head>/ { print "<script>"; while ((getline line < file) > 0) print line; print "</script>" }
    { print }' "$1" >"$copy"
  chromium "$2" --window-size="$3" --log-net-log="$scratch/net.json" --dump-dom "file://$copy" >"$scratch/dom"
  sed -n '/<pre id="checks">/,/<\/pre>/p' "$scratch/dom" | grep -E '^(ok|not ok) ' >"$scratch/checks"
  [ -s "$scratch/checks" ] || note "not ok the page ran" "$4"
  while read -r line; do note "$line" "$4"; done <"$scratch/checks"
  local console
  console=$(grep -E 'CONSOLE' "$scratch/words" | head -n 3)
  note "${console:+not }ok console is silent${console:+: $console}" "$4"
  # Every request that a page starts names it as its initiator; the browser's own do not.
  local requests
  requests=$(jq -r '.events[].params | select(type == "object") | select((.initiator? // "") | startswith("file:") or . == "null")
    | .url? // empty | select(startswith("file:") or startswith("data:") | not)' "$scratch/net.json" 2>/dev/null | sort -u | head -n 3)
  note "${requests:+not }ok no request leaves the page${requests:+: $requests}" "$4"
}

picture() { # PAGE SCHEME SIZE NAME
  chromium "$2" --window-size="$3" --screenshot="$out/$4.png" "file://$1" >/dev/null
  note "$([ -s "$out/$4.png" ] || echo 'not ')ok picture $4" picture
}

pages_make "$build/bin/analyze" "$out" || exit 1
lang=en
for name in $pages_names; do
  [ $lang = ru ] && lang=en || lang=ru # of the pages, every other one
  for which in $([ "$name" = table ] && echo ru en || echo $lang); do
    page=$out/$name-$which/report.html
    for scheme in light dark; do
      examine "$page" $scheme 1280,900 "$name $which $scheme"
    done
    examine "$page" light 500,900 "$name $which narrow"
    picture "$page" light 1280,1600 "$name-$which"
    picture "$page" light 500,1800 "$name-$which-narrow"
  done
done
picture "$out/table-ru/report.html" dark 1280,1600 table-ru-dark
picture "$out/sweep-$lang/report.html" dark 1280,1600 sweep-dark
chromium light --no-pdf-header-footer --print-to-pdf="$out/print.pdf" "file://$out/table-ru/report.html" >/dev/null
note "$([ -s "$out/print.pdf" ] || echo 'not ')ok print" print
command -v pdftotext >/dev/null || note 'not ok pdftotext is there (make deps-browser)' print
stranded=$(pdftotext "$out/print.pdf" - | awk -v headings="$(sed -n 's/^##* //p' "$out/table-ru/report.md")" '
  BEGIN { count = split(headings, all, "\n"); for (i = 1; i <= count; i++) is_heading[all[i]] = 1; RS = "\f"; FS = "\n" }
  { for (i = NF; i > 0 && $i == ""; i--); if (is_heading[$i]) print "page " NR ": " $i }' | head -n 3)
note "${stranded:+not }ok no printed page ends in a heading${stranded:+: $stranded}" print
echo "$passed passed, $failed failed; pictures: $out"
[ "$failed" -eq 0 ]
