// SPDX-License-Identifier: GPL-2.0
/* The life of a connection and the user calls of RFC 9293 section 3.10. */
#include "core/embryo.h"
#include "core/internal.h"

/* RFC 6298 rule 5.7: the least time-out after a handshake that measured nothing. */
#define RTO_UNMEASURED_NS (3 * ATCP_NSEC_PER_SEC)

/* RFC 5961 section 7: how often a stray segment is worth an answer. */
#define CHALLENGE_INTERVAL_NS (500 * ATCP_NSEC_PER_MSEC)

static const char *const state_names[] = {
	[ATCP_CLOSED] = "CLOSED",
	[ATCP_LISTEN] = "LISTEN",
	[ATCP_SYN_SENT] = "SYN-SENT",
	[ATCP_SYN_RCVD] = "SYN-RECEIVED",
	[ATCP_ESTABLISHED] = "ESTABLISHED",
	[ATCP_FIN_WAIT_1] = "FIN-WAIT-1",
	[ATCP_FIN_WAIT_2] = "FIN-WAIT-2",
	[ATCP_CLOSE_WAIT] = "CLOSE-WAIT",
	[ATCP_CLOSING] = "CLOSING",
	[ATCP_LAST_ACK] = "LAST-ACK",
	[ATCP_TIME_WAIT] = "TIME-WAIT",
};

static_assert(ARRAY_SIZE(state_names) == ATCP_STATE_NR, "each state has a name");

/**
 * atcp_state_name() - RFC 9293's name of a state.
 * @state: enum atcp_state.
 *
 * Return: a string, never NULL.
 */
const char *atcp_state_name(u8 state)
{
	return state < ATCP_STATE_NR ? state_names[state] : "?";
}

/*
 * RFC 9293 figure 5, with the moves to CLOSED that reset, abort and time-out
 * make from everywhere. A child begins in SYN-RECEIVED: LISTEN was its parent's.
 */
static const u16 legal_moves[] = {
	[ATCP_CLOSED] = ATCP_IN(LISTEN) | ATCP_IN(SYN_SENT) | ATCP_IN(SYN_RCVD),
	[ATCP_LISTEN] = ATCP_IN(CLOSED),
	[ATCP_SYN_SENT] = ATCP_IN(SYN_RCVD) | ATCP_IN(ESTABLISHED) |
			  ATCP_IN(CLOSED),
	[ATCP_SYN_RCVD] = ATCP_IN(ESTABLISHED) | ATCP_IN(CLOSED),
	[ATCP_ESTABLISHED] = ATCP_IN(FIN_WAIT_1) | ATCP_IN(CLOSE_WAIT) |
			     ATCP_IN(CLOSED),
	[ATCP_FIN_WAIT_1] = ATCP_IN(FIN_WAIT_2) | ATCP_IN(CLOSING) |
			    ATCP_IN(TIME_WAIT) | ATCP_IN(CLOSED),
	[ATCP_FIN_WAIT_2] = ATCP_IN(TIME_WAIT) | ATCP_IN(CLOSED),
	[ATCP_CLOSE_WAIT] = ATCP_IN(LAST_ACK) | ATCP_IN(CLOSED),
	[ATCP_CLOSING] = ATCP_IN(TIME_WAIT) | ATCP_IN(CLOSED),
	[ATCP_LAST_ACK] = ATCP_IN(CLOSED),
	[ATCP_TIME_WAIT] = ATCP_IN(CLOSED),
};

static_assert(ARRAY_SIZE(legal_moves) == ATCP_STATE_NR, "each state has moves");

static void mark_broken(struct atcp_conn *conn, const char *what)
{
	conn->flags |= ATCP_CONN_BROKEN;
	atcp_port_broken(conn, what);
}

/**
 * atcp_conn_set_state() - Move to another state; the only way to.
 * @conn: Connection.
 * @to: New state, one that figure 5 of RFC 9293 allows from here.
 */
void atcp_conn_set_state(struct atcp_conn *conn, u8 to)
{
	u8 from = conn->state;

	if (!(legal_moves[from] & BIT(to)))
		mark_broken(conn, "illegal state move");
	conn->state = to;
	atcp_port_state_changed(conn, from, to);
}

static void clear_deadlines(struct atcp_conn *conn)
{
	int i;

	for (i = 0; i < ATCP_TIMER_NR; i++)
		conn->deadline[i] = ATCP_NEVER;
}

/**
 * atcp_conn_init() - A connection that does not exist yet: CLOSED.
 * @conn: Any memory; initialised in whole.
 * @config: Settings, copied.
 */
void atcp_conn_init(struct atcp_conn *conn, const struct atcp_config *config)
{
	memset(conn, 0, sizeof(*conn));
	INIT_LIST_HEAD(&conn->snd.flight);
	INIT_LIST_HEAD(&conn->snd.waiting);
	INIT_LIST_HEAD(&conn->snd.again);
	INIT_LIST_HEAD(&conn->rcv.ofo);
	INIT_LIST_HEAD(&conn->rcv.blocks);
	clear_deadlines(conn);
	conn->config = *config;
	conn->snd.peer_mss = ATCP_MSS_DEFAULT;
	conn->snd.path_mss = ATCP_MSS_DEFAULT;
	conn->pmtu.route = ATCP_MSS_DEFAULT;
	conn->snd.ssthresh = U32_MAX;
	conn->rcv.own_mss = ATCP_MSS_DEFAULT;
	conn->rcv.clamp = ATCP_WINDOW_MAX;
	conn->rcv.free = ATCP_MSS_DEFAULT;
	conn->rcv.full = ATCP_MSS_DEFAULT;
	atcp_rtt_init(&conn->rtt, config);
}

/**
 * atcp_conn_finish() - CLOSED, and nothing is left to do but perhaps a RST.
 * @conn: Connection.
 * @error: Why, ATCP_ERR_NONE if all went well.
 * @step: Takes the connection's records.
 */
void atcp_conn_finish(struct atcp_conn *conn, u8 error, struct atcp_step *step)
{
	list_splice_tail_init(&conn->snd.flight, &step->released);
	INIT_LIST_HEAD(&conn->snd.waiting);
	INIT_LIST_HEAD(&conn->snd.again);
	list_splice_tail_init(&conn->rcv.ofo, &step->released);
	INIT_LIST_HEAD(&conn->rcv.blocks);
	conn->rcv.nr_ofo = 0;
	conn->rcv.nr_blocks = 0;
	conn->snd.nr_flight = 0;
	conn->snd.lost = 0;
	conn->snd.dup = 0;
	conn->snd.sacked = 0;
	clear_deadlines(conn);
	conn->flags &= ~(ATCP_CONN_SEND_ACK | ATCP_CONN_SEND_SYN |
			 ATCP_CONN_SEND_PROBE | ATCP_CONN_HEAD_LOST |
			 ATCP_CONN_TAIL_PROBE);
	if (conn->state == ATCP_CLOSED)
		return;

	conn->error = error;
	conn->events |= ATCP_EV_CLOSED;
	if (error)
		conn->events |= ATCP_EV_RESET;
	if (atcp_state_in(conn, ATCP_IN(SYN_SENT) | ATCP_IN(SYN_RCVD)) && error)
		atcp_step_count(step, ATCP_MIB_ATTEMPT_FAILS);
	atcp_conn_set_state(conn, ATCP_CLOSED);
}

/**
 * atcp_conn_reset() - Tell the peer with a RST, and finish.
 * @conn: Connection.
 * @error: What the user is told.
 * @step: Takes the connection's records.
 *
 * RFC 9293 section 3.10.5: no RST where the peer knows of no connection, or has
 * nothing more to lose. In CLOSING and LAST-ACK it has: our FIN, and what goes
 * before it, is still on its way, and nobody would send that again.
 */
void atcp_conn_reset(struct atcp_conn *conn, u8 error, struct atcp_step *step)
{
	if (atcp_state_in(conn, ATCP_IN(SYN_RCVD) | ATCP_SYNCHRONIZED)) {
		conn->flags |= ATCP_CONN_SEND_RST;
		conn->rst_seq = conn->snd.nxt;
	}
	if (atcp_state_in(conn, ATCP_IN(ESTABLISHED) | ATCP_IN(CLOSE_WAIT)))
		atcp_step_count(step, ATCP_MIB_ESTAB_RESETS);
	atcp_conn_finish(conn, error, step);
}

/**
 * atcp_conn_release() - Give all records back; the connection is CLOSED after.
 * @conn: Connection, in any state.
 * @step: Takes the records.
 */
void atcp_conn_release(struct atcp_conn *conn, struct atcp_step *step)
{
	atcp_conn_finish(conn, ATCP_ERR_NONE, step);
	conn->flags &= ~ATCP_CONN_SEND_RST;
}

/* Sequence arithmetic that must hold between any two calls. */
static const char *violated(const struct atcp_conn *conn)
{
	const struct atcp_snd *snd = &conn->snd;

	if (conn->flags & ATCP_CONN_BROKEN)
		return NULL;
	if (!atcp_state_in(conn, ATCP_SYNCHRONIZED))
		return NULL;
	if (atcp_after(snd->una, snd->nxt))
		return "SND.UNA is past SND.NXT";
	if (atcp_after(snd->nxt, snd->end + 1))
		return "sent more than there is";
	if (snd->lost > snd->nxt - snd->una)
		return "more lost than sent";
	if (list_empty(&snd->flight) != !atcp_conn_flight(conn))
		return "flight and its records differ";
	return NULL;
}

/* Ends every call: a connection that contradicts itself is reset. */
static void conclude(struct atcp_conn *conn, struct atcp_step *step)
{
	const char *what = violated(conn);

	if (what)
		mark_broken(conn, what);
	if (!(conn->flags & ATCP_CONN_BROKEN) || conn->state == ATCP_CLOSED)
		return;
	atcp_step_count(step, ATCP_MIB_ABORT_FAILED);
	atcp_conn_reset(conn, ATCP_ERR_BROKEN, step);
}

/**
 * atcp_conn_listen() - Passive OPEN (RFC 9293 section 3.10.1).
 * @conn: In CLOSED.
 *
 * A listener handles no segments itself: see atcp_embryo_judge().
 */
void atcp_conn_listen(struct atcp_conn *conn)
{
	atcp_conn_set_state(conn, ATCP_LISTEN);
}

/* Numbers of the sending half when the first is @iss. */
static void begin_sending(struct atcp_conn *conn, u32 iss)
{
	struct atcp_snd *snd = &conn->snd;

	snd->iss = iss;
	snd->una = iss;
	snd->nxt = iss;
	snd->end = iss + 1;
	snd->up = iss;
	snd->psh = iss;
	snd->small_end = iss;
	snd->fack = iss;
	snd->recover = iss;
	conn->rack.dup_round = iss;
	atcp_ecn_init(conn);
}

/**
 * atcp_conn_connect() - Active OPEN (RFC 9293 section 3.10.1).
 * @conn: In CLOSED; path MSS and space are set.
 * @iss: From atcp_isn_generate().
 * @ts_offset: From atcp_isn_ts_offset().
 * @step: The time.
 */
void atcp_conn_connect(struct atcp_conn *conn, u32 iss, u32 ts_offset,
		       struct atcp_step *step)
{
	begin_sending(conn, iss);
	conn->ts_offset = ts_offset;
	conn->heard_ns = step->now;
	conn->rcv.wscale = atcp_window_scale(conn->rcv.clamp);
	conn->flags |= ATCP_CONN_SEND_SYN;
	atcp_conn_update_mss(conn);
	atcp_step_count(step, ATCP_MIB_ACTIVE_OPENS);
	atcp_conn_set_state(conn, ATCP_SYN_SENT);
	atcp_timeout_progress(conn, step->now);
}

/**
 * atcp_conn_accept() - Make a connection of an embryo whose last ACK is here.
 * @conn: In CLOSED, with the listener's settings; path MSS and space are set.
 * @embryo: Left as it is.
 * @step: The time.
 *
 * In SYN-RECEIVED afterwards: give it the segment that brought the ACK.
 */
void atcp_conn_accept(struct atcp_conn *conn, const struct atcp_embryo *embryo,
		      struct atcp_step *step)
{
	begin_sending(conn, embryo->iss);
	conn->snd.nxt = embryo->iss + 1;
	conn->snd.peer_mss = embryo->peer_mss;
	conn->snd.wscale = embryo->snd_wscale;
	conn->rcv.irs = embryo->irs;
	conn->rcv.nxt = embryo->irs + 1;
	conn->rcv.acked = conn->rcv.nxt;
	conn->rcv.adv = conn->rcv.nxt + embryo->window;
	conn->rcv.own_mss = embryo->own_mss;
	conn->rcv.wscale = embryo->rcv_wscale;
	conn->use = embryo->use;
	atcp_ecn_accept(conn, embryo->ecn, embryo->may_mark);
	conn->ts_offset = embryo->ts_offset;
	conn->ts_recent = embryo->ts_recent;
	conn->ts_recent_ns = embryo->use & ATCP_HAS_TS ? step->now : 0;
	conn->syn_ns = embryo->syn_ns;
	conn->syn_tries = embryo->tries;
	conn->rtt.backoff = embryo->tries > 1 ? embryo->tries - 1 : 0;
	conn->heard_ns = step->now;
	atcp_conn_update_mss(conn);
	atcp_step_count(step, ATCP_MIB_PASSIVE_OPENS);
	atcp_conn_set_state(conn, ATCP_SYN_RCVD);
}

/**
 * atcp_conn_establish() - The handshake is complete.
 * @conn: In SYN-SENT or SYN-RECEIVED; its SYN has just been acknowledged.
 * @step: The time.
 */
void atcp_conn_establish(struct atcp_conn *conn, struct atcp_step *step)
{
	u8 nr_lost = conn->rtt.backoff; /* SYNs, or what answered them */

	/* Karn: a SYN sent twice measures nothing; RFC 6298 rule 5.7. */
	if (nr_lost)
		conn->rtt.rto_ns = max_t(u64, conn->rtt.rto_ns,
					 RTO_UNMEASURED_NS);
	else if (conn->syn_tries == 1 && conn->syn_ns)
		atcp_rtt_sample(&conn->rtt, &conn->config,
				step->now - conn->syn_ns, 1, 1);
	conn->rtt.backoff = 0;
	conn->probes = 0;
	conn->retrans_ns = 0;
	conn->deadline[ATCP_TIMER_RETRANSMIT] = ATCP_NEVER;
	conn->flags &= ~ATCP_CONN_SEND_SYN;

	atcp_pmtu_establish(conn);
	/*
	 * RFC 5681 section 3.1: a lost SYN costs the initial window. That was when the
	 * first time-out came after 3 s. After 1 s it says less: the second one does.
	 */
	conn->snd.cwnd = conn->snd.mss *
			 (nr_lost > 1 ? 1 : conn->config.initial_cwnd);
	atcp_cc_start(conn);
	conn->sent_ns = step->now;
	conn->rcv.quick = ATCP_QUICK_ACKS;
	conn->rcv.seen_mss = min_t(u16, conn->rcv.own_mss, ATCP_MSS_DEFAULT);

	atcp_conn_set_state(conn, ATCP_ESTABLISHED);
	conn->events |= ATCP_EV_ESTABLISHED | ATCP_EV_WRITABLE;
	if (conn->flags & ATCP_CONN_KEEPALIVE)
		atcp_conn_set_keepalive(conn, true, step->now);
	atcp_timeout_progress(conn, step->now);
	if (conn->flags & ATCP_CONN_SHUT)
		atcp_conn_set_state(conn, ATCP_FIN_WAIT_1);
}

/**
 * atcp_conn_written() - SEND (RFC 9293 section 3.10.2): there is more to send.
 * @conn: Any state in which the user may send.
 * @bytes: How many bytes the caller has added to its send buffer.
 * @flags: ATCP_WRITE_*.
 * @step: The time.
 */
void atcp_conn_written(struct atcp_conn *conn, u32 bytes, u8 flags,
		       struct atcp_step *step)
{
	struct atcp_snd *snd = &conn->snd;

	if (snd->una == snd->end && conn->config.user_timeout_ms)
		conn->deadline[ATCP_TIMER_USER] =
			step->now + atcp_ms_to_ns(conn->config.user_timeout_ms);
	snd->end += bytes;
	if (flags & ATCP_WRITE_PUSH)
		snd->psh = snd->end;
	if (flags & ATCP_WRITE_MORE)
		conn->flags |= ATCP_CONN_MORE;
	else
		conn->flags &= ~ATCP_CONN_MORE;
	if (flags & ATCP_WRITE_URGENT) {
		/* RFC 9293 section 3.8.5: told at once, window or not. */
		snd->up = snd->end;
		conn->flags |= ATCP_CONN_URG_OUT | ATCP_CONN_SEND_ACK;
	}
}

/**
 * atcp_conn_read() - RECEIVE (RFC 9293 section 3.10.3): the user has read.
 * @conn: Any state. atcp_conn_set_space() has been told the new room.
 * @step: The time.
 */
void atcp_conn_read(struct atcp_conn *conn, struct atcp_step *step)
{
	if (!atcp_state_in(conn, ATCP_IN(ESTABLISHED) | ATCP_IN(FIN_WAIT_1) |
				 ATCP_IN(FIN_WAIT_2)))
		return;
	if (!atcp_window_wants_update(conn))
		return;
	conn->flags &= ~ATCP_CONN_NO_ROOM;
	conn->flags |= ATCP_CONN_SEND_ACK;
	atcp_step_count(step, ATCP_MIB_WINDOW_UPDATES);
}

/**
 * atcp_conn_shutdown() - CLOSE (RFC 9293 section 3.10.4): no more to send.
 * @conn: Any state; where there is nothing to close, nothing happens.
 * @step: The time.
 *
 * What has been written still goes out, then FIN. Receiving goes on.
 */
void atcp_conn_shutdown(struct atcp_conn *conn, struct atcp_step *step)
{
	switch ((enum atcp_state)conn->state) {
	case ATCP_LISTEN:
	case ATCP_SYN_SENT:
		atcp_conn_finish(conn, ATCP_ERR_NONE, step);
		return;
	case ATCP_SYN_RCVD: /* goes to FIN-WAIT-1 by way of ESTABLISHED */
		conn->flags |= ATCP_CONN_SHUT;
		return;
	case ATCP_ESTABLISHED:
		conn->flags |= ATCP_CONN_SHUT;
		atcp_conn_set_state(conn, ATCP_FIN_WAIT_1);
		return;
	case ATCP_CLOSE_WAIT:
		conn->flags |= ATCP_CONN_SHUT;
		atcp_conn_set_state(conn, ATCP_LAST_ACK);
		return;
	case ATCP_CLOSED:
	case ATCP_FIN_WAIT_1:
	case ATCP_FIN_WAIT_2:
	case ATCP_CLOSING:
	case ATCP_LAST_ACK:
	case ATCP_TIME_WAIT:
	case ATCP_STATE_NR:
		return;
	}
}

/**
 * atcp_conn_close() - The user goes away for good.
 * @conn: Any state.
 * @has_unread: Data has arrived that nobody will read: RFC 9293 section 3.6.1
 *	and RFC 2525 section 2.17 want a RST, so that the peer learns of the loss.
 * @step: The time.
 */
void atcp_conn_close(struct atcp_conn *conn, bool has_unread,
		     struct atcp_step *step)
{
	conn->flags |= ATCP_CONN_ORPHAN | ATCP_CONN_NO_READ;
	conn->flags &= ~(ATCP_CONN_CORK | ATCP_CONN_MORE);
	if (has_unread) {
		atcp_step_count(step, ATCP_MIB_ABORT_ON_CLOSE);
		atcp_conn_reset(conn, ATCP_ERR_NONE, step);
		return;
	}
	atcp_conn_shutdown(conn, step);
	if (conn->state == ATCP_FIN_WAIT_2)
		atcp_conn_fin_wait_2(conn, step);
}

/**
 * atcp_conn_abort() - ABORT (RFC 9293 section 3.10.5).
 * @conn: Any state.
 * @step: Takes the connection's records. poll_tx() has the RST, if one is due.
 */
void atcp_conn_abort(struct atcp_conn *conn, struct atcp_step *step)
{
	atcp_conn_reset(conn, ATCP_ERR_NONE, step);
}

/**
 * atcp_conn_fin_wait_2() - An orphan in FIN-WAIT-2 waits only for so long.
 * @conn: In FIN-WAIT-2; nothing happens unless the user has gone.
 * @step: The time.
 */
void atcp_conn_fin_wait_2(struct atcp_conn *conn, struct atcp_step *step)
{
	if (!(conn->flags & ATCP_CONN_ORPHAN))
		return;
	if (!conn->config.fin_timeout_ms) {
		atcp_conn_reset(conn, ATCP_ERR_NONE, step);
		return;
	}
	conn->deadline[ATCP_TIMER_FIN_WAIT_2] =
		step->now + atcp_ms_to_ns(conn->config.fin_timeout_ms);
}

/**
 * atcp_conn_time_wait() - Both FINs are acknowledged, ours was first.
 * @conn: In FIN-WAIT-1, FIN-WAIT-2 or CLOSING.
 */
void atcp_conn_time_wait(struct atcp_conn *conn)
{
	clear_deadlines(conn);
	atcp_conn_set_state(conn, ATCP_TIME_WAIT);
	conn->events |= ATCP_EV_TIME_WAIT;
}

/**
 * atcp_conn_set_space() - Room for received data.
 * @conn: Any state.
 * @free: Bytes that fit beyond what the user has yet to read, what has come out of
 *	order among them.
 * @full: Bytes that fit when nothing is queued.
 *
 * May go down as well as up; a window once offered is kept.
 */
void atcp_conn_set_space(struct atcp_conn *conn, u32 free, u32 full)
{
	conn->rcv.free = free;
	conn->rcv.full = full;
}

/**
 * atcp_conn_set_keepalive() - Turn keepalive on or off, or use new settings.
 * @conn: Any state.
 * @on: Probe an idle peer.
 * @now: Time, ns.
 */
void atcp_conn_set_keepalive(struct atcp_conn *conn, bool on, u64 now)
{
	if (!on) {
		conn->flags &= ~ATCP_CONN_KEEPALIVE;
		conn->deadline[ATCP_TIMER_KEEPALIVE] = ATCP_NEVER;
		return;
	}
	conn->flags |= ATCP_CONN_KEEPALIVE;
	if (!atcp_state_in(conn, ATCP_SYNCHRONIZED))
		return; /* begins when the connection does */
	conn->deadline[ATCP_TIMER_KEEPALIVE] =
		max_t(u64, now, conn->heard_ns + conn->config.keepalive_idle_s *
					 ATCP_NSEC_PER_SEC);
}

/**
 * atcp_conn_set_user_timeout() - How long data may go unacknowledged.
 * @conn: Any state.
 * @ms: Milliseconds; 0 for no limit.
 * @now: Time, ns.
 *
 * RFC 9293 section 3.10.8, RFC 5482. Counts from now if something is waiting.
 */
void atcp_conn_set_user_timeout(struct atcp_conn *conn, u32 ms, u64 now)
{
	conn->config.user_timeout_ms = ms;
	atcp_timeout_progress(conn, now);
}

/**
 * atcp_conn_set_quickack() - Acknowledge at once for a while, or delay again.
 * @conn: Any state.
 * @on: At once.
 */
void atcp_conn_set_quickack(struct atcp_conn *conn, bool on)
{
	conn->rcv.quick = on ? ATCP_QUICK_ACKS : 0;
	if (on && conn->deadline[ATCP_TIMER_DELACK] != ATCP_NEVER)
		conn->flags |= ATCP_CONN_SEND_ACK;
}

/**
 * atcp_conn_may_challenge() - Is an answer to a stray segment due?
 * @challenge_ns: Not before this; moved on if the answer is yes.
 * @step: The time.
 *
 * RFC 5961 section 7: who sends strays at will shall not get as many answers.
 *
 * Return: true if one may be sent.
 */
bool atcp_conn_may_challenge(u64 *challenge_ns, struct atcp_step *step)
{
	if (step->now < *challenge_ns) {
		atcp_step_count(step, ATCP_MIB_CHALLENGE_LIMITED);
		return false;
	}
	*challenge_ns = step->now + CHALLENGE_INTERVAL_NS;
	atcp_step_count(step, ATCP_MIB_CHALLENGE_ACKS);
	return true;
}

/**
 * atcp_conn_challenge() - Answer a suspicious segment with an ACK, not too often.
 * @conn: Connection.
 * @step: The time.
 */
void atcp_conn_challenge(struct atcp_conn *conn, struct atcp_step *step)
{
	if (atcp_conn_may_challenge(&conn->challenge_ns, step))
		conn->flags |= ATCP_CONN_SEND_ACK;
}

/**
 * atcp_conn_ts_now() - The timestamp clock.
 * @ts_offset: The connection's.
 * @now: Time, ns.
 *
 * RFC 7323 section 4.1: one tick is 1 ms.
 *
 * Return: TSval.
 */
u32 atcp_conn_ts_now(u32 ts_offset, u64 now)
{
	return (u32)div_u64(now, ATCP_NSEC_PER_MSEC) + ts_offset;
}

/**
 * atcp_conn_handle_segment() - A segment has arrived (RFC 9293 section 3.10.7).
 * @conn: In any state but CLOSED, LISTEN and TIME-WAIT.
 * @seg: Parsed, checksum verified.
 * @step: In: time and spare. Out: what to do with payload and records.
 */
void atcp_conn_handle_segment(struct atcp_conn *conn,
			      const struct atcp_seg *seg,
			      struct atcp_step *step)
{
	atcp_input_segment(conn, seg, step);
	conclude(conn, step);
}

/**
 * atcp_conn_handle_timeout() - Do what is due (RFC 9293 section 3.10.8).
 * @conn: Any state. Being called early does no harm.
 * @step: The time.
 */
void atcp_conn_handle_timeout(struct atcp_conn *conn, struct atcp_step *step)
{
	atcp_timeout_run(conn, step);
	conclude(conn, step);
}

/**
 * atcp_conn_poll_tx() - The next segment or burst to send.
 * @conn: Any state, CLOSED too: it may owe a RST.
 * @step: In: time, and a spare record, without which nothing new is sent.
 * @tx: Filled in.
 *
 * Call again until there is nothing more, each time with a spare.
 *
 * Return: false if there is nothing to send now.
 */
bool atcp_conn_poll_tx(struct atcp_conn *conn, struct atcp_step *step,
		       struct atcp_tx *tx)
{
	bool has_tx = atcp_output_next(conn, step, tx);

	conclude(conn, step);
	return has_tx;
}

/**
 * atcp_conn_poll_deadline() - When to call atcp_conn_handle_timeout().
 * @conn: Any state.
 *
 * Return: time in ns, ATCP_NEVER if nothing is waited for.
 */
u64 atcp_conn_poll_deadline(const struct atcp_conn *conn)
{
	u64 first = ATCP_NEVER;
	int i;

	for (i = 0; i < ATCP_TIMER_NR; i++)
		first = min(first, conn->deadline[i]);
	return first;
}

/**
 * atcp_conn_poll_events() - What has happened since the last call.
 * @conn: Any state.
 *
 * Return: a set of ATCP_EV_*.
 */
u16 atcp_conn_poll_events(struct atcp_conn *conn)
{
	u16 events = conn->events;

	conn->events = 0;
	return events;
}
