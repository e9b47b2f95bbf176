// SPDX-License-Identifier: GPL-2.0
/* The laboratory's graph: routes, rates, delays, several hosts. */
#include "net.h"
#include "script.h"

/* A duplex link of equal ways; returns the way from @a to @b. */
static struct net_link *join(struct sim_net *net, u8 a, u8 b, u64 rate,
			     u64 delay_ns)
{
	struct net_link *there = net_add_link(net, a, b);
	struct net_link *back = net_add_link(net, b, a);

	there->wire.weather.rate = rate;
	there->wire.weather.delay_ns = delay_ns;
	back->wire.weather = there->wire.weather;
	return there;
}

/* Hosts A and B, a router between them; returns the link from it to B. */
static struct net_link *line(struct sim *sim, u64 rate, u64 delay_ns)
{
	struct sim_net *net = net_new(sim);
	u8 a = net_add_host(net, "A"), b = net_add_host(net, "B");
	u8 r = net_add_router(net, "R");

	join(net, a, r, 0, 0);
	return join(net, r, b, rate, delay_ns);
}

/* 1500 bytes take 12 ms at 1 Mbit/s, and the way 10 ms more. */
SIM_SCENARIO(net_rate_and_delay)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct net_link *link = line(sim, 125000, 10 * SIM_MSEC);
	u64 start;

	sim_establish(a, b);
	sim_run(sim, SIM_SEC);
	start = sim->now;
	sim_write(a, 3 * 1448);
	SIM_RUN_UNTIL(sim, sim_received(b) == 3 * 1448, SIM_SEC);
	SIM_EXPECT_EQ(sim_elapsed(sim, start), (3 * 12 + 10) * SIM_MSEC);
	SIM_EXPECT_EQ(link->queue.delay_max_ns, 24 * SIM_MSEC);
}

/* What the queue has no room for is lost, and nothing else is. */
SIM_SCENARIO(net_queue_overflows)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct net_link *link = line(sim, 125000, 10 * SIM_MSEC);

	link->queue.limit_packets = 6;
	sim_establish(a, b);
	sim_write(a, 10 * 1448);
	sim_run(sim, SIM_MSEC);
	/* One is under way, six wait. */
	SIM_EXPECT_EQ(link->queue.dropped, 3);
	SIM_RUN_UNTIL(sim, sim_received(b) == 10 * 1448, 10 * SIM_SEC);
	SIM_EXPECT_EQ(link->lost, 0);
}

/* Two hosts call a third from the same port: each gets its own bytes. */
SIM_SCENARIO(net_three_hosts_one_port)
{
	struct sim_net *net = net_new(sim);
	struct sim_host *hosts = sim->hosts;
	u8 r, i;

	for (i = 0; i < 3; i++)
		net_add_host(net, (const char *[]){ "A", "B", "C" }[i]);
	r = net_add_router(net, "R");
	for (i = 0; i < 3; i++)
		join(net, i, r, 0, 5 * SIM_MSEC);
	sim_listen(&hosts[2]);
	sim_call_to(&hosts[0], &hosts[2], 1000, SIM_PORT);
	sim_call_to(&hosts[1], &hosts[2], 1000, SIM_PORT);
	sim_write(&hosts[0], 50000);
	sim_write(&hosts[1], 70000);
	sim_run(sim, 2 * SIM_SEC);
	/* The newest first: B's SYN came second. */
	SIM_EXPECT_EQ(hosts[2].sock->peer->index, 1);
	SIM_EXPECT_EQ(hosts[2].sock->received, 70000);
	SIM_EXPECT_EQ(hosts[2].sock->next->received, 50000);
}

/* The way with the fewest links, and never through a host. */
SIM_SCENARIO(net_routes)
{
	struct sim_net *net = net_new(sim);
	u8 a = net_add_host(net, "A"), b = net_add_host(net, "B");
	u8 c = net_add_host(net, "C"), r = net_add_router(net, "R");
	u8 s = net_add_router(net, "S"), t = net_add_router(net, "T");

	join(net, a, c, 0, 0);
	join(net, c, b, 0, 0);
	join(net, a, r, 2000, 0);
	join(net, r, s, 1000, 0);
	join(net, s, b, 3000, 0);
	join(net, r, t, 0, 0);
	join(net, t, s, 0, 0);
	SIM_EXPECT_EQ(net_next_link(net, a, 1)->to, r);
	SIM_EXPECT_EQ(net_next_link(net, r, 1)->to, s);
	SIM_EXPECT_EQ(net_next_link(net, t, 0)->to, r);
	SIM_EXPECT(net_bottleneck(net, a, b) == net_find_link(net, "R>S"));
	SIM_EXPECT(!net_bottleneck(net, a, c));
}

/* Cut means cut; what was on the wire before still arrives. */
SIM_SCENARIO(net_cut)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct net_link *link = line(sim, 0, 10 * SIM_MSEC);

	sim_establish(a, b);
	sim_write(a, 1000);
	sim_run(sim, SIM_MSEC);
	link->wire.weather.is_dead = true;
	sim_write(a, 1000);
	sim_run(sim, 50 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_received(b), 1000);
	SIM_EXPECT_EQ(link->lost, 1);
	link->wire.weather.is_dead = false;
	SIM_RUN_UNTIL(sim, sim_received(b) == 2000, SIM_SEC);
}

/* Only what is nothing but an acknowledgment is lost. */
SIM_SCENARIO(net_ack_loss)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct net_link *back;

	line(sim, 0, 10 * SIM_MSEC);
	back = net_find_link(sim->net, "B>R");
	sim_without_sack(a); /* nor a tail loss probe */
	sim_establish(a, b);
	back->ack_loss = SIM_PPM;
	sim_write(a, 1000);
	sim_run(sim, 150 * SIM_MSEC);
	SIM_EXPECT_EQ(back->lost, 1);
	SIM_EXPECT_EQ(sim_received(b), 1000);
	SIM_EXPECT(sim_snd_una(a) != sim_snd_nxt(a));
	sim_write(b, 1);
	sim_run(sim, 150 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_received(a), 1);
	SIM_EXPECT_EQ(back->lost, 1);
	SIM_EXPECT(sim_snd_una(a) == sim_snd_nxt(a));
}

/* One that has a shorter way overtakes; one that is held back is overtaken. */
SIM_SCENARIO(net_early_and_late)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_weather *weather = &line(sim, 0, 50 * SIM_MSEC)->wire.weather;

	sim_establish(a, b);
	sim_write(a, 1448);
	sim_run(sim, SIM_MSEC);
	weather->early = SIM_PPM;
	weather->early_ns = 20 * SIM_MSEC;
	sim_write(a, 1448);
	sim_run(sim, 30 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_OFO_QUEUED), 1);
	SIM_EXPECT_EQ(sim_received(b), 0);
	weather->early = 0;
	weather->late = SIM_PPM;
	weather->late_ns = 20 * SIM_MSEC;
	sim_write(a, 1448);
	sim_run(sim, 10 * SIM_USEC);
	weather->late = 0;
	sim_write(a, 1448);
	SIM_RUN_UNTIL(sim, sim_received(b) == 4 * 1448, SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_OFO_QUEUED), 2);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 0);
}

/* The sine's own values, and its bounds. */
SIM_SCENARIO(net_delay_sine)
{
	struct net_link *link = line(sim, 0, 20 * SIM_MSEC);
	u64 at = sim->start;

	net_vary(link, NET_SINE, 10 * SIM_MSEC, 12 * SIM_SEC);
	SIM_EXPECT_EQ(net_vary_offset(link, at), 0);
	/* 30 degrees: one half, by a table of straight lines. */
	SIM_EXPECT_NEAR(net_vary_offset(link, at + SIM_SEC), 5 * SIM_MSEC,
			20 * SIM_USEC);
	SIM_EXPECT_EQ(net_vary_offset(link, at + 3 * SIM_SEC), 10 * SIM_MSEC);
	SIM_EXPECT_NEAR(net_vary_offset(link, at + 6 * SIM_SEC), 0, 10);
	SIM_EXPECT_EQ(net_vary_offset(link, at + 9 * SIM_SEC), -10000000);
	SIM_EXPECT_NEAR(net_vary_offset(link, at + 13 * SIM_SEC),
			5 * SIM_MSEC, 20 * SIM_USEC);
}

/* The walk moves, stays within its bounds, and is the same for the same seed. */
SIM_SCENARIO(net_delay_walk)
{
	struct net_link *link = line(sim, 0, 20 * SIM_MSEC);
	s64 walked[1000], lowest = 0, highest = 0;
	u32 i;

	net_vary(link, NET_WALK, 10 * SIM_MSEC, SIM_SEC);
	for (i = 0; i < 1000; i++) {
		walked[i] = net_vary_offset(link, sim->now + i * SIM_SEC);
		lowest = min(lowest, walked[i]);
		highest = max(highest, walked[i]);
	}
	SIM_EXPECT(highest <= 10000000 && lowest >= -10000000);
	SIM_EXPECT(highest - lowest > 5000000);
	net_vary(link, NET_WALK, 10 * SIM_MSEC, SIM_SEC);
	SIM_EXPECT_EQ(net_vary_offset(link, sim->now + 999 * SIM_SEC),
		      walked[999]);
}

/* A delay that shrinks lets nothing overtake. */
SIM_SCENARIO(net_delay_shrinks)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct net_link *link = line(sim, 0, 50 * SIM_MSEC);

	sim_establish(a, b);
	sim_write(a, 1448);
	sim_run(sim, SIM_MSEC);
	link->wire.weather.delay_ns = 10 * SIM_MSEC;
	sim_write(a, 5 * 1448);
	SIM_RUN_UNTIL(sim, sim_received(b) == 6 * 1448, SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_OFO_QUEUED), 0);
}
