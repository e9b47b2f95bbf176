// SPDX-License-Identifier: GPL-2.0
/* TIME-WAIT: how long, against what, and when it may be cut short. */
#include "script.h"

/* A closes first and is in TIME-WAIT, B is gone. */
static void into_time_wait(struct sim *sim)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_write(a, 1000);
	sim_write(b, 1000);
	sim_close_on_eof(b);
	sim_run(sim, SIM_SEC);
	sim_close(a);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT_EQ(sim_state(a), ATCP_TIME_WAIT);
}

/* The listener closes first: B is in TIME-WAIT, A may call again. */
static void listener_into_time_wait(struct sim *sim)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_close_on_eof(a);
	sim_run(sim, SIM_SEC);
	sim_close(b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT_EQ(sim_state(b), ATCP_TIME_WAIT);
}

/* T-2MSL: 60 s, not more, not less. */
SIM_SCENARIO(timewait_lasts_60_s)
{
	struct sim_host *a = sim_host(sim, "A");
	u64 start;

	into_time_wait(sim);
	start = sim->now;
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, 100 * SIM_SEC);
	SIM_EXPECT_NEAR(sim_elapsed(sim, start), 60 * SIM_SEC, 30 * SIM_MSEC);
}

/* T-2MSL: a FIN that comes again is acknowledged again, and the 60 s anew. */
SIM_SCENARIO(timewait_fin_again)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	into_time_wait(sim);
	sim_run(sim, 50 * SIM_SEC);
	sim_inject(a, &(struct sim_forgery){ .seq = a->sock->tw.rcv_nxt - 1,
		   .ack = a->sock->tw.snd_nxt, .with_ts = true,
		   .flags = ATCP_F_FIN | ATCP_F_ACK });
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TW_RESTARTED), 1);
	start = sim->now;
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, 100 * SIM_SEC);
	SIM_EXPECT_NEAR(sim_elapsed(sim, start), 60 * SIM_SEC, SIM_MSEC);
	SIM_EXPECT_EQ(sim_state(b), ATCP_CLOSED);
}

/* T-2MSL: a RST does not end it (RFC 1337). */
SIM_SCENARIO(timewait_ignores_rst)
{
	struct sim_host *a = sim_host(sim, "A");

	into_time_wait(sim);
	sim_inject(a, &(struct sim_forgery){ .seq = a->sock->tw.rcv_nxt,
		   .flags = ATCP_F_RST });
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TW_RST_IGNORED), 1);
	SIM_EXPECT_EQ(sim_state(a), ATCP_TIME_WAIT);
}

/* T-2MSL: old data is answered with an ACK, not too often, and is no news. */
SIM_SCENARIO(timewait_answers_old_data)
{
	struct sim_host *a = sim_host(sim, "A");
	u64 before, i;

	into_time_wait(sim);
	before = sim->packets;
	for (i = 0; i < 10; i++)
		sim_inject(a, &(struct sim_forgery){
				.seq = a->sock->tw.rcv_nxt - 500, .len = 100,
				.ack = a->sock->tw.snd_nxt, .with_ts = true,
				.flags = ATCP_F_ACK });
	SIM_EXPECT_EQ(sim->packets - before, 10 + 1);
	SIM_EXPECT_EQ(sim_state(a), ATCP_TIME_WAIT);
}

/* T-REUSE: with timestamps a newer SYN begins anew at once. */
SIM_SCENARIO(timewait_reuse_by_timestamp)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u16 port;

	a->tune.iss_before_wrap = 100;
	listener_into_time_wait(sim);
	port = a->sock->lport;
	/* The new ISS is below the old numbers; the timestamp decides. */
	a->tune.iss_before_wrap = 1u << 30;
	sim_call(a, port, SIM_PORT);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_TW_RECYCLED), 1);
	sim_write(a, 5000);
	SIM_RUN_UNTIL(sim, sim_received(b) == 5000, SIM_SEC);
}

/* T-REUSE: without them a SYN beyond the old numbers does. */
SIM_SCENARIO(timewait_reuse_by_sequence)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u16 port;

	a->config.use = ATCP_HAS_WSCALE;
	listener_into_time_wait(sim);
	port = a->sock->lport;
	sim_call(a, port, SIM_PORT); /* RFC 6528: the clock has moved on */
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_TW_RECYCLED), 1);
}

/*
 * RFC 6191 section 2: timestamps now, where there were none: that makes the SYN new,
 * whatever its number.
 */
SIM_SCENARIO(timewait_reuse_with_timestamps_now)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.use = ATCP_HAS_WSCALE;
	a->tune.iss_before_wrap = 100;
	listener_into_time_wait(sim);
	a->config.use |= ATCP_HAS_TS;
	a->tune.iss_before_wrap = 1u << 30;
	sim_call(a, a->sock->lport, SIM_PORT);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_TW_RECYCLED), 1);
	sim_write(a, 5000);
	SIM_RUN_UNTIL(sim, sim_received(b) == 5000, SIM_SEC);
}

/* RFC 6191 section 2: but if we do not use them the number decides. */
SIM_SCENARIO(timewait_timestamps_of_one_side)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	b->config.use = ATCP_HAS_WSCALE;
	listener_into_time_wait(sim);
	sim_inject(b, &(struct sim_forgery){ .wnd = 1000, .with_ts = true,
		   .seq = b->sock->tw.rcv_nxt - 1000, .flags = ATCP_F_SYN });
	SIM_EXPECT_EQ(sim_state(b), ATCP_TIME_WAIT);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_TW_RECYCLED), 0);
	sim_call(a, a->sock->lport, SIM_PORT);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_TW_RECYCLED), 1);
}

/* RFC 6191 section 2: timestamps no longer: the number decides. */
SIM_SCENARIO(timewait_reuse_without_timestamps_now)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	listener_into_time_wait(sim);
	sim_inject(b, &(struct sim_forgery){ .wnd = 1000,
		   .seq = b->sock->tw.rcv_nxt - 1, .flags = ATCP_F_SYN });
	SIM_EXPECT_EQ(sim_state(b), ATCP_TIME_WAIT);
	a->config.use = ATCP_HAS_WSCALE;
	sim_call(a, a->sock->lport, SIM_PORT);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_TW_RECYCLED), 1);
}

/* T-REUSE: a SYN that may be old gets an ACK, and TIME-WAIT goes on. */
SIM_SCENARIO(timewait_old_syn)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.use = 0;
	listener_into_time_wait(sim);
	sim_inject(b, &(struct sim_forgery){ .wnd = 1000,
		   .seq = b->sock->tw.rcv_nxt - 1000,
		   .flags = ATCP_F_SYN });
	SIM_EXPECT_EQ(sim_state(b), ATCP_TIME_WAIT);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_TW_RECYCLED), 0);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_CHALLENGE_ACKS), 1);
}

/* T-REUSE: the same, judged by an old timestamp on a number that is new. */
SIM_SCENARIO(timewait_old_timestamp)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	(void)a;
	listener_into_time_wait(sim);
	sim_inject(b, &(struct sim_forgery){ .wnd = 1000, .with_ts = true,
		   .ts_back = 5000, .seq = b->sock->tw.rcv_nxt + 1000,
		   .flags = ATCP_F_SYN });
	SIM_EXPECT_EQ(sim_state(b), ATCP_TIME_WAIT);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_TW_RECYCLED), 0);
}

/* T-REUSE: a segment of the old incarnation does the new one no harm. */
SIM_SCENARIO(timewait_old_duplicate_in_new)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u16 port;

	sim_late(sim, &(struct sim_pick){ .from = a, .min_len = 1 },
		 20 * SIM_SEC);
	sim_establish(a, b);
	sim_write(a, 3000);
	SIM_RUN_UNTIL(sim, sim_received(b) == 3000, 5 * SIM_SEC);
	sim_close_on_eof(a);
	sim_close(b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, SIM_SEC);
	port = a->sock->lport;
	sim_call(a, port, SIM_PORT);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
	sim_run(sim, 30 * SIM_SEC); /* there it comes */
	SIM_EXPECT_EQ(sim_received(b), 0);
	sim_write(a, 5000);
	SIM_RUN_UNTIL(sim, sim_received(b) == 5000, 5 * SIM_SEC);
}

/* T-REUSE: the side in TIME-WAIT calls again itself. */
SIM_SCENARIO(timewait_reuse_by_connect)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 iss, before;
	u16 port;

	into_time_wait(sim);
	SIM_EXPECT(!atcp_timewait_may_reuse(&a->sock->tw, sim->now, &iss));
	sim_run(sim, 2 * SIM_SEC);
	port = a->sock->lport;
	before = a->sock->tw.snd_nxt;
	sim_call(a, port, SIM_PORT);
	SIM_EXPECT((s32)(a->sock->conn.snd.iss - before) > 65535);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
	sim_write(b, 5000);
	SIM_RUN_UNTIL(sim, sim_received(a) == 5000, SIM_SEC);
}
