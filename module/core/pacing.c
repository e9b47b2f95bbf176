// SPDX-License-Identifier: GPL-2.0
/*
 * Pacing: bursts leave at a rate rather than as fast as acknowledgments come. The rate is
 * the congestion control's, if it has one, and at most what the user allows.
 */
#include "core/internal.h"

/*
 * A burst is what goes in this time: long enough for timers to be few, and short enough
 * for a queue of four packets at 100 Mbit/s.
 */
#define BURST_NS (250 * 1000ULL)
#define BURSTS_PER_SEC 4000

/* Segments of a burst at least: one acknowledgment each. */
#define BURST_LEAST 2

/**
 * atcp_pacing_rate_Bps() - How fast data may leave.
 * @conn: Connection.
 *
 * Return: bytes per second, U64_MAX: as fast as it likes.
 */
u64 atcp_pacing_rate_Bps(const struct atcp_conn *conn)
{
	return min(conn->pacing.rate_Bps, conn->config.max_pacing_Bps);
}

/**
 * atcp_pacing_burst() - How much may leave at once.
 * @conn: Connection.
 *
 * Return: bytes, whole segments.
 */
u32 atcp_pacing_burst(const struct atcp_conn *conn)
{
	u32 mss = conn->snd.mss;
	u64 rate_Bps = atcp_pacing_rate_Bps(conn);
	u64 bytes;

	if (rate_Bps >= U32_MAX)
		return rounddown(U32_MAX, mss);
	bytes = div_u64(rate_Bps, BURSTS_PER_SEC);
	return max_t(u32, rounddown((u32)bytes, mss), BURST_LEAST * mss);
}

/**
 * atcp_pacing_holds() - Is it too early for the next burst?
 * @conn: Connection; if it is, its timer is set.
 * @now: Time, ns.
 *
 * Return: true if so.
 */
bool atcp_pacing_holds(struct atcp_conn *conn, u64 now)
{
	if (conn->pacing.next_ns <= now ||
	    atcp_pacing_rate_Bps(conn) == U64_MAX)
		return false;
	conn->deadline[ATCP_TIMER_PACING] = conn->pacing.next_ns;
	return true;
}

/**
 * atcp_pacing_sent() - Data has left.
 * @conn: Connection.
 * @bytes: How much.
 * @now: Time, ns.
 *
 * A timer that is late by less than a burst's time is made up for.
 */
void atcp_pacing_sent(struct atcp_conn *conn, u32 bytes, u64 now)
{
	u64 rate_Bps = atcp_pacing_rate_Bps(conn);
	u64 from_ns;

	if (rate_Bps == U64_MAX)
		return;
	from_ns = max(conn->pacing.next_ns, now - min(now, BURST_NS));
	conn->pacing.next_ns = from_ns +
		div64_u64((u64)bytes * ATCP_NSEC_PER_SEC,
			  max_t(u64, rate_Bps, 1));
}
