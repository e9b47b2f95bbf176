// SPDX-License-Identifier: GPL-2.0
/* Initial numbers: RFC 6528. */
#include "core/isn.h"
#include "core/seq.h"
#include "util.h"

static const struct atcp_secret secret = { { 0x0123456789abcdefULL, 42 } };
static const struct atcp_tuple tuple = { 0x0a000001, 0x0a000002, 40000, 80 };

static const struct differs_case {
	const char *name;
	struct atcp_secret secret;
	struct atcp_tuple tuple;
} differs_cases[] = {
	{ "another first half of the key", { { 0x0123456789abcdeeULL, 42 } },
	  { 0x0a000001, 0x0a000002, 40000, 80 } },
	{ "another second half of the key", { { 0x0123456789abcdefULL, 43 } },
	  { 0x0a000001, 0x0a000002, 40000, 80 } },
	{ "another local address", { { 0x0123456789abcdefULL, 42 } },
	  { 0x0a000003, 0x0a000002, 40000, 80 } },
	{ "another remote address", { { 0x0123456789abcdefULL, 42 } },
	  { 0x0a000001, 0x0a000003, 40000, 80 } },
	{ "addresses swapped", { { 0x0123456789abcdefULL, 42 } },
	  { 0x0a000002, 0x0a000001, 40000, 80 } },
	{ "another local port", { { 0x0123456789abcdefULL, 42 } },
	  { 0x0a000001, 0x0a000002, 40001, 80 } },
	{ "another remote port", { { 0x0123456789abcdefULL, 42 } },
	  { 0x0a000001, 0x0a000002, 40000, 81 } },
	{ "ports swapped", { { 0x0123456789abcdefULL, 42 } },
	  { 0x0a000001, 0x0a000002, 80, 40000 } },
};

KUNIT_ARRAY_PARAM_DESC(differs, differs_cases, name);

/* F() depends on every part of the connection and of the key. */
static void depends_on(struct kunit *test)
{
	const struct differs_case *row = test->param_value;

	KUNIT_EXPECT_NE(test, atcp_isn_generate(&secret, &tuple, SEC),
			atcp_isn_generate(&row->secret, &row->tuple, SEC));
	KUNIT_EXPECT_NE(test, atcp_isn_ts_offset(&secret, &tuple),
			atcp_isn_ts_offset(&row->secret, &row->tuple));
}

/* M: the same connection's numbers go up with time, and wrap. */
static void ticks(struct kunit *test)
{
	u32 first = atcp_isn_generate(&secret, &tuple, SEC);

	KUNIT_EXPECT_EQ(test, atcp_isn_generate(&secret, &tuple, SEC), first);
	KUNIT_EXPECT_EQ(test, atcp_isn_generate(&secret, &tuple, SEC + 255 - SEC % 256),
			first);
	KUNIT_EXPECT_EQ(test, atcp_isn_generate(&secret, &tuple, SEC + 256),
			first + 1);
	KUNIT_EXPECT_EQ(test,
			atcp_isn_generate(&secret, &tuple, SEC + (256ULL << 32)),
			first);
}

/* A new incarnation after 2 MSL begins beyond all that the old one sent. */
static void ahead_after_two_msl(struct kunit *test)
{
	u32 first = atcp_isn_generate(&secret, &tuple, SEC);
	u32 later = atcp_isn_generate(&secret, &tuple, 61 * SEC);

	KUNIT_EXPECT_TRUE(test, atcp_after(later, first));
	KUNIT_EXPECT_EQ(test, later - first, 60 * SEC / 256);
}

/* Timestamps stay comparable from one incarnation to the next (RFC 6191). */
static void ts_offset_stays(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, atcp_isn_ts_offset(&secret, &tuple),
			atcp_isn_ts_offset(&secret, &tuple));
	/* and tells nothing about the numbers */
	KUNIT_EXPECT_NE(test, atcp_isn_ts_offset(&secret, &tuple),
			atcp_isn_generate(&secret, &tuple, 0));
}

static struct kunit_case isn_cases[] = {
	KUNIT_CASE_PARAM(depends_on, differs_gen_params),
	KUNIT_CASE(ticks),
	KUNIT_CASE(ahead_after_two_msl),
	KUNIT_CASE(ts_offset_stays),
	{}
};

struct kunit_suite isn_suite = {
	.name = "atcp_isn",
	.test_cases = isn_cases,
};
