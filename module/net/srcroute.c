// SPDX-License-Identifier: GPL-2.0
/*
 * Source routes of segments that have come, for the way back: RFC 9293 section
 * 3.9.2.1. IP lets them in only where net.ipv4.conf.*.accept_source_route is set.
 */
#include <linux/slab.h>
#include <net/ip.h>

#include "srcroute.h"

/* Kind, length and pointer; then the hops. */
#define HEAD 3
#define HOP sizeof(__be32)

/*
 * Hops of a route that has been gone to its end, the last one first. The sender
 * may have put himself down as the first: he is not one of his own routers.
 */
static unsigned int reverse(u8 *to, const u8 *from, __be32 sender)
{
	unsigned int nr = (from[1] - HEAD) / HOP, i;
	const u8 *hops = from + HEAD;

	if (nr && !memcmp(hops, &sender, HOP)) {
		hops += HOP;
		nr--;
	}
	for (i = 0; i < nr; i++)
		memcpy(to + i * HOP, hops + (nr - 1 - i) * HOP, HOP);
	return nr;
}

/**
 * atcp_srcroute_back() - By which route to answer.
 * @net: Namespace.
 * @skb: Segment with its IP header, and what IP has found in it.
 *
 * Context: softirq, or the backlog.
 * Return: options for the answers, the caller's to kfree(); NULL if there was no
 * source route, it names no router, or there is no memory.
 */
struct ip_options_rcu *atcp_srcroute_back(struct net *net, struct sk_buff *skb)
{
	const u8 *came = skb_network_header(skb) + IPCB(skb)->opt.srr;
	struct ip_options_rcu *back;
	unsigned int nr;
	u8 *opt;

	if (!IPCB(skb)->opt.srr)
		return NULL;
	back = kzalloc(sizeof(*back) + MAX_IPOPTLEN, GFP_ATOMIC | __GFP_NOWARN);
	if (!back)
		return NULL;
	opt = back->opt.__data;
	nr = reverse(opt + HEAD, came, ip_hdr(skb)->saddr);
	opt[0] = came[0];
	opt[1] = HEAD + nr * HOP;
	opt[2] = HEAD + 1;
	back->opt.optlen = ALIGN(opt[1], 4);
	if (nr && !ip_options_compile(net, &back->opt, NULL))
		return back;
	kfree(back);
	return NULL;
}

/**
 * atcp_srcroute_copy() - Another one of the same.
 * @route: Options, or NULL.
 *
 * Context: any.
 * Return: the copy, the caller's to kfree(), or NULL.
 */
struct ip_options_rcu *atcp_srcroute_copy(const struct ip_options_rcu *route)
{
	return route ? kmemdup(route, sizeof(*route) + MAX_IPOPTLEN,
			       GFP_ATOMIC | __GFP_NOWARN) : NULL;
}
