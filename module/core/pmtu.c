// SPDX-License-Identifier: GPL-2.0
/*
 * Path MTU discovery. A router's report (RFC 1191) is weighed by what has arrived
 * before (RFC 5927 section 7.2). Where nobody reports, a black hole (RFC 2923), the
 * packetization layer finds out by itself (RFC 4821): from a size that passes nearly
 * everywhere, now and then one segment longer than the others is tried, and if that
 * alone is lost, it is no sign of congestion.
 *
 * Sizes are as atcp_snd.path_mss: MTU less IP and fixed TCP headers.
 */
#include "core/internal.h"

/* Room for a useful payload beside options, whatever a peer or path claims. */
#define MSS_MIN 48

/* What the largest IP packet holds, whatever the MTU of loopback says. */
#define MSS_MAX (65535 - 20 - ATCP_HDR_LEN)

/* So many probes of one size are lost before it is said not to pass: RFC 8899 5.1.2. */
#define TRIES 3

/* A probe for less is not worth it. */
#define LEAST_GAIN 16

/* What does not pass may do so later: RFC 8899's PMTU_RAISE_TIMER. */
#define RAISE_NS (600 * ATCP_NSEC_PER_SEC)

/* RFC 5927 section 4.1: an error about numbers that are not under way is forged or
 * stale.
 */
static bool is_under_way(const struct atcp_conn *conn, u32 seq)
{
	return atcp_conn_flight(conn) &&
	       atcp_between(seq, conn->snd.una, conn->snd.nxt - 1);
}

/* RFC 9293 section 3.7.1: Eff.snd.MSS, options taken off (RFC 6691). */
static u16 payload(const struct atcp_conn *conn, u16 size)
{
	size = min(size, conn->snd.peer_mss);
	if (conn->use & ATCP_HAS_TS)
		size = size > ATCP_TS_LEN ? size - ATCP_TS_LEN : 0;
	return max_t(u16, size, MSS_MIN);
}

/**
 * atcp_conn_update_mss() - Work out the payload of a full segment.
 * @conn: One of its ingredients has changed.
 */
void atcp_conn_update_mss(struct atcp_conn *conn)
{
	conn->snd.mss = payload(conn, conn->snd.path_mss);
}

/* The search begins anew, with the largest that may pass. */
static void search(struct atcp_conn *conn)
{
	conn->pmtu.is_on = true;
	conn->pmtu.fails = U16_MAX;
	conn->pmtu.tries = 0;
	conn->pmtu.raise_ns = ATCP_NEVER;
}

/**
 * atcp_conn_set_path_mss() - What the path to the peer takes, as the route has it.
 * @conn: Any state. Before the handshake it is also the MSS option to send.
 * @mss: MTU less IP and fixed TCP headers, bytes.
 */
void atcp_conn_set_path_mss(struct atcp_conn *conn, u16 mss)
{
	struct atcp_pmtu *pmtu = &conn->pmtu;
	u16 path_mss = conn->snd.path_mss;

	mss = min_t(u16, mss, MSS_MAX);
	if (pmtu->is_on && mss > pmtu->route)
		search(conn);
	pmtu->route = mss;
	pmtu->acked = min(pmtu->acked, mss);
	conn->snd.path_mss = pmtu->is_on ? min(path_mss, mss) : mss;
	if (atcp_state_in(conn, ATCP_IN(CLOSED) | ATCP_IN(LISTEN)))
		conn->rcv.own_mss = mss;
	atcp_conn_update_mss(conn);
}

/**
 * atcp_pmtu_establish() - The handshake is complete.
 * @conn: Its path and what the peer takes are known.
 */
void atcp_pmtu_establish(struct atcp_conn *conn)
{
	if (conn->config.mtu_probing == ATCP_MTU_PROBING_ALWAYS) {
		search(conn);
		conn->snd.path_mss = min(conn->snd.path_mss,
					 conn->config.base_mss);
	}
	atcp_conn_update_mss(conn);
}

/**
 * atcp_conn_icmp() - The network reports an error about a segment of ours.
 * @conn: Any state.
 * @seq: Sequence number in the segment that ICMP quotes.
 * @hard: The error will not pass by itself (port, protocol unreachable...).
 * @step: Takes the records if the connection ends.
 *
 * RFC 5927 section 5.2: in a synchronized state even a hard error is soft.
 *
 * Return: what came of it.
 */
enum atcp_icmp atcp_conn_icmp(struct atcp_conn *conn, u32 seq, bool hard,
			      struct atcp_step *step)
{
	if (!is_under_way(conn, seq))
		return ATCP_ICMP_IGNORED;
	if (!hard ||
	    !atcp_state_in(conn, ATCP_IN(SYN_SENT) | ATCP_IN(SYN_RCVD)))
		return ATCP_ICMP_SOFT;
	atcp_conn_finish(conn, ATCP_ERR_UNREACHABLE, step);
	return ATCP_ICMP_ABORTED;
}

/* What is too big for the path goes again, smaller; that is no sign of congestion. */
static void reduce(struct atcp_conn *conn, u16 mss, struct atcp_step *step)
{
	struct atcp_burst *burst;
	u16 old_mss = conn->snd.mss;

	atcp_conn_set_path_mss(conn, mss);
	atcp_step_count(step, ATCP_MIB_PMTU_REDUCED);
	conn->snd.cwnd = max_t(u32, conn->snd.cwnd, conn->snd.mss);
	if (conn->snd.mss == old_mss)
		return;
	list_for_each_entry(burst, &conn->snd.flight, link) {
		if (burst->end - burst->seq > conn->snd.mss)
			atcp_loss_requeue(conn, burst);
	}
}

static u32 probe_end(const struct atcp_conn *conn)
{
	return conn->pmtu.probe_seq + payload(conn, conn->pmtu.probe);
}

/**
 * atcp_pmtu_is_probe() - Is this a probe, sent once and whole?
 * @conn: Connection.
 * @burst: In its flight.
 *
 * Return: true if so.
 */
bool atcp_pmtu_is_probe(const struct atcp_conn *conn,
			const struct atcp_burst *burst)
{
	return conn->pmtu.probe && burst->seq == conn->pmtu.probe_seq &&
	       burst->end == probe_end(conn);
}

/* A router has told what it would have taken of the probe. */
static void refuse_probe(struct atcp_conn *conn, u16 mss)
{
	struct atcp_burst *burst;

	list_for_each_entry(burst, &conn->snd.flight, link) {
		if (atcp_pmtu_is_probe(conn, burst)) {
			atcp_loss_requeue(conn, burst);
			break;
		}
	}
	conn->pmtu.probe = 0;
	conn->pmtu.tries = 0;
	conn->pmtu.fails = mss + 1;
	atcp_conn_set_path_mss(conn, mss);
}

/**
 * atcp_conn_pmtu() - The network says that a segment was too big.
 * @conn: Any state.
 * @seq: Sequence number in the segment that ICMP quotes.
 * @mss: What the path takes now, as for atcp_conn_set_path_mss().
 * @step: The time.
 *
 * RFC 1191 with the checks of RFC 5927 section 7.2: segments as large as those that
 * have arrived are too big only if they do not arrive any more, which the
 * retransmission timer knows; until it expires the report waits.
 *
 * Return: true if the report is believed now; if it is later, ATCP_EV_PATH_MTU.
 */
bool atcp_conn_pmtu(struct atcp_conn *conn, u32 seq, u16 mss,
		    struct atcp_step *step)
{
	struct atcp_pmtu *pmtu = &conn->pmtu;

	if (!is_under_way(conn, seq))
		return false;
	if (pmtu->probe && seq == pmtu->probe_seq && mss < pmtu->probe &&
	    mss >= conn->snd.path_mss) {
		refuse_probe(conn, mss);
		return true;
	}
	if (mss >= conn->snd.path_mss)
		return false;
	if (mss < pmtu->acked) {
		pmtu->reported = max_t(u16, mss, 1);
		pmtu->report_seq = seq;
		return false;
	}
	reduce(conn, mss, step);
	return true;
}

/* What to fall back to: the base size, and if that is none less by half each time. */
static u16 smaller(const struct atcp_conn *conn, u16 size)
{
	u16 base = conn->config.base_mss;

	return size > base ? base : max_t(u16, size / 2, MSS_MIN);
}

/*
 * RFC 4821 section 7.7: nothing gets through, and nobody says why. What every host
 * takes is lost for other reasons; what the peer has no room for is refused, and that it
 * says each time.
 */
static void suspect_black_hole(struct atcp_conn *conn, struct atcp_step *step)
{
	const struct atcp_burst *head =
		list_first_entry(&conn->snd.flight, struct atcp_burst, link);
	u32 len = min_t(u32, head->end - head->seq, conn->snd.mss);
	bool is_refused = !conn->snd.wnd && conn->heard_ns >= head->sent_ns;
	u16 size = conn->snd.path_mss;

	if (is_refused || len <= ATCP_MSS_DEFAULT - ATCP_TS_LEN)
		return;
	while (payload(conn, size) >= len && size > MSS_MIN)
		size = smaller(conn, size);
	search(conn);
	conn->snd.path_mss = size;
	atcp_conn_update_mss(conn);
	atcp_step_count(step, ATCP_MIB_MTU_BLACK_HOLES);
}

/**
 * atcp_pmtu_timeout() - The retransmission timer has expired.
 * @conn: Connection with data in flight.
 * @step: For the count.
 */
void atcp_pmtu_timeout(struct atcp_conn *conn, struct atcp_step *step)
{
	struct atcp_pmtu *pmtu = &conn->pmtu;
	u16 reported = pmtu->reported;

	pmtu->probe = 0;
	pmtu->reported = 0;
	if (pmtu->timeouts < ATCP_R1)
		pmtu->timeouts++;
	if (reported && reported < conn->snd.path_mss) {
		reduce(conn, reported, step);
		conn->events |= ATCP_EV_PATH_MTU;
	} else if (pmtu->timeouts == ATCP_R1 && conn->config.mtu_probing) {
		suspect_black_hole(conn, step);
	}
}

/* The size to try next, 0: there is none. */
static u16 next_size(struct atcp_conn *conn, u64 now)
{
	struct atcp_pmtu *pmtu = &conn->pmtu;
	u16 most = min(pmtu->route, conn->snd.peer_mss);
	u16 path_mss = conn->snd.path_mss;

	if (path_mss >= most)
		return 0;
	if (now >= pmtu->raise_ns)
		search(conn);
	if (pmtu->fails > most)
		return most;
	if (pmtu->fails > path_mss + LEAST_GAIN)
		return path_mss + (pmtu->fails - path_mss) / 2;
	if (pmtu->raise_ns == ATCP_NEVER)
		pmtu->raise_ns = now + RAISE_NS;
	return 0;
}

/**
 * atcp_pmtu_probe_len() - Is it time for a probe?
 * @conn: Connection.
 * @now: Time, ns.
 *
 * RFC 4821 section 7.4: not while anything is missing. Only blocks tell that the
 * probe is, and nothing else.
 *
 * Return: its payload, bytes; 0: not now.
 */
u32 atcp_pmtu_probe_len(struct atcp_conn *conn, u64 now)
{
	const struct atcp_snd *snd = &conn->snd;
	u16 size;

	if (!conn->pmtu.is_on || conn->pmtu.probe ||
	    !atcp_score_is_kept(conn) || snd->recovery != ATCP_REC_OPEN ||
	    snd->sacked || snd->lost)
		return 0;
	size = next_size(conn, now);
	return size ? payload(conn, size) : 0;
}

/**
 * atcp_pmtu_probe_sent() - A probe is under way.
 * @conn: Connection.
 * @seq: Its sequence number.
 * @step: The time, and for the count.
 */
void atcp_pmtu_probe_sent(struct atcp_conn *conn, u32 seq, struct atcp_step *step)
{
	conn->pmtu.probe = next_size(conn, step->now);
	conn->pmtu.probe_seq = seq;
	atcp_step_count(step, ATCP_MIB_MTU_PROBES);
}

/**
 * atcp_pmtu_probe_lost() - A probe is missing.
 * @conn: Connection.
 * @burst: atcp_pmtu_is_probe(). It goes again, in segments that pass.
 *
 * RFC 4821 section 7.2: the congestion window does not pay for it.
 */
void atcp_pmtu_probe_lost(struct atcp_conn *conn, struct atcp_burst *burst)
{
	struct atcp_pmtu *pmtu = &conn->pmtu;

	if (++pmtu->tries >= TRIES) {
		pmtu->tries = 0;
		pmtu->fails = pmtu->probe;
	}
	pmtu->probe = 0;
	atcp_loss_requeue(conn, burst);
}

/**
 * atcp_pmtu_sent_again() - Of what comes in now nobody knows how large it was.
 * @conn: Connection.
 * @burst: What has gone out once more.
 */
void atcp_pmtu_sent_again(struct atcp_conn *conn, const struct atcp_burst *burst)
{
	if (conn->pmtu.probe && atcp_before(burst->seq, probe_end(conn)) &&
	    atcp_after(burst->end, conn->pmtu.probe_seq))
		conn->pmtu.probe = 0;
}

/**
 * atcp_pmtu_acked() - SND.UNA has moved on.
 * @conn: Connection.
 * @got: What has arrived.
 * @step: For the count.
 */
void atcp_pmtu_acked(struct atcp_conn *conn, const struct atcp_delivery *got,
		     struct atcp_step *step)
{
	struct atcp_pmtu *pmtu = &conn->pmtu;

	pmtu->timeouts = 0;
	if (atcp_after(conn->snd.una, pmtu->report_seq))
		pmtu->reported = 0;
	if (got->longest >= conn->snd.mss)
		pmtu->acked = conn->snd.path_mss;
	if (!pmtu->probe || atcp_before(conn->snd.una, probe_end(conn)))
		return;
	conn->snd.path_mss = pmtu->probe;
	atcp_conn_update_mss(conn);
	pmtu->acked = pmtu->probe;
	pmtu->probe = 0;
	pmtu->tries = 0;
	atcp_step_count(step, ATCP_MIB_MTU_PROBES_PASSED);
}
