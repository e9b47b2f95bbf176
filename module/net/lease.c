// SPDX-License-Identifier: GPL-2.0
/*
 * Leases: what keeps native TCP off a port that sockets of wire protocol 6 have, and
 * them off its ports.
 *
 * A lease is a native socket of the kernel's own: bound, never listening, never
 * connected. Native's bind() and its search for ephemeral ports pass it by as they do
 * any other, and if native has the port the lease cannot be had. A port has leases
 * for the addresses and devices that its owners have been bound to, and they go with
 * the port.
 *
 * Binding and unbinding are native's own functions, called without the checks for the
 * user, who has passed them already. They take spinlocks only, so a port and its
 * leases change in one step, under the port's lock. Making and freeing a native socket
 * may sleep: who may need one gets it beforehand, and a work item frees those that the
 * pool has no use for.
 */
#include <linux/net.h>
#include <linux/slab.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#include "demux.h"
#include "lease.h"
#include "netns.h"
#include "sock.h"

/* Unbound ones that a namespace keeps. */
#define POOL_MAX 16

/**
 * struct atcp_lease - A native socket that stands for a port, or may.
 * @node: Among the leases of a port, under that port's lock; or in the pool, under
 *	that one's.
 * @sock: The socket; its inet_rcv_saddr and sk_bound_dev_if are what it is for.
 */
struct atcp_lease {
	struct hlist_node node;
	struct socket *sock;
};

static struct atcp_lease_pool *pool_of(const struct net *net)
{
	return &atcp_net(net)->leases;
}

static void free_lease(struct atcp_lease *lease)
{
	sock_release(lease->sock);
	kfree(lease);
}

static struct atcp_lease *take_pooled(struct atcp_lease_pool *pool,
				      unsigned int more_than)
{
	struct atcp_lease *lease = NULL;

	spin_lock_bh(&pool->lock);
	if (pool->nr > more_than) {
		lease = hlist_entry(pool->head.first, struct atcp_lease, node);
		hlist_del(&lease->node);
		pool->nr--;
	}
	spin_unlock_bh(&pool->lock);
	return lease;
}

static void trim(struct atcp_lease_pool *pool, unsigned int left)
{
	struct atcp_lease *lease;

	while ((lease = take_pooled(pool, left)))
		free_lease(lease);
}

static void trim_work(struct work_struct *work)
{
	trim(container_of(work, struct atcp_lease_pool, trim), POOL_MAX);
}

/**
 * atcp_lease_start() - Make an empty pool for a namespace.
 * @net: Namespace.
 */
void atcp_lease_start(struct net *net)
{
	struct atcp_lease_pool *pool = pool_of(net);

	spin_lock_init(&pool->lock);
	INIT_HLIST_HEAD(&pool->head);
	INIT_WORK(&pool->trim, trim_work);
}

/**
 * atcp_lease_stop() - Free a namespace's pool; no port is in use any more.
 * @net: Namespace.
 *
 * Context: process.
 */
void atcp_lease_stop(struct net *net)
{
	struct atcp_lease_pool *pool = pool_of(net);

	cancel_work_sync(&pool->trim);
	trim(pool, 0);
}

/**
 * atcp_lease_get() - A lease in hand, for a port to be found.
 * @sk: Socket that looks for one.
 * @lease: Set to an unbound lease, the caller's; NULL if @sk needs none.
 *
 * Context: process.
 * Return: 0, or why there is no native socket: -ENOMEM and so on.
 */
int atcp_lease_get(struct sock *sk, struct atcp_lease **lease)
{
	struct net *net = sock_net(sk);
	int err;

	*lease = NULL;
	if (!atcp_sock_is_wire6(sk))
		return 0;
	*lease = take_pooled(pool_of(net), 0);
	if (*lease)
		return 0;
	*lease = kmalloc(sizeof(**lease), GFP_KERNEL_ACCOUNT);
	if (!*lease)
		return -ENOMEM;
	err = sock_create_kern(net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &(*lease)->sock);
	if (!err)
		return 0;
	kfree(*lease);
	*lease = NULL;
	return err;
}

/**
 * atcp_lease_put() - Give an unbound lease back.
 * @lease: What atcp_lease_get() has given, or NULL.
 *
 * Context: any.
 */
void atcp_lease_put(struct atcp_lease *lease)
{
	struct atcp_lease_pool *pool;

	if (!lease)
		return;
	pool = pool_of(sock_net(lease->sock->sk));
	spin_lock_bh(&pool->lock);
	hlist_add_head(&lease->node, &pool->head);
	if (++pool->nr > POOL_MAX)
		schedule_work(&pool->trim);
	spin_unlock_bh(&pool->lock);
}

/* Bind, or see whether it might be bound anew. */
static int bind_native(struct atcp_lease *lease, u16 port)
{
	struct sock *sk = lease->sock->sk;

	return sk->sk_prot->get_port(sk, port) ? -EADDRINUSE : 0;
}

/* Bind to a port that is in use, whoever has it. */
static int force_native(struct atcp_lease *lease, u16 port)
{
	struct sock *sk = lease->sock->sk;
	int err;

	sk->sk_reuse = SK_FORCE_REUSE;
	err = bind_native(lease, port);
	sk->sk_reuse = SK_NO_REUSE;
	return err;
}

static void unbind_native(struct atcp_lease *lease)
{
	struct sock *sk = lease->sock->sk;

	if (inet_sk(sk)->inet_num)
		sk->sk_prot->put_port(sk);
}

static bool covers(const struct atcp_lease *lease, const struct sock *sk)
{
	const struct sock *native = lease->sock->sk;
	__be32 addr = inet_sk(native)->inet_rcv_saddr;
	int dev = native->sk_bound_dev_if;

	return (!addr || addr == inet_sk(sk)->inet_rcv_saddr) &&
	       (dev == sk->sk_bound_dev_if ||
		(!dev && atcp_demux_devs_overlap(sock_net(sk), 0,
						 sk->sk_bound_dev_if)));
}

static bool is_covered(struct hlist_head *leases, const struct sock *sk)
{
	struct atcp_lease *lease;

	hlist_for_each_entry(lease, leases, node)
		if (covers(lease, sk))
			return true;
	return false;
}

/* Back to the port. Without memory for that native may have it, too. */
static void step_back(struct hlist_head *leases, u16 port)
{
	struct atcp_lease *lease;
	struct hlist_node *next;

	hlist_for_each_entry_safe(lease, next, leases, node) {
		if (!force_native(lease, port))
			continue;
		hlist_del(&lease->node);
		atcp_lease_put(lease);
	}
}

/*
 * @lease beside those that the port has. To native they may be in each other's way,
 * as a socket for all addresses and one for a single one are; whether others are
 * cannot be asked while they are bound. So they step aside for as long as that takes,
 * and @lease, bound by force, holds the port meanwhile.
 */
static int add_native(struct hlist_head *leases, struct atcp_lease *lease, u16 port)
{
	struct atcp_lease *other;
	int err;

	err = force_native(lease, port);
	if (err)
		return err;
	hlist_for_each_entry(other, leases, node)
		unbind_native(other);
	err = bind_native(lease, port);
	step_back(leases, port);
	if (err)
		unbind_native(lease);
	return err;
}

/**
 * atcp_lease_cover() - Ask native TCP for a port.
 * @leases: The port's.
 * @sk: Socket that wants it; inet_rcv_saddr is set.
 * @port: Port, host order.
 * @spare: From atcp_lease_get(); NULL afterwards if it has been used.
 *
 * Context: the port's lock.
 * Return: 0, or -EADDRINUSE if native has it, for that address or for all.
 */
int atcp_lease_cover(struct hlist_head *leases, const struct sock *sk, u16 port,
		     struct atcp_lease **spare)
{
	struct atcp_lease *lease = *spare;
	struct sock *native;
	int err;

	if (!atcp_sock_is_wire6(sk) || is_covered(leases, sk))
		return 0;
	if (WARN_ON_ONCE(!lease))
		return -EADDRINUSE;

	native = lease->sock->sk;
	native->sk_bound_dev_if = sk->sk_bound_dev_if;
	inet_sk(native)->inet_rcv_saddr = inet_sk(sk)->inet_rcv_saddr;
	inet_sk(native)->inet_saddr = inet_sk(sk)->inet_rcv_saddr;
	err = hlist_empty(leases) ? bind_native(lease, port) :
				    add_native(leases, lease, port);
	if (err)
		return err;
	hlist_add_head(&lease->node, leases);
	*spare = NULL;
	return 0;
}

/**
 * atcp_lease_end() - A port is free again, for native TCP as well.
 * @leases: The port's; empty afterwards.
 *
 * Context: the port's lock.
 */
void atcp_lease_end(struct hlist_head *leases)
{
	struct atcp_lease *lease;
	struct hlist_node *next;

	hlist_for_each_entry_safe(lease, next, leases, node) {
		hlist_del(&lease->node);
		unbind_native(lease);
		atcp_lease_put(lease);
	}
}
