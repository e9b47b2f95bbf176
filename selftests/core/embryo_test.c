// SPDX-License-Identifier: GPL-2.0
/* LISTEN and SYN-RECEIVED without a socket: RFC 9293 3.10.7.2 and 3.10.7.4. */
#include "core/embryo.h"
#include "core/internal.h"
#include "util.h"

#define ISS 0xfffffff0u
#define IRS 0xffffffffu /* the SYN is the last number before the wrap */
#define WINDOW 1000

static const struct judge_case {
	const char *name;
	u8 flags;
	u8 want;
} judge_cases[] = {
	{ "RST", ATCP_F_RST, ATCP_LISTEN_DROP },
	{ "RST+ACK", ATCP_F_RST | ATCP_F_ACK, ATCP_LISTEN_DROP },
	{ "ACK", ATCP_F_ACK, ATCP_LISTEN_ACK },
	{ "FIN+ACK", ATCP_F_FIN | ATCP_F_ACK, ATCP_LISTEN_ACK },
	{ "SYN+ACK", ATCP_F_SYN | ATCP_F_ACK, ATCP_LISTEN_RESET },
	{ "SYN", ATCP_F_SYN, ATCP_LISTEN_SYN },
	{ "SYN with all that goes with it",
	  ATCP_F_SYN | ATCP_F_PSH | ATCP_F_URG | ATCP_F_ECE | ATCP_F_CWR,
	  ATCP_LISTEN_SYN },
	{ "nothing", 0, ATCP_LISTEN_DROP },
	{ "PSH+URG", ATCP_F_PSH | ATCP_F_URG, ATCP_LISTEN_DROP },
};

KUNIT_ARRAY_PARAM_DESC(judge, judge_cases, name);

static void judge(struct kunit *test)
{
	const struct judge_case *row = test->param_value;
	struct atcp_seg seg = { .flags = row->flags };
	struct atcp_step step;

	atcp_step_init(&step, SEC, NULL);
	KUNIT_EXPECT_EQ(test, atcp_embryo_judge(&seg, &step), row->want);
	KUNIT_EXPECT_EQ(test, !!(step.counted & BIT_ULL(ATCP_MIB_NO_ACK_FLAG)),
			!(row->flags & ~(ATCP_F_PSH | ATCP_F_URG)));
}

/* A listener's half-open connection, its SYN+ACK sent at END_START. */
struct half {
	struct kunit *test;
	struct atcp_config config;
	struct atcp_embryo embryo;
	struct atcp_step step;
	struct atcp_tx tx;
};

static void prepare(struct half *half, struct kunit *test, u8 use)
{
	static const struct atcp_config defaults = ATCP_CONFIG_DEFAULT;
	struct atcp_seg syn = {
		.seq = IRS,
		.flags = ATCP_F_SYN,
		.opts = { .has = ATCP_HAS_MSS | use, .mss = 900, .wscale = 3,
			  .ts_val = 5000 },
	};

	memset(half, 0xee, sizeof(*half));
	half->test = test;
	half->config = defaults;
	atcp_step_init(&half->step, END_START, NULL);
	atcp_embryo_init(&half->embryo, &syn, &half->config, ISS, 77, END_MSS,
			 WINDOW);
	atcp_embryo_build_synack(&half->embryo, &half->config, &half->tx,
				 &half->step);
}

static struct atcp_seg half_seg(const struct half *half, u8 flags, u32 seq,
				u32 len)
{
	struct atcp_seg seg = { .seq = seq, .ack = ISS + 1, .wnd = 500,
				.len = len, .flags = flags };

	if (half->embryo.use & ATCP_HAS_TS) {
		seg.opts.has = ATCP_HAS_TS;
		seg.opts.ts_val = 5001;
	}
	return seg;
}

static enum atcp_embryo_verdict feed(struct half *half,
				     const struct atcp_seg *seg)
{
	atcp_step_init(&half->step, half->step.now, NULL);
	return atcp_embryo_handle_segment(&half->embryo, &half->config, seg,
					  &half->tx, &half->step);
}

/* S-2: SYN+ACK, seq=y, ack=x+1, the options that both have. */
static const struct synack_case {
	const char *name;
	u8 theirs, ours;
	u8 want;
} synack_cases[] = {
	{ "nothing", 0, 0, 0 },
	{ "all", 0x0e, 0x0e, 0x0e },
	{ "theirs alone", 0x0e, 0, 0 },
	{ "ours alone", 0, 0x0e, 0 },
	{ "window scale", ATCP_HAS_WSCALE, 0x0e, ATCP_HAS_WSCALE },
	{ "timestamps", ATCP_HAS_TS, 0x0e, ATCP_HAS_TS },
};

KUNIT_ARRAY_PARAM_DESC(synack, synack_cases, name);

static void synack(struct kunit *test)
{
	const struct synack_case *row = test->param_value;
	struct atcp_seg syn = { .seq = IRS, .flags = ATCP_F_SYN,
				.opts = { .has = row->theirs, .wscale = 3,
					  .ts_val = 5000 } };
	struct atcp_opts opts;
	struct half half;

	prepare(&half, test, 0);
	half.config.use = row->ours;
	atcp_embryo_init(&half.embryo, &syn, &half.config, ISS, 77, END_MSS,
			 1 << 20);
	atcp_embryo_build_synack(&half.embryo, &half.config, &half.tx,
				 &half.step);
	KUNIT_EXPECT_EQ(test, half.tx.seq, ISS);
	KUNIT_EXPECT_EQ(test, half.tx.ack, 0);
	KUNIT_EXPECT_EQ(test, half.tx.flags, ATCP_F_SYN | ATCP_F_ACK);
	KUNIT_EXPECT_EQ(test, half.tx.wnd, 65535);
	KUNIT_EXPECT_FALSE(test, half.tx.is_again);
	atcp_seg_parse_opts(&opts, half.tx.opt, half.tx.opt_len);
	KUNIT_EXPECT_EQ(test, opts.has, ATCP_HAS_MSS | row->want);
	KUNIT_EXPECT_EQ(test, opts.mss, END_MSS);
	KUNIT_EXPECT_EQ(test, opts.wscale, row->want & ATCP_HAS_WSCALE ? 7 : 0);
	if (row->want & ATCP_HAS_TS) {
		KUNIT_EXPECT_EQ(test, opts.ts_val, 1000000 + 77);
		KUNIT_EXPECT_EQ(test, opts.ts_ecr, 5000);
	}
	KUNIT_EXPECT_EQ(test, half.embryo.peer_mss, 536);
}

/* Every kind of segment: the verdict, and the flags of what is sent. */
static const struct kind {
	const char *name;
	u8 flags;
	u32 seq; /* against IRS + 1 */
	s32 ack; /* against ISS + 1 */
	u32 len;
	u8 want;
	u8 want_flags;
} kinds[] = {
	{ "SYN again", ATCP_F_SYN, -1U, 0, 0, ATCP_EMBRYO_ANSWER,
	  ATCP_F_SYN | ATCP_F_ACK },
	{ "SYN of another incarnation, outside", ATCP_F_SYN, -100U, 0, 0,
	  ATCP_EMBRYO_ANSWER, ATCP_F_ACK },
	{ "SYN of another incarnation, inside", ATCP_F_SYN, 10, 0, 0,
	  ATCP_EMBRYO_ANSWER, ATCP_F_ACK },
	{ "SYN+ACK at the SYN's number", ATCP_F_SYN | ATCP_F_ACK, -1U, 0, 0,
	  ATCP_EMBRYO_ANSWER, ATCP_F_ACK },
	{ "RST", ATCP_F_RST, 0, 0, 0, ATCP_EMBRYO_GONE, 0 },
	{ "RST inside the window", ATCP_F_RST, 1, 0, 0, ATCP_EMBRYO_ANSWER,
	  ATCP_F_ACK },
	{ "RST at the right edge", ATCP_F_RST, WINDOW, 0, 0, ATCP_EMBRYO_ANSWER,
	  ATCP_F_ACK },
	{ "RST right of the window", ATCP_F_RST, WINDOW + 1, 0, 0,
	  ATCP_EMBRYO_DROP, 0 },
	{ "RST left of the window", ATCP_F_RST, -1U, 0, 0, ATCP_EMBRYO_DROP, 0 },
	{ "ACK", ATCP_F_ACK, 0, 0, 0, ATCP_EMBRYO_ESTABLISHED, 0 },
	{ "ACK with data", ATCP_F_ACK, 0, 0, 10, ATCP_EMBRYO_ESTABLISHED, 0 },
	{ "ACK with data ahead", ATCP_F_ACK, 10, 0, 10, ATCP_EMBRYO_ESTABLISHED,
	  0 },
	{ "ACK with FIN", ATCP_F_ACK | ATCP_F_FIN, 0, 0, 0,
	  ATCP_EMBRYO_ESTABLISHED, 0 },
	{ "ACK of the number before", ATCP_F_ACK, 0, -1, 0, ATCP_EMBRYO_RESET,
	  ATCP_F_RST },
	{ "ACK of the number after", ATCP_F_ACK, 0, 1, 0, ATCP_EMBRYO_RESET,
	  ATCP_F_RST },
	{ "ACK left of the window", ATCP_F_ACK, -1U, 0, 0, ATCP_EMBRYO_ANSWER,
	  ATCP_F_ACK },
	{ "ACK right of the window", ATCP_F_ACK, WINDOW + 1, 0, 0,
	  ATCP_EMBRYO_ANSWER, ATCP_F_ACK },
	{ "no ACK", ATCP_F_PSH, 0, 0, 10, ATCP_EMBRYO_DROP, 0 },
};

KUNIT_ARRAY_PARAM_DESC(kind, kinds, name);

static void every_kind(struct kunit *test)
{
	const struct kind *row = test->param_value;
	struct atcp_seg seg;
	struct half half;

	prepare(&half, test, ATCP_HAS_TS | ATCP_HAS_WSCALE);
	seg = half_seg(&half, row->flags, IRS + 1 + row->seq, row->len);
	seg.ack = ISS + 1 + row->ack;
	KUNIT_ASSERT_EQ(test, feed(&half, &seg), row->want);
	if (!row->want_flags)
		return;
	KUNIT_EXPECT_EQ(test, half.tx.flags, row->want_flags);
	if (row->want_flags == ATCP_F_RST) {
		KUNIT_EXPECT_EQ(test, half.tx.seq, seg.ack);
		return;
	}
	KUNIT_EXPECT_EQ(test, half.tx.ack, IRS + 1);
	KUNIT_EXPECT_LE(test, ATCP_TS_LEN, half.tx.opt_len);
	if (row->want_flags == ATCP_F_ACK) {
		KUNIT_EXPECT_EQ(test, half.tx.seq, ISS + 1);
		KUNIT_EXPECT_EQ(test, half.tx.wnd, WINDOW >> 7);
	}
}

/* RFC 5961 section 7: strays are answered now and then, SYNs too. */
static void answers_are_limited(struct kunit *test)
{
	struct atcp_seg seg;
	struct half half;

	prepare(&half, test, 0);
	seg = half_seg(&half, ATCP_F_SYN, IRS, 0);
	KUNIT_EXPECT_EQ(test, feed(&half, &seg), ATCP_EMBRYO_ANSWER);
	KUNIT_EXPECT_TRUE(test, half.tx.is_again);
	KUNIT_EXPECT_EQ(test, feed(&half, &seg), ATCP_EMBRYO_DROP);
	half.step.now += 500 * MS;
	seg = half_seg(&half, ATCP_F_RST, IRS + 5, 0);
	KUNIT_EXPECT_EQ(test, feed(&half, &seg), ATCP_EMBRYO_ANSWER);
	KUNIT_EXPECT_EQ(test, feed(&half, &seg), ATCP_EMBRYO_DROP);
}

static const struct paws_case {
	const char *name;
	u8 flags;
	u32 ts_val; /* the SYN's was 5000 */
	bool is_there;
	u8 want;
} paws_cases[] = {
	{ "ACK, newer", ATCP_F_ACK, 5001, true, ATCP_EMBRYO_ESTABLISHED },
	{ "ACK, equal", ATCP_F_ACK, 5000, true, ATCP_EMBRYO_ESTABLISHED },
	{ "ACK, older", ATCP_F_ACK, 4999, true, ATCP_EMBRYO_ANSWER },
	/* nobody may look at what is not there, whatever it would say */
	{ "ACK, none", ATCP_F_ACK, 5001, false, ATCP_EMBRYO_ANSWER },
	{ "RST, none", ATCP_F_RST, 0, false, ATCP_EMBRYO_GONE },
	{ "RST, older", ATCP_F_RST, 4999, true, ATCP_EMBRYO_GONE },
};

KUNIT_ARRAY_PARAM_DESC(paws, paws_cases, name);

static void paws(struct kunit *test)
{
	const struct paws_case *row = test->param_value;
	struct atcp_seg seg;
	struct half half;

	prepare(&half, test, ATCP_HAS_TS);
	seg = half_seg(&half, row->flags, IRS + 1, 0);
	seg.opts.has = row->is_there ? ATCP_HAS_TS : 0;
	seg.opts.ts_val = row->ts_val;
	KUNIT_EXPECT_EQ(test, feed(&half, &seg), row->want);
}

/* TCP_DEFER_ACCEPT: a bare ACK has to wait, what brings data has not. */
static void defer_accept(struct kunit *test)
{
	struct atcp_seg ack, data, fin;
	struct half half;

	prepare(&half, test, 0);
	half.config.defer_accept = 2;
	ack = half_seg(&half, ATCP_F_ACK, IRS + 1, 0);
	data = half_seg(&half, ATCP_F_ACK, IRS + 1, 1);
	fin = half_seg(&half, ATCP_F_ACK | ATCP_F_FIN, IRS + 1, 0);
	KUNIT_EXPECT_EQ(test, feed(&half, &ack), ATCP_EMBRYO_DROP);
	KUNIT_EXPECT_TRUE(test, half.embryo.is_acked);
	KUNIT_EXPECT_TRUE(test, half.step.counted &
			  BIT_ULL(ATCP_MIB_DEFER_ACCEPT_DROPS));
	KUNIT_EXPECT_EQ(test, feed(&half, &data), ATCP_EMBRYO_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, feed(&half, &fin), ATCP_EMBRYO_ESTABLISHED);
	atcp_embryo_handle_timeout(&half.embryo, &half.config, &half.tx,
				   &half.step);
	KUNIT_EXPECT_EQ(test, feed(&half, &ack), ATCP_EMBRYO_DROP);
	atcp_embryo_handle_timeout(&half.embryo, &half.config, &half.tx,
				   &half.step);
	KUNIT_EXPECT_EQ(test, feed(&half, &ack), ATCP_EMBRYO_ESTABLISHED);
}

/* S-LOST: again after 1, 2, 4... s, so many times, then forgotten. */
static void timeouts(struct kunit *test)
{
	struct half half;
	u64 wait = SEC;
	int i;

	prepare(&half, test, 0);
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, half.embryo.deadline_ns - half.step.now,
				wait);
		half.step.now = half.embryo.deadline_ns;
		KUNIT_ASSERT_TRUE(test,
				  atcp_embryo_handle_timeout(&half.embryo,
							     &half.config,
							     &half.tx,
							     &half.step));
		KUNIT_EXPECT_EQ(test, half.tx.flags, ATCP_F_SYN | ATCP_F_ACK);
		KUNIT_EXPECT_EQ(test, half.tx.seq, ISS);
		KUNIT_EXPECT_TRUE(test, half.tx.is_again);
		wait *= 2;
	}
	KUNIT_EXPECT_TRUE(test, half.step.counted &
			  BIT_ULL(ATCP_MIB_SYNACK_RETRANS));
	KUNIT_EXPECT_FALSE(test, atcp_embryo_handle_timeout(&half.embryo,
							    &half.config,
							    &half.tx,
							    &half.step));
	KUNIT_EXPECT_TRUE(test, half.step.counted &
			  BIT_ULL(ATCP_MIB_ATTEMPT_FAILS));
}

/* The wait is bounded, and so is the count. */
static void timeouts_without_end(struct kunit *test)
{
	struct half half;
	int i;

	prepare(&half, test, 0);
	half.config.synack_retries = 255;
	for (i = 0; i < 300; i++)
		atcp_embryo_handle_timeout(&half.embryo, &half.config, &half.tx,
					   &half.step);
	KUNIT_EXPECT_EQ(test, half.embryo.tries, 255);
	KUNIT_EXPECT_EQ(test, half.embryo.deadline_ns - half.step.now,
			120 * SEC);
}

static struct end *grow(struct kunit *test, struct half *half,
			const struct atcp_seg *seg)
{
	struct end *end = end_init(test);

	end->now += 30 * MS;
	end->user_seq = IRS + 1;
	end_begin(end);
	atcp_conn_accept(&end->conn, &half->embryo, &end->step);
	end_finish(end);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_SYN_RCVD);
	end_feed(end, seg);
	return end;
}

/* S-3: the connection that grows from it is as if it had been there before. */
static void grows(struct kunit *test)
{
	struct atcp_seg seg;
	struct half half;
	struct end *end;

	prepare(&half, test, ATCP_HAS_TS | ATCP_HAS_WSCALE | ATCP_HAS_SACK_PERM);
	seg = half_seg(&half, ATCP_F_ACK | ATCP_F_PSH, IRS + 1, 10);
	KUNIT_ASSERT_EQ(test, feed(&half, &seg), ATCP_EMBRYO_ESTABLISHED);
	end = grow(test, &half, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, end->conn.snd.una, ISS + 1);
	KUNIT_EXPECT_EQ(test, end->conn.snd.nxt, ISS + 1);
	KUNIT_EXPECT_EQ(test, end->conn.rcv.nxt, IRS + 11);
	KUNIT_EXPECT_EQ(test, end->conn.rcv.adv, IRS + 1 + WINDOW);
	KUNIT_EXPECT_EQ(test, end->conn.snd.wnd, 500 << 3);
	KUNIT_EXPECT_EQ(test, end->conn.snd.mss, 900 - ATCP_TS_LEN);
	KUNIT_EXPECT_EQ(test, end->conn.use, ATCP_HAS_TS | ATCP_HAS_WSCALE |
			ATCP_HAS_SACK_PERM);
	KUNIT_EXPECT_EQ(test, end->conn.ts_recent, 5001);
	KUNIT_EXPECT_EQ(test, end->conn.ts_offset, 77);
	KUNIT_EXPECT_EQ(test, end->conn.rtt.srtt_ns, 30 * MS);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_PASSIVE_OPENS));
	KUNIT_EXPECT_EQ(test, end->user_seq, IRS + 11);
	end_free(end);
}

/* PAWS begins with the SYN's timestamp, not with what comes after it. */
static void grows_with_paws(struct kunit *test)
{
	struct atcp_seg ahead, old;
	struct half half;
	struct end *end;

	prepare(&half, test, ATCP_HAS_TS);
	ahead = half_seg(&half, ATCP_F_ACK, IRS + 11, 10);
	end = grow(test, &half, &ahead);
	KUNIT_ASSERT_EQ(test, end->conn.state, ATCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, end->conn.ts_recent, 5000); /* not what is ahead */
	old = half_seg(&half, ATCP_F_ACK, IRS + 1, 10);
	old.opts.ts_val = 4999;
	end_feed(end, &old);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_PAWS_DROPPED));
	KUNIT_EXPECT_EQ(test, end->user_seq, IRS + 1);
	end_free(end);
}

/* A SYN+ACK that was sent twice measures nothing and costs the window. */
static void grows_after_a_loss(struct kunit *test)
{
	struct atcp_seg seg;
	struct half half;
	struct end *end;
	int i;

	prepare(&half, test, 0);
	for (i = 0; i < 2; i++)
		atcp_embryo_handle_timeout(&half.embryo, &half.config, &half.tx,
					   &half.step);
	seg = half_seg(&half, ATCP_F_ACK | ATCP_F_FIN, IRS + 1, 0);
	end = grow(test, &half, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_CLOSE_WAIT);
	KUNIT_EXPECT_EQ(test, end->conn.rtt.srtt_ns, 0);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 900);
	end_free(end);
}

static struct kunit_case embryo_cases[] = {
	KUNIT_CASE_PARAM(judge, judge_gen_params),
	KUNIT_CASE_PARAM(synack, synack_gen_params),
	KUNIT_CASE_PARAM(every_kind, kind_gen_params),
	KUNIT_CASE(answers_are_limited),
	KUNIT_CASE_PARAM(paws, paws_gen_params),
	KUNIT_CASE(defer_accept),
	KUNIT_CASE(timeouts),
	KUNIT_CASE(timeouts_without_end),
	KUNIT_CASE(grows),
	KUNIT_CASE(grows_with_paws),
	KUNIT_CASE(grows_after_a_loss),
	{}
};

struct kunit_suite embryo_suite = {
	.name = "atcp_embryo",
	.test_cases = embryo_cases,
};
