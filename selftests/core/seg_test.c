// SPDX-License-Identifier: GPL-2.0
/* Headers and options: from the wire, onto it, and back to what they were. */
#include "core/seg.h"
#include "util.h"

/* A heap copy of exactly @len bytes: KASAN and ASan see any read past it. */
static u8 *exact_copy(struct kunit *test, const u8 *bytes, u32 len)
{
	u8 *copy = kunit_kzalloc(test, len ? len : 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	memcpy(copy, bytes, len);
	return copy;
}

static const struct header_case {
	const char *name;
	u32 total; /* bytes there are */
	u8 offset; /* data offset, words */
	u8 flags;
	enum atcp_seg_error want;
} header_cases[] = {
	{ "nothing", 0, 5, ATCP_F_ACK, ATCP_SEG_SHORT },
	{ "one byte", 1, 5, ATCP_F_ACK, ATCP_SEG_SHORT },
	{ "one byte short", 19, 5, ATCP_F_ACK, ATCP_SEG_SHORT },
	{ "header alone", 20, 5, ATCP_F_ACK, ATCP_SEG_OK },
	{ "offset 0", 60, 0, ATCP_F_ACK, ATCP_SEG_OFFSET },
	{ "offset 4", 60, 4, ATCP_F_ACK, ATCP_SEG_OFFSET },
	{ "offset 5, payload", 60, 5, ATCP_F_ACK, ATCP_SEG_OK },
	{ "offset past the end", 20, 6, ATCP_F_ACK, ATCP_SEG_OFFSET },
	{ "offset one word past the end", 56, 15, ATCP_F_ACK, ATCP_SEG_OFFSET },
	{ "offset 15, one byte short", 59, 15, ATCP_F_ACK, ATCP_SEG_OFFSET },
	{ "offset 15, header alone", 60, 15, ATCP_F_ACK, ATCP_SEG_OK },
};

KUNIT_ARRAY_PARAM_DESC(header, header_cases, name);

static void parse_lengths(struct kunit *test)
{
	const struct header_case *row = test->param_value;
	u8 bytes[ATCP_HDR_MAX] = {}, *hdr;
	struct atcp_seg seg;

	bytes[12] = (u8)(row->offset << 4);
	bytes[13] = row->flags;
	hdr = exact_copy(test, bytes, row->total);
	KUNIT_EXPECT_EQ(test, atcp_seg_parse(&seg, hdr, row->total), row->want);
	if (row->want != ATCP_SEG_OK)
		return;
	KUNIT_EXPECT_EQ(test, seg.hdr_len, row->offset * 4);
	KUNIT_EXPECT_EQ(test, seg.len, row->total - row->offset * 4);
	KUNIT_EXPECT_EQ(test, seg.segs, 1);
	KUNIT_EXPECT_EQ(test, seg.opts.has, 0);
}

/* The reserved bits and the header's place say nothing about its length. */
static void header_length_by_offset(struct kunit *test)
{
	u8 hdr[ATCP_HDR_LEN] = {};
	int words;

	for (words = 0; words < 16; words++) {
		hdr[12] = (u8)(words << 4 | 0xf);
		KUNIT_EXPECT_EQ(test, atcp_seg_hdr_len(hdr), words * 4);
	}
}

static const u8 whole_header[] = {
	0x12, 0x34, 0xab, 0xcd, /* ports */
	0xff, 0xff, 0xff, 0xfe, /* sequence number */
	0x80, 0x00, 0x00, 0x01, /* acknowledgment number */
	0x5f, 0x38, 0xfe, 0xdc, /* offset, reserved bits and AE set; URG ACK PSH; window */
	0x11, 0x22, 0x80, 0x01, /* checksum, urgent pointer */
	'd', 'a', 't', 'a',
};

static void parse_fields(struct kunit *test)
{
	u8 *hdr = exact_copy(test, whole_header, sizeof(whole_header));
	struct atcp_seg seg;

	KUNIT_ASSERT_EQ(test, atcp_seg_parse(&seg, hdr, sizeof(whole_header)),
			ATCP_SEG_OK);
	KUNIT_EXPECT_EQ(test, seg.sport, 0x1234);
	KUNIT_EXPECT_EQ(test, seg.dport, 0xabcd);
	KUNIT_EXPECT_EQ(test, seg.seq, 0xfffffffeu);
	KUNIT_EXPECT_EQ(test, seg.ack, 0x80000001u);
	KUNIT_EXPECT_EQ(test, seg.flags, ATCP_F_AE | ATCP_F_URG | ATCP_F_ACK |
						 ATCP_F_PSH);
	KUNIT_EXPECT_EQ(test, seg.wnd, 0xfedc);
	KUNIT_EXPECT_EQ(test, seg.urg, 0x8001);
	KUNIT_EXPECT_EQ(test, seg.len, 4);
}

/* Every combination of the eight flags: refused are only those that lie. */
static void parse_every_flag_combination(struct kunit *test)
{
	u8 hdr[ATCP_HDR_LEN] = { [12] = 0x50 };
	struct atcp_seg seg;
	int flags;

	for (flags = 0; flags < 256; flags++) {
		bool syn = flags & ATCP_F_SYN, fin = flags & ATCP_F_FIN;
		bool is_lie = (syn && fin) || (syn && flags & ATCP_F_RST) ||
			      (fin && !(flags & ATCP_F_ACK));

		hdr[13] = (u8)flags;
		KUNIT_EXPECT_EQ_MSG(test,
				    atcp_seg_parse(&seg, hdr, sizeof(hdr)),
				    is_lie ? ATCP_SEG_FLAGS : ATCP_SEG_OK,
				    "flags 0x%02x", flags);
	}
}

static void sequence_space(struct kunit *test)
{
	struct atcp_seg seg = { .len = 7 };

	KUNIT_EXPECT_EQ(test, atcp_seg_seqlen(&seg), 7);
	seg.flags = ATCP_F_ACK | ATCP_F_PSH | ATCP_F_URG | ATCP_F_RST;
	KUNIT_EXPECT_EQ(test, atcp_seg_seqlen(&seg), 7);
	seg.flags = ATCP_F_SYN;
	KUNIT_EXPECT_EQ(test, atcp_seg_seqlen(&seg), 8);
	seg.flags = ATCP_F_FIN | ATCP_F_ACK;
	KUNIT_EXPECT_EQ(test, atcp_seg_seqlen(&seg), 8);
}

static const struct opts_case {
	const char *name;
	u8 len;
	u8 bytes[ATCP_OPTS_MAX];
	struct atcp_opts want;
} opts_cases[] = {
	{ "none", 0, {}, {} },
	{ "end of list", 4, { 0, 2, 4, 5 }, {} },
	{ "padding alone", 4, { 1, 1, 1, 1 }, {} },
	{ "MSS", 4, { 2, 4, 0x05, 0xb4 },
	  { .has = ATCP_HAS_MSS, .mss = 1460 } },
	{ "MSS after padding", 5, { 1, 2, 4, 0xff, 0xff },
	  { .has = ATCP_HAS_MSS, .mss = 65535 } },
	{ "MSS too short", 4, { 2, 3, 5, 0 }, {} },
	{ "MSS too long, next one holds", 8, { 2, 5, 5, 5, 5, 3, 3, 7 },
	  { .has = ATCP_HAS_WSCALE, .wscale = 7 } },
	{ "MSS cut by the header's end", 3, { 2, 4, 5 }, {} },
	{ "kind without length", 1, { 2 }, {} },
	{ "length 0", 4, { 2, 0, 5, 5 }, {} },
	{ "length 1", 4, { 2, 1, 5, 5 }, {} },
	{ "length past the end", 8, { 3, 3, 4, 254, 9, 1, 1, 1 },
	  { .has = ATCP_HAS_WSCALE, .wscale = 4 } },
	{ "wrong length ends the list", 7, { 254, 1, 3, 3, 4, 1, 1 }, {} },
	{ "window scale 0", 3, { 3, 3, 0 }, { .has = ATCP_HAS_WSCALE } },
	{ "window scale 14", 3, { 3, 3, 14 },
	  { .has = ATCP_HAS_WSCALE, .wscale = 14 } },
	{ "window scale 15 counts as 14", 3, { 3, 3, 15 },
	  { .has = ATCP_HAS_WSCALE, .wscale = 14 } },
	{ "window scale 255 counts as 14", 3, { 3, 3, 255 },
	  { .has = ATCP_HAS_WSCALE, .wscale = 14 } },
	{ "window scale of wrong length", 4, { 3, 4, 1, 1 }, {} },
	{ "SACK permitted", 2, { 4, 2 }, { .has = ATCP_HAS_SACK_PERM } },
	{ "SACK permitted of wrong length", 3, { 4, 3, 0 }, {} },
	{ "timestamps", 10, { 8, 10, 1, 2, 3, 4, 0xff, 0xfe, 0xfd, 0xfc },
	  { .has = ATCP_HAS_TS, .ts_val = 0x01020304,
	    .ts_ecr = 0xfffefdfcu } },
	{ "timestamps of wrong length", 9, { 8, 9, 1, 2, 3, 4, 5, 6, 7 }, {} },
	{ "SACK, one range across the wrap", 10,
	  { 5, 10, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 9 },
	  { .has = ATCP_HAS_SACK, .nr_sacks = 1,
	    .sacks = { { 0xffffffffu, 9 } } } },
	{ "SACK, four ranges", 34,
	  { 5, 34, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4,
	    0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 8 },
	  { .has = ATCP_HAS_SACK, .nr_sacks = 4,
	    .sacks = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 } } } },
	{ "SACK without a range", 2, { 5, 2 }, {} },
	{ "SACK with half a range", 6, { 5, 6, 1, 2, 3, 4 }, {} },
	{ "SACK with one and a half", 14, { 5, 14, 1 }, {} },
	{ "unknown kind skipped", 9, { 253, 6, 2, 4, 1, 1, 4, 2, 1 },
	  { .has = ATCP_HAS_SACK_PERM } },
	{ "unknown kind, smallest length", 5, { 99, 2, 3, 3, 1 },
	  { .has = ATCP_HAS_WSCALE, .wscale = 1 } },
	{ "twice: the last one holds", 8, { 2, 4, 0, 1, 2, 4, 0, 2 },
	  { .has = ATCP_HAS_MSS, .mss = 2 } },
	{ "after the end of list nothing holds", 8,
	  { 4, 2, 0, 2, 4, 0, 1, 1 }, { .has = ATCP_HAS_SACK_PERM } },
	{ "a SYN's, as Linux sends them", 20,
	  { 2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 0, 1, 3, 3, 7 },
	  { .has = ATCP_HAS_MSS | ATCP_HAS_SACK_PERM | ATCP_HAS_TS |
		   ATCP_HAS_WSCALE, .mss = 1460, .wscale = 7, .ts_val = 7 } },
};

KUNIT_ARRAY_PARAM_DESC(opts, opts_cases, name);

static void expect_opts(struct kunit *test, const struct atcp_opts *got,
			const struct atcp_opts *want)
{
	u32 i;

	KUNIT_EXPECT_EQ(test, got->has, want->has);
	KUNIT_EXPECT_EQ(test, got->mss, want->mss);
	KUNIT_EXPECT_EQ(test, got->wscale, want->wscale);
	KUNIT_EXPECT_EQ(test, got->ts_val, want->ts_val);
	KUNIT_EXPECT_EQ(test, got->ts_ecr, want->ts_ecr);
	KUNIT_ASSERT_EQ(test, got->nr_sacks, want->nr_sacks);
	for (i = 0; i < want->nr_sacks; i++) {
		KUNIT_EXPECT_EQ(test, got->sacks[i].left, want->sacks[i].left);
		KUNIT_EXPECT_EQ(test, got->sacks[i].right,
				want->sacks[i].right);
	}
}

static void parse_opts(struct kunit *test)
{
	const struct opts_case *row = test->param_value;
	u8 *bytes = exact_copy(test, row->bytes, row->len);
	struct atcp_opts opts;

	memset(&opts, 0xee, sizeof(opts)); /* filled in whole */
	atcp_seg_parse_opts(&opts, bytes, row->len);
	expect_opts(test, &opts, &row->want);
}

/* Any prefix of a list of options is read to its end and no further. */
static void parse_opts_cut_anywhere(struct kunit *test)
{
	static const u8 syn[] = {
		2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 0, 1, 3, 3, 7,
	};
	/* has after that many bytes */
	static const struct { u8 len, has; } steps[] = {
		{ 3, 0 }, { 4, ATCP_HAS_MSS }, { 5, ATCP_HAS_MSS },
		{ 6, ATCP_HAS_MSS | ATCP_HAS_SACK_PERM },
		{ 15, ATCP_HAS_MSS | ATCP_HAS_SACK_PERM },
		{ 16, ATCP_HAS_MSS | ATCP_HAS_SACK_PERM | ATCP_HAS_TS },
		{ 19, ATCP_HAS_MSS | ATCP_HAS_SACK_PERM | ATCP_HAS_TS },
		{ 20, ATCP_HAS_MSS | ATCP_HAS_SACK_PERM | ATCP_HAS_TS |
		      ATCP_HAS_WSCALE },
	};
	struct atcp_opts opts;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		atcp_seg_parse_opts(&opts, exact_copy(test, syn, steps[i].len),
				    steps[i].len);
		KUNIT_EXPECT_EQ_MSG(test, opts.has, steps[i].has,
				    "%u bytes", steps[i].len);
	}
}

/* Every kind with every length: nothing outside the list is touched. */
static void parse_opts_lying_lengths(struct kunit *test)
{
	u8 bytes[ATCP_OPTS_MAX] = {}, *list;
	struct atcp_opts opts;
	int kind, len;

	list = exact_copy(test, bytes, 12);
	for (kind = 2; kind < 10; kind++) {
		for (len = 0; len < 256; len++) {
			list[0] = (u8)kind;
			list[1] = (u8)len;
			atcp_seg_parse_opts(&opts, list, 12);
			if (len < 2 || len > 12)
				KUNIT_EXPECT_EQ(test, opts.has, 0);
		}
	}
}

static const struct build_opts_case {
	const char *name;
	struct atcp_opts opts;
	u8 want_len;
	u8 want_sacks;
} build_opts_cases[] = {
	{ "none", {}, 0, 0 },
	{ "MSS", { .has = ATCP_HAS_MSS, .mss = 1460 }, 4, 0 },
	{ "window scale", { .has = ATCP_HAS_WSCALE, .wscale = 14 }, 4, 0 },
	{ "SACK permitted", { .has = ATCP_HAS_SACK_PERM }, 4, 0 },
	{ "timestamps",
	  { .has = ATCP_HAS_TS, .ts_val = 0xfffffffeu, .ts_ecr = 1 }, 12, 0 },
	{ "SACK permitted in the timestamps' padding",
	  { .has = ATCP_HAS_TS | ATCP_HAS_SACK_PERM, .ts_val = 3 }, 12, 0 },
	{ "all that a SYN has",
	  { .has = ATCP_HAS_MSS | ATCP_HAS_TS | ATCP_HAS_SACK_PERM |
		   ATCP_HAS_WSCALE, .mss = 536, .wscale = 7, .ts_val = 1 },
	  20, 0 },
	{ "four ranges",
	  { .has = ATCP_HAS_SACK, .nr_sacks = 4,
	    .sacks = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 0xfffffff0u, 7 } } },
	  36, 4 },
	{ "ranges beside timestamps: three",
	  { .has = ATCP_HAS_SACK | ATCP_HAS_TS, .nr_sacks = 4,
	    .sacks = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 } } }, 40, 3 },
	{ "ranges beside all of a SYN's: two",
	  { .has = ATCP_HAS_MSS | ATCP_HAS_TS | ATCP_HAS_SACK_PERM |
		   ATCP_HAS_WSCALE | ATCP_HAS_SACK, .nr_sacks = 4,
	    .sacks = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 } } }, 40, 2 },
	{ "SACK without ranges", { .has = ATCP_HAS_SACK }, 0, 0 },
};

KUNIT_ARRAY_PARAM_DESC(build_opts, build_opts_cases, name);

/* Each kind's word-sized fields lie at multiples of 4 (RFC 7323 appendix A). */
static void expect_aligned(struct kunit *test, const u8 *opt, u8 len)
{
	u8 i = 0;

	while (i < len) {
		if (opt[i] == ATCP_OPT_NOP) {
			i++;
			continue;
		}
		KUNIT_ASSERT_TRUE(test, i + 1 < len && opt[i + 1] >= 2);
		if (opt[i] == ATCP_OPT_TS || opt[i] == ATCP_OPT_SACK)
			KUNIT_EXPECT_EQ(test, (i + 2) % 4, 0);
		if (opt[i] == ATCP_OPT_MSS)
			KUNIT_EXPECT_EQ(test, i % 4, 0);
		i += opt[i + 1];
	}
	KUNIT_EXPECT_EQ(test, i, len);
}

static void build_and_parse_opts(struct kunit *test)
{
	const struct build_opts_case *row = test->param_value;
	struct atcp_opts want = row->opts, got;
	u8 *opt = kunit_kzalloc(test, ATCP_OPTS_MAX, GFP_KERNEL);
	u8 len;

	KUNIT_ASSERT_NOT_NULL(test, opt);
	len = atcp_seg_build_opts(opt, &row->opts);
	KUNIT_EXPECT_EQ(test, len, row->want_len);
	expect_aligned(test, opt, len);

	want.nr_sacks = row->want_sacks;
	if (!row->want_sacks)
		want.has &= ~ATCP_HAS_SACK;
	atcp_seg_parse_opts(&got, opt, len);
	expect_opts(test, &got, &want);
}

/* What is built is what is parsed, for every set of options and of flags. */
static void build_and_parse(struct kunit *test)
{
	struct atcp_opts opts = { .mss = 1460, .wscale = 9, .ts_val = 4,
				  .ts_ecr = 0xffffffffu, .nr_sacks = 1,
				  .sacks = { { 8, 9 } } };
	struct atcp_tx tx = { .seq = 0xffffffffu, .ack = 0x80000000u,
			      .wnd = 0xfffe, .urg = 0x0102 };
	u8 hdr[ATCP_HDR_MAX];
	struct atcp_seg seg;
	u32 len;

	for (opts.has = 0; opts.has < 32; opts.has++) {
		tx.flags = ATCP_F_ACK | (opts.has & 1 ? ATCP_F_PSH : 0) |
			   (opts.has & 2 ? ATCP_F_URG : ATCP_F_FIN) |
			   (opts.has & 4 ? ATCP_F_AE : ATCP_F_ECE);
		tx.opt_len = atcp_seg_build_opts(tx.opt, &opts);
		memset(hdr, 0xff, sizeof(hdr));
		len = atcp_seg_build(hdr, &tx, 65535, 1);
		KUNIT_ASSERT_EQ(test, len, ATCP_HDR_LEN + tx.opt_len);
		KUNIT_ASSERT_EQ(test, atcp_seg_parse(&seg, hdr, len + 99),
				ATCP_SEG_OK);
		KUNIT_EXPECT_EQ(test, seg.sport, 65535);
		KUNIT_EXPECT_EQ(test, seg.dport, 1);
		KUNIT_EXPECT_EQ(test, seg.seq, tx.seq);
		KUNIT_EXPECT_EQ(test, seg.ack, tx.ack);
		KUNIT_EXPECT_EQ(test, seg.flags, tx.flags);
		KUNIT_EXPECT_EQ(test, seg.wnd, tx.wnd);
		KUNIT_EXPECT_EQ(test, seg.urg, tx.urg);
		KUNIT_EXPECT_EQ(test, seg.len, 99);
		KUNIT_EXPECT_EQ(test, seg.opts.has, opts.has);
		KUNIT_EXPECT_EQ(test, hdr[12] & 0xe, 0); /* reserved */
		KUNIT_EXPECT_EQ(test, hdr[16] | hdr[17], 0); /* checksum */
	}
}

static const struct reset_case {
	const char *name;
	struct atcp_seg seg;
	bool want;
	u32 seq, ack;
	u8 flags;
} reset_cases[] = {
	{ "a RST is never answered", { .flags = ATCP_F_RST } },
	{ "nor one with ACK", { .flags = ATCP_F_RST | ATCP_F_ACK, .ack = 9 } },
	{ "ACK: its number", { .flags = ATCP_F_ACK, .ack = 9, .seq = 5 }, true,
	  9, 0, ATCP_F_RST },
	{ "SYN+ACK: the same", { .flags = ATCP_F_SYN | ATCP_F_ACK, .ack = 9 },
	  true, 9, 0, ATCP_F_RST },
	{ "ACK 0 is a number too", { .flags = ATCP_F_ACK }, true, 0, 0,
	  ATCP_F_RST },
	{ "SYN: acknowledged", { .flags = ATCP_F_SYN, .seq = 0xffffffffu },
	  true, 0, 0, ATCP_F_RST | ATCP_F_ACK },
	{ "SYN with data: all of it", { .flags = ATCP_F_SYN, .seq = 10, .len = 5 },
	  true, 0, 16, ATCP_F_RST | ATCP_F_ACK },
	{ "nothing: acknowledged", { .seq = 7 }, true, 0, 7,
	  ATCP_F_RST | ATCP_F_ACK },
};

KUNIT_ARRAY_PARAM_DESC(reset, reset_cases, name);

static void reset_for(struct kunit *test)
{
	const struct reset_case *row = test->param_value;
	struct atcp_tx tx;

	memset(&tx, 0xee, sizeof(tx));
	KUNIT_ASSERT_EQ(test, atcp_seg_reset_for(&tx, &row->seg), row->want);
	if (!row->want)
		return;
	KUNIT_EXPECT_EQ(test, tx.seq, row->seq);
	KUNIT_EXPECT_EQ(test, tx.ack, row->ack);
	KUNIT_EXPECT_EQ(test, tx.flags, row->flags);
	KUNIT_EXPECT_EQ(test, tx.len, 0);
	KUNIT_EXPECT_EQ(test, tx.wnd, 0);
	KUNIT_EXPECT_EQ(test, tx.opt_len, 0);
}

static struct kunit_case seg_cases[] = {
	KUNIT_CASE_PARAM(parse_lengths, header_gen_params),
	KUNIT_CASE(header_length_by_offset),
	KUNIT_CASE(parse_fields),
	KUNIT_CASE(parse_every_flag_combination),
	KUNIT_CASE(sequence_space),
	KUNIT_CASE_PARAM(parse_opts, opts_gen_params),
	KUNIT_CASE(parse_opts_cut_anywhere),
	KUNIT_CASE(parse_opts_lying_lengths),
	KUNIT_CASE_PARAM(build_and_parse_opts, build_opts_gen_params),
	KUNIT_CASE(build_and_parse),
	KUNIT_CASE_PARAM(reset_for, reset_gen_params),
	{}
};

struct kunit_suite seg_suite = {
	.name = "atcp_seg",
	.test_cases = seg_cases,
};
