// SPDX-License-Identifier: GPL-2.0
/* Payload and FIN that arrive, in order or not: RFC 9293 3.10.7.4, "seventh". */
#include "core/internal.h"

/* So much may have come since rcv.gap_ts was noted. */
#define GAP_BYTES ((u32)BIT(30))

/* Off the lists, and to @to. */
static void take_out(struct atcp_rcv *rcv, struct atcp_burst *burst,
		     struct list_head *to)
{
	if (!list_empty(&burst->turn))
		rcv->nr_blocks--;
	list_del_init(&burst->turn);
	list_move_tail(&burst->link, to);
	rcv->nr_ofo--;
}

/* @burst is the first of a block, after @head's. */
static void begin_block(struct atcp_rcv *rcv, struct atcp_burst *burst,
			struct atcp_burst *head)
{
	list_add(&burst->turn, head ? &head->turn : &rcv->blocks);
	rcv->nr_blocks++;
}

/* @burst is not the first of a block any more, if it was. */
static void continue_block(struct atcp_rcv *rcv, struct atcp_burst *burst)
{
	if (!list_empty(&burst->turn))
		rcv->nr_blocks--;
	list_del_init(&burst->turn);
}

/* The last range of the block that begins with @head. */
static struct atcp_burst *last_of_block(struct atcp_rcv *rcv,
					struct atcp_burst *head)
{
	struct atcp_burst *next = list_next_entry(head, turn);

	return list_entry_is_head(next, &rcv->blocks, turn) ?
		       list_last_entry(&rcv->ofo, struct atcp_burst, link) :
		       list_prev_entry(next, link);
}

/* Move what has become contiguous from the out-of-order ranges to @step. */
static void flush(struct atcp_conn *conn, struct atcp_step *step)
{
	struct atcp_rcv *rcv = &conn->rcv;
	struct atcp_burst *burst, *tmp;

	list_for_each_entry_safe(burst, tmp, &rcv->ofo, link) {
		if (atcp_after(burst->seq, rcv->nxt))
			return;
		if (!atcp_after(burst->end, rcv->nxt)) {
			take_out(rcv, burst, &step->released);
			continue;
		}
		burst->skip += rcv->nxt - burst->seq;
		burst->seq = rcv->nxt;
		rcv->nxt = burst->end;
		take_out(rcv, burst, &step->ready);
	}
}

/* The block that begins at or before @seq, the last of these; NULL: none does. */
static struct atcp_burst *find_block(struct atcp_rcv *rcv, u32 seq)
{
	struct atcp_burst *head;

	list_for_each_entry_reverse(head, &rcv->blocks, turn) {
		if (!atcp_after(head->seq, seq))
			return head;
	}
	return NULL;
}

/*
 * The ranges behind @spare that it covers go; it ends where the first that it does not
 * cover begins, and may make one block of two.
 */
static void settle_behind(struct atcp_rcv *rcv, struct atcp_burst *spare,
			  struct atcp_step *step)
{
	struct atcp_burst *burst = spare, *tmp;

	list_for_each_entry_safe_continue(burst, tmp, &rcv->ofo, link) {
		if (atcp_after(burst->end, spare->end)) {
			spare->end = atcp_seq_min(spare->end, burst->seq);
			if (spare->end == burst->seq)
				continue_block(rcv, burst);
			return;
		}
		take_out(rcv, burst, &step->released);
	}
}

/*
 * What is sent from here on fills gaps, see atcp_reasm_is_gap(). Long before numbers
 * could come round again it is counted anew.
 */
static void note_gap(struct atcp_conn *conn)
{
	struct atcp_rcv *rcv = &conn->rcv;

	if (rcv->nr_ofo && rcv->nxt - rcv->gap_seq < GAP_BYTES)
		return;
	rcv->gap_seq = rcv->nxt;
	rcv->gap_ts = conn->ts_recent;
}

/* A record for what has come; NULL: there is none, or there are too many. */
static struct atcp_burst *new_range(const struct atcp_rcv *rcv, bool is_block,
				    struct atcp_step *step)
{
	if (rcv->nr_ofo >= ATCP_OFO_MAX ||
	    (is_block && rcv->nr_blocks >= ATCP_BLOCKS_MAX))
		return NULL;
	return atcp_step_take(step);
}

/*
 * Keep @left to @right, which lies beyond RCV.NXT. What is there already stays;
 * ranges that the new one covers go.
 */
static void insert(struct atcp_conn *conn, u32 data_seq, u32 left, u32 right,
		   struct atcp_step *step)
{
	struct atcp_rcv *rcv = &conn->rcv;
	struct atcp_burst *head = find_block(rcv, left);
	struct atcp_burst *prev = head ? last_of_block(rcv, head) : NULL;
	u32 first = left;
	struct atcp_burst *spare;
	bool is_block;

	if (prev)
		left = atcp_seq_max(left, prev->end);
	atcp_sack_duplicate(conn, first, atcp_seq_min(left, right));
	if (!atcp_before(left, right))
		return; /* nothing new */
	is_block = !prev || prev->end != left;
	spare = new_range(rcv, is_block, step);
	if (!spare) {
		atcp_step_count(step, ATCP_MIB_OFO_DROPPED);
		return;
	}

	note_gap(conn);
	spare->seq = left;
	spare->end = right;
	spare->skip = left - data_seq;
	spare->flags = 0;
	spare->payload = NULL;
	INIT_LIST_HEAD(&spare->turn);
	list_add(&spare->link, prev ? &prev->link : &rcv->ofo);
	rcv->nr_ofo++;
	if (is_block) {
		begin_block(rcv, spare, head);
		head = spare;
	}
	settle_behind(rcv, spare, step);

	atcp_sack_received(conn, head->seq, last_of_block(rcv, head)->end);
	step->kept = spare;
	step->keep = ATCP_KEEP_OUT_OF_ORDER;
	step->keep_off = spare->skip;
	step->keep_len = spare->end - spare->seq;
	atcp_step_count(step, ATCP_MIB_OFO_QUEUED);
}

/* The peer's segment size, as far as we have seen: what "full" means. */
static void estimate_mss(struct atcp_conn *conn, const struct atcp_seg *seg)
{
	u32 len = seg->segs > 1 ? seg->len / seg->segs : seg->len;

	len = min_t(u32, len, conn->rcv.own_mss);
	if (len > conn->rcv.seen_mss)
		conn->rcv.seen_mss = (u16)len;
}

/*
 * RFC 9293 section 3.8.6.3 and RFC 5681 section 4.2: every second full segment
 * is acknowledged at once, anything within the delay.
 */
static void schedule_ack(struct atcp_conn *conn, u64 now)
{
	struct atcp_rcv *rcv = &conn->rcv;

	if (rcv->quick) {
		rcv->quick--;
		conn->flags |= ATCP_CONN_SEND_ACK;
		return;
	}
	if (rcv->nxt - rcv->acked >= 2 * rcv->seen_mss) {
		conn->flags |= ATCP_CONN_SEND_ACK;
		return;
	}
	if (conn->deadline[ATCP_TIMER_DELACK] == ATCP_NEVER)
		conn->deadline[ATCP_TIMER_DELACK] =
			now + atcp_ms_to_ns(conn->config.delack_ms);
}

static void in_order(struct atcp_conn *conn, u32 data_seq, u32 right,
		     struct atcp_step *step)
{
	struct atcp_rcv *rcv = &conn->rcv;
	bool fills_gap = !list_empty(&rcv->ofo);

	step->keep = ATCP_KEEP_IN_ORDER;
	step->keep_off = rcv->nxt - data_seq;
	step->keep_len = right - rcv->nxt;
	rcv->nxt = right;
	conn->events |= ATCP_EV_READABLE;
	if (fills_gap) {
		flush(conn, step);
		atcp_sack_advanced(conn);
	}
	if (!atcp_after(rcv->up, rcv->nxt))
		conn->flags &= ~ATCP_CONN_URG_IN;
	if (fills_gap)
		conn->flags |= ATCP_CONN_SEND_ACK;
	else
		schedule_ack(conn, step->now);
}

/* Where the payload ends that we take: at the window, and at the peer's FIN. */
static u32 right_bound(const struct atcp_conn *conn, u32 right)
{
	right = atcp_seq_min(right, conn->rcv.adv);
	if (conn->flags & ATCP_CONN_FIN_SEEN)
		right = atcp_seq_min(right, conn->rcv.fin);
	return right;
}

/*
 * What cannot be kept is not acknowledged. The first time, and whenever it would
 * be next, the peer learns how things stand; a burst of it gets no burst of ACKs.
 */
static void refuse_payload(struct atcp_conn *conn, u32 data_seq)
{
	if (!(conn->flags & ATCP_CONN_NO_ROOM) ||
	    !atcp_after(data_seq, conn->rcv.nxt))
		conn->flags |= ATCP_CONN_SEND_ACK;
	conn->flags |= ATCP_CONN_NO_ROOM;
}

static void take_payload(struct atcp_conn *conn, const struct atcp_seg *seg,
			 u32 data_seq, struct atcp_step *step)
{
	u32 left = atcp_seq_max(data_seq, conn->rcv.nxt);
	u32 right = right_bound(conn, data_seq + seg->len);

	estimate_mss(conn, seg);
	if (right != data_seq + seg->len)
		atcp_step_count(step, ATCP_MIB_BEYOND_WINDOW);
	atcp_sack_duplicate(conn, data_seq, atcp_seq_min(left, right));
	if (!atcp_before(left, right)) {
		conn->flags |= ATCP_CONN_SEND_ACK;
		return;
	}
	if (step->no_room) {
		refuse_payload(conn, data_seq);
		return;
	}
	if (conn->flags & ATCP_CONN_NO_ROOM) {
		conn->flags &= ~ATCP_CONN_NO_ROOM;
		conn->flags |= ATCP_CONN_SEND_ACK;
	}
	if (left == conn->rcv.nxt) {
		atcp_tune_arrived(conn, seg, step->now);
		in_order(conn, data_seq, right, step);
		/* Part of it had been here, or did not fit: say where we are. */
		if (right - left != seg->len)
			conn->flags |= ATCP_CONN_SEND_ACK;
		return;
	}
	insert(conn, data_seq, left, right, step);
	/* RFC 5681 section 4.2: a gap is reported at once. */
	conn->flags |= ATCP_CONN_SEND_ACK;
}

static struct atcp_burst *last_range(const struct atcp_conn *conn)
{
	return list_last_entry(&conn->rcv.ofo, struct atcp_burst, link);
}

static void give_up_last(struct atcp_conn *conn, struct atcp_step *step)
{
	struct atcp_burst *last = last_range(conn);

	atcp_sack_reneged(conn, last->seq);
	take_out(&conn->rcv, last, &step->released);
}

/* Has data come, out of order, that lies at or beyond @fin? */
static bool has_data_beyond(const struct atcp_conn *conn, u32 fin)
{
	return !list_empty(&conn->rcv.ofo) &&
	       atcp_after(last_range(conn)->end, fin);
}

static void drop_beyond(struct atcp_conn *conn, u32 fin, struct atcp_step *step)
{
	while (has_data_beyond(conn, fin)) {
		struct atcp_burst *last = last_range(conn);

		if (atcp_before(last->seq, fin)) {
			last->end = fin;
			atcp_sack_reneged(conn, fin);
		} else {
			give_up_last(conn, step);
		}
	}
}

/*
 * Remember where the peer's data ends, if the FIN makes sense. One that is next
 * does, whatever may have come out of order: of two that contradict each other
 * the one that is in order is the peer's, as far as anyone can tell.
 */
static void note_fin(struct atcp_conn *conn, u32 data_seq, u32 fin,
		     struct atcp_step *step)
{
	bool is_next = !atcp_after(data_seq, conn->rcv.nxt);

	if (atcp_before(fin, conn->rcv.nxt) || atcp_after(fin, conn->rcv.adv))
		return;
	if (!is_next && (conn->flags & ATCP_CONN_FIN_SEEN ||
			 has_data_beyond(conn, fin)))
		return;
	drop_beyond(conn, fin, step);
	conn->rcv.fin = fin;
	conn->flags |= ATCP_CONN_FIN_SEEN;
}

/*
 * The ACK of the first FIN is an ACK like any other and may wait for company: a
 * user who has nothing left to send closes at once, and ACK and FIN travel in one
 * segment. Our own FIN's peer is told without delay.
 */
static void schedule_fin_ack(struct atcp_conn *conn, u64 now)
{
	u64 *delack = &conn->deadline[ATCP_TIMER_DELACK];

	if (conn->state != ATCP_ESTABLISHED) {
		conn->flags |= ATCP_CONN_SEND_ACK;
		return;
	}
	if (*delack == ATCP_NEVER)
		*delack = now + atcp_ms_to_ns(conn->config.delack_ms);
}

/* "Eighth, check the FIN bit": all data before it has been taken. */
static void process_fin(struct atcp_conn *conn, struct atcp_step *step)
{
	struct atcp_rcv *rcv = &conn->rcv;

	rcv->nxt++;
	rcv->adv = atcp_seq_max(rcv->adv, rcv->nxt);
	rcv->nr_ofo = 0;
	rcv->nr_blocks = 0;
	INIT_LIST_HEAD(&rcv->blocks);
	list_splice_tail_init(&rcv->ofo, &step->released);
	schedule_fin_ack(conn, step->now);
	conn->events |= ATCP_EV_PEER_CLOSED;

	switch ((enum atcp_state)conn->state) {
	case ATCP_ESTABLISHED:
		atcp_conn_set_state(conn, ATCP_CLOSE_WAIT);
		return;
	case ATCP_FIN_WAIT_1:
		atcp_conn_set_state(conn, ATCP_CLOSING);
		return;
	case ATCP_FIN_WAIT_2:
		atcp_conn_time_wait(conn);
		return;
	case ATCP_CLOSED:
	case ATCP_LISTEN:
	case ATCP_SYN_SENT:
	case ATCP_SYN_RCVD:
	case ATCP_CLOSE_WAIT:
	case ATCP_CLOSING:
	case ATCP_LAST_ACK:
	case ATCP_TIME_WAIT:
	case ATCP_STATE_NR:
		return;
	}
}

/**
 * atcp_reasm_is_gap() - Is this missing, while later data is there?
 * @conn: Connection.
 * @seq: Sequence number, not below RCV.NXT.
 *
 * Return: true if so, and if less than a quarter of all numbers has passed since
 * rcv.gap_ts was noted.
 */
bool atcp_reasm_is_gap(const struct atcp_conn *conn, u32 seq)
{
	const struct atcp_rcv *rcv = &conn->rcv;

	return rcv->nr_ofo && rcv->nxt - rcv->gap_seq < GAP_BYTES &&
	       atcp_before(seq, last_range(conn)->seq);
}

/**
 * atcp_reasm_data() - "Seventh, process the segment text", "eighth, check FIN".
 * @conn: Connection.
 * @seg: Acceptable, its ACK processed.
 * @step: In: spare, for payload out of order. Out: what to keep.
 */
void atcp_reasm_data(struct atcp_conn *conn, const struct atcp_seg *seg,
		     struct atcp_step *step)
{
	u32 data_seq = seg->seq + !!(seg->flags & ATCP_F_SYN);

	if (!atcp_state_in(conn, ATCP_IN(ESTABLISHED) | ATCP_IN(FIN_WAIT_1) |
				 ATCP_IN(FIN_WAIT_2)))
		return;
	/* Data beyond it: that was no FIN of the peer's, or it will come again. */
	if (atcp_after(data_seq + seg->len, conn->rcv.fin))
		conn->flags &= ~ATCP_CONN_FIN_SEEN;
	if (seg->flags & ATCP_F_FIN)
		note_fin(conn, data_seq, data_seq + seg->len, step);
	if (seg->len)
		take_payload(conn, seg, data_seq, step);
	if (!(conn->flags & ATCP_CONN_FIN_SEEN))
		return;
	if (conn->rcv.nxt == conn->rcv.fin)
		process_fin(conn, step);
	else if (seg->flags & ATCP_F_FIN)
		conn->flags |= ATCP_CONN_SEND_ACK;
}

/**
 * atcp_conn_renege() - Give up what came out of order last, for its memory.
 * @conn: Any state.
 * @step: Takes the range with the highest numbers.
 *
 * Nothing out of order has been acknowledged, and what a SACK may have told is
 * no promise (RFC 2018 section 8): the peer sends it again.
 *
 * Return: false if there is none.
 */
bool atcp_conn_renege(struct atcp_conn *conn, struct atcp_step *step)
{
	if (list_empty(&conn->rcv.ofo))
		return false;
	give_up_last(conn, step);
	return true;
}
