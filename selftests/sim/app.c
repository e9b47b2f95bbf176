// SPDX-License-Identifier: GPL-2.0
/* The program above a socket: writes, reads, sleeps, closes. */
#include "oracle.h"
#include "sim.h"

/*
 * The stream: each byte follows from the stream's number and its position, so
 * both ends know what belongs where and nobody has to keep it.
 */
static u8 stream_byte(u64 stream, u64 pos)
{
	return (u8)(sim_mix(stream + (pos >> 3)) >> (pos & 7) * 8);
}

void sim_stream_fill(u64 stream, u64 pos, u8 *buf, u32 len)
{
	u64 word;

	for (; len && pos & 7; len--)
		*buf++ = stream_byte(stream, pos++);
	for (; len >= 8; len -= 8, pos += 8, buf += 8) {
		word = sim_mix(stream + (pos >> 3));
		memcpy(buf, &word, 8);
	}
	while (len--)
		*buf++ = stream_byte(stream, pos++);
}

bool sim_stream_is(u64 stream, u64 pos, const u8 *buf, u32 len)
{
	u64 word;

	for (; len && pos & 7; len--)
		if (*buf++ != stream_byte(stream, pos++))
			return false;
	for (; len >= 8; len -= 8, pos += 8, buf += 8) {
		word = sim_mix(stream + (pos >> 3));
		if (memcmp(buf, &word, 8))
			return false;
	}
	while (len--)
		if (*buf++ != stream_byte(stream, pos++))
			return false;
	return true;
}

/*
 * The user calls, with what the driver does around them
 */

/**
 * sim_sock_write() - Write, as much as there is room for.
 * @sock: Socket that may still send.
 * @bytes: How many.
 * @flags: ATCP_WRITE_*; ATCP_WRITE_URGENT makes the last byte urgent.
 */
void sim_sock_write(struct sim_sock *sock, u32 bytes, u8 flags)
{
	struct orc_flow *flow = orc_own(sock);
	struct atcp_step step;

	sock->written += bytes;
	if (flags & ATCP_WRITE_URGENT)
		flow->urgent[flow->nr_urgent++ % ORC_URGENT_MAX] =
			sock->written;
	sim_sock_begin(sock, &step);
	atcp_conn_written(&sock->conn, bytes, flags, &step);
	sim_sock_end(sock, &step);
}

/**
 * sim_sock_tune() - A larger buffer, if the connection has a use for it.
 * @sock: Socket.
 * @bytes: What has just been read; 0: data has come out of order.
 */
void sim_sock_tune(struct sim_sock *sock, u32 bytes)
{
	struct sim_tuning *tune = &sock->host->tune;
	u32 room = atcp_tune_recv_room(&sock->conn, bytes,
				       sock->host->sim->now);

	tune->rcvbuf = max(tune->rcvbuf, min(room, tune->rcvbuf_most));
}

/**
 * sim_sock_read() - Read from the queue.
 * @sock: Socket; its connection may be gone.
 * @bytes: How many, at most what is queued.
 */
void sim_sock_read(struct sim_sock *sock, u32 bytes)
{
	struct atcp_step step;

	sock->read += bytes;
	if (sock->phase != SIM_OPEN)
		return;
	sim_sock_tune(sock, bytes);
	sim_sock_space(sock);
	sim_sock_begin(sock, &step);
	atcp_conn_read(&sock->conn, &step);
	sim_sock_end(sock, &step);
}

void sim_sock_shutdown(struct sim_sock *sock)
{
	struct atcp_step step;

	sock->is_shut = true;
	if (sock->phase != SIM_OPEN)
		return;
	sim_note(sock->host, "port %u: shutdown", sock->lport);
	sim_sock_begin(sock, &step);
	atcp_conn_shutdown(&sock->conn, &step);
	sim_sock_end(sock, &step);
}

void sim_sock_close(struct sim_sock *sock)
{
	bool has_unread = sock->received != sock->read;
	struct atcp_step step;

	sock->is_shut = true;
	sock->is_closed = true;
	if (sock->phase != SIM_OPEN)
		return;
	sim_note(sock->host, "port %u: close%s", sock->lport,
		 has_unread ? " with unread data" : "");
	sock->is_aborted |= has_unread;
	sim_sock_begin(sock, &step);
	atcp_conn_close(&sock->conn, has_unread, &step);
	sim_sock_end(sock, &step);
}

void sim_sock_abort(struct sim_sock *sock)
{
	struct atcp_step step;

	sock->is_shut = true;
	sock->is_closed = true;
	if (sock->phase != SIM_OPEN)
		return;
	sim_note(sock->host, "port %u: abort", sock->lport);
	sock->is_aborted = true;
	sim_sock_begin(sock, &step);
	atcp_conn_abort(&sock->conn, &step);
	sim_sock_end(sock, &step);
}

/*
 * The program
 */
static u64 up_to(struct sim_sock *sock, u64 most)
{
	if (!sock->app.is_random || !most)
		return most;
	return sim_rng_range(&sock->host->sim->rng, 1, most);
}

/* A piece of @size, at most @chunk if that is given. */
static u64 piece(struct sim_sock *sock, u64 size, u32 chunk)
{
	u64 most = up_to(sock, chunk);

	return chunk ? min(size, most) : size;
}

static void sleep_until(struct sim_sock *sock, u64 at)
{
	if (at >= sock->app_at || at <= sock->host->sim->now)
		return;
	sock->app_at = at;
	sim_schedule(sock->host->sim, at, SIM_EVENT_APP, sock,
		     ++sock->app_generation);
}

static u64 write_room(struct sim_sock *sock)
{
	struct sim_tuning *tune = &sock->host->tune;
	u64 used = sock->written - sock->data_pos;

	if (tune->sndbuf_most) {
		u64 room = min(atcp_tune_send_room(&sock->conn),
			       tune->sndbuf_most);

		tune->sndbuf = max_t(u32, tune->sndbuf, room);
		if (3 * used > 2ULL * tune->sndbuf)
			return 0;
	}
	return tune->sndbuf > used ? tune->sndbuf - used : 0;
}

static u32 write_size(struct sim_sock *sock)
{
	struct sim_app *app = &sock->app;
	u64 room = write_room(sock);
	u64 size = piece(sock, min(app->to_write, room), app->write_chunk);

	/* The urgent byte ends a send. */
	if (app->urgent_at && app->urgent_at < app->to_write)
		size = min(size, app->to_write - app->urgent_at);
	return (u32)min(size, 1u << 30);
}

static bool may_write(const struct sim_sock *sock)
{
	return sock->phase == SIM_OPEN && !sock->is_shut &&
	       (sock->conn.state == ATCP_ESTABLISHED ||
		sock->conn.state == ATCP_CLOSE_WAIT);
}

static bool app_write(struct sim_sock *sock)
{
	struct sim_app *app = &sock->app;
	u8 flags = app->write_flags;
	u32 size;

	if (!app->to_write || !may_write(sock))
		return false;
	if (sock->host->sim->now < app->write_after) {
		sleep_until(sock, app->write_after);
		return false;
	}
	size = write_size(sock);
	if (!size)
		return false;
	app->to_write -= size;
	if (!app->to_write)
		flags &= (u8)~ATCP_WRITE_MORE;
	if (app->urgent_at && app->to_write == app->urgent_at) {
		flags |= ATCP_WRITE_URGENT;
		app->urgent_at = 0;
	}
	sim_sock_write(sock, size, flags | ATCP_WRITE_PUSH);
	app->write_after = sock->host->sim->now +
			   up_to(sock, app->write_pause_ns);
	return true;
}

static bool app_read(struct sim_sock *sock)
{
	struct sim_app *app = &sock->app;
	u64 queued = sock->received - sock->read;

	if (!app->is_reading || !queued || sock->is_closed)
		return false;
	if (sock->host->sim->now < app->read_after) {
		sleep_until(sock, app->read_after);
		return false;
	}
	sim_sock_read(sock, (u32)piece(sock, queued, app->read_chunk));
	app->read_after = sock->host->sim->now +
			  up_to(sock, app->read_pause_ns);
	return true;
}

static bool at_eof(const struct sim_sock *sock)
{
	return sock->events & ATCP_EV_PEER_CLOSED &&
	       sock->read == sock->received;
}

static bool app_end(struct sim_sock *sock)
{
	struct sim_app *app = &sock->app;
	bool is_up = sock->events & (ATCP_EV_ESTABLISHED | ATCP_EV_CLOSED);

	if (sock->is_closed || !is_up)
		return false;
	if (sock->read >= app->abort_after) {
		sim_sock_abort(sock);
		return true;
	}
	if (sock->conn.error) {
		sim_sock_close(sock); /* there is nothing more to be had */
		return true;
	}
	if (app->to_write && sock->phase == SIM_OPEN)
		return false;
	if (app->close_when_done || (app->close_on_eof && at_eof(sock))) {
		sim_sock_close(sock);
		return true;
	}
	if (app->shut_when_done && !sock->is_shut) {
		sim_sock_shutdown(sock);
		return true;
	}
	return false;
}

/**
 * sim_app_step() - Let the program make one call.
 * @sock: Its socket.
 *
 * Return: true if it has made one.
 */
bool sim_app_step(struct sim_sock *sock)
{
	return app_write(sock) || app_read(sock) || app_end(sock);
}

void sim_app_wake(struct sim_sock *sock, u32 generation)
{
	if (generation != sock->app_generation)
		return;
	sock->app_at = SIM_NEVER;
	sim_sock_drive(sock);
}
