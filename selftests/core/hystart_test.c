// SPDX-License-Identifier: GPL-2.0
/*
 * HyStart++: RFC 9406 section 4. The threshold is an eighth of the last round's
 * least RTT, but 4 ms at least and 16 ms at most; 8 samples make a round count.
 */
#include "core/internal.h"
#include "util.h"

#define MSS 1000
#define FLIGHT 100000

/* In the initial slow start of a connection in CLOSED, FLIGHT under way. */
static struct end *init_hystart(struct kunit *test)
{
	struct end *end = end_init(test);

	end->conn.config.cc = &atcp_cubic;
	atcp_cc_start(&end->conn);
	end->conn.snd.mss = MSS;
	end->conn.snd.cwnd = FLIGHT;
	end->conn.snd.una = 0xffff0000u;
	end->conn.snd.nxt = end->conn.snd.una + FLIGHT;
	return end;
}

static struct atcp_hystart *hystart_of(struct end *end)
{
	return &end->conn.cc.cubic.hystart;
}

static bool is_in_css(struct end *end)
{
	return hystart_of(end)->baseline_ns != ATCP_NEVER;
}

static void ack(struct end *end, u32 una, u64 rtt_ns, u32 bytes)
{
	struct atcp_cc_ack ack = {
		.rtt_ns = rtt_ns,
		.bytes = bytes,
		.fresh = bytes,
		.una = una,
		.is_cwnd_limited = true,
	};

	atcp_hystart_acked(&end->conn, hystart_of(end), &ack, bytes);
}

/* @nr acknowledgments in a round, none of which ends it. */
static void samples(struct end *end, unsigned int nr, u64 rtt_ns)
{
	while (nr--)
		ack(end, end->conn.snd.una + 1, rtt_ns, 0);
}

/* All that was under way at the round's beginning, and so all of it, is here. */
static void finish_round(struct end *end)
{
	end->conn.snd.una = end->conn.snd.nxt;
	ack(end, end->conn.snd.una, 0, 0);
	end->conn.snd.nxt += FLIGHT;
}

/* A whole round whose least RTT is @rtt_ns. */
static void pass_round(struct end *end, u64 rtt_ns)
{
	samples(end, 8, rtt_ns);
	finish_round(end);
}

static const struct css_case {
	const char *name;
	u64 last_ns; /* least RTT of the last round; 0: it had no sample */
	u64 now_ns; /* RTT of the samples in this one */
	unsigned int nr;
	bool want;
} css_cases[] = {
	{ "an eighth more", 40 * MS, 45 * MS, 8, true },
	{ "less than an eighth", 40 * MS, 45 * MS - 1, 8, false },
	{ "seven samples are too few", 40 * MS, 45 * MS, 7, false },
	{ "more than eight", 40 * MS, 45 * MS, 20, true },
	{ "4 ms at least", 10 * MS, 14 * MS, 8, true },
	{ "4 ms at least, below", 10 * MS, 14 * MS - 1, 8, false },
	{ "where 4 ms are an eighth", 32 * MS, 36 * MS, 8, true },
	{ "where 16 ms are an eighth", 128 * MS, 144 * MS, 8, true },
	{ "16 ms at most", 200 * MS, 216 * MS, 8, true },
	{ "16 ms at most, below", 200 * MS, 216 * MS - 1, 8, false },
	{ "nothing to compare with", 0, 500 * MS, 8, false },
	{ "the same", 40 * MS, 40 * MS, 8, false },
	{ "less", 40 * MS, 10 * MS, 8, false },
};

KUNIT_ARRAY_PARAM_DESC(css, css_cases, name);

static void css(struct kunit *test)
{
	const struct css_case *row = test->param_value;
	struct end *end = init_hystart(test);

	if (row->last_ns)
		pass_round(end, row->last_ns);
	samples(end, row->nr, row->now_ns);
	KUNIT_EXPECT_EQ(test, is_in_css(end), row->want);
	if (row->want)
		KUNIT_EXPECT_EQ(test, hystart_of(end)->baseline_ns, row->now_ns);
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, U32_MAX);
	end_free(end);
}

/*
 * Acknowledgments of a round, 1,000 bytes each, so far behind each other: what the path
 * holds in the least round trip of 40 ms, and whether FLIGHT is more by an eighth.
 */
static const struct train_case {
	const char *name;
	u64 gap_ns;
	unsigned int nr; /* after the first */
	u32 want_path;
	bool want_css;
} train_cases[] = {
	{ "as much as the window", 400000, 30, 99999, false },
	{ "a window a seventh larger", 457142, 30, 87499, true },
	{ "fifteen are too few", 800000, 15, 0, false },
	{ "sixteen", 800000, 16, 49996, true },
	{ "all at once", 0, 30, ATCP_CWND_MAX, false },
};

KUNIT_ARRAY_PARAM_DESC(train, train_cases, name);

static void train(struct kunit *test)
{
	const struct train_case *row = test->param_value;
	struct end *end = init_hystart(test);
	struct atcp_cc_ack ack = {
		.rtt_ns = 40 * MS, .bytes = MSS, .una = end->conn.snd.una + 1,
	};
	u32 path = 0;
	unsigned int i;

	end->conn.rtt.min_ns = 40 * MS;
	pass_round(end, 40 * MS);
	for (i = 0; i <= row->nr; i++) {
		ack.now_ns = SEC + i * row->gap_ns;
		end->conn.rate.delivered += MSS;
		atcp_hystart_acked(&end->conn, hystart_of(end), &ack, 0);
		path = max(path, hystart_of(end)->path_bytes);
	}
	if (row->want_path == ATCP_CWND_MAX)
		KUNIT_EXPECT_EQ(test, path, ATCP_CWND_MAX);
	else
		KUNIT_EXPECT_LE(test, path > row->want_path ?
				path - row->want_path : row->want_path - path, 200);
	KUNIT_EXPECT_EQ(test, is_in_css(end), row->want_css);
	end_free(end);
}

/* It is the least RTT that counts, in this round and in the last. */
static void least_counts(struct kunit *test)
{
	struct end *end = init_hystart(test);

	samples(end, 7, 90 * MS);
	samples(end, 1, 40 * MS);
	finish_round(end);
	samples(end, 1, 44 * MS);
	KUNIT_EXPECT_EQ(test, hystart_of(end)->last_ns, 40 * MS);
	samples(end, 20, 90 * MS);
	KUNIT_EXPECT_FALSE(test, is_in_css(end));
	end_free(end);
}

/* What has been sent twice measures nothing. */
static void doubtful_samples(struct kunit *test)
{
	struct end *end = init_hystart(test);

	pass_round(end, 40 * MS);
	samples(end, 7, 90 * MS);
	samples(end, 5, 0);
	KUNIT_EXPECT_FALSE(test, is_in_css(end));
	samples(end, 1, 90 * MS);
	KUNIT_EXPECT_TRUE(test, is_in_css(end));
	end_free(end);
}

static const struct growth_case {
	const char *name;
	bool is_in_css;
	u32 bytes; /* that let cwnd grow */
	u32 want;
	u64 now_ns; /* RTT of this round, where the least is 40 ms; 0: not known */
} growth_cases[] = {
	{ "slow start", false, 2000, 2000 },
	{ "eight segments per ACK", false, 8000, 8000 },
	{ "no more", false, 8001, 8000 },
	{ "a merged burst", false, 65000, 8000 },
	{ "nothing", false, 0, 0 },
	{ "conservative: a quarter", true, 2000, 500 },
	{ "conservative: a quarter of eight segments", true, 65000, 2000 },
	{ "conservative: a quarter more", true, 2000, 312, 50 * MS },
	{ "conservative: an eighth more", true, 2000, 406, 45 * MS },
	{ "conservative: two thirds more", true, 2000, 0, 67 * MS },
	{ "conservative: more", true, 2000, 0, 500 * MS },
	{ "slow start whatever it is", false, 2000, 2000, 80 * MS },
};

KUNIT_ARRAY_PARAM_DESC(growth, growth_cases, name);

static void growth(struct kunit *test)
{
	const struct growth_case *row = test->param_value;
	struct end *end = init_hystart(test);

	end->conn.rtt.min_ns = 40 * MS;
	if (row->is_in_css)
		hystart_of(end)->baseline_ns = 40 * MS;
	if (row->now_ns) {
		samples(end, 1, row->now_ns);
		end->conn.snd.cwnd = FLIGHT;
	}
	ack(end, end->conn.snd.una + 1, 0, row->bytes);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, FLIGHT + row->want);
	end_free(end);
}

/*
 * A round lasts until what was sent before it began is acknowledged. What the ACK that
 * ends it sets free is of the next one, which begins with the next ACK.
 */
static void rounds(struct kunit *test)
{
	struct end *end = init_hystart(test);
	struct atcp_hystart *hystart = hystart_of(end);
	u32 first = end->conn.snd.nxt;

	samples(end, 1, 40 * MS);
	KUNIT_EXPECT_EQ(test, hystart->window_end, first);
	end->conn.snd.nxt += 5000;
	ack(end, first - 1, 40 * MS, 0);
	KUNIT_EXPECT_EQ(test, hystart->window_end, first);
	KUNIT_EXPECT_EQ(test, hystart->samples, 2);
	KUNIT_EXPECT_EQ(test, hystart->last_ns, ATCP_NEVER);
	ack(end, first, 39 * MS, 0);
	KUNIT_EXPECT_EQ(test, hystart->last_ns, ATCP_NEVER);
	end->conn.snd.nxt += 2000;
	ack(end, first + 1000, 50 * MS, 0);
	KUNIT_EXPECT_EQ(test, hystart->window_end, first + 7000);
	KUNIT_EXPECT_EQ(test, hystart->samples, 1);
	KUNIT_EXPECT_EQ(test, hystart->last_ns, 39 * MS);
	KUNIT_EXPECT_EQ(test, hystart->current_ns, 50 * MS);
	end_free(end);
}

/* Five rounds of Conservative Slow Start, the one it began in among them. */
static void css_ends(struct kunit *test)
{
	struct end *end = init_hystart(test);
	int i;

	pass_round(end, 40 * MS);
	for (i = 0; i < 4; i++) {
		pass_round(end, 50 * MS);
		KUNIT_EXPECT_TRUE(test, is_in_css(end));
		KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, U32_MAX);
	}
	pass_round(end, 50 * MS);
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, end->conn.snd.cwnd);
	end_free(end);
}

static const struct resume_case {
	const char *name;
	u64 rtt_ns;
	unsigned int nr;
	bool want_css;
} resume_cases[] = {
	{ "below the baseline", 50 * MS - 1, 8, false },
	{ "seven samples are too few", 50 * MS - 1, 7, true },
	{ "at the baseline", 50 * MS, 8, true },
	{ "above it", 60 * MS, 8, true },
};

KUNIT_ARRAY_PARAM_DESC(resume, resume_cases, name);

/* The round trip is short again: slow start goes on, and five rounds begin anew. */
static void resume(struct kunit *test)
{
	const struct resume_case *row = test->param_value;
	struct end *end = init_hystart(test);

	pass_round(end, 40 * MS);
	pass_round(end, 50 * MS);
	pass_round(end, 50 * MS);
	KUNIT_ASSERT_EQ(test, hystart_of(end)->css_rounds, 2);
	samples(end, row->nr, row->rtt_ns);
	KUNIT_EXPECT_EQ(test, is_in_css(end), row->want_css);
	KUNIT_EXPECT_EQ(test, hystart_of(end)->css_rounds,
			row->want_css ? 2 : 0);
	end_free(end);
}

/* Through CUBIC: in the initial slow start, and in no other. */
static void initial_only(struct kunit *test)
{
	struct end *end = init_hystart(test);
	struct atcp_cc_ack all = {
		.bytes = 20000,
		.fresh = 20000,
		.una = end->conn.snd.una + 20000,
		.is_cwnd_limited = true,
	};

	atcp_cc_acked(&end->conn, &all);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, FLIGHT + 8000);
	end->conn.snd.cwnd = FLIGHT;
	end->conn.snd.ssthresh = 10 * FLIGHT;
	atcp_cc_acked(&end->conn, &all);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, FLIGHT + 20000);
	end_free(end);
}

/* What was measured before a silence, or an event that was none, says nothing. */
static void begins_anew(struct kunit *test)
{
	struct end *end = init_hystart(test);

	pass_round(end, 40 * MS);
	pass_round(end, 50 * MS);
	KUNIT_ASSERT_TRUE(test, is_in_css(end));
	atcp_cc_restart(&end->conn, 10000);
	KUNIT_EXPECT_FALSE(test, is_in_css(end));
	KUNIT_EXPECT_FALSE(test, hystart_of(end)->has_round);

	pass_round(end, 40 * MS);
	pass_round(end, 50 * MS);
	atcp_cc_congestion(&end->conn, ATCP_CC_LOSS);
	end->conn.snd.cwnd = MSS;
	atcp_cc_undo(&end->conn);
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, U32_MAX);
	KUNIT_EXPECT_FALSE(test, is_in_css(end));
	end_free(end);
}

/* Late packets move SND.UNA; of those that came in time blocks have told. */
static void round_trips_by_blocks(struct kunit *test)
{
	struct end *end = init_hystart(test);

	pass_round(end, 40 * MS);
	end->conn.rack.rtt_ns = 41 * MS;
	samples(end, 8, 60 * MS);
	KUNIT_EXPECT_FALSE(test, is_in_css(end));
	KUNIT_EXPECT_EQ(test, hystart_of(end)->current_ns, 41 * MS);
	end->conn.rack.rtt_ns = 61 * MS; /* a retransmission's, say */
	samples(end, 8, 40 * MS);
	KUNIT_EXPECT_EQ(test, hystart_of(end)->current_ns, 40 * MS);
	end_free(end);
}

/* A late packet fills a hole: what blocks had told of is no burst. */
static void late_ack(struct kunit *test)
{
	struct end *end = init_hystart(test);
	struct atcp_cc_ack late = { .bytes = 20000, .fresh = 1000 };

	late.una = end->conn.snd.una + 20000;
	atcp_hystart_acked(&end->conn, hystart_of(end), &late, 20000);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, FLIGHT + 20000);
	late.fresh = 12000;
	atcp_hystart_acked(&end->conn, hystart_of(end), &late, 20000);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, FLIGHT + 36000);
	end_free(end);
}

static struct kunit_case hystart_cases[] = {
	KUNIT_CASE_PARAM(css, css_gen_params),
	KUNIT_CASE_PARAM(train, train_gen_params),
	KUNIT_CASE(least_counts),
	KUNIT_CASE(doubtful_samples),
	KUNIT_CASE_PARAM(growth, growth_gen_params),
	KUNIT_CASE(rounds),
	KUNIT_CASE(css_ends),
	KUNIT_CASE_PARAM(resume, resume_gen_params),
	KUNIT_CASE(initial_only),
	KUNIT_CASE(begins_anew),
	KUNIT_CASE(round_trips_by_blocks),
	KUNIT_CASE(late_ack),
	{}
};

struct kunit_suite hystart_suite = {
	.name = "atcp_hystart",
	.test_cases = hystart_cases,
};
