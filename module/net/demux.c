// SPDX-License-Identifier: GPL-2.0
/*
 * The table of connections, and the listeners.
 *
 * Look-ups walk a bucket under RCU. Changes take the bucket's lock. What takes
 * over a 4-tuple from something else (a child from its half-open connection,
 * TIME-WAIT from a socket) is put in its place within one step, so that no
 * look-up misses both.
 */
#include <linux/jhash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/l3mdev.h>
#include <net/netns/hash.h>

#include "accept.h"
#include "demux.h"
#include "half.h"
#include "netns.h"
#include "sock.h"
#include "timewait.h"

/* One bucket for this much memory, within limits. */
#define MEMORY_PER_BUCKET SZ_256K
#define BUCKETS_MIN 256
#define BUCKETS_MAX SZ_256K

/**
 * struct bucket - Connections of one hash value.
 * @lock: Of @head. A leaf but for what Documentation/locking.rst says.
 * @head: struct atcp_entry, by node.
 */
struct bucket {
	spinlock_t lock; /* of head */
	struct hlist_head head;
};

static struct bucket *buckets;
static u32 bucket_mask;
static u32 hash_seed;

/* Listeners by port; changed under the lock, walked under RCU. */
static struct hlist_head listeners[ATCP_LISTENER_BUCKETS];
static DEFINE_SPINLOCK(listeners_lock);

static u32 hash_entry(const struct atcp_entry *e)
{
	u32 ports = (__force u32)e->lport << 16 | (__force u32)e->rport;

	return jhash_3words((__force u32)e->laddr, (__force u32)e->raddr, ports,
			    hash_seed ^ net_hash_mix(e->net));
}

static struct bucket *bucket_of(u32 hash)
{
	return &buckets[hash & bucket_mask];
}

static bool same_tuple(const struct atcp_entry *a, const struct atcp_entry *b)
{
	return a->rport == b->rport && a->lport == b->lport &&
	       a->raddr == b->raddr && a->laddr == b->laddr &&
	       a->is_wire6 == b->is_wire6 && a->net == b->net;
}

/* The VRF that a device belongs to, or 0. */
static int vrf_of(struct net *net, int dev)
{
#ifdef CONFIG_NET_L3_MASTER_DEV
	if (!READ_ONCE(net->ipv4.sysctl_tcp_l3mdev_accept))
		return l3mdev_master_ifindex_by_index(net, dev);
#endif
	return 0;
}

/**
 * atcp_demux_devs_overlap() - May a segment be for either of two?
 * @net: Namespace.
 * @a: What one is bound to, a device, a VRF or 0.
 * @b: What the other is bound to.
 *
 * Who is bound to no device hears all of them, but not those in a VRF unless
 * net.ipv4.tcp_l3mdev_accept says so.
 *
 * Context: any.
 * Return: true if it may.
 */
bool atcp_demux_devs_overlap(struct net *net, int a, int b)
{
	if (a == b)
		return true;
	return (!a || !b) && vrf_of(net, a) == vrf_of(net, b);
}

static bool matches(const struct atcp_entry *e, const struct atcp_entry *key,
		    int sdif)
{
	return same_tuple(e, key) &&
	       inet_sk_bound_dev_eq(e->net, READ_ONCE(e->dev), key->dev,
				    sdif);
}

struct sock *atcp_demux_sock(struct atcp_entry *entry)
{
	return &container_of(entry, struct atcp_sock, entry)->inet.sk;
}

static bool get_entry(struct atcp_entry *e)
{
	if (e->kind == ATCP_ENTRY_SOCK)
		return refcount_inc_not_zero(&atcp_demux_sock(e)->sk_refcnt);
	return refcount_inc_not_zero(&e->refs);
}

/**
 * atcp_demux_put() - Drop the reference that atcp_demux_find() took.
 * @entry: What it returned.
 *
 * Context: any.
 */
void atcp_demux_put(struct atcp_entry *entry)
{
	switch ((enum atcp_entry_kind)entry->kind) {
	case ATCP_ENTRY_SOCK:
		sock_put(atcp_demux_sock(entry));
		return;
	case ATCP_ENTRY_EMBRYO:
		atcp_half_put(entry);
		return;
	case ATCP_ENTRY_TIMEWAIT:
		atcp_timewait_put(entry);
		return;
	}
}

/**
 * atcp_demux_find() - Who is responsible for a segment?
 * @key: Namespace, addresses and ports as its receiver sees them, wire protocol;
 *	the interface that it came in by (inet_iif()).
 * @sdif: With VRF, the interface below that (inet_sdif()).
 *
 * Context: softirq or BH off, in an RCU read section.
 * Return: a connection with a reference taken, or NULL.
 */
struct atcp_entry *atcp_demux_find(const struct atcp_entry *key, int sdif)
{
	struct bucket *b = bucket_of(hash_entry(key));
	struct atcp_entry *e;

	hlist_for_each_entry_rcu(e, &b->head, node) {
		if (!matches(e, key, sdif))
			continue;
		if (!get_entry(e))
			continue;
		/* A socket may have got another peer in between. */
		if (matches(e, key, sdif))
			return e;
		atcp_demux_put(e);
	}
	return NULL;
}

/* In @b and not to be passed over: another connection with this 4-tuple. */
static struct atcp_entry *find_rival(struct bucket *b,
				     const struct atcp_entry *entry)
{
	struct atcp_entry *e;

	hlist_for_each_entry(e, &b->head, node)
		if (same_tuple(e, entry) &&
		    atcp_demux_devs_overlap(e->net, e->dev, entry->dev))
			return e;
	return NULL;
}

static void replace(struct atcp_entry *old, struct atcp_entry *new)
{
	hlist_replace_rcu(&old->node, &new->node);
	old->node.pprev = NULL;
	WRITE_ONCE(old->is_hashed, false);
	WRITE_ONCE(new->is_hashed, true);
}

/**
 * atcp_demux_hash() - Enter a connection.
 * @entry: Connection; its tuple is set and stays.
 * @instead_of: What it takes the place of, or NULL.
 *
 * Context: BH off or process.
 * Return: 0, or -EADDRNOTAVAIL if there is another, or -ENOENT if @instead_of
 * has gone.
 */
int atcp_demux_hash(struct atcp_entry *entry, struct atcp_entry *instead_of)
{
	struct bucket *b = bucket_of(hash_entry(entry));
	int err = 0;

	spin_lock_bh(&b->lock);
	if (instead_of) {
		if (instead_of->is_hashed)
			replace(instead_of, entry);
		else
			err = -ENOENT;
	} else if (find_rival(b, entry)) {
		err = -EADDRNOTAVAIL;
	} else {
		hlist_add_head_rcu(&entry->node, &b->head);
		WRITE_ONCE(entry->is_hashed, true);
	}
	spin_unlock_bh(&b->lock);

	return err;
}

/**
 * atcp_demux_hash_unique() - Enter a connection that we open.
 * @entry: Connection; its tuple is set and stays.
 * @iss: Initial number to use, if TIME-WAIT gave way; else untouched.
 *
 * TIME-WAIT of an earlier connection gives way where RFC 6191 allows it: the
 * caller goes on to atcp_timewait_forget().
 *
 * Context: BH off, ports locked.
 * Return: NULL, the TIME-WAIT that has left, or -EADDRNOTAVAIL.
 */
struct atcp_entry *atcp_demux_hash_unique(struct atcp_entry *entry, u32 *iss)
{
	struct bucket *b = bucket_of(hash_entry(entry));
	struct atcp_entry *rival;

	spin_lock(&b->lock);
	rival = find_rival(b, entry);
	if (!rival) {
		hlist_add_head_rcu(&entry->node, &b->head);
		WRITE_ONCE(entry->is_hashed, true);
	} else if (rival->kind == ATCP_ENTRY_TIMEWAIT &&
		   atcp_timewait_yields(rival, iss)) {
		replace(rival, entry);
	} else {
		rival = ERR_PTR(-EADDRNOTAVAIL);
	}
	spin_unlock(&b->lock);

	return rival;
}

/**
 * atcp_demux_unhash() - Take a connection out of the table.
 * @entry: Connection, in the table or not.
 *
 * Context: BH off or process.
 * Return: true if it was in the table: whoever gets this may drop the
 * reference that stood for being there.
 */
bool atcp_demux_unhash(struct atcp_entry *entry)
{
	struct bucket *b = bucket_of(hash_entry(entry));
	bool was_hashed;

	spin_lock_bh(&b->lock);
	was_hashed = entry->is_hashed;
	if (was_hashed) {
		hlist_del_init_rcu(&entry->node);
		WRITE_ONCE(entry->is_hashed, false);
	}
	spin_unlock_bh(&b->lock);

	if (was_hashed && entry->kind == ATCP_ENTRY_SOCK)
		container_of(entry, struct atcp_sock, entry)->unhashed_gp =
			get_state_synchronize_rcu();
	return was_hashed;
}

static struct hlist_head *listener_bucket(const struct net *net, u16 port)
{
	return &listeners[(port ^ net_hash_mix(net)) % ATCP_LISTENER_BUCKETS];
}

/**
 * atcp_demux_hash_listener() - Enter a listener.
 * @sk: Bound socket in LISTEN, with its struct atcp_listener.
 *
 * Context: SK.
 * Return: 0.
 */
int atcp_demux_hash_listener(struct sock *sk)
{
	struct atcp_listener *l = atcp_sk(sk)->listener;

	spin_lock_bh(&listeners_lock);
	hlist_add_head_rcu(&l->node, listener_bucket(sock_net(sk),
						     inet_sk(sk)->inet_num));
	spin_unlock_bh(&listeners_lock);

	return 0;
}

/**
 * atcp_demux_unhash_listener() - Take a listener out of the table.
 * @sk: Listener, in the table.
 *
 * Context: SK.
 */
void atcp_demux_unhash_listener(struct sock *sk)
{
	spin_lock_bh(&listeners_lock);
	hlist_del_rcu(&atcp_sk(sk)->listener->node);
	spin_unlock_bh(&listeners_lock);
}

/* How well a listener fits; 0: not at all. */
static int score(const struct sock *sk, const struct atcp_entry *key, int sdif)
{
	const struct inet_sock *inet = inet_sk(sk);
	int points = 1;

	if (!net_eq(sock_net(sk), key->net) ||
	    inet->inet_num != ntohs(key->lport) ||
	    atcp_sock_is_wire6(sk) != key->is_wire6)
		return 0;
	if (!inet_sk_bound_dev_eq(sock_net(sk), READ_ONCE(sk->sk_bound_dev_if),
				  key->dev, sdif))
		return 0;
	if (inet->inet_rcv_saddr) {
		if (inet->inet_rcv_saddr != key->laddr)
			return 0;
		points += 4;
	}
	if (sk->sk_bound_dev_if)
		points += 2;
	return points;
}

/*
 * The best fit; among equals with SO_REUSEPORT one by the segment's hash, so
 * that each SYN of a client, and its last ACK, find the same.
 */
static struct sock *best_listener(const struct atcp_entry *key, int sdif)
{
	struct sock *best = NULL;
	struct atcp_listener *l;
	u32 nr_equal = 0, hash;
	int top = 0;

	hash = hash_entry(key);
	hlist_for_each_entry_rcu(l, listener_bucket(key->net, ntohs(key->lport)),
				 node) {
		int points = score(l->sk, key, sdif);

		if (!points || points < top)
			continue;
		if (points > top) {
			top = points;
			nr_equal = 0;
		}
		nr_equal++;
		hash = jhash_1word(hash, hash_seed);
		if (nr_equal == 1 || !reciprocal_scale(hash, nr_equal))
			best = l->sk;
	}
	return best;
}

/**
 * atcp_demux_find_listener() - Who listens where a segment goes?
 * @key: As atcp_demux_find() has it.
 * @sdif: With VRF, the interface below that (inet_sdif()).
 *
 * Context: softirq or BH off, in an RCU read section.
 * Return: a socket with a reference taken, or NULL.
 */
struct sock *atcp_demux_find_listener(const struct atcp_entry *key, int sdif)
{
	struct sock *sk;

	/* One without references has left the list: look again. */
	do {
		sk = best_listener(key, sdif);
	} while (sk && !refcount_inc_not_zero(&sk->sk_refcnt));
	return sk;
}

/* The first entry of a bucket that @net shall give up, with a reference. */
static struct atcp_entry *first_to_purge(struct bucket *b, struct net *net)
{
	struct atcp_entry *e;

	hlist_for_each_entry_rcu(e, &b->head, node) {
		if (e->net != net || e->kind == ATCP_ENTRY_TIMEWAIT)
			continue;
		if (e->kind == ATCP_ENTRY_SOCK &&
		    !sock_flag(atcp_demux_sock(e), SOCK_DEAD))
			continue;
		if (get_entry(e))
			return e;
	}
	return NULL;
}

static void abort_orphan(struct net *net, struct sock *sk)
{
	struct atcp_step step;

	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk) && sock_flag(sk, SOCK_DEAD)) {
		atcp_sock_begin(&step);
		atcp_conn_abort(&atcp_sk(sk)->conn, &step);
		atcp_sock_settle(sk, &step);
		atcp_mib_inc(net, ATCP_NETMIB_ORPHANS_ABORTED);
	}
	bh_unlock_sock(sk);
}

/* Returns false if there was nothing left, or what there was is in use. */
static bool purge_one(struct bucket *b, struct net *net)
{
	bool is_gone = false;
	struct atcp_entry *e;

	rcu_read_lock_bh();
	e = first_to_purge(b, net);
	if (e) {
		if (e->kind == ATCP_ENTRY_EMBRYO)
			atcp_half_drain(e);
		else
			abort_orphan(net, atcp_demux_sock(e));
		is_gone = !READ_ONCE(e->is_hashed);
		atcp_demux_put(e);
	}
	rcu_read_unlock_bh();
	cond_resched();

	return is_gone;
}

/**
 * atcp_demux_purge_net() - End what holds up a namespace, or the module.
 * @net: Namespace.
 * @all: The namespace goes: nobody may be spared because he is busy.
 *
 * Aborts connections without a file, forgets half-open ones and TIME-WAIT.
 *
 * Context: process.
 */
void atcp_demux_purge_net(struct net *net, bool all)
{
	u32 i;

	do {
		for (i = 0; i <= bucket_mask; i++)
			while (purge_one(&buckets[i], net))
				;
	} while (all && atomic_read(&atcp_net(net)->nr_orphans));
	atcp_timewait_purge(net);
}

static u32 nr_buckets(void)
{
	u64 memory = (u64)totalram_pages() << PAGE_SHIFT;

	return roundup_pow_of_two(clamp_t(u64,
					  div_u64(memory, MEMORY_PER_BUCKET),
					  BUCKETS_MIN, BUCKETS_MAX));
}

int __init atcp_demux_init(void)
{
	u32 i, nr = nr_buckets();

	buckets = kvmalloc_array(nr, sizeof(*buckets), GFP_KERNEL);
	if (!buckets)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		spin_lock_init(&buckets[i].lock);
		INIT_HLIST_HEAD(&buckets[i].head);
	}
	bucket_mask = nr - 1;
	get_random_bytes(&hash_seed, sizeof(hash_seed));
	return 0;
}

/* Nobody is left who could look anything up. */
void atcp_demux_exit(void)
{
	u32 i;

	for (i = 0; i <= bucket_mask; i++)
		WARN_ON(!hlist_empty(&buckets[i].head));
	kvfree(buckets);
}

/**
 * atcp_demux_nr_buckets() - Size of the table of connections.
 *
 * Return: number of buckets.
 */
u32 atcp_demux_nr_buckets(void)
{
	return bucket_mask + 1;
}

/**
 * atcp_demux_nth_entry() - For a walk over the table of connections.
 * @net: Namespace.
 * @bucket: Bucket.
 * @nth: How many of @net's in it to pass over.
 *
 * Context: RCU read section.
 * Return: entry, or NULL if the bucket has fewer.
 */
struct atcp_entry *atcp_demux_nth_entry(struct net *net, u32 bucket, u32 nth)
{
	struct atcp_entry *e;

	hlist_for_each_entry_rcu(e, &buckets[bucket].head, node)
		if (e->net == net && !nth--)
			return e;
	return NULL;
}

/**
 * atcp_demux_nth_listener() - For a walk over the listeners.
 * @net: Namespace.
 * @bucket: Bucket, below ATCP_LISTENER_BUCKETS.
 * @nth: How many of @net's in it to pass over.
 *
 * Context: RCU read section.
 * Return: listener, or NULL if the bucket has fewer.
 */
struct sock *atcp_demux_nth_listener(struct net *net, u32 bucket, u32 nth)
{
	struct atcp_listener *l;

	hlist_for_each_entry_rcu(l, &listeners[bucket], node)
		if (net_eq(sock_net(l->sk), net) && !nth--)
			return l->sk;
	return NULL;
}
