// SPDX-License-Identifier: GPL-2.0
/* Segments that arrive, step by step as RFC 9293 section 3.10.7 has them. */
#include "core/internal.h"

/* RFC 7323 section 5.5: a timestamp this old says nothing any more. */
#define TS_RECENT_MAX_AGE_NS (24ULL * 86400 * ATCP_NSEC_PER_SEC)

/* Take the options of the peer's SYN; those that we offer too are agreed on. */
static void negotiate(struct atcp_conn *conn, const struct atcp_seg *syn,
		      u64 now)
{
	const struct atcp_opts *opts = &syn->opts;

	conn->use = opts->has & conn->config.use;
	conn->snd.peer_mss = opts->has & ATCP_HAS_MSS ? opts->mss :
							ATCP_MSS_DEFAULT;
	if (conn->use & ATCP_HAS_WSCALE)
		conn->snd.wscale = opts->wscale;
	else
		conn->rcv.wscale = 0;
	if (conn->use & ATCP_HAS_TS) {
		conn->ts_recent = opts->ts_val;
		conn->ts_recent_ns = now;
	}
	atcp_conn_update_mss(conn);
}

static void take_window(struct atcp_conn *conn, const struct atcp_seg *seg)
{
	struct atcp_snd *snd = &conn->snd;

	/* RFC 7323 section 2.2: the window in a SYN is not scaled. */
	snd->wnd = seg->flags & ATCP_F_SYN ? seg->wnd :
					     (u32)seg->wnd << snd->wscale;
	snd->wl1 = seg->seq;
	snd->max_wnd = max(snd->max_wnd, snd->wnd);
}

/* Answer with <SEQ=SEG.ACK><CTL=RST>; our side of the connection goes on. */
static void reset_peer(struct atcp_conn *conn, const struct atcp_seg *seg,
		       struct atcp_step *step)
{
	atcp_step_count(step, ATCP_MIB_BAD_ACK);
	conn->flags |= ATCP_CONN_SEND_RST;
	conn->rst_seq = seg->ack;
}

/* "If the state is SYN-SENT": first ACK, second RST, fourth SYN. */
static void syn_sent(struct atcp_conn *conn, const struct atcp_seg *seg,
		     struct atcp_step *step)
{
	bool is_acked = seg->flags & ATCP_F_ACK;

	/* SND.NXT is ISS until the SYN is out: nothing can answer it before. */
	if (is_acked && (seg->ack != conn->snd.iss + 1 ||
			 seg->ack != conn->snd.nxt)) {
		if (!(seg->flags & ATCP_F_RST))
			reset_peer(conn, seg, step);
		return;
	}
	if (seg->flags & ATCP_F_RST) {
		if (is_acked)
			atcp_conn_finish(conn, ATCP_ERR_REFUSED, step);
		return;
	}
	if (!(seg->flags & ATCP_F_SYN))
		return;

	conn->heard_ns = step->now;
	conn->rcv.irs = seg->seq;
	conn->rcv.nxt = seg->seq + 1;
	conn->rcv.acked = conn->rcv.nxt;
	conn->rcv.adv = conn->rcv.nxt;
	conn->rcv.adv += atcp_window_offer_syn(conn);
	negotiate(conn, seg, step->now);

	if (!is_acked) {
		/* Both called at once (section 3.5, figure 8). */
		atcp_ecn_judge_crossing(conn, seg);
		atcp_step_count(step, ATCP_MIB_SIMULTANEOUS_OPEN);
		atcp_conn_set_state(conn, ATCP_SYN_RCVD);
		conn->flags |= ATCP_CONN_SEND_SYN;
		return;
	}
	conn->snd.una = seg->ack;
	atcp_ecn_judge_synack(conn, seg);
	take_window(conn, seg);
	atcp_conn_establish(conn, step);
	conn->flags |= ATCP_CONN_SEND_ACK;
	if (seg->len)
		atcp_reasm_data(conn, seg, step);
}

/*
 * Data for a gap, sent since the gap was opened? A retransmission that fills the first
 * of several gaps takes TS.Recent past what was sent before it and is still under way
 * to the others. So little has come since the gap was opened that no number has come
 * round again: this is no old duplicate. Of its acknowledgment the same rules hold as of
 * any that is late.
 */
static bool is_late_for_gap(const struct atcp_conn *conn,
			    const struct atcp_seg *seg)
{
	return seg->len && !atcp_before(seg->seq, conn->rcv.nxt) &&
	       atcp_reasm_is_gap(conn, seg->seq) &&
	       !atcp_before(seg->opts.ts_val, conn->rcv.gap_ts);
}

/* RFC 7323 section 5.3, R1: is the segment from before what we have seen? */
static bool paws_rejects(const struct atcp_conn *conn,
			 const struct atcp_seg *seg, u64 now)
{
	return conn->ts_recent_ns &&
	       atcp_before(seg->opts.ts_val, conn->ts_recent) &&
	       now - conn->ts_recent_ns < TS_RECENT_MAX_AGE_NS &&
	       !is_late_for_gap(conn, seg);
}

/* R2 and R3: remember the timestamp of what will be acknowledged next. */
static void ts_remember(struct atcp_conn *conn, const struct atcp_seg *seg,
			u64 now)
{
	if (!(conn->use & ATCP_HAS_TS) || !atcp_seg_has(seg, ATCP_HAS_TS))
		return;
	if (atcp_after(seg->seq, conn->rcv.acked) ||
	    (conn->ts_recent_ns && is_late_for_gap(conn, seg) &&
	     atcp_before(seg->opts.ts_val, conn->ts_recent)))
		return;
	conn->ts_recent = seg->opts.ts_val;
	conn->ts_recent_ns = now;
}

/*
 * Is any octet in the window, or does an empty segment touch it? A segment at
 * RCV.NXT is taken whatever the window, for its ACK, URG or RST.
 */
static bool is_acceptable(const struct atcp_conn *conn,
			  const struct atcp_seg *seg)
{
	u32 nxt = conn->rcv.nxt;
	u32 len = atcp_seg_seqlen(seg);

	if (seg->seq == nxt)
		return true;
	if (!len)
		return atcp_between(seg->seq, nxt, conn->rcv.adv);

	return atcp_before(nxt, seg->seq + len) &&
	       atcp_before(seg->seq, conn->rcv.adv);
}

/*
 * Answer a segment that is out of the window. The sender of data or a FIN needs
 * to know where we are; who sends nothing gets an answer now and then.
 */
static void answer_unacceptable(struct atcp_conn *conn,
				const struct atcp_seg *seg,
				struct atcp_step *step)
{
	if (seg->len || seg->flags & ATCP_F_FIN)
		conn->flags |= ATCP_CONN_SEND_ACK;
	else
		atcp_conn_challenge(conn, step);
	atcp_accecn_synack_again(conn, seg);
}

/* "First, check sequence number", with PAWS before it. */
static bool check_sequence(struct atcp_conn *conn, const struct atcp_seg *seg,
			   struct atcp_step *step)
{
	bool is_rst = seg->flags & ATCP_F_RST;

	if (conn->use & ATCP_HAS_TS && !is_rst) {
		bool has_ts = atcp_seg_has(seg, ATCP_HAS_TS);

		/*
		 * RFC 7323 section 3.2. A SYN is of another incarnation, which
		 * has agreed on nothing: it is to be answered (RFC 5961).
		 */
		if (!has_ts && !(seg->flags & ATCP_F_SYN)) {
			atcp_step_count(step, ATCP_MIB_TS_MISSING);
			return false;
		}
		if (has_ts && paws_rejects(conn, seg, step->now)) {
			atcp_step_count(step, ATCP_MIB_PAWS_DROPPED);
			answer_unacceptable(conn, seg, step);
			return false;
		}
	}
	if (is_acceptable(conn, seg))
		return true;

	atcp_step_count(step, seg->len && !atcp_after(seg->seq, conn->rcv.nxt) ?
				      ATCP_MIB_OLD_DATA :
				      ATCP_MIB_UNACCEPTABLE);
	if (is_rst)
		return false;
	/*
	 * A keepalive probe, or what has been here before: the peer lives. A
	 * number from further back than a window is nobody's or anybody's.
	 */
	if (atcp_between(seg->seq, conn->rcv.nxt - conn->rcv.clamp,
			 conn->rcv.nxt - 1)) {
		conn->heard_ns = step->now;
		conn->probes = 0;
		if (!(seg->flags & ATCP_F_SYN))
			atcp_sack_duplicate(conn, seg->seq,
					    atcp_seq_min(seg->seq + seg->len,
							 conn->rcv.nxt));
	}
	answer_unacceptable(conn, seg, step);
	return false;
}

/* "Second, check the RST bit", as RFC 5961 section 3.2 has it. */
static void check_reset(struct atcp_conn *conn, const struct atcp_seg *seg,
			struct atcp_step *step)
{
	u8 error;

	if (seg->seq != conn->rcv.nxt) {
		atcp_step_count(step, ATCP_MIB_RST_CHALLENGE);
		atcp_conn_challenge(conn, step);
		return;
	}

	switch ((enum atcp_state)conn->state) {
	case ATCP_SYN_RCVD:
		error = ATCP_ERR_REFUSED;
		break;
	case ATCP_CLOSE_WAIT:
		error = ATCP_ERR_PIPE;
		break;
	case ATCP_ESTABLISHED:
	case ATCP_FIN_WAIT_1:
	case ATCP_FIN_WAIT_2:
	case ATCP_CLOSING:
	case ATCP_LAST_ACK:
	case ATCP_CLOSED:
	case ATCP_LISTEN:
	case ATCP_SYN_SENT:
	case ATCP_TIME_WAIT:
	case ATCP_STATE_NR:
		error = ATCP_ERR_RESET;
		break;
	}
	if (atcp_state_in(conn, ATCP_IN(ESTABLISHED) | ATCP_IN(CLOSE_WAIT)))
		atcp_step_count(step, ATCP_MIB_ESTAB_RESETS);
	atcp_conn_finish(conn, error, step);
}

/* "Fifth, check the ACK field" in SYN-RECEIVED. */
static bool check_ack_syn_rcvd(struct atcp_conn *conn,
			       const struct atcp_seg *seg,
			       struct atcp_step *step)
{
	if (seg->ack != conn->snd.iss + 1 || seg->ack != conn->snd.nxt) {
		reset_peer(conn, seg, step);
		return false;
	}
	atcp_accecn_last_ack(conn, seg);
	conn->snd.una = seg->ack;
	take_window(conn, seg);
	atcp_conn_establish(conn, step);
	return true;
}

/* What follows when everything up to and with our FIN is acknowledged. */
static void fin_acked(struct atcp_conn *conn, struct atcp_step *step)
{
	if (!(conn->flags & ATCP_CONN_FIN_SENT) ||
	    conn->snd.una != conn->snd.end + 1)
		return;

	switch ((enum atcp_state)conn->state) {
	case ATCP_FIN_WAIT_1:
		conn->events |= ATCP_EV_SHUT_ACKED;
		atcp_conn_set_state(conn, ATCP_FIN_WAIT_2);
		atcp_conn_fin_wait_2(conn, step);
		return;
	case ATCP_CLOSING:
		conn->events |= ATCP_EV_SHUT_ACKED;
		atcp_conn_time_wait(conn);
		return;
	case ATCP_LAST_ACK:
		conn->events |= ATCP_EV_SHUT_ACKED;
		atcp_conn_finish(conn, ATCP_ERR_NONE, step);
		return;
	case ATCP_CLOSED:
	case ATCP_LISTEN:
	case ATCP_SYN_SENT:
	case ATCP_SYN_RCVD:
	case ATCP_ESTABLISHED:
	case ATCP_FIN_WAIT_2:
	case ATCP_CLOSE_WAIT:
	case ATCP_TIME_WAIT:
	case ATCP_STATE_NR:
		return;
	}
}

/* "Sixth, check the URG bit" (RFC 6093: the pointer is one past the octet). */
static void check_urgent(struct atcp_conn *conn, const struct atcp_seg *seg,
			 struct atcp_step *step)
{
	u32 up = seg->seq + seg->urg;

	if (!(seg->flags & ATCP_F_URG) || !seg->urg)
		return;
	if (!atcp_state_in(conn, ATCP_IN(ESTABLISHED) | ATCP_IN(FIN_WAIT_1) |
				 ATCP_IN(FIN_WAIT_2)))
		return;
	/* All of it has been taken already, or no news. */
	if (!atcp_after(up, conn->rcv.nxt))
		return;
	if (conn->flags & ATCP_CONN_URG_IN && !atcp_after(up, conn->rcv.up))
		return;

	conn->flags |= ATCP_CONN_URG_IN;
	conn->rcv.up = up;
	conn->events |= ATCP_EV_URGENT;
	atcp_step_count(step, ATCP_MIB_URGENT_IN);
}

/*
 * RFC 9293 section 3.6.1: nobody will read what comes after CLOSE, so data gets
 * a RST. In CLOSE-WAIT and later there is no more data: there was a FIN.
 */
static bool refuses_data(const struct atcp_conn *conn,
			 const struct atcp_seg *seg)
{
	return conn->flags & ATCP_CONN_NO_READ && seg->len &&
	       atcp_after(seg->seq + seg->len, conn->rcv.nxt) &&
	       atcp_state_in(conn, ATCP_IN(FIN_WAIT_1) | ATCP_IN(FIN_WAIT_2));
}

/* "Otherwise": every state from SYN-RECEIVED to LAST-ACK. */
static void otherwise(struct atcp_conn *conn, const struct atcp_seg *seg,
		      struct atcp_step *step)
{
	if (!check_sequence(conn, seg, step))
		return;
	if (seg->flags & ATCP_F_RST) {
		check_reset(conn, seg, step);
		return;
	}
	/* "Fourth, check the SYN bit", as RFC 5961 section 4.2 has it. */
	if (seg->flags & ATCP_F_SYN) {
		atcp_step_count(step, ATCP_MIB_SYN_CHALLENGE);
		atcp_conn_challenge(conn, step);
		return;
	}
	if (!(seg->flags & ATCP_F_ACK)) {
		atcp_step_count(step, ATCP_MIB_NO_ACK_FLAG);
		return;
	}
	if (conn->state == ATCP_SYN_RCVD &&
	    !check_ack_syn_rcvd(conn, seg, step))
		return;
	if (!atcp_ack_segment(conn, seg, step))
		return;

	conn->heard_ns = step->now;
	conn->probes = 0;
	ts_remember(conn, seg, step->now);
	fin_acked(conn, step);
	atcp_ecn_received(conn, seg);
	check_urgent(conn, seg, step);
	if (refuses_data(conn, seg)) {
		atcp_step_count(step, ATCP_MIB_ABORT_ON_DATA);
		atcp_conn_reset(conn, ATCP_ERR_NONE, step);
		return;
	}
	atcp_reasm_data(conn, seg, step); /* seventh and eighth */
}

static bool is_repeated_syn(const struct atcp_conn *conn,
			    const struct atcp_seg *seg)
{
	return conn->state == ATCP_SYN_RCVD && seg->seq == conn->rcv.irs &&
	       seg->flags & ATCP_F_SYN;
}

/*
 * Simultaneous open: the peer's SYN+ACK repeats the SYN that we have. What is
 * new in it is the ACK, at the number after the SYN.
 */
static void repeated_synack(struct atcp_conn *conn, const struct atcp_seg *seg,
			    struct atcp_step *step)
{
	struct atcp_seg ack_only = *seg;

	ack_only.seq++;
	/* Its flags of ECN speak of our SYN, and are no count. */
	ack_only.flags = ATCP_F_ACK | atcp_accecn_now(conn);
	/* Not scaled either: tell no more than the SYN may. */
	ack_only.wnd = (u16)(seg->wnd >> conn->snd.wscale);
	otherwise(conn, &ack_only, step);
	if (conn->state != ATCP_SYN_RCVD)
		conn->flags |= ATCP_CONN_SEND_ACK;
}

/**
 * atcp_input_segment() - RFC 9293 section 3.10.7.
 * @conn: Connection.
 * @seg: Segment.
 * @step: In: time and spare. Out: see struct atcp_step.
 *
 * CLOSED, LISTEN and TIME-WAIT have their segments judged elsewhere.
 */
void atcp_input_segment(struct atcp_conn *conn, const struct atcp_seg *seg,
			struct atcp_step *step)
{
	if (conn->state == ATCP_SYN_SENT) {
		syn_sent(conn, seg, step);
		return;
	}
	if (!atcp_state_in(conn, ATCP_SYNCHRONIZED | ATCP_IN(SYN_RCVD)))
		return;
	if (is_repeated_syn(conn, seg)) {
		if (seg->flags & ATCP_F_ACK) {
			repeated_synack(conn, seg, step);
			return;
		}
		atcp_ecn_syn_again(conn, seg);
	}
	otherwise(conn, seg, step);
}
