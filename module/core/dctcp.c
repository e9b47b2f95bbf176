// SPDX-License-Identifier: GPL-2.0
/*
 * DCTCP (RFC 8257): the network marks early and much, and the sender slows down by as
 * much as is marked. Losses are answered as Reno does. For networks that are built for
 * it: whoever slows down by half for a mark gets nothing beside it.
 */
#include "core/internal.h"

/* Alpha, 1 is 2^16; section 4.2: g is 1/16. */
#define ONE BIT(16)
#define G 16

/* Section 3.3: at first all is taken to be marked. */
static void init(struct atcp_conn *conn)
{
	struct atcp_dctcp *dctcp = &conn->cc.dctcp;

	memset(dctcp, 0, sizeof(*dctcp));
	dctcp->alpha = ONE;
	dctcp->window_end = conn->snd.nxt;
}

/* Section 3.3, steps 5 to 8; rounded so that alpha comes down to 0. */
static void estimate(struct atcp_dctcp *dctcp)
{
	u32 part = (u32)div_u64((u64)dctcp->marked * ONE, dctcp->bytes);

	dctcp->alpha -= DIV_ROUND_UP(dctcp->alpha, G);
	dctcp->alpha += part / G;
	dctcp->bytes = 0;
	dctcp->marked = 0;
}

/* Section 3.3: once in a window. */
static void delivered(struct atcp_conn *conn, u32 ack, u32 bytes, u32 marked)
{
	struct atcp_dctcp *dctcp = &conn->cc.dctcp;

	dctcp->bytes += bytes;
	dctcp->marked += min(marked, bytes);
	if (!dctcp->bytes || !atcp_after(ack, dctcp->window_end))
		return;
	estimate(dctcp);
	dctcp->window_end = conn->snd.nxt;
}

/* Sections 3.3 and 3.5. */
static u32 ssthresh(struct atcp_conn *conn, enum atcp_cc_event event)
{
	u32 cwnd = conn->snd.cwnd;
	u64 cut = (u64)cwnd * conn->cc.dctcp.alpha / ONE / 2;

	if (event != ATCP_CC_ECN)
		return atcp_reno.ssthresh(conn, event);
	atcp_reno.restart(conn);
	return max_t(u32, cwnd - (u32)cut, 2 * conn->snd.mss);
}

static void acked(struct atcp_conn *conn, const struct atcp_cc_ack *ack)
{
	atcp_reno.acked(conn, ack);
}

static void restart(struct atcp_conn *conn)
{
	atcp_reno.restart(conn);
}

const struct atcp_cc_ops atcp_dctcp = {
	.name = "dctcp",
	.needs_ecn = true,
	.init = init,
	.ssthresh = ssthresh,
	.acked = acked,
	.delivered = delivered,
	.restart = restart,
};
