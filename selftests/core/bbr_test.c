// SPDX-License-Identifier: GPL-2.0
/* BBR: draft-ietf-ccwg-bbr, state by state. */
#include "core/bbr.h"
#include "util.h"

#define MBps 1000000ULL

/*
 * A path of 10 MB/s and 100 ms: a BDP of 1 MB. Samples are made by hand, one a round
 * trip, of a connection that has @bbr in whatever state the test puts it.
 */
static struct end *on_path(struct kunit *test, u8 state)
{
	struct end *end = end_new(test);
	struct atcp_bbr *bbr;

	atcp_cc_use(&end->conn, &atcp_bbr_ops);
	bbr = &end->conn.cc.bbr;
	bbr->state = state;
	bbr->is_full_reached = state != ATCP_BBR_STARTUP;
	bbr->min_rtt_ns = 100 * MS;
	bbr->probe_rtt_ns = 100 * MS;
	bbr->min_rtt_at_ns = end->now;
	bbr->probe_rtt_at_ns = end->now;
	bbr->cycle_at_ns = end->now;
	bbr->probe_wait_ns = 2 * SEC;
	bbr->max_bw_Bps[1] = 10 * MBps;
	bbr->bw_Bps = 10 * MBps;
	end->conn.snd.cwnd = 2000000;
	return end;
}

/* A round trip with such a rate, RTT and loss; a segment's worth is delivered. */
static void round_trip(struct end *end, u64 rate_Bps, u64 rtt_ns, u32 in_flight,
		       u32 lost)
{
	struct atcp_conn *conn = &end->conn;
	struct atcp_rate_sample sample = {
		.rtt_ns = rtt_ns, .interval_ns = rtt_ns, .rate_Bps = rate_Bps,
		.delivered = in_flight - lost, .in_flight = in_flight,
		.lost = lost, .newly_lost = lost,
		.prior_delivered = conn->rate.delivered,
	};

	end->now += rtt_ns;
	sample.now_ns = end->now;
	sample.acked = in_flight - lost;
	conn->rate.delivered += sample.acked;
	conn->rate.delivered_ns = end->now;
	conn->rate.lost += lost;
	conn->cc.bbr.has_lost_in_round |= !!lost;
	atcp_cc_sample(conn, &sample);
}

/* Section 5.3.1.2: three rounds without a quarter more, then the queue drains. */
static void startup_ends(struct kunit *test)
{
	struct end *end = on_path(test, ATCP_BBR_STARTUP);
	struct atcp_bbr *bbr = &end->conn.cc.bbr;

	round_trip(end, 5 * MBps, 100 * MS, 500000, 0);
	KUNIT_EXPECT_EQ(test, bbr->full_bw_Bps, 5 * MBps);
	round_trip(end, 10 * MBps, 100 * MS, 1000000, 0);
	round_trip(end, 11 * MBps, 150 * MS, 1500000, 0);
	round_trip(end, 11 * MBps, 200 * MS, 2000000, 0);
	KUNIT_EXPECT_EQ(test, bbr->state, ATCP_BBR_STARTUP);
	round_trip(end, 11 * MBps, 200 * MS, 2000000, 0);
	KUNIT_EXPECT_TRUE(test, bbr->is_full_reached);
	/* nothing is under way here: the queue is gone at once */
	KUNIT_EXPECT_TRUE(test, atcp_bbr_is_probing_bw_cycle(bbr));
	end_free(end);
}

static void startup_goes_on_while_it_grows(struct kunit *test)
{
	struct end *end = on_path(test, ATCP_BBR_STARTUP);
	u64 rate_Bps = MBps;
	u32 i;

	for (i = 0; i < 12; i++) {
		rate_Bps = rate_Bps * 5 / 4 + 1;
		round_trip(end, rate_Bps, 100 * MS, 100000, 0);
	}
	KUNIT_EXPECT_EQ(test, end->conn.cc.bbr.state, ATCP_BBR_STARTUP);
	KUNIT_EXPECT_EQ(test, end->conn.cc.bbr.bw_Bps, max(rate_Bps, 10 * MBps));
	end_free(end);
}

/* Gains of each state: what is sent a second, and what may be under way. */
static const struct gain_case {
	const char *name;
	u8 state;
	u32 pacing_pct;
	u32 cwnd_max;
} gain_cases[] = {
	{ "Drain", ATCP_BBR_DRAIN, 50, 2000000 },
	{ "DOWN", ATCP_BBR_DOWN, 90, 2000000 },
	{ "CRUISE", ATCP_BBR_CRUISE, 100, 2000000 },
	{ "REFILL", ATCP_BBR_REFILL, 100, 2000000 },
	{ "UP", ATCP_BBR_UP, 125, 2252000 },
};

KUNIT_ARRAY_PARAM_DESC(gain, gain_cases, name);

static void gain(struct kunit *test)
{
	const struct gain_case *row = test->param_value;
	struct end *end = on_path(test, row->state);
	struct atcp_bbr *bbr = &end->conn.cc.bbr;
	struct atcp_rate_sample sample = {
		.now_ns = end->now, .rtt_ns = 100 * MS, .acked = 3000000,
		.in_flight = 1000000, .delivered = 1000000,
		.prior_delivered = end->conn.rate.delivered - 1,
	};

	/* in the middle of a round, with more under way than the path holds */
	bbr->next_round_delivered = end->conn.rate.delivered;
	bbr->loss_round_delivered = end->conn.rate.delivered;
	bbr->extra_delivered = 0;
	end->conn.snd.nxt = end->conn.snd.una + 2000000;
	end->conn.snd.end = end->conn.snd.nxt;
	atcp_cc_sample(&end->conn, &sample);
	end->conn.snd.nxt = end->conn.snd.una;
	end->conn.snd.end = end->conn.snd.una;
	KUNIT_EXPECT_EQ(test, bbr->state, row->state);
	KUNIT_EXPECT_EQ(test, end->conn.pacing.rate_Bps,
			10 * MBps * row->pacing_pct / 100);
	KUNIT_EXPECT_LE(test, end->conn.snd.cwnd,
			row->cwnd_max + atcp_bbr_extra_acked(bbr));
	KUNIT_EXPECT_GE(test, end->conn.snd.cwnd, row->cwnd_max);
	end_free(end);
}

/* Sections 5.3.3.5 and 5.3.3.6: a round of REFILL, and UP until nothing grows. */
static void probes(struct kunit *test)
{
	struct end *end = on_path(test, ATCP_BBR_CRUISE);
	struct atcp_bbr *bbr = &end->conn.cc.bbr;
	u32 i;

	for (i = 0; i < 40 && bbr->state == ATCP_BBR_CRUISE; i++)
		round_trip(end, 10 * MBps, 100 * MS, 1000000, 0);
	KUNIT_EXPECT_EQ(test, bbr->state, ATCP_BBR_REFILL);
	KUNIT_EXPECT_GE(test, i, 19); /* 2 s of them */
	KUNIT_EXPECT_LE(test, i, 32);
	round_trip(end, 10 * MBps, 100 * MS, 1000000, 0);
	KUNIT_EXPECT_EQ(test, bbr->state, ATCP_BBR_UP);
	for (i = 0; i < 9 && bbr->state == ATCP_BBR_UP; i++)
		round_trip(end, 10 * MBps, 110 * MS, 1250000, 0);
	KUNIT_EXPECT_EQ(test, i, 3);
	KUNIT_EXPECT_EQ(test, bbr->inflight_long, U32_MAX);
	end_free(end);
}

/* Section 5.3.3.8: on a short path it probes as soon as Reno would have grown so much. */
static void probes_like_reno(struct kunit *test)
{
	struct end *end = on_path(test, ATCP_BBR_CRUISE);
	struct atcp_bbr *bbr = &end->conn.cc.bbr;
	u32 i;

	bbr->min_rtt_ns = MS; /* 10 segments */
	bbr->probe_rtt_ns = MS;
	for (i = 0; i < 40 && bbr->state == ATCP_BBR_CRUISE; i++)
		round_trip(end, 10 * MBps, MS, 10000, 0);
	KUNIT_EXPECT_EQ(test, bbr->state, ATCP_BBR_REFILL);
	KUNIT_EXPECT_EQ(test, i, 10);
	end_free(end);
}

/* What is lost while it probes, with a queue or without, and what comes of it. */
static const struct loss_case {
	const char *name;
	u64 rtt_ms;
	u32 lost; /* of 1,250,000 */
	u32 ambient; /* in 1/1024 */
	bool want_down;
} loss_cases[] = {
	{ "a queue, 1%", 130, 12500, 0, false },
	{ "a queue, 3%", 130, 37500, 0, true },
	{ "a queue, 3% where 2% are lost anyway", 130, 37500, 20, false },
	{ "no queue, 3%", 100, 37500, 0, false },
	{ "no queue, a fifth: a policer", 100, 250000, 0, true },
};

KUNIT_ARRAY_PARAM_DESC(loss, loss_cases, name);

static void loss(struct kunit *test)
{
	const struct loss_case *row = test->param_value;
	struct end *end = on_path(test, ATCP_BBR_UP);
	struct atcp_bbr *bbr = &end->conn.cc.bbr;

	bbr->is_probe_sample = true;
	bbr->loss_ambient = row->ambient;
	bbr->round_rtt_ns = row->rtt_ms * MS;
	bbr->next_rtt_ns = row->rtt_ms * MS;
	atcp_bbr_raise_slope(&end->conn);
	round_trip(end, 10 * MBps, row->rtt_ms * MS, 1250000, row->lost);
	KUNIT_EXPECT_EQ(test, bbr->state == ATCP_BBR_UP, !row->want_down);
	KUNIT_EXPECT_EQ(test, bbr->inflight_long != U32_MAX, row->want_down);
	end_free(end);
}

/* Section 5.5.10.3: a round of CRUISE that loses too much: seven tenths, or what came. */
static void gives_way(struct kunit *test)
{
	struct end *end = on_path(test, ATCP_BBR_CRUISE);
	struct atcp_bbr *bbr = &end->conn.cc.bbr;

	round_trip(end, 10 * MBps, 150 * MS, 1000000, 0);
	round_trip(end, 5 * MBps, 150 * MS, 1000000, 100000);
	round_trip(end, 5 * MBps, 150 * MS, 1000000, 100000);
	KUNIT_EXPECT_EQ(test, bbr->bw_short_Bps, 7 * MBps);
	KUNIT_EXPECT_EQ(test, bbr->bw_Bps, 7 * MBps);
	KUNIT_EXPECT_LT(test, bbr->inflight_short, 2000000);
	end_free(end);
}

/* What is found lost in DRAIN was sent in Startup: none of it narrows what comes. */
static void startup_is_over(struct kunit *test)
{
	struct end *end = on_path(test, ATCP_BBR_DRAIN);
	struct atcp_bbr *bbr = &end->conn.cc.bbr;

	end->conn.snd.nxt = end->conn.snd.una + 1500000;
	round_trip(end, 10 * MBps, 150 * MS, 1500000, 0);
	round_trip(end, 5 * MBps, 150 * MS, 1500000, 150000);
	round_trip(end, 5 * MBps, 150 * MS, 1500000, 150000);
	KUNIT_EXPECT_EQ(test, bbr->state, ATCP_BBR_DRAIN);
	KUNIT_EXPECT_EQ(test, bbr->bw_short_Bps, U64_MAX);
	KUNIT_EXPECT_EQ(test, bbr->inflight_short, U32_MAX);
	end_free(end);
}

/*
 * Section 5.6.2: 1% is left out, for a queue to drain. Where there is none, not; and all
 * that the path loses by itself is sent on top, rather than three quarters of it.
 */
static void margin(struct kunit *test)
{
	struct end *end = on_path(test, ATCP_BBR_CRUISE);
	struct atcp_conn *conn = &end->conn;

	round_trip(end, 10 * MBps, 101 * MS, 1000000, 0);
	KUNIT_EXPECT_EQ(test, conn->pacing.rate_Bps, 10 * MBps);
	round_trip(end, 10 * MBps, 102 * MS, 1000000, 0);
	round_trip(end, 10 * MBps, 102 * MS, 1000000, 0);
	KUNIT_EXPECT_EQ(test, conn->pacing.rate_Bps, 9900000);
	conn->cc.bbr.loss_ambient = 32;
	KUNIT_EXPECT_EQ(test, atcp_bbr_before_loss(&conn->cc.bbr, 1000000),
			1024000000 / 1000);
	conn->cc.bbr.round_rtt_ns = 101 * MS;
	KUNIT_EXPECT_EQ(test, atcp_bbr_before_loss(&conn->cc.bbr, 1000000),
			1024000000 / 992);
	end_free(end);
}

/* Section 5.3.4: after 5 s without a round trip as short as the least. */
static void looks_for_the_rtt(struct kunit *test)
{
	struct end *end = on_path(test, ATCP_BBR_CRUISE);
	struct atcp_bbr *bbr = &end->conn.cc.bbr;
	u64 start = end->now;
	u32 i;

	for (i = 0; i < 100 && bbr->state != ATCP_BBR_PROBE_RTT; i++)
		round_trip(end, 10 * MBps, 110 * MS, 1000000, 0);
	KUNIT_EXPECT_GE(test, end->now - start, 5 * SEC);
	KUNIT_EXPECT_LE(test, end->now - start, 5 * SEC + 200 * MS);
	KUNIT_EXPECT_LE(test, end->conn.snd.cwnd, 600000);
	for (i = 0; i < 9 && bbr->state == ATCP_BBR_PROBE_RTT; i++)
		round_trip(end, 10 * MBps, 100 * MS, 500000, 0);
	KUNIT_EXPECT_EQ(test, bbr->state, ATCP_BBR_CRUISE);
	KUNIT_EXPECT_EQ(test, i, 3);
	KUNIT_EXPECT_GE(test, end->conn.snd.cwnd, 1900000);
	end_free(end);

	/* Not while round trips are as short */
	end = on_path(test, ATCP_BBR_CRUISE);
	for (i = 0; i < 100; i++) {
		round_trip(end, 10 * MBps, 100 * MS, 1000000, 0);
		KUNIT_EXPECT_NE(test, end->conn.cc.bbr.state,
				ATCP_BBR_PROBE_RTT);
	}
	end_free(end);
}

/* CE in more than half of what is delivered in a probe is too much. */
static void ce(struct kunit *test)
{
	struct end *end = on_path(test, ATCP_BBR_UP);
	struct atcp_bbr *bbr = &end->conn.cc.bbr;

	bbr->is_probe_sample = true;
	atcp_bbr_raise_slope(&end->conn);
	bbr->acked_in_round = 1000;
	bbr->ce_in_round = 600000;
	round_trip(end, 10 * MBps, 100 * MS, 1000000, 0);
	/* nothing is under way here: DOWN is over at once */
	KUNIT_EXPECT_EQ(test, bbr->state, ATCP_BBR_CRUISE);
	KUNIT_EXPECT_NE(test, bbr->inflight_long, U32_MAX);
	end_free(end);
}

/* Recovery leaves cwnd alone, and after a time-out it comes back. */
static void recovery(struct kunit *test)
{
	struct end *end = end_new(test);
	u32 cwnd;

	atcp_cc_use(&end->conn, &atcp_bbr_ops);
	end->conn.pacing.rate_Bps = U64_MAX;
	end_write(end, 10 * END_MSS);
	end_drain(end);
	cwnd = end->conn.snd.cwnd;
	end_dup_acks(end, 1, 3);
	KUNIT_EXPECT_EQ(test, end->conn.snd.recovery, ATCP_REC_FAST);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, cwnd);
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, U32_MAX);
	end->conn.deadline[ATCP_TIMER_PACING] = ATCP_NEVER;
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	KUNIT_EXPECT_LT(test, end->conn.snd.cwnd, cwnd);
	end_drain(end);
	end->now += 10 * MS;
	end_ack(end, 10 * END_MSS + 1);
	KUNIT_EXPECT_EQ(test, end->conn.snd.recovery, ATCP_REC_OPEN);
	KUNIT_EXPECT_GE(test, end->conn.snd.cwnd, 4 * END_MSS);
	end_free(end);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(startup_ends),
	KUNIT_CASE(startup_goes_on_while_it_grows),
	KUNIT_CASE_PARAM(gain, gain_gen_params),
	KUNIT_CASE(probes),
	KUNIT_CASE(probes_like_reno),
	KUNIT_CASE_PARAM(loss, loss_gen_params),
	KUNIT_CASE(gives_way),
	KUNIT_CASE(startup_is_over),
	KUNIT_CASE(margin),
	KUNIT_CASE(looks_for_the_rtt),
	KUNIT_CASE(ce),
	KUNIT_CASE(recovery),
	{}
};

struct kunit_suite bbr_suite = {
	.name = "atcp_bbr",
	.test_cases = cases,
};
