// SPDX-License-Identifier: GPL-2.0
/*
 * The one hrtimer of a socket. Core says when it wants to be called; here is
 * only how.
 *
 * From its first arming to its death the timer holds one reference to the
 * socket. The callback never restarts the timer itself, arming is always
 * hrtimer_start(). To die, it is marked dead and made to fire at once; the
 * callback that finds it dead and not queued anew is the last, and drops the
 * reference. hrtimer_cancel() would wait for a callback that waits for our lock.
 */
#include "half.h"
#include "sock.h"

static u64 deadline(const struct sock *sk)
{
	if (sk->sk_state == TCP_LISTEN)
		return atcp_half_deadline(sk);
	return atcp_conn_poll_deadline(&atcp_sk(sk)->conn);
}

static enum hrtimer_restart fire(struct hrtimer *timer)
{
	struct atcp_sock *as = container_of(timer, struct atcp_sock, timer);
	struct sock *sk = &as->inet.sk;
	bool is_last = false;

	bh_lock_sock(sk);
	if (as->timer_dead)
		is_last = !hrtimer_is_queued(timer);
	else if (sock_owned_by_user(sk))
		as->timeout_deferred = true;
	else
		atcp_timer_run(sk);
	bh_unlock_sock(sk);

	if (is_last)
		sock_put(sk);
	return HRTIMER_NORESTART;
}

/**
 * atcp_timer_init() - Set up the timer of a new socket.
 * @sk: Socket, not visible to anyone yet.
 */
void atcp_timer_init(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);

	atcp_compat_hrtimer_setup(&as->timer, fire, HRTIMER_MODE_ABS_SOFT);
	as->timer_at = ATCP_NEVER;
	as->timer_live = false;
	as->timer_dead = false;
	as->timeout_deferred = false;
}

/**
 * atcp_timer_arm() - See to it that the core is called in time.
 * @sk: Socket.
 *
 * A deadline that has moved later costs nothing here: the timer fires early,
 * finds nothing due and is armed again.
 *
 * Context: the socket is locked, by spinlock or by the user.
 */
void atcp_timer_arm(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	u64 at = deadline(sk);

	if (at >= as->timer_at || as->timer_dead)
		return;
	if (!as->timer_live) {
		as->timer_live = true;
		sock_hold(sk);
	}
	as->timer_at = at;
	hrtimer_start(&as->timer, ns_to_ktime(at), HRTIMER_MODE_ABS_SOFT);
}

/**
 * atcp_timer_kill() - The socket is destroyed: let the timer go.
 * @sk: Socket. The caller holds a reference of its own.
 *
 * Any number of times. Not at the end of a connection whose socket lives on: it
 * may connect again, and a timer that nobody wants to fire does no harm.
 *
 * Context: the socket's spinlock, and nobody owns the socket: the callback sees
 * both the mark and the timer queued, or neither.
 */
void atcp_timer_kill(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);

	if (!as->timer_live || as->timer_dead)
		return;
	WARN_ON_ONCE(sock_owned_by_user_nocheck(sk));
	as->timer_dead = true;
	hrtimer_start(&as->timer, 0, HRTIMER_MODE_ABS_SOFT);
}

/**
 * atcp_timer_run() - Let the core do what is due.
 * @sk: Socket.
 *
 * Context: the socket's spinlock: from the timer, or from release_cb if the user
 * owned the socket when it fired.
 */
void atcp_timer_run(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct atcp_step step;

	if (as->timer_dead)
		return;
	as->timer_at = ATCP_NEVER;
	if (sk->sk_state == TCP_LISTEN) {
		atcp_half_timeout(sk);
	} else {
		atcp_sock_begin(&step);
		atcp_conn_handle_timeout(&as->conn, &step);
		atcp_sock_settle(sk, &step);
	}
	atcp_timer_arm(sk);
}
