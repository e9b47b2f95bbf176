// SPDX-License-Identifier: GPL-2.0
/* Listening and accepting, as the user does it. */
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "accept.h"
#include "demux.h"
#include "half.h"
#include "sock.h"

static struct atcp_listener *new_listener(struct sock *sk)
{
	struct atcp_listener *l = kzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);
	int i;

	if (!l)
		return NULL;
	l->sk = sk;
	INIT_LIST_HEAD(&l->ready);
	for (i = 0; i < ATCP_LISTENER_LEVELS; i++)
		INIT_LIST_HEAD(&l->levels[i]);
	return l;
}

/* LISTEN is over: CLOSED, and no longer bound unless the user had bound it. */
static void leave_listen(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct atcp_step step;

	kfree_rcu(as->listener, rcu);
	as->listener = NULL;
	atcp_sock_begin(&step);
	atcp_conn_abort(&as->conn, &step);
	atcp_sock_settle(sk, &step);
}

/**
 * atcp_accept_listen() - Passive OPEN.
 * @sk: Socket in CLOSED, bound or not.
 * @backlog: How many connections may wait to be accepted.
 *
 * Context: process, SK.
 * Return: 0, -EADDRINUSE, -ENOMEM.
 */
int atcp_accept_listen(struct sock *sk, int backlog)
{
	struct atcp_sock *as = atcp_sk(sk);
	int err;

	as->listener = new_listener(sk);
	if (!as->listener)
		return -ENOMEM;
	sk->sk_ack_backlog = 0;
	WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
	sk->sk_shutdown = 0;

	/* In LISTEN first: two who share a port and listen both see it. */
	atcp_conn_listen(&as->conn);
	err = atcp_demux_bind(sk, inet_sk(sk)->inet_num);
	if (err) {
		leave_listen(sk);
		sk->sk_shutdown = 0;
		return err;
	}
	inet_sk(sk)->inet_sport = htons(inet_sk(sk)->inet_num);
	sk_dst_reset(sk);
	atcp_recv_space(sk);
	atcp_demux_hash_listener(sk);
	return 0;
}

static void reset_child(struct sock *sk, struct sock *child)
{
	list_del_init(&atcp_sk(child)->accept_node);
	sk_acceptq_removed(sk);
	sock_hold(child);
	atcp_sock_abort(child);
	sock_put(child);
}

/**
 * atcp_accept_stop() - Be a listener no longer: CLOSED.
 * @sk: Listener.
 *
 * Context: process, SK.
 */
void atcp_accept_stop(struct sock *sk)
{
	struct atcp_listener *l = atcp_sk(sk)->listener;
	struct atcp_sock *child, *next_child;

	atcp_demux_unhash_listener(sk);
	local_bh_disable();
	atcp_half_reset_all(l);
	local_bh_enable();
	list_for_each_entry_safe(child, next_child, &l->ready, accept_node)
		reset_child(sk, &child->inet.sk);
	leave_listen(sk);
}

/* Sleep until there may be something to accept. Gives up SK meanwhile. */
static long wait_once(struct sock *sk, long timeout)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	add_wait_queue_exclusive(sk_sleep(sk), &wait);
	release_sock(sk);
	timeout = wait_woken(&wait, TASK_INTERRUPTIBLE, timeout);
	lock_sock(sk);
	remove_wait_queue(sk_sleep(sk), &wait);

	return timeout;
}

static int wait_for_child(struct sock *sk, long timeout)
{
	while (sk->sk_state == TCP_LISTEN &&
	       list_empty(&atcp_sk(sk)->listener->ready)) {
		if (!timeout)
			return -EAGAIN;
		if (signal_pending(current))
			return sock_intr_errno(timeout);
		timeout = wait_once(sk, timeout);
	}
	return sk->sk_state == TCP_LISTEN ? 0 : -EINVAL;
}

/**
 * atcp_accept_wait() - The next connection for accept().
 * @sk: Listener.
 * @flags: O_NONBLOCK: do not wait.
 * @err: Set to an errno if there is none.
 *
 * Context: process. Takes SK.
 * Return: the child, with its own reference, or NULL.
 */
struct sock *atcp_accept_wait(struct sock *sk, int flags, int *err)
{
	struct atcp_sock *child = NULL;

	lock_sock(sk);
	*err = wait_for_child(sk, sock_rcvtimeo(sk, flags & O_NONBLOCK));
	if (!*err) {
		child = list_first_entry(&atcp_sk(sk)->listener->ready,
					 struct atcp_sock, accept_node);
		list_del_init(&child->accept_node);
		sk_acceptq_removed(sk);
	}
	release_sock(sk);

	return child ? &child->inet.sk : NULL;
}

/**
 * atcp_accept_ready() - Would accept() find a connection?
 * @sk: Listener.
 *
 * Context: any.
 * Return: true if it would.
 */
bool atcp_accept_ready(const struct sock *sk)
{
	return READ_ONCE(sk->sk_ack_backlog);
}
