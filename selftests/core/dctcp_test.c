// SPDX-License-Identifier: GPL-2.0
/* DCTCP: RFC 8257. */
#include "core/internal.h"
#include "util.h"

#define ONE 65536U

static struct end *new_dctcp(struct kunit *test)
{
	struct end *end = end_init(test);

	end->config.cc = &atcp_dctcp;
	end_open(end);
	end->conn.ecn.mode = ATCP_ECN_CLASSIC;
	end->conn.snd.cwnd = 20 * END_MSS;
	return end;
}

static const struct alpha_case {
	const char *name;
	u32 alpha;
	u32 bytes, marked;
	u32 want;
} alpha_cases[] = {
	{ "none marked: by a sixteenth", ONE, 1000, 0, ONE - ONE / 16 },
	{ "all marked: stays", ONE, 1000, 1000, ONE },
	{ "half marked, from 0", 0, 1000, 500, ONE / 32 },
	{ "all marked, from 0", 0, 1000, 1000, ONE / 16 },
	{ "gets to 0", 5, 1000, 0, 4 },
	{ "more marked than there was", 0, 1000, 9000, ONE / 16 },
	{ "much", ONE / 2, ATCP_CWND_MAX, ATCP_CWND_MAX,
	  ONE / 2 - ONE / 32 + ONE / 16 },
};

KUNIT_ARRAY_PARAM_DESC(alpha, alpha_cases, name);

/* Section 3.3, at the end of a window. */
static void alpha(struct kunit *test)
{
	const struct alpha_case *row = test->param_value;
	struct end *end = new_dctcp(test);
	struct atcp_conn *conn = &end->conn;

	conn->cc.dctcp.alpha = row->alpha;
	conn->cc.dctcp.window_end = conn->snd.nxt + 500;
	atcp_cc_delivered(conn, conn->snd.nxt + 400, row->bytes / 2,
			  row->marked / 2);
	KUNIT_EXPECT_EQ(test, conn->cc.dctcp.alpha, row->alpha);
	atcp_cc_delivered(conn, conn->snd.nxt + 501,
			  row->bytes - row->bytes / 2,
			  row->marked - row->marked / 2);
	KUNIT_EXPECT_EQ(test, conn->cc.dctcp.alpha, row->want);
	KUNIT_EXPECT_EQ(test, conn->cc.dctcp.window_end, conn->snd.nxt);
	KUNIT_EXPECT_EQ(test, conn->cc.dctcp.bytes, 0);
	end_free(end);
}

static const struct cut_case {
	const char *name;
	u32 alpha;
	enum atcp_cc_event event;
	u32 want; /* of 20 segments */
} cut_cases[] = {
	{ "a mark, all of them so far", ONE, ATCP_CC_ECN, 10 },
	{ "a mark, half", ONE / 2, ATCP_CC_ECN, 15 },
	{ "a mark, none so far", 0, ATCP_CC_ECN, 20 },
	{ "a loss, as Reno", 0, ATCP_CC_LOSS, 10 },
	{ "a time-out, as Reno", 0, ATCP_CC_TIMEOUT, 10 },
};

KUNIT_ARRAY_PARAM_DESC(cut, cut_cases, name);

static void cut(struct kunit *test)
{
	const struct cut_case *row = test->param_value;
	struct end *end = new_dctcp(test);

	end_write(end, 20 * END_MSS);
	end_drain(end);
	end->conn.cc.dctcp.alpha = row->alpha;
	atcp_cc_congestion(&end->conn, row->event);
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, row->want * END_MSS);
	end_free(end);
}

/* Section 3.2: a change is told at once, either way; CWR changes nothing. */
static void echo(struct kunit *test)
{
	static const struct {
		u8 ecn;
		u16 flags;
		bool want, at_once;
	} steps[] = {
		{ ATCP_ECT0, 0, false, false }, { ATCP_CE, 0, true, true },
		{ ATCP_CE, ATCP_F_CWR, true, false },
		{ ATCP_ECT0, 0, false, true },
	};
	struct end *end = new_dctcp(test);
	struct atcp_seg seg;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		seg = end_next(end, ATCP_F_ACK, 10);
		seg.flags |= steps[i].flags;
		seg.ecn = steps[i].ecn;
		end->nr_out = 0;
		end_feed(end, &seg);
		KUNIT_EXPECT_EQ(test, end_drain(end), steps[i].at_once);
		KUNIT_EXPECT_EQ(test, !!(end->conn.ecn.flags & ATCP_ECN_ECHO),
				steps[i].want);
	}
	end_free(end);
}

/* What is sent again may be marked, too: it would be the first to be lost. */
static void retransmissions_are_capable(struct kunit *test)
{
	struct end *end = new_dctcp(test);

	end_write(end, 3 * END_MSS);
	end_drain(end);
	end->nr_out = 0;
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	end_drain(end);
	KUNIT_ASSERT_TRUE(test, end->out[0].is_again);
	KUNIT_EXPECT_EQ(test, end->out[0].ecn, ATCP_ECT0);
	end_free(end);
}

static struct kunit_case dctcp_cases[] = {
	KUNIT_CASE_PARAM(alpha, alpha_gen_params),
	KUNIT_CASE_PARAM(cut, cut_gen_params),
	KUNIT_CASE(echo),
	KUNIT_CASE(retransmissions_are_capable),
	{}
};

struct kunit_suite dctcp_suite = {
	.name = "atcp_dctcp",
	.test_cases = dctcp_cases,
};
