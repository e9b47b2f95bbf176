/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The oracle: an account of what went over the wire and what the programs did,
 * kept without asking the core, and the rules of RFC 9293 checked against it.
 */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include "sim.h"

#define ORC_URGENT_MAX 64

/**
 * struct orc_ecn - What a host has sent and heard of ECN.
 * @asked: Its SYN has asked for RFC 3168's.
 * @asked_acc: For RFC 9768's.
 * @agreed: Its SYN+ACK has agreed to RFC 3168's.
 * @agreed_acc: To RFC 9768's.
 * @was_asked: A SYN that asks for either has reached it.
 * @was_asked_acc: For RFC 9768's.
 * @is_answered: A SYN+ACK has.
 * @was_agreed_to: The first of them agrees to RFC 3168's.
 * @was_agreed_acc: To RFC 9768's.
 * @is_plain: It has sent a SYN that does not ask, or one has reached it; or a SYN+ACK.
 * @has_dctcp: It has used RFC 8257, which echoes otherwise.
 * @is_due: RFC 3168: a mark has reached it, and no CWR since.
 * @syn_ecn: What the last SYN, or SYN+ACK, came with.
 * @marks: Packets with CE that have reached it.
 */
struct orc_ecn {
	bool asked;
	bool asked_acc;
	bool agreed;
	bool agreed_acc;
	bool was_asked;
	bool was_asked_acc;
	bool is_answered;
	bool was_agreed_to;
	bool was_agreed_acc;
	bool is_plain;
	bool has_dctcp;
	bool is_due;
	u8 syn_ecn;
	u32 marks;
};

/**
 * struct orc_flow - What one host has sent in one connection.
 * @iss: Its initial number, valid with @has_syn.
 * @max: Number after the highest that it has sent.
 * @fin: Number of its FIN, valid with @has_fin.
 * @ack: Highest acknowledgment number that it has sent, valid with @has_ack.
 * @edge: Rightmost number up to which it has opened its window.
 * @ecn: See there.
 * @seen_ack: Highest ack that has reached this host, of its own data.
 * @seen_edge: Rightmost edge that has reached this host.
 * @peer_mss: The MSS option that has reached this host; 0: none.
 * @ts_last: Its last TSval, valid with @has_ts.
 * @timed_from: When the retransmission timer can have started at the latest: the
 *	segment at @seen_ack was sent first, @seen_ack moved, or the timer fired.
 * @bytes_acked: Bytes of its stream that have been acknowledged.
 * @bytes_told: The same with those in blocks, as an acknowledgment has told at most.
 * @heard_at: When a good segment of the peer last reached this host.
 * @progress_at: When @seen_ack last moved.
 * @urgent: Positions in the stream after urgent bytes.
 * @nr_urgent: How many.
 * @peer_ts: Latest timestamp that has reached this host.
 * @dup_acks: Acknowledgments without news that have reached this host.
 * @is_ambiguous: What the latest ACK says of marks need not be believed: it may have been
 *	overtaken (RFC 9768 section A.1), or answer a SYN+ACK (3.2.2.1).
 * @wscale: Its window scale option, valid with @has_wscale.
 * @syn_opts: Options that its SYN had.
 * @has_edge: @edge is valid.
 * @has_syn: It has sent a SYN.
 * @has_fin: It has sent a FIN.
 * @has_rst: It has sent a RST of its connection's own.
 * @has_ack: It has acknowledged something.
 * @has_ts: It has sent a timestamp.
 * @has_wscale: Its SYN had the option.
 * @syn_arrived: Its SYN has reached the peer.
 * @fin_arrived: A segment with its FIN has reached the peer.
 * @rst_arrived: A RST, true or forged, has reached this host.
 * @is_synchronized: This host has passed SYN-SENT and SYN-RECEIVED.
 */
struct orc_flow {
	struct orc_ecn ecn;
	u32 iss;
	u32 max;
	u32 fin;
	u32 ack;
	u32 edge;
	u32 seen_ack;
	u32 seen_edge;
	u16 peer_mss;
	u32 ts_last;
	u64 timed_from;
	u64 bytes_acked;
	u64 bytes_told;
	u64 heard_at;
	u64 progress_at;
	u64 urgent[ORC_URGENT_MAX];
	u32 nr_urgent;
	u32 peer_ts;
	u32 dup_acks;
	bool is_ambiguous;
	u8 wscale;
	u8 syn_opts;
	bool has_edge;
	bool has_syn;
	bool has_fin;
	bool has_rst;
	bool has_ack;
	bool has_ts;
	bool has_wscale;
	bool syn_arrived;
	bool fin_arrived;
	bool rst_arrived;
	bool is_synchronized;
};

/**
 * struct orc_conn - One incarnation of a connection.
 * @sim: The run.
 * @next: The one before.
 * @hosts: Indices of both hosts, the lower first: the arrays below go by this
 *	order, see orc_side().
 * @ports: Of both hosts.
 * @streams: What each host writes is a function of these and the position.
 * @flows: By the sending host.
 * @socks: The sockets, where there are any yet.
 * @under_way: Segments on the wire, both ways.
 * @is_muddled: The accepting side began more than once, with another number: the
 *	other side may know either.
 * @is_troubled: A segment was lost, damaged, overtaken or forged: what one end has
 *	said the other may not know.
 * @is_lawless: A SYN cookie has been taken twice, or the peer is a fuzzer: only the
 *	connection's own order can be judged.
 */
struct orc_conn {
	struct sim *sim;
	struct orc_conn *next;
	u8 hosts[2];
	u16 ports[2];
	u64 streams[2];
	struct orc_flow flows[2];
	struct sim_sock *socks[2];
	u32 under_way;
	bool is_muddled;
	bool is_troubled;
	bool is_lawless;
};

/* distance() - How far @to is to the right of @from, modulo 2^32. */
static inline s32 distance(u32 from, u32 to)
{
	return (s32)(to - from);
}

/* orc_side() - Which of the two ends of @orc is on this host. */
static inline u8 orc_side(const struct orc_conn *orc, u8 host)
{
	return orc->hosts[1] == host;
}

/* oracle.c */
struct orc_conn *orc_open(struct sim_host *host, const struct sim_host *peer,
			  u16 lport, u16 rport);
struct orc_conn *orc_accept(struct sim_host *host,
			    const struct sim_packet *syn);
void orc_parse(struct atcp_seg *seg, const struct sim_packet *pkt);
void orc_relate(struct atcp_seg *seg, const struct sim_packet *pkt);
void orc_arrived(struct sim_host *host, const struct sim_packet *pkt);

/* wire.c */
void orc_sent(struct sim_host *host, const struct sim_packet *pkt);
void orc_reset_sent(struct sim_host *host, const struct sim_packet *cause,
		    const struct sim_packet *rst);

/* wire_ecn.c */
void orc_ecn_sent(struct sim *sim, struct orc_ecn *ecn,
		  const struct atcp_seg *seg, const struct sim_sock *sock,
		  bool is_new);
void orc_ecn_arrived(struct orc_ecn *ecn, const struct atcp_seg *seg,
		     bool is_next);

/* judge.c */
void judge_state(struct sim_sock *sock, u8 from, u8 to);
void judge_sock(struct sim_sock *sock, const struct atcp_step *step);
void judge_new_data(struct sim_sock *sock, u32 nxt);
void judge_persist(struct sim_sock *sock);
void judge_events(struct sim_sock *sock, u16 events);
void judge_reset(struct sim_sock *sock);
void judge_end(struct sim *sim);

static inline struct orc_flow *orc_own(const struct sim_sock *sock)
{
	return &sock->orc->flows[orc_side(sock->orc, sock->host->index)];
}

static inline struct orc_flow *orc_peers(const struct sim_sock *sock)
{
	return &sock->orc->flows[!orc_side(sock->orc, sock->host->index)];
}

/* orc_peer_sock() - The socket at the other end, NULL if there is none yet. */
static inline struct sim_sock *orc_peer_sock(const struct sim_sock *sock)
{
	return sock->orc->socks[!orc_side(sock->orc, sock->host->index)];
}

/* orc_own_stream(), orc_peers_stream() - What each end writes. */
static inline u64 orc_own_stream(const struct sim_sock *sock)
{
	return sock->orc->streams[orc_side(sock->orc, sock->host->index)];
}

static inline u64 orc_peers_stream(const struct sim_sock *sock)
{
	return sock->orc->streams[!orc_side(sock->orc, sock->host->index)];
}

#endif /* SIM_ORACLE_H */
