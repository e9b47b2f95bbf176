/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A simulator for the core: hosts, links, virtual time, one seed. Two hosts on one
 * duplex link, unless a network (net.h) lies between them.
 *
 *	world.c		time, events, memory, failure
 *	trace.c		what has happened, for the reader
 *	json.c		... and for programs
 *	link.c		packets: checksum, delay, loss, disorder, damage
 *	net.c		a graph of links, with queue.c and box.c: see net.h
 *	host.c		where a segment goes: listeners, half-open, TIME-WAIT
 *	sock.c		a connection and its driver
 *	app.c		the program that uses it
 *	oracle.c	an account of what was sent and what has arrived
 *	wire.c		what RFC 9293 says about the segments that are sent
 *	judge.c		what it says about states, ends and records
 *	script.c	the words in which scenarios are written
 *	random.c	a whole run from one number
 *	lab.c		a whole run from a file: see lab.h
 */
#ifndef SIM_H
#define SIM_H

#include <setjmp.h>
#include <stdio.h>

#include "core/conn.h"
#include "core/cookie.h"
#include "core/embryo.h"
#include "core/isn.h"
#include "core/timewait.h"
#include "rng.h"

#define SIM_USEC 1000ULL
#define SIM_MSEC 1000000ULL
#define SIM_SEC 1000000000ULL
#define SIM_NEVER ATCP_NEVER

/* Sockets' ports where a scenario does not say otherwise. */
#define SIM_PORT 80
#define SIM_PORT_FIRST 49152

#define SIM_HOSTS_MAX 16

#define SIM_TRACE_KEPT 48
#define SIM_EVENT_BUDGET 3000000

struct sim;
struct sim_host;
struct sim_sock;
struct sim_net;
struct net_link;
struct orc_conn;

/*
 * Events
 */
enum sim_event_kind {
	SIM_EVENT_ARRIVAL, /* obj: struct sim_packet */
	SIM_EVENT_SOCK, /* obj: struct sim_sock, its timer */
	SIM_EVENT_APP, /* obj: struct sim_sock, its program wakes */
	SIM_EVENT_EMBRYO, /* obj: struct sim_embryo */
	SIM_EVENT_TIMEWAIT, /* obj: struct sim_sock */
	SIM_EVENT_CALL, /* obj: struct sim_call */
	SIM_EVENT_LINK, /* obj: struct net_link, its transmitter */
	SIM_EVENT_BOX, /* obj: struct net_box, its timer */
};

/**
 * struct sim_event - Something that will happen.
 * @at: When, ns.
 * @order: Ties are broken by the order of scheduling.
 * @obj: By @kind. Lives until the run's end, so it cannot dangle.
 * @generation: Ignored if the object has moved on since.
 * @kind: enum sim_event_kind.
 */
struct sim_event {
	u64 at;
	u64 order;
	void *obj;
	u32 generation;
	u8 kind;
};

struct sim_call {
	void (*fn)(struct sim *sim, void *arg);
	void *arg;
};

/*
 * Link
 */

enum net_ecn { NET_NOT_ECT, NET_ECT_1, NET_ECT_0, NET_CE };

/**
 * struct sim_packet - A segment on the wire, as bytes.
 * @id: Counts up, for the trace.
 * @orc: Incarnation that its sender meant, or NULL; the receiver cannot see it.
 * @from: Index of the sending host.
 * @to: Index of the host that it is meant for.
 * @ecn: The bits of its IP header, enum net_ecn.
 * @is_forged: Not sent by the host whose ports it carries.
 * @is_damaged: Bits were flipped under way.
 * @next: The next in a queue.
 * @hop: The network's link that it is on the wire of.
 * @queued_ns: Since when it waits in a queue.
 * @len: Length of @bytes.
 * @bytes: TCP header and payload.
 */
struct sim_packet {
	u64 id;
	struct orc_conn *orc;
	u8 from;
	u8 to;
	u8 ecn;
	bool is_forged;
	bool is_damaged;
	struct sim_packet *next;
	struct net_link *hop;
	u64 queued_ns;
	u32 len;
	u8 bytes[];
};

/**
 * struct sim_weather - How one direction of the link behaves.
 * @delay_ns: One-way delay.
 * @jitter_ns: Up to so much more, per packet.
 * @may_reorder: Jitter may let packets overtake each other.
 * @loss: Probability of loss, ppm, as the following ones.
 * @twice: Of duplication.
 * @damage: Of flipped bits.
 * @mark: Of a mark for a packet that may be marked.
 * @recut: Of being cut in two, which may overlap.
 * @late: Of being held back by @late_ns.
 * @late_ns: See @late.
 * @early: Of a shorter way, by @early_ns.
 * @early_ns: See @early.
 * @rate: Bytes per second; 0: without limit.
 * @mtu: Longest IP packet that passes; 0: any.
 * @is_silent: Nobody tells the sender of a packet that is longer.
 * @queue: Bytes that wait at most when @rate limits; more are dropped.
 * @is_dead: Nothing gets through.
 */
struct sim_weather {
	u64 delay_ns;
	u64 jitter_ns;
	u64 late_ns;
	u64 early_ns;
	u64 rate;
	u32 queue;
	u32 loss;
	u32 twice;
	u32 damage;
	u32 mark;
	u32 recut;
	u32 late;
	u32 early;
	u32 mtu;
	bool is_silent;
	bool may_reorder;
	bool is_dead;
};

/**
 * struct sim_pick - Which of a host's segments a scenario means.
 * @from: Its sender.
 * @flags: Flags that it has.
 * @without: Flags that it has not.
 * @min_len: Payload bytes at least.
 * @is_empty: No payload.
 * @nth: The first, second ... of these; 0 means 1.
 * @count: So many in a row; 0 means 1.
 */
struct sim_pick {
	struct sim_host *from;
	u8 flags;
	u8 without;
	u32 min_len;
	bool is_empty;
	u32 nth;
	u32 count;
};

enum sim_fate {
	SIM_FATE_PASS,
	SIM_FATE_DROP,
	SIM_FATE_TWICE,
	SIM_FATE_LATE,
	SIM_FATE_MARK,
};

struct sim_rule {
	struct sim_pick pick;
	u8 fate;
	u64 late_ns;
	u32 seen;
};

#define SIM_RULES_MAX 16

struct sim_link {
	struct sim_weather weather;
	u64 busy_until;
	u64 last_arrival;
};

/*
 * Hosts
 */

/**
 * struct sim_app - What the program above a socket does.
 * @to_write: Bytes that it still wants to write.
 * @urgent_at: Bytes before the end of @to_write after which one is urgent; the
 *	send ends there. 0: none.
 * @write_chunk: Bytes per write at most; 0: what fits.
 * @read_chunk: Bytes per read at most; 0: all there is.
 * @write_pause_ns: Sleeps so long after each write.
 * @read_pause_ns: Sleeps so long after each read.
 * @write_after: When it may write next.
 * @read_after: When it may read next.
 * @write_flags: ATCP_WRITE_* of each write.
 * @is_reading: Reads what comes.
 * @is_random: Chunks and pauses are drawn up to the values given.
 * @shut_when_done: shutdown(SHUT_WR) when all is written.
 * @close_when_done: close() when all is written.
 * @close_on_eof: close() when all is written and the peer's end is read.
 * @abort_after: Abort when so many bytes have been read; SIM_NEVER.
 */
struct sim_app {
	u64 to_write;
	u64 urgent_at;
	u32 write_chunk;
	u32 read_chunk;
	u64 write_pause_ns;
	u64 read_pause_ns;
	u64 write_after;
	u64 read_after;
	u8 write_flags;
	bool is_reading;
	bool is_random;
	bool shut_when_done;
	bool close_when_done;
	bool close_on_eof;
	u64 abort_after;
};

enum sim_phase {
	SIM_OPEN, /* a connection, in whatever state */
	SIM_TIME_WAIT, /* replaced by its struct atcp_timewait */
	SIM_DEAD, /* gone */
};

/**
 * struct sim_sock - A socket: connection, buffers, program.
 * @conn: The connection.
 * @tw: What remains of it in SIM_TIME_WAIT.
 * @host: Where it lives.
 * @peer: The host at the other end.
 * @next: The host's next, older one.
 * @orc: Its incarnation.
 * @lport: Local port.
 * @rport: Remote port.
 * @phase: enum sim_phase.
 * @events: ATCP_EV_* seen in its life.
 * @timer_at: When its timer fires; SIM_NEVER: not armed.
 * @timer_generation: Of the timer's last arming.
 * @app_at: When its program wakes; SIM_NEVER: not asleep.
 * @app_generation: Of that.
 * @tw_until: End of TIME-WAIT.
 * @tw_generation: Of that timer.
 * @service: Its port's, or NULL.
 * @mib: Events counted.
 * @resent: Segments sent that had been sent before.
 * @slow_end: SND.NXT when it last slowed down, if @has_slowed.
 * @has_slowed: It has slowed down for a mark or a loss.
 * @json_una: SND.UNA as last recorded.
 * @data_seq: Sequence number at which the kept part of the stream begins.
 * @data_pos: Position in the stream of @data_seq.
 * @written: Bytes written by the program so far.
 * @received: Bytes handed to the receive queue so far.
 * @read: Bytes of them that the program has read.
 * @rcvbuf_max: Largest receive buffer that it has had.
 * @is_shut: The program has said that no more comes.
 * @is_closed: The program has closed.
 * @is_aborted: By abort, or by close with unread data.
 * @app: The program.
 */
struct sim_sock {
	struct atcp_conn conn;
	struct atcp_timewait tw;
	struct sim_host *host;
	struct sim_host *peer;
	struct sim_sock *next;
	struct orc_conn *orc;
	u16 lport;
	u16 rport;
	u8 phase;
	u16 events;
	u64 timer_at;
	u32 timer_generation;
	u64 app_at;
	u32 app_generation;
	u64 tw_until;
	u32 tw_generation;
	const struct sim_service *service;
	u64 mib[ATCP_MIB_NR];
	u64 resent;
	u32 slow_end;
	bool has_slowed;
	u32 json_una;
	u32 data_seq;
	u64 data_pos;
	u64 written;
	u64 received;
	u64 read;
	u32 rcvbuf_max;
	bool is_shut;
	bool is_closed;
	bool is_aborted;
	struct sim_app app;
};

struct sim_embryo {
	struct atcp_embryo embryo;
	struct sim_host *host;
	struct sim_host *peer;
	struct sim_embryo *next;
	struct orc_conn *orc;
	u16 lport;
	u16 rport;
	u32 generation;
	bool is_gone;
};

/**
 * struct sim_service - A port with a program of its own, which
 *	goes before its host's plan.
 * @next: The host's next one.
 * @flow: Name of the flow that it belongs to.
 * @link: Whose queue is of interest to that flow, or NULL.
 * @sock: The newest socket on that port.
 * @app: What the program does.
 * @port: Local port.
 * @is_listening: It accepts connections.
 */
struct sim_service {
	struct sim_service *next;
	const char *flow;
	const struct net_link *link;
	struct sim_sock *sock;
	struct sim_app app;
	u16 port;
	bool is_listening;
};

/**
 * struct sim_tuning - What an administrator sets on a host, and its mishaps.
 * @rcvbuf: Receive buffer, payload bytes.
 * @rcvbuf_most: The connection may ask for so much; 0: for no more.
 * @sndbuf: Send buffer, payload bytes.
 * @sndbuf_most: It grows with the connection up to this, and who waits for room is
 *	woken when a third of it is free, as Linux does; 0: neither.
 * @mss: MTU less IP and TCP headers.
 * @cookies: Answer every SYN with a cookie.
 * @iss_before_wrap: ISS so far below 2^32; 0: RFC 6528's.
 * @late: Probability that a timer fires late, ppm.
 * @late_ns: By so much at most.
 * @early: Probability that the driver calls handle_timeout() for nothing, ppm.
 * @refuse: Probability that there is no spare record, ppm.
 * @no_room: Probability that there is no memory for a payload, ppm.
 */
struct sim_tuning {
	u32 rcvbuf;
	u32 rcvbuf_most;
	u32 sndbuf;
	u32 sndbuf_most;
	u16 mss;
	bool cookies;
	u32 iss_before_wrap;
	u32 late;
	u64 late_ns;
	u32 early;
	u32 refuse;
	u32 no_room;
};

struct sim_host {
	struct sim *sim;
	const char *name;
	u8 index;
	struct atcp_config config;
	struct sim_tuning tune;
	struct atcp_secret secret;
	u16 listening;
	bool is_deaf;
	struct sim_sock *socks;
	struct sim_sock *sock;
	struct sim_embryo *embryos;
	struct sim_service *services;
	struct sim_app plan;
	u32 plan_flags;
	u16 next_port;
	u64 mib[ATCP_MIB_NR];
	u64 bad_checksums;
	u64 bad_segments;
	u64 sent;
	struct atcp_seg last_tx;
	bool handles_rst;
	bool got_icmp;
	u16 mss_max;
};

/*
 * The run
 */
enum sim_what {
	SIM_WHAT_SEND,
	SIM_WHAT_RECEIVE,
	SIM_WHAT_DROP,
	SIM_WHAT_STATE,
	SIM_WHAT_NOTE,
};

/**
 * struct sim_trace - One line of what has happened.
 * @at: When.
 * @packet: Which, or 0.
 * @seg: The segment, its numbers relative to the initial ones.
 * @states: Both hosts' states afterwards.
 * @peer: In a network, instead of these: the host at the other end.
 * @what: enum sim_what.
 * @host: Where.
 * @note: What else there is to say.
 */
struct sim_trace {
	u64 at;
	u64 packet;
	struct atcp_seg seg;
	u8 states[2];
	const char *peer;
	u8 what;
	u8 host;
	char note[64];
};

struct sim_block {
	struct sim_block *next;
	struct sim_block *prev;
};

struct sim {
	u64 now;
	u64 start;
	u64 seed;
	struct sim_rng rng;
	struct sim_event *heap;
	u32 nr_events;
	u32 max_events;
	u64 order;
	u64 handled;
	u64 packets;
	struct sim_host hosts[SIM_HOSTS_MAX];
	u32 nr_hosts;
	struct sim_link links[SIM_HOSTS_MAX];
	struct sim_net *net;
	struct sim_rule rules[SIM_RULES_MAX];
	u32 nr_rules;
	struct orc_conn *orcs;
	struct sim_block blocks;
	u64 records;
	struct sim_trace trace[SIM_TRACE_KEPT];
	u64 traced;
	FILE *live;
	FILE *json;
	jmp_buf failed;
	char failure[512];
};

/* world.c */
struct sim *sim_new(u64 seed, FILE *live);
void sim_free(struct sim *sim);
void *sim_alloc(struct sim *sim, size_t size);
void sim_release(struct sim *sim, void *ptr);
void sim_schedule(struct sim *sim, u64 at, u8 kind, void *obj, u32 generation);
void sim_at(struct sim *sim, u64 delay_ns,
	    void (*fn)(struct sim *sim, void *arg), void *arg);
bool sim_step(struct sim *sim, u64 until);
_Noreturn __printf(2, 3) void sim_fail(struct sim *sim, const char *fmt, ...);

/* trace.c */
void sim_trace_segment(struct sim *sim, u8 what, u8 host,
		       const struct sim_packet *pkt, const char *note);
void sim_trace_state(struct sim_sock *sock, u8 from, u8 to);
__printf(2, 3) void sim_note(struct sim_host *host, const char *fmt, ...);
void sim_trace_dump(struct sim *sim, FILE *to);

/* json.c */
void sim_json_packet(struct sim_host *host, const struct sim_packet *pkt,
		     const char *kind, const char *note);
void sim_json_sock(struct sim_sock *sock, const char *kind, const char *note);
void sim_json_step(struct sim_sock *sock, const struct atcp_step *step);

/* link.c */
u16 sim_checksum(const struct sim_packet *pkt);
void sim_link_send(struct sim *sim, struct sim_packet *pkt);
bool sim_link_fits(struct sim *sim, const struct sim_link *link,
		   const struct sim_packet *pkt);
void sim_link_carry(struct sim *sim, struct sim_link *link,
		    struct sim_packet *pkt, u64 at, u64 late_ns);
void sim_link_arrive(struct sim *sim, struct sim_packet *pkt);
struct sim_packet *sim_packet_new(struct sim_host *from,
				  const struct atcp_tx *tx, u16 sport,
				  u16 dport, u32 len);
void sim_packet_seal(struct sim_packet *pkt);
struct sim_packet *sim_packet_slice(struct sim *sim,
				    const struct sim_packet *pkt, u32 from,
				    u32 to);
void sim_packet_trouble(const struct sim_packet *pkt);
void sim_packet_send(struct sim *sim, struct sim_packet *pkt);

/* host.c */
struct sim_host *sim_host_init(struct sim *sim, const char *name);
struct sim_host *sim_peer(const struct sim_host *host);
void sim_host_receive(struct sim_host *host, struct sim_packet *pkt);
void sim_host_embryo_timer(struct sim_embryo *embryo, u32 generation);
void sim_host_forget(struct sim_host *host);
void sim_host_count(struct sim_host *host, const struct atcp_step *step);
u32 sim_host_iss_to(struct sim_host *host, const struct sim_host *peer,
		    u16 lport, u16 rport);
u32 sim_host_iss(struct sim_host *host, u16 lport, u16 rport);
struct atcp_tuple sim_host_tuple(struct sim_host *host,
				 const struct sim_host *peer, u16 lport,
				 u16 rport);
struct sim_service *sim_host_service(const struct sim_host *host, u16 port);

/* sock.c */
struct sim_sock *sim_sock_new(struct sim_host *host, struct sim_host *peer,
			      u16 lport, u16 rport, struct orc_conn *orc);
void sim_sock_begin(struct sim_sock *sock, struct atcp_step *step);
void sim_sock_end(struct sim_sock *sock, struct atcp_step *step);
void sim_sock_receive(struct sim_sock *sock, const struct atcp_seg *seg,
		      const u8 *payload);
void sim_sock_drive(struct sim_sock *sock);
void sim_sock_timer(struct sim_sock *sock, u32 generation);
void sim_sock_timewait_timer(struct sim_sock *sock, u32 generation);
void sim_sock_timewait_start(struct sim_sock *sock);
void sim_sock_kill(struct sim_sock *sock);
struct sim_sock *sim_sock_find(struct sim_host *host, u8 peer, u16 lport,
			       u16 rport);
void sim_sock_space(struct sim_sock *sock);
u8 sim_sock_state(const struct sim_sock *sock);
void sim_record_free(struct sim *sim, struct atcp_burst *burst);

/* app.c */
bool sim_app_step(struct sim_sock *sock);
void sim_app_wake(struct sim_sock *sock, u32 generation);
void sim_sock_write(struct sim_sock *sock, u32 bytes, u8 flags);
void sim_sock_tune(struct sim_sock *sock, u32 bytes);
void sim_sock_read(struct sim_sock *sock, u32 bytes);
void sim_sock_shutdown(struct sim_sock *sock);
void sim_sock_close(struct sim_sock *sock);
void sim_sock_abort(struct sim_sock *sock);
void sim_stream_fill(u64 stream, u64 pos, u8 *buf, u32 len);
bool sim_stream_is(u64 stream, u64 pos, const u8 *buf, u32 len);

#endif /* SIM_H */
