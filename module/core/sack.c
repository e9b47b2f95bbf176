// SPDX-License-Identifier: GPL-2.0
/* What we tell the peer of data beyond the acknowledgment: RFC 2018, RFC 2883. */
#include "core/internal.h"

/* Keep the blocks that begin after @left, each cut off at @right. */
static void keep_blocks(struct atcp_rcv *rcv, u32 left, u32 right)
{
	u8 i, nr = 0;

	for (i = 0; i < rcv->nr_sacks; i++) {
		struct atcp_sack block = rcv->sacks[i];

		block.right = atcp_seq_min(block.right, right);
		if (atcp_before(block.left, block.right) &&
		    atcp_after(block.left, left))
			rcv->sacks[nr++] = block;
	}
	rcv->nr_sacks = nr;
}

/**
 * atcp_sack_received() - Data has come out of order.
 * @conn: Connection.
 * @left: First sequence number of the contiguous block that it is in.
 * @right: Sequence number after its last.
 *
 * RFC 2018 section 4: the block that holds what came last is told first, then those
 * told before it, the most recent first.
 */
void atcp_sack_received(struct atcp_conn *conn, u32 left, u32 right)
{
	struct atcp_rcv *rcv = &conn->rcv;
	struct atcp_sack block = { left, right };
	u8 i, nr = 0;

	/* Room is made at the front by what the new block swallows, or the last */
	for (i = 0; i < rcv->nr_sacks; i++) {
		struct atcp_sack old = rcv->sacks[i];

		if (atcp_after(old.left, block.right) ||
		    atcp_before(old.right, block.left))
			rcv->sacks[nr++] = old;
	}
	nr = min_t(u8, nr, ATCP_SACKS_MAX - 1);
	for (i = nr; i > 0; i--)
		rcv->sacks[i] = rcv->sacks[i - 1];
	rcv->sacks[0] = block;
	rcv->nr_sacks = nr + 1;
}

/**
 * atcp_sack_advanced() - RCV.NXT has moved on: blocks below it have been filled up.
 * @conn: Connection.
 */
void atcp_sack_advanced(struct atcp_conn *conn)
{
	struct atcp_rcv *rcv = &conn->rcv;

	keep_blocks(rcv, rcv->nxt, rcv->adv);
}

/**
 * atcp_sack_reneged() - Data out of order has been given up.
 * @conn: Connection.
 * @right: There is none from this sequence number on.
 *
 * RFC 2018 section 8: what is told afterwards is what is there.
 */
void atcp_sack_reneged(struct atcp_conn *conn, u32 right)
{
	keep_blocks(&conn->rcv, conn->rcv.nxt, right);
}

/**
 * atcp_sack_duplicate() - Data has come that had come before.
 * @conn: Connection.
 * @left: First sequence number.
 * @right: Sequence number after the last.
 *
 * RFC 2883 section 4: the next ACK tells of it, once.
 */
void atcp_sack_duplicate(struct atcp_conn *conn, u32 left, u32 right)
{
	if (!(conn->use & ATCP_HAS_SACK_PERM) || !atcp_before(left, right))
		return;
	conn->rcv.dsack.left = left;
	conn->rcv.dsack.right = right;
}

/**
 * atcp_sack_waits() - Is there a block to tell?
 * @conn: Connection.
 *
 * Return: true if so.
 */
bool atcp_sack_waits(const struct atcp_conn *conn)
{
	const struct atcp_rcv *rcv = &conn->rcv;

	return conn->use & ATCP_HAS_SACK_PERM &&
	       (rcv->nr_sacks || rcv->dsack.left != rcv->dsack.right);
}

/**
 * atcp_sack_tell() - The blocks for an ACK without payload.
 * @conn: Connection.
 * @opts: Option added.
 * @step: For the count.
 *
 * A duplicate goes first (RFC 2883 section 4), and is not told again.
 */
void atcp_sack_tell(struct atcp_conn *conn, struct atcp_opts *opts,
		    struct atcp_step *step)
{
	struct atcp_rcv *rcv = &conn->rcv;
	u8 i;

	if (!atcp_sack_waits(conn))
		return;
	opts->has |= ATCP_HAS_SACK;
	opts->nr_sacks = 0;
	if (rcv->dsack.left != rcv->dsack.right) {
		opts->sacks[opts->nr_sacks++] = rcv->dsack;
		rcv->dsack.right = rcv->dsack.left;
		atcp_step_count(step, ATCP_MIB_DSACKS_OUT);
	}
	for (i = 0; i < rcv->nr_sacks && opts->nr_sacks < ATCP_SACKS_MAX; i++)
		opts->sacks[opts->nr_sacks++] = rcv->sacks[i];
}
