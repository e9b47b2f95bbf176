// SPDX-License-Identifier: GPL-2.0
/*
 * A round: what surrounds each call of the core. It begins with the time and a
 * spare record and is settled in one place, whoever began it: a system call, a
 * segment or the timer. Settling never calls itself: what the core is told
 * here (segments polled, records taken back) is finished in the round.
 */
#include <linux/poll.h>
#include <linux/timekeeping.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "burst.h"
#include "mib.h"
#include "netns.h"
#include "sock.h"
#include "trace.h"

/*
 * The same states under the names that the stack and its tools know. TIME-WAIT
 * is passed through, and what stays behind in the table is no socket: the stack
 * would take one with TCP_TIME_WAIT for native's small object (sk_fullsock()).
 */
static const u8 sk_states[] = {
	[ATCP_CLOSED] = TCP_CLOSE,
	[ATCP_LISTEN] = TCP_LISTEN,
	[ATCP_SYN_SENT] = TCP_SYN_SENT,
	[ATCP_SYN_RCVD] = TCP_SYN_RECV,
	[ATCP_ESTABLISHED] = TCP_ESTABLISHED,
	[ATCP_FIN_WAIT_1] = TCP_FIN_WAIT1,
	[ATCP_FIN_WAIT_2] = TCP_FIN_WAIT2,
	[ATCP_CLOSE_WAIT] = TCP_CLOSE_WAIT,
	[ATCP_CLOSING] = TCP_CLOSING,
	[ATCP_LAST_ACK] = TCP_LAST_ACK,
	[ATCP_TIME_WAIT] = TCP_CLOSE,
};

static_assert(ARRAY_SIZE(sk_states) == ATCP_STATE_NR);

/*
 * What the user sees of a state is there before the state is: the stream that
 * begins, the error that it ended with. An ICMP error that came before says more
 * than "timed out".
 */
static void prepare_state(struct sock *sk, u8 to)
{
	u8 error = atcp_sk(sk)->conn.error;
	int err = -atcp_sock_errno(error);

	if (to == ATCP_ESTABLISHED) {
		atcp_recv_begin(sk);
		atcp_send_begin(sk);
	}
	if (to != ATCP_CLOSED || !err)
		return;
	if (error == ATCP_ERR_TIMED_OUT || error == ATCP_ERR_UNREACHABLE)
		err = READ_ONCE(sk->sk_err_soft) ?: err;
	if (!sk->sk_err)
		WRITE_ONCE(sk->sk_err, err);
}

/* Context: SK held. See core/port.h. */
void atcp_port_state_changed(struct atcp_conn *conn, u8 from, u8 to)
{
	struct sock *sk = atcp_sock_of_conn(conn);
	const struct inet_sock *inet = inet_sk(sk);

	trace_atcp_state(sk, inet->inet_saddr, inet->inet_daddr, inet->inet_num,
			 ntohs(inet->inet_dport), from, to);
	prepare_state(sk, to);
	if (sk->sk_state != sk_states[to])
		inet_sk_set_state(sk, sk_states[to]);
}

/* Context: SK held. See core/port.h. */
void atcp_port_broken(struct atcp_conn *conn, const char *what)
{
	WARN_ONCE(1, "atcp: %s in %s: una %u nxt %u end %u rcv_nxt %u\n", what,
		  atcp_state_name(conn->state), conn->snd.una, conn->snd.nxt,
		  conn->snd.end, conn->rcv.nxt);
}

/**
 * atcp_sock_errno() - What the user is told of a connection's end.
 * @error: enum atcp_error.
 *
 * Return: errno as tcp(7) names it, negative; 0 without an error.
 */
int atcp_sock_errno(u8 error)
{
	switch ((enum atcp_error)error) {
	case ATCP_ERR_NONE:
		return 0;
	case ATCP_ERR_REFUSED:
		return -ECONNREFUSED;
	case ATCP_ERR_RESET:
		return -ECONNRESET;
	case ATCP_ERR_PIPE:
		return -EPIPE;
	case ATCP_ERR_TIMED_OUT:
		return -ETIMEDOUT;
	case ATCP_ERR_UNREACHABLE:
		return -EHOSTUNREACH;
	case ATCP_ERR_BROKEN:
		return -ECONNABORTED;
	}
	return -EPROTO;
}

/**
 * atcp_sock_begin() - Begin a round of core calls.
 * @step: Filled with the time and, memory permitting, a spare record.
 *
 * Every step that has begun is given to atcp_sock_settle() or
 * atcp_sock_finish() once.
 *
 * Context: Any.
 */
void atcp_sock_begin(struct atcp_step *step)
{
	atcp_step_init(step, ktime_get_ns(), atcp_burst_get());
}

/**
 * atcp_sock_finish() - Take back what a step has left over.
 * @sk: Socket that the step belongs to.
 * @step: Step; not to be used again before it is begun anew.
 *
 * Counts events, frees records and their payload. No more than that: for steps
 * inside a round. Whoever began the round settles it.
 *
 * Context: SK held.
 */
void atcp_sock_finish(struct sock *sk, struct atcp_step *step)
{
	struct atcp_burst *burst, *next;

	if (step->counted)
		atcp_mib_add_set(sock_net(sk), step->counted);
	while ((burst = atcp_step_take(step)))
		atcp_burst_put(burst);
	list_for_each_entry_safe(burst, next, &step->released, link) {
		if (burst->payload)
			atcp_recv_drop(sk, burst->payload);
		atcp_burst_put(burst);
	}
}

/**
 * atcp_sock_write_space() - The send buffer has room: wake who waits for it.
 * @sk: Socket; its sk_write_space.
 *
 * Context: SK held.
 */
void atcp_sock_write_space(struct sock *sk)
{
	struct socket *sock = sk->sk_socket;
	struct socket_wq *wq;

	if (!sock || !__sk_stream_is_writeable(sk, 1))
		return;

	clear_bit(SOCK_NOSPACE, &sock->flags);
	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLOUT | EPOLLWRNORM |
						      EPOLLWRBAND);
	if (wq && wq->fasync_list && !(sk->sk_shutdown & SEND_SHUTDOWN))
		sock_wake_async(wq, SOCK_WAKE_SPACE, POLL_OUT);
	rcu_read_unlock();
}

static void wake_writer(struct sock *sk)
{
	smp_mb(); /* with who sets the bit, then looks for room: poll_output() */
	if (sk->sk_socket && test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
		sk->sk_write_space(sk);
}

static void wake_connector(struct sock *sk)
{
	sk->sk_state_change(sk);
	sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
}

/* The peer will send no more: end of file behind what is queued. */
static void end_input(struct sock *sk)
{
	bool is_over;

	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
	sock_set_flag(sk, SOCK_DONE);
	if (sock_flag(sk, SOCK_DEAD))
		return;

	is_over = sk->sk_shutdown == SHUTDOWN_MASK || sk->sk_state == TCP_CLOSE;
	sk->sk_state_change(sk);
	sk_wake_async(sk, SOCK_WAKE_WAITD, is_over ? POLL_HUP : POLL_IN);
}

/* Our FIN has arrived: who lingers in close() may go. */
static void end_output(struct sock *sk)
{
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_state_change(sk);
}

/* Tell the user, in the order in which one segment makes things happen. */
static void deliver(struct sock *sk, u16 events)
{
	if (events & ATCP_EV_ESTABLISHED)
		wake_connector(sk);
	if (events & ATCP_EV_URGENT)
		atcp_recv_urgent(sk);
	if (events & ATCP_EV_READABLE && !sock_flag(sk, SOCK_DEAD) &&
	    atcp_recv_is_ready(sk, READ_ONCE(sk->sk_rcvlowat)))
		sk->sk_data_ready(sk);
	if (events & ATCP_EV_PEER_CLOSED)
		end_input(sk);
	if (events & ATCP_EV_SHUT_ACKED)
		end_output(sk);
	if (events & ATCP_EV_WRITABLE) {
		WRITE_ONCE(sk->sk_err_soft, 0); /* the peer is reached again */
		wake_writer(sk);
	}
	if (events & ATCP_EV_PATH_DOUBTFUL)
		dst_negative_advice(sk);
	if (events & ATCP_EV_PATH_MTU)
		atcp_tx_tell_route(sk);
}

/*
 * RFC 9293 section 3.8.6.3: all that is queued is processed before an ACK goes. But
 * behind a hole each segment has its ACK: a peer without SACK counts them (RFC 5681
 * section 4.2).
 */
static bool may_send_later(const struct sock *sk)
{
	return atcp_sk(sk)->in_backlog && sk->sk_state != TCP_CLOSE &&
	       !atcp_sk(sk)->conn.rcv.nr_ofo;
}

/**
 * atcp_sock_settle() - End a round of core calls.
 * @sk: Socket.
 * @step: Step that the round began with; its ready list has been delivered.
 *
 * Sends what is due, now or after the backlog, tells the user what has happened,
 * arms the timer; ends the socket if its connection has ended. Segments go out
 * first, since a connection that is about to go may still owe its peer one.
 *
 * Context: SK held, by owner or spinlock. An orphan may be destroyed under the
 * spinlock: the caller has a reference or is in an RCU read section.
 */
void atcp_sock_settle(struct sock *sk, struct atcp_step *step)
{
	struct atcp_sock *asock = atcp_sk(sk);
	u16 events;

	sock_owned_by_me(sk);
	WARN_ON_ONCE(!list_empty(&step->ready));

	atcp_sock_finish(sk, step);
	atcp_send_acked(sk);
	atcp_recv_space(sk);
	asock->tx_deferred = may_send_later(sk);
	if (!asock->tx_deferred)
		atcp_tx_push(sk);

	events = atcp_conn_poll_events(&asock->conn);
	if (events)
		deliver(sk, events);
	if (events & ATCP_EV_TIME_WAIT)
		atcp_timewait_enter(sk);
	if (events & (ATCP_EV_TIME_WAIT | ATCP_EV_CLOSED))
		atcp_sock_done(sk);
	else
		atcp_timer_arm(sk);
	if (events & ATCP_EV_RESET && !sock_flag(sk, SOCK_DEAD))
		sk_error_report(sk);
}

/**
 * atcp_sock_flush() - The backlog has been processed: send what waited for that.
 * @sk: Socket.
 *
 * Context: SK held, by owner or spinlock.
 */
void atcp_sock_flush(struct sock *sk)
{
	struct atcp_step step;

	if (!atcp_sk(sk)->tx_deferred)
		return;
	atcp_sock_begin(&step);
	atcp_sock_settle(sk, &step);
}

static void forget_orphan(struct sock *sk)
{
	struct atcp_sock *asock = atcp_sk(sk);

	if (!asock->is_orphan)
		return;
	asock->is_orphan = false;
	atomic_dec(&atcp_net(sock_net(sk))->nr_orphans);
}

/* Nobody holds the socket, its connection has ended: drop its own reference. */
static void destroy(struct sock *sk)
{
	struct atcp_sock *asock = atcp_sk(sk);

	if (asock->is_destroyed)
		return;
	asock->is_destroyed = true;
	forget_orphan(sk);
	sk_stream_kill_queues(sk);
	sk_common_release(sk);
}

static void take_back_records(struct sock *sk)
{
	struct atcp_conn *conn = &atcp_sk(sk)->conn;
	struct atcp_step step;

	atcp_step_init(&step, ktime_get_ns(), NULL);
	atcp_conn_release(conn, &step);
	atcp_sock_finish(sk, &step);
	atcp_conn_poll_events(conn);
}

/**
 * atcp_sock_done() - The connection is over: leave the tables, tell the user.
 * @sk: Socket.
 *
 * What has been received stays readable. An orphan is destroyed, unless the
 * lock is owned: then its owner is atcp_sock_bury()'s caller, and does it.
 *
 * Context: SK held. See atcp_sock_settle() about references.
 */
void atcp_sock_done(struct sock *sk)
{
	struct atcp_sock *asock = atcp_sk(sk);

	take_back_records(sk);
	atcp_send_purge(sk);
	if (sk->sk_state != TCP_CLOSE)
		inet_sk_set_state(sk, TCP_CLOSE);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);

	atcp_demux_unhash(&asock->entry);
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		atcp_demux_unbind(sk);

	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_state_change(sk);
	else if (!sock_owned_by_user_nocheck(sk))
		destroy(sk);
}

static void abort_conn(struct sock *sk)
{
	struct atcp_step step;

	atcp_sock_begin(&step);
	atcp_conn_abort(&atcp_sk(sk)->conn, &step);
	atcp_sock_settle(sk, &step);
}

static bool is_orphan_too_many(struct sock *sk)
{
	struct net *net = sock_net(sk);
	int nr = atomic_inc_return(&atcp_net(net)->nr_orphans);

	atcp_sk(sk)->is_orphan = true;
	if (nr <= atcp_sysctl_max_orphans(net))
		return false;
	atcp_mib_inc(net, ATCP_NETMIB_ORPHANS_ABORTED);
	return true;
}

/**
 * atcp_sock_bury() - Leave a socket that no file holds any more to itself.
 * @sk: Socket, SOCK_DEAD, not locked; the caller has a reference.
 *
 * Its connection ends by itself and takes the socket along; if it has ended,
 * that happens here.
 *
 * Context: Process. Takes SK.
 */
void atcp_sock_bury(struct sock *sk)
{
	local_bh_disable();
	bh_lock_sock(sk);
	if (atcp_sk(sk)->is_destroyed)
		goto unlock;
	if (sk->sk_state == TCP_CLOSE)
		destroy(sk);
	else if (is_orphan_too_many(sk))
		abort_conn(sk);
	/* It does not keep its namespace: see atcp_demux_purge_net(). */
	if (!atcp_sk(sk)->is_destroyed && sk->sk_net_refcnt)
		atcp_compat_let_net_go(sk);
unlock:
	bh_unlock_sock(sk);
	local_bh_enable();
}

/**
 * atcp_sock_abort() - Reset and destroy a socket that no file holds.
 * @sk: Orphan, or child that has not been accepted; not locked. The caller has
 *	a reference, other than the socket's own, or is in an RCU read section.
 *
 * If it is just being closed nothing happens here: who closes it sees to it.
 *
 * Context: Process or softirq. Takes SK.
 */
void atcp_sock_abort(struct sock *sk)
{
	local_bh_disable();
	bh_lock_sock(sk);
	if (sock_owned_by_user(sk) || atcp_sk(sk)->is_destroyed)
		goto unlock;
	sock_orphan(sk);
	abort_conn(sk);
	if (sk->sk_state == TCP_CLOSE)
		destroy(sk);
unlock:
	bh_unlock_sock(sk);
	local_bh_enable();
}
