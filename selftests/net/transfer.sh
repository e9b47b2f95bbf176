#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Files across a link, both ways at once: same bytes, same SHA-256 at both ends.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/lib.sh"

files()
{
	head -c "$(amount 3000001)" /dev/urandom > "$tmp/in"
	port=$((port + 1))
	on "$b" "$bin/xfer" --listen "$ip_b" --port "$port" --proto "$proto" \
		--out "$tmp/out" > "$tmp/b" &
	on "$a" "$bin/xfer" --connect "$ip_b" --port "$port" --proto "$proto" \
		--in "$tmp/in" > "$tmp/a" && wait $! && cmp "$tmp/in" "$tmp/out"
}


plan 11
two_hosts || exit 1
check "nothing at all, then the close" transfer 0 0
check "one byte each way" transfer 1 1
check "one way only" transfer "$(amount 2000000)" 0
check "the other way only" transfer 0 "$(amount 2000000)"
check "much each way" transfer "$(amount 8388608)" "$(amount 8388608)"
check "a real file" files

if ! tc -n "$a" qdisc replace dev veth root netem delay 1ms 2>/dev/null; then
	for name in loss heavy corruption narrow odd; do
		check "$name: no netem here" sh -c "exit 4"
	done
	finish
fi

impair delay 5ms 1ms loss 1% reorder 5% duplicate 0.5%
check "delay, 1% loss, 5% reordering, duplicates" \
	transfer "$(amount 1000000)" "$(amount 1000000)"
impair delay 2ms loss 10%
check "10% loss" transfer 100000 100000
impair delay 2ms corrupt 3%
check "corruption" transfer "$(amount 300000)" "$(amount 300000)"
impair rate 2mbit delay 10ms limit 20
check "a narrow link with a short queue" \
	transfer "$(amount 300000)" "$(amount 300000)"
unimpair
ip -n "$a" link set veth mtu 600
ip -n "$b" link set veth mtu 600
check "a small MTU" transfer "$(amount 500000)" "$(amount 500000)"
finish
