// SPDX-License-Identifier: GPL-2.0
/* Release: the four-way close and what may befall it. */
#include "script.h"

/* C-1 to C-4: RFC 9293 figure 12; B has something to say after A's FIN. */
SIM_SCENARIO(close_four_way)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_close(a);
	SIM_EXPECT_EQ(sim_state(a), ATCP_FIN_WAIT_1);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSE_WAIT, SIM_SEC);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_FIN_WAIT_2, SIM_SEC);
	sim_close(b);
	SIM_EXPECT_EQ(sim_state(b), ATCP_LAST_ACK);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_TIME_WAIT, SIM_SEC);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT_EQ(sim->packets, 3 + 4);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_NONE);
	SIM_EXPECT_EQ(sim_error(b), ATCP_ERR_NONE);
}

/* C-2: after A's FIN B goes on sending, A goes on receiving. */
SIM_SCENARIO(close_half)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_shutdown(a);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_FIN_WAIT_2, SIM_SEC);
	sim_write(b, 500000);
	SIM_RUN_UNTIL(sim, sim_received(a) == 500000, 20 * SIM_SEC);
	SIM_EXPECT_EQ(sim_state(a), ATCP_FIN_WAIT_2);
	SIM_EXPECT_EQ(sim_state(b), ATCP_CLOSE_WAIT);
	/* A socket that is still open waits for as long as it takes. */
	sim_run(sim, 3600 * SIM_SEC);
	SIM_EXPECT_EQ(sim_state(a), ATCP_FIN_WAIT_2);
	sim_close(b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_TIME_WAIT, SIM_SEC);
}

/* C-3SEG: nothing is left to send: ACK and FIN go in one segment. */
SIM_SCENARIO(close_three_segments)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_rule *from_b;

	sim_establish(a, b);
	sim_write(a, 100);
	sim_run(sim, SIM_SEC);
	sim_close_on_eof(b);
	from_b = sim_watch(sim, &(struct sim_pick){ .from = b });
	sim_close(a);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_TIME_WAIT &&
		      sim_state(b) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT_EQ(from_b->seen, 1);
	SIM_EXPECT_EQ(b->last_tx.flags, ATCP_F_FIN | ATCP_F_ACK);
}

/* C-SIM: RFC 9293 figure 13. */
SIM_SCENARIO(close_simultaneous)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_close(a);
	sim_close(b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSING &&
		      sim_state(b) == ATCP_CLOSING, SIM_SEC);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_TIME_WAIT &&
		      sim_state(b) == ATCP_TIME_WAIT, SIM_SEC);
	SIM_EXPECT_EQ(sim->packets, 3 + 4);
}

/* C-SIM, C-FINS: as before, and one of the ACKs is lost. */
SIM_SCENARIO(close_simultaneous_ack_lost)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_drop(sim, &(struct sim_pick){ .from = b, .flags = ATCP_F_ACK,
		 .without = ATCP_F_FIN });
	sim_close(a);
	sim_close(b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_TIME_WAIT &&
		      sim_state(b) == ATCP_TIME_WAIT, 5 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 1);
}

static void write_and_close(struct sim *sim, u64 within)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_write(a, 64 * 1024);
	sim_close(a);
	sim_close_on_eof(b);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSED &&
		      sim_state(a) == ATCP_TIME_WAIT, within);
	SIM_EXPECT_EQ(sim_received(b), 64 * 1024);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_NONE);
	SIM_EXPECT_EQ(sim_error(b), ATCP_ERR_NONE);
}

/* C-FINS: the first FIN is lost; it is sent again once and both ends close. */
SIM_SCENARIO(close_first_fin_lost)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_drop(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_FIN });
	sim_establish(a, b);
	write_and_close(sim, 5 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 1);
}

/* C-FINS: the ACK of the first FIN is lost. */
SIM_SCENARIO(close_first_ack_lost)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_drop(sim, &(struct sim_pick){ .from = b, .flags = ATCP_F_ACK });
	sim_shutdown(a);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_FIN_WAIT_2, 2 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 1);
	SIM_EXPECT_EQ(sim_state(b), ATCP_CLOSE_WAIT);
}

/* C-FINS: the second FIN is lost. */
SIM_SCENARIO(close_second_fin_lost)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_drop(sim, &(struct sim_pick){ .from = b, .flags = ATCP_F_FIN });
	sim_establish(a, b);
	write_and_close(sim, 5 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_RETRANS), 1);
}

/* C-FINS: the last ACK is lost; TIME-WAIT is there to send it again. */
SIM_SCENARIO(close_last_ack_lost)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_close(a);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_FIN_WAIT_2, SIM_SEC);
	sim_drop(sim, &(struct sim_pick){ .from = a });
	sim_close(b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_TIME_WAIT, SIM_SEC);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSED, 2 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TW_RESTARTED), 1);
	SIM_EXPECT_EQ(sim_error(b), ATCP_ERR_NONE);
}

/* C-FINS: each FIN comes twice. */
SIM_SCENARIO(close_fins_twice)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_twice(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_FIN });
	sim_twice(sim, &(struct sim_pick){ .from = b, .flags = ATCP_F_FIN });
	sim_establish(a, b);
	write_and_close(sim, 5 * SIM_SEC);
}

/* C-FINS: each ACK of a FIN comes twice, the last one into CLOSED: no RST to
 * TIME-WAIT may do harm.
 */
SIM_SCENARIO(close_acks_twice)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_twice(sim, &(struct sim_pick){ .from = a, .is_empty = true,
		  .count = 100 });
	sim_twice(sim, &(struct sim_pick){ .from = b, .is_empty = true,
		  .count = 100 });
	write_and_close(sim, 5 * SIM_SEC);
	sim_run(sim, SIM_SEC);
	SIM_EXPECT_EQ(sim_state(a), ATCP_TIME_WAIT);
}

/* C-FINS: the first FIN is late: its repetition arrives before it. */
SIM_SCENARIO(close_first_fin_late)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_late(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_FIN },
		 3 * SIM_SEC);
	sim_establish(a, b);
	write_and_close(sim, 5 * SIM_SEC);
	sim_run(sim, 5 * SIM_SEC);
	SIM_EXPECT_EQ(sim_state(a), ATCP_TIME_WAIT);
}

/* C-FINS: so is the second: it reaches TIME-WAIT, which begins anew. */
SIM_SCENARIO(close_second_fin_late)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	/* With timestamps it would be known for an old duplicate. */
	a->config.use = 0;
	sim_late(sim, &(struct sim_pick){ .from = b, .flags = ATCP_F_FIN },
		 3 * SIM_SEC);
	sim_establish(a, b);
	write_and_close(sim, 5 * SIM_SEC);
	sim_run(sim, 5 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TW_RESTARTED), 1);
}

/* C-FINS: the FIN rides on the last data. */
SIM_SCENARIO(close_fin_on_data)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	struct sim_rule *both;

	both = sim_watch(sim, &(struct sim_pick){ .from = a, .min_len = 100,
			 .flags = ATCP_F_FIN });
	sim_write(a, 100);
	sim_close(a);
	sim_close_on_eof(b);
	sim_set_flags(a, ATCP_CONN_CORK, true);
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT_EQ(sim_received(b), 100);
	SIM_EXPECT_EQ(both->seen, 1);
}

/* C-FINS: the FIN overtakes the data before it. */
SIM_SCENARIO(close_fin_out_of_order)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_late(sim, &(struct sim_pick){ .from = a, .min_len = 1 },
		 50 * SIM_MSEC);
	sim_establish(a, b);
	sim_write(a, 1000);
	sim_close(a);
	sim_run(sim, 30 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_state(b), ATCP_ESTABLISHED);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSE_WAIT, SIM_SEC);
	SIM_EXPECT_EQ(sim_received(b), 1000);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 0);
}

/* C-FINS: data before the FIN is lost: the FIN is not forgotten. */
SIM_SCENARIO(close_data_before_fin_lost)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_rule *fins;

	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1 });
	fins = sim_watch(sim, &(struct sim_pick){ .from = a,
			 .flags = ATCP_F_FIN });
	sim_establish(a, b);
	sim_write(a, 1000);
	sim_close(a);
	sim_close_on_eof(b);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSED, 2 * SIM_SEC);
	SIM_EXPECT_EQ(sim_received(b), 1000);
	/* once by the tail loss probe: no SACK tells of a FIN */
	SIM_EXPECT(fins->seen <= 3);
}

/* C-1: a FIN waits for the window like data does. */
SIM_SCENARIO(close_into_zero_window)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	b->tune.rcvbuf = 4000;
	sim_stop_reading(b);
	sim_establish(a, b);
	sim_write(a, 10000);
	sim_shutdown(a);
	sim_run(sim, 60 * SIM_SEC);
	SIM_EXPECT_EQ(sim_state(b), ATCP_ESTABLISHED);
	sim_start_reading(b);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSE_WAIT, 200 * SIM_SEC);
	SIM_EXPECT_EQ(sim_received(b), 10000);
}

/* C-1: closing twice, or after the peer, is no harm. */
SIM_SCENARIO(close_after_shutdown)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_shutdown(a);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_FIN_WAIT_2, SIM_SEC);
	sim_shutdown(a);
	sim_close(a);
	SIM_EXPECT_EQ(sim_state(a), ATCP_FIN_WAIT_2);
	sim_close(b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_TIME_WAIT, SIM_SEC);
}

/* C-2: an orphan waits in FIN-WAIT-2 for fin_timeout, 60 s. */
SIM_SCENARIO(close_orphan_in_fin_wait_2)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	sim_establish(a, b);
	sim_close(a);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_FIN_WAIT_2, SIM_SEC);
	start = sim->now;
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, 100 * SIM_SEC);
	SIM_EXPECT_NEAR(sim_elapsed(sim, start), 60 * SIM_SEC, SIM_MSEC);
	/* What B says now is refused. */
	sim_write(b, 100);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT_EQ(sim_error(b), ATCP_ERR_PIPE);
}

/* R-ABORT: an abort is a RST; the other side learns ECONNRESET. */
SIM_SCENARIO(abort_resets)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_write(a, 100);
	sim_run(sim, SIM_SEC);
	sim_abort(a);
	SIM_EXPECT_EQ(sim_state(a), ATCP_CLOSED);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_NONE);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT_EQ(sim_error(b), ATCP_ERR_RESET);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_OUT_RSTS), 1);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_OUT_RSTS), 0);
}

/* R-ABORT: data under way is thrown away. */
SIM_SCENARIO(abort_with_data_under_way)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_write(a, 100000);
	sim_abort(a);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT_EQ(sim_error(b), ATCP_ERR_RESET);
	SIM_EXPECT(sim_received(b) < 100000);
}

/* R-ABORT: a RST after the peer's FIN is EPIPE. */
SIM_SCENARIO(abort_after_fin)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_shutdown(a);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_FIN_WAIT_2, SIM_SEC);
	sim_abort(a);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT_EQ(sim_error(b), ATCP_ERR_PIPE);
}

/* R-ABORT: close with unread data: the peer learns that it was not read. */
SIM_SCENARIO(abort_by_close_with_unread)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_stop_reading(b);
	sim_write(a, 100);
	SIM_RUN_UNTIL(sim, sim_received(b) == 100, SIM_SEC);
	sim_close_now(b);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_ABORT_ON_CLOSE), 1);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_RESET);
}

/* R-ABORT: data for a socket that is closed for reading is refused. */
SIM_SCENARIO(abort_on_data_after_close)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_close(b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSE_WAIT, SIM_SEC);
	sim_write(a, 100);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_PIPE);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_ABORT_ON_DATA), 1);
}

/* C-2: with a fin_timeout of 0 an orphan does not wait at all. */
SIM_SCENARIO(close_orphan_does_not_wait)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.fin_timeout_ms = 0;
	sim_establish(a, b);
	sim_close(a);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, SIM_SEC);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT_EQ(sim_error(b), ATCP_ERR_PIPE);
}

/* R-ABORT: an abort with data still unacknowledged after our FIN tells, too. */
SIM_SCENARIO(abort_in_last_ack)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_shutdown(a);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSE_WAIT, SIM_SEC);
	sim_stop_reading(a);
	sim_write(b, 100000);
	sim_shutdown(b);
	SIM_EXPECT_EQ(sim_state(b), ATCP_LAST_ACK);
	sim_abort(b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_RESET);
}

/* R-ABORT: closed with unread data while the own FIN is lost: nobody would send
 * that again, so the peer must learn of it another way.
 */
SIM_SCENARIO(close_unread_with_fin_lost)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_stop_reading(b);
	sim_write(a, 100);
	sim_shutdown(a);
	sim_run(sim, SIM_SEC);
	SIM_EXPECT_EQ(sim_unread(b), 100);
	sim_drop(sim, &(struct sim_pick){ .from = b, .flags = ATCP_F_FIN });
	sim_shutdown(b);
	sim_run(sim, 50 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_state(b), ATCP_LAST_ACK);
	sim_close_now(b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_RESET);
}
