// SPDX-License-Identifier: GPL-2.0
/*
 * Questions about the kernel's API. Where have_something() compiles,
 * scripts/compat-probe defines ATCP_HAVE_SOMETHING for compat.h. Nothing here is
 * ever linked or run.
 */
#include <linux/bpf-cgroup.h>
#include <linux/hrtimer.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/sysctl.h>
#include <linux/tcp.h>
#include <net/inet_common.h>
#include <net/inet_connection_sock.h>
#include <net/net_namespace.h>
#include <net/protocol.h>
#include <net/request_sock.h>
#include <net/sock.h>

/* proto.accept: flags, err and kern in one struct (6.10) */
static void have_proto_accept_arg(struct proto *p, struct proto_accept_arg *arg)
{
	p->accept(NULL, arg);
}

/* proto.ioctl: the argument is copied by the caller (6.5) */
static void have_proto_ioctl_karg(struct proto *p, int *karg)
{
	p->ioctl(NULL, 0, karg);
}

/* proto.sendpage, gone once MSG_SPLICE_PAGES came (6.5) */
static void have_proto_sendpage(struct proto *p)
{
	p->sendpage(NULL, NULL, 0, 0, 0);
}

/* proto_ops.sendpage, gone with it */
static void have_proto_ops_sendpage(const struct proto_ops *ops)
{
	ops->sendpage(NULL, NULL, 0, 0, 0);
}

/* sendmsg() takes pages by reference (6.5) */
static int have_msg_splice_pages(void)
{
	return MSG_SPLICE_PAGES;
}

/* proto_ops.splice_eof (6.5, and back-ported) */
static void have_proto_ops_splice_eof(const struct proto_ops *ops)
{
	ops->splice_eof(NULL);
}

/* proto_ops.set_rcvlowat */
static void have_proto_ops_set_rcvlowat(const struct proto_ops *ops)
{
	ops->set_rcvlowat(NULL, 0);
}

/* request_sock_ops.send_reset: with a reason (6.10) */
static void have_send_reset_reason(struct request_sock_ops *ops)
{
	ops->send_reset(NULL, NULL, 0);
}

/* register_net_sysctl() with the table's size (6.6) */
static void have_register_net_sysctl_sz(struct ctl_table *table)
{
	register_net_sysctl_sz(NULL, "", table, 0);
}

/* Socket options that sock.c leaves to the protocol */
static int have_sock_custom_sockopt(void)
{
	return SOCK_CUSTOM_SOCKOPT;
}

/* hrtimer_init() and the function in one call (6.13) */
static void have_hrtimer_setup(struct hrtimer *timer)
{
	hrtimer_setup(timer, NULL, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
}

/* Flags of a socket as bits of one word (6.6) */
static bool have_inet_test_bit(const struct sock *sk)
{
	return inet_test_bit(RECVERR, sk);
}

/* Programs at connect() learn the address' length (6.7) */
static int have_bpf_connect_len(struct sock *sk, struct sockaddr *uaddr, int *len)
{
	return BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, uaddr, len);
}

/* Handlers of settings get a constant table (6.11) */
static void have_const_ctl_table(void)
{
	/* Losing "const" is a warning only, and those are off. */
	typedef int handler(const struct ctl_table *, int, void *, size_t *,
			    loff_t *);

	static_assert(__builtin_types_compatible_p(proc_handler, handler));
}

/* What the receiver offers, in TCP_INFO (6.2) */
static int have_tcpi_rcv_wnd(const struct tcp_info *info)
{
	return info->tcpi_rcv_wnd;
}

/* A kernel socket holds the memory of its namespace (6.15, and back-ported) */
static void have_net_passive_inc(struct net *net)
{
	net_passive_inc(net);
}

/* A kernel socket's use of its namespace is tracked (6.2) */
static void have_netns_tracker(struct net *net, netns_tracker *tracker)
{
	__netns_tracker_alloc(net, tracker, false, GFP_ATOMIC);
}
