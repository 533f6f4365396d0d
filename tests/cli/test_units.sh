#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The systemd units, the logrotate example and the options that they name.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# The units call the installed program; here it is the one that was built.
mkdir "$scratch/units"
cp packaging/capture.socket "$scratch/units"
sed "s,/usr/bin/capture,$PWD/$bin/capture," packaging/capture.service >"$scratch/units/capture.service"
if command -v systemd-analyze >/dev/null; then
  run systemd-analyze security --offline=true --threshold=20 packaging/capture.service
  check_match 'the sandbox of the service is at most 2.0' 'exposure level for capture.service: [01]\.[0-9]|: 2\.0' "$out"
  check_equal 'and systemd-analyze agrees' 0 "$status"
  run systemd-analyze verify --man=no "$scratch/units/capture.service" "$scratch/units/capture.socket"
  check_equal 'the units are well made' '' "$(grep -F "$scratch/units" <<<"$err")"
else
  skip 'the units' 'no systemd-analyze here'
fi
if command -v logrotate >/dev/null; then
  run logrotate --debug --state "$scratch/state" packaging/capture.logrotate
  check_equal 'the logrotate example is well made' '0 ' "$status $(grep -i error <<<"$err")"
else
  skip 'the logrotate example' 'no logrotate here'
fi

# Each option of the service is one of capture's.
help=$("$bin/capture" --help)
while read -r option; do
  check "capture has $option" grep -qE -- "(^| )$option( |,|$)" <<<"$help"
done < <(grep -h -oE -- ' --?[a-z][a-z-]*' packaging/capture.service packaging/capture.default | grep -v HUP | tr -d ' ' | sort -u)

# A socket for another process is none of ours; with one that is passed an address has no effect, and is rejected.
run env LISTEN_FDS=1 LISTEN_PID=1 "$bin/capture" -u http://127.0.0.1:9 -l nonsense
check_match 'a socket for another process' "--listen: " "$err"
run sh -c "LISTEN_FDS=1 LISTEN_PID=\$\$ exec '$bin/capture' -u http://127.0.0.1:9 -l 127.0.0.1:0"
check_equal 'an address beside a passed socket' \
  '2 capture: -l/--listen and --unix-socket are not for a socket that was passed (LISTEN_FDS)' "$status $err"
run sh -c "LISTEN_FDS=1 LISTEN_PID=\$\$ exec '$bin/capture' -u http://127.0.0.1:9 3</dev/null"
check_equal 'what was passed is no socket' '1 capture: LISTEN_FDS: descriptor 3 is no socket that listens' "$status $err"
run "$bin/capture" --import mooncake x --handover
check_match 'a conversion takes nothing over' '--handover.* are not for --import' "$err"
summary
