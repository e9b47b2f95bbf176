/* SPDX-License-Identifier: GPL-2.0 */
/* A tun device: what the kernel sends to TUN_PEER is ours to answer, or not. */
#ifndef ATCP_SELFTESTS_TUN_H
#define ATCP_SELFTESTS_TUN_H

#define TUN_HOST "10.9.0.1"
#define TUN_PEER "10.9.0.2"

int tun_open(void);
void tun_set_mtu(int tun, int mtu);
void tun_route_mtu(int tun, int mtu);

#endif /* ATCP_SELFTESTS_TUN_H */
