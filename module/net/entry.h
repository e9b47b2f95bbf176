/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the table of connections links: full sockets, half-open connections and
 * TIME-WAIT, all found by one look-up that touches the bucket and the entry.
 */
#ifndef ATCP_NET_ENTRY_H
#define ATCP_NET_ENTRY_H

#include <linux/in.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <net/net_namespace.h>

#include "uapi/atcp.h"

enum atcp_entry_kind {
	ATCP_ENTRY_SOCK,
	ATCP_ENTRY_EMBRYO,
	ATCP_ENTRY_TIMEWAIT,
};

/**
 * struct atcp_entry - One 4-tuple in use.
 * @node: In its bucket. Changed under the bucket's lock, walked under RCU.
 * @net: Namespace; borrowed, the entry is gone before the namespace is.
 * @laddr: Local address.
 * @raddr: Remote address.
 * @lport: Local port.
 * @rport: Remote port.
 * @dev: Interface that the connection is bound to (or its l3mdev), or 0.
 * @refs: Of embryo and TIME-WAIT; a socket counts in sk_refcnt.
 * @is_hashed: In its bucket. Under the bucket's lock.
 * @kind: enum atcp_entry_kind.
 * @is_wire6: On the wire as TCP, protocol 6; else as protocol 253.
 * @is_autobound: TIME-WAIT: the socket's port was chosen by connect().
 * @reuse: TIME-WAIT: the socket had SO_REUSEADDR.
 * @reuseport: TIME-WAIT: the socket had SO_REUSEPORT.
 * @fifo: TIME-WAIT: which queue it waits in.
 * @tos: TIME-WAIT: type of service of answers.
 *
 * Freed after an RCU grace period. Everything but @node and @is_hashed is
 * constant while hashed.
 */
struct atcp_entry {
	struct hlist_node node;
	struct net *net;
	__be32 laddr;
	__be32 raddr;
	__be16 lport;
	__be16 rport;
	int dev;
	refcount_t refs;
	bool is_hashed;
	u8 kind : 2;
	u8 is_wire6 : 1;
	u8 is_autobound : 1;
	u8 reuse : 1;
	u8 reuseport : 1;
	u8 fifo;
	u8 tos;
};

#ifdef CONFIG_64BIT
static_assert(sizeof(struct atcp_entry) <= 48,
	      "TIME-WAIT has 128 bytes for everything");
#endif

/* The protocol number in the IP header. */
static inline u8 atcp_entry_wire(const struct atcp_entry *entry)
{
	return entry->is_wire6 ? IPPROTO_TCP : IPPROTO_ATCP;
}

#endif /* ATCP_NET_ENTRY_H */
