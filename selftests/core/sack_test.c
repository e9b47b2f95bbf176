// SPDX-License-Identifier: GPL-2.0
/* Blocks told of data out of order (RFC 2018) and of duplicates (RFC 2883). */
#include "core/internal.h"
#include "util.h"

#define PIECES_MAX 8

/* Blocks of the last segment sent, relative to IRS; a pair of zeros ends them. */
static void expect_blocks(struct kunit *test, struct end *end,
			  const struct atcp_sack *want)
{
	const struct atcp_tx *tx = &end->out[end->nr_out - 1];
	struct atcp_opts opts;
	u8 i;

	KUNIT_ASSERT_TRUE(test, end->nr_out > 0);
	atcp_seg_parse_opts(&opts, tx->opt, tx->opt_len);
	for (i = 0; i < ATCP_SACKS_MAX && want[i].right; i++) {
		KUNIT_ASSERT_TRUE(test, opts.nr_sacks > i);
		KUNIT_EXPECT_EQ(test, opts.sacks[i].left - END_IRS,
				want[i].left);
		KUNIT_EXPECT_EQ(test, opts.sacks[i].right - END_IRS,
				want[i].right);
	}
	KUNIT_EXPECT_EQ(test, opts.nr_sacks, i);
}

/* Pieces arrive in this order, and the ACK of the last one has these blocks. */
static const struct told_case {
	const char *name;
	struct { u16 seq, len; } pieces[PIECES_MAX]; /* relative to IRS */
	struct atcp_sack want[ATCP_SACKS_MAX];
	bool has_ts;
} told_cases[] = {
	{ "one", { { 101, 100 } }, { { 101, 201 } } },
	{ "in order: none", { { 1, 100 } }, { } },
	{ "the most recent first", { { 101, 50 }, { 301, 50 }, { 201, 50 } },
	  { { 201, 251 }, { 301, 351 }, { 101, 151 } } },
	{ "grows upwards and comes to the front",
	  { { 101, 50 }, { 301, 50 }, { 151, 50 } },
	  { { 101, 201 }, { 301, 351 } } },
	{ "grows downwards", { { 301, 50 }, { 251, 50 } }, { { 251, 351 } } },
	{ "two become one", { { 101, 50 }, { 201, 50 }, { 151, 50 } },
	  { { 101, 251 } } },
	{ "the oldest is left out",
	  { { 101, 10 }, { 201, 10 }, { 301, 10 }, { 401, 10 }, { 501, 10 } },
	  { { 501, 511 }, { 401, 411 }, { 301, 311 }, { 201, 211 } } },
	{ "three beside timestamps",
	  { { 101, 10 }, { 201, 10 }, { 301, 10 }, { 401, 10 } },
	  { { 401, 411 }, { 301, 311 }, { 201, 211 } }, .has_ts = true },
	{ "what was left out grows and is whole",
	  { { 101, 10 }, { 201, 10 }, { 301, 10 }, { 401, 10 }, { 501, 10 },
	    { 111, 10 } },
	  { { 101, 121 }, { 501, 511 }, { 401, 411 }, { 301, 311 } } },
	{ "a hole is filled, another is left",
	  { { 101, 50 }, { 201, 50 }, { 1, 100 } }, { { 201, 251 } } },
	{ "all holes are filled", { { 101, 50 }, { 1, 100 } }, { } },
	{ "old data, in part", { { 1, 100 }, { 51, 100 } }, { { 51, 101 } } },
	{ "old data, whole", { { 1, 100 }, { 1, 50 } }, { { 1, 51 } } },
	{ "a block again", { { 101, 100 }, { 101, 100 } },
	  { { 101, 201 }, { 101, 201 } } },
	{ "a part of a block again", { { 101, 100 }, { 151, 100 } },
	  { { 151, 201 }, { 101, 251 } } },
	{ "old data while there is a hole", { { 1, 100 }, { 201, 50 }, { 1, 50 } },
	  { { 1, 51 }, { 201, 251 } } },
};

KUNIT_ARRAY_PARAM_DESC(told, told_cases, name);

static void told(struct kunit *test)
{
	const struct told_case *row = test->param_value;
	struct end *end = end_new_with(test, ATCP_HAS_SACK_PERM |
					     (row->has_ts ? ATCP_HAS_TS : 0));
	int i;

	for (i = 0; i < PIECES_MAX && row->pieces[i].len; i++) {
		end_drain(end);
		end->nr_out = 0;
		end_data(end, row->pieces[i].seq, row->pieces[i].len);
	}
	end->conn.flags |= ATCP_CONN_SEND_ACK;
	end_drain(end);
	expect_blocks(test, end, row->want);
	end_free(end);
}

/* RFC 2883: a duplicate is told once; blocks as long as they are there. */
static void duplicate_once(struct kunit *test)
{
	static const struct atcp_sack blocks[ATCP_SACKS_MAX] = { { 201, 301 } };
	struct end *end = end_new_with(test, ATCP_HAS_SACK_PERM);

	end_data(end, 201, 100);
	end_drain(end);
	end_data(end, 201, 100);
	end_drain(end);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_DSACKS_OUT));
	end->conn.flags |= ATCP_CONN_SEND_ACK;
	end_drain(end);
	expect_blocks(test, end, blocks);
	end_free(end);
}

/* Without the peer's leave there is no such option (RFC 2018 section 2). */
static void not_permitted(struct kunit *test)
{
	static const struct atcp_sack none[ATCP_SACKS_MAX];
	struct end *end = end_new_with(test, 0);

	end_data(end, 101, 100);
	end_data(end, 101, 100);
	end_drain(end);
	expect_blocks(test, end, none);
	end_free(end);
}

/* What has been given up is told no more. */
static void reneged(struct kunit *test)
{
	static const struct atcp_sack blocks[ATCP_SACKS_MAX] = { { 101, 201 } };
	struct end *end = end_new_with(test, ATCP_HAS_SACK_PERM);

	end_data(end, 101, 100);
	end_data(end, 201, 100); /* one block, two records */
	end_data(end, 401, 100);
	end_begin(end);
	KUNIT_EXPECT_TRUE(test, atcp_conn_renege(&end->conn, &end->step));
	KUNIT_EXPECT_TRUE(test, atcp_conn_renege(&end->conn, &end->step));
	end_finish(end);
	end->nr_out = 0;
	end_drain(end);
	expect_blocks(test, end, blocks);
	end_free(end);
}

/* A full segment has no room for blocks: the ACK that has them follows. */
static void beside_data(struct kunit *test)
{
	static const struct atcp_sack blocks[ATCP_SACKS_MAX] = { { 101, 201 } };
	struct end *end = end_new_with(test, ATCP_HAS_SACK_PERM);

	end_write(end, END_MSS);
	end_data(end, 101, 100);
	KUNIT_EXPECT_EQ(test, end_drain(end), 2);
	KUNIT_EXPECT_EQ(test, end->out[0].len, END_MSS);
	KUNIT_EXPECT_EQ(test, end->out[0].opt_len, 0);
	KUNIT_EXPECT_EQ(test, end->out[1].len, 0);
	expect_blocks(test, end, blocks);
	end_free(end);
}

static struct kunit_case sack_cases[] = {
	KUNIT_CASE_PARAM(told, told_gen_params),
	KUNIT_CASE(duplicate_once),
	KUNIT_CASE(not_permitted),
	KUNIT_CASE(reneged),
	KUNIT_CASE(beside_data),
	{}
};

struct kunit_suite sack_suite = {
	.name = "atcp_sack",
	.test_cases = sack_cases,
};
