// SPDX-License-Identifier: GPL-2.0
/* Set-up, the listener's side: options, SYN cookies, deferred accept. */
#include "script.h"

/* H-OPT: each option alone is agreed on only if both have it. */
SIM_SCENARIO(listen_options_agreed_on)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	static const u8 sets[] = { 0, ATCP_HAS_TS, ATCP_HAS_WSCALE,
				   ATCP_HAS_SACK_PERM,
				   ATCP_HAS_TS | ATCP_HAS_WSCALE };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		a->config.use = sets[i];
		sim_connect(a, b);
		SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_SYN_RCVD, SIM_SEC);
		SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
		SIM_EXPECT_EQ(a->sock->conn.use, sets[i]);
		SIM_EXPECT_EQ(b->sock->conn.use, sets[i]);
		sim_write(a, 100000);
		SIM_RUN_UNTIL(sim, sim_received(b) == 100000, 10 * SIM_SEC);
	}
}

/* H-OPT: no segment is larger than the MSS that the other side has named. */
SIM_SCENARIO(listen_mss_is_heeded)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_rule *full;

	a->tune.mss = 8960;
	b->tune.mss = 700;
	full = sim_watch(sim, &(struct sim_pick){ .from = a, .min_len = 688 });
	sim_establish(a, b);
	sim_write(a, 6880);
	SIM_RUN_UNTIL(sim, sim_received(b) == 6880, SIM_SEC);
	/* Timestamps take 12 of the 700; the oracle sees that none is larger. */
	SIM_EXPECT_EQ(full->seen, 10);
}

/* S-LOST: a listener that remembers nothing knows its cookie again. */
SIM_SCENARIO(listen_cookie)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	b->tune.cookies = true;
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_ESTABLISHED, SIM_SEC);
	SIM_EXPECT_EQ(sim_state(b), ATCP_LISTEN);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
	SIM_EXPECT_EQ(b->sock->conn.use, a->sock->conn.use);
	SIM_EXPECT_EQ(b->sock->conn.snd.wscale, a->sock->conn.rcv.wscale);
	sim_write(a, 100000);
	sim_write(b, 100000);
	SIM_RUN_UNTIL(sim, sim_received(a) == 100000 &&
		      sim_received(b) == 100000, 10 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_COOKIES_SENT), 1);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_COOKIES_VALID), 1);
}

/* S-LOST: without timestamps a cookie carries the MSS and nothing else. */
SIM_SCENARIO(listen_cookie_without_timestamps)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	b->tune.cookies = true;
	a->config.use = ATCP_HAS_WSCALE | ATCP_HAS_SACK_PERM;
	sim_establish(a, b);
	SIM_EXPECT_EQ(a->sock->conn.use, 0);
	SIM_EXPECT_EQ(b->sock->conn.use, 0);
	SIM_EXPECT_EQ(b->sock->conn.snd.peer_mss, 1460);
	sim_write(a, 100000);
	SIM_RUN_UNTIL(sim, sim_received(b) == 100000, 10 * SIM_SEC);
}

/* R-FORGE: a guessed cookie is refused. */
SIM_SCENARIO(listen_cookie_guessed)
{
	struct sim_host *b = sim_host(sim, "B");
	u32 i;

	b->tune.cookies = true;
	sim_listen(b);
	for (i = 0; i < 1000; i++)
		sim_inject(b, &(struct sim_forgery){
				.seq = (u32)sim_rng_next(&sim->rng),
				.ack = (u32)sim_rng_next(&sim->rng),
				.flags = ATCP_F_ACK, .sport = 999,
				.dport = SIM_PORT });
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_COOKIES_FAILED), 1000);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_COOKIES_VALID), 0);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_OUT_RSTS), 1000);
}

/* R-FORGE: so is one with another MSS in it, or, which is the same, the ACK of
 * the first bytes of a connection that is gone. (Once these were taken.)
 */
SIM_SCENARIO(listen_cookie_with_another_mss)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 i;

	b->tune.cookies = true;
	sim_drop(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_ACK });
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_ESTABLISHED, SIM_SEC);
	for (i = 1; i < 8; i++)
		sim_inject(b, &(struct sim_forgery){ .flags = ATCP_F_ACK,
			   .seq = sim_snd_nxt(a), .ack = sim_rcv_nxt(a) + i,
			   .sport = SIM_PORT_FIRST, .dport = SIM_PORT });
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_COOKIES_FAILED), 7);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_COOKIES_VALID), 0);
}

/* R-FORGE: an old cookie is refused. */
SIM_SCENARIO(listen_cookie_expired)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	b->tune.cookies = true;
	sim_late(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_ACK },
		 200 * SIM_SEC);
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_ESTABLISHED, SIM_SEC);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, 300 * SIM_SEC);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_RESET);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_COOKIES_FAILED), 1);
}

/* S-3: with deferred accept only data completes the set-up ... */
SIM_SCENARIO(listen_defer_accept)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	b->config.defer_accept = 3;
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_ESTABLISHED, SIM_SEC);
	sim_run(sim, 500 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_state(b), ATCP_SYN_RCVD);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_DEFER_ACCEPT_DROPS), 1);
	sim_write(a, 100);
	SIM_RUN_UNTIL(sim, sim_received(b) == 100, SIM_SEC);
}

/* ... or patience: after so many SYN+ACKs a bare ACK will do. */
SIM_SCENARIO(listen_defer_accept_ends)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	b->config.defer_accept = 2;
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), 10 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_SYNACK_RETRANS), 2);
}

/* C-FINS: data and FIN that come with the last ACK complete everything. */
SIM_SCENARIO(listen_fin_with_last_ack)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_drop(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_ACK });
	sim_write(a, 10);
	sim_shutdown(a);
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSE_WAIT, 5 * SIM_SEC);
	SIM_EXPECT_EQ(sim_received(b), 10);
}

/* R-FORGE: a RST that is not exact does not end a half-open connection. */
SIM_SCENARIO(listen_forged_rst)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 irs;

	sim_late(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_ACK },
		 SIM_SEC / 2);
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_SYN_RCVD, SIM_SEC);
	irs = b->embryos->embryo.irs;
	sim_inject(b, &(struct sim_forgery){ .seq = irs + 2,
		   .flags = ATCP_F_RST, .sport = SIM_PORT_FIRST,
		   .dport = SIM_PORT });
	SIM_EXPECT_EQ(sim_state(b), ATCP_SYN_RCVD);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_RST_CHALLENGE), 1);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
}

/* F-RST: one that is exact does. */
SIM_SCENARIO(listen_exact_rst)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 irs;

	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_SYN_RCVD, SIM_SEC);
	irs = b->embryos->embryo.irs;
	sim_inject(b, &(struct sim_forgery){ .seq = irs + 1,
		   .flags = ATCP_F_RST, .sport = SIM_PORT_FIRST,
		   .dport = SIM_PORT });
	SIM_EXPECT_EQ(sim_state(b), ATCP_LISTEN);
}

/* R-FORGE: what does not belong to a half-open connection does it no harm. */
SIM_SCENARIO(listen_half_open_strays)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_forgery f = { .sport = SIM_PORT_FIRST, .dport = SIM_PORT };
	u32 irs, iss;

	a->config.use = 0;
	sim_late(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_ACK },
		 SIM_SEC / 2);
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_SYN_RCVD, SIM_SEC);
	irs = b->embryos->embryo.irs;
	iss = b->embryos->embryo.iss;

	f.seq = irs + 1;
	f.ack = iss + 2; /* of what was not sent: <SEQ=SEG.ACK><CTL=RST> */
	f.flags = ATCP_F_ACK;
	sim_inject(b, &f);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_BAD_ACK), 1);
	f.ack = 0;
	f.flags = 0; /* neither ACK nor SYN nor RST */
	f.len = 10;
	sim_inject(b, &f);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_NO_ACK_FLAG), 1);
	f.len = 0;
	f.flags = ATCP_F_SYN; /* within the window */
	sim_inject(b, &f);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_SYN_CHALLENGE), 1);
	SIM_EXPECT_EQ(sim_state(b), ATCP_SYN_RCVD);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
}

/* R-FORGE, RFC 7323 section 3.2: timestamps have been agreed on; an ACK without
 * one completes no handshake, right as its numbers may be.
 */
SIM_SCENARIO(listen_ack_without_timestamp)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_forgery f = { .sport = SIM_PORT_FIRST, .dport = SIM_PORT,
				 .flags = ATCP_F_ACK, .wnd = 1000 };

	sim_late(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_ACK },
		 SIM_SEC / 2);
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_SYN_RCVD, SIM_SEC);
	f.seq = b->embryos->embryo.irs + 1;
	f.ack = b->embryos->embryo.iss + 1;
	sim_inject(b, &f);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_PAWS_DROPPED), 1);
	SIM_EXPECT_EQ(sim_state(b), ATCP_SYN_RCVD);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
}

/* R-FORGE: a flood of the same SYN gets an answer now and then. */
SIM_SCENARIO(listen_same_syn_often)
{
	struct sim_host *b = sim_host(sim, "B");
	u32 i;

	sim_listen(b);
	for (i = 0; i < 1000; i++)
		sim_inject(b, &(struct sim_forgery){ .seq = 7, .wnd = 1000,
			   .flags = ATCP_F_SYN, .sport = 999,
			   .dport = SIM_PORT });
	SIM_EXPECT(sim->packets <= 1000 + 2);
	SIM_EXPECT_EQ(sim_state(b), ATCP_SYN_RCVD);
}

/* F-ACK: a segment without any flag does nothing to a listener. */
SIM_SCENARIO(listen_no_flags)
{
	struct sim_host *b = sim_host(sim, "B");

	sim_listen(b);
	sim_inject(b, &(struct sim_forgery){ .seq = 7, .len = 10,
		   .sport = 999, .dport = SIM_PORT });
	SIM_EXPECT_EQ(sim->packets, 1);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_NO_ACK_FLAG), 1);
}

/* A cookie is no sign of loss: its connection begins like any other. */
SIM_SCENARIO(listen_cookie_initial_window)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	b->tune.cookies = true;
	sim_establish(a, b);
	SIM_EXPECT_EQ(b->sock->conn.snd.cwnd, 10 * b->sock->conn.snd.mss);
}
