/* SPDX-License-Identifier: GPL-2.0 */
/* What ATCP keeps per network namespace. */
#ifndef ATCP_NET_NETNS_H
#define ATCP_NET_NETNS_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "core/conn.h"
#include "core/isn.h"
#include "mib.h"

struct ctl_table_header;

/**
 * struct atcp_mib_cpu - Counters of one CPU in one namespace.
 * @count: By enum atcp_mib and enum atcp_netmib. Written on its CPU alone.
 */
struct atcp_mib_cpu {
	u64 count[ATCP_NETMIB_NR];
};

/**
 * struct atcp_settings - net.atcp.*, as they are written. sysctl.c alone reads
 * them.
 * @drain: Of no meaning once written.
 * @rmem: Receive buffer: least, first, most; bytes.
 * @wmem: Send buffer: least, first, most; bytes.
 * @sack: Offer and accept SACK.
 * @timestamps: Offer and accept timestamps.
 * @window_scaling: Offer and accept window scaling.
 * @ecn: enum atcp_ecn_use.
 * @syn_retries: SYNs sent again.
 * @synack_retries: SYN+ACKs sent again.
 * @retries2: Retransmissions before a connection is given up.
 * @orphan_retries: The same once the user has closed.
 * @fin_timeout: An orphan's FIN-WAIT-2, s.
 * @syncookies: 0: never, 1: when half-open connections overflow, 2: always.
 * @keepalive_time: Idle before the first probe, s.
 * @keepalive_intvl: Between probes, s.
 * @keepalive_probes: Unanswered ones before a connection is given up.
 * @rto_initial_ms: RTO before the first measurement.
 * @rto_min_ms: Least RTO.
 * @rto_max_ms: Largest RTO.
 * @delack_ms: Delay of an acknowledgment.
 * @mtu_probing: enum atcp_mtu_probing.
 * @base_mss: What passes nearly everywhere: MTU less IP and fixed TCP headers.
 * @initial_cwnd: Initial congestion window, segments.
 * @max_orphans: Connections without a file, at most.
 * @wire6: Sockets of wire protocol 6 may be created.
 * @unprivileged: Anyone may create sockets; else who has CAP_NET_ADMIN in the initial
 *	user namespace. The initial namespace's counts for all.
 * @congestion_control: Congestion control of new sockets; NULL: native's.
 *
 * The first thirteen but @drain follow native's where they are -1.
 */
struct atcp_settings {
	int drain;
	int rmem[3];
	int wmem[3];
	int sack;
	int timestamps;
	int window_scaling;
	int ecn;
	int syn_retries;
	int synack_retries;
	int retries2;
	int orphan_retries;
	int fin_timeout;
	int syncookies;
	int keepalive_time;
	int keepalive_intvl;
	int keepalive_probes;
	int rto_initial_ms;
	int rto_min_ms;
	int rto_max_ms;
	int delack_ms;
	int mtu_probing;
	int base_mss;
	int initial_cwnd;
	int max_orphans;
	int wire6;
	int unprivileged;
	const struct atcp_cc_ops *congestion_control;
};

/**
 * struct atcp_lease_pool - Native sockets that wait for a port to stand for: lease.c.
 * @lock: Of @head and @nr. A leaf.
 * @head: struct atcp_lease, unbound.
 * @nr: How many.
 * @trim: Frees those that are too many.
 */
struct atcp_lease_pool {
	spinlock_t lock; /* of head and nr */
	struct hlist_head head;
	unsigned int nr;
	struct work_struct trim;
};

/**
 * struct atcp_net - One namespace's part.
 * @settings: net.atcp.*; see atcp_sysctl_config().
 * @secret: Of initial sequence numbers, timestamp offsets and SYN cookies; one
 *	for each wire protocol, which may have the same 4-tuples.
 * @mib: Counters.
 * @sysctl: net.atcp, registered by sysctl.c; NULL if it is not.
 * @sysctl_table: Its table, when it was copied for this namespace.
 * @nr_tw: TIME-WAIT objects; limited by net.ipv4.tcp_max_tw_buckets.
 * @nr_embryos: Half-open connections.
 * @nr_orphans: Sockets whose connection goes on without a file.
 * @leases: Spare leases.
 * @has_warned_cookies: The log has told of a SYN flood.
 *
 * Where native has a setting per namespace and it is not in @settings, its own
 * is read: net->ipv4.sysctl_max_syn_backlog,
 * sysctl_tcp_abort_on_overflow, the port range.
 */
struct atcp_net {
	struct atcp_settings settings;
	struct atcp_secret secret[2];
	struct atcp_mib_cpu __percpu *mib;
	struct ctl_table_header *sysctl;
	struct ctl_table *sysctl_table;
	atomic_t nr_tw;
	atomic_t nr_embryos;
	atomic_t nr_orphans;
	struct atcp_lease_pool leases;
	bool has_warned_cookies;
};

extern unsigned int atcp_net_id;

static inline struct atcp_net *atcp_net(const struct net *net)
{
	return net_generic(net, atcp_net_id);
}

static inline const struct atcp_secret *
atcp_net_secret(const struct net *net, bool is_wire6)
{
	return &atcp_net(net)->secret[is_wire6];
}

/* mib.c: counters; a sum over all CPUs, by enum atcp_mib or atcp_netmib */
int atcp_mib_start(struct net *net);
void atcp_mib_stop(struct net *net);
u64 atcp_mib_read(struct net *net, unsigned int id);

/* sysctl.c: net.atcp.*; start() also fills atcp_net.settings */
int atcp_sysctl_start(struct net *net);
void atcp_sysctl_stop(struct net *net);

/* proc.c: /proc/net/atcp, /proc/net/atcp_stat */
int atcp_proc_start(struct net *net);
void atcp_proc_stop(struct net *net);

#endif /* ATCP_NET_NETNS_H */
