#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Path MTU: two hosts, two routers, and between these a link that is narrower.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/lib.sh"

r=r$$
q=q$$

# routed MTU: $a, $r, $q, $b in a row; the link in the middle has that MTU.
routed()
{
	add_space "$a" && add_space "$b" && add_space "$r" && add_space "$q" &&
	ip link add veth netns "$a" type veth peer name left netns "$r" &&
	ip link add mid netns "$r" mtu "$1" type veth \
		peer name mid netns "$q" mtu "$1" &&
	ip link add veth netns "$b" type veth peer name right netns "$q" &&
	host_up "$a" veth 10.2.0.1/24 && host_up "$b" veth 10.3.0.1/24 &&
	host_up "$r" left 10.2.0.9/24 && host_up "$r" mid 10.5.0.1/24 &&
	host_up "$q" right 10.3.0.9/24 && host_up "$q" mid 10.5.0.2/24 &&
	ip -n "$a" route add default via 10.2.0.9 &&
	ip -n "$b" route add default via 10.3.0.9 &&
	ip -n "$r" route add default via 10.5.0.2 &&
	ip -n "$q" route add default via 10.5.0.1 &&
	on "$r" sysctl -q -w net.ipv4.ip_forward=1 &&
	on "$q" sysctl -q -w net.ipv4.ip_forward=1
	# shellcheck disable=SC2034 # transfer reads it
	ip_b=10.3.0.1
}

# The route has learnt it.
learnt()
{
	ip -n "$a" route get 10.3.0.1
	ip -n "$a" route get 10.3.0.1 | grep -q "mtu $1"
}

# Narrower in mid-transfer.
narrows()
{
	tc -n "$r" qdisc replace dev mid root netem rate 10mbit limit 1000 ||
		return 4
	(sleep 1; ip -n "$r" link set mid mtu 900;
	 ip -n "$q" link set mid mtu 900) &
	transfer 3000000 100000
}

# mid_takes MTU: the link in the middle does, and nobody has learnt anything else.
mid_takes()
{
	ip -n "$r" link set mid mtu "$1" && ip -n "$q" link set mid mtu "$1" &&
	ip -n "$a" route flush cache && ip -n "$b" route flush cache
}

# RFC 4821: from small segments on; a router tells what it would take of a probe.
refused_probe()
{
	mid_takes 1400 &&
	on "$a" sysctl -q -w net.ipv4.tcp_mtu_probing=2 || return
	[ "$proto" -eq 6 ] || on "$a" sysctl -q -w net.atcp.mtu_probing=2 || return
	transfer "$(amount 500000)" 0 && learnt 1400
}

# RFC 2923: what is too big is dropped, and what would say so does not come.
black_hole()
{
	mid_takes 1400 &&
	on "$a" nft 'table ip t { chain in {
		type filter hook input priority 0
		icmp type destination-unreachable icmp code 4 counter drop
	}; }' &&
	on "$a" sysctl -q -w net.ipv4.tcp_mtu_probing=1 &&
	transfer "$(amount 1000000)" 0 &&
	on "$a" nft list ruleset | grep -E 'counter packets [1-9]' &&
	! learnt 1400
}

plan 6
routed 1200 || exit 1
check "a transfer towards the narrow link" transfer 500000 0
check "the host has learnt the path's MTU" learnt 1200
check "a transfer from the narrow link" transfer 0 500000
check "a link that narrows in mid-transfer" narrows
check "a link that drops in silence" black_hole
on "$a" nft flush ruleset
check "a probe that a router refuses" refused_probe
finish
