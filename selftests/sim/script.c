// SPDX-License-Identifier: GPL-2.0
/* The words in which scenarios are written. */
#include "script.h"

static struct sim_scenario *scenarios;

void sim_scenario_register(struct sim_scenario *scenario)
{
	struct sim_scenario **at = &scenarios;

	while (*at)
		at = &(*at)->next;
	*at = scenario;
}

struct sim_scenario *sim_scenarios(void)
{
	return scenarios;
}

/*
 * Hosts
 */
struct sim_host *sim_host(struct sim *sim, const char *name)
{
	return &sim->hosts[*name != 'A'];
}

/**
 * sim_state() - The state of a host's end of the connection.
 * @host: Host; its newest socket, or what it has in place of one.
 *
 * Return: enum atcp_state.
 */
u8 sim_state(const struct sim_host *host)
{
	if (host->embryos)
		return ATCP_SYN_RCVD;
	if (host->sock)
		return sim_sock_state(host->sock);
	return host->listening ? ATCP_LISTEN : ATCP_CLOSED;
}

u64 sim_received(const struct sim_host *host)
{
	return host->sock ? host->sock->received : 0;
}

u64 sim_unread(const struct sim_host *host)
{
	return host->sock ? host->sock->received - host->sock->read : 0;
}

u64 sim_mib(const struct sim_host *host, enum atcp_mib id)
{
	return host->mib[id];
}

u8 sim_error(const struct sim_host *host)
{
	return host->sock ? host->sock->conn.error : ATCP_ERR_NONE;
}

bool sim_is_established(const struct sim *sim)
{
	return sim_state(&sim->hosts[0]) == ATCP_ESTABLISHED &&
	       sim_state(&sim->hosts[1]) == ATCP_ESTABLISHED;
}

u64 sim_elapsed(const struct sim *sim, u64 since)
{
	return sim->now - since;
}

/*
 * Programs
 */
void sim_listen(struct sim_host *host)
{
	host->listening = SIM_PORT;
}

/* sim_may_call() - Are these ports free, or in a TIME-WAIT that may end? */
bool sim_may_call(struct sim_host *host, u16 lport, u16 rport)
{
	const struct sim_sock *old = sim_sock_find(host, sim_peer(host)->index,
						   lport, rport);
	u32 iss;

	return !old || (old->phase == SIM_TIME_WAIT &&
			atcp_timewait_may_reuse(&old->tw, host->sim->now,
						&iss));
}

/**
 * sim_call_to() - connect(), whether anybody listens or not.
 * @host: Who calls.
 * @peer: Whom.
 * @lport: From this port, see sim_may_call(); 0: the next free one.
 * @rport: To this port.
 */
void sim_call_to(struct sim_host *host, struct sim_host *peer, u16 lport,
		 u16 rport)
{
	struct sim_sock *sock, *old;
	struct atcp_tuple tuple;
	struct atcp_step step;
	u32 iss;

	lport = lport ?: host->next_port++;
	iss = sim_host_iss_to(host, peer, lport, rport);
	old = sim_sock_find(host, peer->index, lport, rport);
	if (old) {
		if (old->phase != SIM_TIME_WAIT ||
		    !atcp_timewait_may_reuse(&old->tw, host->sim->now, &iss))
			sim_fail(host->sim, "port %u is in use", lport);
		sim_sock_kill(old);
	}
	sock = sim_sock_new(host, peer, lport, rport,
			    orc_open(host, peer, lport, rport));
	sock->data_seq = iss + 1;
	tuple = sim_host_tuple(host, peer, lport, rport);
	sim_note(host, "connect");
	sim_sock_begin(sock, &step);
	atcp_conn_connect(&sock->conn, iss,
			  atcp_isn_ts_offset(&host->secret, &tuple), &step);
	sim_sock_end(sock, &step);
	sim_sock_drive(sock);
}

/* sim_call() - The same, to the other one of two hosts. */
void sim_call(struct sim_host *host, u16 lport, u16 rport)
{
	sim_call_to(host, sim_peer(host), lport, rport);
}

void sim_connect(struct sim_host *from, struct sim_host *to)
{
	sim_listen(to);
	sim_call(from, 0, SIM_PORT);
}

/* sim_without_sack() - The connections of a host to come do not offer SACK. */
void sim_without_sack(struct sim_host *host)
{
	host->config.use &= (u8)~ATCP_HAS_SACK_PERM;
}

/* sim_establish() - Connect, and run until both ends are ESTABLISHED. */
void sim_establish(struct sim_host *from, struct sim_host *to)
{
	struct sim *sim = from->sim;

	sim_connect(from, to);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), 10 * SIM_SEC);
}

/* The program of the socket that is there, or of the one that will be. */
static struct sim_app *app_of(struct sim_host *host)
{
	return host->sock ? &host->sock->app : &host->plan;
}

static void go_on(struct sim_host *host)
{
	if (host->sock)
		sim_sock_drive(host->sock);
}

void sim_write(struct sim_host *host, u64 bytes)
{
	app_of(host)->to_write += bytes;
	go_on(host);
}

/* sim_write_urgent() - Write so that the last byte but @after is urgent. */
void sim_write_urgent(struct sim_host *host, u64 bytes, u64 after)
{
	struct sim_app *app = app_of(host);

	app->to_write += bytes;
	app->urgent_at = after;
	if (!after) {
		app->write_flags |= ATCP_WRITE_URGENT;
		go_on(host);
		app->write_flags &= (u8)~ATCP_WRITE_URGENT;
		return;
	}
	go_on(host);
}

/* sim_write_flags() - One write, as one call, with flags of its own. */
void sim_write_flags(struct sim_host *host, u64 bytes, u8 flags)
{
	sim_sock_write(host->sock, (u32)bytes, flags);
	go_on(host);
}

void sim_stop_reading(struct sim_host *host)
{
	app_of(host)->is_reading = false;
}

void sim_start_reading(struct sim_host *host)
{
	app_of(host)->is_reading = true;
	go_on(host);
}

void sim_read(struct sim_host *host, u32 bytes)
{
	sim_sock_read(host->sock, bytes);
	go_on(host);
}

void sim_shutdown(struct sim_host *host)
{
	app_of(host)->shut_when_done = true;
	go_on(host);
}

void sim_close(struct sim_host *host)
{
	app_of(host)->close_when_done = true;
	go_on(host);
}

/* sim_close_now() - close(), whatever the state. */
void sim_close_now(struct sim_host *host)
{
	sim_sock_close(host->sock);
	go_on(host);
}

void sim_close_on_eof(struct sim_host *host)
{
	app_of(host)->close_on_eof = true;
	go_on(host);
}

void sim_abort(struct sim_host *host)
{
	sim_sock_abort(host->sock);
	go_on(host);
}

void sim_keepalive(struct sim_host *host, bool on)
{
	atcp_conn_set_keepalive(&host->sock->conn, on, host->sim->now);
	go_on(host);
}

/* sim_set_flags() - Socket options: ATCP_CONN_NODELAY and the like. */
void sim_set_flags(struct sim_host *host, u32 flags, bool on)
{
	u32 *of = host->sock ? &host->sock->conn.flags : &host->plan_flags;

	*of = on ? *of | flags : *of & ~flags;
	go_on(host);
}

/*
 * The link
 */
static struct sim_rule *add_rule(struct sim *sim, const struct sim_pick *pick,
				 u8 fate, u64 late_ns)
{
	struct sim_rule *rule = &sim->rules[sim->nr_rules++];

	if (sim->nr_rules > SIM_RULES_MAX)
		sim_fail(sim, "more than %u rules", SIM_RULES_MAX);
	*rule = (struct sim_rule){
		.pick = *pick, .fate = fate, .late_ns = late_ns,
	};
	return rule;
}

void sim_drop(struct sim *sim, const struct sim_pick *pick)
{
	add_rule(sim, pick, SIM_FATE_DROP, 0);
}

void sim_twice(struct sim *sim, const struct sim_pick *pick)
{
	add_rule(sim, pick, SIM_FATE_TWICE, 0);
}

void sim_late(struct sim *sim, const struct sim_pick *pick, u64 ns)
{
	add_rule(sim, pick, SIM_FATE_LATE, ns);
}

/* sim_mark() - CE, on what may be marked. */
void sim_mark(struct sim *sim, const struct sim_pick *pick)
{
	add_rule(sim, pick, SIM_FATE_MARK, 0);
}

/* sim_watch() - Only count: the rule's @seen says how many were sent. */
struct sim_rule *sim_watch(struct sim *sim, const struct sim_pick *pick)
{
	return add_rule(sim, pick, SIM_FATE_PASS, 0);
}

void sim_delay(struct sim *sim, u64 ns)
{
	sim->links[0].weather.delay_ns = ns;
	sim->links[1].weather.delay_ns = ns;
}

void sim_cut(struct sim *sim, bool is_dead)
{
	sim->links[0].weather.is_dead = is_dead;
	sim->links[1].weather.is_dead = is_dead;
}

/* sim_die() - A host neither hears nor says anything any more. */
void sim_die(struct sim_host *host, bool is_dead)
{
	host->is_deaf = is_dead;
	host->sim->links[host->index].weather.is_dead = is_dead;
}

void sim_run(struct sim *sim, u64 ns)
{
	u64 until = sim->now + ns;

	while (sim_step(sim, until))
		;
}

/*
 * Forgeries
 */
static void add_ts(struct sim_host *to, const struct sim_forgery *forgery,
		   struct atcp_tx *tx)
{
	struct atcp_opts opts = { .has = ATCP_HAS_TS };
	struct sim_sock *sock = to->sock;

	opts.ts_val = orc_peers(sock)->ts_last - forgery->ts_back;
	opts.ts_ecr = orc_own(sock)->ts_last;
	tx->opt_len = atcp_seg_build_opts(tx->opt, &opts);
}

/* What the peer's stream has there; something, if that is before its start. */
static void fill(struct sim_sock *sock, const struct sim_forgery *forgery,
		 u8 *payload)
{
	s32 pos = (s32)(forgery->seq - orc_peers(sock)->iss -
			!(forgery->flags & ATCP_F_SYN));

	sim_stream_fill(orc_peers_stream(sock), (u64)(s64)pos, payload,
			forgery->len);
}

/**
 * sim_inject() - Somebody sends a segment in the peer's name.
 * @to: Who gets it, at once.
 * @forgery: The segment.
 */
void sim_inject(struct sim_host *to, const struct sim_forgery *forgery)
{
	struct sim *sim = to->sim;
	struct sim_sock *sock = to->sock;
	struct sim_packet *pkt;
	struct atcp_tx tx = {
		.seq = forgery->seq, .ack = forgery->ack,
		.flags = forgery->flags, .wnd = forgery->wnd,
		.urg = forgery->urg, .ecn = forgery->ecn,
	};

	if (forgery->with_ts)
		add_ts(to, forgery, &tx);
	pkt = sim_packet_new(sim_peer(to), &tx,
			     forgery->sport ?: sock->rport,
			     forgery->dport ?: sock->lport, forgery->len);
	pkt->is_forged = true;
	pkt->orc = sock && !forgery->sport ? sock->orc : NULL;
	if (forgery->len && pkt->orc)
		fill(sock, forgery, pkt->bytes + pkt->len - forgery->len);
	put_unaligned_be16(sim_checksum(pkt), pkt->bytes + ATCP_CSUM_OFFSET);
	sim_link_arrive(sim, pkt);
}

u32 sim_snd_nxt(const struct sim_host *host)
{
	return host->sock->conn.snd.nxt;
}

u32 sim_snd_una(const struct sim_host *host)
{
	return host->sock->conn.snd.una;
}

u32 sim_rcv_nxt(const struct sim_host *host)
{
	return host->sock->conn.rcv.nxt;
}

u32 sim_rcv_edge(const struct sim_host *host)
{
	return host->sock->conn.rcv.adv;
}
