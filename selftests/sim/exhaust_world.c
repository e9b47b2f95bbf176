// SPDX-License-Identifier: GPL-2.0
/* A state of the world: what may happen next in it, and making that happen. */
#include "exhaust.h"

/* Any will do, as long as it is a whole millisecond and not 0. */
#define BEGINNING_NS (100 * ATCP_NSEC_PER_SEC)

/* RFC 9293 section 3.4.1: no segment lives longer. */
#define MSL_NS (ATCP_MSL_MS * ATCP_NSEC_PER_MSEC)

static const struct exh_op *next_op(const struct exh_world *world,
				    const struct exh_host *host)
{
	return &world->script->ops[host->index][host->facts.at];
}

/**
 * exh_world_init() - The first state.
 * @world: Filled in.
 * @script: What the users do.
 * @faults: How many faults the network may commit.
 */
void exh_world_init(struct exh_world *world, const struct exh_script *script,
		    u8 faults)
{
	u8 i;

	memset(world, 0, sizeof(*world));
	world->script = script;
	world->now = BEGINNING_NS;
	world->faults = faults;
	for (i = 0; i < 2; i++)
		exh_host_init(world, i);
	for (i = 0; i < 2 && script->at_once; i++)
		exh_host_user(world, &world->hosts[i]);
}

/**
 * exh_world_size() - How much of a world is in use.
 * @world: Which.
 *
 * Return: bytes from its beginning that have to be copied.
 */
size_t exh_world_size(const struct exh_world *world)
{
	return offsetof(struct exh_world, packets) +
	       world->nr_packets * sizeof(world->packets[0]);
}

/*
 * Time
 */
static u64 next_deadline(const struct exh_world *world)
{
	return min(exh_host_deadline(&world->hosts[0]),
		   exh_host_deadline(&world->hosts[1]));
}

/*
 * A timer may be late by less than a millisecond. So time is whole milliseconds,
 * and the timestamp clock, which ticks in these, has no phase to remember.
 */
static u64 round_up(u64 ns)
{
	return DIV_ROUND_UP(ns, ATCP_NSEC_PER_MSEC) * ATCP_NSEC_PER_MSEC;
}

static u64 timer_fires_at(const struct exh_world *world, u64 deadline)
{
	return max(round_up(deadline), world->now);
}

static bool outlives_msl(const struct exh_world *world, u64 at)
{
	u8 i;

	for (i = 0; i < world->nr_packets; i++)
		if (at - world->packets[i].sent_ns > MSL_NS)
			return true;
	return false;
}

/*
 * Deadlines pass in their order. That time goes on while a segment is under way
 * is a fault of the network: it has delayed it. That nothing outlives MSL is its
 * promise.
 */
static bool may_time_pass(const struct exh_world *world, u64 at)
{
	if (at <= world->now || !world->nr_packets)
		return true;
	return world->faults && !outlives_msl(world, at);
}

static u32 add_timers(const struct exh_world *world,
		      struct exh_action *actions, u32 nr)
{
	u64 first = next_deadline(world), at;
	u8 i;

	if (first == ATCP_NEVER)
		return nr;
	at = timer_fires_at(world, first);
	if (!may_time_pass(world, at))
		return nr;
	for (i = 0; i < 2; i++)
		if (exh_host_deadline(&world->hosts[i]) <= at)
			actions[nr++] = (struct exh_action){ EXH_TIMER, i };
	return nr;
}

static void pass_timer(struct exh_world *world, struct exh_host *host)
{
	u64 at = timer_fires_at(world, exh_host_deadline(host));

	if (at > world->now && world->nr_packets)
		world->faults--;
	world->now = at;
	exh_host_timeout(world, host);
}

/*
 * Users
 */
/* Nothing is under way and no timer runs: without a user nothing will happen. */
static bool is_quiet(const struct exh_world *world)
{
	return !world->nr_packets && next_deadline(world) == ATCP_NEVER;
}

static bool may_act(const struct exh_world *world, const struct exh_host *host)
{
	const struct exh_op *op = next_op(world, host);
	const struct exh_host *peer = &world->hosts[!host->index];

	if (op->what == EXH_NO_MORE)
		return false;
	if (op->what == EXH_OPEN)
		return host->facts.phase == EXH_NONE;
	if (host->facts.phase != EXH_CONN)
		return false;

	switch ((enum exh_when)op->when) {
	case EXH_ANY_TIME:
		return true;
	case EXH_UP:
		return host->facts.is & EXH_IS_UP;
	case EXH_EOF:
		/* Without keepalive nobody else finds out (RFC 9293 3.8.4). */
		return host->facts.is & EXH_IS_EOF ||
		       (is_quiet(world) && peer->facts.is & EXH_IS_EXCUSED);
	}
	return false;
}

static u32 add_users(const struct exh_world *world, struct exh_action *actions,
		     u32 nr)
{
	u8 i;

	for (i = 0; i < 2; i++)
		if (may_act(world, &world->hosts[i]))
			actions[nr++] = (struct exh_action){ EXH_USER, i };
	return nr;
}

static u32 add_aborts(const struct exh_world *world,
		      struct exh_action *actions, u32 nr)
{
	u8 i;

	for (i = 0; i < 2; i++)
		if (world->script->may_abort[i] &&
		    world->hosts[i].facts.phase == EXH_CONN &&
		    !(world->hosts[i].facts.is & EXH_IS_CLOSED))
			actions[nr++] = (struct exh_action){ EXH_ABORT, i };
	return nr;
}

/*
 * The network
 */
static u32 add_packets(const struct exh_world *world,
		       struct exh_action *actions, u32 nr, u8 act)
{
	u8 i;

	for (i = 0; i < world->nr_packets; i++)
		actions[nr++] = (struct exh_action){ act, i };
	return nr;
}

static void remove_packet(struct exh_world *world, u8 which)
{
	u8 after = world->nr_packets - which - 1;

	memmove(&world->packets[which], &world->packets[which + 1],
		after * sizeof(world->packets[0]));
	world->nr_packets--;
}

static void deliver(struct exh_world *world, u8 which)
{
	struct exh_packet packet = world->packets[which];

	remove_packet(world, which);
	exh_host_receive(world, &world->hosts[!packet.from], &packet);
}

/* The copy stays, as old as the other; both deliveries are one's choice. */
static void deliver_double(struct exh_world *world, u8 which)
{
	struct exh_packet packet = world->packets[which];

	world->faults--;
	exh_host_receive(world, &world->hosts[!packet.from], &packet);
}

/**
 * exh_world_is_free() - Is it neither a fault nor a user's whim?
 * @action: The first of exh_world_actions().
 *
 * Return: true if a kind network and dutiful users would let it happen.
 */
bool exh_world_is_free(struct exh_action action)
{
	return action.act <= EXH_TIMER;
}

/**
 * exh_world_actions() - All that may happen next.
 * @world: A state.
 * @actions: Filled in. The first is what happens when the network is kind: the
 *	oldest segment arrives; if there is none, a user acts; if there is nothing
 *	to do for them, time passes.
 *
 * Return: how many; 0 if it is all over.
 */
u32 exh_world_actions(const struct exh_world *world,
		      struct exh_action actions[EXH_ACTIONS_MAX])
{
	u32 nr = 0;

	nr = add_packets(world, actions, nr, EXH_DELIVER);
	nr = add_users(world, actions, nr);
	nr = add_timers(world, actions, nr);
	if (world->faults) {
		nr = add_packets(world, actions, nr, EXH_LOSE);
		nr = add_packets(world, actions, nr, EXH_DOUBLE);
	}
	return add_aborts(world, actions, nr);
}

/* There is nothing left to do for a user whose connection has ended. */
static void dismiss_users(struct exh_world *world)
{
	u8 i;

	for (i = 0; i < 2; i++) {
		struct exh_host *host = &world->hosts[i];

		if (host->facts.phase < EXH_TIME_WAIT)
			continue;
		while (next_op(world, host)->what != EXH_NO_MORE)
			host->facts.at++;
	}
}

/**
 * exh_world_do() - Go to the next state.
 * @world: The state; changed.
 * @action: One of exh_world_actions().
 */
void exh_world_do(struct exh_world *world, struct exh_action action)
{
	switch ((enum exh_act)action.act) {
	case EXH_DELIVER:
		deliver(world, action.which);
		break;
	case EXH_LOSE:
		world->faults--;
		remove_packet(world, action.which);
		break;
	case EXH_DOUBLE:
		deliver_double(world, action.which);
		break;
	case EXH_USER:
		exh_host_user(world, &world->hosts[action.which]);
		break;
	case EXH_ABORT:
		exh_host_abort(world, &world->hosts[action.which]);
		break;
	case EXH_TIMER:
		pass_timer(world, &world->hosts[action.which]);
		break;
	}
	dismiss_users(world);
}
