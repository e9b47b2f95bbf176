// SPDX-License-Identifier: GPL-2.0
/*
 * What to send next. In this order: a RST, a SYN, what is lost, what is new, a
 * probe, and if none of these carried it, an acknowledgment by itself.
 */
#include "core/internal.h"

/**
 * atcp_output_init_tx() - A segment without payload, options or ACK.
 * @tx: Filled in, but for the options' octets.
 * @seq: Sequence number.
 * @flags: ATCP_F_*.
 */
void atcp_output_init_tx(struct atcp_tx *tx, u32 seq, u16 flags)
{
	memset(tx, 0, offsetof(struct atcp_tx, opt));
	tx->seq = seq;
	tx->flags = flags;
}

/* RFC 9293 section 3.8.5: any segment tells of urgent data that is ahead. */
static void add_urgent(const struct atcp_conn *conn, struct atcp_tx *tx)
{
	if (!(conn->flags & ATCP_CONN_URG_OUT) ||
	    !atcp_after(conn->snd.up, tx->seq))
		return;
	tx->flags |= ATCP_F_URG;
	tx->urg = (u16)min_t(u32, conn->snd.up - tx->seq, 0xffff);
}

static struct atcp_opts timestamps(const struct atcp_conn *conn,
				   const struct atcp_step *step)
{
	return (struct atcp_opts){
		.has = conn->use & ATCP_HAS_TS,
		.ts_val = atcp_conn_ts_now(conn->ts_offset, step->now),
		.ts_ecr = conn->ts_recent,
	};
}

/*
 * What every segment of a synchronized connection carries. SACK blocks are for
 * those without payload: a full segment has no room for them. Then the ACK is still
 * due, and goes by itself.
 */
static void add_ack(struct atcp_conn *conn, struct atcp_step *step,
		    struct atcp_tx *tx)
{
	struct atcp_opts opts = timestamps(conn, step);

	tx->flags |= ATCP_F_ACK;
	tx->ack = conn->rcv.nxt;
	tx->wnd = atcp_window_offer(conn, step);
	tx->mss = conn->snd.mss;
	if (!tx->len || !atcp_sack_waits(conn))
		conn->flags &= ~ATCP_CONN_SEND_ACK;
	if (!tx->len)
		atcp_sack_tell(conn, &opts, step);
	atcp_ecn_send(conn, tx, &opts);
	tx->opt_len = atcp_seg_build_opts(tx->opt, &opts);
	add_urgent(conn, tx);

	conn->rcv.acked = conn->rcv.nxt;
	conn->deadline[ATCP_TIMER_DELACK] = ATCP_NEVER;
}

/*
 * An abort's RST carries an ACK as well, for those on the way who look at it; one
 * that refuses an ACK bears that ACK's number alone (RFC 9293 section 3.5.2).
 */
static bool next_rst(struct atcp_conn *conn, struct atcp_step *step,
		     struct atcp_tx *tx)
{
	if (!(conn->flags & ATCP_CONN_SEND_RST))
		return false;
	conn->flags &= ~ATCP_CONN_SEND_RST;
	atcp_output_init_tx(tx, conn->rst_seq, ATCP_F_RST);
	if (conn->state == ATCP_CLOSED) {
		struct atcp_opts opts = timestamps(conn, step);

		tx->flags |= ATCP_F_ACK;
		tx->ack = conn->rcv.nxt;
		/* RFC 7323 section 3.2 */
		tx->opt_len = atcp_seg_build_opts(tx->opt, &opts);
	}
	atcp_step_count(step, ATCP_MIB_OUT_RSTS);
	return true;
}

/* Options of a SYN: what we offer; of a SYN+ACK: what is agreed on. */
static void add_syn_opts(const struct atcp_conn *conn, struct atcp_step *step,
			 struct atcp_tx *tx)
{
	struct atcp_opts opts = {
		.has = ATCP_HAS_MSS | (tx->flags & ATCP_F_ACK ?
					       conn->use : conn->config.use),
		.mss = conn->rcv.own_mss,
		.wscale = conn->rcv.wscale,
		.ts_val = atcp_conn_ts_now(conn->ts_offset, step->now),
		.ts_ecr = tx->flags & ATCP_F_ACK ? conn->ts_recent : 0,
	};

	tx->opt_len = atcp_seg_build_opts(tx->opt, &opts);
}

static void arm_retransmit(struct atcp_conn *conn, u64 now)
{
	conn->deadline[ATCP_TIMER_RETRANSMIT] =
		now + atcp_rtt_rto_ns(&conn->rtt, &conn->config);
}

static bool next_syn(struct atcp_conn *conn, struct atcp_step *step,
		     struct atcp_tx *tx)
{
	if (!(conn->flags & ATCP_CONN_SEND_SYN))
		return false;

	conn->flags &= ~(ATCP_CONN_SEND_SYN | ATCP_CONN_SEND_ACK);
	atcp_output_init_tx(tx, conn->snd.iss, ATCP_F_SYN);
	tx->flags |= conn->state == ATCP_SYN_RCVD ?
			     atcp_ecn_synack(conn->ecn.mode, conn->ecn.synack) :
			     atcp_ecn_syn(conn);
	tx->is_again = conn->snd.nxt != conn->snd.iss;
	tx->wnd = atcp_window_offer_syn(conn);
	if (conn->state == ATCP_SYN_RCVD) {
		tx->flags |= ATCP_F_ACK;
		tx->ack = conn->rcv.nxt;
		conn->rcv.adv = atcp_seq_max(conn->rcv.adv,
					     conn->rcv.nxt + tx->wnd);
	}
	add_syn_opts(conn, step, tx);

	conn->snd.nxt = conn->snd.iss + 1;
	conn->syn_ns = step->now;
	conn->syn_tries++;
	if (conn->syn_tries > 1)
		atcp_step_count(step, conn->state == ATCP_SYN_RCVD ?
					      ATCP_MIB_SYNACK_RETRANS :
					      ATCP_MIB_SYN_RETRANS);
	arm_retransmit(conn, step->now);
	return true;
}

/* Duplicate or partial ACKs have told that the first segment is lost. */
static void mark_head(struct atcp_conn *conn, struct atcp_step *step)
{
	struct atcp_burst *head;
	u32 cut;

	if (!(conn->flags & ATCP_CONN_HEAD_LOST) ||
	    list_empty(&conn->snd.flight))
		return;
	head = list_first_entry(&conn->snd.flight, struct atcp_burst, link);
	cut = head->seq + conn->snd.mss;
	if (atcp_before(cut, head->end) && !(head->flags & ATCP_BURST_LOST) &&
	    !atcp_loss_split(conn, head, cut, step))
		return; /* no record: the timer will see to it */
	conn->flags &= ~ATCP_CONN_HEAD_LOST;
	atcp_loss_mark(conn, head);
}

/* On a path with huge packets one segment is more than a usual burst. */
static u32 burst_max(const struct atcp_conn *conn)
{
	return max_t(u32, min_t(u32, ATCP_BURST_MAX, atcp_pacing_burst(conn)),
		     conn->snd.mss);
}

/*
 * How much of a lost range may go now, bytes. The first segment in flight always
 * may: retransmission does not wait for a window that has closed meanwhile
 * (RFC 9293 section 3.8.6.1), nor, when nothing else is under way, for cwnd.
 */
static u32 again_len(const struct atcp_conn *conn,
		     const struct atcp_burst *burst)
{
	const struct atcp_snd *snd = &conn->snd;
	u32 pipe = atcp_loss_pipe(conn);
	u32 len = burst->end - burst->seq;
	u32 room = snd->cwnd > pipe ? snd->cwnd - pipe : 0;
	u32 edge = snd->una + snd->wnd;

	if (len > room)
		len = rounddown(room, snd->mss);
	if (atcp_after(burst->seq + len, edge))
		len = atcp_after(edge, burst->seq) ? edge - burst->seq : 0;
	if (!len && burst->seq == snd->una)
		len = min_t(u32, burst->end - burst->seq, snd->mss);
	return min(len, burst_max(conn));
}

/* The segment, or the burst, that carries what @burst describes. */
static void fill_burst(struct atcp_conn *conn, const struct atcp_burst *burst,
		       struct atcp_step *step, struct atcp_tx *tx)
{
	atcp_output_init_tx(tx, burst->seq, 0);
	tx->is_again = burst->flags & ATCP_BURST_RETRANS;
	tx->len = burst->end - burst->seq;
	if (burst->flags & ATCP_BURST_FIN) {
		tx->flags |= ATCP_F_FIN;
		tx->len--;
	}
	if (burst->flags & ATCP_BURST_PSH)
		tx->flags |= ATCP_F_PSH;
	add_ack(conn, step, tx);
}

/* @burst, which has been sent before, goes again, whole. */
static void send_again(struct atcp_conn *conn, struct atcp_burst *burst,
		       struct atcp_step *step, struct atcp_tx *tx)
{
	atcp_pmtu_sent_again(conn, burst);
	atcp_loss_settle(conn, burst);
	burst->flags |= ATCP_BURST_RETRANS;
	atcp_loss_sent(conn, burst, step->now);
	fill_burst(conn, burst, step, tx);

	atcp_undo_sent_again(conn, burst, step->now);
	atcp_rate_sent(conn, burst, step->now);
	atcp_pacing_sent(conn, burst->end - burst->seq, step->now);
	if (!conn->retrans_ns)
		conn->retrans_ns = step->now;
	conn->sent_ns = step->now;
	conn->retrans_total += DIV_ROUND_UP(burst->end - burst->seq,
					    conn->snd.mss);
	conn->snd.prr_out += burst->end - burst->seq;
	atcp_step_count(step, ATCP_MIB_RETRANS);
}

/* Send again the first range that is deemed lost. */
static bool next_again(struct atcp_conn *conn, struct atcp_step *step,
		       struct atcp_tx *tx)
{
	struct atcp_burst *burst;
	u32 len;

	mark_head(conn, step);
	burst = atcp_loss_first(conn);
	if (!burst || conn->undo.frto == ATCP_FRTO_SECOND ||
	    atcp_pacing_holds(conn, step->now))
		return false;
	len = again_len(conn, burst);
	/* An urgent pointer is counted from its segment: one at a time. */
	if (conn->flags & ATCP_CONN_URG_OUT)
		len = min_t(u32, len, conn->snd.mss);
	if (!len || (len < burst->end - burst->seq &&
		     !atcp_loss_split(conn, burst, burst->seq + len, step)))
		return false;

	send_again(conn, burst, step, tx);
	/* The first one has a whole time-out to be acknowledged in. */
	if (burst->seq == conn->snd.una)
		arm_retransmit(conn, step->now);
	return true;
}

/* RFC 5681 section 4.1: after a long silence the old window says nothing. */
static void restart_if_idle(struct atcp_conn *conn, struct atcp_step *step)
{
	struct atcp_snd *snd = &conn->snd;
	u32 initial = snd->mss * conn->config.initial_cwnd;

	if (atcp_conn_flight(conn) || atcp_cc_owns_cwnd(conn))
		return;
	atcp_cc_idle(conn, step->now);
	if (snd->cwnd <= initial ||
	    step->now - conn->sent_ns <= conn->rtt.rto_ns)
		return;
	atcp_cc_restart(conn, initial);
	atcp_step_count(step, ATCP_MIB_IDLE_RESTARTS);
}

/* What is left of the peer's window, bytes from SND.NXT. */
static u32 usable_window(const struct atcp_snd *snd)
{
	u32 edge = snd->una + snd->wnd;

	return atcp_after(edge, snd->nxt) ? edge - snd->nxt : 0;
}

/*
 * May the last, partial segment of what is buffered go? Nagle (RFC 9293 section
 * 3.7.4) as amended by Minshall: it waits only for another partial one.
 */
static bool may_send_tail(const struct atcp_conn *conn)
{
	const struct atcp_snd *snd = &conn->snd;

	if (conn->flags & (ATCP_CONN_SHUT | ATCP_CONN_OVERRIDE))
		return true;
	if (conn->flags & ATCP_CONN_URG_OUT && atcp_after(snd->up, snd->nxt))
		return true;
	if (conn->flags & (ATCP_CONN_CORK | ATCP_CONN_MORE))
		return false;
	return conn->flags & ATCP_CONN_NODELAY ||
	       !atcp_after(snd->small_end, snd->una);
}

/*
 * Silly-window avoidance on the sending side (RFC 9293 section 3.8.6.2.1): a
 * piece cut off by the peer's window goes only if it is half the largest window
 * ever, or the override timer has let it.
 */
static bool may_send_cut(const struct atcp_conn *conn, u32 usable)
{
	if (conn->flags & ATCP_CONN_OVERRIDE)
		return true;
	return !atcp_conn_flight(conn) && usable >= conn->snd.max_wnd / 2;
}

/*
 * How much new payload may go now, bytes: whole segments, and a partial one at
 * the end where that is allowed. Notes whether cwnd was what held data back.
 */
static u32 new_len(struct atcp_conn *conn)
{
	struct atcp_snd *snd = &conn->snd;
	u32 unsent = atcp_conn_unsent(conn);
	u32 usable = usable_window(snd);
	u32 pipe = atcp_loss_pipe(conn);
	/* The MSS may have grown above it: one segment always may go. */
	u32 cwnd = max_t(u32, snd->cwnd, snd->mss);
	u32 room = cwnd > pipe ? cwnd - pipe : 0;
	u32 len = min(min(unsent, usable), burst_max(conn));
	u32 tail;

	conn->flags &= ~ATCP_CONN_CWND_LIMITED;
	if (min(unsent, usable) > room && atcp_pacing_is_by_window(conn))
		conn->flags |= ATCP_CONN_CWND_LIMITED;
	if (len > room) {
		conn->flags |= ATCP_CONN_CWND_LIMITED;
		return rounddown(room, snd->mss);
	}
	tail = len % snd->mss;
	if (!tail)
		return len;
	/* cwnd is bytes, but a network counts packets too: tiny ones wait. */
	if (tail == len && (u64)snd->nr_flight * snd->mss >= cwnd) {
		conn->flags |= ATCP_CONN_CWND_LIMITED;
		return 0;
	}
	if (len == unsent ? may_send_tail(conn) :
	    len == usable && len < snd->mss && may_send_cut(conn, usable))
		return len;
	return len - tail;
}

/* Does the FIN go along, or alone, after @len more bytes? */
static bool may_send_fin(const struct atcp_conn *conn, u32 len)
{
	return conn->flags & ATCP_CONN_SHUT &&
	       !(conn->flags & ATCP_CONN_FIN_SENT) &&
	       len == atcp_conn_unsent(conn) &&
	       usable_window(&conn->snd) > len;
}

static bool is_pushed(const struct atcp_snd *snd, u32 end)
{
	return end == snd->end ||
	       (atcp_after(snd->psh, snd->nxt) && !atcp_after(snd->psh, end));
}

/* Enter what is about to be sent for the first time into the books. */
static struct atcp_burst *record_new(struct atcp_conn *conn, u32 len,
				     bool has_fin, struct atcp_step *step)
{
	struct atcp_snd *snd = &conn->snd;
	struct atcp_burst *burst = atcp_step_take(step);

	burst->payload = NULL;
	burst->skip = 0;
	burst->seq = snd->nxt;
	burst->end = snd->nxt + len + has_fin;
	burst->flags = has_fin ? ATCP_BURST_FIN : 0;
	if (len && is_pushed(snd, snd->nxt + len))
		burst->flags |= ATCP_BURST_PSH;
	list_add_tail(&burst->link, &snd->flight);
	atcp_loss_sent(conn, burst, step->now);
	snd->nr_flight++;

	snd->nxt = burst->end;
	atcp_rate_sent(conn, burst, step->now);
	atcp_pacing_sent(conn, burst->end - burst->seq, step->now);
	snd->prr_out += len;
	if (len % snd->mss)
		snd->small_end = snd->nxt;
	if (has_fin)
		conn->flags |= ATCP_CONN_FIN_SENT;
	if (conn->deadline[ATCP_TIMER_USER] == ATCP_NEVER)
		atcp_timeout_progress(conn, step->now); /* a FIN alone */
	conn->sent_ns = step->now;
	return burst;
}

/* The window has opened: what the persist timer counted is over. */
static void leave_persist(struct atcp_conn *conn)
{
	if (conn->deadline[ATCP_TIMER_PERSIST] != ATCP_NEVER) {
		conn->deadline[ATCP_TIMER_PERSIST] = ATCP_NEVER;
		conn->rtt.backoff = 0;
	}
	conn->flags &= ~(ATCP_CONN_OVERRIDE | ATCP_CONN_SEND_PROBE);
}

/*
 * RFC 4821 section 7.4: the payload of a probe, if what follows it will tell of its
 * loss; 0: no probe now.
 */
static u32 mtu_probe_len(struct atcp_conn *conn, u64 now)
{
	const struct atcp_snd *snd = &conn->snd;
	u32 len, enough;

	if (conn->flags & ATCP_CONN_URG_OUT || atcp_ecn_claims(conn))
		return 0;
	len = atcp_pmtu_probe_len(conn, now);
	enough = len + ATCP_DUP_THRESHOLD * snd->mss;
	return min(min(atcp_conn_unsent(conn), usable_window(snd)),
		   snd->cwnd) < enough ? 0 : len;
}

/* A probe goes whole or not at all: other data waits until cwnd has room for it. */
static u32 probe_or_nothing(struct atcp_conn *conn, u32 len)
{
	if (atcp_loss_pipe(conn) + len <= conn->snd.cwnd)
		return len;
	conn->flags |= ATCP_CONN_CWND_LIMITED;
	return 0;
}

/* @burst is as long as the path may take: one segment, and for Nagle no small one. */
static void fill_probe(struct atcp_conn *conn, const struct atcp_burst *burst,
		       u32 small_end, struct atcp_step *step, struct atcp_tx *tx)
{
	atcp_pmtu_probe_sent(conn, burst->seq, step);
	conn->snd.small_end = small_end;
	fill_burst(conn, burst, step, tx);
	tx->mss = (u16)tx->len;
}

/* Send what has never been sent. */
static bool next_new(struct atcp_conn *conn, struct atcp_step *step,
		     struct atcp_tx *tx)
{
	u32 small_end = conn->snd.small_end;
	struct atcp_burst *burst;
	bool has_fin;
	u32 len, probe;

	if (!atcp_conn_has_unsent(conn) || list_empty(&step->spares) ||
	    atcp_pacing_holds(conn, step->now))
		return false;
	restart_if_idle(conn, step);
	atcp_cc_sent(conn, step->now);
	probe = mtu_probe_len(conn, step->now);
	len = probe ? probe_or_nothing(conn, probe) : new_len(conn);
	if (conn->flags & ATCP_CONN_URG_OUT || atcp_ecn_claims(conn))
		len = min_t(u32, len, conn->snd.mss);
	has_fin = may_send_fin(conn, len);
	if (!len && !has_fin)
		return false;

	leave_persist(conn);
	/* Data that answers carries the ACK: this is a conversation. */
	if (conn->deadline[ATCP_TIMER_DELACK] != ATCP_NEVER)
		conn->rcv.quick = 0;
	burst = record_new(conn, len, has_fin, step);
	if (probe)
		fill_probe(conn, burst, small_end, step, tx);
	else
		fill_burst(conn, burst, step, tx);
	if (conn->deadline[ATCP_TIMER_RETRANSMIT] == ATCP_NEVER)
		arm_retransmit(conn, step->now);
	atcp_tlp_schedule(conn);
	return true;
}

/*
 * RFC 5682 step 2b: after a time-out new data goes, if any may, before anything is sent
 * again for the second time: its acknowledgment tells what has become of the rest.
 */
static bool next_frto(struct atcp_conn *conn, struct atcp_step *step,
		      struct atcp_tx *tx)
{
	if (conn->undo.frto != ATCP_FRTO_ASK)
		return false;
	conn->undo.frto = next_new(conn, step, tx) ? ATCP_FRTO_SECOND :
						     ATCP_FRTO_OFF;
	return conn->undo.frto;
}

/*
 * RFC 8985 section 7.3: new data if it may go, were it not for cwnd or Nagle. But a
 * segment beyond cwnd, and not one more where a reduction has left more under way.
 */
static u32 tail_probe_len(const struct atcp_conn *conn)
{
	u32 unsent = atcp_conn_unsent(conn);
	u32 len = min_t(u32, unsent, conn->snd.mss);

	if (atcp_loss_pipe(conn) > max_t(u32, conn->snd.cwnd, conn->snd.mss))
		return 0;
	return len <= usable_window(&conn->snd) ? len : 0;
}

/* A tail loss probe: one segment, new if there is one, else the last once more. */
static bool next_tail_probe(struct atcp_conn *conn, struct atcp_step *step,
			    struct atcp_tx *tx)
{
	struct atcp_burst *burst;
	bool is_again;
	u32 len;

	if (!atcp_tlp_is_due(conn) || list_empty(&step->spares))
		return false;
	len = tail_probe_len(conn);
	is_again = !len;
	if (is_again) {
		burst = atcp_tlp_last(conn, step);
		send_again(conn, burst, step, tx);
	} else {
		burst = record_new(conn, len, may_send_fin(conn, len), step);
		fill_burst(conn, burst, step, tx);
	}
	arm_retransmit(conn, step->now);
	atcp_tlp_sent(conn, is_again, step);
	return true;
}

/*
 * A segment one below the peer's window: it has to answer with where it stands.
 * It retransmits an octet's number, not its value (RFC 9293 section 3.8.4 and
 * 3.8.6.1), so the peer need not have room.
 */
static bool next_probe(struct atcp_conn *conn, struct atcp_step *step,
		       struct atcp_tx *tx)
{
	if (!(conn->flags & ATCP_CONN_SEND_PROBE))
		return false;
	conn->flags &= ~(ATCP_CONN_SEND_PROBE | ATCP_CONN_OVERRIDE);
	atcp_output_init_tx(tx, conn->snd.una - 1, 0);
	add_ack(conn, step, tx);
	/* Its number is too low for URG to be heard: say that in an ACK. */
	if (conn->flags & ATCP_CONN_URG_OUT)
		conn->flags |= ATCP_CONN_SEND_ACK;
	return true;
}

static bool next_ack(struct atcp_conn *conn, struct atcp_step *step,
		     struct atcp_tx *tx)
{
	if (!(conn->flags & ATCP_CONN_SEND_ACK))
		return false;
	atcp_output_init_tx(tx, conn->snd.nxt, 0);
	add_ack(conn, step, tx);
	return true;
}

/* Data waits, and no acknowledgment is under way that could set it free. */
static void arm_persist(struct atcp_conn *conn, u64 now)
{
	if (atcp_conn_flight(conn) || !atcp_conn_has_unsent(conn))
		return;
	if (conn->deadline[ATCP_TIMER_PERSIST] == ATCP_NEVER)
		conn->deadline[ATCP_TIMER_PERSIST] =
			now + atcp_rtt_rto_ns(&conn->rtt, &conn->config);
}

/* Nothing more goes, and neither cwnd nor pacing is why. */
static void note_app_limited(struct atcp_conn *conn, u64 now)
{
	const struct atcp_snd *snd = &conn->snd;

	if (!snd->lost && atcp_loss_pipe(conn) + snd->mss <= snd->cwnd &&
	    !atcp_pacing_holds(conn, now))
		atcp_rate_app_limited(conn);
}

/**
 * atcp_output_next() - The next segment or burst.
 * @conn: Connection.
 * @step: In: time and spare.
 * @tx: Filled in.
 *
 * Return: false if there is nothing to send.
 */
bool atcp_output_next(struct atcp_conn *conn, struct atcp_step *step,
		      struct atcp_tx *tx)
{
	if (next_rst(conn, step, tx) || next_syn(conn, step, tx))
		return true;
	/* RFC 9768 section 3.2.2.1: before any data. */
	if (conn->ecn.flags & ATCP_ECN_SEND_HANDSHAKE &&
	    next_ack(conn, step, tx))
		return true;
	if (atcp_state_in(conn, ATCP_MAY_SEND)) {
		if (next_frto(conn, step, tx) || next_again(conn, step, tx) ||
		    next_new(conn, step, tx) ||
		    next_tail_probe(conn, step, tx))
			return true;
		arm_persist(conn, step->now);
		note_app_limited(conn, step->now);
	}
	if (!atcp_state_in(conn, ATCP_SYNCHRONIZED | ATCP_IN(SYN_RCVD) |
				 ATCP_IN(TIME_WAIT)))
		return false;
	return next_probe(conn, step, tx) || next_ack(conn, step, tx);
}
