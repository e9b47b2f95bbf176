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

/* A window's algorithm: so much faster than its window needs, to let it grow. */
#define WINDOW_GAIN_PCT 120

/* With less than that in a round trip there is little to spread, bytes aside. */
#define WINDOW_SEGMENTS 20

/* Where the round trip is not much longer than some bursts there is no time for it. */
#define LEAST_RTT_NS (4 * ATCP_NSEC_PER_MSEC)

static bool is_spread(const struct atcp_snd *snd, u64 rtt_ns)
{
	return snd->cwnd >= snd->ssthresh &&
	       snd->cwnd >= WINDOW_SEGMENTS * snd->mss &&
	       rtt_ns >= LEAST_RTT_NS;
}

/**
 * atcp_pacing_window() - The window has changed, of an algorithm that has no rate.
 * @conn: Connection.
 *
 * Slow start is not paced: its bursts are what makes a short flow fast, and their
 * acknowledgments tell HyStart++ what the path holds. Later, the window spread over the
 * round trip keeps the clumps that slow start has left out of shallow queues and
 * policers. In a recovery it is proportional rate reduction that spreads what is sent, by
 * the acknowledgments.
 */
void atcp_pacing_window(struct atcp_conn *conn)
{
	const struct atcp_snd *snd = &conn->snd;
	u64 rtt_ns = atcp_rack_least_rtt_ns(conn, conn->rtt.srtt_ns);

	conn->pacing.rate_Bps = U64_MAX;
	if (snd->recovery == ATCP_REC_OPEN && is_spread(snd, rtt_ns))
		conn->pacing.rate_Bps =
			div64_u64((u64)snd->cwnd * WINDOW_GAIN_PCT * 10000,
				  div_u64(rtt_ns, 1000));
}

/**
 * atcp_pacing_is_by_window() - Is it cwnd that data waits for while pacing holds it?
 * @conn: Connection.
 *
 * Return: true if so: neither the algorithm nor the user has another rate.
 */
bool atcp_pacing_is_by_window(const struct atcp_conn *conn)
{
	return !atcp_cc_owns_cwnd(conn) && conn->pacing.rate_Bps != U64_MAX &&
	       conn->pacing.rate_Bps <= conn->config.max_pacing_Bps;
}

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
