/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers that nobody may guess: initial sequence numbers, timestamp offsets. */
#ifndef ATCP_CORE_ISN_H
#define ATCP_CORE_ISN_H

#include "core/port.h"

/**
 * struct atcp_secret - A 128-bit key, random, kept for the life of a namespace.
 * @key: The key.
 */
struct atcp_secret {
	u64 key[2];
};

/**
 * struct atcp_tuple - The two ends of a connection, in any fixed byte order.
 * @laddr: Local IPv4 address.
 * @raddr: Remote IPv4 address.
 * @lport: Local port.
 * @rport: Remote port.
 */
struct atcp_tuple {
	u32 laddr;
	u32 raddr;
	u16 lport;
	u16 rport;
};

u32 atcp_isn_generate(const struct atcp_secret *secret,
		      const struct atcp_tuple *tuple, u64 now);
u32 atcp_isn_ts_offset(const struct atcp_secret *secret,
		       const struct atcp_tuple *tuple);

#endif /* ATCP_CORE_ISN_H */
