// SPDX-License-Identifier: GPL-2.0
/*
 * The IP header of what we send. The stack's functions that write one take its
 * protocol number from the socket, where 258 stands for 6.
 */
#include <net/ip.h>

#include "iphdr.h"

/* An option is its kind, its length, and a pointer to what comes behind the last. */
#define LEN 1
#define POINTER 2

/* The slot before the one that an option's pointer, counted from 1, is at. */
static u8 *last_slot(u8 *option, unsigned int size)
{
	return option + option[POINTER] - 1 - size;
}

/*
 * What had to be left open: where the packet goes in the end, if it is source-routed;
 * our address and the time, where routers shall write theirs. Their pointers are past
 * our slot already.
 */
static void fill_options(u8 *iph, const struct ip_options *opt, __be32 saddr,
			 __be32 daddr)
{
	__be32 time = opt->ts_needtime ? inet_current_timestamp() : 0;
	u8 *ts = iph + opt->ts;

	if (opt->srr)
		memcpy(iph + opt->srr + iph[opt->srr + LEN] - sizeof(daddr),
		       &daddr, sizeof(daddr));
	if (opt->rr_needaddr)
		memcpy(last_slot(iph + opt->rr, sizeof(saddr)), &saddr,
		       sizeof(saddr));
	if (opt->ts_needaddr)
		memcpy(last_slot(ts, sizeof(saddr) + sizeof(time)), &saddr,
		       sizeof(saddr));
	if (opt->ts_needtime)
		memcpy(last_slot(ts, sizeof(time)), &time, sizeof(time));
}

/**
 * atcp_iphdr_push() - Put an IP header before a segment.
 * @skb: Segment, with room before it.
 * @like: TOS, fragmentation, TTL, protocol, addresses; the peer's also if the way
 *	there is source-routed.
 * @opt: Options, compiled; or NULL.
 *
 * Length and checksum are ip_local_out()'s; the identification is 0.
 */
void atcp_iphdr_push(struct sk_buff *skb, const struct iphdr *like,
		     const struct ip_options *opt)
{
	u8 opt_len = opt ? opt->optlen : 0;
	struct iphdr *iph;

	iph = skb_push(skb, sizeof(*iph) + opt_len);
	skb_reset_network_header(skb);
	*iph = *like;
	iph->version = 4;
	iph->ihl = (sizeof(*iph) + opt_len) / 4;
	if (!opt_len)
		return;

	if (opt->srr)
		iph->daddr = opt->faddr;
	memcpy(iph + 1, opt->__data, opt_len);
	fill_options((u8 *)iph, opt, like->saddr, like->daddr);
	/* Who fragments, or answers, looks there. */
	IPCB(skb)->opt = *opt;
}
