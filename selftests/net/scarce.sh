#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Next to no memory for all sockets together: slow perhaps, but right.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/lib.sh"

was=$(sysctl -n net.ipv4.tcp_mem)

scarce()
{
	local status=0

	sysctl -q -w "net.ipv4.tcp_mem=$1" || return
	transfer 300000 300000 || status=1
	sysctl -q -w "net.ipv4.tcp_mem=$was"
	return "$status"
}

# Somebody has filled buffers with more than every CPU's reserve of pages, which
# the count for all does not know.
hog()
{
	ip netns exec "$a" python3 -c '
import resource, socket, time
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
lsock = socket.create_server(("127.0.0.1", 0), backlog=200)
socks = []
for _ in range(100):
    socks.append(socket.create_connection(lsock.getsockname()))
    socks.append(lsock.accept()[0])
    socks[-2].setblocking(False)
    try:
        while True:
            socks[-2].send(bytes(65536))
    except BlockingIOError:
        pass
print("full", flush=True)
time.sleep(1000)
' > "$tmp/hog" &
	hog=$!
	for _ in $(seq 600); do
		! grep -q full "$tmp/hog" || return 0
		sleep 0.1
	done
	return 1
}

beyond()
{
	local status=0

	hog && sysctl -q -w "net.ipv4.tcp_mem=0 0 1" || return
	grep -E '^A?TCP ' /proc/net/protocols
	transfer 100000 100000 || status=1
	kill "$hog"
	wait "$hog"
	sysctl -q -w "net.ipv4.tcp_mem=$was"
	return "$status"
}

plan 4
two_hosts || exit 1
check "pressure from the first page on" scarce "0 0 1000000"
check "a limit of 64 pages" scarce "16 32 64"
check "none left from the start" beyond
check "plenty again" transfer 300000 300000
finish
