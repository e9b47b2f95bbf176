#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# rmmod: refused while a file holds a socket; after a drain nothing is left.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/lib.sh"

need_module

refused_by()
{
	local status=0

	rmmod atcp 2> "$tmp/rmmod" && status=1
	cat "$tmp/rmmod"
	grep -qi 'in use' "$tmp/rmmod" || status=1
	return "$status"
}

held_by_listener()
{
	listen_in "$b" "$ip_b"
	refused_by
	local status=$?
	stop_listener
	return "$status"
}

start_transfer()
{
	listen_in "$b" "$ip_b"
	ip netns exec "$a" "$bin/xfer" --connect "$ip_b" --port "$port" \
		--size 100000000000 --timeout 300 > /dev/null 2>&1 &
	caller=$!
	sleep 1
}

held_by_connection()
{
	start_transfer
	refused_by && sysctl -q -w net.atcp.drain=1 && refused_by
	local status=$?
	kill "$caller"; wait "$caller"
	stop_listener
	return "$status"
}

# A drain in mid-transfer is none of a living connection's business. Both ends
# hold it for so long that neither is an orphan before the last drain.
drain_harmless()
{
	(for _ in 1 2 3 4 5 6 7 8; do
		sysctl -q -w net.atcp.drain=1; sleep 0.1
	done) &
	transfer "$(amount 3000000)" "$(amount 3000000)" --hold 4000
	local status=$?
	wait $!
	return "$status"
}

# TIME-WAIT, half-open connections, orphans with data for a peer that is silent.
leave_remains()
{
	transfer 1000 1000 || return
	start_transfer
	ip -n "$a" link set veth down
	kill "$caller"; wait "$caller"
	stop_listener
	ip -n "$a" link set veth up
	listen_in "$b" "$ip_b"
	on "$a" nft 'table ip t { chain in {
		type filter hook input priority 0; ip protocol 253 drop; }; }'
	dial "$a" "$ip_b" --wait 300
	on "$a" nft flush ruleset
	stop_listener
}

nothing_left()
{
	local status=0

	! grep '^atcp' /proc/modules /proc/slabinfo || status=1
	# Kernels before 6.5 merge caches, and keep the links to them for good
	! find /sys/kernel/slab -maxdepth 1 -type d -iname '*atcp*' |
		grep . || status=1
	! ls -d /proc/sys/net/atcp /proc/net/atcp* 2> /dev/null || status=1
	! grep -i '^atcp' /proc/net/protocols || status=1
	return "$status"
}

gone_for_users()
{
	says EPROTONOSUPPORT "$bin/dial" 127.0.0.1 9 253
}

# What modprobe would do for an installed module, with the kernel's own request.
loaded_on_demand()
{
	local was status

	was=$(cat /proc/sys/kernel/modprobe)
	cat > "$tmp/modprobe" <<-END
		#!/bin/sh
		for name; do :; done
		echo "the kernel asks for \$name" >> $tmp/asked
		modinfo -F alias $ko | grep -qxF "\$name" && insmod $ko
	END
	chmod +x "$tmp/modprobe"
	echo "$tmp/modprobe" > /proc/sys/kernel/modprobe
	says ECONNREFUSED "$bin/dial" 127.0.0.1 9 253
	status=$?
	echo "$was" > /proc/sys/kernel/modprobe
	cat "$tmp/asked"
	return "$status"
}

load_and_transfer()
{
	load && transfer 100000 100000
}

module_loaded || load || exit 1
plan 12
two_hosts || exit 1
check "refused: a listener" held_by_listener
check "refused: a connection, drained or not" held_by_connection
check "a drain does not disturb a transfer" drain_harmless
check "remains of several kinds" leave_remains
check "drained and unloaded" unload
check "nothing is left" nothing_left
check "no such protocol any more" gone_for_users
check "socket() loads it on demand" loaded_on_demand
check "unloaded once more" unload
check "loaded again, used" load_and_transfer
check "unloaded again" unload
check "nothing is left again" nothing_left
finish
