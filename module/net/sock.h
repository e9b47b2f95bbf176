/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The socket, and what the files of net/ offer each other, by file.
 *
 * The files of net/ include each other without "net/": <net/sock.h> and
 * <net/compat.h> are the kernel's, whose include path comes first.
 *
 * Lock: the socket's (sk_lock.slock, or ownership by the user), written SK
 * below. In softirq a socket that the user owns is not touched: segments go to
 * the backlog, timeouts to sk_release_cb.
 */
#ifndef ATCP_NET_SOCK_H
#define ATCP_NET_SOCK_H

#include <linux/hrtimer.h>
#include <linux/skbuff.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#include "core/conn.h"
#include "core/embryo.h"
#include "core/isn.h"
#include "core/timewait.h"
#include "compat.h"
#include "entry.h"
#include "uapi/atcp.h"

struct atcp_bind;
struct atcp_listener;
union tcp_cc_info;

/**
 * struct atcp_chunk - A piece of the send buffer: bytes of one page fragment.
 * @link: In atcp_stream.chunks.
 * @page: Page, possibly compound; the chunk owns one reference.
 * @off: First byte within @page.
 * @len: Bytes.
 */
struct atcp_chunk {
	struct list_head link;
	struct page *page;
	u32 off;
	u32 len;
};

/**
 * struct atcp_stream - What the user has written and the peer not acknowledged.
 * @chunks: struct atcp_chunk, in order.
 * @seq: Sequence number of the first byte of the first chunk.
 * @end: Sequence number after the last byte: conn.snd.end.
 * @cursor: Chunk that holds @cursor_seq, or NULL: where new data begins.
 * @cursor_seq: Sequence number of the first byte of @cursor.
 *
 * Segments are built from any range of it, for the first time or again: they
 * take references to its pages, never copies.
 */
struct atcp_stream {
	struct list_head chunks;
	u32 seq;
	u32 end;
	struct atcp_chunk *cursor;
	u32 cursor_seq;
};

/* Half of an skb is payload until that has been measured. */
#define ATCP_PAYLOAD_INIT 128

/**
 * struct atcp_sock - A socket.
 * @inet: The stack's part; first.
 * @entry: In the table of connections once it has a peer.
 * @conn: The protocol. SK.
 * @out: Send buffer. SK.
 * @timer: The one hrtimer; holds a reference to the socket for its whole life.
 * @timer_at: When @timer fires, ns; ATCP_NEVER if it is not queued. SK.
 * @bind: Port that it is bound to, or NULL. SK and the bind bucket's lock.
 * @bind_node: In the owners of @bind.
 * @listener: What only a listener needs, or NULL. SK.
 * @accept_node: In the accept queue of the listener, until accepted.
 * @read_seq: Sequence number of the next byte that the user will read. SK to
 *	write.
 * @read_end: Sequence number after the last byte in sk_receive_queue. SK to
 *	write.
 * @urg_seq: Sequence number of the urgent byte. SK.
 * @urg_state: enum atcp_urg. SK.
 * @urg_byte: The urgent byte, if ATCP_URG_VALID. SK.
 * @timer_live: @timer has been armed once, and holds its reference. SK.
 * @timer_dead: The timer's callback shall drop its reference. SK.
 * @timeout_deferred: A timeout came while the user owned the socket. SK.
 * @in_backlog: Its backlog is being processed. SK.
 * @tx_deferred: What is due goes out when that is done. SK.
 * @is_orphan: Counted in atcp_net.nr_orphans. SK.
 * @is_destroyed: The socket's own reference has been dropped. SK.
 * @wants_inq: TCP_INQ: tell what is left to read with each recvmsg. SK.
 * @user_mss: TCP_MAXSEG, bytes, or 0. SK.
 * @notsent_lowat: TCP_NOTSENT_LOWAT, bytes. SK.
 * @told_seq: @read_seq when the core was last told. SK.
 * @ofo_mem: truesize of what has come out of order. SK.
 * @payload_share: Payload in 256 bytes of skb truesize, lately. SK.
 * @is_autobound: Its port was chosen by connect(): others may have it too,
 *	towards other peers. SK.
 * @reuse_iss: Initial number that follows the TIME-WAIT whose place connect()
 *	has taken, or 0: any will do. SK.
 * @path_mtu: MTU of the path, as last told to the core, or 0. SK.
 * @pmtu_deferred: MTU that ICMP reported while the user owned the socket, or
 *	0. The socket's spinlock.
 * @unhashed_gp: RCU's state when @entry left the table: who walks over it must
 *	have gone before it may come back.
 *
 * In sk_receive_queue: skbs with struct atcp_skb_cb, in order, headers pulled.
 */
struct atcp_sock {
	struct inet_sock inet;
	struct atcp_entry entry;
	struct atcp_conn conn;
	struct atcp_stream out;
	struct hrtimer timer;
	u64 timer_at;
	struct atcp_bind *bind;
	struct hlist_node bind_node;
	struct atcp_listener *listener;
	struct list_head accept_node;
	u32 read_seq;
	u32 read_end;
	u32 urg_seq;
	u8 urg_state;
	u8 urg_byte;
	bool timer_live;
	bool timer_dead;
	bool timeout_deferred;
	bool in_backlog;
	bool tx_deferred;
	bool is_orphan;
	bool is_destroyed;
	bool wants_inq;
	u16 user_mss;
	u32 notsent_lowat;
	u32 told_seq;
	u32 ofo_mem;
	u16 payload_share;
	bool is_autobound;
	u32 reuse_iss;
	u32 path_mtu;
	u32 pmtu_deferred;
	unsigned long unhashed_gp;
};

/* Where the urgent byte is. */
enum atcp_urg {
	ATCP_URG_NONE,
	ATCP_URG_AWAITED, /* announced, its byte has not arrived */
	ATCP_URG_VALID, /* arrived, not read */
	ATCP_URG_READ,
};

/**
 * struct atcp_skb_cb - In skb->cb of a queued received skb.
 * @seq: Sequence number of the first byte of skb->data.
 * @end: Sequence number after the last byte that counts; what lies in the skb
 *	behind it is not for the user.
 *
 * Bytes before what the user reads next lie in the skb, if at all, unharmed: an
 * overlap needs no pulling. Written only after IPCB has been read for the last
 * time.
 */
struct atcp_skb_cb {
	u32 seq;
	u32 end;
};

static inline struct atcp_skb_cb *atcp_skb_cb(struct sk_buff *skb)
{
	static_assert(sizeof(struct atcp_skb_cb) <= sizeof(skb->cb));
	return (struct atcp_skb_cb *)skb->cb;
}

static inline struct atcp_sock *atcp_sk(const struct sock *sk)
{
	return (struct atcp_sock *)sk;
}

static inline bool atcp_sock_is_wire6(const struct sock *sk)
{
	return sk->sk_protocol == IPPROTO_ATCP_TCP;
}

/* The protocol number in the IP header. */
static inline u8 atcp_sock_wire(const struct sock *sk)
{
	return atcp_sock_is_wire6(sk) ? IPPROTO_TCP : IPPROTO_ATCP;
}

static inline struct sock *atcp_sock_of_conn(struct atcp_conn *conn)
{
	return (struct sock *)container_of(conn, struct atcp_sock, conn);
}

/*
 * SO_MAX_PACING_RATE, bytes per second; U64_MAX: no limit. To native TCP, too, a rate of
 * 0 is none.
 */
static inline u64 atcp_sock_max_pacing_Bps(const struct sock *sk)
{
	unsigned long rate = READ_ONCE(sk->sk_max_pacing_rate);

	return rate && rate != ~0UL ? rate : U64_MAX;
}

/*
 * sock.c: struct proto, life of a socket. start() and stop() register and
 * unregister atcp_prot and the slabs behind it; the protosw is main.c's.
 */
extern struct proto atcp_prot;
extern const struct proto_ops atcp_proto_ops;

int atcp_sock_start(void);
void atcp_sock_stop(void);
struct sock *atcp_sock_clone(const struct sock *listener, gfp_t gfp);

/* settle.c: rounds of core calls, from core's events to the user */
void atcp_sock_begin(struct atcp_step *step);
void atcp_sock_finish(struct sock *sk, struct atcp_step *step);
void atcp_sock_settle(struct sock *sk, struct atcp_step *step);
void atcp_sock_flush(struct sock *sk);
void atcp_sock_done(struct sock *sk);
void atcp_sock_bury(struct sock *sk);
void atcp_sock_abort(struct sock *sk);
void atcp_sock_write_space(struct sock *sk);
int atcp_sock_errno(u8 error);

/* sysctl.c: settings of a new socket; see netns.h for the rest */
void atcp_sysctl_config(struct net *net, struct atcp_config *config);
u8 atcp_sysctl_options(struct net *net);
int atcp_sysctl_may_create(const struct sock *sk);
int atcp_sysctl_syncookies(struct net *net);
int atcp_sysctl_max_orphans(struct net *net);
int atcp_sysctl_rmem(struct net *net, int i);
int atcp_sysctl_wmem(struct net *net, int i);

/* sockopt.c: setsockopt, getsockopt, TCP_INFO */
int atcp_sockopt_set(struct sock *sk, int level, int name, sockptr_t val,
		     unsigned int len);
int atcp_sockopt_get(struct sock *sk, int level, int name, char __user *val,
		     int __user *len);

/* info.c: struct tcp_info */
void atcp_info_fill(struct sock *sk, struct tcp_info *info);
size_t atcp_info_cc(struct sock *sk, union tcp_cc_info *info);

/* send.c: sendmsg, the send buffer */
int atcp_send_start(void);
void atcp_send_stop(void);
int atcp_send_msg(struct sock *sk, struct msghdr *msg, size_t len);
void atcp_send_begin(struct sock *sk);
void atcp_send_acked(struct sock *sk);
void atcp_send_purge(struct sock *sk);
void atcp_send_splice_eof(struct socket *sock);
int atcp_send_fill(struct sock *sk, struct sk_buff *skb, u32 seq, u32 len);

/* poll.c: what a socket is ready for */
__poll_t atcp_poll(struct file *file, struct socket *sock,
		   struct poll_table_struct *wait);
int atcp_poll_set_lowat(struct sock *sk, int val);

/* recv.c: recvmsg, the receive queue, urgent data */
int atcp_recv_msg(struct sock *sk, struct msghdr *msg, size_t len, int flags,
		  int *addr_len);
void atcp_recv_queue(struct sock *sk, struct sk_buff *skb, u32 seq, u32 off,
		     u32 len);
void atcp_recv_keep(struct sock *sk, struct sk_buff *skb, u64 now);
void atcp_recv_kept(struct sock *sk, struct sk_buff *skb, u32 seq, u32 off,
		    u32 len);
void atcp_recv_drop(struct sock *sk, struct sk_buff *skb);
void atcp_recv_urgent(struct sock *sk);
int atcp_recv_inq(const struct sock *sk);
bool atcp_recv_is_ready(const struct sock *sk, u32 target);
void atcp_recv_begin(struct sock *sk);
void atcp_recv_space(struct sock *sk);

/*
 * demux.c: the table of connections and the listeners. A connection's place in
 * the table takes no reference; what find() returns does: drop it by
 * atcp_demux_put(), a socket's by sock_put().
 */
int atcp_demux_init(void);
void atcp_demux_exit(void);
int atcp_demux_hash(struct atcp_entry *entry, struct atcp_entry *instead_of);
bool atcp_demux_unhash(struct atcp_entry *entry);
int atcp_demux_hash_listener(struct sock *sk);
void atcp_demux_unhash_listener(struct sock *sk);
struct atcp_entry *atcp_demux_find(const struct atcp_entry *key, int sdif);
struct sock *atcp_demux_find_listener(const struct atcp_entry *key, int sdif);
void atcp_demux_put(struct atcp_entry *entry);
void atcp_demux_purge_net(struct net *net, bool all);

/*
 * bind.c: ports. connect() is, in this order: inet_daddr and inet_dport set;
 * atcp_tx_route(), which finds the source address; atcp_demux_connect(), which
 * finds the source port, sets inet_num and inet_sport, enters the table and
 * routes again if that has changed the flow; then the core, with
 * atcp_sock.reuse_iss if that is not 0.
 */
int atcp_bind_init(void);
void atcp_bind_exit(void);
int atcp_demux_bind(struct sock *sk, unsigned short port);
int atcp_demux_bind_child(struct sock *child, const struct sock *listener);
void atcp_demux_unbind(struct sock *sk);
int atcp_demux_connect(struct sock *sk);

/*
 * accept.c: listeners, half-open connections, the accept queue. stop() ends
 * being a listener: half-open connections and those not accepted are reset.
 * wait() takes the socket's lock itself.
 */
int atcp_accept_listen(struct sock *sk, int backlog);
void atcp_accept_stop(struct sock *sk);
struct sock *atcp_accept_wait(struct sock *sk, int flags, int *err);
bool atcp_accept_ready(const struct sock *sk);

/*
 * rx.c: from IP to the connection. Context of backlog(), conn() and listener():
 * SK. icmp.c: error(), and released(), which release_cb calls: a new path MTU
 * had to wait for the user.
 */
int atcp_rx_v4(struct sk_buff *skb);
bool atcp_rx_wire6(struct sk_buff *skb);
int atcp_icmp_v4(struct sk_buff *skb, u32 info);
int atcp_icmp_report(struct sk_buff *skb, u32 info);
int atcp_rx_backlog(struct sock *sk, struct sk_buff *skb);
void atcp_rx_conn(struct sock *sk, struct sk_buff *skb,
		  const struct atcp_seg *seg);
void atcp_rx_listener(struct sock *sk, struct sk_buff *skb);
void atcp_icmp_released(struct sock *sk);

/*
 * tx.c: from the connection to IP. push() sends whatever the core has to send;
 * atcp_sock_settle() calls it. It has a step of its own.
 */
void atcp_tx_push(struct sock *sk);
struct dst_entry *atcp_tx_peek_dst(struct sock *sk);
struct dst_entry *atcp_tx_dst(struct sock *sk);
u16 atcp_tx_path_mss(const struct sock *sk, u32 mtu);
int atcp_tx_route(struct sock *sk);
int atcp_tx_reroute(struct sock *sk, __be16 old_sport);
void atcp_tx_ip_options(struct sock *sk);
void atcp_tx_sync_mss(struct sock *sk, u32 mtu);
u32 atcp_tx_mtu(const struct sock *sk);
void atcp_tx_tell_route(struct sock *sk);
u16 atcp_tx_own_mss(const struct sock *sk, const struct dst_entry *dst);

/*
 * timer.c: arm() whenever the core's deadline may have become earlier, which
 * atcp_sock_settle() does; kill() when the socket is destroyed, not before: a
 * socket may connect again. A listener's timer serves its half-open connections.
 */
void atcp_timer_init(struct sock *sk);
void atcp_timer_arm(struct sock *sk);
void atcp_timer_kill(struct sock *sk);
void atcp_timer_run(struct sock *sk);

/*
 * timewait.c: enter() puts an object in @sk's place in the table; the caller
 * goes on to atcp_sock_done().
 */
int atcp_timewait_start(void);
void atcp_timewait_stop(void);
void atcp_timewait_enter(struct sock *sk);
void atcp_timewait_purge(struct net *net);

/* trace.c, mib.c: see net/mib.h */

#endif /* ATCP_NET_SOCK_H */
