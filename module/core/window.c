// SPDX-License-Identifier: GPL-2.0
/* The window that we offer (RFC 9293 section 3.8.6, RFC 7323 section 2). */
#include "core/internal.h"

/**
 * atcp_window_scale() - Choose the shift for our windows.
 * @clamp: Largest window that will ever be offered, bytes.
 *
 * RFC 7323 section 2.3.
 *
 * Return: 0 to 14.
 */
u8 atcp_window_scale(u32 clamp)
{
	u8 shift = 0;

	while (shift < ATCP_WSCALE_MAX && clamp >> shift > 0xffff)
		shift++;
	return shift;
}

/**
 * atcp_window_left() - What the peer may still send.
 * @conn: Connection.
 *
 * Return: bytes from RCV.NXT to the right edge.
 */
u32 atcp_window_left(const struct atcp_conn *conn)
{
	return atcp_after(conn->rcv.adv, conn->rcv.nxt) ?
		       conn->rcv.adv - conn->rcv.nxt : 0;
}

static u32 window_free(const struct atcp_conn *conn)
{
	return min(conn->rcv.free, conn->rcv.clamp);
}

/* RFC 9293 section 3.8.6.2.2: the least by which the edge moves. */
static u32 window_step(const struct atcp_conn *conn)
{
	return min_t(u32, conn->rcv.seen_mss, conn->rcv.full / 2);
}

/* What the peer knows of @bytes: what the scale cuts off, it is not told. */
static u32 window_told(const struct atcp_conn *conn, u32 bytes)
{
	return min_t(u32, bytes >> conn->rcv.wscale, 0xffff) << conn->rcv.wscale;
}

/**
 * atcp_window_offer() - The window to put in a segment that goes out now.
 * @conn: Connection past the SYN; its right edge moves on.
 * @step: For the count.
 *
 * The edge stays until it can move by a segment or half the buffer (silly-window
 * avoidance), and never goes back. What the scale cuts off is still honoured, as
 * RFC 7323 section 2.4 asks. While there is no memory for what had been promised
 * the peer is told so, by a window of zero; should it come all the same, and find
 * memory, it is taken.
 *
 * Return: SEG.WND as on the wire.
 */
u16 atcp_window_offer(struct atcp_conn *conn, struct atcp_step *step)
{
	u32 left = atcp_window_left(conn);
	u32 free = window_free(conn);
	u32 told = window_told(conn, left);
	u32 wnd = free >= told + window_step(conn) ? max(free, left) : left;
	u32 wire = min_t(u32, wnd >> conn->rcv.wscale, 0xffff);

	/* With nothing to read no reader would ever say that there is room again. */
	if (conn->flags & ATCP_CONN_NO_ROOM && conn->rcv.free < conn->rcv.full)
		wire = 0;
	conn->rcv.adv = atcp_seq_max(conn->rcv.adv, conn->rcv.nxt +
					    (wire << conn->rcv.wscale));
	if (!wire)
		atcp_step_count(step, ATCP_MIB_ZERO_WINDOW_SENT);
	return (u16)wire;
}

/**
 * atcp_window_offer_syn() - The window in a SYN, which is never scaled.
 * @conn: Connection.
 *
 * Return: SEG.WND as on the wire, also bytes.
 */
u16 atcp_window_offer_syn(struct atcp_conn *conn)
{
	/* What one SYN+ACK has offered the next one does not take back. */
	return (u16)min_t(u32, max(window_free(conn), atcp_window_left(conn)),
			  0xffff);
}

/**
 * atcp_window_wants_update() - Has the user read enough to tell the peer?
 * @conn: Connection that can receive.
 *
 * When the edge could move by a segment or half the buffer, and at least double
 * what the peer has left: a window still wide open needs no ACK of its own. A
 * peer that was told of no room is told of any segment's worth. What the scale
 * will cut off counts as room, or a peer who waits for a whole segment and we who
 * wait for the scale would wait for each other.
 *
 * Return: true if an ACK should go now.
 */
bool atcp_window_wants_update(const struct atcp_conn *conn)
{
	u32 left = window_told(conn, atcp_window_left(conn));
	u32 free = window_free(conn);
	u32 told = window_told(conn, free);

	if (conn->flags & ATCP_CONN_NO_ROOM)
		return told && free >= window_step(conn);
	return free >= left + window_step(conn) && free / 2 >= left &&
	       told > left;
}
