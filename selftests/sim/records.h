/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What must hold for the records that a connection keeps, whoever drives it: the
 * simulator's oracle and the exhaustive one's both ask.
 */
#ifndef SIM_RECORDS_H
#define SIM_RECORDS_H

#include "core/conn.h"

static inline bool is_in_order(const struct atcp_burst *first,
			       const struct atcp_burst *second)
{
	s32 later = (s32)(second->order - first->order);

	return later > 0 || (!later && (s32)(second->seq - first->seq) > 0);
}

/* What is neither lost nor told waits, by its order; what is lost, by its number. */
static inline const char *turn_fault(const struct atcp_snd *snd)
{
	const struct atcp_burst *burst, *last = NULL;
	u32 lost = 0, waiting = 0;

	list_for_each_entry(burst, &snd->again, turn) {
		if (!(burst->flags & ATCP_BURST_LOST) ||
		    (last && (s32)(burst->seq - last->seq) <= 0))
			return "the list of what is lost is wrong";
		lost += burst->end - burst->seq;
		last = burst;
	}
	last = NULL;
	list_for_each_entry(burst, &snd->waiting, turn) {
		if (burst->flags & (ATCP_BURST_LOST | ATCP_BURST_SACKED) ||
		    (last && !is_in_order(last, burst)))
			return "the list of what is under way is wrong";
		waiting += burst->end - burst->seq;
		last = burst;
	}
	if (lost != snd->lost ||
	    lost + waiting + snd->sacked != snd->nxt - snd->una)
		return "something in flight has no turn";
	return NULL;
}

/* A block begins with each range that something is missing in front of. */
static inline const char *block_fault(const struct atcp_rcv *rcv)
{
	const struct atcp_burst *burst, *head;
	u32 at = rcv->nxt, nr = 0;

	head = list_first_entry(&rcv->blocks, struct atcp_burst, turn);
	list_for_each_entry(burst, &rcv->ofo, link) {
		if (burst->seq != at) {
			if (burst != head)
				return "the list of blocks is wrong";
			head = list_next_entry(head, turn);
			nr++;
		}
		at = burst->end;
	}
	if (nr != rcv->nr_blocks ||
	    !list_entry_is_head(head, &rcv->blocks, turn))
		return "there are more blocks than gaps";
	return NULL;
}

#endif /* SIM_RECORDS_H */
