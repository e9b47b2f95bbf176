// SPDX-License-Identifier: GPL-2.0
/* Congestion window validation: RFC 7661. Round trips take 100 ms. */
#include "core/internal.h"
#include "util.h"

#define RTT (100 * MS)

/* Reno in slow start with @cwnd segments, of which nothing is known. */
static struct end *unknown(struct kunit *test, u32 cwnd)
{
	struct end *end = end_new_reno(test);

	end->conn.snd.wnd = 1 << 20;
	end->conn.snd.max_wnd = 1 << 20;
	end->conn.snd.cwnd = cwnd * END_MSS;
	return end;
}

/* A round trip in which the user has @bytes; each segment has its acknowledgment. */
static void round_trip(struct end *end, u32 bytes)
{
	struct atcp_snd *snd = &end->conn.snd;

	end_write(end, bytes);
	end_drain(end);
	end->nr_out = 0;
	end->now += RTT;
	while (end_flight(end)) {
		struct atcp_seg seg;
		u32 len = min_t(u32, end_flight(end), END_MSS);

		seg = end_next(end, ATCP_F_ACK, 0);
		seg.ack = snd->una + len;
		seg.wnd = 0xffff;
		end_feed(end, &seg);
	}
}

/* Two round trips with @used bytes each in a window of ten segments. */
static const struct half_case {
	const char *name;
	u32 used;
	bool want;
} half_cases[] = {
	{ "all of it", 10 * END_MSS, true },
	{ "half", 5 * END_MSS, true },
	{ "a segment may not fit", 4 * END_MSS, true },
	{ "less", 4 * END_MSS - 1, false },
	{ "a byte", 1, false },
};

KUNIT_ARRAY_PARAM_DESC(half, half_cases, name);

static void half(struct kunit *test)
{
	const struct half_case *row = test->param_value;
	struct end *end = unknown(test, 10);

	end->conn.snd.ssthresh = 5 * END_MSS;
	KUNIT_EXPECT_TRUE(test, atcp_cwv_is_valid(&end->conn));
	round_trip(end, row->used);
	round_trip(end, row->used);
	KUNIT_EXPECT_EQ(test, atcp_cwv_pipe_ack(&end->conn), row->used);
	KUNIT_EXPECT_EQ(test, atcp_cwv_is_valid(&end->conn), row->want);
	end_free(end);
}

/* It is the window of when it was sent that counts, though cwnd has grown since. */
static void window_of_the_round(struct kunit *test)
{
	struct end *end = unknown(test, 10);
	struct atcp_snd *snd = &end->conn.snd;

	snd->ssthresh = 5 * END_MSS;
	round_trip(end, 10 * END_MSS);
	end_write(end, 10 * END_MSS);
	end_drain(end);
	end->now += RTT;
	end_ack(end, snd->una - snd->iss + END_MSS);
	snd->cwnd = 23 * END_MSS;
	end_ack(end, snd->una - snd->iss + 9 * END_MSS);
	KUNIT_EXPECT_EQ(test, end_flight(end), 0);
	KUNIT_EXPECT_TRUE(test, atcp_cwv_is_valid(&end->conn));
	round_trip(end, 10 * END_MSS);
	KUNIT_EXPECT_FALSE(test, atcp_cwv_is_valid(&end->conn));
	end_free(end);
}

/* pipeACK is the most of up to a second; then it is what is used now. */
static void pipe_ack_is_forgotten(struct kunit *test)
{
	struct end *end = unknown(test, 10);
	int i;

	end->conn.snd.ssthresh = 5 * END_MSS;
	round_trip(end, 10 * END_MSS);
	for (i = 0; i < 4; i++) {
		round_trip(end, END_MSS);
		KUNIT_EXPECT_EQ(test, atcp_cwv_pipe_ack(&end->conn),
				10 * END_MSS);
	}
	KUNIT_EXPECT_TRUE(test, atcp_cwv_is_valid(&end->conn));
	for (i = 0; i < 6; i++)
		round_trip(end, END_MSS);
	KUNIT_EXPECT_EQ(test, atcp_cwv_pipe_ack(&end->conn), END_MSS);
	KUNIT_EXPECT_FALSE(test, atcp_cwv_is_valid(&end->conn));
	end_free(end);
}

/*
 * A window that was not used is kept, and may be used at once; it grows when it has been
 * used for a round trip.
 */
static void keeps_and_does_not_grow(struct kunit *test)
{
	struct end *end = unknown(test, 20);
	struct atcp_snd *snd = &end->conn.snd;
	int i;

	for (i = 0; i < 12; i++)
		round_trip(end, END_MSS);
	KUNIT_ASSERT_FALSE(test, atcp_cwv_is_valid(&end->conn));
	KUNIT_EXPECT_EQ(test, snd->cwnd, 20 * END_MSS);
	end_write(end, 30 * END_MSS);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end_flight(end), 20 * END_MSS);
	KUNIT_EXPECT_TRUE(test, end->conn.flags & ATCP_CONN_CWND_LIMITED);
	end->now += RTT;
	end_ack(end, snd->una - snd->iss + 4 * END_MSS);
	KUNIT_EXPECT_EQ(test, snd->cwnd, 20 * END_MSS);
	round_trip(end, 30 * END_MSS);
	KUNIT_EXPECT_TRUE(test, atcp_cwv_is_valid(&end->conn));
	i = snd->cwnd;
	round_trip(end, 60 * END_MSS);
	KUNIT_EXPECT_GT(test, snd->cwnd, i);
	end_free(end);
}

/* Section 4.4.1: a loss when little is under way: what was used of late counts. */
static void loss_counts_what_was_used(struct kunit *test)
{
	struct end *end = unknown(test, 40);
	struct atcp_snd *snd = &end->conn.snd;
	u32 i;

	snd->ssthresh = 20 * END_MSS;
	for (i = 0; i < 3; i++)
		round_trip(end, 12 * END_MSS);
	KUNIT_ASSERT_FALSE(test, atcp_cwv_is_valid(&end->conn));
	end_write(end, 5 * END_MSS);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, atcp_cc_flight(&end->conn), 12 * END_MSS);
	end_dup_acks(end, snd->una - snd->iss, 3);
	KUNIT_EXPECT_EQ(test, snd->ssthresh, 6 * END_MSS);
	end_free(end);
}

/* Section 4.4.3: five minutes, and half of the window goes, down to the initial one. */
static void lasts_five_minutes(struct kunit *test)
{
	struct end *end = unknown(test, 32);
	struct atcp_snd *snd = &end->conn.snd;
	u64 began;

	snd->ssthresh = 20 * END_MSS;
	round_trip(end, END_MSS);
	began = end->now;
	while (end->now < began + 299 * SEC)
		round_trip(end, END_MSS);
	KUNIT_EXPECT_EQ(test, snd->cwnd, 32 * END_MSS);
	while (end->now < began + 302 * SEC)
		round_trip(end, END_MSS);
	KUNIT_EXPECT_EQ(test, snd->cwnd, 16 * END_MSS);
	KUNIT_EXPECT_EQ(test, snd->ssthresh, 24 * END_MSS);
	while (end->now < began + 910 * SEC)
		round_trip(end, END_MSS);
	KUNIT_EXPECT_EQ(test, snd->cwnd, 10 * END_MSS);
	KUNIT_EXPECT_EQ(test, snd->ssthresh, 24 * END_MSS);
	end_free(end);
}

/* A first slow start has no threshold, and gets none by silence. */
static void no_threshold_by_expiry(struct kunit *test)
{
	struct end *end = unknown(test, 32);
	u64 began = end->now;

	while (end->now < began + 310 * SEC)
		round_trip(end, END_MSS);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 16 * END_MSS);
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, U32_MAX);
	end_free(end);
}

/* After a time-out cwnd is a new one: pipeACK is undefined. */
static void forgotten_at_restart(struct kunit *test)
{
	struct end *end = unknown(test, 40);
	int i;

	for (i = 0; i < 3; i++)
		round_trip(end, 2 * END_MSS);
	KUNIT_ASSERT_FALSE(test, atcp_cwv_is_valid(&end->conn));
	end_write(end, 2 * END_MSS);
	end_drain(end);
	end_timeout(end);
	KUNIT_EXPECT_TRUE(test, atcp_cwv_is_valid(&end->conn));
	KUNIT_EXPECT_EQ(test, atcp_cwv_pipe_ack(&end->conn), 0);
	end_free(end);
}

static struct kunit_case cwv_cases[] = {
	KUNIT_CASE_PARAM(half, half_gen_params),
	KUNIT_CASE(window_of_the_round),
	KUNIT_CASE(pipe_ack_is_forgotten),
	KUNIT_CASE(keeps_and_does_not_grow),
	KUNIT_CASE(loss_counts_what_was_used),
	KUNIT_CASE(lasts_five_minutes),
	KUNIT_CASE(no_threshold_by_expiry),
	KUNIT_CASE(forgotten_at_restart),
	{}
};

struct kunit_suite cwv_suite = {
	.name = "atcp_cwv",
	.test_cases = cwv_cases,
};
