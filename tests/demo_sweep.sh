# SPDX-License-Identifier: GPL-3.0-or-later
#
# What `make demo` and `make demo-seeds` measure; sourced. The simulated server's throughput peaks at 28 requests in flight
# (the closed form of its --step is 27.92): the truth that a report can be held against.
demo_truth=27.92

demo_sweep() { # TRACE SEED RUN: 7 workers levels x 6 batch sizes x 3 repeats, a server for each level and block
  local server="exec $bin/simllm --listen 127.0.0.1:{port} --slots {workers} --time-scale 0.0125 --noise 0.05 --session-noise 0.01 --seed \$\$"
  "$bin/replay" "$1" -u 'http://127.0.0.1:{port}' --server "$server" --ready /health \
    -W 4,8,12,16,24,32,48 -B 8,16,24,48,96,144 -r 3 --max-tokens 160 --seed "$2" -o "$3"
}
