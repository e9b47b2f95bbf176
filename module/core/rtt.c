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

/* Parts that a flight is divided into, to tell a share of it. */
#define WHOLE_SHIFT 16
#define WHOLE ((u32)BIT(WHOLE_SHIFT))

/* Move @old towards @new: by 1 / 2^@gain_shift for a whole flight's worth. */
static u64 smooth(u64 old, u64 new, u32 share, u8 gain_shift)
{
	u64 step = (new > old ? new - old : old - new) * share >>
		   (WHOLE_SHIFT + gain_shift);

	return new > old ? old + step : old - step;
}

/**
 * atcp_rtt_sample() - A round trip has been measured.
 * @rtt: Updated; back-off ends.
 * @config: Bounds of the time-out.
 * @rtt_ns: From the first sending of something to its acknowledgment. By Karn's
 *	rule never of something that was sent twice, unless timestamps tell the
 *	sendings apart.
 * @bytes: What has been acknowledged.
 * @flight: What was in flight until then, bytes; not 0.
 *
 * RFC 6298 rules 2.2 and 2.3, with alpha 1/8 and beta 1/4. These are meant for one
 * sample in a round trip. With one for each acknowledgment a window of a hundred
 * segments would forget within a tenth of a round trip what the path had been like.
 * So each weighs as much as the share of the flight that it stands for, and all of a
 * round trip weigh as much as one did: RFC 7323's appendix G, but that nobody needs
 * to guess how many acknowledgments a window will yield. What deviates more than was
 * thought counts whole: a path that turns slow within a round trip must not meet the
 * old time-out.
 *
 * The variance term has the minimum as its floor rather than the sum, so that a path
 * with a long, even RTT keeps room for a delayed acknowledgment.
 */
void atcp_rtt_sample(struct atcp_rtt *rtt, const struct atcp_config *config,
		     u64 rtt_ns, u32 bytes, u32 flight)
{
	u32 share = (u32)div_u64((u64)min(bytes, flight) << WHOLE_SHIFT, flight);
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
		rtt->var_ns = smooth(rtt->var_ns, err_ns,
				     err_ns < rtt->var_ns ? share : WHOLE, 2);
		rtt->srtt_ns = smooth(rtt->srtt_ns, rtt_ns, share, 3);
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
