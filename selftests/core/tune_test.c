// SPDX-License-Identifier: GPL-2.0
/* The size of the receive buffer. */
#include "core/internal.h"
#include "util.h"

#define START (16 * 1000) /* END_MSS */

/* The peer's data, sent upon what we had sent @age_ms ago. */
static void data(struct end *end, u32 len, u32 age_ms)
{
	struct atcp_seg seg = end_next(end, ATCP_F_ACK, len);

	seg.opts.ts_ecr = atcp_conn_ts_now(end->conn.ts_offset, end->now) -
			  age_ms;
	end_feed(end, &seg);
	end_drain(end);
	end->nr_out = 0;
}

static void round_trip_by_timestamps(struct kunit *test)
{
	struct end *end = end_new_with(test, ATCP_HAS_TS);
	const struct atcp_tune *tune = &end->conn.tune;

	end->conn.tune.rtt_ns = 0;
	end->conn.rtt.srtt_ns = 0;
	data(end, 100, 39);
	KUNIT_EXPECT_EQ(test, tune->rtt_ns, 40 * MS);
	data(end, 100, 119); /* up by and by */
	KUNIT_EXPECT_EQ(test, tune->rtt_ns, 50 * MS);
	data(end, 100, 29); /* down at once */
	KUNIT_EXPECT_EQ(test, tune->rtt_ns, 30 * MS);
	data(end, 100, (u32)-5); /* what we have not sent yet */
	KUNIT_EXPECT_EQ(test, tune->rtt_ns, 30 * MS);
	data(end, 100, 200000); /* longer than any time-out */
	KUNIT_EXPECT_EQ(test, tune->rtt_ns, 30 * MS);
	end_free(end);
}

static void round_trip_by_window(struct kunit *test)
{
	struct end *end = end_new_with(test, 0);
	struct atcp_tune *tune = &end->conn.tune;
	u32 left;

	tune->rtt_ns = 0;
	end->conn.rtt.srtt_ns = 0;
	data(end, 100, 0);
	KUNIT_EXPECT_EQ(test, tune->rtt_ns, 0);
	left = tune->edge - end->conn.rcv.nxt;
	end->now += 50 * MS;
	for (; left > 1000; left -= 1000)
		data(end, 1000, 0);
	data(end, left, 0);
	KUNIT_EXPECT_EQ(test, tune->rtt_ns, 0);
	data(end, 1, 0); /* the first byte beyond */
	KUNIT_EXPECT_EQ(test, tune->rtt_ns, 50 * MS);
	end_free(end);
}

/* In a round trip of 10 ms each. */
static const struct room_case {
	const char *name;
	u32 before, bytes, clamp;
	u32 want;
} room_cases[] = {
	{ "the first", 0, 10000, U32_MAX, 4 * 10000 + START },
	{ "twice as much", 10000, 20000, U32_MAX, 4 * 20000 + START },
	{ "more than that", 10000, 90000, U32_MAX, 4 * 90000 + START },
	{ "half as much again", 10000, 15000, U32_MAX, 3 * 15000 + START },
	{ "as much", 20000, 20000, U32_MAX, 2 * 20000 + START },
	{ "less", 20000, 10000, U32_MAX, 2 * 10000 + START },
	{ "no more than the clamp", 10000, 20000, 50000, 50000 },
	{ "no overflow", U32_MAX / 2, U32_MAX, U32_MAX, U32_MAX },
};

KUNIT_ARRAY_PARAM_DESC(room, room_cases, name);

static void room(struct kunit *test)
{
	const struct room_case *row = test->param_value;
	struct end *end = end_new(test);
	struct atcp_conn *conn = &end->conn;
	u64 now = end->now;

	conn->rcv.clamp = row->clamp;
	conn->rcv.seen_mss = 1000;
	conn->tune.rtt_ns = 10 * MS;
	conn->tune.since_ns = now;
	conn->tune.before = row->before;
	/* two reads, of which the first comes before the round trip is over */
	KUNIT_EXPECT_EQ(test, atcp_tune_recv_room(conn, row->bytes - 1,
						  now + 10 * MS - 1), 0);
	KUNIT_EXPECT_EQ(test, atcp_tune_recv_room(conn, 1, now + 10 * MS),
			row->want);
	KUNIT_EXPECT_EQ(test, conn->tune.bytes, 0);
	KUNIT_EXPECT_EQ(test, conn->tune.before, row->bytes);
	end_free(end);
}

static void unknown_round_trip(struct kunit *test)
{
	struct end *end = end_new(test);

	end->conn.tune.rtt_ns = 0;
	KUNIT_EXPECT_EQ(test, atcp_tune_recv_room(&end->conn, 1000, end->now), 0);
	end_free(end);
}

/*
 * Behind a hole of 500 bytes: what comes there counts when it comes, and is not counted
 * again when the hole is filled and it is read.
 */
static void room_behind_hole(struct kunit *test)
{
	struct end *end = end_new_with(test, ATCP_HAS_SACK_PERM);
	struct atcp_conn *conn = &end->conn;
	u64 now = end->now;

	conn->tune.rtt_ns = 10 * MS;
	conn->tune.since_ns = now;
	conn->tune.before = 2000;
	conn->rcv.seen_mss = 1000;
	end_data(end, 501, 1500);
	KUNIT_EXPECT_EQ(test, atcp_tune_recv_room(conn, 0, now + 9 * MS), 0);
	KUNIT_EXPECT_EQ(test, atcp_tune_recv_room(conn, 0, now + 10 * MS),
			2 * 2000 + START);
	end_data(end, 1, 500);
	KUNIT_EXPECT_EQ(test, atcp_tune_recv_room(conn, 1000, now + 20 * MS), 0);
	KUNIT_EXPECT_EQ(test, atcp_tune_recv_room(conn, 4000, now + 21 * MS),
			3 * 3000 + START);
	end_free(end);
}

/* It would take each ACK that moves the window for no duplicate. */
static void hole_without_sack(struct kunit *test)
{
	struct end *end = end_new_with(test, 0);
	struct atcp_conn *conn = &end->conn;

	conn->tune.rtt_ns = 10 * MS;
	conn->tune.since_ns = end->now;
	conn->rcv.seen_mss = 1000;
	end_data(end, 1001, 2000);
	KUNIT_EXPECT_EQ(test,
			atcp_tune_recv_room(conn, 0, end->now + 10 * MS),
			START);
	end_free(end);
}

/* A user that is woken when a third is free has written more than two windows. */
static void send_room(struct kunit *test)
{
	struct end *end = end_new(test);

	end->conn.snd.cwnd = 1000000;
	KUNIT_EXPECT_EQ(test, atcp_tune_send_room(&end->conn), 4065536);
	end->conn.snd.cwnd = ATCP_CWND_MAX;
	KUNIT_EXPECT_GT(test, atcp_tune_send_room(&end->conn),
			3ULL * ATCP_CWND_MAX);
	end_free(end);
}

static struct kunit_case tune_cases[] = {
	KUNIT_CASE(round_trip_by_timestamps),
	KUNIT_CASE(round_trip_by_window),
	KUNIT_CASE_PARAM(room, room_gen_params),
	KUNIT_CASE(unknown_round_trip),
	KUNIT_CASE(room_behind_hole),
	KUNIT_CASE(hole_without_sack),
	KUNIT_CASE(send_room),
	{}
};

struct kunit_suite tune_suite = {
	.name = "atcp_tune",
	.test_cases = tune_cases,
};
