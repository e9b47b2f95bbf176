// SPDX-License-Identifier: GPL-2.0
/*
 * Explicit congestion notification (RFC 3168): a router that is about to drop marks
 * instead, the receiver tells, and the sender slows down as if there had been a
 * loss, but with nothing to repair.
 */
#include "core/internal.h"

#define FLAGS (ATCP_F_CWR | ATCP_F_ECE)

/* What to ask of a peer whom we call: atcp_config.ecn, Linux's net.ipv4.tcp_ecn. */
static bool asks(const struct atcp_config *config)
{
	return config->ecn == ATCP_ECN_ASK;
}

static bool accepts(const struct atcp_config *config)
{
	return config->ecn != ATCP_ECN_NEVER;
}

/**
 * atcp_ecn_init() - Nothing is agreed on; no window has been reduced.
 * @conn: Connection; its ISS is known.
 */
void atcp_ecn_init(struct atcp_conn *conn)
{
	conn->ecn.mode = ATCP_ECN_OFF;
	conn->ecn.flags = 0;
	conn->ecn.round_end = conn->snd.iss;
}

/**
 * atcp_ecn_syn() - Flags of our SYN.
 * @conn: In SYN-SENT.
 *
 * RFC 3168 section 6.1.1.1: a SYN that is lost may have been one that somebody on
 * the path does not like, so it asks only the first time.
 *
 * Return: ATCP_F_*.
 */
u16 atcp_ecn_syn(const struct atcp_conn *conn)
{
	return asks(&conn->config) && !conn->syn_tries ? FLAGS : 0;
}

/**
 * atcp_ecn_judge_syn() - What a SYN asks for, and we agree to.
 * @config: The listener's settings.
 * @syn: The SYN.
 *
 * Return: enum atcp_ecn_mode.
 */
u8 atcp_ecn_judge_syn(const struct atcp_config *config,
		      const struct atcp_seg *syn)
{
	if (!accepts(config) || (syn->flags & FLAGS) != FLAGS)
		return ATCP_ECN_OFF;
	return ATCP_ECN_CLASSIC;
}

/**
 * atcp_ecn_synack() - Flags of a SYN+ACK.
 * @mode: enum atcp_ecn_mode, agreed on.
 *
 * Return: ATCP_F_*.
 */
u16 atcp_ecn_synack(u8 mode)
{
	return mode == ATCP_ECN_CLASSIC ? ATCP_F_ECE : 0;
}

/*
 * RFC 3168 section 6.1.1: who has sent a SYN that did not ask must not send what may
 * be marked. The peer may have heard the one that did, so marks are still told.
 */
static void agree(struct atcp_conn *conn)
{
	conn->ecn.mode = ATCP_ECN_CLASSIC;
	if (conn->syn_tries > 1)
		conn->ecn.flags |= ATCP_ECN_NO_ECT;
}

/**
 * atcp_ecn_judge_synack() - What a SYN+ACK agrees to.
 * @conn: In SYN-SENT.
 * @seg: The SYN+ACK.
 *
 * RFC 3168 section 6.1.1: with both flags it is a mere reflection of our SYN.
 */
void atcp_ecn_judge_synack(struct atcp_conn *conn, const struct atcp_seg *seg)
{
	if (asks(&conn->config) && (seg->flags & FLAGS) == ATCP_F_ECE)
		agree(conn);
}

/**
 * atcp_ecn_judge_crossing() - Both have called at once.
 * @conn: In SYN-SENT.
 * @syn: The peer's SYN.
 *
 * Both have to have asked: our SYN stands whatever we answer.
 */
void atcp_ecn_judge_crossing(struct atcp_conn *conn, const struct atcp_seg *syn)
{
	if (asks(&conn->config) && atcp_ecn_judge_syn(&conn->config, syn))
		agree(conn);
}

/**
 * atcp_ecn_received() - Look at the marks of a segment.
 * @conn: Connection.
 * @seg: Acceptable segment without SYN: marks outside of the window say nothing
 *	(RFC 3168 section 6.1.5).
 *
 * RFC 3168 section 6.1.3: from the first mark on every ACK echoes, until the sender
 * says that it has slowed down. The first echo does not wait for company.
 */
void atcp_ecn_received(struct atcp_conn *conn, const struct atcp_seg *seg)
{
	struct atcp_ecn *ecn = &conn->ecn;

	if (ecn->mode != ATCP_ECN_CLASSIC || !seg->len)
		return;
	if (seg->ecn != ATCP_NOT_ECT)
		ecn->flags |= ATCP_ECN_SEEN;
	if (seg->flags & ATCP_F_CWR)
		ecn->flags &= ~ATCP_ECN_ECHO;
	if (seg->ecn != ATCP_CE)
		return;
	if (!(ecn->flags & ATCP_ECN_ECHO))
		conn->flags |= ATCP_CONN_SEND_ACK;
	ecn->flags |= ATCP_ECN_ECHO;
}

/**
 * atcp_ecn_reduced() - The window has been reduced, whatever for.
 * @conn: Connection.
 *
 * RFC 3168 section 6.1.2: what tells of the same window is no reason to do so again,
 * and the peer is to know.
 */
void atcp_ecn_reduced(struct atcp_conn *conn)
{
	struct atcp_ecn *ecn = &conn->ecn;

	ecn->round_end = conn->snd.nxt;
	ecn->flags &= ~ATCP_ECN_REDUCING;
	if (ecn->mode == ATCP_ECN_CLASSIC)
		ecn->flags |= ATCP_ECN_SEND_CWR;
}

/**
 * atcp_ecn_acked() - An acknowledgment: does it tell of a mark?
 * @conn: Connection; SND.UNA has not moved yet.
 * @seg: Acceptable ACK, not an old one.
 * @step: For the count.
 *
 * RFC 3168 section 6.1.2. A recovery from losses has slowed down already.
 */
void atcp_ecn_acked(struct atcp_conn *conn, const struct atcp_seg *seg,
		    struct atcp_step *step)
{
	if (conn->ecn.mode != ATCP_ECN_CLASSIC || !(seg->flags & ATCP_F_ECE))
		return;
	atcp_step_count(step, ATCP_MIB_ECN_ECHOES_IN);
	if (conn->snd.recovery != ATCP_REC_OPEN || !atcp_conn_flight(conn) ||
	    !atcp_after(seg->ack, conn->ecn.round_end))
		return;
	atcp_loss_marked(conn);
	atcp_step_count(step, ATCP_MIB_ECN_REDUCTIONS);
}

/**
 * atcp_ecn_drag() - SND.UNA has moved: the mark moves along, lest it be ahead.
 * @conn: Connection.
 */
void atcp_ecn_drag(struct atcp_conn *conn)
{
	if (atcp_after(conn->snd.una, conn->ecn.round_end))
		conn->ecn.round_end = conn->snd.una - 1;
}

/**
 * atcp_ecn_claims() - Is the next new data to say that we have slowed down?
 * @conn: Connection.
 *
 * Return: true if so: one segment says it, not a burst.
 */
bool atcp_ecn_claims(const struct atcp_conn *conn)
{
	return conn->ecn.flags & ATCP_ECN_SEND_CWR;
}

/**
 * atcp_ecn_send() - What a segment says of congestion, and whether it may be marked.
 * @conn: In a synchronized state.
 * @tx: Segment or burst, but for this.
 *
 * RFC 3168 sections 6.1.4 to 6.1.6: what can be lost without anyone noticing, or has
 * been sent before, goes without: pure ACKs, probes, retransmissions.
 */
void atcp_ecn_send(struct atcp_conn *conn, struct atcp_tx *tx)
{
	struct atcp_ecn *ecn = &conn->ecn;

	if (ecn->mode != ATCP_ECN_CLASSIC)
		return;
	if (ecn->flags & ATCP_ECN_ECHO)
		tx->flags |= ATCP_F_ECE;
	if (!tx->len || tx->is_again)
		return;
	if (!(ecn->flags & ATCP_ECN_NO_ECT))
		tx->ecn = ATCP_ECT0;
	if (ecn->flags & ATCP_ECN_SEND_CWR)
		tx->flags |= ATCP_F_CWR;
	ecn->flags &= ~ATCP_ECN_SEND_CWR;
}
