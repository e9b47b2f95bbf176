/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters, per CPU and namespace: the core's (core/mib.h) followed by net's
 * own. Shown in /proc/net/atcp_stat.
 */
#ifndef ATCP_NET_MIB_H
#define ATCP_NET_MIB_H

#include <linux/types.h>

#include "core/mib.h"

struct net;

#define ATCP_NETMIB_LIST(X)                        \
	X(IN_SEGS, "InSegs")                       \
	X(OUT_SEGS, "OutSegs")                     \
	X(RETRANS_SEGS, "RetransSegs")             \
	X(BAD_CSUM, "InCsumErrors")                \
	X(BAD_SHORT, "InTooShort")                 \
	X(BAD_OFFSET, "InBadOffset")               \
	X(BAD_FLAGS, "InBadFlags")                 \
	X(NO_SOCKET, "NoSocket")                   \
	X(RESETS_SENT, "ResetsSent")               \
	X(XFRM_DROPS, "PolicyDrops")               \
	X(FILTER_DROPS, "FilterDrops")             \
	X(BACKLOG_DROPS, "BacklogDrops")           \
	X(RCVBUF_DROPS, "ReceiveBufferDrops")      \
	X(LISTEN_DROPS, "ListenDrops")             \
	X(LISTEN_OVERFLOWS, "ListenOverflows")     \
	X(NO_MEMORY, "NoMemory")                   \
	X(TW_CREATED, "TimeWaitCreated")           \
	X(TW_OVERFLOWS, "TimeWaitOverflows")       \
	X(ICMP_IN, "IcmpErrors")                   \
	X(ICMP_IGNORED, "IcmpErrorsIgnored")       \
	X(ORPHANS_ABORTED, "OrphansAborted")       \
	X(MIN_TTL_DROPS, "MinTtlDrops")

#define ATCP_NETMIB_ENUM(id, name) ATCP_NETMIB_##id,
/* Counted by net itself; numbered after the core's. */
enum atcp_netmib {
	ATCP_NETMIB_BASE = ATCP_MIB_NR - 1,
	ATCP_NETMIB_LIST(ATCP_NETMIB_ENUM) ATCP_NETMIB_NR
};

#undef ATCP_NETMIB_ENUM

void atcp_mib_inc(struct net *net, unsigned int id);
void atcp_mib_add(struct net *net, unsigned int id, u64 n);
void atcp_mib_add_set(struct net *net, u64 counted);

#endif /* ATCP_NET_MIB_H */
