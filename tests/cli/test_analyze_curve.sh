#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# analyze --curve: points in, a curve out, also when the points are many, few, or none at all.
. "$(dirname "$0")/../lib.sh"
need jq awk
analyze=$bin/analyze
all=usl,hyperbolic,exponential,hill,plateau,quadratic_ln

# 100000 points of Gunther's law with n* = 24, X* = 355, each off by 1 % either way; the time must not grow with the square
# of their number (the limit is generous: instrumented builds must keep it too).
many() { # N EXPRESSION: n of point i
  awk "BEGIN { print \"n,throughput\"; for (i = 0; i < $1; i++) { n = $2
    x = n / (0.25*24/710 + 0.75/355*n + 0.25/(710*24)*n*n) * (i % 2 ? 1.01 : 1/1.01); printf \"%.10g,%.10g\n\", n, x } }"
}
many 100000 '1 + int(i / 2) % 64' >"$scratch/equal.csv"
many 100000 'exp(log(100) * i / 99999)' >"$scratch/different.csv"
for kind in equal different; do
  RUN_TIMEOUT=30 run "$analyze" --curve "$scratch/$kind.csv" --models "$all" --format json
  check_equal "100000 points of $kind n: exit code" 0 "$status"
  check_near "100000 points of $kind n: n*" 24 "$(jq .curve.optimum.n.estimate <<<"$out")" 0.002
  check_near "100000 points of $kind n: X*" 355 "$(jq .curve.optimum.throughput.estimate <<<"$out")" 0.0002
  check_equal "100000 points of $kind n: none is lost" 100000 "$(jq '.curve.points | length' <<<"$out")"
  check_equal "100000 points of $kind n: N - p" 99997 "$(jq '.curve.models[0].df' <<<"$out")"
done

# The knee has an interval around it, and the curve's own share of its peak there.
many 40 '2 ^ int(i / 4)' >"$scratch/some.csv"
run "$analyze" --curve "$scratch/some.csv" --format json
check_equal 'the knee lies inside its interval' true \
  "$(jq '.curve.knee | .of == "fit" and .n.lo < .n.estimate and .n.estimate < .n.hi' <<<"$out")"
# 0.95 X* at the smaller root of c2 n^2 + (c1 - 1/(0.95 X*)) n + c0 = 0
check_near 'the knee' "$(awk 'BEGIN { a = 0.25/(710*24); b = 0.75/355 - 1/(0.95*355); c = 0.25*24/710
  print (-b - sqrt(b*b - 4*a*c)) / (2*a) }')" "$(jq .curve.knee.n.estimate <<<"$out")" 0.01

# What is no curve is a sentence or a null, never a crash or a number that is none.
refused() { # NAME REGEX LINES
  printf 'n,throughput\n%b' "$3" >"$scratch/bad.csv"
  run "$analyze" --curve "$scratch/bad.csv" --format json
  check_equal "$1: exit code" 1 "$status"
  check_match "$1: its words" "$2" "$err"
  check_lines "$1: one line" 1 "$err"
}
refused 'not a number' 'nan' '1,10\n2,nan\n'
refused 'infinite' 'inf' '1,10\n2,inf\n'
refused 'negative' "'-5'" '1,10\n2,-5\n'
refused 'no points' 'no rows' ''
for lines in '1,10\n' '4,10\n4,10\n' '4,10\n4,11\n' '1,10\n2,20\n' '1,10\n2,20\n3,25\n' '1,5\n2,5\n3,5\n4,5\n5,5\n' \
  '1e-9,1e-9\n1e9,1e9\n1,1\n2,2\n3,3\n' '1,10\n2,20\n3,30\n4,40\n'; do
  printf 'n,throughput\n%b' "$lines" >"$scratch/odd.csv"
  run "$analyze" --curve "$scratch/odd.csv" --models "$all" --format json
  check_equal "odd points $lines: exit code" 0 "$status"
  check_equal "odd points $lines: no invented optimum" false \
    "$(jq '.curve.optimum != null and .curve.optimum.established' <<<"$out")"
  check_equal "odd points $lines: JSON numbers are numbers" '' "$(grep -iE '[:,[]-?(nan|inf)' <<<"$out")"
done

summary
