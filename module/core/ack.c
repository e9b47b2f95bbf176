// SPDX-License-Identifier: GPL-2.0
/* What an acknowledgment tells the sender: RFC 9293 section 3.10.7.4, "fifth". */
#include "core/internal.h"

/* Take @burst, wholly acknowledged, off the flight. */
static void drop_burst(struct atcp_conn *conn, struct atcp_burst *burst,
		       struct atcp_step *step)
{
	atcp_loss_settle(conn, burst);
	atcp_score_forget(conn, burst, burst->end);
	list_move_tail(&burst->link, &step->released);
	conn->snd.nr_flight--;
}

/* @burst is acknowledged up to @ack, which lies inside it. */
static void trim_burst(struct atcp_conn *conn, struct atcp_burst *burst,
		       u32 ack)
{
	if (burst->flags & ATCP_BURST_LOST)
		conn->snd.lost -= ack - burst->seq;
	atcp_score_forget(conn, burst, ack);
	burst->seq = ack;
}

/*
 * Take everything below @ack off the flight.
 *
 * Return: when the newest of it was sent, but for what blocks had told of before: that
 * has arrived long ago. 0 if something was sent twice, so that nobody knows which
 * sending has been acknowledged (Karn).
 */
static u64 clean_flight(struct atcp_conn *conn, u32 ack, struct atcp_step *step,
			struct atcp_delivery *got)
{
	struct atcp_burst *burst, *tmp;
	/* After a time-out records have been merged: see loss.c */
	bool is_ambiguous = conn->snd.recovery == ATCP_REC_RTO;
	u64 sent_ns = 0;

	list_for_each_entry_safe(burst, tmp, &conn->snd.flight, link) {
		if (!atcp_after(ack, burst->seq))
			break;
		if (!(burst->flags & ATCP_BURST_SACKED)) {
			sent_ns = burst->sent_ns;
			is_ambiguous |= burst->flags & ATCP_BURST_RETRANS;
			atcp_score_delivered(got, burst,
					     atcp_seq_min(ack, burst->end));
		}
		if (atcp_before(ack, burst->end)) {
			trim_burst(conn, burst, ack);
			break;
		}
		drop_burst(conn, burst, step);
	}
	return is_ambiguous ? 0 : sent_ns;
}

/*
 * RFC 7323 section 4: the echoed timestamp tells which sending it was. The clock
 * ticks in ms, so what it says is rounded up.
 */
static void sample_by_timestamp(struct atcp_conn *conn,
				const struct atcp_seg *seg, u32 flight, u64 now)
{
	s32 ticks;

	if (!(conn->use & ATCP_HAS_TS) || !atcp_seg_has(seg, ATCP_HAS_TS))
		return;
	ticks = (s32)(atcp_conn_ts_now(conn->ts_offset, now) -
		      seg->opts.ts_ecr);
	if (ticks < 0 || (u32)ticks > conn->config.rto_max_ms)
		return;
	atcp_rtt_sample(&conn->rtt, &conn->config,
			((u32)ticks + 1) * ATCP_NSEC_PER_MSEC,
			seg->ack - conn->snd.una, flight);
}

/* Marks that lie behind SND.UNA move along: in 2^31 bytes they would be ahead. */
static void drag_marks(struct atcp_conn *conn)
{
	struct atcp_snd *snd = &conn->snd;

	conn->rack.dup_round = atcp_seq_max(conn->rack.dup_round, snd->una);
	snd->small_end = atcp_seq_max(snd->small_end, snd->una);
	snd->psh = atcp_seq_max(snd->psh, snd->una);
	snd->fack = atcp_seq_max(snd->fack, snd->una);
	if (atcp_after(snd->una, snd->recover))
		snd->recover = snd->una - 1; /* stays behind: see loss.c */
	atcp_ecn_drag(conn);
}

/* SND.UNA moves on. */
static void advance(struct atcp_conn *conn, const struct atcp_seg *seg,
		    struct atcp_step *step, struct atcp_delivery *got)
{
	u64 sent_ns = clean_flight(conn, seg->ack, step, got);
	u32 flight = atcp_conn_flight(conn);
	struct atcp_cc_ack ack = {
		.now_ns = step->now,
		.rtt_ns = sent_ns ? step->now - sent_ns : 0,
		.bytes = seg->ack - conn->snd.una,
		.fresh = got->bytes,
		.una = seg->ack,
		.is_cwnd_limited = conn->flags & ATCP_CONN_CWND_LIMITED,
	};

	if (sent_ns)
		atcp_rtt_sample(&conn->rtt, &conn->config, ack.rtt_ns, ack.bytes,
				flight);
	else
		sample_by_timestamp(conn, seg, flight, step->now);

	atcp_loss_acked(conn, &ack);
	atcp_pmtu_acked(conn, got, step);
	drag_marks(conn);
	conn->retrans_ns = 0;
	conn->events |= ATCP_EV_WRITABLE;
	if (!atcp_after(conn->snd.up, conn->snd.una))
		conn->flags &= ~ATCP_CONN_URG_OUT;

	/* RFC 6298 rules 5.2 and 5.3 */
	conn->deadline[ATCP_TIMER_RETRANSMIT] =
		atcp_conn_flight(conn) ?
			step->now + atcp_rtt_rto_ns(&conn->rtt, &conn->config) :
			ATCP_NEVER;
	atcp_timeout_progress(conn, step->now);
}

/*
 * The window was shut and is open again. What went into the shut window has been
 * refused: there is no reason to wait for a time-out.
 */
static void reopened(struct atcp_conn *conn)
{
	if (!atcp_conn_flight(conn))
		return;
	conn->rtt.backoff = 0;
	atcp_loss_refused(conn);
}

/*
 * RFC 9293: neither an older segment nor an older ACK may set the window; the ACK
 * is not older, or we would not be here, and needs no SND.WL2. But
 * SND.WND counts from SND.UNA: if that moves on and the old window stayed, the
 * edge would move to where the peer has never put it. So news always counts,
 * even in a segment with an older number: one that has been sent again.
 */
static void update_window(struct atcp_conn *conn, const struct atcp_seg *seg,
			  bool is_news)
{
	struct atcp_snd *snd = &conn->snd;
	bool was_shut = !snd->wnd;

	if (!is_news && atcp_before(seg->seq, snd->wl1))
		return;
	snd->wnd = (u32)seg->wnd << snd->wscale;
	snd->wl1 = seg->seq;
	snd->max_wnd = max(snd->max_wnd, snd->wnd);
	if (was_shut && snd->wnd)
		reopened(conn);
}

/* RFC 5681 section 2, DUPLICATE ACKNOWLEDGMENT (a) to (e). */
static bool is_dup_ack(const struct atcp_conn *conn, const struct atcp_seg *seg)
{
	return atcp_conn_flight(conn) && !atcp_seg_seqlen(seg) &&
	       seg->ack == conn->snd.una &&
	       (u32)seg->wnd << conn->snd.wscale == conn->snd.wnd;
}

/* With SACK it is the blocks that count. */
static void dup_ack(struct atcp_conn *conn, struct atcp_step *step)
{
	atcp_step_count(step, ATCP_MIB_DUP_ACKS_IN);
	if (!atcp_score_is_kept(conn))
		atcp_loss_dup_ack(conn, step);
}

/**
 * atcp_ack_segment() - "Fifth, check the ACK field".
 * @conn: In a synchronized state.
 * @seg: Acceptable segment with ATCP_F_ACK.
 * @step: The time; takes acknowledged records.
 *
 * RFC 5961 section 5.2 narrows what is believed: from SND.UNA - MAX.SND.WND to
 * SND.NXT. Anything else gets an ACK and is dropped, payload and all.
 *
 * Return: true to go on with the segment.
 */
bool atcp_ack_segment(struct atcp_conn *conn, const struct atcp_seg *seg,
		      struct atcp_step *step)
{
	struct atcp_snd *snd = &conn->snd;
	struct atcp_rate_sample sample;
	struct atcp_delivery got;

	if (!atcp_between(seg->ack, snd->una - snd->max_wnd, snd->nxt)) {
		atcp_step_count(step, ATCP_MIB_BAD_ACK);
		atcp_conn_challenge(conn, step);
		return false;
	}
	if (!atcp_seg_seqlen(seg))
		atcp_step_count(step, ATCP_MIB_PURE_ACKS);
	if (atcp_before(seg->ack, snd->una)) {
		atcp_step_count(step, ATCP_MIB_OLD_ACK);
		return true;
	}
	atcp_score_begin(conn, &got);
	got.is_news = atcp_after(seg->ack, snd->una);
	if (atcp_score_is_kept(conn))
		atcp_score_blocks(conn, seg, step, &got);
	atcp_ecn_acked(conn, seg, &got, step);
	if (got.is_news)
		advance(conn, seg, step, &got);
	else if (is_dup_ack(conn, seg))
		dup_ack(conn, step);
	atcp_undo_frto_acked(conn, &got, step);
	atcp_undo_acked(conn, seg, &got, step);
	if (atcp_score_is_kept(conn)) {
		atcp_score_check_reneging(conn, step);
		atcp_tlp_acked(conn, seg, &got, step);
		atcp_rack_delivered(conn, &got, step->now);
		atcp_loss_delivered(conn, &got, step);
		if (got.bytes)
			atcp_tlp_schedule(conn);
	}
	atcp_rate_sample(conn, &got, step->now, &sample);
	atcp_cc_sample(conn, &sample);
	update_window(conn, seg, got.is_news);
	return true;
}
