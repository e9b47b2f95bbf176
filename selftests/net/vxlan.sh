#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Checksums left to others: a VXLAN tunnel takes segments whose sum is not finished,
# and hands out segments of which UDP has summed up all bytes (CHECKSUM_COMPLETE).
# The link below finishes no sums, so the kernel does, as a device would.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/lib.sh"

sent=net/net_dev_start_xmit
received=net/napi_gro_receive_entry

# tunnel SPACE FROM TO ADDRESS
tunnel_end()
{
	ip -n "$1" link add vx type vxlan id 7 dev veth local "$2" \
		remote "$3" dstport 4789 udpcsum || return 4
	on "$1" ethtool -K veth tx off > /dev/null || return 4
	host_up "$1" vx "$4/24"
}

# summed EVENT: "COUNT IP_SUMMED" for the tunnel's packets.
summed()
{
	sed -n "s/.* $1: dev=vx .*protocol=0x0800 ip_summed=\([0-9]\).*/\1/p" \
		"$tracing/trace" | sort | uniq -c
}

# Nearly all have that IP_SUMMED: segments without a socket are summed up at once.
mostly()
{
	summed "$1" | tee "$tmp/summed"
	awk -v want="$2" '{ if ($2 == want) good = $1; else other += $1 }
		END { exit good < 100 || other * 20 > good }' "$tmp/summed"
}

# A wrong number in the sum's place before it is finished makes the inner sum wrong
# in the end. The outer one is right all the same.
corrupt()
{
	on "$1" nft "table ip t { chain out {
		type filter hook output priority 0;
		oifname vx ip protocol $wire numgen random mod 10 < 1 \
			@th,128,16 set 0xbad; }; }"
}

corrupted()
{
	corrupt "$a" && corrupt "$b" || return 4
	transfer 500000 500000 || return
	native && return
	for space in "$a" "$b"; do
		echo "$space: $(stat_in "$space" InCsumErrors) wrong"
		[ "$(stat_in "$space" InCsumErrors)" -gt 0 ] || return
	done
}

two_hosts || exit 1
tunnel_end "$a" "$ip_a" "$ip_b" 10.6.0.1 || skip_all "no VXLAN"
tunnel_end "$b" "$ip_b" "$ip_a" 10.6.0.2 || exit 1
ip_b=10.6.0.2
plan 4
check "1 MiB each way" \
	traced "$sent $received" transfer 1048576 1048576
check "sent: the sum is left to the device" mostly "${sent#*/}" 3
check "received: all is summed up" mostly "${received#*/}" 2
check "wrong sums inside right ones" corrupted
finish
