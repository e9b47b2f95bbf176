// SPDX-License-Identifier: GPL-2.0
/*
 * Ports: who may have which, beside whom.
 *
 * A port in use has a struct atcp_bind with the sockets and TIME-WAIT objects
 * that have it, all of one wire protocol. Sockets that got theirs from connect()
 * share it freely, since their 4-tuples differ; sockets that asked for one share
 * it by Linux's rules of SO_REUSEADDR and SO_REUSEPORT. On wire protocol 6 native
 * TCP has ports of the same kind, and a port has leases too: lease.c.
 */
#include <linux/log2.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/inet_hashtables.h>
#include <net/netns/hash.h>
#include <net/secure_seq.h>

#include "demux.h"
#include "lease.h"
#include "sock.h"
#include "timewait.h"
#include "wire6.h"

#define BIND_BUCKETS 4096
#define PERTURB_SLOTS 1024

/**
 * struct atcp_bind - A port in use in a namespace.
 * @node: In its bucket.
 * @net: Namespace.
 * @port: Port.
 * @is_wire6: Of wire protocol 6; else of 253.
 * @nr_explicit: How many of the owners did not get it from connect().
 * @socks: Sockets that have it: struct atcp_sock, by bind_node.
 * @tws: TIME-WAIT objects that still have it.
 * @leases: What native TCP sees of it, with wire protocol 6.
 *
 * All of it under the bucket's lock. Gone when nobody has the port.
 */
struct atcp_bind {
	struct hlist_node node;
	struct net *net;
	u16 port;
	bool is_wire6;
	unsigned int nr_explicit;
	struct hlist_head socks;
	struct hlist_head tws;
	struct hlist_head leases;
};

static struct {
	spinlock_t lock; /* of head, and all that hangs on it */
	struct hlist_head head;
} ports[BIND_BUCKETS];

/* RFC 6056 algorithm 4: where the search for a port begins, by destination. */
static u32 perturb[PERTURB_SLOTS];

static u32 bucket_of(const struct net *net, u16 port)
{
	return (port ^ net_hash_mix(net)) % BIND_BUCKETS;
}

static struct atcp_bind *find(struct net *net, u16 port, bool is_wire6)
{
	struct atcp_bind *bind;

	hlist_for_each_entry(bind, &ports[bucket_of(net, port)].head, node)
		if (bind->port == port && bind->net == net &&
		    bind->is_wire6 == is_wire6)
			return bind;
	return NULL;
}

/* For @sk to have it. */
static struct atcp_bind *find_or_create(const struct sock *sk, u16 port)
{
	bool is_wire6 = atcp_sock_is_wire6(sk);
	struct net *net = sock_net(sk);
	struct atcp_bind *bind = find(net, port, is_wire6);

	if (bind)
		return bind;
	bind = kzalloc(sizeof(*bind), GFP_ATOMIC);
	if (!bind)
		return NULL;
	bind->net = net;
	bind->port = port;
	bind->is_wire6 = is_wire6;
	if (is_wire6)
		atcp_wire6_get();
	hlist_add_head(&bind->node, &ports[bucket_of(net, port)].head);
	return bind;
}

static void free_if_unused(struct atcp_bind *bind)
{
	if (!hlist_empty(&bind->socks) || !hlist_empty(&bind->tws))
		return;
	if (bind->is_wire6) {
		atcp_lease_end(&bind->leases);
		atcp_wire6_put();
	}
	hlist_del(&bind->node);
	kfree(bind);
}

static void add_owner(struct atcp_bind *bind, struct sock *sk, bool is_auto)
{
	struct atcp_sock *as = atcp_sk(sk);

	as->bind = bind;
	as->is_autobound = is_auto;
	hlist_add_head(&as->bind_node, &bind->socks);
	bind->nr_explicit += !is_auto;
	inet_sk(sk)->inet_num = bind->port;
}

static bool addresses_overlap(__be32 a, __be32 b)
{
	return !a || !b || a == b;
}

/* May two sockets share a port although one's segments might be the other's? */
static bool may_share(const struct sock *sk, const struct sock *other)
{
	if (sk->sk_reuse && other->sk_reuse && other->sk_state != TCP_LISTEN)
		return true;
	return sk->sk_reuseport && other->sk_reuseport &&
	       uid_eq(sock_i_uid((struct sock *)sk),
		      sock_i_uid((struct sock *)other));
}

static bool socks_conflict(const struct atcp_bind *bind, const struct sock *sk,
			   bool is_wanted)
{
	struct atcp_sock *other;

	hlist_for_each_entry(other, &bind->socks, bind_node) {
		struct sock *sk2 = &other->inet.sk;

		if (sk2 == sk)
			continue;
		if (!atcp_demux_devs_overlap(bind->net, sk->sk_bound_dev_if,
					     sk2->sk_bound_dev_if))
			continue;
		if (!addresses_overlap(inet_sk(sk)->inet_rcv_saddr,
				       other->inet.inet_rcv_saddr))
			continue;
		if (!is_wanted || !may_share(sk, sk2))
			return true;
	}
	return false;
}

static bool tws_conflict(const struct atcp_bind *bind, const struct sock *sk,
			 bool is_wanted)
{
	struct hlist_node *node;

	hlist_for_each(node, &bind->tws) {
		const struct atcp_entry *tw = atcp_timewait_entry(node);

		if (!atcp_demux_devs_overlap(bind->net, sk->sk_bound_dev_if,
					     tw->dev))
			continue;
		if (!addresses_overlap(inet_sk(sk)->inet_rcv_saddr, tw->laddr))
			continue;
		if (!is_wanted || !((sk->sk_reuse && tw->reuse) ||
				    (sk->sk_reuseport && tw->reuseport)))
			return true;
	}
	return false;
}

/*
 * @is_wanted: the user has named this port, so the options that allow sharing
 * count; one that we choose shall be free.
 */
static bool conflicts(const struct atcp_bind *bind, const struct sock *sk,
		      bool is_wanted)
{
	return socks_conflict(bind, sk, is_wanted) ||
	       tws_conflict(bind, sk, is_wanted);
}

/* Context: the port's lock. */
static int bind_locked(struct atcp_bind *bind, struct sock *sk, bool is_wanted,
		       struct atcp_lease **spare)
{
	int err;

	if (conflicts(bind, sk, is_wanted))
		return -EADDRINUSE;
	err = atcp_lease_cover(&bind->leases, sk, bind->port, spare);
	if (!err && !atcp_sk(sk)->bind)
		add_owner(bind, sk, false);
	return err;
}

static int bind_port(struct sock *sk, u16 port, bool is_wanted,
		     struct atcp_lease **spare)
{
	u32 i = bucket_of(sock_net(sk), port);
	struct atcp_bind *bind;
	int err = -ENOMEM;

	spin_lock_bh(&ports[i].lock);
	bind = find_or_create(sk, port);
	if (bind) {
		err = bind_locked(bind, sk, is_wanted, spare);
		free_if_unused(bind);
	}
	spin_unlock_bh(&ports[i].lock);

	return err;
}

/**
 * struct search - A search through the ephemeral ports.
 * @net: Namespace.
 * @low: First port.
 * @nr: How many there are.
 * @offset: Where the search begins.
 * @odd_first: Ports an odd number above @low come first.
 *
 * Those that connect() takes and those that bind() takes come from different
 * halves as long as there are any, as with native TCP.
 */
struct search {
	struct net *net;
	u32 low;
	u32 nr;
	u32 offset;
	bool odd_first;
};

static void search_init(struct search *r, const struct sock *sk)
{
	int low, high;

	inet_sk_get_local_port_range(sk, &low, &high);
	r->net = sock_net(sk);
	r->low = low;
	r->nr = high - low + 1;
}

/* The @i-th port to try, or 0 if it is not to be given away. */
static u16 search_port(const struct search *r, u32 i)
{
	u32 half = DIV_ROUND_UP(r->nr, 2);
	bool odd = (i >= half) != r->odd_first;
	u32 nth = ((r->offset + i) % half) * 2 + odd;

	if (nth >= r->nr ||
	    inet_is_local_reserved_port(r->net, r->low + nth))
		return 0;
	return r->low + nth;
}

/* All numbers to try: either half is rounded up. */
static u32 search_tries(const struct search *r)
{
	return 2 * DIV_ROUND_UP(r->nr, 2);
}

static int bind_any(struct sock *sk, struct atcp_lease **spare)
{
	struct search r;
	u32 i;

	search_init(&r, sk);
	r.offset = get_random_u32() >> 1;
	r.odd_first = true;
	for (i = 0; i < search_tries(&r); i++) {
		u16 port = search_port(&r, i);
		int err;

		if (!port)
			continue;
		err = bind_port(sk, port, false, spare);
		if (err != -EADDRINUSE)
			return err;
		cond_resched();
	}
	return -EADDRINUSE;
}

/**
 * atcp_demux_bind() - Give a socket a local port, or ask again if it may have it.
 * @sk: Socket; inet_rcv_saddr is set.
 * @port: The one that it wants, host order, or 0 for any.
 *
 * A socket that is bound already, on its way to LISTEN, is checked anew: what it
 * may share a port with has become less.
 *
 * Context: process, SK.
 * Return: 0, -EADDRINUSE, -ENOMEM.
 */
int atcp_demux_bind(struct sock *sk, unsigned short port)
{
	struct atcp_lease *spare;
	int err;

	if (!port && atcp_sk(sk)->bind)
		port = inet_sk(sk)->inet_num;
	err = atcp_lease_get(sk, &spare);
	if (err)
		return err;
	err = port ? bind_port(sk, port, true, &spare) : bind_any(sk, &spare);
	atcp_lease_put(spare);
	return err;
}

/**
 * atcp_demux_bind_child() - A child has its listener's port.
 * @child: New socket.
 * @listener: Listener, locked.
 *
 * Context: softirq.
 * Return: 0.
 */
int atcp_demux_bind_child(struct sock *child, const struct sock *listener)
{
	struct atcp_bind *bind = atcp_sk(listener)->bind;
	u32 i = bucket_of(bind->net, bind->port);

	spin_lock_bh(&ports[i].lock);
	add_owner(bind, child, false);
	spin_unlock_bh(&ports[i].lock);

	return 0;
}

/**
 * atcp_demux_unbind() - A socket gives its port back.
 * @sk: Socket, bound or not.
 *
 * Context: SK.
 */
void atcp_demux_unbind(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct atcp_bind *bind = as->bind;
	u32 i;

	if (!bind)
		return;
	i = bucket_of(bind->net, bind->port);
	spin_lock_bh(&ports[i].lock);
	hlist_del(&as->bind_node);
	bind->nr_explicit -= !as->is_autobound;
	as->bind = NULL;
	inet_sk(sk)->inet_num = 0;
	free_if_unused(bind);
	spin_unlock_bh(&ports[i].lock);
}

/**
 * atcp_bind_add_timewait() - TIME-WAIT keeps the port of its socket.
 * @sk: Socket.
 * @node: The TIME-WAIT object's bind_node.
 *
 * Context: SK.
 */
void atcp_bind_add_timewait(struct sock *sk, struct hlist_node *node)
{
	struct atcp_bind *bind = atcp_sk(sk)->bind;
	u32 i = bucket_of(bind->net, bind->port);

	spin_lock_bh(&ports[i].lock);
	hlist_add_head(node, &bind->tws);
	bind->nr_explicit += !atcp_timewait_entry(node)->is_autobound;
	spin_unlock_bh(&ports[i].lock);
}

/**
 * atcp_bind_del_timewait() - TIME-WAIT is over.
 * @entry: TIME-WAIT object.
 * @node: Its bind_node.
 *
 * Context: BH off or process.
 */
void atcp_bind_del_timewait(struct atcp_entry *entry, struct hlist_node *node)
{
	u16 port = ntohs(entry->lport);
	u32 i = bucket_of(entry->net, port);
	struct atcp_bind *bind;

	spin_lock_bh(&ports[i].lock);
	bind = find(entry->net, port, entry->is_wire6);
	hlist_del(node);
	bind->nr_explicit -= !entry->is_autobound;
	free_if_unused(bind);
	spin_unlock_bh(&ports[i].lock);
}

static void fill_entry(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);
	struct atcp_entry *e = &atcp_sk(sk)->entry;

	e->net = sock_net(sk);
	e->laddr = inet->inet_rcv_saddr;
	e->raddr = inet->inet_daddr;
	e->lport = inet->inet_sport;
	e->rport = inet->inet_dport;
	e->dev = sk->sk_bound_dev_if;
	e->kind = ATCP_ENTRY_SOCK;
}

/* Context: BH off. */
static int enter_table(struct sock *sk, struct atcp_entry **tw)
{
	struct atcp_sock *as = atcp_sk(sk);

	*tw = atcp_demux_hash_unique(&as->entry, &as->reuse_iss);
	if (!IS_ERR(*tw))
		return 0;
	*tw = NULL;
	return -EADDRNOTAVAIL;
}

/* Context: the port's lock. */
static int connect_locked(struct atcp_bind *bind, struct sock *sk,
			  struct atcp_entry **tw, struct atcp_lease **spare)
{
	int err;

	if (bind->nr_explicit ||
	    atcp_lease_cover(&bind->leases, sk, bind->port, spare))
		return -EADDRNOTAVAIL;
	atcp_sk(sk)->entry.lport = htons(bind->port);
	err = enter_table(sk, tw);
	if (!err)
		add_owner(bind, sk, true);
	return err;
}

/* Take @port for our peer, unless someone has asked for it by number. */
static int connect_port(struct sock *sk, u16 port, struct atcp_entry **tw,
			struct atcp_lease **spare)
{
	u32 i = bucket_of(sock_net(sk), port);
	struct atcp_bind *bind;
	int err = -ENOMEM;

	spin_lock_bh(&ports[i].lock);
	bind = find_or_create(sk, port);
	if (bind) {
		err = connect_locked(bind, sk, tw, spare);
		free_if_unused(bind);
	}
	spin_unlock_bh(&ports[i].lock);

	if (!err)
		inet_sk(sk)->inet_sport = htons(port);
	return err;
}

static int search_and_connect(struct sock *sk, struct atcp_entry **tw,
			      struct atcp_lease **spare)
{
	struct inet_sock *inet = inet_sk(sk);
	struct search r;
	u64 hash;
	u32 *slot;
	u32 i;

	search_init(&r, sk);
	hash = secure_ipv4_port_ephemeral(inet->inet_rcv_saddr,
					  inet->inet_daddr, inet->inet_dport);
	slot = &perturb[(u32)hash % PERTURB_SLOTS];
	r.offset = (READ_ONCE(*slot) + (u32)(hash >> 32)) >> 1;
	r.odd_first = false;
	for (i = 0; i < search_tries(&r); i++) {
		u16 port = search_port(&r, i);
		int err;

		if (!port)
			continue;
		err = connect_port(sk, port, tw, spare);
		if (err == -EADDRNOTAVAIL) {
			cond_resched();
			continue;
		}
		/* The next search begins behind; by how much, nobody knows. */
		WRITE_ONCE(*slot, READ_ONCE(*slot) +
			   2 * (i + 1 + reciprocal_scale(get_random_u32(), 8)));
		return err;
	}
	return -EADDRNOTAVAIL;
}

static int connect_any(struct sock *sk, struct atcp_entry **tw)
{
	struct atcp_lease *spare;
	int err;

	err = atcp_lease_get(sk, &spare);
	if (err)
		return err;
	err = search_and_connect(sk, tw, &spare);
	atcp_lease_put(spare);
	return err;
}

/**
 * atcp_demux_connect() - Give a connection that we open its place.
 * @sk: Socket; inet_rcv_saddr, inet_daddr and inet_dport are set, it is routed,
 *	and it is bound or not.
 *
 * Chooses a port if there is none, enters the table of connections, and routes
 * again if that has changed the flow. atcp_sock.reuse_iss is set if a TIME-WAIT
 * had to give way, 0 otherwise.
 *
 * Context: process, SK.
 * Return: 0, -EADDRNOTAVAIL if all 4-tuples are in use, -ENOMEM, or what the
 * route says. On error the socket is as bound as before, and in no table.
 */
int atcp_demux_connect(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	__be16 old_sport = inet_sk(sk)->inet_sport;
	struct atcp_entry *tw = NULL;
	int err;

	/* Someone may still stand on our entry in another bucket. */
	if (as->unhashed_gp)
		cond_synchronize_rcu(as->unhashed_gp);
	as->reuse_iss = 0;
	fill_entry(sk);

	if (as->bind) {
		local_bh_disable();
		err = enter_table(sk, &tw);
		local_bh_enable();
	} else {
		err = connect_any(sk, &tw);
	}
	if (tw)
		atcp_timewait_forget(tw);
	if (err)
		return err;

	err = atcp_tx_reroute(sk, old_sport);
	if (err) {
		atcp_demux_unhash(&as->entry);
		if (as->is_autobound)
			atcp_demux_unbind(sk);
	}
	return err;
}

int __init atcp_bind_init(void)
{
	int i;

	for (i = 0; i < BIND_BUCKETS; i++) {
		spin_lock_init(&ports[i].lock);
		INIT_HLIST_HEAD(&ports[i].head);
	}
	get_random_bytes(perturb, sizeof(perturb));
	return 0;
}

void atcp_bind_exit(void)
{
	int i;

	for (i = 0; i < BIND_BUCKETS; i++)
		WARN_ON(!hlist_empty(&ports[i].head));
}
