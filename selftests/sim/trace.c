// SPDX-License-Identifier: GPL-2.0
/*
 * What has happened. Lines are kept as structs and put into words only when
 * someone wants to read them: most runs end well.
 */
#include <stdarg.h>

#include "oracle.h"
#include "sim.h"

static void put_flags(FILE *to, u16 flags)
{
	static const char letters[] = "FSRP.UEWA";
	u32 i;

	fputc('[', to);
	for (i = 0; i < 9; i++)
		if (flags & BIT(i))
			fputc(letters[i], to);
	fputc(']', to);
}

static void put_opts(FILE *to, const struct atcp_opts *opts)
{
	u32 i;

	if (opts->has & ATCP_HAS_MSS)
		fprintf(to, " mss %u", opts->mss);
	if (opts->has & ATCP_HAS_WSCALE)
		fprintf(to, " wscale %u", opts->wscale);
	if (opts->has & ATCP_HAS_SACK_PERM)
		fputs(" sackOK", to);
	if (opts->has & ATCP_HAS_TS)
		fprintf(to, " ts %u:%u", opts->ts_val, opts->ts_ecr);
	for (i = 0; opts->has & ATCP_HAS_SACK && i < opts->nr_sacks; i++)
		fprintf(to, " sack %u-%u", opts->sacks[i].left,
			opts->sacks[i].right);
}

static void put_segment(FILE *to, const struct sim_trace *line)
{
	const struct atcp_seg *seg = &line->seg;
	static const char *const arrows[] = {
		[SIM_WHAT_SEND] = "->", [SIM_WHAT_RECEIVE] = "<-",
		[SIM_WHAT_DROP] = "-x",
	};

	fprintf(to, "%s #%-4llu ", arrows[line->what],
		(unsigned long long)line->packet);
	put_flags(to, seg->flags);
	fprintf(to, " seq %u", seg->seq);
	if (seg->len)
		fprintf(to, ":%u(%u)", seg->seq + seg->len, seg->len);
	if (seg->flags & ATCP_F_ACK)
		fprintf(to, " ack %u", seg->ack);
	fprintf(to, " win %u", seg->wnd);
	if (seg->flags & ATCP_F_URG)
		fprintf(to, " urg %u", seg->urg);
	if (seg->ecn)
		fputs(seg->ecn == NET_CE ? " CE" : " ECT", to);
	put_opts(to, &seg->opts);
	if (line->note[0])
		fprintf(to, "  (%s)", line->note);
}

static void put_line(struct sim *sim, const struct sim_trace *line, FILE *to)
{
	u64 since = line->at - sim->start;

	fprintf(to, "%6llu.%06llu %s ", (unsigned long long)(since / SIM_SEC),
		(unsigned long long)(since % SIM_SEC / SIM_USEC),
		sim->hosts[line->host].name);
	if (line->packet)
		put_segment(to, line);
	else
		fprintf(to, "** %s", line->note);
	if (line->peer)
		fprintf(to, "  %s\n", line->peer);
	else
		fprintf(to, "  A=%s B=%s\n", atcp_state_name(line->states[0]),
			atcp_state_name(line->states[1]));
}

static u8 state_of(const struct sim_host *host)
{
	if (host->embryos)
		return ATCP_SYN_RCVD;
	if (host->sock)
		return sim_sock_state(host->sock);
	return host->listening ? ATCP_LISTEN : ATCP_CLOSED;
}

static struct sim_trace *add_line(struct sim *sim, u8 what, u8 host)
{
	struct sim_trace *line = &sim->trace[sim->traced++ % SIM_TRACE_KEPT];

	line->at = sim->now;
	line->packet = 0;
	line->what = what;
	line->host = host;
	line->states[0] = state_of(&sim->hosts[0]);
	line->states[1] = state_of(&sim->hosts[1]);
	line->peer = sim->net ? "" : NULL;
	line->note[0] = 0;
	return line;
}

static void show_live(struct sim *sim, const struct sim_trace *line)
{
	if (sim->live)
		put_line(sim, line, sim->live);
}

/**
 * sim_trace_segment() - A segment has been sent, or has arrived.
 * @sim: The run.
 * @what: SIM_WHAT_SEND, SIM_WHAT_RECEIVE or SIM_WHAT_DROP.
 * @host: Index of the host that did so.
 * @pkt: The segment.
 * @note: What else there is to say, or NULL.
 */
void sim_trace_segment(struct sim *sim, u8 what, u8 host,
		       const struct sim_packet *pkt, const char *note)
{
	struct sim_trace *line = add_line(sim, what, host);

	line->packet = pkt->id;
	if (sim->net)
		line->peer = sim->hosts[host == pkt->to ? pkt->from :
						  pkt->to].name;
	orc_parse(&line->seg, pkt);
	orc_relate(&line->seg, pkt);
	snprintf(line->note, sizeof(line->note), "%s%s%s", note ? note : "",
		 pkt->is_forged ? " forged" : "",
		 pkt->is_damaged ? " damaged" : "");
	show_live(sim, line);
}

/**
 * sim_note() - Something else has happened on a host.
 * @host: Where.
 * @fmt: What, as printf().
 */
void sim_note(struct sim_host *host, const char *fmt, ...)
{
	struct sim_trace *line = add_line(host->sim, SIM_WHAT_NOTE, host->index);
	va_list args;

	va_start(args, fmt);
	vsnprintf(line->note, sizeof(line->note), fmt, args);
	va_end(args);
	show_live(host->sim, line);
}

void sim_trace_state(struct sim_sock *sock, u8 from, u8 to)
{
	sim_note(sock->host, "port %u: %s -> %s", sock->lport,
		 atcp_state_name(from), atcp_state_name(to));
	sim_json_sock(sock, "state", atcp_state_name(to));
}

/**
 * sim_trace_dump() - Show the last lines.
 * @sim: The run.
 * @to: Where to.
 */
void sim_trace_dump(struct sim *sim, FILE *to)
{
	u64 i = sim->traced > SIM_TRACE_KEPT ? sim->traced - SIM_TRACE_KEPT : 0;

	for (; i < sim->traced; i++)
		put_line(sim, &sim->trace[i % SIM_TRACE_KEPT], to);
}
