/* SPDX-License-Identifier: GPL-2.0 */
/* TIME-WAIT objects, for the files that meet them in a table. */
#ifndef ATCP_NET_TIMEWAIT_H
#define ATCP_NET_TIMEWAIT_H

#include "entry.h"

struct sk_buff;
struct atcp_seg;

const struct atcp_entry *atcp_timewait_entry(const struct hlist_node *bind_node);
bool atcp_timewait_yields(struct atcp_entry *entry, u32 *iss);
void atcp_timewait_forget(struct atcp_entry *entry);
void atcp_timewait_put(struct atcp_entry *entry);
bool atcp_timewait_handle(struct atcp_entry *entry, struct sk_buff *skb,
			  const struct atcp_seg *seg, u32 *iss);

#endif /* ATCP_NET_TIMEWAIT_H */
