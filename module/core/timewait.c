// SPDX-License-Identifier: GPL-2.0
/* TIME-WAIT: what remains of a connection for 2 MSL. */
#include "core/internal.h"
#include "core/timewait.h"

/* How far a new incarnation's numbers begin beyond the old one's. */
#define REUSE_GAP (65535 + 2)

/**
 * atcp_timewait_init() - Keep what is needed of a connection.
 * @tw: Initialised in whole.
 * @conn: In TIME-WAIT.
 */
void atcp_timewait_init(struct atcp_timewait *tw, const struct atcp_conn *conn)
{
	tw->ts_recent_ns = conn->use & ATCP_HAS_TS ? conn->ts_recent_ns : 0;
	tw->challenge_ns = 0;
	tw->snd_nxt = conn->snd.nxt;
	tw->rcv_nxt = conn->rcv.nxt;
	tw->ts_recent = conn->ts_recent;
	tw->ts_offset = conn->ts_offset;
	tw->flags = atcp_ecn_now(conn);
	tw->wnd = (u16)min_t(u32, atcp_window_left(conn) >> conn->rcv.wscale,
			     0xffff);
}

/* Beyond all that the old incarnation sent, and never 0, which stands for none. */
static u32 next_iss(const struct atcp_timewait *tw)
{
	return (tw->snd_nxt + REUSE_GAP) ?: 1;
}

static void build_ack(const struct atcp_timewait *tw, struct atcp_tx *tx,
		      u64 now)
{
	struct atcp_opts opts = {
		.has = tw->ts_recent_ns ? ATCP_HAS_TS : 0,
		.ts_val = atcp_conn_ts_now(tw->ts_offset, now),
		.ts_ecr = tw->ts_recent,
	};

	atcp_output_init_tx(tx, tw->snd_nxt, ATCP_F_ACK | tw->flags);
	tx->ack = tw->rcv_nxt;
	tx->wnd = tw->wnd;
	tx->opt_len = atcp_seg_build_opts(tx->opt, &opts);
}

/*
 * RFC 6191 section 2, RFC 9293 section 3.6.1: a SYN that is surely new. By its timestamp
 * if both ends would use them from now on; if the old incarnation had none, that they are
 * there now tells. Else by its number, beyond that of the old FIN.
 */
static bool is_new_incarnation(const struct atcp_timewait *tw,
			       const struct atcp_seg *seg, u8 use)
{
	if (!(seg->flags & ATCP_F_SYN) || seg->flags & ATCP_F_ACK)
		return false;
	if (use & ATCP_HAS_TS && atcp_seg_has(seg, ATCP_HAS_TS)) {
		if (!tw->ts_recent_ns)
			return true;
		if (seg->opts.ts_val != tw->ts_recent)
			return atcp_after(seg->opts.ts_val, tw->ts_recent);
	}
	return !atcp_before(seg->seq, tw->rcv_nxt);
}

static bool paws_rejects(const struct atcp_timewait *tw,
			 const struct atcp_seg *seg)
{
	return tw->ts_recent_ns && atcp_seg_has(seg, ATCP_HAS_TS) &&
	       atcp_before(seg->opts.ts_val, tw->ts_recent);
}

/**
 * atcp_timewait_may_reuse() - May connect() take the same 4-tuple again?
 * @tw: TIME-WAIT that has it.
 * @now: Time, ns.
 * @iss: ISS to begin with, if so; not 0.
 *
 * RFC 6191 as a client may use it: with timestamps, and more than a second after
 * the last one, the peer can tell old from new.
 *
 * Return: true if it may.
 */
bool atcp_timewait_may_reuse(const struct atcp_timewait *tw, u64 now, u32 *iss)
{
	if (!tw->ts_recent_ns || now - tw->ts_recent_ns <= ATCP_NSEC_PER_SEC)
		return false;
	*iss = next_iss(tw);
	return true;
}

/**
 * atcp_timewait_handle_segment() - A segment in TIME-WAIT (RFC 9293 3.10.7.4).
 * @tw: TIME-WAIT.
 * @seg: Segment.
 * @use: ATCP_HAS_*: options that a new incarnation may use here.
 * @tx: Filled in if the verdict says so.
 * @iss: Filled in with ATCP_TW_REUSE; not 0.
 * @step: The time.
 *
 * RST is ignored (RFC 1337): it must not end the wait before its time.
 *
 * Return: what to do.
 */
enum atcp_timewait_verdict
atcp_timewait_handle_segment(struct atcp_timewait *tw,
			     const struct atcp_seg *seg, u8 use,
			     struct atcp_tx *tx, u32 *iss, struct atcp_step *step)
{
	bool is_fin = seg->flags & ATCP_F_FIN;

	if (seg->flags & ATCP_F_RST) {
		atcp_step_count(step, ATCP_MIB_TW_RST_IGNORED);
		return ATCP_TW_DROP;
	}
	if (is_new_incarnation(tw, seg, use)) {
		atcp_step_count(step, ATCP_MIB_TW_RECYCLED);
		*iss = next_iss(tw);
		return ATCP_TW_REUSE;
	}
	/* "The only thing that can arrive is a retransmission of the FIN." */
	if (is_fin && !paws_rejects(tw, seg) &&
	    seg->seq + atcp_seg_seqlen(seg) == tw->rcv_nxt) {
		build_ack(tw, tx, step->now);
		atcp_step_count(step, ATCP_MIB_TW_RESTARTED);
		return ATCP_TW_RESTART;
	}
	/* Nothing to say to an old, empty ACK. */
	if (!atcp_seg_seqlen(seg) && !paws_rejects(tw, seg) &&
	    seg->seq == tw->rcv_nxt)
		return ATCP_TW_DROP;
	if (!atcp_conn_may_challenge(&tw->challenge_ns, step))
		return ATCP_TW_DROP;
	build_ack(tw, tx, step->now);
	return ATCP_TW_ANSWER;
}
