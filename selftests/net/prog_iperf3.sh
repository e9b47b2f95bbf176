#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# iperf3: there, back, eight streams, both ways at once. The server finds no IPv6.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/programs.sh"

# run OPTION...: data has come through in each direction that was asked for
run()
{
	client iperf3 -c "$ip_b" -J -t 2 "$@" > "$tmp/json" ||
		{ cat "$tmp/json" "$tmp/server.out"; return 1; }
	python3 - "$tmp/json" <<-'END'
	import json, sys
	end = json.load(open(sys.argv[1]))["end"]
	sums = [end[name]["bytes"] for name in end
	        if name.startswith("sum_received")]
	print(sums)
	sys.exit(not sums or min(sums) < 100000)
	END
}

need iperf3 python3
plan 5
two_hosts && serve 5201 iperf3 -s || exit 1
check "there" run
check "back" run -R
check "eight streams" run -P 8
check "both ways at once" run --bidir
check "ATCP at the ends that should" spoke
finish
