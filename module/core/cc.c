// SPDX-License-Identifier: GPL-2.0
/* Congestion control: choosing an algorithm, and what all of them share. */
#include "core/internal.h"

/* A connection carries one of these whatever it uses: keep it small. */
static_assert(sizeof(struct atcp_cc) <= 288, "congestion control is kept small");

static const struct atcp_cc_ops *const algorithms[] = {
	&atcp_cubic,
	&atcp_bbr_ops,
	&atcp_reno,
	&atcp_dctcp,
};

/**
 * atcp_cc_nth() - All algorithms, one by one.
 * @nth: From 0.
 *
 * Return: the algorithm, NULL past the last.
 */
const struct atcp_cc_ops *atcp_cc_nth(unsigned int nth)
{
	return nth < ARRAY_SIZE(algorithms) ? algorithms[nth] : NULL;
}

/**
 * atcp_cc_find() - The algorithm of a name.
 * @name: A string.
 *
 * Return: the algorithm, NULL if there is none of that name.
 */
const struct atcp_cc_ops *atcp_cc_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(algorithms); i++) {
		if (!strcmp(algorithms[i]->name, name))
			return algorithms[i];
	}
	return NULL;
}

/**
 * atcp_cc_start() - Begin with the algorithm that the settings name.
 * @conn: Its cwnd and ssthresh are set.
 */
void atcp_cc_start(struct atcp_conn *conn)
{
	memset(&conn->cc, 0, sizeof(conn->cc));
	conn->pacing.rate_Bps = U64_MAX;
	conn->cc.ops = conn->config.cc;
	conn->cc.ops->init(conn);
}

/**
 * atcp_cc_use() - Choose an algorithm.
 * @conn: Any state. In mid-connection cwnd and ssthresh stay; what the former
 *	algorithm knew, and what could have been undone, is forgotten.
 * @ops: The algorithm.
 */
void atcp_cc_use(struct atcp_conn *conn, const struct atcp_cc_ops *ops)
{
	conn->config.cc = ops;
	if (conn->cc.ops && conn->cc.ops != ops)
		atcp_cc_start(conn);
}

/**
 * atcp_cc_congestion() - A congestion event has begun.
 * @conn: Connection, before anything is marked. Its ssthresh is new afterwards;
 *	cwnd is the caller's, who knows how recovery goes on.
 * @event: What has told.
 */
void atcp_cc_congestion(struct atcp_conn *conn, enum atcp_cc_event event)
{
	struct atcp_snd *snd = &conn->snd;

	conn->cc.undo_cwnd = snd->cwnd;
	conn->cc.undo_ssthresh = snd->ssthresh;
	snd->ssthresh = conn->cc.ops->ssthresh(conn, event);
}

/**
 * atcp_cc_undo() - The last congestion event was spurious.
 * @conn: Connection.
 *
 * RFC 9438 section 4.9.2: a cwnd that has grown past the former one stays, and all
 * that goes with it.
 */
void atcp_cc_undo(struct atcp_conn *conn)
{
	struct atcp_snd *snd = &conn->snd;

	if (snd->cwnd >= conn->cc.undo_cwnd)
		return;
	snd->cwnd = conn->cc.undo_cwnd;
	snd->ssthresh = conn->cc.undo_ssthresh;
	conn->cc.undo_cwnd = 0; /* once */
	if (conn->cc.ops->undo)
		conn->cc.ops->undo(conn);
}

/**
 * atcp_cc_acked() - New data has been acknowledged.
 * @conn: In open state its SND.UNA has not moved yet.
 * @ack: What the acknowledgment says.
 */
void atcp_cc_acked(struct atcp_conn *conn, const struct atcp_cc_ack *ack)
{
	conn->cc.ops->acked(conn, ack);
}

/**
 * atcp_cc_owns_cwnd() - Does the algorithm set cwnd by itself, whatever happens?
 * @conn: Connection.
 *
 * Return: true if so.
 */
bool atcp_cc_owns_cwnd(const struct atcp_conn *conn)
{
	return conn->cc.ops && conn->cc.ops->sample;
}

/**
 * atcp_cc_sample() - An acknowledgment has been taken in, whatever it was.
 * @conn: Connection.
 * @sample: What it says of the delivery rate.
 */
void atcp_cc_sample(struct atcp_conn *conn,
		    const struct atcp_rate_sample *sample)
{
	if (conn->cc.ops->sample) {
		conn->cc.ops->sample(conn, sample);
		return;
	}
	atcp_cwv_sample(conn, sample);
	atcp_pacing_window(conn);
}

/**
 * atcp_cc_sent() - New data is about to leave.
 * @conn: Connection.
 * @now_ns: The time.
 */
void atcp_cc_sent(struct atcp_conn *conn, u64 now_ns)
{
	if (conn->cc.ops->sent)
		conn->cc.ops->sent(conn, now_ns);
}

/**
 * atcp_cc_lost() - A range is deemed lost.
 * @conn: Connection; it is counted already.
 * @burst: The range.
 */
void atcp_cc_lost(struct atcp_conn *conn, const struct atcp_burst *burst)
{
	if (conn->cc.ops->lost)
		conn->cc.ops->lost(conn, burst);
}

/**
 * atcp_cc_recovered() - All that was lost has arrived.
 * @conn: Connection, in open state.
 */
void atcp_cc_recovered(struct atcp_conn *conn)
{
	if (!atcp_cc_owns_cwnd(conn))
		atcp_cwv_forget(conn);
	if (conn->cc.ops->recovered)
		conn->cc.ops->recovered(conn);
}

/**
 * atcp_cc_delivered() - With ECN: how much of what is acknowledged was marked.
 * @conn: Its SND.UNA has not moved yet.
 * @ack: SEG.ACK.
 * @bytes: Delivered.
 * @marked: With CE.
 */
void atcp_cc_delivered(struct atcp_conn *conn, u32 ack, u32 bytes, u32 marked)
{
	if (conn->cc.ops->delivered)
		conn->cc.ops->delivered(conn, ack, bytes, marked);
}

/**
 * atcp_cc_restart() - Slow start begins anew.
 * @conn: Connection.
 * @cwnd: With so many bytes.
 */
void atcp_cc_restart(struct atcp_conn *conn, u32 cwnd)
{
	conn->snd.cwnd = cwnd;
	if (!atcp_cc_owns_cwnd(conn))
		atcp_cwv_forget(conn);
	conn->cc.ops->restart(conn);
}

/**
 * atcp_cc_idle() - Nothing is under way, something is about to be sent.
 * @conn: Connection.
 * @now_ns: The time. Being told more than once does no harm.
 */
void atcp_cc_idle(struct atcp_conn *conn, u64 now_ns)
{
	if (conn->cc.ops->idle)
		conn->cc.ops->idle(conn, now_ns);
}

/**
 * atcp_cc_flight() - What the network held when it lost something.
 * @conn: Connection at the beginning of a congestion event.
 *
 * RFC 5681 equation 4: FlightSize, without what limited transmit has put there
 * beyond the window. That window was full if no further segment fitted in: of seven
 * segments a bit each time would be much. RFC 7661 section 4.4.1: of a window that is
 * not validated, what was used of late counts, even if little is under way just now. A
 * window that is spread over the round trip by pacing is in use, though not full just now
 * (RFC 9438 section 4.6 lets a sender that validates cwnd take cwnd).
 *
 * Return: bytes.
 */
u32 atcp_cc_flight(const struct atcp_conn *conn)
{
	u32 flight = atcp_conn_flight(conn), cwnd = conn->snd.cwnd;

	if (conn->snd.recovery == ATCP_REC_OPEN)
		flight = min(flight, cwnd);
	if (!atcp_cwv_is_valid(conn))
		flight = max(flight, min(atcp_cwv_pipe_ack(conn), cwnd));
	else if (atcp_pacing_is_by_window(conn) &&
		 conn->flags & ATCP_CONN_CWND_LIMITED)
		flight = max(flight, cwnd);
	return flight < cwnd && cwnd - flight < conn->snd.mss ? cwnd : flight;
}

/*
 * A window that was not used says nothing about the path and does not grow: RFC 7661
 * section 4.4. Neither does one that is about to be used for the first time in a while.
 * In slow start half of it will do (section 4.3); avoidance has RFC 9438 section 5.8,
 * which is stricter.
 */
static bool is_used(const struct atcp_conn *conn, const struct atcp_cc_ack *ack)
{
	const struct atcp_snd *snd = &conn->snd;

	if (!atcp_cwv_is_valid(conn))
		return false;
	if (ack->is_cwnd_limited)
		return true;
	return snd->cwnd < snd->ssthresh &&
	       atcp_conn_flight(conn) > snd->cwnd / 2;
}

/**
 * atcp_cc_credit() - How much of an acknowledgment lets cwnd grow.
 * @conn: As in atcp_cc_acked().
 * @ack: The acknowledgment.
 *
 * Appropriate byte counting (RFC 3465): one acknowledgment may stand for a whole
 * merged burst. After a time-out at most one segment per ACK, since one may
 * cover much that had arrived before.
 *
 * Return: bytes; 0 if the window was not used.
 */
u32 atcp_cc_credit(const struct atcp_conn *conn, const struct atcp_cc_ack *ack)
{
	if (conn->snd.recovery == ATCP_REC_RTO)
		return min_t(u32, ack->bytes, conn->snd.mss);
	return is_used(conn, ack) ? ack->bytes : 0;
}

/**
 * atcp_cc_grow() - Add to cwnd, up to the largest there may be.
 * @conn: Connection.
 * @bytes: How much.
 */
void atcp_cc_grow(struct atcp_conn *conn, u32 bytes)
{
	u64 cwnd = (u64)conn->snd.cwnd + bytes;

	conn->snd.cwnd = max_t(u32, conn->snd.cwnd,
			       min_t(u64, cwnd, ATCP_CWND_MAX));
}

/**
 * atcp_cc_slow_start() - RFC 5681 section 3.1: grow by what is acknowledged.
 * @conn: Connection.
 * @bytes: From atcp_cc_credit().
 *
 * Return: false if cwnd has reached ssthresh, and the algorithm's own congestion
 * avoidance is called for.
 */
bool atcp_cc_slow_start(struct atcp_conn *conn, u32 bytes)
{
	if (conn->snd.cwnd >= conn->snd.ssthresh)
		return false;
	atcp_cc_grow(conn, bytes);
	return true;
}
