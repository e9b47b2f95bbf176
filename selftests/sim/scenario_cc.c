// SPDX-License-Identifier: GPL-2.0
/*
 * Congestion control: what the windows of RFC 5681 and RFC 9438 come to on a path.
 * A segment is 1,448 bytes. Where numbers are expected, the RFC's formulas are
 * worked out beside them; C is 0.4, beta 0.7, alpha 9/17.
 */
#include "script.h"

#define SEG 1448

/* More than any of these runs sends. */
#define PLENTY BIT_ULL(32)

static u32 cwnd(const struct sim_host *host)
{
	return host->sock->conn.snd.cwnd;
}

/* SND.UNA; the SYN is 0. */
static u32 una(const struct sim_host *host)
{
	return host->sock->conn.snd.una - host->sock->conn.snd.iss;
}

static bool is_open(const struct sim_host *host)
{
	return host->sock->conn.snd.recovery == ATCP_REC_OPEN;
}

/* Is CUBIC in a congestion-avoidance stage? */
static bool is_in_stage(const struct sim_host *host)
{
	return is_open(host) && host->sock->conn.cc.cubic.curve.epoch_ns;
}

/* The cube root of @segments / 0.4 in ms: K, RFC 9438 figure 2. */
static u64 k_ms(u64 bytes)
{
	u64 ms = 0;

	while ((ms + 1) * (ms + 1) * (ms + 1) <= bytes * 2500000000ULL / SEG)
		ms++;
	return ms;
}

/* A sends without end, @rtt_ns around; slow start ends at @ssthresh segments. */
static void send_for_ever(struct sim *sim, u64 rtt_ns, u32 ssthresh)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_delay(sim, rtt_ns / 2);
	a->tune.sndbuf = 4 << 20;
	b->tune.rcvbuf = 4 << 20;
	sim_establish(a, b);
	a->sock->conn.snd.ssthresh = ssthresh * SEG;
	sim_write(a, PLENTY);
}

/*
 * One segment is lost and comes back, and avoidance begins.
 *
 * Return: cwnd before the loss, bytes.
 */
static u32 lose_one(struct sim *sim)
{
	struct sim_host *a = sim_host(sim, "A");
	u64 before = sim_mib(a, ATCP_MIB_FAST_RETRANS);
	u32 was;

	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = SEG });
	SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_FAST_RETRANS) == before + 1,
		      2 * SIM_SEC);
	was = a->sock->conn.cc.undo_cwnd;
	SIM_EXPECT_NEAR(a->sock->conn.snd.ssthresh, was * 7 / 10, SEG);
	SIM_RUN_UNTIL(sim, is_in_stage(a), 2 * SIM_SEC);
	return was;
}

/*
 * RFC 9438 figure 1: from W0 after the loss to W_max at K, and as far beyond at 2 K.
 * As W0 = W_max - C K^3, what is missing at K / 2 is an eighth, and so on.
 */
SIM_SCENARIO(cc_cubic_returns_along_the_curve)
{
	struct sim_host *a = sim_host(sim, "A");
	u32 w_max, gap;
	u64 k;

	send_for_ever(sim, 200 * SIM_MSEC, 100);
	SIM_RUN_UNTIL(sim, is_in_stage(a), 10 * SIM_SEC);
	w_max = lose_one(sim);
	gap = w_max - cwnd(a);
	k = k_ms(gap) * SIM_MSEC;
	SIM_EXPECT_NEAR(gap, w_max * 3 / 10, 2 * SEG);

	sim_run(sim, k / 2);
	SIM_EXPECT_NEAR(cwnd(a), w_max - gap / 8, 2 * SEG);
	sim_run(sim, k / 2);
	SIM_EXPECT_NEAR(cwnd(a), w_max, SEG);
	sim_run(sim, k / 2);
	SIM_EXPECT_NEAR(cwnd(a), w_max + gap / 8, 2 * SEG);
	sim_run(sim, k / 2);
	SIM_EXPECT_NEAR(cwnd(a), w_max + gap, 3 * SEG);
}

/*
 * RFC 9438 section 4.7: a loss before W_max is reached again: someone else is
 * there, and the curve levels off at 0.85 of the window.
 */
SIM_SCENARIO(cc_cubic_makes_room)
{
	struct sim_host *a = sim_host(sim, "A");
	u32 first, second, w_max;

	send_for_ever(sim, 200 * SIM_MSEC, 100);
	SIM_RUN_UNTIL(sim, is_in_stage(a), 10 * SIM_SEC);
	first = lose_one(sim);
	sim_run(sim, SIM_SEC);
	second = lose_one(sim);
	SIM_EXPECT(second < first);
	w_max = second * 17 / 20;
	sim_run(sim, k_ms(w_max - cwnd(a)) * SIM_MSEC);
	SIM_EXPECT_NEAR(cwnd(a), w_max, SEG);
}

/*
 * RFC 9438 section 4.3: where the round trip is short the curve is slow (K is 2.5
 * s here), and CUBIC grows like Reno: 0.53 segments per round trip up to the former
 * window, which takes 6 / 0.53 = 11.3 of them, then 1.
 */
SIM_SCENARIO(cc_cubic_is_friendly_to_reno)
{
	struct sim_host *a = sim_host(sim, "A");
	u32 was, now;

	send_for_ever(sim, 2 * SIM_MSEC, 20);
	SIM_RUN_UNTIL(sim, is_in_stage(a), SIM_SEC);
	was = lose_one(sim);
	now = cwnd(a);
	sim_run(sim, 10 * 2 * SIM_MSEC);
	SIM_EXPECT_NEAR(cwnd(a), now + 53 * SEG / 10, SEG);
	SIM_RUN_UNTIL(sim, cwnd(a) >= was, SIM_SEC);
	now = cwnd(a);
	sim_run(sim, 10 * 2 * SIM_MSEC);
	SIM_EXPECT_NEAR(cwnd(a), now + 10 * SEG, SEG);
}

/*
 * RFC 9438 section 4.2: while the user has little to send, time does not pass on
 * the curve. 10 s later it would be at 100 + 0.4 * 7^3 = 237.
 */
SIM_SCENARIO(cc_cubic_waits_for_the_user)
{
	struct sim_host *a = sim_host(sim, "A");
	u32 was, i;

	send_for_ever(sim, 200 * SIM_MSEC, 100);
	SIM_RUN_UNTIL(sim, is_in_stage(a), 10 * SIM_SEC);
	lose_one(sim);
	sim_run(sim, SIM_SEC);
	a->sock->app.to_write = 0;
	SIM_RUN_UNTIL(sim, !atcp_conn_unsent(&a->sock->conn), 60 * SIM_SEC);
	sim_run(sim, 150 * SIM_MSEC);
	was = cwnd(a);
	for (i = 0; i < 100; i++) {
		sim_write(a, SEG);
		sim_run(sim, 100 * SIM_MSEC);
	}
	SIM_EXPECT_EQ(cwnd(a), was);
	sim_write(a, PLENTY);
	sim_run(sim, 410 * SIM_MSEC);
	SIM_EXPECT_NEAR(cwnd(a), was, 6 * SEG);
}

/* The same for a user who writes nothing at all, for less than a time-out. */
SIM_SCENARIO(cc_cubic_waits_in_silence)
{
	struct sim_host *a = sim_host(sim, "A");
	u64 epoch;

	send_for_ever(sim, 20 * SIM_MSEC, 100);
	SIM_RUN_UNTIL(sim, is_in_stage(a), 10 * SIM_SEC);
	lose_one(sim);
	a->sock->app.to_write = 0;
	SIM_RUN_UNTIL(sim, sim_snd_una(a) == sim_snd_nxt(a), 60 * SIM_SEC);
	epoch = a->sock->conn.cc.cubic.curve.epoch_ns;
	sim_run(sim, 150 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_IDLE_RESTARTS), 0);
	sim_write(a, SEG);
	SIM_EXPECT_EQ(a->sock->conn.cc.cubic.curve.epoch_ns - epoch,
		      150 * SIM_MSEC);
}

/*
 * RFC 9438 section 4.8: after a time-out the curve begins where slow start ends:
 * two seconds on, at 70 + 0.4 * 2^3 = 73; or, as Reno, at 70 + 0.53 * 10 = 75. On
 * the way back to 100 it would be at 100 - 0.4 * 2.2^3 = 96.
 */
SIM_SCENARIO(cc_cubic_after_timeout)
{
	struct sim_host *a = sim_host(sim, "A");
	u32 ssthresh;

	a->config.use &= (u8)~ATCP_HAS_TS; /* what had arrived would undo it */
	send_for_ever(sim, 200 * SIM_MSEC, 100);
	SIM_RUN_UNTIL(sim, is_in_stage(a), 10 * SIM_SEC);
	sim_cut(sim, true);
	SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_TIMEOUTS) == 1, 2 * SIM_SEC);
	sim_cut(sim, false);
	SIM_EXPECT_EQ(cwnd(a), a->sock->conn.snd.mss);
	ssthresh = a->sock->conn.snd.ssthresh;
	SIM_EXPECT_NEAR(ssthresh, 70 * SEG, 3 * SEG);
	SIM_RUN_UNTIL(sim, is_in_stage(a), 10 * SIM_SEC);
	SIM_EXPECT_NEAR(cwnd(a), ssthresh, 2 * SEG);
	sim_run(sim, 2 * SIM_SEC);
	SIM_EXPECT_NEAR(cwnd(a), 75 * SEG, 4 * SEG);
}

/* RFC 5681: Reno halves the window and then adds a segment per round trip. */
SIM_SCENARIO(cc_reno)
{
	struct sim_host *a = sim_host(sim, "A");
	u32 was;

	a->config.cc = &atcp_reno;
	send_for_ever(sim, 200 * SIM_MSEC, 60);
	SIM_RUN_UNTIL(sim, cwnd(a) >= 60 * SEG, 10 * SIM_SEC);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = SEG });
	SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_FAST_RETRANS) == 1,
		      2 * SIM_SEC);
	was = a->sock->conn.cc.undo_cwnd;
	SIM_EXPECT_NEAR(a->sock->conn.snd.ssthresh, was / 2, SEG);
	SIM_RUN_UNTIL(sim, is_open(a), 2 * SIM_SEC);
	SIM_RUN_UNTIL(sim, cwnd(a) >= was / 2, 2 * SIM_SEC);
	was = cwnd(a);
	sim_run(sim, 10 * 200 * SIM_MSEC);
	SIM_EXPECT_NEAR(cwnd(a), was + 10 * SEG, SEG);
}

/* The algorithm is changed under way: the window stays, its growth is the new one's. */
SIM_SCENARIO(cc_change_under_way)
{
	struct sim_host *a = sim_host(sim, "A");
	u32 was;

	send_for_ever(sim, 200 * SIM_MSEC, 60);
	SIM_RUN_UNTIL(sim, is_in_stage(a), 10 * SIM_SEC);
	was = cwnd(a);
	atcp_cc_use(&a->sock->conn, &atcp_reno);
	SIM_EXPECT_EQ(cwnd(a), was);
	sim_run(sim, 10 * 200 * SIM_MSEC);
	SIM_EXPECT_NEAR(cwnd(a), was + 10 * SEG, 2 * SEG);
	was = cwnd(a);
	atcp_cc_use(&a->sock->conn, &atcp_cubic);
	SIM_EXPECT_EQ(cwnd(a), was);
	/* 0.4 * 4^3 = 25.6 */
	sim_run(sim, 4 * SIM_SEC);
	SIM_EXPECT_NEAR(cwnd(a), was + 256 * SEG / 10, 3 * SEG);
}

/*
 * A slow link with a deep queue, 40 ms around: 50 kB fill the link, 600 kB more
 * the queue, in which they wait for half a second.
 */
static void send_into_deep_queue(struct sim *sim)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim->links[0].weather.rate = 1250000;
	sim->links[0].weather.queue = 600000;
	sim_delay(sim, 20 * SIM_MSEC);
	a->tune.sndbuf = 4 << 20;
	b->tune.rcvbuf = 4 << 20;
	sim_establish(a, b);
	sim_write(a, PLENTY);
}

/* Slow start without HyStart++ fills the queue until it overflows. */
SIM_SCENARIO(cc_slow_start_overflows)
{
	struct sim_host *a = sim_host(sim, "A");

	a->config.cc = &atcp_reno;
	send_into_deep_queue(sim);
	SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_FAST_RETRANS), 3 * SIM_SEC);
	SIM_EXPECT(a->sock->conn.cc.undo_cwnd > 650000);
}

/*
 * RFC 9406: the round trip grows, slow start slows down, and ends with nothing
 * lost. What the link holds is known by the rate, so it slows down soon after. With a
 * quarter in each of five rounds the window would be 1.25^5 = 3.05 times as much; but it
 * grows no more when the round trip is longer by two thirds.
 */
SIM_SCENARIO(cc_hystart_leaves_in_time)
{
	struct sim_host *a = sim_host(sim, "A");
	u32 entry;

	send_into_deep_queue(sim);
	SIM_RUN_UNTIL(sim, a->sock->conn.cc.cubic.hystart.baseline_ns !=
		      ATCP_NEVER, SIM_SEC);
	entry = cwnd(a);
	SIM_EXPECT(entry > 50000 && entry < 200000);
	SIM_RUN_UNTIL(sim, a->sock->conn.snd.ssthresh != U32_MAX, 3 * SIM_SEC);
	SIM_EXPECT_EQ(a->sock->conn.snd.ssthresh, cwnd(a));
	SIM_EXPECT(cwnd(a) > entry && cwnd(a) <= entry * 2);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_FAST_RETRANS), 0);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 0);
	sim_run(sim, SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 0);
}

/* A round trip that was long for one round: slow start doubles the window again. */
SIM_SCENARIO(cc_hystart_was_mistaken)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	const struct atcp_hystart *hystart;
	u32 was;

	a->tune.sndbuf = 4 << 20;
	b->tune.rcvbuf = 4 << 20;
	sim_delay(sim, 50 * SIM_MSEC);
	sim_establish(a, b);
	hystart = &a->sock->conn.cc.cubic.hystart;
	sim_write(a, PLENTY);
	sim_run(sim, 150 * SIM_MSEC);
	SIM_EXPECT_EQ(cwnd(a), 20 * SEG);
	sim->links[0].weather.delay_ns = 70 * SIM_MSEC;
	SIM_RUN_UNTIL(sim, hystart->baseline_ns != ATCP_NEVER, SIM_SEC);
	sim->links[0].weather.delay_ns = 50 * SIM_MSEC;
	SIM_RUN_UNTIL(sim, hystart->baseline_ns == ATCP_NEVER, SIM_SEC);
	was = cwnd(a);
	SIM_EXPECT(was < 150 * SEG);
	sim_run(sim, 205 * SIM_MSEC);
	SIM_EXPECT(cwnd(a) > was * 3);
	SIM_EXPECT_EQ(a->sock->conn.snd.ssthresh, U32_MAX);
}

/* RFC 9406 section 4.3: L: one ACK for ten segments counts for eight. */
SIM_SCENARIO(cc_hystart_limits_a_burst)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_drop(sim, &(struct sim_pick){ .from = b, .is_empty = true,
		 .count = 9 });
	sim_write(a, 60 * SEG);
	SIM_RUN_UNTIL(sim, una(a) == 1 + 10 * SEG, SIM_SEC);
	SIM_EXPECT_EQ(cwnd(a), 18 * SEG);
}

/* RFC 9406 section 4.3: the initial slow start alone: after an event 10 for 10. */
SIM_SCENARIO(cc_hystart_is_for_the_first)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	a->sock->conn.snd.ssthresh = 100 * SEG;
	sim_drop(sim, &(struct sim_pick){ .from = b, .is_empty = true,
		 .count = 9 });
	sim_write(a, 60 * SEG);
	SIM_RUN_UNTIL(sim, una(a) == 1 + 10 * SEG, SIM_SEC);
	SIM_EXPECT_EQ(cwnd(a), 20 * SEG);
}

/*
 * RFC 7661 section 4.4: a window that the user has not filled for a second is his as it
 * is, at once, but grows only when a round trip has shown that the path takes it.
 */
SIM_SCENARIO(cc_unused_window_stays)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 was, from;
	int i;

	sim_delay(sim, 50 * SIM_MSEC);
	a->tune.sndbuf = 4 << 20;
	b->tune.rcvbuf = 4 << 20;
	sim_establish(a, b);
	sim_write(a, 100 * SEG);
	SIM_RUN_UNTIL(sim, una(a) == 1 + 100 * SEG, SIM_SEC);
	was = cwnd(a);
	SIM_EXPECT(was > 40 * SEG);
	for (i = 0; i < 20; i++) {
		sim_write(a, 2 * SEG);
		sim_run(sim, 100 * SIM_MSEC);
	}
	SIM_EXPECT_EQ(cwnd(a), was);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_IDLE_RESTARTS), 0);

	from = una(a);
	sim_write(a, PLENTY);
	sim_run(sim, 95 * SIM_MSEC);
	SIM_EXPECT_NEAR(a->sock->conn.snd.nxt - a->sock->conn.snd.iss - from, was,
			2 * SEG);
	SIM_RUN_UNTIL(sim, una(a) - from >= was / 2, SIM_SEC);
	SIM_EXPECT_EQ(cwnd(a), was);
	sim_run(sim, 300 * SIM_MSEC);
	SIM_EXPECT(cwnd(a) > was * 3 / 2);
}

/* RFC 7661 section 4.4.1: a loss then: what was used counts, not the whole window. */
SIM_SCENARIO(cc_unused_window_goes_at_a_loss)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	int i;

	sim_delay(sim, 50 * SIM_MSEC);
	a->tune.sndbuf = 4 << 20;
	b->tune.rcvbuf = 4 << 20;
	sim_establish(a, b);
	sim_write(a, 100 * SEG);
	SIM_RUN_UNTIL(sim, una(a) == 1 + 100 * SEG, SIM_SEC);
	for (i = 0; i < 20; i++) {
		sim_write(a, 12 * SEG);
		sim_run(sim, 100 * SIM_MSEC);
	}
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = SEG });
	sim_write(a, 5 * SEG);
	SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_FAST_RETRANS) == 1, SIM_SEC);
	SIM_EXPECT_NEAR(a->sock->conn.snd.ssthresh, 12 * SEG * 7 / 10, SEG);
}
