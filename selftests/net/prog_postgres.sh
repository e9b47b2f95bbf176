#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# PostgreSQL: pgbench fills a database and runs transactions; a COPY.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/programs.sh"

PATH=$PATH:$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')
export PGHOST=$ip_b PGUSER=postgres PGDATABASE=postgres

# The server refuses to be root
as_postgres() { runuser -u postgres -- "$@"; }

make_cluster()
{
	install -d -o postgres "$tmp/db" || return
	as_postgres initdb -D "$tmp/db" -N -A trust --no-locale -E UTF8 \
		> "$tmp/initdb" 2>&1 || { cat "$tmp/initdb"; return 1; }
	echo "host all all $ip_a/32 trust" >> "$tmp/db/pg_hba.conf"
}

transactions()
{
	client pgbench -q -i -s 1 && client pgbench -n -c 8 -j 2 -t 10 &&
	says 80 client psql -Atc 'SELECT count(*) FROM pgbench_history'
}

# Every transaction over a connection of its own
reconnecting()
{
	client pgbench -n -C -S -c 4 -t 5
}

# Much that the server sends: all that pgbench has filled in
copies()
{
	client psql -qc "\\copy (SELECT aid FROM pgbench_accounts ORDER BY aid) TO '$tmp/out'" &&
	seq 100000 | cmp - "$tmp/out"
}

need postgres pgbench psql
plan 4
make_cluster || exit 1
two_hosts && serve 5432 runuser -u postgres -- "$(command -v postgres)" \
	-D "$tmp/db" -h "$ip_b" -k "" -F || exit 1
check "pgbench" transactions
check "pgbench, a connection for each transaction" reconnecting
check "COPY" copies
check "ATCP at the ends that should" spoke
finish
