// SPDX-License-Identifier: GPL-2.0
/* Explicit congestion notification: RFC 3168. */
#include "core/internal.h"
#include "util.h"

#define ASKS (ATCP_F_ECE | ATCP_F_CWR)

/* A connection that uses ECN, with SACK, and a cwnd of 20 segments. */
static struct end *new_ecn(struct kunit *test)
{
	struct end *end = end_new_with(test, ATCP_HAS_SACK_PERM);

	end->conn.ecn.mode = ATCP_ECN_CLASSIC;
	end->conn.snd.cwnd = 20 * END_MSS;
	end->conn.rcv.quick = 0;
	return end;
}

static void send_bytes(struct end *end, u32 bytes)
{
	end_write(end, bytes);
	end_drain(end);
}

/* An ACK with flags of ECN. */
static void ack_with(struct end *end, u16 flags, u32 ack)
{
	struct atcp_seg seg = end_next(end, ATCP_F_ACK, 0);

	seg.flags |= flags;
	seg.ack = END_ISS + ack;
	end_feed(end, &seg);
}

/* The peer's next @len bytes, in a packet with @ecn. */
static void data_with(struct end *end, u16 flags, u8 ecn, u32 len)
{
	struct atcp_seg seg = end_next(end, ATCP_F_ACK, len);

	seg.flags |= flags;
	seg.ecn = ecn;
	end_feed(end, &seg);
}

static const struct syn_case {
	const char *name;
	u8 ecn;
	u16 want, want_again;
} syn_cases[] = {
	{ "never", ATCP_ECN_NEVER, 0, 0 },
	{ "asks, once", ATCP_ECN_ASK, ASKS, 0 },
	{ "only agrees", ATCP_ECN_AGREE, 0, 0 },
};

KUNIT_ARRAY_PARAM_DESC(syn, syn_cases, name);

/* RFC 3168 section 6.1.1, and 6.1.1.1: if the SYN is lost, without. */
static void syn(struct kunit *test)
{
	const struct syn_case *row = test->param_value;
	struct end *end = end_init(test);

	end->config.ecn = row->ecn;
	end_drive(end, ATCP_SYN_SENT);
	KUNIT_EXPECT_EQ(test, end->out[0].flags, ATCP_F_SYN | row->want);
	KUNIT_EXPECT_EQ(test, end->out[0].ecn, ATCP_NOT_ECT);
	end->nr_out = 0;
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end->out[0].flags, ATCP_F_SYN | row->want_again);
	end_free(end);
}

static const struct accept_case {
	const char *name;
	u8 ecn;
	u16 flags;
	u8 want;
} accept_cases[] = {
	{ "asked, agrees", ATCP_ECN_AGREE, ASKS, ATCP_ECN_CLASSIC },
	{ "asked, would ask", ATCP_ECN_ASK, ASKS, ATCP_ECN_CLASSIC },
	{ "asked, never", ATCP_ECN_NEVER, ASKS, ATCP_ECN_OFF },
	{ "not asked", ATCP_ECN_ASK, 0, ATCP_ECN_OFF },
	{ "one flag: ECE", ATCP_ECN_ASK, ATCP_F_ECE, ATCP_ECN_OFF },
	{ "one flag: CWR", ATCP_ECN_ASK, ATCP_F_CWR, ATCP_ECN_OFF },
};

KUNIT_ARRAY_PARAM_DESC(accept, accept_cases, name);

static void accept(struct kunit *test)
{
	const struct accept_case *row = test->param_value;
	struct atcp_config config = ATCP_CONFIG_DEFAULT;
	struct atcp_seg seg = { .flags = ATCP_F_SYN | row->flags };
	u8 mode;

	config.ecn = row->ecn;
	mode = atcp_ecn_judge_syn(&config, &seg);
	KUNIT_EXPECT_EQ(test, mode, row->want);
	KUNIT_EXPECT_EQ(test, atcp_ecn_synack(mode, ATCP_NOT_ECT),
			row->want ? ATCP_F_ECE : 0);
}

/* An algorithm that needs no ECN, chosen later, takes nothing back. */
static void syn_stands(struct kunit *test)
{
	struct end *end = end_init(test);
	struct atcp_seg seg;

	end->config.cc = &atcp_dctcp;
	end->config.ecn = ATCP_ECN_NEVER;
	end_drive(end, ATCP_SYN_SENT);
	KUNIT_EXPECT_EQ(test, end->out[0].flags, ATCP_F_SYN | ASKS);
	atcp_cc_use(&end->conn, &atcp_reno);
	seg = end_syn(end, ATCP_F_ACK | ATCP_F_ECE);
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.ecn.mode, ATCP_ECN_CLASSIC);
	end_free(end);
}

/* Both call at once, and the peer's next SYN asks no longer. */
static void crossing_syn_again(struct kunit *test)
{
	struct end *end = end_init(test);
	struct atcp_seg seg;

	end->config.ecn = ATCP_ECN_ASK;
	end_drive(end, ATCP_SYN_SENT);
	seg = end_syn(end, ASKS);
	end_feed(end, &seg);
	KUNIT_ASSERT_EQ(test, end->conn.state, ATCP_SYN_RCVD);
	KUNIT_EXPECT_EQ(test, end->conn.ecn.mode, ATCP_ECN_CLASSIC);
	end_feed(end, &seg);
	KUNIT_EXPECT_FALSE(test, end->conn.ecn.flags & ATCP_ECN_NO_ECT);
	seg.flags = ATCP_F_SYN;
	end_feed(end, &seg);
	KUNIT_EXPECT_TRUE(test, end->conn.ecn.flags & ATCP_ECN_NO_ECT);
	end_free(end);
}

static const struct synack_case {
	const char *name;
	u8 ecn;
	u16 flags;
	u8 want;
} synack_cases[] = {
	{ "asked, agreed to", ATCP_ECN_ASK, ATCP_F_ECE, ATCP_ECN_CLASSIC },
	{ "asked, not agreed to", ATCP_ECN_ASK, 0, ATCP_ECN_OFF },
	{ "a reflection of the SYN", ATCP_ECN_ASK, ASKS, ATCP_ECN_OFF },
	{ "CWR alone", ATCP_ECN_ASK, ATCP_F_CWR, ATCP_ECN_OFF },
	{ "not asked, agreed to", ATCP_ECN_AGREE, ATCP_F_ECE, ATCP_ECN_OFF },
};

KUNIT_ARRAY_PARAM_DESC(synack, synack_cases, name);

static void synack(struct kunit *test)
{
	const struct synack_case *row = test->param_value;
	struct end *end = end_init(test);
	struct atcp_seg seg;

	end->config.ecn = row->ecn;
	end_drive(end, ATCP_SYN_SENT);
	seg = end_syn(end, ATCP_F_ACK | row->flags);
	end_feed(end, &seg);
	KUNIT_ASSERT_EQ(test, end->conn.state, ATCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, end->conn.ecn.mode, row->want);
	end_free(end);
}

/* RFC 3168 section 6.1.1: after a SYN that did not ask nothing may be marked. */
static void plain_syn_forbids_ect(struct kunit *test)
{
	struct end *end = end_init(test);
	struct atcp_seg seg;

	end->config.ecn = ATCP_ECN_ASK;
	end_drive(end, ATCP_SYN_SENT);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	end_drain(end);
	seg = end_syn(end, ATCP_F_ACK | ATCP_F_ECE);
	end_feed(end, &seg);
	end->user_seq = END_IRS + 1;
	end_drain(end);
	end->nr_out = 0;
	send_bytes(end, END_MSS);
	KUNIT_EXPECT_EQ(test, end->out[0].ecn, ATCP_NOT_ECT);
	/* ... but what the peer marks is told */
	data_with(end, 0, ATCP_CE, 100);
	end->nr_out = 0;
	end_drain(end);
	KUNIT_EXPECT_TRUE(test, end->out[0].flags & ATCP_F_ECE);
	end_free(end);
}

/* Sections 6.1.4 to 6.1.6: new data may be marked, nothing else. */
static void only_new_data_is_capable(struct kunit *test)
{
	struct end *end = end_new(test); /* without tail loss probes */

	end->conn.ecn.mode = ATCP_ECN_CLASSIC;
	send_bytes(end, 3 * END_MSS);
	KUNIT_EXPECT_EQ(test, end->out[0].ecn, ATCP_ECT0);
	end->nr_out = 0;
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	end_drain(end);
	KUNIT_ASSERT_TRUE(test, end->out[0].is_again);
	KUNIT_EXPECT_EQ(test, end->out[0].ecn, ATCP_NOT_ECT);
	end->nr_out = 0;
	end_data(end, 1, END_MSS);
	end_data(end, 1 + END_MSS, END_MSS);
	end_drain(end);
	KUNIT_ASSERT_EQ(test, end->out[0].len, 0);
	KUNIT_EXPECT_EQ(test, end->out[0].ecn, ATCP_NOT_ECT);
	end_free(end);
}

/* Section 6.1.3: from the mark on until CWR, on every ACK; the first at once. */
static void echoes_until_cwr(struct kunit *test)
{
	struct end *end = new_ecn(test);

	data_with(end, 0, ATCP_ECT0, 100);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	data_with(end, 0, ATCP_CE, 100);
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].flags, ATCP_F_ACK | ATCP_F_ECE);
	end->nr_out = 0;
	data_with(end, 0, ATCP_ECT0, 2 * END_MSS);
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_TRUE(test, end->out[0].flags & ATCP_F_ECE);
	end->nr_out = 0;
	data_with(end, ATCP_F_CWR, ATCP_ECT0, 2 * END_MSS);
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_FALSE(test, end->out[0].flags & ATCP_F_ECE);
	/* CWR in a packet that is marked itself: it is told */
	end->nr_out = 0;
	data_with(end, ATCP_F_CWR, ATCP_CE, 2 * END_MSS);
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_TRUE(test, end->out[0].flags & ATCP_F_ECE);
	end_free(end);
}

/* Section 6.1.5: what lies outside of the window says nothing. */
static void mark_outside_the_window(struct kunit *test)
{
	struct end *end = new_ecn(test);
	struct atcp_seg seg;

	data_with(end, 0, ATCP_ECT0, 100);
	seg = end_seg(end, ATCP_F_ACK, 1, 1, 50);
	seg.ecn = ATCP_CE;
	end_feed(end, &seg);
	KUNIT_EXPECT_FALSE(test, end->conn.ecn.flags & ATCP_ECN_ECHO);
	end_free(end);
}

/* Section 6.1.2: the window shrinks once in a round trip, and CWR says so. */
static void reduces_once_per_window(struct kunit *test)
{
	struct end *end = new_ecn(test);

	send_bytes(end, 20 * END_MSS);
	ack_with(end, ATCP_F_ECE, 2001);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_ECN_REDUCTIONS));
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, 14 * END_MSS);
	KUNIT_EXPECT_EQ(test, end->conn.snd.recovery, ATCP_REC_OPEN);
	KUNIT_EXPECT_EQ(test, end->conn.snd.lost, 0);
	end->counted = 0;
	ack_with(end, ATCP_F_ECE, 4001);
	KUNIT_EXPECT_FALSE(test, end_counted(end, ATCP_MIB_ECN_REDUCTIONS));
	end->nr_out = 0;
	send_bytes(end, 20 * END_MSS);
	KUNIT_ASSERT_LT(test, 1, end->nr_out);
	KUNIT_EXPECT_TRUE(test, end->out[0].flags & ATCP_F_CWR);
	KUNIT_EXPECT_EQ(test, end->out[0].len, END_MSS);
	KUNIT_EXPECT_FALSE(test, end->out[1].flags & ATCP_F_CWR);
	ack_with(end, ATCP_F_ECE, 20001);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 14 * END_MSS);
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, 14 * END_MSS);
	/* Of what was sent since: that is another one */
	ack_with(end, ATCP_F_ECE, 21001);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_ECN_REDUCTIONS));
	end_free(end);
}

/* A loss in a window that a mark has reduced does not reduce it again. */
static void loss_after_mark(struct kunit *test)
{
	struct end *end = new_ecn(test);
	struct atcp_seg seg;

	send_bytes(end, 20 * END_MSS);
	ack_with(end, ATCP_F_ECE, 2001);
	seg = end_next(end, ATCP_F_ACK, 0);
	seg.ack = END_ISS + 2001;
	seg.opts.has = ATCP_HAS_SACK;
	seg.opts.nr_sacks = 1;
	seg.opts.sacks[0] = (struct atcp_sack){ END_ISS + 3001, END_ISS + 9001 };
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.snd.recovery, ATCP_REC_FAST);
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, 14 * END_MSS);
	end_free(end);
}

/* An algorithm that sets cwnd by itself is only told; the peer learns of CWR. */
static void owner_of_cwnd_is_told(struct kunit *test)
{
	struct end *end = end_init(test);

	end->config.cc = &atcp_bbr_ops;
	end->config.use = ATCP_HAS_SACK_PERM;
	end_open(end);
	end->conn.ecn.mode = ATCP_ECN_CLASSIC;
	send_bytes(end, 10 * END_MSS);
	end->now += 10 * MS;
	ack_with(end, ATCP_F_ECE, 2001);
	KUNIT_EXPECT_FALSE(test, end_counted(end, ATCP_MIB_ECN_REDUCTIONS));
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, U32_MAX);
	KUNIT_EXPECT_NE(test, end->conn.cc.bbr.ce_mean, 0);
	end->nr_out = 0;
	send_bytes(end, 2 * END_MSS);
	KUNIT_EXPECT_TRUE(test, end->out[0].flags & ATCP_F_CWR);
	end_free(end);
}

static struct kunit_case ecn_cases[] = {
	KUNIT_CASE_PARAM(syn, syn_gen_params),
	KUNIT_CASE_PARAM(accept, accept_gen_params),
	KUNIT_CASE(syn_stands),
	KUNIT_CASE(crossing_syn_again),
	KUNIT_CASE_PARAM(synack, synack_gen_params),
	KUNIT_CASE(plain_syn_forbids_ect),
	KUNIT_CASE(only_new_data_is_capable),
	KUNIT_CASE(echoes_until_cwr),
	KUNIT_CASE(mark_outside_the_window),
	KUNIT_CASE(reduces_once_per_window),
	KUNIT_CASE(loss_after_mark),
	KUNIT_CASE(owner_of_cwnd_is_told),
	{}
};

struct kunit_suite ecn_suite = {
	.name = "atcp_ecn",
	.test_cases = ecn_cases,
};
