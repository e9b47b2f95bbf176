/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ATCP_NET_WIRE6_H
#define ATCP_NET_WIRE6_H

void atcp_wire6_get(void);
void atcp_wire6_put(void);
void atcp_wire6_settle(void);

#endif /* ATCP_NET_WIRE6_H */
