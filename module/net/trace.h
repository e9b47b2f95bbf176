/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints: state changes, retransmissions, resets, dropped segments. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM atcp

#if !defined(ATCP_NET_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ATCP_NET_TRACE_H

#include <linux/tracepoint.h>
#include <net/inet_sock.h>

#include "core/conn.h"
#include "compat.h"

#define ATCP_TRACE_STATES            \
	{ ATCP_CLOSED, "CLOSED" },           \
	{ ATCP_LISTEN, "LISTEN" },           \
	{ ATCP_SYN_SENT, "SYN-SENT" },       \
	{ ATCP_SYN_RCVD, "SYN-RECEIVED" },   \
	{ ATCP_ESTABLISHED, "ESTABLISHED" }, \
	{ ATCP_FIN_WAIT_1, "FIN-WAIT-1" },   \
	{ ATCP_FIN_WAIT_2, "FIN-WAIT-2" },   \
	{ ATCP_CLOSE_WAIT, "CLOSE-WAIT" },   \
	{ ATCP_CLOSING, "CLOSING" },         \
	{ ATCP_LAST_ACK, "LAST-ACK" },       \
	{ ATCP_TIME_WAIT, "TIME-WAIT" }

/*
 * A connection has moved from one state to another. One that is half-open has no
 * socket yet: sk is NULL, it begins as LISTEN > SYN-RECEIVED.
 */
TRACE_EVENT(atcp_state,
	TP_PROTO(const struct sock *sk, __be32 laddr, __be32 raddr, u16 lport,
		 u16 rport, u8 from, u8 to),
	TP_ARGS(sk, laddr, raddr, lport, rport, from, to),
	TP_STRUCT__entry(
		__field(const void *, sk)
		__field(__be32, laddr)
		__field(__be32, raddr)
		__field(u16, lport)
		__field(u16, rport)
		__field(u8, from)
		__field(u8, to)
	),
	TP_fast_assign(
		__entry->sk = sk;
		__entry->laddr = laddr;
		__entry->raddr = raddr;
		__entry->lport = lport;
		__entry->rport = rport;
		__entry->from = from;
		__entry->to = to;
	),
	TP_printk("sk=%p %pI4:%u > %pI4:%u %s > %s", __entry->sk,
		  &__entry->laddr, __entry->lport, &__entry->raddr,
		  __entry->rport,
		  __print_symbolic(__entry->from, ATCP_TRACE_STATES),
		  __print_symbolic(__entry->to, ATCP_TRACE_STATES))
);

/* A segment or burst of a connection goes out once more. */
TRACE_EVENT(atcp_retransmit,
	TP_PROTO(const struct sock *sk, const struct atcp_tx *tx),
	TP_ARGS(sk, tx),
	TP_STRUCT__entry(
		__field(const void *, sk)
		__field(__be32, laddr)
		__field(__be32, raddr)
		__field(u16, lport)
		__field(u16, rport)
		__field(u32, seq)
		__field(u32, len)
		__field(u16, flags)
	),
	TP_fast_assign(
		__entry->sk = sk;
		__entry->laddr = inet_sk(sk)->inet_saddr;
		__entry->raddr = inet_sk(sk)->inet_daddr;
		__entry->lport = inet_sk(sk)->inet_num;
		__entry->rport = ntohs(inet_sk(sk)->inet_dport);
		__entry->seq = tx->seq;
		__entry->len = tx->len;
		__entry->flags = tx->flags;
	),
	TP_printk("sk=%p %pI4:%u > %pI4:%u seq=%u len=%u flags=%#x",
		  __entry->sk, &__entry->laddr, __entry->lport,
		  &__entry->raddr, __entry->rport, __entry->seq, __entry->len,
		  __entry->flags)
);

/* A RST goes out. Without a socket, sk is NULL and the ports tell. */
TRACE_EVENT(atcp_reset,
	TP_PROTO(const struct sock *sk, __be32 laddr, __be32 raddr, u16 lport,
		 u16 rport, const struct atcp_tx *tx),
	TP_ARGS(sk, laddr, raddr, lport, rport, tx),
	TP_STRUCT__entry(
		__field(const void *, sk)
		__field(__be32, laddr)
		__field(__be32, raddr)
		__field(u16, lport)
		__field(u16, rport)
		__field(u32, seq)
		__field(u32, ack)
	),
	TP_fast_assign(
		__entry->sk = sk;
		__entry->laddr = laddr;
		__entry->raddr = raddr;
		__entry->lport = lport;
		__entry->rport = rport;
		__entry->seq = tx->seq;
		__entry->ack = tx->ack;
	),
	TP_printk("sk=%p %pI4:%u > %pI4:%u seq=%u ack=%u", __entry->sk,
		  &__entry->laddr, __entry->lport, &__entry->raddr,
		  __entry->rport, __entry->seq, __entry->ack)
);

/* A segment that has arrived is dropped; counter is the one that counts it. */
TRACE_EVENT(atcp_drop,
	TP_PROTO(const struct sk_buff *skb, unsigned int counter),
	TP_ARGS(skb, counter),
	TP_STRUCT__entry(
		__field(const void *, skb)
		__field(unsigned int, len)
		__field(unsigned int, counter)
	),
	TP_fast_assign(
		__entry->skb = skb;
		__entry->len = skb->len;
		__entry->counter = counter;
	),
	TP_printk("skb=%p len=%u counter=%u", __entry->skb, __entry->len,
		  __entry->counter)
);

#endif /* ATCP_NET_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
