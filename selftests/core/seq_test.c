// SPDX-License-Identifier: GPL-2.0
/* Sequence arithmetic, on both sides of the wrap at 2^32. */
#include "core/seq.h"
#include "util.h"

static const struct order_case {
	const char *name;
	u32 a, b;
	bool before, after;
} order_cases[] = {
	{ "equal", 5, 5, false, false },
	{ "one below", 4, 5, true, false },
	{ "one above", 6, 5, false, true },
	{ "equal at zero", 0, 0, false, false },
	{ "below across the wrap", 0xffffffffu, 0, true, false },
	{ "above across the wrap", 0, 0xffffffffu, false, true },
	{ "far below across the wrap", 0xc0000000u, 0x10000000u, true, false },
	{ "largest distance below", 0x80000001u, 0, true, false },
	{ "largest distance above", 0x7fffffffu, 0, false, true },
	{ "across the sign", 0x7fffffffu, 0x80000000u, true, false },
	{ "back across the sign", 0x80000000u, 0x7fffffffu, false, true },
};

KUNIT_ARRAY_PARAM_DESC(order, order_cases, name);

static void before_and_after(struct kunit *test)
{
	const struct order_case *row = test->param_value;

	KUNIT_EXPECT_EQ(test, atcp_before(row->a, row->b), row->before);
	KUNIT_EXPECT_EQ(test, atcp_after(row->a, row->b), row->after);
	KUNIT_EXPECT_EQ(test, atcp_after(row->b, row->a), row->before);
}

static void min_and_max(struct kunit *test)
{
	const struct order_case *row = test->param_value;
	u32 first = row->after ? row->b : row->a;
	u32 last = row->after ? row->a : row->b;

	KUNIT_EXPECT_EQ(test, atcp_seq_min(row->a, row->b), first);
	KUNIT_EXPECT_EQ(test, atcp_seq_max(row->a, row->b), last);
	KUNIT_EXPECT_EQ(test, atcp_seq_min(row->b, row->a), first);
	KUNIT_EXPECT_EQ(test, atcp_seq_max(row->b, row->a), last);
}

static const struct between_case {
	const char *name;
	u32 seq, lo, hi;
	bool want;
} between_cases[] = {
	{ "inside", 15, 10, 20, true },
	{ "at the left end", 10, 10, 20, true },
	{ "at the right end", 20, 10, 20, true },
	{ "left of it", 9, 10, 20, false },
	{ "right of it", 21, 10, 20, false },
	{ "one number, hit", 10, 10, 10, true },
	{ "one number, missed", 11, 10, 10, false },
	{ "range wraps, before zero", 0xfffffff8u, 0xfffffff0u, 16, true },
	{ "range wraps, at zero", 0, 0xfffffff0u, 16, true },
	{ "range wraps, after zero", 16, 0xfffffff0u, 16, true },
	{ "range wraps, left of it", 0xffffffefu, 0xfffffff0u, 16, false },
	{ "range wraps, right of it", 17, 0xfffffff0u, 16, false },
	{ "opposite", 0x80000000u, 0xfffffff0u, 16, false },
	{ "all numbers", 77, 0, 0xffffffffu, true },
};

KUNIT_ARRAY_PARAM_DESC(between, between_cases, name);

static void between(struct kunit *test)
{
	const struct between_case *row = test->param_value;

	KUNIT_EXPECT_EQ(test, atcp_between(row->seq, row->lo, row->hi),
			row->want);
}

static struct kunit_case seq_cases[] = {
	KUNIT_CASE_PARAM(before_and_after, order_gen_params),
	KUNIT_CASE_PARAM(min_and_max, order_gen_params),
	KUNIT_CASE_PARAM(between, between_gen_params),
	{}
};

struct kunit_suite seq_suite = {
	.name = "atcp_seq",
	.test_cases = seq_cases,
};
