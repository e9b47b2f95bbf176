// SPDX-License-Identifier: GPL-2.0
/* Segments that somebody else has sent: RFC 5961, PAWS, nonsense. */
#include "script.h"

/* Established; data has gone both ways. */
static void victim(struct sim *sim)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_write(a, 3000);
	sim_write(b, 3000);
	sim_run(sim, SIM_SEC);
	SIM_EXPECT_EQ(sim_received(a), 3000);
	SIM_EXPECT_EQ(sim_received(b), 3000);
}

/* It is still there and works. */
static void expect_unharmed(struct sim *sim)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 at_a = sim_received(a), at_b = sim_received(b);

	sim_run(sim, SIM_SEC);
	SIM_EXPECT(sim_is_established(sim));
	sim_write(a, 3000);
	sim_write(b, 3000);
	SIM_RUN_UNTIL(sim, sim_received(a) == at_a + 3000 &&
		      sim_received(b) == at_b + 3000, SIM_SEC);
}

/* R-FORGE, RFC 5961 section 3: a RST in the window gets a challenge ACK. */
SIM_SCENARIO(attack_rst_in_window)
{
	struct sim_host *b = sim_host(sim, "B");

	victim(sim);
	sim_inject(b, &(struct sim_forgery){ .seq = sim_rcv_nxt(b) + 1,
		   .flags = ATCP_F_RST });
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_RST_CHALLENGE), 1);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_CHALLENGE_ACKS), 1);
	expect_unharmed(sim);
}

/* R-FORGE: one at the last number of the window; one just past it. */
SIM_SCENARIO(attack_rst_at_the_edge)
{
	struct sim_host *b = sim_host(sim, "B");

	victim(sim);
	sim_inject(b, &(struct sim_forgery){ .seq = sim_rcv_edge(b) - 1,
		   .flags = ATCP_F_RST });
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_RST_CHALLENGE), 1);
	sim_inject(b, &(struct sim_forgery){ .seq = sim_rcv_edge(b) + 1,
		   .flags = ATCP_F_RST });
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_RST_CHALLENGE), 1);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_UNACCEPTABLE), 1);
	expect_unharmed(sim);
}

/* R-FORGE: one just below it is dropped in silence. */
SIM_SCENARIO(attack_rst_below_window)
{
	struct sim_host *b = sim_host(sim, "B");
	u64 before;

	victim(sim);
	before = sim->packets;
	sim_inject(b, &(struct sim_forgery){ .seq = sim_rcv_nxt(b) - 1,
		   .flags = ATCP_F_RST });
	SIM_EXPECT_EQ(sim->packets, before + 1);
	expect_unharmed(sim);
}

/* F-RST: one that is exact resets; it is not answered. */
SIM_SCENARIO(attack_rst_exact)
{
	struct sim_host *b = sim_host(sim, "B");
	u64 before;

	victim(sim);
	before = sim->packets;
	sim_inject(b, &(struct sim_forgery){ .seq = sim_rcv_nxt(b),
		   .flags = ATCP_F_RST });
	SIM_EXPECT_EQ(sim_state(b), ATCP_CLOSED);
	SIM_EXPECT_EQ(sim_error(b), ATCP_ERR_RESET);
	SIM_EXPECT_EQ(sim->packets, before + 1);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_ESTAB_RESETS), 1);
}

/* R-FORGE, RFC 5961 section 4: a SYN gets a challenge ACK, wherever it lies. */
SIM_SCENARIO(attack_syn)
{
	struct sim_host *b = sim_host(sim, "B");
	static const s32 offsets[] = { 0, 1, 5000, -1, -5000, 1 << 30 };
	u32 i;

	victim(sim);
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		sim_inject(b, &(struct sim_forgery){ .flags = ATCP_F_SYN,
			   .seq = sim_rcv_nxt(b) + (u32)offsets[i],
			   .with_ts = true });
		SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_CHALLENGE_ACKS), i + 1);
		sim_run(sim, SIM_SEC);
	}
	expect_unharmed(sim);
}

/* R-FORGE, RFC 5961 section 5: an ACK of what was not sent, or long ago. */
SIM_SCENARIO(attack_ack_out_of_range)
{
	struct sim_host *b = sim_host(sim, "B");

	victim(sim);
	sim_inject(b, &(struct sim_forgery){ .seq = sim_rcv_nxt(b),
		   .ack = sim_snd_nxt(b) + 1, .flags = ATCP_F_ACK,
		   .with_ts = true, .len = 100, .wnd = 500 });
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_BAD_ACK), 1);
	SIM_EXPECT_EQ(sim_received(b), 3000);
	sim_run(sim, SIM_SEC);
	sim_inject(b, &(struct sim_forgery){ .seq = sim_rcv_nxt(b),
		   .ack = sim_snd_una(b) - (1 << 29),
		   .flags = ATCP_F_ACK, .with_ts = true, .len = 100,
		   .wnd = 500 });
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_BAD_ACK), 2);
	SIM_EXPECT_EQ(sim_received(b), 3000);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_CHALLENGE_ACKS), 2);
	expect_unharmed(sim);
}

/* R-FORGE, RFC 5961 section 7: who asks often is not answered as often. */
SIM_SCENARIO(attack_challenge_limit)
{
	struct sim_host *b = sim_host(sim, "B");
	u64 before, i;

	victim(sim);
	before = sim->packets;
	for (i = 0; i < 1000; i++)
		sim_inject(b, &(struct sim_forgery){ .flags = ATCP_F_RST,
			   .seq = sim_rcv_nxt(b) + 1 });
	SIM_EXPECT_EQ(sim->packets - before, 1000 + 1);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_CHALLENGE_LIMITED), 999);
	expect_unharmed(sim);
}

/* T-REUSE, RFC 7323: PAWS drops what bears an old timestamp, and says so. */
SIM_SCENARIO(attack_paws)
{
	struct sim_host *b = sim_host(sim, "B");
	u64 before;

	victim(sim);
	before = sim->packets;
	sim_inject(b, &(struct sim_forgery){ .seq = sim_rcv_nxt(b),
		   .ack = sim_snd_nxt(b), .flags = ATCP_F_ACK,
		   .with_ts = true, .ts_back = 1, .len = 10,
		   .wnd = 500 });
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_PAWS_DROPPED), 1);
	SIM_EXPECT_EQ(sim->packets, before + 2);
	SIM_EXPECT_EQ(sim_received(b), 3000);
	expect_unharmed(sim);
}

/* RFC 7323 section 3.2: without the timestamp agreed on, dropped. */
SIM_SCENARIO(attack_without_timestamp)
{
	struct sim_host *b = sim_host(sim, "B");

	victim(sim);
	sim_inject(b, &(struct sim_forgery){ .seq = sim_rcv_nxt(b), .len = 10,
		   .ack = sim_snd_nxt(b), .flags = ATCP_F_ACK });
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_TS_MISSING), 1);
	SIM_EXPECT_EQ(sim_received(b), 3000);
	expect_unharmed(sim);
}

/* F-ACK: a segment without ACK is dropped; F-FIN: a FIN without is illegal. */
SIM_SCENARIO(attack_without_ack)
{
	struct sim_host *b = sim_host(sim, "B");

	victim(sim);
	sim_inject(b, &(struct sim_forgery){ .seq = sim_rcv_nxt(b),
		   .with_ts = true, .len = 10 });
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_NO_ACK_FLAG), 1);
	sim_inject(b, &(struct sim_forgery){ .seq = sim_rcv_nxt(b),
		   .with_ts = true, .flags = ATCP_F_FIN });
	SIM_EXPECT_EQ(b->bad_segments, 1);
	SIM_EXPECT_EQ(sim_received(b), 3000);
	expect_unharmed(sim);
}

/* R-FORGE: in SYN-SENT a RST counts only if it acknowledges the SYN. */
SIM_SCENARIO(attack_rst_in_syn_sent)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_connect(a, b);
	sim_inject(a, &(struct sim_forgery){ .seq = 1, .flags = ATCP_F_RST });
	sim_inject(a, &(struct sim_forgery){ .seq = 1, .ack = sim_snd_nxt(a) + 1,
		   .flags = ATCP_F_RST | ATCP_F_ACK });
	SIM_EXPECT_EQ(sim_state(a), ATCP_SYN_SENT);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
}

/* S-HALF: in SYN-SENT a wrong ACK is answered with RST. */
SIM_SCENARIO(attack_ack_in_syn_sent)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_connect(a, b);
	sim_inject(a, &(struct sim_forgery){ .seq = 1, .flags = ATCP_F_ACK,
		   .ack = sim_snd_nxt(a) + 1 });
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_OUT_RSTS), 1);
	SIM_EXPECT_EQ(sim_state(a), ATCP_SYN_SENT);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), 2 * SIM_SEC);
}

/*
 * Every set of flags, in every state, below, at and above the window, with and
 * without data: whatever else happens, no rule may be broken.
 */
static void bombard(struct sim *sim, struct sim_host *host)
{
	static const s32 offsets[] = { -70000, -1, 1, 2000, 1 << 29 };
	u32 i, flags, acks;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		for (flags = 0; flags < 256; flags++) {
			acks = (u32)sim_rng_range(&sim->rng, 1, 1 << 30);
			sim_inject(host, &(struct sim_forgery){
				.seq = sim_rcv_nxt(host) + (u32)offsets[i],
				.ack = sim_snd_nxt(host) + acks,
				.flags = (u8)flags, .urg = (u16)acks,
				.len = acks % 3, .with_ts = flags & 1,
				.wnd = (u16)acks });
		}
	}
}

SIM_SCENARIO(attack_every_flag_in_every_state)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	victim(sim);
	bombard(sim, b);
	expect_unharmed(sim);
	sim_shutdown(a);
	SIM_EXPECT_EQ(sim_state(a), ATCP_FIN_WAIT_1);
	bombard(sim, a);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_FIN_WAIT_2, SIM_SEC);
	bombard(sim, a);
	SIM_EXPECT_EQ(sim_state(b), ATCP_CLOSE_WAIT);
	bombard(sim, b);
	sim_close(b);
	SIM_EXPECT_EQ(sim_state(b), ATCP_LAST_ACK);
	bombard(sim, b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_TIME_WAIT, SIM_SEC);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSED, SIM_SEC);
}

SIM_SCENARIO(attack_every_flag_in_closing)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	victim(sim);
	sim_close(a);
	sim_close(b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSING, SIM_SEC);
	bombard(sim, a);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_TIME_WAIT &&
		      sim_state(b) == ATCP_TIME_WAIT, 2 * SIM_SEC);
}

/* H-OFF, H-RSV, H-OPT: headers that lie: short, long, odd options. */
SIM_SCENARIO(attack_headers_that_lie)
{
	struct sim_host *b = sim_host(sim, "B");
	struct atcp_tx tx = { .flags = ATCP_F_ACK };
	struct sim_packet *pkt;
	u32 i, j, len;

	victim(sim);
	tx.seq = sim_rcv_nxt(b) + 1;
	for (i = 0; i < 5000; i++) {
		len = (u32)sim_rng_below(&sim->rng, 80);
		tx.opt_len = 0;
		pkt = sim_packet_new(sim_host(sim, "A"), &tx, b->sock->rport,
				     b->sock->lport, len);
		for (j = 12; j < pkt->len; j++)
			pkt->bytes[j] = (u8)sim_rng_next(&sim->rng);
		pkt->bytes[13] &= (u8)~ATCP_F_RST;
		pkt->len = (u32)sim_rng_below(&sim->rng, pkt->len + 1);
		pkt->is_forged = true;
		pkt->orc = b->sock->orc;
		if (pkt->len >= 18) {
			put_unaligned_be16(0, pkt->bytes + 16);
			put_unaligned_be16(sim_checksum(pkt),
					   pkt->bytes + 16);
		}
		sim_host_receive(b, pkt);
	}
	SIM_EXPECT(b->bad_segments > 100);
	SIM_EXPECT_EQ(sim_received(b), 3000);
	expect_unharmed(sim);
}

/* R-FORGE: an ACK from before SND.UNA sets no window, new as its number may be. */
SIM_SCENARIO(attack_old_ack_shuts_no_window)
{
	struct sim_host *a = sim_host(sim, "A");
	u32 wnd;

	victim(sim);
	wnd = a->sock->conn.snd.wnd;
	sim_inject(a, &(struct sim_forgery){
		.flags = ATCP_F_ACK, .with_ts = true,
		.seq = sim_rcv_nxt(a) + 1, .ack = sim_snd_una(a) - 1 });
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_OLD_ACK), 1);
	SIM_EXPECT_EQ(a->sock->conn.snd.wnd, wnd);
	expect_unharmed(sim);
}

/* R-FORGE, RFC 7323: who cannot guess an ACK cannot set TS.Recent either, which
 * would shut out the peer.
 */
SIM_SCENARIO(attack_timestamp_from_the_future)
{
	struct sim_host *b = sim_host(sim, "B");

	victim(sim);
	sim_inject(b, &(struct sim_forgery){
		.flags = ATCP_F_ACK, .with_ts = true, .ts_back = -(1u << 30),
		.seq = sim_rcv_nxt(b), .ack = sim_snd_nxt(b) + 1000 });
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_BAD_ACK), 1);
	expect_unharmed(sim);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_PAWS_DROPPED), 0);
}

/* R-FORGE: a FIN forged ahead of the data does not cut the data off ... */
SIM_SCENARIO(attack_fin_ahead)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_write(a, 100);
	sim_run(sim, SIM_SEC);
	b->sock->orc->is_lawless = true;
	sim_inject(b, &(struct sim_forgery){
		.flags = ATCP_F_ACK | ATCP_F_FIN, .with_ts = true,
		.seq = sim_rcv_nxt(b) + 20000, .ack = sim_snd_nxt(b),
		.wnd = 1000 });
	sim_write(a, 100000);
	SIM_RUN_UNTIL(sim, sim_received(b) == 100100, 10 * SIM_SEC);
	sim_shutdown(a);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSE_WAIT, 10 * SIM_SEC);
}

/* ... and data planted beyond the peer's FIN does not keep that out. */
SIM_SCENARIO(attack_data_beyond_fin)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_write(a, 100);
	sim_run(sim, SIM_SEC);
	b->sock->orc->is_lawless = true;
	sim_inject(b, &(struct sim_forgery){
		.flags = ATCP_F_ACK, .with_ts = true,
		.seq = sim_rcv_nxt(b) + 5000, .ack = sim_snd_nxt(b),
		.wnd = 1000, .len = 1 });
	sim_run(sim, SIM_SEC);
	sim_shutdown(a);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSE_WAIT, 10 * SIM_SEC);
}
