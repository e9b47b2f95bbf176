#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Redis: many small requests, pipelined, and one large value.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/programs.sh"

# Every test of it has come to a rate
benchmark()
{
	client redis-benchmark -h "$ip_b" -n 4000 -c 50 -P 16 -q \
		-t set,get,lpush,mset "$@" < /dev/null |
		tr '\r' '\n' > "$tmp/bench"
	grep 'requests per second' "$tmp/bench"
	[ "$(grep -c 'requests per second' "$tmp/bench")" -eq 4 ] &&
		! grep -i error "$tmp/bench"
}

cli() { client redis-cli -h "$ip_b" "$@"; }

large_value()
{
	head -c 3000000 /dev/urandom | base64 -w 0 > "$tmp/in"
	says OK cli -x set large < "$tmp/in" &&
	cli --raw get large | head -c -1 | cmp - "$tmp/in"
}

need redis-server redis-benchmark
plan 3
two_hosts && serve 6379 redis-server --bind "$ip_b" --protected-mode no \
	--save "" --dir "$tmp" || exit 1
check "50 clients, 16 requests at a time" benchmark
check "a value of 4 MB" large_value
check "ATCP at the ends that should" spoke
finish
