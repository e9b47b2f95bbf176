#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The states of a whole connection, as the tracepoints sock:inet_sock_set_state and
# atcp:atcp_state tell them, and what /proc shows.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/lib.sh"

events=sock/inet_sock_set_state
native || events+=" atcp/atcp_state"

# Moves of the sockets with port $1 as source, or destination: "OLD NEW" a line.
moves()
{
	sed -n "s/.*$1=$port .*oldstate=TCP_\([A-Z0-9_]*\) newstate=TCP_\([A-Z0-9_]*\).*/\1 \2/p" \
		"$tracing/trace"
}

# The caller has everything to say and closes first.
whole_life()
{
	traced "$events" transfer 1000 0 --hold 300 || return
	echo "caller:"; moves dport | tee "$tmp/caller"
	echo "listener:"; moves sport | tee "$tmp/listener"
}

passed()
{
	grep -qx "$2" "$tmp/$1" || { cat "$tmp/$1"; return 1; }
}

# The listener's end is half-open from the SYN on: before the ACK, so before the
# caller's ESTABLISHED has been answered, and without a socket.
half_open()
{
	native && return 4
	grep -o "atcp_state: .* $ip_b:$port > $ip_a:.*" "$tracing/trace" |
		tee "$tmp/half"
	head -n 1 "$tmp/half" |
		grep -E 'sk=(\(null\)|0+) .* LISTEN > SYN-RECEIVED'
}

listed()
{
	[ -e /proc/net/atcp ] || return 4
	listen_in "$b" "$ip_b"
	on "$b" cat /proc/net/atcp
	on "$b" cat /proc/net/atcp | grep -qi "$(printf ':%04X' "$port")"
}

counted()
{
	native && return 4
	[ "$(stat_in "$a" ActiveOpens)" -ge 1 ] &&
	[ "$(stat_in "$b" PassiveOpens)" -ge 1 ] &&
	[ "$(stat_in "$a" InSegs)" -ge 3 ]
}

[ -e "$tracing/events/sock/inet_sock_set_state" ] ||
	skip_all "no tracepoint sock:inet_sock_set_state"
plan 10
two_hosts || exit 1
check "a transfer, traced" whole_life
check "caller: CLOSED to SYN-SENT" passed caller "CLOSE SYN_SENT"
check "caller: SYN-SENT to ESTABLISHED" passed caller "SYN_SENT ESTABLISHED"
check "caller: on to FIN-WAIT-1 or LAST-ACK" \
	grep -qE "ESTABLISHED FIN_WAIT1|CLOSE_WAIT LAST_ACK" "$tmp/caller"
check "listener: to LISTEN" passed listener "CLOSE LISTEN"
check "listener: SYN-RCVD to ESTABLISHED" \
	passed listener "SYN_RECV ESTABLISHED"
check "listener: half-open, without a socket" half_open
check "listener: ESTABLISHED to CLOSE-WAIT or FIN-WAIT-1" \
	grep -qE "ESTABLISHED (CLOSE_WAIT|FIN_WAIT1)" "$tmp/listener"
check "/proc/net/atcp lists the listener" listed
stop_listener
check "/proc/net/atcp_stat counts" counted
finish
