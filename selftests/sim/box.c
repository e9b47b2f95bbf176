// SPDX-License-Identifier: GPL-2.0
/* Middleboxes: what thins, holds, edits, marks, cuts and joins segments under way. */
#include "net.h"
#include "oracle.h"

#define IS_SYN_ACK(flags) (((flags) & (ATCP_F_SYN | ATCP_F_ACK)) == \
			   (ATCP_F_SYN | ATCP_F_ACK))

/**
 * net_add_box() - Put a middlebox at a link's entry, after those there.
 * @link: The link.
 * @name: The box's name.
 * @kind: enum net_box_kind.
 *
 * Return: the box; the caller sets what else its kind needs.
 */
struct net_box *net_add_box(struct net_link *link, const char *name, u8 kind)
{
	struct net_box *box = sim_alloc(link->net->sim, sizeof(*box));
	struct net_box **at = &link->boxes;

	box->link = link;
	box->kind = kind;
	snprintf(box->name, sizeof(box->name), "%s", name);
	while (*at)
		at = &(*at)->next;
	*at = box;
	return box;
}

static void pass(struct net_box *box, struct sim_packet *pkt)
{
	net_box_take(box->next, box->link, pkt);
}

static void flush(struct net_box *box)
{
	struct sim_packet *pkt;

	box->generation++;
	while ((pkt = net_fifo_take(&box->held)))
		pass(box, pkt);
}

static void hold(struct net_box *box, struct sim_packet *pkt)
{
	struct sim *sim = box->link->net->sim;

	box->changed++;
	pkt->queued_ns = sim->now;
	net_fifo_put(&box->held, pkt);
	sim_schedule(sim, sim->now + box->ns, SIM_EVENT_BOX, box,
		     box->generation);
}

/*
 * ACKs
 */
static void thin(struct net_box *box, struct sim_packet *pkt)
{
	if (!net_is_pure_ack(pkt)) {
		pass(box, pkt);
		return;
	}
	if (++box->seen % box->number) {
		box->changed++;
		net_drop(box->link, pkt, "thinned");
		return;
	}
	pass(box, pkt);
}

/* What is no pure ACK does not overtake those that wait: all go. */
static void compress(struct net_box *box, struct sim_packet *pkt)
{
	if (!net_is_pure_ack(pkt)) {
		flush(box);
		pass(box, pkt);
		return;
	}
	box->seen++;
	hold(box, pkt);
}

/*
 * Options
 */
static bool is_meant(const struct net_box *box, const struct sim_packet *pkt)
{
	bool is_syn = pkt->bytes[13] & ATCP_F_SYN;

	return box->where == NET_WHERE_ALL ||
	       is_syn == (box->where == NET_WHERE_SYN);
}

/* The option of @kind, NULL if there is none. */
static u8 *find_option(struct sim_packet *pkt, u8 kind)
{
	u8 *end = pkt->bytes + atcp_seg_hdr_len(pkt->bytes);
	u8 *at = pkt->bytes + ATCP_HDR_LEN;

	while (at < end && *at != ATCP_OPT_EOL) {
		if (*at == ATCP_OPT_NOP) {
			at++;
			continue;
		}
		if (*at == kind)
			return at;
		at += at[1];
	}
	return NULL;
}

static bool edit_option(const struct net_box *box, u8 *option)
{
	switch ((enum net_box_kind)box->kind) {
	case NET_BOX_STRIP:
		memset(option, ATCP_OPT_NOP, option[1]);
		return true;
	case NET_BOX_REWRITE:
		*option = box->new_option;
		return true;
	case NET_BOX_MSS:
		if (get_unaligned_be16(option + 2) <= box->number)
			return false;
		put_unaligned_be16((u16)box->number, option + 2);
		return true;
	case NET_BOX_THIN:
	case NET_BOX_COMPRESS:
	case NET_BOX_SPLIT:
	case NET_BOX_MERGE:
	case NET_BOX_DELAY:
	case NET_BOX_BLEACH:
	case NET_BOX_MARK:
	case NET_BOX_UNFLAG:
	case NET_BOX_REFUSE:
		break;
	}
	return false;
}

/* Options that a SYN+ACK agrees to: with one edited the ends mean different things. */
static bool is_agreed_on(u8 option)
{
	return option != ATCP_OPT_MSS && option != ATCP_OPT_ACCECN0 &&
	       option != ATCP_OPT_ACCECN1;
}

static void edit(struct net_box *box, struct sim_packet *pkt)
{
	u8 *option = is_meant(box, pkt) ? find_option(pkt, box->option) : NULL;

	if (option) {
		box->seen++;
		if (edit_option(box, option)) {
			box->changed++;
			sim_packet_seal(pkt);
			if (IS_SYN_ACK(pkt->bytes[13]) && pkt->orc &&
			    is_agreed_on(box->option))
				pkt->orc->is_lawless = true;
		}
	}
	pass(box, pkt);
}

/*
 * Congestion notification
 */
#define ECN_FLAGS (ATCP_F_CWR | ATCP_F_ECE) /* of byte 13; AE is the last of byte 12 */

static bool has_ecn_flags(const struct sim_packet *pkt)
{
	return pkt->bytes[12] & 1 || pkt->bytes[13] & ECN_FLAGS;
}

static void set_codepoint(struct net_box *box, struct sim_packet *pkt, u8 ecn)
{
	if (is_meant(box, pkt)) {
		box->seen++;
		box->changed += pkt->ecn != ecn;
		pkt->ecn = ecn;
	}
	pass(box, pkt);
}

static void unflag(struct net_box *box, struct sim_packet *pkt)
{
	if (is_meant(box, pkt)) {
		box->seen++;
		if (has_ecn_flags(pkt)) {
			box->changed++;
			pkt->bytes[12] &= ~1;
			pkt->bytes[13] &= ~ECN_FLAGS;
			sim_packet_seal(pkt);
		}
	}
	pass(box, pkt);
}

static void refuse(struct net_box *box, struct sim_packet *pkt)
{
	if (!(pkt->bytes[13] & ATCP_F_SYN) || !has_ecn_flags(pkt)) {
		pass(box, pkt);
		return;
	}
	box->seen++;
	box->changed++;
	net_drop(box->link, pkt, "refused");
}

/*
 * Payload
 */
static u32 payload_len(const struct sim_packet *pkt)
{
	return pkt->len - atcp_seg_hdr_len(pkt->bytes);
}

static void split(struct net_box *box, struct sim_packet *pkt)
{
	struct sim *sim = box->link->net->sim;
	u32 len = payload_len(pkt);

	if (len <= box->number) {
		pass(box, pkt);
		return;
	}
	box->seen++;
	box->changed++;
	if (pkt->orc)
		pkt->orc->under_way++;
	pass(box, sim_packet_slice(sim, pkt, 0, box->number));
	pass(box, sim_packet_slice(sim, pkt, box->number, len));
	sim_release(sim, pkt);
}

/* Does @pkt go on where @held ends, and may the two be one? */
static bool is_adjacent(const struct sim_packet *held,
			const struct sim_packet *pkt)
{
	const u8 *a = held->bytes, *b = pkt->bytes;

	return held->orc == pkt->orc && held->from == pkt->from &&
	       payload_len(pkt) && get_unaligned_be32(b + 4) ==
		       get_unaligned_be32(a + 4) + payload_len(held) &&
	       (a[13] & ~ATCP_F_PSH) == ATCP_F_ACK &&
	       !(b[13] & (ATCP_F_SYN | ATCP_F_RST | ATCP_F_URG)) &&
	       payload_len(held) + pkt->len + NET_IP_LEN <= 65535;
}

/* One segment of two: payload of both under the header of the later. */
static struct sim_packet *join(struct sim *sim, struct sim_packet *held,
			       struct sim_packet *pkt)
{
	u32 hdr_len = atcp_seg_hdr_len(pkt->bytes), head = payload_len(held);
	struct sim_packet *both;

	both = sim_alloc(sim, sizeof(*both) + pkt->len + head);
	memcpy(both, pkt, sizeof(*pkt) + hdr_len);
	memcpy(both->bytes + hdr_len, held->bytes + held->len - head, head);
	memcpy(both->bytes + hdr_len + head, pkt->bytes + hdr_len,
	       pkt->len - hdr_len);
	memcpy(both->bytes + 4, held->bytes + 4, 4);
	both->len = pkt->len + head;
	sim_packet_seal(both);
	if (both->orc)
		both->orc->under_way--;
	sim_release(sim, held);
	sim_release(sim, pkt);
	return both;
}

static void merge(struct net_box *box, struct sim_packet *pkt)
{
	struct sim_packet *held = box->held.first;

	if (held && is_adjacent(held, pkt)) {
		box->seen++;
		net_fifo_take(&box->held);
		box->generation++;
		pass(box, join(box->link->net->sim, held, pkt));
		return;
	}
	flush(box);
	if (payload_len(pkt) && (pkt->bytes[13] & ~ATCP_F_PSH) == ATCP_F_ACK)
		hold(box, pkt);
	else
		pass(box, pkt);
}

/**
 * net_box_take() - A packet comes to a middlebox.
 * @box: The box, NULL: it has passed them all.
 * @link: The link at whose entry they are.
 * @pkt: The packet; the box owns it from here on.
 */
void net_box_take(struct net_box *box, struct net_link *link,
		  struct sim_packet *pkt)
{
	/* To edit what is damaged would put its checksum right. */
	while (box && (box->is_off || pkt->is_damaged))
		box = box->next;
	if (!box) {
		net_link_take(link, pkt);
		return;
	}
	switch ((enum net_box_kind)box->kind) {
	case NET_BOX_THIN:
		thin(box, pkt);
		return;
	case NET_BOX_COMPRESS:
		compress(box, pkt);
		return;
	case NET_BOX_STRIP:
	case NET_BOX_REWRITE:
	case NET_BOX_MSS:
		edit(box, pkt);
		return;
	case NET_BOX_SPLIT:
		split(box, pkt);
		return;
	case NET_BOX_MERGE:
		merge(box, pkt);
		return;
	case NET_BOX_DELAY:
		box->seen++;
		hold(box, pkt);
		return;
	case NET_BOX_BLEACH:
		set_codepoint(box, pkt, NET_NOT_ECT);
		return;
	case NET_BOX_MARK:
		set_codepoint(box, pkt, NET_CE);
		return;
	case NET_BOX_UNFLAG:
		unflag(box, pkt);
		return;
	case NET_BOX_REFUSE:
		refuse(box, pkt);
		return;
	}
}

/**
 * net_box_timer() - Something has waited in a middlebox for as long as it may.
 * @box: The box.
 * @generation: What it was when the wait began.
 */
void net_box_timer(struct net_box *box, u32 generation)
{
	if (generation != box->generation || !box->held.first)
		return;
	if (box->kind == NET_BOX_DELAY)
		pass(box, net_fifo_take(&box->held));
	else
		flush(box);
}

/* net_box_switch() - A box that is off holds nothing and lets all pass. */
void net_box_switch(struct net_box *box, bool on)
{
	box->is_off = !on;
	flush(box);
}
