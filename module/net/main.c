// SPDX-License-Identifier: GPL-2.0
/* Set-up and tear-down, of the module and of each network namespace. */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/random.h>
#include <net/protocol.h>

#include "burst.h"
#include "half.h"
#include "lease.h"
#include "netns.h"
#include "sock.h"
#include "wire6.h"

unsigned int atcp_net_id __read_mostly;

static int __net_init net_start(struct net *net)
{
	struct atcp_net *an = atcp_net(net);
	int err;

	get_random_bytes(an->secret, sizeof(an->secret));
	atcp_lease_start(net);

	err = atcp_mib_start(net);
	if (err)
		return err;
	err = atcp_sysctl_start(net);
	if (err)
		goto stop_mib;
	err = atcp_proc_start(net);
	if (err)
		goto stop_sysctl;
	return 0;

stop_sysctl:
	atcp_sysctl_stop(net);
stop_mib:
	atcp_mib_stop(net);
	return err;
}

/*
 * Orphans, TIME-WAIT and what is half-open go while the devices are still up, so
 * that peers are told. Between this and net_stop() a grace period passes: who was
 * about to end one of them in a softirq has done so.
 */
static void __net_exit net_drain(struct net *net)
{
	atcp_demux_purge_net(net, true);
}

static void __net_exit net_stop(struct net *net)
{
	atcp_proc_stop(net);
	atcp_sysctl_stop(net);
	atcp_demux_purge_net(net, true);
	atcp_lease_stop(net);
	atcp_mib_stop(net);
}

static struct pernet_operations net_ops = {
	.init = net_start,
	.pre_exit = net_drain,
	.exit = net_stop,
	.id = &atcp_net_id,
	.size = sizeof(struct atcp_net),
};

static const struct net_protocol protocol = {
	.handler = atcp_rx_v4,
	.err_handler = atcp_icmp_v4,
	/* IPsec policy is ours to ask: it may be the socket's own. */
	.no_policy = 1,
	.icmp_strict_tag_validation = 1,
};

static struct inet_protosw protosw = {
	.type = SOCK_STREAM,
	.protocol = IPPROTO_ATCP,
	.prot = &atcp_prot,
	.ops = &atcp_proto_ops,
};

static struct inet_protosw protosw_wire6 = {
	.type = SOCK_STREAM,
	.protocol = IPPROTO_ATCP_TCP,
	.prot = &atcp_prot,
	.ops = &atcp_proto_ops,
};

static int __init atcp_init(void)
{
	int err;

	err = atcp_burst_init();
	if (err)
		return err;
	err = atcp_demux_init();
	if (err)
		goto exit_burst;
	err = atcp_bind_init();
	if (err)
		goto exit_demux;
	err = atcp_half_init();
	if (err)
		goto exit_bind;
	err = atcp_timewait_start();
	if (err)
		goto exit_half;
	err = atcp_sock_start();
	if (err)
		goto stop_timewait;
	err = register_pernet_subsys(&net_ops);
	if (err)
		goto stop_sock;
	err = inet_add_protocol(&protocol, IPPROTO_ATCP);
	if (err)
		goto unregister_net;
	inet_register_protosw(&protosw);
	inet_register_protosw(&protosw_wire6);

	return 0;

unregister_net:
	unregister_pernet_subsys(&net_ops);
stop_sock:
	atcp_sock_stop();
stop_timewait:
	atcp_timewait_stop();
exit_half:
	atcp_half_exit();
exit_bind:
	atcp_bind_exit();
exit_demux:
	atcp_demux_exit();
exit_burst:
	atcp_burst_exit();
	return err;
}

/*
 * Nobody has a socket any more: each holds a reference to the module, and so does
 * the hook of wire protocol 6. What is left are TIME-WAIT objects, which go with the
 * namespaces' part, and memory that waits for an RCU grace period.
 */
static void __exit atcp_exit(void)
{
	inet_unregister_protosw(&protosw_wire6);
	inet_unregister_protosw(&protosw);
	atcp_wire6_settle();
	inet_del_protocol(&protocol, IPPROTO_ATCP);
	unregister_pernet_subsys(&net_ops);
	rcu_barrier();
	atcp_sock_stop();
	atcp_timewait_stop();
	atcp_half_exit();
	atcp_bind_exit();
	atcp_demux_exit();
	atcp_burst_exit();
}

module_init(atcp_init);
module_exit(atcp_exit);

MODULE_DESCRIPTION("An alternate TCP");
MODULE_LICENSE("GPL");
/* PF_INET, IPPROTO_ATCP, SOCK_STREAM: the macro needs literals */
MODULE_ALIAS_NET_PF_PROTO_TYPE(2, 253, 1);
MODULE_ALIAS_NET_PF_PROTO(2, 253);
/* ... and IPPROTO_ATCP_TCP */
MODULE_ALIAS_NET_PF_PROTO_TYPE(2, 258, 1);
MODULE_ALIAS_NET_PF_PROTO(2, 258);
