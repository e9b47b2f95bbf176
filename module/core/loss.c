// SPDX-License-Identifier: GPL-2.0
/*
 * What is lost, what is still in the network, and recovery. With SACK the scoreboard
 * and RACK say what is lost and PRR (RFC 9937) what may go; without it NewReno (RFC
 * 6582) works on an estimate.
 */
#include "core/internal.h"

/**
 * atcp_loss_pipe() - Bytes that are still on their way.
 * @conn: Connection.
 *
 * RFC 6675 section 4: in flight, less what is deemed lost and not sent again, less
 * what has arrived by the scoreboard; or without one, by duplicate ACKs (the window
 * inflation of RFC 5681, seen from below).
 *
 * Return: bytes.
 */
u32 atcp_loss_pipe(const struct atcp_conn *conn)
{
	u32 flight = atcp_conn_flight(conn);
	u32 gone = conn->snd.lost + conn->snd.dup + conn->snd.sacked;

	return flight > gone ? flight - gone : 0;
}

/**
 * atcp_loss_sent() - A range goes out, for the first time or again.
 * @conn: Connection.
 * @burst: In its flight, and in no turn.
 * @now: Time, ns.
 */
void atcp_loss_sent(struct atcp_conn *conn, struct atcp_burst *burst, u64 now)
{
	burst->sent_ns = now;
	burst->order = conn->snd.nr_sent++;
	list_add_tail(&burst->turn, &conn->snd.waiting);
}

/**
 * atcp_loss_requeue() - A range is to go again, though the network is not congested.
 * @conn: Connection.
 * @burst: In its flight.
 *
 * What is lost is mostly found by rising numbers: its place is near the end.
 *
 * Return: false if it is to go already, or has arrived.
 */
bool atcp_loss_requeue(struct atcp_conn *conn, struct atcp_burst *burst)
{
	struct atcp_burst *before;

	if (burst->flags & (ATCP_BURST_LOST | ATCP_BURST_SACKED))
		return false;
	burst->flags |= ATCP_BURST_LOST;
	conn->snd.lost += burst->end - burst->seq;
	list_for_each_entry_reverse(before, &conn->snd.again, turn) {
		if (atcp_before(before->seq, burst->seq))
			break;
	}
	list_move(&burst->turn, &before->turn);
	return true;
}

/**
 * atcp_loss_mark() - Deem a range lost.
 * @conn: Connection.
 * @burst: In its flight.
 */
void atcp_loss_mark(struct atcp_conn *conn, struct atcp_burst *burst)
{
	if (!atcp_loss_requeue(conn, burst))
		return;
	atcp_rate_lost(conn, burst->end - burst->seq);
	atcp_cc_lost(conn, burst);
}

/**
 * atcp_loss_settle() - Nobody waits for a range any more: it is sent again, or has
 * arrived.
 * @conn: Connection.
 * @burst: In its flight; in no turn afterwards.
 */
void atcp_loss_settle(struct atcp_conn *conn, struct atcp_burst *burst)
{
	list_del_init(&burst->turn);
	if (!(burst->flags & ATCP_BURST_LOST))
		return;
	burst->flags &= ~ATCP_BURST_LOST;
	conn->snd.lost -= burst->end - burst->seq;
}

/**
 * atcp_loss_unmark() - A range is not lost after all: it has its old turn.
 * @conn: Connection.
 * @burst: In its flight, deemed lost or not.
 */
void atcp_loss_unmark(struct atcp_conn *conn, struct atcp_burst *burst)
{
	struct atcp_burst *before;

	if (!(burst->flags & ATCP_BURST_LOST))
		return;
	atcp_loss_settle(conn, burst);
	list_for_each_entry_reverse(before, &conn->snd.waiting, turn) {
		if (atcp_rack_is_later(burst->order, burst->end,
				       before->order, before->end))
			break;
	}
	list_add(&burst->turn, &before->turn);
}

/**
 * atcp_loss_split() - Cut a range; what follows gets a record of its own.
 * @conn: Connection.
 * @burst: In its flight.
 * @seq: Where it is to end.
 * @step: A spare record.
 *
 * Return: false if there is none to spare.
 */
bool atcp_loss_split(struct atcp_conn *conn, struct atcp_burst *burst, u32 seq,
		     struct atcp_step *step)
{
	struct atcp_burst *rest = atcp_step_take(step);

	if (!rest)
		return false;
	*rest = *burst;
	rest->seq = seq;
	burst->end = seq;
	burst->flags &= ~(ATCP_BURST_FIN | ATCP_BURST_PSH);
	list_add(&rest->link, &burst->link);
	if (rest->flags & ATCP_BURST_SACKED)
		INIT_LIST_HEAD(&rest->turn);
	else
		list_add(&rest->turn, &burst->turn);
	conn->snd.nr_flight++;
	return true;
}

/**
 * atcp_loss_join() - Make one record of two that lie side by side.
 * @conn: Connection.
 * @burst: In its flight; grows.
 * @next: What follows it, in no turn; released.
 * @step: Takes the record.
 */
void atcp_loss_join(struct atcp_conn *conn, struct atcp_burst *burst,
		    struct atcp_burst *next, struct atcp_step *step)
{
	burst->end = next->end;
	burst->flags = next->flags | (burst->flags & ATCP_BURST_RETRANS);
	burst->sent_ns = next->sent_ns;
	burst->order = next->order;
	list_move_tail(&next->link, &step->released);
	conn->snd.nr_flight--;
}

/**
 * atcp_loss_first() - What to send again first.
 * @conn: Connection.
 *
 * Return: the first range deemed lost, NULL if there is none.
 */
struct atcp_burst *atcp_loss_first(struct atcp_conn *conn)
{
	return list_first_entry_or_null(&conn->snd.again, struct atcp_burst,
					turn);
}

/* A duplicate ACK stands for one segment that has left the network. */
static void inflate(struct atcp_conn *conn)
{
	u32 flight = atcp_conn_flight(conn);

	conn->snd.dup = min(conn->snd.dup + conn->snd.mss, flight);
}

/* Does cwnd go down for a mark, with nothing lost? */
static bool is_reducing(const struct atcp_conn *conn)
{
	return conn->ecn.flags & ATCP_ECN_REDUCING;
}

/* Something has been lost, by whatever sign: RFC 5681 section 3.2, step 2. */
static void enter(struct atcp_conn *conn, struct atcp_step *step)
{
	struct atcp_snd *snd = &conn->snd;

	/*
	 * Once per window: a mark in it has had its answer (RFC 3168 6.1.2), unless
	 * that is less than a loss's (RFC 8257 section 3.5).
	 */
	if (!is_reducing(conn) || conn->cc.ops->needs_ecn)
		atcp_cc_congestion(conn, ATCP_CC_LOSS);
	atcp_ecn_reduced(conn);
	atcp_undo_begin(conn);
	atcp_tlp_forget(conn);
	snd->recover = snd->nxt;
	snd->recovery = ATCP_REC_FAST;
	atcp_step_count(step, ATCP_MIB_FAST_RETRANS);
}

/**
 * atcp_loss_reduce() - There has been a loss that is repaired already.
 * @conn: Connection outside of recovery.
 */
void atcp_loss_reduce(struct atcp_conn *conn)
{
	struct atcp_snd *snd = &conn->snd;

	if (is_reducing(conn))
		return; /* a mark in the same window has had its answer */
	atcp_cc_congestion(conn, ATCP_CC_LOSS);
	atcp_ecn_reduced(conn);
	conn->undo.is_possible = false;
	conn->undo.is_begun = false;
	snd->cwnd = min(snd->cwnd, snd->ssthresh);
}

/* RFC 6582 section 3.2, step 2. */
static void enter_newreno(struct atcp_conn *conn, struct atcp_step *step)
{
	enter(conn, step);
	if (!atcp_cc_owns_cwnd(conn))
		conn->snd.cwnd = conn->snd.ssthresh;
	conn->flags |= ATCP_CONN_HEAD_LOST;
}

/* RFC 9937 section 6: what has arrived before does not count. */
static void begin_prr(struct atcp_snd *snd, u32 flight)
{
	snd->prr_flight = flight;
	snd->prr_delivered = 0;
	snd->prr_out = 0;
}

static void enter_prr(struct atcp_conn *conn, const struct atcp_delivery *got,
		      struct atcp_step *step)
{
	enter(conn, step);
	begin_prr(&conn->snd, atcp_conn_flight(conn) - conn->snd.sacked +
				      got->bytes);
}

/**
 * atcp_loss_marked() - The network has marked instead of losing.
 * @conn: Connection outside of recovery, with data in flight; SND.UNA has not moved.
 *
 * RFC 3168 section 6.1.2: as after a loss, but nothing is to be sent again, and no
 * mark is spurious. With SACK the flight shrinks by PRR within a round trip.
 */
void atcp_loss_marked(struct atcp_conn *conn)
{
	struct atcp_snd *snd = &conn->snd;
	u32 cwnd = max_t(u32, snd->cwnd, snd->mss);

	atcp_cc_congestion(conn, ATCP_CC_ECN);
	conn->cc.undo_cwnd = 0;
	snd->ssthresh = min(snd->ssthresh, cwnd);
	atcp_ecn_reduced(conn);
	conn->ecn.flags |= ATCP_ECN_REDUCING;
	begin_prr(snd, atcp_conn_flight(conn) - snd->sacked);
	if (!atcp_score_is_kept(conn))
		snd->cwnd = snd->ssthresh;
}

/* Everything from before the mark has left the network. */
static void settle(struct atcp_conn *conn)
{
	if (!is_reducing(conn) ||
	    atcp_before(conn->snd.una, conn->ecn.round_end))
		return;
	conn->ecn.flags &= ~ATCP_ECN_REDUCING;
	conn->snd.cwnd = conn->snd.ssthresh;
}

/* Proportional part: as much goes as brings the flight down to ssthresh in one RTT. */
static u32 prr_share(const struct atcp_snd *snd)
{
	u64 due = (u64)snd->prr_delivered * snd->ssthresh;
	u32 share = (u32)div_u64(due + snd->prr_flight - 1, snd->prr_flight);

	return share > snd->prr_out ? share - snd->prr_out : 0;
}

/*
 * Below ssthresh: as much as has been delivered, and if all goes well one segment
 * more, up to ssthresh.
 */
static u32 prr_rebuild(const struct atcp_snd *snd,
		       const struct atcp_delivery *got, u32 pipe)
{
	u32 owed = snd->prr_delivered > snd->prr_out ?
			   snd->prr_delivered - snd->prr_out : 0;
	u32 room = max(owed, got->bytes);

	if (got->is_news && !got->has_lost)
		room += snd->mss;
	return min(room, snd->ssthresh - pipe);
}

/* RFC 9937 section 6.2, at each ACK of a recovery, or of a window with a mark. */
static void reduce(struct atcp_conn *conn, const struct atcp_delivery *got)
{
	struct atcp_snd *snd = &conn->snd;
	u32 pipe = atcp_loss_pipe(conn);
	u32 room;

	if (atcp_cc_owns_cwnd(conn))
		return;
	snd->prr_delivered += got->bytes;
	room = pipe > snd->ssthresh ? prr_share(snd) :
				      prr_rebuild(snd, got, pipe);
	if (!snd->prr_out && snd->recovery == ATCP_REC_FAST)
		room = max_t(u32, room, snd->mss); /* the fast retransmit */
	snd->cwnd = pipe + room;
}

/**
 * atcp_loss_delivered() - With SACK: an acknowledgment has been taken in.
 * @conn: Connection; RACK has marked what is lost.
 * @got: What it has delivered, and whether it has shown a loss.
 * @step: For the count.
 */
void atcp_loss_delivered(struct atcp_conn *conn,
			 const struct atcp_delivery *got,
			 struct atcp_step *step)
{
	if (conn->snd.recovery == ATCP_REC_OPEN && got->has_lost)
		enter_prr(conn, got, step);
	if (conn->snd.recovery == ATCP_REC_FAST || is_reducing(conn))
		reduce(conn, got);
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
	if (snd->dup_acks < ATCP_DUP_THRESHOLD)
		snd->dup_acks++;
	/*
	 * RFC 6582 step 1: the third must acknowledge more than "recover"; up to
	 * there it may come from what the last recovery sent twice.
	 */
	if (snd->dup_acks == ATCP_DUP_THRESHOLD &&
	    !atcp_after(snd->una, snd->recover))
		return;
	inflate(conn);
	if (snd->dup_acks == ATCP_DUP_THRESHOLD)
		enter_newreno(conn, step);
}

/**
 * atcp_loss_recovered() - The recovery is over, whatever cwnd is then.
 * @conn: Connection.
 */
void atcp_loss_recovered(struct atcp_conn *conn)
{
	atcp_rack_recovered(conn);
	conn->snd.recovery = ATCP_REC_OPEN;
	conn->snd.dup = 0;
	conn->snd.dup_acks = 0;
	conn->undo.end = conn->snd.nxt;
	conn->flags &= ~ATCP_CONN_HEAD_LOST;
}

static void leave(struct atcp_conn *conn)
{
	struct atcp_snd *snd = &conn->snd;
	u32 flight = atcp_conn_flight(conn);

	/* RFC 6582 step 3, option 1: no burst after recovery. PRR makes none. */
	if (snd->recovery == ATCP_REC_FAST && !atcp_cc_owns_cwnd(conn))
		snd->cwnd = atcp_score_is_kept(conn) ? snd->ssthresh :
			min(snd->ssthresh,
			    max_t(u32, flight, snd->mss) + snd->mss);
	atcp_loss_recovered(conn);
	atcp_cc_recovered(conn);
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

	if (snd->recovery == ATCP_REC_OPEN && !is_reducing(conn))
		atcp_cc_acked(conn, ack);
	snd->una = ack->una;
	snd->dup_acks = 0;
	is_over = !atcp_before(snd->una, snd->recover);

	switch ((enum atcp_recovery)snd->recovery) {
	case ATCP_REC_OPEN:
		snd->dup = 0;
		settle(conn);
		break;
	case ATCP_REC_FAST:
		if (is_over)
			leave(conn);
		else if (!atcp_score_is_kept(conn))
			partial(conn, ack->bytes);
		break;
	case ATCP_REC_RTO:
		atcp_cc_acked(conn, ack);
		if (is_over)
			leave(conn);
		break;
	}
}

/* Sent as often, and in this order? Then one may stand for both. */
static bool is_alike(const struct atcp_burst *first,
		     const struct atcp_burst *burst)
{
	return !((first->flags ^ burst->flags) & ATCP_BURST_RETRANS) &&
	       !atcp_after(first->order, burst->order);
}

/*
 * One record for what lies side by side: the ways in which it was cut are of no
 * interest any more, and many small segments go out again as few full ones.
 */
static void merge_flight(struct atcp_conn *conn, struct atcp_step *step)
{
	struct atcp_burst *first = NULL, *burst, *tmp;

	list_for_each_entry_safe(burst, tmp, &conn->snd.flight, link) {
		if (burst->flags & ATCP_BURST_SACKED) {
			first = NULL;
			continue;
		}
		atcp_loss_settle(conn, burst);
		if (first && is_alike(first, burst))
			atcp_loss_join(conn, first, burst, step);
		else
			first = burst;
	}
}

static void mark_flight(struct atcp_conn *conn)
{
	struct atcp_burst *burst;

	list_for_each_entry(burst, &conn->snd.flight, link)
		atcp_loss_mark(conn, burst);
}

/* All that is in flight goes again, beginning with one segment. */
static void begin_again(struct atcp_conn *conn)
{
	struct atcp_snd *snd = &conn->snd;

	atcp_cc_restart(conn, snd->mss);
	atcp_tlp_forget(conn);
	snd->dup = 0;
	snd->dup_acks = 0;
	snd->recover = snd->nxt;
	atcp_ecn_reduced(conn);
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
 * that is in flight is deemed lost, but for what the peer has told to have, and goes
 * out again as the window allows.
 */
void atcp_loss_timeout(struct atcp_conn *conn, struct atcp_step *step)
{
	bool is_first = conn->snd.recovery != ATCP_REC_RTO || !conn->retrans_ns;

	/* Only the first time-out of the same data halves the window. */
	if (is_first) {
		atcp_cc_congestion(conn, ATCP_CC_TIMEOUT);
		atcp_undo_begin(conn);
	}
	begin_again(conn);
	atcp_undo_frto_begin(conn, is_first);
	atcp_score_check_reneging(conn, step);
	merge_flight(conn, step);
	mark_flight(conn);
}
