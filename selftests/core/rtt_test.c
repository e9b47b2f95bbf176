// SPDX-License-Identifier: GPL-2.0
/* RFC 6298. */
#include "core/rtt.h"
#include "util.h"

static const struct atcp_config config = ATCP_CONFIG_DEFAULT;

/* Rule 2.1: before any sample the RTO is rto_init_ms. */
static void begins_with_one_second(struct kunit *test)
{
	struct atcp_rtt rtt;

	memset(&rtt, 0xee, sizeof(rtt));
	atcp_rtt_init(&rtt, &config);
	KUNIT_EXPECT_EQ(test, rtt.srtt_ns, 0);
	KUNIT_EXPECT_EQ(test, rtt.var_ns, 0);
	KUNIT_EXPECT_EQ(test, rtt.backoff, 0);
	KUNIT_EXPECT_EQ(test, rtt.min_ns, ATCP_NEVER);
	KUNIT_EXPECT_EQ(test, atcp_rtt_rto_ns(&rtt, &config), SEC);
}

static const struct sample_case {
	const char *name;
	u64 samples[4]; /* ns, 0 ends */
	u64 srtt, var, rto, min;
} sample_cases[] = {
	{ "first: R, R/2, R + 4 * R/2", { 400 * MS }, 400 * MS, 200 * MS,
	  1200 * MS, 400 * MS },
	{ "first, short: the variance has a floor", { 10 * MS }, 10 * MS, 5 * MS,
	  210 * MS, 10 * MS },
	{ "second the same: variance 3/4", { 400 * MS, 400 * MS }, 400 * MS,
	  150 * MS, 1000 * MS, 400 * MS },
	{ "second longer: 7/8 and 1/8, 3/4 and 1/4", { 400 * MS, 800 * MS },
	  450 * MS, 250 * MS, 1450 * MS, 400 * MS },
	{ "second shorter", { 400 * MS, 80 * MS }, 360 * MS, 230 * MS,
	  1280 * MS, 80 * MS },
	{ "third", { 400 * MS, 800 * MS, 450 * MS }, 450 * MS, 187500 * 1000,
	  1200 * MS, 400 * MS },
	{ "longest", { 100 * SEC }, 100 * SEC, 50 * SEC, 120 * SEC, 100 * SEC },
};

KUNIT_ARRAY_PARAM_DESC(sample, sample_cases, name);

/* Rules 2.2 and 2.3. */
static void samples(struct kunit *test)
{
	const struct sample_case *row = test->param_value;
	struct atcp_rtt rtt;
	int i;

	atcp_rtt_init(&rtt, &config);
	for (i = 0; row->samples[i]; i++)
		atcp_rtt_sample(&rtt, &config, row->samples[i], 1, 1);
	KUNIT_EXPECT_EQ(test, rtt.srtt_ns, row->srtt);
	KUNIT_EXPECT_EQ(test, rtt.var_ns, row->var);
	KUNIT_EXPECT_EQ(test, rtt.min_ns, row->min);
	KUNIT_EXPECT_EQ(test, rtt.rto_ns, row->rto);
	KUNIT_EXPECT_EQ(test, atcp_rtt_rto_ns(&rtt, &config), row->rto);
}

/* No time at all is still a sample: SRTT 0 would mean that there was none. */
static void sample_of_nothing(struct kunit *test)
{
	struct atcp_rtt rtt;

	atcp_rtt_init(&rtt, &config);
	atcp_rtt_sample(&rtt, &config, 0, 1, 1);
	KUNIT_EXPECT_EQ(test, rtt.srtt_ns, 1);
	KUNIT_EXPECT_EQ(test, rtt.rto_ns, 200 * MS + 1);
}

/* RFC 7323 appendix G: the samples of a round trip weigh as much as one. */
static void shares_of_a_flight(struct kunit *test)
{
	struct atcp_rtt one, many;
	int i;

	atcp_rtt_init(&one, &config);
	atcp_rtt_sample(&one, &config, 400 * MS, 1, 1);
	many = one;
	atcp_rtt_sample(&one, &config, 320 * MS, 100000, 100000);
	for (i = 0; i < 1000; i++)
		atcp_rtt_sample(&many, &config, 320 * MS, 100, 100000);
	/* An eighth, and a quarter, of the way; a bit less by compound interest */
	KUNIT_EXPECT_EQ(test, one.srtt_ns, 390 * MS);
	KUNIT_EXPECT_GT(test, many.srtt_ns, one.srtt_ns);
	KUNIT_EXPECT_LT(test, many.srtt_ns, one.srtt_ns + MS);
	KUNIT_EXPECT_EQ(test, one.var_ns, 170 * MS);
	KUNIT_EXPECT_GT(test, many.var_ns, one.var_ns);
	KUNIT_EXPECT_LT(test, many.var_ns, one.var_ns + 5 * MS);
	/* More than there was cannot have been acknowledged */
	atcp_rtt_sample(&one, &config, 390 * MS, U32_MAX, 10);
	KUNIT_EXPECT_EQ(test, one.var_ns, 127500 * 1000);
}

/* The quarter of a sample that deviates more counts at once. */
static void turns_slow_at_once(struct kunit *test)
{
	struct atcp_rtt rtt;

	atcp_rtt_init(&rtt, &config);
	atcp_rtt_sample(&rtt, &config, 100 * MS, 1, 1);
	atcp_rtt_sample(&rtt, &config, 850 * MS, 1, 65536);
	KUNIT_EXPECT_LT(test, rtt.srtt_ns, 101 * MS);
	KUNIT_EXPECT_EQ(test, rtt.var_ns, 225 * MS); /* 50 * 3 / 4 + 750 / 4 */
}

static void even_path_keeps_the_floor(struct kunit *test)
{
	struct atcp_rtt rtt;
	int i;

	atcp_rtt_init(&rtt, &config);
	for (i = 0; i < 100; i++)
		atcp_rtt_sample(&rtt, &config, 500 * MS, 1, 1);
	KUNIT_EXPECT_EQ(test, rtt.srtt_ns, 500 * MS);
	KUNIT_EXPECT_LT(test, rtt.var_ns, MS);
	KUNIT_EXPECT_EQ(test, rtt.rto_ns, 700 * MS);
}

static const struct backoff_case {
	const char *name;
	u8 backoff;
	u64 want;
} backoff_cases[] = {
	{ "none", 0, SEC },
	{ "once", 1, 2 * SEC },
	{ "six times", 6, 64 * SEC },
	{ "seven times: the maximum", 7, 120 * SEC },
	{ "nineteen times", 19, 120 * SEC },
	{ "twenty times", 20, 120 * SEC },
	{ "as often as can be counted", 255, 120 * SEC },
};

KUNIT_ARRAY_PARAM_DESC(backoff, backoff_cases, name);

/* Rules 5.5 and 2.5. */
static void backs_off(struct kunit *test)
{
	const struct backoff_case *row = test->param_value;
	struct atcp_rtt rtt;

	atcp_rtt_init(&rtt, &config);
	rtt.backoff = row->backoff;
	KUNIT_EXPECT_EQ(test, atcp_rtt_rto_ns(&rtt, &config), row->want);
}

static void sample_ends_backoff(struct kunit *test)
{
	struct atcp_rtt rtt;

	atcp_rtt_init(&rtt, &config);
	rtt.backoff = 5;
	atcp_rtt_sample(&rtt, &config, 100 * MS, 1, 1);
	KUNIT_EXPECT_EQ(test, rtt.backoff, 0);
	KUNIT_EXPECT_EQ(test, atcp_rtt_rto_ns(&rtt, &config), 300 * MS);
}

static const struct limit_case {
	const char *name;
	u32 retries;
	u64 want; /* ms */
} limit_cases[] = {
	{ "none", 0, 0 },
	{ "one", 1, 400 },
	{ "nine: the last that doubles", 9, 204400 },
	{ "ten: the maximum once", 10, 324400 },
	{ "Linux's fifteen", 15, 924400 },
};

KUNIT_ARRAY_PARAM_DESC(limit, limit_cases, name);

static void limits(struct kunit *test)
{
	const struct limit_case *row = test->param_value;

	KUNIT_EXPECT_EQ(test, atcp_rtt_limit_ns(&config, row->retries),
			row->want * MS);
}

static struct kunit_case rtt_cases[] = {
	KUNIT_CASE(begins_with_one_second),
	KUNIT_CASE_PARAM(samples, sample_gen_params),
	KUNIT_CASE(sample_of_nothing),
	KUNIT_CASE(shares_of_a_flight),
	KUNIT_CASE(turns_slow_at_once),
	KUNIT_CASE(even_path_keeps_the_floor),
	KUNIT_CASE_PARAM(backs_off, backoff_gen_params),
	KUNIT_CASE(sample_ends_backoff),
	KUNIT_CASE_PARAM(limits, limit_gen_params),
	{}
};

struct kunit_suite rtt_suite = {
	.name = "atcp_rtt",
	.test_cases = rtt_cases,
};
