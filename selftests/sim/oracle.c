// SPDX-License-Identifier: GPL-2.0
/*
 * The account: which incarnations there are, what each has sent and what has
 * reached it. Parses the bytes by itself; asks the core for nothing.
 */
#include "oracle.h"

/* What the peer has told, in its SYN, is not forgotten. */
static void flow_init(struct sim *sim, struct orc_flow *flow)
{
	*flow = (struct orc_flow){ .peer_mss = flow->peer_mss };
	flow->heard_at = sim->now;
	flow->progress_at = sim->now;
}

static struct orc_conn *orc_new(struct sim *sim, u8 host, u8 peer)
{
	struct orc_conn *orc = sim_alloc(sim, sizeof(*orc));

	orc->sim = sim;
	orc->hosts[0] = min(host, peer);
	orc->hosts[1] = max(host, peer);
	orc->streams[0] = sim_rng_next(&sim->rng);
	orc->streams[1] = sim_rng_next(&sim->rng);
	flow_init(sim, &orc->flows[0]);
	flow_init(sim, &orc->flows[1]);
	orc->next = sim->orcs;
	sim->orcs = orc;
	return orc;
}

/**
 * orc_open() - A connection begins, by the program or by a SYN from nowhere.
 * @host: Where.
 * @peer: The other host.
 * @lport: Its port.
 * @rport: The other port.
 *
 * Return: the incarnation: a new one, or the peer's if both call at once.
 */
struct orc_conn *orc_open(struct sim_host *host, const struct sim_host *peer,
			  u16 lport, u16 rport)
{
	struct sim *sim = host->sim;
	u8 own = host->index > peer->index, other = !own;
	struct orc_conn *orc;

	for (orc = sim->orcs; orc; orc = orc->next)
		if (orc->hosts[own] == host->index &&
		    orc->hosts[other] == peer->index &&
		    orc->ports[own] == lport && orc->ports[other] == rport)
			break;
	if (orc && !orc->socks[own] && !orc->flows[own].has_syn &&
	    orc->socks[other] && orc->socks[other]->phase == SIM_OPEN)
		return orc;

	orc = orc_new(sim, host->index, peer->index);
	orc->ports[own] = lport;
	orc->ports[other] = rport;
	return orc;
}

/* Nobody has sent this SYN; what it says is all that is known of the caller. */
static struct orc_conn *open_forged(struct sim_host *host, u8 caller,
				    const struct atcp_seg *syn)
{
	struct orc_conn *orc = orc_new(host->sim, host->index, caller);
	u8 own = orc_side(orc, host->index);
	struct orc_flow *flow = &orc->flows[!own];

	orc->ports[own] = syn->dport;
	orc->ports[!own] = syn->sport;
	flow->iss = syn->seq;
	flow->max = syn->seq + 1;
	flow->syn_opts = syn->opts.has;
	flow->has_syn = true;
	flow->syn_arrived = true;
	flow->has_ts = syn->opts.has & ATCP_HAS_TS;
	flow->has_wscale = syn->opts.has & ATCP_HAS_WSCALE;
	return orc;
}

/**
 * orc_accept() - A listener answers a SYN.
 * @host: Where.
 * @syn: The SYN.
 *
 * A listener may have answered before and forgotten: it was restarted, gave up,
 * or the SYN is a late duplicate. If the caller has got an answer already this
 * one leads nowhere, and is an incarnation of its own.
 *
 * Return: the incarnation.
 */
struct orc_conn *orc_accept(struct sim_host *host, const struct sim_packet *syn)
{
	struct orc_conn *orc = syn->orc, *stray;
	struct atcp_seg seg;
	u8 own, other;

	orc_parse(&seg, syn);
	if (!orc)
		orc = open_forged(host, syn->from, &seg);
	own = orc_side(orc, host->index);
	other = !own;
	if (!orc->flows[own].has_syn)
		return orc;
	if (!orc->flows[other].is_synchronized) {
		orc->is_muddled = true;
		if (!host->tune.cookies)
			flow_init(host->sim, &orc->flows[own]);
		return orc;
	}
	stray = orc_new(host->sim, host->index, syn->from);
	memcpy(stray->ports, orc->ports, sizeof(stray->ports));
	stray->flows[other] = orc->flows[other];
	stray->is_muddled = true;
	return stray;
}

/*
 * Parsing, a second time and in another way than the core
 */
static u32 be(const u8 *p, u32 len)
{
	u32 value = 0;

	while (len--)
		value = value << 8 | *p++;
	return value;
}

static void parse_option(struct atcp_opts *opts, const u8 *p)
{
	u32 i;

	if (p[0] == 2 && p[1] == 4) {
		opts->has |= ATCP_HAS_MSS;
		opts->mss = (u16)be(p + 2, 2);
	} else if (p[0] == 3 && p[1] == 3) {
		opts->has |= ATCP_HAS_WSCALE;
		opts->wscale = p[2];
	} else if (p[0] == 4 && p[1] == 2) {
		opts->has |= ATCP_HAS_SACK_PERM;
	} else if (p[0] == 8 && p[1] == 10) {
		opts->has |= ATCP_HAS_TS;
		opts->ts_val = be(p + 2, 4);
		opts->ts_ecr = be(p + 6, 4);
	} else if (p[0] == 5 && p[1] >= 10) {
		opts->has |= ATCP_HAS_SACK;
		opts->nr_sacks = (u8)min((p[1] - 2) / 8, ATCP_SACKS_MAX);
		for (i = 0; i < opts->nr_sacks; i++) {
			opts->sacks[i].left = be(p + 2 + 8 * i, 4);
			opts->sacks[i].right = be(p + 6 + 8 * i, 4);
		}
	}
}

/**
 * orc_parse() - Read a packet.
 * @seg: Filled in.
 * @pkt: A packet that may be damaged or forged.
 */
void orc_parse(struct atcp_seg *seg, const struct sim_packet *pkt)
{
	const u8 *p = pkt->bytes, *end;
	u32 hdr_len;

	memset(seg, 0, sizeof(*seg));
	if (pkt->len < 20)
		return;
	hdr_len = min((u32)(p[12] >> 4) * 4, pkt->len);
	seg->sport = (u16)be(p, 2);
	seg->dport = (u16)be(p + 2, 2);
	seg->seq = be(p + 4, 4);
	seg->ack = be(p + 8, 4);
	seg->flags = be(p + 12, 2) & 0x1ff;
	seg->ecn = pkt->ecn;
	seg->wnd = (u16)be(p + 14, 2);
	seg->urg = (u16)be(p + 18, 2);
	seg->hdr_len = (u8)hdr_len;
	seg->len = pkt->len - hdr_len;
	for (end = p + hdr_len, p += 20; p < end && *p;) {
		if (*p == 1) {
			p++;
			continue;
		}
		if (end - p < 2 || p[1] < 2 || p[1] > end - p)
			return;
		parse_option(&seg->opts, p);
		p += p[1];
	}
}

/**
 * orc_relate() - Make numbers relative to the initial ones, for the reader.
 * @seg: Segment, parsed from @pkt.
 * @pkt: The packet.
 */
void orc_relate(struct atcp_seg *seg, const struct sim_packet *pkt)
{
	const struct orc_conn *orc = pkt->orc;
	const struct orc_flow *peer;
	u32 i;

	if (!orc)
		return;
	peer = &orc->flows[!orc_side(orc, pkt->from)];
	seg->seq -= orc->flows[orc_side(orc, pkt->from)].iss;
	if (seg->flags & ATCP_F_ACK)
		seg->ack -= peer->iss;
	for (i = 0; i < seg->opts.nr_sacks; i++) {
		seg->opts.sacks[i].left -= peer->iss;
		seg->opts.sacks[i].right -= peer->iss;
	}
}

/*
 * What reaches a host
 */
/* Surely not an old duplicate, whose ACK does not count. */
static bool is_current(struct orc_flow *flow, const struct orc_flow *peer,
		       const struct atcp_seg *seg, const struct sim_sock *sock)
{
	u32 got = sock ? (u32)sock->received : 0;

	if (peer->fin_arrived && peer->fin == peer->iss + 1 + got)
		got++;
	if (seg->opts.has & ATCP_HAS_TS) {
		if (distance(flow->peer_ts, seg->opts.ts_val) < 0)
			return false;
		flow->peer_ts = seg->opts.ts_val;
	}
	return distance(peer->iss + 1 + got, seg->seq) >= 0;
}

static void arrived_ack(struct orc_flow *flow, const struct atcp_seg *seg,
			bool is_newer, u64 now, bool is_current)
{
	s32 news = distance(flow->seen_ack, seg->ack);
	u64 told;
	u32 i;

	if (!flow->has_syn || distance(seg->ack, flow->max) < 0)
		return;
	told = flow->bytes_acked + (u32)max(news, 0);
	for (i = 0; news >= 0 && i < seg->opts.nr_sacks; i++)
		if (distance(seg->ack, seg->opts.sacks[i].left) > 0)
			told += seg->opts.sacks[i].right -
				seg->opts.sacks[i].left;
	flow->is_ambiguous = (told <= flow->bytes_told && !is_newer) ||
			     (!seg->len && seg->ack == flow->iss + 1);
	flow->bytes_told = max(flow->bytes_told, told);
	if (news <= 0) {
		flow->dup_acks++;
		return;
	}
	flow->seen_ack = seg->ack;
	flow->bytes_acked += (u32)news;
	if (is_current)
		flow->timed_from = now;
	flow->progress_at = now;
}

static void arrived_window(struct orc_flow *flow, const struct orc_flow *peer,
			   const struct atcp_seg *seg)
{
	bool both = flow->has_wscale && peer->has_wscale;
	u8 shift = both && !(seg->flags & ATCP_F_SYN) ? peer->wscale : 0;
	u32 edge = seg->ack + ((u32)seg->wnd << shift);

	if (distance(flow->seen_edge, edge) > 0)
		flow->seen_edge = edge;
}

/*
 * A RST may end whatever connection has these ports, whoever sent it and for
 * whatever incarnation; a forged one only if its number is exact (RFC 5961).
 */
static void arrived_rst(struct sim_host *host, const struct atcp_seg *seg,
			const struct sim_packet *pkt)
{
	struct sim_sock *sock;

	for (sock = host->socks; sock; sock = sock->next) {
		if (sock->phase != SIM_OPEN || sock->lport != seg->dport ||
		    sock->rport != seg->sport ||
		    sock->peer->index != pkt->from)
			continue;
		if (!pkt->is_forged || sock->conn.state == ATCP_SYN_SENT ||
		    seg->seq == sock->conn.rcv.nxt)
			orc_own(sock)->rst_arrived = true;
	}
}

/* Nothing keeps the host from taking what comes next. */
static bool will_take(const struct orc_conn *orc, const struct sim_host *host,
		      u8 own)
{
	return !orc->is_troubled && orc->socks[own] &&
	       orc->socks[own]->conn.state == ATCP_ESTABLISHED &&
	       !host->tune.no_room;
}

/**
 * orc_arrived() - A whole and undamaged segment has reached a host.
 * @host: Which.
 * @pkt: The segment.
 */
void orc_arrived(struct sim_host *host, const struct sim_packet *pkt)
{
	struct orc_conn *orc = pkt->orc;
	struct orc_flow *flow, *peer;
	struct atcp_seg seg;
	u8 own;

	orc_parse(&seg, pkt);
	if (seg.flags & ATCP_F_RST)
		arrived_rst(host, &seg, pkt);
	if (!orc || pkt->is_forged)
		return;
	own = orc_side(orc, host->index);
	flow = &orc->flows[own];
	peer = &orc->flows[!own];
	flow->heard_at = host->sim->now;
	if (seg.flags & ATCP_F_RST)
		return;
	if (seg.flags & ATCP_F_SYN) {
		peer->syn_arrived = true;
		flow->peer_ts = seg.opts.ts_val;
		flow->peer_mss = seg.opts.has & ATCP_HAS_MSS ? seg.opts.mss :
							       536;
	}
	if (seg.flags & ATCP_F_FIN)
		peer->fin_arrived = true;
	orc_ecn_arrived(&flow->ecn, &seg,
			seg.seq == flow->ack && will_take(orc, host, own));
	if (seg.flags & ATCP_F_ACK) {
		bool is_newer = seg.opts.has & ATCP_HAS_TS &&
				distance(flow->peer_ts, seg.opts.ts_val) > 0;

		arrived_ack(flow, &seg, is_newer, host->sim->now,
			    is_current(flow, peer, &seg,
				       orc->socks[own]));
		arrived_window(flow, peer, &seg);
	}
}
