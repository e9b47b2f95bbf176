// SPDX-License-Identifier: GPL-2.0
/* TIME-WAIT: RFC 9293 section 3.10.7.4, RFC 1337, RFC 6191. */
#include "core/internal.h"
#include "core/timewait.h"
#include "util.h"

#define SND_NXT 0xffffff00u
#define RCV_NXT 5u /* the peer's last numbers lie before the wrap */
#define TS_RECENT 0xfffffff0u

static void prepare(struct atcp_timewait *tw, bool has_ts)
{
	memset(tw, 0, sizeof(*tw));
	tw->snd_nxt = SND_NXT;
	tw->rcv_nxt = RCV_NXT;
	tw->ts_recent = TS_RECENT;
	tw->ts_recent_ns = has_ts ? END_START : 0;
	tw->ts_offset = 77;
	tw->wnd = 123;
}

/* What is kept of the connection. */
static void keeps(struct kunit *test)
{
	static const u8 uses[] = { 0, ATCP_HAS_TS | ATCP_HAS_WSCALE };
	struct atcp_timewait tw;
	struct end *end;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(uses); i++) {
		end = end_init(test);
		end->config.use = uses[i];
		end_drive(end, ATCP_TIME_WAIT);
		memset(&tw, 0xee, sizeof(tw));
		atcp_timewait_init(&tw, &end->conn);
		KUNIT_EXPECT_EQ(test, tw.snd_nxt, END_ISS + 2);
		KUNIT_EXPECT_EQ(test, tw.rcv_nxt, END_IRS + 2);
		KUNIT_EXPECT_EQ(test, tw.challenge_ns, 0);
		KUNIT_EXPECT_EQ(test, tw.ts_recent_ns, uses[i] ? END_START : 0);
		KUNIT_EXPECT_EQ(test, tw.wnd, (END_SPACE - 1) >>
				(uses[i] ? 7 : 0)); /* the FIN took one */
		if (uses[i]) {
			KUNIT_EXPECT_EQ(test, tw.ts_recent, END_TS_VAL);
			KUNIT_EXPECT_EQ(test, tw.ts_offset, 77);
		}
		end_free(end);
	}
}

enum ts { NO_TS, OLDER, EQUAL, NEWER };

static const struct kind {
	const char *name;
	bool has_ts; /* the old connection */
	u8 flags;
	s32 seq; /* against RCV_NXT */
	u32 len;
	u8 ts;
	u8 want;
	u32 want_mib; /* ATCP_MIB_NR for none of interest */
	u8 use; /* our setting by now */
} kinds[] = {
	/* RFC 1337 */
	{ "RST", false, ATCP_F_RST, 0, 0, NO_TS, ATCP_TW_DROP,
	  ATCP_MIB_TW_RST_IGNORED },
	{ "RST+ACK", true, ATCP_F_RST | ATCP_F_ACK, 0, 0, NEWER, ATCP_TW_DROP,
	  ATCP_MIB_TW_RST_IGNORED },
	/* T-2MSL */
	{ "the FIN again", false, ATCP_F_FIN | ATCP_F_ACK, -1, 0, NO_TS,
	  ATCP_TW_RESTART, ATCP_MIB_TW_RESTARTED },
	{ "the FIN again, with data", false, ATCP_F_FIN | ATCP_F_ACK, -9, 8,
	  NO_TS, ATCP_TW_RESTART, ATCP_MIB_TW_RESTARTED },
	{ "the FIN again, with timestamps", true, ATCP_F_FIN | ATCP_F_ACK, -1, 0,
	  EQUAL, ATCP_TW_RESTART, ATCP_MIB_TW_RESTARTED },
	{ "the FIN from before", true, ATCP_F_FIN | ATCP_F_ACK, -1, 0, OLDER,
	  ATCP_TW_ANSWER, ATCP_MIB_CHALLENGE_ACKS },
	{ "a FIN of other numbers", false, ATCP_F_FIN | ATCP_F_ACK, 0, 0, NO_TS,
	  ATCP_TW_ANSWER, ATCP_MIB_CHALLENGE_ACKS },
	/* T-REUSE: RFC 9293 section 3.6.1; RFC 6191 section 2, no timestamps before */
	{ "SYN, half around ahead", false, ATCP_F_SYN, 0x7fffffff, 0, NO_TS,
	  ATCP_TW_REUSE, ATCP_MIB_TW_RECYCLED, ATCP_HAS_TS },
	{ "SYN, higher numbers", false, ATCP_F_SYN, 1, 0, NO_TS, ATCP_TW_REUSE,
	  ATCP_MIB_TW_RECYCLED, ATCP_HAS_TS },
	{ "SYN, the next number", false, ATCP_F_SYN, 0, 0, NO_TS,
	  ATCP_TW_REUSE, ATCP_MIB_TW_RECYCLED, ATCP_HAS_TS },
	{ "SYN, the FIN's number", false, ATCP_F_SYN, -1, 0, NO_TS,
	  ATCP_TW_ANSWER, ATCP_MIB_CHALLENGE_ACKS, ATCP_HAS_TS },
	{ "SYN, lower numbers", false, ATCP_F_SYN, -1000, 0, NO_TS,
	  ATCP_TW_ANSWER, ATCP_MIB_CHALLENGE_ACKS, ATCP_HAS_TS },
	{ "SYN, lower numbers, a timestamp now", false, ATCP_F_SYN, -1000, 0,
	  OLDER, ATCP_TW_REUSE, ATCP_MIB_TW_RECYCLED, ATCP_HAS_TS },
	{ "SYN, lower numbers, a timestamp that we do not use", false,
	  ATCP_F_SYN, -1000, 0, NEWER, ATCP_TW_ANSWER,
	  ATCP_MIB_CHALLENGE_ACKS },
	{ "SYN, the next number, a timestamp that we do not use", false,
	  ATCP_F_SYN, 0, 0, NEWER, ATCP_TW_REUSE, ATCP_MIB_TW_RECYCLED },
	/* RFC 6191 section 2, timestamps before and now */
	{ "SYN, lower numbers, newer", true, ATCP_F_SYN, -1000, 0, NEWER,
	  ATCP_TW_REUSE, ATCP_MIB_TW_RECYCLED, ATCP_HAS_TS },
	{ "SYN, higher numbers, newer", true, ATCP_F_SYN, 1000, 0, NEWER,
	  ATCP_TW_REUSE, ATCP_MIB_TW_RECYCLED, ATCP_HAS_TS },
	{ "SYN, the next number, same time", true, ATCP_F_SYN, 0, 0, EQUAL,
	  ATCP_TW_REUSE, ATCP_MIB_TW_RECYCLED, ATCP_HAS_TS },
	{ "SYN, the FIN's number, same time", true, ATCP_F_SYN, -1, 0, EQUAL,
	  ATCP_TW_ANSWER, ATCP_MIB_CHALLENGE_ACKS, ATCP_HAS_TS },
	{ "SYN, lower numbers, older", true, ATCP_F_SYN, -1000, 0, OLDER,
	  ATCP_TW_ANSWER, ATCP_MIB_CHALLENGE_ACKS, ATCP_HAS_TS },
	{ "SYN, higher numbers, older", true, ATCP_F_SYN, 1000, 0, OLDER,
	  ATCP_TW_ANSWER, ATCP_MIB_CHALLENGE_ACKS, ATCP_HAS_TS },
	/* RFC 6191 section 2, timestamps before and none from now on */
	{ "SYN, the next number, no timestamp any more", true, ATCP_F_SYN, 0, 0,
	  NO_TS, ATCP_TW_REUSE, ATCP_MIB_TW_RECYCLED, ATCP_HAS_TS },
	{ "SYN, the FIN's number, no timestamp any more", true, ATCP_F_SYN, -1,
	  0, NO_TS, ATCP_TW_ANSWER, ATCP_MIB_CHALLENGE_ACKS, ATCP_HAS_TS },
	{ "SYN, the FIN's number, newer, which we do not use any more", true,
	  ATCP_F_SYN, -1, 0, NEWER, ATCP_TW_ANSWER, ATCP_MIB_CHALLENGE_ACKS },
	{ "SYN, the next number, older, which we do not use any more", true,
	  ATCP_F_SYN, 0, 0, OLDER, ATCP_TW_REUSE, ATCP_MIB_TW_RECYCLED },
	{ "SYN+ACK, higher numbers", false, ATCP_F_SYN | ATCP_F_ACK, 1, 0,
	  NO_TS, ATCP_TW_ANSWER, ATCP_MIB_CHALLENGE_ACKS },
	/* everything else */
	{ "the last ACK, late", false, ATCP_F_ACK, 0, 0, NO_TS, ATCP_TW_DROP,
	  ATCP_MIB_NR },
	{ "an ACK from before", true, ATCP_F_ACK, 0, 0, OLDER, ATCP_TW_ANSWER,
	  ATCP_MIB_CHALLENGE_ACKS },
	{ "an ACK of other numbers", false, ATCP_F_ACK, 9, 0, NO_TS,
	  ATCP_TW_ANSWER, ATCP_MIB_CHALLENGE_ACKS },
	{ "old data", false, ATCP_F_ACK, -10, 5, NO_TS, ATCP_TW_ANSWER,
	  ATCP_MIB_CHALLENGE_ACKS },
	{ "new data", false, ATCP_F_ACK, 0, 5, NO_TS, ATCP_TW_ANSWER,
	  ATCP_MIB_CHALLENGE_ACKS },
};

KUNIT_ARRAY_PARAM_DESC(kind, kinds, name);

static struct atcp_seg seg_of_kind(const struct kind *row)
{
	struct atcp_seg seg = {
		.seq = RCV_NXT + row->seq,
		.ack = SND_NXT,
		.len = row->len,
		.flags = row->flags,
	};

	if (row->ts != NO_TS) {
		seg.opts.has = ATCP_HAS_TS;
		seg.opts.ts_val = TS_RECENT + row->ts - EQUAL;
	}
	return seg;
}

static void expect_ack(struct kunit *test, const struct atcp_tx *tx, bool has_ts)
{
	struct atcp_opts opts;

	KUNIT_EXPECT_EQ(test, tx->flags, ATCP_F_ACK);
	KUNIT_EXPECT_EQ(test, tx->seq, SND_NXT);
	KUNIT_EXPECT_EQ(test, tx->ack, RCV_NXT);
	KUNIT_EXPECT_EQ(test, tx->wnd, 123);
	atcp_seg_parse_opts(&opts, tx->opt, tx->opt_len);
	KUNIT_EXPECT_EQ(test, opts.has, has_ts ? ATCP_HAS_TS : 0);
	if (has_ts) {
		KUNIT_EXPECT_EQ(test, opts.ts_ecr, TS_RECENT);
		KUNIT_EXPECT_EQ(test, opts.ts_val, 1000000 + 77);
	}
}

static void every_kind(struct kunit *test)
{
	const struct kind *row = test->param_value;
	struct atcp_seg seg = seg_of_kind(row);
	struct atcp_timewait tw;
	struct atcp_step step;
	struct atcp_tx tx;
	u32 iss = 0;

	prepare(&tw, row->has_ts);
	atcp_step_init(&step, END_START, NULL);
	KUNIT_ASSERT_EQ(test, atcp_timewait_handle_segment(&tw, &seg, row->use, &tx,
							   &iss, &step),
			row->want);
	if (row->want == ATCP_TW_ANSWER || row->want == ATCP_TW_RESTART)
		expect_ack(test, &tx, row->has_ts);
	/* beyond anything that the old incarnation may have sent */
	KUNIT_EXPECT_EQ(test, iss, row->want == ATCP_TW_REUSE ?
			SND_NXT + 65535 + 2 : 0);
	KUNIT_EXPECT_EQ(test, step.counted, row->want_mib == ATCP_MIB_NR ? 0 :
			BIT_ULL(row->want_mib));
}

/* A repeated FIN is always answered, strays are not. */
static void answers_are_limited(struct kunit *test)
{
	struct atcp_seg fin = { .seq = RCV_NXT - 1,
				.flags = ATCP_F_FIN | ATCP_F_ACK };
	struct atcp_seg stray = { .seq = RCV_NXT, .len = 1,
				  .flags = ATCP_F_ACK };
	struct atcp_timewait tw;
	struct atcp_step step;
	struct atcp_tx tx;
	u32 iss;

	prepare(&tw, false);
	atcp_step_init(&step, END_START, NULL);
	KUNIT_EXPECT_EQ(test, atcp_timewait_handle_segment(&tw, &stray, 0, &tx,
							   &iss, &step),
			ATCP_TW_ANSWER);
	KUNIT_EXPECT_EQ(test, atcp_timewait_handle_segment(&tw, &stray, 0, &tx,
							   &iss, &step),
			ATCP_TW_DROP);
	KUNIT_EXPECT_EQ(test, atcp_timewait_handle_segment(&tw, &fin, 0, &tx,
							   &iss, &step),
			ATCP_TW_RESTART);
	KUNIT_EXPECT_EQ(test, atcp_timewait_handle_segment(&tw, &fin, 0, &tx,
							   &iss, &step),
			ATCP_TW_RESTART);
}

static const struct reuse_case {
	const char *name;
	bool has_ts;
	u64 later; /* ns */
	bool want;
} reuse_cases[] = {
	{ "no timestamps", false, 50 * SEC, false },
	{ "at once", true, 0, false },
	{ "a second later", true, SEC, false },
	{ "more than a second later", true, SEC + 1, true },
};

KUNIT_ARRAY_PARAM_DESC(reuse, reuse_cases, name);

/* connect() to where a TIME-WAIT is. */
static void may_reuse(struct kunit *test)
{
	const struct reuse_case *row = test->param_value;
	struct atcp_timewait tw;
	u32 iss = 0;

	prepare(&tw, row->has_ts);
	KUNIT_EXPECT_EQ(test, atcp_timewait_may_reuse(&tw, END_START + row->later,
						      &iss), row->want);
	KUNIT_EXPECT_EQ(test, iss, row->want ? SND_NXT + 65535 + 2 : 0);
}

/* 0 means "no number": the new incarnation begins one after. */
static void reuse_never_begins_at_zero(struct kunit *test)
{
	struct atcp_timewait tw;
	u32 iss = 0;

	prepare(&tw, true);
	tw.snd_nxt = 0U - (65535 + 2);
	KUNIT_EXPECT_TRUE(test, atcp_timewait_may_reuse(&tw, END_START + 2 * SEC,
							&iss));
	KUNIT_EXPECT_EQ(test, iss, 1U);
}

static void lasts_two_msl(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ATCP_TIME_WAIT_NS, 60 * SEC);
}

static struct kunit_case timewait_cases[] = {
	KUNIT_CASE(keeps),
	KUNIT_CASE_PARAM(every_kind, kind_gen_params),
	KUNIT_CASE(answers_are_limited),
	KUNIT_CASE_PARAM(may_reuse, reuse_gen_params),
	KUNIT_CASE(reuse_never_begins_at_zero),
	KUNIT_CASE(lasts_two_msl),
	{}
};

struct kunit_suite timewait_suite = {
	.name = "atcp_timewait",
	.test_cases = timewait_cases,
};
