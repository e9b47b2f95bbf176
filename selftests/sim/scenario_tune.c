// SPDX-License-Identifier: GPL-2.0
/* The buffers grow with the path, and not with a user who is slow. */
#include "script.h"

#define MSS 1448
#define RATE 12500000 /* 100 Mbit/s */
#define PIPE (RATE / 10) /* bytes in a round trip of 100 ms */
#define MOST (6 << 20)

/* A fast, long path; the buffers begin as small as Linux's. */
static void begin(struct sim *sim, u8 use)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim->links[0].weather.rate = RATE;
	sim->links[0].weather.queue = PIPE;
	sim_delay(sim, 50 * SIM_MSEC);
	a->config.use = use;
	a->config.cc = &atcp_reno;
	a->tune.sndbuf = MOST;
	b->tune.rcvbuf = 64 * 1024;
	b->tune.rcvbuf_most = MOST;
}

static u32 cwnd(const struct sim_host *host)
{
	return host->sock->conn.snd.cwnd;
}

/*
 * Slow start goes from 10 segments to what fills the pipe, in eight round trips (it
 * doubles 6.4 times) if nothing but cwnd holds it back: the window grows in time.
 */
static void fill_the_pipe(struct sim *sim, u8 use)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	begin(sim, use);
	sim_establish(a, b);
	start = sim->now;
	sim_write(a, 8 << 20);
	while (cwnd(a) < PIPE && sim_elapsed(sim, start) < SIM_SEC) {
		sim_run(sim, SIM_MSEC);
		SIM_EXPECT(a->sock->conn.snd.wnd > cwnd(a));
	}
	SIM_EXPECT(cwnd(a) >= PIPE);
	SIM_EXPECT(sim_elapsed(sim, start) <= 800 * SIM_MSEC);
}

/* H-WND: with timestamps. */
SIM_SCENARIO(tune_slow_start)
{
	fill_the_pipe(sim, ATCP_HAS_WSCALE | ATCP_HAS_SACK_PERM | ATCP_HAS_TS);
}

/* H-WND: by the window alone. */
SIM_SCENARIO(tune_slow_start_without_timestamps)
{
	fill_the_pipe(sim, ATCP_HAS_WSCALE | ATCP_HAS_SACK_PERM);
}

/* H-WND: the SYN went twice, so the handshake has not told the round trip. */
SIM_SCENARIO(tune_after_lost_synack)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	begin(sim, ATCP_HAS_WSCALE | ATCP_HAS_SACK_PERM | ATCP_HAS_TS);
	sim_drop(sim, &(struct sim_pick){ .from = b, .flags = ATCP_F_SYN });
	sim_establish(a, b);
	sim_write(a, 8 << 20);
	SIM_RUN_UNTIL(sim, sim_received(b) == 8 << 20, 5 * SIM_SEC);
	SIM_EXPECT(b->tune.rcvbuf > PIPE);
}

/*
 * H-WND: a hole in the middle of a start that goes on: nothing can be read, and the window
 * still grows with what the peer has for it.
 */
SIM_SCENARIO(tune_behind_hole)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	const struct atcp_snd *snd;
	u32 held_ms = 0;
	u64 start;

	begin(sim, ATCP_HAS_WSCALE | ATCP_HAS_SACK_PERM | ATCP_HAS_TS);
	a->config.cc = &atcp_bbr_ops;
	sim_establish(a, b);
	snd = &a->sock->conn.snd;
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = MSS,
		 .nth = 40 });
	start = sim->now;
	sim_write(a, 8 << 20);
	while (sim_received(b) < 100 * MSS) {
		sim_run(sim, SIM_MSEC);
		held_ms += snd->nxt + MSS - snd->una > snd->wnd;
		SIM_EXPECT(sim_elapsed(sim, start) < SIM_SEC);
	}
	SIM_EXPECT(held_ms < 10);
	SIM_EXPECT_EQ(a->sock->conn.retrans_total, 1);
}

/*
 * H-WND: who takes 20 kB in 100 ms gets room for some round trips of that, while the
 * peer has 8 MB to send.
 */
SIM_SCENARIO(tune_slow_reader)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 i;

	begin(sim, ATCP_HAS_WSCALE | ATCP_HAS_SACK_PERM | ATCP_HAS_TS);
	sim_stop_reading(b);
	sim_establish(a, b);
	sim_write(a, 8 << 20);
	sim_run(sim, SIM_SEC);
	for (i = 0; i < 100; i++) {
		sim_read(b, 20000);
		sim_run(sim, 100 * SIM_MSEC);
	}
	SIM_EXPECT(b->tune.rcvbuf < 256 * 1024);
}

/*
 * BBR sends on at the path's rate while holes are mended, whatever slow start
 * has lost: the user's data must not run out.
 */
SIM_SCENARIO(tune_send_buffer)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	begin(sim, ATCP_HAS_WSCALE | ATCP_HAS_SACK_PERM | ATCP_HAS_TS);
	a->config.cc = &atcp_bbr_ops;
	a->tune.sndbuf = 16 * 1024;
	a->tune.sndbuf_most = 4 * MOST;
	b->tune.rcvbuf = 4 * MOST;
	b->tune.rcvbuf_most = 4 * MOST;
	sim_establish(a, b);
	start = sim->now;
	sim_write(a, 64 << 20);
	while (sim_received(b) < 32 << 20) {
		sim_run(sim, SIM_MSEC);
		SIM_EXPECT(atcp_conn_unsent(&a->sock->conn));
		SIM_EXPECT(sim_elapsed(sim, start) < 10 * SIM_SEC);
	}
	SIM_EXPECT(a->sock->conn.retrans_total);
}
