/* SPDX-License-Identifier: GPL-2.0 */
/* Half-open connections. */
#ifndef ATCP_NET_HALF_H
#define ATCP_NET_HALF_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "core/embryo.h"
#include "entry.h"

struct atcp_listener;
struct atcp_reply;
struct ip_options_rcu;
struct sock;

/**
 * struct atcp_half - A half-open connection.
 * @entry: In the table of connections; its reference is the table's.
 * @core: What the protocol knows. The listener's SK.
 * @listener: Listener, with a reference.
 * @link: In one of the listener's levels. The listener's SK.
 * @rcu: When it is freed.
 * @route: IP options with a source route to the peer, or NULL. Owned.
 * @mark: Firewall mark of the connection.
 * @tos: Type of service of SYN+ACKs.
 */
struct atcp_half {
	struct atcp_entry entry;
	struct atcp_embryo core;
	struct sock *listener;
	union {
		struct list_head link;
		struct rcu_head rcu;
	};
	struct ip_options_rcu *route;
	u32 mark;
	u8 tos;
};

#ifdef CONFIG_64BIT
static_assert(sizeof(struct atcp_half) <= 192, "a flood of SYNs is cheap");
#endif

int atcp_half_init(void);
void atcp_half_exit(void);

static inline struct atcp_half *atcp_half_of(struct atcp_entry *entry)
{
	return container_of(entry, struct atcp_half, entry);
}

struct atcp_half *atcp_half_add(struct sock *sk, const struct atcp_half *like);
void atcp_half_requeue(struct atcp_half *half);
void atcp_half_forget(struct atcp_half *half);
void atcp_half_drop(struct atcp_half *half);
void atcp_half_reply(struct atcp_reply *r, const struct atcp_half *half);
void atcp_half_send(const struct atcp_half *half, const struct atcp_tx *tx);
void atcp_half_reset_all(struct atcp_listener *l);

void atcp_half_put(struct atcp_entry *entry);
void atcp_half_drain(struct atcp_entry *entry);
void atcp_half_icmp(struct atcp_entry *entry, u32 seq);
u64 atcp_half_deadline(const struct sock *sk);
void atcp_half_timeout(struct sock *sk);

#endif /* ATCP_NET_HALF_H */
