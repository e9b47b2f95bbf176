// SPDX-License-Identifier: GPL-2.0
/* A half-open connection: LISTEN and SYN-RECEIVED without a socket. */
#include "core/embryo.h"
#include "core/internal.h"

/**
 * atcp_embryo_judge() - A segment arrives at a listener (RFC 9293 3.10.7.2).
 * @seg: Segment that belongs to no connection and no embryo.
 * @step: For the count.
 *
 * First RST, second ACK, third SYN, else nothing.
 *
 * Return: what to do.
 */
enum atcp_listen atcp_embryo_judge(const struct atcp_seg *seg,
				   struct atcp_step *step)
{
	if (seg->flags & ATCP_F_RST)
		return ATCP_LISTEN_DROP;
	if (seg->flags & ATCP_F_ACK)
		return seg->flags & ATCP_F_SYN ? ATCP_LISTEN_RESET :
						 ATCP_LISTEN_ACK;
	if (seg->flags & ATCP_F_SYN)
		return ATCP_LISTEN_SYN;
	atcp_step_count(step, ATCP_MIB_NO_ACK_FLAG);
	return ATCP_LISTEN_DROP;
}

/**
 * atcp_embryo_init() - Remember a SYN.
 * @embryo: Initialised in whole. Send atcp_embryo_build_synack() next.
 * @syn: The SYN.
 * @config: The listener's settings.
 * @iss: From atcp_isn_generate(), or what TIME-WAIT or a cookie says.
 * @ts_offset: From atcp_isn_ts_offset().
 * @own_mss: MSS option to send, bytes.
 * @window: Room for data, bytes.
 */
void atcp_embryo_init(struct atcp_embryo *embryo, const struct atcp_seg *syn,
		      const struct atcp_config *config, u32 iss, u32 ts_offset,
		      u16 own_mss, u32 window)
{
	memset(embryo, 0, sizeof(*embryo));
	embryo->deadline_ns = ATCP_NEVER;
	embryo->irs = syn->seq;
	embryo->iss = iss;
	embryo->ts_offset = ts_offset;
	embryo->own_mss = own_mss;
	embryo->window = (u16)min_t(u32, window, 0xffff);
	embryo->use = syn->opts.has & config->use;
	embryo->ecn = atcp_ecn_judge_syn(config, syn);
	embryo->syn_ecn = syn->ecn;
	embryo->may_mark = true;
	embryo->peer_mss = syn->opts.has & ATCP_HAS_MSS ? syn->opts.mss :
							  ATCP_MSS_DEFAULT;
	if (embryo->use & ATCP_HAS_WSCALE) {
		embryo->snd_wscale = syn->opts.wscale;
		embryo->rcv_wscale = atcp_window_scale(ATCP_WINDOW_MAX);
	}
	if (embryo->use & ATCP_HAS_TS)
		embryo->ts_recent = syn->opts.ts_val;
}

static u64 synack_wait_ns(const struct atcp_config *config, u8 tries)
{
	u64 wait_ns = atcp_ms_to_ns(config->rto_init_ms)
		      << min_t(u8, tries - 1, 10);

	return min_t(u64, wait_ns, atcp_ms_to_ns(config->rto_max_ms));
}

/*
 * RFC 9768 section 3.2.3.2.2: the first time with its option, then without, at last
 * without anything that a path may not like. What was agreed on remains, but who has
 * not heard it knows nothing of it: nothing may be marked (section 3.1.5).
 */
static void add_ecn(struct atcp_embryo *embryo, struct atcp_tx *tx,
		    struct atcp_opts *opts)
{
	if (embryo->ecn == ATCP_ECN_ACCURATE && embryo->tries >= 2) {
		embryo->may_mark = false;
		return;
	}
	tx->flags |= atcp_ecn_synack(embryo->ecn, embryo->syn_ecn);
	if (embryo->ecn == ATCP_ECN_ACCURATE && !embryo->tries)
		atcp_accecn_first_option(opts);
}

/**
 * atcp_embryo_build_synack() - SYN+ACK, for the first time or again.
 * @embryo: Its deadline moves on.
 * @config: The listener's settings.
 * @tx: Filled in.
 * @step: The time.
 */
void atcp_embryo_build_synack(struct atcp_embryo *embryo,
			      const struct atcp_config *config,
			      struct atcp_tx *tx, struct atcp_step *step)
{
	struct atcp_opts opts = {
		.has = ATCP_HAS_MSS | embryo->use,
		.mss = embryo->own_mss,
		.wscale = embryo->rcv_wscale,
		.ts_val = atcp_conn_ts_now(embryo->ts_offset, step->now),
		.ts_ecr = embryo->ts_recent,
	};

	atcp_output_init_tx(tx, embryo->iss, ATCP_F_SYN | ATCP_F_ACK);
	add_ecn(embryo, tx, &opts);
	tx->ack = embryo->irs + 1;
	tx->wnd = embryo->window;
	tx->is_again = embryo->tries;
	tx->opt_len = atcp_seg_build_opts(tx->opt, &opts);

	if (embryo->tries)
		atcp_step_count(step, ATCP_MIB_SYNACK_RETRANS);
	if (embryo->tries < U8_MAX)
		embryo->tries++;
	embryo->syn_ns = step->now;
	embryo->deadline_ns = step->now +
			      synack_wait_ns(config, embryo->tries);
}

/* An ACK by itself, as a connection in SYN-RECEIVED would send it. */
static enum atcp_embryo_verdict answer(struct atcp_embryo *embryo,
				       struct atcp_tx *tx,
				       struct atcp_step *step)
{
	struct atcp_opts opts = {
		.has = embryo->use & ATCP_HAS_TS,
		.ts_val = atcp_conn_ts_now(embryo->ts_offset, step->now),
		.ts_ecr = embryo->ts_recent,
	};

	if (!atcp_conn_may_challenge(&embryo->challenge_ns, step))
		return ATCP_EMBRYO_DROP;
	atcp_output_init_tx(tx, embryo->iss + 1, ATCP_F_ACK);
	if (embryo->ecn == ATCP_ECN_ACCURATE)
		tx->flags |= atcp_accecn_first();
	tx->ack = embryo->irs + 1;
	tx->wnd = (u16)(embryo->window >> embryo->rcv_wscale);
	if (opts.has)
		tx->opt_len = atcp_seg_build_opts(tx->opt, &opts);
	return ATCP_EMBRYO_ANSWER;
}

static bool paws_rejects(const struct atcp_embryo *embryo,
			 const struct atcp_seg *seg)
{
	if (!(embryo->use & ATCP_HAS_TS) || seg->flags & ATCP_F_RST)
		return false;
	return !atcp_seg_has(seg, ATCP_HAS_TS) ||
	       atcp_before(seg->opts.ts_val, embryo->ts_recent);
}

/* "First, check sequence number" with RCV.NXT = IRS + 1. */
static bool is_acceptable(const struct atcp_embryo *embryo,
			  const struct atcp_seg *seg)
{
	u32 nxt = embryo->irs + 1;

	return atcp_between(seg->seq, nxt, nxt + embryo->window);
}

static enum atcp_embryo_verdict on_ack(struct atcp_embryo *embryo,
				       const struct atcp_config *config,
				       const struct atcp_seg *seg,
				       struct atcp_tx *tx,
				       struct atcp_step *step)
{
	if (seg->ack != embryo->iss + 1) {
		atcp_step_count(step, ATCP_MIB_BAD_ACK);
		atcp_output_init_tx(tx, seg->ack, ATCP_F_RST);
		return ATCP_EMBRYO_RESET;
	}
	embryo->is_acked = true;
	/* TCP_DEFER_ACCEPT: a bare ACK is not worth waking anyone, for a while. */
	if (!seg->len && !(seg->flags & ATCP_F_FIN) &&
	    embryo->tries <= config->defer_accept) {
		atcp_step_count(step, ATCP_MIB_DEFER_ACCEPT_DROPS);
		return ATCP_EMBRYO_DROP;
	}
	return ATCP_EMBRYO_ESTABLISHED;
}

/*
 * A SYN that asks for ECN no longer: nothing that we send may be marked, even if the
 * answer is not heard (RFC 3168 section 6.1.1, RFC 9768 section 3.1.5).
 */
static void hear_again(struct atcp_embryo *embryo,
		       const struct atcp_config *config,
		       const struct atcp_seg *syn)
{
	embryo->syn_ecn = syn->ecn;
	if (atcp_ecn_judge_syn(config, syn) != ATCP_ECN_OFF)
		return;
	embryo->may_mark = false;
	if (embryo->ecn == ATCP_ECN_CLASSIC)
		embryo->ecn = ATCP_ECN_OFF;
}

/**
 * atcp_embryo_handle_segment() - A segment for a half-open connection.
 * @embryo: Embryo.
 * @config: The listener's settings.
 * @seg: Segment.
 * @tx: Filled in if the verdict says so.
 * @step: The time.
 *
 * RFC 9293 section 3.10.7.4 in SYN-RECEIVED, with RFC 5961 and RFC 7323.
 *
 * Return: what to do.
 */
enum atcp_embryo_verdict
atcp_embryo_handle_segment(struct atcp_embryo *embryo,
			   const struct atcp_config *config,
			   const struct atcp_seg *seg, struct atcp_tx *tx,
			   struct atcp_step *step)
{
	bool is_syn = seg->flags & ATCP_F_SYN;

	if (is_syn && seg->seq == embryo->irs && !(seg->flags & ATCP_F_ACK)) {
		hear_again(embryo, config, seg);
		/* The peer has not heard us: answer again, not too often. */
		if (!atcp_conn_may_challenge(&embryo->challenge_ns, step))
			return ATCP_EMBRYO_DROP;
		atcp_embryo_build_synack(embryo, config, tx, step);
		return ATCP_EMBRYO_ANSWER;
	}
	if (paws_rejects(embryo, seg)) {
		atcp_step_count(step, ATCP_MIB_PAWS_DROPPED);
		return answer(embryo, tx, step);
	}
	if (!is_acceptable(embryo, seg)) {
		atcp_step_count(step, ATCP_MIB_UNACCEPTABLE);
		return seg->flags & ATCP_F_RST ? ATCP_EMBRYO_DROP :
						 answer(embryo, tx, step);
	}
	if (seg->flags & ATCP_F_RST) {
		if (seg->seq != embryo->irs + 1) {
			atcp_step_count(step, ATCP_MIB_RST_CHALLENGE);
			return answer(embryo, tx, step);
		}
		atcp_step_count(step, ATCP_MIB_ATTEMPT_FAILS);
		return ATCP_EMBRYO_GONE;
	}
	if (is_syn) {
		atcp_step_count(step, ATCP_MIB_SYN_CHALLENGE);
		return answer(embryo, tx, step);
	}
	if (!(seg->flags & ATCP_F_ACK)) {
		atcp_step_count(step, ATCP_MIB_NO_ACK_FLAG);
		return ATCP_EMBRYO_DROP;
	}
	return on_ack(embryo, config, seg, tx, step);
}

/**
 * atcp_embryo_handle_timeout() - The deadline has passed.
 * @embryo: Embryo.
 * @config: The listener's settings.
 * @tx: SYN+ACK to send.
 * @step: The time.
 *
 * Return: false if there were enough: free the embryo.
 */
bool atcp_embryo_handle_timeout(struct atcp_embryo *embryo,
				const struct atcp_config *config,
				struct atcp_tx *tx, struct atcp_step *step)
{
	if (embryo->tries > config->synack_retries) {
		atcp_step_count(step, ATCP_MIB_ATTEMPT_FAILS);
		return false;
	}
	atcp_embryo_build_synack(embryo, config, tx, step);
	return true;
}
