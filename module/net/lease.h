/* SPDX-License-Identifier: GPL-2.0 */
/* Ports of wire protocol 6, as native TCP sees them. */
#ifndef ATCP_NET_LEASE_H
#define ATCP_NET_LEASE_H

#include <linux/list.h>
#include <linux/types.h>

struct atcp_lease;
struct net;
struct sock;

void atcp_lease_start(struct net *net);
void atcp_lease_stop(struct net *net);
int atcp_lease_get(struct sock *sk, struct atcp_lease **lease);
void atcp_lease_put(struct atcp_lease *lease);
int atcp_lease_cover(struct hlist_head *leases, const struct sock *sk, u16 port,
		     struct atcp_lease **spare);
void atcp_lease_end(struct hlist_head *leases);

#endif /* ATCP_NET_LEASE_H */
