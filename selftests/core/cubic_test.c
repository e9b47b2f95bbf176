// SPDX-License-Identifier: GPL-2.0
/*
 * CUBIC: RFC 9438. Segments are 1,000 bytes, so that a thousand in a table is one
 * in the RFC's formulas. C is 0.4, beta 0.7, alpha 9/17.
 */
#include "core/internal.h"
#include "util.h"

#define MSS 1000

static const struct root_case {
	const char *name;
	u64 x;
	u32 want;
} root_cases[] = {
	{ "0", 0, 0 },
	{ "1", 1, 1 },
	{ "just below 2 cubed", 7, 1 },
	{ "2 cubed", 8, 2 },
	{ "just below 1000 cubed", 999999999, 999 },
	{ "1000 cubed", 1000000000, 1000 },
	{ "just below 2^21 cubed", (1ULL << 63) - 1, 2097151 },
	{ "2^21 cubed", 1ULL << 63, 2097152 },
	/* 2642245^3 = 18446724184312856125, 2642246^3 is more than 2^64 */
	{ "just below the last", 18446724184312856124ULL, 2642244 },
	{ "the last", 18446724184312856125ULL, 2642245 },
	{ "the largest number", U64_MAX, 2642245 },
};

KUNIT_ARRAY_PARAM_DESC(root, root_cases, name);

static void root(struct kunit *test)
{
	const struct root_case *row = test->param_value;

	KUNIT_EXPECT_EQ(test, atcp_cubic_root(row->x), row->want);
}

/*
 * W_cubic(t) = 0.4 (t - K)^3 + W_max. With W_max = 100 and K = 5 s it begins at
 * 100 - 0.4 * 125 = 50.
 */
static const struct window_case {
	const char *name;
	u32 w_max, k_ms, mss;
	u64 t_ns;
	u32 want;
} window_cases[] = {
	{ "t = 0", 100000, 5000, MSS, 0, 50000 },
	/* 0.4 * 2.5^3 = 6.25 */
	{ "halfway to K", 100000, 5000, MSS, 2500 * MS, 93750 },
	{ "a ms is the grain", 100000, 5000, MSS, 2501 * MS - 1, 93750 },
	/* 0.4 * 2.499^3 = 6.2425... */
	{ "and one more", 100000, 5000, MSS, 2501 * MS, 93758 },
	{ "t = K", 100000, 5000, MSS, 5000 * MS, 100000 },
	{ "convex", 100000, 5000, MSS, 7500 * MS, 106250 },
	{ "t = 2 K", 100000, 5000, MSS, 10000 * MS, 150000 },
	{ "K = 0", 70000, 0, MSS, 2000 * MS, 73200 },
	/* 100 - 0.4 * 10^3 is negative */
	{ "below nothing", 100000, 10000, MSS, 0, 0 },
	{ "the largest window", ATCP_CWND_MAX, 0, MSS, 1000 * SEC,
	  ATCP_CWND_MAX },
	{ "for ever, small segments", 48, 0, 48, U64_MAX, ATCP_CWND_MAX },
	{ "for ever, large segments", 65495, 0, 65495, U64_MAX, ATCP_CWND_MAX },
	/* 0.4 * 2000^3 segments of 48 bytes, where time is cut off */
	{ "2000 s, small segments", 48, 0, 48, 2000 * SEC, ATCP_CWND_MAX },
	{ "K for ever", ATCP_CWND_MAX, U32_MAX, 65495, 0, 0 },
	{ "one ms before K for ever", ATCP_CWND_MAX, U32_MAX, 48,
	  (U32_MAX - 1ULL) * MS, ATCP_CWND_MAX },
};

KUNIT_ARRAY_PARAM_DESC(window, window_cases, name);

static void window(struct kunit *test)
{
	const struct window_case *row = test->param_value;
	struct atcp_cubic_curve curve = { .w_max = row->w_max,
					  .k_ms = row->k_ms };

	KUNIT_EXPECT_EQ(test, atcp_cubic_window(&curve, row->mss, row->t_ns),
			row->want);
}

/* A connection in CLOSED that uses CUBIC already, @cwnd of it under way. */
static struct end *init_cubic(struct kunit *test, u32 cwnd)
{
	struct end *end = end_init(test);

	end->conn.config.cc = &atcp_cubic;
	atcp_cc_start(&end->conn);
	end->conn.snd.mss = MSS;
	end->conn.snd.cwnd = cwnd;
	end->conn.snd.una = 0xfffffff0u;
	end->conn.snd.nxt = end->conn.snd.una + cwnd;
	return end;
}

static void ack_at(struct end *end, u64 now_ns, u32 bytes, bool is_limited)
{
	struct atcp_cc_ack ack = {
		.now_ns = now_ns,
		.bytes = bytes,
		.una = end->conn.snd.una + bytes,
		.is_cwnd_limited = is_limited,
	};

	atcp_cc_acked(&end->conn, &ack);
}

/*
 * A congestion event at @cwnd, and the stage that follows at ssthresh, which is
 * 0.7 of the flight: K is the cube root of (W_max - cwnd) / 0.4.
 */
static const struct event_case {
	const char *name;
	u32 w_max; /* before */
	u32 cwnd, flight;
	enum atcp_cc_event event;
	u32 want_ssthresh, want_w_max, want_k_ms;
} event_cases[] = {
	/* (100 - 70) / 0.4 = 75 = 4.2171...^3 */
	{ "the first", 0, 100000, 100000, ATCP_CC_LOSS, 70000, 100000, 4217 },
	{ "at a window larger than before", 90000, 100000, 100000, ATCP_CC_LOSS,
	  70000, 100000, 4217 },
	{ "at the same window", 100000, 100000, 100000, ATCP_CC_LOSS, 70000,
	  100000, 4217 },
	/* W_max = 100 * 1.7 / 2; (85 - 70) / 0.4 = 37.5 = 3.3471...^3 */
	{ "fast convergence", 100001, 100000, 100000, ATCP_CC_LOSS, 70000,
	  85000, 3347 },
	/* (100 - 35) / 0.4 = 162.5 = 5.4569...^3 */
	{ "half of the window was in use", 0, 100000, 50000, ATCP_CC_LOSS,
	  35000, 100000, 5456 },
	{ "limited transmit does not count", 0, 100000, 102000, ATCP_CC_LOSS,
	  70000, 100000, 4217 },
	{ "two segments at least", 0, 2000, 2000, ATCP_CC_LOSS, 2000, 2000, 0 },
	{ "a time-out: from where slow start ends", 0, 100000, 100000,
	  ATCP_CC_TIMEOUT, 70000, 70000, 0 },
	/* (2^30 - 0.7 * 2^30) / 1000 / 0.4 = 805306 = 93.0365...^3 */
	{ "the largest window", 0, 1 << 30, 1 << 30, ATCP_CC_LOSS, 751619276,
	  1 << 30, 93036 },
};

KUNIT_ARRAY_PARAM_DESC(event, event_cases, name);

static void event(struct kunit *test)
{
	const struct event_case *row = test->param_value;
	struct end *end = init_cubic(test, row->cwnd);
	struct atcp_cubic_curve *curve = &end->conn.cc.cubic.curve;
	struct atcp_snd *snd = &end->conn.snd;

	curve->w_max = row->w_max;
	snd->nxt = snd->una + row->flight;
	atcp_cc_congestion(&end->conn, row->event);
	KUNIT_EXPECT_EQ(test, snd->ssthresh, row->want_ssthresh);
	KUNIT_EXPECT_EQ(test, curve->cwnd_prior, row->cwnd);

	snd->cwnd = snd->ssthresh;
	ack_at(end, 9 * SEC, MSS, true);
	KUNIT_EXPECT_EQ(test, curve->w_max, row->want_w_max);
	KUNIT_EXPECT_EQ(test, curve->k_ms, row->want_k_ms);
	KUNIT_EXPECT_EQ(test, curve->epoch_ns, 9 * SEC);
	KUNIT_EXPECT_EQ(test, curve->w_est, row->want_ssthresh);
	KUNIT_EXPECT_EQ(test, curve->cwnd_prior, row->cwnd);
	end_free(end);
}

/*
 * One acknowledgment in a stage with W_max = 100, K = 5 s, t as given: by (target -
 * cwnd) * acknowledged / cwnd, target = W_cubic(t + RTT); or W_est.
 */
static const struct growth_case {
	const char *name;
	u32 cwnd, w_est;
	u32 t_ms, rtt_ms;
	u32 bytes;
	u32 want_cwnd, want_w_est;
} growth_cases[] = {
	/* (93.75 - 90) / 90 = 0.0416... */
	{ "concave", 90000, 50000, 2500, 0, 1000, 90041, 50000 },
	/* where the curve will be a round trip later: (100 - 90) / 90 = 0.11... */
	{ "the RTT counts", 90000, 50000, 2500, 2500, 1000, 90111, 50000 },
	{ "a window: to the target", 90000, 50000, 2500, 0, 90000, 93750,
	  50000 },
	{ "two windows: no further", 90000, 50000, 2500, 0, 180000, 93750,
	  51000 },
	{ "the curve is behind: stays", 95000, 50000, 2500, 0, 95000, 95000,
	  50000 },
	/* W(10) = 150, but no more than 90: (90 - 60) / 60 = 0.5 */
	{ "far behind the curve", 60000, 50000, 10000, 0, 1000, 60500, 50000 },
	/* (106.25 - 100) / 100 = 0.0625 */
	{ "convex", 100000, 50000, 7500, 0, 1000, 100062, 50000 },
	{ "Reno is ahead of the curve", 90000, 95000, 2500, 0, 1000, 95000,
	  95000 },
	{ "but not of the window", 96000, 95000, 2500, 0, 1000, 96000, 95000 },
	{ "Reno is level with the curve", 90000, 93750, 2500, 0, 1000, 90041,
	  93750 },
	/* W_est: 9/17 of a segment per window of 90: one in 170 */
	{ "Reno: less than 17/9 windows", 90000, 95000, 2500, 0, 169999, 95000,
	  95000 },
	{ "Reno: 17/9 windows", 90000, 95000, 2500, 0, 170000, 96000, 96000 },
	{ "Reno below the former window", 90000, 99999, 2500, 0, 90000, 99999,
	  99999 },
	{ "Reno has reached it: alpha is 1", 90000, 100000, 2500, 0, 90000,
	  101000, 101000 },
};

KUNIT_ARRAY_PARAM_DESC(growth, growth_cases, name);

/* In a stage that has run for @t_ms at END_START. */
static struct end *in_stage(struct kunit *test, u32 cwnd, u32 w_est, u32 t_ms)
{
	struct end *end = init_cubic(test, cwnd);
	struct atcp_cubic *cubic = &end->conn.cc.cubic;

	end->conn.snd.ssthresh = 50000;
	cubic->curve = (struct atcp_cubic_curve){
		.epoch_ns = END_START - t_ms * MS,
		.w_max = 100000,
		.w_est = w_est,
		.cwnd_prior = 100000,
		.k_ms = 5000,
	};
	cubic->seen_ns = END_START;
	return end;
}

static void growth(struct kunit *test)
{
	const struct growth_case *row = test->param_value;
	struct end *end = in_stage(test, row->cwnd, row->w_est, row->t_ms);

	end->conn.rtt.srtt_ns = row->rtt_ms * MS;
	ack_at(end, END_START, row->bytes, true);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, row->want_cwnd);
	KUNIT_EXPECT_EQ(test, end->conn.cc.cubic.curve.w_est, row->want_w_est);
	end_free(end);
}

/* Growth of less than a byte adds up: 3.75 segments per window, in small ACKs. */
static void growth_adds_up(struct kunit *test)
{
	struct end *end = in_stage(test, 90000, 50000, 2500);
	int i;

	for (i = 0; i < 900; i++)
		ack_at(end, END_START, 10, true);
	/* a tenth of a window: 3750 / 10, a little less since it nears the target */
	KUNIT_EXPECT_GE(test, end->conn.snd.cwnd, 90350);
	KUNIT_EXPECT_LE(test, end->conn.snd.cwnd, 90375);
	end_free(end);
}

/*
 * Section 4.2: t does not include times in which the window was not in use. An
 * ACK that finds it so moves the beginning by what has passed since the last.
 */
static void clock_of_limited_sender(struct kunit *test)
{
	struct end *end = in_stage(test, 90000, 50000, 2500);
	struct atcp_cubic_curve *curve = &end->conn.cc.cubic.curve;
	u64 epoch_ns = curve->epoch_ns;

	ack_at(end, END_START + 100 * MS, 1000, true);
	KUNIT_EXPECT_EQ(test, curve->epoch_ns, epoch_ns);
	end->conn.snd.cwnd = 90000;
	ack_at(end, END_START + 1100 * MS, 90000, false);
	KUNIT_EXPECT_EQ(test, curve->epoch_ns, epoch_ns + 1000 * MS);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 90000);
	KUNIT_EXPECT_EQ(test, curve->w_est, 50000);
	/* t is 2.6 s: 100 - 0.4 * 2.4^3 = 100 - 5.5296, cut off */
	ack_at(end, END_START + 1100 * MS, 90000, true);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 94471);
	end_free(end);
}

/* Nor while nothing is sent: the first ACK after it finds the window in use. */
static void clock_of_idle_sender(struct kunit *test)
{
	struct end *end = in_stage(test, 90000, 50000, 2500);
	struct atcp_cubic_curve *curve = &end->conn.cc.cubic.curve;
	u64 epoch_ns = curve->epoch_ns;

	atcp_cc_idle(&end->conn, END_START + 2000 * MS);
	atcp_cc_idle(&end->conn, END_START + 7000 * MS);
	KUNIT_EXPECT_EQ(test, curve->epoch_ns, epoch_ns + 7000 * MS);
	ack_at(end, END_START + 7100 * MS, 90000, true);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 94471); /* t is 2.6 s */
	end_free(end);
}

/* Without a stage there is no clock to move. */
static void idle_without_stage(struct kunit *test)
{
	struct end *end = init_cubic(test, 90000);

	atcp_cc_idle(&end->conn, END_START);
	KUNIT_EXPECT_EQ(test, end->conn.cc.cubic.curve.epoch_ns, 0);
	end_free(end);
}

/* Section 4.10: no congestion event yet: from here on, and alpha is 1. */
static void stage_without_event(struct kunit *test)
{
	struct end *end = init_cubic(test, 20000);
	struct atcp_cubic_curve *curve = &end->conn.cc.cubic.curve;

	end->conn.snd.ssthresh = 20000;
	ack_at(end, END_START, 20000, true);
	KUNIT_EXPECT_EQ(test, curve->w_max, 20000);
	KUNIT_EXPECT_EQ(test, curve->k_ms, 0);
	KUNIT_EXPECT_EQ(test, curve->cwnd_prior, 20000);
	KUNIT_EXPECT_EQ(test, curve->w_est, 21000);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 21000);
	end_free(end);
}

/* After a long silence slow start, then a new stage to the W_max that there was. */
static void restart(struct kunit *test)
{
	struct end *end = in_stage(test, 90000, 50000, 2500);
	struct atcp_cubic_curve *curve = &end->conn.cc.cubic.curve;

	atcp_cc_restart(&end->conn, 49500);
	KUNIT_EXPECT_EQ(test, curve->epoch_ns, 0);
	ack_at(end, END_START + 60 * SEC, 500, true);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 50000);
	ack_at(end, END_START + 61 * SEC, 500, true);
	KUNIT_EXPECT_EQ(test, curve->epoch_ns, END_START + 61 * SEC);
	/* (100 - 50) / 0.4 = 125 */
	KUNIT_EXPECT_EQ(test, curve->k_ms, 5000);
	KUNIT_EXPECT_EQ(test, curve->w_est, 50000);
	end_free(end);
}

/* Slow start after it may go past W_max: nothing to return to. */
static void stage_above_w_max(struct kunit *test)
{
	struct end *end = in_stage(test, 120000, 50000, 2500);
	struct atcp_cubic_curve *curve = &end->conn.cc.cubic.curve;

	curve->epoch_ns = 0;
	ack_at(end, END_START, 1000, true);
	KUNIT_EXPECT_EQ(test, curve->w_max, 120000);
	KUNIT_EXPECT_EQ(test, curve->k_ms, 0);
	end_free(end);
}

/* Sections 4.9.1 and 4.9.2: as if there had been no event. */
static void undo(struct kunit *test)
{
	struct end *end = in_stage(test, 90000, 60000, 2500);
	struct atcp_cubic *cubic = &end->conn.cc.cubic;
	struct atcp_cubic_curve before = cubic->curve;

	atcp_cc_congestion(&end->conn, ATCP_CC_TIMEOUT);
	atcp_cc_restart(&end->conn, MSS);
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, 63000);
	KUNIT_EXPECT_EQ(test, cubic->curve.w_max, 76500); /* 90 * 0.85 */
	ack_at(end, END_START + 100 * MS, MSS, true);

	atcp_cc_undo(&end->conn);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 90000);
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, 50000);
	KUNIT_EXPECT_EQ(test, cubic->curve.epoch_ns, before.epoch_ns);
	KUNIT_EXPECT_EQ(test, cubic->curve.w_max, before.w_max);
	KUNIT_EXPECT_EQ(test, cubic->curve.w_est, before.w_est);
	KUNIT_EXPECT_EQ(test, cubic->curve.k_ms, before.k_ms);
	KUNIT_EXPECT_EQ(test, cubic->curve.cwnd_prior, before.cwnd_prior);
	KUNIT_EXPECT_FALSE(test, cubic->curve.is_after_timeout);
	end_free(end);
}

/* In mid-connection it begins where the window is. */
static void takes_over(struct kunit *test)
{
	struct end *end = end_new_reno(test);
	struct atcp_snd *snd = &end->conn.snd;

	snd->cwnd = 30000;
	snd->ssthresh = 30000;
	end->conn.cc.reno.acked = 29999;
	atcp_cc_use(&end->conn, &atcp_cubic);
	ack_at(end, END_START, 1000, true);
	KUNIT_EXPECT_EQ(test, snd->cwnd, 30000);
	KUNIT_EXPECT_EQ(test, end->conn.cc.cubic.curve.w_max, 30000);
	KUNIT_EXPECT_EQ(test, end->conn.cc.cubic.curve.w_est, 30000);
	end_free(end);
}

static const struct extreme_case {
	const char *name;
	u32 cwnd, w_max, mss;
	u64 now_ns;
	u32 bytes;
} extreme_cases[] = {
	{ "nothing has passed", ATCP_CWND_MAX, ATCP_CWND_MAX, 48, 1, 1 << 30 },
	{ "292 years", ATCP_CWND_MAX - 1, ATCP_CWND_MAX, 65495, U64_MAX / 2,
	  1 << 30 },
	{ "292 years, small segments", 48, ATCP_CWND_MAX, 48, U64_MAX / 2,
	  1 << 30 },
	{ "292 years, a large ACK", 96, 48, 48, U64_MAX / 2, U32_MAX },
	{ "a small window, a large segment", 65495, ATCP_CWND_MAX, 65495,
	  30 * SEC, U32_MAX },
	{ "half the largest", 1 << 29, ATCP_CWND_MAX, 1448, 100 * SEC,
	  1 << 30 },
};

KUNIT_ARRAY_PARAM_DESC(extreme, extreme_cases, name);

/* Nothing overflows: no window shrinks, or grows past half or Reno's, or the most. */
static void extreme(struct kunit *test)
{
	const struct extreme_case *row = test->param_value;
	struct end *end = init_cubic(test, row->cwnd);
	struct atcp_snd *snd = &end->conn.snd;
	struct atcp_cubic_curve *curve = &end->conn.cc.cubic.curve;
	u32 most;

	snd->mss = row->mss;
	snd->ssthresh = 1;
	curve->w_max = row->w_max;
	curve->cwnd_prior = row->w_max;
	ack_at(end, 1, 1, true);
	/* What begins at cwnd is there at t = 0, to a ms of K. */
	if (row->w_max > row->cwnd)
		KUNIT_EXPECT_LE(test,
				atcp_cubic_window(curve, row->mss, 0) -
				row->cwnd, row->w_max / 1000);
	snd->cwnd = row->cwnd;
	ack_at(end, row->now_ns, row->bytes, true);
	most = max_t(u32, row->cwnd + row->cwnd / 2, curve->w_est);
	KUNIT_EXPECT_GE(test, snd->cwnd, row->cwnd);
	KUNIT_EXPECT_LE(test, snd->cwnd, min_t(u32, most, ATCP_CWND_MAX));
	KUNIT_EXPECT_GE(test, curve->w_est, row->cwnd);
	KUNIT_EXPECT_LE(test, curve->w_est, ATCP_CWND_MAX);
	end_free(end);
}

static struct kunit_case cubic_cases[] = {
	KUNIT_CASE_PARAM(root, root_gen_params),
	KUNIT_CASE_PARAM(window, window_gen_params),
	KUNIT_CASE_PARAM(event, event_gen_params),
	KUNIT_CASE_PARAM(growth, growth_gen_params),
	KUNIT_CASE(growth_adds_up),
	KUNIT_CASE(clock_of_limited_sender),
	KUNIT_CASE(clock_of_idle_sender),
	KUNIT_CASE(idle_without_stage),
	KUNIT_CASE(stage_without_event),
	KUNIT_CASE(restart),
	KUNIT_CASE(stage_above_w_max),
	KUNIT_CASE(undo),
	KUNIT_CASE(takes_over),
	KUNIT_CASE_PARAM(extreme, extreme_gen_params),
	{}
};

struct kunit_suite cubic_suite = {
	.name = "atcp_cubic",
	.test_cases = cubic_cases,
};
