/* SPDX-License-Identifier: GPL-2.0 */
/* TIME-WAIT: what remains of a connection for 2 MSL (RFC 9293 section 3.4.2). */
#ifndef ATCP_CORE_TIMEWAIT_H
#define ATCP_CORE_TIMEWAIT_H

#include "core/conn.h"

#define ATCP_MSL_MS 30000
#define ATCP_TIME_WAIT_NS (2 * ATCP_MSL_MS * ATCP_NSEC_PER_MSEC)

/**
 * struct atcp_timewait - Enough to acknowledge a FIN again.
 * @ts_recent_ns: When @ts_recent was taken; 0: no timestamps in use.
 * @challenge_ns: Not before this may the next answer to a stray segment go.
 * @snd_nxt: SND.NXT, after our FIN.
 * @rcv_nxt: RCV.NXT, after the peer's FIN.
 * @ts_recent: TS.Recent.
 * @ts_offset: Added to the clock in timestamps that we send.
 * @wnd: Window as on the wire.
 * @flags: ATCP_F_* that tell of marks.
 */
struct atcp_timewait {
	u64 ts_recent_ns;
	u64 challenge_ns;
	u32 snd_nxt;
	u32 rcv_nxt;
	u32 ts_recent;
	u32 ts_offset;
	u16 wnd;
	u16 flags;
};

/**
 * enum atcp_timewait_verdict - What to do after a segment in TIME-WAIT.
 * @ATCP_TW_DROP: Nothing.
 * @ATCP_TW_ANSWER: Send @tx.
 * @ATCP_TW_RESTART: Send @tx; the 2 MSL start anew.
 * @ATCP_TW_REUSE: If there is a listener, end TIME-WAIT and give it the
 *	segment, with the ISS that the call returns; if not, RST.
 */
enum atcp_timewait_verdict {
	ATCP_TW_DROP,
	ATCP_TW_ANSWER,
	ATCP_TW_RESTART,
	ATCP_TW_REUSE,
};

void atcp_timewait_init(struct atcp_timewait *tw, const struct atcp_conn *conn);
enum atcp_timewait_verdict
atcp_timewait_handle_segment(struct atcp_timewait *tw,
			     const struct atcp_seg *seg, u8 use,
			     struct atcp_tx *tx, u32 *iss, struct atcp_step *step);
bool atcp_timewait_may_reuse(const struct atcp_timewait *tw, u64 now, u32 *iss);

#endif /* ATCP_CORE_TIMEWAIT_H */
