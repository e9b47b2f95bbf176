// SPDX-License-Identifier: GPL-2.0
/* Round-trip time and retransmission time-out. */
#include "core/rtt.h"

static u64 clamp_rto(const struct atcp_config *config, u64 rto_ns)
{
	return clamp_t(u64, rto_ns, config->rto_min_ms * ATCP_NSEC_PER_MSEC,
		       config->rto_max_ms * ATCP_NSEC_PER_MSEC);
}

/**
 * atcp_rtt_init() - Nothing is known yet.
 * @rtt: Set to the initial time-out.
 * @config: Its rto_init_ms (RFC 6298 rule 2.1: 1 s).
 */
void atcp_rtt_init(struct atcp_rtt *rtt, const struct atcp_config *config)
{
	memset(rtt, 0, sizeof(*rtt));
	rtt->rto_ns = config->rto_init_ms * ATCP_NSEC_PER_MSEC;
	rtt->min_ns = ATCP_NEVER;
}

/**
 * atcp_rtt_sample() - A round trip has been measured.
 * @rtt: Updated; back-off ends.
 * @config: Bounds of the time-out.
 * @rtt_ns: From the first sending of something to its acknowledgment. By Karn's
 *	rule never of something that was sent twice, unless timestamps tell the
 *	sendings apart.
 *
 * RFC 6298 rules 2.2 and 2.3, with alpha 1/8 and beta 1/4. The variance term has
 * the minimum as its floor rather than the sum, so that a path with a long, even
 * RTT keeps room for a delayed acknowledgment.
 */
void atcp_rtt_sample(struct atcp_rtt *rtt, const struct atcp_config *config,
		     u64 rtt_ns)
{
	u64 floor_ns = config->rto_min_ms * ATCP_NSEC_PER_MSEC;
	u64 err_ns;

	if (!rtt_ns)
		rtt_ns = 1;

	if (!rtt->srtt_ns) {
		rtt->srtt_ns = rtt_ns;
		rtt->var_ns = rtt_ns / 2;
	} else {
		err_ns = rtt_ns > rtt->srtt_ns ? rtt_ns - rtt->srtt_ns :
						 rtt->srtt_ns - rtt_ns;
		rtt->var_ns = rtt->var_ns - rtt->var_ns / 4 + err_ns / 4;
		rtt->srtt_ns = rtt->srtt_ns - rtt->srtt_ns / 8 + rtt_ns / 8;
	}

	rtt->min_ns = min_t(u64, rtt->min_ns, rtt_ns);
	rtt->rto_ns = clamp_rto(config, rtt->srtt_ns +
				max_t(u64, 4 * rtt->var_ns, floor_ns));
	rtt->backoff = 0;
}

/**
 * atcp_rtt_rto_ns() - The time-out now in force.
 * @rtt: Estimate.
 * @config: Its rto_max_ms.
 *
 * RFC 6298 rule 5.5: doubled by each expiry, up to the maximum.
 *
 * Return: ns.
 */
u64 atcp_rtt_rto_ns(const struct atcp_rtt *rtt,
		    const struct atcp_config *config)
{
	u64 max_ns = config->rto_max_ms * ATCP_NSEC_PER_MSEC;

	if (rtt->backoff >= 20)
		return max_ns;
	return min_t(u64, rtt->rto_ns << rtt->backoff, max_ns);
}

/**
 * atcp_rtt_limit_ns() - How long a number of retries lasts.
 * @config: Bounds of the time-out.
 * @retries: R2 as a count.
 *
 * RFC 9293 section 3.8.3 gives R2 as time or count. As Linux does, the count is
 * turned into the time that it takes when the time-out begins at its minimum: a
 * path with a long RTT gives up after as long, in fewer tries.
 *
 * Return: ns from the first retransmission to the end.
 */
u64 atcp_rtt_limit_ns(const struct atcp_config *config, u32 retries)
{
	u64 rto_ns = config->rto_min_ms * ATCP_NSEC_PER_MSEC;
	u64 max_ns = config->rto_max_ms * ATCP_NSEC_PER_MSEC;
	u64 sum_ns = 0;
	u32 i;

	for (i = 0; i < retries; i++) {
		rto_ns = min_t(u64, rto_ns * 2, max_ns);
		sum_ns += rto_ns;
	}
	return sum_ns;
}
