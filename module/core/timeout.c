// SPDX-License-Identifier: GPL-2.0
/* Deadlines that have passed (RFC 9293 section 3.10.8). */
#include "core/internal.h"

static void give_up(struct atcp_conn *conn, struct atcp_step *step)
{
	atcp_step_count(step, ATCP_MIB_ABORT_ON_TIMEOUT);
	atcp_conn_finish(conn, ATCP_ERR_TIMED_OUT, step);
}

static u32 retries(const struct atcp_conn *conn)
{
	return conn->flags & ATCP_CONN_ORPHAN ? conn->config.orphan_retries :
						conn->config.retries;
}

static void back_off(struct atcp_conn *conn)
{
	if (conn->rtt.backoff < U8_MAX)
		conn->rtt.backoff++;
	if (conn->rtt.backoff == ATCP_R1)
		conn->events |= ATCP_EV_PATH_DOUBTFUL;
}

/* Whoever sends a SYN here has called: a listener's SYN+ACKs are its embryos'. */
static void retransmit_syn(struct atcp_conn *conn, struct atcp_step *step)
{
	if (conn->syn_tries > conn->config.syn_retries) {
		give_up(conn, step);
		return;
	}
	back_off(conn);
	conn->flags |= ATCP_CONN_SEND_SYN;
}

/*
 * R2 of RFC 9293 section 3.8.3: long enough without progress? A peer that answers
 * that its window is shut may take its time (section 3.8.6.1), unless the user
 * has gone.
 */
static bool is_hopeless(const struct atcp_conn *conn, u64 now)
{
	u64 since_ns = conn->retrans_ns;

	if (!since_ns)
		return false;
	if (!conn->snd.wnd && !(conn->flags & ATCP_CONN_ORPHAN))
		since_ns = max(since_ns, conn->heard_ns);
	return now - since_ns >=
	       atcp_rtt_limit_ns(&conn->config, retries(conn));
}

/* RFC 6298 rules 5.4 to 5.6. */
static void on_retransmit(struct atcp_conn *conn, struct atcp_step *step)
{
	if (atcp_state_in(conn, ATCP_IN(SYN_SENT) | ATCP_IN(SYN_RCVD))) {
		retransmit_syn(conn, step);
		return;
	}
	if (!atcp_conn_flight(conn))
		return;
	if (is_hopeless(conn, step->now)) {
		give_up(conn, step);
		return;
	}
	atcp_step_count(step, ATCP_MIB_TIMEOUTS);
	atcp_pmtu_timeout(conn, step);
	atcp_loss_timeout(conn, step);
	back_off(conn);
	conn->deadline[ATCP_TIMER_RETRANSMIT] =
		step->now + atcp_rtt_rto_ns(&conn->rtt, &conn->config);
}

/*
 * A user may wait for a peer that answers with a shut window; once the user has
 * gone, such a peer would hold the memory for ever.
 */
static bool has_probed_enough(const struct atcp_conn *conn)
{
	if (conn->flags & ATCP_CONN_ORPHAN)
		return conn->rtt.backoff >= conn->config.orphan_retries;
	return conn->probes >= conn->config.retries;
}

/*
 * RFC 9293 section 3.8.6.1: probe a window that stays shut, ever more rarely, for
 * as long as the peer answers. And section 3.8.6.2.1: let out what silly-window
 * avoidance or a cork has held long enough.
 */
static void on_persist(struct atcp_conn *conn, struct atcp_step *step)
{
	if (atcp_conn_flight(conn) || !atcp_conn_has_unsent(conn))
		return;
	if (has_probed_enough(conn)) {
		give_up(conn, step);
		return;
	}
	conn->flags |= ATCP_CONN_OVERRIDE;
	if (!conn->snd.wnd || conn->probes) {
		conn->flags |= ATCP_CONN_SEND_PROBE;
		conn->probes++;
		atcp_step_count(step, ATCP_MIB_WINDOW_PROBES);
	}
	if (conn->rtt.backoff < U8_MAX)
		conn->rtt.backoff++;
	conn->deadline[ATCP_TIMER_PERSIST] =
		step->now + atcp_rtt_rto_ns(&conn->rtt, &conn->config);
}

static void on_delack(struct atcp_conn *conn, struct atcp_step *step)
{
	conn->flags |= ATCP_CONN_SEND_ACK;
	atcp_step_count(step, ATCP_MIB_DELAYED_ACKS);
}

/*
 * RFC 9293 section 3.8.4. The deadline stands still while segments arrive; only
 * when it passes is it asked how long ago the last one was.
 */
static void on_keepalive(struct atcp_conn *conn, struct atcp_step *step)
{
	u64 idle_ns = conn->config.keepalive_idle_s * ATCP_NSEC_PER_SEC;
	u64 *deadline = &conn->deadline[ATCP_TIMER_KEEPALIVE];

	if (!(conn->flags & ATCP_CONN_KEEPALIVE))
		return;
	if (atcp_conn_flight(conn) || atcp_conn_has_unsent(conn)) {
		*deadline = step->now + idle_ns; /* retransmission watches */
		return;
	}
	if (!conn->probes && conn->heard_ns + idle_ns > step->now) {
		*deadline = conn->heard_ns + idle_ns;
		return;
	}
	if (conn->probes >= conn->config.keepalive_probes) {
		atcp_step_count(step, ATCP_MIB_ABORT_ON_KEEPALIVE);
		atcp_conn_reset(conn, ATCP_ERR_TIMED_OUT, step);
		return;
	}
	conn->flags |= ATCP_CONN_SEND_PROBE;
	conn->probes++;
	atcp_step_count(step, ATCP_MIB_KEEPALIVE_PROBES);
	*deadline = step->now +
		    conn->config.keepalive_intvl_s * ATCP_NSEC_PER_SEC;
}

/* RFC 8985 section 6.3: what has not come by now has been lost. */
static void on_reorder(struct atcp_conn *conn, struct atcp_step *step)
{
	struct atcp_delivery got;

	if (!atcp_conn_flight(conn))
		return;
	atcp_score_begin(conn, &got);
	got.has_lost = atcp_rack_detect(conn, step->now);
	atcp_loss_delivered(conn, &got, step);
}

static void on_timer(struct atcp_conn *conn, enum atcp_timer timer,
		     struct atcp_step *step)
{
	switch (timer) {
	case ATCP_TIMER_RETRANSMIT:
		on_retransmit(conn, step);
		return;
	case ATCP_TIMER_PERSIST:
		on_persist(conn, step);
		return;
	case ATCP_TIMER_DELACK:
		on_delack(conn, step);
		return;
	case ATCP_TIMER_KEEPALIVE:
		on_keepalive(conn, step);
		return;
	case ATCP_TIMER_USER:
		give_up(conn, step);
		return;
	case ATCP_TIMER_FIN_WAIT_2:
		atcp_conn_finish(conn, ATCP_ERR_NONE, step);
		return;
	case ATCP_TIMER_REORDER:
		on_reorder(conn, step);
		return;
	case ATCP_TIMER_PROBE:
		conn->flags |= ATCP_CONN_TAIL_PROBE;
		return;
	case ATCP_TIMER_PACING:
	case ATCP_TIMER_NR:
		return;
	}
}

/**
 * atcp_timeout_run() - Act on every deadline that has passed.
 * @conn: Connection.
 * @step: The time.
 */
void atcp_timeout_run(struct atcp_conn *conn, struct atcp_step *step)
{
	int i;

	for (i = 0; i < ATCP_TIMER_NR; i++) {
		if (conn->deadline[i] > step->now)
			continue;
		conn->deadline[i] = ATCP_NEVER;
		on_timer(conn, i, step);
	}
}

/**
 * atcp_timeout_progress() - The peer has taken something, or a limit is new.
 * @conn: Connection.
 * @now: Time, ns.
 *
 * The user time-out starts anew while something waits to be acknowledged, and
 * stops when nothing does.
 */
void atcp_timeout_progress(struct atcp_conn *conn, u64 now)
{
	bool waits = atcp_conn_unacked(conn) || atcp_conn_flight(conn);

	conn->deadline[ATCP_TIMER_USER] =
		waits && conn->config.user_timeout_ms ?
			now + atcp_ms_to_ns(conn->config.user_timeout_ms) :
			ATCP_NEVER;
}
