// SPDX-License-Identifier: GPL-2.0
/* Time, events, memory, and how a run fails. */
#include <stdarg.h>
#include <stdlib.h>

#include "net.h"
#include "oracle.h"
#include "sim.h"

/*
 * Memory: every block is on a list, so that a run that fails half-way can be
 * cleared away, and one that ends can be asked what is left.
 */

/* The header keeps malloc()'s alignment for what follows it. */
static_assert(sizeof(struct sim_block) % 16 == 0, "blocks stay aligned");

/**
 * sim_alloc() - Zeroed memory that lives until released or the run's end.
 * @sim: The run.
 * @size: Bytes.
 *
 * Return: the memory, never NULL.
 */
void *sim_alloc(struct sim *sim, size_t size)
{
	struct sim_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		abort();
	block->prev = &sim->blocks;
	block->next = sim->blocks.next;
	block->next->prev = block;
	sim->blocks.next = block;
	return block + 1;
}

void sim_release(struct sim *sim, void *ptr)
{
	struct sim_block *block = (struct sim_block *)ptr - 1;

	(void)sim;
	block->prev->next = block->next;
	block->next->prev = block->prev;
	free(block);
}

struct sim *sim_new(u64 seed, FILE *live)
{
	struct sim *sim = calloc(1, sizeof(*sim));

	if (!sim)
		abort();
	sim->blocks.next = &sim->blocks;
	sim->blocks.prev = &sim->blocks;
	sim->seed = seed;
	sim->rng.state = sim_mix(seed);
	sim->live = live;
	/* Any time will do, but for 0: timestamps and clocks may not care. */
	sim->start = SIM_SEC + sim_rng_below(&sim->rng, 1ULL << 52);
	sim->now = sim->start;
	sim_host_init(sim, "A");
	sim_host_init(sim, "B");
	return sim;
}

void sim_free(struct sim *sim)
{
	while (sim->blocks.next != &sim->blocks)
		sim_release(sim, sim->blocks.next + 1);
	free(sim->heap);
	free(sim);
}

/*
 * Events: a binary heap by time, then by the order of scheduling.
 */
static bool comes_first(const struct sim_event *a, const struct sim_event *b)
{
	return a->at < b->at || (a->at == b->at && a->order < b->order);
}

static void swap_events(struct sim_event *a, struct sim_event *b)
{
	struct sim_event tmp = *a;

	*a = *b;
	*b = tmp;
}

static void heap_up(struct sim *sim, u32 i)
{
	for (; i && comes_first(&sim->heap[i], &sim->heap[(i - 1) / 2]);
	     i = (i - 1) / 2)
		swap_events(&sim->heap[i], &sim->heap[(i - 1) / 2]);
}

static void heap_down(struct sim *sim)
{
	u32 i = 0, child;

	while ((child = 2 * i + 1) < sim->nr_events) {
		if (child + 1 < sim->nr_events &&
		    comes_first(&sim->heap[child + 1], &sim->heap[child]))
			child++;
		if (!comes_first(&sim->heap[child], &sim->heap[i]))
			return;
		swap_events(&sim->heap[child], &sim->heap[i]);
		i = child;
	}
}

void sim_schedule(struct sim *sim, u64 at, u8 kind, void *obj, u32 generation)
{
	if (sim->nr_events == sim->max_events) {
		sim->max_events = sim->max_events * 2 + 64;
		sim->heap = realloc(sim->heap, sim->max_events *
						       sizeof(*sim->heap));
		if (!sim->heap)
			abort();
	}
	sim->heap[sim->nr_events] = (struct sim_event){
		.at = at, .order = sim->order++, .obj = obj,
		.generation = generation, .kind = kind,
	};
	heap_up(sim, sim->nr_events++);
}

/**
 * sim_at() - Have something called later.
 * @sim: The run.
 * @delay_ns: When, from now.
 * @fn: What to call.
 * @arg: Its argument.
 */
void sim_at(struct sim *sim, u64 delay_ns,
	    void (*fn)(struct sim *sim, void *arg), void *arg)
{
	struct sim_call *call = sim_alloc(sim, sizeof(*call));

	call->fn = fn;
	call->arg = arg;
	sim_schedule(sim, sim->now + delay_ns, SIM_EVENT_CALL, call, 0);
}

static void arrive(struct sim *sim, struct sim_packet *pkt)
{
	if (pkt->hop)
		net_arrive(sim, pkt);
	else
		sim_link_arrive(sim, pkt);
}

static void dispatch(struct sim *sim, const struct sim_event *event)
{
	struct sim_call *call;

	switch ((enum sim_event_kind)event->kind) {
	case SIM_EVENT_ARRIVAL:
		arrive(sim, event->obj);
		return;
	case SIM_EVENT_SOCK:
		sim_sock_timer(event->obj, event->generation);
		return;
	case SIM_EVENT_APP:
		sim_app_wake(event->obj, event->generation);
		return;
	case SIM_EVENT_EMBRYO:
		sim_host_embryo_timer(event->obj, event->generation);
		return;
	case SIM_EVENT_TIMEWAIT:
		sim_sock_timewait_timer(event->obj, event->generation);
		return;
	case SIM_EVENT_CALL:
		call = event->obj;
		call->fn(sim, call->arg);
		return;
	case SIM_EVENT_LINK:
		net_link_timer(event->obj);
		return;
	case SIM_EVENT_BOX:
		net_box_timer(event->obj, event->generation);
		return;
	}
}

/**
 * sim_step() - Let the next event happen.
 * @sim: The run.
 * @until: But none after this time.
 *
 * Return: false if there is none; the time is then @until, if that is a time.
 */
bool sim_step(struct sim *sim, u64 until)
{
	struct sim_event event;

	if (!sim->nr_events || sim->heap[0].at > until) {
		if (until != SIM_NEVER)
			sim->now = until;
		return false;
	}
	if (++sim->handled > SIM_EVENT_BUDGET)
		sim_fail(sim, "the run does not end: %u events",
			 SIM_EVENT_BUDGET);

	event = sim->heap[0];
	sim->heap[0] = sim->heap[--sim->nr_events];
	heap_down(sim);
	sim->now = event.at;
	dispatch(sim, &event);
	return true;
}

/**
 * sim_fail() - Something is wrong: end the run.
 * @sim: The run.
 * @fmt: What is wrong, as printf().
 */
_Noreturn void sim_fail(struct sim *sim, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(sim->failure, sizeof(sim->failure), fmt, args);
	va_end(args);
	longjmp(sim->failed, 1);
}
