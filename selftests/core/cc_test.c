// SPDX-License-Identifier: GPL-2.0
/* Choosing a congestion control, and what all of them share. */
#include "core/internal.h"
#include "util.h"

/* One that tells what it is asked, to see when it is. */
static u32 probe_calls;

#define PROBE_INIT BIT(0)
#define PROBE_SSTHRESH BIT(1)
#define PROBE_ACKED BIT(2)
#define PROBE_RESTART BIT(3)
#define PROBE_IDLE BIT(4)
#define PROBE_UNDO BIT(5)
#define PROBE_TIMEOUT BIT(6)

static struct atcp_cc_ack probe_ack;

static void probe_init(struct atcp_conn __always_unused *conn)
{
	probe_calls |= PROBE_INIT;
}

static u32 probe_ssthresh(struct atcp_conn __always_unused *conn,
			  enum atcp_cc_event event)
{
	probe_calls |= PROBE_SSTHRESH;
	if (event == ATCP_CC_TIMEOUT)
		probe_calls |= PROBE_TIMEOUT;
	return 3 * END_MSS;
}

static void probe_acked(struct atcp_conn __always_unused *conn,
			const struct atcp_cc_ack *ack)
{
	probe_calls |= PROBE_ACKED;
	probe_ack = *ack;
}

static void probe_restart(struct atcp_conn __always_unused *conn)
{
	probe_calls |= PROBE_RESTART;
}

static void probe_idle(struct atcp_conn __always_unused *conn,
		       u64 __always_unused now_ns)
{
	probe_calls |= PROBE_IDLE;
}

static void probe_undo(struct atcp_conn __always_unused *conn)
{
	probe_calls |= PROBE_UNDO;
}

static const struct atcp_cc_ops probe = {
	.name = "probe",
	.init = probe_init,
	.ssthresh = probe_ssthresh,
	.acked = probe_acked,
	.restart = probe_restart,
	.idle = probe_idle,
	.undo = probe_undo,
};

static struct end *new_probe(struct kunit *test)
{
	struct end *end = end_init(test);

	end->config.cc = &probe;
	probe_calls = 0;
	end_open(end);
	KUNIT_EXPECT_EQ(test, probe_calls, PROBE_INIT);
	probe_calls = 0;
	return end;
}

static const struct find_case {
	const char *name;
	const struct atcp_cc_ops *want;
} find_cases[] = {
	{ "cubic", &atcp_cubic },
	{ "reno", &atcp_reno },
	{ "dctcp", &atcp_dctcp },
	{ "ren", NULL },
	{ "reno2", NULL },
	{ "", NULL },
};

KUNIT_ARRAY_PARAM_DESC(find, find_cases, name);

static void find(struct kunit *test)
{
	const struct find_case *row = test->param_value;

	KUNIT_EXPECT_PTR_EQ(test, atcp_cc_find(row->name), row->want);
}

/* Each is found by its name, and has what may not be missing. */
static void all(struct kunit *test)
{
	const struct atcp_cc_ops *ops;
	unsigned int nth = 0;

	while ((ops = atcp_cc_nth(nth))) {
		KUNIT_EXPECT_PTR_EQ(test, atcp_cc_find(ops->name), ops);
		KUNIT_ASSERT_NOT_NULL(test, ops->init);
		KUNIT_ASSERT_NOT_NULL(test, ops->ssthresh);
		KUNIT_ASSERT_NOT_NULL(test, ops->acked);
		KUNIT_ASSERT_NOT_NULL(test, ops->restart);
		nth++;
	}
	KUNIT_EXPECT_EQ(test, nth, 4);
}

/* Before the handshake a choice is a setting, and begins with the connection. */
static void use_before(struct kunit *test)
{
	struct end *end = end_init(test);

	probe_calls = 0;
	atcp_cc_use(&end->conn, &probe);
	KUNIT_EXPECT_EQ(test, probe_calls, 0);
	KUNIT_EXPECT_NULL(test, end->conn.cc.ops);
	end->config = end->conn.config;
	end_open(end);
	KUNIT_EXPECT_EQ(test, probe_calls, PROBE_INIT);
	KUNIT_EXPECT_PTR_EQ(test, end->conn.cc.ops, &probe);
	end_free(end);
}

/* In mid-connection windows stay, and nothing of the former one's is left. */
static void use_amid(struct kunit *test)
{
	struct end *end = end_new(test);
	struct atcp_conn *conn = &end->conn;

	atcp_cc_use(conn, &atcp_reno);
	conn->snd.cwnd = 12345;
	conn->snd.ssthresh = 23456;
	conn->cc.undo_cwnd = 99999;
	conn->cc.reno.acked = 777;
	probe_calls = 0;
	atcp_cc_use(conn, &probe);
	KUNIT_EXPECT_EQ(test, probe_calls, PROBE_INIT);
	KUNIT_EXPECT_PTR_EQ(test, conn->config.cc, &probe);
	KUNIT_EXPECT_PTR_EQ(test, conn->cc.ops, &probe);
	KUNIT_EXPECT_EQ(test, conn->snd.cwnd, 12345);
	KUNIT_EXPECT_EQ(test, conn->snd.ssthresh, 23456);
	KUNIT_EXPECT_EQ(test, conn->cc.reno.acked, 0);
	atcp_cc_undo(conn);
	KUNIT_EXPECT_EQ(test, conn->snd.cwnd, 12345);

	/* The same again changes nothing. */
	conn->cc.reno.acked = 5;
	atcp_cc_use(conn, &probe);
	KUNIT_EXPECT_EQ(test, conn->cc.reno.acked, 5);
	end_free(end);
}

/* What an acknowledgment is to the algorithm. */
static void tells_of_acks(struct kunit *test)
{
	struct end *end = new_probe(test);

	end_write(end, 20 * END_MSS);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, probe_calls, PROBE_IDLE);
	end->now += 30 * MS;
	end_ack(end, 1 + 4 * END_MSS);
	KUNIT_EXPECT_EQ(test, probe_calls, PROBE_IDLE | PROBE_ACKED);
	KUNIT_EXPECT_EQ(test, probe_ack.now_ns, end->now);
	KUNIT_EXPECT_EQ(test, probe_ack.rtt_ns, 30 * MS);
	KUNIT_EXPECT_EQ(test, probe_ack.bytes, 4 * END_MSS);
	KUNIT_EXPECT_EQ(test, probe_ack.una, end->conn.snd.una);
	KUNIT_EXPECT_TRUE(test, probe_ack.is_cwnd_limited);

	/* Everything is under way: cwnd holds nothing back. */
	end->conn.snd.cwnd = 50 * END_MSS;
	probe_calls = 0;
	end_drain(end);
	KUNIT_EXPECT_EQ(test, probe_calls, 0);
	end->now += 20 * MS;
	end_ack(end, 1 + 8 * END_MSS);
	KUNIT_EXPECT_EQ(test, probe_ack.rtt_ns, 50 * MS);
	KUNIT_EXPECT_FALSE(test, probe_ack.is_cwnd_limited);
	end_free(end);
}

/* A loss is told once, at its beginning; growth waits until recovery is over. */
static void tells_of_loss(struct kunit *test)
{
	struct end *end = new_probe(test);

	end_write(end, 10 * END_MSS);
	end_drain(end);
	probe_calls = 0;
	end_dup_acks(end, 1, 5);
	KUNIT_EXPECT_EQ(test, probe_calls, PROBE_SSTHRESH);
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, 3 * END_MSS);
	end_drain(end);
	probe_calls = 0;
	end_ack(end, 3001);
	KUNIT_EXPECT_EQ(test, probe_calls, 0);
	end_free(end);
}

/* A time-out: told once for the same data; growth from one segment. */
static void tells_of_timeout(struct kunit *test)
{
	struct end *end = new_probe(test);

	end_write(end, 10 * END_MSS);
	end_drain(end);
	probe_calls = 0;
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	KUNIT_EXPECT_EQ(test, probe_calls,
			PROBE_SSTHRESH | PROBE_TIMEOUT | PROBE_RESTART);
	end_drain(end);
	probe_calls = 0;
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	KUNIT_EXPECT_EQ(test, probe_calls, PROBE_RESTART);
	end_drain(end);
	probe_calls = 0;
	end_ack(end, 1001);
	KUNIT_EXPECT_EQ(test, probe_calls, PROBE_ACKED);
	KUNIT_EXPECT_EQ(test, probe_ack.rtt_ns, 0); /* Karn */
	end_free(end);
}

static const struct undo_case {
	const char *name;
	u32 cwnd; /* when it is undone; it was 20000 */
	u32 want_cwnd, want_ssthresh;
	u32 want_calls;
} undo_cases[] = {
	{ "just after it", 3000, 20000, 50000, PROBE_UNDO },
	{ "a little below", 19999, 20000, 50000, PROBE_UNDO },
	{ "grown back", 20000, 20000, 3000, 0 },
	{ "grown past it", 30000, 30000, 3000, 0 },
};

KUNIT_ARRAY_PARAM_DESC(undo, undo_cases, name);

static void undo(struct kunit *test)
{
	const struct undo_case *row = test->param_value;
	struct end *end = new_probe(test);
	struct atcp_snd *snd = &end->conn.snd;

	snd->cwnd = 20000;
	snd->ssthresh = 50000;
	atcp_cc_congestion(&end->conn, ATCP_CC_LOSS);
	snd->cwnd = row->cwnd;
	probe_calls = 0;
	atcp_cc_undo(&end->conn);
	KUNIT_EXPECT_EQ(test, snd->cwnd, row->want_cwnd);
	KUNIT_EXPECT_EQ(test, snd->ssthresh, row->want_ssthresh);
	KUNIT_EXPECT_EQ(test, probe_calls, row->want_calls);
	end_free(end);
}

/* An event is undone once. Reno has nothing of its own to undo. */
static void undo_once(struct kunit *test)
{
	struct end *end = end_new(test);
	struct atcp_snd *snd = &end->conn.snd;

	atcp_cc_use(&end->conn, &atcp_reno);
	snd->cwnd = 20000;
	atcp_cc_congestion(&end->conn, ATCP_CC_LOSS);
	snd->cwnd = 2000;
	atcp_cc_undo(&end->conn);
	KUNIT_EXPECT_EQ(test, snd->cwnd, 20000);
	snd->cwnd = 2000;
	atcp_cc_undo(&end->conn);
	KUNIT_EXPECT_EQ(test, snd->cwnd, 2000);
	end_free(end);
}

static struct kunit_case cc_cases[] = {
	KUNIT_CASE_PARAM(find, find_gen_params),
	KUNIT_CASE(all),
	KUNIT_CASE(use_before),
	KUNIT_CASE(use_amid),
	KUNIT_CASE(tells_of_acks),
	KUNIT_CASE(tells_of_loss),
	KUNIT_CASE(tells_of_timeout),
	KUNIT_CASE_PARAM(undo, undo_gen_params),
	KUNIT_CASE(undo_once),
	{}
};

struct kunit_suite cc_suite = {
	.name = "atcp_cc",
	.test_cases = cc_cases,
};
