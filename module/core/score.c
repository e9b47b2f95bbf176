// SPDX-License-Identifier: GPL-2.0
/*
 * The scoreboard: what the peer says it has of what is in flight (RFC 2018 section 5,
 * RFC 2883), and what each acknowledgment delivers.
 */
#include "core/internal.h"

/**
 * atcp_score_is_kept() - Does the peer tell what it has out of order?
 * @conn: Connection.
 *
 * Return: true if SACK has been agreed on.
 */
bool atcp_score_is_kept(const struct atcp_conn *conn)
{
	return conn->use & ATCP_HAS_SACK_PERM;
}

/**
 * atcp_score_begin() - An acknowledgment has come: nothing is delivered by it yet.
 * @conn: Connection.
 * @got: Filled in.
 */
void atcp_score_begin(const struct atcp_conn *conn, struct atcp_delivery *got)
{
	memset(got, 0, sizeof(*got));
	got->fack = conn->snd.fack;
	got->recover = conn->snd.recover;
	got->was_recovering = conn->snd.recovery != ATCP_REC_OPEN;
}

/**
 * atcp_score_delivered() - A range has been acknowledged, for the first time.
 * @got: What this acknowledgment delivers, updated.
 * @burst: In flight, not told of before.
 * @end: Sequence number after the last that is delivered now.
 */
void atcp_score_delivered(struct atcp_delivery *got,
			  const struct atcp_burst *burst, u32 end)
{
	bool is_again = burst->flags & ATCP_BURST_RETRANS;

	got->bytes += end - burst->seq;
	got->longest = max(got->longest, end - burst->seq);
	/* RFC 8985 section 6.2, step 3: it was sent once and comes late. */
	if (!is_again && atcp_before(end, got->fack))
		got->is_reordered = true;
	if (!is_again && !atcp_after(end, got->recover))
		got->has_first_sending = true;
	if (got->sent_ns &&
	    !atcp_rack_is_later(burst->order, end, got->order, got->end))
		return;
	got->newest = *burst;
	got->sent_ns = burst->sent_ns;
	got->order = burst->order;
	got->end = end;
	got->is_again = is_again;
}

/*
 * What of a block lies in @burst: whole segments, counted from its beginning, and
 * the last one. What else a block may say would let a peer have the flight cut into
 * crumbs, each with a record of its own.
 */
static struct atcp_sack segments_in(const struct atcp_snd *snd,
				    const struct atcp_burst *burst,
				    const struct atcp_sack *block)
{
	u32 data_end = burst->end - !!(burst->flags & ATCP_BURST_FIN);
	u32 left = atcp_seq_max(block->left, burst->seq);
	u32 right = atcp_seq_min(block->right, burst->end);

	left = burst->seq + DIV_ROUND_UP(left - burst->seq, snd->mss) * snd->mss;
	if (atcp_before(right, data_end))
		right = burst->seq + rounddown(right - burst->seq, snd->mss);
	return (struct atcp_sack){ left, right };
}

static bool cut(struct atcp_conn *conn, struct atcp_burst *burst, u32 seq,
		struct atcp_step *step)
{
	return conn->snd.nr_flight < ATCP_FLIGHT_MAX &&
	       atcp_loss_split(conn, burst, seq, step);
}

/* Cut off what of @burst lies outside of the block. NULL: no record for that. */
static struct atcp_burst *cut_out(struct atcp_conn *conn,
				  struct atcp_burst *burst,
				  const struct atcp_sack *block,
				  struct atcp_step *step)
{
	if (atcp_before(burst->seq, block->left)) {
		if (!cut(conn, burst, block->left, step))
			return NULL;
		burst = list_next_entry(burst, link);
	}
	if (atcp_after(burst->end, block->right) &&
	    !cut(conn, burst, block->right, step))
		return NULL;
	return burst;
}

/*
 * Side by side with what has been told before it becomes one with it, so that a walk
 * over the flight is as long as there are holes. Returns the one.
 */
static struct atcp_burst *join_told(struct atcp_conn *conn,
				    struct atcp_burst *burst,
				    struct atcp_step *step)
{
	struct list_head *flight = &conn->snd.flight;
	struct atcp_burst *prev = list_prev_entry(burst, link);
	struct atcp_burst *next = list_next_entry(burst, link);

	if (!list_entry_is_head(next, flight, link) &&
	    next->flags & ATCP_BURST_SACKED)
		atcp_loss_join(conn, burst, next, step);
	if (list_entry_is_head(prev, flight, link) ||
	    !(prev->flags & ATCP_BURST_SACKED))
		return burst;
	atcp_loss_join(conn, prev, burst, step);
	return prev;
}

static void take_block(struct atcp_conn *conn, const struct atcp_sack *block,
		       struct atcp_step *step, struct atcp_delivery *got)
{
	struct atcp_snd *snd = &conn->snd;
	struct atcp_burst *burst;
	struct atcp_sack inside;

	list_for_each_entry(burst, &snd->flight, link) {
		if (!atcp_before(burst->seq, block->right))
			break;
		if (!atcp_after(burst->end, block->left) ||
		    burst->flags & ATCP_BURST_SACKED)
			continue;
		inside = segments_in(snd, burst, block);
		if (!atcp_before(inside.left, inside.right))
			continue;
		burst = cut_out(conn, burst, &inside, step);
		if (!burst)
			return; /* it will be told again */
		atcp_score_delivered(got, burst, burst->end);
		atcp_loss_settle(conn, burst);
		burst->flags |= ATCP_BURST_SACKED;
		snd->sacked += burst->end - burst->seq;
		burst = join_told(conn, burst, step);
	}
	snd->fack = atcp_seq_max(snd->fack, block->right);
}

/* RFC 2883 section 4: below the acknowledgment, or inside of the second block. */
static bool is_duplicate(const struct atcp_seg *seg)
{
	const struct atcp_sack *blocks = seg->opts.sacks;

	if (!atcp_after(blocks[0].right, seg->ack))
		return true;
	return seg->opts.nr_sacks > 1 &&
	       !atcp_before(blocks[0].left, blocks[1].left) &&
	       !atcp_after(blocks[0].right, blocks[1].right);
}

/* Behind a hole that follows the acknowledged, and nothing that was not sent. */
static bool is_credible(const struct atcp_conn *conn, const struct atcp_seg *seg,
			const struct atcp_sack *block)
{
	return atcp_before(block->left, block->right) &&
	       atcp_after(block->left, seg->ack) &&
	       !atcp_after(block->right, conn->snd.nxt);
}

/**
 * atcp_score_blocks() - The SACK blocks of an acknowledgment.
 * @conn: Its SND.UNA has not moved yet.
 * @seg: Acceptable segment.
 * @step: Spares, for ranges that a block cuts.
 * @got: What it delivers, updated.
 */
void atcp_score_blocks(struct atcp_conn *conn, const struct atcp_seg *seg,
		       struct atcp_step *step, struct atcp_delivery *got)
{
	u8 i = 0;

	if (!atcp_seg_has(seg, ATCP_HAS_SACK))
		return;
	if (is_duplicate(seg)) {
		atcp_step_count(step, ATCP_MIB_DSACKS_IN);
		got->is_duplicate = true;
		atcp_undo_duplicate(conn, &seg->opts.sacks[0]);
		i = 1;
	}
	for (; i < seg->opts.nr_sacks; i++) {
		if (is_credible(conn, seg, &seg->opts.sacks[i]))
			take_block(conn, &seg->opts.sacks[i], step, got);
	}
}

/**
 * atcp_score_forget() - @burst leaves the flight, or is cut at @ack.
 * @conn: Connection.
 * @burst: In its flight.
 * @ack: It is acknowledged up to here.
 */
void atcp_score_forget(struct atcp_conn *conn, const struct atcp_burst *burst,
		       u32 ack)
{
	if (burst->flags & ATCP_BURST_SACKED)
		conn->snd.sacked -= ack - burst->seq;
}

/**
 * atcp_score_check_reneging() - The acknowledgment has stopped in front of, or in,
 * what the peer had told to have.
 * @conn: Its flight is clean.
 * @step: For the count.
 *
 * RFC 2018 section 8: it has it no more. All that it has told is in doubt, and goes
 * again.
 */
void atcp_score_check_reneging(struct atcp_conn *conn, struct atcp_step *step)
{
	struct atcp_snd *snd = &conn->snd;
	struct atcp_burst *burst;

	if (list_empty(&snd->flight))
		return;
	burst = list_first_entry(&snd->flight, struct atcp_burst, link);
	if (!(burst->flags & ATCP_BURST_SACKED))
		return;
	atcp_step_count(step, ATCP_MIB_RENEGED);
	list_for_each_entry(burst, &snd->flight, link) {
		if (!(burst->flags & ATCP_BURST_SACKED))
			continue;
		burst->flags &= ~ATCP_BURST_SACKED;
		atcp_loss_mark(conn, burst);
	}
	snd->sacked = 0;
}
