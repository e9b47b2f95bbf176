# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC1091,SC2034,SC2154
#
# What the tests of real programs share: a server in $b, clients in $a, under the
# launcher. Instead of lib.sh:
#
#	. "$(dirname "$0")/programs.sh"
#	need nginx curl
#	plan 2
#	two_hosts
#	serve 8080 nginx -c ...
#	check "..." client curl ...
#	check "ATCP at the ends that should" spoke
#
# ATCP_TEST_ENDS=both|client|server|none: who runs under the launcher, both if not
# given. ATCP_TEST_WIRE=253|6: the protocol on the wire.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

wire=${ATCP_TEST_WIRE:-253}
ends=${ATCP_TEST_ENDS:-both}
! native || ends=none

# Where whatever user a server runs as can read it
chmod 755 "$tmp"
cp "$top/build/tools/atcprun" "$top/build/tools/libatcprun.so" "$tmp"
install -m 666 /dev/null "$tmp/client.log"
install -m 666 /dev/null "$tmp/server.log"

is_atcp() { [ "$ends" = both ] || [ "$ends" = "$1" ]; }

# need PROGRAM...: the test is skipped without.
need()
{
	local program

	for program in "$@"; do
		command -v "$program" > /dev/null ||
			skip_all "no $program: run scripts/setup"
	done
}

# with_launcher ROLE SPACE COMMAND...
with_launcher()
{
	local role=$1 space=$2 launcher=()

	shift 2
	! is_atcp "$role" ||
		launcher=("$tmp/atcprun" --wire "$wire" --log "$tmp/$role.log")
	# The process becomes the program itself: it may be killed
	exec ip netns exec "$space" "${launcher[@]}" "$@"
}

client() { (with_launcher client "$a" "$@"); }

# listens PORT: is there a listener in $b?
listens()
{
	on "$b" cat /proc/net/atcp /proc/net/tcp 2> /dev/null |
		grep -q "$(printf ':%04X 00000000:0000 0A' "$1")"
}

# until_true SECONDS COMMAND...
until_true()
{
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return
		sleep 0.2
	done
}

# serve PORT COMMAND...: until it listens; $server is its process.
serve()
{
	local where=$1

	shift
	with_launcher server "$b" "$@" > "$tmp/server.out" 2>&1 &
	server=$!
	until_true 60 listens "$where" && return
	sed 's/^/# /' "$tmp/server.out"
	echo "# no listener at port $where"
	return 1
}

# Opens of native TCP in $1 and of ATCP: "NATIVE ATCP".
opens()
{
	on "$1" cat /proc/net/snmp /proc/net/atcp_stat 2> /dev/null | awk '
		$1 == "Tcp:" { native = $6 + $7 }
		$1 == "ActiveOpens" || $1 == "PassiveOpens" { atcp += $2 }
		END { print native + 0, atcp + 0 }'
}

# logged ROLE HOW: sockets of that kind, in all and those of the right protocol
logged()
{
	local want=253

	[ "$wire" != 6 ] || want=258
	awk -v how="$2" -v want="$want" '
		$1 == how { all++; right += $2 == "ipv4" && $4 == want }
		END { print all + 0, right + 0 }' "$tmp/$1.log"
}

# role_spoke ROLE SPACE HOW: it spoke ATCP if it was to, native TCP else.
role_spoke()
{
	local role=$1 native_opens atcp_opens all right

	read -r native_opens atcp_opens < <(opens "$2")
	read -r all right < <(logged "$role" "$3")
	echo "$role: $native_opens native opens, $atcp_opens of ATCP;" \
		"$all times $3, $right of the right protocol"
	if is_atcp "$role"; then
		[ "$native_opens" -eq 0 ] && [ "$atcp_opens" -gt 0 ] &&
		[ "$all" -gt 0 ] && [ "$right" -eq "$all" ]
	else
		[ "$native_opens" -gt 0 ] && [ "$atcp_opens" -eq 0 ]
	fi
}

# For the end: SO_PROTOCOL of every socket, and the two TCPs' counters.
spoke()
{
	role_spoke client "$a" socket && role_spoke server "$b" accept
}

# hash_of FILE...
hash_of() { cat "$@" | sha256sum | cut -d' ' -f1; }
