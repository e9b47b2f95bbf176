#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# ATCP on wire protocol 6, and native TCP: they talk to each other, through NAT and a
# stateful firewall, and neither is disturbed by the other.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2030,SC2031,SC2034,SC2154,SC2317
. "$(dirname "$0")/lib.sh"

need_module
proto=258

# between PROTO_A PROTO_B COMMAND...
between()
{
	local proto_a=$1 proto_b=$2

	shift 2
	"$@"
}

# hosts [MIDDLE]: $a and $b anew, with a router between them if it has a name.
hosts()
{
	local space

	for space in "$a" "$b" "${r-}"; do
		ip netns del "$space" 2>/dev/null
	done
	r=${1-}
	if [ -z "$r" ]; then
		ip_b=10.1.0.2
		two_hosts
		return
	fi
	ip_b=10.2.0.2
	add_space "$a" && add_space "$b" && add_space "$r" &&
	ip link add veth netns "$a" type veth peer name inside netns "$r" &&
	ip link add veth netns "$b" type veth peer name outside netns "$r" &&
	host_up "$a" veth 10.1.0.1/24 && host_up "$b" veth 10.2.0.2/24 &&
	host_up "$r" inside 10.1.0.254/24 && host_up "$r" outside 10.2.0.254/24 &&
	ip -n "$a" route add default via 10.1.0.254 &&
	on "$r" sysctl -q -w net.ipv4.ip_forward=1
}

# GRO merges what comes over the link, as on a host with a real device.
merging()
{
	local space

	for space in "$a" "$b"; do
		on "$space" ethtool -K veth gro on tso off gso off > /dev/null ||
			return
	done
	transfer "$(amount 4000000)" "$(amount 4000000)"
}

lossy()
{
	impair delay 2ms loss 1% reorder 5% duplicate 0.5% || return 4
	transfer 400000 400000
	local status=$?
	unimpair
	return "$status"
}

# The router masquerades, and lets through what belongs to a connection that $a opened.
firewall()
{
	on "$r" nft -f - <<-END
	table ip t {
		counter bad { }
		chain out {
			type nat hook postrouting priority 100;
			oifname outside masquerade
		}
		chain forward {
			type filter hook forward priority 0; policy drop;
			ct state invalid counter name bad drop
			ct state established,related accept
			iifname inside ct state new tcp flags syn accept
		}
	}
	END
}

# Both hosts as well: what is not of a connection does not come in, nor leave.
host_firewall()
{
	on "$1" nft -f - <<-END
	table ip t {
		counter bad { }
		chain in {
			type filter hook input priority 0;
			ct state invalid counter name bad drop
			ct state established,related accept
			ct state new tcp flags & (syn | ack) == syn accept
			meta l4proto tcp drop
		}
		chain out {
			type filter hook output priority 0;
			ct state invalid counter name bad drop
		}
	}
	END
}

nothing_bad()
{
	on "$1" nft list counter ip t bad
	on "$1" nft list counter ip t bad | grep -q 'packets 0 '
}

# The state that connection tracking in $1 has for the connection to $port.
ct_state()
{
	on "$1" sed -n "s/^ipv4 .* tcp .* \([A-Z_0-9]*\) src=.* dport=$port .*/\1/p" \
		/proc/net/nf_conntrack
}

reaches()
{
	local now

	for _ in $(seq 50); do
		now=$(ct_state "$1")
		[ "$now" != "$2" ] || return 0
		sleep 0.1
	done
	echo "the state is '$now', not $2, of port $port"
	on "$1" cat /proc/net/nf_conntrack
	return 1
}

# Nobody hears the first call. The second is answered, with more than the caller reads:
# it stays open. The third ends as it should.
tracked()
{
	local caller status=0

	[ -e /proc/net/nf_conntrack ] || return 4
	port=$((port + 1))
	on "$b" nft "table ip mute { chain in { type filter hook input priority -10;
		tcp dport $port drop; }; }"
	on "$a" "$bin/dial" --wait 2000 "$ip_b" "$port" "$proto" > /dev/null &
	reaches "$r" SYN_SENT || status=1
	wait $!
	on "$b" nft delete table ip mute

	listen_in "$b" "$ip_b" --size 100000000
	ip netns exec "$a" bash -c "exec 3<> /dev/tcp/$ip_b/$port; exec sleep 60" &
	caller=$!
	reaches "$r" ESTABLISHED || status=1
	kill "$caller"
	wait "$caller"
	stop_listener

	transfer 1000 1000
	reaches "$r" TIME_WAIT || status=1
	return "$status"
}

masqueraded()
{
	transfer "$(amount 1000000)" "$(amount 1000000)" && nothing_bad "$r"
}

guarded()
{
	transfer 100000 100000 && nothing_bad "$a" && nothing_bad "$b"
}

# Is native's own entry for TCP back? No reference to the module is left then.
unhooked()
{
	for _ in $(seq 50); do
		grep -q '^atcp [0-9]* 0 ' /proc/modules && return
		sleep 0.1
	done
	grep '^atcp' /proc/modules
	return 1
}

# TIME-WAIT is a port's owner, too.
gone_with_ports()
{
	(proto_a=258 proto_b=258; transfer 1000 1000) || return
	! grep '^atcp [0-9]* 0 ' /proc/modules || return
	sysctl -q -w net.atcp.drain=1
	unhooked
}

# Sockets on wire 6 come and go, and so does the hook, while native moves data.
hooking()
{
	local status=0 i

	(proto=6; port=8200; tmp=$(mktemp -d); transfer 30000000 30000000) &
	for i in 1 2 3 4; do
		says ECONNREFUSED "$bin/dial" 127.0.0.1 9 258 || status=1
		sysctl -q -w net.atcp.drain=1
		unhooked || status=1
		unload || status=1
		load || status=1
	done
	wait $! || status=1
	return "$status"
}

# Beside a connection of ours that is open all the time.
beside()
{
	local status=0

	listen_in "$b" "$ip_b"
	(proto=6; port=8300; tmp=$(mktemp -d); transfer 4000000 4000000) || status=1
	stop_listener
	return "$status"
}

refused_by_native()
{
	says ECONNREFUSED on "$a" "$bin/dial" "$ip_b" 9 258 || return
	listen_in "$b" "$ip_b"
	says ECONNREFUSED on "$a" "$bin/dial" "$ip_b" 9 6 &&
	says ECONNREFUSED on "$a" "$bin/dial" "$ip_b" 9 258
	local status=$?
	stop_listener
	return "$status"
}

# An ICMP error is for who sent what it quotes.
icmp()
{
	on "$b" nft 'table ip t { chain in { type filter hook input priority 0;
		tcp dport { 7400, 7401 } reject with icmp type admin-prohibited; }; }'
	(on "$b" "$bin/xfer" --listen "$ip_b" --port 7500 --proto 258 --timeout 20 \
		> /dev/null 2>&1) &
	sleep 0.3
	says EHOSTUNREACH on "$a" "$bin/dial" "$ip_b" 7400 258 &&
	says EHOSTUNREACH on "$a" "$bin/dial" "$ip_b" 7401 6
	local status=$?
	on "$b" nft flush ruleset
	kill $! 2> /dev/null
	wait $!
	return "$status"
}

# The setting is its namespace's; what is open goes on.
switched_off()
{
	local status=0

	listen_in "$b" "$ip_b"
	on "$b" sysctl -q -w net.atcp.wire6=0
	says OK dial "$a" "$ip_b" || status=1
	says EPROTONOSUPPORT on "$b" "$bin/dial" "$ip_b" 9 258 || status=1
	says ECONNREFUSED on "$b" "$bin/dial" "$ip_b" 9 253 || status=1
	says ECONNREFUSED on "$a" "$bin/dial" "$ip_b" 9 258 || status=1
	on "$b" sysctl -q -w net.atcp.wire6=1
	says ECONNREFUSED on "$b" "$bin/dial" "$ip_b" 9 258 || status=1
	stop_listener
	return "$status"
}

as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

# Nor does a namespace of one's own help, in which one has every capability.
privileged()
{
	local status=0

	says ECONNREFUSED as_nobody "$bin/dial" 127.0.0.1 9 258 || status=1
	sysctl -q -w net.atcp.unprivileged=0
	says EPERM as_nobody "$bin/dial" 127.0.0.1 9 258 || status=1
	says EPERM as_nobody "$bin/dial" 127.0.0.1 9 253 || status=1
	says ECONNREFUSED "$bin/dial" 127.0.0.1 9 258 || status=1
	says EPERM as_nobody unshare -rn "$bin/dial" 127.0.0.1 9 258 || status=1
	as_nobody unshare -rn sysctl -q -w net.atcp.unprivileged=1
	says 0 sysctl -n net.atcp.unprivileged || status=1
	sysctl -q -w net.atcp.unprivileged=1
	return "$status"
}

# What modprobe would do when socket() asks the kernel for the protocol.
would_load()
{
	modprobe -d "$tmp/root" -C "$1" -D "$2" 2>&1 | grep -q insmod
}

autoload_off()
{
	local folder alias status=0

	folder=$tmp/root/lib/modules/$(uname -r)
	mkdir -p "$folder" "$tmp/none"
	cp "$ko" "$folder" && depmod -b "$tmp/root" 2> /dev/null
	for alias in net-pf-2-proto-{253,258}{,-type-1}; do
		would_load "$tmp/none" "$alias" || status=1
		! would_load "$top/tools/modprobe.d" "$alias" || status=1
	done
	# By its name it can be loaded still
	would_load "$top/tools/modprobe.d" atcp || status=1
	return "$status"
}

module_loaded || load || exit 1
plan 18
hosts || exit 1
check "ATCP calls native TCP" between 258 6 transfer "$(amount 4000000)" 400000
check "native TCP calls ATCP" between 6 258 transfer 400000 "$(amount 4000000)"
check "ATCP calls native TCP, merged by GRO" between 258 6 merging
check "native TCP calls ATCP, over a lossy link" between 6 258 lossy
check "ATCP calls native TCP, over a lossy link" between 258 6 lossy
check "nobody's port is native's to refuse" refused_by_native
check "native TCP beside an open port of ATCP's" beside
check "an ICMP error reaches who is meant" icmp
check "switched off" switched_off
check "for the privileged alone" privileged
check "nobody loads the module by socket()" autoload_off
check "sockets, loads and unloads during a native transfer" hooking
host_firewall "$a" && host_firewall "$b"
check "stateful firewalls on both hosts, to native TCP" between 258 6 guarded
check "stateful firewalls on both hosts, from native TCP" between 6 258 guarded
hosts "r$$" && firewall
check "through NAT, to native TCP" between 258 6 masqueraded
check "through NAT, from native TCP" between 6 258 masqueraded
check "connection tracking knows the states" tracked
check "the hook goes with the last port" gone_with_ports
finish
