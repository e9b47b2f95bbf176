// SPDX-License-Identifier: GPL-2.0
/* What a host puts on the wire, and whether that was right. */
#include "oracle.h"

struct sending {
	struct sim *sim;
	struct sim_host *host;
	const struct sim_packet *pkt;
	struct sim_sock *sock;
	struct orc_flow *flow;
	struct orc_flow *peer;
	struct atcp_seg seg;
};

static void check_header(const struct sending *s)
{
	const u8 *p = s->pkt->bytes;

	if (p[12] & 0x0e)
		sim_fail(s->sim, "reserved bits are sent");
	if (s->seg.urg && !(s->seg.flags & ATCP_F_URG))
		sim_fail(s->sim, "urgent pointer without URG");
	if (s->seg.ack && !(s->seg.flags & ATCP_F_ACK))
		sim_fail(s->sim, "acknowledgment number without ACK");
}

static void check_rst(const struct sending *s)
{
	if (s->host->handles_rst)
		sim_fail(s->sim, "RST in answer to RST");
	if (s->seg.flags & (ATCP_F_SYN | ATCP_F_FIN) || s->seg.len)
		sim_fail(s->sim, "RST with SYN, FIN or data");
	if (s->seg.flags & (ATCP_F_ECE | ATCP_F_CWR | ATCP_F_AE) || s->pkt->ecn)
		sim_fail(s->sim, "RST with ECN");
}

static void check_syn(const struct sending *s)
{
	const struct atcp_seg *seg = &s->seg;
	struct orc_flow *flow = s->flow;

	if (flow->is_synchronized)
		sim_fail(s->sim, "SYN after the handshake");
	if (seg->len || seg->flags & (ATCP_F_FIN | ATCP_F_URG))
		sim_fail(s->sim, "SYN with data, FIN or URG");
	if (flow->has_syn && seg->seq != flow->iss && !s->pkt->orc->is_muddled)
		sim_fail(s->sim, "SYN again with another number");
	if (!(seg->opts.has & ATCP_HAS_MSS))
		sim_fail(s->sim, "SYN without MSS");
	if (!flow->has_syn || seg->seq != flow->iss) {
		flow->iss = seg->seq;
		flow->max = seg->seq;
		flow->seen_ack = seg->seq;
		flow->seen_edge = seg->seq + 1;
	}
	flow->has_syn = true;
	flow->has_wscale = seg->opts.has & ATCP_HAS_WSCALE;
	flow->wscale = seg->opts.wscale;
	flow->has_ts = seg->opts.has & ATCP_HAS_TS;
	if (seg->opts.has & ATCP_HAS_TS)
		flow->ts_last = seg->opts.ts_val;
	if (flow->wscale > 14)
		sim_fail(s->sim, "window scale of %u", flow->wscale);
	if (seg->flags & ATCP_F_ACK && s->peer->has_syn &&
	    (seg->opts.has & ~s->peer->syn_opts & ~ATCP_HAS_MSS))
		sim_fail(s->sim, "SYN+ACK with options that SYN had not");
	flow->syn_opts = seg->opts.has;
}

static void check_options(const struct sending *s)
{
	const struct atcp_opts *opts = &s->seg.opts;
	bool both_ts = s->flow->has_ts && s->peer->has_ts;

	if (opts->has & (ATCP_HAS_MSS | ATCP_HAS_WSCALE | ATCP_HAS_SACK_PERM))
		sim_fail(s->sim, "options of a SYN without SYN");
	if (both_ts != !!(opts->has & ATCP_HAS_TS))
		sim_fail(s->sim, "timestamps: %sagreed on, %ssent",
			 both_ts ? "" : "not ", both_ts ? "not " : "");
	if (!both_ts)
		return;
	if (distance(s->flow->ts_last, opts->ts_val) < 0)
		sim_fail(s->sim, "timestamps run backwards");
	s->flow->ts_last = opts->ts_val;
	if (distance(s->peer->ts_last, opts->ts_ecr) > 0)
		sim_fail(s->sim, "echoes a timestamp that was never sent");
}

/* What the acknowledgment number must be, by what the program has got. */
static void check_ack_number(const struct sending *s)
{
	u32 acked = s->seg.ack - s->peer->iss - 1;
	u32 got = s->sock ? (u32)s->sock->received : 0;
	bool has_fin = s->peer->fin_arrived && s->peer->fin ==
						       s->peer->iss + 1 + got;

	if (acked != got && !(has_fin && acked == got + 1))
		sim_fail(s->sim, "acknowledges %u bytes, %u have come", acked,
			 got);
}

static void check_ack(const struct sending *s)
{
	struct orc_flow *flow = s->flow;
	u32 ack = s->seg.ack;

	if (!(s->seg.flags & ATCP_F_ACK)) {
		if (!(s->seg.flags & ATCP_F_SYN))
			sim_fail(s->sim, "segment without ACK");
		return;
	}
	if (!s->peer->has_syn || !s->peer->syn_arrived)
		sim_fail(s->sim, "acknowledges a SYN that has not come");
	if (s->pkt->orc->is_muddled && !s->peer->is_synchronized)
		return; /* there were several initial numbers */
	if (distance(s->peer->max, ack) > 0)
		sim_fail(s->sim, "acknowledges what was never sent");
	if (flow->has_ack && distance(flow->ack, ack) < 0)
		sim_fail(s->sim, "acknowledges less than before");
	check_ack_number(s);
	flow->has_ack = true;
	flow->ack = ack;
}

static u8 shift_of(const struct sending *s)
{
	bool both = s->flow->has_wscale && s->peer->has_wscale;

	return both && !(s->seg.flags & ATCP_F_SYN) ? s->flow->wscale : 0;
}

static void check_window(const struct sending *s)
{
	u8 shift = shift_of(s);
	u32 edge = s->seg.ack + ((u32)s->seg.wnd << shift);
	struct orc_flow *flow = s->flow;

	if (!(s->seg.flags & ATCP_F_ACK))
		return;
	if (!flow->has_edge || distance(flow->edge, edge) > 0) {
		flow->has_edge = true;
		flow->edge = edge;
	}
	/* A window in a SYN is never scaled: it may not be able to say more. */
	if (s->seg.flags & ATCP_F_SYN && s->seg.wnd == 0xffff)
		return;
	/* A host that has had no memory says so. */
	if (!s->seg.wnd && s->host->tune.no_room)
		return;
	if (distance(edge, flow->edge) >= 1 << shift)
		sim_fail(s->sim, "window taken back by %d bytes",
			 distance(edge, flow->edge));
}

/* Payload and header options fit what the peer and the path take. */
static void check_size(const struct sending *s)
{
	u32 size = s->seg.len + s->seg.hdr_len - 20;

	if (size > s->flow->peer_mss)
		sim_fail(s->sim, "%u bytes to a peer whose MSS is %u", size,
			 s->flow->peer_mss);
	if (size > s->host->tune.mss)
		sim_fail(s->sim, "%u bytes on a path that takes %u", size,
			 s->host->tune.mss);
}

static void check_data(const struct sending *s)
{
	const struct atcp_seg *seg = &s->seg;
	const struct orc_flow *flow = s->flow;
	u32 pos = seg->seq - flow->iss - 1;
	u32 end = seg->seq + seg->len;

	if (!s->sock)
		sim_fail(s->sim, "data without a connection");
	if (pos + seg->len > s->sock->written)
		sim_fail(s->sim, "sends more than was written");
	if (!sim_stream_is(orc_own_stream(s->sock), pos,
			   s->pkt->bytes + seg->hdr_len, seg->len))
		sim_fail(s->sim, "sends other bytes than were written");
	if (distance(flow->seen_edge, end) > 0)
		sim_fail(s->sim, "sends %d bytes past the window",
			 distance(flow->seen_edge, end));
	if (flow->has_fin && distance(flow->fin, end) > 0)
		sim_fail(s->sim, "sends data after FIN");
	check_size(s);
}

/*
 * What may be under way at most: the first window, what slow start has added to it
 * for all that is known to have arrived, and that in whose place it goes: what blocks tell
 * of, what duplicate ACKs have let out (twice that where the window grows by it), and what
 * is deemed lost.
 */
static void check_flight(const struct sending *s)
{
	const struct orc_flow *flow = s->flow;
	u32 mss = min_t(u32, flow->peer_mss, s->host->mss_max);
	u32 each = s->host->config.cc->sample ? 2 : 1;
	u64 bound = (u64)mss * (s->host->config.initial_cwnd + 4 +
				each * flow->dup_acks) +
		    2 * flow->bytes_told - flow->bytes_acked +
		    (s->sock ? s->sock->conn.snd.lost : 0);
	u32 flight = s->seg.seq + s->seg.len - flow->seen_ack;

	if (distance(flow->max, s->seg.seq + s->seg.len) <= 0)
		return; /* nothing new */
	if (flight > bound)
		sim_fail(s->sim, "%u bytes in flight, %llu at most", flight,
			 (unsigned long long)bound);
}

static void check_fin(const struct sending *s)
{
	struct orc_flow *flow = s->flow;
	u32 fin = s->seg.seq + s->seg.len;

	if (!s->sock || !s->sock->is_shut)
		sim_fail(s->sim, "FIN though the program has not closed");
	if (fin - flow->iss - 1 != (u32)s->sock->written)
		sim_fail(s->sim, "FIN at byte %u of %llu", fin - flow->iss - 1,
			 (unsigned long long)s->sock->written);
	if (distance(flow->seen_edge, fin + 1) > 0)
		sim_fail(s->sim, "sends a FIN past the window");
	flow->has_fin = true;
	flow->fin = fin;
}

/* RFC 6093: the pointer is one past an octet that the program called urgent. */
static void check_urgent(const struct sending *s)
{
	u32 up = s->seg.seq + s->seg.urg - s->flow->iss - 1;
	u32 i, nr = min(s->flow->nr_urgent, ORC_URGENT_MAX);

	for (i = 0; i < nr; i++) {
		if ((u32)s->flow->urgent[i] == up)
			return;
		if (s->seg.urg == 0xffff && (u32)s->flow->urgent[i] > up)
			return; /* farther ahead than the field can say */
	}
	sim_fail(s->sim, "urgent pointer at %u, where nothing is urgent", up);
}

/* An end that forgets what it said in its SYN+ACK is not held to it. */
static void check_ecn(const struct sending *s)
{
	bool is_new = s->seg.len && distance(s->flow->max, s->seg.seq) >= 0;

	if (s->pkt->orc->is_muddled || s->host->tune.cookies)
		return;
	orc_ecn_sent(s->sim, &s->flow->ecn, &s->seg, s->sock, is_new);
}

static void account_sent(const struct sending *s)
{
	u32 seq = s->seg.seq, end = seq + atcp_seg_seqlen(&s->seg);
	struct orc_flow *flow = s->flow;

	if (distance(flow->max, end) <= 0)
		return;
	flow->max = end;
	if (distance(seq, flow->seen_ack) >= 0)
		flow->timed_from = s->sim->now;
}

/* What a connection without data or a half-open one sends has no number of its
 * own: it stands at the highest sent, or one below that to ask for an ACK.
 */
static void check_seq(const struct sending *s)
{
	if (!s->flow->has_syn)
		sim_fail(s->sim, "sends before its SYN");
	if (!atcp_seg_seqlen(&s->seg) &&
	    (distance(s->seg.seq, s->flow->max) < 0 ||
	     distance(s->flow->seen_ack - 1, s->seg.seq) < 0))
		sim_fail(s->sim, "empty segment at a number not in use");
}

/**
 * orc_sent() - A host sends a segment of a connection.
 * @host: Which.
 * @pkt: The segment, not yet on the link.
 */
void orc_sent(struct sim_host *host, const struct sim_packet *pkt)
{
	struct orc_conn *orc = pkt->orc;
	u8 own = orc_side(orc, host->index);
	struct sending s = {
		.sim = host->sim, .host = host, .pkt = pkt,
		.sock = orc->socks[own],
		.flow = &orc->flows[own],
		.peer = &orc->flows[!own],
	};

	if (orc->is_lawless)
		return;
	orc_parse(&s.seg, pkt);
	check_header(&s);
	if (s.seg.flags & ATCP_F_RST) {
		check_rst(&s);
		s.flow->has_rst = true;
		return;
	}
	if (s.seg.flags & ATCP_F_SYN)
		check_syn(&s);
	else
		check_options(&s);
	check_seq(&s);
	check_ack(&s);
	check_window(&s);
	if (s.seg.len) {
		check_data(&s);
		check_flight(&s);
	}
	if (s.seg.flags & ATCP_F_FIN)
		check_fin(&s);
	if (s.seg.flags & ATCP_F_URG)
		check_urgent(&s);
	check_ecn(&s);
	account_sent(&s);
}

/**
 * orc_reset_sent() - A host refuses a segment that belongs to no connection.
 * @host: Which.
 * @cause: The segment.
 * @rst: The answer.
 *
 * RFC 9293 section 3.10.7.1.
 */
void orc_reset_sent(struct sim_host *host, const struct sim_packet *cause,
		    const struct sim_packet *rst)
{
	struct atcp_seg in, out;

	orc_parse(&in, cause);
	orc_parse(&out, rst);
	if (in.flags & ATCP_F_RST)
		sim_fail(host->sim, "RST in answer to RST");
	if (cause->orc)
		cause->orc->flows[orc_side(cause->orc, host->index)].has_rst = true;
	if (in.flags & ATCP_F_ACK) {
		if (out.flags != ATCP_F_RST || out.seq != in.ack)
			sim_fail(host->sim, "wrong RST to a segment with ACK");
		return;
	}
	if (out.flags != (ATCP_F_RST | ATCP_F_ACK) || out.seq ||
	    out.ack != in.seq + atcp_seg_seqlen(&in))
		sim_fail(host->sim, "wrong RST to a segment without ACK");
}
