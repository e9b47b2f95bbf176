// SPDX-License-Identifier: GPL-2.0
/* What RFC 3168 and RFC 9768 say about the segments that are sent. */
#include "oracle.h"

#define ASKS (ATCP_F_ECE | ATCP_F_CWR)
#define FLAGS (ATCP_F_AE | ASKS)

static u32 ace_of(const struct atcp_seg *seg)
{
	return (seg->flags & ATCP_F_AE ? 4u : 0) |
	       (seg->flags & ATCP_F_CWR ? 2u : 0) |
	       (seg->flags & ATCP_F_ECE ? 1u : 0);
}

/* RFC 9768 tables 2 and 3. */
static u32 ace_for(u8 ecn)
{
	switch ((enum net_ecn)ecn) {
	case NET_NOT_ECT:
		return 2;
	case NET_ECT_1:
		return 3;
	case NET_ECT_0:
		return 4;
	case NET_CE:
		return 6;
	}
	return 0;
}

static bool is_accurate(const struct orc_ecn *ecn)
{
	return (ecn->asked_acc && ecn->was_agreed_acc) ||
	       (ecn->was_asked_acc && ecn->agreed_acc);
}

/* What the host has sent and heard agrees on RFC 3168's. */
static bool is_classic(const struct orc_ecn *ecn)
{
	return ((ecn->asked || ecn->asked_acc) && ecn->was_agreed_to) ||
	       (ecn->was_asked && ecn->agreed);
}

static void note_syn(struct orc_ecn *ecn, const struct atcp_seg *seg)
{
	u16 flags = seg->flags & FLAGS;

	if (seg->flags & ATCP_F_ACK) {
		ecn->agreed |= flags == ATCP_F_ECE;
		ecn->agreed_acc |= ace_of(seg) > 1;
		ecn->is_plain |= ecn->agreed_acc && !flags;
		return;
	}
	ecn->asked |= flags == ASKS;
	ecn->asked_acc |= flags == FLAGS;
	ecn->is_plain |= !flags;
}

static void check_synack(struct sim *sim, const struct orc_ecn *ecn,
			 const struct atcp_seg *seg)
{
	u16 flags = seg->flags & FLAGS;

	if (!flags)
		return;
	if (!ecn->was_asked)
		sim_fail(sim, "SYN+ACK agrees to ECN that was not asked for");
	if (flags == ATCP_F_ECE) {
		if (ecn->agreed_acc)
			sim_fail(sim, "SYN+ACKs agree to both kinds of ECN");
		return;
	}
	if (!ecn->was_asked_acc || ecn->agreed)
		sim_fail(sim, "SYN+ACK agrees to another kind of ECN");
	if (ace_of(seg) != ace_for(ecn->syn_ecn))
		sim_fail(sim, "SYN+ACK says %u, the SYN came with %u",
			 ace_of(seg), ecn->syn_ecn);
}

static void check_syn(struct sim *sim, const struct orc_ecn *ecn,
		      const struct atcp_seg *seg)
{
	u16 flags = seg->flags & FLAGS;

	if (seg->ecn != NET_NOT_ECT)
		sim_fail(sim, "a SYN that may be marked");
	if (seg->flags & ATCP_F_ACK) {
		check_synack(sim, ecn, seg);
		return;
	}
	if (flags && flags != ASKS && flags != FLAGS)
		sim_fail(sim, "a SYN with some of the ECN flags");
	if ((flags == ASKS && ecn->asked_acc) || (flags == FLAGS && ecn->asked))
		sim_fail(sim, "SYNs ask for both kinds of ECN");
}

/* RFC 9768 section 3.2.2: the count, or on the ACK of a SYN+ACK what that had. */
static void check_ace(struct sim *sim, const struct orc_ecn *ecn,
		      const struct atcp_seg *seg, const struct sim_sock *sock)
{
	u32 count = sock ? sock->conn.ecn.rcv_marks : 5;
	bool is_handshake = !seg->len && ecn->was_agreed_acc &&
			    !(seg->opts.has & ATCP_HAS_SACK) &&
			    ace_of(seg) == ace_for(ecn->syn_ecn);

	if (count - 5 > ecn->marks)
		sim_fail(sim, "counts %u marks, %u have come", count - 5,
			 ecn->marks);
	if (ace_of(seg) != (count & 7) && !is_handshake)
		sim_fail(sim, "tells %u of %u marks", ace_of(seg), count);
}

static void check_classic(struct sim *sim, const struct orc_ecn *ecn,
			  const struct atcp_seg *seg, bool is_new)
{
	if (seg->flags & ATCP_F_CWR && !is_new)
		sim_fail(sim, "CWR without new data");
	if (!ecn->has_dctcp && ecn->is_due && !(seg->flags & ATCP_F_ECE))
		sim_fail(sim, "a mark is not echoed");
}

static void check_capable(struct sim *sim, const struct orc_ecn *ecn,
			  const struct atcp_seg *seg, bool is_new)
{
	if (seg->ecn == NET_CE || seg->ecn == NET_ECT_1)
		sim_fail(sim, "sends codepoint %u", seg->ecn);
	if (!is_classic(ecn) && !is_accurate(ecn))
		sim_fail(sim, "sends what may be marked without ECN");
	/* RFC 9768 section 3.1.5: who calls, and has been answered, may. */
	if (ecn->is_plain && !ecn->was_agreed_acc)
		sim_fail(sim, "sends what may be marked after a plain SYN");
	if (!is_new && !(ecn->has_dctcp && seg->len))
		sim_fail(sim, "what is no new data may be marked");
}

/**
 * orc_ecn_sent() - A host sends a segment that is no RST.
 * @sim: The run.
 * @ecn: The host's account.
 * @seg: The segment, parsed.
 * @sock: The socket, or NULL.
 * @is_new: It has payload that has never been sent.
 */
void orc_ecn_sent(struct sim *sim, struct orc_ecn *ecn,
		  const struct atcp_seg *seg, const struct sim_sock *sock,
		  bool is_new)
{
	if (seg->flags & ATCP_F_SYN) {
		check_syn(sim, ecn, seg);
		note_syn(ecn, seg);
		return;
	}
	ecn->has_dctcp |= sock && sock->conn.cc.ops &&
			  sock->conn.cc.ops->needs_ecn;
	if (is_accurate(ecn))
		check_ace(sim, ecn, seg, sock);
	else if (is_classic(ecn))
		check_classic(sim, ecn, seg, is_new);
	else if (seg->flags & FLAGS)
		sim_fail(sim, "ECN flags without ECN");
	if (seg->ecn != NET_NOT_ECT)
		check_capable(sim, ecn, seg, is_new);
}

/* Of several that differ the first to come stands. */
static void arrived_synack(struct orc_ecn *ecn, const struct atcp_seg *seg)
{
	u16 flags = seg->flags & FLAGS;

	ecn->marks += seg->ecn == NET_CE;
	if (ecn->is_answered)
		return;
	ecn->is_answered = true;
	ecn->was_agreed_to = flags == ATCP_F_ECE;
	ecn->was_agreed_acc = flags != FLAGS && ace_of(seg) > 1;
}

static void arrived_syn(struct orc_ecn *ecn, const struct atcp_seg *seg)
{
	u16 flags = seg->flags & FLAGS;

	ecn->syn_ecn = seg->ecn;
	if (seg->flags & ATCP_F_ACK) {
		arrived_synack(ecn, seg);
		return;
	}
	ecn->was_asked |= !!flags;
	ecn->was_asked_acc |= flags && flags != ASKS;
	ecn->is_plain |= !flags;
}

/**
 * orc_ecn_arrived() - A segment that is no RST reaches a host.
 * @ecn: The host's account.
 * @seg: The segment, parsed.
 * @is_next: Its payload is what the host waits for, and it will surely take it.
 */
void orc_ecn_arrived(struct orc_ecn *ecn, const struct atcp_seg *seg,
		     bool is_next)
{
	if (seg->flags & ATCP_F_SYN) {
		arrived_syn(ecn, seg);
		return;
	}
	ecn->marks += seg->ecn == NET_CE;
	if (!seg->len)
		return;
	if (seg->flags & ATCP_F_CWR)
		ecn->is_due = false;
	if (seg->ecn == NET_CE && is_next && is_classic(ecn))
		ecn->is_due = true;
}
