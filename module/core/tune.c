// SPDX-License-Identifier: GPL-2.0
/* How large the buffers must be for the path to be full, and the user fast enough. */
#include "core/internal.h"

/* What is put on top of all, so that a start from nothing is no narrow one. */
#define START_SEGMENTS 16

/*
 * Windows that a send buffer holds: one under way, and what goes while a hole in it is
 * mended, a window each time that it is sent again. Who waits for room is woken when
 * a third of it is free, so of four windows hardly three are sure to be there.
 */
#define SEND_WINDOWS 4

/* What a user may write ahead of the smallest windows, bytes. */
#define SEND_SLACK 65536

/* How fast the estimate of the round trip goes up; down it goes at once. */
#define RTT_GAIN 8

/*
 * The peer echoes our latest ACK: what it sent upon that is here a round trip later,
 * or more, if it had nothing to send. So a small sample is to be believed, and a large
 * one by and by, in case the path is another.
 */
static void sample_by_timestamp(struct atcp_conn *conn,
				const struct atcp_seg *seg, u64 now)
{
	struct atcp_tune *tune = &conn->tune;
	s32 ticks = (s32)(atcp_conn_ts_now(conn->ts_offset, now) -
			  seg->opts.ts_ecr);
	u64 rtt_ns = ((u32)ticks + 1) * ATCP_NSEC_PER_MSEC;

	if (ticks < 0 || (u32)ticks > conn->config.rto_max_ms)
		return;
	if (!tune->rtt_ns || rtt_ns < tune->rtt_ns)
		tune->rtt_ns = rtt_ns;
	else
		tune->rtt_ns += (rtt_ns - tune->rtt_ns) / RTT_GAIN;
}

/*
 * What lies beyond the edge that was told then must have been sent upon a later ACK.
 * A window's worth takes several round trips if the peer does not fill it, so only
 * what is less than all before says anything.
 */
static void sample_by_window(struct atcp_conn *conn, u32 end, u64 now)
{
	struct atcp_tune *tune = &conn->tune;
	u64 rtt_ns = max_t(u64, now - tune->edge_ns, 1);

	if (tune->edge_ns && !atcp_after(end, tune->edge))
		return;
	if (tune->edge_ns && (!tune->rtt_ns || rtt_ns < tune->rtt_ns))
		tune->rtt_ns = rtt_ns;
	tune->edge = conn->rcv.adv;
	tune->edge_ns = now;
}

/**
 * atcp_tune_arrived() - Data has come in order: how long is the round trip?
 * @conn: Connection.
 * @seg: Brought it.
 * @now: Time, ns.
 *
 * Who only receives has nothing acknowledged to measure it by, besides the SYN, and
 * not even that if it was sent twice.
 */
void atcp_tune_arrived(struct atcp_conn *conn, const struct atcp_seg *seg,
		       u64 now)
{
	struct atcp_tune *tune = &conn->tune;

	if (!tune->rtt_ns)
		tune->rtt_ns = conn->rtt.srtt_ns;
	if (conn->use & ATCP_HAS_TS && atcp_seg_has(seg, ATCP_HAS_TS))
		sample_by_timestamp(conn, seg, now);
	else
		sample_by_window(conn, seg->seq + seg->len, now);
}

/*
 * A peer that keeps its rate needs a window of one round trip's data, and twice that
 * while it recovers from a loss. What it sends next in slow start is double, and the
 * room for that must be told a round trip before: so as much again, by the measure in
 * which this round trip has brought more than the last.
 */
static u32 room_for(const struct atcp_conn *conn, u32 bytes, u32 before)
{
	u64 room = 2ULL * bytes;
	u64 more = bytes > before ? bytes - before : 0;

	if (more >= before)
		room *= 2;
	else
		room += div_u64(room * more, before);
	room += START_SEGMENTS * max_t(u32, conn->rcv.seen_mss, ATCP_MSS_DEFAULT);
	return (u32)min_t(u64, room, conn->rcv.clamp);
}

/*
 * How far what has come lies beyond RCV.NXT. A peer without SACK is not to know: it
 * counts ACKs that tell of a hole, and one that moves the window would not count.
 */
static u32 beyond_hole(const struct atcp_conn *conn)
{
	const struct atcp_rcv *rcv = &conn->rcv;

	if (!(conn->use & ATCP_HAS_SACK_PERM) || list_empty(&rcv->ofo))
		return 0;
	return list_last_entry(&rcv->ofo, struct atcp_burst, link)->end -
	       rcv->nxt;
}

/**
 * atcp_tune_recv_room() - How large should the receive buffer be?
 * @conn: Connection.
 * @bytes: What the user has read since the last call; 0: data has come out of order.
 * @now: Time, ns.
 *
 * It is what the user takes that counts, not what comes: for one who is slow, more
 * room would only hold more. But while there is a hole nobody can read, and the peer
 * goes on all the same: how much further it has come in a round trip is what would have
 * been read.
 *
 * Return: bytes of payload that should fit; 0: nothing is known that is new.
 */
u32 atcp_tune_recv_room(struct atcp_conn *conn, u32 bytes, u64 now)
{
	struct atcp_tune *tune = &conn->tune;
	u32 beyond = beyond_hole(conn);
	u32 room;

	tune->bytes += bytes;
	if (!tune->rtt_ns || now - tune->since_ns < tune->rtt_ns)
		return 0;
	/* Less lies beyond the hole as it has been filled: that is yet to be read */
	if (tune->bytes + beyond < tune->beyond)
		return 0;
	bytes = tune->bytes + beyond - tune->beyond;
	room = room_for(conn, bytes, tune->before);
	tune->before = bytes;
	tune->beyond = beyond;
	tune->bytes = 0;
	tune->since_ns = now;
	return room;
}

/**
 * atcp_tune_send_room() - How large should the send buffer be?
 * @conn: Connection.
 *
 * Return: bytes of payload that should fit.
 */
u64 atcp_tune_send_room(const struct atcp_conn *conn)
{
	return (u64)SEND_WINDOWS * conn->snd.cwnd + SEND_SLACK;
}
