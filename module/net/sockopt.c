// SPDX-License-Identifier: GPL-2.0
/*
 * Socket options of level SOL_TCP, with Linux's names, ranges and errnos, so
 * that programs need not know which TCP they run on.
 */
#include <linux/inet_diag.h>
#include <linux/sockptr.h>
#include <linux/tcp.h>
#include <linux/uaccess.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "netns.h"
#include "sock.h"

static_assert(ATCP_CC_NAME_MAX == TCP_CA_NAME_MAX, "names are as long as Linux's");

/* Longest orphan's FIN-WAIT-2 that TCP_LINGER2 can ask for, s. */
#define LINGER2_MAX_S 120

static bool is_between(int val, int lo, int hi)
{
	return val >= lo && val <= hi;
}

static void set_flag(struct atcp_conn *conn, u32 flag, bool is_on)
{
	if (is_on)
		conn->flags |= flag;
	else
		conn->flags &= ~flag;
}

/* Something that holds data back may be gone: look what can be sent. */
static void send_now(struct sock *sk)
{
	struct atcp_step step;

	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN)
		return;
	atcp_sock_begin(&step);
	atcp_sock_settle(sk, &step);
}

static int set_nodelay(struct sock *sk, int val)
{
	set_flag(&atcp_sk(sk)->conn, ATCP_CONN_NODELAY, val);
	if (val)
		send_now(sk);
	return 0;
}

static int set_cork(struct sock *sk, int val)
{
	set_flag(&atcp_sk(sk)->conn, ATCP_CONN_CORK, val);
	if (!val)
		send_now(sk);
	return 0;
}

static int set_maxseg(struct sock *sk, int val)
{
	struct atcp_sock *asock = atcp_sk(sk);

	if (val && !is_between(val, TCP_MIN_MSS, MAX_TCP_WINDOW))
		return -EINVAL;
	asock->user_mss = val;
	if (asock->path_mtu)
		atcp_tx_sync_mss(sk, asock->path_mtu);
	return 0;
}

/* The interval of probes that is running begins anew with the new value. */
static void restart_keepalive(struct sock *sk)
{
	struct atcp_conn *conn = &atcp_sk(sk)->conn;

	if (!(conn->flags & ATCP_CONN_KEEPALIVE) || sk->sk_state == TCP_CLOSE ||
	    sk->sk_state == TCP_LISTEN)
		return;
	atcp_conn_set_keepalive(conn, true, ktime_get_ns());
	atcp_timer_arm(sk);
}

static int set_keepidle(struct sock *sk, int val)
{
	if (!is_between(val, 1, MAX_TCP_KEEPIDLE))
		return -EINVAL;
	atcp_sk(sk)->conn.config.keepalive_idle_s = val;
	restart_keepalive(sk);
	return 0;
}

static int set_keepintvl(struct sock *sk, int val)
{
	if (!is_between(val, 1, MAX_TCP_KEEPINTVL))
		return -EINVAL;
	atcp_sk(sk)->conn.config.keepalive_intvl_s = val;
	return 0;
}

static int set_keepcnt(struct sock *sk, int val)
{
	if (!is_between(val, 1, MAX_TCP_KEEPCNT))
		return -EINVAL;
	atcp_sk(sk)->conn.config.keepalive_probes = val;
	return 0;
}

static int set_syncnt(struct sock *sk, int val)
{
	if (!is_between(val, 1, MAX_TCP_SYNCNT))
		return -EINVAL;
	atcp_sk(sk)->conn.config.syn_retries = val;
	return 0;
}

/* Negative: do not wait at all. 0: as long as the namespace says. */
static int set_linger2(struct sock *sk, int val)
{
	struct atcp_config *config = &atcp_sk(sk)->conn.config;
	struct atcp_config fresh;

	if (val < 0) {
		config->fin_timeout_ms = 0;
	} else if (val > 0) {
		config->fin_timeout_ms = min(val, LINGER2_MAX_S) * 1000;
	} else {
		atcp_sysctl_config(sock_net(sk), &fresh);
		config->fin_timeout_ms = fresh.fin_timeout_ms;
	}
	return 0;
}

/* Seconds to the number of SYN+ACKs that go out in that time. */
static u8 seconds_to_synacks(int seconds)
{
	int period = 1, sum = 0;
	u8 nr = 0;

	while (sum < seconds && nr < 255) {
		nr++;
		sum += period;
		period = min(period * 2, (int)(TCP_RTO_MAX / HZ));
	}
	return nr;
}

static int synacks_to_seconds(u8 nr)
{
	int period = 1, sum = 0;

	while (nr--) {
		sum += period;
		period = min(period * 2, (int)(TCP_RTO_MAX / HZ));
	}
	return sum;
}

static int set_defer_accept(struct sock *sk, int val)
{
	atcp_sk(sk)->conn.config.defer_accept = seconds_to_synacks(val);
	return 0;
}

static int set_window_clamp(struct sock *sk, int val)
{
	struct atcp_conn *conn = &atcp_sk(sk)->conn;

	if (!val) {
		if (sk->sk_state != TCP_CLOSE)
			return -EINVAL;
		conn->rcv.clamp = ATCP_WINDOW_MAX;
		return 0;
	}
	conn->rcv.clamp = max_t(int, val, SOCK_MIN_RCVBUF / 2);
	/* A listener's window is that of its SYN+ACKs. */
	atcp_recv_space(sk);
	return 0;
}

static int set_quickack(struct sock *sk, int val)
{
	atcp_conn_set_quickack(&atcp_sk(sk)->conn, val);
	if (val)
		send_now(sk);
	return 0;
}

static int set_user_timeout(struct sock *sk, int val)
{
	if (val < 0)
		return -EINVAL;
	atcp_conn_set_user_timeout(&atcp_sk(sk)->conn, val, ktime_get_ns());
	atcp_timer_arm(sk);
	return 0;
}

static int set_inq(struct sock *sk, int val)
{
	if (!is_between(val, 0, 1))
		return -EINVAL;
	atcp_sk(sk)->wants_inq = val;
	return 0;
}

static int set_notsent_lowat(struct sock *sk, int val)
{
	/* 0 is the namespace's in native TCP, by default as much as fits. */
	WRITE_ONCE(atcp_sk(sk)->notsent_lowat, (u32)val ?: U32_MAX);
	sk->sk_write_space(sk);
	return 0;
}

/* A name, with or without its final 0; a connection goes on with its window. */
static int set_congestion(struct sock *sk, sockptr_t optval, unsigned int len)
{
	const struct atcp_cc_ops *ops;
	char name[TCP_CA_NAME_MAX];
	int err;

	if (len < 1)
		return -EINVAL;
	err = strncpy_from_sockptr(name, optval,
				   min_t(unsigned int, len, sizeof(name) - 1));
	if (err < 0)
		return -EFAULT;
	name[err] = '\0';
	ops = atcp_cc_find(name);
	if (!ops)
		return -ENOENT;
	/* RFC 8257 section 5: not for any network, so not for any user. */
	if (ops->needs_ecn &&
	    !ns_capable(sock_net(sk)->user_ns, CAP_NET_ADMIN))
		return -EPERM;

	sockopt_lock_sock(sk);
	atcp_cc_use(&atcp_sk(sk)->conn, ops);
	sockopt_release_sock(sk);
	return 0;
}

static int set_int(struct sock *sk, int name, int val)
{
	switch (name) {
	case TCP_NODELAY:
		return set_nodelay(sk, val);
	case TCP_MAXSEG:
		return set_maxseg(sk, val);
	case TCP_CORK:
		return set_cork(sk, val);
	case TCP_KEEPIDLE:
		return set_keepidle(sk, val);
	case TCP_KEEPINTVL:
		return set_keepintvl(sk, val);
	case TCP_KEEPCNT:
		return set_keepcnt(sk, val);
	case TCP_SYNCNT:
		return set_syncnt(sk, val);
	case TCP_LINGER2:
		return set_linger2(sk, val);
	case TCP_DEFER_ACCEPT:
		return set_defer_accept(sk, val);
	case TCP_WINDOW_CLAMP:
		return set_window_clamp(sk, val);
	case TCP_QUICKACK:
		return set_quickack(sk, val);
	case TCP_USER_TIMEOUT:
		return set_user_timeout(sk, val);
	case TCP_INQ:
		return set_inq(sk, val);
	case TCP_NOTSENT_LOWAT:
		return set_notsent_lowat(sk, val);
	default:
		return -ENOPROTOOPT;
	}
}

static int set_ip(struct sock *sk, int level, int name, sockptr_t optval,
		  unsigned int len)
{
	int err = ip_setsockopt(sk, level, name, optval, len);

	if (err || name != IP_OPTIONS)
		return err;
	sockopt_lock_sock(sk);
	if (sk->sk_state != TCP_CLOSE && sk->sk_state != TCP_LISTEN)
		atcp_tx_ip_options(sk);
	sockopt_release_sock(sk);
	return 0;
}

/**
 * atcp_sockopt_set() - proto.setsockopt.
 * @sk: Socket.
 * @level: SOL_TCP, or a level that IP has.
 * @name: TCP_*.
 * @optval: Value.
 * @len: Its length.
 *
 * Context: Process.
 * Return: 0 or an errno.
 */
int atcp_sockopt_set(struct sock *sk, int level, int name, sockptr_t optval,
		     unsigned int len)
{
	int val, err;

	if (level != SOL_TCP)
		return set_ip(sk, level, name, optval, len);
	if (name == TCP_CONGESTION)
		return set_congestion(sk, optval, len);
	/* A name, which may be shorter than an int */
	if (name == TCP_ULP)
		return -ENOPROTOOPT;
	if (len < sizeof(int))
		return -EINVAL;
	if (copy_from_sockptr(&val, optval, sizeof(val)))
		return -EFAULT;

	sockopt_lock_sock(sk);
	err = set_int(sk, name, val);
	sockopt_release_sock(sk);
	return err;
}

static int get_linger2(const struct atcp_conn *conn)
{
	return conn->config.fin_timeout_ms ?
		       conn->config.fin_timeout_ms / 1000 : -1;
}

static int get_maxseg(const struct sock *sk)
{
	const struct atcp_sock *asock = atcp_sk(sk);

	if (asock->user_mss &&
	    (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN))
		return asock->user_mss;
	return sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN ?
		       ATCP_MSS_DEFAULT : asock->conn.snd.mss;
}

/* The largest window that there may be now; 0 if nothing is known of it yet. */
static int get_window_clamp(const struct sock *sk)
{
	const struct atcp_rcv *rcv = &atcp_sk(sk)->conn.rcv;

	if (sk->sk_state != TCP_CLOSE && sk->sk_state != TCP_LISTEN)
		return min(rcv->full, rcv->clamp);
	return rcv->clamp == ATCP_WINDOW_MAX ? 0 : rcv->clamp;
}

static int get_int(struct sock *sk, int name, int *val)
{
	const struct atcp_sock *asock = atcp_sk(sk);
	const struct atcp_conn *conn = &asock->conn;
	const struct atcp_config *config = &conn->config;

	switch (name) {
	case TCP_NODELAY:
		*val = !!(conn->flags & ATCP_CONN_NODELAY);
		return 0;
	case TCP_MAXSEG:
		*val = get_maxseg(sk);
		return 0;
	case TCP_CORK:
		*val = !!(conn->flags & ATCP_CONN_CORK);
		return 0;
	case TCP_KEEPIDLE:
		*val = config->keepalive_idle_s;
		return 0;
	case TCP_KEEPINTVL:
		*val = config->keepalive_intvl_s;
		return 0;
	case TCP_KEEPCNT:
		*val = config->keepalive_probes;
		return 0;
	case TCP_SYNCNT:
		*val = config->syn_retries;
		return 0;
	case TCP_LINGER2:
		*val = get_linger2(conn);
		return 0;
	case TCP_DEFER_ACCEPT:
		*val = synacks_to_seconds(config->defer_accept);
		return 0;
	case TCP_WINDOW_CLAMP:
		*val = get_window_clamp(sk);
		return 0;
	case TCP_QUICKACK:
		*val = !!conn->rcv.quick;
		return 0;
	case TCP_USER_TIMEOUT:
		*val = config->user_timeout_ms;
		return 0;
	case TCP_INQ:
		*val = asock->wants_inq;
		return 0;
	case TCP_NOTSENT_LOWAT:
		*val = asock->notsent_lowat == U32_MAX ? 0 :
							 asock->notsent_lowat;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* Copy at most what the user has room for, and say how much that was. */
static int give(const void *from, int size, char __user *val, int __user *len)
{
	int room;

	if (get_user(room, len))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	room = min(room, size);
	if (put_user(room, len) || copy_to_user(val, from, room))
		return -EFAULT;
	return 0;
}

static int get_info(struct sock *sk, char __user *val, int __user *len)
{
	struct tcp_info info;

	lock_sock(sk);
	atcp_info_fill(sk, &info);
	release_sock(sk);
	return give(&info, sizeof(info), val, len);
}

static int get_cc_info(struct sock *sk, char __user *val, int __user *len)
{
	union tcp_cc_info info;
	size_t size;

	lock_sock(sk);
	size = atcp_info_cc(sk, &info);
	release_sock(sk);
	return give(&info, size, val, len);
}

/* The whole field, as native gives it, unless there is less room. */
static int get_congestion(struct sock *sk, char __user *val, int __user *len)
{
	const struct atcp_cc_ops *ops;

	lock_sock(sk);
	ops = atcp_sk(sk)->conn.config.cc;
	release_sock(sk);
	return give(ops->name, sizeof(ops->name), val, len);
}

/**
 * atcp_sockopt_get() - proto.getsockopt.
 * @sk: Socket.
 * @level: SOL_TCP, or a level that IP has.
 * @name: TCP_*.
 * @optval: Where the value goes.
 * @optlen: How much room that has; becomes the value's length.
 *
 * Context: Process.
 * Return: 0 or an errno.
 */
int atcp_sockopt_get(struct sock *sk, int level, int name, char __user *optval,
		     int __user *optlen)
{
	int val = 0, err;

	if (level != SOL_TCP)
		return ip_getsockopt(sk, level, name, optval, optlen);
	if (name == TCP_INFO)
		return get_info(sk, optval, optlen);
	if (name == TCP_CC_INFO)
		return get_cc_info(sk, optval, optlen);
	if (name == TCP_CONGESTION)
		return get_congestion(sk, optval, optlen);

	lock_sock(sk);
	err = get_int(sk, name, &val);
	release_sock(sk);
	return err ?: give(&val, sizeof(val), optval, optlen);
}
