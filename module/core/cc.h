/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Congestion control: how large cwnd may be. Loss recovery says what has
 * happened, the algorithm answers with windows; neither knows the other's means.
 *
 * An algorithm is a table of functions that is never written to, and what it
 * remembers of a connection lies in struct atcp_cc.
 */
#ifndef ATCP_CORE_CC_H
#define ATCP_CORE_CC_H

#include "core/port.h"

struct atcp_burst;

/* A name and its final 0: Linux's TCP_CA_NAME_MAX. */
#define ATCP_CC_NAME_MAX 16

/* Bytes. No path needs more; keeps sums of windows within 32 bits. */
#define ATCP_CWND_MAX (U32_MAX / 4)

/* What tells of congestion. */
enum atcp_cc_event {
	ATCP_CC_LOSS, /* found by acknowledgments */
	ATCP_CC_ECN, /* the network has marked instead of losing */
	ATCP_CC_TIMEOUT, /* the retransmission timer has expired */
};

/**
 * struct atcp_cc_ack - What an acknowledgment of new data says.
 * @now_ns: The time.
 * @rtt_ns: Round trip of the newest data that it acknowledges, 0 if that is not
 *	known beyond doubt (Karn).
 * @bytes: How much it acknowledges.
 * @fresh: So much is delivered by it; the rest, blocks had told of before.
 * @una: SND.UNA as it is with this acknowledgment.
 * @is_cwnd_limited: cwnd was what held the sender back.
 */
struct atcp_cc_ack {
	u64 now_ns;
	u64 rtt_ns;
	u32 bytes;
	u32 fresh;
	u32 una;
	bool is_cwnd_limited;
};

/**
 * struct atcp_rate_sample - What an acknowledgment says of the delivery rate.
 * @now_ns: The time.
 * @rtt_ns: Round trip of the newest data that it delivers, 0 if that was sent twice.
 * @interval_ns: In which @delivered was delivered.
 * @rate_Bps: Their quotient, bytes per second; 0: no sample.
 * @delivered: Bytes delivered since the newest data was sent.
 * @prior_delivered: atcp_rate.delivered when it was sent.
 * @in_flight: Bytes under way when it was sent.
 * @lost: Bytes deemed lost since then.
 * @acked: Bytes that this acknowledgment delivers.
 * @newly_lost: Bytes deemed lost since the last one.
 * @ce_bytes: Bytes that this acknowledgment delivers with congestion experienced.
 * @is_app_limited: The newest data was sent when the user had no more to send.
 */
struct atcp_rate_sample {
	u64 now_ns;
	u64 rtt_ns;
	u64 interval_ns;
	u64 rate_Bps;
	u32 delivered;
	u32 prior_delivered;
	u32 in_flight;
	u32 lost;
	u32 acked;
	u32 newly_lost;
	u32 ce_bytes;
	bool is_app_limited;
};

/**
 * struct atcp_cc_ops - An algorithm.
 * @name: What it is chosen by.
 * @needs_ecn: It is of use only with ECN, and answers to how much is marked: it asks
 *	for ECN whatever the settings, a loss counts beside a mark, and its data may be
 *	marked also when it is sent again.
 * @init: Fills in its part of conn->cc, which is all 0, at establishment or in
 *	mid-connection; cwnd and ssthresh are there and stay.
 * @ssthresh: A congestion event has begun: returns the new slow-start threshold,
 *	bytes, and remembers what it needs to grow again. cwnd and the flight are
 *	as they were before.
 * @acked: New data has been acknowledged: may let cwnd grow. Not called in fast
 *	recovery.
 * @delivered: With ECN, in every phase: an acknowledgment, before SND.UNA moves, of so
 *	many bytes, so many of them marked. May be NULL.
 * @restart: Slow start begins anew at a cwnd that is already set: after a
 *	time-out, after a long silence, or since the peer had no memory.
 * @idle: Nothing is under way and something is about to be sent; may be NULL.
 * @undo: The last congestion event was none; cwnd and ssthresh are what they
 *	were before it. May be NULL.
 * @sample: At each acknowledgment, recovery or not: for those that go by the delivery
 *	rate. One that has this owns cwnd: neither recovery nor silence touches it. May
 *	be NULL, as may be the following.
 * @sent: Something is about to be sent.
 * @lost: A range is deemed lost; it is as it was sent.
 * @recovered: A recovery has ended.
 */
struct atcp_cc_ops {
	char name[ATCP_CC_NAME_MAX];
	bool needs_ecn;
	void (*init)(struct atcp_conn *conn);
	u32 (*ssthresh)(struct atcp_conn *conn, enum atcp_cc_event event);
	void (*acked)(struct atcp_conn *conn, const struct atcp_cc_ack *ack);
	void (*delivered)(struct atcp_conn *conn, u32 ack, u32 bytes,
			  u32 marked);
	void (*restart)(struct atcp_conn *conn);
	void (*idle)(struct atcp_conn *conn, u64 now_ns);
	void (*undo)(struct atcp_conn *conn);
	void (*sample)(struct atcp_conn *conn,
		       const struct atcp_rate_sample *sample);
	void (*sent)(struct atcp_conn *conn, u64 now_ns);
	void (*lost)(struct atcp_conn *conn, const struct atcp_burst *burst);
	void (*recovered)(struct atcp_conn *conn);
};

/**
 * struct atcp_cwv - How much of cwnd is used: RFC 7661, for algorithms without @sample.
 * @half_ns: When this half of the sampling period has begun.
 * @since_ns: When cwnd was validated last.
 * @most: pipeACK of this half and of the one before, bytes.
 * @round_end: The round ends at this value of atcp_rate.delivered.
 * @round_cwnd: cwnd when it began, bytes.
 * @has_round: @round_end and @round_cwnd are valid.
 * @is_unused: The nonvalidated phase: less than half of cwnd was used.
 */
struct atcp_cwv {
	u64 half_ns;
	u64 since_ns;
	u32 most[2];
	u32 round_end;
	u32 round_cwnd;
	bool has_round;
	bool is_unused;
};

/**
 * struct atcp_reno - What Reno remembers.
 * @acked: Bytes acknowledged towards the next increase of cwnd.
 */
struct atcp_reno {
	u32 acked;
};

/**
 * struct atcp_hystart - What HyStart++ remembers, RFC 9406 section 4.2.
 * @last_ns: lastRoundMinRTT, ATCP_NEVER: none.
 * @current_ns: currentRoundMinRTT, ATCP_NEVER: none.
 * @baseline_ns: cssBaselineMinRtt, ATCP_NEVER: not in Conservative Slow Start.
 * @train_ns: When the first acknowledgment of the round came; 0: none has.
 * @train_from: atcp_rate.delivered then.
 * @path_bytes: What the path has been seen to hold, without a queue; 0: not known.
 * @window_end: windowEnd, a sequence number.
 * @samples: rttSampleCount, up to where it matters.
 * @css_rounds: Rounds of Conservative Slow Start that have ended.
 * @has_round: @window_end is valid.
 */
struct atcp_hystart {
	u64 last_ns;
	u64 current_ns;
	u64 baseline_ns;
	u64 train_ns;
	u32 train_from;
	u32 path_bytes;
	u32 window_end;
	u8 samples;
	u8 css_rounds;
	bool has_round;
};

/**
 * struct atcp_cubic_curve - CUBIC's congestion-avoidance stage, RFC 9438 section 4.1.2.
 * @epoch_ns: t_epoch, when it began, later by the times that do not count; 0:
 *	there is none, and what else is here belongs to the next.
 * @est_acked: Bytes acknowledged towards the next increase of @w_est, times 17.
 * @w_max: W_max, bytes; 0: there has been no congestion event.
 * @w_est: W_est, bytes.
 * @cwnd_prior: cwnd_prior, bytes; 0: ssthresh has not been set.
 * @k_ms: K.
 * @is_after_timeout: The next stage is the first after a time-out.
 */
struct atcp_cubic_curve {
	u64 epoch_ns;
	u64 est_acked;
	u32 w_max;
	u32 w_est;
	u32 cwnd_prior;
	u32 k_ms;
	bool is_after_timeout;
};

/**
 * struct atcp_cubic - What CUBIC remembers.
 * @curve: The stage that runs, or comes next.
 * @undo: The same before the last congestion event.
 * @seen_ns: Up to when @curve has run.
 * @growth_rest: What growth lacks to the next byte, in bytes / cwnd.
 * @hystart: The initial slow start.
 */
struct atcp_cubic {
	struct atcp_cubic_curve curve;
	struct atcp_cubic_curve undo;
	u64 seen_ns;
	u32 growth_rest;
	struct atcp_hystart hystart;
};

/* BBR: what it is doing; those from DOWN to UP are ProbeBW's. */
enum atcp_bbr_state {
	ATCP_BBR_STARTUP, /* twice as fast each round, until that is of no use */
	ATCP_BBR_DRAIN, /* the queue that this has made goes away */
	ATCP_BBR_DOWN, /* a little slower than the path */
	ATCP_BBR_CRUISE, /* as fast as the path */
	ATCP_BBR_REFILL, /* what the pipe holds is under way again */
	ATCP_BBR_UP, /* is there more? */
	ATCP_BBR_PROBE_RTT, /* how long is a round trip without a queue? */
};

/* BBR: what the acknowledgments that come say of the last probe for bandwidth. */
enum atcp_bbr_ack_phase {
	ATCP_BBR_ACKS_REFILLING,
	ATCP_BBR_ACKS_STARTING,
	ATCP_BBR_ACKS_FEEDBACK,
	ATCP_BBR_ACKS_STOPPING,
};

/**
 * struct atcp_bbr - What BBR remembers; the draft's names where they are given.
 * @max_bw_Bps: BBR.max_bw of the last cycle of ProbeBW, and of this one.
 * @bw_Bps: BBR.bw, bytes per second.
 * @bw_short_Bps: BBR.bw_shortterm; U64_MAX: none.
 * @bw_latest_Bps: BBR.bw_latest.
 * @full_bw_Bps: BBR.full_bw.
 * @min_rtt_ns: BBR.min_rtt; ATCP_NEVER: none.
 * @min_rtt_at_ns: BBR.min_rtt_stamp.
 * @probe_rtt_ns: BBR.probe_rtt_min_delay.
 * @probe_rtt_at_ns: BBR.probe_rtt_min_stamp.
 * @probe_rtt_done_ns: BBR.probe_rtt_done_stamp; 0: none.
 * @cycle_at_ns: BBR.cycle_stamp.
 * @probe_wait_ns: BBR.bw_probe_wait.
 * @extra_start_ns: BBR.extra_acked_interval_start.
 * @round_rtt_ns: Least round trip of the last round; ATCP_NEVER: none.
 * @next_rtt_ns: The same of this round.
 * @extra_delivered: BBR.extra_acked_delivered, bytes.
 * @extra_acked: Largest excess of the last few rounds, and of these, bytes.
 * @inflight_long: BBR.inflight_longterm, bytes; U32_MAX: none.
 * @inflight_short: BBR.inflight_shortterm, bytes; U32_MAX: none.
 * @inflight_latest: BBR.inflight_latest, bytes.
 * @next_round_delivered: BBR.next_round_delivered.
 * @loss_round_delivered: BBR.loss_round_delivered.
 * @acked_in_round: Bytes delivered in this loss round.
 * @lost_in_round: Bytes lost in it.
 * @ce_in_round: Bytes delivered in it with congestion experienced.
 * @round_count: Rounds so far.
 * @prior_cwnd: BBR.prior_cwnd, bytes.
 * @probe_up_acked: BBR.bw_probe_up_acks, bytes.
 * @probe_up_bytes: BBR.probe_up_cnt, in bytes.
 * @undo_bw_short_Bps: What a spurious recovery gives back.
 * @undo_inflight_short: The same.
 * @undo_inflight_long: The same.
 * @ce_mean: Mean share of CE, in 1/1024.
 * @loss_ambient: Mean share of loss in rounds without a queue, in 1/1024.
 * @state: enum atcp_bbr_state.
 * @ack_phase: enum atcp_bbr_ack_phase.
 * @full_bw_count: BBR.full_bw_count.
 * @rounds_since_probe: BBR.rounds_since_bw_probe.
 * @probe_up_rounds: BBR.bw_probe_up_rounds.
 * @extra_rounds: Rounds of this half of the filter.
 * @loss_events: Ranges found lost in this loss round.
 * @is_full_reached: BBR.full_bw_reached.
 * @is_full_now: BBR.full_bw_now.
 * @is_round_start: BBR.round_start.
 * @is_loss_round_start: BBR.loss_round_start.
 * @is_idle_restart: BBR.idle_restart.
 * @is_probe_sample: BBR.bw_probe_samples.
 * @is_probe_rtt_round_done: BBR.probe_rtt_round_done.
 * @has_lost_in_round: BBR.loss_in_round.
 */
struct atcp_bbr {
	u64 max_bw_Bps[2];
	u64 bw_Bps;
	u64 bw_short_Bps;
	u64 bw_latest_Bps;
	u64 full_bw_Bps;
	u64 min_rtt_ns;
	u64 min_rtt_at_ns;
	u64 probe_rtt_ns;
	u64 probe_rtt_at_ns;
	u64 probe_rtt_done_ns;
	u64 cycle_at_ns;
	u64 probe_wait_ns;
	u64 extra_start_ns;
	u64 round_rtt_ns;
	u64 next_rtt_ns;
	u64 undo_bw_short_Bps;
	u32 extra_delivered;
	u32 extra_acked[2];
	u32 inflight_long;
	u32 inflight_short;
	u32 inflight_latest;
	u32 next_round_delivered;
	u32 loss_round_delivered;
	u32 acked_in_round;
	u32 lost_in_round;
	u32 ce_in_round;
	u32 round_count;
	u32 prior_cwnd;
	u32 probe_up_acked;
	u32 probe_up_bytes;
	u32 undo_inflight_short;
	u32 undo_inflight_long;
	u16 ce_mean;
	u16 loss_ambient;
	u8 state;
	u8 ack_phase;
	u8 full_bw_count;
	u8 rounds_since_probe;
	u8 probe_up_rounds;
	u8 extra_rounds;
	u8 loss_events;
	bool is_full_reached;
	bool is_full_now;
	bool is_round_start;
	bool is_loss_round_start;
	bool is_idle_restart;
	bool is_probe_sample;
	bool is_probe_rtt_round_done;
	bool has_lost_in_round;
};

/**
 * struct atcp_dctcp - What DCTCP remembers, RFC 8257 section 3.3.
 * @reno: Reno's, which it grows by.
 * @alpha: DCTCP.Alpha, the share that is marked, 1 is 2^16.
 * @bytes: DCTCP.BytesAcked in this window.
 * @marked: DCTCP.BytesMarked.
 * @window_end: DCTCP.WindowEnd.
 */
struct atcp_dctcp {
	struct atcp_reno reno;
	u32 alpha;
	u32 bytes;
	u32 marked;
	u32 window_end;
};

static_assert(!offsetof(struct atcp_dctcp, reno), "where Reno looks for it");

/**
 * struct atcp_cc - A connection's congestion control.
 * @ops: The algorithm; NULL before the connection is established.
 * @undo_cwnd: cwnd before the last congestion event, bytes; 0: there was none.
 * @undo_ssthresh: ssthresh before it, bytes.
 * @cwv: Whether cwnd is used, for those that do not own it:
 * @reno: Reno's.
 * @cubic: CUBIC's.
 * @dctcp: DCTCP's.
 * @bbr: BBR's.
 */
struct atcp_cc {
	const struct atcp_cc_ops *ops;
	u32 undo_cwnd;
	u32 undo_ssthresh;
	union {
		struct {
			struct atcp_cwv cwv;
			union {
				struct atcp_reno reno;
				struct atcp_cubic cubic;
				struct atcp_dctcp dctcp;
			};
		};
		struct atcp_bbr bbr;
	};
};

extern const struct atcp_cc_ops atcp_bbr_ops;
extern const struct atcp_cc_ops atcp_cubic;
extern const struct atcp_cc_ops atcp_dctcp;
extern const struct atcp_cc_ops atcp_reno;

/* what BBR is doing, for its users to see */
u32 atcp_bbr_pacing_gain_pct(const struct atcp_bbr *bbr);
u32 atcp_bbr_cwnd_gain_pct(const struct atcp_bbr *bbr);

/* by name */
const struct atcp_cc_ops *atcp_cc_find(const char *name);
const struct atcp_cc_ops *atcp_cc_nth(unsigned int nth);

/* of a connection */
void atcp_cc_use(struct atcp_conn *conn, const struct atcp_cc_ops *ops);

#endif /* ATCP_CORE_CC_H */
