// SPDX-License-Identifier: GPL-2.0
/* Path MTU discovery: RFC 1191 and 5927, and RFC 4821. The RTT is 20 ms. */
#include "script.h"

#define MANY (400 * 1024U)

/* From A to B longer packets are lost. */
static void narrow(struct sim *sim, u32 mtu, bool is_silent)
{
	sim->links[0].weather.mtu = mtu;
	sim->links[0].weather.is_silent = is_silent;
}

/* From the base size on, A looks for more. */
static void establish_probing(struct sim *sim)
{
	struct sim_host *a = sim_host(sim, "A");

	a->config.mtu_probing = ATCP_MTU_PROBING_ALWAYS;
	sim_establish(a, sim_host(sim, "B"));
}

static void all_arrives(struct sim *sim, u32 bytes, u64 within_ns)
{
	struct sim_host *b = sim_host(sim, "B");
	u64 before = sim_received(b);

	sim_write(sim_host(sim, "A"), bytes);
	SIM_RUN_UNTIL(sim, sim_received(b) == before + bytes, within_ns);
}

/* RFC 1191: a router tells, before anything as large has arrived: no time is lost. */
SIM_SCENARIO(pmtu_is_discovered)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	narrow(sim, 1000, false);
	all_arrives(sim, MANY, SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 0);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_PMTU_REDUCED), 1);
	SIM_EXPECT_EQ(a->sock->conn.snd.path_mss, 960);
}

/* RFC 5927 section 7.2: what has passed does not any more; the timer confirms it. */
SIM_SCENARIO(pmtu_narrows)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	all_arrives(sim, MANY, SIM_SEC);
	narrow(sim, 1000, false);
	all_arrives(sim, MANY, 2 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_PMTU_REDUCED), 1);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_MTU_BLACK_HOLES), 0);
	SIM_EXPECT(a->sock->events & ATCP_EV_PATH_MTU);
	SIM_EXPECT_EQ(a->sock->conn.snd.path_mss, 960);
}

/* The same section: a forged report, right in its number, meets data that arrives. */
SIM_SCENARIO(pmtu_forged_in_window)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct atcp_step step;

	sim_establish(a, b);
	all_arrives(sim, MANY, SIM_SEC);
	sim_write(a, MANY);
	sim_sock_begin(a->sock, &step);
	SIM_EXPECT(!atcp_conn_pmtu(&a->sock->conn, sim_snd_una(a), 100,
				   &step));
	sim_sock_end(a->sock, &step);
	SIM_RUN_UNTIL(sim, sim_received(b) == 2 * MANY, SIM_SEC);
	/* and a time-out that comes later has nothing to do with it */
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1, .count = 3 });
	all_arrives(sim, 1000, 2 * SIM_SEC);
	SIM_EXPECT(sim_mib(a, ATCP_MIB_TIMEOUTS) > 0);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_PMTU_REDUCED), 0);
	SIM_EXPECT_EQ(a->sock->conn.snd.path_mss, 1460);
}

/* RFC 4821 section 7.7: nobody tells; after R1 time-outs it is small segments. */
SIM_SCENARIO(pmtu_black_hole)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	const struct atcp_snd *snd;

	sim_establish(a, b);
	snd = &a->sock->conn.snd;
	narrow(sim, 1400, true);
	all_arrives(sim, MANY, 3 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 3);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_MTU_BLACK_HOLES), 1);
	/* ... and then almost all that the path takes. */
	all_arrives(sim, 4 * MANY, 3 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 3);
	SIM_EXPECT(snd->path_mss <= 1360 && snd->path_mss > 1360 - 32);
	SIM_EXPECT(sim_mib(a, ATCP_MIB_MTU_PROBES) <= 20);
}

/* Probes that are lost do not shrink the window. */
SIM_SCENARIO(pmtu_lost_probe_is_no_congestion)
{
	struct sim_host *a = sim_host(sim, "A");

	establish_probing(sim);
	SIM_EXPECT_EQ(a->sock->conn.snd.path_mss, 1024);
	narrow(sim, 1400, true);
	all_arrives(sim, 2 * MANY, 3 * SIM_SEC);
	SIM_EXPECT(sim_mib(a, ATCP_MIB_MTU_PROBES) >
		   sim_mib(a, ATCP_MIB_MTU_PROBES_PASSED));
	SIM_EXPECT(sim_mib(a, ATCP_MIB_MTU_PROBES_PASSED) > 0);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_FAST_RETRANS), 0);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 0);
	SIM_EXPECT_EQ(a->sock->conn.rate.lost, 0);
}

/* The first probe is as large as may be: where all passes the search is short. */
SIM_SCENARIO(pmtu_search_ends_at_once)
{
	struct sim_host *a = sim_host(sim, "A");

	establish_probing(sim);
	all_arrives(sim, MANY, SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_MTU_PROBES), 1);
	SIM_EXPECT_EQ(a->sock->conn.snd.path_mss, 1460);
}

/* A router that tells of a probe spares the search. */
SIM_SCENARIO(pmtu_probe_is_refused)
{
	struct sim_host *a = sim_host(sim, "A");

	establish_probing(sim);
	narrow(sim, 1300, false);
	all_arrives(sim, MANY, SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_MTU_PROBES), 2);
	SIM_EXPECT_EQ(a->sock->conn.snd.path_mss, 1260);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_FAST_RETRANS), 0);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 0);
}

/* RFC 8899 section 5.1.2: one probe that is lost does not say that none passes. */
SIM_SCENARIO(pmtu_probe_lost_by_chance)
{
	struct sim_host *a = sim_host(sim, "A");

	establish_probing(sim);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1448,
		 .count = 2 });
	all_arrives(sim, MANY, SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_MTU_PROBES), 3);
	SIM_EXPECT_EQ(a->sock->conn.snd.path_mss, 1460);
}

/* The path takes more again: ten minutes later that is found out. */
SIM_SCENARIO(pmtu_rises)
{
	struct sim_host *a = sim_host(sim, "A");
	const struct atcp_snd *snd;
	u64 probes;

	establish_probing(sim);
	snd = &a->sock->conn.snd;
	narrow(sim, 1200, true);
	do {
		probes = sim_mib(a, ATCP_MIB_MTU_PROBES);
		all_arrives(sim, MANY, SIM_SEC);
	} while (probes != sim_mib(a, ATCP_MIB_MTU_PROBES));
	SIM_EXPECT(snd->path_mss <= 1160 && snd->path_mss > 1160 - 32);
	narrow(sim, 0, false);
	sim_run(sim, 590 * SIM_SEC);
	all_arrives(sim, MANY, SIM_SEC);
	SIM_EXPECT(snd->path_mss <= 1160);
	sim_run(sim, 20 * SIM_SEC);
	all_arrives(sim, MANY, SIM_SEC);
	SIM_EXPECT_EQ(snd->path_mss, 1460);
}

/* Even the base size is too large: by half each time, as section 7.7 has it. */
SIM_SCENARIO(pmtu_below_the_base)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	narrow(sim, 700, true);
	all_arrives(sim, MANY, 60 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_MTU_BLACK_HOLES), 2);
	SIM_EXPECT(a->sock->conn.snd.path_mss <= 660);
}

/* What is lost is small: its size is not why. */
SIM_SCENARIO(pmtu_small_segments_are_lost)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim->links[0].weather.is_dead = true;
	sim_write(a, 300);
	sim_run(sim, 10 * SIM_SEC);
	SIM_EXPECT(sim_mib(a, ATCP_MIB_TIMEOUTS) > 3);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_MTU_BLACK_HOLES), 0);
}

/* Without leave to probe a black hole stays one, as with Linux's default. */
SIM_SCENARIO(pmtu_no_probing)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.mtu_probing = ATCP_MTU_PROBING_NEVER;
	sim_establish(a, b);
	narrow(sim, 1400, true);
	sim_write(a, MANY);
	sim_run(sim, 20 * SIM_SEC);
	SIM_EXPECT_EQ(sim_received(b), 0);
	narrow(sim, 0, false);
	SIM_RUN_UNTIL(sim, sim_received(b) == MANY, 60 * SIM_SEC);
}

/* The window shuts meanwhile: but a peer that refuses something says so. */
SIM_SCENARIO(pmtu_black_hole_and_shut_window)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	narrow(sim, 1000, true);
	sim_write(a, MANY);
	sim_inject(a, &(struct sim_forgery){ .seq = sim_rcv_nxt(a),
		   .ack = sim_snd_una(a), .with_ts = true, .flags = ATCP_F_ACK });
	SIM_EXPECT_EQ(a->sock->conn.snd.wnd, 0);
	SIM_RUN_UNTIL(sim, sim_received(b) == MANY, 10 * SIM_SEC);
	SIM_EXPECT(sim_mib(a, ATCP_MIB_MTU_BLACK_HOLES) >= 1);
}
