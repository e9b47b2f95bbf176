// SPDX-License-Identifier: GPL-2.0
/* SYN cookies: RFC 4987 section 3.6. What the SYN said comes back in the ACK. */
#include "core/cookie.h"
#include "core/internal.h"
#include "util.h"

#define IRS 0xfffffff0u
#define TICK (64 * SEC)

static const struct atcp_secret secret = { { 7, 8 } };
static const struct atcp_tuple tuple = { 1, 2, 3, 4 };
static const struct atcp_config config = ATCP_CONFIG_DEFAULT;

/* SYN, cookie, SYN+ACK, and the ACK that a peer would send @later. */
static struct atcp_seg exchange(struct kunit *test, const struct atcp_opts *opts,
				u64 now, struct atcp_embryo *sent)
{
	struct atcp_seg syn = { .seq = IRS, .flags = ATCP_F_SYN, .opts = *opts };
	struct atcp_seg ack = { .seq = IRS + 1, .flags = ATCP_F_ACK };
	struct atcp_opts synack;
	struct atcp_step step;
	struct atcp_tx tx;

	atcp_step_init(&step, now, NULL);
	memset(sent, 0xee, sizeof(*sent));
	atcp_cookie_init(sent, &syn, &config, &secret, &tuple, END_MSS, 5000,
			 &step);
	KUNIT_EXPECT_TRUE(test, step.counted & BIT_ULL(ATCP_MIB_COOKIES_SENT));
	atcp_embryo_build_synack(sent, &config, &tx, &step);
	atcp_seg_parse_opts(&synack, tx.opt, tx.opt_len);
	KUNIT_EXPECT_EQ(test, synack.has & ~(opts->has | ATCP_HAS_MSS), 0);
	ack.ack = tx.seq + 1;
	if (synack.has & ATCP_HAS_TS) {
		ack.opts.has = ATCP_HAS_TS;
		ack.opts.ts_val = opts->ts_val + 1;
		ack.opts.ts_ecr = synack.ts_val;
	}
	return ack;
}

static bool check(struct kunit *test, const struct atcp_seg *ack, u64 now,
		  struct atcp_embryo *embryo)
{
	struct atcp_step step;
	bool is_valid;

	atcp_step_init(&step, now, NULL);
	is_valid = atcp_cookie_check(embryo, ack, &config, &secret, &tuple,
				     END_MSS, 5000, &step);
	KUNIT_EXPECT_EQ(test, step.counted,
			is_valid ? BIT_ULL(ATCP_MIB_COOKIES_VALID) :
				   BIT_ULL(ATCP_MIB_COOKIES_FAILED));
	return is_valid;
}

#define ALL (ATCP_HAS_TS | ATCP_HAS_WSCALE | ATCP_HAS_SACK_PERM)

static const struct option_case {
	const char *name;
	struct atcp_opts opts;
	u16 want_mss;
	u8 want_use;
	u8 want_wscale;
} option_cases[] = {
	{ "nothing", {}, 536, 0, 0 },
	{ "MSS 1460", { .has = ATCP_HAS_MSS, .mss = 1460 }, 1460, 0, 0 },
	{ "MSS 1459: the next lower", { .has = ATCP_HAS_MSS, .mss = 1459 },
	  1440, 0, 0 },
	{ "MSS 65535", { .has = ATCP_HAS_MSS, .mss = 65535 }, 8960, 0, 0 },
	{ "MSS 216", { .has = ATCP_HAS_MSS, .mss = 216 }, 216, 0, 0 },
	{ "no timestamps, no options",
	  { .has = ATCP_HAS_WSCALE | ATCP_HAS_SACK_PERM, .wscale = 7 }, 536, 0,
	  0 },
	{ "timestamps alone", { .has = ATCP_HAS_TS, .ts_val = 9 }, 536,
	  ATCP_HAS_TS, 0 },
	{ "all, scale 0", { .has = ALL, .wscale = 0 }, 536, ALL, 0 },
	{ "all, scale 7", { .has = ALL, .wscale = 7 }, 536, ALL, 7 },
	{ "all, scale 14", { .has = ALL, .wscale = 14 }, 536, ALL, 14 },
	{ "scale without SACK",
	  { .has = ATCP_HAS_TS | ATCP_HAS_WSCALE, .wscale = 14 }, 536,
	  ATCP_HAS_TS | ATCP_HAS_WSCALE, 14 },
	{ "SACK without scale", { .has = ATCP_HAS_TS | ATCP_HAS_SACK_PERM }, 536,
	  ATCP_HAS_TS | ATCP_HAS_SACK_PERM, 0 },
};

KUNIT_ARRAY_PARAM_DESC(option, option_cases, name);

static void brings_back(struct kunit *test)
{
	const struct option_case *row = test->param_value;
	struct atcp_embryo sent, got;
	struct atcp_seg ack = exchange(test, &row->opts, END_START, &sent);

	memset(&got, 0xee, sizeof(got));
	KUNIT_ASSERT_TRUE(test, check(test, &ack, END_START + 50 * MS, &got));
	KUNIT_EXPECT_EQ(test, got.irs, IRS);
	KUNIT_EXPECT_EQ(test, got.iss, sent.iss);
	KUNIT_EXPECT_EQ(test, got.peer_mss, row->want_mss);
	KUNIT_EXPECT_EQ(test, got.own_mss, END_MSS);
	KUNIT_EXPECT_EQ(test, got.window, 5000);
	KUNIT_EXPECT_EQ(test, got.use, row->want_use);
	KUNIT_EXPECT_EQ(test, sent.use & ~ATCP_HAS_MSS, row->want_use);
	KUNIT_EXPECT_EQ(test, got.snd_wscale, row->want_wscale);
	KUNIT_EXPECT_EQ(test, got.rcv_wscale,
			row->want_use & ATCP_HAS_WSCALE ? 7 : 0);
	KUNIT_EXPECT_EQ(test, got.ts_recent, row->want_use & ATCP_HAS_TS ?
			row->opts.ts_val + 1 : 0);
	KUNIT_EXPECT_EQ(test, got.deadline_ns, ATCP_NEVER);
}

/* Our timestamps never go back behind what the SYN+ACK showed. */
static void clock_goes_on(struct kunit *test)
{
	struct atcp_opts opts = { .has = ALL, .wscale = 14 };
	struct atcp_embryo sent, got;
	u32 ms;

	for (ms = 0; ms < 40; ms++) {
		u64 now = END_START + ms * MS;
		struct atcp_seg ack = exchange(test, &opts, now, &sent);

		KUNIT_ASSERT_TRUE(test, check(test, &ack, now, &got));
		KUNIT_EXPECT_FALSE(test,
				   atcp_before(atcp_conn_ts_now(got.ts_offset, now),
					       ack.opts.ts_ecr));
		KUNIT_EXPECT_LE(test, atcp_conn_ts_now(got.ts_offset, now) -
				ack.opts.ts_ecr, 32);
	}
}

static const struct age_case {
	const char *name;
	u64 made, checked; /* ns */
	bool want;
} age_cases[] = {
	{ "at once", 100 * TICK, 100 * TICK, true },
	{ "end of the same tick", 100 * TICK, 101 * TICK - 1, true },
	{ "next tick", 100 * TICK, 101 * TICK, true },
	{ "end of the next tick", 100 * TICK, 102 * TICK - 1, true },
	{ "too late", 100 * TICK, 102 * TICK, false },
	{ "before it was made", 100 * TICK, 100 * TICK - 1, false },
	{ "when the clock's bits come again", 100 * TICK, 132 * TICK, false },
};

KUNIT_ARRAY_PARAM_DESC(age, age_cases, name);

static void ages(struct kunit *test)
{
	const struct age_case *row = test->param_value;
	struct atcp_opts opts = { .has = ATCP_HAS_MSS, .mss = 1460 };
	struct atcp_embryo sent, got;
	struct atcp_seg ack = exchange(test, &opts, row->made, &sent);

	KUNIT_EXPECT_EQ(test, check(test, &ack, row->checked, &got), row->want);
}

/* A cookie holds for one connection and one number, whole. */
static void is_not_forged(struct kunit *test)
{
	struct atcp_opts opts = { .has = ATCP_HAS_MSS, .mss = 1460 };
	struct atcp_tuple other = tuple;
	struct atcp_embryo sent, got;
	struct atcp_seg ack = exchange(test, &opts, END_START, &sent);
	struct atcp_seg forged;
	struct atcp_step step;
	int bit;

	for (bit = 0; bit < 32; bit++) {
		forged = ack;
		forged.ack = ((ack.ack - 1) ^ (u32)BIT(bit)) + 1;
		KUNIT_EXPECT_FALSE(test, check(test, &forged, END_START, &got));
		forged = ack;
		forged.seq ^= (u32)BIT(bit);
		KUNIT_EXPECT_FALSE(test, check(test, &forged, END_START, &got));
	}
	other.rport++;
	atcp_step_init(&step, END_START, NULL);
	KUNIT_EXPECT_FALSE(test, atcp_cookie_check(&got, &ack, &config, &secret,
						   &other, END_MSS, 5000, &step));
}

/* The connection that grows from a cookie works, without an RTT sample. */
static void grows(struct kunit *test)
{
	struct atcp_opts opts = { .has = ALL | ATCP_HAS_MSS, .mss = 1460,
				  .wscale = 2, .ts_val = 50 };
	struct end *end = end_init(test);
	struct atcp_embryo sent, got;
	struct atcp_seg ack = exchange(test, &opts, END_START, &sent);

	KUNIT_ASSERT_TRUE(test, check(test, &ack, END_START + MS, &got));
	end->now = END_START + MS;
	end->user_seq = IRS + 1;
	end_begin(end);
	atcp_conn_accept(&end->conn, &got, &end->step);
	end_finish(end);
	ack.len = 20;
	ack.wnd = 1000;
	end_feed(end, &ack);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, end->user_seq, IRS + 21);
	KUNIT_EXPECT_EQ(test, end->conn.snd.wnd, 4000);
	KUNIT_EXPECT_EQ(test, end->conn.rtt.srtt_ns, 0);
	end_free(end);
}

static struct kunit_case cookie_cases[] = {
	KUNIT_CASE_PARAM(brings_back, option_gen_params),
	KUNIT_CASE(clock_goes_on),
	KUNIT_CASE_PARAM(ages, age_gen_params),
	KUNIT_CASE(is_not_forged),
	KUNIT_CASE(grows),
	{}
};

struct kunit_suite cookie_suite = {
	.name = "atcp_cookie",
	.test_cases = cookie_cases,
};
