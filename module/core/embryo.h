/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A half-open connection: a SYN has been answered, nothing more is known. Small,
 * without pointers, so that a flood of them costs little (RFC 4987).
 */
#ifndef ATCP_CORE_EMBRYO_H
#define ATCP_CORE_EMBRYO_H

#include "core/conn.h"

/**
 * struct atcp_embryo - What the listener knows after a SYN.
 * @syn_ns: When the SYN+ACK was last sent.
 * @deadline_ns: When to call atcp_embryo_handle_timeout().
 * @challenge_ns: Not before this may the next challenge ACK go.
 * @irs: IRS.
 * @iss: ISS.
 * @ts_recent: The peer's timestamp.
 * @ts_offset: Added to the clock in timestamps that we send.
 * @peer_mss: Its MSS option, or 536.
 * @own_mss: MSS option that we send.
 * @window: Window that we offer, bytes, not scaled.
 * @snd_wscale: Shift for windows that arrive.
 * @rcv_wscale: Shift for windows that we send.
 * @use: ATCP_HAS_*: options that both have.
 * @ecn: enum atcp_ecn_mode, agreed on.
 * @syn_ecn: The codepoint that the last SYN came with.
 * @may_mark: What we send may be marked: neither has gone without ECN meanwhile.
 * @tries: SYN+ACKs sent.
 * @is_acked: The last ACK has come; only the user's data or the backlog is
 *	waited for.
 */
struct atcp_embryo {
	u64 syn_ns;
	u64 deadline_ns;
	u64 challenge_ns;
	u32 irs;
	u32 iss;
	u32 ts_recent;
	u32 ts_offset;
	u16 peer_mss;
	u16 own_mss;
	u16 window;
	u8 snd_wscale;
	u8 rcv_wscale;
	u8 use;
	u8 ecn;
	u8 syn_ecn;
	bool may_mark;
	u8 tries;
	bool is_acked;
};

/**
 * enum atcp_listen - What a listener does with a segment (RFC 9293 3.10.7.2).
 * @ATCP_LISTEN_DROP: Nothing.
 * @ATCP_LISTEN_RESET: Answer as atcp_seg_reset_for() says.
 * @ATCP_LISTEN_SYN: Make an embryo, or answer with a cookie.
 * @ATCP_LISTEN_ACK: Perhaps the answer to a cookie; if not, as RESET.
 */
enum atcp_listen {
	ATCP_LISTEN_DROP,
	ATCP_LISTEN_RESET,
	ATCP_LISTEN_SYN,
	ATCP_LISTEN_ACK,
};

/**
 * enum atcp_embryo_verdict - What to do after an embryo has seen a segment.
 * @ATCP_EMBRYO_DROP: Nothing; the embryo stays.
 * @ATCP_EMBRYO_ANSWER: Send @tx; the embryo stays.
 * @ATCP_EMBRYO_RESET: Send @tx, a RST; the embryo stays.
 * @ATCP_EMBRYO_GONE: Free the embryo, silently.
 * @ATCP_EMBRYO_ESTABLISHED: Make a connection of it (atcp_conn_accept()), give
 *	that the same segment, free the embryo.
 */
enum atcp_embryo_verdict {
	ATCP_EMBRYO_DROP,
	ATCP_EMBRYO_ANSWER,
	ATCP_EMBRYO_RESET,
	ATCP_EMBRYO_GONE,
	ATCP_EMBRYO_ESTABLISHED,
};

enum atcp_listen atcp_embryo_judge(const struct atcp_seg *seg,
				   struct atcp_step *step);
void atcp_embryo_init(struct atcp_embryo *embryo, const struct atcp_seg *syn,
		      const struct atcp_config *config, u32 iss, u32 ts_offset,
		      u16 own_mss, u32 window);
void atcp_embryo_build_synack(struct atcp_embryo *embryo,
			      const struct atcp_config *config,
			      struct atcp_tx *tx, struct atcp_step *step);
enum atcp_embryo_verdict
atcp_embryo_handle_segment(struct atcp_embryo *embryo,
			   const struct atcp_config *config,
			   const struct atcp_seg *seg, struct atcp_tx *tx,
			   struct atcp_step *step);
bool atcp_embryo_handle_timeout(struct atcp_embryo *embryo,
				const struct atcp_config *config,
				struct atcp_tx *tx, struct atcp_step *step);

#endif /* ATCP_CORE_EMBRYO_H */
