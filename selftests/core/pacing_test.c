// SPDX-License-Identifier: GPL-2.0
/* Pacing: how much leaves at once, and when the next. */
#include "core/internal.h"
#include "util.h"

static struct end *paced(struct kunit *test, u64 rate_Bps)
{
	struct end *end = end_new(test);

	end->conn.snd.cwnd = 40 * END_MSS;
	end->conn.pacing.rate_Bps = rate_Bps;
	return end;
}

/* A burst is a quarter of a millisecond, two segments at least. */
static const struct burst_case {
	const char *name;
	u64 rate_Bps;
	u64 max_Bps;
	u32 want;
} burst_cases[] = {
	{ "slow", 1000000, U64_MAX, 2000 },
	{ "100 Mbit/s", 12500000, U64_MAX, 3000 },
	{ "1 Gbit/s", 125000000, U64_MAX, 31000 },
	{ "the user's limit", 125000000, 12500000, 3000 },
	{ "none", U64_MAX, U64_MAX, U32_MAX / END_MSS * END_MSS },
};

KUNIT_ARRAY_PARAM_DESC(burst, burst_cases, name);

static void burst(struct kunit *test)
{
	const struct burst_case *row = test->param_value;
	struct end *end = paced(test, row->rate_Bps);

	end->conn.config.max_pacing_Bps = row->max_Bps;
	KUNIT_EXPECT_EQ(test, atcp_pacing_burst(&end->conn), row->want);
	end_free(end);
}

/* 10 kB at 1 MB/s: two segments each 2 ms, and not before. */
static void spreads(struct kunit *test)
{
	struct end *end = paced(test, 1000000);
	u64 start = end->now;
	u32 bursts = 0;

	end_write(end, 10 * END_MSS);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].len, 2 * END_MSS);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	while (end_flight(end) < 10 * END_MSS &&
	       end_expire(end, ATCP_TIMER_PACING))
		bursts += end_drain(end);
	KUNIT_EXPECT_EQ(test, bursts, 4);
	/* what a timer may be late, 250 us, is given in advance */
	KUNIT_EXPECT_EQ(test, end->now - start, 8 * MS - MS / 4);
	end_free(end);
}

/* A timer that is late by little is made up for, and one by much is not. */
static void late(struct kunit *test)
{
	struct end *end = paced(test, 1000000);

	end_write(end, 10 * END_MSS);
	end_drain(end);
	end->now = end->conn.pacing.next_ns + MS / 10;
	end_timeout(end);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end->conn.pacing.next_ns - end->now,
			2 * MS - MS / 10);
	end->now += 50 * MS;
	end_timeout(end);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end->conn.pacing.next_ns - end->now,
			2 * MS - MS / 4);
	end_free(end);
}

/* What goes again is paced like what is new. */
static void again(struct kunit *test)
{
	struct end *end = paced(test, U64_MAX);

	end_write(end, 10 * END_MSS);
	end_drain(end);
	end->conn.config.max_pacing_Bps = 1000000;
	end_dup_acks(end, 1, 3);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_TRUE(test, end->conn.pacing.next_ns > end->now);
	end_free(end);
}

/* Six fifths of the window in a round trip, if there is something to spread. */
static const struct window_case {
	const char *name;
	u32 cwnd, ssthresh; /* segments */
	u64 srtt_ns, rack_ns;
	u8 recovery;
	u64 want;
} window_cases[] = {
	{ "avoidance", 40, 40, 40 * MS, 0, ATCP_REC_OPEN, 1200000 },
	{ "slow start", 39, 40, 40 * MS, 0, ATCP_REC_OPEN, U64_MAX },
	{ "a small window", 19, 10, 40 * MS, 0, ATCP_REC_OPEN, U64_MAX },
	{ "a short round trip", 40, 40, 4 * MS - 1, 0, ATCP_REC_OPEN, U64_MAX },
	{ "late ones are timed", 40, 40, 60 * MS, 40 * MS, ATCP_REC_OPEN,
	  1200000 },
	{ "the newest was late", 40, 40, 40 * MS, 60 * MS, ATCP_REC_OPEN,
	  1200000 },
	{ "recovery", 40, 40, 40 * MS, 0, ATCP_REC_FAST, U64_MAX },
	{ "time-out", 40, 40, 40 * MS, 0, ATCP_REC_RTO, U64_MAX },
};

KUNIT_ARRAY_PARAM_DESC(window, window_cases, name);

static void window(struct kunit *test)
{
	const struct window_case *row = test->param_value;
	struct end *end = paced(test, 1);
	struct atcp_conn *conn = &end->conn;

	conn->snd.cwnd = row->cwnd * END_MSS;
	conn->snd.ssthresh = row->ssthresh * END_MSS;
	conn->snd.recovery = row->recovery;
	conn->rtt.srtt_ns = row->srtt_ns;
	conn->rack.rtt_ns = row->rack_ns;
	atcp_pacing_window(conn);
	KUNIT_EXPECT_EQ(test, conn->pacing.rate_Bps, row->want);
	end_free(end);
}

/*
 * While pacing holds what cwnd would let go, cwnd is in use: it may grow, and counts;
 * but not if it is the user who wants it to be slow.
 */
static void window_is_used(struct kunit *test)
{
	struct end *end = paced(test, 1000000);
	struct atcp_conn *conn = &end->conn;

	end_write(end, 100 * END_MSS);
	end_drain(end);
	KUNIT_ASSERT_LT(test, end_flight(end), 20 * END_MSS);
	KUNIT_EXPECT_TRUE(test, conn->flags & ATCP_CONN_CWND_LIMITED);
	KUNIT_EXPECT_EQ(test, atcp_cc_flight(conn), conn->snd.cwnd);
	conn->config.max_pacing_Bps = 999999;
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_PACING));
	end_drain(end);
	KUNIT_EXPECT_FALSE(test, conn->flags & ATCP_CONN_CWND_LIMITED);
	KUNIT_EXPECT_EQ(test, atcp_cc_flight(conn), end_flight(end));
	end_free(end);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(burst, burst_gen_params),
	KUNIT_CASE(spreads),
	KUNIT_CASE(late),
	KUNIT_CASE(again),
	KUNIT_CASE_PARAM(window, window_gen_params),
	KUNIT_CASE(window_is_used),
	{}
};

struct kunit_suite pacing_suite = {
	.name = "atcp_pacing",
	.test_cases = cases,
};
