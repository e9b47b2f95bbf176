// SPDX-License-Identifier: GPL-2.0
/* "Fifth, check the ACK field": RFC 9293 section 3.10.7.4, RFC 5961 section 5. */
#include "core/internal.h"
#include "util.h"

/* In all rows 1..4001 are sent, up to 2001 acknowledged, at four places. */
static const struct place {
	const char *name;
	u32 iss;
} places[] = {
	{ "numbers around 1000", 1000 },
	{ "SND.UNA before the wrap", 0xffffffffu - 2500 },
	{ "SND.NXT at the wrap", 0xffffffffu - 4000 },
	{ "numbers around the sign", 0x80000000u - 2500 },
};

KUNIT_ARRAY_PARAM_DESC(place, places, name);

/* 4000 bytes written, half of them acknowledged, the rest in flight. */
static struct end *prepare_at(struct kunit *test, u32 iss)
{
	struct end *end = end_new_at(test, iss, END_IRS);

	end_write(end, 2000);
	end_drain(end);
	end_write(end, 2000);
	end_drain(end);
	end_ack(end, 2001);
	KUNIT_ASSERT_EQ(test, end_flight(end), 2000);
	end->counted = 0;
	end->nr_out = 0;
	return end;
}

static struct end *prepare(struct kunit *test)
{
	return prepare_at(test, END_ISS);
}

static struct end *prepare_at_place(struct kunit *test)
{
	const struct place *place = test->param_value;

	return prepare_at(test, place->iss);
}

/* What becomes of an ACK, by its number. */
static const struct ack_case {
	const char *name;
	u32 ack; /* relative to ISS */
	u32 want_una;
	bool want_keep; /* is its payload taken? */
	int want_counted; /* of -1: none of these three */
} ack_cases[] = {
	{ "of all", 4001, 4001, true, -1 },
	{ "of a part", 3001, 3001, true, -1 },
	{ "of a byte", 2002, 2002, true, -1 },
	{ "of nothing new", 2001, 2001, true, -1 },
	{ "old", 2000, 2001, true, ATCP_MIB_OLD_ACK },
	{ "oldest that is believed", 2001 - END_WND, 2001, true,
	  ATCP_MIB_OLD_ACK },
	{ "older than any window", 2000 - END_WND, 2001, false,
	  ATCP_MIB_BAD_ACK },
	{ "of what was never sent", 4002, 2001, false, ATCP_MIB_BAD_ACK },
	{ "far ahead", 0x40000000u, 2001, false, ATCP_MIB_BAD_ACK },
	{ "opposite", 0x80000000u, 2001, false, ATCP_MIB_BAD_ACK },
};

static void judge_ack(struct kunit *test, const struct ack_case *row)
{
	static const enum atcp_mib ids[] = { ATCP_MIB_OLD_ACK,
					     ATCP_MIB_BAD_ACK };
	struct end *end = prepare_at_place(test);
	struct atcp_seg seg = end_next(end, ATCP_F_ACK, 10);
	u32 had = end->user_seq;
	u32 i;

	seg.ack = end->conn.snd.iss + row->ack;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ_MSG(test, end->conn.snd.una - end->conn.snd.iss,
			    row->want_una, "%s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, end->user_seq - had,
			    row->want_keep ? 10 : 0, "%s", row->name);
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		KUNIT_EXPECT_EQ_MSG(test, end_counted(end, ids[i]),
				    (int)ids[i] == row->want_counted, "%s",
				    row->name);
	if (!row->want_keep)
		KUNIT_EXPECT_TRUE_MSG(test, end_drain(end) == 1 &&
				      end_sent_only(end, ATCP_F_ACK),
				      "%s: not answered", row->name);
	end_free(end);
}

static void by_number(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ack_cases); i++)
		judge_ack(test, &ack_cases[i]);
}

/* Acknowledged records go, the one in which the ACK ends is cut. */
static void cleans_the_flight(struct kunit *test)
{
	struct end *end = prepare_at_place(test);
	struct atcp_burst *burst;

	KUNIT_EXPECT_EQ(test, end->nr_records, 1);
	end_ack(end, 2501);
	KUNIT_EXPECT_EQ(test, end->nr_records, 1);
	burst = list_first_entry(&end->conn.snd.flight, struct atcp_burst, link);
	KUNIT_EXPECT_EQ(test, burst->seq, end->conn.snd.una);
	KUNIT_EXPECT_EQ(test, burst->end, end->conn.snd.nxt);
	end_ack(end, 4001);
	KUNIT_EXPECT_EQ(test, end->nr_records, 0);
	KUNIT_EXPECT_TRUE(test, atcp_conn_poll_events(&end->conn) &
			  ATCP_EV_WRITABLE);
	end_free(end);
}

/* The same with what is deemed lost: the sums stay right (see end_finish()). */
static void cleans_what_is_lost(struct kunit *test)
{
	struct end *end = prepare_at_place(test);

	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	KUNIT_EXPECT_EQ(test, end->conn.snd.lost, 2000);
	end_ack(end, 2501);
	KUNIT_EXPECT_EQ(test, end->conn.snd.lost, 1500);
	end_ack(end, 4001);
	KUNIT_EXPECT_EQ(test, end->conn.snd.lost, 0);
	end_free(end);
}

/* RFC 6298 rules 5.2 and 5.3. */
static void moves_the_timer(struct kunit *test)
{
	struct end *end = prepare(test);

	end->now += 50 * MS;
	end_ack(end, 3001);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_RETRANSMIT),
			atcp_rtt_rto_ns(&end->conn.rtt, &end->conn.config));
	end_ack(end, 4001);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_RETRANSMIT), ATCP_NEVER);
	end_free(end);
}

/* SND.WL1 and SND.WL2: only what is newer sets the window. */
static const struct window_case {
	const char *name;
	u32 seq_off; /* from where the newest segment was */
	u32 ack; /* relative to ISS; SND.WL2 is 2001 */
	u32 want;
} window_cases[] = {
	{ "newer segment, newer ACK", 10, 4001, 7000 },
	{ "newer segment, same ACK", 10, 2001, 7000 },
	{ "same segment, newer ACK", 0, 3001, 7000 },
	{ "same segment, same ACK", 0, 2001, 7000 },
	{ "same segment, older ACK", 0, 2000, END_WND },
	{ "newer segment, older ACK", 10, 2000, END_WND },
	{ "newer segment, oldest ACK", 10, 1, END_WND },
};

KUNIT_ARRAY_PARAM_DESC(window, window_cases, name);

static void sets_the_window(struct kunit *test)
{
	const struct window_case *row = test->param_value;
	struct end *end = prepare(test);
	struct atcp_seg seg;

	seg = end_next(end, ATCP_F_ACK, 0);
	seg.seq += row->seq_off;
	seg.ack = end->conn.snd.iss + row->ack;
	seg.wnd = 7000;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.snd.wnd, row->want);
	KUNIT_EXPECT_EQ(test, end->conn.snd.max_wnd, END_WND);
	end_free(end);
}

/* An old segment with an ACK as new as any does not shut an opened window. */
static void older_segment_keeps_the_window(struct kunit *test)
{
	struct end *end = end_new(test);
	struct atcp_seg seg;

	end_write(end, 2000);
	end_drain(end);
	seg = end_seg(end, ATCP_F_ACK, 1, 2001, 100);
	seg.wnd = 3000; /* reordered: it comes second */
	end_data(end, 101, 100);
	KUNIT_ASSERT_EQ(test, end_flight(end), 0);
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.snd.wnd, END_WND);
	KUNIT_EXPECT_EQ(test, end->user_seq - END_IRS, 201); /* but its data counts */
	end_free(end);
}

/* RFC 7323 section 2.2: a window is shifted as the peer's SYN said. */
static void window_is_scaled(struct kunit *test)
{
	struct end *end = end_new_with(test, ATCP_HAS_WSCALE);
	struct atcp_seg seg = end_next(end, ATCP_F_ACK, 0);

	KUNIT_EXPECT_EQ(test, end->conn.snd.wnd, END_WND); /* SYN: not */
	seg.wnd = 0xffff;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.snd.wnd, 0xffff << 2);
	KUNIT_EXPECT_EQ(test, end->conn.snd.max_wnd, 0xffff << 2);
	end_free(end);
}

/* RFC 5681 section 2: what is a duplicate ACK, condition by condition. */
static const struct dup_case {
	const char *name;
	u32 len;
	u8 flags;
	u16 wnd;
	u32 ack;
	bool want;
} dup_cases[] = {
	{ "all conditions", 0, ATCP_F_ACK, END_WND, 2001, true },
	{ "with data", 10, ATCP_F_ACK, END_WND, 2001, false },
	{ "with FIN", 0, ATCP_F_ACK | ATCP_F_FIN, END_WND, 2001, false },
	{ "another window", 0, ATCP_F_ACK, END_WND - 1, 2001, false },
	{ "new ACK", 0, ATCP_F_ACK, END_WND, 2002, false },
	{ "old ACK", 0, ATCP_F_ACK, END_WND, 2000, false },
};

KUNIT_ARRAY_PARAM_DESC(dup, dup_cases, name);

static void is_duplicate(struct kunit *test)
{
	const struct dup_case *row = test->param_value;
	struct end *end = prepare(test);
	struct atcp_seg seg;

	seg = end_next(end, row->flags, row->len);
	seg.wnd = row->wnd;
	seg.ack = end->conn.snd.iss + row->ack;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end_counted(end, ATCP_MIB_DUP_ACKS_IN),
			row->want);
	KUNIT_EXPECT_EQ(test, end->conn.snd.dup_acks, row->want);
	KUNIT_EXPECT_EQ(test, end_counted(end, ATCP_MIB_PURE_ACKS),
			!row->len && !(row->flags & ATCP_F_FIN));
	end_free(end);
}

static void no_duplicate_without_flight(struct kunit *test)
{
	struct end *end = prepare(test);

	end_ack(end, 4001);
	end->counted = 0;
	end_dup_acks(end, 4001, 3);
	KUNIT_EXPECT_FALSE(test, end_counted(end, ATCP_MIB_DUP_ACKS_IN));
	end_free(end);
}

/* A round trip is what passed since the newest of it was sent. */
static void measures(struct kunit *test)
{
	struct end *end = end_new(test);

	end->conn.rtt.srtt_ns = 0;
	end_write(end, 1000);
	end_drain(end);
	end->now += 30 * MS;
	end_write(end, 1000);
	end_drain(end);
	end->now += 10 * MS;
	end_ack(end, 2001);
	KUNIT_EXPECT_EQ(test, end->conn.rtt.srtt_ns, 10 * MS);
	end_free(end);
}

/* Karn: what was sent twice measures nothing, and the back-off stays. */
static void karn(struct kunit *test)
{
	struct end *end = prepare(test);
	u64 srtt = end->conn.rtt.srtt_ns;

	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	end_drain(end);
	end->now += 40 * MS;
	end_ack(end, 4001);
	KUNIT_EXPECT_EQ(test, end->conn.rtt.srtt_ns, srtt);
	KUNIT_EXPECT_EQ(test, end->conn.rtt.backoff, 1);
	/* until something that was sent once comes through */
	end_write(end, 1000);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_RETRANSMIT),
			2 * end->conn.rtt.rto_ns);
	end_ack(end, 5001);
	KUNIT_EXPECT_EQ(test, end->conn.rtt.backoff, 0);
	end_free(end);
}

/* RFC 7323 appendix G: each by the share of the flight that it acknowledges. */
static void rtt_by_share(struct kunit *test)
{
	struct end *end = prepare(test); /* 2000 in flight */

	end->conn.rtt.srtt_ns = 80 * MS;
	end->conn.rtt.var_ns = 40 * MS;
	end->now += 40 * MS;
	end_ack(end, 2501);
	/* A quarter of it: 80 - 40 / 8 / 4 */
	KUNIT_EXPECT_EQ(test, end->conn.rtt.srtt_ns, 78750 * 1000);
	end_ack(end, 4001);
	/* All that is left: 78.75 - 38.75 / 8 */
	KUNIT_EXPECT_EQ(test, end->conn.rtt.srtt_ns, 73906250);
	end_free(end);
}

static const struct echo_case {
	const char *name;
	s32 ticks; /* how long ago the echoed timestamp was sent, ms */
	bool is_there;
	u64 want; /* SRTT, 0 for no sample */
} echo_cases[] = {
	{ "rounded up", 40, true, 41 * MS },
	{ "the same tick", 0, true, MS },
	{ "from the future", -1, true, 0 },
	{ "longer ago than any time-out", 120001, true, 0 },
	{ "not there", 40, false, 0 },
};

KUNIT_ARRAY_PARAM_DESC(echo, echo_cases, name);

/* RFC 7323 section 4: with timestamps it does measure. */
static void echo_resolves_ambiguity(struct kunit *test)
{
	const struct echo_case *row = test->param_value;
	struct end *end = end_new_with(test, ATCP_HAS_TS);
	struct atcp_seg seg;

	end_write(end, 988);
	end_drain(end);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	end_drain(end);
	end->conn.rtt.srtt_ns = 0;
	end->now += 130 * SEC;
	seg = end_seg(end, ATCP_F_ACK, 1, 989, 0);
	seg.opts.ts_ecr -= (u32)row->ticks;
	if (!row->is_there) {
		seg.opts.has = 0;
		end->conn.use = 0; /* or the segment is dropped before */
	}
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end_flight(end), 0);
	KUNIT_EXPECT_EQ(test, end->conn.rtt.srtt_ns, row->want);
	end_free(end);
}

static struct kunit_case ack_suite_cases[] = {
	KUNIT_CASE_PARAM(by_number, place_gen_params),
	KUNIT_CASE_PARAM(cleans_the_flight, place_gen_params),
	KUNIT_CASE_PARAM(cleans_what_is_lost, place_gen_params),
	KUNIT_CASE(moves_the_timer),
	KUNIT_CASE_PARAM(sets_the_window, window_gen_params),
	KUNIT_CASE(older_segment_keeps_the_window),
	KUNIT_CASE(window_is_scaled),
	KUNIT_CASE_PARAM(is_duplicate, dup_gen_params),
	KUNIT_CASE(no_duplicate_without_flight),
	KUNIT_CASE(measures),
	KUNIT_CASE(karn),
	KUNIT_CASE(rtt_by_share),
	KUNIT_CASE_PARAM(echo_resolves_ambiguity, echo_gen_params),
	{}
};

struct kunit_suite ack_suite = {
	.name = "atcp_ack",
	.test_cases = ack_suite_cases,
};
