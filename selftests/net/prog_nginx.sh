#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# nginx and curl: files, one connection for many of them, ranges; a thousand
# connections by ab.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/programs.sh"

www=$tmp/www
url=http://$ip_b:8080

make_files()
{
	local i

	mkdir "$www"
	for i in {1..100}; do
		head -c $((i * i * 20 + i)) /dev/urandom > "$www/$i"
	done
}

configure()
{
	cat > "$tmp/nginx.conf" <<-END
	user root;
	worker_processes 2;
	pid $tmp/nginx.pid;
	error_log $tmp/error.log;
	daemon off;
	worker_rlimit_nofile 4096;
	events { worker_connections 2048; }
	http {
		access_log off;
		sendfile on;
		tcp_nopush on;
		keepalive_requests 100000;
		keepalive_timeout 300s;
		client_body_temp_path $tmp/body;
		server {
			listen $ip_b:8080 backlog=2048 so_keepalive=60s:10s:3;
			root $www;
		}
	}
	END
}

# All over one connection
hundred_files()
{
	mkdir "$tmp/got"
	client curl -sS --fail -w '%{num_connects}\n' -o "$tmp/got/#1" \
		"$url/[1-100]" > "$tmp/connects" &&
	says 1 grep -c 1 "$tmp/connects" &&
	says "$(cd "$www" && sha256sum -- * | sha256sum)" \
		sh -c "cd '$tmp/got' && sha256sum -- * | sha256sum"
}

# Each over a connection of its own, eight at a time
in_parallel()
{
	rm -r "$tmp/got"
	mkdir "$tmp/got"
	client curl -sS --fail -Z --parallel-max 8 -H 'Connection: close' \
		-o "$tmp/got/#1" "$url/[1-100]" &&
	says "$(cd "$www" && sha256sum -- * | sha256sum)" \
		sh -c "cd '$tmp/got' && sha256sum -- * | sha256sum"
}

range()
{
	client curl -sS --fail -r 100000-149999 -o "$tmp/part" "$url/99" &&
	tail -c +100001 "$www/99" | head -c 50000 | cmp - "$tmp/part"
}

established()
{
	[ "$(on "$b" cat /proc/net/atcp /proc/net/tcp 2> /dev/null |
	     grep -c ' 01 ')" -ge "$1" ]
}

# All of them at once for a while, and each request is answered
thousand()
{
	local status=0

	ulimit -n 4096
	client ab -q -k -c 1000 -n 2500 -s 60 "$url/5" > "$tmp/ab" 2>&1 &
	until_true 60 established 1000 || status=1
	wait $! || status=1
	cat "$tmp/ab"
	[ "$status" -eq 0 ] && grep -q 'Complete requests: *2500$' "$tmp/ab" &&
		grep -q 'Failed requests: *0$' "$tmp/ab"
}

need nginx curl ab
plan 5
make_files
configure
two_hosts && serve 8080 nginx -e "$tmp/error.log" -c "$tmp/nginx.conf" || exit 1
check "a hundred files over one connection" hundred_files
check "a hundred files in parallel" in_parallel
check "a range" range
check "a thousand connections at once" thousand
check "ATCP at the ends that should" spoke
finish
