// SPDX-License-Identifier: GPL-2.0
/* Path MTU discovery: RFC 1191, 5927 and 4821. */
#include "core/internal.h"
#include "util.h"

/* The MSS in force: path, peer, timestamps, and a floor. */
static const struct mss_case {
	const char *name;
	u16 path, peer;
	u8 use;
	u16 want;
} mss_cases[] = {
	{ "the path's", 1000, 1460, 0, 1000 },
	{ "the peer's", 1460, 536, 0, 536 },
	{ "timestamps take 12", 1460, 1460, ATCP_HAS_TS, 1448 },
	{ "a floor", 1460, 10, 0, 48 },
	{ "a floor under nothing", 0, 0, ATCP_HAS_TS, 48 },
	{ "as much as one packet holds", 65535, 65535, 0, 65495 },
};

KUNIT_ARRAY_PARAM_DESC(mss, mss_cases, name);

static void effective_mss(struct kunit *test)
{
	const struct mss_case *row = test->param_value;
	struct end *end = end_new(test);

	end->conn.use = row->use;
	end->conn.snd.peer_mss = row->peer;
	atcp_conn_set_path_mss(&end->conn, row->path);
	KUNIT_EXPECT_EQ(test, end->conn.snd.mss, row->want);
	KUNIT_EXPECT_EQ(test, end->conn.rcv.own_mss, END_MSS); /* announced */
	end_free(end);
}

/* RFC 5927: what ICMP quotes must be under way. */
static const struct icmp_case {
	const char *name;
	u8 state;
	u32 seq; /* relative to ISS; 1..101 is in flight where it can be */
	bool hard;
	u8 want;
} icmp_cases[] = {
	{ "hard, SYN-SENT", ATCP_SYN_SENT, 0, true, ATCP_ICMP_ABORTED },
	{ "hard, SYN-SENT, not our SYN", ATCP_SYN_SENT, 1, true,
	  ATCP_ICMP_IGNORED },
	{ "soft, SYN-SENT", ATCP_SYN_SENT, 0, false, ATCP_ICMP_SOFT },
	{ "hard, SYN-RECEIVED", ATCP_SYN_RCVD, 0, true, ATCP_ICMP_ABORTED },
	{ "hard, ESTABLISHED", ATCP_ESTABLISHED, 1, true, ATCP_ICMP_SOFT },
	{ "last byte in flight", ATCP_ESTABLISHED, 100, true, ATCP_ICMP_SOFT },
	{ "acknowledged", ATCP_ESTABLISHED, 0, true, ATCP_ICMP_IGNORED },
	{ "never sent", ATCP_ESTABLISHED, 101, true, ATCP_ICMP_IGNORED },
};

KUNIT_ARRAY_PARAM_DESC(icmp, icmp_cases, name);

static void icmp(struct kunit *test)
{
	const struct icmp_case *row = test->param_value;
	struct end *end = end_init(test);

	end_drive(end, row->state);
	if (row->state == ATCP_ESTABLISHED) {
		end_write(end, 100);
		end_drain(end);
	}
	end_begin(end);
	KUNIT_EXPECT_EQ(test, atcp_conn_icmp(&end->conn, END_ISS + row->seq,
					     row->hard, &end->step), row->want);
	end_finish(end);
	KUNIT_EXPECT_EQ(test, end->conn.state == ATCP_CLOSED,
			row->want == ATCP_ICMP_ABORTED);
	if (row->want == ATCP_ICMP_ABORTED)
		KUNIT_EXPECT_EQ(test, end->conn.error, ATCP_ERR_UNREACHABLE);
	end_free(end);
}

static bool report_pmtu(struct end *end, u32 seq, u16 mss)
{
	bool was_believed;

	end_begin(end);
	was_believed = atcp_conn_pmtu(&end->conn, END_ISS + seq, mss, &end->step);
	end_finish(end);
	return was_believed;
}

/* RFC 1191: what was too big goes again, smaller; the window stays. */
static void report(struct kunit *test)
{
	struct end *end = end_new(test);

	end_write(end, 3000);
	end_drain(end);
	end_write(end, 300);
	end->conn.flags |= ATCP_CONN_NODELAY;
	end_drain(end);
	KUNIT_EXPECT_FALSE(test, report_pmtu(end, 3301, 500)); /* not sent */
	KUNIT_EXPECT_FALSE(test, report_pmtu(end, 1, 1000)); /* no news */
	KUNIT_EXPECT_TRUE(test, report_pmtu(end, 1, 500));
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_PMTU_REDUCED));
	KUNIT_EXPECT_EQ(test, end->conn.snd.mss, 500);
	KUNIT_EXPECT_EQ(test, end->conn.snd.lost, 3000);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 10000);
	end->nr_out = 0;
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].len, 3000);
	KUNIT_EXPECT_EQ(test, end->out[0].mss, 500);
	end_free(end);
}

/* Below the floor or what the peer takes, nothing changes for us. */
static void report_without_effect(struct kunit *test)
{
	struct end *end = end_new(test);

	end->conn.snd.peer_mss = 400;
	atcp_conn_update_mss(&end->conn);
	end_write(end, 400);
	end_drain(end);
	KUNIT_EXPECT_TRUE(test, report_pmtu(end, 1, 500));
	KUNIT_EXPECT_EQ(test, end->conn.snd.lost, 0);
	end_free(end);
}

/* With SACK or without, MTU probing on: it takes 1000, and may take 1400. */
static struct end *searching(struct kunit *test, u8 use)
{
	struct end *end = end_new_with(test, use);

	end->conn.config.mtu_probing = ATCP_MTU_PROBING_ALWAYS;
	end->conn.config.base_mss = END_MSS;
	end->conn.snd.peer_mss = 1460;
	atcp_conn_set_path_mss(&end->conn, 1400);
	atcp_pmtu_establish(&end->conn);
	end->conn.snd.cwnd = 20 * END_MSS;
	return end;
}

/* What is written, or may go, and whether a probe of 1400 goes first. */
static const struct probe_case {
	const char *name;
	u8 use;
	u32 bytes, wnd, cwnd;
	bool want;
} probe_cases[] = {
	{ "three segments behind it", ATCP_HAS_SACK_PERM, 4400, END_WND, 20000,
	  true },
	{ "less behind it", ATCP_HAS_SACK_PERM, 4399, END_WND, 20000, false },
	{ "no window for these", ATCP_HAS_SACK_PERM, 9000, 4399, 20000, false },
	{ "no cwnd for these", ATCP_HAS_SACK_PERM, 9000, END_WND, 4399, false },
	{ "nobody would tell", 0, 9000, END_WND, 20000, false },
};

KUNIT_ARRAY_PARAM_DESC(probe, probe_cases, name);

/* RFC 4821 section 7.4: one segment, and what tells of its loss. */
static void probe(struct kunit *test)
{
	const struct probe_case *row = test->param_value;
	struct end *end = searching(test, row->use);

	end->conn.snd.wnd = row->wnd;
	end->conn.snd.cwnd = row->cwnd;
	end_write(end, row->bytes);
	KUNIT_ASSERT_NE(test, end_drain(end), 0);
	KUNIT_EXPECT_EQ(test, end_counted(end, ATCP_MIB_MTU_PROBES), row->want);
	KUNIT_EXPECT_EQ(test, end->out[0].len == 1400, row->want);
	KUNIT_EXPECT_EQ(test, end->out[0].mss, row->want ? 1400 : 1000);
	end_free(end);
}

/* A probe waits for room in cwnd, and nothing else goes meanwhile. */
static void probe_waits_for_cwnd(struct kunit *test)
{
	struct end *end = searching(test, ATCP_HAS_SACK_PERM);

	end->conn.snd.cwnd = 5000;
	end_write(end, 4000);
	end_drain(end);
	end_write(end, 9000);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	KUNIT_EXPECT_TRUE(test, end->conn.flags & ATCP_CONN_CWND_LIMITED);
	end->nr_out = 0;
	end_ack(end, 4001);
	KUNIT_EXPECT_NE(test, end_drain(end), 0);
	KUNIT_EXPECT_EQ(test, end->out[0].len, 1400);
	end_free(end);
}

static void sack_from(struct end *end, u32 left, u32 right)
{
	struct atcp_seg seg = end_next(end, ATCP_F_ACK, 0);

	seg.ack = END_ISS + 1;
	seg.opts.has |= ATCP_HAS_SACK;
	seg.opts.nr_sacks = 1;
	seg.opts.sacks[0] = (struct atcp_sack){ END_ISS + left,
						END_ISS + right };
	end_feed(end, &seg);
}

/* It has arrived: from now on all segments are so large. */
static void probe_passes(struct kunit *test)
{
	struct end *end = searching(test, ATCP_HAS_SACK_PERM);

	end_write(end, 4400);
	end_drain(end);
	end_ack(end, 1401);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_MTU_PROBES_PASSED));
	KUNIT_EXPECT_EQ(test, end->conn.snd.mss, 1400);
	end_free(end);
}

/* Only a part had arrived; the rest came in a segment that says nothing. */
static void probe_in_pieces(struct kunit *test)
{
	struct end *end = searching(test, ATCP_HAS_SACK_PERM);

	end_write(end, 4400);
	end_drain(end);
	end->nr_out = 0;
	sack_from(end, 1001, 4401);
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	KUNIT_ASSERT_TRUE(test, end->out[0].is_again);
	KUNIT_EXPECT_EQ(test, end->out[0].len, 1000);
	end_ack(end, 4401);
	KUNIT_EXPECT_FALSE(test, end_counted(end, ATCP_MIB_MTU_PROBES_PASSED));
	KUNIT_EXPECT_EQ(test, end->conn.snd.mss, 1000);
	end_free(end);
}

/* No full segment, but Nagle's rule is not about it. */
static void probe_holds_nothing_back(struct kunit *test)
{
	struct end *end = searching(test, ATCP_HAS_SACK_PERM);

	end_write(end, 4400);
	end_drain(end);
	end_write(end, 100);
	end->nr_out = 0;
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].len, 100);
	end_free(end);
}

/* What the route says bounds what a search has found. */
static void route_bounds_the_search(struct kunit *test)
{
	struct end *end = searching(test, ATCP_HAS_SACK_PERM);

	atcp_conn_set_path_mss(&end->conn, 600);
	KUNIT_EXPECT_EQ(test, end->conn.snd.mss, 600);
	atcp_conn_set_path_mss(&end->conn, 1400);
	KUNIT_EXPECT_EQ(test, end->conn.snd.mss, 600);
	end_write(end, 9000);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end->out[0].len, 1400);
	end_free(end);
}

/* RFC 4821 section 7.7: three time-outs in a row, and something large is lost. */
static const struct hole_case {
	const char *name;
	u32 bytes;
	u32 wnd; /* at each time-out */
	u32 acked; /* after each */
	u16 want; /* MSS after the third */
	bool is_heard; /* it answers, each time */
} hole_cases[] = {
	{ "nothing arrives", 9000, END_WND, 0, 700 },
	{ "there is progress", 9000, END_WND, 1000, 1000 },
	{ "the peer has no room, and says so", 9000, 0, 0, 1000, true },
	{ "the peer had no room, and is silent", 9000, 0, 0, 700 },
	{ "what every host takes is lost", 500, END_WND, 0, 1000 },
	{ "the base size would be lost as well", 650, END_WND, 0, 350 },
};

KUNIT_ARRAY_PARAM_DESC(hole, hole_cases, name);

static void black_hole(struct kunit *test)
{
	const struct hole_case *row = test->param_value;
	struct end *end = end_new(test);
	u32 i;

	end->conn.config.base_mss = 700;
	end_write(end, row->bytes);
	end_drain(end);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, end->conn.snd.mss, 1000);
		end->conn.snd.wnd = row->wnd;
		if (row->is_heard)
			end->conn.heard_ns = end->now;
		KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
		end_drain(end);
		if (row->acked)
			end_ack(end, 1 + (i + 1) * row->acked);
	}
	KUNIT_EXPECT_EQ(test, end->conn.snd.mss, row->want);
	KUNIT_EXPECT_EQ(test, end_counted(end, ATCP_MIB_MTU_BLACK_HOLES),
			row->want < 1000);
	end_free(end);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(effective_mss, mss_gen_params),
	KUNIT_CASE_PARAM(icmp, icmp_gen_params),
	KUNIT_CASE(report),
	KUNIT_CASE(report_without_effect),
	KUNIT_CASE_PARAM(probe, probe_gen_params),
	KUNIT_CASE(probe_waits_for_cwnd),
	KUNIT_CASE(probe_passes),
	KUNIT_CASE(probe_in_pieces),
	KUNIT_CASE(probe_holds_nothing_back),
	KUNIT_CASE(route_bounds_the_search),
	KUNIT_CASE_PARAM(black_hole, hole_gen_params),
	{}
};

struct kunit_suite pmtu_suite = {
	.name = "atcp_pmtu",
	.test_cases = cases,
};
