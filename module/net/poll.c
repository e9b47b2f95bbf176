// SPDX-License-Identifier: GPL-2.0
/* poll(), select() and epoll: what a socket is ready for. */
#include <linux/poll.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "sock.h"

static __poll_t poll_output(struct sock *sk)
{
	if (READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN ||
	    __sk_stream_is_writeable(sk, 1))
		return EPOLLOUT | EPOLLWRNORM;

	/* Ask to be woken, and look again: it may just have happened. */
	sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	smp_mb__after_atomic(); /* with whoever frees, then tests the bit */
	return __sk_stream_is_writeable(sk, 1) ? EPOLLOUT | EPOLLWRNORM : 0;
}

static __poll_t poll_input(const struct sock *sk)
{
	const struct atcp_sock *asock = atcp_sk(sk);
	int target = sock_rcvlowat(sk, 0, INT_MAX);
	__poll_t mask = 0;
	u8 urg_state = READ_ONCE(asock->urg_state);

	/* An urgent byte that is next will not be read as data. */
	if (urg_state != ATCP_URG_NONE && !sock_flag(sk, SOCK_URGINLINE) &&
	    READ_ONCE(asock->urg_seq) == READ_ONCE(asock->read_seq))
		target++;
	if (atcp_recv_is_ready(sk, target))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (urg_state == ATCP_URG_VALID)
		mask |= EPOLLPRI;
	return mask;
}

/**
 * atcp_poll() - proto_ops.poll.
 * @file: File.
 * @sock: Socket.
 * @wait: Where to be woken.
 *
 * Context: Process; SK not held.
 * Return: what could be done now without blocking.
 */
__poll_t atcp_poll(struct file *file, struct socket *sock,
		   struct poll_table_struct *wait)
{
	struct sock *sk = sock->sk;
	__poll_t mask = 0;
	u8 shutdown;
	int state;

	sock_poll_wait(file, sock, wait);
	state = inet_sk_state_load(sk);
	if (state == TCP_LISTEN)
		return atcp_accept_ready(sk) ? EPOLLIN | EPOLLRDNORM : 0;

	shutdown = READ_ONCE(sk->sk_shutdown);
	if (shutdown == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (state != TCP_SYN_SENT && state != TCP_SYN_RECV)
		mask |= poll_input(sk) | poll_output(sk);
	smp_rmb(); /* whoever ends a connection sets the error first */
	if (READ_ONCE(sk->sk_err) ||
	    !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return mask;
}

/**
 * atcp_poll_set_lowat() - proto_ops.set_rcvlowat: SO_RCVLOWAT.
 * @sk: Socket.
 * @val: Bytes; 0 stands for 1.
 *
 * So much must fit, or it would be waited for in vain.
 *
 * Context: SK held.
 * Return: 0.
 */
int atcp_poll_set_lowat(struct sock *sk, int val)
{
	int most = sk->sk_userlocks & SOCK_RCVBUF_LOCK ?
			   sk->sk_rcvbuf >> 1 :
			   atcp_sysctl_rmem(sock_net(sk), 2) >> 1;

	val = min(val, most);
	WRITE_ONCE(sk->sk_rcvlowat, val ?: 1);
	if (!(sk->sk_userlocks & SOCK_RCVBUF_LOCK) &&
	    ((u32)val << 8) / atcp_sk(sk)->payload_share > sk->sk_rcvbuf)
		WRITE_ONCE(sk->sk_rcvbuf, val << 1);
	if (sk->sk_state == TCP_ESTABLISHED && atcp_recv_is_ready(sk, val))
		sk->sk_data_ready(sk);
	return 0;
}
