// SPDX-License-Identifier: GPL-2.0
/*
 * What must hold in every state: RFC 9293's rules, held against what has been sent,
 * heard, written and read, and not against what the core thinks of it.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "exhaust.h"
#include "records.h"

#define ONE(state) (1u << ATCP_##state)
#define SYNCHRONIZED                                                         \
	(ONE(ESTABLISHED) | ONE(FIN_WAIT_1) | ONE(FIN_WAIT_2) |              \
	 ONE(CLOSE_WAIT) | ONE(CLOSING) | ONE(LAST_ACK))

jmp_buf exh_failed;
char exh_failure[256];

/* What may not go back within a step: as it was before. */
static struct {
	u32 una;
	u32 snd_nxt;
	u32 rcv_nxt;
	u32 adv;
	u8 state;
} before;

/**
 * exh_fail() - A property does not hold.
 * @fmt: Which.
 */
void exh_fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(exh_failure, sizeof(exh_failure), fmt, args);
	va_end(args);
	longjmp(exh_failed, 1);
}

static s32 distance(u32 from, u32 to)
{
	return (s32)(to - from);
}

static bool in(const struct atcp_conn *conn, u32 states)
{
	return 1u << conn->state & states;
}

/* The number that the user's next byte, or the FIN, has. */
static u32 end_of_data(const struct exh_host *host)
{
	return exh_host_iss(host) + 1 + host->facts.written;
}

static bool fin_is_acked(const struct exh_host *host)
{
	return host->facts.is & EXH_IS_SHUT &&
	       host->facts.seen_ack == end_of_data(host) + 1;
}

/*
 * Records and numbers
 */
static const char *flight_fault(const struct exh_host *host)
{
	const struct atcp_snd *snd = &host->conn.snd;
	const struct atcp_burst *burst;
	u32 at = snd->una, lost = 0, nr = 0;

	list_for_each_entry(burst, &snd->flight, link) {
		if (burst->seq != at)
			return "records in flight are not contiguous";
		if (distance(burst->seq, burst->end) <= 0)
			return "an empty record is in flight";
		at = burst->end;
		nr++;
		if (burst->flags & ATCP_BURST_LOST)
			lost += burst->end - burst->seq;
	}
	if (at != snd->nxt)
		return "records do not end at SND.NXT";
	if (nr != snd->nr_flight)
		return "snd.nr_flight is wrong";
	if (lost != snd->lost)
		return "snd.lost is not the sum of what is lost";
	if (turn_fault(snd))
		return turn_fault(snd);
	if (distance(host->facts.seen_ack, snd->una) > 0)
		return "SND.UNA is past what was acknowledged";
	return NULL;
}

static const char *ofo_fault(const struct exh_host *host)
{
	const struct atcp_rcv *rcv = &host->conn.rcv;
	const struct atcp_burst *burst;
	u32 at = rcv->nxt, nr = 0;

	list_for_each_entry(burst, &rcv->ofo, link) {
		if (distance(at, burst->seq) < 0 || (!nr && burst->seq == at))
			return "ranges out of order overlap or touch RCV.NXT";
		if (distance(burst->seq, burst->end) <= 0)
			return "an empty range is out of order";
		if (!burst->payload)
			return "a range out of order has no payload";
		at = burst->end;
		nr++;
	}
	if (nr != rcv->nr_ofo)
		return "nr_ofo is wrong";
	if (nr < 256 && block_fault(rcv))
		return block_fault(rcv);
	if (distance(rcv->adv, at) > 0)
		return "data past the window was taken";
	return NULL;
}

static const char *number_fault(const struct exh_host *host)
{
	const struct atcp_conn *conn = &host->conn;

	if (!(1u << before.state & SYNCHRONIZED))
		return NULL;
	if (distance(before.una, conn->snd.una) < 0)
		return "SND.UNA goes back";
	if (distance(before.snd_nxt, conn->snd.nxt) < 0)
		return "SND.NXT goes back";
	if (distance(before.rcv_nxt, conn->rcv.nxt) < 0)
		return "RCV.NXT goes back";
	if (distance(before.adv, conn->rcv.adv) < 0)
		return "the window's edge goes left";
	if (distance(conn->snd.una, conn->snd.nxt) < 0)
		return "SND.UNA is past SND.NXT";
	return NULL;
}

/**
 * exh_judge_before() - A step begins.
 * @host: Whose connection takes it.
 */
void exh_judge_before(const struct exh_host *host)
{
	before.una = host->conn.snd.una;
	before.snd_nxt = host->conn.snd.nxt;
	before.rcv_nxt = host->conn.rcv.nxt;
	before.adv = host->conn.rcv.adv;
	before.state = host->conn.state;
}

/* What a move needs to have happened outside the core. */
static const char *move_fault(const struct exh_host *host)
{
	const struct atcp_conn *conn = &host->conn;
	u32 is = host->facts.is;

	if (conn->state == before.state)
		return NULL;
	if (in(conn, ONE(FIN_WAIT_1) | ONE(LAST_ACK)) && !(is & EXH_IS_SHUT))
		return "closes, but its user has not";
	if (in(conn, ONE(FIN_WAIT_2) | ONE(TIME_WAIT)) && !fin_is_acked(host))
		return "its FIN counts as acknowledged and is not";
	if (before.state == ATCP_LAST_ACK && in(conn, ONE(CLOSED)) &&
	    !conn->error && !(is & EXH_IS_EXCUSED) && !fin_is_acked(host))
		return "ends in peace, but its FIN is not acknowledged";
	return NULL;
}

/**
 * exh_judge_after() - A step is over.
 * @host: Whose connection took it.
 */
void exh_judge_after(struct exh_host *host)
{
	const char *fault = NULL;

	if (in(&host->conn, SYNCHRONIZED))
		fault = flight_fault(host) ?: ofo_fault(host) ?:
			number_fault(host);
	fault = fault ?: move_fault(host);
	if (fault)
		exh_fail("%s: %s", exh_host_name(host), fault);
	if (in(&host->conn, SYNCHRONIZED))
		host->facts.is |= EXH_IS_UP;
}

/**
 * exh_judge_quiet() - A connection has sent all that it may send now.
 * @host: Which.
 *
 * What is not acknowledged, or cannot be sent yet, has a timer that sees to it.
 */
void exh_judge_quiet(const struct exh_host *host)
{
	const struct atcp_conn *conn = &host->conn;
	bool retransmits = conn->deadline[ATCP_TIMER_RETRANSMIT] != ATCP_NEVER;
	bool persists = conn->deadline[ATCP_TIMER_PERSIST] != ATCP_NEVER;
	bool flies = conn->snd.una != conn->snd.nxt;

	if (retransmits && persists)
		exh_fail("%s: retransmission and persist timer both run",
			 exh_host_name(host));
	if (flies && !retransmits)
		exh_fail("%s: nothing watches what is in flight",
			 exh_host_name(host));
	if (in(conn, SYNCHRONIZED) && !flies && atcp_conn_unsent(conn) &&
	    !persists)
		exh_fail("%s: nothing watches what waits to be sent",
			 exh_host_name(host));
}

/*
 * Segments
 */
static u32 window_of(const struct exh_host *from, const struct atcp_seg *seg)
{
	return seg->flags & ATCP_F_SYN ? seg->wnd :
					 (u32)seg->wnd << from->facts.wscale;
}

/**
 * exh_judge_arrival() - Keep account of what a host has been told.
 * @host: Which.
 * @packet: What arrives.
 */
void exh_judge_arrival(struct exh_host *host, const struct exh_packet *packet)
{
	const struct atcp_seg *seg = &packet->seg;
	/* The peer's shift, which its SYN has told: both have the same buffer. */
	u32 edge = seg->ack + window_of(host, seg);

	if (seg->flags & ATCP_F_RST)
		host->facts.is |= EXH_IS_RESET;
	if (seg->flags & ATCP_F_FIN)
		host->facts.is |= EXH_HEARD_FIN;
	if (seg->flags & ATCP_F_SYN && !(host->facts.is & EXH_IS_UP))
		host->facts.irs = seg->seq;
	if (!(seg->flags & ATCP_F_ACK) || seg->flags & ATCP_F_RST ||
	    !(host->facts.is & EXH_HAS_SYN))
		return;
	if (distance(host->facts.seen_ack, seg->ack) > 0)
		host->facts.seen_ack = seg->ack;
	if (!(host->facts.is & EXH_HEARD_EDGE) ||
	    distance(host->facts.seen_edge, edge) > 0)
		host->facts.seen_edge = edge;
	host->facts.is |= EXH_HEARD_EDGE;
}

static void judge_rst(const struct exh_host *host, const struct atcp_seg *seg,
		      bool by_conn)
{
	if (seg->len || seg->flags & (ATCP_F_SYN | ATCP_F_FIN))
		exh_fail("%s: RST with SYN, FIN or data", exh_host_name(host));
	if (by_conn && host->facts.is & EXH_IS_UP &&
	    !(host->facts.is & EXH_IS_EXCUSED))
		exh_fail("%s: RST without a reason", exh_host_name(host));
}

static void judge_syn(struct exh_host *host, const struct atcp_seg *seg)
{
	if (host->facts.phase == EXH_CONN && host->facts.is & EXH_IS_UP)
		exh_fail("%s: SYN after the handshake", exh_host_name(host));
	if (seg->seq != exh_host_iss(host))
		exh_fail("%s: SYN with another number", exh_host_name(host));
	if (!(host->facts.is & EXH_HAS_SYN))
		host->facts.seen_ack = seg->seq;
	host->facts.is |= EXH_HAS_SYN;
	host->facts.wscale = seg->opts.wscale;
}

static void judge_ack(const struct exh_host *host, const struct exh_host *peer,
		      const struct atcp_seg *seg)
{
	u32 got = host->facts.irs + 1 + host->facts.received;
	bool has_fin = host->facts.is & EXH_HEARD_FIN &&
		       host->facts.received == peer->facts.written;

	if (seg->ack != got && !(has_fin && seg->ack == got + 1))
		exh_fail("%s: acknowledges %d more than it has got",
			 exh_host_name(host), distance(got, seg->ack));
}

static void judge_window(struct exh_host *host, const struct atcp_seg *seg)
{
	u32 edge = seg->ack + window_of(host, seg);
	u32 grain = seg->flags & ATCP_F_SYN ? 1 : 1u << host->facts.wscale;

	if (!(host->facts.is & EXH_HAS_EDGE) ||
	    distance(host->facts.edge, edge) > 0)
		host->facts.edge = edge;
	host->facts.is |= EXH_HAS_EDGE;
	if (distance(edge, host->facts.edge) >= (s32)grain)
		exh_fail("%s: window taken back by %d bytes",
			 exh_host_name(host), distance(edge, host->facts.edge));
}

static void judge_text(const struct exh_host *host, const struct atcp_seg *seg)
{
	u32 end = seg->seq + seg->len;

	if (distance(exh_host_iss(host), seg->seq) <= 0 ||
	    distance(end_of_data(host), end) > 0)
		exh_fail("%s: sends what was not written", exh_host_name(host));
	if (seg->flags & ATCP_F_FIN) {
		if (!(host->facts.is & EXH_IS_SHUT) || end != end_of_data(host))
			exh_fail("%s: FIN where there is none",
				 exh_host_name(host));
		end++;
	}
	if (distance(host->facts.seen_edge, end) > 0)
		exh_fail("%s: sends past the window", exh_host_name(host));
}

/**
 * exh_judge_sending() - A host sends a segment.
 * @world: State, the segment not yet under way.
 * @host: Which.
 * @packet: The segment.
 * @by_conn: Sent by its connection.
 */
void exh_judge_sending(struct exh_world *world, struct exh_host *host,
		       const struct exh_packet *packet, bool by_conn)
{
	const struct exh_host *peer = &world->hosts[!host->index];
	const struct atcp_seg *seg = &packet->seg;

	if (seg->flags & ATCP_F_RST) {
		judge_rst(host, seg, by_conn);
		return;
	}
	if (seg->flags & ATCP_F_SYN)
		judge_syn(host, seg);
	if (seg->len || seg->flags & ATCP_F_FIN)
		judge_text(host, seg);
	if (!(seg->flags & ATCP_F_ACK)) {
		if (!(seg->flags & ATCP_F_SYN))
			exh_fail("%s: segment without ACK",
				 exh_host_name(host));
		return;
	}
	/* An embryo may answer a SYN of a call that is over. */
	if (by_conn || host->facts.phase == EXH_TIME_WAIT)
		judge_ack(host, peer, seg);
	judge_window(host, seg);
}

/*
 * Ends
 */
static const char *error_fault(const struct exh_host *host)
{
	u32 is = host->facts.is;

	switch ((enum atcp_error)host->conn.error) {
	case ATCP_ERR_NONE:
		return is & EXH_IS_SHUT ? NULL : "ended, nobody knows why";
	case ATCP_ERR_REFUSED:
	case ATCP_ERR_RESET:
	case ATCP_ERR_PIPE:
		return is & EXH_IS_RESET ? NULL : "reset without a RST";
	case ATCP_ERR_TIMED_OUT:
		return is & EXH_IS_EXCUSED ? NULL : "gave up, uncounted";
	case ATCP_ERR_UNREACHABLE:
		return "unreachable, though nobody has said so";
	case ATCP_ERR_BROKEN:
		return "an invariant of its own does not hold";
	}
	return "ended with an unknown error";
}

/**
 * exh_judge_events() - The user is told something.
 * @world: State.
 * @host: Which.
 * @events: ATCP_EV_*.
 */
void exh_judge_events(struct exh_world *world, struct exh_host *host,
		      u16 events)
{
	const struct exh_host *peer = &world->hosts[!host->index];
	const char *fault = NULL;

	if (events & ATCP_EV_PEER_CLOSED) {
		host->facts.is |= EXH_IS_EOF;
		if (!(peer->facts.is & EXH_IS_SHUT))
			fault = "end of file, but the peer has not closed";
		else if (host->facts.received != peer->facts.written)
			fault = "end of file before all data";
	}
	if (events & ATCP_EV_CLOSED) {
		fault = fault ?: error_fault(host);
		host->facts.error = host->conn.error;
	}
	if (fault)
		exh_fail("%s: %s", exh_host_name(host), fault);
}

/* An end that both sides may call a clean one. */
static void judge_clean_end(const struct exh_host *host,
			    const struct exh_host *peer)
{
	if (host->facts.phase != EXH_DEAD)
		exh_fail("the end, but %s was never called",
			 exh_host_name(host));
	if (host->facts.error)
		exh_fail("%s ends in error though nobody has aborted or given up",
			 exh_host_name(host));
	if (host->facts.received != peer->facts.written)
		exh_fail("%s has got %u bytes of %u", exh_host_name(host),
			 host->facts.received, peer->facts.written);
	if (!(host->facts.is & EXH_IS_EOF))
		exh_fail("%s has not heard that %s has closed",
			 exh_host_name(host), exh_host_name(peer));
}

/**
 * exh_judge_end() - Nothing will happen any more.
 * @world: State.
 */
void exh_judge_end(const struct exh_world *world)
{
	const struct exh_host *hosts = world->hosts;
	u8 i;

	for (i = 0; i < 2; i++)
		if (hosts[i].facts.phase == EXH_CONN)
			exh_fail("deadlock: %s stays in %s for ever",
				 exh_host_name(&hosts[i]),
				 atcp_state_name(hosts[i].conn.state));
	if ((hosts[0].facts.is | hosts[1].facts.is) & EXH_IS_EXCUSED)
		return;
	judge_clean_end(&hosts[0], &hosts[1]);
	judge_clean_end(&hosts[1], &hosts[0]);
}

void atcp_port_state_changed(struct atcp_conn *conn, u8 from, u8 to)
{
	struct exh_host *host = container_of(conn, struct exh_host, conn);

	if (exh_live && host->facts.phase == EXH_CONN)
		fprintf(exh_live, "        %s: %s -> %s\n",
			exh_host_name(host), atcp_state_name(from),
			atcp_state_name(to));
}

void atcp_port_broken(struct atcp_conn *conn, const char *what)
{
	struct exh_host *host = container_of(conn, struct exh_host, conn);

	exh_fail("%s: the core says: %s", exh_host_name(host), what);
}
