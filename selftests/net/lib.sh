# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the shell tests share: KTAP, two hosts joined by a link, the module.
#
#	. "$(dirname "$0")/lib.sh"
#	plan 2
#	two_hosts
#	check "the name of a test" command that fails if the test does
#
# ATCP_TEST_PROTO=6 runs the same against the kernel's own TCP, 258 against ATCP on
# protocol 6.

set -u

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=$top/build/selftests/net
proto=${ATCP_TEST_PROTO:-253}
ko=${ATCP_KO:-}
tmp=$(mktemp -d)
mkfifo "$tmp/ready"

# The two hosts' names and addresses
a=a$$
b=b$$
ip_a=10.1.0.1
ip_b=10.1.0.2
port=7000

nr_tests=0
nr_failed=0
spaces=()

cleanup()
{
	local space

	for space in "${spaces[@]}"; do
		ip netns pids "$space" 2>/dev/null | xargs -r kill 2>/dev/null
		ip netns del "$space" 2>/dev/null
	done
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

native() { [ "$proto" = 6 ]; }

# The protocol number in the IP header
wire=$proto
[ "$proto" != 258 ] || wire=6

# Where the two hosts' sockets shall be of different protocols
proto_a=
proto_b=

# amount BYTES: to move in a test. The debug kernel's checkers make everything some
# thirty times slower: less of it there.
amount()
{
	if [ -e /sys/kernel/debug/kmemleak ]; then
		echo $(($1 / 8))
	else
		echo "$1"
	fi
}

plan()
{
	echo "KTAP version 1"
	echo "1..$1"
}

skip_all()
{
	echo "KTAP version 1"
	echo "1..0 # SKIP $*"
	exit 4
}

# check NAME COMMAND...: its output is shown when it fails, how long it took if long.
check()
{
	local name=$1 status=0 start=$SECONDS

	shift
	nr_tests=$((nr_tests + 1))
	"$@" > "$tmp/output" 2>&1 || status=$?
	[ $((SECONDS - start)) -lt 5 ] || echo "# $((SECONDS - start)) s"
	if [ "$status" -eq 0 ]; then
		echo "ok $nr_tests $name"
		return
	fi
	sed 's/^/# /' "$tmp/output"
	if [ "$status" -eq 4 ]; then
		echo "ok $nr_tests $name # SKIP"
		return
	fi
	echo "# exit status $status"
	echo "not ok $nr_tests $name"
	nr_failed=$((nr_failed + 1))
}

# For the end of a test file.
finish()
{
	[ "$nr_failed" -eq 0 ]
	exit
}

add_space()
{
	ip netns add "$1" && spaces+=("$1")
}

on() { ip netns exec "$@"; }

# two_hosts: namespaces $a and $b, joined by a veth.
two_hosts()
{
	add_space "$a" && add_space "$b" &&
	ip link add veth netns "$a" type veth \
		peer name veth netns "$b" &&
	host_up "$a" veth "$ip_a/24" && host_up "$b" veth "$ip_b/24"
}

# host_up SPACE DEVICE ADDRESS
host_up()
{
	printf '%s\n' "link set lo up" "addr add $3 dev $2" "link set $2 up" |
		ip -n "$1" -batch -
}

# impair WHAT...: the same netem on both sides of the link.
impair()
{
	local space

	for space in "$a" "$b"; do
		tc -n "$space" qdisc replace dev veth root netem "$@" || return
		# A burst is one packet to netem: losing 64 KiB at once is not
		# what links do.
		on "$space" ethtool -K veth tso off gso off gro off \
			> /dev/null || return
	done
}

unimpair()
{
	local space

	for space in "$a" "$b"; do
		tc -n "$space" qdisc del dev veth root
		on "$space" ethtool -K veth tso on gso on gro on > /dev/null
	done
}

# transfer SIZE_A SIZE_B [OPTION]...: both ways at once over one connection from
# $a to $b; sizes and hashes must agree at both ends. Options go to both.
transfer()
{
	local size_a=$1 size_b=$2 status=0

	shift 2
	port=$((port + 1))
	on "$b" "$bin/xfer" --listen "$ip_b" --port "$port" \
		--proto "${proto_b:-$proto}" \
		--size "$size_b" --seed 22 "$@" > "$tmp/b" 2> "$tmp/b.err" &
	on "$a" "$bin/xfer" --connect "$ip_b" --port "$port" \
		--proto "${proto_a:-$proto}" \
		--size "$size_a" --seed 11 "$@" > "$tmp/a" || status=1
	wait $! || status=1
	cat "$tmp/a" "$tmp/b" "$tmp/b.err"
	[ "$status" -eq 0 ] && transfer_agrees "$size_a" "$size_b"
}

transfer_agrees()
{
	[ "$(awk '$1 == "sent"' "$tmp/a")" = \
	  "$(awk '$1 == "received" { $1 = "sent"; print }' "$tmp/b")" ] &&
	[ "$(awk '$1 == "sent"' "$tmp/b")" = \
	  "$(awk '$1 == "received" { $1 = "sent"; print }' "$tmp/a")" ] &&
	[ "$(awk '$1 == "received" { print $2 }' "$tmp/b")" = "$1" ] &&
	[ "$(awk '$1 == "received" { print $2 }' "$tmp/a")" = "$2" ]
}

# listen_in SPACE ADDRESS [OPTION]...: a listener that takes one connection; sets
# $listener to its process and $port to its port.
listen_in()
{
	local space=$1 addr=$2

	shift 2
	port=$((port + 1))
	# Not by on(): the process shall be the program itself
	ip netns exec "$space" "$bin/xfer" --listen "$addr" --port "$port" \
		--proto "$proto" --timeout 300 --ready "$tmp/ready" "$@" \
		> /dev/null 2>&1 &
	listener=$!
	read -r < "$tmp/ready"
}

stop_listener()
{
	kill "$listener" 2>/dev/null
	wait "$listener" 2>/dev/null
	return 0
}

# dial SPACE ADDRESS [OPTION]...: what connect() to $port says, as an errno's name.
dial()
{
	local space=$1 addr=$2

	shift 2
	on "$space" "$bin/dial" "$@" "$addr" "$port" "$proto"
}

# says WHAT COMMAND...: the command prints exactly that.
says()
{
	local want=$1 got

	shift
	got=$("$@")
	echo "want '$want', got '$got'"
	[ "$got" = "$want" ]
}

tracing=/sys/kernel/tracing

set_events()
{
	local event

	for event in $2; do
		echo "$1" > "$tracing/events/$event/enable"
	done
}

# traced EVENTS COMMAND...: $tracing/trace then has these events, of all the system.
traced()
{
	local events=$1 status

	shift
	echo 0 > "$tracing/tracing_on"
	echo > "$tracing/trace"
	# Names of tasks would be recorded by tracepoints of the scheduler. To patch
	# these while it runs is more than QEMU is up to.
	echo 0 > "$tracing/options/record-cmd"
	set_events 1 "$events"
	echo 1 > "$tracing/tracing_on"
	"$@"
	status=$?
	sleep 0.3
	echo 0 > "$tracing/tracing_on"
	set_events 0 "$events"
	return "$status"
}

# stat_in SPACE NAME: a counter of /proc/net/atcp_stat.
stat_in()
{
	on "$1" sed -n "s/^$2[: \t]*\([0-9]*\)$/\1/p" /proc/net/atcp_stat
}

module_loaded() { grep -q '^atcp ' /proc/modules; }

need_module()
{
	[ -e "$ko" ] || skip_all "ATCP_KO names no module"
}

load()
{
	insmod "$ko"
}

# drain, then unload; the kernel's own work may take a moment.
unload()
{
	local try

	module_loaded || return 0
	for try in 1 2 3 4 5 6 7 8 9 10; do
		sysctl -q -w net.atcp.drain=1
		rmmod atcp 2> "$tmp/rmmod" && return
		sleep 0.$((try / 2))
	done
	cat "$tmp/rmmod"
	return 1
}
