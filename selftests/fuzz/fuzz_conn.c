// SPDX-License-Identifier: GPL-2.0
/*
 * Any sequence of events on a connection: the fuzzer is its peer, its user, its
 * clock and its network. The simulator's driver does what the events ask for,
 * and its oracle looks at states, records and timers after every step.
 *
 * An input is a list of operations of one to nine bytes.
 */
#include <stdlib.h>

#include "script.h"

/* The rest of the input; zeros when there is no more. */
struct input {
	const u8 *data;
	size_t left;
};

static u8 next_u8(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

static u16 next_u16(struct input *in)
{
	u16 high = next_u8(in);

	return (u16)(high << 8 | next_u8(in));
}

/* Small distances mostly, of either sign; now and then a huge one. */
static u32 next_offset(struct input *in)
{
	u16 word = next_u16(in);

	if (word >> 12 == 7)
		return (u32)word << 16;
	return (u32)(s32)(s16)word;
}

/* What a segment has besides its header's fields; the rest of the bits are free. */
#define CONTROL_ECN 3 /* codepoint of the IP header */
#define CONTROL_NO_TS BIT(2)
#define CONTROL_OLD_TS BIT(3)
#define CONTROL_AE BIT(4) /* the flag that has no place among the others' eight */

static void segment(struct sim_host *a, struct input *in)
{
	struct sim_forgery f = { .flags = next_u8(in) };
	u8 control = next_u8(in);
	bool is_unsynchronized = a->sock->conn.state == ATCP_SYN_SENT;

	f.seq = sim_rcv_nxt(a) + next_offset(in);
	f.ack = sim_snd_nxt(a) - next_offset(in);
	f.len = next_u8(in);
	f.wnd = next_u8(in);
	f.wnd = (u16)(f.wnd * f.wnd);
	f.urg = f.wnd;
	f.with_ts = !(control & CONTROL_NO_TS);
	f.ts_back = control & CONTROL_OLD_TS ? f.wnd : 0;
	f.ecn = control & CONTROL_ECN;
	f.flags |= control & CONTROL_AE ? ATCP_F_AE : 0;
	if (is_unsynchronized && f.flags & ATCP_F_SYN)
		orc_peers(a->sock)->iss = f.seq;
	sim_inject(a, &f);
}

static void path(struct sim_host *a, struct input *in)
{
	struct atcp_step step;
	u32 seq = sim_snd_una(a) + next_u8(in) % 2;
	u16 mss = next_u16(in);

	sim_sock_begin(a->sock, &step);
	atcp_conn_pmtu(&a->sock->conn, seq, mss, &step);
	sim_sock_end(a->sock, &step);
	sim_sock_drive(a->sock);
}

static void icmp(struct sim_host *a, struct input *in)
{
	struct atcp_step step;

	sim_sock_begin(a->sock, &step);
	atcp_conn_icmp(&a->sock->conn, sim_snd_una(a), next_u8(in) & 1,
		       &step);
	sim_sock_end(a->sock, &step);
	sim_sock_drive(a->sock);
}

static void setting(struct sim_host *a, struct input *in)
{
	struct atcp_conn *conn = &a->sock->conn;
	u64 now = a->sim->now;
	u8 which = next_u8(in), value = next_u8(in);

	switch (which % 6) {
	case 0:
		atcp_conn_set_keepalive(conn, value & 1, now);
		break;
	case 1:
		atcp_conn_set_user_timeout(conn, value * 100u, now);
		break;
	case 2:
		atcp_conn_set_quickack(conn, value & 1);
		break;
	case 3:
		a->tune.rcvbuf = value * 256u;
		sim_sock_space(a->sock);
		break;
	case 4:
		conn->flags ^= ATCP_CONN_NODELAY;
		break;
	case 5:
		conn->flags ^= ATCP_CONN_CORK;
		break;
	}
	sim_sock_drive(a->sock);
}

static void user(struct sim_host *a, struct input *in)
{
	struct sim_sock *sock = a->sock;
	u8 which = next_u8(in);
	u32 bytes = next_u8(in) * 64u;

	switch (which % 8) {
	case 0:
	case 1:
	case 2:
		if (!sock->is_shut && sock->conn.state != ATCP_SYN_RCVD &&
		    sock->written < 1 << 20)
			sim_sock_write(sock, bytes + 1, which >> 4);
		break;
	case 3:
	case 4:
		bytes = min_t(u64, bytes, sock->received - sock->read);
		sim_sock_read(sock, bytes);
		break;
	case 5:
		sim_sock_shutdown(sock);
		break;
	case 6:
		sim_sock_close(sock);
		break;
	case 7:
		if (which == 255)
			sim_sock_abort(sock);
		break;
	}
	sim_sock_drive(sock);
}

static void one_event(struct sim *sim, struct input *in)
{
	struct sim_host *a = &sim->hosts[0];

	switch (next_u8(in) % 8) {
	case 0:
	case 1:
	case 2:
		segment(a, in);
		return;
	case 3:
		user(a, in);
		return;
	case 4:
		sim_run(sim, next_u16(in) * SIM_MSEC);
		return;
	case 5:
		path(a, in);
		return;
	case 6:
		setting(a, in);
		return;
	case 7:
		icmp(a, in);
		return;
	}
}

/* A calls; nobody hears it. What comes back, if anything, the input says. */
static void run(struct sim *sim, struct input *in)
{
	static const u8 ecn[] = { ATCP_ECN_AGREE, ATCP_ECN_ASK,
				  ATCP_ECN_ASK_ACCURATE, ATCP_ECN_NEVER };
	struct sim_host *a = &sim->hosts[0];
	u8 how = next_u8(in);

	sim->hosts[1].is_deaf = true;
	a->plan.is_reading = how & 1;
	a->config.use = how & 2 ? a->config.use : 0;
	a->tune.refuse = how & 4 ? 20 * SIM_PERCENT : 0;
	a->tune.iss_before_wrap = how & 8 ? 1000 : 0;
	a->config.fin_timeout_ms = how & 16 ? 0 : 60000;
	a->config.ecn = ecn[how >> 5 & 3];
	sim_call(a, 1000, 2000);
	a->sock->orc->is_lawless = true;
	while (in->left && a->sock->phase != SIM_DEAD)
		one_event(sim, in);
	judge_end(sim);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { .data = data, .left = size };
	struct sim *sim = sim_new(1, NULL);

	if (setjmp(sim->failed)) {
		sim_trace_dump(sim, stderr);
		fprintf(stderr, "%s\n", sim->failure);
		abort();
	}
	run(sim, &in);
	sim_free(sim);
	return 0;
}
