// SPDX-License-Identifier: GPL-2.0
/* Slow start and congestion avoidance: RFC 5681 section 3.1, RFC 3465. */
#include "core/internal.h"
#include "util.h"

static const struct ssthresh_case {
	const char *name;
	u32 una, nxt;
	u32 want;
} ssthresh_cases[] = {
	{ "half of what is in flight", 0, 20000, 10000 },
	{ "two segments at least", 0, 3000, 2000 },
	{ "nothing in flight", 5, 5, 2000 },
	{ "across the wrap", 0xfffff000u, 0x3000, 8192 },
	{ "without limited transmit", 0, 32000, 15000 },
	{ "a window without room for one more", 0, 29001, 15000 },
	{ "a window with room for one more", 0, 29000, 14500 },
};

KUNIT_ARRAY_PARAM_DESC(ssthresh, ssthresh_cases, name);

/* A connection in CLOSED that uses Reno already. */
static struct end *init_reno(struct kunit *test)
{
	struct end *end = end_init(test);

	end->conn.config.cc = &atcp_reno;
	atcp_cc_start(&end->conn);
	return end;
}

static void ssthresh(struct kunit *test)
{
	const struct ssthresh_case *row = test->param_value;
	struct end *end = init_reno(test);

	end->conn.cc.reno.acked = 1;
	end->conn.snd.mss = 1000;
	end->conn.snd.cwnd = 30000;
	end->conn.snd.una = row->una;
	end->conn.snd.nxt = row->nxt;
	atcp_cc_congestion(&end->conn, ATCP_CC_LOSS);
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, row->want);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 30000);
	KUNIT_EXPECT_EQ(test, end->conn.cc.reno.acked, 0);
	end_free(end);
}

static const struct growth_case {
	const char *name;
	u32 cwnd, ssthresh, acked; /* before */
	u32 flight;
	bool is_limited;
	u8 recovery;
	u32 bytes; /* acknowledged */
	u32 want_cwnd, want_acked;
} growth_cases[] = {
	{ "slow start: by what is acknowledged", 10000, U32_MAX, 0, 10000, true,
	  ATCP_REC_OPEN, 2000, 12000, 0 },
	{ "slow start: a merged burst counts in full", 10000, U32_MAX, 0, 10000,
	  true, ATCP_REC_OPEN, 10000, 20000, 0 },
	{ "slow start: half the window used will do", 10000, U32_MAX, 0, 5001,
	  false, ATCP_REC_OPEN, 1000, 11000, 0 },
	{ "slow start: less will not", 10000, U32_MAX, 0, 5000, false,
	  ATCP_REC_OPEN, 1000, 10000, 0 },
	{ "avoidance: less than a window is noted", 10000, 10000, 0, 10000, true,
	  ATCP_REC_OPEN, 9999, 10000, 9999 },
	{ "avoidance: a segment per window", 10000, 10000, 9000, 10000, true,
	  ATCP_REC_OPEN, 1500, 11000, 500 },
	{ "avoidance: two windows at once", 2000, 2000, 0, 10000, true,
	  ATCP_REC_OPEN, 5000, 4000, 0 },
	{ "avoidance: unused", 10000, 5000, 0, 9000, false, ATCP_REC_OPEN, 9000,
	  10000, 0 },
	{ "after a time-out: a segment per ACK", 1000, 8000, 0, 9000, false,
	  ATCP_REC_RTO, 7000, 2000, 0 },
	{ "after a time-out, past ssthresh", 8000, 8000, 7500, 9000, false,
	  ATCP_REC_RTO, 7000, 9000, 500 },
	{ "the largest window", U32_MAX / 4, U32_MAX, 0, U32_MAX / 4, true,
	  ATCP_REC_OPEN, 1000, U32_MAX / 4, 0 },
	{ "up to the largest window", U32_MAX / 4 - 10, U32_MAX, 0, U32_MAX / 4,
	  true, ATCP_REC_OPEN, 1000, U32_MAX / 4, 0 },
};

KUNIT_ARRAY_PARAM_DESC(growth, growth_cases, name);

static void growth(struct kunit *test)
{
	const struct growth_case *row = test->param_value;
	struct end *end = init_reno(test);
	struct atcp_snd *snd = &end->conn.snd;
	struct atcp_cc_ack ack = {
		.bytes = row->bytes,
		.is_cwnd_limited = row->is_limited,
	};

	snd->mss = 1000;
	snd->cwnd = row->cwnd;
	snd->ssthresh = row->ssthresh;
	end->conn.cc.reno.acked = row->acked;
	snd->una = 0xfffffff0u;
	snd->nxt = snd->una + row->flight;
	snd->recovery = row->recovery;
	atcp_cc_acked(&end->conn, &ack);
	KUNIT_EXPECT_EQ(test, snd->cwnd, row->want_cwnd);
	KUNIT_EXPECT_EQ(test, end->conn.cc.reno.acked, row->want_acked);
	end_free(end);
}

/* Doubles per round trip from the initial window, RFC 6928's ten segments. */
static void slow_start(struct kunit *test)
{
	struct end *end = end_new_reno(test);
	u32 want = 10 * END_MSS, una = 1;
	int round;

	end_write(end, 1 << 20);
	for (round = 0; round < 3; round++) {
		end_drain(end);
		KUNIT_EXPECT_EQ(test, end_flight(end), want < END_WND ?
				want : END_WND);
		while (end_flight(end)) {
			una += END_MSS;
			end_ack(end, una);
		}
		want *= 2;
		KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, want);
	}
	end_free(end);
}

/* One segment more per round trip above ssthresh. */
static void avoidance(struct kunit *test)
{
	struct end *end = end_new_reno(test);
	u32 una = 1;
	int round;

	end->conn.snd.ssthresh = 10 * END_MSS;
	end_write(end, 1 << 20);
	for (round = 0; round < 4; round++) {
		end_drain(end);
		KUNIT_EXPECT_EQ(test, end_flight(end), (10 + round) * END_MSS);
		una += end_flight(end);
		end_ack(end, una);
	}
	end_free(end);
}

/* What was counted for a larger window does not count for one that begins anew. */
static void restart(struct kunit *test)
{
	struct end *end = init_reno(test);

	end->conn.cc.reno.acked = 9000;
	atcp_cc_restart(&end->conn, 2000);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 2000);
	KUNIT_EXPECT_EQ(test, end->conn.cc.reno.acked, 0);
	end_free(end);
}

static struct kunit_case reno_cases[] = {
	KUNIT_CASE_PARAM(ssthresh, ssthresh_gen_params),
	KUNIT_CASE_PARAM(growth, growth_gen_params),
	KUNIT_CASE(slow_start),
	KUNIT_CASE(avoidance),
	KUNIT_CASE(restart),
	{}
};

struct kunit_suite reno_suite = {
	.name = "atcp_reno",
	.test_cases = reno_cases,
};
