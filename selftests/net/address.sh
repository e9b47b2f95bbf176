#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# A connection keeps its addresses, whatever becomes of the host's.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/lib.sh"

# The same network, by another of the host's own addresses.
prefer()
{
	ip -n "$1" addr add "$2/24" dev veth &&
	ip -n "$1" route replace 10.1.0.0/24 dev veth src "$2" &&
	ip -n "$1" route flush cache &&
	ip -n "$1" route get "$3" | grep -q "src $2"
}

# Packets from an address that no connection has begun with.
count_others()
{
	on "$b" nft "table ip t { counter others { }
		chain in { type filter hook input priority 0;
			ip saddr != $ip_a ip protocol $wire counter name others
		}; }"
}

others()
{
	on "$b" nft list counter ip t others |
		sed -n 's/.*packets \([0-9]*\) .*/\1/p'
}

in_mid_transfer()
{
	count_others || return 4
	impair rate "$(amount 10000)kbit" limit 1000 || return 4
	(sleep 0.7; prefer "$a" 10.1.0.3 "$ip_b"; echo $? > "$tmp/prefer_a"
	 sleep 0.7; prefer "$b" 10.1.0.4 "$ip_a"; echo $? > "$tmp/prefer_b") &
	transfer "$(amount 3000000)" "$(amount 3000000)" || return
	wait $!
	unimpair
	cat "$tmp/prefer_a" "$tmp/prefer_b"
	[ "$(cat "$tmp/prefer_a" "$tmp/prefer_b")" = "0
0" ] && says 0 others
}

afterwards()
{
	listen_in "$b" "$ip_b"
	says OK dial "$a" "$ip_b" --send || return
	stop_listener
	echo "$(others) packets"
	[ "$(others)" -gt 0 ]
}

# Routes go stale again and again, in mid-burst too.
stale_routes()
{
	local space flushers=() status=0

	mkfifo "$tmp/never"
	for space in "$a" "$b"; do
		# Not by on(): the process shall be the shell itself
		ip netns exec "$space" bash -c "
			until read -r -t 0.005 <> $tmp/never; do
				echo 1 > /proc/sys/net/ipv4/route/flush
			done" &
		flushers+=($!)
	done
	transfer "$(amount 2000000)" "$(amount 2000000)" || status=1
	kill "${flushers[@]}"
	wait "${flushers[@]}"
	return $status
}

plan 3
two_hosts || exit 1
check "routes go stale all the time" stale_routes
check "both hosts prefer another in mid-transfer" in_mid_transfer
check "a new call has the new address" afterwards
finish
