#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Peers that answer with an ICMP error, as a host without the module does.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/lib.sh"

# answers ERROR TYPE: connect() says that, and quickly
answers()
{
	on "$b" nft -f - <<-END || return
		flush ruleset
		table ip t {
			chain in {
				type filter hook input priority 0
				ip protocol $wire reject with icmp type $2
			}
		}
	END
	port=7777
	says "$1" dial "$a" "$ip_b"
}

no_answer()
{
	on "$b" nft 'flush ruleset; table ip t { chain in {
		type filter hook input priority 0; ip protocol '"$wire"' drop; }; }'
	says TIMEOUT dial "$a" "$ip_b" --wait 1500
}


refused()
{
	says ECONNREFUSED dial "$a" "$ip_b"
}

plan 7
two_hosts || exit 1
check "protocol unreachable: ENOPROTOOPT" answers ENOPROTOOPT prot-unreachable
check "port unreachable: ECONNREFUSED" answers ECONNREFUSED port-unreachable
check "host unreachable: EHOSTUNREACH" answers EHOSTUNREACH host-unreachable
check "net unreachable: ENETUNREACH" answers ENETUNREACH net-unreachable
check "prohibited: EHOSTUNREACH" answers EHOSTUNREACH admin-prohibited
check "silence" no_answer
on "$b" nft flush ruleset
# shellcheck disable=SC2034 # refused reads it
port=7778
check "nobody listens: ECONNREFUSED" refused
finish
