// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/atcp: connections, listeners, half-open connections and TIME-WAIT
 * of a namespace, in the form of /proc/net/tcp. /proc/net/atcp_stat: counters.
 */
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "demux.h"
#include "mib.h"
#include "netns.h"
#include "sock.h"

/*
 * A position is a bucket and how many of its entries come before: listeners in
 * the first half, the rest in the second. 0 is the heading.
 */
#define NTH_BITS 16
#define SECOND_HALF BIT_ULL(40)

/**
 * struct line - What one line shows.
 * @laddr: Local address.
 * @raddr: Remote address.
 * @lport: Local port.
 * @rport: Remote port.
 * @state: TCP_ESTABLISHED and so on.
 * @tx_queue: Bytes not acknowledged.
 * @rx_queue: Bytes not read; of a listener, connections not accepted.
 * @retransmits: Since the peer last acknowledged anything.
 * @uid: Who created the socket.
 * @inode: Inode of its file, 0 without one.
 * @wire: Protocol number in the IP header.
 */
struct line {
	__be32 laddr;
	__be32 raddr;
	u16 lport;
	u16 rport;
	u8 state;
	u32 tx_queue;
	u32 rx_queue;
	u32 retransmits;
	kuid_t uid;
	unsigned long inode;
	u8 wire;
};

static loff_t position(u32 bucket, u32 nth, bool is_second)
{
	return (is_second ? SECOND_HALF : 0) + ((u64)bucket << NTH_BITS) + nth +
	       1;
}

static void *first_listener(struct net *net, u32 bucket, u32 nth, loff_t *pos)
{
	struct sock *sk;

	for (; bucket < ATCP_LISTENER_BUCKETS; bucket++, nth = 0) {
		sk = atcp_demux_nth_listener(net, bucket, nth);
		if (sk) {
			*pos = position(bucket, nth, false);
			return sk;
		}
	}
	return NULL;
}

static void *first_entry(struct net *net, u32 bucket, u32 nth, loff_t *pos)
{
	struct atcp_entry *entry;

	for (; bucket < atcp_demux_nr_buckets(); bucket++, nth = 0) {
		entry = atcp_demux_nth_entry(net, bucket, nth);
		if (entry) {
			*pos = position(bucket, nth, true);
			return entry;
		}
	}
	return NULL;
}

/* What is at @pos or comes first behind it; @pos becomes where that is. */
static void *find(struct net *net, loff_t *pos)
{
	u64 at = *pos - 1;
	u32 nth = at & (BIT(NTH_BITS) - 1);
	void *found;

	if (at < SECOND_HALF) {
		found = first_listener(net, at >> NTH_BITS, nth, pos);
		if (found)
			return found;
		return first_entry(net, 0, 0, pos);
	}
	return first_entry(net, (at - SECOND_HALF) >> NTH_BITS, nth, pos);
}

static void *seq_start(struct seq_file *seq, loff_t *pos)
	__acquires(RCU)
{
	rcu_read_lock();
	return *pos ? find(seq_file_net(seq), pos) : SEQ_START_TOKEN;
}

static void *seq_next(struct seq_file *seq, void *v, loff_t *pos)
{
	void *found;

	++*pos;
	found = find(seq_file_net(seq), pos);
	return found;
}

static void seq_stop(struct seq_file *seq, void *v)
	__releases(RCU)
{
	rcu_read_unlock();
}

static void line_of_sock(struct line *line, struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);
	const struct atcp_conn *conn = &atcp_sk(sk)->conn;

	line->laddr = inet->inet_rcv_saddr;
	line->raddr = inet->inet_daddr;
	line->lport = ntohs(inet->inet_sport);
	line->rport = ntohs(inet->inet_dport);
	line->state = inet_sk_state_load(sk);
	line->uid = sock_i_uid(sk);
	line->inode = sock_i_ino(sk);
	line->wire = atcp_sock_wire(sk);
	if (line->state == TCP_LISTEN) {
		line->rx_queue = READ_ONCE(sk->sk_ack_backlog);
		return;
	}
	line->tx_queue = atcp_conn_unacked(conn);
	line->rx_queue = atcp_recv_inq(sk);
	line->retransmits = conn->rtt.backoff;
}

static void line_of_entry(struct line *line, struct atcp_entry *entry)
{
	if (entry->kind == ATCP_ENTRY_SOCK) {
		line_of_sock(line, atcp_demux_sock(entry));
		return;
	}
	line->laddr = entry->laddr;
	line->raddr = entry->raddr;
	line->lport = ntohs(entry->lport);
	line->rport = ntohs(entry->rport);
	line->state = entry->kind == ATCP_ENTRY_EMBRYO ? TCP_SYN_RECV :
							 TCP_TIME_WAIT;
	line->uid = GLOBAL_ROOT_UID;
	line->wire = atcp_entry_wire(entry);
}

/* Timers are not shown: what a connection waits for is a table of deadlines. */
static int seq_show(struct seq_file *seq, void *v)
{
	struct line line = {};

	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode wire\n");
		return 0;
	}
	if (seq->index <= SECOND_HALF)
		line_of_sock(&line, v);
	else
		line_of_entry(&line, v);
	seq_printf(seq,
		   "%4llu: %08X:%04X %08X:%04X %02X %08X:%08X 00:00000000 %08X %5u        0 %lu %u\n",
		   seq->index & (SECOND_HALF - 1), (__force u32)line.laddr,
		   line.lport, (__force u32)line.raddr, line.rport, line.state,
		   line.tx_queue, line.rx_queue, line.retransmits,
		   from_kuid_munged(seq_user_ns(seq), line.uid), line.inode,
		   line.wire);
	return 0;
}

static const struct seq_operations seq_ops = {
	.start = seq_start,
	.next = seq_next,
	.stop = seq_stop,
	.show = seq_show,
};

#define NAME(id, name) name,
static const char *const core_names[] = { ATCP_MIB_LIST(NAME) };
static const char *const net_names[] = { ATCP_NETMIB_LIST(NAME) };
#undef NAME

static_assert(ARRAY_SIZE(core_names) == ATCP_MIB_NR);
static_assert(ARRAY_SIZE(net_names) == ATCP_NETMIB_NR - ATCP_MIB_NR);

static int show_stat(struct seq_file *seq, void *v)
{
	struct net *net = seq_file_single_net(seq);
	struct atcp_net *anet = atcp_net(net);
	int i;

	for (i = 0; i < ATCP_MIB_NR; i++)
		seq_printf(seq, "%s %llu\n", core_names[i],
			   atcp_mib_read(net, i));
	for (; i < ATCP_NETMIB_NR; i++)
		seq_printf(seq, "%s %llu\n", net_names[i - ATCP_MIB_NR],
			   atcp_mib_read(net, i));
	seq_printf(seq, "Sockets %d\n", sock_prot_inuse_get(net, &atcp_prot));
	seq_printf(seq, "Orphans %d\n", atomic_read(&anet->nr_orphans));
	seq_printf(seq, "HalfOpen %d\n", atomic_read(&anet->nr_embryos));
	seq_printf(seq, "TimeWait %d\n", atomic_read(&anet->nr_tw));
	return 0;
}

/**
 * atcp_proc_start() - Make a namespace's files.
 * @net: Namespace.
 *
 * Return: 0 or -ENOMEM.
 */
int __net_init atcp_proc_start(struct net *net)
{
	if (!proc_create_net("atcp", 0444, net->proc_net, &seq_ops,
			     sizeof(struct seq_net_private)))
		return -ENOMEM;
	if (!proc_create_net_single("atcp_stat", 0444, net->proc_net,
				    show_stat, NULL)) {
		remove_proc_entry("atcp", net->proc_net);
		return -ENOMEM;
	}
	return 0;
}

/**
 * atcp_proc_stop() - Remove them.
 * @net: Namespace.
 */
void __net_exit atcp_proc_stop(struct net *net)
{
	remove_proc_entry("atcp_stat", net->proc_net);
	remove_proc_entry("atcp", net->proc_net);
}
