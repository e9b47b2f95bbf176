// SPDX-License-Identifier: GPL-2.0
/* Packets and the wire between the hosts. */
#include "net.h"
#include "oracle.h"
#include "sim.h"

/* Addresses of the pseudo-header: any two will do. */
#define ADDR_A 0x0a000001u
#define ADDR_B 0x0a000002u
#define WIRE_PROTOCOL 253

static u32 sum_bytes(u32 sum, const u8 *p, u32 len)
{
	u64 wide = sum;

	for (; len >= 4; p += 4, len -= 4)
		wide += get_unaligned_be32(p);
	/* The high half of a 32-bit word counts as much as the low half. */
	wide = (wide >> 48) + (wide >> 32 & 0xffff) + (wide >> 16 & 0xffff) +
	       (wide & 0xffff);
	if (len >= 2) {
		wide += get_unaligned_be16(p);
		p += 2;
		len -= 2;
	}
	if (len)
		wide += (u32)*p << 8;
	return (u32)wide;
}

/**
 * sim_checksum() - RFC 1071's sum over pseudo-header and segment.
 * @pkt: The segment.
 *
 * Return: the checksum; 0 when the segment carries its right checksum.
 */
u16 sim_checksum(const struct sim_packet *pkt)
{
	u32 sum = sum_bytes(0, pkt->bytes, pkt->len);

	sum += (ADDR_A >> 16) + (ADDR_A & 0xffff) + (ADDR_B >> 16) +
	       (ADDR_B & 0xffff) + WIRE_PROTOCOL + pkt->len;
	while (sum >> 16)
		sum = (sum >> 16) + (sum & 0xffff);
	return (u16)~sum;
}

/**
 * sim_packet_new() - A segment with its header, the payload not yet there.
 * @from: The host that sends it, in truth or as a forgery has it.
 * @tx: The header.
 * @sport: Source port.
 * @dport: Destination port.
 * @len: Bytes of payload to leave room for.
 *
 * Return: the packet; the payload begins after its header. It goes to the other
 * host of two, unless the caller says to which.
 */
struct sim_packet *sim_packet_new(struct sim_host *from,
				  const struct atcp_tx *tx, u16 sport,
				  u16 dport, u32 len)
{
	struct sim *sim = from->sim;
	u32 hdr_len = ATCP_HDR_LEN + tx->opt_len;
	struct sim_packet *pkt;

	pkt = sim_alloc(sim, sizeof(*pkt) + hdr_len + len);
	pkt->id = ++sim->packets;
	pkt->from = from->index;
	pkt->to = sim_peer(from)->index;
	pkt->ecn = tx->ecn;
	pkt->len = hdr_len + len;
	if (atcp_seg_build(pkt->bytes, tx, sport, dport) != hdr_len)
		sim_fail(sim, "header of %u options is not %u long",
			 tx->opt_len, hdr_len);
	return pkt;
}

static struct sim_packet *copy_packet(struct sim *sim,
				      const struct sim_packet *pkt)
{
	struct sim_packet *copy = sim_alloc(sim, sizeof(*pkt) + pkt->len);

	memcpy(copy, pkt, sizeof(*pkt) + pkt->len);
	return copy;
}

static void damage(struct sim *sim, struct sim_packet *pkt)
{
	u32 flips = (u32)sim_rng_range(&sim->rng, 1, 3);

	pkt->is_damaged = true;
	while (flips--)
		pkt->bytes[sim_rng_below(&sim->rng, pkt->len)] ^=
			(u8)BIT(sim_rng_below(&sim->rng, 8));
}

/* sim_packet_seal() - Put the checksum right. */
void sim_packet_seal(struct sim_packet *pkt)
{
	put_unaligned_be16(0, pkt->bytes + ATCP_CSUM_OFFSET);
	put_unaligned_be16(sim_checksum(pkt), pkt->bytes + ATCP_CSUM_OFFSET);
}

/* sim_packet_slice() - Bytes @from to @to of the payload, as a segment. */
struct sim_packet *sim_packet_slice(struct sim *sim,
				    const struct sim_packet *pkt, u32 from,
				    u32 to)
{
	u32 hdr_len = atcp_seg_hdr_len(pkt->bytes);
	struct sim_packet *part = copy_packet(sim, pkt);
	u8 *hdr = part->bytes;
	u16 urg = get_unaligned_be16(hdr + 18);

	put_unaligned_be32(get_unaligned_be32(hdr + 4) + from, hdr + 4);
	memmove(hdr + hdr_len, hdr + hdr_len + from, to - from);
	if (to != pkt->len - hdr_len)
		hdr[13] &= (u8)~(ATCP_F_FIN | ATCP_F_PSH);
	if (hdr[13] & ATCP_F_URG && urg > from)
		put_unaligned_be16((u16)(urg - from), hdr + 18);
	else if (hdr[13] & ATCP_F_URG)
		hdr[13] &= (u8)~ATCP_F_URG;
	if (!(hdr[13] & ATCP_F_URG))
		put_unaligned_be16(0, hdr + 18);
	part->len = hdr_len + to - from;
	sim_packet_seal(part);
	return part;
}

static bool picks(const struct sim_pick *pick, const struct sim_packet *pkt)
{
	u8 flags = pkt->bytes[13];
	u32 len = pkt->len - atcp_seg_hdr_len(pkt->bytes);

	if (pick->from->index != pkt->from || pkt->is_forged)
		return false;
	if ((flags & pick->flags) != pick->flags || flags & pick->without)
		return false;
	return pick->is_empty ? !len : len >= pick->min_len;
}

/* The scenario's will with this packet; every rule counts what it picks. */
static const struct sim_rule *rule_for(struct sim *sim,
				       const struct sim_packet *pkt)
{
	const struct sim_rule *found = NULL;
	u32 i;

	for (i = 0; i < sim->nr_rules; i++) {
		struct sim_rule *rule = &sim->rules[i];
		u32 nth = max(rule->pick.nth, 1u);

		if (!picks(&rule->pick, pkt))
			continue;
		rule->seen++;
		if (rule->seen >= nth &&
		    rule->seen - nth < max(rule->pick.count, 1u))
			found = rule;
	}
	return found;
}

/* sim_packet_trouble() - Not all that was said is heard, or not in this order. */
void sim_packet_trouble(const struct sim_packet *pkt)
{
	if (pkt->orc)
		pkt->orc->is_troubled = true;
}

static void lose(struct sim *sim, struct sim_packet *pkt, const char *why)
{
	sim_trace_segment(sim, SIM_WHAT_SEND, pkt->from, pkt, why);
	sim_json_packet(&sim->hosts[pkt->from], pkt, "drop", why);
	sim_packet_trouble(pkt);
	sim_release(sim, pkt);
}

/* When the last bit of @pkt has left, or SIM_NEVER if the queue is full. */
static u64 departure(struct sim *sim, struct sim_link *link, u32 len)
{
	const struct sim_weather *w = &link->weather;
	u64 start = max(sim->now, link->busy_until);

	if (!w->rate)
		return sim->now;
	if (w->queue && (start - sim->now) * w->rate / SIM_SEC > w->queue)
		return SIM_NEVER;
	link->busy_until = start + (len + 38) * SIM_SEC / w->rate;
	return link->busy_until;
}

/**
 * sim_link_carry() - A packet leaves for the other end of a wire.
 * @sim: The run.
 * @link: The wire.
 * @pkt: The packet; the link owns it from here on.
 * @at: When its last bit leaves, ns.
 * @late_ns: It is held back for so long on its way.
 */
void sim_link_carry(struct sim *sim, struct sim_link *link,
		    struct sim_packet *pkt, u64 at, u64 late_ns)
{
	const struct sim_weather *w = &link->weather;
	bool is_early = w->early && sim_rng_chance(&sim->rng, w->early);

	at += w->delay_ns + sim_rng_below(&sim->rng, w->jitter_ns + 1);
	if (is_early)
		at -= min(w->early_ns, w->delay_ns);
	if (sim_rng_chance(&sim->rng, w->late))
		late_ns += sim_rng_below(&sim->rng, w->late_ns);
	/* What a scenario or the dice hold back may always be overtaken. */
	if (!w->may_reorder && !late_ns && !is_early)
		at = max(at, link->last_arrival);
	if (late_ns || at < link->last_arrival)
		sim_packet_trouble(pkt);
	if (!late_ns)
		link->last_arrival = max(at, link->last_arrival);
	if (sim_rng_chance(&sim->rng, w->damage)) {
		damage(sim, pkt);
		sim_packet_trouble(pkt);
	}
	if (w->mark && pkt->ecn != NET_NOT_ECT &&
	    sim_rng_chance(&sim->rng, w->mark))
		pkt->ecn = NET_CE;
	if (pkt->orc)
		pkt->orc->under_way++;
	sim_schedule(sim, at + late_ns, SIM_EVENT_ARRIVAL, pkt, 0);
}

/* What a router says of a packet that was too big for a link. */
struct report {
	struct sim_host *to;
	u8 from;
	struct atcp_seg about;
	u16 mss;
};

static void deliver_report(struct sim *sim, void *arg)
{
	struct report *report = arg;
	struct sim_sock *sock = sim_sock_find(report->to, report->from,
					      report->about.sport,
					      report->about.dport);
	struct atcp_step step;

	if (sock && sock->phase == SIM_OPEN) {
		sim_note(report->to, "path takes %u, a router says",
			 report->mss);
		sim_sock_begin(sock, &step);
		atcp_conn_pmtu(&sock->conn, report->about.seq, report->mss,
			       &step);
		sim_sock_end(sock, &step);
		sim_sock_drive(sock);
	}
	sim_release(sim, report);
}

/**
 * sim_link_fits() - May a packet pass a wire? If it is too long its sender is told.
 * @sim: The run.
 * @link: The wire.
 * @pkt: The packet.
 *
 * The report comes after as long as the packet would have taken, and is not lost.
 *
 * Return: true if it may.
 */
bool sim_link_fits(struct sim *sim, const struct sim_link *link,
		   const struct sim_packet *pkt)
{
	const struct sim_weather *w = &link->weather;
	struct report *report;

	if (!w->mtu || pkt->len + NET_IP_LEN <= w->mtu)
		return true;
	if (!w->is_silent && !pkt->is_forged) {
		report = sim_alloc(sim, sizeof(*report));
		report->to = &sim->hosts[pkt->from];
		report->from = pkt->to;
		orc_parse(&report->about, pkt);
		report->mss = (u16)(w->mtu - NET_IP_LEN - ATCP_HDR_LEN);
		sim_at(sim, w->delay_ns, deliver_report, report);
	}
	return false;
}

static void carry(struct sim *sim, struct sim_link *link,
		  struct sim_packet *pkt, u64 late_ns)
{
	u64 at;

	if (sim->net) {
		if (late_ns)
			sim_fail(sim, "a network delays by its middleboxes");
		net_send(sim->net, pkt);
		return;
	}
	if (!sim_link_fits(sim, link, pkt)) {
		lose(sim, pkt, "too big");
		return;
	}
	at = departure(sim, link, pkt->len);
	if (at == SIM_NEVER) {
		lose(sim, pkt, "queue full");
		return;
	}
	sim_link_carry(sim, link, pkt, at, late_ns);
}

/*
 * Something under way cuts segments anew: two, which may overlap, for one. They
 * are as right as the one was.
 */
static bool recut(struct sim *sim, struct sim_link *link,
		  struct sim_packet *pkt, u64 late_ns)
{
	u32 len = pkt->len - atcp_seg_hdr_len(pkt->bytes);
	u32 left, right;

	if (len < 2 || !sim_rng_chance(&sim->rng, link->weather.recut))
		return false;
	right = (u32)sim_rng_range(&sim->rng, 1, len - 1);
	left = (u32)sim_rng_range(&sim->rng, 0, right);
	carry(sim, link, sim_packet_slice(sim, pkt, 0, right), late_ns);
	carry(sim, link, sim_packet_slice(sim, pkt, left, len), late_ns);
	sim_release(sim, pkt);
	return true;
}

/**
 * sim_link_send() - Give a packet to the wire.
 * @sim: The run.
 * @pkt: The packet; the link owns it from here on.
 */
void sim_link_send(struct sim *sim, struct sim_packet *pkt)
{
	struct sim_link *link = &sim->links[pkt->from];
	const struct sim_rule *rule = rule_for(sim, pkt);
	u8 fate = rule ? rule->fate : SIM_FATE_PASS;
	u64 late_ns = fate == SIM_FATE_LATE ? rule->late_ns : 0;

	if (link->weather.is_dead || fate == SIM_FATE_DROP ||
	    sim_rng_chance(&sim->rng, link->weather.loss)) {
		lose(sim, pkt, "lost");
		return;
	}
	if (fate == SIM_FATE_MARK && pkt->ecn != NET_NOT_ECT)
		pkt->ecn = NET_CE;
	sim_trace_segment(sim, SIM_WHAT_SEND, pkt->from, pkt,
			  late_ns ? "late" : NULL);
	if (fate == SIM_FATE_TWICE ||
	    sim_rng_chance(&sim->rng, link->weather.twice))
		carry(sim, link, copy_packet(sim, pkt), 0);
	if (!recut(sim, link, pkt, late_ns))
		carry(sim, link, pkt, late_ns);
}

/**
 * sim_packet_send() - Close a packet with its checksum and send it.
 * @pkt: The packet, payload in place.
 * @sim: The run.
 */
void sim_packet_send(struct sim *sim, struct sim_packet *pkt)
{
	sim_packet_seal(pkt);
	sim_link_send(sim, pkt);
}

void sim_link_arrive(struct sim *sim, struct sim_packet *pkt)
{
	struct sim_host *host = &sim->hosts[pkt->to];

	sim_trace_segment(sim, SIM_WHAT_RECEIVE, host->index, pkt, NULL);
	sim_json_packet(host, pkt, "recv", NULL);
	if (pkt->orc && !pkt->is_forged)
		pkt->orc->under_way--;
	if (host->is_deaf || pkt->is_forged)
		sim_packet_trouble(pkt);
	if (!host->is_deaf)
		sim_host_receive(host, pkt);
	sim_release(sim, pkt);
}
