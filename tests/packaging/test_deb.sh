#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The package on clean roots of Debian 12 and 13: it is built on one, and on another it installs, runs and is purged. The
# roots come from the archive that this machine uses, and are kept in build/roots.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need mmdebstrap lintian
[ "$(id -u)" = 0 ] || { echo 'skipped: only root may make roots'; exit 77; }

archive=$(sed -n 's/^URIs: *//p; s/^deb \([^ ]*\) .*/\1/p' /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)
[ -n "$archive" ] || { echo 'skipped: no archive is named in /etc/apt'; exit 77; }
keys=/usr/share/keyrings/debian-archive-keyring.gpg
deb=$(find build/deb -name 'tidemark_*.deb')
source=$(find build/deb -mindepth 1 -maxdepth 1 -type d)

clean_root() { # SUITE FOLDER
  local tar=build/roots/$1.tar
  mkdir -p build/roots "$2"
  [ -s "$tar" ] || mmdebstrap --quiet --variant=minbase --keyring="$keys" "$1" "$tar" "$archive" || return
  tar -xf "$tar" -C "$2" --exclude='./dev/*'
}
within() { # FOLDER COMMAND...
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    unshare --mount --pid --fork sh -c 'mount -t proc proc "$0/proc"; mount --bind /dev "$0/dev"; exec chroot "$0" "$@"' "$@"
}

tried() { # NAME COMMAND...: a check whose output is shown when it fails
  "${@:2}" >"$scratch/log" 2>&1
  local status=$?
  [ $status -eq 0 ] || tail -n 20 "$scratch/log"
  check_equal "$1" 0 $status
}
url_in='sed -n "s|.*listening on \(http://[^ ]*\).*|\1|p"'

check_equal 'lintian has no error' '' "$(lintian --allow-root --fail-on none --display-level error "$deb" 2>/dev/null)"
for suite in bookworm trixie; do
  build=$scratch/$suite-build root=$scratch/$suite-clean
  clean_root $suite "$build" && clean_root $suite "$root" || { skip "$suite" 'no root is to be had'; continue; }
  cp -r "$source" "$build/root/tidemark"
  tried "$suite: what it is built with" within "$build" sh -c 'apt-get update -qq && cd /root/tidemark && apt-get build-dep -qq -y --no-install-recommends .'
  tried "$suite: it builds" within "$build" sh -c 'cd /root/tidemark && make clean >/dev/null && dpkg-buildpackage -b -us -uc'
  cp "$build"/root/tidemark_*.deb "$root/root/"
  tried "$suite: it installs" within "$root" sh -c 'apt-get update -qq && apt-get install -qq -y --no-install-recommends /root/tidemark_*.deb'
  cp "$build/root/tidemark/build/bin/simllm" "$root/root/"
  tried "$suite: traffic, a sweep and a report" within "$root" sh -ec '
    cd /root
    ./simllm -l 127.0.0.1:0 --time-scale 0.05 -q 2>server.err & server=$!
    capture --import made requests=20 -m m -o made.jsonl.gz
    until grep -q listening server.err; do sleep 0.1; done
    capture -u $('"$url_in"' server.err) -l 127.0.0.1:0 -o real.jsonl.gz 2>capture.err & capture=$!
    until grep -q listening capture.err; do sleep 0.1; done
    replay made.jsonl.gz -u $('"$url_in"' capture.err) -W 1,2,4 -r 3 --keep-invalid -q -o run.jsonl.gz
    kill $capture; wait $capture
    kill $server
    analyze run.jsonl.gz --no-plots -o report
    test -s report/report.html'
  tried "$suite: it is purged" within "$root" apt-get purge -qq -y tidemark
  check_equal "$suite: and nothing is left" '' "$(find "$root/etc" "$root/usr" "$root/var/lib" "$root/lib" -path '*dpkg*' -prune -o -name '*tidemark*' -print \
    -o -name 'capture*' -print -o -path '*/usr/bin/replay' -print -o -path '*/usr/bin/analyze' -print)"
done
summary
