// SPDX-License-Identifier: GPL-2.0
/*
 * States, ends and records: what a connection may do, given what the wire and
 * the program have done. The tables here are written from RFC 9293, not from
 * the core.
 */
#include "oracle.h"
#include "records.h"

#define ONE(state) (1u << ATCP_##state)

/*
 * RFC 9293 figure 5. Every state may also end at once, by RST, ABORT or
 * time-out. A child begins where its parent's half-open connection was.
 */
static const u16 figure_5[ATCP_STATE_NR] = {
	[ATCP_CLOSED] = ONE(LISTEN) | ONE(SYN_SENT) | ONE(SYN_RCVD),
	[ATCP_LISTEN] = ONE(SYN_RCVD) | ONE(SYN_SENT) | ONE(CLOSED),
	[ATCP_SYN_SENT] = ONE(SYN_RCVD) | ONE(ESTABLISHED) | ONE(CLOSED),
	[ATCP_SYN_RCVD] = ONE(ESTABLISHED) | ONE(FIN_WAIT_1) | ONE(CLOSED),
	[ATCP_ESTABLISHED] = ONE(FIN_WAIT_1) | ONE(CLOSE_WAIT) | ONE(CLOSED),
	[ATCP_FIN_WAIT_1] = ONE(FIN_WAIT_2) | ONE(CLOSING) | ONE(TIME_WAIT) |
			    ONE(CLOSED),
	[ATCP_FIN_WAIT_2] = ONE(TIME_WAIT) | ONE(CLOSED),
	[ATCP_CLOSE_WAIT] = ONE(LAST_ACK) | ONE(CLOSED),
	[ATCP_CLOSING] = ONE(TIME_WAIT) | ONE(CLOSED),
	[ATCP_LAST_ACK] = ONE(CLOSED),
	[ATCP_TIME_WAIT] = ONE(CLOSED),
};

static bool fin_is_acked(const struct sim_sock *sock)
{
	const struct orc_flow *own = orc_own(sock);

	return own->has_fin && own->seen_ack == own->fin + 1;
}

/* Why @sock may be in @to now, by what has happened outside the core. */
static const char *reason_missing(const struct sim_sock *sock, u8 from, u8 to)
{
	const struct orc_flow *own = orc_own(sock), *peer = orc_peers(sock);

	switch ((enum atcp_state)to) {
	case ATCP_ESTABLISHED:
		if (!peer->syn_arrived || own->seen_ack == own->iss)
			return "the handshake is not complete";
		return NULL;
	case ATCP_FIN_WAIT_1:
	case ATCP_LAST_ACK:
		return sock->is_shut ? NULL : "the program has not closed";
	case ATCP_CLOSE_WAIT:
	case ATCP_CLOSING:
		return peer->fin_arrived ? NULL : "no FIN has come";
	case ATCP_FIN_WAIT_2:
		return fin_is_acked(sock) ? NULL : "FIN is not acknowledged";
	case ATCP_TIME_WAIT:
		if (!peer->fin_arrived)
			return "no FIN has come";
		return fin_is_acked(sock) ? NULL : "FIN is not acknowledged";
	case ATCP_CLOSED:
		if (from == ATCP_LAST_ACK && !sock->conn.error &&
		    !sock->is_aborted && !fin_is_acked(sock))
			return "FIN is not acknowledged";
		return NULL;
	case ATCP_LISTEN:
	case ATCP_SYN_SENT:
	case ATCP_SYN_RCVD:
	case ATCP_STATE_NR:
		return NULL;
	}
	return "there is no such state";
}

/**
 * judge_state() - A connection has moved.
 * @sock: Its socket.
 * @from: State before.
 * @to: State now.
 */
void judge_state(struct sim_sock *sock, u8 from, u8 to)
{
	struct sim *sim = sock->host->sim;
	const char *why;

	if (!(figure_5[from] & 1u << to))
		sim_fail(sim, "%s: %s -> %s is not in figure 5",
			 sock->host->name, atcp_state_name(from),
			 atcp_state_name(to));
	if (sock->orc->is_lawless)
		return;
	why = reason_missing(sock, from, to);
	if (why)
		sim_fail(sim, "%s: %s -> %s, but %s", sock->host->name,
			 atcp_state_name(from), atcp_state_name(to), why);
	if (to == ATCP_ESTABLISHED)
		orc_own(sock)->is_synchronized = true;
}

/*
 * Records
 */
static const char *flight_fault(const struct sim_sock *sock)
{
	const struct atcp_snd *snd = &sock->conn.snd;
	const struct atcp_burst *burst;
	u32 at = snd->una, lost = 0;

	list_for_each_entry(burst, &snd->flight, link) {
		if (burst->seq != at)
			return "records in flight are not contiguous";
		if ((s32)(burst->end - burst->seq) <= 0)
			return "an empty record is in flight";
		at = burst->end;
		if (burst->flags & ATCP_BURST_LOST)
			lost += burst->end - burst->seq;
	}
	if (at != snd->nxt)
		return "records do not end at SND.NXT";
	if (lost != snd->lost)
		return "snd.lost is not the sum of what is lost";
	/* A long flight is walked once only: there are short ones enough. */
	if (snd->nr_flight < 256 && turn_fault(snd))
		return turn_fault(snd);
	if (!sock->orc->is_lawless &&
	    (s32)(orc_own(sock)->seen_ack - snd->una) < 0)
		return "SND.UNA is past what was acknowledged";
	return NULL;
}

static const char *ofo_fault(const struct sim_sock *sock)
{
	const struct atcp_rcv *rcv = &sock->conn.rcv;
	const struct atcp_burst *burst;
	u32 at = rcv->nxt, nr = 0;

	list_for_each_entry(burst, &rcv->ofo, link) {
		if ((s32)(burst->seq - at) < 0 || (!nr && burst->seq == at))
			return "ranges out of order overlap or touch RCV.NXT";
		if ((s32)(burst->end - burst->seq) <= 0)
			return "an empty range is out of order";
		if (!burst->payload)
			return "a range out of order has no payload";
		at = burst->end;
		nr++;
	}
	if (nr != rcv->nr_ofo)
		return "nr_ofo is wrong";
	if (nr < 256 && block_fault(rcv))
		return block_fault(rcv);
	if ((s32)(at - rcv->adv) > 0)
		return "data past the window was taken";
	return NULL;
}

static const char *timer_fault(const struct sim_sock *sock)
{
	const struct atcp_conn *conn = &sock->conn;
	const struct atcp_config *config = &conn->config;
	u64 now = sock->host->sim->now;
	u64 rto = conn->deadline[ATCP_TIMER_RETRANSMIT];

	if (rto != ATCP_NEVER &&
	    conn->deadline[ATCP_TIMER_PERSIST] != ATCP_NEVER)
		return "retransmission and persist timer both run";
	if (rto != ATCP_NEVER && rto > now + config->rto_max_ms * SIM_MSEC)
		return "RTO is above its maximum";
	if (conn->deadline[ATCP_TIMER_DELACK] != ATCP_NEVER &&
	    conn->deadline[ATCP_TIMER_DELACK] > now + 500 * SIM_MSEC)
		return "an ACK is delayed by more than 500 ms";
	return NULL;
}

static const char *queue_fault(const struct sim_sock *sock)
{
	u64 queued = sock->received - sock->read;

	return queued > max(sock->rcvbuf_max, 65535u) ?
		       "more is queued than the window allowed" : NULL;
}

/* A retransmission time-out came too early, by the wire's own account. */
static const char *timeout_fault(const struct sim_sock *sock,
				 const struct atcp_step *step)
{
	u64 now = sock->host->sim->now;
	u64 waited = now - orc_own(sock)->timed_from;

	if (!(step->counted & BIT_ULL(ATCP_MIB_TIMEOUTS)) ||
	    sock->orc->is_lawless)
		return NULL;
	orc_own(sock)->timed_from = now;
	return waited < sock->conn.config.rto_min_ms * SIM_MSEC ?
		       "RTO is below its minimum" : NULL;
}

/*
 * RFC 3168 section 6.1.2: marks and losses of one window are one reason to slow
 * down. A loss that is found after a mark is not counted here: it has to be repaired.
 */
static const char *slowing_fault(struct sim_sock *sock,
				 const struct atcp_step *step)
{
	const struct atcp_snd *snd = &sock->conn.snd;
	bool for_mark = step->counted & BIT_ULL(ATCP_MIB_ECN_REDUCTIONS);
	bool is_early = sock->has_slowed &&
			distance(sock->slow_end, snd->una) < 0;

	if (!for_mark && !(step->counted & (BIT_ULL(ATCP_MIB_FAST_RETRANS) |
					    BIT_ULL(ATCP_MIB_TIMEOUTS))))
		return NULL;
	sock->has_slowed = true;
	sock->slow_end = snd->nxt;
	return for_mark && is_early ? "slows down twice in a round trip" : NULL;
}

/* Each end has heard all that the other has said, and nothing is on the wire. */
static bool is_all_heard(const struct orc_conn *orc)
{
	return !orc->is_troubled && !orc->is_muddled && !orc->is_lawless &&
	       !orc->under_way;
}

/* RFC 9768: no mark that has come, and been told, is lost on the sender. */
static const char *marks_fault(const struct sim_sock *sock)
{
	const struct sim_sock *peer = orc_peer_sock(sock);
	const struct atcp_ecn *ours = &sock->conn.ecn, *theirs;

	if (!peer || peer->phase != SIM_OPEN || !is_all_heard(sock->orc) ||
	    orc_own(sock)->is_ambiguous || sock->host->tune.cookies ||
	    peer->host->tune.cookies)
		return NULL;
	theirs = &peer->conn.ecn;
	if (ours->mode != ATCP_ECN_ACCURATE ||
	    theirs->mode != ATCP_ECN_ACCURATE || theirs->untold ||
	    ours->flags & ATCP_ECN_DEAF)
		return NULL;
	return ours->snd_marks == theirs->rcv_marks ?
		       NULL : "marks are not accounted for";
}

/**
 * judge_sock() - Look at a connection after each step.
 * @sock: Its socket.
 * @step: What the step left behind.
 */
void judge_sock(struct sim_sock *sock, const struct atcp_step *step)
{
	const char *fault = NULL;
	u8 state = sock->conn.state;

	if (sock->phase != SIM_OPEN)
		return;
	if (state >= ATCP_ESTABLISHED && state != ATCP_TIME_WAIT) {
		fault = flight_fault(sock) ?: ofo_fault(sock) ?:
			timer_fault(sock) ?: queue_fault(sock) ?:
			slowing_fault(sock, step) ?: marks_fault(sock);
	}
	fault = fault ?: timeout_fault(sock, step);
	if (fault)
		sim_fail(sock->host->sim, "%s: %s", sock->host->name, fault);
}

/**
 * judge_new_data() - Something may have been sent for the first time.
 * @sock: Its socket.
 * @nxt: SND.NXT before.
 *
 * RFC 5681: then no more than cwnd is under way, by the connection's own account
 * of what is lost or has arrived. A FIN may come on top, and a tail loss probe (RFC
 * 8985 section 7.3).
 */
void judge_new_data(struct sim_sock *sock, u32 nxt)
{
	const struct atcp_snd *snd = &sock->conn.snd;
	u32 flight = snd->nxt - snd->una;
	u32 gone = snd->lost + snd->dup + snd->sacked;
	u32 extra = sock->conn.tlp.is_out ? snd->mss + 1 : 1;

	if (sock->conn.state < ATCP_ESTABLISHED || snd->nxt - nxt <= 1)
		return;
	if (flight > gone && flight - gone > snd->cwnd + extra)
		sim_fail(sock->host->sim, "%s: %u under way, cwnd is %u",
			 sock->host->name, flight - gone, snd->cwnd);
}

/* Memory is scarce there: it does not always do what it would. */
static bool is_poor(const struct sim_host *host)
{
	return host->tune.refuse || host->tune.no_room;
}

/* The program of @peer has read all, and @sock may fill its buffer again. */
static bool has_room_for(const struct sim_sock *peer,
			 const struct sim_sock *sock)
{
	if (peer->phase != SIM_OPEN || peer->is_closed ||
	    peer->received != peer->read)
		return false;
	if (!(1u << peer->conn.state & (ONE(ESTABLISHED) | ONE(FIN_WAIT_1) |
					ONE(FIN_WAIT_2))))
		return false;
	/* A buffer that shrinks may leave less open than is worth a segment. */
	return sock->conn.snd.max_wnd <= peer->host->tune.rcvbuf;
}

/**
 * judge_persist() - The persist timer has fired.
 * @sock: Its socket.
 *
 * Liveness: where all has been heard and there is room, data must not wait for
 * this timer unless the program wants it to.
 */
void judge_persist(struct sim_sock *sock)
{
	const struct sim_sock *peer = orc_peer_sock(sock);
	u32 flags = sock->conn.flags;

	if (sock->phase != SIM_OPEN || !(flags & ATCP_CONN_OVERRIDE) ||
	    flags & (ATCP_CONN_CORK | ATCP_CONN_MORE))
		return;
	if (!peer || !is_all_heard(sock->orc) || !has_room_for(peer, sock) ||
	    is_poor(sock->host) || is_poor(peer->host))
		return;
	sim_fail(sock->host->sim, "%s waits, though %s has room",
		 sock->host->name, peer->host->name);
}

/*
 * Ends
 */
static u64 retries_take(u64 first_ms, u64 max_ms, u32 retries)
{
	u64 sum = 0, one = first_ms;

	for (; retries; retries--) {
		sum += one;
		one = min(one * 2, max_ms);
	}
	return sum * SIM_MSEC;
}

/* Has the peer been silent for long enough to give up? */
static bool timeout_is_due(const struct sim_sock *sock)
{
	const struct atcp_config *config = &sock->conn.config;
	const struct orc_flow *own = orc_own(sock);
	u64 now = sock->host->sim->now;
	u64 least = retries_take(config->rto_min_ms, config->rto_max_ms,
				 config->retries);

	if (config->user_timeout_ms &&
	    now - own->progress_at >= config->user_timeout_ms * SIM_MSEC)
		return true;
	/* A SYN's retries count from the first, whatever has come since. */
	if (!own->is_synchronized)
		return now - own->progress_at >=
		       retries_take(config->rto_init_ms, config->rto_max_ms,
				    config->syn_retries);
	if (sock->is_closed)
		least = min(least, retries_take(config->rto_min_ms,
						config->rto_max_ms,
						config->orphan_retries));
	if (sock->conn.flags & ATCP_CONN_KEEPALIVE)
		least = min(least, (u64)config->keepalive_intvl_s *
					   config->keepalive_probes * SIM_SEC);
	return now - own->heard_at >= least;
}

static const char *error_fault(const struct sim_sock *sock)
{
	const struct orc_flow *own = orc_own(sock);

	switch ((enum atcp_error)sock->conn.error) {
	case ATCP_ERR_NONE:
		return sock->is_shut ? NULL : "ended, nobody knows why";
	case ATCP_ERR_REFUSED:
	case ATCP_ERR_RESET:
	case ATCP_ERR_PIPE:
		return own->rst_arrived ? NULL : "reset without a RST";
	case ATCP_ERR_TIMED_OUT:
		if (sock->is_closed)
			return NULL; /* an orphan is not waited for */
		return timeout_is_due(sock) ? NULL : "gave up too early";
	case ATCP_ERR_UNREACHABLE:
		return sock->host->got_icmp ? NULL : "unreachable, unasked";
	case ATCP_ERR_BROKEN:
		return "an invariant of its own does not hold";
	}
	return "ended with an unknown error";
}

static const char *eof_fault(const struct sim_sock *sock)
{
	const struct orc_flow *peer = orc_peers(sock);

	if (!peer->has_fin)
		return "end of file without FIN";
	return (u32)sock->received == peer->fin - peer->iss - 1 ?
		       NULL : "end of file before all data";
}

/**
 * judge_events() - The program is told something.
 * @sock: Its socket.
 * @events: ATCP_EV_*.
 */
void judge_events(struct sim_sock *sock, u16 events)
{
	const char *fault = NULL;

	if (sock->orc->is_lawless)
		return;
	if (events & ATCP_EV_PEER_CLOSED)
		fault = eof_fault(sock);
	if (events & ATCP_EV_CLOSED)
		fault = fault ?: error_fault(sock);
	if (fault)
		sim_fail(sock->host->sim, "%s: %s", sock->host->name, fault);
}

/**
 * judge_reset() - A connection sends a RST.
 * @sock: Its socket.
 *
 * Allowed: on abort, for data that nobody will read, after giving up, and to a
 * peer that acknowledges what a connection not yet synchronized has not sent.
 */
void judge_reset(struct sim_sock *sock)
{
	if (sock->is_aborted || sock->is_closed || sock->orc->is_lawless ||
	    sock->conn.error == ATCP_ERR_TIMED_OUT ||
	    !orc_own(sock)->is_synchronized)
		return;
	sim_fail(sock->host->sim, "%s: RST without a reason",
		 sock->host->name);
}

/**
 * judge_end() - The run is over: nothing may be left.
 * @sim: The run.
 */
void judge_end(struct sim *sim)
{
	struct sim_sock *sock;
	u32 i;

	for (i = 0; i < sim->nr_hosts; i++) {
		for (sock = sim->hosts[i].socks; sock; sock = sock->next)
			sim_sock_kill(sock);
	}
	if (sim->records)
		sim_fail(sim, "%llu records leaked",
			 (unsigned long long)sim->records);
}

void atcp_port_state_changed(struct atcp_conn *conn, u8 from, u8 to)
{
	struct sim_sock *sock = container_of(conn, struct sim_sock, conn);

	if (sock->phase != SIM_OPEN)
		return;
	sim_trace_state(sock, from, to);
	judge_state(sock, from, to);
}

void atcp_port_broken(struct atcp_conn *conn, const char *what)
{
	struct sim_sock *sock = container_of(conn, struct sim_sock, conn);

	sim_fail(sock->host->sim, "%s: the core says: %s", sock->host->name,
		 what);
}
