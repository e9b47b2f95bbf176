// SPDX-License-Identifier: GPL-2.0
/* Tail loss probe: RFC 8985 section 7. */
#include "core/internal.h"
#include "util.h"

#define PTO end_due(end, ATCP_TIMER_PROBE)

/* With SACK and a round trip of @rtt_ms, cwnd for 20 segments. */
static struct end *measured(struct kunit *test, u32 rtt_ms)
{
	struct end *end = end_new_with(test, ATCP_HAS_SACK_PERM);

	end->conn.rtt.srtt_ns = rtt_ms * MS;
	end->conn.rtt.min_ns = rtt_ms * MS;
	end->conn.rtt.rto_ns = (rtt_ms + 200) * MS;
	end->conn.snd.cwnd = 20 * END_MSS;
	return end;
}

static void send_bytes(struct end *end, u32 bytes)
{
	end_write(end, bytes);
	end_drain(end);
	end->nr_out = 0;
}

/* What is in flight, and when the probe is due after it was sent; 0: never. */
static const struct pto_case {
	const char *name;
	u32 bytes;
	u32 rtt_ms;
	u32 last_rtt_ms; /* RACK's */
	bool is_prompt;
	u32 want_ms;
} pto_cases[] = {
	{ "twice SRTT", 5000, 100, 100, false, 200 },
	{ "one segment may be acknowledged late", 1000, 20, 20, false, 65 },
	{ "not by this peer", 1000, 20, 20, true, 40 },
	{ "two full ones are acknowledged at once", 2000, 20, 20, false, 40 },
	{ "not so if the second is not full", 1500, 20, 20, false, 65 },
	{ "a queue has grown", 5000, 20, 50, false, 60 },
	{ "some time for the hosts", 5000, 1, 1, false, 11 },
	{ "not measured yet: RFC 6298's 1 s would be no later", 5000, 0, 0, false,
	  0 },
	{ "after the time-out", 5000, 300, 300, false, 0 },
};

KUNIT_ARRAY_PARAM_DESC(pto, pto_cases, name);

static void pto(struct kunit *test)
{
	const struct pto_case *row = test->param_value;
	struct end *end = measured(test, row->rtt_ms);

	end->conn.rack.rtt_ns = row->last_rtt_ms * MS;
	end->conn.tlp.is_prompt = row->is_prompt;
	if (!row->rtt_ms)
		end->conn.rtt.rto_ns = SEC;
	send_bytes(end, row->bytes);
	if (row->want_ms)
		KUNIT_EXPECT_EQ(test, PTO, row->want_ms * MS);
	else
		KUNIT_EXPECT_EQ(test, end->conn.deadline[ATCP_TIMER_PROBE],
				ATCP_NEVER);
	end_free(end);
}

/* It counts from the last sending, whatever is acknowledged meanwhile. */
static void pto_counts_from_the_sending(struct kunit *test)
{
	struct end *end = measured(test, 100);

	send_bytes(end, 5000);
	end->now += 100 * MS;
	end_ack(end, 4001);
	KUNIT_EXPECT_EQ(test, PTO, 100 * MS);
	end_ack(end, 5001);
	KUNIT_EXPECT_EQ(test, end->conn.deadline[ATCP_TIMER_PROBE], ATCP_NEVER);
	end_free(end);
}

static void none_without_sack(struct kunit *test)
{
	struct end *end = end_new(test);

	end->conn.rtt.srtt_ns = 100 * MS;
	send_bytes(end, 5000);
	KUNIT_EXPECT_EQ(test, end->conn.deadline[ATCP_TIMER_PROBE], ATCP_NEVER);
	end_free(end);
}

/* Section 7.3: without new data the last segment goes, and it alone. */
static void probes_with_the_last(struct kunit *test)
{
	struct end *end = measured(test, 100);

	send_bytes(end, 4500);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_PROBE));
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].seq, END_ISS + 4001);
	KUNIT_EXPECT_EQ(test, end->out[0].len, 500);
	KUNIT_EXPECT_TRUE(test, end->out[0].is_again);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_TAIL_PROBES));
	KUNIT_EXPECT_EQ(test, end->conn.snd.recovery, ATCP_REC_OPEN);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 20 * END_MSS);
	/* The time-out counts from the probe; there is no second one */
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_RETRANSMIT), 300 * MS);
	KUNIT_EXPECT_EQ(test, end->conn.deadline[ATCP_TIMER_PROBE], ATCP_NEVER);
	end_free(end);
}

/* A segment beyond cwnd, not one more where a reduction has left more under way. */
static void probes_little_beyond_cwnd(struct kunit *test)
{
	struct end *end = measured(test, 100);

	end->conn.snd.cwnd = 4 * END_MSS;
	send_bytes(end, 10000);
	end->conn.snd.cwnd = 2 * END_MSS;
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_PROBE));
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_TRUE(test, end->out[0].is_again);
	KUNIT_EXPECT_EQ(test, end_flight(end), 4 * END_MSS);
	end_free(end);
}

/* New data goes instead, though cwnd is full, but not beyond the peer's window. */
static void probes_with_new_data(struct kunit *test)
{
	struct end *end = measured(test, 100);

	end->conn.snd.cwnd = 4 * END_MSS;
	send_bytes(end, 10000);
	KUNIT_ASSERT_EQ(test, end_flight(end), 4 * END_MSS);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_PROBE));
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].seq, END_ISS + 4001);
	KUNIT_EXPECT_EQ(test, end->out[0].len, END_MSS);
	KUNIT_EXPECT_FALSE(test, end->out[0].is_again);
	KUNIT_EXPECT_FALSE(test, end->conn.tlp.is_again);
	end_free(end);

	end = measured(test, 100);
	end->conn.snd.wnd = 4 * END_MSS;
	send_bytes(end, 10000);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_PROBE));
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].seq, END_ISS + 3001);
	KUNIT_EXPECT_TRUE(test, end->out[0].is_again);
	end_free(end);
}

/* An ACK with a block that tells of a duplicate. */
static void dsack(struct end *end, u32 ack, u32 left)
{
	struct atcp_seg seg = end_next(end, ATCP_F_ACK, 0);

	seg.ack = END_ISS + ack;
	seg.opts.has |= ATCP_HAS_SACK;
	seg.opts.nr_sacks = 1;
	seg.opts.sacks[0].left = END_ISS + left;
	seg.opts.sacks[0].right = END_ISS + ack;
	end_feed(end, &seg);
}

/* Section 7.4: what comes after the probe, and whether that was a loss. */
static void outcome(struct kunit *test)
{
	struct end *end = measured(test, 100);

	/* The probe's segment was lost: the next data's ACK says so */
	send_bytes(end, 5000);
	end_expire(end, ATCP_TIMER_PROBE);
	end_drain(end);
	end_ack(end, 5001);
	KUNIT_EXPECT_TRUE(test, end->conn.tlp.is_out);
	send_bytes(end, 1000);
	end_ack(end, 6001);
	KUNIT_EXPECT_FALSE(test, end->conn.tlp.is_out);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_TAIL_PROBE_REPAIRS));
	KUNIT_EXPECT_LT(test, end->conn.snd.ssthresh, 20 * END_MSS);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, end->conn.snd.ssthresh);
	end_free(end);

	/* It was not: a D-SACK, or a duplicate ACK of a peer that tells of none */
	end = measured(test, 100);
	send_bytes(end, 5000);
	end_expire(end, ATCP_TIMER_PROBE);
	end_drain(end);
	end_ack(end, 5001);
	dsack(end, 5001, 4001);
	KUNIT_EXPECT_FALSE(test, end->conn.tlp.is_out);
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, U32_MAX);
	send_bytes(end, 3000);
	end_expire(end, ATCP_TIMER_PROBE);
	end_drain(end);
	end_ack(end, 8001);
	KUNIT_EXPECT_TRUE(test, end->conn.tlp.is_out);
	end_ack(end, 8001);
	KUNIT_EXPECT_FALSE(test, end->conn.tlp.is_out);
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, U32_MAX);
	end_free(end);
}

/* What SACK tells comes before what a probe could, and a time-out ends it. */
static void gives_way(struct kunit *test)
{
	struct end *end = measured(test, 100);

	send_bytes(end, 5000);
	end->conn.deadline[ATCP_TIMER_PROBE] = ATCP_NEVER;
	end->conn.flags |= ATCP_CONN_TAIL_PROBE;
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end->conn.deadline[ATCP_TIMER_PROBE], ATCP_NEVER);
	KUNIT_EXPECT_FALSE(test, end->conn.flags & ATCP_CONN_TAIL_PROBE);
	end_free(end);

	end = measured(test, 100);
	send_bytes(end, 5000);
	end->conn.flags |= ATCP_CONN_TAIL_PROBE;
	end_ack(end, 5001);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	KUNIT_EXPECT_FALSE(test, end->conn.flags & ATCP_CONN_TAIL_PROBE);
	end_free(end);
}

/* The peer acknowledges one by one, and at once; or late, or two together. */
static void promptness(struct kunit *test)
{
	struct end *end = measured(test, 100);

	send_bytes(end, 6000);
	end->now += 100 * MS;
	end_ack(end, 1001);
	KUNIT_EXPECT_TRUE(test, end->conn.tlp.is_prompt);
	end_ack(end, 3001);
	KUNIT_EXPECT_FALSE(test, end->conn.tlp.is_prompt);
	end_ack(end, 4001);
	KUNIT_EXPECT_TRUE(test, end->conn.tlp.is_prompt);
	end->now += 10 * MS;
	end_ack(end, 5001);
	KUNIT_EXPECT_FALSE(test, end->conn.tlp.is_prompt);
	end_free(end);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(pto, pto_gen_params),
	KUNIT_CASE(pto_counts_from_the_sending),
	KUNIT_CASE(none_without_sack),
	KUNIT_CASE(probes_with_the_last),
	KUNIT_CASE(probes_little_beyond_cwnd),
	KUNIT_CASE(probes_with_new_data),
	KUNIT_CASE(outcome),
	KUNIT_CASE(gives_way),
	KUNIT_CASE(promptness),
	{}
};

struct kunit_suite tlp_suite = {
	.name = "atcp_tlp",
	.test_cases = cases,
};
