#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Two hundred connections at once, each with its own data.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/lib.sh"

# many CONNECTIONS BYTES
many()
{
	local status=0

	port=$((port + 1))
	on "$b" "$bin/many" --listen "$ip_b" "$port" "$proto" "$1" "$2" &
	on "$a" "$bin/many" --connect "$ip_b" "$port" "$proto" "$1" "$2" ||
		status=1
	wait $! && [ "$status" -eq 0 ]
}

plan 2
two_hosts || exit 1
check "200 connections, much each way on each" many 200 "$(amount 65536)"
if tc -n "$a" qdisc replace dev veth root netem delay 1ms 2>/dev/null; then
	impair delay 2ms loss 1% reorder 5%
	check "200 connections over a lossy link" many 200 8192
else
	check "200 connections over a lossy link" sh -c "exit 4"
fi
finish
