// SPDX-License-Identifier: GPL-2.0
#include <linux/bitops.h>

#include "mib.h"
#include "netns.h"

int atcp_mib_start(struct net *net)
{
	struct atcp_net *an = atcp_net(net);

	an->mib = alloc_percpu(struct atcp_mib_cpu);
	return an->mib ? 0 : -ENOMEM;
}

void atcp_mib_stop(struct net *net)
{
	free_percpu(atcp_net(net)->mib);
}

/**
 * atcp_mib_inc() - Count one event.
 * @net: Namespace.
 * @id: enum atcp_mib or enum atcp_netmib.
 *
 * Context: any.
 */
void atcp_mib_inc(struct net *net, unsigned int id)
{
	this_cpu_inc(atcp_net(net)->mib->count[id]);
}

/**
 * atcp_mib_add() - Count several events of a kind.
 * @net: Namespace.
 * @id: enum atcp_mib or enum atcp_netmib.
 * @n: How many.
 *
 * Context: any.
 */
void atcp_mib_add(struct net *net, unsigned int id, u64 n)
{
	this_cpu_add(atcp_net(net)->mib->count[id], n);
}

/**
 * atcp_mib_add_set() - Count what a step of the core reports.
 * @net: Namespace.
 * @counted: A bit per enum atcp_mib.
 *
 * Context: any.
 */
void atcp_mib_add_set(struct net *net, u64 counted)
{
	while (counted) {
		atcp_mib_inc(net, __ffs64(counted));
		counted &= counted - 1;
	}
}

/**
 * atcp_mib_read() - A counter's sum over all CPUs.
 * @net: Namespace.
 * @id: enum atcp_mib or enum atcp_netmib.
 *
 * Return: the sum; not a snapshot while traffic flows.
 */
u64 atcp_mib_read(struct net *net, unsigned int id)
{
	struct atcp_net *an = atcp_net(net);
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(an->mib, cpu)->count[id]);
	return sum;
}
