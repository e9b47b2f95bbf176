/* SPDX-License-Identifier: GPL-2.0 */
/* The core's records: a slab of struct atcp_burst. */
#ifndef ATCP_NET_BURST_H
#define ATCP_NET_BURST_H

#include "core/conn.h"

int atcp_burst_init(void);
void atcp_burst_exit(void);
struct atcp_burst *atcp_burst_get(void);
void atcp_burst_put(struct atcp_burst *burst);

#endif /* ATCP_NET_BURST_H */
