// SPDX-License-Identifier: GPL-2.0
/*
 * net.atcp.*, per namespace, and the settings of a new socket that come from
 * them. Where native TCP has the same setting, -1 follows it. Documented in
 * Documentation/sysctl.rst.
 */
#include <linux/capability.h>
#include <linux/slab.h>
#include <linux/sysctl.h>
#include <net/net_namespace.h>
#include <net/tcp.h>

#include "compat.h"
#include "netns.h"
#include "sock.h"
#include "wire6.h"

/* Least size of a buffer, bytes; native's as well. */
#define BUFFER_MIN 4096

/* Limits that are no constants of the kernel's. */
static int follow = -1;
static int most_ecn = ATCP_ECN_USE_NR - 1;
static int most_u8 = 255;
static int most_retries = 127;
static int most_keepalive_s = 32767;
static int most_rto_ms = 120000;
static int least_rto_ms = 1;
static int most_delack_ms = 500;
static int least_base_mss = 88;
static int most_base_mss = 65495;
static int most_fin_timeout_s = 120;
static int most_initial_cwnd = 64;

/* Native's where ours is -1. */
static int either(const int *ours, int natives)
{
	int value = READ_ONCE(*ours);

	return value == -1 ? natives : value;
}

/**
 * atcp_sysctl_rmem() - Size of a receive buffer.
 * @net: Namespace.
 * @i: 0: least, 1: first, 2: most.
 *
 * Return: bytes.
 */
int atcp_sysctl_rmem(struct net *net, int i)
{
	return either(&atcp_net(net)->settings.rmem[i],
		      READ_ONCE(net->ipv4.sysctl_tcp_rmem[i]));
}

/**
 * atcp_sysctl_wmem() - Size of a send buffer.
 * @net: Namespace.
 * @i: 0: least, 1: first, 2: most.
 *
 * Return: bytes.
 */
int atcp_sysctl_wmem(struct net *net, int i)
{
	return either(&atcp_net(net)->settings.wmem[i],
		      READ_ONCE(net->ipv4.sysctl_tcp_wmem[i]));
}

/**
 * atcp_sysctl_syncookies() - When to answer a SYN with a cookie.
 * @net: Namespace.
 *
 * Return: 0: never, 1: when half-open connections overflow, 2: always.
 */
int atcp_sysctl_syncookies(struct net *net)
{
	return either(&atcp_net(net)->settings.syncookies,
		      READ_ONCE(net->ipv4.sysctl_tcp_syncookies));
}

/**
 * atcp_sysctl_max_orphans() - How many connections may go on without a file.
 * @net: Namespace.
 *
 * Return: number of sockets.
 */
int atcp_sysctl_max_orphans(struct net *net)
{
	return READ_ONCE(atcp_net(net)->settings.max_orphans);
}

/**
 * atcp_sysctl_may_create() - May a socket be created?
 * @sk: The new socket.
 *
 * Context: process; the caller is who creates it.
 * Return: 0, -EPROTONOSUPPORT or -EPERM.
 */
int atcp_sysctl_may_create(const struct sock *sk)
{
	const struct net *net = sock_net(sk);

	if (atcp_sock_is_wire6(sk) &&
	    !READ_ONCE(atcp_net(net)->settings.wire6))
		return -EPROTONOSUPPORT;
	if (!READ_ONCE(atcp_net(&init_net)->settings.unprivileged) &&
	    !sk->sk_kern_sock && !capable(CAP_NET_ADMIN))
		return -EPERM;
	return 0;
}

/* The options that a new connection may use, ATCP_HAS_*. */
u8 atcp_sysctl_options(struct net *net)
{
	const struct atcp_settings *set = &atcp_net(net)->settings;
	u8 use = 0;

	if (either(&set->sack, READ_ONCE(net->ipv4.sysctl_tcp_sack)))
		use |= ATCP_HAS_SACK_PERM;
	if (either(&set->timestamps, READ_ONCE(net->ipv4.sysctl_tcp_timestamps)))
		use |= ATCP_HAS_TS;
	if (either(&set->window_scaling,
		   READ_ONCE(net->ipv4.sysctl_tcp_window_scaling)))
		use |= ATCP_HAS_WSCALE;
	return use;
}

/* Native's are jiffies; and 0 orphan retries mean 8 there. */
static void config_native(struct net *net, struct atcp_config *config)
{
	const struct atcp_settings *set = &atcp_net(net)->settings;
	int fin_s = READ_ONCE(net->ipv4.sysctl_tcp_fin_timeout) / HZ;
	int orphan = READ_ONCE(net->ipv4.sysctl_tcp_orphan_retries) ?: 8;

	config->use = atcp_sysctl_options(net);
	config->ecn = min_t(int, either(&set->ecn,
					READ_ONCE(net->ipv4.sysctl_tcp_ecn)),
			    ATCP_ECN_USE_NR - 1);
	config->syn_retries = either(&set->syn_retries,
				     READ_ONCE(net->ipv4.sysctl_tcp_syn_retries));
	config->synack_retries =
		either(&set->synack_retries,
		       READ_ONCE(net->ipv4.sysctl_tcp_synack_retries));
	config->retries = either(&set->retries2,
				 READ_ONCE(net->ipv4.sysctl_tcp_retries2));
	config->orphan_retries = either(&set->orphan_retries, orphan);
	config->fin_timeout_ms = either(&set->fin_timeout, fin_s) * 1000;
}

/* Native's, if we have one of that name. */
static const struct atcp_cc_ops *natives_congestion_control(struct net *net)
{
	const struct tcp_congestion_ops *natives;
	const struct atcp_cc_ops *ops;

	rcu_read_lock();
	natives = rcu_dereference(net->ipv4.tcp_congestion_control);
	ops = natives ? atcp_cc_find(natives->name) : &atcp_cubic;
	if (!ops)
		pr_info_once("atcp: there is no %s here as there is for native TCP: cubic is used\n",
			     natives->name);
	rcu_read_unlock();

	return ops ?: &atcp_cubic;
}

static const struct atcp_cc_ops *congestion_control(struct net *net)
{
	return READ_ONCE(atcp_net(net)->settings.congestion_control) ?:
		       natives_congestion_control(net);
}

/**
 * atcp_sysctl_config() - Settings of a new socket.
 * @net: Its namespace.
 * @config: Filled in.
 */
void atcp_sysctl_config(struct net *net, struct atcp_config *config)
{
	const struct atcp_settings *set = &atcp_net(net)->settings;

	*config = (struct atcp_config)ATCP_CONFIG_DEFAULT;
	config_native(net, config);
	config->keepalive_idle_s = READ_ONCE(set->keepalive_time);
	config->keepalive_intvl_s = READ_ONCE(set->keepalive_intvl);
	config->keepalive_probes = READ_ONCE(set->keepalive_probes);
	config->rto_max_ms = READ_ONCE(set->rto_max_ms);
	config->rto_min_ms = min_t(u32, READ_ONCE(set->rto_min_ms),
				   config->rto_max_ms);
	config->rto_init_ms = clamp_t(u32, READ_ONCE(set->rto_initial_ms),
				      config->rto_min_ms, config->rto_max_ms);
	config->delack_ms = READ_ONCE(set->delack_ms);
	config->mtu_probing = READ_ONCE(set->mtu_probing);
	config->base_mss = READ_ONCE(set->base_mss);
	config->initial_cwnd = READ_ONCE(set->initial_cwnd);
	config->cc = congestion_control(net);
}

/* Written in the initial namespace, for all: what rmmod waits for. */
static void drain(struct net *net)
{
	if (!net_eq(net, &init_net)) {
		atcp_demux_purge_net(net, false);
		return;
	}
	down_read(&net_rwsem);
	for_each_net(net)
		atcp_demux_purge_net(net, false);
	up_read(&net_rwsem);
	atcp_wire6_settle();
}

static int handle_drain(ATCP_COMPAT_CTL_TABLE *table, int write, void *buffer,
			size_t *lenp, loff_t *ppos)
{
	struct net *net = table->extra2;
	int value = 0;
	struct ctl_table local = {
		.data = &value,
		.maxlen = sizeof(value),
		.mode = table->mode,
		.extra1 = SYSCTL_ONE,
		.extra2 = SYSCTL_ONE,
	};
	int err;

	if (!write)
		local.extra1 = SYSCTL_ZERO;
	err = proc_dointvec_minmax(&local, write, buffer, lenp, ppos);
	if (!err && write)
		drain(net);
	return err;
}

/* Three sizes at once: all of them -1 or of use, or nothing changes. */
static int handle_buffer(ATCP_COMPAT_CTL_TABLE *table, int write, void *buffer,
			 size_t *lenp, loff_t *ppos)
{
	int *sizes = table->data;
	int values[3] = { sizes[0], sizes[1], sizes[2] };
	struct ctl_table local = {
		.data = values,
		.maxlen = sizeof(values),
		.mode = table->mode,
	};
	int i, err;

	err = proc_dointvec(&local, write, buffer, lenp, ppos);
	if (err || !write)
		return err;
	for (i = 0; i < ARRAY_SIZE(values); i++)
		if (values[i] != -1 && values[i] < BUFFER_MIN)
			return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(values); i++)
		WRITE_ONCE(sizes[i], values[i]);
	return 0;
}

/* By name; one that there is not is refused as native's is. -1: native's. */
static int handle_congestion_control(ATCP_COMPAT_CTL_TABLE *table, int write,
				     void *buffer, size_t *lenp, loff_t *ppos)
{
	const struct atcp_cc_ops **setting = table->data, *ops = NULL;
	char name[ATCP_CC_NAME_MAX];
	struct ctl_table local = {
		.data = name,
		.maxlen = sizeof(name),
		.mode = table->mode,
	};
	int err;

	strscpy(name, congestion_control(table->extra2)->name, sizeof(name));
	err = proc_dostring(&local, write, buffer, lenp, ppos);
	if (err || !write)
		return err;
	if (strcmp(name, "-1")) {
		ops = atcp_cc_find(name);
		if (!ops)
			return -ENOENT;
	}
	WRITE_ONCE(*setting, ops);
	return 0;
}

/* All names, with spaces between. */
static int handle_available(ATCP_COMPAT_CTL_TABLE *table, int write,
			    void *buffer, size_t *lenp, loff_t *ppos)
{
	char names[8 * ATCP_CC_NAME_MAX] = "";
	struct ctl_table local = {
		.data = names,
		.maxlen = sizeof(names),
		.mode = table->mode,
	};
	const struct atcp_cc_ops *ops;
	size_t len = 0;
	int i;

	for (i = 0; (ops = atcp_cc_nth(i)); i++)
		len += scnprintf(names + len, sizeof(names) - len, "%s%s",
				 i ? " " : "", ops->name);
	return proc_dostring(&local, write, buffer, lenp, ppos);
}

#define BUFFER_SETTING(field)                                           \
	{                                                               \
		.procname = #field,                                     \
		.data = (void *)offsetof(struct atcp_settings, field),  \
		.maxlen = sizeof_field(struct atcp_settings, field),    \
		.mode = 0644,                                           \
		.proc_handler = handle_buffer,                          \
	}

#define SETTING(field, lo, hi)                                          \
	{                                                               \
		.procname = #field,                                     \
		.data = (void *)offsetof(struct atcp_settings, field),  \
		.maxlen = sizeof_field(struct atcp_settings, field),    \
		.mode = 0644,                                           \
		.proc_handler = proc_dointvec_minmax,                   \
		.extra1 = lo,                                           \
		.extra2 = hi,                                           \
	}

/* Places in the table of those that differ from namespace to namespace. */
enum { AT_DRAIN, AT_UNPRIVILEGED };

/* Data is an offset until the table is copied for a namespace. */
static const struct ctl_table settings_table[] = {
	[AT_DRAIN] = {
		.procname = "drain",
		.maxlen = sizeof(int),
		.mode = 0644,
		.proc_handler = handle_drain,
	},
	[AT_UNPRIVILEGED] = SETTING(unprivileged, SYSCTL_ZERO, SYSCTL_ONE),
	BUFFER_SETTING(rmem),
	BUFFER_SETTING(wmem),
	SETTING(sack, &follow, SYSCTL_ONE),
	SETTING(timestamps, &follow, SYSCTL_ONE),
	SETTING(window_scaling, &follow, SYSCTL_ONE),
	SETTING(ecn, &follow, &most_ecn),
	SETTING(syn_retries, &follow, &most_retries),
	SETTING(synack_retries, &follow, &most_u8),
	SETTING(retries2, &follow, &most_u8),
	SETTING(orphan_retries, &follow, &most_u8),
	SETTING(fin_timeout, &follow, &most_fin_timeout_s),
	SETTING(syncookies, &follow, SYSCTL_TWO),
	SETTING(keepalive_time, SYSCTL_ONE, &most_keepalive_s),
	SETTING(keepalive_intvl, SYSCTL_ONE, &most_keepalive_s),
	SETTING(keepalive_probes, SYSCTL_ONE, &most_retries),
	SETTING(rto_initial_ms, &least_rto_ms, &most_rto_ms),
	SETTING(rto_min_ms, &least_rto_ms, &most_rto_ms),
	SETTING(rto_max_ms, &least_rto_ms, &most_rto_ms),
	SETTING(delack_ms, SYSCTL_ONE, &most_delack_ms),
	SETTING(mtu_probing, SYSCTL_ZERO, SYSCTL_TWO),
	SETTING(base_mss, &least_base_mss, &most_base_mss),
	SETTING(initial_cwnd, SYSCTL_ONE, &most_initial_cwnd),
	SETTING(max_orphans, SYSCTL_ZERO, SYSCTL_INT_MAX),
	SETTING(wire6, SYSCTL_ZERO, SYSCTL_ONE),
	{
		.procname = "congestion_control",
		.data = (void *)offsetof(struct atcp_settings,
					 congestion_control),
		.maxlen = ATCP_CC_NAME_MAX,
		.mode = 0644,
		.proc_handler = handle_congestion_control,
	},
	{
		.procname = "available_congestion_control",
		.maxlen = ATCP_CC_NAME_MAX,
		.mode = 0444,
		.proc_handler = handle_available,
	},
	ATCP_COMPAT_CTL_SENTINEL
};

static const struct atcp_settings settings_init = {
	.rmem = { -1, -1, -1 },
	.wmem = { -1, -1, -1 },
	.sack = -1,
	.timestamps = -1,
	.window_scaling = -1,
	.ecn = -1,
	.syn_retries = -1,
	.synack_retries = -1,
	.retries2 = -1,
	.orphan_retries = -1,
	.fin_timeout = -1,
	.syncookies = -1,
	.keepalive_time = 7200,
	.keepalive_intvl = 75,
	.keepalive_probes = 10,
	.rto_initial_ms = 1000,
	.rto_min_ms = 200,
	.rto_max_ms = 120000,
	.delack_ms = 40,
	.mtu_probing = 1,
	.base_mss = 1024,
	.initial_cwnd = 10,
	.max_orphans = 16384,
	.wire6 = 1,
	.unprivileged = 1,
};

/**
 * atcp_sysctl_start() - Show net.atcp in a namespace, with its defaults.
 * @net: Namespace.
 *
 * Return: 0 or -ENOMEM.
 */
int __net_init atcp_sysctl_start(struct net *net)
{
	struct atcp_net *anet = atcp_net(net);
	struct ctl_table *table;
	int i;

	anet->settings = settings_init;
	table = kmemdup(settings_table, sizeof(settings_table), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(settings_table) && table[i].procname; i++) {
		if (i != AT_DRAIN)
			table[i].data = (u8 *)&anet->settings +
					(unsigned long)table[i].data;
		/* Where no limit is, a handler of our own finds its namespace. */
		if (!table[i].extra2)
			table[i].extra2 = net;
	}
	/* Who can make a namespace must not get round it: it is the system's. */
	if (!net_eq(net, &init_net)) {
		table[AT_UNPRIVILEGED].data =
			&atcp_net(&init_net)->settings.unprivileged;
		table[AT_UNPRIVILEGED].mode = 0444;
	}

	anet->sysctl = atcp_compat_register_sysctl(net, "net/atcp", table,
						   ARRAY_SIZE(settings_table));
	if (!anet->sysctl) {
		kfree(table);
		return -ENOMEM;
	}
	anet->sysctl_table = table;
	return 0;
}

/**
 * atcp_sysctl_stop() - Undo atcp_sysctl_start().
 * @net: Namespace.
 */
void __net_exit atcp_sysctl_stop(struct net *net)
{
	struct atcp_net *anet = atcp_net(net);

	unregister_net_sysctl_table(anet->sysctl);
	kfree(anet->sysctl_table);
}
