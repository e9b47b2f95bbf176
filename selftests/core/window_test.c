// SPDX-License-Identifier: GPL-2.0
/* The window that we offer: RFC 9293 section 3.8.6, RFC 7323 section 2. */
#include "core/internal.h"
#include "util.h"

static const struct scale_case {
	const char *name;
	u32 clamp;
	u8 want;
} scale_cases[] = {
	{ "nothing", 0, 0 },
	{ "fits in 16 bits", 65535, 0 },
	{ "one more", 65536, 1 },
	{ "twice 65535 and a bit", 131071, 1 },
	{ "one more than that", 131072, 2 },
	{ "6 MiB", 6 << 20, 7 },
	{ "the largest that RFC 7323 has", 65535U << 14, 14 },
	{ "more than 14 can say", U32_MAX, 14 },
};

KUNIT_ARRAY_PARAM_DESC(scale, scale_cases, name);

static void scale(struct kunit *test)
{
	const struct scale_case *row = test->param_value;

	KUNIT_EXPECT_EQ(test, atcp_window_scale(row->clamp), row->want);
}

/* Numbers relative to RCV.NXT. */
static void prepare(struct atcp_conn *conn, u32 nxt, u32 left, u32 free,
		    u8 wscale)
{
	static const struct atcp_config config = ATCP_CONFIG_DEFAULT;

	atcp_conn_init(conn, &config);
	conn->rcv.nxt = nxt;
	conn->rcv.adv = nxt + left;
	conn->rcv.wscale = wscale;
	conn->rcv.seen_mss = 1000;
	atcp_conn_set_space(conn, free, 10000);
}

static const struct offer_case {
	const char *name;
	u32 nxt, left, free;
	u8 wscale;
	u16 want; /* on the wire */
	u32 want_left;
} offer_cases[] = {
	{ "all of it", 100, 0, 10000, 0, 10000, 10000 },
	{ "nothing to give", 100, 0, 0, 0, 0, 0 },
	{ "less than a segment more: the edge stays", 100, 0, 999, 0, 0, 0 },
	{ "a segment more: it moves", 100, 0, 1000, 0, 1000, 1000 },
	{ "a byte less than a segment more", 100, 4000, 4999, 0, 4000, 4000 },
	{ "a segment more than is left", 100, 4000, 5000, 0, 5000, 5000 },
	{ "less room than was promised: the promise holds", 100, 5000, 0, 0,
	  5000, 5000 },
	{ "the same across the wrap", 0xfffffff0u, 5000, 0, 0, 5000, 5000 },
	{ "moves across the wrap", 0xfffffff0u, 0, 10000, 0, 10000, 10000 },
	{ "the edge behind RCV.NXT: nothing left", 100, -1U, 0, 0, 0, 0 },
	{ "no more than 65535 without scale", 100, 0, 1 << 20, 0, 65535, 65535 },
	{ "scaled", 100, 0, 1 << 20, 7, 8192, 1 << 20 },
	{ "the scale rounds down", 100, 0, 10000, 7, 78, 78 << 7 },
	{ "what it cuts off is honoured", 100, 10000, 0, 7, 78, 10000 },
	{ "less than the scale can say", 100, 100, 0, 7, 0, 100 },
	{ "no more than the clamp", 100, 0, 64 << 20, 14, 384, 6 << 20 },
};

KUNIT_ARRAY_PARAM_DESC(offer, offer_cases, name);

static void offer(struct kunit *test)
{
	const struct offer_case *row = test->param_value;
	struct atcp_step step;
	struct end *end = end_init(test);
	struct atcp_conn *conn = &end->conn;
	u32 before;

	prepare(conn, row->nxt, row->left, row->free, row->wscale);
	before = conn->rcv.adv;
	atcp_step_init(&step, SEC, NULL);
	KUNIT_EXPECT_EQ(test, atcp_window_offer(conn, &step), row->want);
	KUNIT_EXPECT_EQ(test, atcp_window_left(conn), row->want_left);
	KUNIT_EXPECT_FALSE(test, atcp_before(conn->rcv.adv, before));
	KUNIT_EXPECT_EQ(test, !!(step.counted & BIT_ULL(ATCP_MIB_ZERO_WINDOW_SENT)),
			!row->want);
	end_free(end);
}

/* Half the buffer moves the edge when that is less than a segment. */
static void small_buffer(struct kunit *test)
{
	struct end *end = end_init(test);
	struct atcp_conn *conn = &end->conn;
	struct atcp_step step;

	atcp_step_init(&step, SEC, NULL);
	prepare(conn, 100, 0, 299, 0);
	atcp_conn_set_space(conn, 299, 600);
	KUNIT_EXPECT_EQ(test, atcp_window_offer(conn, &step), 0);
	atcp_conn_set_space(conn, 300, 600);
	KUNIT_EXPECT_EQ(test, atcp_window_offer(conn, &step), 300);
	end_free(end);
}

/* The peer's segments, once seen, say what a segment is. */
static void segment_as_seen(struct kunit *test)
{
	struct end *end = end_init(test);
	struct atcp_conn *conn = &end->conn;
	struct atcp_step step;

	atcp_step_init(&step, SEC, NULL);
	prepare(conn, 100, 0, 500, 0);
	conn->rcv.seen_mss = 501;
	KUNIT_EXPECT_EQ(test, atcp_window_offer(conn, &step), 0);
	conn->rcv.seen_mss = 500;
	KUNIT_EXPECT_EQ(test, atcp_window_offer(conn, &step), 500);
	end_free(end);
}

static const struct update_case {
	const char *name;
	u32 left, free;
	u8 wscale;
	bool want;
} update_cases[] = {
	{ "shut and nothing read", 0, 0, 0, false },
	{ "shut, less than a segment read", 0, 999, 0, false },
	{ "shut, a segment read", 0, 1000, 0, true },
	{ "a segment more, but much is left", 5000, 6000, 0, false },
	{ "twice what is left", 3000, 6000, 0, true },
	{ "a byte less than twice", 3001, 6001, 0, false },
	{ "twice what is left, but little", 400, 800, 0, false },
	{ "nothing read", 6000, 6000, 0, false },
	{ "less than the scale can say", 0, 127, 7, false },
	{ "scaled", 0, 1024, 7, true },
	{ "a segment, though the scale cuts it short", 0, 1000, 7, true },
	{ "nothing more that the scale can say", 900, 1023, 7, false },
	{ "all that can be said without a scale is said", 65535, 200000, 0,
	  false },
};

KUNIT_ARRAY_PARAM_DESC(update, update_cases, name);

static void wants_update(struct kunit *test)
{
	const struct update_case *row = test->param_value;
	struct end *end = end_init(test);

	prepare(&end->conn, 0xfffffff0u, row->left, row->free, row->wscale);
	KUNIT_EXPECT_EQ(test, atcp_window_wants_update(&end->conn), row->want);
	end_free(end);
}

/* No room at all is no reason to say so again and again. */
static void tiny_buffer_never_updates_empty(struct kunit *test)
{
	struct end *end = end_init(test);

	prepare(&end->conn, 100, 0, 0, 0);
	atcp_conn_set_space(&end->conn, 0, 1);
	KUNIT_EXPECT_FALSE(test, atcp_window_wants_update(&end->conn));
	end_free(end);
}

static void syn_is_not_scaled(struct kunit *test)
{
	struct end *end = end_init(test);
	struct atcp_conn *conn = &end->conn;

	prepare(conn, 100, 0, 10000, 7);
	KUNIT_EXPECT_EQ(test, atcp_window_offer_syn(conn), 10000);
	atcp_conn_set_space(conn, 1 << 20, 1 << 20);
	KUNIT_EXPECT_EQ(test, atcp_window_offer_syn(conn), 65535);
	conn->rcv.clamp = 4096;
	KUNIT_EXPECT_EQ(test, atcp_window_offer_syn(conn), 4096);
	end_free(end);
}

/*
 * Receiver's silly-window avoidance end to end: a user who reads little by little
 * makes the window open a segment at a time, never less.
 */
static void user_reads_little_by_little(struct kunit *test)
{
	struct end *end = end_new(test);
	u32 nr_updates = 0, read;

	atcp_conn_set_space(&end->conn, 0, END_SPACE);
	end_data(end, 1, END_SPACE);
	end_drain(end);
	KUNIT_ASSERT_EQ(test, end->out[0].wnd, 0);

	for (read = 50; read <= 4000; read += 50) {
		atcp_conn_set_space(&end->conn, read, END_SPACE);
		end_begin(end);
		atcp_conn_read(&end->conn, &end->step);
		end_finish(end);
		end->nr_out = 0;
		if (!end_drain(end))
			continue;
		nr_updates++;
		KUNIT_EXPECT_GE(test, end->out[0].wnd, 1000);
		/* each tells at least twice what was told before */
		KUNIT_EXPECT_EQ(test, end->out[0].wnd, read);
	}
	KUNIT_EXPECT_EQ(test, nr_updates, 3); /* 1000, 2000, 4000 */
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_WINDOW_UPDATES));
	end_free(end);
}

static struct kunit_case window_cases[] = {
	KUNIT_CASE_PARAM(scale, scale_gen_params),
	KUNIT_CASE_PARAM(offer, offer_gen_params),
	KUNIT_CASE(small_buffer),
	KUNIT_CASE(segment_as_seen),
	KUNIT_CASE_PARAM(wants_update, update_gen_params),
	KUNIT_CASE(tiny_buffer_never_updates_empty),
	KUNIT_CASE(syn_is_not_scaled),
	KUNIT_CASE(user_reads_little_by_little),
	{}
};

struct kunit_suite window_suite = {
	.name = "atcp_window",
	.test_cases = window_cases,
};
