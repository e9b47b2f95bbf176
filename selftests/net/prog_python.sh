#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Python: http.server and urllib; asyncio's streams, hundreds of them.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/programs.sh"

echo_py=$(dirname "$0")/asyncio_echo.py

http()
{
	head -c 5000000 /dev/urandom > "$tmp/in"
	client python3 - "http://$ip_b:8000/in" > "$tmp/out" <<-'END'
	import sys, urllib.request
	with urllib.request.urlopen(sys.argv[1]) as reply:
	    while piece := reply.read(65536):
	        sys.stdout.buffer.write(piece)
	END
	says "$(hash_of "$tmp/in")" hash_of "$tmp/out"
}

streams()
{
	client python3 "$echo_py" --connect "$ip_b" 9000 --streams 300 --bytes 20000
}

one_large_stream()
{
	client python3 "$echo_py" --connect "$ip_b" 9000 --streams 1 --bytes 8000000
}

need python3
plan 4
two_hosts && serve 8000 python3 -m http.server --bind "$ip_b" -d "$tmp" 8000 &&
	serve 9000 python3 "$echo_py" --listen "$ip_b" 9000 || exit 1
check "http.server and urllib" http
check "asyncio, 300 streams at once" streams
check "asyncio, 8 MB there and back" one_large_stream
check "ATCP at the ends that should" spoke
finish
