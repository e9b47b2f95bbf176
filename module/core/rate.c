// SPDX-License-Identifier: GPL-2.0
/*
 * How fast the network delivers: each acknowledgment measures what has arrived since
 * the newest thing that it tells of was sent (draft-ietf-ccwg-bbr section 4.1, delivery
 * rate sampling). A burst's record says what had been delivered when it was sent.
 */
#include "core/internal.h"

/**
 * atcp_rate_sent() - @burst goes out.
 * @conn: Connection; the burst counts as under way already.
 * @burst: Its record, updated.
 * @now: Time, ns.
 */
void atcp_rate_sent(struct atcp_conn *conn, struct atcp_burst *burst, u64 now)
{
	struct atcp_rate *rate = &conn->rate;
	u32 pipe = atcp_loss_pipe(conn);

	/* Nothing was under way: the silence before this does not count. */
	if (pipe <= burst->end - burst->seq) {
		rate->first_ns = now;
		rate->delivered_ns = now;
	}
	burst->first_ns = rate->first_ns;
	burst->delivered_ns = rate->delivered_ns;
	burst->delivered = rate->delivered;
	burst->lost = rate->lost;
	burst->in_flight = pipe;
	burst->flags &= ~ATCP_BURST_APP_LIMITED;
	if (rate->is_app_limited)
		burst->flags |= ATCP_BURST_APP_LIMITED;
}

/**
 * atcp_rate_app_limited() - The user has less to send than may go.
 * @conn: Connection.
 *
 * What is delivered until all of the present flight has been says nothing of how much
 * more the network could have delivered.
 */
void atcp_rate_app_limited(struct atcp_conn *conn)
{
	struct atcp_rate *rate = &conn->rate;

	rate->is_app_limited = true;
	rate->app_limited_until = rate->delivered + atcp_loss_pipe(conn);
}

/**
 * atcp_rate_lost() - Something is deemed lost.
 * @conn: Connection.
 * @bytes: How much.
 */
void atcp_rate_lost(struct atcp_conn *conn, u32 bytes)
{
	conn->rate.lost += bytes;
}

/*
 * Bytes per second over the longer of the times in which the range was sent and in which
 * it was acknowledged: either may have been squeezed. Faster than the least round trip
 * is neither.
 */
static u64 delivery_rate_Bps(const struct atcp_conn *conn,
			     const struct atcp_rate_sample *sample)
{
	if (!sample->interval_ns || sample->interval_ns < conn->rtt.min_ns)
		return 0;
	return div64_u64((u64)sample->delivered * ATCP_NSEC_PER_SEC,
			 sample->interval_ns);
}

/**
 * atcp_rate_sample() - An acknowledgment has been taken in.
 * @conn: Connection.
 * @got: What it has delivered.
 * @now: Time, ns.
 * @sample: Filled in. Its rate is 0 if there is none.
 */
void atcp_rate_sample(struct atcp_conn *conn, const struct atcp_delivery *got,
		      u64 now, struct atcp_rate_sample *sample)
{
	struct atcp_rate *rate = &conn->rate;
	const struct atcp_burst *newest = &got->newest;

	memset(sample, 0, sizeof(*sample));
	sample->now_ns = now;
	sample->acked = got->bytes;
	sample->ce_bytes = min(got->marked, got->bytes);
	sample->newly_lost = rate->lost - rate->lost_before;
	rate->lost_before = rate->lost;
	rate->delivered += got->bytes;
	if (rate->is_app_limited &&
	    atcp_after(rate->delivered, rate->app_limited_until))
		rate->is_app_limited = false;
	if (!got->bytes)
		return;

	rate->delivered_ns = now;
	rate->first_ns = newest->sent_ns;
	sample->prior_delivered = newest->delivered;
	sample->delivered = rate->delivered - newest->delivered;
	sample->in_flight = newest->in_flight;
	sample->lost = rate->lost - newest->lost;
	sample->is_app_limited = newest->flags & ATCP_BURST_APP_LIMITED;
	sample->rtt_ns = got->is_again ? 0 : now - newest->sent_ns;
	sample->interval_ns = max(newest->sent_ns - newest->first_ns,
				  now - newest->delivered_ns);
	sample->rate_Bps = delivery_rate_Bps(conn, sample);
	if (sample->rate_Bps && !sample->is_app_limited)
		rate->latest_Bps = sample->rate_Bps;
}
