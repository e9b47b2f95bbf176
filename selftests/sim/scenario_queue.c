// SPDX-License-Identifier: GPL-2.0
/* The laboratory's queues and policer, each by itself. */
#include "net.h"
#include "script.h"

/* A packet that is @len bytes long with its IP header. */
static struct sim_packet *packet(struct sim *sim, u32 len, u8 ecn)
{
	const struct atcp_tx tx = { .flags = ATCP_F_ACK };
	struct sim_packet *pkt;

	pkt = sim_packet_new(sim_host(sim, "A"), &tx, 1, 2,
			     len - NET_IP_LEN - ATCP_HDR_LEN);
	pkt->ecn = ecn;
	return pkt;
}

static bool put(struct sim *sim, struct net_queue *queue, u32 len, u8 ecn)
{
	struct sim_packet *pkt = packet(sim, len, ecn);
	bool has_room = net_queue_put(queue, pkt, sim->now);

	if (!has_room)
		sim_release(sim, pkt);
	return has_room;
}

/* Packets dropped by one turn of the transmitter; *@pkt is what it sends. */
static u32 take(struct sim *sim, struct net_queue *queue,
		struct sim_packet **pkt)
{
	struct net_fifo dropped = { 0 };

	*pkt = net_queue_take(queue, sim->now, &dropped);
	return dropped.packets;
}

SIM_SCENARIO(queue_tail_packets)
{
	struct net_queue queue = { .limit_packets = 3 };
	struct sim_packet *pkt;

	SIM_EXPECT(put(sim, &queue, 1500, 0));
	SIM_EXPECT(put(sim, &queue, 40, 0));
	SIM_EXPECT(put(sim, &queue, 1500, 0));
	SIM_EXPECT(!put(sim, &queue, 40, 0));
	SIM_EXPECT_EQ(queue.dropped, 1);
	SIM_EXPECT_EQ(queue.fifo.bytes, 3040);
	sim->now += SIM_MSEC;
	SIM_EXPECT_EQ(take(sim, &queue, &pkt), 0);
	SIM_EXPECT_EQ(net_len(pkt), 1500);
	SIM_EXPECT_EQ(queue.delay_max_ns, SIM_MSEC);
	SIM_EXPECT(put(sim, &queue, 40, 0));
	SIM_EXPECT(!put(sim, &queue, 40, 0));
}

SIM_SCENARIO(queue_tail_bytes)
{
	struct net_queue queue = { .limit_bytes = 3000 };
	struct sim_packet *pkt;

	SIM_EXPECT(put(sim, &queue, 1500, 0));
	SIM_EXPECT(put(sim, &queue, 1460, 0));
	SIM_EXPECT(!put(sim, &queue, 41, 0));
	SIM_EXPECT(put(sim, &queue, 40, 0));
	SIM_EXPECT_EQ(queue.max_bytes, 3000);
	take(sim, &queue, &pkt);
	SIM_EXPECT(put(sim, &queue, 1500, 0));
}

/* RFC 3168: above the threshold whoever understands it gets a mark, nobody else. */
SIM_SCENARIO(queue_marks)
{
	struct net_queue queue = { .mark_packets = 2 };
	struct sim_packet *pkt;
	u32 i;

	for (i = 0; i < 4; i++)
		SIM_EXPECT(put(sim, &queue, 1000, i < 3 ? NET_ECT_0 :
							   NET_NOT_ECT));
	SIM_EXPECT_EQ(queue.marked, 1);
	for (i = 0; i < 4; i++) {
		take(sim, &queue, &pkt);
		SIM_EXPECT_EQ(pkt->ecn, i < 2  ? NET_ECT_0 :
					i == 2 ? NET_CE :
						 NET_NOT_ECT);
	}
}

SIM_SCENARIO(queue_marks_by_bytes)
{
	struct net_queue queue = { .mark_bytes = 2000 };

	put(sim, &queue, 1000, NET_ECT_1);
	put(sim, &queue, 1000, NET_ECT_1);
	SIM_EXPECT_EQ(queue.marked, 0);
	put(sim, &queue, 40, NET_ECT_1);
	SIM_EXPECT_EQ(queue.marked, 1);
	SIM_EXPECT_EQ(queue.dropped, 0);
}

/*
 * A packet comes each millisecond and one may go each second one, so that the k'th
 * waits for k ms. Notes the ms at which CoDel drops. Stops after @nr of them.
 */
static void overload(struct sim *sim, struct net_queue *queue, u8 ecn,
		     u32 *times, u32 nr)
{
	struct sim_packet *pkt;
	u32 ms, seen = 0;
	u64 marked;

	for (ms = 0; seen < nr; ms++, sim->now += SIM_MSEC) {
		SIM_EXPECT(ms < 2000);
		put(sim, queue, 1000, ecn);
		if (ms % 2)
			continue;
		marked = queue->marked;
		if (take(sim, queue, &pkt) + (queue->marked - marked))
			times[seen++] = ms;
	}
}

/*
 * RFC 8289: the delay is above 5 ms from 10 ms on; an interval later dropping
 * begins; then after 100, 100/sqrt(2), 100/sqrt(3) ... ms, each at the next turn of
 * the transmitter: 210, 280.7, 338.4, 388.4, 433.2, 474.0, 511.8, 547.1, 580.5,
 * 612.1.
 */
static const u32 codel_times[] = {
	110, 210, 282, 340, 390, 434, 474, 512, 548, 582, 614,
};

#define NR_TIMES (sizeof(codel_times) / sizeof(codel_times[0]))

SIM_SCENARIO(queue_codel_control_law)
{
	struct net_queue queue = { 0 };
	u32 times[NR_TIMES], i;

	net_queue_codel(&queue, 5 * SIM_MSEC, 100 * SIM_MSEC);
	overload(sim, &queue, NET_NOT_ECT, times, NR_TIMES);
	for (i = 0; i < NR_TIMES; i++)
		SIM_EXPECT_EQ(times[i], codel_times[i]);
	SIM_EXPECT_EQ(queue.dropped, NR_TIMES);
}

/* ECN-capable packets are marked at the same times, and none is dropped. */
SIM_SCENARIO(queue_codel_marks)
{
	struct net_queue queue = { 0 };
	u32 times[NR_TIMES], i;

	net_queue_codel(&queue, 5 * SIM_MSEC, 100 * SIM_MSEC);
	queue.codel.marks = true;
	overload(sim, &queue, NET_ECT_0, times, NR_TIMES);
	for (i = 0; i < NR_TIMES; i++)
		SIM_EXPECT_EQ(times[i], codel_times[i]);
	SIM_EXPECT_EQ(queue.marked, NR_TIMES);
	SIM_EXPECT_EQ(queue.dropped, 0);
}

/*
 * Section 5.5: soon afterwards it takes up where it was: 11 drops less the one that
 * began them, so the next comes after 100/sqrt(10) = 31.6 ms. Long afterwards it
 * begins anew: 100 ms.
 */
SIM_SCENARIO(queue_codel_takes_up_again)
{
	struct net_queue queue = { 0 };
	struct sim_packet *pkt;
	u32 times[NR_TIMES];

	net_queue_codel(&queue, 5 * SIM_MSEC, 100 * SIM_MSEC);
	overload(sim, &queue, NET_NOT_ECT, times, NR_TIMES);
	do
		take(sim, &queue, &pkt);
	while (pkt);
	overload(sim, &queue, NET_NOT_ECT, times, 2);
	SIM_EXPECT_EQ(times[0], 110);
	SIM_EXPECT_EQ(times[1], 142);

	do
		take(sim, &queue, &pkt);
	while (pkt);
	sim->now += 2 * SIM_SEC;
	overload(sim, &queue, NET_NOT_ECT, times, 2);
	SIM_EXPECT_EQ(times[0], 110);
	SIM_EXPECT_EQ(times[1], 210);
}

/* A delay that is short now and then is no standing queue. */
SIM_SCENARIO(queue_codel_spares_bursts)
{
	struct net_queue queue = { 0 };
	struct sim_packet *pkt;
	u32 burst, i;

	net_queue_codel(&queue, 5 * SIM_MSEC, 100 * SIM_MSEC);
	for (burst = 0; burst < 20; burst++) {
		for (i = 0; i < 45; i++)
			put(sim, &queue, 1000, NET_NOT_ECT);
		for (i = 0; i < 45; i++) {
			sim->now += 2 * SIM_MSEC;
			SIM_EXPECT_EQ(take(sim, &queue, &pkt), 0);
		}
	}
	SIM_EXPECT_EQ(queue.delay_max_ns, 90 * SIM_MSEC);
}

/* Section 5.6: nor is a packet or two of a link that is slower than the target. */
SIM_SCENARIO(queue_codel_spares_slow_links)
{
	struct net_queue queue = { 0 };
	struct sim_packet *pkt;
	u32 i;

	net_queue_codel(&queue, 5 * SIM_MSEC, 100 * SIM_MSEC);
	put(sim, &queue, 1500, NET_NOT_ECT);
	for (i = 0; i < 100; i++) {
		put(sim, &queue, 1500, NET_NOT_ECT);
		sim->now += 20 * SIM_MSEC;
		SIM_EXPECT_EQ(take(sim, &queue, &pkt), 0);
	}
}

/* 10 kB at once, and from then on 125 bytes a millisecond: not one more or less. */
SIM_SCENARIO(queue_policer)
{
	struct net_policer policer = { 0 };
	u32 ms, passed = 0;

	net_policer_set(&policer, 125000, 10000, sim->now);
	for (ms = 0; ms < 1000; ms++, sim->now += SIM_MSEC)
		passed += net_policer_passes(&policer, 1000, sim->now);
	SIM_EXPECT_EQ(passed, (10000 + 999 * 125) / 1000);
	SIM_EXPECT_EQ(policer.passed, passed * 1000);
	SIM_EXPECT_EQ(policer.dropped, 1000 - passed);

	/* However long it has been quiet, the bucket holds no more than its burst. */
	sim->now += 3600 * SIM_SEC;
	SIM_EXPECT(net_policer_passes(&policer, 1000, sim->now));
	sim->now += 3600 * SIM_SEC;
	for (passed = 0; net_policer_passes(&policer, 1000, sim->now);)
		passed++;
	SIM_EXPECT_EQ(passed, 10);
}
