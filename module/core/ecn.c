// SPDX-License-Identifier: GPL-2.0
/*
 * Explicit congestion notification (RFC 3168): a router that is about to drop marks
 * instead, the receiver tells, and the sender slows down as if there had been a
 * loss, but with nothing to repair. How it is told may be RFC 9768's: accecn.c.
 */
#include "core/internal.h"

#define ASKS (ATCP_F_CWR | ATCP_F_ECE)
#define FLAGS (ATCP_F_AE | ASKS)

/* SYNs that ask, before one that does not: RFC 3168 6.1.1.1, RFC 9768 3.1.4.1. */
#define TRIES_CLASSIC 1
#define TRIES_ACCURATE 2

/* What atcp_config.ecn stands for. */
static const struct {
	u8 asks;
	u8 accepts;
} uses[] = {
	[ATCP_ECN_NEVER] = { ATCP_ECN_OFF, ATCP_ECN_OFF },
	[ATCP_ECN_ASK] = { ATCP_ECN_CLASSIC, ATCP_ECN_CLASSIC },
	[ATCP_ECN_AGREE] = { ATCP_ECN_OFF, ATCP_ECN_CLASSIC },
	[ATCP_ECN_ASK_ACCURATE] = { ATCP_ECN_ACCURATE, ATCP_ECN_ACCURATE },
	[ATCP_ECN_ASK_CLASSIC] = { ATCP_ECN_CLASSIC, ATCP_ECN_ACCURATE },
	[ATCP_ECN_AGREE_ACCURATE] = { ATCP_ECN_OFF, ATCP_ECN_ACCURATE },
};

static_assert(ARRAY_SIZE(uses) == ATCP_ECN_USE_NR, "each use is known");

/**
 * atcp_ecn_accepts() - The most that we would agree to.
 * @config: Settings.
 *
 * Return: enum atcp_ecn_mode.
 */
u8 atcp_ecn_accepts(const struct atcp_config *config)
{
	u8 least = config->cc->needs_ecn ? ATCP_ECN_CLASSIC : ATCP_ECN_OFF;

	return max(uses[config->ecn].accepts, least);
}

static u8 asks(const struct atcp_config *config)
{
	if (config->cc->needs_ecn && !uses[config->ecn].asks)
		return atcp_ecn_accepts(config);
	return uses[config->ecn].asks;
}

/**
 * atcp_ecn_init() - Nothing is agreed on; no window has been reduced.
 * @conn: Connection; its ISS is known.
 */
void atcp_ecn_init(struct atcp_conn *conn)
{
	conn->ecn.mode = ATCP_ECN_OFF;
	conn->ecn.asks = asks(&conn->config);
	conn->ecn.flags = 0;
	conn->ecn.round_end = conn->snd.iss;
}

/**
 * atcp_ecn_syn() - Flags of our SYN.
 * @conn: In SYN-SENT.
 *
 * A SYN that is lost may have been one that somebody on the path does not like.
 *
 * Return: ATCP_F_*.
 */
u16 atcp_ecn_syn(const struct atcp_conn *conn)
{
	switch ((enum atcp_ecn_mode)conn->ecn.asks) {
	case ATCP_ECN_OFF:
		return 0;
	case ATCP_ECN_CLASSIC:
		return conn->syn_tries < TRIES_CLASSIC ? ASKS : 0;
	case ATCP_ECN_ACCURATE:
		return conn->syn_tries < TRIES_ACCURATE ? FLAGS : 0;
	}
	return 0;
}

/* Has a SYN of ours gone out that did not ask? */
static bool has_sent_plain(const struct atcp_conn *conn)
{
	return conn->syn_tries > (conn->ecn.asks == ATCP_ECN_CLASSIC ?
				  TRIES_CLASSIC : TRIES_ACCURATE);
}

/**
 * atcp_ecn_judge_syn() - What a SYN asks for, and we agree to.
 * @config: The listener's settings.
 * @syn: The SYN.
 *
 * RFC 9768 table 2; section 3.1.3 for what nobody asks yet.
 *
 * Return: enum atcp_ecn_mode.
 */
u8 atcp_ecn_judge_syn(const struct atcp_config *config,
		      const struct atcp_seg *syn)
{
	u16 flags = syn->flags & FLAGS;

	if (!flags || atcp_ecn_accepts(config) == ATCP_ECN_OFF)
		return ATCP_ECN_OFF;
	if (flags != ASKS && atcp_ecn_accepts(config) == ATCP_ECN_ACCURATE)
		return ATCP_ECN_ACCURATE;
	return (flags & ASKS) == ASKS ? ATCP_ECN_CLASSIC : ATCP_ECN_OFF;
}

/**
 * atcp_ecn_synack() - Flags of a SYN+ACK.
 * @mode: enum atcp_ecn_mode, agreed on.
 * @syn_ecn: The codepoint that the last SYN came with.
 *
 * Return: ATCP_F_*.
 */
u16 atcp_ecn_synack(u8 mode, u8 syn_ecn)
{
	if (mode == ATCP_ECN_ACCURATE)
		return atcp_accecn_handshake(syn_ecn);
	return mode == ATCP_ECN_CLASSIC ? ATCP_F_ECE : 0;
}

/*
 * RFC 3168 section 6.1.1: who has sent a SYN that did not ask must not send what may
 * be marked. The peer may have heard the one that did, so marks are still told.
 */
static void agree_classic(struct atcp_conn *conn)
{
	conn->ecn.mode = ATCP_ECN_CLASSIC;
	if (has_sent_plain(conn))
		conn->ecn.flags |= ATCP_ECN_NO_ECT;
}

/**
 * atcp_ecn_judge_synack() - What a SYN+ACK agrees to.
 * @conn: In SYN-SENT.
 * @seg: The SYN+ACK.
 *
 * RFC 3168 section 6.1.1: with all the flags of our SYN it merely reflects it.
 */
void atcp_ecn_judge_synack(struct atcp_conn *conn, const struct atcp_seg *seg)
{
	u8 asked = conn->ecn.asks;

	if (asked == ATCP_ECN_ACCURATE && atcp_accecn_is_synack(seg->flags))
		atcp_accecn_synack(conn, seg);
	else if (asked != ATCP_ECN_OFF && (seg->flags & ASKS) == ATCP_F_ECE)
		agree_classic(conn);
}

/**
 * atcp_ecn_judge_crossing() - Both have called at once.
 * @conn: In SYN-SENT.
 * @syn: The peer's SYN.
 *
 * What both have asked for, or the older of two: our SYN stands whatever we answer,
 * and each end has to come to the same. RFC 9768 section 3.1.2 would have each answer
 * as if it had not asked, and the two differ where one asks for less than it accepts.
 */
void atcp_ecn_judge_crossing(struct atcp_conn *conn, const struct atcp_seg *syn)
{
	u8 mode = min(atcp_ecn_judge_syn(&conn->config, syn), conn->ecn.asks);

	if (mode == ATCP_ECN_OFF)
		return;
	conn->ecn.synack = syn->ecn;
	if (mode == ATCP_ECN_ACCURATE)
		atcp_accecn_begin(conn);
	else if (mode == ATCP_ECN_CLASSIC)
		agree_classic(conn);
	/* RFC 9768 section 3.1.5, as for any end that answers a SYN */
	if (has_sent_plain(conn))
		conn->ecn.flags |= ATCP_ECN_NO_ECT;
}

/**
 * atcp_ecn_syn_again() - The peer's SYN has come once more, after both have called.
 * @conn: In SYN-RECEIVED.
 * @syn: The SYN.
 *
 * RFC 3168 section 6.1.1, RFC 9768 section 3.1.5: one that does not ask any longer may
 * be from a path that drops those that do; nothing that we send may be marked.
 */
void atcp_ecn_syn_again(struct atcp_conn *conn, const struct atcp_seg *syn)
{
	if (atcp_ecn_judge_syn(&conn->config, syn) == ATCP_ECN_OFF)
		conn->ecn.flags |= ATCP_ECN_NO_ECT;
}

/**
 * atcp_ecn_accept() - A half-open connection becomes one.
 * @conn: Connection.
 * @mode: enum atcp_ecn_mode, agreed on.
 * @may_mark: What we send may be marked.
 */
void atcp_ecn_accept(struct atcp_conn *conn, u8 mode, bool may_mark)
{
	if (mode == ATCP_ECN_ACCURATE)
		atcp_accecn_begin(conn);
	conn->ecn.mode = mode;
	if (!may_mark)
		conn->ecn.flags |= ATCP_ECN_NO_ECT;
}

/*
 * RFC 3168 section 6.1.3: from the first mark on every ACK echoes, until the sender
 * says that it has slowed down. RFC 8257 section 3.2: it echoes what came last.
 */
static bool echoes_next(const struct atcp_conn *conn,
			const struct atcp_seg *seg, bool was)
{
	if (seg->ecn == ATCP_CE)
		return true;
	return was && !conn->cc.ops->needs_ecn && !(seg->flags & ATCP_F_CWR);
}

/**
 * atcp_ecn_received() - Look at the marks of a segment.
 * @conn: Connection.
 * @seg: Acceptable segment without SYN: marks outside of the window say nothing
 *	(RFC 3168 section 6.1.5).
 *
 * A change does not wait for company.
 */
void atcp_ecn_received(struct atcp_conn *conn, const struct atcp_seg *seg)
{
	struct atcp_ecn *ecn = &conn->ecn;
	u16 was = ecn->flags & ATCP_ECN_ECHO;

	if (ecn->mode == ATCP_ECN_ACCURATE)
		atcp_accecn_received(conn, seg);
	if (ecn->mode != ATCP_ECN_CLASSIC || !seg->len)
		return;
	if (seg->ecn != ATCP_NOT_ECT)
		ecn->flags |= ATCP_ECN_SEEN;
	ecn->flags &= ~ATCP_ECN_ECHO;
	if (echoes_next(conn, seg, was))
		ecn->flags |= ATCP_ECN_ECHO;
	if ((ecn->flags & ATCP_ECN_ECHO) != was)
		conn->flags |= ATCP_CONN_SEND_ACK;
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

/* What an acknowledgment delivers at most. */
static u32 delivers(const struct atcp_conn *conn, const struct atcp_seg *seg,
		    const struct atcp_delivery *got)
{
	return seg->ack - conn->snd.una + got->bytes;
}

/* RFC 9768 A.1: has a later one, which said more, overtaken it? */
static bool is_superseded(const struct atcp_conn *conn,
			  const struct atcp_seg *seg,
			  const struct atcp_delivery *got)
{
	if (delivers(conn, seg, got))
		return false;
	return !(conn->use & ATCP_HAS_TS) ||
	       !atcp_after(seg->opts.ts_val, conn->ts_recent);
}

/*
 * RFC 9768 section 3.2.2.1: what acknowledges nothing but our SYN may be the answer to a
 * SYN+ACK, of which several may come, and has no count then. Nothing of ours can have
 * been marked by that time.
 */
static bool may_be_handshake(const struct atcp_conn *conn,
			     const struct atcp_seg *seg)
{
	return !seg->len && !atcp_seg_has(seg, ATCP_HAS_SACK) &&
	       seg->ack == conn->snd.iss + 1;
}

/* How much of what an acknowledgment delivers it says was marked. */
static u32 marked_of(struct atcp_conn *conn, const struct atcp_seg *seg,
		     const struct atcp_delivery *got)
{
	switch ((enum atcp_ecn_mode)conn->ecn.mode) {
	case ATCP_ECN_OFF:
		return 0;
	case ATCP_ECN_CLASSIC:
		return seg->flags & ATCP_F_ECE ?
			       max_t(u32, seg->ack - conn->snd.una, 1) : 0;
	case ATCP_ECN_ACCURATE:
		if (may_be_handshake(conn, seg) ||
		    is_superseded(conn, seg, got))
			return 0;
		return atcp_accecn_acked(conn, seg, delivers(conn, seg, got));
	}
	return 0;
}

/**
 * atcp_ecn_acked() - An acknowledgment: does it tell of a mark?
 * @conn: Connection; SND.UNA has not moved yet.
 * @seg: Acceptable ACK, not an old one.
 * @got: What its blocks deliver. Its @marked is filled in.
 * @step: For the count.
 *
 * RFC 3168 section 6.1.2. A recovery from losses has slowed down already.
 */
void atcp_ecn_acked(struct atcp_conn *conn, const struct atcp_seg *seg,
		    struct atcp_delivery *got, struct atcp_step *step)
{
	if (conn->ecn.mode == ATCP_ECN_OFF)
		return;
	got->marked = marked_of(conn, seg, got);
	atcp_cc_delivered(conn, seg->ack, delivers(conn, seg, got),
			  got->marked);
	if (!got->marked)
		return;
	atcp_step_count(step, ATCP_MIB_ECN_ECHOES_IN);
	if (conn->snd.recovery != ATCP_REC_OPEN || !atcp_conn_flight(conn) ||
	    !atcp_after(seg->ack, conn->ecn.round_end))
		return;
	/* Whoever sets cwnd by himself has been told how much was marked. */
	if (atcp_cc_owns_cwnd(conn)) {
		atcp_ecn_reduced(conn);
		return;
	}
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
 * atcp_ecn_now() - Flags that tell of marks in an ACK that a connection would send now.
 * @conn: Connection.
 *
 * RFC 3168 section 6.1.3: every ACK echoes until CWR has come, TIME-WAIT's as well.
 *
 * Return: ATCP_F_*.
 */
u16 atcp_ecn_now(const struct atcp_conn *conn)
{
	if (conn->ecn.mode == ATCP_ECN_CLASSIC)
		return conn->ecn.flags & ATCP_ECN_ECHO ? ATCP_F_ECE : 0;
	return atcp_accecn_now(conn);
}

static void send_classic(struct atcp_conn *conn, struct atcp_tx *tx)
{
	struct atcp_ecn *ecn = &conn->ecn;

	if (ecn->flags & ATCP_ECN_ECHO)
		tx->flags |= ATCP_F_ECE;
	if (!tx->len || tx->is_again)
		return;
	if (ecn->flags & ATCP_ECN_SEND_CWR)
		tx->flags |= ATCP_F_CWR;
	ecn->flags &= ~ATCP_ECN_SEND_CWR;
}

/*
 * RFC 3168 sections 6.1.4 to 6.1.6: what can be lost without anyone noticing, or has
 * been sent before, goes without: pure ACKs, probes, retransmissions. Where marks are
 * many, what goes without is the first to be lost: these are sent to be marked.
 */
static bool may_be_marked(const struct atcp_conn *conn,
			  const struct atcp_tx *tx)
{
	if (!tx->len || conn->ecn.flags & ATCP_ECN_NO_ECT)
		return false;
	return !tx->is_again || conn->cc.ops->needs_ecn;
}

/**
 * atcp_ecn_send() - What a segment says of congestion, and whether it may be marked.
 * @conn: In a synchronized state.
 * @tx: Segment or burst, but for this.
 * @opts: Its options, added to.
 */
void atcp_ecn_send(struct atcp_conn *conn, struct atcp_tx *tx,
		   struct atcp_opts *opts)
{
	struct atcp_ecn *ecn = &conn->ecn;

	if (ecn->mode == ATCP_ECN_OFF)
		return;
	if (ecn->mode == ATCP_ECN_ACCURATE)
		atcp_accecn_send(conn, tx, opts);
	else
		send_classic(conn, tx);
	if (may_be_marked(conn, tx))
		tx->ecn = ATCP_ECT0;
}
