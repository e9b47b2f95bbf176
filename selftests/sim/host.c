// SPDX-License-Identifier: GPL-2.0
/* Where a segment goes: connection, TIME-WAIT, half-open, listener, nobody. */
#include "oracle.h"
#include "sim.h"

/**
 * sim_host_init() - One host more.
 * @sim: The run.
 * @name: Its name; must live as long as the run.
 *
 * Return: the host.
 */
struct sim_host *sim_host_init(struct sim *sim, const char *name)
{
	static const struct atcp_config config = ATCP_CONFIG_DEFAULT;
	struct sim_host *host = &sim->hosts[sim->nr_hosts];

	if (sim->nr_hosts == SIM_HOSTS_MAX)
		sim_fail(sim, "more than %u hosts", SIM_HOSTS_MAX);
	host->sim = sim;
	host->index = (u8)sim->nr_hosts++;
	host->name = name;
	host->config = config;
	host->tune = (struct sim_tuning){
		.rcvbuf = 128 * 1024, .sndbuf = 128 * 1024, .mss = 1460,
	};
	host->secret.key[0] = sim_rng_next(&sim->rng);
	host->secret.key[1] = sim_rng_next(&sim->rng);
	host->next_port = SIM_PORT_FIRST;
	host->plan.is_reading = true;
	host->plan.abort_after = SIM_NEVER;
	if (host->index < 2)
		sim->links[host->index].weather.delay_ns = 10 * SIM_MSEC;
	return host;
}

/* sim_peer() - The other one, where there are two. */
struct sim_host *sim_peer(const struct sim_host *host)
{
	return &host->sim->hosts[!host->index];
}

void sim_host_count(struct sim_host *host, const struct atcp_step *step)
{
	u32 i;

	for (i = 0; i < ATCP_MIB_NR; i++)
		host->mib[i] += step->counted >> i & 1;
}

struct atcp_tuple sim_host_tuple(struct sim_host *host,
				 const struct sim_host *peer, u16 lport,
				 u16 rport)
{
	return (struct atcp_tuple){
		.laddr = host->index, .raddr = peer->index,
		.lport = lport, .rport = rport,
	};
}

/* sim_host_service() - The program of a port, NULL if it has none of its own. */
struct sim_service *sim_host_service(const struct sim_host *host, u16 port)
{
	struct sim_service *service = host->services;

	while (service && service->port != port)
		service = service->next;
	return service;
}

static bool listens(const struct sim_host *host, u16 port)
{
	const struct sim_service *service = sim_host_service(host, port);

	return host->listening == port || (service && service->is_listening);
}

u32 sim_host_iss_to(struct sim_host *host, const struct sim_host *peer,
		    u16 lport, u16 rport)
{
	struct atcp_tuple tuple = sim_host_tuple(host, peer, lport, rport);
	u32 before = host->tune.iss_before_wrap;

	host->tune.iss_before_wrap = 0;
	return before ? -before : atcp_isn_generate(&host->secret, &tuple,
						    host->sim->now);
}

/* sim_host_iss() - The same, to the other one of two hosts. */
u32 sim_host_iss(struct sim_host *host, u16 lport, u16 rport)
{
	return sim_host_iss_to(host, sim_peer(host), lport, rport);
}

/* Send what is no connection's own: from embryos, TIME-WAIT, closed ports. */
static struct sim_packet *new_answer(struct sim_host *host, u8 to,
				     struct orc_conn *orc,
				     const struct atcp_tx *tx, u16 lport,
				     u16 rport)
{
	struct sim_packet *pkt = sim_packet_new(host, tx, lport, rport, 0);

	if (tx->len)
		sim_fail(host->sim, "an answer without a connection has data");
	if (tx->flags & ATCP_F_RST && host->handles_rst)
		sim_fail(host->sim, "RST in answer to RST");
	pkt->orc = orc;
	pkt->to = to;
	return pkt;
}

static void send_answer(struct sim_host *host, u8 to, struct orc_conn *orc,
			const struct atcp_tx *tx, u16 lport, u16 rport)
{
	struct sim_packet *pkt = new_answer(host, to, orc, tx, lport, rport);

	orc_sent(host, pkt);
	sim_json_packet(host, pkt, "send", NULL);
	sim_packet_send(host->sim, pkt);
}

static void send_reset(struct sim_host *host, const struct sim_packet *cause,
		       const struct atcp_seg *seg)
{
	struct sim_packet *pkt;
	struct atcp_tx tx;

	if (!atcp_seg_reset_for(&tx, seg))
		return;
	pkt = new_answer(host, cause->from, cause->orc, &tx, seg->dport,
			 seg->sport);
	host->mib[ATCP_MIB_OUT_RSTS]++;
	orc_reset_sent(host, cause, pkt);
	sim_json_packet(host, pkt, "send", NULL);
	sim_packet_send(host->sim, pkt);
}

/*
 * Half-open connections
 */
static void embryo_free(struct sim_embryo *embryo)
{
	struct sim_embryo **at = &embryo->host->embryos;

	while (*at != embryo)
		at = &(*at)->next;
	*at = embryo->next;
	embryo->is_gone = true;
	embryo->generation++;
}

static void embryo_arm(struct sim_embryo *embryo)
{
	u64 at = embryo->embryo.deadline_ns;

	if (at != ATCP_NEVER)
		sim_schedule(embryo->host->sim, max(at, embryo->host->sim->now),
			     SIM_EVENT_EMBRYO, embryo, ++embryo->generation);
}

static void embryo_answer(struct sim_embryo *embryo, const struct atcp_tx *tx)
{
	send_answer(embryo->host, embryo->peer->index, embryo->orc, tx,
		    embryo->lport, embryo->rport);
}

void sim_host_embryo_timer(struct sim_embryo *embryo, u32 generation)
{
	struct sim_host *host = embryo->host;
	struct atcp_step step;
	struct atcp_tx tx;
	bool lives;

	if (generation != embryo->generation || embryo->is_gone)
		return;
	host->handles_rst = false;
	atcp_step_init(&step, host->sim->now, NULL);
	tx.flags = 0;
	lives = atcp_embryo_handle_timeout(&embryo->embryo, &host->config, &tx,
					   &step);
	sim_host_count(host, &step);
	if (!lives) {
		sim_note(host, "half-open connection timed out");
		embryo_free(embryo);
		return;
	}
	if (tx.flags)
		embryo_answer(embryo, &tx);
	embryo_arm(embryo);
}

static struct sim_embryo *embryo_find(struct sim_host *host, u8 from,
				      const struct atcp_seg *seg)
{
	struct sim_embryo *embryo;

	for (embryo = host->embryos; embryo; embryo = embryo->next)
		if (embryo->lport == seg->dport &&
		    embryo->rport == seg->sport && embryo->peer->index == from)
			return embryo;
	return NULL;
}

/* The embryo's last ACK is here: the connection begins with it. */
static void child_new(struct sim_host *host, struct sim_host *peer,
		      const struct atcp_embryo *embryo, struct orc_conn *orc,
		      const struct atcp_seg *seg, const u8 *payload)
{
	struct sim_sock *sock;
	struct atcp_step step;

	sock = sim_sock_new(host, peer, seg->dport, seg->sport, orc);
	sim_sock_begin(sock, &step);
	atcp_conn_accept(&sock->conn, embryo, &step);
	sock->data_seq = embryo->iss + 1;
	sim_sock_end(sock, &step);
	sim_sock_receive(sock, seg, payload);
}

static void embryo_receive(struct sim_embryo *embryo,
			   const struct atcp_seg *seg, const u8 *payload)
{
	struct sim_host *host = embryo->host;
	struct atcp_step step;
	struct atcp_tx tx;

	atcp_step_init(&step, host->sim->now, NULL);
	switch (atcp_embryo_handle_segment(&embryo->embryo, &host->config, seg,
					   &tx, &step)) {
	case ATCP_EMBRYO_DROP:
		break;
	case ATCP_EMBRYO_ANSWER:
	case ATCP_EMBRYO_RESET:
		embryo_answer(embryo, &tx);
		break;
	case ATCP_EMBRYO_GONE:
		sim_note(host, "half-open connection gone");
		embryo_free(embryo);
		break;
	case ATCP_EMBRYO_ESTABLISHED:
		embryo_free(embryo);
		child_new(host, embryo->peer, &embryo->embryo, embryo->orc,
			  seg, payload);
		break;
	}
	sim_host_count(host, &step);
	if (!embryo->is_gone)
		embryo_arm(embryo);
}

static u32 syn_window(const struct sim_host *host)
{
	return min_t(u32, host->tune.rcvbuf, 65535);
}

static void listener_cookie(struct sim_host *host, const struct sim_packet *pkt,
			    const struct atcp_seg *seg)
{
	struct sim_host *peer = &host->sim->hosts[pkt->from];
	struct atcp_tuple tuple = sim_host_tuple(host, peer, seg->dport,
						 seg->sport);
	struct atcp_embryo embryo;
	struct atcp_step step;
	struct atcp_tx tx;

	atcp_step_init(&step, host->sim->now, NULL);
	atcp_cookie_init(&embryo, seg, &host->config, &host->secret, &tuple,
			 host->tune.mss, syn_window(host), &step);
	atcp_embryo_build_synack(&embryo, &host->config, &tx, &step);
	sim_host_count(host, &step);
	send_answer(host, pkt->from, orc_accept(host, pkt), &tx, seg->dport,
		    seg->sport);
}

static void listener_syn(struct sim_host *host, const struct sim_packet *pkt,
			 const struct atcp_seg *seg, const u32 *reuse_iss)
{
	struct sim_host *peer = &host->sim->hosts[pkt->from];
	struct atcp_tuple tuple = sim_host_tuple(host, peer, seg->dport,
						 seg->sport);
	struct sim_embryo *embryo;
	struct atcp_step step;
	struct atcp_tx tx;
	u32 iss;

	if (host->tune.cookies) {
		listener_cookie(host, pkt, seg);
		return;
	}
	embryo = sim_alloc(host->sim, sizeof(*embryo));
	embryo->host = host;
	embryo->peer = peer;
	embryo->orc = orc_accept(host, pkt);
	embryo->lport = seg->dport;
	embryo->rport = seg->sport;
	embryo->next = host->embryos;
	host->embryos = embryo;

	iss = reuse_iss ? *reuse_iss :
			  sim_host_iss_to(host, peer, seg->dport,
					  seg->sport);
	atcp_step_init(&step, host->sim->now, NULL);
	atcp_embryo_init(&embryo->embryo, seg, &host->config, iss,
			 atcp_isn_ts_offset(&host->secret, &tuple),
			 host->tune.mss, syn_window(host));
	atcp_embryo_build_synack(&embryo->embryo, &host->config, &tx, &step);
	sim_host_count(host, &step);
	embryo_answer(embryo, &tx);
	embryo_arm(embryo);
}

static void listener_ack(struct sim_host *host, const struct sim_packet *pkt,
			 const struct atcp_seg *seg, const u8 *payload)
{
	struct sim_host *peer = &host->sim->hosts[pkt->from];
	struct atcp_tuple tuple = sim_host_tuple(host, peer, seg->dport,
						 seg->sport);
	struct atcp_embryo embryo;
	struct atcp_step step;
	bool is_cookie;

	if (!host->tune.cookies) {
		send_reset(host, pkt, seg);
		return;
	}
	atcp_step_init(&step, host->sim->now, NULL);
	is_cookie = atcp_cookie_check(&embryo, seg, &host->config,
				      &host->secret, &tuple, host->tune.mss,
				      syn_window(host), &step);
	sim_host_count(host, &step);
	if (!is_cookie) {
		send_reset(host, pkt, seg);
		return;
	}
	pkt->orc->is_lawless |=
		!!pkt->orc->socks[orc_side(pkt->orc, host->index)];
	child_new(host, peer, &embryo, pkt->orc, seg, payload);
}

static void listener_receive(struct sim_host *host,
			     const struct sim_packet *pkt,
			     const struct atcp_seg *seg, const u8 *payload)
{
	struct atcp_step step;
	enum atcp_listen what;

	atcp_step_init(&step, host->sim->now, NULL);
	what = atcp_embryo_judge(seg, &step);
	sim_host_count(host, &step);
	switch (what) {
	case ATCP_LISTEN_DROP:
		return;
	case ATCP_LISTEN_RESET:
		send_reset(host, pkt, seg);
		return;
	case ATCP_LISTEN_SYN:
		listener_syn(host, pkt, seg, NULL);
		return;
	case ATCP_LISTEN_ACK:
		listener_ack(host, pkt, seg, payload);
		return;
	}
}

static void timewait_receive(struct sim_sock *sock,
			     const struct sim_packet *pkt,
			     const struct atcp_seg *seg)
{
	struct sim_host *host = sock->host;
	struct atcp_step step;
	struct atcp_tx tx;
	u32 iss;

	atcp_step_init(&step, host->sim->now, NULL);
	switch (atcp_timewait_handle_segment(&sock->tw, seg, host->config.use, &tx,
					     &iss, &step)) {
	case ATCP_TW_DROP:
		break;
	case ATCP_TW_RESTART:
		sim_sock_timewait_start(sock);
		fallthrough;
	case ATCP_TW_ANSWER:
		send_answer(host, pkt->from, sock->orc, &tx, sock->lport,
			    sock->rport);
		break;
	case ATCP_TW_REUSE:
		if (!listens(host, sock->lport)) {
			send_reset(host, pkt, seg);
			break;
		}
		sim_note(host, "TIME-WAIT ends for a new incarnation");
		sim_sock_kill(sock);
		listener_syn(host, pkt, seg, &iss);
		break;
	}
	sim_host_count(host, &step);
}

/* sim_sock_find() - The socket, if any, that has these ports. */
struct sim_sock *sim_sock_find(struct sim_host *host, u8 peer, u16 lport,
			       u16 rport)
{
	struct sim_sock *sock;

	for (sock = host->socks; sock; sock = sock->next)
		if (sock->lport == lport && sock->rport == rport &&
		    sock->peer->index == peer && sock->phase != SIM_DEAD)
			return sock;
	return NULL;
}

static void demux(struct sim_host *host, const struct sim_packet *pkt,
		  const struct atcp_seg *seg)
{
	const u8 *payload = pkt->bytes + seg->hdr_len;
	struct sim_sock *sock = sim_sock_find(host, pkt->from, seg->dport,
					      seg->sport);
	struct sim_embryo *embryo;

	if (sock && sock->phase == SIM_TIME_WAIT) {
		timewait_receive(sock, pkt, seg);
		return;
	}
	if (sock) {
		sim_sock_receive(sock, seg, payload);
		return;
	}
	embryo = embryo_find(host, pkt->from, seg);
	if (embryo)
		embryo_receive(embryo, seg, payload);
	else if (listens(host, seg->dport))
		listener_receive(host, pkt, seg, payload);
	else
		send_reset(host, pkt, seg);
}

/**
 * sim_host_receive() - A packet has arrived.
 * @host: Where.
 * @pkt: The packet; stays the caller's.
 */
void sim_host_receive(struct sim_host *host, struct sim_packet *pkt)
{
	struct atcp_seg seg;

	if (sim_checksum(pkt)) {
		if (!pkt->is_damaged && !pkt->is_forged)
			sim_fail(host->sim, "checksum of packet %llu is wrong",
				 (unsigned long long)pkt->id);
		host->bad_checksums++;
		return;
	}
	/* Flips that cancel out are beyond any checksum; let them be. */
	if (pkt->is_damaged)
		return;
	if (atcp_seg_parse(&seg, pkt->bytes, pkt->len) != ATCP_SEG_OK) {
		if (!pkt->is_forged)
			sim_fail(host->sim, "our own packet %llu is malformed",
				 (unsigned long long)pkt->id);
		host->bad_segments++;
		return;
	}
	seg.ecn = pkt->ecn;
	orc_arrived(host, pkt);
	host->handles_rst = seg.flags & ATCP_F_RST;
	demux(host, pkt, &seg);
	host->handles_rst = false;
}

/**
 * sim_host_forget() - Power failure: the host forgets all it knew.
 * @host: Which. Its listener is there again at once.
 */
void sim_host_forget(struct sim_host *host)
{
	struct sim_sock *sock;

	sim_note(host, "restarts, remembers nothing");
	for (sock = host->socks; sock; sock = sock->next)
		if (sock->phase != SIM_DEAD)
			sim_sock_kill(sock);
	while (host->embryos)
		embryo_free(host->embryos);
}
