// SPDX-License-Identifier: GPL-2.0
/* A whole run from one number: weather, hosts, programs, mishaps. */
#include "script.h"

/* Once the sky is clear everything has to come to an end within this. */
#define END_NS (1800 * SIM_SEC)

/* So many seeds, one of them is a run over a network: random_lab.c. */
#define LAB_EACH 10

/**
 * struct plan - What the dice have decided.
 * @sim: The run.
 * @calm_ns: When the weather becomes fine.
 * @is_graceful: Both programs read to the end, then close: nothing may be lost.
 * @is_simultaneous: Both call.
 * @dies: One host falls silent for good.
 * @restarts: One host forgets everything.
 * @forges: An attacker sends segments that miss.
 * @connections: How many, one after the other.
 */
struct plan {
	struct sim *sim;
	u64 calm_ns;
	bool is_graceful;
	bool is_simultaneous;
	bool dies;
	bool restarts;
	bool forges;
	u32 connections;
};

static bool chance(struct sim *sim, u32 percent)
{
	return sim_rng_chance(&sim->rng, percent * SIM_PERCENT);
}

static u64 range(struct sim *sim, u64 lo, u64 hi)
{
	return sim_rng_range(&sim->rng, lo, hi);
}

static const struct atcp_cc_ops *any_cc(struct sim *sim)
{
	u32 nr = 0;

	while (atcp_cc_nth(nr))
		nr++;
	return atcp_cc_nth((u32)range(sim, 0, nr - 1));
}

static u64 scale(struct sim *sim, u64 lo, u64 hi)
{
	return sim_rng_scale(&sim->rng, lo, hi);
}

static void make_weather(struct sim *sim, struct sim_weather *w)
{
	w->delay_ns = scale(sim, 10 * SIM_USEC, 300 * SIM_MSEC);
	if (chance(sim, 40))
		w->jitter_ns = scale(sim, SIM_USEC, 2 * w->delay_ns);
	w->may_reorder = chance(sim, 50);
	if (chance(sim, 60))
		w->loss = (u32)scale(sim, 1000, 20 * SIM_PERCENT);
	if (chance(sim, 30))
		w->twice = (u32)scale(sim, 1000, 10 * SIM_PERCENT);
	if (chance(sim, 30))
		w->damage = (u32)scale(sim, 1000, 5 * SIM_PERCENT);
	if (chance(sim, 20))
		w->recut = (u32)scale(sim, 1000, 30 * SIM_PERCENT);
	if (chance(sim, 30)) {
		w->late = (u32)scale(sim, 1000, 10 * SIM_PERCENT);
		w->late_ns = scale(sim, SIM_MSEC, 3 * SIM_SEC);
	}
	if (chance(sim, 50))
		w->mark = (u32)scale(sim, 1000, 20 * SIM_PERCENT);
	if (chance(sim, 40)) {
		w->rate = scale(sim, 20000, 100000000);
		w->queue = (u32)scale(sim, 5000, 200000);
	}
}

static void clear_sky(struct sim *sim, void *arg)
{
	u32 i;

	(void)arg;
	for (i = 0; i < 2; i++) {
		struct sim_weather *w = &sim->links[i].weather;

		w->loss = 0;
		w->twice = 0;
		w->damage = 0;
		w->recut = 0;
		w->late = 0;
		w->queue = 0;
	}
}

static void make_host(struct sim *sim, struct sim_host *host)
{
	struct sim_tuning *tune = &host->tune;

	tune->rcvbuf = (u32)scale(sim, 2000, 400000);
	tune->sndbuf = (u32)scale(sim, 2000, 400000);
	tune->mss = (u16)(chance(sim, 50) ? 1460 : range(sim, 100, 9000));
	tune->cookies = chance(sim, 10);
	if (chance(sim, 60))
		tune->iss_before_wrap = (u32)scale(sim, 1, 300000);
	if (chance(sim, 20)) {
		tune->late = (u32)scale(sim, 10000, SIM_PPM);
		tune->late_ns = scale(sim, SIM_USEC, 100 * SIM_MSEC);
	}
	if (chance(sim, 20))
		tune->early = (u32)scale(sim, 1000, 30 * SIM_PERCENT);
	if (chance(sim, 20))
		tune->refuse = (u32)scale(sim, 1000, 30 * SIM_PERCENT);
	if (chance(sim, 10))
		tune->no_room = (u32)scale(sim, 1000, 30 * SIM_PERCENT);
	if (chance(sim, 30))
		host->config.use = (u8)range(sim, 0, 7) << 1;
	if (chance(sim, 20))
		host->config.initial_cwnd = (u8)range(sim, 1, 10);
	if (chance(sim, 40))
		host->config.cc = any_cc(sim);
	if (chance(sim, 30))
		host->config.mtu_probing =
			(u8)range(sim, 0, ATCP_MTU_PROBING_NR - 1);
	if (chance(sim, 20))
		host->config.delack_ms = (u32)range(sim, 1, 500);
	if (chance(sim, 20))
		host->plan_flags |= ATCP_CONN_NODELAY;
	if (chance(sim, 10))
		host->plan_flags |= ATCP_CONN_KEEPALIVE;
	if (chance(sim, 5))
		host->plan_flags |= ATCP_CONN_CORK;
	host->config.ecn = (u8)range(sim, 0, ATCP_ECN_USE_NR - 1);
	if (chance(sim, 40))
		host->config.cc = chance(sim, 30) ? &atcp_dctcp : &atcp_reno;
}

/* The smallest size that a cookie can remember. */
static void fit_cookies(struct sim_host *host)
{
	struct sim_tuning *peer = &sim_peer(host)->tune;

	if (host->tune.cookies)
		peer->mss = max(216, peer->mss);
}

static void make_reader(struct sim *sim, struct sim_app *app)
{
	u64 pause_ns = scale(sim, SIM_USEC, 5 * SIM_SEC);

	if (!chance(sim, 40))
		return;
	app->read_chunk = (u32)scale(sim, 1, 100000);
	/* The slowest reader still ends within a minute or so. */
	if (chance(sim, 60))
		app->read_pause_ns = min(pause_ns,
					 app->read_chunk * 200 * SIM_USEC);
}

static void make_writer(struct sim *sim, struct sim_app *app, u16 mss)
{
	if (chance(sim, 10))
		return;
	app->to_write = scale(sim, 1, min(300000, mss * 150));
	if (chance(sim, 20))
		app->urgent_at = range(sim, 1, app->to_write);
	if (!chance(sim, 50))
		return;
	app->write_chunk = (u32)scale(sim, max(app->to_write / 200, 1),
				      100000);
	if (chance(sim, 50))
		app->write_pause_ns = scale(sim, SIM_USEC, SIM_SEC / 4);
	if (chance(sim, 10))
		app->write_flags = ATCP_WRITE_MORE;
}

static void make_program(struct sim *sim, struct sim_host *host)
{
	u16 mss = min(sim->hosts[0].tune.mss, sim->hosts[1].tune.mss);
	struct sim_app *app = &host->plan;

	app->is_random = chance(sim, 70);
	make_reader(sim, app);
	make_writer(sim, app, mss);
}

/* Who closes how; some way to the end there must be. */
static void make_end(struct sim *sim, struct plan *plan)
{
	struct sim_app *a = &sim->hosts[chance(sim, 50)].plan;
	struct sim_app *b = a == &sim->hosts[0].plan ? &sim->hosts[1].plan :
						       &sim->hosts[0].plan;

	a->close_on_eof = true;
	b->close_on_eof = true;
	plan->is_graceful = false;
	switch (range(sim, 0, 6)) {
	case 0: /* rude: what the other still sends is refused */
		a->close_when_done = true;
		break;
	case 1:
		a->close_when_done = true;
		b->close_when_done = true;
		break;
	case 2:
		a->shut_when_done = true;
		b->abort_after = range(sim, 0, a->to_write);
		break;
	case 3:
		a->shut_when_done = true;
		b->shut_when_done = true;
		plan->is_graceful = true;
		break;
	default:
		a->shut_when_done = true;
		plan->is_graceful = true;
		break;
	}
}

/*
 * Mishaps
 */
static void die(struct sim *sim, void *arg)
{
	struct sim_host *host = arg;

	(void)sim;
	sim_note(host, "falls silent for good");
	sim_die(host, true);
}

static void restart(struct sim *sim, void *arg)
{
	(void)sim;
	sim_host_forget(arg);
}

/* The window that the program allows goes down, or up. */
static void resize(struct sim *sim, void *arg)
{
	struct sim_host *host = arg;

	host->tune.rcvbuf = (u32)scale(sim, 2000, 400000);
	sim_note(host, "receive buffer %u", host->tune.rcvbuf);
	if (!host->sock || host->sock->phase != SIM_OPEN)
		return;
	sim_sock_space(host->sock);
	sim_sock_drive(host->sock);
}

/* A router says that the path takes less. */
static void shrink_path(struct sim *sim, void *arg)
{
	struct sim_host *host = arg;
	struct atcp_step step;
	u16 mss = (u16)range(sim, 216, max(host->tune.mss, 217));

	if (!host->sock || host->sock->phase != SIM_OPEN)
		return;
	sim_sock_begin(host->sock, &step);
	if (atcp_conn_pmtu(&host->sock->conn, host->sock->conn.snd.una, mss,
			   &step)) {
		sim_note(host, "path takes %u", mss);
		host->tune.mss = mss;
	}
	sim_sock_end(host->sock, &step);
	sim_sock_drive(host->sock);
}

/* The path becomes narrower; whoever looks for its MTU need not be told. */
static void narrow_path(struct sim *sim, void *arg)
{
	struct sim_host *host = arg;
	struct sim_weather *w = &sim->links[host->index].weather;

	/* RFC 791: every host takes 576. */
	w->mtu = (u32)range(sim, 576, 1500);
	w->is_silent = host->config.mtu_probing && chance(sim, 50);
	sim_note(host, "packets of %u at most%s", w->mtu,
		 w->is_silent ? ", in silence" : "");
}

/* An attacker who does not know the numbers: all of these must miss. */
static void forge(struct sim *sim, void *arg)
{
	static const u8 kinds[] = {
		ATCP_F_RST, ATCP_F_RST | ATCP_F_ACK, ATCP_F_SYN,
		ATCP_F_SYN | ATCP_F_ACK, ATCP_F_FIN, ATCP_F_ACK, 0,
	};
	struct sim_host *host = arg;
	struct sim_forgery f = { .wnd = (u16)range(sim, 0, 65535) };
	struct sim_sock *sock = host->sock;

	sim_at(sim, range(sim, SIM_MSEC, SIM_SEC), forge, arg);
	if (!sock || sock->phase != SIM_OPEN ||
	    sock->conn.state < ATCP_ESTABLISHED)
		return;
	f.flags = kinds[range(sim, 0, ARRAY_SIZE(kinds) - 1)];
	f.seq = sim_rcv_nxt(host) + (u32)range(sim, 1, 1 << 30);
	f.ack = sim_snd_nxt(host) + (u32)range(sim, 1, 1 << 30);
	if (chance(sim, 50) && f.flags & ATCP_F_RST)
		f.seq = sim_rcv_nxt(host) + (u32)range(sim, 1, 3000);
	if (chance(sim, 50) && f.flags != ATCP_F_FIN)
		f.with_ts = true;
	sim_inject(host, &f);
}

/* Who may wait for ever has to ask whether there is still a peer. */
static void keep_alive(struct sim *sim)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		struct sim_host *host = &sim->hosts[i];

		host->plan_flags |= ATCP_CONN_KEEPALIVE;
		host->config.keepalive_idle_s = (u32)range(sim, 1, 60);
		host->config.keepalive_intvl_s = (u32)range(sim, 1, 10);
	}
}

/* TCP_CONGESTION in mid-connection. */
static void change_cc(struct sim *sim, void *arg)
{
	struct sim_host *host = arg;
	struct sim_sock *sock = host->sock;

	(void)sim;
	if (!sock || sock->phase != SIM_OPEN)
		return;
	atcp_cc_use(&sock->conn, any_cc(sim));
	sim_note(host, "uses %s", sock->conn.config.cc->name);
}

static void plan_mishaps(struct sim *sim, struct plan *plan)
{
	struct sim_host *host = &sim->hosts[chance(sim, 50)];

	/* A cookie's last ACK may get lost, and a later one refused. */
	if (sim->hosts[1].tune.cookies)
		plan->is_graceful = false;
	/* A RST may get lost, and nothing is sent that would ask for another. */
	if (!plan->is_graceful)
		keep_alive(sim);
	if (chance(sim, 3)) {
		plan->dies = true;
		keep_alive(sim);
		sim_at(sim, scale(sim, SIM_MSEC, 20 * SIM_SEC), die, host);
	} else if (chance(sim, 3) && !plan->is_simultaneous) {
		plan->restarts = true;
		keep_alive(sim);
		sim_at(sim, scale(sim, SIM_MSEC, 20 * SIM_SEC), restart, host);
	}
	/* A cookie's window cannot be remembered. */
	if (chance(sim, 10) && !host->tune.cookies)
		sim_at(sim, scale(sim, SIM_MSEC, 20 * SIM_SEC), resize, host);
	if (chance(sim, 10))
		sim_at(sim, scale(sim, SIM_MSEC, 20 * SIM_SEC), shrink_path,
		       host);
	if (chance(sim, 20))
		sim_at(sim, scale(sim, 100 * SIM_USEC, SIM_SEC), narrow_path,
		       host);
	if (chance(sim, 10))
		sim_at(sim, scale(sim, SIM_MSEC, 20 * SIM_SEC), change_cc,
		       host);
	if (chance(sim, 10)) {
		plan->forges = true;
		sim_at(sim, scale(sim, SIM_MSEC, SIM_SEC), forge, host);
	}
}

/*
 * The end
 */
static bool is_quiet(const struct sim *sim)
{
	const struct sim_sock *sock;
	u32 i;

	for (i = 0; i < 2; i++) {
		if (sim->hosts[i].embryos)
			return false;
		sock = sim->hosts[i].sock;
		if (sock && (sock->phase == SIM_OPEN ||
			     (!sock->is_closed && !sim->hosts[i].is_deaf)))
			return false;
	}
	return true;
}

/* A connection that nothing but the weather has troubled loses nothing. */
static void check_graceful(struct sim *sim)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		const struct sim_sock *sock = sim->hosts[i].sock;
		const struct sim_sock *peer = sim->hosts[!i].sock;

		if (!sock || !peer)
			sim_fail(sim, "there never was a connection");
		if (sock->conn.error)
			sim_fail(sim, "%s ended with error %u",
				 sock->host->name, sock->conn.error);
		if (sock->received != peer->written || peer->app.to_write)
			sim_fail(sim, "%s got %llu bytes of %llu",
				 sock->host->name,
				 (unsigned long long)sock->received,
				 (unsigned long long)peer->written);
	}
}

/*
 * A connection that a RST has ended leaves no TIME-WAIT, and what of it is still under way
 * may lie in the window of the next, and not be older than its timestamps' clock ticks.
 */
static bool is_haunted(const struct sim_host *a, const struct sim_host *b)
{
	return a->sock->orc->under_way && a->sock->phase != SIM_TIME_WAIT &&
	       b->sock && b->sock->phase != SIM_TIME_WAIT;
}

/* The last port again, if timestamps keep the incarnations apart; or another. */
static u16 choose_port(struct sim *sim)
{
	struct sim_host *a = &sim->hosts[0], *b = &sim->hosts[1];

	if (!a->sock || b->tune.cookies || chance(sim, 30) ||
	    !(a->config.use & b->config.use & ATCP_HAS_TS) ||
	    !sim_may_call(a, a->sock->lport, SIM_PORT) || is_haunted(a, b))
		return 0;
	return a->sock->lport;
}

static void one_connection(struct sim *sim, struct plan *plan)
{
	struct sim_host *a = &sim->hosts[0], *b = &sim->hosts[1];
	u64 until = max(sim->now, sim->start + plan->calm_ns) + END_NS;

	if (plan->is_simultaneous) {
		sim_call(a, 1000, 2000);
		sim_run(sim, range(sim, 0, sim->links[0].weather.delay_ns / 2));
		sim_call(b, 2000, 1000);
	} else {
		sim_listen(b);
		sim_call(a, choose_port(sim), SIM_PORT);
	}
	while (!is_quiet(sim)) {
		if (!sim_step(sim, until))
			sim_fail(sim, "does not come to an end: A=%s B=%s",
				 atcp_state_name(sim_state(a)),
				 atcp_state_name(sim_state(b)));
	}
	if (plan->is_graceful && !plan->dies && !plan->restarts)
		check_graceful(sim);
}

/**
 * sim_random() - A run as the seed has it.
 * @sim: Fresh, with its seed.
 */
void sim_random(struct sim *sim)
{
	struct plan plan = {
		.sim = sim,
		.calm_ns = scale(sim, SIM_SEC, 40 * SIM_SEC),
		.is_simultaneous = chance(sim, 5),
	};
	u32 i;

	if (sim->seed % LAB_EACH == 0) {
		sim_random_lab(sim);
		return;
	}
	for (i = 0; i < 2; i++) {
		make_weather(sim, &sim->links[i].weather);
		make_host(sim, &sim->hosts[i]);
	}
	for (i = 0; i < 2; i++) {
		fit_cookies(&sim->hosts[i]);
		make_program(sim, &sim->hosts[i]);
	}
	make_end(sim, &plan);
	plan_mishaps(sim, &plan);
	sim_at(sim, plan.calm_ns, clear_sky, NULL);

	plan.connections = plan.is_simultaneous ? 1 : (u32)scale(sim, 1, 3);
	for (i = 0; i < plan.connections; i++)
		one_connection(sim, &plan);
}
