/* SPDX-License-Identifier: GPL-2.0 */
/* What demux.c and bind.c offer the files that own what is in the tables. */
#ifndef ATCP_NET_DEMUX_H
#define ATCP_NET_DEMUX_H

#include <linux/types.h>

#include "entry.h"

struct net;
struct sock;

#define ATCP_LISTENER_BUCKETS 256

bool atcp_demux_devs_overlap(struct net *net, int a, int b);
struct sock *atcp_demux_sock(struct atcp_entry *entry);
struct atcp_entry *atcp_demux_hash_unique(struct atcp_entry *entry, u32 *iss);

/* walks, for proc.c */
u32 atcp_demux_nr_buckets(void);
struct atcp_entry *atcp_demux_nth_entry(struct net *net, u32 bucket, u32 nth);
struct sock *atcp_demux_nth_listener(struct net *net, u32 bucket, u32 nth);

void atcp_bind_add_timewait(struct sock *sk, struct hlist_node *node);
void atcp_bind_del_timewait(struct atcp_entry *entry, struct hlist_node *node);

#endif /* ATCP_NET_DEMUX_H */
