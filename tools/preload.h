/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What atcprun tells the shared object that it preloads: environment variables,
 * which the program's children inherit as they do LD_PRELOAD.
 */
#ifndef ATCP_TOOLS_PRELOAD_H
#define ATCP_TOOLS_PRELOAD_H

/* Protocol of the sockets, a number */
#define ENV_PROTO "ATCPRUN_PROTO"
/* If set: IPv6's TCP sockets are made, as native ones */
#define ENV_ALLOW_IPV6 "ATCPRUN_ALLOW_IPV6"
/* If set: a native socket where there can be no ATCP one */
#define ENV_FALLBACK "ATCPRUN_FALLBACK"
/* File to which a line is added for each socket made or accepted */
#define ENV_LOG "ATCPRUN_LOG"

#define IPPROTO_ATCP 253
#define IPPROTO_ATCP_TCP 258

#endif /* ATCP_TOOLS_PRELOAD_H */
