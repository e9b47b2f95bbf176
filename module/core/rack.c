// SPDX-License-Identifier: GPL-2.0
/* What is lost, by the time at which it was sent: RACK (RFC 8985 section 6.2). */
#include "core/internal.h"

#define REO_WND_PERSIST 16 /* recoveries, RFC 8985 section 4 */

/*
 * Does the acknowledgment of what was sent again mean the first sending of it?
 * RFC 8985 section 6.2, step 2: a round trip shorter than any is none.
 */
static bool is_of_the_first(const struct atcp_conn *conn,
			    const struct atcp_delivery *got, u64 rtt_ns)
{
	return got->is_again && rtt_ns < conn->rtt.min_ns;
}

/**
 * atcp_rack_is_later() - Was one thing sent after another?
 * @order: Its order, see struct atcp_burst.
 * @end: Sequence number after it: pieces of one burst are of one order.
 * @than_order: The other's.
 * @than_end: The other's.
 *
 * RFC 8985 section 6.2 compares times; a counter tells apart what one moment sends.
 *
 * Return: true if so.
 */
bool atcp_rack_is_later(u32 order, u32 end, u32 than_order, u32 than_end)
{
	return atcp_after(order, than_order) ||
	       (order == than_order && atcp_after(end, than_end));
}

/* RFC 8985 section 6.2, step 2: the latest sending that has been delivered. */
static void update(struct atcp_conn *conn, const struct atcp_delivery *got,
		   u64 now)
{
	struct atcp_rack *rack = &conn->rack;
	u64 rtt_ns = now - got->sent_ns;

	if (!got->sent_ns || is_of_the_first(conn, got, rtt_ns))
		return;
	rack->rtt_ns = rtt_ns;
	if (rack->sent_ns &&
	    !atcp_rack_is_later(got->order, got->end, rack->order, rack->end))
		return;
	rack->sent_ns = got->sent_ns;
	rack->order = got->order;
	rack->end = got->end;
}

/* Once a round trip: what is told of it then has been sent with the smaller one. */
static void widen_window(struct atcp_conn *conn)
{
	struct atcp_rack *rack = &conn->rack;

	if (atcp_before(conn->snd.una, rack->dup_round))
		return;
	rack->dup_round = conn->snd.nxt;
	rack->persist = REO_WND_PERSIST;
	if (rack->mult < U8_MAX)
		rack->mult = max_t(u8, rack->mult, 1) + 1;
}

/* Step 4: a duplicate that we have caused says that the window was too small. */
static void adapt_window(struct atcp_conn *conn,
			 const struct atcp_delivery *got)
{
	if (got->is_reordered)
		conn->rack.has_reordered = true;
	if (got->is_duplicate)
		widen_window(conn);
}

/**
 * atcp_rack_spurious() - A recovery was for nothing.
 * @conn: Connection.
 *
 * RFC 8985 section 6.2, step 4 waits for a duplicate to say so; timestamps know a
 * round trip earlier, and where the peer does not tell of duplicates.
 */
void atcp_rack_spurious(struct atcp_conn *conn)
{
	conn->rack.has_reordered = true;
	widen_window(conn);
}

/**
 * atcp_rack_recovered() - A recovery has ended.
 * @conn: Connection.
 *
 * RFC 8985 section 6.2, step 4: without duplicates the reordering window becomes
 * small again, after a while.
 */
void atcp_rack_recovered(struct atcp_conn *conn)
{
	struct atcp_rack *rack = &conn->rack;

	if (rack->persist)
		rack->persist--;
	else
		rack->mult = 1;
}

/*
 * How much later than what has been delivered something may still come, ns. A part
 * of SRTT, where RFC 8985 has the least RTT: on a path that lets some packets overtake
 * the least one says how early these come, not how late the others are.
 */
static u64 reordering_ns(const struct atcp_conn *conn)
{
	const struct atcp_rack *rack = &conn->rack;
	const struct atcp_snd *snd = &conn->snd;

	if (!rack->has_reordered &&
	    (snd->recovery != ATCP_REC_OPEN ||
	     snd->sacked >= ATCP_DUP_THRESHOLD * snd->mss))
		return 0;
	return min_t(u64, max_t(u8, rack->mult, 1) * (conn->rtt.srtt_ns / 4),
		     conn->rtt.srtt_ns);
}

/*
 * How long what was sent before must have been on its way by now, ns. RFC 8985 takes
 * RACK.rtt; on a path that reorders that may be of one that overtook, and says little
 * of the others.
 */
static u64 arrival_ns(const struct atcp_conn *conn)
{
	if (conn->rack.has_reordered)
		return max(conn->rack.rtt_ns, conn->rtt.srtt_ns);
	return conn->rack.rtt_ns;
}

/**
 * atcp_rack_least_rtt_ns() - A round trip, without what overtaking adds to it.
 * @conn: Connection.
 * @rtt_ns: As timed when SND.UNA moved.
 *
 * Where packets overtake each other only the late ones move SND.UNA, and theirs would be
 * the only round trips; blocks have told of the others before (RACK.rtt, RFC 8985
 * section 6.2).
 *
 * Return: the smaller of the two, ns.
 */
u64 atcp_rack_least_rtt_ns(const struct atcp_conn *conn, u64 rtt_ns)
{
	return conn->rack.rtt_ns ? min(rtt_ns, conn->rack.rtt_ns) : rtt_ns;
}

static bool was_sent_before(const struct atcp_burst *burst,
			    const struct atcp_rack *rack)
{
	return rack->sent_ns && atcp_rack_is_later(rack->order, rack->end,
						   burst->order, burst->end);
}

/**
 * atcp_rack_detect() - Mark what must be lost by now.
 * @conn: Connection.
 * @now: Time, ns.
 *
 * RFC 8985 section 6.2, step 5. The longest under way come first, so it ends with the
 * first that may yet come, for which it arms the reordering timer.
 *
 * Return: true if something has been marked that tells of congestion.
 */
bool atcp_rack_detect(struct atcp_conn *conn, u64 now)
{
	const struct atcp_rack *rack = &conn->rack;
	u64 wait_ns = arrival_ns(conn) + reordering_ns(conn);
	struct atcp_burst *burst, *tmp;
	u64 next = ATCP_NEVER;
	bool found = false;

	list_for_each_entry_safe(burst, tmp, &conn->snd.waiting, turn) {
		if (!was_sent_before(burst, rack))
			break;
		if (burst->sent_ns + wait_ns > now) {
			next = burst->sent_ns + wait_ns;
			break;
		}
		if (atcp_pmtu_is_probe(conn, burst)) {
			atcp_pmtu_probe_lost(conn, burst);
			continue;
		}
		atcp_loss_mark(conn, burst);
		found = true;
	}
	conn->deadline[ATCP_TIMER_REORDER] = next;
	return found;
}

/**
 * atcp_rack_delivered() - An acknowledgment has been taken in.
 * @conn: Its flight is clean.
 * @got: What it has delivered; has_lost is set.
 * @now: Time, ns.
 *
 * As long as everything arrives in order there is nothing to look for.
 */
void atcp_rack_delivered(struct atcp_conn *conn, struct atcp_delivery *got,
			 u64 now)
{
	update(conn, got, now);
	adapt_window(conn, got);
	if (conn->snd.sacked || conn->snd.recovery != ATCP_REC_OPEN)
		got->has_lost = atcp_rack_detect(conn, now);
	else
		conn->deadline[ATCP_TIMER_REORDER] = ATCP_NEVER;
}
