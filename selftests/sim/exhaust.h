/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every run, not some: explicit-state model checking of the core.
 *
 *	exhaust.c		the search: breadth first, states by their hash
 *	exhaust_world.c		what may happen next, and making it happen
 *	exhaust_host.c		where a segment goes, and what comes of it
 *	exhaust_judge.c		what must hold in every state
 *	exhaust_canon.c		when two states are the same
 *	exhaust_script.c	what the two users do
 *	exhaust_trace.c		what has happened, for the reader
 *
 * The simulator draws one run from each number; here a run is a path through a
 * graph, and the whole graph is walked. Its nodes are small: two hosts, one
 * connection, a few bytes. They are copied by memcpy, so a world has no pointer
 * to anything but itself, and one that is worked on lies at one address always.
 */
#ifndef EXHAUST_H
#define EXHAUST_H

#include <setjmp.h>
#include <stdio.h>

#include "core/conn.h"
#include "core/embryo.h"
#include "core/timewait.h"

/* No script comes near these: reaching one is a failure. */
#define EXH_RECORDS_MAX 8
#define EXH_PACKETS_MAX 24
#define EXH_OPS_MAX 6

#define EXH_PORT(host) ((host) ? 80 : 49152)

/*
 * Scripts
 */
enum exh_what {
	EXH_NO_MORE,
	EXH_OPEN, /* active */
	EXH_WRITE,
	EXH_SHUT,
	EXH_CLOSE,
};

/* When a user may do something; how long he takes is the search's choice. */
enum exh_when {
	EXH_ANY_TIME, /* once there is a connection, whatever its state */
	EXH_UP, /* established */
	EXH_EOF, /* the peer has closed, or has gone and nothing is heard */
};

struct exh_op {
	u8 what;
	u8 when;
	u8 bytes;
};

/**
 * struct exh_script - What the users and the network may do.
 * @name: For the command line.
 * @ops: What each user does, in this order.
 * @listens: There is a listener.
 * @may_abort: The user may abort the connection, at any time.
 * @is_unread: What arrives is left unread.
 * @at_once: Both have called before anything arrives.
 * @is_plain: No options: no timestamps, no window scaling.
 * @ecn: enum atcp_ecn_use of both; 0: as is usual.
 * @is_impatient: Gives up after the first retransmission.
 * @faults: How many faults more, or less, than the bound.
 */
struct exh_script {
	const char *name;
	struct exh_op ops[2][EXH_OPS_MAX];
	bool listens[2];
	bool may_abort[2];
	bool is_unread[2];
	bool at_once;
	bool is_plain;
	u8 ecn;
	bool is_impatient;
	s8 faults;
};

/*
 * The world
 */
enum exh_phase {
	EXH_NONE, /* no connection yet */
	EXH_CONN, /* a connection, in whatever state */
	EXH_TIME_WAIT, /* replaced by its struct atcp_timewait */
	EXH_DEAD, /* gone */
};

/* exh_facts.is */
#define EXH_IS_UP BIT(0) /* has been established */
#define EXH_IS_EOF BIT(1) /* its user knows that the peer has closed */
#define EXH_IS_SHUT BIT(2) /* the user will send no more */
#define EXH_IS_CLOSED BIT(3) /* the user has gone */
#define EXH_IS_RESET BIT(4) /* has heard a RST */
#define EXH_HAS_SYN BIT(5) /* has sent a SYN */
#define EXH_HAS_EDGE BIT(6) /* has opened its window */
#define EXH_HEARD_EDGE BIT(7) /* has been told of a window */
#define EXH_HEARD_FIN BIT(9) /* a FIN has arrived, in order or not */
/* Its end need not be a clean one, for a reason that is its user's or its own: */
#define EXH_IS_EXCUSED BIT(8)

/**
 * struct exh_facts - What has happened to a host, told without asking the core.
 * @edge: Rightmost number up to which it has opened its window.
 * @seen_edge: The same of its peer's, as heard.
 * @seen_ack: Highest acknowledgment of its numbers that it has heard.
 * @irs: The peer's initial number, as heard in a SYN.
 * @written: Bytes that its user has written.
 * @received: Bytes that its user has got.
 * @is: EXH_IS_*.
 * @incarnation: SYNs that its listener has answered.
 * @phase: enum exh_phase.
 * @at: Next of its user's ops.
 * @error: How its connection ended, enum atcp_error.
 * @wscale: Its window scale option.
 * @has_embryo: There is a half-open connection.
 * @unused: 0.
 */
struct exh_facts {
	u32 edge;
	u32 seen_edge;
	u32 seen_ack;
	u32 irs;
	u8 written;
	u8 received;
	u16 is;
	u8 incarnation;
	u8 phase;
	u8 at;
	u8 error;
	u8 wscale;
	bool has_embryo;
	u16 unused;
};

static_assert(sizeof(struct exh_facts) == 28, "hashed as it is: no padding");

/**
 * struct exh_host - One end.
 * @conn: The connection, in EXH_CONN.
 * @tw: What remains of it, in EXH_TIME_WAIT.
 * @embryo: The half-open connection, if there is one.
 * @tw_until: End of TIME-WAIT, ns.
 * @facts: What has happened to it.
 * @records: The connection's records.
 * @records_used: A bit for each.
 * @index: 0 is A, 1 is B.
 */
struct exh_host {
	struct atcp_conn conn;
	struct atcp_timewait tw;
	struct atcp_embryo embryo;
	u64 tw_until;
	struct exh_facts facts;
	struct atcp_burst records[EXH_RECORDS_MAX];
	u8 records_used;
	u8 index;
};

/**
 * struct exh_packet - A segment under way.
 * @sent_ns: When it was sent.
 * @seg: As it will be parsed.
 * @pos: Position of its first payload byte in its sender's stream.
 * @from: Index of the sending host.
 */
struct exh_packet {
	u64 sent_ns;
	struct atcp_seg seg;
	u32 pos;
	u8 from;
};

/**
 * struct exh_world - A state.
 * @script: What the users do; the same in all states of a search.
 * @now: Time, ns, always whole milliseconds.
 * @hosts: A and B.
 * @faults: What the network may still do.
 * @nr_packets: Segments under way.
 * @packets: These, in the order of sending.
 */
struct exh_world {
	const struct exh_script *script;
	u64 now;
	struct exh_host hosts[2];
	u8 faults;
	u8 nr_packets;
	struct exh_packet packets[EXH_PACKETS_MAX];
};

/* What may happen next. */
enum exh_act {
	EXH_DELIVER, /* a segment arrives */
	EXH_USER, /* a user does what is next in the script */
	EXH_TIMER, /* a host's earliest deadline passes */
	EXH_LOSE, /* a segment is lost: a fault */
	EXH_DOUBLE, /* a segment arrives, and will arrive again: a fault */
	EXH_ABORT, /* a user aborts */
};

struct exh_action {
	u8 act;
	u8 which; /* segment or host */
};

#define EXH_ACTIONS_MAX (3 * EXH_PACKETS_MAX + 6)

/* A hash of a state's canonical form. */
struct exh_key {
	u64 lo;
	u64 hi;
};

extern jmp_buf exh_failed;
extern char exh_failure[256];
extern FILE *exh_live;

/* exhaust_world.c */
void exh_world_init(struct exh_world *world, const struct exh_script *script,
		    u8 faults);
size_t exh_world_size(const struct exh_world *world);
u32 exh_world_actions(const struct exh_world *world,
		      struct exh_action actions[EXH_ACTIONS_MAX]);
void exh_world_do(struct exh_world *world, struct exh_action action);
bool exh_world_is_free(struct exh_action action);

/* exhaust_host.c */
void exh_host_init(struct exh_world *world, u8 index);
void exh_host_receive(struct exh_world *world, struct exh_host *host,
		      const struct exh_packet *packet);
void exh_host_user(struct exh_world *world, struct exh_host *host);
void exh_host_abort(struct exh_world *world, struct exh_host *host);
void exh_host_timeout(struct exh_world *world, struct exh_host *host);
u64 exh_host_deadline(const struct exh_host *host);
u32 exh_host_iss(const struct exh_host *host);
u32 exh_host_ts_offset(const struct exh_host *host);

/* exhaust_judge.c */
void exh_judge_before(const struct exh_host *host);
void exh_judge_after(struct exh_host *host);
void exh_judge_quiet(const struct exh_host *host);
void exh_judge_arrival(struct exh_host *host, const struct exh_packet *packet);
void exh_judge_sending(struct exh_world *world, struct exh_host *host,
		       const struct exh_packet *packet, bool by_conn);
void exh_judge_events(struct exh_world *world, struct exh_host *host,
		      u16 events);
void exh_judge_end(const struct exh_world *world);
_Noreturn __printf(1, 2) void exh_fail(const char *fmt, ...);

/* exhaust_canon.c */
struct exh_key exh_canon_key(const struct exh_world *world);

/* exhaust_script.c */
extern const struct exh_script exh_scripts[];
extern const u32 exh_nr_scripts;
u8 exh_faults(const struct exh_script *script, u32 bound);

/* exhaust_trace.c */
void exh_trace_segment(const struct exh_packet *packet, const char *what);
void exh_trace_action(const struct exh_world *world, struct exh_action action);
void exh_trace_states(const struct exh_world *world);
int exh_action_name(char *buf, size_t size, struct exh_action action);
bool exh_action_parse(const char **text, struct exh_action *action);
u8 exh_host_state(const struct exh_host *host);
const char *exh_host_name(const struct exh_host *host);

#endif /* EXHAUST_H */
