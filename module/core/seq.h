/* SPDX-License-Identifier: GPL-2.0 */
/* Sequence numbers: 32 bits, modulo 2^32 (RFC 9293 section 3.4). */
#ifndef ATCP_CORE_SEQ_H
#define ATCP_CORE_SEQ_H

#include "core/port.h"

/*
 * Two numbers compare as long as they are less than 2^31 apart, which a window
 * of at most 2^30 guarantees.
 */
static inline bool atcp_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool atcp_after(u32 a, u32 b)
{
	return atcp_before(b, a);
}

/* atcp_between() - true if @lo <= @seq <= @hi. */
static inline bool atcp_between(u32 seq, u32 lo, u32 hi)
{
	return hi - lo >= seq - lo;
}

static inline u32 atcp_seq_max(u32 a, u32 b)
{
	return atcp_before(a, b) ? b : a;
}

static inline u32 atcp_seq_min(u32 a, u32 b)
{
	return atcp_before(a, b) ? a : b;
}

#endif /* ATCP_CORE_SEQ_H */
