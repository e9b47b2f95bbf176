// SPDX-License-Identifier: GPL-2.0
/* Accurate ECN feedback: RFC 9768. */
#include "core/internal.h"
#include "util.h"

#define ASKS (ATCP_F_ECE | ATCP_F_CWR)
#define FLAGS (ATCP_F_AE | ASKS)

/* The three flags as a number, and back. */
static u16 flags_of(u32 ace)
{
	return (ace & 4 ? ATCP_F_AE : 0) | (ace & 2 ? ATCP_F_CWR : 0) |
	       (ace & 1 ? ATCP_F_ECE : 0);
}

static u8 ace_of(const struct atcp_tx *tx)
{
	return (tx->flags & ATCP_F_AE ? 4 : 0) |
	       (tx->flags & ATCP_F_CWR ? 2 : 0) | !!(tx->flags & ATCP_F_ECE);
}

/* A connection that uses it, with SACK, past the handshake; cwnd 40 segments. */
static struct end *new_acc(struct kunit *test)
{
	struct end *end = end_new_with(test, ATCP_HAS_SACK_PERM);

	atcp_accecn_begin(&end->conn);
	end->conn.ecn.flags |= ATCP_ECN_ACE_SEEN;
	end->conn.snd.cwnd = 40 * END_MSS;
	end->conn.rcv.quick = 0;
	return end;
}

static void send_bytes(struct end *end, u32 bytes)
{
	end_write(end, bytes);
	end_drain(end);
	end->nr_out = 0;
}

static void ack_with(struct end *end, u32 ace, u32 ack)
{
	struct atcp_seg seg = end_next(end, ATCP_F_ACK, 0);

	seg.flags |= flags_of(ace);
	seg.ack = END_ISS + ack;
	end_feed(end, &seg);
}

/* The peer's next @len bytes; its own count stays where it was. */
static void data_with(struct end *end, u8 ecn, u32 len, u16 segs)
{
	struct atcp_seg seg = end_next(end, ATCP_F_ACK, len);

	seg.flags |= flags_of(end->conn.ecn.snd_marks & 7);
	seg.ecn = ecn;
	seg.segs = segs;
	end_feed(end, &seg);
}

static const struct syn_case {
	const char *name;
	u8 ecn;
	u16 flags;
	u8 want;
} syn_cases[] = {
	{ "accurate, asked for", ATCP_ECN_ASK_ACCURATE, FLAGS,
	  ATCP_ECN_ACCURATE },
	{ "classic, asked for", ATCP_ECN_ASK_ACCURATE, ASKS, ATCP_ECN_CLASSIC },
	{ "nothing asked for", ATCP_ECN_AGREE_ACCURATE, 0, ATCP_ECN_OFF },
	{ "only agrees", ATCP_ECN_AGREE_ACCURATE, FLAGS, ATCP_ECN_ACCURATE },
	{ "asks for the other", ATCP_ECN_ASK_CLASSIC, FLAGS,
	  ATCP_ECN_ACCURATE },
	{ "knows only classic", ATCP_ECN_AGREE, FLAGS, ATCP_ECN_CLASSIC },
	{ "never", ATCP_ECN_NEVER, FLAGS, ATCP_ECN_OFF },
	{ "what nobody asks yet: AE", ATCP_ECN_AGREE_ACCURATE, ATCP_F_AE,
	  ATCP_ECN_ACCURATE },
	{ "what nobody asks yet: CWR", ATCP_ECN_AGREE_ACCURATE, ATCP_F_CWR,
	  ATCP_ECN_ACCURATE },
};

KUNIT_ARRAY_PARAM_DESC(syn, syn_cases, name);

/* Table 2 and section 3.1.3, at the listener. */
static void syn(struct kunit *test)
{
	const struct syn_case *row = test->param_value;
	struct atcp_config config = ATCP_CONFIG_DEFAULT;
	struct atcp_seg seg = { .flags = ATCP_F_SYN | row->flags };

	config.ecn = row->ecn;
	KUNIT_EXPECT_EQ(test, atcp_ecn_judge_syn(&config, &seg), row->want);
}

static const struct synack_case {
	const char *name;
	u8 ace;
	u8 want;
	bool may_mark;
} synack_cases[] = {
	{ "no ECN", 0, ATCP_ECN_OFF, false },
	{ "classic", 1, ATCP_ECN_CLASSIC, true },
	{ "SYN came as it went", 2, ATCP_ECN_ACCURATE, true },
	{ "SYN came with ECT(1)", 3, ATCP_ECN_ACCURATE, false },
	{ "SYN came with ECT(0)", 4, ATCP_ECN_ACCURATE, false },
	{ "kept for later", 5, ATCP_ECN_ACCURATE, true },
	{ "SYN came with CE", 6, ATCP_ECN_ACCURATE, false },
	{ "a reflection", 7, ATCP_ECN_OFF, false },
};

KUNIT_ARRAY_PARAM_DESC(synack, synack_cases, name);

/* Table 2 at the caller; section 3.2.2.3: the path leaves a SYN as it is. */
static void synack(struct kunit *test)
{
	const struct synack_case *row = test->param_value;
	struct end *end = end_init(test);
	struct atcp_seg seg;

	end->config.ecn = ATCP_ECN_ASK_ACCURATE;
	end_drive(end, ATCP_SYN_SENT);
	seg = end_syn(end, ATCP_F_ACK | flags_of(row->ace));
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.ecn.mode, row->want);
	if (row->want)
		KUNIT_EXPECT_EQ(test, !(end->conn.ecn.flags & ATCP_ECN_NO_ECT),
				row->may_mark);
	end_free(end);
}

/* Section 3.1.4.1: twice with the flags, then without. */
static void syn_again(struct kunit *test)
{
	struct end *end = end_init(test);
	u16 want[] = { FLAGS, 0, 0 };
	u32 i;

	end->config.ecn = ATCP_ECN_ASK_ACCURATE;
	end_drive(end, ATCP_SYN_SENT);
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
		end->nr_out = 0;
		end_drain(end);
		KUNIT_EXPECT_EQ(test, end->out[0].flags, ATCP_F_SYN | want[i]);
	}
	end_free(end);
}

static const struct handshake_case {
	const char *name;
	u8 ecn;
	u8 ace;
	u32 marks;
} handshake_cases[] = {
	{ "not to be marked", ATCP_NOT_ECT, 2, 5 },
	{ "ECT(1)", ATCP_ECT1, 3, 5 },
	{ "ECT(0)", ATCP_ECT0, 4, 5 },
	{ "CE", ATCP_CE, 6, 6 },
};

KUNIT_ARRAY_PARAM_DESC(handshake, handshake_cases, name);

/* Table 3: a pure ACK tells it, before any data; then the count begins. */
static void handshake(struct kunit *test)
{
	const struct handshake_case *row = test->param_value;
	struct end *end = end_init(test);
	struct atcp_seg seg;

	end->config.ecn = ATCP_ECN_ASK_ACCURATE;
	end_drive(end, ATCP_SYN_SENT);
	seg = end_syn(end, ATCP_F_ACK | flags_of(2));
	seg.ecn = row->ecn;
	seg.wnd = END_WND;
	end->user_seq = END_IRS + 1;
	end_feed(end, &seg);
	end_write(end, 10);
	end->nr_out = 0;
	KUNIT_ASSERT_EQ(test, end_drain(end), 2);
	KUNIT_EXPECT_EQ(test, end->out[0].len, 0);
	KUNIT_EXPECT_EQ(test, ace_of(&end->out[0]), row->ace);
	KUNIT_EXPECT_EQ(test, ace_of(&end->out[1]), row->marks);
	end_free(end);
}

static const struct last_ack_case {
	const char *name;
	u8 ace;
	u32 marks;
	u16 flags; /* of interest */
} last_ack_cases[] = {
	{ "knows nothing of it", 0, 5, ATCP_ECN_NO_ECT | ATCP_ECN_DEAF },
	{ "not in use", 1, 5, 0 },
	{ "as it went", 2, 5, 0 },
	{ "ECT(1)", 3, 5, ATCP_ECN_NO_ECT },
	{ "ECT(0)", 4, 5, ATCP_ECN_NO_ECT },
	{ "not in use yet", 5, 5, 0 },
	{ "CE", 6, 6, ATCP_ECN_NO_ECT },
	{ "nor this", 7, 5, 0 },
};

KUNIT_ARRAY_PARAM_DESC(last_ack, last_ack_cases, name);

/* Table 4. */
static void last_ack(struct kunit *test)
{
	const struct last_ack_case *row = test->param_value;
	struct end *end = end_init(test);
	struct atcp_seg seg;

	end_drive(end, ATCP_SYN_RCVD);
	atcp_accecn_begin(&end->conn);
	seg = end_next(end, ATCP_F_ACK, 0);
	seg.flags |= flags_of(row->ace);
	end_feed(end, &seg);
	KUNIT_ASSERT_EQ(test, end->conn.state, ATCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, end->conn.ecn.snd_marks, row->marks);
	KUNIT_EXPECT_EQ(test, end->conn.ecn.flags &
			      (ATCP_ECN_NO_ECT | ATCP_ECN_DEAF), row->flags);
	end_free(end);
}

/* Sections 3.2 and 3.2.2.5.1: marks are counted, and the first is told at once. */
static void counts_and_tells(struct kunit *test)
{
	struct end *end = new_acc(test);

	data_with(end, ATCP_ECT0, 100, 1);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	data_with(end, ATCP_CE, 100, 1);
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, ace_of(&end->out[0]), 6);
	end->nr_out = 0;
	data_with(end, ATCP_CE, 100, 1); /* one more may wait */
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	data_with(end, ATCP_CE, 100, 1); /* two may not */
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, ace_of(&end->out[0]), 0);
	end->nr_out = 0;
	data_with(end, ATCP_CE, 900, 9); /* merged on the way up */
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->conn.ecn.rcv_marks, 5 + 12);
	KUNIT_EXPECT_EQ(test, ace_of(&end->out[0]), 17 & 7);
	KUNIT_EXPECT_EQ(test, end->conn.ecn.rcv_bytes[ATCP_ACC_CE], 1200);
	end_free(end);
}

/* Marks on what has no payload: told once there are three. */
static void marks_on_acks(struct kunit *test)
{
	struct end *end = new_acc(test);
	u32 i;

	for (i = 1; i <= 3; i++) {
		data_with(end, ATCP_CE, 0, 1);
		KUNIT_EXPECT_EQ(test, end_drain(end), i == 3);
	}
	KUNIT_EXPECT_EQ(test, ace_of(&end->out[0]), 0);
	KUNIT_EXPECT_EQ(test, end->conn.ecn.rcv_bytes[ATCP_ACC_CE], 0);
	end_free(end);
}

static const struct option_case {
	const char *name;
	u8 ecn[3]; /* 0: ends */
	u8 nr_sacks;
	bool has_ts;
	u8 want_kind; /* 0: none */
	u8 want_len;
} option_cases[] = {
	{ "ECT(0)", { ATCP_ECT0 }, 0, true, 172, 5 },
	{ "ECT(0), CE", { ATCP_ECT0, ATCP_CE }, 0, true, 172, 8 },
	{ "ECT(1)", { ATCP_ECT1 }, 0, true, 174, 5 },
	{ "ECT(1), CE", { ATCP_ECT1, ATCP_CE }, 0, true, 174, 8 },
	{ "CE", { ATCP_CE }, 0, true, 172, 8 },
	{ "all", { ATCP_ECT0, ATCP_ECT1, ATCP_CE }, 0, true, 172, 11 },
	{ "all, one block", { ATCP_ECT0, ATCP_ECT1, ATCP_CE }, 1, true, 172,
	  11 },
	{ "all, two blocks: these go first",
	  { ATCP_ECT0, ATCP_ECT1, ATCP_CE }, 2, true, 0, 0 },
	{ "all, two blocks, no timestamps",
	  { ATCP_ECT0, ATCP_ECT1, ATCP_CE }, 2, false, 172, 11 },
	{ "two, three blocks: the third gives way", { ATCP_ECT0, ATCP_CE }, 3,
	  true, 172, 8 },
};

KUNIT_ARRAY_PARAM_DESC(option, option_cases, name);

/* Section 3.2.3.3. */
static void option(struct kunit *test)
{
	const struct option_case *row = test->param_value;
	struct atcp_opts opts = {
		.has = (row->has_ts ? ATCP_HAS_TS : 0) |
		       (row->nr_sacks ? ATCP_HAS_SACK : 0),
		.nr_sacks = row->nr_sacks,
	};
	struct end *end = new_acc(test);
	struct atcp_tx tx = { .flags = ATCP_F_ACK };
	struct atcp_opts parsed;
	const u8 *p;
	u8 i, len;

	for (i = 0; i < 3 && row->ecn[i]; i++)
		data_with(end, row->ecn[i], 100, 1);
	atcp_accecn_send(&end->conn, &tx, &opts);
	len = atcp_seg_build_opts(tx.opt, &opts);
	KUNIT_EXPECT_LE(test, len, ATCP_OPTS_MAX);
	p = tx.opt + (row->has_ts ? ATCP_TS_LEN : 0);
	if (row->want_kind) {
		KUNIT_EXPECT_EQ(test, p[0], row->want_kind);
		KUNIT_EXPECT_EQ(test, p[1], row->want_len);
	}
	atcp_seg_parse_opts(&parsed, tx.opt, len);
	KUNIT_EXPECT_EQ(test, !!(parsed.has & (ATCP_HAS_ACCECN0 |
					       ATCP_HAS_ACCECN1)),
			!!row->want_kind);
	if (row->nr_sacks)
		KUNIT_EXPECT_LE(test, min_t(u8, row->nr_sacks, 2),
				parsed.nr_sacks);
	for (i = 0; i < parsed.nr_ecn; i++)
		KUNIT_EXPECT_EQ(test, parsed.ecn[i], opts.ecn[i]);
	end_free(end);
}

/* Section 3.2.2.5.2: how many marks an ACK of so many packets tells of. */
static const struct marks_case {
	const char *name;
	u32 packets;
	u8 ace; /* the count was 5 */
	bool was_marking;
	s32 option; /* bytes with CE by an option, -1: none */
	u32 want;
} marks_cases[] = {
	{ "none", 2, 5, false, -1, 0 },
	{ "one", 2, 6, false, -1, 1 },
	{ "wraps", 4, 1, false, -1, 4 },
	{ "more than there were packets: also of others", 1, 0, false, -1, 3 },
	{ "many packets, no marks so far", 20, 5, false, -1, 0 },
	{ "many packets, marks so far", 20, 5, true, -1, 16 },
	{ "many packets, a mark", 20, 6, false, -1, 17 },
	{ "many packets, the option knows", 20, 6, true, 1000, 1 },
	{ "many packets, the option knows of more", 20, 6, true, 9000, 17 },
};

KUNIT_ARRAY_PARAM_DESC(marks, marks_cases, name);

static void marks(struct kunit *test)
{
	const struct marks_case *row = test->param_value;
	struct end *end = new_acc(test);
	struct atcp_seg seg;

	if (row->was_marking)
		end->conn.ecn.flags |= ATCP_ECN_MARKING;
	send_bytes(end, 30 * END_MSS);
	seg = end_next(end, ATCP_F_ACK, 0);
	seg.flags |= flags_of(row->ace);
	seg.ack = END_ISS + 1 + row->packets * END_MSS;
	if (row->option >= 0) {
		seg.opts.has |= ATCP_HAS_ACCECN0;
		seg.opts.nr_ecn = 2;
		seg.opts.ecn[0] = 1;
		seg.opts.ecn[1] = (u32)row->option;
	}
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.ecn.snd_marks, 5 + row->want);
	KUNIT_EXPECT_EQ(test, end_counted(end, ATCP_MIB_ECN_REDUCTIONS),
			row->want > 0);
	end_free(end);
}

/* Section 3.2.2.4: a count that begins at 0 is no count. */
static void zeroed(struct kunit *test)
{
	struct end *end = new_acc(test);

	end->conn.ecn.flags &= ~ATCP_ECN_ACE_SEEN;
	send_bytes(end, 4 * END_MSS);
	ack_with(end, 0, 1001);
	KUNIT_EXPECT_FALSE(test, end_counted(end, ATCP_MIB_ECN_REDUCTIONS));
	ack_with(end, 3, 2001);
	KUNIT_EXPECT_FALSE(test, end_counted(end, ATCP_MIB_ECN_REDUCTIONS));
	end_write(end, END_MSS);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end->out[0].ecn, ATCP_NOT_ECT);
	/* ... but we go on to tell */
	KUNIT_EXPECT_EQ(test, ace_of(&end->out[0]), 5);
	end_free(end);
}

/* Section 3.2.3.2.4: an option that begins at 0 is not believed, the flags are. */
static void option_zeroed(struct kunit *test)
{
	struct end *end = new_acc(test);
	struct atcp_seg seg;

	send_bytes(end, 4 * END_MSS);
	seg = end_next(end, ATCP_F_ACK, 0);
	seg.flags |= flags_of(6);
	seg.ack = END_ISS + 1001;
	seg.opts.has = ATCP_HAS_ACCECN0;
	seg.opts.nr_ecn = 1;
	end_feed(end, &seg);
	KUNIT_EXPECT_TRUE(test, end->conn.ecn.flags & ATCP_ECN_NO_OPTION);
	KUNIT_EXPECT_EQ(test, end->conn.ecn.snd_marks, 6);
	end_free(end);
}

/* Section 3.2.3.2.5: bytes with marks, but no packets: nothing is to be marked. */
static void option_contradicts(struct kunit *test)
{
	struct end *end = new_acc(test);
	struct atcp_seg seg;

	send_bytes(end, 4 * END_MSS);
	seg = end_next(end, ATCP_F_ACK, 0);
	seg.flags |= flags_of(5);
	seg.ack = END_ISS + 1001;
	seg.opts.has = ATCP_HAS_ACCECN0;
	seg.opts.nr_ecn = 2;
	seg.opts.ecn[0] = 1;
	seg.opts.ecn[1] = 1000;
	end_feed(end, &seg);
	KUNIT_EXPECT_TRUE(test, end->conn.ecn.flags & ATCP_ECN_NO_ECT);
	end_free(end);
}

/* Appendix A.1: an ACK that a later one has overtaken says nothing. */
static void superseded(struct kunit *test)
{
	struct end *end = new_acc(test);

	send_bytes(end, 4 * END_MSS);
	ack_with(end, 7, 2001);
	KUNIT_EXPECT_EQ(test, end->conn.ecn.snd_marks, 7);
	ack_with(end, 6, 2001);
	KUNIT_EXPECT_EQ(test, end->conn.ecn.snd_marks, 7);
	end_free(end);
}

/* Section 3.1.5: no CWR; the window shrinks once in a round trip all the same. */
static void reduces_without_cwr(struct kunit *test)
{
	struct end *end = new_acc(test);

	send_bytes(end, 20 * END_MSS);
	ack_with(end, 6, 2001);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_ECN_REDUCTIONS));
	end->counted = 0;
	ack_with(end, 7, 4001);
	KUNIT_EXPECT_FALSE(test, end_counted(end, ATCP_MIB_ECN_REDUCTIONS));
	end_write(end, 20 * END_MSS);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, ace_of(&end->out[0]), 5);
	KUNIT_EXPECT_EQ(test, end->out[0].ecn, ATCP_ECT0);
	end_free(end);
}

static struct kunit_case accecn_cases[] = {
	KUNIT_CASE_PARAM(syn, syn_gen_params),
	KUNIT_CASE_PARAM(synack, synack_gen_params),
	KUNIT_CASE(syn_again),
	KUNIT_CASE_PARAM(handshake, handshake_gen_params),
	KUNIT_CASE_PARAM(last_ack, last_ack_gen_params),
	KUNIT_CASE(counts_and_tells),
	KUNIT_CASE(marks_on_acks),
	KUNIT_CASE_PARAM(option, option_gen_params),
	KUNIT_CASE_PARAM(marks, marks_gen_params),
	KUNIT_CASE(zeroed),
	KUNIT_CASE(option_zeroed),
	KUNIT_CASE(option_contradicts),
	KUNIT_CASE(superseded),
	KUNIT_CASE(reduces_without_cwr),
	{}
};

struct kunit_suite accecn_suite = {
	.name = "atcp_accecn",
	.test_cases = accecn_cases,
};
