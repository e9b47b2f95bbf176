#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Node: its http server, which tries IPv6 first, and its client.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/programs.sh"

http_js=$(dirname "$0")/http.js

need node
plan 3
two_hosts && serve 8000 node "$http_js" --listen 8000 || exit 1
check "a hundred requests, kept alive" \
	client node "$http_js" --connect "$ip_b" 8000 100 5000
check "4 MB there and back" \
	client node "$http_js" --connect "$ip_b" 8000 1 4000000
check "ATCP at the ends that should" spoke
finish
