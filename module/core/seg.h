/* SPDX-License-Identifier: GPL-2.0 */
/* Segments: the header on the wire and its parsed form (RFC 9293 section 3.1). */
#ifndef ATCP_CORE_SEG_H
#define ATCP_CORE_SEG_H

#include "core/port.h"

#define ATCP_HDR_LEN 20
#define ATCP_HDR_MAX 60
#define ATCP_OPTS_MAX 40
#define ATCP_CSUM_OFFSET 16
#define ATCP_SACKS_MAX 4
#define ATCP_ECN_FIELDS 3

#define ATCP_F_FIN 0x01
#define ATCP_F_SYN 0x02
#define ATCP_F_RST 0x04
#define ATCP_F_PSH 0x08
#define ATCP_F_ACK 0x10
#define ATCP_F_URG 0x20
#define ATCP_F_ECE 0x40
#define ATCP_F_CWR 0x80
#define ATCP_F_AE 0x100 /* RFC 9768: the ninth, beside the reserved bits */
#define ATCP_FLAGS 0x1ff

/* The ECN field of the IP header, RFC 3168 section 5. */
#define ATCP_NOT_ECT 0
#define ATCP_ECT1 1
#define ATCP_ECT0 2
#define ATCP_CE 3

/* Options, as kinds on the wire. */
#define ATCP_OPT_EOL 0
#define ATCP_OPT_NOP 1
#define ATCP_OPT_MSS 2
#define ATCP_OPT_WSCALE 3
#define ATCP_OPT_SACK_PERM 4
#define ATCP_OPT_SACK 5
#define ATCP_OPT_TS 8
#define ATCP_OPT_ACCECN0 172
#define ATCP_OPT_ACCECN1 174

/* Options, as a set: atcp_seg.has and atcp_opts.has. */
#define ATCP_HAS_MSS BIT(0)
#define ATCP_HAS_WSCALE BIT(1)
#define ATCP_HAS_SACK_PERM BIT(2)
#define ATCP_HAS_TS BIT(3)
#define ATCP_HAS_SACK BIT(4)
#define ATCP_HAS_ACCECN0 BIT(5)
#define ATCP_HAS_ACCECN1 BIT(6)

#define ATCP_WSCALE_MAX 14 /* RFC 7323 section 2.3 */
#define ATCP_MSS_DEFAULT 536 /* RFC 9293 section 3.7.1, IPv4 */
#define ATCP_TS_LEN 12 /* a timestamps option, padded */

/**
 * struct atcp_sack - One range, as a SACK option carries it.
 * @left: First sequence number.
 * @right: Sequence number after the last.
 */
struct atcp_sack {
	u32 left;
	u32 right;
};

/**
 * struct atcp_opts - Options of one segment.
 * @has: Which of them are present, ATCP_HAS_*.
 * @wscale: Shift count, 0 to 14.
 * @mss: Maximum segment size, bytes.
 * @ts_val: Sender's clock, its own unit.
 * @ts_ecr: The peer's clock, echoed.
 * @ecn: Fields of an AccECN option, in its order; 24 bits of each count.
 * @nr_ecn: How many of them.
 * @nr_sacks: Number of ranges in @sacks.
 * @sacks: Ranges, the most recent first.
 */
struct atcp_opts {
	u8 has;
	u8 wscale;
	u16 mss;
	u32 ts_val;
	u32 ts_ecr;
	u32 ecn[ATCP_ECN_FIELDS];
	u8 nr_ecn;
	u8 nr_sacks;
	struct atcp_sack sacks[ATCP_SACKS_MAX];
};

/**
 * struct atcp_seg - A segment that has arrived.
 * @seq: Sequence number of the first payload byte, or of the SYN.
 * @ack: Acknowledgment number; meaningful only with ATCP_F_ACK.
 * @len: Payload bytes. SYN and FIN not counted: see atcp_seg_seqlen().
 * @wnd: Window as on the wire, not scaled.
 * @urg: Urgent pointer; meaningful only with ATCP_F_URG.
 * @sport: Source port, host order.
 * @dport: Destination port, host order.
 * @flags: ATCP_F_*.
 * @segs: How many segments of the wire were merged into this one; 1 or more.
 * @hdr_len: Header with options, 20 to 60 bytes.
 * @ecn: The ECN field that its packet came with: the caller's to set.
 * @opts: Options.
 */
struct atcp_seg {
	u32 seq;
	u32 ack;
	u32 len;
	u16 wnd;
	u16 urg;
	u16 sport;
	u16 dport;
	u16 flags;
	u16 segs;
	u8 hdr_len;
	u8 ecn;
	struct atcp_opts opts;
};

/**
 * enum atcp_seg_error - Why a segment cannot be taken at all.
 * @ATCP_SEG_OK: It can.
 * @ATCP_SEG_SHORT: Shorter than 20 bytes.
 * @ATCP_SEG_OFFSET: Data offset below 5 or past the end of the segment.
 * @ATCP_SEG_FLAGS: FIN without ACK, or SYN together with FIN or RST.
 */
enum atcp_seg_error {
	ATCP_SEG_OK,
	ATCP_SEG_SHORT,
	ATCP_SEG_OFFSET,
	ATCP_SEG_FLAGS,
};

/**
 * struct atcp_tx - A segment, or a burst of them, to be sent.
 * @seq: Sequence number of the first payload byte, SYN or FIN.
 * @ack: Acknowledgment number; 0 without ATCP_F_ACK.
 * @len: Payload bytes; the range is @seq to @seq + @len. The caller has them.
 * @mss: Payload bytes per segment when @len is more than that.
 * @wnd: Window as on the wire.
 * @urg: Urgent pointer as on the wire.
 * @flags: ATCP_F_*. In a burst FIN and PSH belong on the last segment only.
 * @ecn: The ECN field that its packets are to have.
 * @is_again: Sent before: a retransmission.
 * @opt_len: Bytes of @opt in use, a multiple of 4.
 * @opt: Options as on the wire, the same for each segment of the burst.
 */
struct atcp_tx {
	u32 seq;
	u32 ack;
	u32 len;
	u16 mss;
	u16 wnd;
	u16 urg;
	u16 flags;
	u8 ecn;
	bool is_again;
	u8 opt_len;
	u8 opt[ATCP_OPTS_MAX];
};

/* Sequence space that @seg takes: payload, SYN and FIN. */
static inline u32 atcp_seg_seqlen(const struct atcp_seg *seg)
{
	return seg->len + !!(seg->flags & ATCP_F_SYN) +
	       !!(seg->flags & ATCP_F_FIN);
}

static inline bool atcp_seg_has(const struct atcp_seg *seg, u8 opt)
{
	return seg->opts.has & opt;
}

/**
 * atcp_seg_hdr_len() - Length of a header that may not be there in full.
 * @hdr: First 20 bytes of the segment.
 *
 * Return: the header's length in bytes by its data offset, 0 to 60, unchecked.
 */
static inline u32 atcp_seg_hdr_len(const u8 *hdr)
{
	return (hdr[12] >> 4) * 4;
}

enum atcp_seg_error atcp_seg_parse(struct atcp_seg *seg, const u8 *hdr,
				   u32 total);
void atcp_seg_parse_opts(struct atcp_opts *opts, const u8 *opt, u32 len);
u8 atcp_seg_build_opts(u8 *opt, const struct atcp_opts *opts);
u32 atcp_seg_build(u8 *hdr, const struct atcp_tx *tx, u16 sport, u16 dport);
bool atcp_seg_reset_for(struct atcp_tx *tx, const struct atcp_seg *seg);

#endif /* ATCP_CORE_SEG_H */
