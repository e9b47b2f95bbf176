// SPDX-License-Identifier: GPL-2.0
/*
 * struct proto and struct proto_ops: a socket from its creation to its end, and
 * the calls that open and close its connection. How data is sent and received
 * is in send.c and recv.c.
 *
 * References: a socket has one of its own, from sk_alloc() or
 * atcp_sock_clone(), that is dropped once when the user has gone and the
 * connection has ended (settle.c); the timer has another (timer.c).
 */
#include <linux/bpf-cgroup.h>
#include <linux/errqueue.h>
#include <linux/memcontrol.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/percpu_counter.h>
#include <linux/random.h>
#include <linux/sockios.h>
#include <asm/ioctls.h>
#include <net/inet_common.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "netns.h"
#include "sock.h"

static struct percpu_counter sockets_allocated;

static void init_fields(struct sock *sk)
{
	struct atcp_sock *asock = atcp_sk(sk);

	memset((u8 *)asock + sizeof(asock->inet), 0,
	       sizeof(*asock) - sizeof(asock->inet));
	INIT_LIST_HEAD(&asock->out.chunks);
	INIT_LIST_HEAD(&asock->accept_node);
	asock->notsent_lowat = U32_MAX;
	asock->payload_share = ATCP_PAYLOAD_INIT;
	asock->entry.kind = ATCP_ENTRY_SOCK;
	asock->entry.net = sock_net(sk);
	asock->entry.is_wire6 = atcp_sock_is_wire6(sk);
	atcp_timer_init(sk);
}

static int init_sock(struct sock *sk)
{
	struct net *net = sock_net(sk);
	struct atcp_config config;

	init_fields(sk);
	atcp_sysctl_config(net, &config);
	atcp_conn_init(&atcp_sk(sk)->conn, &config);

	/* The tables are walked under RCU. */
	sock_set_flag(sk, SOCK_RCU_FREE);
	/* An skb that has left frees its space without a call to us. */
	sock_set_flag(sk, SOCK_USE_WRITE_QUEUE);
	sk->sk_write_space = atcp_sock_write_space;
	WRITE_ONCE(sk->sk_sndbuf, atcp_sysctl_wmem(net, 1));
	WRITE_ONCE(sk->sk_rcvbuf, atcp_sysctl_rmem(net, 1));
	percpu_counter_inc(sk->sk_prot->sockets_allocated);
	sock_prot_inuse_add(net, sk->sk_prot, 1);
	/* Last, for what has been set up here is undone when it says no. */
	return atcp_sysctl_may_create(sk);
}

/* The last of a socket but its memory: nobody finds it, nothing is left. */
static void destroy_sock(struct sock *sk)
{
	struct atcp_sock *asock = atcp_sk(sk);

	atcp_timer_kill(sk);
	atcp_send_purge(sk);
	atcp_demux_unhash(&asock->entry);
	atcp_demux_unbind(sk);
	percpu_counter_dec(sk->sk_prot->sockets_allocated);
	sock_prot_inuse_add(sock_net(sk), sk->sk_prot, -1);
}

/*
 * Native charges a child to the control group of whoever accepts it; a module
 * cannot. The listener's is nearly always the same one.
 */
static void inherit_memcg(struct sock *child, const struct sock *listener)
{
#ifdef CONFIG_MEMCG
	if (mem_cgroup_sockets_enabled && listener->sk_memcg &&
	    css_tryget(&listener->sk_memcg->css))
		child->sk_memcg = listener->sk_memcg;
#endif
}

/**
 * atcp_sock_clone() - A socket for a connection that a listener has taken.
 * @listener: Listener; its settings are inherited.
 * @gfp: How to allocate.
 *
 * Not in any table and without a port; its connection is CLOSED, with the
 * listener's settings. To undo it: bh_unlock_sock(), sock_hold(),
 * atcp_sock_abort(), sock_put().
 *
 * Context: Any. The listener's spinlock may be held.
 * Return: the child, bh-locked, with one reference, its own; or NULL.
 */
struct sock *atcp_sock_clone(const struct sock *listener, gfp_t gfp)
{
	const struct atcp_conn *from = &atcp_sk(listener)->conn;
	const struct atcp_sock *parent = atcp_sk(listener);
	struct sock *sk = sk_clone_lock(listener, gfp);
	struct atcp_sock *child = atcp_sk(sk);

	if (!sk)
		return NULL;

	__sock_put(sk);
	sk->sk_state = TCP_CLOSE;
	sk->sk_ack_backlog = 0;
	sk->sk_max_ack_backlog = 0;
	RCU_INIT_POINTER(child->inet.inet_opt, NULL);
	child->inet.mc_list = NULL;
	atomic_set(&child->inet.inet_id, get_random_u16());
	inherit_memcg(sk, listener);

	init_fields(sk);
	atcp_conn_init(&child->conn, &from->config);
	child->conn.flags = from->flags & (ATCP_CONN_NODELAY | ATCP_CONN_CORK |
					   ATCP_CONN_KEEPALIVE);
	child->conn.rcv.clamp = from->rcv.clamp;
	child->user_mss = parent->user_mss;
	child->wants_inq = parent->wants_inq;
	child->notsent_lowat = parent->notsent_lowat;
	sock_prot_inuse_add(sock_net(sk), sk->sk_prot, 1);
	return sk;
}

static int pre_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	if (addr_len < sizeof(struct sockaddr_in))
		return -EINVAL;
	sock_owned_by_me(sk);
	return atcp_compat_bpf_connect(sk, uaddr, &addr_len);
}

/* Back to what the user has bound, if anything. */
static void forget_peer(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	atcp_demux_unhash(&atcp_sk(sk)->entry);
	/* As with native TCP, getsockname() still tells the port. */
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		atcp_demux_unbind(sk);
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
		inet_reset_saddr(sk);
	inet->inet_dport = 0;
	inet->inet_daddr = 0;
	sk_dst_reset(sk);
}

static void open_conn(struct sock *sk)
{
	struct atcp_sock *asock = atcp_sk(sk);
	const struct inet_sock *inet = inet_sk(sk);
	const struct atcp_secret *secret =
		atcp_net_secret(sock_net(sk), atcp_sock_is_wire6(sk));
	const struct atcp_tuple tuple = {
		.laddr = (__force u32)inet->inet_saddr,
		.raddr = (__force u32)inet->inet_daddr,
		.lport = (__force u16)inet->inet_sport,
		.rport = (__force u16)inet->inet_dport,
	};
	struct atcp_step step;
	u32 iss;

	atcp_sock_begin(&step);
	iss = asock->reuse_iss ?: atcp_isn_generate(secret, &tuple, step.now);
	asock->reuse_iss = 0;
	atcp_recv_space(sk);
	atcp_conn_connect(&asock->conn, iss, atcp_isn_ts_offset(secret, &tuple),
			  &step);
	atcp_sock_settle(sk, &step);
}

static int connect_sock(struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	const struct sockaddr_in *peer = (const struct sockaddr_in *)uaddr;
	struct inet_sock *inet = inet_sk(sk);
	int err;

	if (addr_len < sizeof(*peer))
		return -EINVAL;
	if (peer->sin_family != AF_INET)
		return -EAFNOSUPPORT;

	inet->inet_dport = peer->sin_port;
	sk_daddr_set(sk, peer->sin_addr.s_addr);
	WRITE_ONCE(sk->sk_err, 0);
	sk->sk_err_soft = 0;
	sk_set_txhash(sk);
	atomic_set(&inet->inet_id, get_random_u16());

	err = atcp_tx_route(sk);
	if (!err)
		err = atcp_demux_connect(sk);
	if (err) {
		forget_peer(sk);
		return err;
	}
	open_conn(sk);
	return 0;
}

/* Give up the connection, whatever state it is in; the socket stays. */
static void end_conn(struct sock *sk)
{
	struct atcp_conn *conn = &atcp_sk(sk)->conn;
	struct atcp_step step;

	if (sk->sk_state == TCP_LISTEN) {
		atcp_accept_stop(sk);
		return;
	}
	if (sk->sk_state == TCP_CLOSE)
		return;

	WRITE_ONCE(sk->sk_err, ECONNRESET);
	atcp_sock_begin(&step);
	atcp_conn_abort(conn, &step);
	atcp_sock_settle(sk, &step);
}

/*
 * connect() to AF_UNSPEC, and what follows a connect() that has failed: the
 * socket is as good as new, with its settings.
 */
static int disconnect_sock(struct sock *sk, int flags)
{
	struct atcp_sock *asock = atcp_sk(sk);
	const struct atcp_config config = asock->conn.config;
	const u32 wishes = asock->conn.flags &
			   (ATCP_CONN_NODELAY | ATCP_CONN_CORK |
			    ATCP_CONN_KEEPALIVE);
	const u32 clamp = asock->conn.rcv.clamp;

	end_conn(sk);
	__skb_queue_purge(&sk->sk_receive_queue);
	atcp_send_purge(sk);
	forget_peer(sk);
	atcp_conn_init(&asock->conn, &config);
	asock->conn.flags = wishes;
	asock->conn.rcv.clamp = clamp;
	asock->out.seq = 0;
	asock->out.end = 0;
	asock->urg_state = ATCP_URG_NONE;
	asock->path_mtu = 0;
	WRITE_ONCE(asock->read_seq, 0);
	WRITE_ONCE(asock->read_end, 0);

	WRITE_ONCE(sk->sk_shutdown, 0);
	sock_reset_flag(sk, SOCK_DONE);
	sk->sk_err_soft = 0;
	sk_error_report(sk);
	return 0;
}

static int listen_sock(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	int err = -EINVAL;

	lock_sock(sk);
	if (sock->state != SS_UNCONNECTED || sock->type != SOCK_STREAM)
		goto unlock;
	if (sk->sk_state == TCP_LISTEN) {
		WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
		err = 0;
	} else if (sk->sk_state == TCP_CLOSE) {
		err = atcp_accept_listen(sk, backlog);
	}
unlock:
	release_sock(sk);
	return err;
}

static struct sock *accept_sock(struct sock *sk, ATCP_COMPAT_ACCEPT_ARGS)
{
	return atcp_accept_wait(sk, ATCP_COMPAT_ACCEPT_FLAGS,
				ATCP_COMPAT_ACCEPT_ERR);
}

static void shutdown_sock(struct sock *sk, int how)
{
	struct atcp_step step;

	if (!(how & SEND_SHUTDOWN))
		return;
	atcp_sock_begin(&step);
	atcp_conn_shutdown(&atcp_sk(sk)->conn, &step);
	atcp_sock_settle(sk, &step);
}

/* Close the connection as the peer should see it, RFC 9293 section 3.10.4. */
static void close_conn(struct sock *sk, long timeout)
{
	struct atcp_conn *conn = &atcp_sk(sk)->conn;
	bool has_unread = conn->state != ATCP_CLOSED &&
			  !skb_queue_empty(&sk->sk_receive_queue);
	struct atcp_step step;

	__skb_queue_purge(&sk->sk_receive_queue);
	atcp_sock_begin(&step);
	if (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime)
		atcp_conn_abort(conn, &step);
	else
		atcp_conn_close(conn, has_unread, &step);
	atcp_sock_settle(sk, &step);

	sk_stream_wait_close(sk, timeout);
}

static void close_sock(struct sock *sk, long timeout)
{
	lock_sock(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (sk->sk_state == TCP_LISTEN)
		atcp_accept_stop(sk);
	else
		close_conn(sk, timeout);

	/* The file goes; from here on the socket is on its own. */
	sock_hold(sk);
	sock_orphan(sk);
	release_sock(sk);
	atcp_sock_bury(sk);
	sock_put(sk);
}

/*
 * What had to wait while the user owned the socket. Context: the spinlock is
 * held, and the socket still counts as owned.
 */
static void release_cb(struct sock *sk)
{
	struct atcp_sock *asock = atcp_sk(sk);

	atcp_sock_flush(sk);
	if (asock->pmtu_deferred)
		atcp_icmp_released(sk);
	if (!asock->timeout_deferred)
		return;
	asock->timeout_deferred = false;
	atcp_timer_run(sk);
}

static void set_keepalive(struct sock *sk, int is_on)
{
	struct atcp_conn *conn = &atcp_sk(sk)->conn;

	if (sk->sk_state == TCP_LISTEN || sk->sk_state == TCP_CLOSE) {
		conn->flags &= ~ATCP_CONN_KEEPALIVE;
		conn->flags |= is_on ? ATCP_CONN_KEEPALIVE : 0;
		return;
	}
	atcp_conn_set_keepalive(conn, is_on, ktime_get_ns());
	atcp_timer_arm(sk);
}

static bool is_at_mark(const struct sock *sk)
{
	const struct atcp_sock *asock = atcp_sk(sk);

	return READ_ONCE(asock->urg_state) != ATCP_URG_NONE &&
	       READ_ONCE(asock->urg_seq) == READ_ONCE(asock->read_seq);
}

static bool is_opening(const struct sock *sk)
{
	return (1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV);
}

static int ioctl_value(struct sock *sk, int cmd, int *value)
{
	const struct atcp_conn *conn = &atcp_sk(sk)->conn;
	int err = 0;

	if (cmd == SIOCATMARK) {
		*value = is_at_mark(sk);
		return 0;
	}
	if (cmd != SIOCINQ && cmd != SIOCOUTQ && cmd != SIOCOUTQNSD)
		return -ENOIOCTLCMD;

	lock_sock(sk);
	if (sk->sk_state == TCP_LISTEN)
		err = -EINVAL;
	else if (is_opening(sk))
		*value = 0;
	else if (cmd == SIOCINQ)
		*value = atcp_recv_inq(sk);
	else if (cmd == SIOCOUTQ)
		*value = atcp_conn_unacked(conn);
	else
		*value = atcp_conn_unsent(conn);
	release_sock(sk);
	return err;
}

static int ioctl_sock(struct sock *sk, int cmd, ATCP_COMPAT_IOCTL_ARG arg)
{
	int value = 0, err;

	err = ioctl_value(sk, cmd, &value);
	return err ?: atcp_compat_ioctl_put(value, arg);
}

static bool has_send_room(const struct sock *sk, int wake)
{
	const struct atcp_sock *asock = atcp_sk(sk);
	u32 lowat = READ_ONCE(asock->notsent_lowat);

	return lowat == U32_MAX ||
	       (u64)atcp_conn_unsent(&asock->conn) << wake < lowat;
}

/* The table of connections has its own idea of when; see demux.c. */
static int hash_sock(struct sock *sk)
{
	return 0;
}

static void unhash_sock(struct sock *sk)
{
	atcp_demux_unhash(&atcp_sk(sk)->entry);
}

/* SO_BINDTODEVICE: from now on the connection hears that device. */
static void rehash_sock(struct sock *sk)
{
	WRITE_ONCE(atcp_sk(sk)->entry.dev, sk->sk_bound_dev_if);
}

struct proto atcp_prot = {
	.name = "ATCP",
	.owner = THIS_MODULE,
	.init = init_sock,
	.destroy = destroy_sock,
	.pre_connect = pre_connect,
	.connect = connect_sock,
	.disconnect = disconnect_sock,
	.accept = accept_sock,
	.shutdown = shutdown_sock,
	.close = close_sock,
	.release_cb = release_cb,
	.ioctl = ioctl_sock,
	.setsockopt = atcp_sockopt_set,
	.getsockopt = atcp_sockopt_get,
	.keepalive = set_keepalive,
	.sendmsg = atcp_send_msg,
	.recvmsg = atcp_recv_msg,
	ATCP_COMPAT_PROTO_SPLICE_EOF(atcp_send_splice_eof)
	.backlog_rcv = atcp_rx_backlog,
	.hash = hash_sock,
	.unhash = unhash_sock,
	.rehash = rehash_sock,
	.get_port = atcp_demux_bind,
	.put_port = atcp_demux_unbind,
	.stream_memory_free = has_send_room,
	.sockets_allocated = &sockets_allocated,
	.sysctl_wmem_offset = offsetof(struct net, ipv4.sysctl_tcp_wmem),
	.sysctl_rmem_offset = offsetof(struct net, ipv4.sysctl_tcp_rmem),
	.max_header = MAX_TCP_HEADER,
	.no_autobind = true,
	.obj_size = sizeof(struct atcp_sock),
	.slab_flags = SLAB_NO_MERGE,
};

const struct proto_ops atcp_proto_ops = {
	.family = PF_INET,
	.owner = THIS_MODULE,
	.release = inet_release,
	.bind = inet_bind,
	.connect = inet_stream_connect,
	.socketpair = sock_no_socketpair,
	.accept = inet_accept,
	.getname = inet_getname,
	.poll = atcp_poll,
	.ioctl = inet_ioctl,
	.gettstamp = sock_gettstamp,
	.listen = listen_sock,
	.shutdown = inet_shutdown,
	.setsockopt = sock_common_setsockopt,
	.getsockopt = sock_common_getsockopt,
	.sendmsg = inet_sendmsg,
	.recvmsg = inet_recvmsg,
	.mmap = sock_no_mmap,
	.set_rcvlowat = atcp_poll_set_lowat,
	.set_peek_off = sk_set_peek_off,
	ATCP_COMPAT_SENDPAGE
	ATCP_COMPAT_SPLICE_EOF
};

/* One pool of memory for both TCPs: tcp_mem limits their sum. */
static void share_memory_pool(void)
{
	atcp_prot.sysctl_mem = tcp_prot.sysctl_mem;
	atcp_prot.memory_allocated = tcp_prot.memory_allocated;
	atcp_prot.per_cpu_fw_alloc = tcp_prot.per_cpu_fw_alloc;
	atcp_prot.memory_pressure = tcp_prot.memory_pressure;
	atcp_prot.enter_memory_pressure = tcp_prot.enter_memory_pressure;
	atcp_prot.leave_memory_pressure = tcp_prot.leave_memory_pressure;
}

/**
 * atcp_sock_start() - Make sockets possible.
 *
 * Return: 0 or an errno.
 */
int __init atcp_sock_start(void)
{
	int err;

	share_memory_pool();
	err = percpu_counter_init(&sockets_allocated, 0, GFP_KERNEL);
	if (err)
		return err;
	err = atcp_send_start();
	if (err)
		goto free_counter;
	err = proto_register(&atcp_prot, 1);
	if (err)
		goto stop_send;
	return 0;

stop_send:
	atcp_send_stop();
free_counter:
	percpu_counter_destroy(&sockets_allocated);
	return err;
}

/**
 * atcp_sock_stop() - Undo atcp_sock_start(); no socket is left, nor RCU
 * callbacks that would free one.
 */
void atcp_sock_stop(void)
{
	proto_unregister(&atcp_prot);
	atcp_send_stop();
	percpu_counter_destroy(&sockets_allocated);
}
