// SPDX-License-Identifier: GPL-2.0
/* Segments: from the wire and onto it. */
#include "core/seg.h"

/* Lengths of the options that we know, kind and length octets included. */
#define OPT_MSS_LEN 4
#define OPT_WSCALE_LEN 3
#define OPT_SACK_PERM_LEN 2
#define OPT_TS_LEN 10
#define OPT_SACK_BASE_LEN 2
#define OPT_SACK_LEN 8
#define OPT_ECN_BASE_LEN 2
#define OPT_ECN_LEN 3

static void parse_sacks(struct atcp_opts *opts, const u8 *opt, u32 len)
{
	u32 i;

	if (len <= OPT_SACK_BASE_LEN || (len - OPT_SACK_BASE_LEN) % OPT_SACK_LEN)
		return;

	opts->nr_sacks = min_t(u32, (len - OPT_SACK_BASE_LEN) / OPT_SACK_LEN,
			       ATCP_SACKS_MAX);
	for (i = 0; i < opts->nr_sacks; i++) {
		const u8 *p = opt + OPT_SACK_BASE_LEN + i * OPT_SACK_LEN;

		opts->sacks[i].left = get_unaligned_be32(p);
		opts->sacks[i].right = get_unaligned_be32(p + 4);
	}
	opts->has |= ATCP_HAS_SACK;
}

/* RFC 9768 section 3.2.3: whole fields count, what follows them is padding. */
static void parse_ecn(struct atcp_opts *opts, const u8 *opt, u32 len)
{
	u32 i, nr = min_t(u32, (len - OPT_ECN_BASE_LEN) / OPT_ECN_LEN,
			  ATCP_ECN_FIELDS);

	/* One is enough, and the first is as good as any. */
	if (opts->has & (ATCP_HAS_ACCECN0 | ATCP_HAS_ACCECN1))
		return;
	for (i = 0; i < nr; i++) {
		const u8 *p = opt + OPT_ECN_BASE_LEN + i * OPT_ECN_LEN;

		opts->ecn[i] = p[0] << 16 | p[1] << 8 | p[2];
	}
	opts->nr_ecn = (u8)nr;
	opts->has |= opt[0] == ATCP_OPT_ACCECN1 ? ATCP_HAS_ACCECN1 :
						  ATCP_HAS_ACCECN0;
}

static void parse_opt(struct atcp_opts *opts, const u8 *opt, u32 len)
{
	switch (opt[0]) {
	case ATCP_OPT_MSS:
		if (len != OPT_MSS_LEN)
			return;
		opts->mss = get_unaligned_be16(opt + 2);
		opts->has |= ATCP_HAS_MSS;
		return;
	case ATCP_OPT_WSCALE:
		if (len != OPT_WSCALE_LEN)
			return;
		opts->wscale = min_t(u8, opt[2], ATCP_WSCALE_MAX);
		opts->has |= ATCP_HAS_WSCALE;
		return;
	case ATCP_OPT_SACK_PERM:
		if (len == OPT_SACK_PERM_LEN)
			opts->has |= ATCP_HAS_SACK_PERM;
		return;
	case ATCP_OPT_ACCECN0:
	case ATCP_OPT_ACCECN1:
		parse_ecn(opts, opt, len);
		return;
	case ATCP_OPT_SACK:
		parse_sacks(opts, opt, len);
		return;
	case ATCP_OPT_TS:
		if (len != OPT_TS_LEN)
			return;
		opts->ts_val = get_unaligned_be32(opt + 2);
		opts->ts_ecr = get_unaligned_be32(opt + 6);
		opts->has |= ATCP_HAS_TS;
		return;
	}
}

/**
 * atcp_seg_parse_opts() - Read the options of a header.
 * @opts: Filled in whole.
 * @opt: First octet of the options.
 * @len: Octets of options, padding included, 0 to 40.
 *
 * RFC 9293 section 3.1: unknown kinds are skipped by their length. A length
 * below 2 or past the end ends the list; what came before it holds. A known
 * kind with a wrong length is skipped like an unknown one.
 */
void atcp_seg_parse_opts(struct atcp_opts *opts, const u8 *opt, u32 len)
{
	memset(opts, 0, offsetof(struct atcp_opts, sacks));

	while (len) {
		if (opt[0] == ATCP_OPT_EOL)
			return;
		if (opt[0] == ATCP_OPT_NOP) {
			opt++;
			len--;
			continue;
		}
		if (len < 2 || opt[1] < 2 || opt[1] > len)
			return;
		parse_opt(opts, opt, opt[1]);
		len -= opt[1];
		opt += opt[1];
	}
}

/* Data offset, reserved bits and nine flags share 16 bits. */
static u16 flags_of(const u8 *hdr)
{
	return get_unaligned_be16(hdr + 12) & ATCP_FLAGS;
}

static bool flags_are_legal(u16 flags)
{
	if (flags & ATCP_F_SYN && flags & (ATCP_F_FIN | ATCP_F_RST))
		return false;

	return flags & ATCP_F_ACK || !(flags & ATCP_F_FIN);
}

/**
 * atcp_seg_parse() - Read a header.
 * @seg: Filled in if ATCP_SEG_OK.
 * @hdr: The header; its first min(@total, atcp_seg_hdr_len()) bytes are read.
 * @total: Bytes in the segment, header and payload.
 *
 * RFC 9293 section 3.1. The checksum is the caller's business. Reserved bits
 * are ignored.
 *
 * Return: ATCP_SEG_OK or why the segment is to be dropped.
 */
enum atcp_seg_error atcp_seg_parse(struct atcp_seg *seg, const u8 *hdr,
				   u32 total)
{
	u32 hdr_len;

	if (total < ATCP_HDR_LEN)
		return ATCP_SEG_SHORT;
	hdr_len = atcp_seg_hdr_len(hdr);
	if (hdr_len < ATCP_HDR_LEN || hdr_len > total)
		return ATCP_SEG_OFFSET;
	if (!flags_are_legal(flags_of(hdr)))
		return ATCP_SEG_FLAGS;

	seg->sport = get_unaligned_be16(hdr);
	seg->dport = get_unaligned_be16(hdr + 2);
	seg->seq = get_unaligned_be32(hdr + 4);
	seg->ack = get_unaligned_be32(hdr + 8);
	seg->flags = flags_of(hdr);
	seg->wnd = get_unaligned_be16(hdr + 14);
	seg->urg = get_unaligned_be16(hdr + 18);
	seg->hdr_len = (u8)hdr_len;
	seg->len = total - hdr_len;
	seg->segs = 1;
	seg->ecn = ATCP_NOT_ECT;
	atcp_seg_parse_opts(&seg->opts, hdr + ATCP_HDR_LEN,
			    hdr_len - ATCP_HDR_LEN);
	return ATCP_SEG_OK;
}

static u8 *put_mss(u8 *p, u16 mss)
{
	*p++ = ATCP_OPT_MSS;
	*p++ = OPT_MSS_LEN;
	put_unaligned_be16(mss, p);
	return p + 2;
}

/* Timestamps, with SACK-permitted in place of the padding where it applies. */
static u8 *put_ts(u8 *p, const struct atcp_opts *opts)
{
	if (opts->has & ATCP_HAS_SACK_PERM) {
		*p++ = ATCP_OPT_SACK_PERM;
		*p++ = OPT_SACK_PERM_LEN;
	} else {
		*p++ = ATCP_OPT_NOP;
		*p++ = ATCP_OPT_NOP;
	}
	*p++ = ATCP_OPT_TS;
	*p++ = OPT_TS_LEN;
	put_unaligned_be32(opts->ts_val, p);
	put_unaligned_be32(opts->ts_ecr, p + 4);
	return p + 8;
}

static u8 *put_sack_perm(u8 *p)
{
	*p++ = ATCP_OPT_NOP;
	*p++ = ATCP_OPT_NOP;
	*p++ = ATCP_OPT_SACK_PERM;
	*p++ = OPT_SACK_PERM_LEN;
	return p;
}

static u8 *put_wscale(u8 *p, u8 shift)
{
	*p++ = ATCP_OPT_NOP;
	*p++ = ATCP_OPT_WSCALE;
	*p++ = OPT_WSCALE_LEN;
	*p++ = shift;
	return p;
}

static u8 *put_ecn(u8 *p, const struct atcp_opts *opts)
{
	u8 i, len = OPT_ECN_BASE_LEN + opts->nr_ecn * OPT_ECN_LEN;

	*p++ = opts->has & ATCP_HAS_ACCECN1 ? ATCP_OPT_ACCECN1 :
					      ATCP_OPT_ACCECN0;
	*p++ = len;
	for (i = 0; i < opts->nr_ecn; i++) {
		*p++ = (u8)(opts->ecn[i] >> 16);
		*p++ = (u8)(opts->ecn[i] >> 8);
		*p++ = (u8)opts->ecn[i];
	}
	for (; len % 4; len++)
		*p++ = ATCP_OPT_NOP;
	return p;
}

static u8 *put_sacks(u8 *p, const u8 *end, const struct atcp_opts *opts)
{
	u32 room = (u32)(end - p);
	u32 i, nr;

	if (room < 4 + OPT_SACK_LEN || !opts->nr_sacks)
		return p;

	nr = min_t(u32, opts->nr_sacks, (room - 4) / OPT_SACK_LEN);
	*p++ = ATCP_OPT_NOP;
	*p++ = ATCP_OPT_NOP;
	*p++ = ATCP_OPT_SACK;
	*p++ = (u8)(OPT_SACK_BASE_LEN + nr * OPT_SACK_LEN);
	for (i = 0; i < nr; i++, p += OPT_SACK_LEN) {
		put_unaligned_be32(opts->sacks[i].left, p);
		put_unaligned_be32(opts->sacks[i].right, p + 4);
	}
	return p;
}

/**
 * atcp_seg_build_opts() - Write options.
 * @opt: Room for ATCP_OPTS_MAX bytes.
 * @opts: What to write; as many SACK ranges as fit.
 *
 * Every option is aligned for 32-bit loads (RFC 7323 appendix A).
 *
 * Return: bytes written, a multiple of 4, at most 40.
 */
u8 atcp_seg_build_opts(u8 *opt, const struct atcp_opts *opts)
{
	u8 *p = opt;

	if (opts->has & ATCP_HAS_MSS)
		p = put_mss(p, opts->mss);
	if (opts->has & ATCP_HAS_TS)
		p = put_ts(p, opts);
	else if (opts->has & ATCP_HAS_SACK_PERM)
		p = put_sack_perm(p);
	if (opts->has & ATCP_HAS_WSCALE)
		p = put_wscale(p, opts->wscale);
	if (opts->has & (ATCP_HAS_ACCECN0 | ATCP_HAS_ACCECN1))
		p = put_ecn(p, opts);
	if (opts->has & ATCP_HAS_SACK)
		p = put_sacks(p, opt + ATCP_OPTS_MAX, opts);
	return (u8)(p - opt);
}

/**
 * atcp_seg_build() - Write a header.
 * @hdr: Room for ATCP_HDR_LEN + @tx->opt_len bytes.
 * @tx: What to write.
 * @sport: Source port, host order.
 * @dport: Destination port, host order.
 *
 * Reserved bits and the checksum are left zero.
 *
 * Return: length of the header in bytes.
 */
u32 atcp_seg_build(u8 *hdr, const struct atcp_tx *tx, u16 sport, u16 dport)
{
	u32 hdr_len = ATCP_HDR_LEN + tx->opt_len;

	put_unaligned_be16(sport, hdr);
	put_unaligned_be16(dport, hdr + 2);
	put_unaligned_be32(tx->seq, hdr + 4);
	put_unaligned_be32(tx->ack, hdr + 8);
	put_unaligned_be16((u16)(hdr_len / 4 << 12 | tx->flags), hdr + 12);
	put_unaligned_be16(tx->wnd, hdr + 14);
	put_unaligned_be16(0, hdr + 16);
	put_unaligned_be16(tx->urg, hdr + 18);
	memcpy(hdr + ATCP_HDR_LEN, tx->opt, tx->opt_len);
	return hdr_len;
}

/**
 * atcp_seg_reset_for() - The RST that a segment without a connection gets.
 * @tx: Filled in.
 * @seg: Segment that arrived.
 *
 * RFC 9293 section 3.10.7.1 (CLOSED) and 3.5.2 group 1.
 *
 * Return: false if there is none: a RST is never answered.
 */
bool atcp_seg_reset_for(struct atcp_tx *tx, const struct atcp_seg *seg)
{
	if (seg->flags & ATCP_F_RST)
		return false;

	memset(tx, 0, offsetof(struct atcp_tx, opt));
	if (seg->flags & ATCP_F_ACK) {
		tx->seq = seg->ack;
		tx->flags = ATCP_F_RST;
	} else {
		tx->ack = seg->seq + atcp_seg_seqlen(seg);
		tx->flags = ATCP_F_RST | ATCP_F_ACK;
	}
	return true;
}
