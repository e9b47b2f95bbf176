/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the core offer each other; no one else includes this. */
#ifndef ATCP_CORE_INTERNAL_H
#define ATCP_CORE_INTERNAL_H

#include "core/conn.h"
#include "core/rtt.h"

static inline bool atcp_state_in(const struct atcp_conn *conn, unsigned long set)
{
	return BIT(conn->state) & set;
}

/* States in which both ends know each other's numbers. */
#define ATCP_SYNCHRONIZED                                               \
	(ATCP_IN(ESTABLISHED) | ATCP_IN(FIN_WAIT_1) | ATCP_IN(FIN_WAIT_2) | \
	 ATCP_IN(CLOSE_WAIT) | ATCP_IN(CLOSING) | ATCP_IN(LAST_ACK))

/* States in which what the user has written may still go out. */
#define ATCP_MAY_SEND                                                  \
	(ATCP_IN(ESTABLISHED) | ATCP_IN(CLOSE_WAIT) | ATCP_IN(FIN_WAIT_1) | \
	 ATCP_IN(CLOSING) | ATCP_IN(LAST_ACK))

static inline u32 atcp_conn_flight(const struct atcp_conn *conn)
{
	return conn->snd.nxt - conn->snd.una;
}

/* Data or a FIN that has never been sent. */
static inline bool atcp_conn_has_unsent(const struct atcp_conn *conn)
{
	return atcp_conn_unsent(conn) ||
	       (conn->flags & ATCP_CONN_SHUT &&
		!(conn->flags & ATCP_CONN_FIN_SENT));
}

static inline u64 atcp_ms_to_ns(u32 ms)
{
	return ms * ATCP_NSEC_PER_MSEC;
}

/**
 * struct atcp_delivery - What one acknowledgment says has arrived.
 * @newest: The latest of it, as its record was.
 * @sent_ns: When the latest of it was sent; 0: nothing new has arrived.
 * @order: Its order, see struct atcp_burst.
 * @end: Sequence number after that.
 * @fack: atcp_snd.fack before.
 * @recover: atcp_snd.recover before.
 * @bytes: How much, by SND.UNA or by blocks.
 * @longest: The longest range of it that was sent at once.
 * @marked: How much of it was marked by the network, with ECN.
 * @is_again: @sent_ns is of something that was sent more than once.
 * @is_reordered: Something sent once has come later than what was sent later.
 * @is_duplicate: Something has come twice (RFC 2883).
 * @is_news: SND.UNA has moved.
 * @has_first_sending: Something has that was sent once, before atcp_snd.recover.
 * @was_recovering: A recovery was going on.
 * @has_lost: Something has been found lost thereby.
 */
struct atcp_delivery {
	struct atcp_burst newest;
	u64 sent_ns;
	u32 order;
	u32 end;
	u32 fack;
	u32 recover;
	u32 bytes;
	u32 longest;
	u32 marked;
	bool is_again;
	bool is_reordered;
	bool is_duplicate;
	bool is_news;
	bool has_first_sending;
	bool was_recovering;
	bool has_lost;
};

/* So many segments behind a hole tell of a loss: RFC 5681 3.2, RFC 8985 6.2. */
#define ATCP_DUP_THRESHOLD 3

/* R1 of RFC 9293 section 3.8.3: so many time-outs in a row, and the path is doubtful. */
#define ATCP_R1 3

/* conn.c */
void atcp_conn_set_state(struct atcp_conn *conn, u8 to);
void atcp_conn_finish(struct atcp_conn *conn, u8 error, struct atcp_step *step);
void atcp_conn_reset(struct atcp_conn *conn, u8 error, struct atcp_step *step);
void atcp_conn_establish(struct atcp_conn *conn, struct atcp_step *step);
void atcp_conn_fin_wait_2(struct atcp_conn *conn, struct atcp_step *step);
void atcp_conn_time_wait(struct atcp_conn *conn);
bool atcp_conn_may_challenge(u64 *challenge_ns, struct atcp_step *step);
void atcp_conn_challenge(struct atcp_conn *conn, struct atcp_step *step);
u32 atcp_conn_ts_now(u32 ts_offset, u64 now);

/* tune.c */
void atcp_tune_arrived(struct atcp_conn *conn, const struct atcp_seg *seg,
		       u64 now);

/* input.c */
void atcp_input_segment(struct atcp_conn *conn, const struct atcp_seg *seg,
			struct atcp_step *step);

/* ack.c */
bool atcp_ack_segment(struct atcp_conn *conn, const struct atcp_seg *seg,
		      struct atcp_step *step);

/* loss.c */
u32 atcp_loss_pipe(const struct atcp_conn *conn);
void atcp_loss_dup_ack(struct atcp_conn *conn, struct atcp_step *step);
void atcp_loss_acked(struct atcp_conn *conn, const struct atcp_cc_ack *ack);
void atcp_loss_timeout(struct atcp_conn *conn, struct atcp_step *step);
void atcp_loss_refused(struct atcp_conn *conn);
void atcp_loss_marked(struct atcp_conn *conn);
void atcp_loss_reduce(struct atcp_conn *conn);
void atcp_loss_recovered(struct atcp_conn *conn);
bool atcp_loss_requeue(struct atcp_conn *conn, struct atcp_burst *burst);
void atcp_loss_mark(struct atcp_conn *conn, struct atcp_burst *burst);
void atcp_loss_unmark(struct atcp_conn *conn, struct atcp_burst *burst);
void atcp_loss_settle(struct atcp_conn *conn, struct atcp_burst *burst);
void atcp_loss_sent(struct atcp_conn *conn, struct atcp_burst *burst, u64 now);
struct atcp_burst *atcp_loss_first(struct atcp_conn *conn);
bool atcp_loss_split(struct atcp_conn *conn, struct atcp_burst *burst, u32 seq,
		     struct atcp_step *step);
void atcp_loss_join(struct atcp_conn *conn, struct atcp_burst *burst,
		    struct atcp_burst *next, struct atcp_step *step);
void atcp_loss_delivered(struct atcp_conn *conn,
			 const struct atcp_delivery *got,
			 struct atcp_step *step);

/* score.c */
bool atcp_score_is_kept(const struct atcp_conn *conn);
void atcp_score_begin(const struct atcp_conn *conn, struct atcp_delivery *got);
void atcp_score_delivered(struct atcp_delivery *got,
			  const struct atcp_burst *burst, u32 end);
void atcp_score_blocks(struct atcp_conn *conn, const struct atcp_seg *seg,
		       struct atcp_step *step, struct atcp_delivery *got);
void atcp_score_forget(struct atcp_conn *conn, const struct atcp_burst *burst,
		       u32 ack);
void atcp_score_check_reneging(struct atcp_conn *conn, struct atcp_step *step);

/* rack.c */
bool atcp_rack_is_later(u32 order, u32 end, u32 than_order, u32 than_end);
u64 atcp_rack_least_rtt_ns(const struct atcp_conn *conn, u64 rtt_ns);
bool atcp_rack_detect(struct atcp_conn *conn, u64 now);
void atcp_rack_delivered(struct atcp_conn *conn, struct atcp_delivery *got,
			 u64 now);
void atcp_rack_recovered(struct atcp_conn *conn);
void atcp_rack_spurious(struct atcp_conn *conn);

/* tlp.c */
void atcp_tlp_schedule(struct atcp_conn *conn);
bool atcp_tlp_is_due(struct atcp_conn *conn);
struct atcp_burst *atcp_tlp_last(struct atcp_conn *conn, struct atcp_step *step);
void atcp_tlp_sent(struct atcp_conn *conn, bool is_again, struct atcp_step *step);
void atcp_tlp_acked(struct atcp_conn *conn, const struct atcp_seg *seg,
		    const struct atcp_delivery *got, struct atcp_step *step);
void atcp_tlp_forget(struct atcp_conn *conn);

/* rate.c */
void atcp_rate_sent(struct atcp_conn *conn, struct atcp_burst *burst, u64 now);
void atcp_rate_app_limited(struct atcp_conn *conn);
void atcp_rate_lost(struct atcp_conn *conn, u32 bytes);
void atcp_rate_sample(struct atcp_conn *conn, const struct atcp_delivery *got,
		      u64 now, struct atcp_rate_sample *sample);

/* pacing.c */
void atcp_pacing_window(struct atcp_conn *conn);
bool atcp_pacing_is_by_window(const struct atcp_conn *conn);
u32 atcp_pacing_burst(const struct atcp_conn *conn);
bool atcp_pacing_holds(struct atcp_conn *conn, u64 now);
void atcp_pacing_sent(struct atcp_conn *conn, u32 bytes, u64 now);

/* pmtu.c */
void atcp_conn_update_mss(struct atcp_conn *conn);
void atcp_pmtu_establish(struct atcp_conn *conn);
void atcp_pmtu_timeout(struct atcp_conn *conn, struct atcp_step *step);
u32 atcp_pmtu_probe_len(struct atcp_conn *conn, u64 now);
void atcp_pmtu_probe_sent(struct atcp_conn *conn, u32 seq,
			  struct atcp_step *step);
bool atcp_pmtu_is_probe(const struct atcp_conn *conn,
			const struct atcp_burst *burst);
void atcp_pmtu_probe_lost(struct atcp_conn *conn, struct atcp_burst *burst);
void atcp_pmtu_sent_again(struct atcp_conn *conn, const struct atcp_burst *burst);
void atcp_pmtu_acked(struct atcp_conn *conn, const struct atcp_delivery *got,
		     struct atcp_step *step);

/* undo.c */
void atcp_undo_begin(struct atcp_conn *conn);
void atcp_undo_sent_again(struct atcp_conn *conn, const struct atcp_burst *burst,
			  u64 now);
void atcp_undo_duplicate(struct atcp_conn *conn, const struct atcp_sack *block);
void atcp_undo_acked(struct atcp_conn *conn, const struct atcp_seg *seg,
		     const struct atcp_delivery *got, struct atcp_step *step);
void atcp_undo_frto_begin(struct atcp_conn *conn, bool is_first);
void atcp_undo_frto_acked(struct atcp_conn *conn, const struct atcp_delivery *got,
			  struct atcp_step *step);

/* cc.c: for the rest of the core */
void atcp_cc_start(struct atcp_conn *conn);
void atcp_cc_congestion(struct atcp_conn *conn, enum atcp_cc_event event);
void atcp_cc_undo(struct atcp_conn *conn);
void atcp_cc_acked(struct atcp_conn *conn, const struct atcp_cc_ack *ack);
void atcp_cc_lost(struct atcp_conn *conn, const struct atcp_burst *burst);
void atcp_cc_sample(struct atcp_conn *conn,
		    const struct atcp_rate_sample *sample);
void atcp_cc_sent(struct atcp_conn *conn, u64 now_ns);
void atcp_cc_recovered(struct atcp_conn *conn);
bool atcp_cc_owns_cwnd(const struct atcp_conn *conn);
void atcp_cc_delivered(struct atcp_conn *conn, u32 ack, u32 bytes, u32 marked);
void atcp_cc_restart(struct atcp_conn *conn, u32 cwnd);
void atcp_cc_idle(struct atcp_conn *conn, u64 now_ns);
/* ... and for the algorithms */
u32 atcp_cc_flight(const struct atcp_conn *conn);
u32 atcp_cc_credit(const struct atcp_conn *conn, const struct atcp_cc_ack *ack);
void atcp_cc_grow(struct atcp_conn *conn, u32 bytes);
bool atcp_cc_slow_start(struct atcp_conn *conn, u32 bytes);

/* cwv.c */
u32 atcp_cwv_pipe_ack(const struct atcp_conn *conn);
bool atcp_cwv_is_valid(const struct atcp_conn *conn);
void atcp_cwv_forget(struct atcp_conn *conn);
void atcp_cwv_sample(struct atcp_conn *conn,
		     const struct atcp_rate_sample *sample);

/* hystart.c: for algorithms that use it while ssthresh is U32_MAX */
void atcp_hystart_init(struct atcp_hystart *hystart);
void atcp_hystart_acked(struct atcp_conn *conn, struct atcp_hystart *hystart,
			const struct atcp_cc_ack *ack, u32 bytes);

/* cubic.c: its parts, for their tests */
u32 atcp_cubic_root(u64 x);
u32 atcp_cubic_window(const struct atcp_cubic_curve *curve, u32 mss, u64 t_ns);

/* ecn.c */
void atcp_ecn_init(struct atcp_conn *conn);
u16 atcp_ecn_syn(const struct atcp_conn *conn);
u8 atcp_ecn_judge_syn(const struct atcp_config *config,
		      const struct atcp_seg *syn);
u16 atcp_ecn_synack(u8 mode, u8 syn_ecn);
void atcp_ecn_judge_synack(struct atcp_conn *conn, const struct atcp_seg *seg);
void atcp_ecn_judge_crossing(struct atcp_conn *conn,
			     const struct atcp_seg *syn);
u8 atcp_ecn_accepts(const struct atcp_config *config);
void atcp_ecn_syn_again(struct atcp_conn *conn, const struct atcp_seg *syn);
void atcp_ecn_accept(struct atcp_conn *conn, u8 mode, bool may_mark);
void atcp_ecn_received(struct atcp_conn *conn, const struct atcp_seg *seg);
void atcp_ecn_reduced(struct atcp_conn *conn);
void atcp_ecn_acked(struct atcp_conn *conn, const struct atcp_seg *seg,
		    struct atcp_delivery *got, struct atcp_step *step);
void atcp_ecn_drag(struct atcp_conn *conn);
bool atcp_ecn_claims(const struct atcp_conn *conn);
u16 atcp_ecn_now(const struct atcp_conn *conn);
void atcp_ecn_send(struct atcp_conn *conn, struct atcp_tx *tx,
		   struct atcp_opts *opts);

/* accecn.c */
u16 atcp_accecn_handshake(u8 ecn);
u16 atcp_accecn_first(void);
void atcp_accecn_first_option(struct atcp_opts *opts);
u16 atcp_accecn_now(const struct atcp_conn *conn);
bool atcp_accecn_is_synack(u16 flags);
bool atcp_accecn_is_cookie(const struct atcp_seg *ack);
void atcp_accecn_begin(struct atcp_conn *conn);
void atcp_accecn_synack(struct atcp_conn *conn, const struct atcp_seg *seg);
void atcp_accecn_synack_again(struct atcp_conn *conn,
			      const struct atcp_seg *seg);
void atcp_accecn_last_ack(struct atcp_conn *conn, const struct atcp_seg *seg);
void atcp_accecn_received(struct atcp_conn *conn, const struct atcp_seg *seg);
void atcp_accecn_send(struct atcp_conn *conn, struct atcp_tx *tx,
		      struct atcp_opts *opts);
u32 atcp_accecn_acked(struct atcp_conn *conn, const struct atcp_seg *seg,
		      u32 bytes);

/* reasm.c */
bool atcp_reasm_is_gap(const struct atcp_conn *conn, u32 seq);
void atcp_reasm_data(struct atcp_conn *conn, const struct atcp_seg *seg,
		     struct atcp_step *step);

/* sack.c */
void atcp_sack_received(struct atcp_conn *conn, u32 left, u32 right);
void atcp_sack_advanced(struct atcp_conn *conn);
void atcp_sack_reneged(struct atcp_conn *conn, u32 right);
void atcp_sack_duplicate(struct atcp_conn *conn, u32 left, u32 right);
bool atcp_sack_waits(const struct atcp_conn *conn);
void atcp_sack_tell(struct atcp_conn *conn, struct atcp_opts *opts,
		    struct atcp_step *step);

/* window.c */
u8 atcp_window_scale(u32 clamp);
u32 atcp_window_left(const struct atcp_conn *conn);
u16 atcp_window_offer(struct atcp_conn *conn, struct atcp_step *step);
u16 atcp_window_offer_syn(struct atcp_conn *conn);
bool atcp_window_wants_update(const struct atcp_conn *conn);

/* output.c */
bool atcp_output_next(struct atcp_conn *conn, struct atcp_step *step,
		      struct atcp_tx *tx);
void atcp_output_init_tx(struct atcp_tx *tx, u32 seq, u16 flags);

/* timeout.c */
void atcp_timeout_run(struct atcp_conn *conn, struct atcp_step *step);
void atcp_timeout_progress(struct atcp_conn *conn, u64 now);

#endif /* ATCP_CORE_INTERNAL_H */
