// SPDX-License-Identifier: GPL-2.0
/* Payload and FIN, in order or not: RFC 9293 3.10.7.4, "seventh", "eighth". */
#include "core/internal.h"
#include "util.h"

#define PIECES_MAX 8

/*
 * Pieces of payload arrive in this order; util.c checks that what the user gets
 * is without gap or overlap, and that no record is lost.
 */
static const struct order_case {
	const char *name;
	struct { u16 seq, len; } pieces[PIECES_MAX]; /* relative to IRS */
	u32 want_nxt; /* RCV.NXT, relative */
	u16 want_ofo; /* ranges left out of order */
} order_cases[] = {
	{ "in order", { { 1, 100 }, { 101, 100 } }, 201, 0 },
	{ "swapped", { { 101, 100 }, { 1, 100 } }, 201, 0 },
	{ "twice the same", { { 1, 100 }, { 1, 100 } }, 101, 0 },
	{ "a gap stays", { { 101, 100 } }, 1, 1 },
	{ "two gaps", { { 101, 50 }, { 201, 50 } }, 1, 2 },
	{ "two gaps, first filled", { { 101, 50 }, { 201, 50 }, { 1, 100 } },
	  151, 1 },
	{ "backwards", { { 301, 100 }, { 201, 100 }, { 101, 100 }, { 1, 100 } },
	  401, 0 },
	{ "gap filled with more than it has", { { 101, 100 }, { 1, 150 } }, 201,
	  0 },
	{ "gap filled beyond the range", { { 101, 100 }, { 1, 300 } }, 301, 0 },
	{ "old and new in one", { { 1, 100 }, { 51, 100 } }, 151, 0 },
	{ "the same range again", { { 101, 100 }, { 101, 100 } }, 1, 1 },
	{ "inside a range", { { 101, 100 }, { 121, 10 } }, 1, 1 },
	{ "range covered", { { 121, 10 }, { 101, 100 }, { 1, 100 } }, 201, 0 },
	{ "range covered, same end", { { 151, 50 }, { 101, 100 }, { 1, 100 } },
	  201, 0 },
	{ "range covered, same begin", { { 101, 50 }, { 101, 100 },
	  { 1, 100 } }, 201, 0 },
	{ "several covered", { { 111, 10 }, { 131, 10 }, { 151, 10 },
	  { 101, 100 }, { 1, 100 } }, 201, 0 },
	{ "overlaps the left one", { { 101, 50 }, { 141, 60 }, { 1, 100 } }, 201,
	  0 },
	{ "overlaps the right one", { { 151, 50 }, { 101, 60 }, { 1, 100 } },
	  201, 0 },
	{ "overlaps both", { { 101, 50 }, { 171, 30 }, { 141, 40 }, { 1, 100 } },
	  201, 0 },
	{ "overlaps left, covers, overlaps right", { { 101, 50 }, { 161, 10 },
	  { 181, 40 }, { 131, 60 }, { 1, 100 } }, 221, 0 },
	{ "touches the left one", { { 101, 50 }, { 151, 50 }, { 1, 100 } }, 201,
	  0 },
	{ "one byte each, odd first", { { 2, 1 }, { 4, 1 }, { 1, 1 }, { 3, 1 } },
	  5, 0 },
	{ "across the wrap", { { 21, 20 }, { 11, 10 }, { 1, 10 } }, 41, 0 },
};

KUNIT_ARRAY_PARAM_DESC(order, order_cases, name);

static void pieces(struct kunit *test)
{
	const struct order_case *row = test->param_value;
	struct end *end = end_new(test);
	int i;

	for (i = 0; i < PIECES_MAX && row->pieces[i].len; i++)
		end_data(end, row->pieces[i].seq, row->pieces[i].len);
	KUNIT_EXPECT_EQ(test, end->conn.rcv.nxt - end->conn.rcv.irs,
			row->want_nxt);
	KUNIT_EXPECT_EQ(test, end->user_seq, end->conn.rcv.nxt);
	KUNIT_EXPECT_EQ(test, end->conn.rcv.nr_ofo, row->want_ofo);
	end_free(end);
}

/* Whatever is out of order, doubled or fills a gap is acknowledged at once. */
static const struct ack_case {
	const char *name;
	struct { u16 seq, len; } pieces[PIECES_MAX];
	bool want_at_once; /* of the last one */
} ack_cases[] = {
	{ "a small piece waits", { { 1, 100 } }, false },
	{ "out of order", { { 101, 100 } }, true },
	{ "fills a gap", { { 101, 100 }, { 1, 100 } }, true },
	{ "fills a gap in part", { { 101, 100 }, { 1, 50 } }, true },
	{ "old", { { 1, 100 }, { 1, 100 } }, true },
	{ "partly old", { { 1, 100 }, { 51, 100 } }, true },
	{ "out of order, again", { { 101, 100 }, { 101, 100 } }, true },
	{ "one full segment waits", { { 1, 1000 } }, false },
	{ "the second full one does not", { { 1, 1000 }, { 1001, 1000 } }, true },
	{ "two small ones after a full one wait",
	  { { 1, 1000 }, { 1001, 400 }, { 1401, 400 } }, false },
	{ "small ones that make two full ones", { { 1, 1000 }, { 1001, 400 },
	  { 1401, 600 } }, true },
};

KUNIT_ARRAY_PARAM_DESC(ack, ack_cases, name);

static void acknowledges(struct kunit *test)
{
	const struct ack_case *row = test->param_value;
	struct end *end = end_new(test);
	int i;

	for (i = 0; i < PIECES_MAX && row->pieces[i].len; i++) {
		/* of those before the last only what waits is kept waiting */
		if (end->conn.flags & ATCP_CONN_SEND_ACK)
			end_drain(end);
		end_data(end, row->pieces[i].seq, row->pieces[i].len);
	}
	KUNIT_EXPECT_EQ(test, !!(end->conn.flags & ATCP_CONN_SEND_ACK),
			row->want_at_once);
	if (!row->want_at_once) {
		KUNIT_EXPECT_EQ(test, end_drain(end), 0);
		KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_DELACK), 40 * MS);
	}
	end_free(end);
}

/* The delay counts from the first piece that waits, not from the last. */
static void delay_is_not_prolonged(struct kunit *test)
{
	struct end *end = end_new(test);

	end_data(end, 1, 1000);
	end->now += 30 * MS;
	end_data(end, 1001, 10);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_DELACK), 10 * MS);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_DELACK));
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_TRUE(test, end_sent_only(end, ATCP_F_ACK));
	KUNIT_EXPECT_EQ(test, end->out[0].ack - end->conn.rcv.irs, 1011);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_DELAYED_ACKS));
	end_free(end);
}

/* So many at once after the handshake, while the peer is in slow start. */
static void quick_acks(struct kunit *test)
{
	struct end *end = end_new(test);
	u32 i;

	atcp_conn_set_quickack(&end->conn, true);
	for (i = 0; i < ATCP_QUICK_ACKS; i++) {
		end_data(end, 1 + i, 1);
		KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	}
	end_data(end, 1 + i, 1);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	/* asked for again, what waits goes too */
	atcp_conn_set_quickack(&end->conn, true);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	end_free(end);
}

/* GRO: a merged segment is as many as it says. */
static void merged_segments(struct kunit *test)
{
	struct end *end = end_new(test);
	struct atcp_seg seg = end_next(end, ATCP_F_ACK, 4000);

	seg.segs = 4;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.rcv.seen_mss, 1000);
	KUNIT_EXPECT_TRUE(test, end->conn.flags & ATCP_CONN_SEND_ACK);
	end_free(end);
}

/* No segment is larger than the MSS that we have announced. */
static void estimate_is_bounded(struct kunit *test)
{
	struct end *end = end_new(test);

	end_data(end, 1, 9000);
	KUNIT_EXPECT_EQ(test, end->conn.rcv.seen_mss, END_MSS);
	end_free(end);
}

static const struct window_case {
	const char *name;
	u32 seq, len; /* the window is 1..1001 */
	u32 want_nxt;
	u16 want_ofo;
	bool want_beyond;
} window_cases[] = {
	{ "just fits", 1, 1000, 1001, 0, false },
	{ "one byte too many", 1, 1001, 1001, 0, true },
	{ "much too many", 1, 60000, 1001, 0, true },
	{ "begins at the edge", 1001, 10, 1, 0, false },
	{ "out of order, one byte too many", 501, 501, 1, 1, true },
	{ "out of order, ends at the edge", 501, 500, 1, 1, false },
};

KUNIT_ARRAY_PARAM_DESC(window, window_cases, name);

/* Never a byte beyond the right edge. */
static void window(struct kunit *test)
{
	const struct window_case *row = test->param_value;
	struct end *end = end_new(test);

	end->conn.rcv.adv = end->conn.rcv.nxt + 1000;
	end_data(end, row->seq, row->len);
	KUNIT_EXPECT_EQ(test, end->conn.rcv.nxt - end->conn.rcv.irs,
			row->want_nxt);
	KUNIT_EXPECT_EQ(test, end->conn.rcv.nr_ofo, row->want_ofo);
	KUNIT_EXPECT_EQ(test, end_counted(end, ATCP_MIB_BEYOND_WINDOW),
			row->want_beyond);
	end_free(end);
}

static void no_record_no_range(struct kunit *test)
{
	struct end *end = end_new(test);

	end->has_spare = false;
	end_data(end, 101, 100);
	KUNIT_EXPECT_EQ(test, end->conn.rcv.nr_ofo, 0);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_OFO_DROPPED));
	KUNIT_EXPECT_EQ(test, end_drain(end), 1); /* still says where we are */
	end_data(end, 1, 100);
	KUNIT_EXPECT_EQ(test, end->conn.rcv.nxt - end->conn.rcv.irs, 101);
	end_free(end);
}

/* Without end_data(): its checks walk the list each time. */
static void blocks_are_limited(struct kunit *test)
{
	struct end *end = end_new(test);
	struct atcp_burst *records;
	struct atcp_seg seg;
	struct atcp_step step;
	u32 i;

	records = kunit_kzalloc(test, (ATCP_BLOCKS_MAX + 1) * sizeof(*records),
				GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, records);
	for (i = 0; i <= ATCP_BLOCKS_MAX; i++) {
		seg = end_seg(end, ATCP_F_ACK, 3 + 2 * i, 1, 1);
		atcp_step_init(&step, end->now, &records[i]);
		atcp_conn_handle_segment(&end->conn, &seg, &step);
		KUNIT_EXPECT_EQ(test, !!(step.counted &
					 BIT_ULL(ATCP_MIB_OFO_DROPPED)),
				i == ATCP_BLOCKS_MAX);
	}
	KUNIT_EXPECT_EQ(test, end->conn.rcv.nr_blocks, ATCP_BLOCKS_MAX);
	atcp_step_init(&step, end->now, NULL);
	atcp_conn_release(&end->conn, &step);
	KUNIT_EXPECT_FALSE(test, list_empty(&step.released));
	end_free(end);
}

/* FIN: where it comes and what has come before. */
static const struct fin_case {
	const char *name;
	struct { u16 seq, len; bool fin; } pieces[PIECES_MAX];
	u32 want_nxt;
	bool want_closed;
} fin_cases[] = {
	{ "alone", { { 1, 0, true } }, 2, true },
	{ "on data", { { 1, 100, true } }, 102, true },
	{ "after data", { { 1, 100 }, { 101, 0, true } }, 102, true },
	{ "before its data", { { 101, 0, true } }, 1, false },
	{ "before its data, then that", { { 101, 0, true }, { 1, 100 } }, 102,
	  true },
	{ "on data out of order", { { 51, 50, true }, { 1, 50 } }, 102, true },
	{ "on data partly old", { { 1, 60 }, { 51, 50, true } }, 102, true },
	{ "on data all old", { { 1, 100 }, { 51, 50, true } }, 102, true },
	{ "data beyond it: there was none", { { 51, 0, true }, { 1, 100 } }, 101,
	  false },
	{ "out of order beyond it", { { 51, 0, true }, { 61, 10 }, { 1, 50 } },
	  51, false },
	{ "in order, what lies beyond was planted", { { 61, 10 }, { 1, 50 },
	  { 51, 0, true } }, 52, true },
	{ "in order, on data that reaches into what was planted", { { 31, 40 },
	  { 1, 50, true } }, 52, true },
	{ "in order before a forged one", { { 101, 0, true }, { 1, 50, true } },
	  52, true },
	{ "the first one holds", { { 101, 0, true }, { 51, 0, true },
	  { 1, 100 } }, 102, true },
	{ "below what has come: none", { { 61, 40 }, { 51, 20, true },
	  { 1, 60 } }, 101, false },
	{ "below what has come, then where it belongs", { { 61, 40 },
	  { 51, 20, true }, { 1, 60 }, { 101, 0, true } }, 102, true },
	{ "twice", { { 101, 0, true }, { 101, 0, true }, { 1, 100 } }, 102,
	  true },
};

KUNIT_ARRAY_PARAM_DESC(fin, fin_cases, name);

static void fin(struct kunit *test)
{
	const struct fin_case *row = test->param_value;
	struct end *end = end_new(test);
	struct atcp_seg seg;
	int i;

	for (i = 0; i < PIECES_MAX && row->pieces[i].seq; i++) {
		seg = end_seg(end, ATCP_F_ACK |
			      (row->pieces[i].fin ? ATCP_F_FIN : 0),
			      row->pieces[i].seq, 1, row->pieces[i].len);
		end_feed(end, &seg);
		/* what is not taken yet is answered at once */
		if (row->pieces[i].fin && end->conn.state == ATCP_ESTABLISHED)
			KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	}
	KUNIT_EXPECT_EQ(test, end->conn.rcv.nxt - end->conn.rcv.irs,
			row->want_nxt);
	KUNIT_EXPECT_EQ(test, end->conn.state,
			row->want_closed ? ATCP_CLOSE_WAIT : ATCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, !!(atcp_conn_poll_events(&end->conn) &
				 ATCP_EV_PEER_CLOSED), row->want_closed);
	if (row->want_closed) {
		KUNIT_EXPECT_EQ(test, end->conn.rcv.nr_ofo, 0);
		KUNIT_EXPECT_EQ(test, end->user_seq + 1, end->conn.rcv.nxt);
	}
	end_free(end);
}

static const struct edge_case {
	const char *name;
	u32 seq; /* of the FIN; the window is 1..1001 */
	u32 len;
	bool want_seen;
} edge_cases[] = {
	{ "FIN in the window", 1000, 0, true },
	{ "FIN takes the last number", 1, 999, true },
	{ "FIN just behind full data", 1, 1000, true },
	{ "FIN cut off with its data", 1, 1001, false },
};

KUNIT_ARRAY_PARAM_DESC(edge, edge_cases, name);

/* A FIN needs no room: one at the right edge is taken, one beyond is not. */
static void fin_at_the_edge(struct kunit *test)
{
	const struct edge_case *row = test->param_value;
	struct end *end = end_new(test);
	struct atcp_seg seg = end_seg(end, ATCP_F_ACK | ATCP_F_FIN, row->seq, 1,
				      row->len);

	end->conn.rcv.adv = end->conn.rcv.nxt + 1000;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, !!(end->conn.flags & ATCP_CONN_FIN_SEEN),
			row->want_seen);
	KUNIT_EXPECT_LE(test, end->user_seq - end->conn.rcv.irs, 1001);
	end_free(end);
}

static void fin_through_a_shut_window(struct kunit *test)
{
	struct end *end = end_new(test);
	struct atcp_seg seg;

	atcp_conn_set_space(&end->conn, 0, END_SPACE);
	end_data(end, 1, END_SPACE);
	end_drain(end);
	KUNIT_ASSERT_EQ(test, atcp_window_left(&end->conn), 0);
	seg = end_next(end, ATCP_F_ACK | ATCP_F_FIN, 0);
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_CLOSE_WAIT);
	end_free(end);
}

/* Feed data for which there is no memory; the ACKs that it brings. */
static unsigned int refuse(struct end *end, u32 seq)
{
	struct atcp_seg seg = end_seg(end, ATCP_F_ACK, seq, 1, 100);

	end->nr_out = 0;
	end_begin(end);
	end->step.no_room = true;
	atcp_conn_handle_segment(&end->conn, &seg, &end->step);
	KUNIT_EXPECT_EQ(end->test, end->step.keep, ATCP_KEEP_NONE);
	end_finish(end);
	return end_drain(end);
}

/* What cannot be kept is told by a window of zero, and taken when it can. */
static void no_memory(struct kunit *test)
{
	struct end *end = end_new(test);

	end_data(end, 1, 100);
	end_drain(end);
	atcp_conn_set_space(&end->conn, END_SPACE - 100, END_SPACE);
	KUNIT_EXPECT_EQ(test, refuse(end, 201), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].ack - END_IRS, 101);
	KUNIT_EXPECT_EQ(test, end->out[0].wnd, 0);
	KUNIT_EXPECT_EQ(test, refuse(end, 301), 0); /* told already */
	KUNIT_EXPECT_EQ(test, refuse(end, 101), 1); /* a time-out's: still so */
	KUNIT_EXPECT_EQ(test, end->out[0].wnd, 0);

	end->nr_out = 0;
	end_data(end, 101, 100);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].ack - END_IRS, 201);
	KUNIT_EXPECT_GT(test, end->out[0].wnd, 0);
	end_free(end);
}

/* The user has read: the peer learns of it at once. */
static void memory_is_back(struct kunit *test)
{
	struct end *end = end_new(test);

	end_data(end, 1, 100);
	end_drain(end);
	atcp_conn_set_space(&end->conn, END_SPACE - 100, END_SPACE);
	refuse(end, 101);
	end->nr_out = 0;
	end_begin(end);
	atcp_conn_set_space(&end->conn, END_SPACE, END_SPACE);
	atcp_conn_read(&end->conn, &end->step);
	end_finish(end);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_GT(test, end->out[0].wnd, 0);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_WINDOW_UPDATES));
	end_free(end);
}

static struct kunit_case reasm_cases[] = {
	KUNIT_CASE_PARAM(pieces, order_gen_params),
	KUNIT_CASE_PARAM(acknowledges, ack_gen_params),
	KUNIT_CASE(delay_is_not_prolonged),
	KUNIT_CASE(quick_acks),
	KUNIT_CASE(merged_segments),
	KUNIT_CASE(estimate_is_bounded),
	KUNIT_CASE_PARAM(window, window_gen_params),
	KUNIT_CASE(no_record_no_range),
	KUNIT_CASE(blocks_are_limited),
	KUNIT_CASE_PARAM(fin, fin_gen_params),
	KUNIT_CASE_PARAM(fin_at_the_edge, edge_gen_params),
	KUNIT_CASE(fin_through_a_shut_window),
	KUNIT_CASE(no_memory),
	KUNIT_CASE(memory_is_back),
	{}
};

struct kunit_suite reasm_suite = {
	.name = "atcp_reasm",
	.test_cases = reasm_cases,
};
