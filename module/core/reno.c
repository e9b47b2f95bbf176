// SPDX-License-Identifier: GPL-2.0
/* Reno: RFC 5681 section 3.1. */
#include "core/internal.h"

static void forget(struct atcp_conn *conn)
{
	conn->cc.reno.acked = 0;
}

/* RFC 5681 equation 4: half of what was in flight, two segments at least. */
static u32 ssthresh(struct atcp_conn *conn,
		    enum atcp_cc_event __always_unused event)
{
	forget(conn);
	return max_t(u32, atcp_cc_flight(conn) / 2, 2 * conn->snd.mss);
}

/* A segment for each window that is acknowledged (RFC 3465 section 2.1). */
static void avoidance(struct atcp_conn *conn, u32 bytes)
{
	struct atcp_snd *snd = &conn->snd;
	u32 *acked = &conn->cc.reno.acked;

	if (snd->cwnd >= ATCP_CWND_MAX)
		return;
	*acked += bytes;
	while (*acked >= snd->cwnd) {
		*acked -= snd->cwnd;
		snd->cwnd += snd->mss;
	}
}

static void acked(struct atcp_conn *conn, const struct atcp_cc_ack *ack)
{
	u32 bytes = atcp_cc_credit(conn, ack);

	if (!atcp_cc_slow_start(conn, bytes))
		avoidance(conn, bytes);
}

const struct atcp_cc_ops atcp_reno = {
	.name = "reno",
	.init = forget,
	.ssthresh = ssthresh,
	.acked = acked,
	.restart = forget,
};
