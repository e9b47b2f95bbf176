// SPDX-License-Identifier: GPL-2.0
/*
 * One end: connection, half-open connection or TIME-WAIT, and the driver that a
 * kernel would be. As host.c and sock.c, but for one connection and no memory.
 */
#include "exhaust.h"

/* Just below the wrap, so that every connection crosses it; no two incarnations
 * share a window.
 */
#define INCARNATION_STEP 0x01000000u
#define ISS_A (0xfffffffeu - INCARNATION_STEP)
#define ISS_B 0x40000000u

#define TS_OFFSET_A 0x10000000u
#define TS_OFFSET_B 0xfffe7960u /* 100000 below the wrap: TSval wraps at once */

/* Retries of a patient host: faults of a search, and more. */
#define PATIENCE 8

#define PATH_MSS 536
#define BUFFER_BYTES 4096

/* More segments than this in one go is a core that does not stop. */
#define PUMP_MAX 16

/* The host is answering a RST, which it must not do by another. */
static bool handles_rst;

/**
 * exh_host_iss() - The initial number of its present incarnation.
 * @host: Which.
 *
 * A function of the host and of a count that is part of the state: so numbers
 * need no normalising to be compared.
 *
 * Return: ISS.
 */
u32 exh_host_iss(const struct exh_host *host)
{
	return (host->index ? ISS_B : ISS_A) +
	       max(host->facts.incarnation, 1) * INCARNATION_STEP;
}

/**
 * exh_host_ts_offset() - What it adds to the clock in its timestamps.
 * @host: Which.
 *
 * Return: offset, ms.
 */
u32 exh_host_ts_offset(const struct exh_host *host)
{
	return host->index ? TS_OFFSET_B : TS_OFFSET_A;
}

/*
 * Small numbers: an impatient host gives up within the search; the others never
 * should, as long as they may try again more often than the network fails.
 */
static struct atcp_config config_of(const struct exh_world *world)
{
	struct atcp_config config = ATCP_CONFIG_DEFAULT;

	config.syn_retries = world->script->is_impatient ? 1 : PATIENCE;
	config.synack_retries = config.syn_retries;
	config.retries = config.syn_retries;
	config.orphan_retries = config.syn_retries;
	if (world->script->is_plain)
		config.use = 0;
	if (world->script->ecn)
		config.ecn = world->script->ecn;
	config.cc = &atcp_reno; /* a few bytes fill no window; it keeps no time */
	return config;
}

void exh_host_init(struct exh_world *world, u8 index)
{
	struct exh_host *host = &world->hosts[index];

	host->index = index;
	host->facts.phase = EXH_NONE;
}

/*
 * Records
 */
static struct atcp_burst *record_new(struct exh_host *host)
{
	u8 i;

	for (i = 0; i < EXH_RECORDS_MAX; i++) {
		if (host->records_used & BIT(i))
			continue;
		host->records_used |= BIT(i);
		return &host->records[i];
	}
	exh_fail("%s has no record left", exh_host_name(host));
}

static void record_free(struct exh_host *host, struct atcp_burst *burst)
{
	u8 bit = (u8)BIT(burst - host->records);

	if (!(host->records_used & bit))
		exh_fail("%s: a record is freed twice", exh_host_name(host));
	host->records_used &= ~bit;
}

static void free_list(struct exh_host *host, struct list_head *list)
{
	struct atcp_burst *burst, *tmp;

	list_for_each_entry_safe(burst, tmp, list, link) {
		list_del(&burst->link);
		record_free(host, burst);
	}
}

static void begin(struct exh_world *world, struct exh_host *host,
		  struct atcp_step *step)
{
	exh_judge_before(host);
	atcp_step_init(step, world->now, record_new(host));
}

/* The network commits fewer faults than a patient host takes to despair. */
static void give_up(const struct exh_world *world, struct exh_host *host)
{
	if (!world->script->is_impatient)
		exh_fail("%s gives up, though most of it has arrived",
			 exh_host_name(host));
	host->facts.is |= EXH_IS_EXCUSED;
}

/* What the core counts tells whose fault an unclean end is. */
static void excuse(const struct exh_world *world, struct exh_host *host,
		   u64 counted)
{
	const u64 own_doing = BIT_ULL(ATCP_MIB_ABORT_ON_DATA) |
			      BIT_ULL(ATCP_MIB_ABORT_ON_CLOSE);

	if (counted & own_doing)
		host->facts.is |= EXH_IS_EXCUSED;
	if (counted & BIT_ULL(ATCP_MIB_ABORT_ON_TIMEOUT))
		give_up(world, host);
}

static void end(struct exh_world *world, struct exh_host *host,
		struct atcp_step *step)
{
	struct atcp_burst *burst;

	while ((burst = atcp_step_take(step)))
		record_free(host, burst);
	free_list(host, &step->ready);
	free_list(host, &step->released);
	excuse(world, host, step->counted);
	exh_judge_after(host);
}

/*
 * Sending
 */
static void parse_sent(struct atcp_seg *seg, const struct atcp_tx *tx, u8 from)
{
	u8 hdr[ATCP_HDR_MAX];
	u32 len = atcp_seg_build(hdr, tx, EXH_PORT(from), EXH_PORT(!from));

	if (atcp_seg_parse(seg, hdr, len + tx->len) != ATCP_SEG_OK)
		exh_fail("sends a segment that cannot be parsed");
	seg->ecn = tx->ecn;
}

/* The core's segment goes under way; @by_conn tells who in the host sends it. */
static void send_segment(struct exh_world *world, struct exh_host *host,
			 const struct atcp_tx *tx, bool by_conn)
{
	struct exh_packet *packet = &world->packets[world->nr_packets];

	if (world->nr_packets == EXH_PACKETS_MAX)
		exh_fail("too many segments are under way");
	memset(packet, 0, sizeof(*packet));
	packet->sent_ns = world->now;
	packet->from = host->index;
	parse_sent(&packet->seg, tx, host->index);
	if (tx->len)
		packet->pos = tx->seq - exh_host_iss(host) - 1;
	if (packet->seg.flags & ATCP_F_RST && handles_rst)
		exh_fail("%s answers a RST by a RST", exh_host_name(host));
	if (exh_live)
		exh_trace_segment(packet, "sends");
	exh_judge_sending(world, host, packet, by_conn);
	world->nr_packets++;
}

static void send_refusal(struct exh_world *world, struct exh_host *host,
			 const struct atcp_seg *seg)
{
	struct atcp_tx tx;

	if (atcp_seg_reset_for(&tx, seg))
		send_segment(world, host, &tx, false);
}

static void pump(struct exh_world *world, struct exh_host *host)
{
	u32 sent = 0;
	struct atcp_step step;
	struct atcp_tx tx;
	bool has_tx;

	do {
		begin(world, host, &step);
		has_tx = atcp_conn_poll_tx(&host->conn, &step, &tx);
		if (has_tx)
			send_segment(world, host, &tx, true);
		end(world, host, &step);
		if (++sent > PUMP_MAX)
			exh_fail("%s: poll_tx() does not stop",
				 exh_host_name(host));
	} while (has_tx);
}

/*
 * The connection's end
 */
static void forget_conn(struct exh_host *host)
{
	if (host->records_used)
		exh_fail("%s leaks a record", exh_host_name(host));
	memset(&host->conn, 0, sizeof(host->conn));
}

static void release(struct exh_world *world, struct exh_host *host)
{
	struct atcp_step step;
	u8 phase = host->facts.phase;

	host->facts.phase = EXH_DEAD; /* what the driver does is not judged */
	atcp_step_init(&step, world->now, NULL);
	atcp_conn_release(&host->conn, &step);
	free_list(host, &step.ready);
	free_list(host, &step.released);
	forget_conn(host);
	host->facts.phase = phase;
}

static void handle_events(struct exh_world *world, struct exh_host *host)
{
	u16 events = atcp_conn_poll_events(&host->conn);

	exh_judge_events(world, host, events);
	if (events & ATCP_EV_TIME_WAIT) {
		memset(&host->tw, 0, sizeof(host->tw));
		atcp_timewait_init(&host->tw, &host->conn);
		release(world, host);
		host->facts.phase = EXH_TIME_WAIT;
		host->tw_until = world->now + ATCP_TIME_WAIT_NS;
	} else if (events & ATCP_EV_CLOSED) {
		release(world, host);
		host->facts.phase = EXH_DEAD;
	}
}

/* Send, and tell the user, until all is quiet. */
static void drive(struct exh_world *world, struct exh_host *host)
{
	pump(world, host);
	handle_events(world, host);
	if (host->facts.phase == EXH_CONN)
		exh_judge_quiet(host);
}

/*
 * What arrives
 */
static void deliver(struct exh_world *world, struct exh_host *host, u32 pos,
		    u32 len)
{
	const struct exh_host *peer = &world->hosts[!host->index];

	if (pos != host->facts.received)
		exh_fail("%s is given byte %u, %u is next",
			 exh_host_name(host), pos, host->facts.received);
	host->facts.received += len;
	if (host->facts.received > peer->facts.written)
		exh_fail("%s is given more than was written",
			 exh_host_name(host));
}

/* A record out of order knows, in place of a buffer, which bytes it holds. */
static void *payload_at(u32 pos)
{
	return (void *)(uintptr_t)(pos + 1);
}

static u32 payload_pos(const struct atcp_burst *burst)
{
	return (u32)(uintptr_t)burst->payload - 1;
}

static void take_payload(struct exh_world *world, struct exh_host *host,
			 const struct exh_packet *packet,
			 struct atcp_step *step)
{
	struct atcp_burst *burst;

	if (step->keep != ATCP_KEEP_NONE &&
	    (step->keep_off > packet->seg.len ||
	     step->keep_len > packet->seg.len - step->keep_off))
		exh_fail("%s keeps %u+%u of a payload of %u",
			 exh_host_name(host), step->keep_off, step->keep_len,
			 packet->seg.len);
	if (step->keep == ATCP_KEEP_IN_ORDER)
		deliver(world, host, packet->pos + step->keep_off,
			step->keep_len);
	if (step->keep == ATCP_KEEP_OUT_OF_ORDER)
		step->kept->payload = payload_at(packet->pos);
	list_for_each_entry(burst, &step->ready, link)
		deliver(world, host, payload_pos(burst) + burst->skip,
			burst->end - burst->seq);
}

static void set_space(const struct exh_world *world, struct exh_host *host)
{
	u32 queued = world->script->is_unread[host->index] ?
		     host->facts.received : 0;

	atcp_conn_set_space(&host->conn, BUFFER_BYTES - queued, BUFFER_BYTES);
}

static void conn_receive(struct exh_world *world, struct exh_host *host,
			 const struct exh_packet *packet)
{
	struct atcp_step step;
	u32 i;

	begin(world, host, &step);
	/* As many as there are; with a few bytes under way that is enough. */
	for (i = atcp_seg_spares(&packet->seg);
	     i && host->records_used != BIT(EXH_RECORDS_MAX) - 1; i--)
		atcp_step_lend(&step, record_new(host));
	atcp_conn_handle_segment(&host->conn, &packet->seg, &step);
	take_payload(world, host, packet, &step);
	set_space(world, host);
	end(world, host, &step);
	drive(world, host);
}

static void conn_init(struct exh_world *world, struct exh_host *host)
{
	struct atcp_config config = config_of(world);

	atcp_conn_init(&host->conn, &config);
	host->conn.flags |= ATCP_CONN_NODELAY; /* each write its own segment */
	atcp_conn_set_path_mss(&host->conn, PATH_MSS);
	set_space(world, host);
	host->facts.phase = EXH_CONN;
}

static void child_new(struct exh_world *world, struct exh_host *host,
		      const struct exh_packet *packet)
{
	struct atcp_step step;

	if (host->facts.is & EXH_IS_UP)
		exh_fail("%s accepts one call twice", exh_host_name(host));
	host->facts.has_embryo = false;
	conn_init(world, host);
	begin(world, host, &step);
	atcp_conn_accept(&host->conn, &host->embryo, &step);
	end(world, host, &step);
	conn_receive(world, host, packet);
}

static void embryo_receive(struct exh_world *world, struct exh_host *host,
			   const struct exh_packet *packet)
{
	struct atcp_config config = config_of(world);
	struct atcp_step step;
	struct atcp_tx tx;

	atcp_step_init(&step, world->now, NULL);
	switch (atcp_embryo_handle_segment(&host->embryo, &config,
					   &packet->seg, &tx, &step)) {
	case ATCP_EMBRYO_DROP:
		return;
	case ATCP_EMBRYO_ANSWER:
	case ATCP_EMBRYO_RESET:
		send_segment(world, host, &tx, false);
		return;
	case ATCP_EMBRYO_GONE:
		host->facts.has_embryo = false;
		return;
	case ATCP_EMBRYO_ESTABLISHED:
		child_new(world, host, packet);
		return;
	}
}

static void listener_syn(struct exh_world *world, struct exh_host *host,
			 const struct exh_packet *packet)
{
	struct atcp_config config = config_of(world);
	struct atcp_step step;
	struct atcp_tx tx;

	host->facts.incarnation++;
	host->facts.has_embryo = true;
	host->facts.is &= ~(EXH_HAS_SYN | EXH_HAS_EDGE | EXH_HEARD_EDGE);
	memset(&host->embryo, 0, sizeof(host->embryo));
	atcp_step_init(&step, world->now, NULL);
	atcp_embryo_init(&host->embryo, &packet->seg, &config,
			 exh_host_iss(host), exh_host_ts_offset(host),
			 PATH_MSS, BUFFER_BYTES);
	atcp_embryo_build_synack(&host->embryo, &config, &tx, &step);
	send_segment(world, host, &tx, false);
}

static void listener_receive(struct exh_world *world, struct exh_host *host,
			     const struct exh_packet *packet)
{
	struct atcp_step step;

	atcp_step_init(&step, world->now, NULL);
	switch (atcp_embryo_judge(&packet->seg, &step)) {
	case ATCP_LISTEN_DROP:
		return;
	case ATCP_LISTEN_RESET:
	case ATCP_LISTEN_ACK: /* there are no cookies */
		send_refusal(world, host, &packet->seg);
		return;
	case ATCP_LISTEN_SYN:
		listener_syn(world, host, packet);
		return;
	}
}

static void timewait_receive(struct exh_world *world, struct exh_host *host,
			     const struct exh_packet *packet)
{
	struct atcp_step step;
	struct atcp_tx tx;
	u32 iss;

	atcp_step_init(&step, world->now, NULL);
	switch (atcp_timewait_handle_segment(&host->tw, &packet->seg,
					     config_of(world).use, &tx, &iss,
					     &step)) {
	case ATCP_TW_DROP:
		return;
	case ATCP_TW_RESTART:
		host->tw_until = world->now + ATCP_TIME_WAIT_NS;
		fallthrough;
	case ATCP_TW_ANSWER:
		send_segment(world, host, &tx, false);
		return;
	case ATCP_TW_REUSE:
		exh_fail("an old SYN ends the TIME-WAIT of %s",
			 exh_host_name(host));
	}
}

/**
 * exh_host_receive() - A segment has arrived.
 * @world: State.
 * @host: Where.
 * @packet: The segment; not among those under way any more.
 */
void exh_host_receive(struct exh_world *world, struct exh_host *host,
		      const struct exh_packet *packet)
{
	handles_rst = packet->seg.flags & ATCP_F_RST;
	exh_judge_arrival(host, packet);
	if (host->facts.phase == EXH_CONN)
		conn_receive(world, host, packet);
	else if (host->facts.phase == EXH_TIME_WAIT)
		timewait_receive(world, host, packet);
	else if (host->facts.has_embryo)
		embryo_receive(world, host, packet);
	else if (world->script->listens[host->index])
		listener_receive(world, host, packet);
	else
		send_refusal(world, host, &packet->seg);
	handles_rst = false;
}

/*
 * Time
 */
u64 exh_host_deadline(const struct exh_host *host)
{
	if (host->facts.phase == EXH_CONN)
		return atcp_conn_poll_deadline(&host->conn);
	if (host->facts.phase == EXH_TIME_WAIT)
		return host->tw_until;
	return host->facts.has_embryo ? host->embryo.deadline_ns : ATCP_NEVER;
}

static void embryo_timeout(struct exh_world *world, struct exh_host *host)
{
	struct atcp_config config = config_of(world);
	struct atcp_step step;
	struct atcp_tx tx;

	atcp_step_init(&step, world->now, NULL);
	if (atcp_embryo_handle_timeout(&host->embryo, &config, &tx, &step)) {
		send_segment(world, host, &tx, false);
		return;
	}
	host->facts.has_embryo = false;
	give_up(world, host);
}

static void conn_timeout(struct exh_world *world, struct exh_host *host)
{
	bool was_waiting = host->conn.state == ATCP_FIN_WAIT_2;
	struct atcp_step step;

	begin(world, host, &step);
	atcp_conn_handle_timeout(&host->conn, &step);
	/* Its user has gone, and the peer's takes too long. */
	if (was_waiting && host->conn.state == ATCP_CLOSED)
		host->facts.is |= EXH_IS_EXCUSED;
	end(world, host, &step);
	drive(world, host);
}

/**
 * exh_host_timeout() - Its earliest deadline has passed.
 * @world: State, its time already moved on.
 * @host: Which.
 */
void exh_host_timeout(struct exh_world *world, struct exh_host *host)
{
	if (host->facts.phase == EXH_CONN)
		conn_timeout(world, host);
	else if (host->facts.phase == EXH_TIME_WAIT)
		host->facts.phase = EXH_DEAD;
	else
		embryo_timeout(world, host);
}

/*
 * The user
 */
static void open_conn(struct exh_world *world, struct exh_host *host)
{
	struct atcp_step step;

	conn_init(world, host);
	begin(world, host, &step);
	atcp_conn_connect(&host->conn, exh_host_iss(host),
			  exh_host_ts_offset(host), &step);
	end(world, host, &step);
}

static void close_conn(struct exh_world *world, struct exh_host *host,
		       struct atcp_step *step)
{
	bool has_unread = world->script->is_unread[host->index] &&
			  host->facts.received;

	/* Called off: nobody has promised the peer anything. */
	if (host->conn.state == ATCP_SYN_SENT)
		host->facts.is |= EXH_IS_EXCUSED;
	host->facts.is |= EXH_IS_SHUT | EXH_IS_CLOSED;
	atcp_conn_close(&host->conn, has_unread, step);
}

static void user_call(struct exh_world *world, struct exh_host *host,
		      const struct exh_op *op)
{
	struct atcp_step step;

	begin(world, host, &step);
	switch ((enum exh_what)op->what) {
	case EXH_WRITE:
		host->facts.written += op->bytes;
		atcp_conn_written(&host->conn, op->bytes, ATCP_WRITE_PUSH,
				  &step);
		break;
	case EXH_SHUT:
		if (host->conn.state == ATCP_SYN_SENT)
			host->facts.is |= EXH_IS_EXCUSED;
		host->facts.is |= EXH_IS_SHUT;
		atcp_conn_shutdown(&host->conn, &step);
		break;
	case EXH_CLOSE:
		close_conn(world, host, &step);
		break;
	case EXH_OPEN:
	case EXH_NO_MORE:
		break;
	}
	end(world, host, &step);
}

/**
 * exh_host_user() - Its user does what is next in the script.
 * @world: State.
 * @host: Which.
 */
void exh_host_user(struct exh_world *world, struct exh_host *host)
{
	const struct exh_op *op;

	op = &world->script->ops[host->index][host->facts.at++];
	if (op->what == EXH_OPEN)
		open_conn(world, host);
	else
		user_call(world, host, op);
	drive(world, host);
}

/**
 * exh_host_abort() - Its user aborts.
 * @world: State.
 * @host: Which; it has a connection.
 */
void exh_host_abort(struct exh_world *world, struct exh_host *host)
{
	struct atcp_step step;

	host->facts.is |= EXH_IS_SHUT | EXH_IS_CLOSED | EXH_IS_EXCUSED;
	begin(world, host, &step);
	atcp_conn_abort(&host->conn, &step);
	end(world, host, &step);
	drive(world, host);
}
