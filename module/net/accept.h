/* SPDX-License-Identifier: GPL-2.0 */
/* What a listener has that other sockets have not. */
#ifndef ATCP_NET_ACCEPT_H
#define ATCP_NET_ACCEPT_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct sock;

/* SYN+ACKs sent, as queues; the last is for all beyond. */
#define ATCP_LISTENER_LEVELS 8

/**
 * struct atcp_listener - What only a listener has.
 * @node: In the table of listeners. Its lock; walked under RCU.
 * @sk: The listener.
 * @ready: Children that wait for accept(): struct atcp_sock, by accept_node. SK.
 * @levels: Half-open connections, by how many SYN+ACKs they were sent: all in
 *	one wait equally long, so its head is the next to time out. SK.
 * @nr_halves: How many there are in @levels. SK.
 * @cookie_ns: When the last SYN cookie was sent, 0: never. SK.
 * @rcu: When it is freed.
 */
struct atcp_listener {
	struct hlist_node node;
	struct sock *sk;
	struct list_head ready;
	struct list_head levels[ATCP_LISTENER_LEVELS];
	u32 nr_halves;
	u64 cookie_ns;
	struct rcu_head rcu;
};

#endif /* ATCP_NET_ACCEPT_H */
