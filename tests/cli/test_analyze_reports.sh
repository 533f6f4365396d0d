#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The tables of the two hand-made reports, and curves whose answers R knows: what analyze must say of them.
. "$(dirname "$0")/../lib.sh"
need jq
analyze=$bin/analyze
data=../shared/data
[ -d "$data" ] || { echo "skipped: no $data here"; exit 77; }

json() { # FILTER ARGUMENT...
  local filter=$1
  shift
  "$analyze" --format json "$@" | jq -c "$filter"
}
cells='[.best.set[]|"\(.workers)x\(.batch)"]|sort|join(" ")'

# report1: one run per cell, the largest on the last batch of its ladder.
check_equal 'report1: best' '[24,48,387.139]' \
  "$(json '[.best.workers,.best.batch,.best.tokens_per_s.estimate]' $data/report1.csv)"
check_equal 'report1: B=1 is cold at every W >= 2' '[2,3,4,5,6,8,10,15,22,24,28,32,36]' \
  "$(json '[.cells[]|select(.flags|index("cold"))|if .batch == 1 then .workers else "?" end]' $data/report1.csv)"
check_equal 'report1: the set at 2.1 %' '"22x40 24x24 24x40 24x48 28x24 28x48 32x24 36x24"' \
  "$(json "$cells" --sigma 2.1%,40 $data/report1.csv)" # 36x24 is on the border
check_equal 'report1: the spread of its pseudo-replicates' pseudo_replicates "$(json '.spread.source' $data/report1.csv | tr -d '"')"
check_near 'report1: that spread' 0.0207 "$(json '.spread.sigma' $data/report1.csv)" 0.005
check_equal 'report1: edges' '[true,false]' "$(json '[.best.batch_edge,.best.workers_edge]' $data/report1.csv)"
check_equal 'report1: no cliff' '[]' "$(json '.cliffs' $data/report1.csv)"
run "$analyze" --format json --models usl $data/report1.csv
printf '%s' "$out" >"$scratch/usl.json"
check_equal 'report1: single waves, 19 of them from n = 8' '["single_wave",{"lo":8,"hi":32},19]' \
  "$(jq -c '.curve|[.kind,.range,([.points[]|select(.fitted)]|length)]' "$scratch/usl.json")"
while read -r path expected; do
  # As many digits as the report of record gives.
  check_near "report1: $path" "$expected" "$(jq ".curve$path" "$scratch/usl.json")" 0.005
done <<'END'
.models[0].parameters.lambda.estimate 39.1
.models[0].parameters.sigma.estimate 0.0433
.models[0].parameters.kappa.estimate 0.00123
.optimum.n.estimate 27.9
.optimum.n.lo 25.6
.optimum.n.hi 31.4
.optimum.throughput.estimate 353.6
.optimum.throughput.lo 348.8
.optimum.throughput.hi 359.3
END

# report0: every request fails at 25 workers, and the memory cliff lies between 10 and 15.
check_equal 'report0: best' '[10,48,230.482]' \
  "$(json '[.best.workers,.best.batch,.best.tokens_per_s.estimate]' $data/report0.csv)"
check_equal 'report0: all nine cells at 25 workers failed' '[9,9]' \
  "$(json '[.cells[]|select(.workers == 25)]|[length,([.[]|select(.flags|index("failed"))]|length)]' $data/report0.csv)"
check_equal 'report0: no best batch at 25 workers' '[false,null,null]' \
  "$(json '.workers[]|select(.workers == 25)|[.usable,.best_batch,.max_tokens_per_s]' $data/report0.csv)"
check_equal 'report0: cold' '["5x1"]' \
  "$(json '[.cells[]|select(.flags|index("cold"))|"\(.workers)x\(.batch)"]' $data/report0.csv)"
check_equal 'report0: the set at 1 %' '"10x24 10x32 10x40 10x48"' "$(json "$cells" --sigma 1.0%,3 $data/report0.csv)"
check_equal 'report0: too few pseudo-replicates, so no set' '[null,[]]' "$(json '[.spread.source,.best.set]' $data/report0.csv)"
check_equal 'report0: cliffs' '[[10,15,false],[20,25,true]]' "$(json '[.cliffs[]|[.from,.to,.total]]' $data/report0.csv)"
ratio=$(json '.cliffs[0].ratio|[.estimate,.lo,.hi][]' $data/report0.csv | tr '\n' ' ')
read -r estimate lo hi <<<"$ratio"
check_near 'report0: ratio' 0.354 "$estimate" 0.002
check_near 'report0: ratio lo' 0.340 "$lo" 0.002
check_near 'report0: ratio hi' 0.369 "$hi" 0.002
for level in 10:244 15:81 20:71; do
  check_near "report0: capacity of W=${level%:*}" "${level#*:}" \
    "$(json ".workers[]|select(.workers == ${level%:*})|.capacity.estimate" $data/report0.csv)" 0.005
done
check_equal 'no number is NaN' '' "$("$analyze" --format json $data/report0.csv | grep -oiE '[^a-z](nan|inf)[^a-z]')"

# Gunther's law on published data: estimates, errors and profile limits as R has them.
sed '1s/.*/n,throughput/' $data/usl/raytracer.csv | head -7 >"$scratch/raytracer_1-6.csv"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) { gsub(/"/, "", $i); at[$i] = i } print "n,throughput" }
         NR > 1 { print $at["db_time"] "," $at["txn_rate"] }' $data/usl/oracledb.csv >"$scratch/oracledb.csv"
cp $data/usl/specsdm91.csv $data/usl/raytracer.csv "$scratch"
for set in specsdm91 raytracer raytracer_1-6 oracledb; do
  "$analyze" --curve "$scratch/$set.csv" --scale linear --models usl --format json >"$scratch/$set.json"
  while IFS=, read -r name _ parameter estimate se _ _ lo hi _ rss n n_lo n_hi x; do
    [ "$name" = "$set" ] || continue
    p=.curve.models[0].parameters.$parameter
    check_near "$set: $parameter" "$estimate" "$(jq "$p.estimate" "$scratch/$set.json")" 1e-6
    check_near "$set: se of $parameter" "$se" "$(jq "$p.se" "$scratch/$set.json")" 1e-6
    check_near "$set: lower profile limit of $parameter" "$lo" "$(jq "$p.lo" "$scratch/$set.json")" 1e-6
    check_near "$set: upper profile limit of $parameter" "$hi" "$(jq "$p.hi" "$scratch/$set.json")" 1e-6
    check_near "$set: rss" "$rss" "$(jq '.curve.models[0].rss' "$scratch/$set.json")" 1e-6
    if [ "$n" = NA ]; then
      check_equal "$set: no optimum" null "$(jq '.curve.optimum.n.estimate' "$scratch/$set.json")"
    else
      for pair in n.estimate:$n n.lo:$n_lo n.hi:$n_hi throughput.estimate:$x; do
        check_near "$set: optimum ${pair%%:*}" "${pair#*:}" "$(jq ".curve.optimum.${pair%%:*}" "$scratch/$set.json")" 1e-6
      done
    fi
  done <$data/usl/expected.csv
done

# The tables of the reports come out as their author printed them (the first row and the last of each).
run "$analyze" --format md --lang ru $data/report1.csv
check_match 'report1 in Russian: first row' '1,44443.*117,001.*169' "$out"
check_match 'report1 in Russian: last row' '15,4614.*350,097.*5413' "$out"
check_match 'report1 in Russian: heading' '### Оптимальные параметры для разного количества параллельных запросов' "$out"

summary
