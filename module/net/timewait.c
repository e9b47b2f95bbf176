// SPDX-License-Identifier: GPL-2.0
/*
 * TIME-WAIT: small objects that stand in for connections that have ended.
 *
 * All wait equally long, so those that began on one CPU wait in a queue whose
 * head is always the next to go, and one hrtimer serves it. Who takes an object
 * out of the table of connections (the timer, a new incarnation, the end of the
 * namespace) also ends it; the table's reference is his.
 */
#include <linux/hrtimer.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "core/timewait.h"
#include "demux.h"
#include "netns.h"
#include "reply.h"
#include "sock.h"
#include "timewait.h"

/**
 * struct timewait - A connection in TIME-WAIT.
 * @entry: In the table of connections.
 * @core: What the protocol remembers. The queue's lock.
 * @link: In its queue. The queue's lock.
 * @rcu: When it is freed.
 * @bind_node: Keeps the local port. The port's lock.
 * @expires_ms: When it ends, ms. The queue's lock.
 * @mark: Of answers.
 */
struct timewait {
	struct atcp_entry entry;
	struct atcp_timewait core;
	union {
		struct list_head link;
		struct rcu_head rcu;
	};
	struct hlist_node bind_node;
	u32 expires_ms;
	u32 mark;
};

#ifdef CONFIG_64BIT
static_assert(sizeof(struct timewait) <= 128, "half of native's");
#endif

/**
 * struct queue - Objects that wait, the next to go first.
 * @lock: Of everything here and in the objects. A leaf.
 * @list: struct timewait, by link.
 * @timer: Armed for the head whenever @list is not empty.
 */
struct queue {
	spinlock_t lock; /* of all here */
	struct list_head list;
	struct hrtimer timer;
};

/* More CPUs than this share: the number of the queue has 8 bits in the entry. */
#define QUEUES_MAX 256

static struct queue *queues;
static unsigned int nr_queues;
static struct kmem_cache *cache;

static struct timewait *of_entry(struct atcp_entry *entry)
{
	return container_of(entry, struct timewait, entry);
}

const struct atcp_entry *atcp_timewait_entry(const struct hlist_node *bind_node)
{
	return &container_of(bind_node, struct timewait, bind_node)->entry;
}

static struct queue *queue_of(const struct timewait *tw)
{
	return &queues[tw->entry.fifo];
}

static u32 ms_of(u64 ns)
{
	return (u32)div_u64(ns, NSEC_PER_MSEC);
}

/* Context: the queue's lock. */
static void arm(struct queue *q)
{
	const struct timewait *head;
	u64 now = ktime_get_ns();
	s32 ms;

	head = list_first_entry(&q->list, struct timewait, link);
	ms = max_t(s32, head->expires_ms - ms_of(now), 0);
	hrtimer_start(&q->timer, ns_to_ktime(now + (u64)ms * NSEC_PER_MSEC),
		      HRTIMER_MODE_ABS_SOFT);
}

/* Context: the queue's lock. */
static void append(struct queue *q, struct timewait *tw)
{
	bool was_empty = list_empty(&q->list);

	/* The clock is cut to ms: one more, so that none goes early. */
	tw->expires_ms = ms_of(ktime_get_ns() + ATCP_TIME_WAIT_NS) + 1;
	list_add_tail(&tw->link, &q->list);
	if (was_empty)
		arm(q);
}

static void free_rcu_cb(struct rcu_head *rcu)
{
	kmem_cache_free(cache, container_of(rcu, struct timewait, rcu));
}

/**
 * atcp_timewait_put() - Drop a reference.
 * @entry: TIME-WAIT.
 *
 * Context: any.
 */
void atcp_timewait_put(struct atcp_entry *entry)
{
	if (refcount_dec_and_test(&entry->refs))
		call_rcu(&of_entry(entry)->rcu, free_rcu_cb);
}

/**
 * atcp_timewait_forget() - End a TIME-WAIT that has left the table.
 * @entry: TIME-WAIT. The table's reference goes.
 *
 * Context: BH off or process; no lock of a queue, bucket or port.
 */
void atcp_timewait_forget(struct atcp_entry *entry)
{
	struct timewait *tw = of_entry(entry);
	struct queue *q = queue_of(tw);

	spin_lock_bh(&q->lock);
	list_del_init(&tw->link);
	spin_unlock_bh(&q->lock);
	atcp_bind_del_timewait(entry, &tw->bind_node);
	atomic_dec(&atcp_net(entry->net)->nr_tw);
	atcp_timewait_put(entry);
}

static void end(struct timewait *tw)
{
	if (atcp_demux_unhash(&tw->entry))
		atcp_timewait_forget(&tw->entry);
}

/* Take the head out of the queue if its time has come, with a reference. */
static struct timewait *pop_expired(struct queue *q)
{
	struct timewait *tw;

	spin_lock(&q->lock);
	tw = list_first_entry_or_null(&q->list, struct timewait, link);
	if (tw && (s32)(tw->expires_ms - ms_of(ktime_get_ns())) > 0) {
		arm(q);
		tw = NULL;
	}
	if (tw) {
		refcount_inc(&tw->entry.refs);
		list_del_init(&tw->link);
	}
	spin_unlock(&q->lock);

	return tw;
}

static enum hrtimer_restart fire(struct hrtimer *timer)
{
	struct queue *q = container_of(timer, struct queue, timer);
	struct timewait *tw;

	while ((tw = pop_expired(q))) {
		end(tw);
		atcp_timewait_put(&tw->entry);
	}
	return HRTIMER_NORESTART;
}

static bool is_too_many(struct net *net)
{
	int limit = READ_ONCE(net->ipv4.tcp_death_row.sysctl_max_tw_buckets);

	return atomic_read(&atcp_net(net)->nr_tw) >= limit;
}

static void fill_entry(struct atcp_entry *to, const struct sock *sk)
{
	const struct atcp_sock *as = atcp_sk(sk);

	*to = as->entry;
	INIT_HLIST_NODE(&to->node);
	refcount_set(&to->refs, 1);
	to->is_hashed = false;
	to->kind = ATCP_ENTRY_TIMEWAIT;
	to->is_autobound = as->is_autobound;
	to->reuse = !!sk->sk_reuse;
	to->reuseport = sk->sk_reuseport;
	to->fifo = raw_smp_processor_id() % nr_queues;
	to->tos = inet_sk(sk)->tos;
}

/**
 * atcp_timewait_enter() - Put TIME-WAIT in a socket's place.
 * @sk: Socket whose connection is in TIME-WAIT, in the table and bound. It
 *	leaves the table; the caller ends it.
 *
 * Without memory, or with too many of them, there is no TIME-WAIT: counted.
 *
 * Context: SK.
 */
void atcp_timewait_enter(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct net *net = sock_net(sk);
	struct timewait *tw = NULL;
	struct queue *q;

	if (!as->entry.is_hashed || !as->bind)
		return;
	if (!is_too_many(net))
		tw = kmem_cache_alloc(cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!tw) {
		atcp_mib_inc(net, ATCP_NETMIB_TW_OVERFLOWS);
		return;
	}

	fill_entry(&tw->entry, sk);
	atcp_timewait_init(&tw->core, &as->conn);
	tw->mark = READ_ONCE(sk->sk_mark);
	atomic_inc(&atcp_net(net)->nr_tw);
	atcp_mib_inc(net, ATCP_NETMIB_TW_CREATED);

	atcp_bind_add_timewait(sk, &tw->bind_node);
	q = queue_of(tw);
	spin_lock_bh(&q->lock);
	append(q, tw);
	spin_unlock_bh(&q->lock);
	if (atcp_demux_hash(&tw->entry, &as->entry))
		atcp_timewait_forget(&tw->entry);
	else
		as->unhashed_gp = get_state_synchronize_rcu();
}

/**
 * atcp_timewait_yields() - Does TIME-WAIT give way to our own connect()?
 * @entry: TIME-WAIT.
 * @iss: Set to the initial number to use, if so.
 *
 * RFC 6191, as net.ipv4.tcp_tw_reuse says: 0 never, 1 yes, 2 within this host.
 *
 * Context: the bucket's lock.
 * Return: true if it does.
 */
bool atcp_timewait_yields(struct atcp_entry *entry, u32 *iss)
{
	int mode = READ_ONCE(entry->net->ipv4.sysctl_tcp_tw_reuse);
	struct timewait *tw = of_entry(entry);
	struct queue *q = queue_of(tw);
	bool yields;

	if (!mode || (mode == 2 && !ipv4_is_loopback(entry->raddr) &&
		      entry->raddr != entry->laddr))
		return false;
	spin_lock(&q->lock);
	yields = atcp_timewait_may_reuse(&tw->core, ktime_get_ns(), iss);
	spin_unlock(&q->lock);

	return yields;
}

static void answer(struct timewait *tw, struct sk_buff *skb,
		   const struct atcp_tx *tx)
{
	struct atcp_reply r;

	atcp_reply_to_skb(&r, tw->entry.net, skb);
	r.oif = tw->entry.dev ?: r.oif;
	r.mark = r.mark ?: tw->mark;
	r.tos = tw->entry.tos;
	atcp_reply_send(&r, NULL, tx);
}

/**
 * atcp_timewait_handle() - A segment for a connection in TIME-WAIT.
 * @entry: TIME-WAIT; the caller has a reference.
 * @skb: The segment; stays the caller's.
 * @seg: The same, parsed.
 * @iss: Set if the segment begins a new incarnation.
 *
 * Context: softirq or BH off.
 * Return: true if a listener, if there is one, shall take the segment with
 * @iss, and the TIME-WAIT be ended.
 */
bool atcp_timewait_handle(struct atcp_entry *entry, struct sk_buff *skb,
			  const struct atcp_seg *seg, u32 *iss)
{
	struct timewait *tw = of_entry(entry);
	struct queue *q = queue_of(tw);
	enum atcp_timewait_verdict verdict;
	struct atcp_step step;
	struct atcp_tx tx;

	atcp_step_init(&step, ktime_get_ns(), NULL);
	spin_lock(&q->lock);
	verdict = atcp_timewait_handle_segment(&tw->core, seg,
					       atcp_sysctl_options(entry->net),
					       &tx, iss, &step);
	/* Out of its queue it is about to go, whatever comes. */
	if (verdict == ATCP_TW_RESTART && !list_empty(&tw->link)) {
		list_del(&tw->link);
		append(q, tw);
	}
	spin_unlock(&q->lock);

	atcp_mib_add_set(entry->net, step.counted);
	if (verdict == ATCP_TW_ANSWER || verdict == ATCP_TW_RESTART)
		answer(tw, skb, &tx);
	return verdict == ATCP_TW_REUSE;
}

static void purge_queue(struct queue *q, struct net *net)
{
	struct timewait *tw, *next;
	LIST_HEAD(doomed);

	spin_lock_bh(&q->lock);
	/* One that is still being made is not in the table yet: it stays. */
	list_for_each_entry_safe(tw, next, &q->list, link)
		if (tw->entry.net == net && READ_ONCE(tw->entry.is_hashed))
			list_move_tail(&tw->link, &doomed);
	/* On that list they are still found by others, who may end them. */
	while (!list_empty(&doomed)) {
		tw = list_first_entry(&doomed, struct timewait, link);
		list_del_init(&tw->link);
		refcount_inc(&tw->entry.refs);
		spin_unlock_bh(&q->lock);
		end(tw);
		atcp_timewait_put(&tw->entry);
		cond_resched();
		spin_lock_bh(&q->lock);
	}
	spin_unlock_bh(&q->lock);
}

/**
 * atcp_timewait_purge() - End all of a namespace's.
 * @net: Namespace.
 *
 * Context: process.
 */
void atcp_timewait_purge(struct net *net)
{
	unsigned int i;

	for (i = 0; i < nr_queues; i++)
		purge_queue(&queues[i], net);
}

int __init atcp_timewait_start(void)
{
	unsigned int i;

	cache = kmem_cache_create("atcp_timewait", sizeof(struct timewait), 0,
				  SLAB_HWCACHE_ALIGN | SLAB_NO_MERGE, NULL);
	if (!cache)
		return -ENOMEM;
	nr_queues = min_t(unsigned int, nr_cpu_ids, QUEUES_MAX);
	queues = kcalloc(nr_queues, sizeof(*queues), GFP_KERNEL);
	if (!queues) {
		kmem_cache_destroy(cache);
		return -ENOMEM;
	}
	for (i = 0; i < nr_queues; i++) {
		spin_lock_init(&queues[i].lock);
		INIT_LIST_HEAD(&queues[i].list);
		atcp_compat_hrtimer_setup(&queues[i].timer, fire,
					  HRTIMER_MODE_ABS_SOFT);
	}
	return 0;
}

/* All namespaces have been purged, and RCU's callbacks have run. */
void atcp_timewait_stop(void)
{
	unsigned int i;

	for (i = 0; i < nr_queues; i++)
		hrtimer_cancel(&queues[i].timer);
	kfree(queues);
	kmem_cache_destroy(cache);
}
