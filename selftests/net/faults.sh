#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Allocations that fail, on a kernel with fault injection: errors, never worse.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/lib.sh"

slab=/sys/kernel/debug/failslab

need_module
[ -e $slab ] || skip_all "no fault injection in this kernel"

# fail PERCENT: from now on, in tasks that ask for it.
fail()
{
	echo Y > $slab/task-filter
	echo N > $slab/ignore-gfp-wait
	echo "$1" > $slab/probability
	echo -1 > $slab/times
	echo 0 > $slab/verbose
}

# The n-th allocation of init_module() fails, n counting up until none is left to fail.
load_faults()
{
	local n status failures=0

	unload
	for n in $(seq 1 10 200); do
		status=0
		"$bin/load_nth" "$n" "$ko" || status=$?
		case $status in
		0)	unload || return ;;
		1)	failures=$((failures + 1)) ;;
		*)	return 1 ;;
		esac
	done
	echo "$failures of 20 failed"
	[ "$failures" -gt 0 ] && ! module_loaded
}

# With one allocation in so many failing, calls may fail; the kernel may not.
traffic_faults()
{
	for _ in 1 2 3 4 5; do
		port=$((port + 1))
		MANY_FAILS=1 on "$b" timeout 20 "$bin/many" --listen \
			"$ip_b" "$port" 253 5 20000 > /dev/null 2>&1 &
		MANY_FAILS=1 on "$a" timeout 20 "$bin/many" --connect \
			"$ip_b" "$port" 253 5 20000 > /dev/null 2>&1
		wait $!
	done
	return 0
}

plan 4
two_hosts || exit 1
check "insmod with failing allocations" load_faults
load || exit 1
fail 2
check "traffic with failing allocations" traffic_faults
fail 0
check "traffic afterwards" transfer 300000 300000
check "nothing is stuck" unload
finish
