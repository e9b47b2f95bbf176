// SPDX-License-Identifier: GPL-2.0
/*
 * Was that a loss? A recovery, or a time-out, turns out to have been for nothing, and
 * what it has done to the window is undone:
 *
 * - an acknowledgment of what was sent again echoes the timestamp of its first
 *   sending (Eifel, RFC 3522; its response RFC 4015);
 * - the peer tells that all that was sent again had arrived before (D-SACK, RFC 2883;
 *   what to do then RFC 3708);
 * - after a time-out, what has not been sent again is acknowledged (F-RTO, RFC 5682).
 */
#include "core/internal.h"

/**
 * atcp_undo_begin() - A congestion event begins.
 * @conn: Connection; nothing has been sent again for it.
 */
void atcp_undo_begin(struct atcp_conn *conn)
{
	memset(&conn->undo, 0, sizeof(conn->undo));
	conn->undo.is_possible = true;
}

/**
 * atcp_undo_sent_again() - Something goes out once more.
 * @conn: Connection.
 * @burst: What.
 * @now: Time, ns.
 */
void atcp_undo_sent_again(struct atcp_conn *conn, const struct atcp_burst *burst,
			  u64 now)
{
	struct atcp_undo *undo = &conn->undo;

	if (!undo->is_possible)
		return;
	if (!undo->is_begun) {
		undo->is_begun = true;
		undo->seq = burst->seq;
		undo->ts = atcp_conn_ts_now(conn->ts_offset, now);
	}
	undo->bytes += burst->end - burst->seq;
}

/**
 * atcp_undo_duplicate() - The peer has had something twice.
 * @conn: Connection.
 * @block: What.
 *
 * RFC 3708 section 4: it counts if it is of what has been sent again.
 */
void atcp_undo_duplicate(struct atcp_conn *conn, const struct atcp_sack *block)
{
	struct atcp_undo *undo = &conn->undo;

	if (!undo->is_begun || !undo->bytes ||
	    atcp_before(block->left, undo->seq) ||
	    atcp_after(block->right, conn->snd.nxt) ||
	    !atcp_before(block->left, block->right))
		return;
	undo->bytes -= min(undo->bytes, block->right - block->left);
}

/* RFC 3522 section 3.2, steps 3 to 5: older than the retransmission. */
static bool is_of_the_first_sending(const struct atcp_conn *conn,
				    const struct atcp_seg *seg)
{
	return conn->use & ATCP_HAS_TS && atcp_seg_has(seg, ATCP_HAS_TS) &&
	       atcp_after(seg->ack, conn->undo.seq) &&
	       atcp_before(seg->opts.ts_ecr, conn->undo.ts);
}

/*
 * RFC 4015 section 3.2, step 5: what the window was before may be much more than what
 * is under way by now. It gets there by slow start, and not in one burst.
 */
static void restore_window(struct atcp_conn *conn, bool was_recovering)
{
	struct atcp_snd *snd = &conn->snd;
	u32 most = atcp_loss_pipe(conn) + snd->mss * conn->config.initial_cwnd;
	u32 reduced = snd->cwnd;

	/* Where PRR was just holding it is not what it has grown to. */
	if (was_recovering)
		snd->cwnd = min(snd->cwnd, snd->ssthresh);
	atcp_cc_undo(conn);
	if (snd->cwnd <= max(most, reduced))
		return;
	snd->ssthresh = max(snd->ssthresh, snd->cwnd);
	snd->cwnd = max(most, reduced);
}

/* All is as before: nothing is lost. */
static void undo(struct atcp_conn *conn)
{
	bool was_recovering = conn->snd.recovery != ATCP_REC_OPEN;
	struct atcp_burst *burst;

	conn->undo.is_possible = false;
	conn->undo.is_begun = false;
	list_for_each_entry(burst, &conn->snd.flight, link)
		atcp_loss_unmark(conn, burst);
	if (conn->snd.recovery == ATCP_REC_FAST)
		atcp_rack_spurious(conn);
	atcp_loss_recovered(conn);
	restore_window(conn, was_recovering);
}

/**
 * atcp_undo_acked() - An acknowledgment has been taken in.
 * @conn: Its SND.UNA has moved, its flight is clean.
 * @seg: Acknowledgment.
 * @got: What it has delivered.
 * @step: For the count.
 *
 * By timestamps only as long as the recovery lasts; duplicates may be told later.
 */
void atcp_undo_acked(struct atcp_conn *conn, const struct atcp_seg *seg,
		     const struct atcp_delivery *got, struct atcp_step *step)
{
	if (!conn->undo.is_begun)
		return;
	/* A round trip later nobody can have anything more to tell of it */
	if (!got->was_recovering && !atcp_before(conn->snd.una, conn->undo.end)) {
		conn->undo.is_begun = false;
		conn->undo.is_possible = false;
		return;
	}
	if (got->is_news && got->was_recovering &&
	    is_of_the_first_sending(conn, seg)) {
		atcp_step_count(step, ATCP_MIB_UNDONE_BY_TIMESTAMP);
		undo(conn);
	} else if (!conn->undo.bytes) {
		atcp_step_count(step, ATCP_MIB_UNDONE_BY_DSACK);
		undo(conn);
	}
}

/**
 * atcp_undo_frto_begin() - The retransmission timer has expired.
 * @conn: Connection.
 * @is_first: For this data for the first time.
 *
 * RFC 5682 sections 2.1 and 3.1, step 1.
 */
void atcp_undo_frto_begin(struct atcp_conn *conn, bool is_first)
{
	conn->undo.frto = is_first ? ATCP_FRTO_FIRST : ATCP_FRTO_OFF;
}

/* Step 2: a duplicate, or all that was in flight, says that the loss was one. */
static u8 after_first(const struct atcp_conn *conn,
		      const struct atcp_delivery *got)
{
	bool is_partial = got->is_news &&
			  atcp_before(conn->snd.una, conn->snd.recover);

	return is_partial ? ATCP_FRTO_ASK : ATCP_FRTO_OFF;
}

/**
 * atcp_undo_frto_acked() - An acknowledgment after a time-out.
 * @conn: Its SND.UNA has moved, its flight is clean.
 * @got: What it has delivered.
 * @step: For the count.
 *
 * RFC 5682 steps 2 and 3: the second one tells of data that has not been sent again:
 * the first sending was under way all the time.
 */
void atcp_undo_frto_acked(struct atcp_conn *conn, const struct atcp_delivery *got,
			  struct atcp_step *step)
{
	switch ((enum atcp_frto)conn->undo.frto) {
	case ATCP_FRTO_OFF:
		return;
	case ATCP_FRTO_FIRST:
		conn->undo.frto = after_first(conn, got);
		return;
	case ATCP_FRTO_ASK:
	case ATCP_FRTO_SECOND:
		conn->undo.frto = ATCP_FRTO_OFF;
		if (!got->has_first_sending || !conn->undo.is_possible)
			return;
		atcp_step_count(step, ATCP_MIB_SPURIOUS_TIMEOUTS);
		undo(conn);
		return;
	}
}
