// SPDX-License-Identifier: GPL-2.0
/* Queues: drop-tail, CoDel (RFC 8289), ECN marks, and the token bucket. */
#include "net.h"

void net_fifo_put(struct net_fifo *fifo, struct sim_packet *pkt)
{
	pkt->next = NULL;
	if (fifo->first)
		fifo->last->next = pkt;
	else
		fifo->first = pkt;
	fifo->last = pkt;
	fifo->packets++;
	fifo->bytes += net_len(pkt);
}

/* net_fifo_take() - The oldest packet, NULL if there is none. */
struct sim_packet *net_fifo_take(struct net_fifo *fifo)
{
	struct sim_packet *pkt = fifo->first;

	if (!pkt)
		return NULL;
	fifo->first = pkt->next;
	fifo->packets--;
	fifo->bytes -= net_len(pkt);
	pkt->next = NULL;
	return pkt;
}

/**
 * net_queue_codel() - Make a queue CoDel's.
 * @queue: The queue, empty.
 * @target_ns: Delay that is acceptable for good; RFC 8289 section 4.3.
 * @interval_ns: For so long it may be longer; section 4.4.
 */
void net_queue_codel(struct net_queue *queue, u64 target_ns, u64 interval_ns)
{
	queue->discipline = NET_CODEL;
	queue->codel = (struct net_codel){
		.target_ns = target_ns, .interval_ns = interval_ns,
	};
}

/* RFC 3168: only who understands a mark gets one. */
static bool mark(struct net_queue *queue, struct sim_packet *pkt)
{
	if (pkt->ecn == NET_NOT_ECT)
		return false;
	pkt->ecn = NET_CE;
	queue->marked++;
	return true;
}

static bool is_above(u32 value, u32 limit)
{
	return limit && value > limit;
}

/**
 * net_queue_put() - A packet comes.
 * @queue: The queue.
 * @pkt: The packet; stays the caller's if there is no room.
 * @now: Time, ns.
 *
 * Return: false if there is no room.
 */
bool net_queue_put(struct net_queue *queue, struct sim_packet *pkt, u64 now)
{
	u32 packets = queue->fifo.packets + 1;
	u32 bytes = queue->fifo.bytes + net_len(pkt);

	if (is_above(packets, queue->limit_packets) ||
	    is_above(bytes, queue->limit_bytes)) {
		queue->dropped++;
		return false;
	}
	if (is_above(packets, queue->mark_packets) ||
	    is_above(bytes, queue->mark_bytes))
		mark(queue, pkt);
	pkt->queued_ns = now;
	net_fifo_put(&queue->fifo, pkt);
	queue->max_bytes = max(queue->max_bytes, bytes);
	return true;
}

/*
 * CoDel
 */
static u64 square_root(u64 square)
{
	u64 root = 0, bit = 1ULL << 31;

	for (; bit; bit >>= 1)
		if ((root | bit) * (root | bit) <= square)
			root |= bit;
	return root;
}

/* RFC 8289 section 4.5: at @from + INTERVAL / sqrt(count). */
static u64 control_law(const struct net_codel *codel, u64 from)
{
	return from + (codel->interval_ns << 16) /
			      square_root((u64)codel->count << 32);
}

/* Section 5.6: the oldest packet, and whether it may be dropped. */
static struct sim_packet *look(struct net_queue *queue, u64 now,
			       bool *may_drop)
{
	struct sim_packet *pkt = net_fifo_take(&queue->fifo);
	struct net_codel *codel = &queue->codel;

	*may_drop = false;
	if (!pkt || now - pkt->queued_ns < codel->target_ns ||
	    queue->fifo.bytes <= NET_MTU) {
		codel->first_above_ns = 0;
		return pkt;
	}
	if (!codel->first_above_ns)
		codel->first_above_ns = now + codel->interval_ns;
	else
		*may_drop = now >= codel->first_above_ns;
	return pkt;
}

/* Returns the packet that goes in place of @pkt: itself, if a mark will do. */
static struct sim_packet *discard(struct net_queue *queue,
				  struct sim_packet *pkt, u64 now,
				  struct net_fifo *dropped, bool *may_drop)
{
	if (queue->codel.marks && mark(queue, pkt))
		return pkt;
	queue->dropped++;
	net_fifo_put(dropped, pkt);
	return look(queue, now, may_drop);
}

/*
 * Dropping begins. Where it ended a short while ago, it takes up again at the rate
 * that held the queue then: section 5.5.
 */
static struct sim_packet *begin(struct net_queue *queue,
				struct sim_packet *pkt, u64 now,
				struct net_fifo *dropped)
{
	struct net_codel *codel = &queue->codel;
	u32 drops = codel->count - codel->last_count;
	s64 since = (s64)(now - codel->drop_next_ns);
	bool may_drop;

	pkt = discard(queue, pkt, now, dropped, &may_drop);
	codel->is_dropping = true;
	codel->count = drops > 1 && since < 16 * (s64)codel->interval_ns ?
			       drops : 1;
	codel->last_count = codel->count;
	codel->drop_next_ns = control_law(codel, now);
	return pkt;
}

static struct sim_packet *take_codel(struct net_queue *queue, u64 now,
				     struct net_fifo *dropped)
{
	struct net_codel *codel = &queue->codel;
	bool may_drop, was_marked = false;
	struct sim_packet *pkt = look(queue, now, &may_drop);

	if (may_drop && !codel->is_dropping)
		return begin(queue, pkt, now, dropped);
	codel->is_dropping &= may_drop;
	while (codel->is_dropping && !was_marked &&
	       now >= codel->drop_next_ns) {
		struct sim_packet *due = pkt;

		codel->count++;
		pkt = discard(queue, due, now, dropped, &may_drop);
		was_marked = pkt == due;
		codel->is_dropping = may_drop;
		if (may_drop)
			codel->drop_next_ns =
				control_law(codel, codel->drop_next_ns);
	}
	return pkt;
}

/**
 * net_queue_take() - The transmitter asks for a packet.
 * @queue: The queue.
 * @now: Time, ns.
 * @dropped: CoDel puts here what it drops.
 *
 * Return: the packet, NULL if there is none.
 */
struct sim_packet *net_queue_take(struct net_queue *queue, u64 now,
				  struct net_fifo *dropped)
{
	struct sim_packet *pkt;
	u64 delay_ns;

	pkt = queue->discipline == NET_CODEL ?
		      take_codel(queue, now, dropped) :
		      net_fifo_take(&queue->fifo);
	if (!pkt)
		return NULL;
	delay_ns = now - pkt->queued_ns;
	queue->delayed++;
	queue->delay_sum_ns += delay_ns;
	queue->delay_max_ns = max(queue->delay_max_ns, delay_ns);
	return pkt;
}

/*
 * The policer
 */

/**
 * net_policer_set() - Set up a policer, its bucket full.
 * @policer: The policer.
 * @rate: Bytes per second; 0: none.
 * @burst: Bytes that may pass at once.
 * @now: Time, ns.
 */
void net_policer_set(struct net_policer *policer, u64 rate, u32 burst, u64 now)
{
	policer->rate = rate;
	policer->burst = burst;
	policer->credit = burst * SIM_SEC;
	policer->filled_ns = now;
}

/**
 * net_policer_passes() - Is there a token for each byte? Then they are taken.
 * @policer: The policer.
 * @bytes: Length of the packet.
 * @now: Time, ns.
 *
 * Return: false if the packet is to be dropped.
 */
bool net_policer_passes(struct net_policer *policer, u32 bytes, u64 now)
{
	u64 full = policer->burst * SIM_SEC;
	u64 elapsed;

	if (!policer->rate)
		return true;
	/* No longer than the bucket takes to fill: the product stays in range. */
	elapsed = min(now - policer->filled_ns, full / policer->rate + 1);
	policer->filled_ns = now;
	policer->credit = min(full, policer->credit + elapsed * policer->rate);
	if (policer->credit < bytes * SIM_SEC) {
		policer->dropped++;
		return false;
	}
	policer->credit -= bytes * SIM_SEC;
	policer->passed += bytes;
	return true;
}
