#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# capture is restarted under load; what tests/long has of it takes ten restarts under a heavier one.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need jq perl pgrep
. tests/e2e/handover.sh

restarts 'two handovers' 2 100 20 0.4
activations 'a restart at a passed socket' 1 100 20 0.4
killed 'the old one is killed' 100 20
first_request 'the first request of a connection has time to come while capture stops'
summary
