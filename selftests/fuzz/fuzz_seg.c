// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as a segment from the wire: parsed, refused, answered by every part
 * of the core that sees segments without a connection.
 */
#include <stdlib.h>

#include "core/cookie.h"
#include "core/embryo.h"
#include "core/seg.h"
#include "core/timewait.h"

static void require(bool cond)
{
	if (!cond)
		abort();
}

/* What we build of what we have understood says the same. */
static void check_round_trip(const struct atcp_seg *seg)
{
	struct atcp_opts again;
	u8 opt[ATCP_OPTS_MAX];
	u8 len = atcp_seg_build_opts(opt, &seg->opts);

	require(len <= ATCP_OPTS_MAX && len % 4 == 0);
	atcp_seg_parse_opts(&again, opt, len);
	require(again.has == seg->opts.has ||
		seg->opts.has & ATCP_HAS_SACK); /* may not all fit */
	if (again.has & ATCP_HAS_MSS)
		require(again.mss == seg->opts.mss);
	if (again.has & ATCP_HAS_WSCALE)
		require(again.wscale == seg->opts.wscale &&
			again.wscale <= ATCP_WSCALE_MAX);
	if (again.has & ATCP_HAS_TS)
		require(again.ts_val == seg->opts.ts_val &&
			again.ts_ecr == seg->opts.ts_ecr);
}

static void check_tx(const struct atcp_tx *tx)
{
	u8 hdr[ATCP_HDR_MAX];
	struct atcp_seg seg;
	u32 len;

	require(tx->opt_len <= ATCP_OPTS_MAX);
	len = atcp_seg_build(hdr, tx, 1, 2);
	require(atcp_seg_parse(&seg, hdr, len) == ATCP_SEG_OK);
	require(seg.seq == tx->seq && seg.ack == tx->ack && !seg.len);
}

static void try_reset(const struct atcp_seg *seg)
{
	struct atcp_tx rst;

	if (!atcp_seg_reset_for(&rst, seg)) {
		require(seg->flags & ATCP_F_RST);
		return;
	}
	require(rst.flags & ATCP_F_RST);
	check_tx(&rst);
}

static const struct atcp_config config = ATCP_CONFIG_DEFAULT;
static const struct atcp_secret secret = { { 1, 2 } };
static const struct atcp_tuple tuple = { 1, 2, 3, 4 };

static void try_embryo(const struct atcp_seg *syn, const struct atcp_seg *seg)
{
	struct atcp_embryo embryo;
	struct atcp_step step;
	struct atcp_tx tx;

	atcp_step_init(&step, ATCP_NSEC_PER_SEC, NULL);
	atcp_embryo_init(&embryo, syn, &config, 1000, 0, 1460, 65535);
	atcp_embryo_build_synack(&embryo, &config, &tx, &step);
	check_tx(&tx);
	switch (atcp_embryo_handle_segment(&embryo, &config, seg, &tx,
					   &step)) {
	case ATCP_EMBRYO_ANSWER:
	case ATCP_EMBRYO_RESET:
		check_tx(&tx);
		break;
	case ATCP_EMBRYO_ESTABLISHED:
		require(seg->flags & ATCP_F_ACK && seg->ack == 1001);
		break;
	case ATCP_EMBRYO_DROP:
	case ATCP_EMBRYO_GONE:
		break;
	}
}

static void try_listener(const struct atcp_seg *seg)
{
	struct atcp_embryo embryo;
	struct atcp_step step;
	struct atcp_tx tx;

	atcp_step_init(&step, ATCP_NSEC_PER_SEC, NULL);
	switch (atcp_embryo_judge(seg, &step)) {
	case ATCP_LISTEN_SYN:
		try_embryo(seg, seg);
		atcp_cookie_init(&embryo, seg, &config, &secret, &tuple, 1460,
				 65535, &step);
		atcp_embryo_build_synack(&embryo, &config, &tx, &step);
		check_tx(&tx);
		return;
	case ATCP_LISTEN_ACK:
		atcp_cookie_check(&embryo, seg, &config, &secret, &tuple,
				  1460, 65535, &step);
		return;
	case ATCP_LISTEN_DROP:
	case ATCP_LISTEN_RESET:
		return;
	}
}

static void try_timewait(const struct atcp_seg *seg)
{
	struct atcp_timewait tw = {
		.snd_nxt = seg->ack, .rcv_nxt = seg->seq + seg->len,
		.ts_recent_ns = seg->opts.ts_ecr, .ts_recent = 5,
	};
	struct atcp_step step;
	struct atcp_tx tx;
	u32 iss = 0;

	atcp_step_init(&step, ATCP_NSEC_PER_SEC, NULL);
	switch (atcp_timewait_handle_segment(&tw, seg, ATCP_HAS_TS, &tx, &iss, &step)) {
	case ATCP_TW_ANSWER:
	case ATCP_TW_RESTART:
		check_tx(&tx);
		break;
	case ATCP_TW_REUSE:
		require(iss);
		break;
	case ATCP_TW_DROP:
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct atcp_seg seg, syn = { .seq = 1, .flags = ATCP_F_SYN };
	u32 len = (u32)size;

	if (size > 65535)
		return 0;
	if (atcp_seg_parse(&seg, data, len) != ATCP_SEG_OK)
		return 0;
	require(seg.hdr_len >= 20 && seg.hdr_len <= 60);
	require(seg.hdr_len + seg.len == len);
	require(seg.opts.nr_sacks <= ATCP_SACKS_MAX);
	check_round_trip(&seg);
	try_reset(&seg);
	try_listener(&seg);
	syn.opts = seg.opts;
	syn.seq = seg.seq - 1;
	try_embryo(&syn, &seg);
	try_timewait(&seg);
	return 0;
}
