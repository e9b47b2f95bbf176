// SPDX-License-Identifier: GPL-2.0
/*
 * What is lost and what is still in the network. First recovery: NewReno (RFC
 * 6582) on an estimate of the pipe, so that a scoreboard can take its place.
 */
#include "core/internal.h"

#define DUP_ACK_THRESHOLD 3 /* RFC 5681 section 3.2 */

/**
 * atcp_loss_pipe() - Bytes that are still on their way.
 * @conn: Connection.
 *
 * In flight, less what is deemed lost and not sent again, less what duplicate
 * ACKs say has arrived (the window inflation of RFC 5681, seen from below).
 *
 * Return: bytes.
 */
u32 atcp_loss_pipe(const struct atcp_conn *conn)
{
	u32 flight = atcp_conn_flight(conn);
	u32 gone = conn->snd.lost + conn->snd.dup;

	return flight > gone ? flight - gone : 0;
}

/**
 * atcp_loss_mark() - Deem a range lost.
 * @conn: Connection.
 * @burst: In its flight.
 */
void atcp_loss_mark(struct atcp_conn *conn, struct atcp_burst *burst)
{
	if (burst->flags & ATCP_BURST_LOST)
		return;
	burst->flags |= ATCP_BURST_LOST;
	conn->snd.lost += burst->end - burst->seq;
}

/**
 * atcp_loss_unmark() - A range is sent again, or acknowledged after all.
 * @conn: Connection.
 * @burst: In its flight.
 */
void atcp_loss_unmark(struct atcp_conn *conn, struct atcp_burst *burst)
{
	if (!(burst->flags & ATCP_BURST_LOST))
		return;
	burst->flags &= ~ATCP_BURST_LOST;
	conn->snd.lost -= burst->end - burst->seq;
}

/**
 * atcp_loss_first() - What to send again first.
 * @conn: Connection.
 *
 * Return: the first range deemed lost, NULL if there is none.
 */
struct atcp_burst *atcp_loss_first(struct atcp_conn *conn)
{
	struct atcp_burst *burst;

	if (!conn->snd.lost)
		return NULL;
	list_for_each_entry(burst, &conn->snd.flight, link) {
		if (burst->flags & ATCP_BURST_LOST)
			return burst;
	}
	return NULL;
}

/* A duplicate ACK stands for one segment that has left the network. */
static void inflate(struct atcp_conn *conn)
{
	u32 flight = atcp_conn_flight(conn);

	conn->snd.dup = min(conn->snd.dup + conn->snd.mss, flight);
}

/* RFC 6582 section 3.2, step 2. */
static void enter_fast(struct atcp_conn *conn, struct atcp_step *step)
{
	struct atcp_snd *snd = &conn->snd;

	atcp_cc_congestion(conn, ATCP_CC_LOSS);
	snd->cwnd = snd->ssthresh;
	snd->recover = snd->nxt;
	snd->recovery = ATCP_REC_FAST;
	conn->flags |= ATCP_CONN_HEAD_LOST;
	atcp_step_count(step, ATCP_MIB_FAST_RETRANS);
}

/**
 * atcp_loss_dup_ack() - A duplicate ACK has arrived.
 * @conn: Connection with data in flight.
 * @step: For the count.
 *
 * The first two let new data out (RFC 3042), the third starts recovery. After a
 * time-out they come from what we send twice and mean nothing.
 */
void atcp_loss_dup_ack(struct atcp_conn *conn, struct atcp_step *step)
{
	struct atcp_snd *snd = &conn->snd;

	if (snd->recovery == ATCP_REC_RTO)
		return;
	if (snd->recovery == ATCP_REC_FAST) {
		inflate(conn);
		return;
	}
	if (snd->dup_acks < DUP_ACK_THRESHOLD)
		snd->dup_acks++;
	/*
	 * RFC 6582 step 1: the third must acknowledge more than "recover"; up to
	 * there it may come from what the last recovery sent twice.
	 */
	if (snd->dup_acks == DUP_ACK_THRESHOLD &&
	    !atcp_after(snd->una, snd->recover))
		return;
	inflate(conn);
	if (snd->dup_acks == DUP_ACK_THRESHOLD)
		enter_fast(conn, step);
}

static void leave(struct atcp_conn *conn)
{
	struct atcp_snd *snd = &conn->snd;
	u32 flight = atcp_conn_flight(conn);

	/* Step 3, full acknowledgment, option 1: no burst after recovery. */
	if (snd->recovery == ATCP_REC_FAST)
		snd->cwnd = min(snd->ssthresh,
				max_t(u32, flight, snd->mss) + snd->mss);
	snd->recovery = ATCP_REC_OPEN;
	snd->dup = 0;
	conn->flags &= ~ATCP_CONN_HEAD_LOST;
}

/* Step 3, partial acknowledgment: the next hole begins where it ends. */
static void partial(struct atcp_conn *conn, u32 bytes)
{
	struct atcp_snd *snd = &conn->snd;
	u32 arrived = bytes > snd->mss ? bytes - snd->mss : 0;

	snd->dup -= min(snd->dup, arrived);
	conn->flags |= ATCP_CONN_HEAD_LOST;
}

/**
 * atcp_loss_acked() - SND.UNA moves on.
 * @conn: Its flight is already clean.
 * @ack: By how much, and when.
 */
void atcp_loss_acked(struct atcp_conn *conn, const struct atcp_cc_ack *ack)
{
	struct atcp_snd *snd = &conn->snd;
	bool is_over;

	if (snd->recovery == ATCP_REC_OPEN)
		atcp_cc_acked(conn, ack);
	snd->una = ack->una;
	snd->dup_acks = 0;
	is_over = !atcp_before(snd->una, snd->recover);

	switch ((enum atcp_recovery)snd->recovery) {
	case ATCP_REC_OPEN:
		snd->dup = 0;
		break;
	case ATCP_REC_FAST:
		if (is_over)
			leave(conn);
		else
			partial(conn, ack->bytes);
		break;
	case ATCP_REC_RTO:
		atcp_cc_acked(conn, ack);
		if (is_over)
			leave(conn);
		break;
	}
}

/*
 * One record for all that is in flight: the ways in which it was cut are of no
 * interest any more, and many small segments go out again as few full ones. Karn:
 * none of it measures a round trip.
 */
static void merge_flight(struct atcp_conn *conn, struct atcp_step *step)
{
	struct list_head *flight = &conn->snd.flight;
	struct atcp_burst *first, *burst, *tmp;

	first = list_first_entry(flight, struct atcp_burst, link);
	burst = first;
	list_for_each_entry_safe_continue(burst, tmp, flight, link) {
		first->end = burst->end;
		first->flags = burst->flags;
		list_move_tail(&burst->link, &step->released);
	}
	first->flags |= ATCP_BURST_RETRANS | ATCP_BURST_LOST;
	conn->snd.lost = first->end - first->seq;
	conn->snd.nr_flight = 1;
}

/* All that is in flight goes again, beginning with one segment. */
static void begin_again(struct atcp_conn *conn)
{
	struct atcp_snd *snd = &conn->snd;

	atcp_cc_restart(conn, snd->mss);
	snd->dup = 0;
	snd->dup_acks = 0;
	snd->recover = snd->nxt;
	snd->recovery = ATCP_REC_RTO;
	conn->flags &= ~ATCP_CONN_HEAD_LOST;
}

/**
 * atcp_loss_refused() - The peer has had no memory for what is in flight.
 * @conn: Connection with data in flight.
 *
 * It goes again as after a time-out, but no network has lost it: ssthresh stays.
 */
void atcp_loss_refused(struct atcp_conn *conn)
{
	struct atcp_burst *burst;

	list_for_each_entry(burst, &conn->snd.flight, link)
		atcp_loss_mark(conn, burst);
	begin_again(conn);
}

/**
 * atcp_loss_timeout() - The retransmission timer has expired.
 * @conn: Connection with data in flight.
 * @step: Takes records.
 *
 * RFC 5681 section 3.1, equation 4 and below; RFC 6582 section 3.2 step 4. All
 * that is in flight is deemed lost and goes out again as the window allows.
 */
void atcp_loss_timeout(struct atcp_conn *conn, struct atcp_step *step)
{
	struct atcp_snd *snd = &conn->snd;

	/* Only the first time-out of the same data halves the window. */
	if (snd->recovery != ATCP_REC_RTO || !conn->retrans_ns)
		atcp_cc_congestion(conn, ATCP_CC_TIMEOUT);
	begin_again(conn);
	merge_flight(conn, step);
}
