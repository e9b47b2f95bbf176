// SPDX-License-Identifier: GPL-2.0
/* The scoreboard, RACK and PRR: RFC 2018, 2883, 8985 section 6.2, 9937. */
#include "core/internal.h"
#include "util.h"

#define MS ATCP_NSEC_PER_MSEC

/* @nr segments of END_MSS in flight as one burst, with SACK agreed on. */
static struct end *sending(struct kunit *test, unsigned int nr)
{
	struct end *end = end_new_with(test, ATCP_HAS_SACK_PERM);

	end->conn.snd.cwnd = 60 * END_MSS;
	end->conn.rtt.min_ns = 100 * MS;
	end->conn.rtt.srtt_ns = 100 * MS;
	end_write(end, nr * END_MSS);
	end_drain(end);
	end->nr_out = 0;
	return end;
}

/* An ACK with blocks; all numbers relative to ISS, a pair of zeros ends them. */
static void sack(struct end *end, u32 ack, const struct atcp_sack *blocks)
{
	struct atcp_seg seg = end_next(end, ATCP_F_ACK, 0);
	u8 i;

	seg.ack = END_ISS + ack;
	seg.opts.has |= ATCP_HAS_SACK;
	for (i = 0; i < ATCP_SACKS_MAX && blocks[i].right; i++) {
		seg.opts.sacks[i].left = END_ISS + blocks[i].left;
		seg.opts.sacks[i].right = END_ISS + blocks[i].right;
	}
	seg.opts.nr_sacks = i;
	end_feed(end, &seg);
}

#define SACK(end, ack, ...) \
	sack(end, ack, (const struct atcp_sack[ATCP_SACKS_MAX]) { __VA_ARGS__ })

/* Blocks that tell of ten segments, and how much is on the scoreboard then. */
static const struct block_case {
	const char *name;
	u32 ack;
	struct atcp_sack blocks[ATCP_SACKS_MAX];
	u32 want_sacked;
	u32 want_records;
	bool want_dup;
} block_cases[] = {
	{ "one in the middle", 1, { { 3001, 4001 } }, 1000, 3 },
	{ "at the end", 1, { { 9001, 10001 } }, 1000, 2 },
	{ "two", 1, { { 5001, 7001 }, { 2001, 3001 } }, 3000, 5 },
	{ "touching", 1, { { 2001, 3001 }, { 3001, 4001 } }, 2000, 3 },
	{ "touching from below", 1, { { 3001, 4001 }, { 2001, 3001 } }, 2000, 3 },
	{ "between two", 1,
	  { { 1001, 2001 }, { 3001, 4001 }, { 2001, 3001 } }, 3000, 3 },
	{ "overlapping", 1, { { 2001, 4001 }, { 3001, 5001 } }, 3000, 3 },
	{ "together with news", 2001, { { 3001, 4001 } }, 1000, 3 },
	{ "a crumb", 1, { { 3001, 3002 } }, 0, 1 },
	{ "edges inside of segments", 1, { { 2501, 4501 } }, 1000, 3 },
	{ "beyond what was sent", 1, { { 9001, 10002 } }, 0, 1 },
	{ "empty", 1, { { 3001, 3001 } }, 0, 1 },
	{ "inside out", 1, { { 4001, 3001 } }, 0, 1 },
	{ "half below the acknowledged", 2001, { { 1001, 3001 } }, 0, 1 },
	{ "where the acknowledged ends", 2001, { { 2001, 3001 } }, 0, 1 },
	{ "a duplicate below", 2001, { { 1, 1001 } }, 0, 1, true },
	{ "a duplicate below, and one", 2001, { { 1, 1001 }, { 3001, 4001 } },
	  1000, 3, true },
	{ "a duplicate inside the second", 1, { { 3001, 4001 }, { 3001, 6001 } },
	  3000, 3, true },
};

KUNIT_ARRAY_PARAM_DESC(block, block_cases, name);

static void blocks(struct kunit *test)
{
	const struct block_case *row = test->param_value;
	struct end *end = sending(test, 10);

	sack(end, row->ack, row->blocks);
	KUNIT_EXPECT_EQ(test, end->conn.snd.sacked, row->want_sacked);
	KUNIT_EXPECT_EQ(test, end->conn.snd.nr_flight, row->want_records);
	KUNIT_EXPECT_EQ(test, end_counted(end, ATCP_MIB_DSACKS_IN),
			row->want_dup);
	end_free(end);
}

/* Told twice it counts once; acknowledged, it leaves the scoreboard. */
static void counts_once(struct kunit *test)
{
	struct end *end = sending(test, 10);

	SACK(end, 1, { 2001, 3001 });
	SACK(end, 1, { 2001, 3001 });
	KUNIT_EXPECT_EQ(test, end->conn.snd.sacked, 1000);
	KUNIT_EXPECT_EQ(test, atcp_loss_pipe(&end->conn), 9000);
	end_ack(end, 5001);
	KUNIT_EXPECT_EQ(test, end->conn.snd.sacked, 0);
	KUNIT_EXPECT_EQ(test, atcp_loss_pipe(&end->conn), 5000);
	end_free(end);
}

/* Without records for the pieces the block waits to be told again. */
static void without_spares(struct kunit *test)
{
	struct end *end = sending(test, 10);

	end->has_spare = false;
	SACK(end, 1, { 2001, 3001 });
	KUNIT_EXPECT_EQ(test, end->conn.snd.sacked, 0);
	end->has_spare = true;
	SACK(end, 1, { 2001, 3001 });
	KUNIT_EXPECT_EQ(test, end->conn.snd.sacked, 1000);
	end_free(end);
}

/* A peer does not make us keep a record for each segment of a large flight. */
static void not_too_many(struct kunit *test)
{
	struct end *end = sending(test, 10);
	u32 nr = end->conn.snd.nr_flight;

	end->conn.snd.nr_flight = ATCP_FLIGHT_MAX;
	SACK(end, 1, { 2001, 3001 });
	KUNIT_EXPECT_EQ(test, end->conn.snd.sacked, 0);
	end->conn.snd.nr_flight = nr;
	SACK(end, 1, { 2001, 3001 });
	KUNIT_EXPECT_EQ(test, end->conn.snd.sacked, 1000);
	end_free(end);
}

/* The payload of a segment with a FIN, and the FIN. */
static void before_a_fin(struct kunit *test)
{
	struct end *end = end_new_with(test, ATCP_HAS_SACK_PERM);

	end_write(end, 2 * END_MSS + 300);
	end_shutdown(end);
	end_drain(end);
	SACK(end, 1, { 2001, 2301 });
	KUNIT_EXPECT_EQ(test, end->conn.snd.sacked, 300);
	SACK(end, 1, { 1001, 2302 });
	KUNIT_EXPECT_EQ(test, end->conn.snd.sacked, 1301);
	end_free(end);
}

/* Where SACK was not agreed on, blocks say nothing. */
static void not_agreed(struct kunit *test)
{
	struct end *end = end_new(test);

	end_write(end, 5 * END_MSS);
	end_drain(end);
	SACK(end, 1, { 2001, 3001 });
	KUNIT_EXPECT_EQ(test, end->conn.snd.sacked, 0);
	end_free(end);
}

/* RFC 2018 section 8: an ACK that ends where a block begins takes it all back. */
static void reneged(struct kunit *test)
{
	struct end *end = sending(test, 10);

	SACK(end, 1, { 5001, 6001 }, { 2001, 3001 });
	end_ack(end, 2001);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_RENEGED));
	KUNIT_EXPECT_EQ(test, end->conn.snd.sacked, 0);
	KUNIT_EXPECT_EQ(test, end_drain(end) > 0, true);
	KUNIT_EXPECT_EQ(test, end->out[0].seq - END_ISS, 2001);
	end_free(end);
}

/* Two segments behind the hole: it has a quarter of the RTT, and no more. */
static void waits_for_reordering(struct kunit *test)
{
	struct end *end = sending(test, 1);

	end->now += 100 * MS;
	end_ack(end, 1001);
	end_write(end, 5 * END_MSS);
	end_drain(end);
	end->now += 100 * MS;
	SACK(end, 1001, { 2001, 3001 });
	KUNIT_EXPECT_EQ(test, end->conn.snd.lost, 0);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_REORDER), 25 * MS);
	KUNIT_EXPECT_TRUE(test, end_expire(end, ATCP_TIMER_REORDER));
	KUNIT_EXPECT_EQ(test, end->conn.snd.lost, 1000);
	KUNIT_EXPECT_EQ(test, end->conn.snd.recovery, ATCP_REC_FAST);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_REORDER), ATCP_NEVER);
	end_free(end);
}

/* Three behind it, on a path that has never reordered: it is lost. */
static void three_are_enough(struct kunit *test)
{
	struct end *end = sending(test, 10);

	end->now += 100 * MS;
	SACK(end, 1, { 1001, 3001 });
	KUNIT_EXPECT_EQ(test, end->conn.snd.recovery, ATCP_REC_OPEN);
	SACK(end, 1, { 1001, 4001 });
	KUNIT_EXPECT_EQ(test, end->conn.snd.recovery, ATCP_REC_FAST);
	KUNIT_EXPECT_EQ(test, end->conn.snd.lost, 1000);
	end->nr_out = 0;
	KUNIT_EXPECT_EQ(test, end_drain(end) > 0, true);
	KUNIT_EXPECT_EQ(test, end->out[0].seq - END_ISS, 1);
	KUNIT_EXPECT_EQ(test, end->out[0].len, 1000);
	end_free(end);
}

/* What was sent in one call goes by its order: the later part is not lost. */
static void order_in_one_moment(struct kunit *test)
{
	struct end *end = sending(test, 10);

	end->now += 100 * MS;
	SACK(end, 1, { 4001, 7001 });
	KUNIT_EXPECT_EQ(test, end->conn.snd.lost, 4000);
	end_free(end);
}

/* Once reordered, three are no sign: the window in time decides. */
static void reordering_is_remembered(struct kunit *test)
{
	struct end *end = sending(test, 10);

	end->now += 100 * MS;
	end_ack(end, 1001);
	SACK(end, 1001, { 2001, 3001 });
	SACK(end, 1001, { 4001, 5001 }, { 2001, 3001 });
	KUNIT_EXPECT_FALSE(test, end->conn.rack.has_reordered);
	SACK(end, 1001, { 2001, 5001 });
	KUNIT_EXPECT_TRUE(test, end->conn.rack.has_reordered);
	SACK(end, 1001, { 2001, 9001 });
	KUNIT_EXPECT_EQ(test, end->conn.snd.lost, 0);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_REORDER), 25 * MS);
	end_free(end);
}

/* One that overtakes by far says little of when those before it are due. */
static void early_is_no_clock(struct kunit *test)
{
	struct end *end = sending(test, 10);

	end->conn.rack.has_reordered = true;
	end->now += 40 * MS;
	end->conn.rtt.min_ns = 40 * MS;
	SACK(end, 1, { 9001, 10001 });
	KUNIT_EXPECT_EQ(test, end->conn.rack.rtt_ns, 40 * MS);
	/* SRTT and a quarter of it, counted from the sending */
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_REORDER), 85 * MS);
	end_free(end);
}

/* What blocks have told of has arrived then, not when SND.UNA gets there. */
static void sampled_by_what_comes(struct kunit *test)
{
	struct end *end = sending(test, 10);

	end->conn.rtt.var_ns = 0;
	end->now += 100 * MS;
	SACK(end, 1001, { 9001, 10001 });
	end_write(end, END_MSS);
	end_drain(end);
	end->now += 60 * MS;
	SACK(end, 1001, { 9001, 11001 });
	end->now += 40 * MS;
	KUNIT_EXPECT_EQ(test, end->conn.rtt.srtt_ns, 100 * MS);
	end_ack(end, 11001);
	/* the hole's round trip, twice as long */
	KUNIT_EXPECT_EQ(test, end->conn.rtt.srtt_ns, 112500000);
	end_free(end);
}

/* RFC 8985 section 6.2, step 4: a duplicate a round widens the window. */
static void duplicates_widen(struct kunit *test)
{
	struct end *end = sending(test, 10);

	SACK(end, 2001, { 1, 1001 });
	KUNIT_EXPECT_EQ(test, end->conn.rack.mult, 2);
	SACK(end, 2001, { 1001, 2001 }); /* the same round */
	KUNIT_EXPECT_EQ(test, end->conn.rack.mult, 2);
	end_ack(end, 10001);
	end_write(end, END_MSS);
	end_drain(end);
	SACK(end, 11001, { 1001, 2001 });
	KUNIT_EXPECT_EQ(test, end->conn.rack.mult, 3);
	end_free(end);
}

/* A time-out sends what is not on the scoreboard, and none of what is. */
static void timeout_keeps_board(struct kunit *test)
{
	struct end *end = sending(test, 6);
	unsigned int i, nr;

	SACK(end, 1, { 2001, 3001 });
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_REORDER));
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	KUNIT_EXPECT_EQ(test, end->conn.snd.sacked, 1000);
	KUNIT_EXPECT_EQ(test, end->conn.snd.lost, 5000);
	end->conn.snd.cwnd = 10 * END_MSS;
	end->nr_out = 0;
	nr = end_drain(end);
	KUNIT_EXPECT_EQ(test, nr, 2);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_NE(test, end->out[i].seq - END_ISS, 2001);
	end_free(end);
}

/* RFC 9937: each ACK of ten lets half of what it delivers go, one at once. */
static void in_proportion(struct kunit *test)
{
	struct end *end = sending(test, 20);
	u32 sent = 0, i, k;

	atcp_cc_use(&end->conn, &atcp_reno);
	end_write(end, 20 * END_MSS);
	end->conn.snd.cwnd = 20 * END_MSS;
	end->now += 100 * MS;
	for (i = 4; i <= 20; i++) {
		SACK(end, 1, { 1001, i * END_MSS + 1 });
		end->nr_out = 0;
		end_drain(end);
		for (k = 0; k < end->nr_out; k++)
			sent += end->out[k].len;
		if (i == 4)
			KUNIT_EXPECT_EQ(test, sent, END_MSS);
		/* 18 segments were in flight besides what had come before */
		KUNIT_EXPECT_LE(test, sent,
				(i - 3) * END_MSS * 10 / 18 + END_MSS);
	}
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, 10 * END_MSS);
	KUNIT_EXPECT_EQ(test, sent, 10 * END_MSS);
	end_ack(end, 20 * END_MSS + 1);
	KUNIT_EXPECT_EQ(test, end->conn.snd.recovery, ATCP_REC_OPEN);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 10 * END_MSS);
	end_free(end);
}

static struct kunit_case score_cases[] = {
	KUNIT_CASE_PARAM(blocks, block_gen_params),
	KUNIT_CASE(counts_once),
	KUNIT_CASE(without_spares),
	KUNIT_CASE(not_too_many),
	KUNIT_CASE(before_a_fin),
	KUNIT_CASE(not_agreed),
	KUNIT_CASE(reneged),
	KUNIT_CASE(waits_for_reordering),
	KUNIT_CASE(three_are_enough),
	KUNIT_CASE(order_in_one_moment),
	KUNIT_CASE(reordering_is_remembered),
	KUNIT_CASE(early_is_no_clock),
	KUNIT_CASE(sampled_by_what_comes),
	KUNIT_CASE(duplicates_widen),
	KUNIT_CASE(timeout_keeps_board),
	KUNIT_CASE(in_proportion),
	{}
};

struct kunit_suite score_suite = {
	.name = "atcp_score",
	.test_cases = score_cases,
};
