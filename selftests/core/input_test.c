// SPDX-License-Identifier: GPL-2.0
/* Segments that arrive: RFC 9293 section 3.10.7, RFC 5961, 7323, 6093. */
#include "core/internal.h"
#include "util.h"

/* Columns of the table, and what may come after them. */
enum {
	SENT = ATCP_SYN_SENT,
	RCVD = ATCP_SYN_RCVD,
	ESTAB = ATCP_ESTABLISHED,
	FINW1 = ATCP_FIN_WAIT_1,
	FINW2 = ATCP_FIN_WAIT_2,
	CLOSEW = ATCP_CLOSE_WAIT,
	CLOSNG = ATCP_CLOSING,
	LASTA = ATCP_LAST_ACK,
	TIMEW = ATCP_TIME_WAIT,
	GONE = ATCP_CLOSED,
};

static const u8 columns[] = { SENT, RCVD, ESTAB, FINW1, FINW2, CLOSEW, CLOSNG,
			      LASTA };

enum where { AT_NXT, ONE_ABOVE, ONE_BELOW, AT_IRS, OLD, BEYOND };
enum acks { ALL, NOTHING_NEW, UNSENT, TOO_OLD };

/*
 * Every kind of segment in every state: the state after it and the answer, '-'
 * for none, 'A' for an ACK, 'R' for a RST, 'S' for a SYN+ACK. SYN-RECEIVED is that
 * of a simultaneous open.
 */
static const struct kind {
	const char *name;
	u8 flags;
	u8 where, acks;
	u16 len;
	struct { u8 state; char answer; } want[ARRAY_SIZE(columns)];
} kinds[] = {
	{ "RST at RCV.NXT", ATCP_F_RST, AT_NXT, ALL, 0,
	  { { SENT, '-' }, { GONE, '-' }, { GONE, '-' }, { GONE, '-' },
	    { GONE, '-' }, { GONE, '-' }, { GONE, '-' }, { GONE, '-' } } },
	{ "RST+ACK at RCV.NXT", ATCP_F_RST | ATCP_F_ACK, AT_NXT, ALL, 0,
	  { { GONE, '-' }, { GONE, '-' }, { GONE, '-' }, { GONE, '-' },
	    { GONE, '-' }, { GONE, '-' }, { GONE, '-' }, { GONE, '-' } } },
	/* SHLD-2: what it may have to say is not read */
	{ "RST+ACK with data", ATCP_F_RST | ATCP_F_ACK, AT_NXT, ALL, 10,
	  { { GONE, '-' }, { GONE, '-' }, { GONE, '-' }, { GONE, '-' },
	    { GONE, '-' }, { GONE, '-' }, { GONE, '-' }, { GONE, '-' } } },
	{ "RST+ACK of what was never sent", ATCP_F_RST | ATCP_F_ACK, ONE_ABOVE,
	  UNSENT, 0,
	  { { SENT, '-' }, { RCVD, 'A' }, { ESTAB, 'A' }, { FINW1, 'A' },
	    { FINW2, 'A' }, { CLOSEW, 'A' }, { CLOSNG, 'A' }, { LASTA, 'A' } } },
	{ "RST elsewhere in the window", ATCP_F_RST, ONE_ABOVE, ALL, 0,
	  { { SENT, '-' }, { RCVD, 'A' }, { ESTAB, 'A' }, { FINW1, 'A' },
	    { FINW2, 'A' }, { CLOSEW, 'A' }, { CLOSNG, 'A' }, { LASTA, 'A' } } },
	{ "RST left of the window", ATCP_F_RST, ONE_BELOW, ALL, 0,
	  { { SENT, '-' }, { RCVD, '-' }, { ESTAB, '-' }, { FINW1, '-' },
	    { FINW2, '-' }, { CLOSEW, '-' }, { CLOSNG, '-' }, { LASTA, '-' } } },
	{ "RST right of the window", ATCP_F_RST, BEYOND, ALL, 0,
	  { { SENT, '-' }, { RCVD, '-' }, { ESTAB, '-' }, { FINW1, '-' },
	    { FINW2, '-' }, { CLOSEW, '-' }, { CLOSNG, '-' }, { LASTA, '-' } } },
	{ "SYN in the window", ATCP_F_SYN, AT_NXT, ALL, 0,
	  { { RCVD, 'S' }, { RCVD, 'A' }, { ESTAB, 'A' }, { FINW1, 'A' },
	    { FINW2, 'A' }, { CLOSEW, 'A' }, { CLOSNG, 'A' }, { LASTA, 'A' } } },
	{ "SYN again", ATCP_F_SYN, AT_IRS, ALL, 0,
	  { { RCVD, 'S' }, { RCVD, 'A' }, { ESTAB, 'A' }, { FINW1, 'A' },
	    { FINW2, 'A' }, { CLOSEW, 'A' }, { CLOSNG, 'A' }, { LASTA, 'A' } } },
	{ "SYN right of the window", ATCP_F_SYN, BEYOND, ALL, 0,
	  { { RCVD, 'S' }, { RCVD, 'A' }, { ESTAB, 'A' }, { FINW1, 'A' },
	    { FINW2, 'A' }, { CLOSEW, 'A' }, { CLOSNG, 'A' }, { LASTA, 'A' } } },
	{ "SYN+ACK", ATCP_F_SYN | ATCP_F_ACK, AT_IRS, ALL, 0,
	  { { ESTAB, 'A' }, { ESTAB, 'A' }, { ESTAB, 'A' }, { FINW1, 'A' },
	    { FINW2, 'A' }, { CLOSEW, 'A' }, { CLOSNG, 'A' }, { LASTA, 'A' } } },
	{ "SYN+ACK in the window", ATCP_F_SYN | ATCP_F_ACK, AT_NXT, ALL, 0,
	  { { ESTAB, 'A' }, { RCVD, 'A' }, { ESTAB, 'A' }, { FINW1, 'A' },
	    { FINW2, 'A' }, { CLOSEW, 'A' }, { CLOSNG, 'A' }, { LASTA, 'A' } } },
	{ "SYN+ACK of what was never sent", ATCP_F_SYN | ATCP_F_ACK, AT_IRS,
	  UNSENT, 0,
	  { { SENT, 'R' }, { RCVD, 'R' }, { ESTAB, 'A' }, { FINW1, 'A' },
	    { FINW2, 'A' }, { CLOSEW, 'A' }, { CLOSNG, 'A' }, { LASTA, 'A' } } },
	{ "ACK of all", ATCP_F_ACK, AT_NXT, ALL, 0,
	  { { SENT, '-' }, { ESTAB, '-' }, { ESTAB, '-' }, { FINW2, '-' },
	    { FINW2, '-' }, { CLOSEW, '-' }, { TIMEW, '-' }, { GONE, '-' } } },
	{ "ACK of nothing new", ATCP_F_ACK, AT_NXT, NOTHING_NEW, 0,
	  { { SENT, 'R' }, { RCVD, 'R' }, { ESTAB, '-' }, { FINW1, '-' },
	    { FINW2, '-' }, { CLOSEW, '-' }, { CLOSNG, '-' }, { LASTA, '-' } } },
	{ "ACK of what was never sent", ATCP_F_ACK, AT_NXT, UNSENT, 0,
	  { { SENT, 'R' }, { RCVD, 'R' }, { ESTAB, 'A' }, { FINW1, 'A' },
	    { FINW2, 'A' }, { CLOSEW, 'A' }, { CLOSNG, 'A' }, { LASTA, 'A' } } },
	{ "ACK too old to believe", ATCP_F_ACK, AT_NXT, TOO_OLD, 0,
	  { { SENT, 'R' }, { RCVD, 'R' }, { ESTAB, 'A' }, { FINW1, 'A' },
	    { FINW2, 'A' }, { CLOSEW, 'A' }, { CLOSNG, 'A' }, { LASTA, 'A' } } },
	{ "ACK one below the window", ATCP_F_ACK, ONE_BELOW, ALL, 0,
	  { { SENT, '-' }, { RCVD, 'A' }, { ESTAB, 'A' }, { FINW1, 'A' },
	    { FINW2, 'A' }, { CLOSEW, 'A' }, { CLOSNG, 'A' }, { LASTA, 'A' } } },
	{ "ACK right of the window", ATCP_F_ACK, BEYOND, ALL, 0,
	  { { SENT, '-' }, { RCVD, 'A' }, { ESTAB, 'A' }, { FINW1, 'A' },
	    { FINW2, 'A' }, { CLOSEW, 'A' }, { CLOSNG, 'A' }, { LASTA, 'A' } } },
	{ "no flag at all", 0, AT_NXT, ALL, 0,
	  { { SENT, '-' }, { RCVD, '-' }, { ESTAB, '-' }, { FINW1, '-' },
	    { FINW2, '-' }, { CLOSEW, '-' }, { CLOSNG, '-' }, { LASTA, '-' } } },
	{ "data without ACK", ATCP_F_PSH, AT_NXT, ALL, 10,
	  { { SENT, '-' }, { RCVD, '-' }, { ESTAB, '-' }, { FINW1, '-' },
	    { FINW2, '-' }, { CLOSEW, '-' }, { CLOSNG, '-' }, { LASTA, '-' } } },
	/* delayed where it is taken; at once (quick) after the handshake */
	{ "data", ATCP_F_ACK, AT_NXT, ALL, 10,
	  { { SENT, '-' }, { ESTAB, 'A' }, { ESTAB, '-' }, { FINW2, '-' },
	    { FINW2, '-' }, { CLOSEW, '-' }, { TIMEW, '-' }, { GONE, '-' } } },
	{ "old data", ATCP_F_ACK, OLD, ALL, 10,
	  { { SENT, '-' }, { RCVD, 'A' }, { ESTAB, 'A' }, { FINW1, 'A' },
	    { FINW2, 'A' }, { CLOSEW, 'A' }, { CLOSNG, 'A' }, { LASTA, 'A' } } },
	{ "data right of the window", ATCP_F_ACK, BEYOND, ALL, 10,
	  { { SENT, '-' }, { RCVD, 'A' }, { ESTAB, 'A' }, { FINW1, 'A' },
	    { FINW2, 'A' }, { CLOSEW, 'A' }, { CLOSNG, 'A' }, { LASTA, 'A' } } },
	/* the ACK of a first FIN may wait for our own (C-3SEG) */
	{ "FIN, ACK of all", ATCP_F_FIN | ATCP_F_ACK, AT_NXT, ALL, 0,
	  { { SENT, '-' }, { CLOSEW, '-' }, { CLOSEW, '-' }, { TIMEW, 'A' },
	    { TIMEW, 'A' }, { CLOSEW, '-' }, { TIMEW, '-' }, { GONE, '-' } } },
	{ "FIN, ACK of nothing new", ATCP_F_FIN | ATCP_F_ACK, AT_NXT,
	  NOTHING_NEW, 0,
	  { { SENT, 'R' }, { RCVD, 'R' }, { CLOSEW, '-' }, { CLOSNG, 'A' },
	    { TIMEW, 'A' }, { CLOSEW, '-' }, { CLOSNG, '-' }, { LASTA, '-' } } },
	{ "FIN one below the window", ATCP_F_FIN | ATCP_F_ACK, ONE_BELOW, ALL, 0,
	  { { SENT, '-' }, { RCVD, 'A' }, { ESTAB, 'A' }, { FINW1, 'A' },
	    { FINW2, 'A' }, { CLOSEW, 'A' }, { CLOSNG, 'A' }, { LASTA, 'A' } } },
	{ "FIN with data before it missing", ATCP_F_FIN | ATCP_F_ACK, ONE_ABOVE,
	  NOTHING_NEW, 0,
	  { { SENT, 'R' }, { RCVD, 'R' }, { ESTAB, 'A' }, { FINW1, 'A' },
	    { FINW2, 'A' }, { CLOSEW, '-' }, { CLOSNG, '-' }, { LASTA, '-' } } },
	{ "FIN with data", ATCP_F_FIN | ATCP_F_ACK, AT_NXT, ALL, 10,
	  { { SENT, '-' }, { CLOSEW, 'A' }, { CLOSEW, '-' }, { TIMEW, 'A' },
	    { TIMEW, 'A' }, { CLOSEW, '-' }, { TIMEW, '-' }, { GONE, '-' } } },
	{ "every flag that means nothing by itself", ATCP_F_ACK | ATCP_F_PSH |
	  ATCP_F_URG | ATCP_F_ECE | ATCP_F_CWR, AT_NXT, ALL, 0,
	  { { SENT, '-' }, { ESTAB, '-' }, { ESTAB, '-' }, { FINW2, '-' },
	    { FINW2, '-' }, { CLOSEW, '-' }, { TIMEW, '-' }, { GONE, '-' } } },
};

KUNIT_ARRAY_PARAM_DESC(kind, kinds, name);

static struct atcp_seg seg_of_kind(const struct end *end,
				   const struct kind *kind)
{
	const struct atcp_conn *conn = &end->conn;
	struct atcp_seg seg = end_next(end, kind->flags, kind->len);

	switch ((enum where)kind->where) {
	case AT_NXT:
		break;
	case ONE_ABOVE:
		seg.seq = conn->rcv.nxt + 1;
		break;
	case ONE_BELOW:
		seg.seq = conn->rcv.nxt - 1;
		break;
	case AT_IRS:
		seg.seq = conn->rcv.irs;
		break;
	case OLD:
		seg.seq = conn->rcv.nxt - kind->len;
		break;
	case BEYOND:
		seg.seq = conn->rcv.adv + 1;
		break;
	}
	switch ((enum acks)kind->acks) {
	case ALL:
		break;
	case NOTHING_NEW:
		seg.ack = conn->snd.una;
		break;
	case UNSENT:
		seg.ack = conn->snd.nxt + 1;
		break;
	case TOO_OLD:
		seg.ack = conn->snd.una - END_WND - 1;
		break;
	}
	return seg;
}

/* What was sent in answer, as in the table; '?' for more than one segment. */
static char answer(struct end *end)
{
	end->nr_out = 0;
	if (!end_drain(end))
		return '-';
	if (end->nr_out > 1)
		return '?';
	if (end->out[0].len)
		return 'D';
	switch (end->out[0].flags) {
	case ATCP_F_ACK:
		return 'A';
	case ATCP_F_RST:
		return 'R';
	case ATCP_F_SYN | ATCP_F_ACK:
		return 'S';
	}
	return '!';
}

static void every_state(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(columns); i++) {
		struct end *end = end_init(test);
		struct atcp_seg seg;

		end_drive(end, columns[i]);
		seg = seg_of_kind(end, kind);
		if (columns[i] == ATCP_SYN_SENT)
			end->user_seq = seg.seq + 1;
		end_feed(end, &seg);
		KUNIT_EXPECT_EQ_MSG(test, end->conn.state, kind->want[i].state,
				    "%s in %s: now %s", kind->name,
				    atcp_state_name(columns[i]),
				    atcp_state_name(end->conn.state));
		KUNIT_EXPECT_EQ_MSG(test, answer(end), kind->want[i].answer,
				    "%s in %s", kind->name,
				    atcp_state_name(columns[i]));
		end_free(end);
	}
}

/* CLOSED, LISTEN and TIME-WAIT have their segments judged elsewhere. */
static void not_here(struct kunit *test)
{
	static const u8 states[] = { ATCP_CLOSED, ATCP_LISTEN, ATCP_TIME_WAIT };
	struct atcp_seg seg;
	struct end *end;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		end = end_init(test);
		end_drive(end, states[i]);
		seg = end_next(end, ATCP_F_RST, 0);
		end_feed(end, &seg);
		KUNIT_EXPECT_EQ(test, end->conn.state, states[i]);
		KUNIT_EXPECT_EQ(test, answer(end), '-');
		end_free(end);
	}
}

/* What the user is told of a RST, and what is counted. */
static const struct error_case {
	const char *name;
	u8 state, want, counted;
} error_cases[] = {
	{ "SYN-SENT", SENT, ATCP_ERR_REFUSED, ATCP_MIB_ATTEMPT_FAILS },
	{ "SYN-RECEIVED", RCVD, ATCP_ERR_REFUSED, ATCP_MIB_ATTEMPT_FAILS },
	{ "ESTABLISHED", ESTAB, ATCP_ERR_RESET, ATCP_MIB_ESTAB_RESETS },
	{ "FIN-WAIT-1", FINW1, ATCP_ERR_RESET, ATCP_MIB_NR },
	{ "FIN-WAIT-2", FINW2, ATCP_ERR_RESET, ATCP_MIB_NR },
	{ "CLOSE-WAIT", CLOSEW, ATCP_ERR_PIPE, ATCP_MIB_ESTAB_RESETS },
	{ "CLOSING", CLOSNG, ATCP_ERR_RESET, ATCP_MIB_NR },
	{ "LAST-ACK", LASTA, ATCP_ERR_RESET, ATCP_MIB_NR },
};

KUNIT_ARRAY_PARAM_DESC(error, error_cases, name);

static void error_of_reset(struct kunit *test)
{
	const struct error_case *row = test->param_value;
	struct end *end = end_init(test);
	struct atcp_seg seg;
	u16 events;

	end_drive(end, row->state);
	seg = end_next(end, ATCP_F_RST | ATCP_F_ACK, 0);
	end_feed(end, &seg);
	events = atcp_conn_poll_events(&end->conn);
	KUNIT_EXPECT_EQ(test, end->conn.error, row->want);
	KUNIT_EXPECT_EQ(test, events & (ATCP_EV_RESET | ATCP_EV_CLOSED),
			ATCP_EV_RESET | ATCP_EV_CLOSED);
	KUNIT_EXPECT_EQ(test, end->counted & (BIT_ULL(ATCP_MIB_ATTEMPT_FAILS) |
					      BIT_ULL(ATCP_MIB_ESTAB_RESETS)),
			row->counted == ATCP_MIB_NR ? 0 : BIT_ULL(row->counted));
	end_free(end);
}

/* The window's edges: RFC 9293 section 3.4, table 6, with our right edge. */
static const struct accept_case {
	const char *name;
	u32 left; /* of the window, 100 wide unless zero */
	u32 wnd;
	s32 seq; /* counted from the left edge */
	u32 len;
	bool want;
} accept_cases[] = {
	{ "empty, at the left edge", 5000, 100, 0, 0, true },
	{ "empty, left of it", 5000, 100, -1, 0, false },
	{ "empty, inside", 5000, 100, 99, 0, true },
	{ "empty, at the right edge", 5000, 100, 100, 0, true },
	{ "empty, right of it", 5000, 100, 101, 0, false },
	{ "empty, zero window, at the left edge", 5000, 0, 0, 0, true },
	{ "empty, zero window, right of it", 5000, 0, 1, 0, false },
	{ "data, zero window: its ACK counts", 5000, 0, 0, 1, true },
	{ "data, zero window, right of it", 5000, 0, 1, 1, false },
	{ "data, ends at the left edge", 5000, 100, -10, 10, false },
	{ "data, one byte inside", 5000, 100, -9, 10, true },
	{ "data, last byte inside", 5000, 100, 99, 10, true },
	{ "data, begins at the right edge", 5000, 100, 100, 10, false },
	{ "data, spans the window", 5000, 100, -50, 300, true },
	{ "the window wraps: inside after it", 0xffffffd0u, 100, 60, 10, true },
	{ "the window wraps: right of it", 0xffffffd0u, 100, 101, 0, false },
	{ "the left edge is zero: left of it", 0, 100, -1, 1, false },
	{ "the right edge is zero: at it", 0xffffff9cu, 100, 100, 0, true },
	{ "the right edge is zero: data at it", 0xffffff9cu, 100, 100, 1, false },
};

KUNIT_ARRAY_PARAM_DESC(accept, accept_cases, name);

static void acceptable(struct kunit *test)
{
	const struct accept_case *row = test->param_value;
	struct end *end = end_new_at(test, END_ISS, row->left - 1);
	struct atcp_seg seg = end_seg(end, ATCP_F_ACK, 1 + row->seq, 1,
				      row->len);

	end->conn.rcv.adv = end->conn.rcv.nxt + row->wnd;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, !end_counted(end, ATCP_MIB_UNACCEPTABLE) &&
			!end_counted(end, ATCP_MIB_OLD_DATA), row->want);
	if (!row->want)
		KUNIT_EXPECT_EQ(test, answer(end), 'A');
	end_free(end);
}

/* RFC 5961 section 7: strays get an answer now and then, data always does. */
static void challenges_are_limited(struct kunit *test)
{
	struct end *end = end_new(test);
	struct atcp_seg rst = end_seg(end, ATCP_F_RST, 9, 1, 0);
	struct atcp_seg old = end_seg(end, ATCP_F_ACK, -9U, 1, 10);

	end_feed(end, &rst);
	KUNIT_EXPECT_EQ(test, answer(end), 'A');
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_CHALLENGE_ACKS));
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_RST_CHALLENGE));
	end->now += 500 * MS - 1;
	end_feed(end, &rst);
	KUNIT_EXPECT_EQ(test, answer(end), '-');
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_CHALLENGE_LIMITED));
	end_feed(end, &old);
	KUNIT_EXPECT_EQ(test, answer(end), 'A');
	end_feed(end, &old);
	KUNIT_EXPECT_EQ(test, answer(end), 'A');
	end->now += 1;
	end_feed(end, &rst);
	KUNIT_EXPECT_EQ(test, answer(end), 'A');
	end_free(end);
}

/* RFC 7323 section 5: PAWS. */
static const struct paws_case {
	const char *name;
	s32 ts; /* against TS.Recent */
	u64 later; /* s */
	u8 flags;
	bool is_there;
	bool want_taken;
	char want_answer;
} paws_cases[] = {
	{ "newer", 1, 0, ATCP_F_ACK, true, true, '-' },
	{ "equal", 0, 0, ATCP_F_ACK, true, true, '-' },
	{ "older", -1, 0, ATCP_F_ACK, true, false, 'A' },
	{ "half around", (s32)0x80000000, 0, ATCP_F_ACK, true, false, 'A' },
	{ "almost half around ahead", 0x7fffffff, 0, ATCP_F_ACK, true, true,
	  '-' },
	{ "older, idle almost 24 days", -1, 24 * 86400 - 1, ATCP_F_ACK, true,
	  false, 'A' },
	{ "older, idle 24 days", -1, 24 * 86400, ATCP_F_ACK, true, true, '-' },
	{ "none: dropped silently", 0, 0, ATCP_F_ACK, false, false, '-' },
	{ "FIN, older", -1, 0, ATCP_F_ACK | ATCP_F_FIN, true, false, 'A' },
};

KUNIT_ARRAY_PARAM_DESC(paws, paws_cases, name);

static void paws(struct kunit *test)
{
	const struct paws_case *row = test->param_value;
	struct end *end = end_new_with(test, ATCP_HAS_TS);
	struct atcp_seg seg = end_next(end, row->flags, 10);

	seg.opts.ts_val = END_TS_VAL + row->ts;
	if (!row->is_there)
		seg.opts.has = 0;
	end->now += row->later * SEC;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->user_seq - end->conn.rcv.irs,
			row->want_taken ? 11 : 1);
	KUNIT_EXPECT_EQ(test, answer(end), row->want_answer);
	KUNIT_EXPECT_EQ(test, end->conn.ts_recent, row->want_taken ?
			END_TS_VAL + row->ts : END_TS_VAL);
	KUNIT_EXPECT_EQ(test, end_counted(end, ATCP_MIB_TS_MISSING),
			!row->is_there);
	KUNIT_EXPECT_EQ(test, end_counted(end, ATCP_MIB_PAWS_DROPPED),
			row->want_answer == 'A');
	end_free(end);
}

/* A peer that has begun anew, without timestamps: RFC 5961 section 4.2. */
static void syn_needs_no_timestamp(struct kunit *test)
{
	struct end *end = end_new_with(test, ATCP_HAS_TS);
	struct atcp_seg seg = end_seg(end, ATCP_F_SYN, 1000000, 0, 0);

	seg.opts.has = 0;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, answer(end), 'A');
	KUNIT_EXPECT_FALSE(test, end_counted(end, ATCP_MIB_TS_MISSING));
	end_free(end);
}

/* R1: a RST needs no timestamp, and no old one keeps it out. */
/*
 * Of two gaps the first is filled by a retransmission; what was sent before that fills
 * the second. What was sent before there was a gap is old all the same.
 */
static const struct gap_case {
	const char *name;
	s32 ts; /* against TS.Recent before the gap */
	u32 seq; /* the gaps are from 1 to 11 and from 21 to 31 */
	u32 len;
	bool want_taken;
} gap_cases[] = {
	{ "late", 1, 11, 10, true },
	{ "as old as the gap", 0, 11, 10, true },
	{ "older than the gap", -1, 11, 10, false },
	{ "behind the last that came", 1, 31, 10, false },
	{ "in a later gap", 1, 41, 10, true },
	{ "no data", 1, 11, 0, false },
};

KUNIT_ARRAY_PARAM_DESC(gap, gap_cases, name);

static void feed_at(struct end *end, u32 seq, u32 len, s32 ts)
{
	struct atcp_seg seg = end_seg(end, ATCP_F_ACK, seq, 1, len);

	seg.opts.has |= ATCP_HAS_TS;
	seg.opts.ts_val = END_TS_VAL + ts;
	seg.opts.ts_ecr = 0;
	end_feed(end, &seg);
}

static void paws_spares_the_late(struct kunit *test)
{
	const struct gap_case *row = test->param_value;
	struct end *end = end_new_with(test, ATCP_HAS_TS);
	bool is_later = row->seq == 41;

	feed_at(end, 21, 10, 2);
	if (is_later)
		feed_at(end, 51, 10, 3);
	feed_at(end, 1, 10, 100);
	KUNIT_EXPECT_EQ(test, end->conn.ts_recent, END_TS_VAL + 100);
	end->counted = 0;
	feed_at(end, row->seq, row->len, row->ts);
	KUNIT_EXPECT_EQ(test, !end_counted(end, ATCP_MIB_PAWS_DROPPED),
			row->want_taken);
	KUNIT_EXPECT_EQ(test, end->conn.rcv.nxt - end->conn.rcv.irs,
			row->want_taken && !is_later ? 31 : 11);
	KUNIT_EXPECT_EQ(test, end->conn.ts_recent, END_TS_VAL + 100);
	end_free(end);
}

/* A quarter of all numbers later the gap says nothing of age any more. */
static void paws_spares_not_for_ever(struct kunit *test)
{
	struct end *end = end_new_with(test, ATCP_HAS_TS);

	feed_at(end, 21, 10, 2);
	feed_at(end, 1, 10, 100);
	end->conn.rcv.gap_seq -= 1U << 30;
	feed_at(end, 11, 10, 1);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_PAWS_DROPPED));
	feed_at(end, 31, 10, 101); /* from here on it counts anew */
	feed_at(end, 11, 10, 99);
	KUNIT_EXPECT_EQ(test, end->conn.rcv.gap_ts, END_TS_VAL + 100);
	KUNIT_EXPECT_EQ(test, end->conn.rcv.nxt - end->conn.rcv.irs, 11);
	end_free(end);
}

static void paws_lets_a_reset_through(struct kunit *test)
{
	struct end *end = end_new_with(test, ATCP_HAS_TS);
	struct atcp_seg seg = end_next(end, ATCP_F_RST, 0);

	seg.opts.has = 0;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_CLOSED);
	end_free(end);
}

/* R3: only what will be acknowledged next is remembered. */
static void timestamp_of_a_segment_ahead(struct kunit *test)
{
	struct end *end = end_new_with(test, ATCP_HAS_TS);
	struct atcp_seg ahead = end_seg(end, ATCP_F_ACK, 11, 1, 10);
	struct atcp_seg next = end_seg(end, ATCP_F_ACK, 1, 1, 10);

	ahead.opts.ts_val = END_TS_VAL + 5;
	next.opts.ts_val = END_TS_VAL + 3;
	end_feed(end, &ahead);
	KUNIT_EXPECT_EQ(test, end->conn.ts_recent, END_TS_VAL);
	end_drain(end); /* the ACK echoes the old one */
	end_feed(end, &next);
	KUNIT_EXPECT_EQ(test, end->conn.ts_recent, END_TS_VAL + 3);
	end_free(end);
}

/* Delayed ACKs: the echo is that of the first segment, not the second. */
static void timestamp_of_the_first_unacknowledged(struct kunit *test)
{
	struct end *end = end_new_with(test, ATCP_HAS_TS);
	struct atcp_seg seg = end_seg(end, ATCP_F_ACK, 1, 1, 10);

	seg.opts.ts_val = END_TS_VAL + 1;
	end_feed(end, &seg);
	seg.seq += 10;
	seg.opts.ts_val = END_TS_VAL + 2;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.ts_recent, END_TS_VAL + 1);
	end_free(end);
}

/*
 * Who does not know the numbers changes nothing, timestamp or no: TS.Recent would
 * shut out the peer, and a probe that is not answered has to stay so.
 */
static const struct blind_case {
	const char *name;
	u8 flags;
	u8 where, acks;
	u16 len;
} blind_cases[] = {
	{ "ACK of what was never sent", ATCP_F_ACK, AT_NXT, UNSENT, 0 },
	{ "the same with data", ATCP_F_ACK, AT_NXT, UNSENT, 10 },
	{ "the same with FIN", ATCP_F_ACK | ATCP_F_FIN, AT_NXT, UNSENT, 0 },
	{ "ACK too old to believe", ATCP_F_ACK, AT_NXT, TOO_OLD, 0 },
	{ "no ACK", ATCP_F_PSH, AT_NXT, ALL, 10 },
	{ "SYN", ATCP_F_SYN, AT_NXT, ALL, 0 },
	{ "RST elsewhere in the window", ATCP_F_RST, ONE_ABOVE, ALL, 0 },
	{ "right of the window", ATCP_F_ACK, BEYOND, ALL, 10 },
};

KUNIT_ARRAY_PARAM_DESC(blind, blind_cases, name);

static void blind_segment_changes_nothing(struct kunit *test)
{
	const struct blind_case *row = test->param_value;
	const struct kind kind = { .flags = row->flags, .where = row->where,
				   .acks = row->acks, .len = row->len };
	struct end *end = end_new_with(test, ATCP_HAS_TS);
	struct atcp_conn *conn = &end->conn;
	u64 ts_recent_ns = conn->ts_recent_ns, heard_ns = conn->heard_ns;
	struct atcp_seg seg = seg_of_kind(end, &kind);

	conn->probes = 3;
	seg.opts.ts_val = END_TS_VAL + 1000;
	end->now += SEC;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, conn->ts_recent, END_TS_VAL);
	KUNIT_EXPECT_EQ(test, conn->ts_recent_ns, ts_recent_ns);
	KUNIT_EXPECT_EQ(test, conn->heard_ns, heard_ns);
	KUNIT_EXPECT_EQ(test, conn->probes, 3);
	KUNIT_EXPECT_EQ(test, conn->state, ATCP_ESTABLISHED);
	end_free(end);
}

/* RFC 7323 section 2.2: nor is the window of a SYN that comes again scaled. */
static void window_of_a_repeated_syn(struct kunit *test)
{
	struct end *end = end_init(test);
	struct atcp_seg seg;

	end->config.use = ATCP_HAS_WSCALE;
	end_drive(end, ATCP_SYN_RCVD);
	KUNIT_ASSERT_EQ(test, end->conn.snd.wscale, 2);
	seg = end_seg(end, ATCP_F_SYN | ATCP_F_ACK, 0, 1, 0);
	seg.wnd = 5000;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, end->conn.snd.wnd, 5000);
	KUNIT_EXPECT_EQ(test, end->conn.snd.max_wnd, 5000);
	end_free(end);
}

/* What a SYN offers and we do too is agreed on, nothing else. */
static const struct agree_case {
	const char *name;
	u8 ours, theirs;
	u16 want_mss;
	u8 want_use, want_snd_wscale, want_rcv_wscale;
} agree_cases[] = {
	{ "nothing", 0, 0, 536, 0, 0, 0 },
	{ "MSS alone", 0, ATCP_HAS_MSS, 900, 0, 0, 0 },
	{ "all of it", 0x0e, 0x0f, 888, 0x0e, 3, 7 },
	{ "window scale, theirs alone", 0, ATCP_HAS_WSCALE, 536, 0, 0, 0 },
	{ "window scale, ours alone", ATCP_HAS_WSCALE, 0, 536, 0, 0, 0 },
	{ "window scale", ATCP_HAS_WSCALE, ATCP_HAS_WSCALE, 536,
	  ATCP_HAS_WSCALE, 3, 7 },
	{ "timestamps, theirs alone", 0, ATCP_HAS_TS, 536, 0, 0, 0 },
	{ "timestamps, ours alone", ATCP_HAS_TS, 0, 536, 0, 0, 0 },
	{ "timestamps take their room", ATCP_HAS_TS, ATCP_HAS_TS, 524,
	  ATCP_HAS_TS, 0, 0 },
	{ "SACK", ATCP_HAS_SACK_PERM, ATCP_HAS_SACK_PERM, 536,
	  ATCP_HAS_SACK_PERM, 0, 0 },
};

KUNIT_ARRAY_PARAM_DESC(agree, agree_cases, name);

static void agrees_on_options(struct kunit *test)
{
	const struct agree_case *row = test->param_value;
	struct end *end = end_init(test);
	struct atcp_seg seg;

	end->config.use = row->ours;
	end_drive(end, ATCP_SYN_SENT);
	seg = end_next(end, ATCP_F_SYN | ATCP_F_ACK, 0);
	seg.opts.has = row->theirs;
	seg.opts.mss = 900;
	seg.opts.wscale = 3;
	seg.opts.ts_val = 99;
	seg.wnd = 1000;
	end->user_seq = seg.seq + 1;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.use, row->want_use);
	KUNIT_EXPECT_EQ(test, end->conn.snd.mss, row->want_mss);
	KUNIT_EXPECT_EQ(test, end->conn.snd.wscale, row->want_snd_wscale);
	KUNIT_EXPECT_EQ(test, end->conn.rcv.wscale, row->want_rcv_wscale);
	KUNIT_EXPECT_EQ(test, end->conn.snd.wnd, 1000); /* not scaled */
	KUNIT_EXPECT_EQ(test, end->conn.ts_recent,
			row->want_use & ATCP_HAS_TS ? 99 : 0);
	end_free(end);
}

/* RFC 9293 3.10.7.4, "sixth": the pointer moves ahead only. */
static const struct urgent_case {
	const char *name;
	u32 seq, len;
	u16 urg;
	u8 flags;
	bool want;
} urgent_cases[] = {
	{ "ahead", 1, 10, 20, ATCP_F_URG, true },
	{ "in the segment", 1, 10, 5, ATCP_F_URG, true },
	{ "without the flag", 1, 10, 5, 0, false },
	{ "zero", 1, 10, 0, ATCP_F_URG, false },
	{ "as before", 1, 3, 4, ATCP_F_URG, false },
	{ "back", 1, 3, 3, ATCP_F_URG, false },
	{ "a byte on", 1, 3, 5, ATCP_F_URG, true },
	{ "without data", 1, 0, 100, ATCP_F_URG, true },
	{ "with FIN", 1, 0, 100, ATCP_F_URG | ATCP_F_FIN, true },
};

KUNIT_ARRAY_PARAM_DESC(urgent, urgent_cases, name);

/* Rows "as before" to "a byte on" follow a pointer to 5. */
static void urgent_in(struct kunit *test)
{
	const struct urgent_case *row = test->param_value;
	struct end *end = end_new(test);
	struct atcp_seg seg = end_seg(end, ATCP_F_ACK | ATCP_F_URG, 1, 1, 0);

	if (row->len == 3) {
		seg.urg = 4;
		end_feed(end, &seg);
		KUNIT_EXPECT_EQ(test, atcp_conn_poll_events(&end->conn),
				ATCP_EV_URGENT);
		end->counted = 0;
	}
	seg = end_seg(end, ATCP_F_ACK | row->flags, row->seq, 1, row->len);
	seg.urg = row->urg;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, !!(atcp_conn_poll_events(&end->conn) &
				 ATCP_EV_URGENT), row->want);
	KUNIT_EXPECT_EQ(test, end_counted(end, ATCP_MIB_URGENT_IN), row->want);
	if (row->want)
		KUNIT_EXPECT_EQ(test, end->conn.rcv.up - END_IRS,
				row->seq + row->urg);
	end_free(end);
}

/* 1..11 has been taken; a segment from 1 on says that up to @urg was urgent. */
static const struct stale_case {
	const char *name;
	u16 urg;
	u16 len;
	bool want;
} stale_cases[] = {
	{ "below RCV.NXT", 9, 10, false },
	{ "at RCV.NXT: the byte has been taken", 10, 10, false },
	{ "below, with new data", 9, 20, false },
	{ "at RCV.NXT, with new data", 10, 20, false },
	{ "a byte ahead, with new data", 11, 20, true },
};

KUNIT_ARRAY_PARAM_DESC(stale, stale_cases, name);

static void urgent_taken_already(struct kunit *test)
{
	const struct stale_case *row = test->param_value;
	struct end *end = end_new(test);
	struct atcp_seg seg = end_seg(end, ATCP_F_ACK | ATCP_F_URG, 1, 1,
				      row->len);

	end_data(end, 1, 10);
	atcp_conn_poll_events(&end->conn);
	seg.urg = row->urg;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, !!(atcp_conn_poll_events(&end->conn) &
				 ATCP_EV_URGENT), row->want);
	KUNIT_EXPECT_EQ(test, end_counted(end, ATCP_MIB_URGENT_IN), row->want);
	end_free(end);
}

/* In CLOSE-WAIT and later there is nothing urgent any more. */
static void urgent_after_fin(struct kunit *test)
{
	struct end *end = end_init(test);
	struct atcp_seg seg;

	end_drive(end, ATCP_CLOSE_WAIT);
	seg = end_next(end, ATCP_F_ACK | ATCP_F_URG, 0);
	seg.urg = 9;
	end_feed(end, &seg);
	KUNIT_EXPECT_FALSE(test, end->conn.events & ATCP_EV_URGENT);
	end_free(end);
}

/* MUST-66: a window of zero keeps neither URG out nor, after it, a RST. */
static void through_a_shut_window(struct kunit *test)
{
	struct end *end = end_new(test);
	struct atcp_seg seg = end_next(end, ATCP_F_ACK | ATCP_F_URG, 10);

	end->conn.rcv.adv = end->conn.rcv.nxt;
	atcp_conn_set_space(&end->conn, 0, END_SPACE);
	seg.urg = 5;
	end_feed(end, &seg);
	KUNIT_EXPECT_TRUE(test, end->conn.events & ATCP_EV_URGENT);
	KUNIT_EXPECT_EQ(test, end->user_seq, seg.seq); /* no data taken */
	KUNIT_EXPECT_EQ(test, answer(end), 'A');
	seg = end_next(end, ATCP_F_RST, 0);
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.error, ATCP_ERR_RESET);
	end_free(end);
}

static struct kunit_case input_cases[] = {
	KUNIT_CASE_PARAM(every_state, kind_gen_params),
	KUNIT_CASE(not_here),
	KUNIT_CASE_PARAM(error_of_reset, error_gen_params),
	KUNIT_CASE_PARAM(acceptable, accept_gen_params),
	KUNIT_CASE(challenges_are_limited),
	KUNIT_CASE_PARAM(paws, paws_gen_params),
	KUNIT_CASE(syn_needs_no_timestamp),
	KUNIT_CASE_PARAM(paws_spares_the_late, gap_gen_params),
	KUNIT_CASE(paws_spares_not_for_ever),
	KUNIT_CASE(paws_lets_a_reset_through),
	KUNIT_CASE(timestamp_of_a_segment_ahead),
	KUNIT_CASE(timestamp_of_the_first_unacknowledged),
	KUNIT_CASE_PARAM(blind_segment_changes_nothing, blind_gen_params),
	KUNIT_CASE(window_of_a_repeated_syn),
	KUNIT_CASE_PARAM(agrees_on_options, agree_gen_params),
	KUNIT_CASE_PARAM(urgent_in, urgent_gen_params),
	KUNIT_CASE_PARAM(urgent_taken_already, stale_gen_params),
	KUNIT_CASE(urgent_after_fin),
	KUNIT_CASE(through_a_shut_window),
	{}
};

struct kunit_suite input_suite = {
	.name = "atcp_input",
	.test_cases = input_cases,
};
