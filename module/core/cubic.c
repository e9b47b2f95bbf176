// SPDX-License-Identifier: GPL-2.0
/*
 * CUBIC (RFC 9438): after a congestion event the window grows along a cubic
 * function of time back to where it was, stays near it for a while, and then
 * looks for more. How long the round trip is matters little.
 *
 * Windows are bytes where the RFC has segments: its C counts segments per second
 * cubed. C is 0.4, beta 0.7.
 */
#include "core/internal.h"

/* RFC 9438 section 4.6: what remains of the window, tenths. */
#define BETA_TENTHS 7

/* Section 4.7: (1 + beta) / 2, in twentieths. */
#define CONVERGENCE_TWENTIETHS 17

/*
 * Section 4.3: alpha = 3 (1 - beta) / (1 + beta) = 0.9 / 1.7, in seventeenths, and
 * what it is once W_est has reached the former cwnd.
 */
#define ALPHA_ONE 17
#define ALPHA_CUBIC 9

/* ms cubed per segment: 1 / C, and 1000^3 for the seconds. */
#define MS3_PER_SEGMENT 2500000000ULL

/*
 * So far from K even segments of 48 bytes are more than any window, and the cube
 * still fits: 2e6^3 = 8e18; 8e18 / 2.5e9 * 48 = 1.5e11.
 */
#define MS_MAX 2000000U

/**
 * atcp_cubic_root() - Cube root.
 * @x: Any number.
 *
 * Return: the root, rounded down.
 */
u32 atcp_cubic_root(u64 x)
{
	u64 root = 0;
	int bit;

	/* 2^22 cubed is more than there is. Divided, as a cube may not fit. */
	for (bit = 21; bit >= 0; bit--) {
		u64 more = root | BIT_ULL(bit);

		if (more <= div64_u64(x, more * more))
			root = more;
	}
	return (u32)root;
}

/* C t^3 in bytes, for a time of @ms. */
static u64 cube(u32 ms, u32 mss)
{
	u64 ms3 = (u64)ms * ms * ms;
	u64 segments = div64_u64(ms3, MS3_PER_SEGMENT);
	u64 rest = ms3 - segments * MS3_PER_SEGMENT;

	return segments * mss + div64_u64(rest * mss, MS3_PER_SEGMENT);
}

/**
 * atcp_cubic_window() - W_cubic(t), RFC 9438 section 4.2 figure 1.
 * @curve: Congestion-avoidance stage.
 * @mss: Bytes of a segment.
 * @t_ns: Time since the stage began.
 *
 * Return: bytes, at most ATCP_CWND_MAX.
 */
u32 atcp_cubic_window(const struct atcp_cubic_curve *curve, u32 mss, u64 t_ns)
{
	u64 t_ms = div_u64(t_ns, ATCP_NSEC_PER_MSEC);
	bool is_before = t_ms < curve->k_ms;
	u64 off_ms = is_before ? curve->k_ms - t_ms : t_ms - curve->k_ms;
	u64 off = cube((u32)min_t(u64, off_ms, MS_MAX), mss);

	if (is_before)
		return curve->w_max > off ? (u32)(curve->w_max - off) : 0;
	return (u32)min_t(u64, curve->w_max + off, ATCP_CWND_MAX);
}

/* No congestion event, no stage: all 0. */
static void init(struct atcp_conn *conn)
{
	atcp_hystart_init(&conn->cc.cubic.hystart);
}

/* Section 4.10: HyStart++ while ssthresh has never been set (RFC 9406 section 4.3). */
static bool slow_start(struct atcp_conn *conn, const struct atcp_cc_ack *ack,
		       u32 bytes)
{
	if (conn->snd.ssthresh != U32_MAX)
		return atcp_cc_slow_start(conn, bytes);
	atcp_hystart_acked(conn, &conn->cc.cubic.hystart, ack, bytes);
	return true;
}

/*
 * A congestion-avoidance stage begins. Sections 4.8 and 4.10: with K = 0 from where
 * the window is if the curve has no other end: after a time-out, or if there has
 * been no congestion event. So it is, too, if slow start has gone past W_max.
 */
static void begin_stage(struct atcp_conn *conn, u64 now_ns)
{
	struct atcp_cubic *cubic = &conn->cc.cubic;
	struct atcp_cubic_curve *curve = &cubic->curve;
	u32 cwnd = conn->snd.cwnd;

	if (curve->is_after_timeout || curve->w_max <= cwnd)
		curve->w_max = cwnd;
	/* Figure 2: the cube root of (W_max - cwnd_epoch) / C */
	curve->k_ms = atcp_cubic_root(div_u64((curve->w_max - cwnd) *
					      MS3_PER_SEGMENT,
					      conn->snd.mss));
	if (!curve->cwnd_prior)
		curve->cwnd_prior = cwnd;
	curve->is_after_timeout = false;
	curve->epoch_ns = now_ns;
	curve->w_est = cwnd;
	curve->est_acked = 0;
	cubic->growth_rest = 0;
	cubic->seen_ns = now_ns;
}

/*
 * The stage has run up to now. Section 4.2: t MUST NOT include times in which cwnd
 * was not updated since there was too little to send: then the beginning moves on.
 */
static void run_clock(struct atcp_cubic *cubic, u64 now_ns, bool is_running)
{
	if (!is_running)
		cubic->curve.epoch_ns += now_ns - cubic->seen_ns;
	cubic->seen_ns = now_ns;
}

/*
 * Section 4.3: the window that Reno would have, figure 4. As Reno grows by a
 * segment when a window has been acknowledged, it grows by one when a window
 * divided by alpha has.
 */
static void estimate_reno(struct atcp_conn *conn, u32 bytes)
{
	struct atcp_cubic_curve *curve = &conn->cc.cubic.curve;
	u64 window = (u64)conn->snd.cwnd * ALPHA_ONE;
	u64 segments;

	curve->est_acked += (u64)bytes * (curve->w_est >= curve->cwnd_prior ?
					  ALPHA_ONE : ALPHA_CUBIC);
	segments = div64_u64(curve->est_acked, window);
	curve->est_acked -= segments * window;
	curve->w_est = (u32)min_t(u64, curve->w_est + segments * conn->snd.mss,
				  ATCP_CWND_MAX);
}

/*
 * Sections 4.4 and 4.5: by (target - cwnd) / cwnd for each segment, so that a
 * round trip leads to where the curve will be then; by half of cwnd at most.
 */
static void follow_curve(struct atcp_conn *conn, u32 bytes, u64 t_ns)
{
	struct atcp_cubic *cubic = &conn->cc.cubic;
	u32 cwnd = conn->snd.cwnd;
	u32 then = atcp_cubic_window(&cubic->curve, conn->snd.mss,
				     t_ns + conn->rtt.srtt_ns);
	u32 target = clamp_t(u32, then, cwnd, cwnd + cwnd / 2);
	u64 growth = (u64)(target - cwnd) * bytes + cubic->growth_rest;
	u64 whole = div_u64(growth, cwnd);

	cubic->growth_rest = (u32)(growth - whole * cwnd);
	atcp_cc_grow(conn, (u32)min_t(u64, whole, target - cwnd));
}

static void avoidance(struct atcp_conn *conn, u32 bytes, u64 t_ns)
{
	struct atcp_cubic_curve *curve = &conn->cc.cubic.curve;
	u32 mss = conn->snd.mss;

	estimate_reno(conn, bytes);
	if (atcp_cubic_window(curve, mss, t_ns) >= curve->w_est)
		follow_curve(conn, bytes, t_ns);
	else if (conn->snd.cwnd < curve->w_est)
		conn->snd.cwnd = curve->w_est;
}

static void acked(struct atcp_conn *conn, const struct atcp_cc_ack *ack)
{
	struct atcp_cubic *cubic = &conn->cc.cubic;
	u32 bytes = atcp_cc_credit(conn, ack);

	if (slow_start(conn, ack, bytes))
		return;
	if (!cubic->curve.epoch_ns)
		begin_stage(conn, ack->now_ns);
	run_clock(cubic, ack->now_ns, bytes);
	if (bytes)
		avoidance(conn, bytes, ack->now_ns - cubic->curve.epoch_ns);
}

/* Sections 4.6 to 4.8. */
static u32 ssthresh(struct atcp_conn *conn, enum atcp_cc_event event)
{
	struct atcp_cubic *cubic = &conn->cc.cubic;
	struct atcp_cubic_curve *curve = &cubic->curve;
	u32 cwnd = conn->snd.cwnd;
	u64 left = (u64)atcp_cc_flight(conn) * BETA_TENTHS;

	cubic->undo = *curve;
	/* Fast convergence: less than the last time, so leave room for others. */
	if (cwnd < curve->w_max)
		curve->w_max = (u32)div_u64((u64)cwnd * CONVERGENCE_TWENTIETHS,
					    20);
	else
		curve->w_max = cwnd;
	curve->cwnd_prior = cwnd;
	curve->epoch_ns = 0;
	curve->is_after_timeout = event == ATCP_CC_TIMEOUT;
	return max_t(u32, (u32)div_u64(left, 10), 2 * conn->snd.mss);
}

/* Where the curve leads is not forgotten; it goes on after slow start. */
static void restart(struct atcp_conn *conn)
{
	conn->cc.cubic.curve.epoch_ns = 0;
	atcp_hystart_init(&conn->cc.cubic.hystart);
}

/* While nothing was sent the stage has not run. */
static void idle(struct atcp_conn *conn, u64 now_ns)
{
	if (conn->cc.cubic.curve.epoch_ns)
		run_clock(&conn->cc.cubic, now_ns, false);
}

/* Section 4.9.2; cwnd and ssthresh are back already. */
static void undo(struct atcp_conn *conn)
{
	conn->cc.cubic.curve = conn->cc.cubic.undo;
	atcp_hystart_init(&conn->cc.cubic.hystart);
}

const struct atcp_cc_ops atcp_cubic = {
	.name = "cubic",
	.init = init,
	.ssthresh = ssthresh,
	.acked = acked,
	.restart = restart,
	.idle = idle,
	.undo = undo,
};
