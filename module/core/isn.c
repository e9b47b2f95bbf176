// SPDX-License-Identifier: GPL-2.0
/* Numbers that nobody may guess. */
#include "core/isn.h"

/* What a hash is for; keeps one use from telling anything about another. */
enum { PURPOSE_ISN = 1, PURPOSE_TS_OFFSET };

static u32 hash_tuple(const struct atcp_secret *secret,
		      const struct atcp_tuple *tuple, u64 purpose)
{
	u64 addrs = (u64)tuple->laddr << 32 | tuple->raddr;
	u64 ports = (u64)tuple->lport << 16 | tuple->rport;

	return (u32)atcp_port_hash(secret->key, addrs, ports, purpose);
}

/**
 * atcp_isn_generate() - Choose an initial sequence number.
 * @secret: Key.
 * @tuple: Connection.
 * @now: Time, ns.
 *
 * RFC 6528 section 3: ISN = M + F(addresses, ports, secret), where M is a timer.
 * Ours ticks once in 256 ns (RFC 9293 asks for about 4 us): a 32-bit cycle of 18
 * minutes, well above 2 MSL, and ahead of what a fast connection uses up.
 *
 * Return: ISS.
 */
u32 atcp_isn_generate(const struct atcp_secret *secret,
		      const struct atcp_tuple *tuple, u64 now)
{
	return hash_tuple(secret, tuple, PURPOSE_ISN) + (u32)(now >> 8);
}

/**
 * atcp_isn_ts_offset() - Choose the offset of a connection's timestamp clock.
 * @secret: Key.
 * @tuple: Connection.
 *
 * RFC 7323 section 5.4 and 7.1: random per connection, yet the same for each
 * incarnation of it, so that RFC 6191 can tell a new one by its timestamps.
 *
 * Return: offset, in ticks of the timestamp clock.
 */
u32 atcp_isn_ts_offset(const struct atcp_secret *secret,
		       const struct atcp_tuple *tuple)
{
	return hash_tuple(secret, tuple, PURPOSE_TS_OFFSET);
}
