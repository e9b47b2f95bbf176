// SPDX-License-Identifier: GPL-2.0
/*
 * Congestion window validation (RFC 7661): a window of which less than half is used says
 * little about the path. It stays as it is for a while, so that a user who pauses goes on
 * where he was, but does not grow; if there is a loss, what was used counts.
 *
 * pipeACK, bytes acknowledged in a round trip, is what a delivery rate sample has: so
 * much has been delivered since the newest data that is acknowledged was sent.
 */
#include "core/internal.h"

/*
 * Section 4.2: pipeACK is the most within 3 round trips or a second, if that is longer.
 * It is kept as two halves: what is forgotten is between half of that and all of it old.
 */
#define PERIOD_ROUNDS 3
#define PERIOD_LEAST_NS ATCP_NSEC_PER_SEC

/* Section 4.4.3: the nonvalidated period, after which half of the window goes. */
#define NVP_NS (300 * ATCP_NSEC_PER_SEC)

static u64 half_period_ns(const struct atcp_conn *conn)
{
	return max_t(u64, PERIOD_ROUNDS * conn->rtt.srtt_ns,
		     PERIOD_LEAST_NS) / 2;
}

/* The older half is forgotten, or both, if nothing was acknowledged for long. */
static void turn(struct atcp_cwv *cwv, u64 half_ns, u64 now_ns)
{
	u64 age_ns = now_ns - cwv->half_ns;

	if (age_ns < half_ns)
		return;
	cwv->most[1] = age_ns < 2 * half_ns ? cwv->most[0] : 0;
	cwv->most[0] = 0;
	cwv->half_ns = now_ns;
}

/*
 * Section 4.3: half of cwnd has been used in a round trip of late. Up to a segment of each
 * window does not fit into it. What has been acknowledged was sent when the round began:
 * slow start has doubled cwnd since, or more than that if acknowledgments come in clumps.
 */
static bool is_half_used(const struct atcp_conn *conn)
{
	u32 cwnd = min(conn->cc.cwv.round_cwnd, conn->snd.cwnd);

	return atcp_cwv_pipe_ack(conn) + conn->snd.mss >= cwnd / 2;
}

/*
 * Section 4.2: one measurement per round trip, and pipeACK is undefined until there is a
 * first one. Judged at the end of a round: the first segments of a flight were sent when
 * little had been.
 */
static void run_round(const struct atcp_conn *conn, struct atcp_cwv *cwv)
{
	u32 pipe = atcp_loss_pipe(conn);
	bool has_ended = cwv->has_round &&
			 !atcp_before(conn->rate.delivered, cwv->round_end);

	if (cwv->has_round && !has_ended)
		return;
	if (has_ended)
		cwv->is_unused = !is_half_used(conn);
	/* With nothing under way the next round begins with its first answer. */
	cwv->has_round = !has_ended || pipe;
	cwv->round_end = conn->rate.delivered + pipe;
	cwv->round_cwnd = conn->snd.cwnd;
}

/*
 * Section 4.4.3: five minutes without validation. What the path held is remembered by
 * ssthresh: slow start leads back there.
 */
static void expire(struct atcp_conn *conn, struct atcp_cwv *cwv, u64 now_ns)
{
	struct atcp_snd *snd = &conn->snd;
	u32 initial = snd->mss * conn->config.initial_cwnd;

	if (!cwv->is_unused) {
		cwv->since_ns = now_ns;
		return;
	}
	if (now_ns - cwv->since_ns < NVP_NS)
		return;
	cwv->since_ns = now_ns;
	if (snd->cwnd <= initial)
		return;
	/* RFC 9406 section 4.3: a first slow start has found no threshold yet. */
	if (snd->ssthresh != U32_MAX)
		snd->ssthresh = max(snd->ssthresh, snd->cwnd / 4 * 3);
	snd->cwnd = max(snd->cwnd / 2, initial);
}

/**
 * atcp_cwv_pipe_ack() - pipeACK.
 * @conn: Connection.
 *
 * Return: bytes, as many as are known so far.
 */
u32 atcp_cwv_pipe_ack(const struct atcp_conn *conn)
{
	return max(conn->cc.cwv.most[0], conn->cc.cwv.most[1]);
}

/**
 * atcp_cwv_is_valid() - Is cwnd validated?
 * @conn: Connection.
 *
 * Section 4.3: until a whole round trip has shown that less than half of it was used.
 *
 * Return: true if so, or if pipeACK is undefined.
 */
bool atcp_cwv_is_valid(const struct atcp_conn *conn)
{
	return !conn->cc.cwv.is_unused;
}

/**
 * atcp_cwv_forget() - pipeACK is undefined: cwnd is a new one.
 * @conn: Connection.
 */
void atcp_cwv_forget(struct atcp_conn *conn)
{
	memset(&conn->cc.cwv, 0, sizeof(conn->cc.cwv));
}

/**
 * atcp_cwv_sample() - An acknowledgment has been taken in.
 * @conn: Connection, whose algorithm does not own cwnd.
 * @sample: What it says of the delivery rate.
 *
 * Section 4.2: what is delivered in a recovery is none of the measurements.
 */
void atcp_cwv_sample(struct atcp_conn *conn,
		     const struct atcp_rate_sample *sample)
{
	struct atcp_cwv *cwv = &conn->cc.cwv;

	if (!sample->acked || conn->snd.recovery != ATCP_REC_OPEN)
		return;
	turn(cwv, half_period_ns(conn), sample->now_ns);
	cwv->most[0] = max(cwv->most[0], sample->delivered);
	run_round(conn, cwv);
	expire(conn, cwv, sample->now_ns);
}
