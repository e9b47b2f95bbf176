/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* What a program needs to know of ATCP. */
#ifndef _UAPI_ATCP_H
#define _UAPI_ATCP_H

#ifndef IPPROTO_ATCP
#define IPPROTO_ATCP 253 /* IP protocol 253 on the wire, RFC 3692 */
#endif

#ifndef IPPROTO_ATCP_TCP
#define IPPROTO_ATCP_TCP 258 /* TCP, protocol 6, on the wire: to any peer */
#endif

#endif /* _UAPI_ATCP_H */
