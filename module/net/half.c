// SPDX-License-Identifier: GPL-2.0
/*
 * Half-open connections: small objects, in the table of connections and in a
 * queue of their listener, with a reference to that. All that happens to one
 * happens under the listener's lock. The listener's timer, which it has like any
 * socket, serves them all.
 */
#include <linux/slab.h>

#include "accept.h"
#include "demux.h"
#include "half.h"
#include "netns.h"
#include "reply.h"
#include "sock.h"
#include "srcroute.h"
#include "trace.h"

static struct kmem_cache *cache;

static void free_rcu_cb(struct rcu_head *rcu)
{
	kmem_cache_free(cache, container_of(rcu, struct atcp_half, rcu));
}

/**
 * atcp_half_put() - Drop a reference.
 * @entry: Half-open connection.
 *
 * Context: any.
 */
void atcp_half_put(struct atcp_entry *entry)
{
	struct atcp_half *half = atcp_half_of(entry);

	if (!refcount_dec_and_test(&entry->refs))
		return;
	sock_put(half->listener);
	kfree(half->route);
	call_rcu(&half->rcu, free_rcu_cb);
}

static struct atcp_listener *listener_of(const struct atcp_half *half)
{
	return atcp_sk(half->listener)->listener;
}

static struct list_head *level_of(const struct atcp_half *half)
{
	unsigned int i = min_t(unsigned int, half->core.tries,
			       ATCP_LISTENER_LEVELS - 1);

	return &listener_of(half)->levels[i];
}

/* Into its level, by deadline, which is at the end or close to it. */
static void enqueue(struct atcp_half *half)
{
	struct list_head *level = level_of(half);
	struct atcp_half *pos;

	list_for_each_entry_reverse(pos, level, link)
		if (pos->core.deadline_ns <= half->core.deadline_ns)
			break;
	list_add(&half->link, &pos->link);
}

static void trace_state(const struct atcp_half *half, u8 from, u8 to)
{
	const struct atcp_entry *e = &half->entry;

	trace_atcp_state(NULL, e->laddr, e->raddr, ntohs(e->lport),
			 ntohs(e->rport), from, to);
}

/**
 * atcp_half_add() - Remember a half-open connection.
 * @sk: Its listener.
 * @like: What it shall be; its core part has sent a SYN+ACK. Its route is copied.
 *
 * Context: SK of the listener, BH off.
 * Return: the object, or NULL if there is no memory, or already a connection.
 */
struct atcp_half *atcp_half_add(struct sock *sk, const struct atcp_half *like)
{
	struct atcp_half *half;

	half = kmem_cache_alloc(cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!half) {
		atcp_mib_inc(sock_net(sk), ATCP_NETMIB_NO_MEMORY);
		return NULL;
	}
	*half = *like;
	half->route = atcp_srcroute_copy(like->route);
	refcount_set(&half->entry.refs, 1);
	sock_hold(sk);
	enqueue(half);
	atcp_sk(sk)->listener->nr_halves++;
	atomic_inc(&atcp_net(sock_net(sk))->nr_embryos);
	if (atcp_demux_hash(&half->entry, NULL)) {
		atcp_half_forget(half);
		return NULL;
	}
	trace_state(half, ATCP_LISTEN, ATCP_SYN_RCVD);
	return half;
}

/**
 * atcp_half_requeue() - The deadline has moved.
 * @half: Half-open connection.
 *
 * Context: SK of the listener.
 */
void atcp_half_requeue(struct atcp_half *half)
{
	list_del(&half->link);
	enqueue(half);
}

/**
 * atcp_half_forget() - The end of one that has left the table.
 * @half: Half-open connection; the table's reference goes.
 *
 * Context: SK of the listener.
 */
void atcp_half_forget(struct atcp_half *half)
{
	list_del(&half->link);
	listener_of(half)->nr_halves--;
	atomic_dec(&atcp_net(half->entry.net)->nr_embryos);
	atcp_half_put(&half->entry);
}

/**
 * atcp_half_drop() - Take one out of the table, and end it.
 * @half: Half-open connection.
 *
 * Context: SK of the listener.
 */
void atcp_half_drop(struct atcp_half *half)
{
	if (!atcp_demux_unhash(&half->entry))
		return;
	trace_state(half, ATCP_SYN_RCVD, ATCP_CLOSED);
	atcp_half_forget(half);
}

/**
 * atcp_half_reply() - How to reach the peer.
 * @r: Filled in.
 * @half: Half-open connection.
 */
void atcp_half_reply(struct atcp_reply *r, const struct atcp_half *half)
{
	*r = (struct atcp_reply){
		.net = half->entry.net,
		.sk = half->listener,
		.laddr = half->entry.laddr,
		.raddr = half->entry.raddr,
		.lport = half->entry.lport,
		.rport = half->entry.rport,
		.route = half->route,
		.oif = half->entry.dev,
		.mark = half->mark,
		.wire = atcp_entry_wire(&half->entry),
		.tos = half->tos,
		.uid = half->listener->sk_uid,
	};
}

/**
 * atcp_half_send() - Send to the peer.
 * @half: Half-open connection.
 * @tx: Segment.
 *
 * Context: any.
 */
void atcp_half_send(const struct atcp_half *half, const struct atcp_tx *tx)
{
	struct atcp_reply r;

	atcp_half_reply(&r, half);
	atcp_reply_send(&r, NULL, tx);
}

static void reset(struct atcp_half *half)
{
	const struct atcp_tx rst = {
		.seq = half->core.iss + 1,
		.flags = ATCP_F_RST,
	};

	/* Who has not answered yet is told when he does. */
	if (half->core.is_acked)
		atcp_half_send(half, &rst);
	atcp_half_drop(half);
}

/**
 * atcp_half_reset_all() - The listener stops listening.
 * @l: Listener.
 *
 * Context: SK of the listener, BH off.
 */
void atcp_half_reset_all(struct atcp_listener *l)
{
	struct atcp_half *half, *next;
	int i;

	for (i = 0; i < ATCP_LISTENER_LEVELS; i++)
		list_for_each_entry_safe(half, next, &l->levels[i], link)
			reset(half);
}

/**
 * atcp_half_deadline() - When a listener's timer is needed.
 * @sk: Listener.
 *
 * Context: SK.
 * Return: time in ns, or ATCP_NEVER.
 */
u64 atcp_half_deadline(const struct sock *sk)
{
	struct atcp_listener *l = atcp_sk(sk)->listener;
	u64 first = ATCP_NEVER;
	int i;

	for (i = 0; l && i < ATCP_LISTENER_LEVELS; i++) {
		const struct atcp_half *head;

		head = list_first_entry_or_null(&l->levels[i],
						struct atcp_half, link);
		if (head)
			first = min(first, head->core.deadline_ns);
	}
	return first;
}

/* Send SYN+ACK again, or give up. */
static void timed_out(struct sock *sk, struct atcp_half *half,
		      struct atcp_step *step)
{
	struct atcp_tx tx;

	if (!atcp_embryo_handle_timeout(&half->core, &atcp_sk(sk)->conn.config,
					&tx, step)) {
		atcp_half_drop(half);
		return;
	}
	atcp_half_requeue(half);
	atcp_half_send(half, &tx);
}

/**
 * atcp_half_timeout() - Do what is due for a listener's half-open connections.
 * @sk: Listener.
 *
 * Context: SK, BH off.
 */
void atcp_half_timeout(struct sock *sk)
{
	struct atcp_listener *l = atcp_sk(sk)->listener;
	struct atcp_half *half, *next;
	struct atcp_step step;
	int i;

	if (!l)
		return;
	atcp_step_init(&step, ktime_get_ns(), NULL);
	/* Downwards: who moves up a level is not met again. */
	for (i = ATCP_LISTENER_LEVELS - 1; i >= 0; i--) {
		list_for_each_entry_safe(half, next, &l->levels[i], link) {
			if (half->core.deadline_ns > step.now)
				break;
			timed_out(sk, half, &step);
		}
	}
	atcp_mib_add_set(sock_net(sk), step.counted);
}

/**
 * atcp_half_drain() - Forget one that the namespace drains.
 * @entry: Half-open connection; the caller has a reference.
 *
 * Context: BH off. Takes the listener's lock; does nothing if a user owns it.
 */
void atcp_half_drain(struct atcp_entry *entry)
{
	struct atcp_half *half = atcp_half_of(entry);
	struct sock *sk = half->listener;

	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk))
		atcp_half_drop(half);
	bh_unlock_sock(sk);
}

/**
 * atcp_half_icmp() - A SYN+ACK of ours could not be delivered.
 * @entry: Half-open connection; the caller has a reference.
 * @seq: Sequence number that ICMP quotes.
 *
 * RFC 5927 section 4.1: only if the number is right.
 *
 * Context: softirq. Takes the listener's lock; does nothing if a user owns it.
 */
void atcp_half_icmp(struct atcp_entry *entry, u32 seq)
{
	struct atcp_half *half = atcp_half_of(entry);
	struct sock *sk = half->listener;

	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk) && seq == half->core.iss)
		atcp_half_drop(half);
	bh_unlock_sock(sk);
}

int __init atcp_half_init(void)
{
	cache = kmem_cache_create("atcp_half", sizeof(struct atcp_half), 0,
				  SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT |
					  SLAB_NO_MERGE, NULL);
	return cache ? 0 : -ENOMEM;
}

void atcp_half_exit(void)
{
	kmem_cache_destroy(cache);
}
