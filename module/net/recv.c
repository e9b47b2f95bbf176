// SPDX-License-Identifier: GPL-2.0
/*
 * The receive queue and who reads it: recvmsg, urgent data, and how much room
 * there is for more.
 *
 * read_seq is where the user is, read_end where the queue ends. The urgent byte,
 * unless SO_OOBINLINE, stays in its skb and is stepped over.
 */
#include <linux/net_tstamp.h>
#include <linux/sched/signal.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/busy_poll.h>
#include <net/inet_common.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "sock.h"

/**
 * struct reader - One recvmsg under way.
 * @sk: Socket.
 * @msg: Where the bytes go.
 * @flags: MSG_*.
 * @seq: Next byte; becomes read_seq unless MSG_PEEK.
 * @left: Bytes that the user still wants.
 * @copied: Bytes that the user has got.
 * @target: Bytes below which it is worth to wait.
 * @timeo: How long to wait, jiffies.
 * @last: The last skb read to its end, if its time is wanted.
 */
struct reader {
	struct sock *sk;
	struct msghdr *msg;
	int flags;
	u32 seq;
	size_t left;
	int copied;
	int target;
	long timeo;
	struct sk_buff *last;
};

static u32 available(const struct sock *sk)
{
	const struct atcp_sock *asock = atcp_sk(sk);

	return READ_ONCE(asock->read_end) - READ_ONCE(asock->read_seq);
}

static bool is_inline(const struct sock *sk)
{
	return sock_flag(sk, SOCK_URGINLINE);
}

/* The urgent byte is the next to be read. */
static bool is_at_mark(const struct sock *sk, u32 seq)
{
	const struct atcp_sock *asock = atcp_sk(sk);

	return asock->urg_state != ATCP_URG_NONE && asock->urg_seq == seq;
}

/**
 * atcp_recv_inq() - SIOCINQ: what one read would give.
 * @sk: Socket.
 *
 * Context: SK held.
 * Return: bytes, up to the urgent byte if that lies in between.
 */
int atcp_recv_inq(const struct sock *sk)
{
	const struct atcp_sock *asock = atcp_sk(sk);
	u32 all = available(sk);
	u32 to_mark = asock->urg_seq - asock->read_seq;

	if (is_inline(sk) || asock->urg_state == ATCP_URG_NONE)
		return all;
	return min(all, to_mark);
}

/**
 * atcp_recv_is_ready() - Is there enough to wake a reader?
 * @sk: Socket.
 * @target: Enough for it, bytes.
 *
 * Less is enough too when no more will fit.
 *
 * Context: Any; without SK the answer is a snapshot.
 * Return: true if there is.
 */
bool atcp_recv_is_ready(const struct sock *sk, u32 target)
{
	u32 bytes = available(sk);
	int rcvbuf;

	if (!bytes)
		return false;
	if (bytes >= target)
		return true;
	rcvbuf = READ_ONCE(sk->sk_rcvbuf);
	return atomic_read(&sk->sk_rmem_alloc) > rcvbuf - rcvbuf / 8;
}

static u32 truesize_to_payload(const struct sock *sk, u32 truesize)
{
	return (u64)truesize * atcp_sk(sk)->payload_share >> 8;
}

/**
 * atcp_recv_space() - Tell the core how much room there is.
 * @sk: Socket.
 *
 * sk_rcvbuf counts whole skbs; what share of those is payload is measured as
 * they come. What has come out of order lies in the window and does not make it
 * smaller.
 *
 * Context: SK held.
 */
void atcp_recv_space(struct sock *sk)
{
	struct atcp_conn *conn = &atcp_sk(sk)->conn;
	int rcvbuf = READ_ONCE(sk->sk_rcvbuf);
	int free = rcvbuf - atomic_read(&sk->sk_rmem_alloc) +
		   (int)atcp_sk(sk)->ofo_mem;
	u32 full = truesize_to_payload(sk, rcvbuf);

	atcp_conn_set_space(conn, truesize_to_payload(sk, max(free, 0)),
			    min(full, conn->rcv.clamp));
}

/**
 * atcp_recv_begin() - The connection is established: the stream begins.
 * @sk: Socket; data may have come with the last segment of the handshake.
 *
 * Context: SK held.
 */
void atcp_recv_begin(struct sock *sk)
{
	struct atcp_sock *asock = atcp_sk(sk);
	u32 first = asock->conn.rcv.irs + 1;

	WRITE_ONCE(asock->read_seq, first);
	if (skb_queue_empty(&sk->sk_receive_queue))
		WRITE_ONCE(asock->read_end, first);
	asock->told_seq = first;
}

/* Follow what share of an skb is payload, if a full segment is in it. */
static void measure(struct sock *sk, const struct sk_buff *skb, u32 len)
{
	struct atcp_sock *asock = atcp_sk(sk);
	u32 share;

	if (len < asock->conn.rcv.seen_mss || skb->truesize < len)
		return;
	share = clamp((len << 8) / skb->truesize, 32U, 240U);
	asock->payload_share = (asock->payload_share * 7 + share) / 8;
}

/* Give @sk's memory to the end of the last skb, if it fits. */
static bool append_to_last(struct sock *sk, struct sk_buff *skb, u32 off,
			   u32 len)
{
	struct sk_buff *last = skb_peek_tail(&sk->sk_receive_queue);
	struct atcp_skb_cb *cb;
	bool head_stolen;
	int delta;

	if (!last || off || len != skb->len)
		return false;
	cb = atcp_skb_cb(last);
	if (cb->end != atcp_skb_cb(skb)->seq || last->len != cb->end - cb->seq)
		return false;
	skb_orphan(skb);
	if (!skb_try_coalesce(last, skb, &head_stolen, &delta))
		return false;

	atomic_add(delta, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, delta);
	cb->end += len;
	kfree_skb_partial(skb, head_stolen);
	return true;
}

/* The urgent byte has arrived: fetch it, its place in the queue stays. */
static void fetch_urgent(struct sock *sk, const struct sk_buff *skb)
{
	struct atcp_sock *asock = atcp_sk(sk);
	const struct atcp_skb_cb *cb = (const struct atcp_skb_cb *)skb->cb;
	u32 off = asock->urg_seq - cb->seq;

	if (asock->urg_state != ATCP_URG_AWAITED || off >= cb->end - cb->seq)
		return;
	if (skb_copy_bits(skb, off, &asock->urg_byte, 1))
		return;
	WRITE_ONCE(asock->urg_state, ATCP_URG_VALID);
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
}

/**
 * atcp_recv_queue() - Give in-order payload to the user.
 * @sk: Socket.
 * @skb: Payload from skb->data on, headers pulled; taken over.
 * @seq: Sequence number of the first byte that counts.
 * @off: Where in @skb that is.
 * @len: How many bytes count.
 *
 * Context: SK held.
 */
void atcp_recv_queue(struct sock *sk, struct sk_buff *skb, u32 seq, u32 off,
		     u32 len)
{
	struct atcp_sock *asock = atcp_sk(sk);
	struct atcp_skb_cb *cb = atcp_skb_cb(skb);

	cb->seq = seq - off;
	cb->end = seq + len;
	skb_dst_drop(skb);
	measure(sk, skb, len);
	fetch_urgent(sk, skb);
	if (!append_to_last(sk, skb, off, len)) {
		skb_set_owner_r(skb, sk);
		__skb_queue_tail(&sk->sk_receive_queue, skb);
	}
	WRITE_ONCE(asock->read_end, seq + len);
}

/*
 * The core says how much payload should fit; as memory that is more. A size that
 * the user has set is the user's.
 */
static void tune_rcvbuf(struct sock *sk, u32 bytes, u64 now)
{
	struct atcp_sock *asock = atcp_sk(sk);
	u32 room = atcp_tune_recv_room(&asock->conn, bytes, now);
	u64 want = div_u64((u64)room << 8, asock->payload_share);
	int most = atcp_sysctl_rmem(sock_net(sk), 2);

	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK ||
	    !READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_moderate_rcvbuf))
		return;
	want = min_t(u64, want, most);
	if (want > sk->sk_rcvbuf)
		WRITE_ONCE(sk->sk_rcvbuf, (int)want);
}

/**
 * atcp_recv_keep() - Data has come out of order.
 * @sk: Socket.
 * @skb: Has it; its owner is the socket now, a record of the core has hold of it.
 * @now: Time, ns.
 *
 * Context: SK held.
 */
void atcp_recv_keep(struct sock *sk, struct sk_buff *skb, u64 now)
{
	skb_set_owner_r(skb, sk);
	atcp_sk(sk)->ofo_mem += skb->truesize;
	tune_rcvbuf(sk, 0, now);
}

/**
 * atcp_recv_kept() - It is in order now: give it to the user.
 * @sk: Socket.
 * @skb: From atcp_recv_keep(); taken over.
 * @seq: As atcp_recv_queue() has it.
 * @off: The same.
 * @len: The same.
 *
 * Context: SK held.
 */
void atcp_recv_kept(struct sock *sk, struct sk_buff *skb, u32 seq, u32 off,
		    u32 len)
{
	atcp_sk(sk)->ofo_mem -= skb->truesize;
	atcp_recv_queue(sk, skb, seq, off, len);
}

/**
 * atcp_recv_drop() - It will not be in order.
 * @sk: Socket.
 * @skb: From atcp_recv_keep(); freed.
 *
 * Context: SK held.
 */
void atcp_recv_drop(struct sock *sk, struct sk_buff *skb)
{
	atcp_sk(sk)->ofo_mem -= skb->truesize;
	kfree_skb(skb);
}

/* All of @skb has been read. */
static void eat_skb(struct sock *sk, struct sk_buff *skb)
{
	__skb_unlink(skb, &sk->sk_receive_queue);
	skb_orphan(skb);
	consume_skb(skb);
}

/*
 * The urgent byte before this one was never read and is what the user would
 * read next: it would be taken for ordinary data, so it goes.
 */
static void drop_old_urgent(struct sock *sk)
{
	struct atcp_sock *asock = atcp_sk(sk);
	struct sk_buff *skb = skb_peek(&sk->sk_receive_queue);

	if (!is_at_mark(sk, asock->read_seq) || is_inline(sk) || !skb)
		return;
	WRITE_ONCE(asock->read_seq, asock->read_seq + 1);
	if (asock->read_seq == atcp_skb_cb(skb)->end)
		eat_skb(sk, skb);
}

/**
 * atcp_recv_urgent() - The peer's urgent pointer has moved ahead.
 * @sk: Socket; conn.rcv.up is the sequence number after the urgent byte.
 *
 * Linux keeps one urgent byte: an earlier one becomes ordinary data.
 *
 * Context: SK held.
 */
void atcp_recv_urgent(struct sock *sk)
{
	struct atcp_sock *asock = atcp_sk(sk);
	u32 seq = asock->conn.rcv.up - 1;
	struct sk_buff *skb;

	if (atcp_before(seq, asock->read_seq))
		return;
	if (asock->urg_state != ATCP_URG_NONE &&
	    !atcp_after(seq, asock->urg_seq))
		return;

	sk_send_sigurg(sk);
	drop_old_urgent(sk);
	WRITE_ONCE(asock->urg_seq, seq);
	WRITE_ONCE(asock->urg_state, ATCP_URG_AWAITED);
	/* If it is here already it is near the end. */
	skb_queue_reverse_walk(&sk->sk_receive_queue, skb) {
		if (!atcp_after(atcp_skb_cb(skb)->end, seq))
			break;
		fetch_urgent(sk, skb);
	}
}

/* recv() with MSG_OOB. */
static int read_urgent(struct sock *sk, struct msghdr *msg, size_t len,
		       int flags)
{
	struct atcp_sock *asock = atcp_sk(sk);

	if (is_inline(sk) || asock->urg_state == ATCP_URG_NONE ||
	    asock->urg_state == ATCP_URG_READ)
		return -EINVAL;
	if (sk->sk_state == TCP_CLOSE && !sock_flag(sk, SOCK_DONE))
		return -ENOTCONN;
	if (asock->urg_state == ATCP_URG_AWAITED)
		return sk->sk_shutdown & RCV_SHUTDOWN ? 0 : -EAGAIN;

	if (!(flags & MSG_PEEK))
		WRITE_ONCE(asock->urg_state, ATCP_URG_READ);
	msg->msg_flags |= MSG_OOB;
	if (!len) {
		msg->msg_flags |= MSG_TRUNC;
		return 0;
	}
	if (flags & MSG_TRUNC)
		return 1;
	return memcpy_to_msg(msg, &asock->urg_byte, 1) ? -EFAULT : 1;
}

/* Tell the core that there is more room; it may tell the peer. */
static void tell_read(struct sock *sk)
{
	struct atcp_sock *asock = atcp_sk(sk);
	struct atcp_step step;

	if (asock->conn.state == ATCP_CLOSED)
		return;
	atcp_step_init(&step, ktime_get_ns(), NULL);
	tune_rcvbuf(sk, asock->read_seq - asock->told_seq, step.now);
	asock->told_seq = asock->read_seq;
	atcp_recv_space(sk);
	atcp_conn_read(&asock->conn, &step);
	atcp_sock_settle(sk, &step);
}

/* The skb that holds @seq; those before it have been peeked at only. */
static struct sk_buff *find_skb(struct sock *sk, u32 seq)
{
	struct sk_buff *skb;

	skb_queue_walk(&sk->sk_receive_queue, skb) {
		if (atcp_before(seq, atcp_skb_cb(skb)->end))
			return skb;
	}
	return NULL;
}

static void advance(struct reader *r, u32 bytes)
{
	struct atcp_sock *asock = atcp_sk(r->sk);

	r->seq += bytes;
	if (r->flags & MSG_PEEK)
		return;
	WRITE_ONCE(asock->read_seq, r->seq);
	if (asock->urg_state != ATCP_URG_NONE &&
	    atcp_after(r->seq, asock->urg_seq))
		WRITE_ONCE(asock->urg_state, ATCP_URG_NONE);
}

/* What of @skb comes before the urgent byte, or all of it. */
static u32 part_to_copy(const struct reader *r, u32 bytes)
{
	const struct atcp_sock *asock = atcp_sk(r->sk);
	u32 to_mark = asock->urg_seq - r->seq;

	bytes = min_t(size_t, bytes, r->left);
	if (asock->urg_state != ATCP_URG_NONE && to_mark && to_mark < bytes)
		return to_mark;
	return bytes;
}

/*
 * Copy from @skb as far as the urgent byte, which is stepped over first if that
 * is where we are.
 */
static int copy_part(struct reader *r, struct sk_buff *skb)
{
	const struct atcp_skb_cb *cb = atcp_skb_cb(skb);
	u32 part;

	if (is_at_mark(r->sk, r->seq) && !is_inline(r->sk))
		advance(r, 1);

	part = part_to_copy(r, cb->end - r->seq);
	if (part && !(r->flags & MSG_TRUNC)) {
		int err = skb_copy_datagram_msg(skb, r->seq - cb->seq, r->msg,
						part);

		if (err)
			return -EFAULT;
	}
	advance(r, part);
	r->copied += part;
	r->left -= part;
	return 0;
}

/* SO_TIMESTAMP and its like, SO_TIMESTAMPING */
static bool wants_timestamp(const struct sock *sk)
{
	return sock_flag(sk, SOCK_RCVTSTAMP) ||
	       READ_ONCE(sk->sk_tsflags) & (SOF_TIMESTAMPING_RX_SOFTWARE |
					    SOF_TIMESTAMPING_RX_HARDWARE);
}

static void note_timestamp(struct reader *r, struct sk_buff *skb)
{
	if (!wants_timestamp(r->sk))
		return;
	kfree_skb(r->last);
	r->last = skb_get(skb);
}

/* One for a read: when the last of it came. */
static void tell_timestamp(struct reader *r)
{
	if (!r->last)
		return;
	sock_recv_timestamp(r->msg, r->sk, r->last);
	kfree_skb(r->last);
}

/*
 * Why a read that has found nothing more must end now.
 *
 * Return: true, with @err 0 for end of file or what has been copied.
 */
static bool must_stop(const struct reader *r, int *err)
{
	struct sock *sk = r->sk;

	*err = 0;
	if (r->copied)
		return !r->timeo || sk->sk_err || sk->sk_state == TCP_CLOSE ||
		       sk->sk_shutdown & RCV_SHUTDOWN ||
		       signal_pending(current);
	if (sock_flag(sk, SOCK_DONE))
		return true;
	if (sk->sk_err)
		*err = sock_error(sk);
	else if (sk->sk_shutdown & RCV_SHUTDOWN)
		return true;
	else if (sk->sk_state == TCP_CLOSE)
		*err = -ENOTCONN;
	else if (!r->timeo)
		*err = -EAGAIN;
	else if (signal_pending(current))
		*err = sock_intr_errno(r->timeo);
	return *err;
}

/* Wait for more, or only look at what has come while we owned the socket. */
static int wait_for_more(struct reader *r)
{
	struct sock *sk = r->sk;

	if (r->copied >= r->target) {
		sk_flush_backlog(sk);
		atcp_sock_flush(sk); /* Linux 6.1 does not call release_cb here */
		return 0;
	}
	if (r->copied && !(r->flags & MSG_PEEK))
		tell_read(sk);
	return sk_wait_data(sk, &r->timeo,
			    skb_peek_tail(&sk->sk_receive_queue));
}

/* At the mark a read ends, and SIGURG is answered before it begins. */
static bool stops_at_mark(const struct reader *r, int *err)
{
	if (!is_at_mark(r->sk, r->seq))
		return false;
	if (r->copied)
		return true;
	if (!signal_pending(current))
		return false;
	*err = r->timeo ? sock_intr_errno(r->timeo) : -EAGAIN;
	return true;
}

/* One look at the queue. Return: false when the read is over. */
static bool read_step(struct reader *r, int *err)
{
	struct sock *sk = r->sk;
	struct sk_buff *skb;

	if (stops_at_mark(r, err))
		return false;
	skb = find_skb(sk, r->seq);
	if (skb) {
		*err = copy_part(r, skb);
		if (*err)
			return false;
		if (r->seq == atcp_skb_cb(skb)->end) {
			note_timestamp(r, skb);
			if (!(r->flags & MSG_PEEK))
				eat_skb(sk, skb);
		}
		return r->left;
	}
	if (r->copied >= r->target && !READ_ONCE(sk->sk_backlog.tail))
		return false;
	if (must_stop(r, err))
		return false;
	*err = wait_for_more(r);
	if (*err < 0)
		return false;
	*err = 0;
	/* Meanwhile somebody else may have read, or an urgent byte have gone. */
	if (atcp_before(r->seq, atcp_sk(sk)->read_seq))
		r->seq = atcp_sk(sk)->read_seq;
	return true;
}

static int read_locked(struct sock *sk, struct msghdr *msg, size_t len,
		       int flags)
{
	struct reader r = {
		.sk = sk,
		.msg = msg,
		.flags = flags,
		.seq = atcp_sk(sk)->read_seq,
		.left = len,
		.target = sock_rcvlowat(sk, flags & MSG_WAITALL, len),
		.timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT),
	};
	u32 from = r.seq;
	int err = 0;

	if (sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	if (flags & MSG_OOB)
		return read_urgent(sk, msg, len, flags);
	/* SO_PEEK_OFF: where the last look ended */
	r.seq += max(sk_peek_offset(sk, flags), 0);
	while (read_step(&r, &err))
		;
	if (flags & MSG_PEEK)
		sk_peek_offset_fwd(sk, r.copied);
	else
		sk_peek_offset_bwd(sk, r.copied);
	if (!(flags & MSG_PEEK) && r.seq != from)
		tell_read(sk);
	tell_timestamp(&r);
	return r.copied ?: err;
}

static void tell_inq(struct sock *sk, struct msghdr *msg, int inq)
{
	if (atcp_sk(sk)->wants_inq)
		put_cmsg(msg, SOL_TCP, TCP_CM_INQ, sizeof(inq), &inq);
}

/**
 * atcp_recv_msg() - proto.recvmsg.
 * @sk: Socket.
 * @msg: Where bytes, flags and control messages go.
 * @len: Bytes wanted.
 * @flags: MSG_*.
 * @addr_len: Set by the error queue alone.
 *
 * Context: Process.
 * Return: bytes, 0 at the end of file, or an errno.
 */
int atcp_recv_msg(struct sock *sk, struct msghdr *msg, size_t len, int flags,
		  int *addr_len)
{
	int ret, inq;

	if (flags & MSG_ERRQUEUE)
		return inet_recv_error(sk, msg, len, addr_len);

	if (sk_can_busy_loop(sk) && sk->sk_state == TCP_ESTABLISHED &&
	    skb_queue_empty_lockless(&sk->sk_receive_queue))
		sk_busy_loop(sk, flags & MSG_DONTWAIT);

	lock_sock(sk);
	ret = read_locked(sk, msg, len, flags);
	inq = atcp_recv_inq(sk);
	release_sock(sk);
	if (ret >= 0)
		tell_inq(sk, msg, inq);
	return ret;
}
