// SPDX-License-Identifier: GPL-2.0
/* Reno: slow start and congestion avoidance (RFC 5681 section 3.1). */
#include "core/internal.h"

/* No path needs more; keeps sums of windows within 32 bits. */
#define CWND_MAX (U32_MAX / 4)

/**
 * atcp_reno_ssthresh() - Where slow start will end, after a loss.
 * @conn: Connection, before anything is marked.
 *
 * RFC 5681 equation 4: half of what was in flight, without what limited transmit
 * has put there beyond the window.
 *
 * Return: bytes, two segments at least.
 */
u32 atcp_reno_ssthresh(const struct atcp_conn *conn)
{
	const struct atcp_snd *snd = &conn->snd;
	u32 flight = atcp_conn_flight(conn);

	if (snd->recovery == ATCP_REC_OPEN)
		flight = min(flight, snd->cwnd);
	return max_t(u32, flight / 2, 2 * snd->mss);
}

/*
 * RFC 7661's concern in its simplest form: a window that was not used says
 * nothing about the path and does not grow. In slow start half of it will do.
 */
static bool is_used(const struct atcp_conn *conn)
{
	const struct atcp_snd *snd = &conn->snd;

	if (conn->flags & ATCP_CONN_CWND_LIMITED)
		return true;
	return snd->cwnd < snd->ssthresh &&
	       atcp_conn_flight(conn) > snd->cwnd / 2;
}

/**
 * atcp_reno_acked() - New data has been acknowledged.
 * @conn: Its SND.UNA has not moved yet in open state.
 * @bytes: How much.
 *
 * Appropriate byte counting (RFC 3465): one acknowledgment may stand for a whole
 * merged burst. After a time-out at most one segment per ACK, since one may
 * cover much that had arrived before.
 */
void atcp_reno_acked(struct atcp_conn *conn, u32 bytes)
{
	struct atcp_snd *snd = &conn->snd;

	if (snd->recovery == ATCP_REC_RTO)
		bytes = min_t(u32, bytes, snd->mss);
	else if (!is_used(conn))
		return;
	if (snd->cwnd >= CWND_MAX)
		return;

	if (snd->cwnd < snd->ssthresh) {
		snd->cwnd = min(snd->cwnd + bytes, CWND_MAX);
		return;
	}
	snd->acked += bytes;
	while (snd->acked >= snd->cwnd) {
		snd->acked -= snd->cwnd;
		snd->cwnd += snd->mss;
	}
}
