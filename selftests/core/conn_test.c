// SPDX-License-Identifier: GPL-2.0
/* The life of a connection and the user calls of RFC 9293 section 3.10. */
#include "core/embryo.h"
#include "core/internal.h"
#include "core/timewait.h"
#include "util.h"

/* Sizes are part of the design: each of these is an object in a slab. */
static void sizes(struct kunit *test)
{
	KUNIT_EXPECT_LE(test, sizeof(struct atcp_conn), 1024);
	KUNIT_EXPECT_LE(test, sizeof(struct atcp_embryo), 64);
	KUNIT_EXPECT_LE(test, sizeof(struct atcp_timewait), 48);
	KUNIT_EXPECT_LE(test, sizeof(struct atcp_burst), 96);
	/* hot: what a segment touches of each half lies together; lists ahead of it */
	KUNIT_EXPECT_LE(test, sizeof(struct atcp_snd),
			128 + 2 * sizeof(struct list_head));
	KUNIT_EXPECT_LE(test, sizeof(struct atcp_rcv),
			128 + sizeof(struct list_head));
	KUNIT_EXPECT_EQ(test, offsetof(struct atcp_conn, snd), 0);
}

static void names(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, atcp_state_name(ATCP_CLOSED), "CLOSED");
	KUNIT_EXPECT_STREQ(test, atcp_state_name(ATCP_SYN_RCVD),
			   "SYN-RECEIVED");
	KUNIT_EXPECT_STREQ(test, atcp_state_name(ATCP_TIME_WAIT), "TIME-WAIT");
	KUNIT_EXPECT_STREQ(test, atcp_state_name(ATCP_STATE_NR), "?");
}

static void init(struct kunit *test)
{
	static const struct atcp_config config = ATCP_CONFIG_DEFAULT;
	struct end *end = end_init(test);
	struct atcp_conn *conn = &end->conn;
	int i;

	memset(conn, 0xee, sizeof(*conn));
	atcp_conn_init(conn, &config);
	KUNIT_EXPECT_EQ(test, conn->state, ATCP_CLOSED);
	KUNIT_EXPECT_TRUE(test, list_empty(&conn->snd.flight));
	KUNIT_EXPECT_TRUE(test, list_empty(&conn->rcv.ofo));
	for (i = 0; i < ATCP_TIMER_NR; i++)
		KUNIT_EXPECT_EQ(test, conn->deadline[i], ATCP_NEVER);
	KUNIT_EXPECT_EQ(test, conn->flags, 0);
	KUNIT_EXPECT_EQ(test, conn->snd.ssthresh, U32_MAX);
	KUNIT_EXPECT_EQ(test, conn->snd.peer_mss, 536);
	KUNIT_EXPECT_MEMEQ(test, &conn->config, &config, sizeof(config));
	KUNIT_EXPECT_EQ(test, atcp_conn_poll_deadline(conn), ATCP_NEVER);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	end_free(end);
}

/* RFC 9293 figure 5, with the moves to CLOSED from everywhere. */
static const u16 moves[ATCP_STATE_NR] = {
	[ATCP_CLOSED] = ATCP_IN(LISTEN) | ATCP_IN(SYN_SENT) | ATCP_IN(SYN_RCVD),
	[ATCP_LISTEN] = ATCP_IN(CLOSED),
	[ATCP_SYN_SENT] = ATCP_IN(SYN_RCVD) | ATCP_IN(ESTABLISHED) |
			  ATCP_IN(CLOSED),
	[ATCP_SYN_RCVD] = ATCP_IN(ESTABLISHED) | ATCP_IN(CLOSED),
	[ATCP_ESTABLISHED] = ATCP_IN(FIN_WAIT_1) | ATCP_IN(CLOSE_WAIT) |
			     ATCP_IN(CLOSED),
	[ATCP_FIN_WAIT_1] = ATCP_IN(FIN_WAIT_2) | ATCP_IN(CLOSING) |
			    ATCP_IN(TIME_WAIT) | ATCP_IN(CLOSED),
	[ATCP_FIN_WAIT_2] = ATCP_IN(TIME_WAIT) | ATCP_IN(CLOSED),
	[ATCP_CLOSE_WAIT] = ATCP_IN(LAST_ACK) | ATCP_IN(CLOSED),
	[ATCP_CLOSING] = ATCP_IN(TIME_WAIT) | ATCP_IN(CLOSED),
	[ATCP_LAST_ACK] = ATCP_IN(CLOSED),
	[ATCP_TIME_WAIT] = ATCP_IN(CLOSED),
};

static void every_move(struct kunit *test)
{
	struct end *end = end_init(test);
	u8 from, to;

	for (from = 0; from < ATCP_STATE_NR; from++) {
		for (to = 0; to < ATCP_STATE_NR; to++) {
			if (from == to)
				continue;
			end->conn.flags = 0;
			end->conn.state = from;
			memset(&end_moves, 0, sizeof(end_moves));
			atcp_conn_set_state(&end->conn, to);
			KUNIT_EXPECT_EQ(test, end->conn.state, to);
			KUNIT_EXPECT_EQ(test, end_moves.seen, BIT(to));
			KUNIT_EXPECT_EQ_MSG(test, !end_moves.broken,
					    !!(moves[from] & BIT(to)),
					    "%s to %s", atcp_state_name(from),
					    atcp_state_name(to));
		}
	}
	end_moves.broken = NULL;
	end->conn.flags = 0;
	end->conn.state = ATCP_CLOSED;
	end_free(end);
}

/* An invariant that does not hold: told once, then reset. */
static const struct broken_case {
	const char *name;
	u32 una, nxt, end, lost; /* relative to ISS */
	bool has_record;
} broken_cases[] = {
	{ "SND.UNA past SND.NXT", 2, 1, 10, 0, false },
	{ "more sent than there is", 1, 12, 10, 0, false },
	{ "more lost than sent", 1, 1, 10, 1, false },
	{ "flight without a record", 1, 5, 10, 0, false },
};

KUNIT_ARRAY_PARAM_DESC(broken, broken_cases, name);

static void broken(struct kunit *test)
{
	const struct broken_case *row = test->param_value;
	struct end *end = end_new(test);
	struct atcp_snd *snd = &end->conn.snd;
	struct atcp_tx tx;

	snd->una = snd->iss + row->una;
	snd->nxt = snd->iss + row->nxt;
	snd->end = snd->iss + row->end;
	snd->lost = row->lost;
	end->has_spare = false;
	end_begin(end);
	atcp_conn_handle_timeout(&end->conn, &end->step);
	KUNIT_EXPECT_TRUE(test, end_moves.broken);
	end_moves.broken = NULL;
	end_finish(end);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_CLOSED);
	KUNIT_EXPECT_EQ(test, end->conn.error, ATCP_ERR_BROKEN);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_ABORT_FAILED));
	KUNIT_EXPECT_TRUE(test, end_poll(end, &tx));
	KUNIT_EXPECT_EQ(test, tx.flags, ATCP_F_RST | ATCP_F_ACK);
	end_free(end);
}

/* CLOSE in every state: RFC 9293 section 3.10.4. */
static const struct close_case {
	const char *name;
	u8 state;
	u8 want_shutdown; /* state after atcp_conn_shutdown() */
	u8 want_unread; /* after atcp_conn_close() with unread data */
	u8 want_abort; /* flags of what ABORT sends, 0 for nothing */
} close_cases[] = {
	{ "CLOSED", ATCP_CLOSED, ATCP_CLOSED, ATCP_CLOSED, 0 },
	{ "LISTEN", ATCP_LISTEN, ATCP_CLOSED, ATCP_CLOSED, 0 },
	{ "SYN-SENT", ATCP_SYN_SENT, ATCP_CLOSED, ATCP_CLOSED, 0 },
	{ "SYN-RECEIVED", ATCP_SYN_RCVD, ATCP_SYN_RCVD, ATCP_CLOSED,
	  ATCP_F_RST | ATCP_F_ACK },
	{ "ESTABLISHED", ATCP_ESTABLISHED, ATCP_FIN_WAIT_1, ATCP_CLOSED,
	  ATCP_F_RST | ATCP_F_ACK },
	{ "FIN-WAIT-1", ATCP_FIN_WAIT_1, ATCP_FIN_WAIT_1, ATCP_CLOSED,
	  ATCP_F_RST | ATCP_F_ACK },
	{ "FIN-WAIT-2", ATCP_FIN_WAIT_2, ATCP_FIN_WAIT_2, ATCP_CLOSED,
	  ATCP_F_RST | ATCP_F_ACK },
	{ "CLOSE-WAIT", ATCP_CLOSE_WAIT, ATCP_LAST_ACK, ATCP_CLOSED,
	  ATCP_F_RST | ATCP_F_ACK },
	{ "CLOSING", ATCP_CLOSING, ATCP_CLOSING, ATCP_CLOSED,
	  ATCP_F_RST | ATCP_F_ACK },
	{ "LAST-ACK", ATCP_LAST_ACK, ATCP_LAST_ACK, ATCP_CLOSED,
	  ATCP_F_RST | ATCP_F_ACK },
	{ "TIME-WAIT", ATCP_TIME_WAIT, ATCP_TIME_WAIT, ATCP_CLOSED, 0 },
};

KUNIT_ARRAY_PARAM_DESC(close, close_cases, name);

static void shutdown_in_every_state(struct kunit *test)
{
	const struct close_case *row = test->param_value;
	struct end *end = end_init(test);

	end_drive(end, row->state);
	end_shutdown(end);
	KUNIT_EXPECT_EQ(test, end->conn.state, row->want_shutdown);
	KUNIT_EXPECT_EQ(test, end->conn.error, ATCP_ERR_NONE);
	end_shutdown(end); /* twice is once */
	KUNIT_EXPECT_EQ(test, end->conn.state, row->want_shutdown);
	end_free(end);
}

/* RFC 2525 section 2.17: unread data is lost data, and the peer learns of it. */
static void close_with_unread_data(struct kunit *test)
{
	const struct close_case *row = test->param_value;
	struct end *end = end_init(test);

	end_drive(end, row->state);
	end_close(end, true);
	KUNIT_EXPECT_EQ(test, end->conn.state, row->want_unread);
	KUNIT_EXPECT_EQ(test, end->conn.error, ATCP_ERR_NONE);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_ABORT_ON_CLOSE));
	KUNIT_EXPECT_EQ(test, end_drain(end), !!row->want_abort);
	if (row->want_abort)
		KUNIT_EXPECT_TRUE(test, end_sent_only(end, row->want_abort));
	end_free(end);
}

/*
 * ABORT: RFC 9293 section 3.10.5. It has no RST in CLOSING and LAST-ACK; but the
 * FIN may be lost, and the peer would wait for it.
 */
static void abort_in_every_state(struct kunit *test)
{
	const struct close_case *row = test->param_value;
	struct end *end = end_init(test);
	u16 events;

	end_drive(end, row->state);
	end_begin(end);
	atcp_conn_abort(&end->conn, &end->step);
	end_finish(end);
	events = atcp_conn_poll_events(&end->conn);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_CLOSED);
	KUNIT_EXPECT_EQ(test, events, row->state == ATCP_CLOSED ? 0 :
			ATCP_EV_CLOSED);
	KUNIT_EXPECT_EQ(test, end_drain(end), !!row->want_abort);
	if (row->want_abort)
		KUNIT_EXPECT_TRUE(test, end_sent_only(end, row->want_abort));
	end_free(end);
}

/* RFC 9293 3.10.5 leaves out the RST where nothing can be lost; here it can. */
static void abort_with_data_under_way(struct kunit *test)
{
	static const u8 states[] = { ATCP_CLOSING, ATCP_LAST_ACK };
	struct atcp_seg seg;
	struct end *end;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		end = end_new(test);
		seg = end_seg(end, ATCP_F_ACK | ATCP_F_FIN, 1, 1, 0);
		if (states[i] == ATCP_LAST_ACK)
			end_feed(end, &seg);
		end_write(end, 100);
		end_shutdown(end);
		end_drain(end);
		if (states[i] == ATCP_CLOSING)
			end_feed(end, &seg);
		KUNIT_ASSERT_EQ(test, end->conn.state, states[i]);
		end_drain(end);
		end->nr_out = 0;
		end_close(end, true);
		KUNIT_EXPECT_EQ(test, end_drain(end), 1);
		KUNIT_EXPECT_TRUE(test,
				  end_sent_only(end, ATCP_F_RST | ATCP_F_ACK));
		end_free(end);
	}
}

/* Data after CLOSE: nobody will read it (RFC 9293 section 3.6.1). */
static const struct refuse_case {
	const char *name;
	u8 state;
	bool closed; /* by close(), or only shut down */
	s32 seq;
	u32 len;
	bool want_reset;
} refuse_cases[] = {
	{ "FIN-WAIT-1, closed", ATCP_FIN_WAIT_1, true, 0, 10, true },
	{ "FIN-WAIT-2, closed", ATCP_FIN_WAIT_2, true, 0, 10, true },
	{ "FIN-WAIT-1, half closed", ATCP_FIN_WAIT_1, false, 0, 10, false },
	{ "FIN-WAIT-2, half closed", ATCP_FIN_WAIT_2, false, 0, 10, false },
	{ "closed, no data", ATCP_FIN_WAIT_2, true, 0, 0, false },
	{ "closed, old data", ATCP_FIN_WAIT_2, true, -10, 10, false },
	{ "closed, data ahead", ATCP_FIN_WAIT_2, true, 5, 10, true },
};

KUNIT_ARRAY_PARAM_DESC(refuse, refuse_cases, name);

static void refuses_data(struct kunit *test)
{
	const struct refuse_case *row = test->param_value;
	struct end *end = end_init(test);
	struct atcp_seg seg;

	end_drive(end, row->state);
	if (row->closed)
		end_close(end, false);
	seg = end_next(end, ATCP_F_ACK, row->len);
	seg.seq += row->seq;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.state == ATCP_CLOSED, row->want_reset);
	KUNIT_EXPECT_EQ(test, end_counted(end, ATCP_MIB_ABORT_ON_DATA),
			row->want_reset);
	if (row->want_reset) {
		KUNIT_EXPECT_EQ(test, end_drain(end), 1);
		KUNIT_EXPECT_EQ(test, end->out[0].flags,
				ATCP_F_RST | ATCP_F_ACK);
	}
	end_free(end);
}

/* C-1 to C-4 from the first closer's side, states and events in order. */
static void first_closer(struct kunit *test)
{
	struct end *end = end_new(test);
	struct atcp_seg seg;

	end_write(end, 100);
	end_close(end, false);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_FIN_WAIT_1);
	end_ack(end, 101); /* the data, not the FIN */
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_FIN_WAIT_1);
	end_ack(end, 102);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_FIN_WAIT_2);
	KUNIT_EXPECT_TRUE(test, atcp_conn_poll_events(&end->conn) &
			  ATCP_EV_SHUT_ACKED);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_FIN_WAIT_2), 60 * SEC);
	seg = end_next(end, ATCP_F_FIN | ATCP_F_ACK, 0);
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_TIME_WAIT);
	KUNIT_EXPECT_EQ(test, atcp_conn_poll_events(&end->conn),
			ATCP_EV_TIME_WAIT | ATCP_EV_PEER_CLOSED);
	KUNIT_EXPECT_EQ(test, atcp_conn_poll_deadline(&end->conn), ATCP_NEVER);
	end->nr_out = 0;
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].ack - END_IRS, 2);
	KUNIT_EXPECT_EQ(test, end->out[0].seq - END_ISS, 102);
	end_free(end);
}

/* C-2 to C-4 from the other side; C-3SEG: ACK and FIN in one segment. */
static void second_closer(struct kunit *test)
{
	struct end *end = end_new(test);
	struct atcp_seg seg = end_next(end, ATCP_F_FIN | ATCP_F_ACK, 0);

	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_CLOSE_WAIT);
	end_write(end, 50); /* half-close: it may go on sending */
	end_shutdown(end);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_LAST_ACK);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].ack - END_IRS, 2);
	KUNIT_EXPECT_EQ(test, end->out[0].len, 50);
	KUNIT_EXPECT_TRUE(test, end->out[0].flags & ATCP_F_FIN);
	end_ack(end, 51);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_LAST_ACK);
	end_ack(end, 52);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_CLOSED);
	KUNIT_EXPECT_EQ(test, end->conn.error, ATCP_ERR_NONE);
	end_free(end);
}

/* fin_timeout 0, as TCP_LINGER2 below zero: no FIN-WAIT-2 for an orphan. */
static void no_fin_wait_2(struct kunit *test)
{
	struct end *end = end_new(test);

	end->conn.config.fin_timeout_ms = 0;
	end_close(end, false);
	end_drain(end);
	end->nr_out = 0;
	end_ack(end, 2);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_CLOSED);
	KUNIT_EXPECT_EQ(test, end->conn.error, ATCP_ERR_NONE);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_TRUE(test, end_sent_only(end, ATCP_F_RST | ATCP_F_ACK));
	end_free(end);
}

/* CLOSE before the handshake is over: FIN-WAIT-1 by way of ESTABLISHED. */
static void close_in_syn_rcvd(struct kunit *test)
{
	struct end *end = end_init(test);
	struct atcp_seg seg;

	end_drive(end, ATCP_SYN_RCVD);
	end_shutdown(end);
	seg = end_next(end, ATCP_F_ACK, 0);
	seg.wnd = END_WND;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_FIN_WAIT_1);
	KUNIT_EXPECT_TRUE(test, end_moves.seen & ATCP_IN(ESTABLISHED));
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_TRUE(test, end_sent_only(end, ATCP_F_FIN | ATCP_F_ACK));
	end_free(end);
}

/* What establishing sets, by the number of SYNs that it took. */
static const struct establish_case {
	const char *name;
	u8 losses;
	u32 want_cwnd;
	u64 want_srtt, want_rto;
} establish_cases[] = {
	{ "the first SYN came through", 0, 10000, 30 * MS, 230 * MS },
	/* RFC 5681 section 3.1, Karn, RFC 6298 rule 5.7 */
	{ "the second", 1, 10000, 0, 3 * SEC },
	{ "the third", 2, 1000, 0, 3 * SEC },
};

KUNIT_ARRAY_PARAM_DESC(establish, establish_cases, name);

static void establish(struct kunit *test)
{
	const struct establish_case *row = test->param_value;
	struct end *end = end_init(test);
	struct atcp_seg seg;
	int i;

	end_drive(end, ATCP_SYN_SENT);
	for (i = 0; i < row->losses; i++) {
		KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
		end_drain(end);
	}
	end->now += 30 * MS;
	seg = end_next(end, ATCP_F_SYN | ATCP_F_ACK, 0);
	seg.opts.has = ATCP_HAS_MSS;
	seg.opts.mss = END_MSS;
	end->user_seq = seg.seq + 1;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, atcp_conn_poll_events(&end->conn),
			ATCP_EV_ESTABLISHED | ATCP_EV_WRITABLE);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, row->want_cwnd);
	KUNIT_EXPECT_EQ(test, end->conn.rtt.srtt_ns, row->want_srtt);
	KUNIT_EXPECT_EQ(test, atcp_rtt_rto_ns(&end->conn.rtt, &end->config),
			row->want_rto);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_RETRANSMIT), ATCP_NEVER);
	end_free(end);
}

/* What is written before the handshake goes after it; so does the keepalive. */
static void written_early(struct kunit *test)
{
	struct end *end = end_init(test);
	struct atcp_seg seg;

	end_drive(end, ATCP_SYN_SENT);
	atcp_conn_set_keepalive(&end->conn, true, end->now);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_KEEPALIVE), ATCP_NEVER);
	end_write(end, 500);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	seg = end_next(end, ATCP_F_SYN | ATCP_F_ACK, 0);
	seg.wnd = 1000;
	end->user_seq = seg.seq + 1;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1); /* the ACK rides along */
	KUNIT_EXPECT_EQ(test, end->out[0].len, 500);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_KEEPALIVE), 7200 * SEC);
	end_free(end);
}

/* A SYN+ACK for a SYN that has not gone out yet is for someone else. */
static void answer_before_the_syn(struct kunit *test)
{
	struct end *end = end_init(test);
	struct atcp_seg seg;

	end_begin(end);
	atcp_conn_connect(&end->conn, END_ISS, 0, &end->step);
	end_finish(end);
	seg = end_seg(end, ATCP_F_SYN | ATCP_F_ACK, 5, 1, 0);
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_SYN_SENT);
	seg = end_seg(end, ATCP_F_RST | ATCP_F_ACK, 5, 1, 0);
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_SYN_SENT);
	end_free(end);
}

/* Data in a SYN+ACK is taken. */
static void data_in_synack(struct kunit *test)
{
	struct end *end = end_init(test);
	struct atcp_seg seg;

	end_drive(end, ATCP_SYN_SENT);
	seg = end_next(end, ATCP_F_SYN | ATCP_F_ACK, 10);
	end->user_seq = seg.seq + 1;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->user_seq, seg.seq + 11);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].ack, seg.seq + 11);
	end_free(end);
}

/* S-SIM: both call at once, both SYN+ACKs cross. */
static void simultaneous_open(struct kunit *test)
{
	struct end *end = end_init(test);
	struct atcp_seg seg;

	end_drive(end, ATCP_SYN_RCVD);
	seg = end_seg(end, ATCP_F_SYN | ATCP_F_ACK, 0, 1, 0);
	seg.wnd = 5000;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, end->conn.snd.wnd, 5000);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 10 * END_MSS); /* nothing was lost */
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_TRUE(test, end_sent_only(end, ATCP_F_ACK));
	end_free(end);
}

/* A cookie's SYN+ACK measures nothing; that is no sign of a loss. */
static void accepts_unmeasured(struct kunit *test)
{
	const struct atcp_embryo embryo = {
		.irs = 77, .iss = 99, .peer_mss = 1000, .own_mss = 1000,
		.window = 10000, .tries = 1,
	};
	struct end *end = end_init(test);
	struct atcp_seg seg;

	atcp_conn_set_path_mss(&end->conn, 1000);
	end_begin(end);
	atcp_conn_accept(&end->conn, &embryo, &end->step);
	end_finish(end);
	seg = (struct atcp_seg){ .seq = 78, .ack = 100, .flags = ATCP_F_ACK };
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, end->conn.state, ATCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, end->conn.rtt.srtt_ns, 0);
	KUNIT_EXPECT_EQ(test, end->conn.rtt.rto_ns, SEC);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 10000);
	end_free(end);
}

static struct kunit_case conn_cases[] = {
	KUNIT_CASE(sizes),
	KUNIT_CASE(names),
	KUNIT_CASE(init),
	KUNIT_CASE(every_move),
	KUNIT_CASE_PARAM(broken, broken_gen_params),
	KUNIT_CASE_PARAM(shutdown_in_every_state, close_gen_params),
	KUNIT_CASE_PARAM(close_with_unread_data, close_gen_params),
	KUNIT_CASE_PARAM(abort_in_every_state, close_gen_params),
	KUNIT_CASE(abort_with_data_under_way),
	KUNIT_CASE_PARAM(refuses_data, refuse_gen_params),
	KUNIT_CASE(first_closer),
	KUNIT_CASE(second_closer),
	KUNIT_CASE(no_fin_wait_2),
	KUNIT_CASE(close_in_syn_rcvd),
	KUNIT_CASE_PARAM(establish, establish_gen_params),
	KUNIT_CASE(written_early),
	KUNIT_CASE(answer_before_the_syn),
	KUNIT_CASE(data_in_synack),
	KUNIT_CASE(simultaneous_open),
	KUNIT_CASE(accepts_unmeasured),
	{}
};

struct kunit_suite conn_suite = {
	.name = "atcp_conn",
	.test_cases = conn_cases,
};
