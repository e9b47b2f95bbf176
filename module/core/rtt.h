/* SPDX-License-Identifier: GPL-2.0 */
/* Round-trip time and retransmission time-out (RFC 6298). */
#ifndef ATCP_CORE_RTT_H
#define ATCP_CORE_RTT_H

#include "core/conn.h"

void atcp_rtt_init(struct atcp_rtt *rtt, const struct atcp_config *config);
void atcp_rtt_sample(struct atcp_rtt *rtt, const struct atcp_config *config,
		     u64 rtt_ns, u32 bytes, u32 flight);
u64 atcp_rtt_rto_ns(const struct atcp_rtt *rtt,
		    const struct atcp_config *config);
u64 atcp_rtt_limit_ns(const struct atcp_config *config, u32 retries);

#endif /* ATCP_CORE_RTT_H */
