// SPDX-License-Identifier: GPL-2.0
/* Deadlines: RFC 9293 section 3.8.3, 3.8.4, 3.8.6.1 and 3.10.8, RFC 6298. */
#include "core/internal.h"
#include "util.h"

static void set_window(struct end *end, u16 wnd)
{
	struct atcp_seg seg = end_next(end, ATCP_F_ACK, 0);

	seg.wnd = wnd;
	end_feed(end, &seg);
}

/* SYN: 1 s, doubled each time, given up after so many. */
static void syn_retries(struct kunit *test)
{
	struct end *end = end_init(test);
	u64 wait = SEC;
	u32 i;

	end->config.syn_retries = 3;
	end_drive(end, ATCP_SYN_SENT);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_RETRANSMIT), wait);
		KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
		end->nr_out = 0;
		KUNIT_EXPECT_EQ(test, end_drain(end), 1);
		KUNIT_EXPECT_TRUE(test, end_sent_only(end, ATCP_F_SYN));
		wait *= 2;
	}
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_RETRANSMIT), wait);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_CLOSED);
	KUNIT_EXPECT_EQ(test, end->conn.error, ATCP_ERR_TIMED_OUT);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_ABORT_ON_TIMEOUT));
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_ATTEMPT_FAILS));
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	end_free(end);
}

/* Who has called goes on calling, though both did: a listener's limit is not his. */
static void simultaneous_retries(struct kunit *test)
{
	struct end *end = end_init(test);
	u32 nr = 0;

	end->config.syn_retries = 4;
	end->config.synack_retries = 0;
	end_drive(end, ATCP_SYN_RCVD);
	while (end_expire(end, ATCP_TIMER_RETRANSMIT))
		nr += end_drain(end);
	KUNIT_EXPECT_EQ(test, nr, 3); /* the SYN and the SYN+ACK came before */
	KUNIT_EXPECT_EQ(test, end->conn.error, ATCP_ERR_TIMED_OUT);
	end_free(end);
}

/* RFC 6298 rules 5.4 to 5.6: again, and the time doubled. */
static void data_backs_off(struct kunit *test)
{
	struct end *end = end_new(test);
	u64 rto = end->conn.rtt.rto_ns;
	u32 i;

	end_write(end, 100);
	end_drain(end);
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_RETRANSMIT),
				rto << i);
		KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
		end->nr_out = 0;
		KUNIT_EXPECT_EQ(test, end_drain(end), 1);
		KUNIT_EXPECT_TRUE(test, end->out[0].is_again);
	}
	KUNIT_EXPECT_EQ(test, end->conn.retrans_total, 5);
	end_free(end);
}

/* R1: IP is told once, at the third time-out in a row, of a SYN as of data. */
static void doubts_the_path(struct kunit *test, u8 state)
{
	struct end *end = end_init(test);
	u32 i;

	end_drive(end, state);
	if (state == ATCP_ESTABLISHED)
		end_write(end, 100);
	end_drain(end);
	for (i = 1; i <= 5; i++) {
		u16 events;

		KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
		end_drain(end);
		events = atcp_conn_poll_events(&end->conn);
		KUNIT_EXPECT_EQ(test, !!(events & ATCP_EV_PATH_DOUBTFUL), i == 3);
	}
	end_free(end);
}

static void path_of_a_syn(struct kunit *test)
{
	doubts_the_path(test, ATCP_SYN_SENT);
}

static void path_of_data(struct kunit *test)
{
	doubts_the_path(test, ATCP_ESTABLISHED);
}

/* Time until it gives up, the peer silent, in ms. */
static u64 silence_until_end(struct end *end, enum atcp_timer timer)
{
	u64 begin = end->now;
	u32 i;

	for (i = 0; i < 100 && end->conn.state != ATCP_CLOSED; i++) {
		end->nr_out = 0;
		end_drain(end);
		KUNIT_ASSERT_TRUE(end->test, end_expire(end, timer));
	}
	KUNIT_EXPECT_EQ(end->test, end->conn.error, ATCP_ERR_TIMED_OUT);
	KUNIT_EXPECT_TRUE(end->test,
			  end_counted(end, ATCP_MIB_ABORT_ON_TIMEOUT));
	return div_u64(end->now - begin, (u32)MS);
}

/* R2 (Linux's fifteen retries): 924.6 s when the time-out begins at 200 ms. */
static void data_gives_up(struct kunit *test)
{
	struct end *end = end_new(test);
	u64 ms;

	end_write(end, 100);
	ms = silence_until_end(end, ATCP_TIMER_RETRANSMIT);
	KUNIT_EXPECT_GE(test, ms, 924600);
	KUNIT_EXPECT_LT(test, ms, 924600 + 120000);
	KUNIT_EXPECT_EQ(test, end->conn.retrans_total, 15);
	end_free(end);
}

static void orphan_gives_up_sooner(struct kunit *test)
{
	struct end *end = end_new(test);
	u64 ms;

	end_write(end, 100);
	end_close(end, false);
	ms = silence_until_end(end, ATCP_TIMER_RETRANSMIT);
	KUNIT_EXPECT_GE(test, ms, 102200); /* 200 ms times (2^9 - 1) */
	KUNIT_EXPECT_LE(test, ms, 102200 + 102400);
	end_free(end);
}

/* Progress begins the count anew. */
static void progress_begins_anew(struct kunit *test)
{
	struct end *end = end_new(test);
	u32 i;

	end_write(end, 2000);
	end_drain(end);
	for (i = 0; i < 12; i++) {
		KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
		end_drain(end);
	}
	KUNIT_EXPECT_NE(test, end->conn.retrans_ns, 0);
	end_ack(end, 1001);
	KUNIT_EXPECT_EQ(test, end->conn.retrans_ns, 0);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end->conn.retrans_ns, end->now);
	end_free(end);
}

/*
 * RFC 9293 section 3.8.6.1, MUST-37: a peer that has shut its window over what is
 * in flight keeps the connection as long as it answers.
 */
static void shut_window_over_flight(struct kunit *test)
{
	struct end *end = end_new(test);
	u32 i;

	end_write(end, 100);
	end_drain(end);
	for (i = 0; i < 40; i++) {
		KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
		KUNIT_ASSERT_EQ(test, end->conn.state, ATCP_ESTABLISHED);
		end->nr_out = 0;
		KUNIT_EXPECT_EQ(test, end_drain(end), 1);
		{
			struct atcp_seg seg = end_seg(end, ATCP_F_ACK, 1, 1, 0);

			seg.wnd = 0;
			end_feed(end, &seg);
		}
	}
	/* and no longer than that */
	silence_until_end(end, ATCP_TIMER_RETRANSMIT);
	end_free(end);
}

/*
 * RFC 9293 section 3.8.6, SHLD-17: a window shrunk to a part of what is in flight. What
 * lies beyond the new edge is no reason to give up, however long it takes: only
 * what the window still covers is sent again, and that is acknowledged.
 */
static void shrunken_window_over_flight(struct kunit *test)
{
	struct end *end = end_new(test);
	u32 i;

	end_write(end, 5000);
	end_drain(end);
	for (i = 0; i < 50; i++) {
		KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
		KUNIT_ASSERT_EQ(test, end->conn.state, ATCP_ESTABLISHED);
		end->nr_out = 0;
		KUNIT_ASSERT_EQ(test, end_drain(end), 1);
		KUNIT_EXPECT_EQ(test, end->out[0].len, i ? 50 : 1000);
		{
			struct atcp_seg seg = end_seg(end, ATCP_F_ACK, 1,
						      1 + 50 * i, 0);

			seg.wnd = 50;
			end_feed(end, &seg);
		}
	}
	KUNIT_EXPECT_EQ(test, end_flight(end), 5000 - 49 * 50);
	end_free(end);
}

/* A window that stays shut: probed ever more rarely, without end. */
static void persist(struct kunit *test)
{
	struct end *end = end_new(test);
	u64 wait = end->conn.rtt.rto_ns;
	u32 i;

	set_window(end, 0);
	end_write(end, 100);
	end_drain(end);
	for (i = 0; i < 30; i++) {
		KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_PERSIST),
				min_t(u64, wait, 120 * SEC));
		KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_RETRANSMIT),
				ATCP_NEVER);
		KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_PERSIST));
		end->nr_out = 0;
		KUNIT_EXPECT_EQ(test, end_drain(end), 1);
		KUNIT_EXPECT_TRUE(test, end_sent_only(end, ATCP_F_ACK));
		KUNIT_EXPECT_EQ(test, end->out[0].seq, end->conn.snd.una - 1);
		KUNIT_EXPECT_EQ(test, end->out[0].len, 0);
		set_window(end, 0); /* the peer answers */
		wait = min_t(u64, wait * 2, 120 * SEC);
	}
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_WINDOW_PROBES));
	set_window(end, 60000);
	end->nr_out = 0;
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].len, 100);
	KUNIT_EXPECT_EQ(test, end->conn.rtt.backoff, 0);
	end_free(end);
}

static void persist_gives_up(struct kunit *test)
{
	struct end *end = end_new(test);

	end->conn.config.retries = 5;
	set_window(end, 0);
	end_write(end, 100);
	/* 200 ms times (2^6 - 1): five probes without an answer, and one wait */
	KUNIT_EXPECT_EQ(test, silence_until_end(end, ATCP_TIMER_PERSIST), 12600);
	end_free(end);
}

/* The user has gone: even a peer that answers does not hold it for ever. */
static void persist_of_an_orphan(struct kunit *test)
{
	struct end *end = end_new(test);
	u32 i;

	set_window(end, 0);
	end_write(end, 100);
	end_close(end, false);
	for (i = 0; i < 20 && end->conn.state != ATCP_CLOSED; i++) {
		end_drain(end);
		KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_PERSIST));
		if (end->conn.state != ATCP_CLOSED)
			set_window(end, 0);
	}
	KUNIT_EXPECT_EQ(test, i, end->conn.config.orphan_retries + 1);
	end_free(end);
}

/* A FIN that the window keeps back is waited for in the same way. */
static void persist_for_fin(struct kunit *test)
{
	struct end *end = end_new(test);

	set_window(end, 0);
	end_shutdown(end);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_PERSIST));
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	set_window(end, 1);
	end->nr_out = 0;
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_TRUE(test, end_sent_only(end, ATCP_F_FIN | ATCP_F_ACK));
	end_free(end);
}

/* RFC 9293 section 3.8.6.2.1: what avoidance or a cork holds gets out. */
static const struct override_case {
	const char *name;
	u32 bytes;
	u16 wnd;
	u32 flags;
	u32 want;
} override_cases[] = {
	{ "a small window", 5000, 500, 0, 500 },
	{ "a cork", 100, 60000, ATCP_CONN_CORK, 100 },
};

KUNIT_ARRAY_PARAM_DESC(override, override_cases, name);

static void override(struct kunit *test)
{
	const struct override_case *row = test->param_value;
	struct end *end = end_new(test);

	set_window(end, row->wnd);
	end->conn.flags |= row->flags;
	end_write(end, row->bytes);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_PERSIST));
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].len, row->want);
	KUNIT_EXPECT_FALSE(test, end_counted(end, ATCP_MIB_WINDOW_PROBES));
	KUNIT_EXPECT_FALSE(test, end->conn.flags & ATCP_CONN_OVERRIDE);
	end_free(end);
}

/* The timer fires though what it was for is over. */
static void persist_for_nothing(struct kunit *test)
{
	struct end *end = end_new(test);

	end->conn.deadline[ATCP_TIMER_PERSIST] = end->now + SEC;
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_PERSIST));
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	end->conn.deadline[ATCP_TIMER_RETRANSMIT] = end->now + SEC;
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	KUNIT_EXPECT_FALSE(test, end_counted(end, ATCP_MIB_TIMEOUTS));
	end_free(end);
}

static struct end *with_keepalive(struct kunit *test)
{
	struct end *end = end_new(test);

	atcp_conn_set_keepalive(&end->conn, true, end->now);
	return end;
}

/* K-ALIVE: 2 hours, ten probes 75 s apart, then ETIMEDOUT and a RST. */
static void keepalive(struct kunit *test)
{
	struct end *end = with_keepalive(test);
	u64 begin = end->now;
	u32 i;

	for (i = 0; i < 10; i++) {
		KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_KEEPALIVE));
		KUNIT_EXPECT_EQ(test, end->now - begin,
				7200 * SEC + i * 75 * SEC);
		end->nr_out = 0;
		KUNIT_EXPECT_EQ(test, end_drain(end), 1);
		KUNIT_EXPECT_TRUE(test, end_sent_only(end, ATCP_F_ACK));
		KUNIT_EXPECT_EQ(test, end->out[0].seq, end->conn.snd.nxt - 1);
		KUNIT_EXPECT_EQ(test, end->out[0].len, 0);
		KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_ESTABLISHED);
	}
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_KEEPALIVE));
	KUNIT_EXPECT_EQ(test, end->now - begin, 7950 * SEC);
	KUNIT_EXPECT_EQ(test, end->conn.error, ATCP_ERR_TIMED_OUT);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_ABORT_ON_KEEPALIVE));
	end->nr_out = 0;
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_TRUE(test, end_sent_only(end, ATCP_F_RST | ATCP_F_ACK));
	end_free(end);
}

/* Any segment from the peer begins the two hours anew, after nine probes too. */
static const struct heard_case {
	const char *name;
	u8 flags;
	s32 seq; /* against RCV.NXT */
	u32 len;
} heard_cases[] = {
	{ "the answer to a probe", ATCP_F_ACK, 0, 0 },
	{ "data", ATCP_F_ACK, 0, 10 },
	{ "the peer's own probe", ATCP_F_ACK, -1, 0 },
	{ "the peer's own probe with an octet", ATCP_F_ACK, -1, 1 },
	{ "data that has been here before", ATCP_F_ACK, -10, 10 },
};

KUNIT_ARRAY_PARAM_DESC(heard, heard_cases, name);

static void keepalive_begins_anew(struct kunit *test)
{
	const struct heard_case *row = test->param_value;
	struct end *end = with_keepalive(test);
	struct atcp_seg seg;
	u64 heard;
	u32 i;

	for (i = 0; i < 9; i++) {
		KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_KEEPALIVE));
		end_drain(end);
	}
	end->now += 10 * SEC;
	heard = end->now;
	atcp_conn_set_quickack(&end->conn, true);
	seg = end_seg(end, row->flags, 1 + row->seq, 1, row->len);
	end_feed(end, &seg);
	end_drain(end);
	end->counted = 0;
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_KEEPALIVE));
	KUNIT_EXPECT_FALSE(test, end_counted(end, ATCP_MIB_KEEPALIVE_PROBES));
	KUNIT_EXPECT_EQ(test, end->conn.deadline[ATCP_TIMER_KEEPALIVE],
			heard + 7200 * SEC);
	end_free(end);
}

/* A forged segment with a number from anywhere keeps no dead peer alive. */
static void keepalive_is_not_fooled(struct kunit *test)
{
	struct end *end = with_keepalive(test);
	struct atcp_seg seg;

	end_expire(end, ATCP_TIMER_KEEPALIVE);
	end_drain(end);
	seg = end_seg(end, ATCP_F_ACK, 1 - (64U << 20), 1, 10);
	end_feed(end, &seg);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end->conn.probes, 1);
	end_free(end);
}

/* While something is in flight the retransmission timer watches. */
static void keepalive_yields_to_data(struct kunit *test)
{
	struct end *end = with_keepalive(test);

	end->conn.deadline[ATCP_TIMER_KEEPALIVE] = end->now + MS;
	end_write(end, 100);
	end_drain(end);
	end->nr_out = 0;
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_KEEPALIVE));
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_KEEPALIVE), 7200 * SEC);
	end_free(end);
}

static void keepalive_is_off(struct kunit *test)
{
	struct end *end = with_keepalive(test);

	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_KEEPALIVE), 7200 * SEC);
	atcp_conn_set_keepalive(&end->conn, false, end->now);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_KEEPALIVE), ATCP_NEVER);
	/* one that had been armed does nothing */
	end->conn.deadline[ATCP_TIMER_KEEPALIVE] = end->now + SEC;
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_KEEPALIVE));
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_KEEPALIVE), ATCP_NEVER);
	end_free(end);
}

/* K-USER: how long something may wait for its acknowledgment. */
static void user_timeout(struct kunit *test)
{
	struct end *end = end_new(test);

	atcp_conn_set_user_timeout(&end->conn, 5000, end->now);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_USER), ATCP_NEVER);
	end_write(end, 1000);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_USER), 5 * SEC);
	end_drain(end);
	end->now += 2 * SEC;
	end_write(end, 1000); /* does not prolong it */
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_USER), 3 * SEC);
	end_drain(end);
	end_ack(end, 1001); /* progress does */
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_USER), 5 * SEC);
	end_ack(end, 2001);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_USER), ATCP_NEVER);

	end_write(end, 1000);
	end->conn.deadline[ATCP_TIMER_RETRANSMIT] = ATCP_NEVER;
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_USER));
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_CLOSED);
	KUNIT_EXPECT_EQ(test, end->conn.error, ATCP_ERR_TIMED_OUT);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_ABORT_ON_TIMEOUT));
	end_free(end);
}

static void user_timeout_set_late(struct kunit *test)
{
	struct end *end = end_new(test);

	end_write(end, 1000);
	end_drain(end);
	atcp_conn_set_user_timeout(&end->conn, 100, end->now);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_USER), 100 * MS);
	atcp_conn_set_user_timeout(&end->conn, 0, end->now);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_USER), ATCP_NEVER);
	end_free(end);
}

/* A FIN waits for its acknowledgment like data, alone or behind some. */
static void user_timeout_of_a_fin(struct kunit *test)
{
	struct end *end = end_new(test);

	atcp_conn_set_user_timeout(&end->conn, 700, end->now);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_USER), ATCP_NEVER);
	end_shutdown(end);
	end_drain(end);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_USER), 700 * MS);
	end->conn.deadline[ATCP_TIMER_RETRANSMIT] = ATCP_NEVER;
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_USER));
	KUNIT_EXPECT_EQ(test, end->conn.error, ATCP_ERR_TIMED_OUT);
	end_free(end);
}

static void user_timeout_of_a_handshake(struct kunit *test)
{
	struct end *end = end_init(test);

	end->config.user_timeout_ms = 700;
	end_drive(end, ATCP_SYN_SENT);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_USER));
	KUNIT_EXPECT_EQ(test, end->conn.error, ATCP_ERR_TIMED_OUT);
	end_free(end);
}

/* An orphan waits so long for the peer's FIN, then goes in silence. */
static void fin_wait_2(struct kunit *test)
{
	struct end *end = end_init(test);

	end_drive(end, ATCP_FIN_WAIT_2);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_FIN_WAIT_2), ATCP_NEVER);
	end_close(end, false);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_FIN_WAIT_2), 60 * SEC);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_FIN_WAIT_2));
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_CLOSED);
	KUNIT_EXPECT_EQ(test, end->conn.error, ATCP_ERR_NONE);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	end_free(end);
}

/* Called early, nothing happens; timers not in use yet do nothing. */
static void nothing_due(struct kunit *test)
{
	struct end *end = end_new(test);

	end_write(end, 100);
	end_drain(end);
	end_begin(end);
	atcp_conn_handle_timeout(&end->conn, &end->step);
	end_finish(end);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	KUNIT_EXPECT_EQ(test, end->conn.rtt.backoff, 0);
	end->conn.deadline[ATCP_TIMER_REORDER] = end->now;
	end->conn.deadline[ATCP_TIMER_PACING] = end->now;
	end_timeout(end);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	end_free(end);
}

static struct kunit_case timeout_cases[] = {
	KUNIT_CASE(syn_retries),
	KUNIT_CASE(simultaneous_retries),
	KUNIT_CASE(data_backs_off),
	KUNIT_CASE(path_of_a_syn),
	KUNIT_CASE(path_of_data),
	KUNIT_CASE(data_gives_up),
	KUNIT_CASE(orphan_gives_up_sooner),
	KUNIT_CASE(progress_begins_anew),
	KUNIT_CASE(shut_window_over_flight),
	KUNIT_CASE(shrunken_window_over_flight),
	KUNIT_CASE(persist),
	KUNIT_CASE(persist_gives_up),
	KUNIT_CASE(persist_of_an_orphan),
	KUNIT_CASE(persist_for_fin),
	KUNIT_CASE_PARAM(override, override_gen_params),
	KUNIT_CASE(persist_for_nothing),
	KUNIT_CASE(keepalive),
	KUNIT_CASE_PARAM(keepalive_begins_anew, heard_gen_params),
	KUNIT_CASE(keepalive_is_not_fooled),
	KUNIT_CASE(keepalive_yields_to_data),
	KUNIT_CASE(keepalive_is_off),
	KUNIT_CASE(user_timeout),
	KUNIT_CASE(user_timeout_set_late),
	KUNIT_CASE(user_timeout_of_a_fin),
	KUNIT_CASE(user_timeout_of_a_handshake),
	KUNIT_CASE(fin_wait_2),
	KUNIT_CASE(nothing_due),
	{}
};

struct kunit_suite timeout_suite = {
	.name = "atcp_timeout",
	.test_cases = timeout_cases,
};
