// SPDX-License-Identifier: GPL-2.0
/*
 * SYN cookies. The ISS is a keyed hash of the connection, the peer's ISS and a
 * coarse clock, with an index into a table of segment sizes; the timestamp's low
 * bits carry the other options. The last ACK brings both back.
 *
 *	ISS:  clock 5 bits | hash 24 bits | MSS index 3 bits
 *	TSval (low bits): RFC 3168's ECN 1 bit | SACK permitted 1 bit | window scale 4 bits, 15
 *	for none
 */
#include "core/cookie.h"
#include "core/internal.h"

/* RFC 4987 section 3.6: few values, the common ones; the next lower is taken. */
static const u16 cookie_mss[] = { 216, 536, 1024, 1220, 1300, 1440, 1460, 8960 };

#define MSS_BITS 3
#define HASH_BITS 24
#define CLOCK_SHIFT (MSS_BITS + HASH_BITS)
#define CLOCK_MASK 0x1fU
#define CLOCK_NS (64 * ATCP_NSEC_PER_SEC)
#define AGE_MAX 1 /* valid for the tick that it was made in and the next */

#define TS_MASK 0x3fU
#define TS_WSCALE_MASK 0xfU
#define TS_NO_WSCALE 15
#define TS_SACK BIT(4)
#define TS_ECN BIT(5)

static_assert(ARRAY_SIZE(cookie_mss) == 1 << MSS_BITS, "the index fits");

/* The index counts too: a cookie with another one is no cookie of ours. */
static u32 cookie_hash(const struct atcp_secret *secret,
		       const struct atcp_tuple *tuple, u32 irs, u32 index,
		       u32 clock)
{
	u64 addrs = (u64)tuple->laddr << 32 | tuple->raddr;
	u64 ports = (u64)tuple->lport << 16 | tuple->rport;
	u64 content = (u64)clock << MSS_BITS | index;

	/* What counts is above any purpose number of isn.c: never the same words. */
	return (u32)atcp_port_hash(secret->key, addrs, (u64)irs << 32 | ports,
				   content << 8 | 0xff) &
	       (BIT(HASH_BITS) - 1);
}

static u32 clock_now(u64 now)
{
	return (u32)div64_u64(now, CLOCK_NS);
}

static u32 mss_index(u16 mss)
{
	u32 i = ARRAY_SIZE(cookie_mss) - 1;

	while (i && cookie_mss[i] > mss)
		i--;
	return i;
}

static u32 make(const struct atcp_secret *secret,
		const struct atcp_tuple *tuple, u32 irs, u32 index, u32 clock)
{
	return (clock & CLOCK_MASK) << CLOCK_SHIFT |
	       cookie_hash(secret, tuple, irs, index, clock) << MSS_BITS |
	       index;
}

/* The clock in timestamps goes on in steps, to leave its low bits for options. */
static u32 ts_offset_for(const struct atcp_embryo *embryo, u32 base, u64 now)
{
	u32 bits = embryo->use & ATCP_HAS_WSCALE ? embryo->snd_wscale :
						   TS_NO_WSCALE;
	u32 ts = atcp_conn_ts_now(base, now);

	if (embryo->use & ATCP_HAS_SACK_PERM)
		bits |= TS_SACK;
	if (embryo->ecn == ATCP_ECN_CLASSIC)
		bits |= TS_ECN;
	return base + ((ts & ~TS_MASK) | bits) - ts;
}

/**
 * atcp_cookie_init() - Make an embryo for one SYN+ACK, then to be forgotten.
 * @embryo: Initialised; build the SYN+ACK of it and drop it.
 * @syn: The SYN.
 * @config: The listener's settings.
 * @secret: Key.
 * @tuple: Connection.
 * @own_mss: MSS option to send, bytes.
 * @window: Room for data, bytes.
 * @step: The time.
 *
 * Without timestamps there is no place for other options: none are agreed on.
 */
void atcp_cookie_init(struct atcp_embryo *embryo, const struct atcp_seg *syn,
		      const struct atcp_config *config,
		      const struct atcp_secret *secret,
		      const struct atcp_tuple *tuple, u16 own_mss, u32 window,
		      struct atcp_step *step)
{
	u32 base = atcp_isn_ts_offset(secret, tuple);

	atcp_embryo_init(embryo, syn, config, 0, base, own_mss, window);
	embryo->iss = make(secret, tuple, syn->seq,
			   mss_index(embryo->peer_mss), clock_now(step->now));
	if (embryo->use & ATCP_HAS_TS) {
		embryo->ts_offset = ts_offset_for(embryo, base, step->now);
	} else {
		embryo->use = 0;
		if (embryo->ecn == ATCP_ECN_CLASSIC)
			embryo->ecn = ATCP_ECN_OFF;
		embryo->snd_wscale = 0;
		embryo->rcv_wscale = 0;
	}
	atcp_step_count(step, ATCP_MIB_COOKIES_SENT);
}

/* Is @cookie one that we made within the last ticks? */
static bool is_valid(u32 cookie, u32 irs, const struct atcp_secret *secret,
		     const struct atcp_tuple *tuple, u64 now)
{
	u32 clock = clock_now(now);
	u32 age;

	for (age = 0; age <= AGE_MAX; age++) {
		u32 index = cookie & (BIT(MSS_BITS) - 1);

		if (cookie == make(secret, tuple, irs, index, clock - age))
			return true;
	}
	return false;
}

static void take_ts(struct atcp_embryo *embryo, const struct atcp_seg *ack,
		    const struct atcp_config *config, u32 base, u64 now)
{
	u32 bits = ack->opts.ts_ecr & TS_MASK;
	u8 wscale = bits & TS_WSCALE_MASK;

	embryo->use = ATCP_HAS_TS;
	embryo->ts_recent = ack->opts.ts_val;
	embryo->ts_offset = base;
	/* Our clock must not go back behind what the SYN+ACK showed. */
	if (atcp_before(atcp_conn_ts_now(base, now), ack->opts.ts_ecr))
		embryo->ts_offset = base + ack->opts.ts_ecr -
				    atcp_conn_ts_now(base, now);
	if (bits & TS_SACK)
		embryo->use |= ATCP_HAS_SACK_PERM & config->use;
	if (bits & TS_ECN && !embryo->ecn && atcp_ecn_accepts(config))
		embryo->ecn = ATCP_ECN_CLASSIC;
	if (wscale != TS_NO_WSCALE && config->use & ATCP_HAS_WSCALE) {
		embryo->use |= ATCP_HAS_WSCALE;
		embryo->snd_wscale = min_t(u8, wscale, ATCP_WSCALE_MAX);
		embryo->rcv_wscale = atcp_window_scale(ATCP_WINDOW_MAX);
	}
}

/**
 * atcp_cookie_check() - Does this ACK answer a cookie of ours?
 * @embryo: Initialised if so, as if it had been kept since the SYN.
 * @ack: ACK that belongs to nothing else.
 * @config: The listener's settings.
 * @secret: Key.
 * @tuple: Connection.
 * @own_mss: MSS option that was sent, bytes.
 * @window: Room for data, bytes.
 * @step: The time.
 *
 * Return: true if the cookie is valid and not older than two minutes.
 */
bool atcp_cookie_check(struct atcp_embryo *embryo, const struct atcp_seg *ack,
		       const struct atcp_config *config,
		       const struct atcp_secret *secret,
		       const struct atcp_tuple *tuple, u16 own_mss, u32 window,
		       struct atcp_step *step)
{
	u32 cookie = ack->ack - 1;
	u32 irs = ack->seq - 1;

	if (!is_valid(cookie, irs, secret, tuple, step->now)) {
		atcp_step_count(step, ATCP_MIB_COOKIES_FAILED);
		return false;
	}
	memset(embryo, 0, sizeof(*embryo));
	embryo->deadline_ns = ATCP_NEVER;
	embryo->irs = irs;
	embryo->iss = cookie;
	embryo->own_mss = own_mss;
	embryo->window = (u16)min_t(u32, window, 0xffff);
	embryo->peer_mss = cookie_mss[cookie & (BIT(MSS_BITS) - 1)];
	embryo->may_mark = true;
	if (atcp_accecn_is_cookie(ack) &&
	    atcp_ecn_accepts(config) == ATCP_ECN_ACCURATE)
		embryo->ecn = ATCP_ECN_ACCURATE;
	embryo->tries = 1; /* as far as we know; when, we do not: no RTT sample */
	if (atcp_seg_has(ack, ATCP_HAS_TS) && config->use & ATCP_HAS_TS)
		take_ts(embryo, ack, config,
			atcp_isn_ts_offset(secret, tuple), step->now);
	atcp_step_count(step, ATCP_MIB_COOKIES_VALID);
	return true;
}
