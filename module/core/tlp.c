// SPDX-License-Identifier: GPL-2.0
/*
 * Tail loss probe (RFC 8985 section 7): nothing follows the last segments of a flight,
 * so nothing tells that they are lost. Some time before the retransmission time-out one
 * more segment goes out, and its acknowledgment tells.
 */
#include "core/internal.h"

/* Hosts and their timers are not exact. */
#define SLACK_NS (10 * ATCP_NSEC_PER_MSEC)

/* PTO before the first round trip is known, same section. */
#define UNMEASURED_NS ATCP_NSEC_PER_SEC

/* Less than what is acknowledged at once (RFC 9293 section 3.8.6.3)? */
static bool may_be_delayed(const struct atcp_conn *conn)
{
	return atcp_conn_flight(conn) < 2 * conn->snd.mss &&
	       !conn->tlp.is_prompt;
}

/*
 * How much later than what has been acknowledged last the acknowledgment of the last
 * segment may come. RFC 8985 section 7.2: if that one is alone the peer may delay it,
 * unless it delays none; we suppose that it does so for as long as we would.
 */
static u64 late_ns(const struct atcp_conn *conn)
{
	if (may_be_delayed(conn))
		return atcp_ms_to_ns(conn->config.delack_ms) + SLACK_NS / 2;
	return max_t(u64, SLACK_NS, conn->rtt.srtt_ns / 4);
}

/*
 * PTO, from when the last segment was sent: twice SRTT, but if a queue has grown since
 * SRTT was that short the latest round trip says more.
 */
static u64 wait_ns(const struct atcp_conn *conn)
{
	u64 srtt_ns = conn->rtt.srtt_ns;
	u64 rtt_ns = max(srtt_ns, conn->rack.rtt_ns);

	if (!srtt_ns)
		return UNMEASURED_NS;
	return max(2 * srtt_ns, rtt_ns + late_ns(conn));
}

/*
 * RFC 8985 section 7.2: with SACK, outside of recovery, nothing out of order, and no
 * probe under way.
 */
static bool may_probe(const struct atcp_conn *conn)
{
	return atcp_score_is_kept(conn) && atcp_conn_flight(conn) &&
	       conn->snd.recovery == ATCP_REC_OPEN && !conn->snd.sacked &&
	       !conn->tlp.is_out;
}

/**
 * atcp_tlp_schedule() - Something has been sent, or acknowledged.
 * @conn: Connection; its retransmission timer is set.
 *
 * Counts from the last sending, not from the last acknowledgment as RFC 8985 section
 * 7.2 has it: when the others of a flight have been acknowledged, the last one has
 * been under way as long as they.
 */
void atcp_tlp_schedule(struct atcp_conn *conn)
{
	u64 *deadline = &conn->deadline[ATCP_TIMER_PROBE];
	const struct atcp_burst *last;
	u64 due_ns;

	*deadline = ATCP_NEVER;
	if (!may_probe(conn))
		return;
	last = list_last_entry(&conn->snd.flight, struct atcp_burst, link);
	due_ns = last->sent_ns + wait_ns(conn);
	/* What the time-out would send, it may send itself. */
	if (due_ns < conn->deadline[ATCP_TIMER_RETRANSMIT])
		*deadline = due_ns;
}

/**
 * atcp_tlp_is_due() - Has the time come, and is there still something to ask?
 * @conn: Connection.
 *
 * Return: true if a probe is to go out now.
 */
bool atcp_tlp_is_due(struct atcp_conn *conn)
{
	if (!may_probe(conn))
		conn->flags &= ~ATCP_CONN_TAIL_PROBE;
	return conn->flags & ATCP_CONN_TAIL_PROBE;
}

/**
 * atcp_tlp_last() - Without new data, what to probe with: the last segment.
 * @conn: Connection with data in flight.
 * @step: A spare record, if the last range is longer.
 *
 * RFC 8985 section 7.3.
 *
 * Return: its record.
 */
struct atcp_burst *atcp_tlp_last(struct atcp_conn *conn, struct atcp_step *step)
{
	struct atcp_burst *last =
		list_last_entry(&conn->snd.flight, struct atcp_burst, link);
	u32 len = last->end - last->seq - !!(last->flags & ATCP_BURST_FIN);
	u32 before = len ? rounddown(len - 1, conn->snd.mss) : 0;

	if (!before)
		return last;
	if (!atcp_loss_split(conn, last, last->seq + before, step))
		return last; /* more than a segment, but what is asked is the same */
	return list_next_entry(last, link);
}

/**
 * atcp_tlp_sent() - The probe is under way.
 * @conn: Connection; SND.NXT is behind it.
 * @is_again: It was sent before, RFC 8985's TLP.is_retrans.
 * @step: For the count.
 */
void atcp_tlp_sent(struct atcp_conn *conn, bool is_again, struct atcp_step *step)
{
	conn->flags &= ~ATCP_CONN_TAIL_PROBE;
	conn->deadline[ATCP_TIMER_PROBE] = ATCP_NEVER;
	conn->tlp.is_out = true;
	conn->tlp.is_again = is_again;
	conn->tlp.end_seq = conn->snd.nxt;
	atcp_step_count(step, ATCP_MIB_TAIL_PROBES);
}

/* Both the segment and its probe have arrived, or one duplicate ACK tells so. */
static bool is_needless(const struct atcp_conn *conn, const struct atcp_seg *seg,
			const struct atcp_delivery *got)
{
	return got->is_duplicate ||
	       (!got->is_news && seg->ack == conn->tlp.end_seq &&
		!atcp_seg_seqlen(seg) && !atcp_seg_has(seg, ATCP_HAS_SACK));
}

/* Does the peer acknowledge segment by segment, and without delay? */
static bool is_prompt(const struct atcp_conn *conn, const struct atcp_seg *seg,
		      const struct atcp_delivery *got, u64 now)
{
	return !seg->len && got->bytes <= conn->snd.mss && !got->is_again &&
	       now - got->sent_ns < conn->rtt.min_ns + SLACK_NS;
}

/**
 * atcp_tlp_acked() - RFC 8985 section 7.4: what has become of the probe?
 * @conn: Its SND.UNA has moved.
 * @seg: Acknowledgment.
 * @got: What it has delivered.
 * @step: For the count.
 *
 * A probe that repairs the one loss of a flight hides it, and yet there was
 * congestion. New data that probes has hidden nothing: what is missing shows by SACK.
 */
void atcp_tlp_acked(struct atcp_conn *conn, const struct atcp_seg *seg,
		    const struct atcp_delivery *got, struct atcp_step *step)
{
	struct atcp_tlp *tlp = &conn->tlp;

	if (got->bytes)
		tlp->is_prompt = is_prompt(conn, seg, got, step->now);
	if (!tlp->is_out || atcp_before(seg->ack, tlp->end_seq))
		return;
	if (!tlp->is_again || is_needless(conn, seg, got)) {
		tlp->is_out = false;
	} else if (atcp_after(seg->ack, tlp->end_seq)) {
		tlp->is_out = false;
		atcp_step_count(step, ATCP_MIB_TAIL_PROBE_REPAIRS);
		if (conn->snd.recovery == ATCP_REC_OPEN)
			atcp_loss_reduce(conn);
	}
}

/**
 * atcp_tlp_forget() - A recovery begins: what the probe was to tell is known.
 * @conn: Connection.
 */
void atcp_tlp_forget(struct atcp_conn *conn)
{
	conn->flags &= ~ATCP_CONN_TAIL_PROBE;
	conn->deadline[ATCP_TIMER_PROBE] = ATCP_NEVER;
	conn->tlp.is_out = false;
}
