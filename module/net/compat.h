/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one place that knows that kernels differ. compat_config.h holds the
 * answers to compat_probes.c, found by compiling against the kernel's headers.
 */
#ifndef ATCP_NET_COMPAT_H
#define ATCP_NET_COMPAT_H

#include <linux/bpf-cgroup.h>
#include <linux/hrtimer.h>
#include <linux/sysctl.h>
#include <linux/tcp.h>
#include <linux/uaccess.h>
#include <net/inet_common.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/sock.h>

#include "compat_config.h"

/*
 * A socket keeps its namespace alive, unless it is the kernel's. Make it one of
 * those: it goes with the namespace from now on, which is the caller's to see to.
 * Some kernels let such a socket hold the memory of struct net.
 */
static inline void atcp_compat_let_net_go(struct sock *sk)
{
	netns_tracker held = sk->ns_tracker;
	struct net *net = sock_net(sk);

	sk->sk_net_refcnt = 0;
	sock_inuse_add(net, -1);
#ifdef ATCP_HAVE_NET_PASSIVE_INC
	net_passive_inc(net);
#endif
#ifdef ATCP_HAVE_NETNS_TRACKER
	__netns_tracker_alloc(net, &sk->ns_tracker, false, GFP_ATOMIC);
#endif
	put_net_track(net, &held);
}

/* IP_RECVERR. A bit field in inet_sock, later a bit of inet_flags. */
static inline bool atcp_compat_recverr(const struct sock *sk)
{
#ifdef ATCP_HAVE_INET_TEST_BIT
	return inet_test_bit(RECVERR, sk);
#else
	return inet_sk(sk)->recverr;
#endif
}

static inline void
atcp_compat_hrtimer_setup(struct hrtimer *timer,
			  enum hrtimer_restart (*fire)(struct hrtimer *),
			  enum hrtimer_mode mode)
{
#ifdef ATCP_HAVE_HRTIMER_SETUP
	hrtimer_setup(timer, fire, CLOCK_MONOTONIC, mode);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, mode);
	timer->function = fire;
#endif
}

/* What proto.accept gets besides the socket. */
#ifdef ATCP_HAVE_PROTO_ACCEPT_ARG
#define ATCP_COMPAT_ACCEPT_ARGS struct proto_accept_arg *arg
#define ATCP_COMPAT_ACCEPT_FLAGS (arg->flags)
#define ATCP_COMPAT_ACCEPT_ERR (&arg->err)
#else
#define ATCP_COMPAT_ACCEPT_ARGS int flags, int *err, bool kern
#define ATCP_COMPAT_ACCEPT_FLAGS flags
#define ATCP_COMPAT_ACCEPT_ERR err
#endif

/* Where proto.ioctl puts its answer: the caller's, or the user's. */
#ifdef ATCP_HAVE_PROTO_IOCTL_KARG
#define ATCP_COMPAT_IOCTL_ARG int *
static inline int atcp_compat_ioctl_put(int value, int *karg)
{
	*karg = value;
	return 0;
}
#else
#define ATCP_COMPAT_IOCTL_ARG unsigned long
static inline int atcp_compat_ioctl_put(int value, unsigned long arg)
{
	return put_user(value, (int __user *)arg);
}
#endif

/* Before MSG_SPLICE_PAGES, sendfile() came by a call of its own. */
#ifdef ATCP_HAVE_PROTO_OPS_SENDPAGE
#define ATCP_COMPAT_SENDPAGE .sendpage = sock_no_sendpage,
#else
#define ATCP_COMPAT_SENDPAGE
#endif

/* The end of a sendfile(): what MSG_MORE has held back may go. */
#ifdef ATCP_HAVE_PROTO_OPS_SPLICE_EOF
#define ATCP_COMPAT_SPLICE_EOF .splice_eof = inet_splice_eof,
#define ATCP_COMPAT_PROTO_SPLICE_EOF(name) .splice_eof = name,
#else
#define ATCP_COMPAT_SPLICE_EOF
#define ATCP_COMPAT_PROTO_SPLICE_EOF(name)
#endif

/* Tables of settings: constant to their handlers, and of a known size (6.11). */
#ifdef ATCP_HAVE_CONST_CTL_TABLE
#define ATCP_COMPAT_CTL_TABLE const struct ctl_table
#else
#define ATCP_COMPAT_CTL_TABLE struct ctl_table
#endif

#ifdef ATCP_HAVE_REGISTER_NET_SYSCTL_SZ
#define ATCP_COMPAT_CTL_SENTINEL
#define atcp_compat_register_sysctl(net, path, table, size) \
	register_net_sysctl_sz(net, path, table, size)
#else
#define ATCP_COMPAT_CTL_SENTINEL {}
#define atcp_compat_register_sysctl(net, path, table, size) \
	register_net_sysctl(net, path, table)
#endif

/* Caches of our own: rmmod then sees, and says, what has not been freed (6.5). */
#ifndef SLAB_NO_MERGE
#define SLAB_NO_MERGE 0
#endif

/* The window that we offer, in TCP_INFO (6.2). */
static inline void atcp_compat_info_rcv_wnd(struct tcp_info *info, u32 bytes)
{
#ifdef ATCP_HAVE_TCPI_RCV_WND
	info->tcpi_rcv_wnd = bytes;
#endif
}

/* BPF programs at connect(); they may learn the address' length (6.7). */
static inline int atcp_compat_bpf_connect(struct sock *sk,
					  struct sockaddr *uaddr, int *addr_len)
{
#ifdef ATCP_HAVE_BPF_CONNECT_LEN
	return BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, uaddr, addr_len);
#else
	return BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, uaddr);
#endif
}

#endif /* ATCP_NET_COMPAT_H */
