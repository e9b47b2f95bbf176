#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# rsync's daemon: a tree there and back, then what has changed of it.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/programs.sh"

url=rsync://$ip_b:8730/tree

make_tree()
{
	local i

	mkdir -p "$tmp/in/deep/er" "$tmp/there"
	for i in {1..60}; do
		head -c $((i * 1000)) /dev/urandom > "$tmp/in/deep/er/$i"
	done
	head -c 4000000 /dev/urandom > "$tmp/in/large"
	ln -s large "$tmp/in/link"
	cat > "$tmp/rsyncd.conf" <<-END
	use chroot = no
	munge symlinks = no
	uid = 0
	gid = 0
	log file = $tmp/rsyncd.log
	[tree]
	path = $tmp/there
	read only = no
	END
}

there_and_back()
{
	client rsync -a "$tmp/in/" "$url" && diff -r "$tmp/in" "$tmp/there" &&
	client rsync -a "$url" "$tmp/back" && diff -r "$tmp/in" "$tmp/back"
}

# Only differences are sent
changes()
{
	printf x | dd of="$tmp/in/large" bs=1 seek=2000000 conv=notrunc &&
	rm "$tmp/in/deep/er/7" &&
	client rsync -a --delete --no-whole-file --stats "$tmp/in/" "$url" \
		> "$tmp/stats" && cat "$tmp/stats" &&
	[ "$(sed -n 's/^Literal data: \([0-9,]*\).*/\1/p' "$tmp/stats" |
	     tr -d ,)" -lt 100000 ] &&
	diff -r "$tmp/in" "$tmp/there"
}

need rsync
plan 3
make_tree
two_hosts && serve 8730 rsync --daemon --no-detach --port 8730 \
	--address "$ip_b" --config "$tmp/rsyncd.conf" || exit 1
check "a tree, there and back" there_and_back
check "what has changed" changes
check "ATCP at the ends that should" spoke
finish
