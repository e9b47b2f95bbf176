// SPDX-License-Identifier: GPL-2.0
/* The laboratory's run: flows begin, things happen, flows end. */
#include <errno.h>
#include <stdlib.h>

#include "lab.h"
#include "script.h"

struct lab *lab_new(struct sim *sim, const char *file)
{
	struct lab *lab = sim_alloc(sim, sizeof(*lab));

	lab->sim = sim;
	lab->net = net_new(sim);
	lab->file = file;
	lab->run_ns = LAB_RUN_NS;
	return lab;
}

static u64 bytes_read(const struct lab_flow *flow)
{
	return flow->sink.sock ? flow->sink.sock->read : 0;
}

/* Flows are compared over the time that they share. */
static void note_all(const struct lab *lab, u64 *read)
{
	u32 i;

	for (i = 0; i < lab->nr_flows; i++)
		read[i] = bytes_read(&lab->flows[i]);
}

static void begin_flow(struct sim *sim, void *arg)
{
	struct lab_flow *flow = arg;
	struct net_node *nodes = flow->lab->net->nodes;

	flow->began_ns = sim->now - sim->start;
	note_all(flow->lab, flow->read_at_start);
	sim_call_to(nodes[flow->from].host, nodes[flow->to].host,
		    flow->source.port, flow->sink.port);
}

static void add_service(struct sim_host *host, struct sim_service *service)
{
	service->next = host->services;
	host->services = service;
}

/**
 * lab_add_flow() - Add a flow, of no bytes yet.
 * @lab: The laboratory.
 * @name: Its name.
 * @from: Node of the host that sends.
 * @to: Node of the host that receives.
 *
 * Return: the flow, NULL if there are too many.
 */
struct lab_flow *lab_add_flow(struct lab *lab, const char *name, u8 from,
			      u8 to)
{
	struct lab_flow *flow = &lab->flows[lab->nr_flows];

	if (lab->nr_flows == LAB_FLOWS_MAX)
		return NULL;
	snprintf(flow->name, sizeof(flow->name), "%s", name);
	flow->lab = lab;
	flow->from = from;
	flow->to = to;
	flow->began_ns = SIM_NEVER;
	flow->finished_ns = SIM_NEVER;
	flow->source = (struct sim_service){
		.flow = flow->name,
		.port = (u16)(SIM_PORT_FIRST + lab->nr_flows),
		.app = { .is_reading = true, .close_when_done = true,
			 .abort_after = SIM_NEVER },
	};
	flow->sink = (struct sim_service){
		.flow = flow->name,
		.port = (u16)(SIM_PORT + lab->nr_flows),
		.is_listening = true,
		.app = { .is_reading = true, .close_on_eof = true,
			 .abort_after = SIM_NEVER },
	};
	lab->nr_flows++;
	add_service(lab->net->nodes[from].host, &flow->source);
	add_service(lab->net->nodes[to].host, &flow->sink);
	return flow;
}

/*
 * What happens
 */

/**
 * lab_set() - Set a property of a link.
 * @link: The link.
 * @setting: Which, and to what.
 *
 * A packet that the transmitter is busy with, and what is on the wire, are not
 * touched.
 */
void lab_set(struct net_link *link, const struct lab_setting *setting)
{
	struct sim_weather *weather = &link->wire.weather;
	struct net_queue *queue = &link->queue;
	u64 a = setting->a, b = setting->b;

	switch ((enum lab_property)setting->what) {
	case LAB_RATE:
		weather->rate = a;
		return;
	case LAB_DELAY:
		weather->delay_ns = a;
		return;
	case LAB_JITTER:
		weather->jitter_ns = a;
		return;
	case LAB_REORDER:
		weather->may_reorder = true;
		return;
	case LAB_LATE:
		weather->late = (u32)a;
		weather->late_ns = b;
		return;
	case LAB_EARLY:
		weather->early = (u32)a;
		weather->early_ns = b;
		return;
	case LAB_MTU:
		weather->mtu = (u32)a;
		weather->is_silent = b;
		return;
	case LAB_LOSS:
		weather->loss = (u32)a;
		return;
	case LAB_ACK_LOSS:
		link->ack_loss = (u32)a;
		return;
	case LAB_DAMAGE:
		weather->damage = (u32)a;
		return;
	case LAB_LIMIT_PACKETS:
		queue->limit_packets = (u32)a;
		return;
	case LAB_LIMIT_BYTES:
		queue->limit_bytes = (u32)a;
		return;
	case LAB_MARK_PACKETS:
		queue->mark_packets = (u32)a;
		return;
	case LAB_MARK_BYTES:
		queue->mark_bytes = (u32)a;
		return;
	case LAB_CODEL:
	case LAB_CODEL_ECN:
		net_queue_codel(queue, a, b);
		queue->codel.marks = setting->what == LAB_CODEL_ECN;
		return;
	case LAB_POLICE:
		net_policer_set(&link->policer, a, (u32)b,
				link->net->sim->now);
		return;
	case LAB_SINE:
		net_vary(link, NET_SINE, a, b);
		return;
	case LAB_WALK:
		net_vary(link, NET_WALK, a, b);
		return;
	}
}

/* What was measured so far does not count. */
static void reset(struct net_link *link)
{
	struct net_queue *queue = &link->queue;

	queue->dropped = 0;
	queue->marked = 0;
	queue->delayed = 0;
	queue->delay_sum_ns = 0;
	queue->delay_max_ns = 0;
	queue->max_bytes = 0;
	link->policer.dropped = 0;
	link->lost = 0;
}

static void act(struct sim *sim, void *arg)
{
	const struct lab_act *todo = arg;

	(void)sim;
	switch ((enum lab_act_kind)todo->kind) {
	case LAB_SET:
		lab_set(todo->link, &todo->setting);
		return;
	case LAB_CUT:
		todo->link->wire.weather.is_dead = true;
		return;
	case LAB_RESTORE:
		todo->link->wire.weather.is_dead = false;
		return;
	case LAB_RESET:
		reset(todo->link);
		return;
	case LAB_ON:
	case LAB_OFF:
		net_box_switch(todo->box, todo->kind == LAB_ON);
		return;
	}
}

/**
 * lab_at() - Have something happen.
 * @lab: The laboratory, its run not begun.
 * @at_ns: When, since the run's start.
 * @todo: What.
 */
void lab_at(struct lab *lab, u64 at_ns, const struct lab_act *todo)
{
	struct lab_act *kept = sim_alloc(lab->sim, sizeof(*kept));

	*kept = *todo;
	sim_at(lab->sim, at_ns, act, kept);
}

/*
 * The run
 */
static bool is_over(const struct lab_flow *flow)
{
	const struct sim_sock *source = flow->source.sock;
	const struct sim_sock *sink = flow->sink.sock;

	return flow->finished_ns != SIM_NEVER && source->phase != SIM_OPEN &&
	       sink->phase != SIM_OPEN;
}

static void sample(struct sim *sim, void *arg)
{
	struct lab *lab = arg;
	u32 i;

	for (i = 0; i < lab->nr_flows; i++) {
		struct sim_sock *sock = lab->flows[i].source.sock;

		if (sock && sock->phase == SIM_OPEN)
			sim_json_sock(sock, "sample", NULL);
	}
	sim_at(sim, LAB_SAMPLE_NS, sample, lab);
}

static void prepare(struct lab *lab)
{
	struct lab_flow *flow;

	for (flow = lab->flows; flow < lab->flows + lab->nr_flows; flow++) {
		flow->source.app.to_write = flow->bytes;
		flow->link = net_bottleneck(lab->net, flow->from, flow->to);
		flow->rate = flow->link ? flow->link->wire.weather.rate : 0;
		flow->source.link = flow->link;
		flow->sink.link = flow->link;
		sim_at(lab->sim, flow->start_ns, begin_flow, flow);
	}
	if (lab->sim->json)
		sim_at(lab->sim, 0, sample, lab);
}

/* Returns true when there is nothing more to see. */
static bool look(struct lab *lab)
{
	struct lab_flow *flow;
	bool all_over = true;

	for (flow = lab->flows; flow < lab->flows + lab->nr_flows; flow++) {
		if (flow->finished_ns == SIM_NEVER &&
		    flow->began_ns != SIM_NEVER &&
		    bytes_read(flow) == flow->bytes) {
			flow->finished_ns = lab->sim->now - lab->sim->start;
			note_all(lab, flow->read_at_end);
		}
		all_over &= is_over(flow);
	}
	return all_over;
}

/**
 * lab_run() - Run until all flows are over or time is up, and judge.
 * @lab: The laboratory, as read.
 */
void lab_run(struct lab *lab)
{
	u64 until = lab->sim->now + lab->run_ns;
	struct lab_flow *flow;

	prepare(lab);
	while (!look(lab) && sim_step(lab->sim, until))
		;
	for (flow = lab->flows; flow < lab->flows + lab->nr_flows; flow++)
		if (flow->finished_ns == SIM_NEVER)
			note_all(lab, flow->read_at_end);
	lab_judge(lab);
}

static char *read_file(struct sim *sim, const char *path)
{
	FILE *file = fopen(path, "r");
	size_t used = 0, room = 0, got;
	char *text = NULL;

	if (!file)
		sim_fail(sim, "%s: %s", path, strerror(errno));
	do {
		char *larger = sim_alloc(sim, room + 4096 + 1);

		if (text) {
			memcpy(larger, text, used);
			sim_release(sim, text);
		}
		text = larger;
		room += 4096;
		got = fread(text + used, 1, room - used, file);
		used += got;
	} while (got);
	fclose(file);
	return text;
}

/**
 * lab_run_file() - Run what a file describes.
 * @sim: A fresh run.
 * @path: The file.
 */
void lab_run_file(struct sim *sim, const char *path)
{
	const char *name = strrchr(path, '/');
	struct lab *lab = lab_new(sim, name ? name + 1 : path);

	if (!lab_read(lab, read_file(sim, path)))
		sim_fail(sim, "%s", lab->error);
	lab_run(lab);
}
