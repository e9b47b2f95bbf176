// SPDX-License-Identifier: GPL-2.0
/* What is sent, when, and how much of it: RFC 9293 section 3.7 and 3.8. */
#include "core/internal.h"
#include "util.h"

/* Relative sequence number of what was sent as number @i. */
static u32 sent_seq(const struct end *end, unsigned int i)
{
	return end->out[i].seq - end->conn.snd.iss;
}

static void open_with_window(struct end *end, u16 wnd)
{
	struct atcp_seg seg = end_next(end, ATCP_F_ACK, 0);

	seg.wnd = wnd;
	end_feed(end, &seg);
}

static void options_of(struct end *end, unsigned int i, struct atcp_opts *opts)
{
	KUNIT_EXPECT_EQ(end->test, end->out[i].opt_len % 4, 0);
	atcp_seg_parse_opts(opts, end->out[i].opt, end->out[i].opt_len);
}

static void blank_segment(struct kunit *test)
{
	struct atcp_tx tx;

	memset(&tx, 0xee, sizeof(tx));
	atcp_output_init_tx(&tx, 7, ATCP_F_RST);
	KUNIT_EXPECT_EQ(test, tx.seq, 7);
	KUNIT_EXPECT_EQ(test, tx.flags, ATCP_F_RST);
	KUNIT_EXPECT_EQ(test, tx.ack, 0);
	KUNIT_EXPECT_EQ(test, tx.len, 0);
	KUNIT_EXPECT_EQ(test, tx.wnd, 0);
	KUNIT_EXPECT_EQ(test, tx.urg, 0);
	KUNIT_EXPECT_EQ(test, tx.opt_len, 0);
	KUNIT_EXPECT_FALSE(test, tx.is_again);
}

/* S-1: SYN, seq=x, with all that we offer; again with the same number. */
static void syn(struct kunit *test)
{
	struct end *end = end_init(test);
	struct atcp_opts opts;

	end->conn.config.use = ATCP_HAS_WSCALE | ATCP_HAS_SACK_PERM | ATCP_HAS_TS;
	atcp_conn_set_space(&end->conn, 1 << 20, 1 << 20);
	end_begin(end);
	atcp_conn_connect(&end->conn, END_ISS, 77, &end->step);
	end_finish(end);
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_TRUE(test, end_sent_only(end, ATCP_F_SYN));
	KUNIT_EXPECT_EQ(test, end->out[0].seq, END_ISS);
	KUNIT_EXPECT_EQ(test, end->out[0].ack, 0);
	KUNIT_EXPECT_EQ(test, end->out[0].wnd, 65535); /* not scaled */
	KUNIT_EXPECT_FALSE(test, end->out[0].is_again);
	options_of(end, 0, &opts);
	KUNIT_EXPECT_EQ(test, opts.has, ATCP_HAS_MSS | ATCP_HAS_WSCALE |
			ATCP_HAS_SACK_PERM | ATCP_HAS_TS);
	KUNIT_EXPECT_EQ(test, opts.mss, END_MSS);
	KUNIT_EXPECT_EQ(test, opts.wscale, 7);
	KUNIT_EXPECT_EQ(test, opts.ts_val, 1000000 + 77);
	KUNIT_EXPECT_EQ(test, opts.ts_ecr, 0);

	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[1].seq, END_ISS);
	KUNIT_EXPECT_TRUE(test, end->out[1].is_again);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_SYN_RETRANS));
	end_free(end);
}

/* Simultaneous open: the SYN+ACK has what is agreed on, no more. */
static void synack(struct kunit *test)
{
	struct end *end = end_init(test);
	struct atcp_opts opts;
	struct atcp_seg seg;

	end->config.use = ATCP_HAS_WSCALE | ATCP_HAS_TS;
	end_drive(end, ATCP_SYN_SENT);
	seg = end_next(end, ATCP_F_SYN, 0);
	seg.seq = 0xffffffffu;
	seg.opts.has = ATCP_HAS_TS;
	seg.opts.ts_val = 99;
	end->user_seq = 0;
	end_feed(end, &seg);
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_TRUE(test, end_sent_only(end, ATCP_F_SYN | ATCP_F_ACK));
	KUNIT_EXPECT_EQ(test, end->out[0].seq, END_ISS);
	KUNIT_EXPECT_EQ(test, end->out[0].ack, 0);
	options_of(end, 0, &opts);
	KUNIT_EXPECT_EQ(test, opts.has, ATCP_HAS_MSS | ATCP_HAS_TS);
	KUNIT_EXPECT_EQ(test, opts.ts_ecr, 99);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_SYNACK_RETRANS));
	end_free(end);
}

/* RFC 9293 section 3.5.2: the two kinds of RST. */
static void rst_of_an_abort(struct kunit *test)
{
	struct end *end = end_new(test);

	end_write(end, 100);
	end_drain(end);
	end->nr_out = 0;
	end_begin(end);
	atcp_conn_abort(&end->conn, &end->step);
	end_finish(end);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_TRUE(test, end_sent_only(end, ATCP_F_RST | ATCP_F_ACK));
	KUNIT_EXPECT_EQ(test, sent_seq(end, 0), 101);
	KUNIT_EXPECT_EQ(test, end->out[0].ack, END_IRS + 1);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_OUT_RSTS));
	end_free(end);
}

/* RFC 7323 section 3.2: a RST should bear them too. */
static void rst_has_timestamps(struct kunit *test)
{
	struct end *end = end_new_with(test, ATCP_HAS_TS);
	struct atcp_opts opts;

	end_begin(end);
	atcp_conn_abort(&end->conn, &end->step);
	end_finish(end);
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	options_of(end, 0, &opts);
	KUNIT_EXPECT_EQ(test, opts.has, ATCP_HAS_TS);
	KUNIT_EXPECT_EQ(test, opts.ts_ecr, END_TS_VAL);
	end_free(end);
}

static void rst_of_a_bad_ack(struct kunit *test)
{
	struct end *end = end_init(test);
	struct atcp_seg seg;

	end_drive(end, ATCP_SYN_SENT);
	seg = end_seg(end, ATCP_F_SYN | ATCP_F_ACK, 0, 1000, 0);
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_TRUE(test, end_sent_only(end, ATCP_F_RST));
	KUNIT_EXPECT_EQ(test, sent_seq(end, 0), 1000);
	KUNIT_EXPECT_EQ(test, end->out[0].ack, 0);
	KUNIT_EXPECT_EQ(test, end->out[0].opt_len, 0);
	end_free(end);
}

/* What every segment of a connection carries. */
static void ack_carries(struct kunit *test)
{
	struct end *end = end_new_with(test, ATCP_HAS_TS | ATCP_HAS_WSCALE);
	struct atcp_opts opts;

	end->now += 5 * MS;
	end_write(end, 10);
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].ack, END_IRS + 1);
	KUNIT_EXPECT_EQ(test, end->out[0].wnd, END_SPACE >> 7);
	KUNIT_EXPECT_EQ(test, end->out[0].mss, END_MSS - ATCP_TS_LEN);
	KUNIT_EXPECT_EQ(test, end->out[0].flags, ATCP_F_ACK | ATCP_F_PSH);
	options_of(end, 0, &opts);
	KUNIT_EXPECT_EQ(test, opts.has, ATCP_HAS_TS);
	KUNIT_EXPECT_EQ(test, opts.ts_val, 1000005 + 77);
	KUNIT_EXPECT_EQ(test, opts.ts_ecr, END_TS_VAL);
	KUNIT_EXPECT_EQ(test, end->conn.rcv.acked, end->conn.rcv.nxt);
	end_free(end);
}

/* Data that goes the other way takes the delayed ACK along. */
static void ack_rides_on_data(struct kunit *test)
{
	struct end *end = end_new(test);

	end_data(end, 1, 100);
	end->conn.rcv.quick = 3;
	KUNIT_ASSERT_NE(test, end_due(end, ATCP_TIMER_DELACK), ATCP_NEVER);
	end_write(end, 10);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].ack - END_IRS, 101);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_DELACK), ATCP_NEVER);
	KUNIT_EXPECT_EQ(test, end->conn.rcv.quick, 0); /* a conversation */
	end_free(end);
}

/* How much goes at once: the smallest of what there is and three limits. */
static const struct burst_case {
	const char *name;
	u32 unsent, cwnd;
	u16 wnd;
	u32 want; /* in the first burst */
} burst_cases[] = {
	{ "one segment", 1000, 10000, 60000, 1000 },
	{ "whole segments and a tail", 2500, 10000, 60000, 2500 },
	{ "cwnd", 50000, 10000, 60000, 10000 },
	{ "cwnd, whole segments", 50000, 10999, 60000, 10000 },
	{ "cwnd, the tail fits", 2500, 2500, 60000, 2500 },
	{ "the peer's window, whole segments", 50000, 60000, 20500, 20000 },
	{ "the peer's window, exactly", 50000, 60000, 20000, 20000 },
	{ "the window shut", 50000, 60000, 0, 0 },
	{ "cwnd below the segment: one", 5000, 999, 60000, 1000 },
};

KUNIT_ARRAY_PARAM_DESC(burst, burst_cases, name);

static void burst(struct kunit *test)
{
	const struct burst_case *row = test->param_value;
	struct end *end = end_new(test);

	open_with_window(end, row->wnd);
	end->conn.snd.cwnd = row->cwnd;
	end_write(end, row->unsent);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end->nr_out ? end->out[0].len : 0, row->want);
	KUNIT_EXPECT_EQ(test, end_flight(end), row->want);
	end_free(end);
}

/* A burst is what one IP packet can hold, in whole segments. */
static void burst_is_bounded(struct kunit *test)
{
	struct end *end = end_new_with(test, ATCP_HAS_WSCALE);

	open_with_window(end, 65535); /* times 4 */
	end->conn.snd.cwnd = 1 << 20;
	end_write(end, 200000);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end->out[0].len, ATCP_BURST_MAX / 1000 * 1000);
	KUNIT_EXPECT_EQ(test, end->out[1].seq,
			end->out[0].seq + end->out[0].len);
	KUNIT_EXPECT_EQ(test, end_flight(end), 200000);
	end_free(end);
}

static void nothing_new_without_record(struct kunit *test)
{
	struct end *end = end_new(test);

	end_write(end, 5000);
	end->has_spare = false;
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	end->has_spare = true;
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	end_free(end);
}

/* Nagle and Minshall, and what overrides them, for a partial segment of 10. */
static const struct nagle_case {
	const char *name;
	u32 first; /* sent before and still in flight, 0 for none */
	u32 flags; /* of the connection */
	u8 write; /* flags of the write */
	bool want;
} nagle_cases[] = {
	{ "nothing in flight", 0, 0, 0, true },
	{ "a partial one in flight", 10, 0, 0, false },
	{ "a full one in flight (Minshall)", 1000, 0, 0, true },
	{ "pushed, a partial one in flight", 10, 0, ATCP_WRITE_PUSH, false },
	{ "no delay", 10, ATCP_CONN_NODELAY, 0, true },
	{ "cork, nothing in flight", 0, ATCP_CONN_CORK, 0, false },
	{ "cork and no delay", 0, ATCP_CONN_CORK | ATCP_CONN_NODELAY, 0, false },
	{ "more to come", 0, 0, ATCP_WRITE_MORE, false },
	{ "more to come and no delay", 0, ATCP_CONN_NODELAY, ATCP_WRITE_MORE,
	  false },
	{ "urgent, a partial one in flight", 10, 0, ATCP_WRITE_URGENT, true },
	{ "urgent and cork", 0, ATCP_CONN_CORK, ATCP_WRITE_URGENT, true },
	{ "closed, a partial one in flight", 10, ATCP_CONN_SHUT, 0, true },
	{ "closed and cork", 0, ATCP_CONN_SHUT | ATCP_CONN_CORK, 0, true },
	{ "override, a partial one in flight", 10, ATCP_CONN_OVERRIDE, 0, true },
};

KUNIT_ARRAY_PARAM_DESC(nagle, nagle_cases, name);

static void nagle(struct kunit *test)
{
	const struct nagle_case *row = test->param_value;
	struct end *end = end_new(test);

	if (row->first) {
		end_write(end, row->first);
		KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	}
	end->nr_out = 0;
	end->conn.flags |= row->flags;
	end_write_flags(end, 10, row->write);
	KUNIT_EXPECT_EQ(test, end_drain(end), row->want);
	KUNIT_EXPECT_EQ(test, end->nr_out ? end->out[0].len : 0,
			row->want ? 10 : 0);
	end_free(end);
}

/* What is held goes when what it waits for has been acknowledged. */
static void nagle_lets_go(struct kunit *test)
{
	struct end *end = end_new(test);

	end_write(end, 10);
	end_drain(end);
	end_write(end, 10);
	end_write(end, 10);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	end_ack(end, 11);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[1].len, 20);
	end_free(end);
}

/*
 * Without Nagle each send is a segment; no more of them than full ones would fit
 * cwnd, then they wait for an ACK and go together.
 */
static void tiny_segments_count(struct kunit *test)
{
	struct end *end = end_new(test);
	u32 most = end->conn.snd.cwnd / END_MSS;
	u32 i;

	end->conn.flags |= ATCP_CONN_NODELAY;
	for (i = 0; i < most; i++) {
		end_write(end, 1);
		KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	}
	for (i = 0; i < 5; i++) {
		end_write(end, 1);
		KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	}
	end->nr_out = 0;
	end_ack(end, 2);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].len, 5);
	end_free(end);
}

/* Whole segments go, the tail waits: more and cork hold only that. */
static void cork_holds_the_tail(struct kunit *test)
{
	struct end *end = end_new(test);

	end->conn.flags |= ATCP_CONN_CORK;
	end_write(end, 2010);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].len, 2000);
	end->conn.flags &= ~ATCP_CONN_CORK;
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[1].len, 10);
	end_free(end);
}

/* A partial segment sent 2^31 bytes ago holds nothing back. */
static void nagle_forgets(struct kunit *test)
{
	struct end *end = end_new(test);

	end_write(end, 10);
	end_drain(end);
	end_ack(end, 11);
	end_skip(end, 0x80000000u);
	end->conn.snd.cwnd = 10000;
	end_write(end, 10);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	end_free(end);
}

/* Sender's silly-window avoidance: a piece that the peer's window cuts off. */
static const struct silly_case {
	const char *name;
	u16 max; /* the largest there was */
	u16 wnd; /* now */
	u32 in_flight;
	bool want;
} silly_cases[] = {
	{ "a segment", 3000, 1000, 0, true },
	{ "less than a segment", 3000, 999, 0, false },
	{ "a byte", 3000, 1, 0, false },
	{ "less than a segment, some in flight", 3000, 1999, 1000, false },
	{ "a segment, some in flight", 3000, 2000, 1000, true },
	{ "half of the largest", 1800, 900, 0, true },
	/* an ACK is under way: it may tell of more */
	{ "half of the largest, some in flight", 1800, 1000, 100, false },
	{ "almost a segment, a byte in flight", 1000, 1000, 1, false },
};

KUNIT_ARRAY_PARAM_DESC(silly, silly_cases, name);

static void silly_window(struct kunit *test)
{
	const struct silly_case *row = test->param_value;
	struct end *end = end_new(test);

	open_with_window(end, row->wnd);
	end->conn.snd.max_wnd = row->max;
	if (row->in_flight) {
		end_write(end, row->in_flight);
		KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	}
	end_write(end, 5000);
	KUNIT_EXPECT_EQ(test, end_drain(end), row->want);
	end_free(end);
}

/* A peer whose window is never a segment gets half of its largest at least. */
static void tiny_peer(struct kunit *test)
{
	struct end *end = end_new(test);

	open_with_window(end, 249);
	end->conn.snd.max_wnd = 500;
	end_write(end, 5000);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	open_with_window(end, 250);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].len, 250);
	end_free(end);
}

/* PSH: where a send ended, and where the buffer ends (MUST-61). */
static void push(struct kunit *test)
{
	struct end *end = end_new(test);

	end_write(end, 1000);
	end_write_flags(end, 1000, 0);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end->nr_out, 1);
	KUNIT_EXPECT_TRUE(test, end->out[0].flags & ATCP_F_PSH);

	end->conn.snd.cwnd = 3000; /* one more segment */
	end->nr_out = 0;
	end_write_flags(end, 2000, 0);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end->out[0].len, 1000);
	KUNIT_EXPECT_FALSE(test, end->out[0].flags & ATCP_F_PSH);
	end_free(end);
}

/* C-1: FIN after the last byte, on it where both go. */
static const struct fin_case {
	const char *name;
	u32 unsent;
	u16 wnd;
	u8 want_nr;
	u8 want_flags; /* of the last one */
	u32 want_flight;
} fin_cases[] = {
	{ "alone", 0, 60000, 1, ATCP_F_FIN | ATCP_F_ACK, 1 },
	{ "on data", 100, 60000, 1, ATCP_F_FIN | ATCP_F_ACK | ATCP_F_PSH, 101 },
	{ "window for data, not for FIN", 1000, 1000, 1,
	  ATCP_F_ACK | ATCP_F_PSH, 1000 },
	{ "window for a part of the data", 2000, 1000, 1, ATCP_F_ACK, 1000 },
	{ "alone, window shut", 0, 0, 0, 0, 0 },
	{ "alone, window of one", 0, 1, 1, ATCP_F_FIN | ATCP_F_ACK, 1 },
};

KUNIT_ARRAY_PARAM_DESC(fin, fin_cases, name);

static void fin(struct kunit *test)
{
	const struct fin_case *row = test->param_value;
	struct end *end = end_new(test);

	open_with_window(end, row->wnd);
	end->conn.snd.max_wnd = 60000;
	if (row->unsent)
		end_write(end, row->unsent);
	end_shutdown(end);
	KUNIT_ASSERT_EQ(test, end_drain(end), row->want_nr);
	KUNIT_EXPECT_EQ(test, end_flight(end), row->want_flight);
	if (row->want_nr)
		KUNIT_EXPECT_EQ(test, end->out[row->want_nr - 1].flags,
				row->want_flags);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0); /* once */
	end_free(end);
}

static void fin_again(struct kunit *test)
{
	struct end *end = end_new(test);

	end_write(end, 100);
	end_shutdown(end);
	end_drain(end);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[1].len, 100);
	KUNIT_EXPECT_EQ(test, end->out[1].flags, end->out[0].flags);
	KUNIT_EXPECT_TRUE(test, end->out[1].is_again);
	end_free(end);
}

/* What is lost goes again before anything new, as far as the windows let it. */
static const struct again_case {
	const char *name;
	u32 cwnd;
	u16 wnd;
	u32 want; /* first piece of 4000 lost bytes */
} again_cases[] = {
	{ "all at once", 10000, 60000, 4000 },
	{ "cwnd", 2500, 60000, 2000 },
	{ "cwnd below a segment", 10, 60000, 1000 },
	{ "the window has shrunk", 10000, 2500, 2500 },
	{ "the window is shut: the first segment goes all the same", 10000, 0,
	  1000 },
};

KUNIT_ARRAY_PARAM_DESC(again, again_cases, name);

static void again(struct kunit *test)
{
	const struct again_case *row = test->param_value;
	struct end *end = end_new(test);

	end_write(end, 4000);
	end_drain(end);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	end->conn.snd.cwnd = row->cwnd;
	end->conn.snd.wnd = row->wnd;
	end->nr_out = 0;
	end_write(end, 1000);
	end_drain(end);
	KUNIT_ASSERT_LT(test, 0, end->nr_out);
	KUNIT_EXPECT_EQ(test, sent_seq(end, 0), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].len, row->want);
	KUNIT_EXPECT_TRUE(test, end->out[0].is_again);
	end_free(end);
}

/*
 * MUST-34, SHLD-15, SHLD-16: the edge has moved back over what is in flight. New
 * data waits, old data goes again up to the edge, no further.
 */
static void shrunken_window(struct kunit *test)
{
	struct end *end = end_new(test);
	struct atcp_seg seg;

	end_write(end, 4000);
	end_drain(end);
	seg = end_seg(end, ATCP_F_ACK, 1, 1001, 0);
	seg.wnd = 1000;
	end_feed(end, &seg);
	end_write(end, 1000);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_ESTABLISHED);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	end->conn.snd.cwnd = 10000;
	end->nr_out = 0;
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, sent_seq(end, 0), 1001);
	KUNIT_EXPECT_EQ(test, end->out[0].len, 1000);
	end_free(end);
}

/* RFC 5681 section 4.1. */
static const struct idle_case {
	const char *name;
	u64 idle; /* ns; the RTO is 200 ms */
	u32 cwnd;
	u32 want;
} idle_cases[] = {
	{ "not longer than the RTO", 200 * MS, 50000, 50000 },
	{ "longer", 200 * MS + 1, 50000, 10000 },
	{ "longer, but not more than initially", SEC, 5000, 5000 },
};

KUNIT_ARRAY_PARAM_DESC(idle, idle_cases, name);

static void restart_after_idle(struct kunit *test)
{
	const struct idle_case *row = test->param_value;
	struct end *end = end_new(test);

	end->conn.rtt.rto_ns = 200 * MS;
	end->conn.snd.cwnd = row->cwnd;
	end->now += row->idle;
	end_write(end, 1000);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, row->want);
	KUNIT_EXPECT_EQ(test, end_counted(end, ATCP_MIB_IDLE_RESTARTS),
			row->want != row->cwnd);
	end_free(end);
}

/* What is sent again is sent: the connection has not been idle since before. */
static void again_is_not_idle(struct kunit *test)
{
	struct end *end = end_new(test);

	end->conn.rtt.rto_ns = 200 * MS;
	end_write(end, 1000);
	end_drain(end);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	end->now += 150 * MS; /* 350 ms after it was sent first */
	end_ack(end, 1001);
	end->conn.snd.cwnd = 50000;
	end_write(end, 1000);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 50000);
	KUNIT_EXPECT_FALSE(test, end_counted(end, ATCP_MIB_IDLE_RESTARTS));
	end_free(end);
}

/* RFC 6093: the pointer is one past the urgent byte, on every segment before. */
static const struct urgent_case {
	const char *name;
	u32 before; /* bytes written before the urgent ones */
	u32 len;
	u16 want_first; /* pointer of the first segment, 0 for no URG */
	u16 want_second;
} urgent_cases[] = {
	{ "one byte", 0, 1, 1, 0 },
	{ "after a segment", 1000, 1, 1001, 1 },
	{ "in the middle of the second", 1500, 1, 1501, 501 },
	{ "last byte of a send", 0, 1000, 1000, 0 },
	{ "as far ahead as can be said", 65534, 1, 65535, 64535 },
	{ "further", 65535, 1, 65535, 64536 },
	{ "much further", 70000, 1, 65535, 65535 },
};

KUNIT_ARRAY_PARAM_DESC(urgent, urgent_cases, name);

static void urgent(struct kunit *test)
{
	const struct urgent_case *row = test->param_value;
	struct end *end = end_new(test);
	u32 i;

	end->conn.snd.cwnd = 3000;
	if (row->before)
		end_write(end, row->before);
	end_write_flags(end, row->len, ATCP_WRITE_PUSH | ATCP_WRITE_URGENT);
	end_drain(end);
	for (i = 0; i < 2 && i < end->nr_out; i++) {
		u16 want = i ? row->want_second : row->want_first;

		KUNIT_EXPECT_EQ(test, end->out[i].urg, want);
		KUNIT_EXPECT_EQ(test, !!(end->out[i].flags & ATCP_F_URG),
				!!want);
		KUNIT_EXPECT_LE(test, end->out[i].len, END_MSS);
	}
	end_free(end);
}

/* It ends when it is acknowledged; sent again, it points to the same byte. */
static void urgent_again_and_over(struct kunit *test)
{
	struct end *end = end_new(test);

	end_write(end, 1000);
	end_write_flags(end, 1, ATCP_WRITE_URGENT);
	end_drain(end);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	end->nr_out = 0;
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end->out[0].urg, 1001);
	end_ack(end, 1002);
	KUNIT_EXPECT_FALSE(test, end->conn.flags & ATCP_CONN_URG_OUT);
	end->nr_out = 0;
	end_write(end, 10);
	end_drain(end);
	KUNIT_EXPECT_TRUE(test, end_sent_only(end, ATCP_F_ACK | ATCP_F_PSH));
	end_free(end);
}

/*
 * MUST-66 seen from here: a probe's number is too low for its URG to be heard, so
 * an ACK at SND.NXT goes with each.
 */
static void urgent_with_a_probe(struct kunit *test)
{
	struct end *end = end_new(test);
	u32 i;

	open_with_window(end, 0);
	end_write_flags(end, 100, ATCP_WRITE_URGENT);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_TRUE(test, end_sent_only(end, ATCP_F_ACK | ATCP_F_URG));
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_PERSIST));
		end->nr_out = 0;
		KUNIT_ASSERT_EQ(test, end_drain(end), 2);
		KUNIT_EXPECT_EQ(test, sent_seq(end, 0), 0);
		KUNIT_EXPECT_EQ(test, sent_seq(end, 1), 1);
		KUNIT_EXPECT_EQ(test, end->out[1].flags,
				ATCP_F_ACK | ATCP_F_URG);
		KUNIT_EXPECT_EQ(test, end->out[1].urg, 100);
	}
	end_free(end);
}

/* Without a record to spare a lost burst is not cut: it waits for one. */
static void again_without_record(struct kunit *test)
{
	struct end *end = end_new(test);

	end_write(end, 4000);
	end_drain(end);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	end->has_spare = false;
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	end->has_spare = true;
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	end_free(end);
}

/* Whoever has more than a segment's worth of MTU gets whole segments. */
static void huge_segments(struct kunit *test)
{
	struct end *end = end_new_with(test, ATCP_HAS_WSCALE);

	open_with_window(end, 65535);
	end->conn.snd.peer_mss = 65535;
	atcp_conn_set_path_mss(&end->conn, 65535);
	KUNIT_EXPECT_EQ(test, end->conn.snd.mss, 65535 - 40);
	end_write(end, 3 * 65495);
	end->conn.snd.cwnd = 1 << 20;
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end->out[0].len, 65495);
	KUNIT_EXPECT_EQ(test, end_flight(end), 3 * 65495);
	end_free(end);
}

/* Persist: armed only where nothing else will wake us. */
static void persist_is_armed(struct kunit *test)
{
	struct end *end = end_new(test);

	open_with_window(end, 0);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_PERSIST), ATCP_NEVER);
	end_write(end, 100);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_PERSIST),
			end->conn.rtt.rto_ns);
	end->now += MS;
	end_drain(end); /* does not move */
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_PERSIST),
			end->conn.rtt.rto_ns - MS);
	open_with_window(end, 60000);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_PERSIST), ATCP_NEVER);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_RETRANSMIT),
			end->conn.rtt.rto_ns);
	end_free(end);
}

static struct kunit_case output_cases[] = {
	KUNIT_CASE(blank_segment),
	KUNIT_CASE(syn),
	KUNIT_CASE(synack),
	KUNIT_CASE(rst_of_an_abort),
	KUNIT_CASE(rst_has_timestamps),
	KUNIT_CASE(rst_of_a_bad_ack),
	KUNIT_CASE(ack_carries),
	KUNIT_CASE(ack_rides_on_data),
	KUNIT_CASE_PARAM(burst, burst_gen_params),
	KUNIT_CASE(burst_is_bounded),
	KUNIT_CASE(nothing_new_without_record),
	KUNIT_CASE_PARAM(nagle, nagle_gen_params),
	KUNIT_CASE(nagle_lets_go),
	KUNIT_CASE(tiny_segments_count),
	KUNIT_CASE(cork_holds_the_tail),
	KUNIT_CASE(nagle_forgets),
	KUNIT_CASE_PARAM(silly_window, silly_gen_params),
	KUNIT_CASE(tiny_peer),
	KUNIT_CASE(push),
	KUNIT_CASE_PARAM(fin, fin_gen_params),
	KUNIT_CASE(fin_again),
	KUNIT_CASE_PARAM(again, again_gen_params),
	KUNIT_CASE(shrunken_window),
	KUNIT_CASE_PARAM(restart_after_idle, idle_gen_params),
	KUNIT_CASE(again_is_not_idle),
	KUNIT_CASE_PARAM(urgent, urgent_gen_params),
	KUNIT_CASE(urgent_again_and_over),
	KUNIT_CASE(urgent_with_a_probe),
	KUNIT_CASE(again_without_record),
	KUNIT_CASE(huge_segments),
	KUNIT_CASE(persist_is_armed),
	{}
};

struct kunit_suite output_suite = {
	.name = "atcp_output",
	.test_cases = output_cases,
};
