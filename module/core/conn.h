/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection, and all that may be done to it from outside the core.
 *
 * The core never sees payload, memory, locks or clocks. Every call gets a
 * struct atcp_step: what the outside brings (the time, a spare record) and what
 * the call leaves behind (records to free, data to keep, events to count). A
 * connection is a function of its inputs: the same steps give the same result.
 *
 * Context of every function here: the caller owns the connection alone (in the
 * kernel: holds its socket's lock); any context, never sleeps.
 */
#ifndef ATCP_CORE_CONN_H
#define ATCP_CORE_CONN_H

#include "core/cc.h"
#include "core/mib.h"
#include "core/port.h"
#include "core/seg.h"
#include "core/seq.h"

#define ATCP_NSEC_PER_MSEC 1000000ULL
#define ATCP_NSEC_PER_SEC 1000000000ULL
#define ATCP_NEVER U64_MAX

/* The largest burst handed out at once, payload bytes: what one IP packet of
 * the largest size and headers of the largest size leave.
 */
#define ATCP_BURST_MAX (65535 - 60 - ATCP_HDR_MAX)

/**
 * enum atcp_state - RFC 9293 section 3.3.2.
 * @ATCP_CLOSED: No connection.
 * @ATCP_LISTEN: Waiting for a SYN from any peer.
 * @ATCP_SYN_SENT: SYN sent, waiting for one in return.
 * @ATCP_SYN_RCVD: SYN received and sent, waiting for the ACK of ours.
 * @ATCP_ESTABLISHED: Open both ways.
 * @ATCP_FIN_WAIT_1: Our user has closed; our FIN is not acknowledged.
 * @ATCP_FIN_WAIT_2: Our FIN is acknowledged; the peer may still send.
 * @ATCP_CLOSE_WAIT: The peer has closed; our user may still send.
 * @ATCP_CLOSING: Both have closed; our FIN is not acknowledged.
 * @ATCP_LAST_ACK: The peer closed first; our FIN is not acknowledged.
 * @ATCP_TIME_WAIT: Both FINs are acknowledged; 2 MSL to go.
 * @ATCP_STATE_NR: How many there are.
 *
 * TIME-WAIT is passed through: whoever drives the connection replaces it by a
 * struct atcp_timewait at ATCP_EV_TIME_WAIT.
 */
enum atcp_state {
	ATCP_CLOSED,
	ATCP_LISTEN,
	ATCP_SYN_SENT,
	ATCP_SYN_RCVD,
	ATCP_ESTABLISHED,
	ATCP_FIN_WAIT_1,
	ATCP_FIN_WAIT_2,
	ATCP_CLOSE_WAIT,
	ATCP_CLOSING,
	ATCP_LAST_ACK,
	ATCP_TIME_WAIT,
	ATCP_STATE_NR,
};

/* Sets of states, for "is it one of these". */
#define ATCP_IN(state) BIT(ATCP_##state)

/* Why a connection ended: atcp_conn.error. */
enum atcp_error {
	ATCP_ERR_NONE,
	ATCP_ERR_REFUSED, /* RST to our SYN */
	ATCP_ERR_RESET, /* RST */
	ATCP_ERR_PIPE, /* RST after the peer's FIN */
	ATCP_ERR_TIMED_OUT,
	ATCP_ERR_UNREACHABLE, /* by ICMP; the caller knows which */
	ATCP_ERR_BROKEN, /* an invariant did not hold */
};

/* What has happened since the last atcp_conn_poll_events(). */
#define ATCP_EV_ESTABLISHED BIT(0)
#define ATCP_EV_READABLE BIT(1) /* in-order data has been handed over */
#define ATCP_EV_WRITABLE BIT(2) /* the peer has acknowledged data */
#define ATCP_EV_URGENT BIT(3) /* the urgent pointer has moved ahead */
#define ATCP_EV_PEER_CLOSED BIT(4) /* FIN: end of file after what is queued */
#define ATCP_EV_RESET BIT(5) /* ended in error: see atcp_conn.error */
#define ATCP_EV_TIME_WAIT BIT(6) /* make a struct atcp_timewait of it */
#define ATCP_EV_CLOSED BIT(7) /* CLOSED reached, in peace or not */
#define ATCP_EV_SHUT_ACKED BIT(8) /* our FIN has been acknowledged */
#define ATCP_EV_PATH_DOUBTFUL BIT(9) /* R1 has been passed: IP may look for another */
#define ATCP_EV_PATH_MTU BIT(10) /* what a router reported is believed: tell the route */

/**
 * enum atcp_timer - Deadlines of a connection, all in one table.
 * @ATCP_TIMER_RETRANSMIT: RFC 6298, of SYN, data or FIN.
 * @ATCP_TIMER_PERSIST: Zero-window probe, and the override of sender SWS
 *	avoidance; never together with RETRANSMIT.
 * @ATCP_TIMER_DELACK: An acknowledgment that waits for company.
 * @ATCP_TIMER_KEEPALIVE: Next keepalive probe or check.
 * @ATCP_TIMER_USER: RFC 9293 section 3.10.8, USER TIMEOUT.
 * @ATCP_TIMER_REORDER: RACK's reordering window: what has not come by then is lost.
 * @ATCP_TIMER_PACING: Next release of a paced burst.
 * @ATCP_TIMER_FIN_WAIT_2: End of an orphan's FIN-WAIT-2.
 * @ATCP_TIMER_PROBE: Tail loss probe (RFC 8985 section 7), before RETRANSMIT.
 * @ATCP_TIMER_NR: How many there are.
 */
enum atcp_timer {
	ATCP_TIMER_RETRANSMIT,
	ATCP_TIMER_PERSIST,
	ATCP_TIMER_DELACK,
	ATCP_TIMER_KEEPALIVE,
	ATCP_TIMER_USER,
	ATCP_TIMER_REORDER,
	ATCP_TIMER_PACING,
	ATCP_TIMER_FIN_WAIT_2,
	ATCP_TIMER_PROBE,
	ATCP_TIMER_NR,
};

/* atcp_burst.flags */
#define ATCP_BURST_FIN BIT(0) /* takes one number after the payload */
#define ATCP_BURST_LOST BIT(1) /* deemed lost, not sent again since */
#define ATCP_BURST_RETRANS BIT(2) /* has been sent more than once */
#define ATCP_BURST_PSH BIT(3) /* last segment of a send */
#define ATCP_BURST_SACKED BIT(4) /* the peer has told that it has it */
#define ATCP_BURST_APP_LIMITED BIT(5) /* sent when the user had no more to send */

/**
 * struct atcp_burst - A range of sequence numbers under way or out of order.
 * @link: In atcp_conn.snd.flight, rcv.ofo, or a step's list.
 * @turn: Sent ranges: in atcp_conn.snd.waiting or snd.again, or in neither, with
 *	ATCP_BURST_SACKED. Received ranges: in rcv.blocks, or in none.
 * @payload: Received ranges: the caller's buffer. Sent ranges: unused.
 * @sent_ns: When it was last sent.
 * @first_ns: When the first of the flight that it was sent into was sent.
 * @delivered_ns: When the latest acknowledgment before that had come.
 * @order: How many had been sent before that: of two at one time the later one.
 * @delivered: Sent ranges: atcp_rate.delivered at that time.
 * @lost: Sent ranges: atcp_rate.lost at that time.
 * @in_flight: Sent ranges: bytes under way then, this range included.
 * @seq: First sequence number.
 * @end: Sequence number after the last, FIN included.
 * @skip: Received ranges: bytes of @payload that lie before @seq.
 * @flags: ATCP_BURST_*.
 *
 * Allocated and freed by the caller, who lends them through a step.
 */
struct atcp_burst {
	struct list_head link;
	struct list_head turn;
	void *payload;
	u64 sent_ns;
	u64 first_ns;
	u64 delivered_ns;
	u32 order;
	u32 delivered;
	u32 lost;
	u32 in_flight;
	u32 seq;
	u32 end;
	u32 skip;
	u8 flags;
};

static_assert(sizeof(struct atcp_burst) <= 96, "a record is kept small");

/* What to do with the payload of a segment. */
enum atcp_keep {
	ATCP_KEEP_NONE,
	ATCP_KEEP_IN_ORDER, /* append to what the user reads */
	ATCP_KEEP_OUT_OF_ORDER, /* hang on step->kept->payload */
};

/**
 * struct atcp_step - What goes into one call and what comes out.
 * @now: In: the time in ns, monotonic, never 0.
 * @spares: Records lent to the core, atcp_step_lend(). Out: what it has not taken.
 * @no_room: In, handle_segment: there is no memory for the payload, though the
 *	window may have promised it.
 * @counted: Out: events to count, a bit per enum atcp_mib.
 * @keep: Out, handle_segment: what to do with the payload.
 * @keep_off: Out: first payload byte to keep, counted from the payload's start.
 * @keep_len: Out: how many bytes to keep.
 * @kept: Out: with ATCP_KEEP_OUT_OF_ORDER, the record (formerly a spare) whose
 *	payload the caller sets; its @skip is already right for a payload that
 *	begins with the segment's first payload byte.
 * @ready: Out: records whose payload is now in order. Append, after what @keep
 *	says, (end - seq) bytes beginning at skip of each, then free them.
 * @released: Out: records to free, with their payload if any.
 *
 * One step may pass through several calls; the lists are only ever added to.
 */
struct atcp_step {
	u64 now;
	struct list_head spares;
	u64 counted;
	bool no_room;
	u8 keep;
	u32 keep_off;
	u32 keep_len;
	struct atcp_burst *kept;
	struct list_head ready;
	struct list_head released;
};

static_assert(ATCP_MIB_NR <= 64, "a step counts in one word");

/* Lend a record for the core to take; NULL: there is none. */
static inline void atcp_step_lend(struct atcp_step *step,
				  struct atcp_burst *spare)
{
	if (spare)
		list_add(&spare->link, &step->spares);
}

/* Take one of those lent, NULL if there is none left. */
static inline struct atcp_burst *atcp_step_take(struct atcp_step *step)
{
	struct atcp_burst *spare;

	if (list_empty(&step->spares))
		return NULL;
	spare = list_first_entry(&step->spares, struct atcp_burst, link);
	list_del(&spare->link);
	return spare;
}

static inline void atcp_step_init(struct atcp_step *step, u64 now,
				  struct atcp_burst *spare)
{
	step->now = now;
	INIT_LIST_HEAD(&step->spares);
	atcp_step_lend(step, spare);
	step->counted = 0;
	step->no_room = false;
	step->keep = ATCP_KEEP_NONE;
	step->keep_off = 0;
	step->keep_len = 0;
	step->kept = NULL;
	INIT_LIST_HEAD(&step->ready);
	INIT_LIST_HEAD(&step->released);
}

/* Records that the blocks of @seg may need, for ranges that they cut. */
static inline u32 atcp_seg_spares(const struct atcp_seg *seg)
{
	return atcp_seg_has(seg, ATCP_HAS_SACK) ? 2 * seg->opts.nr_sacks : 0;
}

static inline void atcp_step_count(struct atcp_step *step, enum atcp_mib id)
{
	step->counted |= BIT_ULL(id);
}

/* Whether to use ECN, with the numbers of Linux's net.ipv4.tcp_ecn. */
enum atcp_ecn_use {
	ATCP_ECN_NEVER,
	ATCP_ECN_ASK, /* ask for it, and agree to it */
	ATCP_ECN_AGREE, /* only agree to it */
	ATCP_ECN_ASK_ACCURATE, /* ask for RFC 9768's, and agree to that or this */
	ATCP_ECN_ASK_CLASSIC, /* ask for RFC 3168's, agree to both */
	ATCP_ECN_AGREE_ACCURATE, /* only agree, to both */
	ATCP_ECN_USE_NR,
};

/* When to look for the path's MTU, with the numbers of net.ipv4.tcp_mtu_probing. */
enum atcp_mtu_probing {
	ATCP_MTU_PROBING_NEVER,
	ATCP_MTU_PROBING_BLACK_HOLE, /* once nothing gets through */
	ATCP_MTU_PROBING_ALWAYS,
	ATCP_MTU_PROBING_NR,
};

/**
 * struct atcp_config - What may be set, with its unit in its name.
 * @cc: Congestion control, never NULL; see atcp_cc_use().
 * @max_pacing_Bps: Data leaves no faster, bytes per second; U64_MAX: no limit.
 * @rto_init_ms: Retransmission time-out before the first RTT sample.
 * @rto_min_ms: Its least.
 * @rto_max_ms: Its most.
 * @delack_ms: An ACK waits this long for company, at most 500 (RFC 9293 3.8.6.3).
 * @fin_timeout_ms: An orphan's FIN-WAIT-2; 0: do not wait at all.
 * @user_timeout_ms: How long data may go unacknowledged; 0: no limit.
 * @keepalive_idle_s: Silence before the first keepalive probe.
 * @keepalive_intvl_s: From probe to probe.
 * @base_mss: What passes nearly everywhere, as atcp_snd.path_mss.
 * @mtu_probing: enum atcp_mtu_probing.
 * @keepalive_probes: Unanswered ones that end the connection.
 * @syn_retries: SYNs sent again before giving up.
 * @synack_retries: SYN+ACKs sent again before giving up.
 * @retries: R2 of RFC 9293 section 3.8.3, as a count; see atcp_rtt_limit_ns().
 * @orphan_retries: The same once the user has closed.
 * @initial_cwnd: Segments.
 * @use: ATCP_HAS_*: options to offer and accept.
 * @ecn: enum atcp_ecn_use.
 * @defer_accept: SYN+ACKs that go out before a bare ACK will do.
 *
 * Copied into each connection; a child inherits its listener's.
 */
struct atcp_config {
	const struct atcp_cc_ops *cc;
	u64 max_pacing_Bps;
	u32 rto_init_ms;
	u32 rto_min_ms;
	u32 rto_max_ms;
	u32 delack_ms;
	u32 fin_timeout_ms;
	u32 user_timeout_ms;
	u32 keepalive_idle_s;
	u32 keepalive_intvl_s;
	u16 base_mss;
	u8 mtu_probing;
	u8 keepalive_probes;
	u8 syn_retries;
	u8 synack_retries;
	u8 retries;
	u8 orphan_retries;
	u8 initial_cwnd;
	u8 use;
	u8 ecn;
	u8 defer_accept;
};

/* Linux's values; keepalive and MSL are RFC 9293's and REQUIREMENTS'. */
#define ATCP_CONFIG_DEFAULT                                               \
	{                                                                 \
		.cc = &atcp_cubic, .max_pacing_Bps = U64_MAX,             \
		.rto_init_ms = 1000, .rto_min_ms = 200,                   \
		.rto_max_ms = 120000, .delack_ms = 40,                    \
		.fin_timeout_ms = 60000, .keepalive_idle_s = 7200,        \
		.keepalive_intvl_s = 75, .keepalive_probes = 10,          \
		.base_mss = 1024,                                         \
		.mtu_probing = ATCP_MTU_PROBING_BLACK_HOLE,               \
		.syn_retries = 6, .synack_retries = 5, .retries = 15,     \
		.orphan_retries = 8, .initial_cwnd = 10,                  \
		.use = ATCP_HAS_WSCALE | ATCP_HAS_SACK_PERM | ATCP_HAS_TS, \
		.ecn = ATCP_ECN_AGREE,                                    \
	}

/* atcp_conn.flags: what the user has asked for ... */
#define ATCP_CONN_NODELAY BIT(0) /* no Nagle */
#define ATCP_CONN_CORK BIT(1) /* hold partial segments */
#define ATCP_CONN_KEEPALIVE BIT(2)
#define ATCP_CONN_SHUT BIT(3) /* CLOSE or shutdown: a FIN follows the data */
#define ATCP_CONN_ORPHAN BIT(4) /* the user has gone */
#define ATCP_CONN_NO_READ BIT(5) /* nobody will read: new data is refused */
/* ... and what is the case. */
#define ATCP_CONN_SEND_ACK BIT(8) /* an ACK is due now */
#define ATCP_CONN_SEND_RST BIT(9) /* a RST is due, from rst_* */
#define ATCP_CONN_SEND_SYN BIT(10) /* SYN or SYN+ACK is due */
#define ATCP_CONN_SEND_PROBE BIT(11) /* a window or keepalive probe is due */
#define ATCP_CONN_FIN_SENT BIT(12)
#define ATCP_CONN_FIN_SEEN BIT(13) /* rcv.fin is valid */
#define ATCP_CONN_URG_OUT BIT(14) /* snd.up is ahead of what is acknowledged */
#define ATCP_CONN_URG_IN BIT(15) /* rcv.up is valid, RCV.UP of RFC 9293 */
#define ATCP_CONN_OVERRIDE BIT(16) /* persist timer lets a small segment out */
#define ATCP_CONN_MORE BIT(17) /* last send said that more comes at once */
#define ATCP_CONN_BROKEN BIT(18) /* an invariant did not hold */
#define ATCP_CONN_CWND_LIMITED BIT(19) /* cwnd, not the user, held data back */
#define ATCP_CONN_HEAD_LOST BIT(20) /* the first segment in flight is lost */
#define ATCP_CONN_NO_ROOM BIT(21) /* in-window data was refused for want of memory */
#define ATCP_CONN_TAIL_PROBE BIT(22) /* a tail loss probe is due */

/* Loss recovery's phase. */
enum atcp_recovery {
	ATCP_REC_OPEN, /* nothing known to be lost */
	ATCP_REC_FAST, /* RFC 6582 fast recovery, or RFC 9937 with SACK */
	ATCP_REC_RTO, /* after a time-out, until snd.recover */
};

/**
 * struct atcp_snd - The sending half.
 * @flight: Ranges sent and not acknowledged, by sequence number.
 * @waiting: Those of them that may yet arrive, by the order in which they were sent.
 * @again: Those deemed lost, by sequence number.
 * @una: SND.UNA.
 * @nxt: SND.NXT.
 * @end: Sequence number after the last byte that the user has written.
 * @wnd: SND.WND, scaled, bytes.
 * @wl1: SND.WL1.
 * @max_wnd: Largest window seen, bytes.
 * @up: SND.UP: sequence number after the urgent byte (RFC 6093).
 * @psh: Sequence number after the last byte that was pushed.
 * @small_end: Sequence number after the last partial segment sent.
 * @iss: ISS.
 * @recover: RFC 6582's "recover".
 * @lost: Bytes deemed lost and not sent again.
 * @dup: Bytes that duplicate ACKs say have left the network, without SACK.
 * @sacked: Bytes that the peer has told to have out of order.
 * @fack: Sequence number after the highest that it has told.
 * @cwnd: Congestion window, bytes.
 * @ssthresh: Slow-start threshold, bytes.
 * @nr_sent: Ranges sent, each as often as it was.
 * @prr_flight: RecoverFS of RFC 9937: bytes in flight when recovery began.
 * @prr_delivered: Bytes delivered since then.
 * @prr_out: Bytes sent since then.
 * @nr_flight: Number of ranges in @flight.
 * @mss: Payload bytes of a full segment, options taken off.
 * @path_mss: What the path takes: MTU less IP and fixed TCP headers.
 * @peer_mss: What the peer's MSS option said, or 536.
 * @wscale: Shift for windows that arrive.
 * @dup_acks: In a row.
 * @recovery: enum atcp_recovery.
 */
struct atcp_snd {
	struct list_head flight;
	struct list_head waiting;
	struct list_head again;
	u32 una;
	u32 nxt;
	u32 end;
	u32 wnd;
	u32 wl1;
	u32 max_wnd;
	u32 up;
	u32 psh;
	u32 small_end;
	u32 iss;
	u32 recover;
	u32 lost;
	u32 dup;
	u32 sacked;
	u32 fack;
	u32 cwnd;
	u32 ssthresh;
	u32 nr_sent;
	u32 prr_flight;
	u32 prr_delivered;
	u32 prr_out;
	u32 nr_flight;
	u16 mss;
	u16 path_mss;
	u16 peer_mss;
	u8 wscale;
	u8 dup_acks;
	u8 recovery;
};

/**
 * struct atcp_rcv - The receiving half.
 * @ofo: Ranges received out of order, by sequence number, never overlapping.
 * @blocks: Those of them that something is missing in front of.
 * @nxt: RCV.NXT.
 * @adv: Right edge of the window: no number up to it may be refused. Never
 *	goes left.
 * @acked: Last.ACK.sent of RFC 7323: RCV.NXT as last told to the peer.
 * @up: RCV.UP: sequence number after the urgent byte.
 * @fin: Sequence number of the peer's FIN.
 * @irs: IRS.
 * @gap_seq: RCV.NXT when data first came out of order, while there is any.
 * @gap_ts: TS.Recent at that time.
 * @free: Bytes that the caller has room for from RCV.NXT on, what has come out of
 *	order among them.
 * @full: Bytes that the caller has room for when nothing is queued.
 * @clamp: Largest window to offer, bytes.
 * @own_mss: MSS option that we send.
 * @seen_mss: Estimate of the peer's full segment, bytes.
 * @wscale: Shift for windows that we send.
 * @quick: ACKs that still go out at once, while the peer is in slow start.
 * @nr_ofo: Number of ranges in @ofo.
 * @nr_blocks: Number of ranges in @blocks.
 * @nr_sacks: Number of blocks in @sacks.
 * @sacks: Contiguous blocks out of order, the most recent first (RFC 2018).
 * @dsack: Data that has come twice and is to be told (RFC 2883); empty: none.
 */
struct atcp_rcv {
	struct list_head ofo;
	struct list_head blocks;
	u32 nxt;
	u32 adv;
	u32 acked;
	u32 up;
	u32 fin;
	u32 irs;
	u32 gap_seq;
	u32 gap_ts;
	u32 free;
	u32 full;
	u32 clamp;
	u16 own_mss;
	u16 seen_mss;
	u8 wscale;
	u8 quick;
	u16 nr_ofo;
	u16 nr_blocks;
	u8 nr_sacks;
	struct atcp_sack sacks[ATCP_SACKS_MAX];
	struct atcp_sack dsack;
};

/* Blocks out of order at most: a walk over them stays short. Ranges at most: the
 * caller's memory will be the limit before, unless they are crumbs.
 */
#define ATCP_BLOCKS_MAX 1024
#define ATCP_OFO_MAX 16384

/* Ranges in flight at most, for SACK blocks to cut: so does this one. */
#define ATCP_FLIGHT_MAX 8192

/* Largest window unless rcv.clamp is set otherwise: Linux's tcp_rmem[2]. */
#define ATCP_WINDOW_MAX (6U << 20)

/* ACKs sent at once after the handshake, and on TCP_QUICKACK. */
#define ATCP_QUICK_ACKS 16

/**
 * struct atcp_rtt - RFC 6298, in nanoseconds.
 * @srtt_ns: SRTT, 0 before the first sample.
 * @var_ns: RTTVAR.
 * @rto_ns: RTO before back-off.
 * @min_ns: Smallest sample, ATCP_NEVER before the first.
 * @backoff: How often it has been doubled.
 */
struct atcp_rtt {
	u64 srtt_ns;
	u64 var_ns;
	u64 rto_ns;
	u64 min_ns;
	u8 backoff;
};

/**
 * struct atcp_tune - How much comes, and is read, in a round trip.
 * @rtt_ns: Round-trip time as the receiver sees it; 0: not known.
 * @since_ns: When the present round trip began.
 * @edge_ns: When @edge was taken; 0: it was not. Without timestamps only.
 * @edge: Right edge of the window at that time.
 * @beyond: How far data lay beyond RCV.NXT then, on the other side of a hole.
 * @bytes: What the user has read since @since_ns.
 * @before: That, and how much further beyond a hole data has come, in the round
 *	trip before.
 */
struct atcp_tune {
	u64 rtt_ns;
	u64 since_ns;
	u64 edge_ns;
	u32 edge;
	u32 beyond;
	u32 bytes;
	u32 before;
};

/**
 * struct atcp_rack - RFC 8985: the latest sending that has been delivered.
 * @sent_ns: When it was sent; 0 before the first.
 * @rtt_ns: How long it took.
 * @order: Its order, see struct atcp_burst.
 * @end: Sequence number after it.
 * @dup_round: Duplicates are not counted again before SND.UNA gets here.
 * @mult: Reordering window, in quarters of SRTT; 0 is as good as 1.
 * @persist: Recoveries for which @mult is kept.
 * @has_reordered: The path has been seen to reorder.
 */
struct atcp_rack {
	u64 sent_ns;
	u64 rtt_ns;
	u32 order;
	u32 end;
	u32 dup_round;
	u8 mult;
	u8 persist;
	bool has_reordered;
};

/**
 * struct atcp_tlp - Tail loss probe, RFC 8985 section 7.1.
 * @end_seq: TLP.end_seq: SND.NXT behind the probe, while @is_out.
 * @is_out: A probe is under way, and what it was good for is not known yet.
 * @is_again: TLP.is_retrans: it has been sent before.
 * @is_prompt: The peer has acknowledged a single segment, and at once.
 */
struct atcp_tlp {
	u32 end_seq;
	bool is_out;
	bool is_again;
	bool is_prompt;
};

/**
 * struct atcp_rate - What has been delivered so far.
 * @delivered_ns: When the latest of it was acknowledged.
 * @first_ns: When the newest that has been delivered was sent.
 * @latest_Bps: Rate measured last, bytes per second.
 * @delivered: Bytes, by SND.UNA or blocks; wraps.
 * @lost: Bytes deemed lost; wraps.
 * @lost_before: The same at the latest acknowledgment.
 * @app_limited_until: Up to this value of @delivered, if @is_app_limited.
 * @is_app_limited: The user has had less to send than might have gone.
 */
struct atcp_rate {
	u64 delivered_ns;
	u64 first_ns;
	u64 latest_Bps;
	u32 delivered;
	u32 lost;
	u32 lost_before;
	u32 app_limited_until;
	bool is_app_limited;
};

/**
 * struct atcp_pacing - When the next burst may leave.
 * @rate_Bps: The congestion control's wish, bytes per second; U64_MAX: none.
 * @next_ns: Not before this.
 */
struct atcp_pacing {
	u64 rate_Bps;
	u64 next_ns;
};

/**
 * struct atcp_pmtu - Path MTU discovery; sizes as atcp_snd.path_mss.
 * @raise_ns: When to try larger ones again; ATCP_NEVER: the search goes on.
 * @probe_seq: First number of the probe that is under way.
 * @report_seq: What @reported is about.
 * @route: What the route says: nothing larger is tried.
 * @fails: The least that does not pass; U16_MAX: all may.
 * @probe: Of the probe under way; 0: there is none.
 * @acked: The largest that has arrived since the path has changed.
 * @reported: What a router says, and is not believed yet; 0: nothing.
 * @tries: Probes of the next size that have been lost.
 * @timeouts: In a row, without anything acknowledged.
 * @is_on: atcp_snd.path_mss is what a search has found, and not the route's.
 */
struct atcp_pmtu {
	u64 raise_ns;
	u32 probe_seq;
	u32 report_seq;
	u16 route;
	u16 fails;
	u16 probe;
	u16 acked;
	u16 reported;
	u8 tries;
	u8 timeouts;
	bool is_on;
};

/* How far RFC 5682 has got after a time-out. */
enum atcp_frto {
	ATCP_FRTO_OFF,
	ATCP_FRTO_FIRST, /* the first acknowledgment is awaited */
	ATCP_FRTO_ASK, /* new data may go, before what is deemed lost */
	ATCP_FRTO_SECOND, /* it has gone; the second one is awaited */
};

/**
 * struct atcp_undo - Whether the last congestion event was one.
 * @seq: What was sent again first for it.
 * @ts: Timestamp of that.
 * @bytes: Sent again, and not told as a duplicate.
 * @end: SND.NXT when the recovery ended: up to there it may still turn out.
 * @is_possible: There is something to undo.
 * @is_begun: Something has been sent again: the others are valid.
 * @frto: enum atcp_frto.
 */
struct atcp_undo {
	u32 seq;
	u32 ts;
	u32 bytes;
	u32 end;
	bool is_possible;
	bool is_begun;
	u8 frto;
};

/* How the ends tell each other of congestion: atcp_ecn.mode. */
enum atcp_ecn_mode {
	ATCP_ECN_OFF,
	ATCP_ECN_CLASSIC, /* RFC 3168 */
	ATCP_ECN_ACCURATE, /* RFC 9768 */
};

/* atcp_ecn.flags */
#define ATCP_ECN_ECHO BIT(0) /* classic: a mark has come, and no CWR since */
#define ATCP_ECN_SEND_CWR BIT(1) /* the next new data says that we slow down */
#define ATCP_ECN_REDUCING BIT(2) /* cwnd goes down, though nothing is lost */
#define ATCP_ECN_SEEN BIT(3) /* data with ECT or CE has come */
#define ATCP_ECN_NO_ECT BIT(4) /* feed back, but send nothing to be marked */
/* ... accurate: */
#define ATCP_ECN_DEAF BIT(5) /* what is told of marks is not to be believed */
#define ATCP_ECN_SEND_HANDSHAKE BIT(6) /* the next ACK tells of the SYN+ACK */
#define ATCP_ECN_SEND_BYTES BIT(7) /* bytes have been counted and not told */
#define ATCP_ECN_UNMARKED BIT(8) /* not all that was sent has been marked */
#define ATCP_ECN_ACE_SEEN BIT(9) /* the first count has been looked at */
#define ATCP_ECN_HAS_OPTION BIT(10) /* the peer's option gets through */
#define ATCP_ECN_NO_OPTION BIT(11) /* it gets through, zeroed */
#define ATCP_ECN_MARKING BIT(12) /* the last data delivered was marked */

/* Counters of bytes, of RFC 9768 section 3.2. */
enum atcp_acc { ATCP_ACC_ECT0, ATCP_ACC_CE, ATCP_ACC_ECT1, ATCP_ACC_NR };

/**
 * struct atcp_ecn - Explicit congestion notification.
 * @round_end: SND.NXT when the window was last reduced: what tells of data up to there
 *	has had its answer.
 * @all_end: SND.NXT when the present round began, of those at first in which all has
 *	been marked.
 * @rcv_marks: Packets that came with CE, RFC 9768's r.cep, as the following ones.
 * @snd_marks: s.cep: the same, as the peer tells of ours.
 * @rcv_bytes: r.e0b, r.ceb, r.e1b: payload that came, by enum atcp_acc.
 * @snd_bytes: s.e0b, s.ceb, s.e1b.
 * @flags: ATCP_ECN_*.
 * @mode: enum atcp_ecn_mode, agreed on.
 * @asks: enum atcp_ecn_mode that our SYN asks for: an algorithm chosen later, of other
 *	needs, does not change what has gone out.
 * @synack: The codepoint that a SYN, or a SYN+ACK, came with.
 * @last: The one that the last segment came with.
 * @untold: Marks that have come since we last sent anything.
 * @all_rounds: How many rounds that were.
 */
struct atcp_ecn {
	u32 round_end;
	u32 all_end;
	u32 rcv_marks;
	u32 snd_marks;
	u32 rcv_bytes[ATCP_ACC_NR];
	u32 snd_bytes[ATCP_ACC_NR];
	u16 flags;
	u8 mode;
	u8 asks;
	u8 synack;
	u8 last;
	u8 untold;
	u8 all_rounds;
};

/**
 * struct atcp_conn - A connection.
 * @tune: For the size of the caller's receive buffer.
 * @rack: What RACK remembers.
 * @tlp: Tail loss probe.
 * @undo: What may turn out to have been no loss.
 * @rate: Delivery rate.
 * @pacing: Pacing.
 * @pmtu: Path MTU discovery.
 * @deadline: When each timer is due, ns; ATCP_NEVER when it is not.
 * @flags: ATCP_CONN_*.
 * @events: ATCP_EV_*, not polled yet.
 * @state: enum atcp_state. Written by atcp_conn_set_state() alone.
 * @error: enum atcp_error.
 * @use: ATCP_HAS_*: options agreed on with the peer.
 * @syn_tries: SYN or SYN+ACKs sent.
 * @probes: Window or keepalive probes without an answer.
 * @snd: Sending half.
 * @rcv: Receiving half.
 * @rtt: Round-trip time.
 * @cc: Congestion control.
 * @ecn: Explicit congestion notification.
 * @config: Settings.
 * @ts_offset: Added to the clock in timestamps that we send.
 * @ts_recent: TS.Recent of RFC 7323.
 * @ts_recent_ns: When @ts_recent was taken; 0: it was not.
 * @heard_ns: When the peer was last heard.
 * @sent_ns: When data was last sent.
 * @retrans_ns: When @snd.una was first sent again; 0: it was not.
 * @challenge_ns: Not before this may the next challenge ACK go.
 * @syn_ns: When the SYN or SYN+ACK was last sent; 0: not known.
 * @retrans_total: Segments sent again in this connection's life.
 * @rst_seq: Sequence number of the RST that is due.
 *
 * Holds no pointer besides its lists.
 */
struct atcp_conn {
	struct atcp_snd snd;
	struct atcp_rcv rcv;
	struct atcp_rtt rtt;
	struct atcp_tune tune;
	struct atcp_rack rack;
	struct atcp_tlp tlp;
	struct atcp_undo undo;
	struct atcp_rate rate;
	struct atcp_pacing pacing;
	struct atcp_pmtu pmtu;
	struct atcp_cc cc;
	struct atcp_ecn ecn;
	u64 deadline[ATCP_TIMER_NR];
	u32 flags;
	u16 events;
	u8 state;
	u8 error;
	u8 use;
	u8 syn_tries;
	u8 probes;
	u32 ts_offset;
	u32 ts_recent;
	u64 ts_recent_ns;
	u64 heard_ns;
	u64 sent_ns;
	u64 retrans_ns;
	u64 challenge_ns;
	u64 syn_ns;
	u32 retrans_total;
	u32 rst_seq;
	struct atcp_config config;
};

/* Flags of atcp_conn_written(). */
#define ATCP_WRITE_PUSH BIT(0) /* end of a send: PSH belongs here */
#define ATCP_WRITE_MORE BIT(1) /* MSG_MORE */
#define ATCP_WRITE_URGENT BIT(2) /* the last byte is urgent */

/* What an ICMP error means to a connection. */
enum atcp_icmp {
	ATCP_ICMP_IGNORED, /* not about anything under way */
	ATCP_ICMP_SOFT, /* remember, tell the user if the connection fails */
	ATCP_ICMP_ABORTED, /* the connection has ended */
};

struct atcp_embryo;

/* life */
void atcp_conn_init(struct atcp_conn *conn, const struct atcp_config *config);
void atcp_conn_release(struct atcp_conn *conn, struct atcp_step *step);

/* user calls, RFC 9293 section 3.10.1 to 3.10.6 */
void atcp_conn_listen(struct atcp_conn *conn);
void atcp_conn_connect(struct atcp_conn *conn, u32 iss, u32 ts_offset,
		       struct atcp_step *step);
void atcp_conn_accept(struct atcp_conn *conn, const struct atcp_embryo *embryo,
		      struct atcp_step *step);
void atcp_conn_written(struct atcp_conn *conn, u32 bytes, u8 flags,
		       struct atcp_step *step);
void atcp_conn_read(struct atcp_conn *conn, struct atcp_step *step);
void atcp_conn_shutdown(struct atcp_conn *conn, struct atcp_step *step);
void atcp_conn_close(struct atcp_conn *conn, bool has_unread,
		     struct atcp_step *step);
void atcp_conn_abort(struct atcp_conn *conn, struct atcp_step *step);

/* settings that take effect on a living connection */
void atcp_conn_set_path_mss(struct atcp_conn *conn, u16 mss);
void atcp_conn_set_space(struct atcp_conn *conn, u32 free, u32 full);
void atcp_conn_set_keepalive(struct atcp_conn *conn, bool on, u64 now);
void atcp_conn_set_user_timeout(struct atcp_conn *conn, u32 ms, u64 now);
u32 atcp_tune_recv_room(struct atcp_conn *conn, u32 bytes, u64 now);
u64 atcp_tune_send_room(const struct atcp_conn *conn);
void atcp_conn_set_quickack(struct atcp_conn *conn, bool on);

/* the network */
void atcp_conn_handle_segment(struct atcp_conn *conn,
			      const struct atcp_seg *seg,
			      struct atcp_step *step);
bool atcp_conn_renege(struct atcp_conn *conn, struct atcp_step *step);
void atcp_conn_handle_timeout(struct atcp_conn *conn, struct atcp_step *step);
bool atcp_conn_poll_tx(struct atcp_conn *conn, struct atcp_step *step,
		       struct atcp_tx *tx);
u64 atcp_conn_poll_deadline(const struct atcp_conn *conn);
u16 atcp_conn_poll_events(struct atcp_conn *conn);
enum atcp_icmp atcp_conn_icmp(struct atcp_conn *conn, u32 seq, bool hard,
			      struct atcp_step *step);
bool atcp_conn_pmtu(struct atcp_conn *conn, u32 seq, u16 mss,
		    struct atcp_step *step);

/* status */
const char *atcp_state_name(u8 state);
u64 atcp_pacing_rate_Bps(const struct atcp_conn *conn);

/* Bytes of the user's stream: data begins one after the SYN. */
static inline u32 atcp_conn_data_una(const struct atcp_conn *conn)
{
	/* A FIN that is acknowledged has moved una past the data. */
	return atcp_seq_min(conn->snd.una, conn->snd.end);
}

static inline u32 atcp_conn_unacked(const struct atcp_conn *conn)
{
	return conn->snd.end - atcp_conn_data_una(conn);
}

static inline u32 atcp_conn_unsent(const struct atcp_conn *conn)
{
	return conn->snd.end - atcp_seq_min(conn->snd.nxt, conn->snd.end);
}

#endif /* ATCP_CORE_CONN_H */
