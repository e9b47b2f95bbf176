// SPDX-License-Identifier: GPL-2.0
/* Set-up: the three-way handshake and what may befall it. */
#include "script.h"

#define SYN_ACK (ATCP_F_SYN | ATCP_F_ACK)

/* S-1, S-2, S-3: RFC 9293 figure 6. */
SIM_SCENARIO(open_three_way)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_connect(a, b);
	SIM_EXPECT_EQ(sim_state(a), ATCP_SYN_SENT);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_SYN_RCVD, SIM_SEC);
	SIM_EXPECT_EQ(sim_state(a), ATCP_SYN_SENT);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_ESTABLISHED, SIM_SEC);
	SIM_EXPECT_EQ(sim_state(b), ATCP_SYN_RCVD);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_ESTABLISHED, SIM_SEC);
	SIM_EXPECT_EQ(sim->packets, 3);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_ACTIVE_OPENS), 1);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_PASSIVE_OPENS), 1);
}

/* The connection is up, once, and carries data both ways. */
static void expect_open(struct sim *sim)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_write(a, 5000);
	sim_write(b, 7000);
	SIM_RUN_UNTIL(sim, sim_received(a) == 7000 && sim_received(b) == 5000,
		      200 * SIM_SEC);
	SIM_EXPECT(sim_is_established(sim));
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_PASSIVE_OPENS), 1);
}

/* S-LOST: the SYN is lost and sent again after the initial RTO, a second. */
SIM_SCENARIO(open_syn_lost)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start = sim->now;

	sim_drop(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_SYN });
	sim_establish(a, b);
	SIM_EXPECT_NEAR(sim_elapsed(sim, start), 1030 * SIM_MSEC, SIM_MSEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_SYN_RETRANS), 1);
	expect_open(sim);
}

/* S-LOST: the SYN+ACK is lost; both ends may repeat themselves. */
SIM_SCENARIO(open_synack_lost)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_drop(sim, &(struct sim_pick){ .from = b, .flags = SYN_ACK });
	sim_establish(a, b);
	expect_open(sim);
}

/* S-LOST: the last ACK is lost; the SYN+ACK that comes again is acknowledged. */
SIM_SCENARIO(open_ack_lost)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_drop(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_ACK });
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), 2 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_SYNACK_RETRANS), 1);
	expect_open(sim);
}

/* S-LOST: the last ACK is lost; data that follows serves as well. */
SIM_SCENARIO(open_ack_lost_data_follows)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_drop(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_ACK });
	sim_write(a, 100);
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_received(b) == 100, 100 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_SYNACK_RETRANS), 0);
}

/* S-LOST: the SYN comes twice. */
SIM_SCENARIO(open_syn_twice)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_twice(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_SYN });
	sim_establish(a, b);
	expect_open(sim);
}

/* S-LOST: the SYN+ACK comes twice: the second is answered, no more. */
SIM_SCENARIO(open_synack_twice)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_twice(sim, &(struct sim_pick){ .from = b, .flags = SYN_ACK });
	sim_establish(a, b);
	expect_open(sim);
}

/* S-LOST: the last ACK comes twice. */
SIM_SCENARIO(open_ack_twice)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_twice(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_ACK,
		  .is_empty = true });
	sim_establish(a, b);
	expect_open(sim);
}

/* S-LOST: the first SYN arrives when its repetition has opened the connection. */
SIM_SCENARIO(open_syn_late)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_late(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_SYN },
		 5 * SIM_SEC);
	sim_establish(a, b);
	sim_run(sim, 10 * SIM_SEC);
	expect_open(sim);
}

/* S-LOST: so does the first SYN+ACK. */
SIM_SCENARIO(open_synack_late)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_late(sim, &(struct sim_pick){ .from = b, .flags = SYN_ACK },
		 5 * SIM_SEC);
	sim_establish(a, b);
	sim_run(sim, 10 * SIM_SEC);
	expect_open(sim);
}

/* S-LOST: so does the last ACK, after data. */
SIM_SCENARIO(open_ack_late)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_late(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_ACK },
		 5 * SIM_SEC);
	sim_write(a, 5000);
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_received(b) == 5000, SIM_SEC);
	sim_run(sim, 10 * SIM_SEC);
	SIM_EXPECT(sim_is_established(sim));
}

/* S-LOST, K-USER: nobody answers; after 1+2+4+8+16+32+64 s it is ETIMEDOUT. */
SIM_SCENARIO(open_nobody_answers)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_rule *syns;
	u64 start = sim->now;

	sim_cut(sim, true);
	syns = sim_watch(sim, &(struct sim_pick){ .from = a,
			 .flags = ATCP_F_SYN });
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, 300 * SIM_SEC);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_TIMED_OUT);
	SIM_EXPECT_EQ(syns->seen, 7);
	SIM_EXPECT_NEAR(sim_elapsed(sim, start), 127 * SIM_SEC, SIM_MSEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_ATTEMPT_FAILS), 1);
}

/* S-LOST: the caller vanishes; the half-open connection is given up. */
SIM_SCENARIO(open_caller_vanishes)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_drop(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_ACK,
		 .count = 100 });
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_SYN_RCVD, SIM_SEC);
	sim_cut(sim, true);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_LISTEN, 100 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_SYNACK_RETRANS), 5);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_ATTEMPT_FAILS), 1);
}

/* S-ONLY, F-RST: a closed port refuses, and the caller is told. */
SIM_SCENARIO(open_closed_port)
{
	struct sim_host *a = sim_host(sim, "A");

	sim_call(a, 0, 81);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_REFUSED);
	SIM_EXPECT_EQ(sim->packets, 2);
}

/* S-ONLY: an ACK to a listener opens nothing; it is answered with RST. */
SIM_SCENARIO(open_ack_to_listener)
{
	struct sim_host *b = sim_host(sim, "B");

	sim_listen(b);
	sim_inject(b, &(struct sim_forgery){ .seq = 100, .ack = 300,
		   .flags = ATCP_F_ACK, .sport = 999,
		   .dport = SIM_PORT });
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_OUT_RSTS), 1);
	SIM_EXPECT_EQ(sim_state(b), ATCP_LISTEN);
	sim_inject(b, &(struct sim_forgery){ .seq = 100, .ack = 300,
		   .flags = SYN_ACK, .sport = 999, .dport = SIM_PORT });
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_OUT_RSTS), 2);
	SIM_EXPECT_EQ(sim_state(b), ATCP_LISTEN);
}

/* S-ONLY, F-RST: a RST to a listener or a closed port is answered by nothing. */
SIM_SCENARIO(open_rst_to_listener)
{
	struct sim_host *b = sim_host(sim, "B");

	sim_listen(b);
	sim_inject(b, &(struct sim_forgery){ .seq = 1, .flags = ATCP_F_RST,
		   .sport = 999, .dport = SIM_PORT });
	sim_inject(b, &(struct sim_forgery){ .seq = 1, .ack = 1,
		   .flags = ATCP_F_RST | ATCP_F_ACK, .sport = 999,
		   .dport = SIM_PORT + 1 });
	SIM_EXPECT_EQ(sim->packets, 2);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_OUT_RSTS), 0);
}

/* S-SIM: RFC 9293 figure 7. */
SIM_SCENARIO(open_simultaneous)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_call(a, 1000, 2000);
	sim_call(b, 2000, 1000);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_SYN_RCVD &&
		      sim_state(b) == ATCP_SYN_RCVD, SIM_SEC);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), 100 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_SIMULTANEOUS_OPEN), 1);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_SIMULTANEOUS_OPEN), 1);
	sim_write(a, 10000);
	sim_write(b, 10000);
	SIM_RUN_UNTIL(sim, sim_received(a) == 10000 &&
		      sim_received(b) == 10000, SIM_SEC);
}

/* S-SIM: the window in the SYN+ACK that completes it is not scaled: the oracle sees
 * what goes past its edge.
 */
SIM_SCENARIO(open_simultaneous_window)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	b->tune.rcvbuf = 1000; /* less than a segment */
	sim_stop_reading(b);
	sim_call(a, 1000, 2000);
	sim_call(b, 2000, 1000);
	sim_write(a, 5000);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
	SIM_EXPECT(a->sock->conn.snd.wscale > 0);
	sim_run(sim, SIM_SEC);
	sim_start_reading(b);
	SIM_RUN_UNTIL(sim, sim_received(b) == 5000, 10 * SIM_SEC);
}

/* S-SIM, S-LOST: one of the SYNs is lost, then one of the SYN+ACKs. */
SIM_SCENARIO(open_simultaneous_lossy)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_drop(sim, &(struct sim_pick){ .from = b, .flags = ATCP_F_SYN });
	sim_drop(sim, &(struct sim_pick){ .from = a, .flags = SYN_ACK });
	sim_call(a, 1000, 2000);
	sim_call(b, 2000, 1000);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), 10 * SIM_SEC);
}

/* S-SIM: the user closes before the simultaneous open is complete. */
SIM_SCENARIO(open_simultaneous_then_close)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_call(a, 1000, 2000);
	sim_call(b, 2000, 1000);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_SYN_RCVD, SIM_SEC);
	sim_close_now(a);
	sim_close_on_eof(b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_TIME_WAIT &&
		      sim_state(b) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_NONE);
}

/* S-1: closing in SYN-SENT is silent. */
SIM_SCENARIO(open_closed_in_syn_sent)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_cut(sim, true);
	sim_connect(a, b);
	sim_close_now(a);
	SIM_EXPECT_EQ(sim_state(a), ATCP_CLOSED);
	sim_run(sim, 100 * SIM_SEC);
	SIM_EXPECT_EQ(sim->packets, 1);
}

/* S-HALF: RFC 9293 figure 8, recovery from an old duplicate SYN. */
SIM_SCENARIO(open_old_duplicate_syn)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_connect(a, b);
	sim_inject(b, &(struct sim_forgery){ .seq = 90, .wnd = 1000,
		   .flags = ATCP_F_SYN, .sport = SIM_PORT_FIRST,
		   .dport = SIM_PORT });
	SIM_EXPECT_EQ(sim_state(b), ATCP_SYN_RCVD);
	/* A's true SYN is answered with an ACK, A's RST makes B listen again. */
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_LISTEN, SIM_SEC);
	SIM_EXPECT_EQ(sim_state(a), ATCP_SYN_SENT);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), 2 * SIM_SEC);
}

/* S-HALF: RFC 9293 figure 9: A crashes, calls again, finds B half-open. */
SIM_SCENARIO(open_half_open_discovery)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_sock *old;

	sim_establish(a, b);
	old = b->sock;
	sim_host_forget(a);
	sim_call(a, old->rport, SIM_PORT);
	/* B: "?", an ACK; A: RST; B is reset and listens; A's SYN again. */
	SIM_RUN_UNTIL(sim, sim_sock_state(old) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT_EQ(old->conn.error, ATCP_ERR_RESET);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), 2 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_SYN_CHALLENGE) +
		      sim_mib(b, ATCP_MIB_PAWS_DROPPED) +
		      sim_mib(b, ATCP_MIB_UNACCEPTABLE), 1);
}

/* S-HALF: RFC 9293 figure 10: the live end sends, and is reset. */
SIM_SCENARIO(open_half_open_active_side)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_host_forget(a);
	sim_write(b, 100);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT_EQ(sim_error(b), ATCP_ERR_RESET);
}

/* S-HALF: RFC 9293 figure 11: an old SYN between two listeners does nothing. */
SIM_SCENARIO(open_old_syn_between_listeners)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_listen(a);
	sim_listen(b);
	sim_inject(b, &(struct sim_forgery){ .seq = 7, .wnd = 1000,
		   .flags = ATCP_F_SYN, .sport = SIM_PORT,
		   .dport = SIM_PORT });
	SIM_EXPECT_EQ(sim_state(b), ATCP_SYN_RCVD);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_LISTEN, SIM_SEC);
	SIM_EXPECT_EQ(sim_state(a), ATCP_LISTEN);
}

/* S-ISN: numbers differ between incarnations and move on with the clock. */
SIM_SCENARIO(open_isn_differs)
{
	struct sim_host *a = sim_host(sim, "A");
	u32 first, second, other, later;

	first = sim_host_iss(a, 1000, 80);
	other = sim_host_iss(a, 1001, 80);
	SIM_EXPECT_EQ(sim_host_iss(a, 1000, 80), first);
	SIM_EXPECT((u32)(other - first) != 0);
	sim_run(sim, SIM_SEC);
	second = sim_host_iss(a, 1000, 80);
	/* RFC 6528: the clock ticks every 4 us or faster, and does not wrap yet. */
	SIM_EXPECT(second - first >= 250000 && second - first < 1u << 31);
	a->secret.key[0]++;
	later = sim_host_iss(a, 1000, 80);
	SIM_EXPECT(later != second);
}

/* H-SEQ: the SYN takes the last number there is, data begins at 0. */
SIM_SCENARIO(open_at_the_wrap)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->tune.iss_before_wrap = 1;
	b->tune.iss_before_wrap = 1;
	sim_establish(a, b);
	SIM_EXPECT_EQ(sim_snd_nxt(a), 0);
	SIM_EXPECT_EQ(sim_snd_nxt(b), 0);
	expect_open(sim);
}

/* S-SIM, F-RST: a RST to a connection in SYN-RECEIVED is ECONNREFUSED. */
SIM_SCENARIO(open_simultaneous_then_rst)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_call(a, 1000, 2000);
	sim_call(b, 2000, 1000);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_SYN_RCVD, SIM_SEC);
	sim_inject(a, &(struct sim_forgery){ .seq = sim_rcv_nxt(a),
		   .flags = ATCP_F_RST });
	SIM_EXPECT_EQ(sim_state(a), ATCP_CLOSED);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_REFUSED);
}

/* S-SIM: there a wrong ACK is answered with RST, and the open goes on. */
SIM_SCENARIO(open_simultaneous_wrong_ack)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.use = 0;
	sim_call(a, 1000, 2000);
	sim_call(b, 2000, 1000);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_SYN_RCVD, SIM_SEC);
	sim_drop(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_RST });
	sim_inject(a, &(struct sim_forgery){ .seq = sim_rcv_nxt(a),
		   .ack = sim_snd_nxt(a) + 1, .flags = ATCP_F_ACK });
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_OUT_RSTS), 1);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_BAD_ACK), 1);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
}

/* S-HALF: a host that comes back without timestamps finds out the half that is
 * left of its old connection as well (RFC 5961 section 4.2), and gets a new one.
 */
SIM_SCENARIO(open_after_crash_without_timestamps)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u16 port;

	sim_establish(a, b);
	sim_run(sim, SIM_SEC);
	port = a->sock->lport;
	sim_host_forget(a);
	a->config.use &= ~ATCP_HAS_TS;
	sim_call(a, port, SIM_PORT);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_ESTABLISHED, 10 * SIM_SEC);
}
