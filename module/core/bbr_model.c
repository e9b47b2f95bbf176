// SPDX-License-Identifier: GPL-2.0
/*
 * BBR's model of the path (draft-ietf-ccwg-bbr sections 5.3 and 5.5): how much it
 * delivers, how long a round trip takes without a queue, and how much may be under way
 * before packets are lost.
 */
#include "core/bbr.h"

/* Shares of what was in flight are counted in 1/1024. */
#define ONE 1024

/* Section 5.5.10: BBRLossThresh, 2%. */
#define LOSS_MAX (ONE / 50)

/*
 * Loss without a queue is not our doing, unless it is as much as a rate limiter makes
 * that we have overrun; and what is lost without a queue, up to so much, is lost with one
 * as well: see Documentation/decisions/bbr-loss-without-queue.rst.
 */
#define LOSS_ALONE_MAX (ONE / 8)
#define LOSS_AMBIENT_MAX (ONE / 20)
#define LOSS_AMBIENT_GAIN 16

/* BBRBeta, BBRHeadroom, percent. */
#define BETA_PCT 70
#define HEADROOM_PCT 15

/* Rounds of each half of the maximum filter of extra_acked, section 5.5.9. */
#define EXTRA_ROUNDS 5

/* ECN: share of CE from which what is under way is too much; gain of its mean; weight. */
#define CE_MAX (ONE / 2)
#define CE_GAIN 16
#define CE_WEIGHT 3

/**
 * atcp_bbr_max_bw_Bps() - BBR.max_bw: of this cycle of ProbeBW and the last one.
 * @bbr: State.
 *
 * Return: bytes per second.
 */
u64 atcp_bbr_max_bw_Bps(const struct atcp_bbr *bbr)
{
	return max(bbr->max_bw_Bps[0], bbr->max_bw_Bps[1]);
}

/**
 * atcp_bbr_min_pipe() - BBR.MinPipeCwnd: enough for ACKs to come steadily.
 * @conn: Connection.
 *
 * Return: bytes.
 */
u32 atcp_bbr_min_pipe(const struct atcp_conn *conn)
{
	return ATCP_BBR_MIN_SEGMENTS * conn->snd.mss;
}

/**
 * atcp_bbr_bdp() - BBRBDPMultiple().
 * @conn: Connection.
 * @bw_Bps: Bandwidth, bytes per second.
 * @gain_pct: Percent.
 *
 * Return: bytes; the initial window as long as no round trip is known.
 */
u32 atcp_bbr_bdp(const struct atcp_conn *conn, u64 bw_Bps, u32 gain_pct)
{
	u64 rtt_us = div_u64(conn->cc.bbr.min_rtt_ns, 1000);
	u64 bytes;

	if (conn->cc.bbr.min_rtt_ns == ATCP_NEVER)
		return conn->config.initial_cwnd * conn->snd.mss;
	bytes = div_u64(bw_Bps * rtt_us, 1000000);
	return (u32)min_t(u64, div_u64(bytes * gain_pct, 100), ATCP_CWND_MAX);
}

/**
 * atcp_bbr_target() - BBRTargetInflight().
 * @conn: Connection.
 *
 * Return: bytes.
 */
u32 atcp_bbr_target(const struct atcp_conn *conn)
{
	return min(atcp_bbr_bdp(conn, conn->cc.bbr.bw_Bps, 100),
		   conn->snd.cwnd);
}

/**
 * atcp_bbr_headroom() - BBRInflightWithHeadroom(): room for others to grow into.
 * @conn: Connection.
 *
 * Return: bytes; U32_MAX if no bound is known.
 */
u32 atcp_bbr_headroom(const struct atcp_conn *conn)
{
	u32 bound = conn->cc.bbr.inflight_long;
	u32 room;

	if (bound == U32_MAX)
		return U32_MAX;
	room = max_t(u32, (u32)div_u64((u64)bound * HEADROOM_PCT, 100),
		     conn->snd.mss);
	return max(bound > room ? bound - room : 0, atcp_bbr_min_pipe(conn));
}

/**
 * atcp_bbr_extra_acked() - How much more than the bandwidth comes in one lump of ACKs.
 * @bbr: State.
 *
 * Return: bytes.
 */
u32 atcp_bbr_extra_acked(const struct atcp_bbr *bbr)
{
	return max(bbr->extra_acked[0], bbr->extra_acked[1]);
}

/**
 * atcp_bbr_start_round() - A round trip begins with what is sent from now on.
 * @conn: Connection.
 */
void atcp_bbr_start_round(struct atcp_conn *conn)
{
	atcp_bbr(conn)->next_round_delivered = conn->rate.delivered;
}

/**
 * atcp_bbr_reset_full_bw() - The search for where bandwidth grows no more begins anew.
 * @bbr: State.
 */
void atcp_bbr_reset_full_bw(struct atcp_bbr *bbr)
{
	bbr->full_bw_Bps = 0;
	bbr->full_bw_count = 0;
	bbr->is_full_now = false;
}

/**
 * atcp_bbr_forget_short_term() - BBRResetShortTermModel().
 * @bbr: State.
 */
void atcp_bbr_forget_short_term(struct atcp_bbr *bbr)
{
	bbr->bw_short_Bps = U64_MAX;
	bbr->inflight_short = U32_MAX;
}

/**
 * atcp_bbr_forget_signals() - BBRResetCongestionSignals().
 * @bbr: State.
 */
void atcp_bbr_forget_signals(struct atcp_bbr *bbr)
{
	bbr->has_lost_in_round = false;
	bbr->ce_in_round = 0;
	bbr->acked_in_round = 0;
	bbr->lost_in_round = 0;
	bbr->bw_latest_Bps = 0;
	bbr->inflight_latest = 0;
}

/* BBRUpdateRound(): has what was sent after the last round began been delivered? */
static void update_round(struct atcp_conn *conn,
			 const struct atcp_rate_sample *sample)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	bbr->is_round_start = sample->acked &&
		!atcp_before(sample->prior_delivered, bbr->next_round_delivered);
	if (!bbr->is_round_start)
		return;
	atcp_bbr_start_round(conn);
	bbr->round_count++;
	if (bbr->rounds_since_probe < U8_MAX)
		bbr->rounds_since_probe++;
	bbr->round_rtt_ns = bbr->next_rtt_ns;
	bbr->next_rtt_ns = ATCP_NEVER;
}

/* BBRUpdateMaxBw() */
static void update_max_bw(struct atcp_bbr *bbr,
			  const struct atcp_rate_sample *sample)
{
	if (sample->rate_Bps &&
	    (sample->rate_Bps >= atcp_bbr_max_bw_Bps(bbr) ||
	     !sample->is_app_limited))
		bbr->max_bw_Bps[1] = max(bbr->max_bw_Bps[1], sample->rate_Bps);
}

/* BBRUpdateACKAggregation() */
static void update_extra_acked(struct atcp_conn *conn,
			       const struct atcp_rate_sample *sample)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);
	u64 us = div_u64(sample->now_ns - bbr->extra_start_ns, 1000);
	u64 expected = div_u64(bbr->bw_Bps * min_t(u64, us, 10000000), 1000000);
	u32 extra;

	if (bbr->is_round_start && ++bbr->extra_rounds >=
	    (bbr->is_full_reached ? EXTRA_ROUNDS : 1)) {
		bbr->extra_rounds = 0;
		bbr->extra_acked[0] = bbr->extra_acked[1];
		bbr->extra_acked[1] = 0;
	}
	if (bbr->extra_delivered <= expected) {
		bbr->extra_delivered = 0;
		bbr->extra_start_ns = sample->now_ns;
		expected = 0;
	}
	bbr->extra_delivered += sample->acked;
	extra = (u32)(bbr->extra_delivered - min_t(u64, expected,
						   bbr->extra_delivered));
	bbr->extra_acked[1] = max(bbr->extra_acked[1],
				  min(extra, conn->snd.cwnd));
}

/* The least round trip of the last round and of this one; ATCP_NEVER: not known. */
static u64 recent_rtt_ns(const struct atcp_bbr *bbr)
{
	return min(bbr->round_rtt_ns, bbr->next_rtt_ns);
}

/*
 * Is there a queue? More than an eighth above the least of all, and more than hosts alone
 * would add.
 */
static bool has_queue(const struct atcp_bbr *bbr)
{
	u64 rtt_ns = recent_rtt_ns(bbr);

	return rtt_ns != ATCP_NEVER &&
	       rtt_ns > bbr->min_rtt_ns + max_t(u64, bbr->min_rtt_ns / 8,
						ATCP_NSEC_PER_MSEC);
}

/**
 * atcp_bbr_has_some_queue() - Is there anything that should drain?
 * @bbr: State.
 *
 * Return: true if the round trip is longer than the least by more than a 64th: hosts and
 * links add less.
 */
bool atcp_bbr_has_some_queue(const struct atcp_bbr *bbr)
{
	u64 rtt_ns = recent_rtt_ns(bbr);

	return rtt_ns == ATCP_NEVER || bbr->min_rtt_ns == ATCP_NEVER ||
	       rtt_ns > bbr->min_rtt_ns + bbr->min_rtt_ns / 64;
}

static u32 ambient(const struct atcp_bbr *bbr)
{
	return min_t(u32, bbr->loss_ambient, LOSS_AMBIENT_MAX);
}

/**
 * atcp_bbr_before_loss() - What to send for so much to arrive.
 * @bbr: State.
 * @rate_Bps: What is to arrive, bytes per second.
 *
 * Return: bytes per second; more than that by what is lost without a queue; most of it if
 * there is some queue, for the loss may be less by now.
 */
u64 atcp_bbr_before_loss(const struct atcp_bbr *bbr, u64 rate_Bps)
{
	u32 lost = ambient(bbr);

	if (atcp_bbr_has_some_queue(bbr))
		lost = lost * 3 / 4;
	return div_u64(rate_Bps * ONE, ONE - lost);
}

/* What share of what is in flight may be lost. */
static u32 loss_max(const struct atcp_bbr *bbr)
{
	if (!has_queue(bbr))
		return LOSS_ALONE_MAX;
	return LOSS_MAX + 2 * ambient(bbr);
}

/**
 * atcp_bbr_is_too_high() - IsInflightTooHigh().
 * @conn: Connection.
 * @in_flight: What was under way, bytes.
 * @lost: What was lost of it, bytes.
 *
 * Return: true if more was lost than chance would lose.
 */
bool atcp_bbr_is_too_high(const struct atcp_conn *conn, u32 in_flight, u32 lost)
{
	return (u64)lost * ONE > (u64)in_flight * loss_max(&conn->cc.bbr);
}

/**
 * atcp_bbr_in_flight_at_loss() - BBRInflightAtLoss().
 * @conn: Connection.
 * @burst: Range that has been found lost, with it too much was.
 * @lost: Bytes lost since it was sent, it included.
 *
 * Return: bytes that were under way when the threshold was passed within it.
 */
u32 atcp_bbr_in_flight_at_loss(const struct atcp_conn *conn,
			       const struct atcp_burst *burst, u32 lost)
{
	u32 size = burst->end - burst->seq;
	u32 before = burst->in_flight > size ? burst->in_flight - size : 0;
	u32 lost_before = lost > size ? lost - size : 0;
	u32 most = loss_max(&conn->cc.bbr);
	u64 allowed = (u64)before * most / ONE;
	u64 prefix = allowed > lost_before ?
		div_u64((allowed - lost_before) * ONE, ONE - most) : 0;

	return before + (u32)prefix;
}

/* What is left of it, section 5.5.10. */
static u64 beta(u64 of)
{
	return div_u64(of * BETA_PCT, 100);
}

/**
 * atcp_bbr_take_too_high() - BBRHandleInflightTooHigh().
 * @conn: Connection.
 * @in_flight: What was too much, bytes.
 * @is_app_limited: The user had no more to send: it says little.
 * @now_ns: Time.
 */
void atcp_bbr_take_too_high(struct atcp_conn *conn, u32 in_flight,
			    bool is_app_limited, u64 now_ns)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);
	u32 least = (u32)beta(atcp_bbr_target(conn));

	bbr->is_probe_sample = false;
	if (!is_app_limited)
		bbr->inflight_long = max(in_flight, least);
	if (bbr->state == ATCP_BBR_UP)
		atcp_bbr_start_down(conn, now_ns);
}

/**
 * atcp_bbr_raise_slope() - BBRRaiseInflightLongtermSlope(): twice as fast each round.
 * @conn: Connection.
 */
void atcp_bbr_raise_slope(struct atcp_conn *conn)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);
	u32 growth = 1U << bbr->probe_up_rounds;

	bbr->probe_up_rounds = min_t(u8, bbr->probe_up_rounds + 1, 30);
	bbr->probe_up_bytes = max_t(u32, conn->snd.cwnd / growth, 1);
}

/* BBRProbeInflightLongtermUpward(): a segment for each probe_up_bytes acknowledged. */
static void probe_upward(struct atcp_conn *conn,
			 const struct atcp_rate_sample *sample)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);
	u32 segments;

	if (!(conn->flags & ATCP_CONN_CWND_LIMITED) ||
	    conn->snd.cwnd < bbr->inflight_long)
		return;
	bbr->probe_up_acked += sample->acked;
	segments = bbr->probe_up_acked / bbr->probe_up_bytes;
	bbr->probe_up_acked -= segments * bbr->probe_up_bytes;
	bbr->inflight_long = (u32)min_t(u64, bbr->inflight_long +
					(u64)segments * conn->snd.mss,
					ATCP_CWND_MAX);
	if (bbr->is_round_start)
		atcp_bbr_raise_slope(conn);
}

/* At the end of a cycle of ProbeBW the maximum of the one before the last is forgotten. */
static void advance_max_bw(struct atcp_bbr *bbr)
{
	if (!bbr->max_bw_Bps[1])
		return;
	bbr->max_bw_Bps[0] = bbr->max_bw_Bps[1];
	bbr->max_bw_Bps[1] = 0;
}

static bool has_too_many_marks(const struct atcp_bbr *bbr)
{
	return bbr->is_round_start && bbr->acked_in_round &&
	       (u64)bbr->ce_in_round * ONE >
	       (u64)bbr->acked_in_round * CE_MAX;
}

/**
 * atcp_bbr_adapt_long_term() - BBRAdaptLongTermModel().
 * @conn: Connection whose pipe has been full.
 * @sample: Acknowledgment.
 */
void atcp_bbr_adapt_long_term(struct atcp_conn *conn,
			      const struct atcp_rate_sample *sample)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	if (bbr->ack_phase == ATCP_BBR_ACKS_STARTING && bbr->is_round_start)
		bbr->ack_phase = ATCP_BBR_ACKS_FEEDBACK;
	if (bbr->ack_phase == ATCP_BBR_ACKS_STOPPING && bbr->is_round_start) {
		bbr->ack_phase = ATCP_BBR_ACKS_REFILLING;
		if (atcp_bbr_is_probing_bw_cycle(bbr) && !sample->is_app_limited)
			advance_max_bw(bbr);
	}
	if (atcp_bbr_is_too_high(conn, sample->in_flight, sample->lost) ||
	    has_too_many_marks(bbr)) {
		if (bbr->is_probe_sample)
			atcp_bbr_take_too_high(conn, sample->in_flight,
					       sample->is_app_limited,
					       sample->now_ns);
		return;
	}
	if (bbr->inflight_long == U32_MAX)
		return;
	bbr->inflight_long = max(bbr->inflight_long, sample->in_flight);
	if (bbr->state == ATCP_BBR_UP)
		probe_upward(conn, sample);
}

/* A mean moves towards the share that @part is of @whole. */
static u16 average(u16 mean, u32 gain, u32 part, u32 whole)
{
	u32 share = whole ? (u32)div_u64((u64)part * ONE, whole) : 0;

	return (u16)((mean * (gain - 1) + share) / gain);
}

/* Of the loss round that ends: the mean shares of CE, and of loss without a queue. */
static void update_means(struct atcp_bbr *bbr)
{
	u32 sent = bbr->acked_in_round + bbr->lost_in_round;

	bbr->ce_mean = average(bbr->ce_mean, CE_GAIN, bbr->ce_in_round,
			       bbr->acked_in_round);
	if (!has_queue(bbr))
		bbr->loss_ambient = average(bbr->loss_ambient,
					    LOSS_AMBIENT_GAIN,
					    bbr->lost_in_round, sent);
}

/* Section 5.5.10.3: is the loss of this round one to give way for? */
static bool was_congested(const struct atcp_conn *conn)
{
	const struct atcp_bbr *bbr = &conn->cc.bbr;

	return bbr->has_lost_in_round &&
	       atcp_bbr_is_too_high(conn, bbr->acked_in_round +
				    bbr->lost_in_round, bbr->lost_in_round);
}

/* BBRLossLowerBounds(), and the same for CE. */
static void lower_bounds(struct atcp_conn *conn)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);
	bool was_lossy = was_congested(conn);
	u32 cut;

	if (!was_lossy && !bbr->ce_in_round)
		return;
	if (bbr->bw_short_Bps == U64_MAX)
		bbr->bw_short_Bps = atcp_bbr_max_bw_Bps(bbr);
	if (bbr->inflight_short == U32_MAX)
		bbr->inflight_short = conn->snd.cwnd;
	if (was_lossy) {
		bbr->bw_short_Bps = max(bbr->bw_latest_Bps,
					beta(bbr->bw_short_Bps));
		bbr->inflight_short = max_t(u64, bbr->inflight_latest,
					    beta(bbr->inflight_short));
		return;
	}
	cut = (u32)div_u64((u64)bbr->inflight_short * bbr->ce_mean,
			   ONE * CE_WEIGHT);
	bbr->inflight_short = max(bbr->inflight_short - cut,
				  atcp_bbr_min_pipe(conn));
}

/*
 * BBRIsProbingBW(), and DRAIN: what is found lost there was sent in Startup, and that is
 * over. Given way for once more it would cost three tenths until the next probe.
 */
static bool is_probing(const struct atcp_bbr *bbr)
{
	return bbr->state == ATCP_BBR_STARTUP || bbr->state == ATCP_BBR_DRAIN ||
	       bbr->state == ATCP_BBR_REFILL || bbr->state == ATCP_BBR_UP;
}

/* BBRUpdateLatestDeliverySignals() and BBRUpdateCongestionSignals() */
static void update_signals(struct atcp_conn *conn,
			   const struct atcp_rate_sample *sample)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	bbr->bw_latest_Bps = max(bbr->bw_latest_Bps, sample->rate_Bps);
	bbr->inflight_latest = max(bbr->inflight_latest, sample->delivered);
	bbr->acked_in_round += sample->acked;
	bbr->ce_in_round += sample->ce_bytes;
	bbr->lost_in_round += sample->newly_lost;
	bbr->is_loss_round_start = sample->acked &&
		!atcp_before(sample->prior_delivered, bbr->loss_round_delivered);
	if (!bbr->is_loss_round_start)
		return;
	bbr->loss_round_delivered = conn->rate.delivered;
	update_means(bbr);
	if (!is_probing(bbr))
		lower_bounds(conn);
}

/**
 * atcp_bbr_advance_signals() - BBRAdvanceLatestDeliverySignals(), at an ACK's end.
 * @conn: Connection.
 * @sample: Acknowledgment.
 */
void atcp_bbr_advance_signals(struct atcp_conn *conn,
			      const struct atcp_rate_sample *sample)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	if (!bbr->is_loss_round_start)
		return;
	atcp_bbr_forget_signals(bbr);
	bbr->loss_events = 0;
	bbr->bw_latest_Bps = sample->rate_Bps;
	bbr->inflight_latest = sample->delivered;
}

/**
 * atcp_bbr_update_model() - What an acknowledgment says of the path.
 * @conn: Connection.
 * @sample: Acknowledgment.
 */
void atcp_bbr_update_model(struct atcp_conn *conn,
			   const struct atcp_rate_sample *sample)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	update_round(conn, sample);
	if (sample->rtt_ns)
		bbr->next_rtt_ns = min(bbr->next_rtt_ns, sample->rtt_ns);
	update_max_bw(bbr, sample);
	update_signals(conn, sample);
	update_extra_acked(conn, sample);
}
