/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ATCP_NET_LISTEN_H
#define ATCP_NET_LISTEN_H

#include <linux/types.h>

struct atcp_entry;
struct atcp_seg;
struct sk_buff;
struct sock;

void atcp_listen_segment(struct sock *sk, struct sk_buff *skb,
			 const struct atcp_seg *seg, const u32 *iss);
void atcp_listen_half_segment(struct sock *sk, struct atcp_entry *entry,
			      struct sk_buff *skb, const struct atcp_seg *seg);

#endif /* ATCP_NET_LISTEN_H */
