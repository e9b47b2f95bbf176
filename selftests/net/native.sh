#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Loading and unloading under the native stack's traffic does not disturb it.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/lib.sh"

need_module

cycles()
{
	for _ in $(seq 8); do
		load || return
		sleep 0.1
		unload || return
	done
}

disturbed()
{
	local status=0

	proto=6
	transfer "$(amount 50000000)" "$(amount 50000000)" &
	cycles || status=1
	wait $! || status=1
	proto=253
	return "$status"
}

both_at_once()
{
	local status=0 size

	size=$(amount 4000000)
	load || return
	# shellcheck disable=SC2034 # transfer reads them
	(proto=6; port=8100; tmp=$(mktemp -d); transfer "$size" "$size") &
	transfer "$size" "$size" || status=1
	wait $! || status=1
	return "$status"
}

unload || exit 1
plan 2
two_hosts || exit 1
check "eight loads and unloads during a native transfer" disturbed
check "a native transfer beside one of ATCP" both_at_once
finish
