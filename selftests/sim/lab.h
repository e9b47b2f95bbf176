/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The laboratory: a network, flows over it, what happens at which time, and what
 * is expected of it, all read from a file. Documentation/testing.rst has its
 * grammar.
 *
 *	lab_read.c	the file's words
 *	lab.c		the run
 *	lab_expect.c	the expectations
 */
#ifndef SIM_LAB_H
#define SIM_LAB_H

#include "net.h"

#define LAB_FLOWS_MAX 16
#define LAB_EXPECTS_MAX 64
#define LAB_RUN_NS (60 * SIM_SEC)

/* How often a flow is sampled for the record. */
#define LAB_SAMPLE_NS (10 * SIM_MSEC)

/**
 * struct lab_flow - Bytes from one host to another, over a connection of their own.
 * @lab: The laboratory.
 * @name: Its name.
 * @from: Node of the host that connects and sends.
 * @to: Node of the host that listens.
 * @bytes: How many.
 * @start_ns: When it connects, since the run's start.
 * @began_ns: When it did so; SIM_NEVER before.
 * @finished_ns: When the last byte had been read; SIM_NEVER before.
 * @source: The sending program.
 * @sink: The reading program.
 * @link: The slowest link of its way, or NULL.
 * @rate: Of that link, as the file begins, bytes per second.
 * @read_at_start: Of each flow, bytes read when this one began.
 * @read_at_end: The same when it was finished.
 */
struct lab_flow {
	struct lab *lab;
	char name[NET_NAME_MAX];
	u8 from;
	u8 to;
	u64 bytes;
	u64 start_ns;
	u64 began_ns;
	u64 finished_ns;
	struct sim_service source;
	struct sim_service sink;
	const struct net_link *link;
	u64 rate;
	u64 read_at_start[LAB_FLOWS_MAX];
	u64 read_at_end[LAB_FLOWS_MAX];
};

/* What may happen at a time: lab_act.kind. */
enum lab_act_kind {
	LAB_SET,
	LAB_CUT,
	LAB_RESTORE,
	LAB_RESET,
	LAB_ON,
	LAB_OFF,
};

/* Properties of a link, as they are set: lab_setting.what. */
enum lab_property {
	LAB_RATE, /* a: bytes per second */
	LAB_DELAY, /* a: ns */
	LAB_JITTER, /* a: ns */
	LAB_REORDER,
	LAB_LATE, /* a: ppm, b: ns */
	LAB_EARLY, /* a: ppm, b: ns */
	LAB_MTU, /* a: bytes, b: nobody tells */
	LAB_LOSS, /* a: ppm */
	LAB_ACK_LOSS, /* a: ppm */
	LAB_DAMAGE, /* a: ppm */
	LAB_LIMIT_PACKETS, /* a */
	LAB_LIMIT_BYTES, /* a */
	LAB_MARK_PACKETS, /* a */
	LAB_MARK_BYTES, /* a */
	LAB_CODEL, /* a: target, b: interval, ns */
	LAB_CODEL_ECN, /* the same, marks what may be marked */
	LAB_POLICE, /* a: bytes per second, b: bytes */
	LAB_SINE, /* a: amount, b: period, ns */
	LAB_WALK, /* a: amount, b: period, ns */
};

struct lab_setting {
	u8 what;
	u64 a;
	u64 b;
};

/**
 * struct lab_act - Something that happens at a time.
 * @kind: enum lab_act_kind.
 * @link: To which link, or ...
 * @box: ... to which middlebox.
 * @setting: With LAB_SET.
 */
struct lab_act {
	u8 kind;
	struct net_link *link;
	struct net_box *box;
	struct lab_setting setting;
};

/* What can be expected: lab_expect.what. */
enum lab_what {
	LAB_FINISHED, /* flows, ns since the run's start */
	LAB_RETRANSMISSIONS, /* flows, segments */
	LAB_TIMEOUTS, /* flows */
	LAB_FAST_RETRANSMITS, /* flows */
	LAB_GOODPUT, /* flows, ppm of the bottleneck's rate */
	LAB_FAIRNESS, /* flows, ppm */
	LAB_QUEUE_DELAY, /* link, ns */
	LAB_MEAN_DELAY, /* link, ns */
	LAB_DROPS, /* link, packets */
	LAB_MARKS, /* link, packets */
	LAB_LOSSES, /* link, packets */
	LAB_POLICED, /* link, packets */
	LAB_CHANGED, /* middlebox, packets */
	LAB_WHAT_NR,
};

enum lab_relation { LAB_AT_MOST, LAB_AT_LEAST, LAB_EQUAL };

/**
 * struct lab_expect - What must be true at the end.
 * @line: Where it is written.
 * @what: enum lab_what.
 * @relation: enum lab_relation.
 * @flows: A bit for each flow that it is about.
 * @link: The link that it is about.
 * @box: The middlebox that it is about.
 * @value: To compare with, by @what.
 */
struct lab_expect {
	u32 line;
	u8 what;
	u8 relation;
	u32 flows;
	const struct net_link *link;
	const struct net_box *box;
	u64 value;
};

struct lab {
	struct sim *sim;
	struct sim_net *net;
	const char *file;
	struct lab_flow flows[LAB_FLOWS_MAX];
	struct lab_expect expects[LAB_EXPECTS_MAX];
	u32 nr_flows;
	u32 nr_expects;
	u64 run_ns;
	char error[256];
};

/* lab.c */
struct lab *lab_new(struct sim *sim, const char *file);
struct lab_flow *lab_add_flow(struct lab *lab, const char *name, u8 from,
			      u8 to);
void lab_set(struct net_link *link, const struct lab_setting *setting);
void lab_at(struct lab *lab, u64 at_ns, const struct lab_act *act);
void lab_run(struct lab *lab);
void lab_run_file(struct sim *sim, const char *path);

/* lab_read.c */
bool lab_read(struct lab *lab, const char *text);

/* lab_expect.c */
extern const char *const lab_whats[LAB_WHAT_NR];
void lab_judge(struct lab *lab);

#endif /* SIM_LAB_H */
