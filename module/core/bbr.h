/* SPDX-License-Identifier: GPL-2.0 */
/* What the two files of BBR offer each other. */
#ifndef ATCP_CORE_BBR_H
#define ATCP_CORE_BBR_H

#include "core/internal.h"

/* draft-ietf-ccwg-bbr: BBRMinPipeCwnd, segments. */
#define ATCP_BBR_MIN_SEGMENTS 4

static inline struct atcp_bbr *atcp_bbr(struct atcp_conn *conn)
{
	return &conn->cc.bbr;
}

static inline bool atcp_bbr_is_probing_bw_cycle(const struct atcp_bbr *bbr)
{
	return bbr->state >= ATCP_BBR_DOWN && bbr->state <= ATCP_BBR_UP;
}

/* bbr.c */
void atcp_bbr_start_down(struct atcp_conn *conn, u64 now_ns);

/* bbr_model.c: what the path is like */
u64 atcp_bbr_max_bw_Bps(const struct atcp_bbr *bbr);
u32 atcp_bbr_bdp(const struct atcp_conn *conn, u64 bw_Bps, u32 gain_pct);
u32 atcp_bbr_min_pipe(const struct atcp_conn *conn);
u32 atcp_bbr_target(const struct atcp_conn *conn);
u32 atcp_bbr_headroom(const struct atcp_conn *conn);
bool atcp_bbr_has_some_queue(const struct atcp_bbr *bbr);
u64 atcp_bbr_before_loss(const struct atcp_bbr *bbr, u64 rate_Bps);
u32 atcp_bbr_extra_acked(const struct atcp_bbr *bbr);
void atcp_bbr_start_round(struct atcp_conn *conn);
void atcp_bbr_reset_full_bw(struct atcp_bbr *bbr);
void atcp_bbr_forget_short_term(struct atcp_bbr *bbr);
void atcp_bbr_forget_signals(struct atcp_bbr *bbr);
void atcp_bbr_raise_slope(struct atcp_conn *conn);
bool atcp_bbr_is_too_high(const struct atcp_conn *conn, u32 in_flight, u32 lost);
void atcp_bbr_take_too_high(struct atcp_conn *conn, u32 in_flight,
			    bool is_app_limited, u64 now_ns);
void atcp_bbr_update_model(struct atcp_conn *conn,
			   const struct atcp_rate_sample *sample);
void atcp_bbr_adapt_long_term(struct atcp_conn *conn,
			      const struct atcp_rate_sample *sample);
void atcp_bbr_advance_signals(struct atcp_conn *conn,
			      const struct atcp_rate_sample *sample);
u32 atcp_bbr_in_flight_at_loss(const struct atcp_conn *conn,
			       const struct atcp_burst *burst, u32 lost);

#endif /* ATCP_CORE_BBR_H */
