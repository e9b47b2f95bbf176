#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# IPsec policies: block what they block, let pass what they let pass, and carry it.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/lib.sh"

flush()
{
	ip -n "$a" xfrm policy flush; ip -n "$a" xfrm state flush
	ip -n "$b" xfrm policy flush; ip -n "$b" xfrm state flush
}

policy()
{
	local space=$1

	shift
	ip -n "$space" xfrm policy add "$@"
}

blocked_out()
{
	policy "$a" dir out src "$ip_a" dst "$ip_b" proto "$wire" \
		action block || return 4
	listen_in "$b" "$ip_b"
	says EPERM dial "$a" "$ip_b"
}

blocked_in()
{
	policy "$b" dir in src "$ip_a" dst "$ip_b" proto "$wire" \
		action block || return 4
	listen_in "$b" "$ip_b"
	says TIMEOUT dial "$a" "$ip_b" --wait 1500
}

allowed()
{
	policy "$b" dir in src "$ip_a" dst "$ip_b" proto "$wire" \
		action allow || return 4
	policy "$a" dir out src "$ip_a" dst "$ip_b" proto "$wire" action allow
	transfer 10000 10000
}

# Once connected, a policy that comes later still holds.
blocked_later()
{
	local status=0

	listen_in "$b" "$ip_b"
	ip netns exec "$a" "$bin/xfer" --connect "$ip_b" --port "$port" --proto "$proto" \
		--size 1000000000 --timeout 3 > /dev/null 2>&1 &
	sleep 1
	policy "$b" dir in src "$ip_a" dst "$ip_b" proto "$wire" action block
	sleep 0.5
	wait $! && status=1
	native || [ "$(stat_in "$b" PolicyDrops)" -gt 0 ] || status=1
	return "$status"
}

esp()
{
	local space dir src dst key=0x1111111111111111111111111111111122222222

	for space in "$a" "$b"; do
		for pair in "$ip_a $ip_b 1" "$ip_b $ip_a 2"; do
			read -r src dst spi <<< "$pair"
			ip -n "$space" xfrm state add src "$src" dst "$dst" \
				proto esp spi "$spi" mode transport \
				aead 'rfc4106(gcm(aes))' "$key" 128 || return 4
			dir=out
			[ "$dst" = "$ip_a" ] && [ "$space" = "$a" ] && dir=in
			[ "$dst" = "$ip_b" ] && [ "$space" = "$b" ] && dir=in
			policy "$space" dir "$dir" src "$src" dst "$dst" \
				proto "$wire" tmpl src "$src" dst "$dst" \
				proto esp mode transport || return
		done
	done
	transfer 300000 300000 || return
	# It did go that way.
	ip -n "$b" -s xfrm state | grep -A 1 'lifetime current' | tail -n 1
	[ "$(ip -n "$b" -s xfrm state |
	     sed -n 's/^[ \t]*\([0-9]*\)(bytes).*/\1/p' | sort -n | tail -n 1)" \
		-gt 300000 ]
}

# In the clear what the policy wants encrypted: dropped.
esp_required()
{
	ip -n "$b" xfrm policy | grep -q 'proto esp' || return 4
	ip -n "$a" xfrm policy flush
	listen_in "$b" "$ip_b"
	says TIMEOUT dial "$a" "$ip_b" --wait 1500
}

plan 6
two_hosts || exit 1
check "an outgoing call blocked: EPERM" blocked_out
stop_listener; flush
check "an incoming call blocked" blocked_in
stop_listener; flush
check "allowed" allowed
flush
check "a living connection blocked" blocked_later
stop_listener; flush
check "carried by ESP" esp
check "refused in the clear where ESP is wanted" esp_required
stop_listener; flush
finish
