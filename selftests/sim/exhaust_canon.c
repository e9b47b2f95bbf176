// SPDX-License-Identifier: GPL-2.0
/*
 * When two states are the same: when nothing that can happen from now on differs.
 *
 * All of a connection is hashed, byte by byte, after what can be told from now on
 * only by its distance has been replaced by that: so a field that is added to
 * struct atcp_conn is part of the state without a line here. Three things are left
 * out, each for the reason given where it is.
 *
 * Sequence numbers need nothing: the initial ones are the same in all runs
 * (exh_host_iss()), so equal is equal. All times are told from now, for the core
 * compares and subtracts them and never looks at one by itself; timestamps are told
 * from the present reading of the clock that they were taken from.
 *
 * Two states with the same 128-bit hash are taken for one. With n states the
 * probability that any two differ all the same is about n^2 / 2^129: for ten
 * million states less than 10^-24.
 */
#include "exhaust.h"

#define CANON_MAX 4096

/*
 * Of these some fields are told one by one, or left out. Who adds one decides here what
 * becomes of it, and then puts the new size.
 */
static_assert(sizeof(void *) != 8 || sizeof(struct atcp_burst) == 96,
	      "put_records() knows every field");
static_assert(sizeof(void *) != 8 || sizeof(struct atcp_conn) == 1024,
	      "put_conn() tells times from now, and leaves out what nobody asks");
static_assert(sizeof(struct atcp_timewait) == 40,
	      "put_timewait() tells times from now");
static_assert(sizeof(struct atcp_embryo) == 56,
	      "put_embryo() tells times from now");
static_assert(sizeof(struct atcp_seg) == 88,
	      "flatten() tells timestamps from their clocks");

struct canon {
	size_t len;
	u8 bytes[CANON_MAX];
};

static void put(struct canon *canon, const void *from, size_t len)
{
	if (canon->len + len > CANON_MAX)
		exh_fail("the canonical form is too long");
	memcpy(canon->bytes + canon->len, from, len);
	canon->len += len;
}

static void put_u64(struct canon *canon, u64 value)
{
	put(canon, &value, sizeof(value));
}

/* A time as told from now. ATCP_NEVER, and 0 where it stands for none, stay. */
static u64 from_now(u64 at, u64 now)
{
	return at && at != ATCP_NEVER ? at - now + BIT_ULL(62) : at;
}

/* A time that is only asked whether it has passed. */
static u64 passed_or_not(u64 at, u64 now)
{
	return at > now ? from_now(at, now) : 0;
}

/* The timestamp clock of @host, as atcp_conn_ts_now() has it. */
static u32 clock_of(const struct exh_host *host, u64 now)
{
	return (u32)(now / ATCP_NSEC_PER_MSEC) + exh_host_ts_offset(host);
}

static void put_records(struct canon *canon, const struct list_head *list,
			u64 now, u32 nr_sent)
{
	const struct atcp_burst *burst;
	u64 nr = 0;

	list_for_each_entry(burst, list, link) {
		put_u64(canon, (u64)burst->seq << 32 | burst->end);
		put_u64(canon, (u64)burst->skip << 32 | burst->flags);
		put_u64(canon, (uintptr_t)burst->payload);
		put_u64(canon, from_now(burst->sent_ns, now));
		put_u64(canon, burst->order - nr_sent);
		nr++;
	}
	put_u64(canon, nr);
}

static void put_conn(struct canon *canon, const struct exh_world *world,
		     const struct exh_host *host)
{
	const struct exh_host *peer = &world->hosts[!host->index];
	struct atcp_conn conn;
	u64 now = world->now;
	u8 i;

	memcpy(&conn, &host->conn, sizeof(conn));
	for (i = 0; i < ATCP_TIMER_NR; i++)
		conn.deadline[i] = from_now(conn.deadline[i], now);
	conn.heard_ns = from_now(conn.heard_ns, now);
	conn.sent_ns = from_now(conn.sent_ns, now);
	conn.retrans_ns = from_now(conn.retrans_ns, now);
	conn.syn_ns = from_now(conn.syn_ns, now);
	conn.challenge_ns = passed_or_not(conn.challenge_ns, now);
	if (conn.ts_recent_ns)
		conn.ts_recent -= clock_of(peer, now);
	/* Left out: where gaps began, when there is none. */
	if (!conn.rcv.nr_ofo)
		conn.rcv.gap_seq = 0;
	if (!conn.rcv.nr_ofo || !conn.ts_recent_ns)
		conn.rcv.gap_ts = 0;
	else
		conn.rcv.gap_ts -= clock_of(peer, now);
	/*
	 * Left out: that it is there is all that matters of TS.Recent's age until
	 * 24 days have passed (RFC 7323 section 5.5); a run takes minutes.
	 */
	conn.ts_recent_ns = !!conn.ts_recent_ns;
	/* Left out: when the SYN went, once its answer has been timed. */
	if (conn.state >= ATCP_ESTABLISHED)
		conn.syn_ns = 0;
	/* Left out: told to the user, and asked by nobody in the core. */
	conn.retrans_total = 0;
	/* Left out: what RACK alone asks, where there is no SACK. */
	if (!(conn.use & ATCP_HAS_SACK_PERM)) {
		conn.rtt.min_ns = 0;
		memset(&conn.rack, 0, sizeof(conn.rack));
	}
	/* Told from now: how many have been sent since. */
	conn.rack.order -= conn.snd.nr_sent;
	conn.snd.nr_sent = 0;
	/* Left out: when that was; it has been timed. */
	conn.rack.sent_ns = !!conn.rack.sent_ns;
	/* Left out: what only a router's report is held against; there are none. */
	conn.pmtu.acked = 0;
	if (conn.pmtu.is_on)
		conn.pmtu.raise_ns = from_now(conn.pmtu.raise_ns, now);
	/* Left out: the end of a probe that is not out. */
	if (!conn.tlp.is_out)
		conn.tlp.end_seq = 0;
	/* Left out: what undo knows, before anything has been sent again. */
	if (!conn.undo.is_begun) {
		conn.undo.seq = 0;
		conn.undo.ts = 0;
		conn.undo.bytes = 0;
	} else if (conn.use & ATCP_HAS_TS) {
		conn.undo.ts -= clock_of(host, now);
	}
	/* Left out: where the last reduction was, if no mark can come. */
	if (!conn.ecn.mode)
		conn.ecn.round_end = 0;
	/* Left out: what is measured for the user's buffer, which is fixed here. */
	memset(&conn.tune, 0, sizeof(conn.tune));
	/* Left out: what only those algorithms ask that own cwnd. */
	memset(&conn.rate, 0, sizeof(conn.rate));
	conn.pacing.next_ns = 0;
	/* Left out: how much of cwnd is used, by scripts of a few bytes never all. */
	memset(&conn.cc.cwv, 0, sizeof(conn.cc.cwv));
	/* Left out: what PRR counts, until a recovery begins and sets it. */
	if (conn.snd.recovery != ATCP_REC_FAST) {
		conn.snd.prr_flight = 0;
		conn.snd.prr_delivered = 0;
		conn.snd.prr_out = 0;
	}

	/* Where in memory the records lie is not part of the state. */
	memset(&conn.snd.flight, 0, sizeof(conn.snd.flight));
	/* What waits for its turn is known by flags, orders and numbers. */
	memset(&conn.snd.waiting, 0, sizeof(conn.snd.waiting));
	memset(&conn.snd.again, 0, sizeof(conn.snd.again));
	memset(&conn.rcv.ofo, 0, sizeof(conn.rcv.ofo));
	memset(&conn.rcv.blocks, 0, sizeof(conn.rcv.blocks));
	put(canon, &conn, sizeof(conn));
	put_records(canon, &host->conn.snd.flight, now, host->conn.snd.nr_sent);
	put_records(canon, &host->conn.rcv.ofo, now, 0);
}

static void put_timewait(struct canon *canon, const struct exh_world *world,
			 const struct exh_host *host)
{
	const struct exh_host *peer = &world->hosts[!host->index];
	struct atcp_timewait tw;

	memcpy(&tw, &host->tw, sizeof(tw));
	if (tw.ts_recent_ns)
		tw.ts_recent -= clock_of(peer, world->now);
	tw.ts_recent_ns = !!tw.ts_recent_ns; /* as in put_conn() */
	tw.challenge_ns = passed_or_not(tw.challenge_ns, world->now);
	put(canon, &tw, sizeof(tw));
	put_u64(canon, from_now(host->tw_until, world->now));
}

static void put_embryo(struct canon *canon, const struct exh_world *world,
		       const struct exh_host *host)
{
	const struct exh_host *peer = &world->hosts[!host->index];
	struct atcp_embryo embryo;

	memcpy(&embryo, &host->embryo, sizeof(embryo));
	embryo.syn_ns = from_now(embryo.syn_ns, world->now);
	embryo.deadline_ns = from_now(embryo.deadline_ns, world->now);
	embryo.challenge_ns = passed_or_not(embryo.challenge_ns, world->now);
	if (embryo.use & ATCP_HAS_TS)
		embryo.ts_recent -= clock_of(peer, world->now);
	put(canon, &embryo, sizeof(embryo));
}

static void put_host(struct canon *canon, const struct exh_world *world,
		     const struct exh_host *host)
{
	struct exh_facts facts = host->facts;

	/* Left out: what only a connection's segments are held against. */
	if (facts.phase == EXH_DEAD) {
		facts.edge = 0;
		facts.seen_edge = 0;
		facts.seen_ack = 0;
	}
	put(canon, &facts, sizeof(facts));
	if (host->facts.phase == EXH_CONN)
		put_conn(canon, world, host);
	if (host->facts.phase == EXH_TIME_WAIT)
		put_timewait(canon, world, host);
	if (host->facts.has_embryo)
		put_embryo(canon, world, host);
}

/* One word of a packet's form; all of them are hashed, in a fixed order. */
struct flat_packet {
	u64 sent_ns;
	struct atcp_seg seg;
	u32 pos;
	u32 from;
};

static void flatten(struct flat_packet *flat, const struct exh_world *world,
		    const struct exh_packet *packet)
{
	const struct exh_host *from = &world->hosts[packet->from];
	const struct exh_host *to = &world->hosts[!packet->from];
	struct atcp_opts *opts = &flat->seg.opts;

	memset(flat, 0, sizeof(*flat));
	memcpy(&flat->seg, &packet->seg, sizeof(flat->seg));
	flat->sent_ns = from_now(packet->sent_ns, world->now);
	flat->pos = packet->pos;
	flat->from = packet->from;
	if (!(opts->has & ATCP_HAS_TS))
		return;
	opts->ts_val -= clock_of(from, world->now);
	if (packet->seg.flags & ATCP_F_ACK)
		opts->ts_ecr -= clock_of(to, world->now);
}

/* The network has no order: of segments under way only the set counts. */
static void put_packets(struct canon *canon, const struct exh_world *world)
{
	struct flat_packet flat[EXH_PACKETS_MAX], one;
	u8 i, j;

	for (i = 0; i < world->nr_packets; i++) {
		flatten(&one, world, &world->packets[i]);
		for (j = i; j && memcmp(&flat[j - 1], &one, sizeof(one)) > 0;
		     j--)
			flat[j] = flat[j - 1];
		flat[j] = one;
	}
	put(canon, flat, world->nr_packets * sizeof(one));
}

/*
 * The hash: two lanes, each of which multiplies what has come so far and the next
 * word into 128 bits and folds these into 64.
 */
static u64 fold(u64 a, u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (u64)product ^ (u64)(product >> 64);
}

static struct exh_key hash(const u8 *bytes, size_t len)
{
	const u64 odd_lo = 0x9e3779b97f4a7c15ull, odd_hi = 0xd1b54a32d192ed03ull;
	struct exh_key key = { len * odd_hi, len ^ odd_lo };
	size_t i;
	u64 word;

	for (i = 0; i < len; i += 8) {
		memcpy(&word, bytes + i, 8);
		key.lo = fold(key.lo ^ word, odd_lo) + word;
		key.hi = fold(key.hi + word, odd_hi) ^ (word >> 32 | word << 32);
	}
	return (struct exh_key){ fold(key.lo ^ odd_hi, key.hi | 1),
				 fold(key.hi ^ odd_lo, odd_hi) + key.lo };
}

/**
 * exh_canon_key() - What a state is known by.
 * @world: State.
 *
 * Return: equal for states that are the same.
 */
struct exh_key exh_canon_key(const struct exh_world *world)
{
	struct canon canon = { .len = 0 };

	put_u64(&canon, world->faults);
	put_host(&canon, world, &world->hosts[0]);
	put_host(&canon, world, &world->hosts[1]);
	put_packets(&canon, world);
	memset(canon.bytes + canon.len, 0, 8);
	return hash(canon.bytes, canon.len);
}
