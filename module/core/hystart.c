// SPDX-License-Identifier: GPL-2.0
/*
 * HyStart++ (RFC 9406): slow start that ends before the queue overflows. When the
 * round trip grows, it goes on more slowly for some rounds (Conservative Slow
 * Start), and ends if that was no mistake.
 */
#include "core/internal.h"

/* RFC 9406 section 4.3. */
#define MIN_RTT_THRESH_NS (4 * ATCP_NSEC_PER_MSEC)
#define MAX_RTT_THRESH_NS (16 * ATCP_NSEC_PER_MSEC)
#define MIN_RTT_DIVISOR 8
#define N_RTT_SAMPLE 8
#define CSS_GROWTH_DIVISOR 4
#define CSS_ROUNDS 5

/* A train of so many segments measures a rate. */
#define TRAIN_SEGMENTS 16

/* L, segments per ACK, for a sender that does not pace. */
#define L_SEGMENTS 8

/**
 * atcp_hystart_init() - The initial slow start begins.
 * @hystart: Filled in.
 */
void atcp_hystart_init(struct atcp_hystart *hystart)
{
	memset(hystart, 0, sizeof(*hystart));
	hystart->last_ns = ATCP_NEVER;
	hystart->current_ns = ATCP_NEVER;
	hystart->baseline_ns = ATCP_NEVER;
}

static bool is_in_css(const struct atcp_hystart *hystart)
{
	return hystart->baseline_ns != ATCP_NEVER;
}

/*
 * A round ends when what had been sent at its beginning is acknowledged, and the next one
 * begins with the ACK after that: so what the last ACK has set free, the end of a train,
 * is in it. Otherwise a round would end so much before its train does, twice as much in
 * each that follows, until the first eight samples of one were of a train's end, which
 * has queued behind the rest of it.
 */
static void begin_round(struct atcp_conn *conn, struct atcp_hystart *hystart)
{
	hystart->window_end = conn->snd.nxt;
	hystart->last_ns = hystart->current_ns;
	hystart->current_ns = ATCP_NEVER;
	hystart->samples = 0;
	hystart->train_ns = 0;
	hystart->has_round = true;
}

static u64 threshold_ns(const struct atcp_hystart *hystart)
{
	return clamp_t(u64, div_u64(hystart->last_ns, MIN_RTT_DIVISOR),
		       MIN_RTT_THRESH_NS, MAX_RTT_THRESH_NS);
}

/*
 * What the path holds at least: its rate, by how close behind each other the
 * acknowledgments of a round come, times the least round trip. Where they have been
 * compressed that is too much, and does no harm.
 */
static void measure_path(const struct atcp_conn *conn,
			 struct atcp_hystart *hystart,
			 const struct atcp_cc_ack *ack)
{
	u64 least_us = div_u64(conn->rtt.min_ns, 1000);
	u64 train_us, path;
	u32 bytes;

	if (!hystart->train_ns) {
		hystart->train_ns = ack->now_ns;
		hystart->train_from = conn->rate.delivered;
		return;
	}
	/* By blocks, too: SND.UNA leaps where packets overtake each other */
	bytes = conn->rate.delivered - hystart->train_from;
	if (bytes < TRAIN_SEGMENTS * conn->snd.mss)
		return;
	train_us = div_u64(ack->now_ns - hystart->train_ns, 1000);
	path = div64_u64(bytes * least_us, train_us + 1);
	hystart->path_bytes = max_t(u32, hystart->path_bytes,
				    min_t(u64, path, ATCP_CWND_MAX));
}

/* An eighth more waits in a queue, as for the delay. */
static bool is_past_path(const struct atcp_conn *conn,
			 const struct atcp_hystart *hystart)
{
	return hystart->path_bytes &&
	       conn->snd.cwnd - conn->snd.cwnd / 8 > hystart->path_bytes;
}

/*
 * Section 4.2: does the round trip grow, or was that a mistake? It is a round trip
 * until it tells, and slow start doubles in that: what the path holds is known earlier.
 */
static void judge(const struct atcp_conn *conn, struct atcp_hystart *hystart)
{
	if (hystart->samples < N_RTT_SAMPLE)
		return;
	if (is_in_css(hystart)) {
		if (hystart->current_ns < hystart->baseline_ns) {
			hystart->baseline_ns = ATCP_NEVER;
			hystart->css_rounds = 0;
		}
		return;
	}
	if (hystart->last_ns == ATCP_NEVER)
		return;
	if (hystart->current_ns >= hystart->last_ns + threshold_ns(hystart) ||
	    is_past_path(conn, hystart))
		hystart->baseline_ns = hystart->current_ns;
}

/*
 * Section 4.3 has a quarter in Conservative Slow Start, for any delay from an eighth of
 * the round trip on. But slow start doubles: when it is noticed the queue may hold as
 * much as the path, and a quarter more for five rounds overflows it. So the
 * quarter shrinks with what the queue holds, to nothing where that is two thirds of what
 * the path does. Were it no queue, the next round would tell.
 */
static u32 css_growth(const struct atcp_conn *conn,
		      const struct atcp_hystart *hystart, u32 bytes)
{
	u64 now_ns = hystart->current_ns != ATCP_NEVER ?
			     hystart->current_ns : hystart->baseline_ns;
	u64 least_ns = min(conn->rtt.min_ns, now_ns);
	u64 queue_ns = (now_ns - least_ns) * 3 / 2;

	if (queue_ns >= least_ns)
		return 0;
	return (u32)div64_u64(bytes * (least_ns - queue_ns),
			      least_ns * CSS_GROWTH_DIVISOR);
}

static void sample(const struct atcp_conn *conn, struct atcp_hystart *hystart,
		   u64 rtt_ns)
{
	rtt_ns = atcp_rack_least_rtt_ns(conn, rtt_ns);
	hystart->current_ns = min_t(u64, hystart->current_ns, rtt_ns);
	if (hystart->samples < N_RTT_SAMPLE)
		hystart->samples++;
	judge(conn, hystart);
}

/* The round in which Conservative Slow Start began counts, too. */
static void end_round(struct atcp_conn *conn, struct atcp_hystart *hystart)
{
	if (is_in_css(hystart) && ++hystart->css_rounds >= CSS_ROUNDS)
		conn->snd.ssthresh = conn->snd.cwnd;
	hystart->has_round = false;
}

/*
 * L is against bursts that a single ACK sets free. Where packets overtake each other one
 * that is late has many acknowledged at once; each of them has had an ACK before.
 */
static u32 limit(const struct atcp_conn *conn, const struct atcp_cc_ack *ack,
		 u32 bytes)
{
	u32 fresh = min(ack->fresh, bytes);

	return bytes - fresh + min_t(u32, fresh, L_SEGMENTS * conn->snd.mss);
}

/**
 * atcp_hystart_acked() - Grow in the initial slow start.
 * @conn: Its ssthresh has never been set; is set to cwnd when slow start is over.
 * @hystart: State.
 * @ack: What the acknowledgment says.
 * @bytes: From atcp_cc_credit().
 *
 * RFC 9406 section 4.2. A loss ends it by setting ssthresh.
 */
void atcp_hystart_acked(struct atcp_conn *conn, struct atcp_hystart *hystart,
			const struct atcp_cc_ack *ack, u32 bytes)
{
	u32 growth = limit(conn, ack, bytes);

	if (!hystart->has_round)
		begin_round(conn, hystart);
	measure_path(conn, hystart, ack);
	atcp_cc_grow(conn, is_in_css(hystart) ?
				   css_growth(conn, hystart, growth) : growth);
	if (ack->rtt_ns)
		sample(conn, hystart, ack->rtt_ns);
	if (!atcp_before(ack->una, hystart->window_end))
		end_round(conn, hystart);
}
