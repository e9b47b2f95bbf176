#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# git over HTTP: clone, push and fetch, by git's own CGI program behind Python's server.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/programs.sh"

url=http://$ip_b:8000/cgi-bin/git/origin

export HOME=$tmp GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org
export GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org

commit()
{
	local file

	for file in one two three; do
		head -c "$2" /dev/urandom > "$1/$file"
	done
	git -C "$1" add . && git -C "$1" commit -q -m "$2 bytes"
}

make_origin()
{
	git config --global safe.directory '*'
	git init -q --bare "$tmp/origin" &&
	git -C "$tmp/origin" config http.receivepack true &&
	git clone -q "$tmp/origin" "$tmp/work" 2> /dev/null &&
	commit "$tmp/work" 500000 && commit "$tmp/work" 1000 &&
	git -C "$tmp/work" push -q origin HEAD
	mkdir -p "$tmp/root/cgi-bin"
	cat > "$tmp/root/cgi-bin/git" <<-END
	#!/bin/sh
	export GIT_PROJECT_ROOT=$tmp GIT_HTTP_EXPORT_ALL=1 REMOTE_USER=a
	exec git http-backend
	END
	chmod +x "$tmp/root/cgi-bin/git"
	# Whom Python's server runs such programs as
	chown -R nobody "$tmp/origin"
}

head_of() { git -C "$1" rev-parse HEAD; }

cloning()
{
	client git -c transfer.fsckObjects=true clone -q "$url" "$tmp/clone" &&
	says "$(head_of "$tmp/work")" head_of "$tmp/clone"
}

pushing()
{
	commit "$tmp/clone" 300000 &&
	client git -C "$tmp/clone" -c http.postBuffer=4000000 push -q origin HEAD &&
	says "$(head_of "$tmp/clone")" head_of "$tmp/origin"
}

fetching()
{
	client git -C "$tmp/work" pull -q "$url" HEAD &&
	says "$(head_of "$tmp/clone")" head_of "$tmp/work"
}

need git python3
plan 4
make_origin || exit 1
two_hosts && serve 8000 python3 -m http.server --cgi --bind "$ip_b" \
	-d "$tmp/root" 8000 || exit 1
check "clone" cloning
check "push" pushing
check "pull" fetching
check "ATCP at the ends that should" spoke
finish
