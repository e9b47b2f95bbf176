#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# A network namespace that goes takes its sockets along.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/lib.sh"

# Does the namespace of this inode still exist? Its devices would: the peer of a
# veth goes when its namespace does.
gone()
{
	for _ in $(seq 50); do
		ip -n "$b" link show veth > /dev/null 2>&1 || return 0
		sleep 0.2
	done
	ip -n "$b" link show veth
	return 1
}

# Sockets in mid-transfer, held by files: the namespace stays until they close.
open_connections()
{
	two_hosts || return
	listen_in "$b" "$ip_b"
	ip netns exec "$a" "$bin/xfer" --connect "$ip_b" --port "$port" --proto "$proto" \
		--size 100000000000 --timeout 300 > /dev/null 2>&1 &
	sleep 1
	ip netns del "$a"
	ip -n "$b" link show veth > /dev/null || return
	kill $!
	wait $!
	gone
	status=$?
	stop_listener
	return "$status"
}

time_wait()
{
	two_hosts || return
	transfer 1000 1000 || return
	ip netns del "$a"
	gone
}

# The peer is silent: an orphan with data that nobody acknowledges keeps its
# namespace, with native TCP for minutes; here it goes along.
orphans()
{
	! native || return 4
	two_hosts || return
	listen_in "$b" "$ip_b"
	ip netns exec "$a" "$bin/xfer" --connect "$ip_b" --port "$port" --proto "$proto" \
		--size 100000000000 --timeout 300 > /dev/null 2>&1 &
	sleep 0.5
	ip -n "$a" link set veth down
	sleep 0.2
	kill $!
	wait $!
	ip netns del "$a"
	gone
	status=$?
	stop_listener
	return "$status"
}

half_open()
{
	two_hosts || return
	listen_in "$b" "$ip_b"
	# The caller hears no answer; the listener holds a half-open connection.
	on "$a" nft 'table ip t { chain in {
		type filter hook input priority 0; ip protocol '"$wire"' drop; }; }'
	says TIMEOUT dial "$a" "$ip_b" --wait 500
	# Here it is b that goes.
	stop_listener
	ip netns del "$b"
	local swap=$a
	a=$b b=$swap
	gone
}

again()
{
	ip netns del "$a" 2>/dev/null
	ip netns del "$b" 2>/dev/null
	a=a$$.$1
	b=b$$.$1
}

plan 4
check "open connections" open_connections
again 1
check "TIME-WAIT" time_wait
again 2
check "orphans with data" orphans
again 3
check "half-open connections" half_open
again 4
finish
