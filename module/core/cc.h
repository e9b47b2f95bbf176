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
 * @una: SND.UNA as it is with this acknowledgment.
 * @is_cwnd_limited: cwnd was what held the sender back.
 */
struct atcp_cc_ack {
	u64 now_ns;
	u64 rtt_ns;
	u32 bytes;
	u32 una;
	bool is_cwnd_limited;
};

/**
 * struct atcp_cc_ops - An algorithm.
 * @name: What it is chosen by.
 * @init: Fills in its part of conn->cc, which is all 0, at establishment or in
 *	mid-connection; cwnd and ssthresh are there and stay.
 * @ssthresh: A congestion event has begun: returns the new slow-start threshold,
 *	bytes, and remembers what it needs to grow again. cwnd and the flight are
 *	as they were before.
 * @acked: New data has been acknowledged: may let cwnd grow. Not called in fast
 *	recovery.
 * @restart: Slow start begins anew at a cwnd that is already set: after a
 *	time-out, after a long silence, or since the peer had no memory.
 * @idle: Nothing is under way and something is about to be sent; may be NULL.
 * @undo: The last congestion event was none; cwnd and ssthresh are what they
 *	were before it. May be NULL.
 */
struct atcp_cc_ops {
	char name[ATCP_CC_NAME_MAX];
	void (*init)(struct atcp_conn *conn);
	u32 (*ssthresh)(struct atcp_conn *conn, enum atcp_cc_event event);
	void (*acked)(struct atcp_conn *conn, const struct atcp_cc_ack *ack);
	void (*restart)(struct atcp_conn *conn);
	void (*idle)(struct atcp_conn *conn, u64 now_ns);
	void (*undo)(struct atcp_conn *conn);
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
 * @window_end: windowEnd, a sequence number.
 * @samples: rttSampleCount, up to where it matters.
 * @css_rounds: Rounds of Conservative Slow Start that have ended.
 * @has_round: @window_end is valid.
 */
struct atcp_hystart {
	u64 last_ns;
	u64 current_ns;
	u64 baseline_ns;
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

/**
 * struct atcp_cc - A connection's congestion control.
 * @ops: The algorithm; NULL before the connection is established.
 * @undo_cwnd: cwnd before the last congestion event, bytes; 0: there was none.
 * @undo_ssthresh: ssthresh before it, bytes.
 * @reno: Reno's.
 * @cubic: CUBIC's.
 */
struct atcp_cc {
	const struct atcp_cc_ops *ops;
	u32 undo_cwnd;
	u32 undo_ssthresh;
	union {
		struct atcp_reno reno;
		struct atcp_cubic cubic;
	};
};

extern const struct atcp_cc_ops atcp_cubic;
extern const struct atcp_cc_ops atcp_reno;

/* by name */
const struct atcp_cc_ops *atcp_cc_find(const char *name);
const struct atcp_cc_ops *atcp_cc_nth(unsigned int nth);

/* of a connection */
void atcp_cc_use(struct atcp_conn *conn, const struct atcp_cc_ops *ops);

#endif /* ATCP_CORE_CC_H */
