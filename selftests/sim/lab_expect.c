// SPDX-License-Identifier: GPL-2.0
/* What a file expects of its run, and whether that is so. */

#include "lab.h"

const char *const lab_whats[LAB_WHAT_NR] = {
	[LAB_FINISHED] = "finished",
	[LAB_RETRANSMISSIONS] = "retransmissions",
	[LAB_TIMEOUTS] = "timeouts",
	[LAB_FAST_RETRANSMITS] = "fast-retransmits",
	[LAB_GOODPUT] = "goodput",
	[LAB_FAIRNESS] = "fairness",
	[LAB_QUEUE_DELAY] = "delay",
	[LAB_MEAN_DELAY] = "mean-delay",
	[LAB_DROPS] = "drops",
	[LAB_MARKS] = "marks",
	[LAB_LOSSES] = "losses",
	[LAB_POLICED] = "policed",
	[LAB_CHANGED] = "changed",
};

static bool is_meant(const struct lab_expect *expect, u32 flow)
{
	return expect->flows & BIT(flow);
}

/* The end of a flow's time, ns since the run's start. */
static u64 end_of(const struct lab *lab, const struct lab_flow *flow)
{
	return min(flow->finished_ns, lab->sim->now - lab->sim->start);
}

static u64 count(const struct lab *lab, const struct lab_expect *expect)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < lab->nr_flows; i++) {
		const struct sim_sock *sock = lab->flows[i].source.sock;

		if (!is_meant(expect, i) || !sock)
			continue;
		if (expect->what == LAB_RETRANSMISSIONS)
			sum += sock->resent;
		else if (expect->what == LAB_TIMEOUTS)
			sum += sock->mib[ATCP_MIB_TIMEOUTS];
		else
			sum += sock->mib[ATCP_MIB_FAST_RETRANS];
	}
	return sum;
}

static u64 last_end(const struct lab *lab, const struct lab_expect *expect)
{
	u64 last = 0;
	u32 i;

	for (i = 0; i < lab->nr_flows; i++)
		if (is_meant(expect, i))
			last = max(last, lab->flows[i].finished_ns);
	return last;
}

/* Bytes of all flows over the time from the first's start to the last's end. */
static u64 goodput(const struct lab *lab, const struct lab_expect *expect)
{
	u64 bytes = 0, from = SIM_NEVER, to = 0, rate = SIM_NEVER;
	u32 i;

	for (i = 0; i < lab->nr_flows; i++) {
		const struct lab_flow *flow = &lab->flows[i];

		if (!is_meant(expect, i))
			continue;
		bytes += flow->read_at_end[i];
		from = min(from, flow->start_ns);
		to = max(to, end_of(lab, flow));
		rate = min(rate, flow->rate);
	}
	return bytes * SIM_SEC / max(to - from, 1u) * SIM_PPM / rate;
}

/*
 * Jain's index of what each got from when the last began until the first was
 * done: the square of the sum by n times the sum of the squares.
 */
static u64 fairness(const struct lab *lab, const struct lab_expect *expect)
{
	const struct lab_flow *begin = NULL, *end = NULL;
	u64 sum = 0, squares = 0, nr = 0;
	u32 i;

	for (i = 0; i < lab->nr_flows; i++) {
		const struct lab_flow *flow = &lab->flows[i];

		if (!is_meant(expect, i))
			continue;
		if (!begin || flow->start_ns > begin->start_ns)
			begin = flow;
		if (!end || end_of(lab, flow) < end_of(lab, end))
			end = flow;
	}
	for (i = 0; i < lab->nr_flows; i++) {
		u64 kb;

		if (!is_meant(expect, i))
			continue;
		kb = (end->read_at_end[i] - begin->read_at_start[i]) / 1000;
		sum += kb;
		squares += kb * kb;
		nr++;
	}
	return squares ? sum * sum * SIM_PPM / (nr * squares) : 0;
}

static u64 value_of(const struct lab *lab, const struct lab_expect *expect)
{
	const struct net_link *link = expect->link;

	switch ((enum lab_what)expect->what) {
	case LAB_FINISHED:
		return last_end(lab, expect);
	case LAB_RETRANSMISSIONS:
	case LAB_TIMEOUTS:
	case LAB_FAST_RETRANSMITS:
		return count(lab, expect);
	case LAB_GOODPUT:
		return goodput(lab, expect);
	case LAB_FAIRNESS:
		return fairness(lab, expect);
	case LAB_QUEUE_DELAY:
		return link->queue.delay_max_ns;
	case LAB_MEAN_DELAY:
		return link->queue.delay_sum_ns / max(link->queue.delayed, 1u);
	case LAB_DROPS:
		return link->queue.dropped;
	case LAB_MARKS:
		return link->queue.marked;
	case LAB_LOSSES:
		return link->lost;
	case LAB_POLICED:
		return link->policer.dropped;
	case LAB_CHANGED:
		return expect->box->changed;
	case LAB_WHAT_NR:
		break;
	}
	return 0;
}

static bool is_true(const struct lab_expect *expect, u64 value)
{
	switch ((enum lab_relation)expect->relation) {
	case LAB_AT_MOST:
		return value <= expect->value;
	case LAB_AT_LEAST:
		return value >= expect->value;
	case LAB_EQUAL:
		return value == expect->value;
	}
	return false;
}

static void put_value(char *text, size_t size, u8 what,
		      unsigned long long value)
{
	switch ((enum lab_what)what) {
	case LAB_FINISHED:
	case LAB_QUEUE_DELAY:
	case LAB_MEAN_DELAY:
		if (value == SIM_NEVER)
			snprintf(text, size, "never");
		else
			snprintf(text, size, "%llu.%06llu ms",
				 value / SIM_MSEC, value % SIM_MSEC);
		return;
	case LAB_GOODPUT:
		snprintf(text, size, "%llu.%04llu%%",
			 value / SIM_PERCENT, value % SIM_PERCENT);
		return;
	case LAB_FAIRNESS:
		snprintf(text, size, "%llu.%06llu", value / SIM_PPM,
			 value % SIM_PPM);
		return;
	case LAB_RETRANSMISSIONS:
	case LAB_TIMEOUTS:
	case LAB_FAST_RETRANSMITS:
	case LAB_DROPS:
	case LAB_MARKS:
	case LAB_LOSSES:
	case LAB_POLICED:
	case LAB_CHANGED:
	case LAB_WHAT_NR:
		snprintf(text, size, "%llu", value);
		return;
	}
}

/**
 * lab_judge() - Hold the run against its expectations.
 * @lab: The laboratory, its run over.
 */
void lab_judge(struct lab *lab)
{
	static const char *const relations[] = {
		[LAB_AT_MOST] = "at most", [LAB_AT_LEAST] = "at least",
		[LAB_EQUAL] = "equal",
	};
	struct lab_expect *expect = lab->expects;
	char is[32], wanted[32];
	u64 value;

	for (; expect < lab->expects + lab->nr_expects; expect++) {
		value = value_of(lab, expect);
		put_value(is, sizeof(is), expect->what, value);
		put_value(wanted, sizeof(wanted), expect->what, expect->value);
		sim_note(lab->sim->hosts, "line %u: %s is %s", expect->line,
			 lab_whats[expect->what], is);
		if (!is_true(expect, value))
			sim_fail(lab->sim, "%s:%u: %s is %s, expected %s %s",
				 lab->file, expect->line, lab_whats[expect->what],
				 is, relations[expect->relation], wanted);
	}
}
