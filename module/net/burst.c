// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>

#include "burst.h"
#include "compat.h"

static struct kmem_cache *bursts;

int __init atcp_burst_init(void)
{
	bursts = KMEM_CACHE(atcp_burst, SLAB_ACCOUNT | SLAB_NO_MERGE);
	return bursts ? 0 : -ENOMEM;
}

void atcp_burst_exit(void)
{
	kmem_cache_destroy(bursts);
}

/**
 * atcp_burst_get() - A record to lend to the core.
 *
 * Context: any.
 * Return: the record, or NULL: the core then goes on without.
 */
struct atcp_burst *atcp_burst_get(void)
{
	return kmem_cache_alloc(bursts, GFP_ATOMIC | __GFP_NOWARN);
}

/**
 * atcp_burst_put() - Free a record that the core has released or not taken.
 * @burst: Record, in no list, its payload taken care of; or NULL.
 *
 * Context: any.
 */
void atcp_burst_put(struct atcp_burst *burst)
{
	if (burst)
		kmem_cache_free(bursts, burst);
}
