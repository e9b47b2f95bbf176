// SPDX-License-Identifier: GPL-2.0
/* Losses that were none: RFC 3522, 4015, 3708, 5682. */
#include "core/internal.h"
#include "util.h"

/* @nr segments in flight, each with a record, of a window of 50. */
static struct end *sending(struct kunit *test, u8 use, unsigned int nr)
{
	struct end *end = end_new_with(test, use);

	end->conn.rtt.srtt_ns = 100 * MS;
	end->conn.rtt.min_ns = 100 * MS;
	end->conn.snd.cwnd = 50 * END_MSS;
	while (nr--) {
		end_write(end, end->conn.snd.mss);
		end_drain(end);
	}
	end->nr_out = 0;
	return end;
}

static void expire(struct end *end)
{
	end->conn.deadline[ATCP_TIMER_PROBE] = ATCP_NEVER;
	KUNIT_ASSERT_TRUE(end->test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	end_drain(end);
	end->nr_out = 0;
}

/* An ACK of @nr segments that echoes what our clock showed @ago_ns ago. */
static void ack_echo(struct end *end, u32 nr, u64 ago_ns)
{
	struct atcp_seg seg = end_next(end, ATCP_F_ACK, 0);

	seg.ack = END_ISS + 1 + nr * end->conn.snd.mss;
	seg.opts.ts_ecr = atcp_conn_ts_now(end->conn.ts_offset,
					   end->now - ago_ns);
	end_feed(end, &seg);
}

/* RFC 3522 section 3.2: what the echo says of the first retransmission. */
static const struct echo_case {
	const char *name;
	u32 nr; /* segments acknowledged */
	u32 ago_ms; /* since what is echoed */
	bool want;
} echo_cases[] = {
	{ "older: of the first sending", 1, 150, true },
	{ "of the retransmission", 1, 100, false },
	{ "younger", 1, 10, false },
	{ "all of the flight, and older", 10, 150, true },
};

KUNIT_ARRAY_PARAM_DESC(echo, echo_cases, name);

static void echo(struct kunit *test)
{
	const struct echo_case *row = test->param_value;
	struct end *end = sending(test, ATCP_HAS_TS, 10);

	expire(end);
	end->now += 100 * MS;
	ack_echo(end, row->nr, row->ago_ms * MS);
	KUNIT_EXPECT_EQ(test, end_counted(end, ATCP_MIB_UNDONE_BY_TIMESTAMP),
			row->want);
	if (row->want) {
		KUNIT_EXPECT_EQ(test, end->conn.snd.recovery, ATCP_REC_OPEN);
		KUNIT_EXPECT_EQ(test, end->conn.snd.lost, 0);
		KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, U32_MAX);
	}
	end_free(end);
}

/* RFC 4015 section 3.2: ten more than is under way, and slow start to the rest. */
static void comes_back_slowly(struct kunit *test)
{
	struct end *end = sending(test, ATCP_HAS_TS, 10);
	u32 mss = end->conn.snd.mss;

	end->conn.snd.ssthresh = 30 * mss;
	end->conn.snd.cwnd = 50 * mss;
	expire(end);
	KUNIT_ASSERT_EQ(test, end->conn.snd.cwnd, mss);
	end->now += 100 * MS;
	ack_echo(end, 1, 150 * MS);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, (9 + 10) * mss);
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, 50 * mss);
	end_free(end);
}

/* An ACK of nothing new that tells of segments @from to @to as duplicates. */
static void dsack(struct end *end, u32 ack, u32 from, u32 to)
{
	struct atcp_seg seg = end_next(end, ATCP_F_ACK, 0);

	seg.ack = END_ISS + 1 + ack * END_MSS;
	seg.opts.has |= ATCP_HAS_SACK;
	seg.opts.nr_sacks = 1;
	seg.opts.sacks[0].left = END_ISS + 1 + from * END_MSS;
	seg.opts.sacks[0].right = END_ISS + 1 + to * END_MSS;
	end_feed(end, &seg);
}

/* All that was sent again has been told, not less and nothing else. */
static void duplicates(struct kunit *test)
{
	struct end *end = sending(test, ATCP_HAS_SACK_PERM, 10);

	end->conn.rack.has_reordered = false;
	expire(end); /* sends the first again */
	end->now += 100 * MS;
	end_ack(end, 2 * END_MSS + 1); /* sends the third and the fourth */
	end_drain(end);
	KUNIT_ASSERT_EQ(test, end->conn.undo.bytes, 3 * END_MSS);
	dsack(end, 4, 0, 1);
	dsack(end, 4, 2, 3);
	KUNIT_EXPECT_FALSE(test, end_counted(end, ATCP_MIB_UNDONE_BY_DSACK));
	dsack(end, 4, 3, 4);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_UNDONE_BY_DSACK));
	KUNIT_EXPECT_EQ(test, end->conn.snd.recovery, ATCP_REC_OPEN);
	end_free(end);
}

/* RFC 5682: which acknowledgments, of ten segments, say that the time-out was none. */
static const struct frto_case {
	const char *name;
	u32 first; /* segments that the first ACK acknowledges */
	u32 second;
	u32 unsent; /* segments */
	u32 want_new; /* segments sent after the first */
	bool want;
} frto_cases[] = {
	{ "spurious", 1, 2, 5, 2, true },
	{ "a duplicate first", 0, 2, 5, 0, false },
	{ "all of it first", 10, 10, 5, 2, false },
	{ "a duplicate second", 1, 1, 5, 2, false },
	{ "nothing new to ask with", 1, 2, 0, 0, false },
};

KUNIT_ARRAY_PARAM_DESC(frto, frto_cases, name);

static void frto(struct kunit *test)
{
	const struct frto_case *row = test->param_value;
	struct end *end = sending(test, 0, 10);
	u32 nxt = end->conn.snd.nxt;

	expire(end);
	end_write(end, row->unsent * END_MSS);
	end->now += 10 * MS;
	end_ack(end, row->first * END_MSS + 1);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end->conn.snd.nxt - nxt, row->want_new * END_MSS);
	end_ack(end, row->second * END_MSS + 1);
	KUNIT_EXPECT_EQ(test, end_counted(end, ATCP_MIB_SPURIOUS_TIMEOUTS),
			row->want);
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh == U32_MAX, row->want);
	end_free(end);
}

/* Section 2.1 step 1: a second time-out of the same data is believed. */
static void frto_not_twice(struct kunit *test)
{
	struct end *end = sending(test, 0, 10);

	expire(end);
	expire(end);
	KUNIT_EXPECT_EQ(test, end->conn.undo.frto, ATCP_FRTO_OFF);
	end_free(end);
}

/* A round trip after the recovery a duplicate is the network's. */
static void too_late(struct kunit *test)
{
	struct end *end = sending(test, ATCP_HAS_SACK_PERM, 10);

	expire(end);
	end->now += 100 * MS;
	end_ack(end, 10 * END_MSS + 1);
	KUNIT_ASSERT_EQ(test, end->conn.snd.recovery, ATCP_REC_OPEN);
	KUNIT_ASSERT_TRUE(test, end->conn.undo.is_begun);
	end_write(end, END_MSS);
	end_drain(end);
	end_ack(end, 11 * END_MSS + 1);
	dsack(end, 11, 0, 1);
	KUNIT_EXPECT_FALSE(test, end_counted(end, ATCP_MIB_UNDONE_BY_DSACK));
	end_free(end);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(echo, echo_gen_params),
	KUNIT_CASE(comes_back_slowly),
	KUNIT_CASE(duplicates),
	KUNIT_CASE_PARAM(frto, frto_gen_params),
	KUNIT_CASE(frto_not_twice),
	KUNIT_CASE(too_late),
	{}
};

struct kunit_suite undo_suite = {
	.name = "atcp_undo",
	.test_cases = cases,
};
