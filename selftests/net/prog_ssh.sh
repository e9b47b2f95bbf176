#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# OpenSSH: a command, a large file each way by scp. ATCP_TEST_SCP_MIB=100: its size;
# an emulated CPU enciphers slowly.

# Functions are called by way of check.
# shellcheck disable=SC1091,SC2154,SC2317
. "$(dirname "$0")/programs.sh"

mib=${ATCP_TEST_SCP_MIB:-8}
options=(-F none -i "$tmp/user" -o UserKnownHostsFile="$tmp/known"
	 -o StrictHostKeyChecking=accept-new -o BatchMode=yes)

configure()
{
	ssh-keygen -q -t ed25519 -N "" -f "$tmp/host" &&
	ssh-keygen -q -t ed25519 -N "" -f "$tmp/user" &&
	cp "$tmp/user.pub" "$tmp/authorized" &&
	mkdir -p /run/sshd &&
	cat > "$tmp/sshd_config" <<-END
	Port 2222
	HostKey $tmp/host
	AuthorizedKeysFile $tmp/authorized
	StrictModes no
	UsePAM no
	PidFile none
	Subsystem sftp internal-sftp
	END
}

remote() { client ssh "${options[@]}" -p 2222 "root@$ip_b" "$@"; }
copy() { client scp -q "${options[@]}" -P 2222 "$@"; }

there_and_back()
{
	head -c "${mib}M" /dev/urandom > "$tmp/in"
	copy "$tmp/in" "root@$ip_b:$tmp/there" &&
	copy "root@$ip_b:$tmp/there" "$tmp/back" &&
	says "$(hash_of "$tmp/in")" hash_of "$tmp/there" &&
	says "$(hash_of "$tmp/in")" hash_of "$tmp/back"
}

# Input through cat, an exit status, and the server's view of the connection
command_runs()
{
	says "hello" remote cat <<< hello && { remote exit 7; [ $? -eq 7 ]; } &&
	says "$ip_a $ip_b 2222" remote \
		"echo \$SSH_CONNECTION | cut -d' ' -f1,3,4"
}

need sshd ssh scp
plan 3
configure || exit 1
two_hosts && serve 2222 /usr/sbin/sshd -D -e -f "$tmp/sshd_config" || exit 1
check "a command, its input and its status" command_runs
check "$mib MiB by scp, there and back" there_and_back
check "ATCP at the ends that should" spoke
finish
