// SPDX-License-Identifier: GPL-2.0
/*
 * Accurate ECN feedback (RFC 9768): the receiver counts marks, and every segment
 * carries the count's last three bits where RFC 3168 had two flags; an option has
 * bytes. In the RFC's words r.cep is rcv_marks, s.cep is snd_marks.
 */
#include "core/internal.h"

/* Section 3.2.1: counts begin beyond 0, which is what a zeroed field would say. */
#define MARKS_FIRST 5
#define BYTES_FIRST 1

#define ALL_MARKED_ROUNDS 4

#define ACE_MASK 7U
#define FIELD_MASK 0xffffffU /* an option's field has 24 bits */

/* Section 3.2.2.5.1: so many marks are told at once; more if no data waits. */
#define MARKS_WITH_DATA 2
#define MARKS_WITHOUT 3

/* Tables 2 and 3: how a SYN or SYN+ACK's codepoint is told; 0: not at all. */
static const u8 handshake_ace[] = {
	[ATCP_NOT_ECT] = 2, [ATCP_ECT1] = 3, [ATCP_ECT0] = 4, [ATCP_CE] = 6,
};

static u16 flags_of(u32 ace)
{
	return (ace & 4 ? ATCP_F_AE : 0) | (ace & 2 ? ATCP_F_CWR : 0) |
	       (ace & 1 ? ATCP_F_ECE : 0);
}

static u8 ace_of(u16 flags)
{
	return (flags & ATCP_F_AE ? 4 : 0) | (flags & ATCP_F_CWR ? 2 : 0) |
	       (flags & ATCP_F_ECE ? 1 : 0);
}

/**
 * atcp_accecn_handshake() - Flags that tell what a SYN or SYN+ACK came with.
 * @ecn: Its codepoint.
 *
 * Return: ATCP_F_*.
 */
u16 atcp_accecn_handshake(u8 ecn)
{
	return flags_of(handshake_ace[ecn]);
}

/**
 * atcp_accecn_first() - Flags of a segment before any mark has been counted.
 *
 * Return: ATCP_F_*.
 */
u16 atcp_accecn_first(void)
{
	return flags_of(MARKS_FIRST);
}

/**
 * atcp_accecn_now() - Flags of a segment that a connection would send now.
 * @conn: Connection.
 *
 * Return: ATCP_F_*, none without RFC 9768's feedback.
 */
u16 atcp_accecn_now(const struct atcp_conn *conn)
{
	return conn->ecn.mode == ATCP_ECN_ACCURATE ?
		       flags_of(conn->ecn.rcv_marks & ACE_MASK) : 0;
}

/**
 * atcp_accecn_is_synack() - Does a SYN+ACK agree to it?
 * @flags: Its flags.
 *
 * Table 2, and section 3.1.3 for the combination that is kept for later.
 *
 * Return: true if so.
 */
bool atcp_accecn_is_synack(u16 flags)
{
	u8 ace = ace_of(flags);

	return ace > 1 && ace < 7;
}

/**
 * atcp_accecn_is_cookie() - Does the last ACK of a handshake say that it was agreed?
 * @ack: Answer to a SYN cookie, which has kept nothing.
 *
 * Section 5.1.
 *
 * Return: true if so.
 */
bool atcp_accecn_is_cookie(const struct atcp_seg *ack)
{
	return !ack->len && ace_of(ack->flags) > 1;
}

/**
 * atcp_accecn_begin() - It is agreed on: counting begins.
 * @conn: Connection.
 */
void atcp_accecn_begin(struct atcp_conn *conn)
{
	struct atcp_ecn *ecn = &conn->ecn;
	u8 i;

	ecn->mode = ATCP_ECN_ACCURATE;
	ecn->all_end = conn->snd.nxt;
	ecn->rcv_marks = MARKS_FIRST;
	ecn->snd_marks = MARKS_FIRST;
	for (i = 0; i < ARRAY_SIZE(ecn->rcv_bytes); i++) {
		ecn->rcv_bytes[i] = i == ATCP_ACC_CE ? 0 : BYTES_FIRST;
		ecn->snd_bytes[i] = ecn->rcv_bytes[i];
	}
}

/* Section 3.2.2.3: our SYN and SYN+ACK come as they went, not to be marked. */
static void judge_path(struct atcp_ecn *ecn, u8 ace)
{
	bool is_changed = ace == handshake_ace[ATCP_ECT1] ||
			  ace == handshake_ace[ATCP_ECT0] ||
			  ace == handshake_ace[ATCP_CE];

	if (is_changed)
		ecn->flags |= ATCP_ECN_NO_ECT;
}

/**
 * atcp_accecn_synack() - A SYN+ACK has agreed to it.
 * @conn: In SYN-SENT.
 * @seg: The SYN+ACK.
 *
 * A mark on it is counted, and told in the ACK that answers.
 */
void atcp_accecn_synack(struct atcp_conn *conn, const struct atcp_seg *seg)
{
	struct atcp_ecn *ecn = &conn->ecn;

	atcp_accecn_begin(conn);
	judge_path(ecn, ace_of(seg->flags));
	ecn->synack = seg->ecn;
	ecn->flags |= ATCP_ECN_SEND_HANDSHAKE | ATCP_ECN_SEND_BYTES;
	if (seg->ecn == ATCP_CE)
		ecn->rcv_marks++;
}

/**
 * atcp_accecn_synack_again() - The peer has not heard the ACK of its SYN+ACK.
 * @conn: Connection; the ACK may be due.
 * @seg: Segment that lies outside of the window.
 *
 * Section 3.2.2.1: the ACK tells what this one came with. Once data has come the peer
 * is past that, and would take it for a count.
 */
void atcp_accecn_synack_again(struct atcp_conn *conn,
			      const struct atcp_seg *seg)
{
	struct atcp_ecn *ecn = &conn->ecn;
	u16 both = ATCP_F_SYN | ATCP_F_ACK;

	if (ecn->mode != ATCP_ECN_ACCURATE || (seg->flags & both) != both ||
	    seg->seq != conn->rcv.irs || conn->rcv.nxt != conn->rcv.irs + 1 ||
	    !(conn->flags & ATCP_CONN_SEND_ACK) ||
	    !atcp_accecn_is_synack(seg->flags))
		return;
	ecn->synack = seg->ecn;
	ecn->flags |= ATCP_ECN_SEND_HANDSHAKE;
	/* However many come with a mark, it is counted once (section 3.2.2.2). */
	if (seg->ecn == ATCP_CE && ecn->rcv_marks == MARKS_FIRST)
		ecn->rcv_marks++;
}

/**
 * atcp_accecn_last_ack() - The ACK that ends a handshake of the listener's side.
 * @conn: In SYN-RECEIVED.
 * @seg: The ACK.
 *
 * Table 4. 0 says that the peer, or the path, knows nothing of it: nothing that we
 * send may be marked, and nothing that is told is believed.
 */
void atcp_accecn_last_ack(struct atcp_conn *conn, const struct atcp_seg *seg)
{
	struct atcp_ecn *ecn = &conn->ecn;
	u8 ace = ace_of(seg->flags);

	if (ecn->mode != ATCP_ECN_ACCURATE || seg->len ||
	    atcp_seg_has(seg, ATCP_HAS_SACK))
		return;
	if (!ace)
		ecn->flags |= ATCP_ECN_NO_ECT | ATCP_ECN_DEAF;
	judge_path(ecn, ace);
	if (ace == handshake_ace[ATCP_CE])
		ecn->snd_marks++;
}

/*
 * Receiver
 */

/* Section 3.2.2.5.1: a mark after something else, or several, are told at once. */
static bool is_urgent(const struct atcp_conn *conn, const struct atcp_seg *seg)
{
	const struct atcp_ecn *ecn = &conn->ecn;
	bool waits = seg->len || conn->rcv.nxt != conn->rcv.acked;

	if (seg->ecn != ATCP_CE)
		return false;
	if (seg->len && ecn->last != ATCP_CE)
		return true;
	return ecn->untold >= (waits ? MARKS_WITH_DATA : MARKS_WITHOUT);
}

/**
 * atcp_accecn_received() - Count what a segment has come with.
 * @conn: Connection that uses it.
 * @seg: Acceptable segment without SYN; perhaps several, merged, of one codepoint.
 */
void atcp_accecn_received(struct atcp_conn *conn, const struct atcp_seg *seg)
{
	static const u8 counter[] = {
		[ATCP_ECT1] = ATCP_ACC_ECT1, [ATCP_ECT0] = ATCP_ACC_ECT0,
		[ATCP_CE] = ATCP_ACC_CE,
	};
	struct atcp_ecn *ecn = &conn->ecn;

	if (seg->ecn == ATCP_CE) {
		ecn->rcv_marks += seg->segs;
		ecn->untold = (u8)min_t(u32, ecn->untold + seg->segs, U8_MAX);
	}
	if (seg->ecn != ATCP_NOT_ECT && seg->len) {
		ecn->rcv_bytes[counter[seg->ecn]] += seg->len;
		ecn->flags |= ATCP_ECN_SEND_BYTES | ATCP_ECN_SEEN;
	}
	if (is_urgent(conn, seg))
		conn->flags |= ATCP_CONN_SEND_ACK;
	ecn->last = seg->ecn;
}

/* Fields to tell, by section 3.2.3.3: up to the last that has ever changed. */
static u8 fields(const struct atcp_ecn *ecn, bool *is_order_1)
{
	bool has_ect0 = ecn->rcv_bytes[ATCP_ACC_ECT0] != BYTES_FIRST;
	bool has_ect1 = ecn->rcv_bytes[ATCP_ACC_ECT1] != BYTES_FIRST;

	*is_order_1 = has_ect1 && !has_ect0;
	if (has_ect0 && has_ect1)
		return 3;
	return ecn->rcv_bytes[ATCP_ACC_CE] ? 2 : 1;
}

/* Two SACK blocks go before it (section 3.2.3.3): what is left of the header. */
static u32 room(const struct atcp_opts *opts)
{
	u32 used = opts->has & ATCP_HAS_TS ? ATCP_TS_LEN : 0;

	if (opts->has & ATCP_HAS_SACK)
		used += 4 + 8 * min_t(u32, opts->nr_sacks, 2);
	return ATCP_OPTS_MAX - used;
}

/**
 * atcp_accecn_first_option() - The counters of bytes before anything has come.
 * @opts: Of a SYN+ACK; option added.
 *
 * All of them: whether they get through is to be seen (section 3.2.3.2.1).
 */
void atcp_accecn_first_option(struct atcp_opts *opts)
{
	opts->has |= ATCP_HAS_ACCECN0;
	opts->nr_ecn = ATCP_ECN_FIELDS;
	opts->ecn[0] = BYTES_FIRST;
	opts->ecn[1] = 0;
	opts->ecn[2] = BYTES_FIRST;
}

/* The counters of bytes, as an option, if it fits. */
static void add_option(const struct atcp_ecn *ecn, struct atcp_opts *opts)
{
	bool is_order_1;
	u32 nr = fields(ecn, &is_order_1);

	if (DIV_ROUND_UP(2U + 3U * nr, 4) * 4 > room(opts))
		return;
	opts->has |= is_order_1 ? ATCP_HAS_ACCECN1 : ATCP_HAS_ACCECN0;
	opts->nr_ecn = (u8)nr;
	opts->ecn[0] = ecn->rcv_bytes[is_order_1 ? ATCP_ACC_ECT1 : ATCP_ACC_ECT0];
	opts->ecn[1] = ecn->rcv_bytes[ATCP_ACC_CE];
	opts->ecn[2] = ecn->rcv_bytes[is_order_1 ? ATCP_ACC_ECT0 : ATCP_ACC_ECT1];
}

/**
 * atcp_accecn_send() - What a segment says of marks.
 * @conn: In a synchronized state, and uses it.
 * @tx: Flags added.
 * @opts: Option added, if there is news and the segment has no payload: a full one
 *	has no room.
 *
 * The ACK of a SYN+ACK tells what that came with (section 3.2.2.1), every other
 * segment the count.
 */
void atcp_accecn_send(struct atcp_conn *conn, struct atcp_tx *tx,
		      struct atcp_opts *opts)
{
	struct atcp_ecn *ecn = &conn->ecn;
	bool is_pure = !tx->len && !(opts->has & ATCP_HAS_SACK);

	if (ecn->flags & ATCP_ECN_SEND_HANDSHAKE && is_pure)
		tx->flags |= atcp_accecn_handshake(ecn->synack);
	else
		tx->flags |= flags_of(ecn->rcv_marks & ACE_MASK);
	ecn->flags &= ~ATCP_ECN_SEND_HANDSHAKE;
	ecn->untold = 0;
	if (tx->len || !(ecn->flags & ATCP_ECN_SEND_BYTES))
		return;
	add_option(ecn, opts);
	ecn->flags &= ~ATCP_ECN_SEND_BYTES;
}

/*
 * Sender
 */

/* What an option's field says beyond the counter, which moves on. */
static u32 advance(u32 *counter, u32 field)
{
	u32 more = (field - *counter) & FIELD_MASK;

	*counter += more;
	return more;
}

/*
 * Take in an option, if there is one to be believed. Section 3.2.3.2.4: counters of
 * ECT that begin at 0 have been zeroed.
 *
 * Return: whether there was; @marked: bytes with CE that it adds.
 */
static bool take_option(struct atcp_ecn *ecn, const struct atcp_opts *opts,
			u32 *marked)
{
	bool is_order_1 = opts->has & ATCP_HAS_ACCECN1;
	u8 first = is_order_1 ? ATCP_ACC_ECT1 : ATCP_ACC_ECT0;

	if (!(opts->has & (ATCP_HAS_ACCECN0 | ATCP_HAS_ACCECN1)) ||
	    !opts->nr_ecn || ecn->flags & ATCP_ECN_NO_OPTION)
		return false;
	if (!(ecn->flags & ATCP_ECN_HAS_OPTION) &&
	    (!opts->ecn[0] || (opts->nr_ecn > 2 && !opts->ecn[2]))) {
		ecn->flags |= ATCP_ECN_NO_OPTION;
		return false;
	}
	ecn->flags |= ATCP_ECN_HAS_OPTION;
	advance(&ecn->snd_bytes[first], opts->ecn[0]);
	if (opts->nr_ecn > 1)
		*marked = advance(&ecn->snd_bytes[ATCP_ACC_CE], opts->ecn[1]);
	if (opts->nr_ecn > 2)
		advance(&ecn->snd_bytes[is_order_1 ? ATCP_ACC_ECT0 :
						     ATCP_ACC_ECT1],
			opts->ecn[2]);
	return true;
}

/*
 * Section 3.2.2.5.2: an ACK of many packets may hide a count that has gone round. The
 * option knows. Without it the worst is taken while marks come, and while none do,
 * that there are none: the peer is to tell at once when that changes.
 */
static u32 count_marks(const struct atcp_ecn *ecn, u32 ace, u32 packets,
		       bool has_option, u32 marked_packets)
{
	u32 least = (ace - ecn->snd_marks) & ACE_MASK;
	u32 most = packets - ((packets - least) & ACE_MASK);

	if (packets <= ACE_MASK || least > packets)
		return least;
	if (has_option)
		return marked_packets > least ? most : least;
	return least || ecn->flags & ATCP_ECN_MARKING ? most : least;
}

/* Section 3.2.2.4: a count that begins at 0 has been zeroed under way. */
static bool is_zeroed(struct atcp_ecn *ecn, u8 ace)
{
	if (ecn->flags & ATCP_ECN_ACE_SEEN)
		return false;
	ecn->flags |= ATCP_ECN_ACE_SEEN;
	if (ace)
		return false;
	ecn->flags |= ATCP_ECN_NO_ECT | ATCP_ECN_DEAF;
	return true;
}

/*
 * Section 3.2.2.3: where each packet of the first rounds comes marked it is not
 * congestion that marks them. Nothing may be marked from now on, and nothing that is
 * told is believed.
 */
static void judge_marks(struct atcp_conn *conn, u32 ack, bool is_all_marked)
{
	struct atcp_ecn *ecn = &conn->ecn;

	if (!is_all_marked)
		ecn->flags |= ATCP_ECN_UNMARKED;
	if (ecn->flags & ATCP_ECN_UNMARKED || atcp_before(ack, ecn->all_end))
		return;
	ecn->all_end = conn->snd.nxt;
	if (++ecn->all_rounds == ALL_MARKED_ROUNDS)
		ecn->flags |= ATCP_ECN_NO_ECT | ATCP_ECN_DEAF;
}

/**
 * atcp_accecn_acked() - How much of what an ACK delivers has been marked?
 * @conn: Connection that uses it.
 * @seg: Acceptable ACK, not an old one.
 * @bytes: What it delivers, at most.
 *
 * Return: bytes, rounded up to segments where only the count tells.
 */
u32 atcp_accecn_acked(struct atcp_conn *conn, const struct atcp_seg *seg,
		      u32 bytes)
{
	struct atcp_ecn *ecn = &conn->ecn;
	u32 mss = conn->snd.mss, packets = DIV_ROUND_UP(bytes, mss);
	u32 marked = 0, marks;
	bool has_option;
	u8 ace = ace_of(seg->flags);

	if (ecn->flags & ATCP_ECN_DEAF || is_zeroed(ecn, ace))
		return 0;
	has_option = take_option(ecn, &seg->opts, &marked);
	marks = count_marks(ecn, ace, packets, has_option,
			    DIV_ROUND_UP(marked, mss));
	ecn->snd_marks += marks;
	if (marks)
		ecn->flags |= ATCP_ECN_MARKING;
	else if (bytes)
		ecn->flags &= ~ATCP_ECN_MARKING;
	/* Section 3.2.3.2.5: bytes but no packets: something under way edits. */
	if (marked && !marks && packets <= ACE_MASK)
		ecn->flags |= ATCP_ECN_NO_ECT;
	if (bytes)
		judge_marks(conn, seg->ack, marks >= packets);
	return has_option ? marked : marks * mss;
}
