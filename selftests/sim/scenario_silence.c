// SPDX-License-Identifier: GPL-2.0
/* A peer that goes silent: keepalive, user time-out, limits, ICMP. */
#include "script.h"

/* K-ALIVE: 7200 s idle, then 10 probes 75 s apart, then ETIMEDOUT: the real
 * values, to the millisecond.
 */
SIM_SCENARIO(silence_keepalive)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_rule *probes;
	u64 start;

	sim_establish(a, b);
	sim_write(b, 100);
	SIM_RUN_UNTIL(sim, sim_received(a) == 100, SIM_SEC);
	start = sim->now;
	sim_keepalive(a, true);
	sim_die(b, true);
	probes = sim_watch(sim, &(struct sim_pick){ .from = a });
	sim_run(sim, 7199 * SIM_SEC);
	SIM_EXPECT_EQ(probes->seen, 0);
	sim_run(sim, 2 * SIM_SEC);
	SIM_EXPECT_EQ(probes->seen, 1);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, 2000 * SIM_SEC);
	SIM_EXPECT_NEAR(sim_elapsed(sim, start),
			(7200 + 75 * 10) * SIM_SEC, SIM_MSEC);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_TIMED_OUT);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_KEEPALIVE_PROBES), 10);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_ABORT_ON_KEEPALIVE), 1);
}

/* K-ALIVE, R-FORGE: who does not know the numbers is no sign of the peer's life. */
SIM_SCENARIO(silence_keepalive_and_forgeries)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	sim_establish(a, b);
	start = sim->now;
	sim_keepalive(a, true);
	sim_die(b, true);
	while (sim_elapsed(sim, start) < 7900 * SIM_SEC) {
		sim_run(sim, 50 * SIM_SEC);
		sim_inject(a, &(struct sim_forgery){
			.flags = ATCP_F_ACK, .with_ts = true,
			.seq = sim_rcv_nxt(a), .ack = sim_snd_nxt(a) + 1000 });
	}
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, 100 * SIM_SEC);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_TIMED_OUT);
}

/* K-ALIVE: a peer that lives answers each probe; nothing ends, for a week. */
SIM_SCENARIO(silence_keepalive_answered)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_keepalive(a, true);
	sim_run(sim, 7 * 86400 * SIM_SEC);
	SIM_EXPECT(sim_is_established(sim));
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_KEEPALIVE_PROBES), 7 * 12 - 1);
}

/* K-ALIVE: nine probes are lost, the tenth is answered: 7200 s begin anew. */
SIM_SCENARIO(silence_keepalive_last_probe)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_keepalive(a, true);
	sim_drop(sim, &(struct sim_pick){ .from = a, .count = 9 });
	sim_run(sim, (7200 + 75 * 10) * SIM_SEC);
	SIM_EXPECT(sim_is_established(sim));
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_KEEPALIVE_PROBES), 10);
	sim_run(sim, 7000 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_KEEPALIVE_PROBES), 10);
}

/* K-ALIVE: any segment of the peer starts the 7200 s anew. */
SIM_SCENARIO(silence_keepalive_any_segment)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 i;

	sim_establish(a, b);
	sim_keepalive(a, true);
	for (i = 0; i < 5; i++) {
		sim_run(sim, 7000 * SIM_SEC);
		sim_write(b, 1);
	}
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_KEEPALIVE_PROBES), 0);
	sim_run(sim, 7201 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_KEEPALIVE_PROBES), 1);
}

/* K-ALIVE: it holds in CLOSE-WAIT and FIN-WAIT-2, too. */
SIM_SCENARIO(silence_keepalive_half_closed)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_keepalive(a, true);
	sim_keepalive(b, true);
	sim_shutdown(a);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_FIN_WAIT_2, SIM_SEC);
	sim_run(sim, 86400 * SIM_SEC);
	SIM_EXPECT_EQ(sim_state(a), ATCP_FIN_WAIT_2);
	SIM_EXPECT_EQ(sim_state(b), ATCP_CLOSE_WAIT);
	sim_cut(sim, true);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED &&
		      sim_state(b) == ATCP_CLOSED, 8000 * SIM_SEC);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_TIMED_OUT);
	SIM_EXPECT_EQ(sim_error(b), ATCP_ERR_TIMED_OUT);
}

/* K-ALIVE: off, nothing is ever sent. */
SIM_SCENARIO(silence_without_keepalive)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 before;

	sim_establish(a, b);
	sim_run(sim, SIM_SEC);
	before = sim->packets;
	sim_keepalive(a, true);
	sim_keepalive(a, false);
	sim_run(sim, 30 * 86400 * SIM_SEC);
	SIM_EXPECT_EQ(sim->packets, before);
	SIM_EXPECT(sim_is_established(sim));
}

/* S-HALF: a peer that has forgotten answers the probe with RST. */
SIM_SCENARIO(silence_keepalive_finds_restart)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_keepalive(a, true);
	sim_host_forget(b);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, 7300 * SIM_SEC);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_RESET);
}

static void die_in_mid_transfer(struct sim *sim)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_write(a, 2000000);
	SIM_RUN_UNTIL(sim, sim_received(b) > 500000, 10 * SIM_SEC);
	sim_die(b, true);
}

/* K-USER: the peer dies in mid-transfer: 15 retries take 924.6 s or so. */
SIM_SCENARIO(silence_in_mid_transfer)
{
	struct sim_host *a = sim_host(sim, "A");
	u64 start;

	die_in_mid_transfer(sim);
	start = sim->now;
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, 3600 * SIM_SEC);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_TIMED_OUT);
	SIM_EXPECT(sim_elapsed(sim, start) >= 924 * SIM_SEC);
	SIM_EXPECT(sim_elapsed(sim, start) <= (925 + 120) * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_ABORT_ON_TIMEOUT), 1);
}

/* K-USER: TCP_USER_TIMEOUT ends it when it says. */
SIM_SCENARIO(silence_user_timeout)
{
	struct sim_host *a = sim_host(sim, "A");
	u64 start;

	a->config.user_timeout_ms = 30000;
	die_in_mid_transfer(sim);
	start = sim->now;
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, 3600 * SIM_SEC);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_TIMED_OUT);
	SIM_EXPECT_NEAR(sim_elapsed(sim, start), 30 * SIM_SEC,
			100 * SIM_MSEC);
}

/* K-USER: it counts from the last progress: a slow transfer is none of its
 * business, and an idle connection neither.
 */
SIM_SCENARIO(silence_user_timeout_with_progress)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.user_timeout_ms = 2000;
	sim->links[0].weather.rate = 20000;
	sim_establish(a, b);
	sim_write(a, 200000);
	SIM_RUN_UNTIL(sim, sim_received(b) == 200000, 60 * SIM_SEC);
	sim_run(sim, 3600 * SIM_SEC);
	SIM_EXPECT(sim_is_established(sim));
}

/* K-USER: an orphan has fewer retries: 102.2 s. */
SIM_SCENARIO(silence_orphan)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	sim_establish(a, b);
	sim_write(a, 100);
	sim_run(sim, SIM_SEC);
	sim_die(b, true);
	sim_close(a);
	start = sim->now;
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, 3600 * SIM_SEC);
	SIM_EXPECT(sim_elapsed(sim, start) >= 102 * SIM_SEC);
	SIM_EXPECT(sim_elapsed(sim, start) <= 230 * SIM_SEC);
}

/* K-USER: fewer retries, given by the program. */
SIM_SCENARIO(silence_retries_limit)
{
	struct sim_host *a = sim_host(sim, "A");
	u64 start;

	a->config.retries = 3;
	die_in_mid_transfer(sim);
	start = sim->now;
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, 3600 * SIM_SEC);
	SIM_EXPECT(sim_elapsed(sim, start) >= 3000 * SIM_MSEC);
	SIM_EXPECT(sim_elapsed(sim, start) <= 10000 * SIM_MSEC);
}

/* K-USER: the peer comes back in time: the transfer goes on. */
SIM_SCENARIO(silence_for_a_while)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	die_in_mid_transfer(sim);
	sim_run(sim, 600 * SIM_SEC);
	SIM_EXPECT_EQ(sim_state(a), ATCP_ESTABLISHED);
	sim_die(b, false);
	SIM_RUN_UNTIL(sim, sim_received(b) == 2000000, 200 * SIM_SEC);
}

static enum atcp_icmp icmp(struct sim_host *host, u32 seq, bool is_hard)
{
	struct atcp_step step;
	enum atcp_icmp what;

	host->got_icmp = true;
	sim_sock_begin(host->sock, &step);
	what = atcp_conn_icmp(&host->sock->conn, seq, is_hard, &step);
	sim_sock_end(host->sock, &step);
	sim_sock_drive(host->sock);
	return what;
}

/* R-ABORT: a hard ICMP error ends an attempt to connect ... */
SIM_SCENARIO(silence_icmp_hard)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_cut(sim, true);
	sim_connect(a, b);
	SIM_EXPECT_EQ(icmp(a, sim_snd_una(a) + 1, true), ATCP_ICMP_IGNORED);
	SIM_EXPECT_EQ(icmp(a, sim_snd_una(a), false), ATCP_ICMP_SOFT);
	SIM_EXPECT_EQ(sim_state(a), ATCP_SYN_SENT);
	SIM_EXPECT_EQ(icmp(a, sim_snd_una(a), true), ATCP_ICMP_ABORTED);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_UNREACHABLE);
}

/* ... but never a connection (RFC 5927). */
SIM_SCENARIO(silence_icmp_soft)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	SIM_EXPECT_EQ(icmp(a, sim_snd_una(a), true), ATCP_ICMP_IGNORED);
	sim_write(a, 100);
	SIM_EXPECT_EQ(icmp(a, sim_snd_una(a), true), ATCP_ICMP_SOFT);
	SIM_RUN_UNTIL(sim, sim_received(b) == 100, SIM_SEC);
}

/* K-USER: the time-out may be set while data waits; it counts from then. */
SIM_SCENARIO(silence_user_timeout_set_late)
{
	struct sim_host *a = sim_host(sim, "A");
	u64 start;

	die_in_mid_transfer(sim);
	sim_run(sim, 100 * SIM_SEC);
	start = sim->now;
	atcp_conn_set_user_timeout(&a->sock->conn, 5000, sim->now);
	sim_sock_drive(a->sock);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, 3600 * SIM_SEC);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_TIMED_OUT);
	SIM_EXPECT_NEAR(sim_elapsed(sim, start), 5 * SIM_SEC, SIM_MSEC);
}

/* K-USER: TCP_USER_TIMEOUT holds for a FIN with nothing before it, too. */
SIM_SCENARIO(silence_user_timeout_of_a_fin)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	a->config.user_timeout_ms = 10000;
	sim_establish(a, b);
	sim_write(a, 100);
	sim_run(sim, SIM_SEC);
	sim_die(b, true);
	start = sim->now;
	sim_shutdown(a);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, 3600 * SIM_SEC);
	SIM_EXPECT(sim_elapsed(sim, start) <= 11 * SIM_SEC);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_TIMED_OUT);
}
