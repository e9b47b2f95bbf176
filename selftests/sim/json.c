// SPDX-License-Identifier: GPL-2.0
/* The record of a run: one JSON object a line, for programs to read. */

#include "core/internal.h"
#include "net.h"
#include "oracle.h"

static const struct sim_service *service_of(const struct orc_conn *orc)
{
	const struct sim_sock *a = orc->socks[0], *b = orc->socks[1];

	if (a && a->service)
		return a->service;
	return b ? b->service : NULL;
}

static void begin(struct sim *sim, const char *host,
		  const struct orc_conn *orc, const char *kind)
{
	const struct sim_service *service = orc ? service_of(orc) : NULL;

	fprintf(sim->json, "{\"time_ns\": %llu, \"host\": \"%s\", ",
		(unsigned long long)(sim->now - sim->start), host);
	if (service)
		fprintf(sim->json, "\"flow\": \"%s\", ", service->flow);
	else if (orc)
		fprintf(sim->json, "\"flow\": \"%u-%u\", ", orc->ports[0],
			orc->ports[1]);
	fprintf(sim->json, "\"kind\": \"%s\"", kind);
}

/* The connection's own idea of things: only once it has one. */
static void put_conn(struct sim *sim, const struct sim_sock *sock)
{
	const struct atcp_snd *snd = &sock->conn.snd;

	if (sock->phase != SIM_OPEN || sock->conn.state < ATCP_ESTABLISHED)
		return;
	fprintf(sim->json, ", \"cwnd\": %u, \"ssthresh\": %u, \"pipe\": %u",
		snd->cwnd, snd->ssthresh, atcp_loss_pipe(&sock->conn));
	fprintf(sim->json, ", \"srtt_ns\": %llu, \"edge\": %u",
		(unsigned long long)sock->conn.rtt.srtt_ns,
		snd->una + snd->wnd - snd->iss);
}

static void end(struct sim *sim, const struct orc_conn *orc, const char *note)
{
	const struct sim_service *service = orc ? service_of(orc) : NULL;

	if (service && service->link)
		fprintf(sim->json, ", \"queue\": %u",
			service->link->queue.fifo.bytes);
	if (note)
		fprintf(sim->json, ", \"note\": \"%s\"", note);
	fputs("}\n", sim->json);
}

/**
 * sim_json_packet() - A segment is sent, received or lost.
 * @host: Where; of one that is lost its sender.
 * @pkt: The segment.
 * @kind: "send", "retransmit", "recv" or "drop".
 * @note: What else there is to say, or NULL.
 */
void sim_json_packet(struct sim_host *host, const struct sim_packet *pkt,
		     const char *kind, const char *note)
{
	const struct orc_conn *orc = pkt->orc;
	struct sim *sim = host->sim;
	const struct sim_sock *sock;
	struct atcp_seg seg;

	if (!sim->json)
		return;
	sock = orc ? orc->socks[orc_side(orc, host->index)] : NULL;
	orc_parse(&seg, pkt);
	orc_relate(&seg, pkt);
	begin(sim, host->name, orc, kind);
	fprintf(sim->json, ", \"from\": \"%s\", \"seq\": %u, \"len\": %u",
		sim->hosts[pkt->from].name, seg.seq, seg.len);
	if (seg.flags & ATCP_F_ACK)
		fprintf(sim->json, ", \"ack\": %u", seg.ack);
	if (sock)
		put_conn(sim, sock);
	end(sim, orc, note);
}

/**
 * sim_json_sock() - Something has happened to a connection.
 * @sock: Its socket.
 * @kind: "ack", "rto", "state" or "sample".
 * @note: What else there is to say, or NULL.
 */
void sim_json_sock(struct sim_sock *sock, const char *kind, const char *note)
{
	const struct atcp_snd *snd = &sock->conn.snd;
	struct sim *sim = sock->host->sim;

	if (!sim->json)
		return;
	begin(sim, sock->host->name, sock->orc, kind);
	if (sock->conn.state >= ATCP_SYN_SENT)
		fprintf(sim->json, ", \"seq\": %u, \"ack\": %u",
			snd->nxt - snd->iss, snd->una - snd->iss);
	put_conn(sim, sock);
	end(sim, sock->orc, note);
}

/**
 * sim_json_step() - A connection has taken a step.
 * @sock: Its socket.
 * @step: The step.
 */
void sim_json_step(struct sim_sock *sock, const struct atcp_step *step)
{
	u32 una = sock->conn.snd.una;

	if (!sock->host->sim->json)
		return;
	if (step->counted & BIT_ULL(ATCP_MIB_TIMEOUTS))
		sim_json_sock(sock, "rto", NULL);
	if (una != sock->json_una && sock->conn.state >= ATCP_ESTABLISHED)
		sim_json_sock(sock, "ack", NULL);
	sock->json_una = una;
}
