// SPDX-License-Identifier: GPL-2.0
/* What has happened, for the reader; and the names by which it is replayed. */
#include <stdlib.h>

#include "exhaust.h"

FILE *exh_live;

static const char act_letters[] = {
	[EXH_DELIVER] = 'd', [EXH_USER] = 'u', [EXH_TIMER] = 't',
	[EXH_LOSE] = 'l', [EXH_DOUBLE] = 'x', [EXH_ABORT] = 'a',
};

static const char *const op_names[] = {
	[EXH_NO_MORE] = "does nothing", [EXH_OPEN] = "calls",
	[EXH_WRITE] = "writes", [EXH_SHUT] = "shuts down",
	[EXH_CLOSE] = "closes",
};

const char *exh_host_name(const struct exh_host *host)
{
	return host->index ? "B" : "A";
}

/**
 * exh_host_state() - What a host would say of its connection.
 * @host: Which.
 *
 * Return: enum atcp_state.
 */
u8 exh_host_state(const struct exh_host *host)
{
	switch ((enum exh_phase)host->facts.phase) {
	case EXH_CONN:
		return host->conn.state;
	case EXH_TIME_WAIT:
		return ATCP_TIME_WAIT;
	case EXH_NONE:
	case EXH_DEAD:
		return host->facts.has_embryo ? ATCP_SYN_RCVD : ATCP_CLOSED;
	}
	return ATCP_CLOSED;
}

/**
 * exh_trace_segment() - One line for a segment.
 * @packet: The segment.
 * @what: What becomes of it.
 *
 * Numbers are relative to the first incarnation's initial ones.
 */
void exh_trace_segment(const struct exh_packet *packet, const char *what)
{
	struct exh_host a = { .index = packet->from };
	struct exh_host b = { .index = !packet->from };
	const struct atcp_seg *seg = &packet->seg;

	fprintf(exh_live, "        %s %s", exh_host_name(&a), what);
	fprintf(exh_live, " %s%s%s%sseq %u", seg->flags & ATCP_F_SYN ? "SYN " : "",
		seg->flags & ATCP_F_FIN ? "FIN " : "",
		seg->flags & ATCP_F_RST ? "RST " : "",
		seg->flags & ATCP_F_PSH ? "PSH " : "",
		seg->seq - exh_host_iss(&a));
	if (seg->len)
		fprintf(exh_live, "+%u", seg->len);
	if (seg->flags & ATCP_F_ACK)
		fprintf(exh_live, " ack %u", seg->ack - exh_host_iss(&b));
	fprintf(exh_live, " win %u", seg->wnd);
	if (seg->opts.has & ATCP_HAS_TS)
		fprintf(exh_live, " ts %u ecr %u", seg->opts.ts_val,
			seg->opts.ts_ecr);
	fputc('\n', exh_live);
}

static void trace_user(const struct exh_world *world, u8 which)
{
	const struct exh_host *host = &world->hosts[which];
	const struct exh_op *op;

	op = &world->script->ops[which][host->facts.at];
	fprintf(exh_live, "%s %s", exh_host_name(host), op_names[op->what]);
	if (op->what == EXH_WRITE)
		fprintf(exh_live, " %u", op->bytes);
	fputc('\n', exh_live);
}

/**
 * exh_trace_action() - What is about to happen.
 * @world: State.
 * @action: One that is possible.
 */
void exh_trace_action(const struct exh_world *world, struct exh_action action)
{
	const struct exh_host *host = &world->hosts[action.which & 1];
	const struct exh_packet *packet = &world->packets[action.which];
	char name[8];

	exh_action_name(name, sizeof(name), action);
	fprintf(exh_live, "%-4s ", name);
	switch ((enum exh_act)action.act) {
	case EXH_DELIVER:
		fputs("arrives:\n", exh_live);
		exh_trace_segment(packet, "has sent");
		break;
	case EXH_LOSE:
		fputs("is lost:\n", exh_live);
		exh_trace_segment(packet, "has sent");
		break;
	case EXH_DOUBLE:
		fputs("arrives, and will again:\n", exh_live);
		exh_trace_segment(packet, "has sent");
		break;
	case EXH_USER:
		trace_user(world, action.which);
		break;
	case EXH_ABORT:
		fprintf(exh_live, "%s aborts\n", exh_host_name(host));
		break;
	case EXH_TIMER:
		fprintf(exh_live, "%s: time passes\n", exh_host_name(host));
		break;
	}
}

/**
 * exh_trace_states() - What has come of it.
 * @world: State.
 */
void exh_trace_states(const struct exh_world *world)
{
	fprintf(exh_live, "     %10.3f s  A %s, B %s, %u under way\n",
		(double)world->now / ATCP_NSEC_PER_SEC,
		atcp_state_name(exh_host_state(&world->hosts[0])),
		atcp_state_name(exh_host_state(&world->hosts[1])),
		world->nr_packets);
}

/**
 * exh_action_name() - A short name for an action: a letter and a number.
 * @buf: Filled in.
 * @size: Its size, bytes.
 * @action: Action.
 *
 * Return: as snprintf().
 */
int exh_action_name(char *buf, size_t size, struct exh_action action)
{
	return snprintf(buf, size, "%c%u", act_letters[action.act],
			action.which);
}

/**
 * exh_action_parse() - The other way round.
 * @text: Moved on past the name and what separates it from the next.
 * @action: Filled in.
 *
 * Return: false at the end of the text, or where it makes no sense.
 */
bool exh_action_parse(const char **text, struct exh_action *action)
{
	char *end;
	u8 i;

	for (i = 0; i < ARRAY_SIZE(act_letters); i++) {
		if (**text != act_letters[i])
			continue;
		action->act = i;
		action->which = (u8)strtoul(*text + 1, &end, 10);
		if (end == *text + 1)
			return false;
		*text = *end ? end + 1 : end;
		return true;
	}
	return false;
}
