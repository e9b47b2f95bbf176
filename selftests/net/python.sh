#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Python's own tests of what uses sockets, on native TCP and under the launcher: what
# passes there passes here. Both at the same time, each in a namespace of its own,
# without IPv6, for the launcher gives none.
#
#	ATCP_TEST_MODULES="test_socket test_ssl"	those only

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/programs.sh"

suite=$top/selftests/net/python_suite.py
python=/usr/bin/python3
read -ra modules <<< "${ATCP_TEST_MODULES:-test_socket test_selectors test_select
	test_poll test_epoll test_socketserver test_httplib test_httpservers
	test_ftplib test_poplib test_smtplib test_urllib2_localnet test_xmlrpc
	test_ssl test_asyncio}"
# Those of a module that hangs end so that the others get their turn (s)
limit=${ATCP_TEST_MODULE_LIMIT:-900}

without_ipv6()
{
	add_space "$1" && ip -n "$1" link set lo up &&
	on "$1" sysctl -q -w net.ipv6.conf.all.disable_ipv6=1
}

# run_in SPACE NAME MODULE [LAUNCHER]...: a line for each test in $tmp/NAME
run_in()
{
	local space=$1 name=$2 module=$3

	shift 3
	mkdir -p "$tmp/$name.dir"
	rm -f "$tmp/$name"
	(cd "$tmp/$name.dir" &&
	 on "$space" timeout -k 10 "$limit" "$@" "$python" "$suite" run \
		"$tmp/$name" "$module") > "$tmp/$name.out" 2>&1 ||
		echo "$name: exit status $?"
}

# Why a test has failed on ATCP goes below build/vm-out.
keep_log()
{
	[ ! -d "${ATCP_OUT-}" ] ||
		cp "$tmp/atcp.out" "$ATCP_OUT/python-$1.log" 2> /dev/null
}

passes_too()
{
	: > "$tmp/client.log"
	run_in "$a" native "$1" &
	run_in "$b" atcp "$1" "$tmp/atcprun" --wire "$wire" --log "$tmp/client.log"
	wait
	keep_log "$1"
	"$python" "$suite" compare "$tmp/native" "$tmp/atcp"
}

# Some module has used sockets, and those were all ATCP's.
sockets_were_atcp()
{
	local all right

	read -r all right < <(logged client socket)
	echo "$all sockets, $right of ATCP"
	[ "$all" -gt 0 ] && [ "$right" -eq "$all" ]
}

"$python" -c 'import test.test_socket' 2> /dev/null ||
	skip_all "no libpython3-testsuite: run scripts/setup"
plan ${#modules[@]}
without_ipv6 "$a" && without_ipv6 "$b" || exit 1
for module in "${modules[@]}"; do
	check "$module" passes_too "$module"
	sed 's/^/# /' "$tmp/output"
	sockets_were_atcp | sed 's/^/# /'
done
finish
