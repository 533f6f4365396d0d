#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Ten restarts of capture under 500 requests/s and 200 streams, by --handover and at a passed socket.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need jq perl pgrep
. tests/e2e/handover.sh

restarts 'ten handovers' 10 500 200 2
activations 'ten restarts at a passed socket' 10 500 200 2
killed 'the old one is killed' 500 200
summary
