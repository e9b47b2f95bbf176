#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# SO_BINDTODEVICE and VRF: who may reach whom through which interface.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/lib.sh"

# A second link, in both hosts, with addresses of its own.
second_link()
{
	ip link add veth2 netns "$a" type veth peer name veth2 netns "$b" &&
	host_up "$a" veth2 10.4.0.1/24 && host_up "$b" veth2 10.4.0.2/24
}

bound_listener()
{
	listen_in "$b" 0.0.0.0 --dev veth
	says OK dial "$a" 10.1.0.2 --send || return
	stop_listener
	listen_in "$b" 0.0.0.0 --dev veth
	says ECONNREFUSED dial "$a" 10.4.0.2
}

# The route says veth, the socket says veth2: nobody there knows 10.1.0.2
bound_call()
{
	listen_in "$b" 0.0.0.0
	says OK dial "$a" 10.4.0.2 --dev veth2 --send || return
	stop_listener
	listen_in "$b" 0.0.0.0
	! says OK dial "$a" 10.1.0.2 --dev lo --wait 1000
}

vrf_up()
{
	ip -n "$b" link add red type vrf table 100 || return 4
	printf '%s\n' "link set red up" "link set veth2 master red" |
		ip -n "$b" -batch -
}

in_vrf()
{
	listen_in "$b" 0.0.0.0 --dev red
	says OK dial "$a" 10.4.0.2 --send || return
	stop_listener
	listen_in "$b" 0.0.0.0 --dev red
	says ECONNREFUSED dial "$a" 10.1.0.2
}

outside_vrf()
{
	listen_in "$b" 0.0.0.0
	says OK dial "$a" 10.1.0.2 --send || return
	stop_listener
	listen_in "$b" 0.0.0.0
	says ECONNREFUSED dial "$a" 10.4.0.2
}

out_of_vrf()
{
	listen_in "$a" 0.0.0.0
	says OK dial "$b" 10.4.0.1 --dev red --send
}

same_port_in_both()
{
	local first

	listen_in "$b" 0.0.0.0
	first=$listener
	port=$((port - 1))
	listen_in "$b" 0.0.0.0 --dev red
	says OK dial "$a" 10.1.0.2 --send && says OK dial "$a" 10.4.0.2 --send
	status=$?
	kill "$first" 2>/dev/null
	return "$status"
}

plan 7
two_hosts || exit 1
second_link || exit 1
check "a listener bound to a device" bound_listener
stop_listener
check "a call bound to a device" bound_call
stop_listener
check "a VRF" vrf_up
if ip -n "$b" link show red > /dev/null 2>&1; then
	check "a listener in a VRF hears only the VRF" in_vrf
	stop_listener
	check "a listener outside hears only the outside" outside_vrf
	stop_listener
	check "a call out of a VRF" out_of_vrf
	stop_listener
	check "one port, inside and outside" same_port_in_both
	stop_listener
else
	for name in inside outside out both; do
		check "VRF, $name" sh -c "exit 4"
	done
fi
finish
