// SPDX-License-Identifier: GPL-2.0
/*
 * BBR, version 3 (draft-ietf-ccwg-bbr): data leaves at the rate that the path delivers,
 * and no more is under way than that takes. What the path is like is in bbr_model.c; here
 * is what is done about it: the states and their gains, pacing and cwnd.
 */
#include "core/bbr.h"

/* Section 5.3.2: BBRStartupFullBwCnt, rounds without growth by a quarter. */
#define FULL_BW_ROUNDS 3

/* Section 5.3.1.3: BBRStartupFullLossCnt. */
#define STARTUP_LOSS_EVENTS 6

/* Section 5.3.4: BBR.MinRTTFilterLen, ProbeRTTInterval, ProbeRTTDuration. */
#define MIN_RTT_NS (10 * ATCP_NSEC_PER_SEC)
#define PROBE_RTT_INTERVAL_NS (5 * ATCP_NSEC_PER_SEC)
#define PROBE_RTT_NS (200 * ATCP_NSEC_PER_MSEC)

/* Section 5.3.3.8: from 2 to 3 s between two probes, or as many rounds as Reno takes. */
#define PROBE_WAIT_NS (2 * ATCP_NSEC_PER_SEC)
#define PROBE_ROUNDS_MAX 63

/*
 * Section 5.6.2: BBRPacingMarginPercent: a little slower, so that queues drain; where
 * there is none a hundredth of the path would be left unused.
 */
#define PACING_MARGIN_PCT 1

/* Percent, by enum atcp_bbr_state. */
static const u16 pacing_gain_pct[] = {
	[ATCP_BBR_STARTUP] = 277, [ATCP_BBR_DRAIN] = 50,
	[ATCP_BBR_DOWN] = 90, [ATCP_BBR_CRUISE] = 100,
	[ATCP_BBR_REFILL] = 100, [ATCP_BBR_UP] = 125,
	[ATCP_BBR_PROBE_RTT] = 100,
};

static const u16 cwnd_gain_pct[] = {
	[ATCP_BBR_STARTUP] = 200, [ATCP_BBR_DRAIN] = 200,
	[ATCP_BBR_DOWN] = 200, [ATCP_BBR_CRUISE] = 200,
	[ATCP_BBR_REFILL] = 200, [ATCP_BBR_UP] = 225,
	[ATCP_BBR_PROBE_RTT] = 50,
};

/* Which of so many? Connections that began together do not probe together. */
static u32 choose(const struct atcp_conn *conn, u32 nr)
{
	u32 mixed = (conn->snd.iss + conn->cc.bbr.round_count) * 2654435761U;

	return (mixed >> 8) % nr;
}

static void set_pacing(struct atcp_conn *conn, u32 gain_pct)
{
	const struct atcp_bbr *bbr = &conn->cc.bbr;
	u32 margin_pct = atcp_bbr_has_some_queue(bbr) ? PACING_MARGIN_PCT : 0;
	u64 rate_Bps = div_u64(atcp_bbr_before_loss(bbr, bbr->bw_Bps) *
			       gain_pct * (100 - margin_pct), 10000);

	/* Section 5.6.2: until the pipe is full only upwards */
	if (bbr->is_full_reached || rate_Bps > conn->pacing.rate_Bps ||
	    conn->pacing.rate_Bps == U64_MAX)
		conn->pacing.rate_Bps = max_t(u64, rate_Bps, conn->snd.mss);
}

/* BBRInitPacingRate(): the initial window in a round trip, or in 1 ms. */
static void init_pacing(struct atcp_conn *conn)
{
	u64 rtt_us = conn->rtt.srtt_ns ?
		max_t(u64, div_u64(conn->rtt.srtt_ns, 1000), 1) : 1000;

	conn->cc.bbr.bw_Bps = div64_u64((u64)conn->snd.cwnd * 1000000, rtt_us);
	set_pacing(conn, pacing_gain_pct[ATCP_BBR_STARTUP]);
}

static void init(struct atcp_conn *conn)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	bbr->min_rtt_ns = ATCP_NEVER;
	bbr->probe_rtt_ns = ATCP_NEVER;
	bbr->round_rtt_ns = ATCP_NEVER;
	bbr->next_rtt_ns = ATCP_NEVER;
	bbr->inflight_long = U32_MAX;
	bbr->state = ATCP_BBR_STARTUP;
	atcp_bbr_forget_short_term(bbr);
	atcp_bbr_start_round(conn);
	bbr->loss_round_delivered = conn->rate.delivered;
	init_pacing(conn);
}

static void save_cwnd(struct atcp_conn *conn)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);
	bool is_reduced = conn->snd.recovery != ATCP_REC_OPEN ||
			  bbr->state == ATCP_BBR_PROBE_RTT;

	bbr->prior_cwnd = is_reduced ? max(bbr->prior_cwnd, conn->snd.cwnd) :
				       conn->snd.cwnd;
}

static void restore_cwnd(struct atcp_conn *conn)
{
	conn->snd.cwnd = max(conn->snd.cwnd, conn->cc.bbr.prior_cwnd);
}

/* BBRCheckFullBWReached() */
static void check_full_bw(struct atcp_bbr *bbr,
			  const struct atcp_rate_sample *sample)
{
	if (bbr->is_full_now || !bbr->is_round_start || sample->is_app_limited)
		return;
	if (sample->rate_Bps * 4 >= bbr->full_bw_Bps * 5) {
		atcp_bbr_reset_full_bw(bbr);
		bbr->full_bw_Bps = sample->rate_Bps;
		return;
	}
	bbr->full_bw_count++;
	bbr->is_full_now = bbr->full_bw_count >= FULL_BW_ROUNDS;
	bbr->is_full_reached |= bbr->is_full_now;
}

/* BBRCheckStartupHighLoss(): the queue overflows, though it may be short. */
static void check_startup_loss(struct atcp_conn *conn,
			       const struct atcp_rate_sample *sample)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	if (bbr->is_full_reached || !bbr->is_loss_round_start ||
	    sample->is_app_limited || conn->snd.recovery != ATCP_REC_FAST ||
	    bbr->loss_events < STARTUP_LOSS_EVENTS ||
	    !atcp_bbr_is_too_high(conn, sample->in_flight, sample->lost))
		return;
	bbr->is_full_reached = true;
	bbr->inflight_long = max(atcp_bbr_bdp(conn, bbr->bw_Bps, 100),
				 bbr->inflight_latest);
}

static void start_probe_bw(struct atcp_conn *conn, u8 state)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	bbr->state = state;
	atcp_bbr_start_round(conn);
}

/**
 * atcp_bbr_start_down() - BBRStartProbeBW_DOWN(): a cycle begins.
 * @conn: Connection.
 * @now_ns: Time.
 */
void atcp_bbr_start_down(struct atcp_conn *conn, u64 now_ns)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	atcp_bbr_forget_signals(bbr);
	/* BBRPickProbeWait() */
	bbr->rounds_since_probe = (u8)choose(conn, 2);
	bbr->probe_wait_ns = PROBE_WAIT_NS +
		choose(conn, 1000) * ATCP_NSEC_PER_MSEC;
	bbr->cycle_at_ns = now_ns;
	bbr->ack_phase = ATCP_BBR_ACKS_STOPPING;
	start_probe_bw(conn, ATCP_BBR_DOWN);
}

/* BBRStartProbeBW_REFILL() */
static void start_refill(struct atcp_conn *conn)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	atcp_bbr_forget_short_term(bbr);
	bbr->probe_up_rounds = 0;
	bbr->probe_up_acked = 0;
	bbr->ack_phase = ATCP_BBR_ACKS_REFILLING;
	start_probe_bw(conn, ATCP_BBR_REFILL);
}

/* BBRStartProbeBW_UP() */
static void start_up(struct atcp_conn *conn,
		     const struct atcp_rate_sample *sample)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	bbr->is_probe_sample = true;
	bbr->ack_phase = ATCP_BBR_ACKS_STARTING;
	atcp_bbr_reset_full_bw(bbr);
	bbr->full_bw_Bps = sample->rate_Bps;
	bbr->cycle_at_ns = sample->now_ns;
	start_probe_bw(conn, ATCP_BBR_UP);
	atcp_bbr_raise_slope(conn);
}

/* BBRIsTimeToProbeBW(): after 2 to 3 s, or when Reno would have grown as much. */
static bool is_time_to_probe(const struct atcp_conn *conn, u64 now_ns)
{
	const struct atcp_bbr *bbr = &conn->cc.bbr;
	u32 rounds = min_t(u32, atcp_bbr_target(conn) / conn->snd.mss,
			   PROBE_ROUNDS_MAX);

	return now_ns - bbr->cycle_at_ns > bbr->probe_wait_ns ||
	       bbr->rounds_since_probe >= max_t(u32, rounds, 1);
}

/* BBRIsTimeToCruise(): the queue has gone, and there is room for others. */
static bool is_time_to_cruise(const struct atcp_conn *conn)
{
	u32 pipe = atcp_loss_pipe(conn);

	return pipe <= atcp_bbr_headroom(conn) &&
	       pipe <= atcp_bbr_bdp(conn,
				    atcp_bbr_max_bw_Bps(&conn->cc.bbr), 100);
}

/* BBRIsTimeToGoDown(): no more bandwidth is found, or no more may be under way. */
static bool is_time_to_go_down(struct atcp_conn *conn,
			       const struct atcp_rate_sample *sample)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	if (conn->flags & ATCP_CONN_CWND_LIMITED &&
	    conn->snd.cwnd >= bbr->inflight_long) {
		atcp_bbr_reset_full_bw(bbr);
		bbr->full_bw_Bps = sample->rate_Bps;
		return false;
	}
	return bbr->is_full_now;
}

/* BBRUpdateProbeBWCyclePhase() */
static void update_cycle(struct atcp_conn *conn,
			 const struct atcp_rate_sample *sample)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	if (!bbr->is_full_reached)
		return;
	atcp_bbr_adapt_long_term(conn, sample);
	switch ((enum atcp_bbr_state)bbr->state) {
	case ATCP_BBR_DOWN:
		if (is_time_to_probe(conn, sample->now_ns))
			start_refill(conn);
		else if (is_time_to_cruise(conn))
			bbr->state = ATCP_BBR_CRUISE;
		return;
	case ATCP_BBR_CRUISE:
		if (is_time_to_probe(conn, sample->now_ns))
			start_refill(conn);
		return;
	case ATCP_BBR_REFILL:
		if (bbr->is_round_start)
			start_up(conn, sample);
		return;
	case ATCP_BBR_UP:
		if (is_time_to_go_down(conn, sample))
			atcp_bbr_start_down(conn, sample->now_ns);
		return;
	case ATCP_BBR_STARTUP:
	case ATCP_BBR_DRAIN:
	case ATCP_BBR_PROBE_RTT:
		return;
	}
}

/* BBRCheckStartupDone() and BBRCheckDrainDone() */
static void leave_startup(struct atcp_conn *conn,
			  const struct atcp_rate_sample *sample)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	check_startup_loss(conn, sample);
	if (bbr->state == ATCP_BBR_STARTUP && bbr->is_full_reached)
		bbr->state = ATCP_BBR_DRAIN;
	if (bbr->state == ATCP_BBR_DRAIN &&
	    atcp_loss_pipe(conn) <=
	    atcp_bbr_bdp(conn, atcp_bbr_max_bw_Bps(bbr), 100))
		atcp_bbr_start_down(conn, sample->now_ns);
}

static bool is_short(const struct atcp_bbr *bbr, u64 rtt_ns)
{
	u64 least_ns = bbr->probe_rtt_ns;

	return rtt_ns && (least_ns == ATCP_NEVER ||
			  rtt_ns <= least_ns + least_ns / 128);
}

/* BBRUpdateMinRTT(). Return: true if it is time to look for the least RTT again. */
static bool update_min_rtt(struct atcp_bbr *bbr,
			   const struct atcp_rate_sample *sample)
{
	u64 now_ns = sample->now_ns;
	bool is_old = bbr->probe_rtt_ns != ATCP_NEVER &&
		now_ns - bbr->probe_rtt_at_ns > PROBE_RTT_INTERVAL_NS;
	bool is_expired = bbr->min_rtt_ns != ATCP_NEVER &&
		now_ns - bbr->min_rtt_at_ns > MIN_RTT_NS;

	/* What is as short as the least, but for what hosts add, is as good */
	if (is_short(bbr, sample->rtt_ns)) {
		bbr->probe_rtt_ns = min(bbr->probe_rtt_ns, sample->rtt_ns);
		bbr->probe_rtt_at_ns = now_ns;
	} else if (sample->rtt_ns && is_old) {
		bbr->probe_rtt_ns = sample->rtt_ns;
		bbr->probe_rtt_at_ns = now_ns;
	}
	if (bbr->probe_rtt_ns < bbr->min_rtt_ns || is_expired) {
		bbr->min_rtt_ns = bbr->probe_rtt_ns;
		bbr->min_rtt_at_ns = bbr->probe_rtt_at_ns;
	}
	return is_old;
}

static u32 probe_rtt_cwnd(const struct atcp_conn *conn)
{
	return max(atcp_bbr_bdp(conn, conn->cc.bbr.bw_Bps,
				cwnd_gain_pct[ATCP_BBR_PROBE_RTT]),
		   atcp_bbr_min_pipe(conn));
}

/* BBRExitProbeRTT() */
static void exit_probe_rtt(struct atcp_conn *conn, u64 now_ns)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	bbr->probe_rtt_at_ns = now_ns;
	restore_cwnd(conn);
	atcp_bbr_forget_short_term(bbr);
	bbr->state = ATCP_BBR_STARTUP;
	if (!bbr->is_full_reached)
		return;
	atcp_bbr_start_down(conn, now_ns);
	bbr->state = ATCP_BBR_CRUISE;
}

/* BBRHandleProbeRTT(): 200 ms and a round trip with next to nothing under way. */
static void handle_probe_rtt(struct atcp_conn *conn, u64 now_ns)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	atcp_rate_app_limited(conn);
	if (!bbr->probe_rtt_done_ns) {
		if (atcp_loss_pipe(conn) > probe_rtt_cwnd(conn))
			return;
		bbr->probe_rtt_done_ns = now_ns + PROBE_RTT_NS;
		bbr->is_probe_rtt_round_done = false;
		atcp_bbr_start_round(conn);
		return;
	}
	bbr->is_probe_rtt_round_done |= bbr->is_round_start;
	if (bbr->is_probe_rtt_round_done && now_ns > bbr->probe_rtt_done_ns)
		exit_probe_rtt(conn, now_ns);
}

/* BBRCheckProbeRTT() */
static void check_probe_rtt(struct atcp_conn *conn,
			    const struct atcp_rate_sample *sample, bool is_due)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	if (bbr->state != ATCP_BBR_PROBE_RTT && is_due &&
	    !bbr->is_idle_restart) {
		save_cwnd(conn);
		bbr->state = ATCP_BBR_PROBE_RTT;
		bbr->probe_rtt_done_ns = 0;
		bbr->ack_phase = ATCP_BBR_ACKS_STOPPING;
		atcp_bbr_start_round(conn);
	}
	if (bbr->state == ATCP_BBR_PROBE_RTT)
		handle_probe_rtt(conn, sample->now_ns);
	if (sample->acked)
		bbr->is_idle_restart = false;
}

/* BBRUpdateMaxInflight(), with BBRQuantizationBudget() */
static u32 max_inflight(const struct atcp_conn *conn)
{
	const struct atcp_bbr *bbr = &conn->cc.bbr;
	u32 bytes = atcp_bbr_bdp(conn, bbr->bw_Bps, cwnd_gain_pct[bbr->state]);

	bytes += atcp_bbr_extra_acked(bbr);
	bytes = max(bytes, 3 * min_t(u32, atcp_pacing_burst(conn),
				     ATCP_BURST_MAX));
	bytes = max(bytes, atcp_bbr_min_pipe(conn));
	if (bbr->state == ATCP_BBR_UP)
		bytes += 2 * conn->snd.mss;
	return min_t(u32, bytes, ATCP_CWND_MAX);
}

/* BBRBoundCwndForModel() and BBRBoundCwndForProbeRTT() */
static u32 most_cwnd(const struct atcp_conn *conn)
{
	const struct atcp_bbr *bbr = &conn->cc.bbr;
	u32 most = U32_MAX;

	switch ((enum atcp_bbr_state)bbr->state) {
	case ATCP_BBR_DOWN:
	case ATCP_BBR_REFILL:
	case ATCP_BBR_UP:
		most = bbr->inflight_long;
		break;
	case ATCP_BBR_PROBE_RTT:
		most = min(atcp_bbr_headroom(conn), probe_rtt_cwnd(conn));
		break;
	case ATCP_BBR_CRUISE:
		most = atcp_bbr_headroom(conn);
		break;
	case ATCP_BBR_STARTUP:
	case ATCP_BBR_DRAIN:
		break;
	}
	most = min(most, bbr->inflight_short);
	return max(most, atcp_bbr_min_pipe(conn));
}

/* BBRSetCwnd() */
static void set_cwnd(struct atcp_conn *conn,
		     const struct atcp_rate_sample *sample)
{
	struct atcp_snd *snd = &conn->snd;
	u32 most = max_inflight(conn);
	u32 cwnd = min_t(u32, snd->cwnd, ATCP_CWND_MAX) + sample->acked;

	if (conn->cc.bbr.is_full_reached)
		snd->cwnd = min(cwnd, most);
	else if (snd->cwnd < most ||
		 conn->rate.delivered < conn->config.initial_cwnd * snd->mss)
		snd->cwnd = cwnd;
	snd->cwnd = clamp_t(u32, snd->cwnd, atcp_bbr_min_pipe(conn),
			    most_cwnd(conn));
}

/* BBRUpdateOnACK() */
static void sample(struct atcp_conn *conn, const struct atcp_rate_sample *sample)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);
	bool is_probe_rtt_due;

	if (!sample->acked && !sample->newly_lost)
		return;
	atcp_bbr_update_model(conn, sample);
	check_full_bw(bbr, sample);
	leave_startup(conn, sample);
	update_cycle(conn, sample);
	is_probe_rtt_due = update_min_rtt(bbr, sample);
	check_probe_rtt(conn, sample, is_probe_rtt_due);
	atcp_bbr_advance_signals(conn, sample);
	if (atcp_bbr_max_bw_Bps(bbr))
		bbr->bw_Bps = min(atcp_bbr_max_bw_Bps(bbr), bbr->bw_short_Bps);
	set_pacing(conn, pacing_gain_pct[bbr->state]);
	set_cwnd(conn, sample);
}

/* BBRHandleRestartFromIdle() */
static void sent(struct atcp_conn *conn, u64 now_ns)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	if (atcp_conn_flight(conn) || !conn->rate.is_app_limited)
		return;
	bbr->is_idle_restart = true;
	bbr->extra_start_ns = now_ns;
	if (atcp_bbr_is_probing_bw_cycle(bbr))
		set_pacing(conn, 100);
	else if (bbr->state == ATCP_BBR_PROBE_RTT && bbr->probe_rtt_done_ns &&
		 now_ns > bbr->probe_rtt_done_ns)
		exit_probe_rtt(conn, now_ns);
}

/* BBRHandleLostPacket() */
static void lost(struct atcp_conn *conn, const struct atcp_burst *burst)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);
	u32 lost_since = conn->rate.lost - burst->lost;

	bbr->has_lost_in_round = true;
	if (bbr->loss_events < U8_MAX)
		bbr->loss_events++;
	if (!bbr->is_probe_sample ||
	    !atcp_bbr_is_too_high(conn, burst->in_flight, lost_since))
		return;
	atcp_bbr_take_too_high(conn,
			       atcp_bbr_in_flight_at_loss(conn, burst,
							  lost_since),
			       burst->flags & ATCP_BURST_APP_LIMITED,
			       conn->rate.delivered_ns);
}

/* A recovery begins: cwnd is kept, and what may be given back is. */
static u32 ssthresh(struct atcp_conn *conn,
		    enum atcp_cc_event __always_unused event)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	save_cwnd(conn);
	bbr->undo_bw_short_Bps = bbr->bw_short_Bps;
	bbr->undo_inflight_short = bbr->inflight_short;
	bbr->undo_inflight_long = bbr->inflight_long;
	return conn->snd.ssthresh;
}

/* BBRHandleSpuriousLossDetection() */
static void undo(struct atcp_conn *conn)
{
	struct atcp_bbr *bbr = atcp_bbr(conn);

	bbr->has_lost_in_round = false;
	atcp_bbr_reset_full_bw(bbr);
	bbr->bw_short_Bps = max(bbr->bw_short_Bps, bbr->undo_bw_short_Bps);
	bbr->inflight_short = max(bbr->inflight_short,
				  bbr->undo_inflight_short);
	bbr->inflight_long = max(bbr->inflight_long, bbr->undo_inflight_long);
}

static void acked(struct atcp_conn *conn __always_unused,
		  const struct atcp_cc_ack *ack __always_unused)
{
}

/* BBROnEnterRTO(): all is deemed lost; what is not may still be under way. */
static void restart(struct atcp_conn *conn)
{
	conn->snd.cwnd = atcp_loss_pipe(conn) + conn->snd.mss;
}

/**
 * atcp_bbr_pacing_gain_pct() - How fast it sends.
 * @bbr: Of a connection.
 *
 * Return: percent of its bandwidth.
 */
u32 atcp_bbr_pacing_gain_pct(const struct atcp_bbr *bbr)
{
	return pacing_gain_pct[bbr->state];
}

/**
 * atcp_bbr_cwnd_gain_pct() - How much may be under way.
 * @bbr: Of a connection.
 *
 * Return: percent of what the path holds.
 */
u32 atcp_bbr_cwnd_gain_pct(const struct atcp_bbr *bbr)
{
	return cwnd_gain_pct[bbr->state];
}

const struct atcp_cc_ops atcp_bbr_ops = {
	.name = "bbr",
	.init = init,
	.ssthresh = ssthresh,
	.acked = acked,
	.restart = restart,
	.undo = undo,
	.sample = sample,
	.sent = sent,
	.lost = lost,
	.recovered = restore_cwnd,
};
