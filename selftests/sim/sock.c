// SPDX-License-Identifier: GPL-2.0
/* A connection and its driver: what the kernel's net half does, in small. */
#include "oracle.h"
#include "sim.h"

/* More segments than this in one go is a core that does not stop. */
#define PUMP_MAX 20000

/* How long the driver waits for memory before it asks again. */
#define MEMORY_RETRY_NS (10 * SIM_MSEC)

/* Payload that a record owns. */
struct held {
	u32 len;
	u8 bytes[];
};

static struct atcp_burst *record_new(struct sim_host *host)
{
	if (sim_rng_chance(&host->sim->rng, host->tune.refuse))
		return NULL;
	host->sim->records++;
	return sim_alloc(host->sim, sizeof(struct atcp_burst));
}

void sim_record_free(struct sim *sim, struct atcp_burst *burst)
{
	if (burst->payload)
		sim_release(sim, burst->payload);
	sim_release(sim, burst);
	sim->records--;
}

static void free_list(struct sim *sim, struct list_head *list)
{
	struct atcp_burst *burst, *tmp;

	list_for_each_entry_safe(burst, tmp, list, link) {
		list_del(&burst->link);
		sim_record_free(sim, burst);
	}
}

/**
 * sim_sock_new() - A socket with its connection, CLOSED yet.
 * @host: Where.
 * @peer: The host at the other end.
 * @lport: Local port.
 * @rport: Remote port.
 * @orc: Incarnation that it belongs to.
 *
 * Return: the socket; it lives until the run's end.
 */
struct sim_sock *sim_sock_new(struct sim_host *host, struct sim_host *peer,
			      u16 lport, u16 rport, struct orc_conn *orc)
{
	struct sim_sock *sock = sim_alloc(host->sim, sizeof(*sock));
	struct sim_service *service = sim_host_service(host, lport);

	sock->host = host;
	sock->peer = peer;
	sock->lport = lport;
	sock->rport = rport;
	sock->orc = orc;
	orc->socks[orc_side(orc, host->index)] = sock;
	sock->timer_at = SIM_NEVER;
	sock->app_at = SIM_NEVER;
	sock->app = service ? service->app : host->plan;
	sock->service = service;
	if (service)
		service->sock = sock;
	sock->next = host->socks;
	host->socks = sock;
	host->sock = sock;
	atcp_conn_init(&sock->conn, &host->config);
	sock->conn.flags |= host->plan_flags;
	host->mss_max = max(host->mss_max, host->tune.mss);
	atcp_conn_set_path_mss(&sock->conn, host->tune.mss);
	sim_sock_space(sock);
	return sock;
}

/**
 * sim_sock_space() - Tell the connection what room there is.
 * @sock: Its queue or its host's buffer size has changed.
 */
void sim_sock_space(struct sim_sock *sock)
{
	u64 queued = sock->received - sock->read;
	u32 full = sock->host->tune.rcvbuf;

	sock->rcvbuf_max = max(sock->rcvbuf_max, full);
	atcp_conn_set_space(&sock->conn, full > queued ? full - queued : 0,
			    full);
}

u8 sim_sock_state(const struct sim_sock *sock)
{
	switch ((enum sim_phase)sock->phase) {
	case SIM_OPEN:
		return sock->conn.state;
	case SIM_TIME_WAIT:
		return ATCP_TIME_WAIT;
	case SIM_DEAD:
		return ATCP_CLOSED;
	}
	return ATCP_CLOSED;
}

void sim_sock_begin(struct sim_sock *sock, struct atcp_step *step)
{
	atcp_step_init(step, sock->host->sim->now, record_new(sock->host));
}

/* What the peer has acknowledged leaves the send buffer. */
static void trim_send_buffer(struct sim_sock *sock)
{
	u32 una = atcp_conn_data_una(&sock->conn);

	if (!atcp_after(una, sock->data_seq))
		return;
	sock->data_pos += una - sock->data_seq;
	sock->data_seq = una;
	if (sock->data_pos > sock->written)
		sim_fail(sock->host->sim,
			 "byte %llu acknowledged, %llu written",
			 (unsigned long long)sock->data_pos,
			 (unsigned long long)sock->written);
}

static void sock_count(struct sim_sock *sock, const struct atcp_step *step)
{
	u64 left;

	for (left = step->counted; left; left &= left - 1)
		sock->mib[__builtin_ctzll(left)]++;
}

/**
 * sim_sock_end() - Do what a step asks for, and have the oracle look at it.
 * @sock: Socket whose connection took the step.
 * @step: The step, its payload already dealt with.
 */
void sim_sock_end(struct sim_sock *sock, struct atcp_step *step)
{
	struct sim *sim = sock->host->sim;
	struct atcp_burst *burst;

	while ((burst = atcp_step_take(step)))
		sim_record_free(sim, burst);
	free_list(sim, &step->ready);
	free_list(sim, &step->released);
	sim_host_count(sock->host, step);
	sock_count(sock, step);
	trim_send_buffer(sock);
	judge_sock(sock, step);
	sim_json_step(sock, step);
}

static void deliver(struct sim_sock *sock, const u8 *bytes, u32 len)
{
	struct sim *sim = sock->host->sim;
	const struct sim_sock *peer;

	if (!sim_stream_is(orc_peers_stream(sock), sock->received, bytes, len))
		sim_fail(sim, "%s got wrong bytes at %llu (%u of them)",
			 sock->host->name, (unsigned long long)sock->received,
			 len);
	sock->received += len;
	peer = orc_peer_sock(sock);
	if (peer && sock->received > peer->written && !sock->orc->is_lawless)
		sim_fail(sim, "%s got more than was written",
			 sock->host->name);
}

static void keep_later(struct sim_sock *sock, struct atcp_step *step,
		       const struct atcp_seg *seg, const u8 *payload)
{
	struct held *held = sim_alloc(sock->host->sim,
				      sizeof(*held) + seg->len);

	if (!step->kept)
		sim_fail(sock->host->sim, "nowhere to keep data out of order");
	held->len = seg->len;
	memcpy(held->bytes, payload, seg->len);
	step->kept->payload = held;
}

static void take_ready(struct sim_sock *sock, struct atcp_step *step)
{
	struct atcp_burst *burst;

	list_for_each_entry(burst, &step->ready, link) {
		struct held *held = burst->payload;
		u32 len = burst->end - burst->seq;

		if (!held || burst->skip > held->len ||
		    len > held->len - burst->skip)
			sim_fail(sock->host->sim,
				 "a record reaches past its payload");
		deliver(sock, held->bytes + burst->skip, len);
	}
}

/**
 * sim_sock_receive() - Give a connection a segment, and go on from there.
 * @sock: Socket.
 * @seg: Segment, parsed.
 * @payload: Its payload.
 */
void sim_sock_receive(struct sim_sock *sock, const struct atcp_seg *seg,
		      const u8 *payload)
{
	struct sim *sim = sock->host->sim;
	struct atcp_step step;
	u32 i;

	sim_sock_begin(sock, &step);
	for (i = atcp_seg_spares(seg); i; i--)
		atcp_step_lend(&step, record_new(sock->host));
	step.no_room = sim_rng_chance(&sim->rng, sock->host->tune.no_room);
	atcp_conn_handle_segment(&sock->conn, seg, &step);
	if (step.keep != ATCP_KEEP_NONE &&
	    (step.keep_off > seg->len ||
	     step.keep_len > seg->len - step.keep_off))
		sim_fail(sim, "keep %u+%u of a payload of %u", step.keep_off,
			 step.keep_len, seg->len);
	switch ((enum atcp_keep)step.keep) {
	case ATCP_KEEP_NONE:
		break;
	case ATCP_KEEP_IN_ORDER:
		deliver(sock, payload + step.keep_off, step.keep_len);
		break;
	case ATCP_KEEP_OUT_OF_ORDER:
		keep_later(sock, &step, seg, payload);
		sim_sock_tune(sock, 0);
		break;
	}
	take_ready(sock, &step);
	sim_sock_space(sock);
	sim_sock_end(sock, &step);
	sim_sock_drive(sock);
}

/* One segment of what may be a burst of them. */
static void send_segment(struct sim_sock *sock, const struct atcp_tx *tx)
{
	struct sim_host *host = sock->host;
	struct sim_packet *pkt;
	u64 pos;

	pkt = sim_packet_new(host, tx, sock->lport, sock->rport, tx->len);
	pkt->orc = sock->orc;
	pkt->to = sock->peer->index;
	if (tx->len) {
		pos = sock->data_pos + (u32)(tx->seq - sock->data_seq);
		if (atcp_before(tx->seq, sock->data_seq) ||
		    pos + tx->len > sock->written)
			sim_fail(host->sim,
				 "sends bytes %llu+%u, has %llu to %llu",
				 (unsigned long long)pos, tx->len,
				 (unsigned long long)sock->data_pos,
				 (unsigned long long)sock->written);
		sim_stream_fill(orc_own_stream(sock), pos,
				pkt->bytes + pkt->len - tx->len, tx->len);
	}
	host->sent++;
	sock->resent += tx->is_again;
	orc_sent(host, pkt);
	sim_json_packet(host, pkt, tx->is_again ? "retransmit" : "send", NULL);
	orc_parse(&host->last_tx, pkt);
	if (tx->flags & ATCP_F_RST)
		judge_reset(sock);
	sim_packet_send(host->sim, pkt);
}

static void send_burst(struct sim_sock *sock, const struct atcp_tx *tx)
{
	struct atcp_tx one = *tx;
	u32 left = tx->len;

	if (left > ATCP_BURST_MAX)
		sim_fail(sock->host->sim, "a burst of %u bytes", left);
	while (left > tx->mss) {
		one.len = tx->mss;
		one.flags = tx->flags & ~(ATCP_F_FIN | ATCP_F_PSH);
		send_segment(sock, &one);
		one.seq += tx->mss;
		one.urg -= min(one.urg, tx->mss);
		left -= tx->mss;
	}
	one.len = left;
	one.flags = tx->flags;
	send_segment(sock, &one);
}

static void ask_again(struct sim_sock *sock)
{
	u64 at = sock->host->sim->now + MEMORY_RETRY_NS;

	if (sock->app_at > at) {
		sock->app_at = at;
		sim_schedule(sock->host->sim, at, SIM_EVENT_APP, sock,
			     ++sock->app_generation);
	}
}

static void pump(struct sim_sock *sock)
{
	struct atcp_step step;
	struct atcp_tx tx;
	bool was_refused, has_tx;
	u32 sent = 0, nxt;

	do {
		nxt = sock->conn.snd.nxt;
		sim_sock_begin(sock, &step);
		was_refused = list_empty(&step.spares);
		has_tx = atcp_conn_poll_tx(&sock->conn, &step, &tx);
		if (has_tx)
			send_burst(sock, &tx);
		sim_sock_end(sock, &step);
		judge_new_data(sock, nxt);
		if (++sent > PUMP_MAX)
			sim_fail(sock->host->sim, "poll_tx() does not stop");
	} while (has_tx);
	if (was_refused)
		ask_again(sock);
}

static void release(struct sim_sock *sock)
{
	struct atcp_step step;

	atcp_step_init(&step, sock->host->sim->now, NULL);
	atcp_conn_release(&sock->conn, &step);
	free_list(sock->host->sim, &step.ready);
	free_list(sock->host->sim, &step.released);
}

/**
 * sim_sock_kill() - The host forgets a socket.
 * @sock: Socket, in any phase.
 */
void sim_sock_kill(struct sim_sock *sock)
{
	if (sock->phase == SIM_OPEN) {
		/* The oracle does not judge what the driver does. */
		sock->phase = SIM_DEAD;
		release(sock);
	}
	sock->phase = SIM_DEAD;
	sock->is_closed = true;
	sock->timer_generation++;
	sock->tw_generation++;
}

void sim_sock_timewait_start(struct sim_sock *sock)
{
	struct sim *sim = sock->host->sim;

	sock->tw_until = sim->now + ATCP_TIME_WAIT_NS;
	sim_schedule(sim, sock->tw_until, SIM_EVENT_TIMEWAIT, sock,
		     ++sock->tw_generation);
}

void sim_sock_timewait_timer(struct sim_sock *sock, u32 generation)
{
	if (generation != sock->tw_generation || sock->phase != SIM_TIME_WAIT)
		return;
	sock->phase = SIM_DEAD;
	sim_note(sock->host, "port %u: TIME-WAIT is over", sock->lport);
}

static void handle_events(struct sim_sock *sock, u16 events)
{
	sock->events |= events;
	judge_events(sock, events);
	if (events & ATCP_EV_TIME_WAIT) {
		atcp_timewait_init(&sock->tw, &sock->conn);
		sock->phase = SIM_TIME_WAIT;
		release(sock);
		sim_sock_timewait_start(sock);
	} else if (events & ATCP_EV_CLOSED) {
		sock->phase = SIM_DEAD;
		release(sock);
	}
}

/* The timer is left alone when the deadline only moves later. */
static void arm(struct sim_sock *sock)
{
	struct sim *sim = sock->host->sim;
	u64 deadline = atcp_conn_poll_deadline(&sock->conn);

	if (deadline == ATCP_NEVER || sock->timer_at <= deadline)
		return;
	sock->timer_at = deadline;
	deadline = max(deadline, sim->now);
	if (sim_rng_chance(&sim->rng, sock->host->tune.late))
		deadline += sim_rng_below(&sim->rng, sock->host->tune.late_ns);
	sim_schedule(sim, deadline, SIM_EVENT_SOCK, sock,
		     ++sock->timer_generation);
}

static void run_timeouts(struct sim_sock *sock)
{
	u64 persist = sock->conn.deadline[ATCP_TIMER_PERSIST];
	struct atcp_step step;

	sim_sock_begin(sock, &step);
	atcp_conn_handle_timeout(&sock->conn, &step);
	sim_sock_end(sock, &step);
	if (persist <= sock->host->sim->now)
		judge_persist(sock);
}

/**
 * sim_sock_timer() - The socket's one timer has fired.
 * @sock: Socket.
 * @generation: Of the arming.
 */
void sim_sock_timer(struct sim_sock *sock, u32 generation)
{
	if (generation != sock->timer_generation || sock->phase != SIM_OPEN)
		return;
	sock->timer_at = SIM_NEVER;
	if (atcp_conn_poll_deadline(&sock->conn) <= sock->host->sim->now)
		run_timeouts(sock);
	sim_sock_drive(sock);
}

/**
 * sim_sock_drive() - Send, tell the program, let it act, until all is quiet.
 * @sock: Something has happened to it.
 */
void sim_sock_drive(struct sim_sock *sock)
{
	struct sim *sim = sock->host->sim;

	do {
		if (sock->phase != SIM_OPEN)
			continue;
		if (sim_rng_chance(&sim->rng, sock->host->tune.early))
			run_timeouts(sock);
		pump(sock);
		handle_events(sock, atcp_conn_poll_events(&sock->conn));
	} while (sim_app_step(sock));
	if (sock->phase == SIM_OPEN)
		arm(sock);
}
