#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The launcher: which sockets become ATCP's, and what it says where none can.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/lib.sh"

run=$top/build/tools/atcprun

# protocol FAMILY TYPE PROTOCOL [OPTION]...: what socket() gives under the launcher,
# SO_PROTOCOL or an errno's name.
protocol()
{
	local args=("$1" "$2" "$3")

	shift 3
	"$run" "$@" python3 -c '
import errno, socket, sys
family, kind, protocol = (eval(arg, vars(socket)) for arg in sys.argv[1:])
try:
    print(socket.socket(family, kind, protocol).getsockopt(
        socket.SOL_SOCKET, socket.SO_PROTOCOL))
except OSError as error:
    print(errno.errorcode[error.errno])' "${args[@]}"
}

# Those that a program asks TCP for
becomes_atcp()
{
	says 253 protocol AF_INET SOCK_STREAM 0 &&
	says 253 protocol AF_INET SOCK_STREAM IPPROTO_TCP &&
	says 253 protocol AF_INET 'SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK' 0 \
		--wire 253 &&
	says EPROTONOSUPPORT protocol AF_INET SOCK_STREAM 262
}

others_stay()
{
	says 17 protocol AF_INET SOCK_DGRAM 0 &&
	says 17 protocol AF_INET6 SOCK_DGRAM 0 &&
	says 0 protocol AF_UNIX SOCK_STREAM 0 &&
	says 1 protocol AF_INET SOCK_RAW IPPROTO_ICMP &&
	says 253 protocol AF_INET SOCK_STREAM 253
	"$run" python3 -c 'import socket; socket.socketpair()'
}

ipv6()
{
	says EAFNOSUPPORT protocol AF_INET6 SOCK_STREAM 0 &&
	says EAFNOSUPPORT protocol AF_INET6 SOCK_STREAM IPPROTO_TCP &&
	says 6 protocol AF_INET6 SOCK_STREAM 0 --allow-ipv6
}

# What asked getaddrinfo() gets through, and so do a shell's children
children()
{
	says 253 "$run" sh -c "exec python3 -c '
import socket
info = socket.getaddrinfo(\"127.0.0.1\", 80, type=socket.SOCK_STREAM)[0]
made = socket.socket(*info[:3])
print(made.getsockopt(socket.SOL_SOCKET, socket.SO_PROTOCOL))'"
}

logs()
{
	rm -f "$tmp/log"
	"$run" --log "$tmp/log" python3 -c '
import socket
listener = socket.create_server(("127.0.0.1", 0))
socket.create_connection(listener.getsockname())
listener.accept()
socket.socketpair()'
	says "socket accept" sh -c "cut -d' ' -f1 '$tmp/log' | sort -u -r | xargs" &&
	says "ipv4 protocol 253 python3" \
		sh -c "cut -d' ' -f2-5 '$tmp/log' | sort -u"
}

# refuses STATUS WORDS COMMAND...: and says why
refuses()
{
	local want=$1 words=$2 status=0

	shift 2
	"$@" > "$tmp/said" 2>&1 || status=$?
	cat "$tmp/said"
	[ "$status" -eq "$want" ] && { [ -z "$words" ] || grep -q "$words" "$tmp/said"; }
}

cannot_preload()
{
	refuses 126 'statically linked' "$run" busybox true &&
	printf '#!%s sh\n' "$(command -v busybox)" > "$tmp/script" &&
	chmod +x "$tmp/script" &&
	refuses 126 'statically linked' "$run" "$tmp/script" &&
	refuses 126 'Go program' "$run" "$bin/go_note" || return
	cp "$(type -P true)" "$tmp/true" && chown nobody "$tmp/true" &&
	chmod u+s "$tmp/true" && refuses 126 'privileges' "$run" "$tmp/true"
}

wrong_calls()
{
	refuses 125 '253 or 6' "$run" --wire 7 true &&
	refuses 125 'usage' "$run" &&
	refuses 125 'usage' "$run" --nonsense true &&
	refuses 127 'no such program' "$run" no-such-program &&
	refuses 3 '' "$run" sh -c 'exit 3'
}

installed()
{
	local run=$tmp/root/usr/bin/atcprun

	make -s -C "$top/tools" install DESTDIR="$tmp/root" PREFIX=/usr &&
	says 253 protocol AF_INET SOCK_STREAM 0
}

# Where the module is missing it refuses, unless told not to.
no_module()
{
	unload || return
	refuses 125 'the kernel module atcp is not loaded' "$run" true &&
	refuses 125 'modprobe atcp' "$run" true &&
	says 6 protocol AF_INET SOCK_STREAM 0 --fallback 2> "$tmp/err" &&
	grep 'native TCP instead' "$tmp/err"
}

# It goes while the program runs: no native TCP behind the user's back.
module_goes()
{
	load || return
	mkfifo "$tmp/go"
	"$run" python3 -c '
import socket, sys
open(sys.argv[1]).read()
socket.socket()' "$tmp/go" 2> "$tmp/err" &
	sleep 1
	unload && : > "$tmp/go"
	! wait $! && grep 'is the module loaded' "$tmp/err"
}

need_module
module_loaded || load
plan 10
check "TCP's sockets become ATCP's" becomes_atcp
check "others stay what they are" others_stay
check "IPv6" ipv6
check "getaddrinfo(), a shell's children" children
check "the log" logs
check "programs into which nothing can be preloaded" cannot_preload
check "wrong calls, exit statuses" wrong_calls
check "installed elsewhere" installed
check "no module" no_module
check "the module goes while a program runs" module_goes
load
finish
