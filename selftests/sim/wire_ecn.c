// SPDX-License-Identifier: GPL-2.0
/* What RFC 3168 says about the segments that are sent, by what has arrived. */
#include "oracle.h"

#define ASKS (ATCP_F_ECE | ATCP_F_CWR)

/* What the host has sent and heard agrees on ECN. */
static bool is_agreed(const struct orc_ecn *ecn)
{
	return (ecn->asked && ecn->was_agreed_to) ||
	       (ecn->was_asked && ecn->agreed);
}

static void note_syn(struct orc_ecn *ecn, const struct atcp_seg *seg)
{
	bool asks = (seg->flags & ASKS) == ASKS;

	if (seg->flags & ATCP_F_ACK) {
		ecn->agreed |= seg->flags & ATCP_F_ECE;
		return;
	}
	ecn->asked |= asks;
	ecn->is_plain |= !asks;
}

static void check_syn(struct sim *sim, const struct orc_ecn *ecn,
		      const struct atcp_seg *seg, const struct sim_packet *pkt)
{
	u16 flags = seg->flags & ASKS;

	if (pkt->ecn != NET_NOT_ECT)
		sim_fail(sim, "a SYN that may be marked");
	if (!(seg->flags & ATCP_F_ACK)) {
		if (flags && flags != ASKS)
			sim_fail(sim, "a SYN with one of two ECN flags");
		return;
	}
	if (flags & ATCP_F_CWR)
		sim_fail(sim, "SYN+ACK with CWR");
	if (flags && !ecn->was_asked)
		sim_fail(sim, "SYN+ACK agrees to ECN that was not asked for");
}

static void check_rest(struct sim *sim, const struct orc_ecn *ecn,
		       const struct atcp_seg *seg, const struct sim_packet *pkt,
		       bool is_new)
{
	bool agreed = is_agreed(ecn);

	if (seg->flags & ASKS && !agreed)
		sim_fail(sim, "ECN flags without ECN");
	if (seg->flags & ATCP_F_CWR && !is_new)
		sim_fail(sim, "CWR without new data");
	if (ecn->is_due && !(seg->flags & ATCP_F_ECE))
		sim_fail(sim, "a mark is not echoed");
	if (pkt->ecn == NET_NOT_ECT)
		return;
	if (pkt->ecn == NET_CE || pkt->ecn == NET_ECT_1)
		sim_fail(sim, "sends codepoint %u", pkt->ecn);
	if (!agreed)
		sim_fail(sim, "sends what may be marked without ECN");
	if (ecn->is_plain)
		sim_fail(sim, "sends what may be marked after a plain SYN");
	if (!is_new)
		sim_fail(sim, "what is no new data may be marked");
}

/**
 * orc_ecn_sent() - A host sends a segment that is no RST.
 * @sim: The run.
 * @ecn: The host's account.
 * @seg: The segment, parsed.
 * @pkt: The same.
 * @is_new: It has payload that has never been sent.
 */
void orc_ecn_sent(struct sim *sim, struct orc_ecn *ecn,
		  const struct atcp_seg *seg, const struct sim_packet *pkt,
		  bool is_new)
{
	if (!(seg->flags & ATCP_F_SYN)) {
		check_rest(sim, ecn, seg, pkt, is_new);
		return;
	}
	check_syn(sim, ecn, seg, pkt);
	note_syn(ecn, seg);
}

/**
 * orc_ecn_arrived() - A segment that is no RST reaches a host.
 * @ecn: The host's account.
 * @seg: The segment, parsed.
 * @pkt: The same.
 * @is_next: Its payload is what the host waits for, and it will surely take it.
 */
void orc_ecn_arrived(struct orc_ecn *ecn, const struct atcp_seg *seg,
		     const struct sim_packet *pkt, bool is_next)
{
	bool asks = (seg->flags & ASKS) == ASKS;

	if (seg->flags & ATCP_F_SYN && seg->flags & ATCP_F_ACK) {
		ecn->was_agreed_to |= (seg->flags & ASKS) == ATCP_F_ECE;
		return;
	}
	if (seg->flags & ATCP_F_SYN) {
		ecn->was_asked |= asks;
		ecn->is_plain |= !asks;
		return;
	}
	if (!seg->len)
		return;
	if (seg->flags & ATCP_F_CWR)
		ecn->is_due = false;
	if (pkt->ecn == NET_CE && is_next && is_agreed(ecn))
		ecn->is_due = true;
}
