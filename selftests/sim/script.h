/* SPDX-License-Identifier: GPL-2.0 */
/* The words in which scenarios are written. */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include "oracle.h"
#include "sim.h"

/**
 * struct sim_scenario - A run with a name.
 * @name: Its name.
 * @file: Where it is written: its topic.
 * @run: What happens, or ...
 * @path: ... the file that says it.
 * @next: The one registered before.
 */
struct sim_scenario {
	const char *name;
	const char *file;
	void (*run)(struct sim *sim);
	const char *path;
	struct sim_scenario *next;
};

void sim_scenario_register(struct sim_scenario *scenario);
struct sim_scenario *sim_scenarios(void);

#define SIM_SCENARIO(id)                                              \
	static void scenario_##id(struct sim *sim);                   \
	static struct sim_scenario registered_##id = {                \
		.name = #id, .file = __FILE__, .run = scenario_##id,  \
	};                                                            \
	static void __attribute__((constructor)) register_##id(void)  \
	{                                                             \
		sim_scenario_register(&registered_##id);              \
	}                                                             \
	static void scenario_##id(struct sim *sim)

#define SIM_EXPECT(cond)                                                  \
	do {                                                              \
		if (!(cond))                                              \
			sim_fail(sim, "%s:%d: expected %s", __FILE__,     \
				 __LINE__, #cond);                        \
	} while (0)

#define SIM_EXPECT_EQ(got, want)                                          \
	do {                                                              \
		long long got_ = (long long)(got);                        \
		long long want_ = (long long)(want);                      \
		if (got_ != want_)                                        \
			sim_fail(sim, "%s:%d: %s is %lld, not %lld (%s)", \
				 __FILE__, __LINE__, #got, got_, want_,   \
				 #want);                                  \
	} while (0)

/* SIM_EXPECT_NEAR() - Within a hundredth and @slack: timers have company. */
#define SIM_EXPECT_NEAR(got, want, slack)                                   \
	do {                                                                \
		long long got_ = (long long)(got);                          \
		long long want_ = (long long)(want);                        \
		long long off_ = got_ > want_ ? got_ - want_ : want_ - got_; \
		if (off_ > (long long)(slack))                              \
			sim_fail(sim, "%s:%d: %s is %lld, not near %lld",   \
				 __FILE__, __LINE__, #got, got_, want_);    \
	} while (0)

#define SIM_RUN_UNTIL(sim, cond, ns)                                       \
	do {                                                               \
		u64 until_ = (sim)->now + (ns);                            \
		while (!(cond))                                            \
			if (!sim_step(sim, until_))                        \
				sim_fail(sim, "%s:%d: %s did not happen",  \
					 __FILE__, __LINE__, #cond);       \
	} while (0)

/* hosts and what is to be seen of them */
struct sim_host *sim_host(struct sim *sim, const char *name);
u8 sim_state(const struct sim_host *host);
u64 sim_received(const struct sim_host *host);
u64 sim_unread(const struct sim_host *host);
u64 sim_mib(const struct sim_host *host, enum atcp_mib id);
u8 sim_error(const struct sim_host *host);
bool sim_is_established(const struct sim *sim);
u64 sim_elapsed(const struct sim *sim, u64 since);

/* programs */
void sim_listen(struct sim_host *host);
bool sim_may_call(struct sim_host *host, u16 lport, u16 rport);
void sim_call_to(struct sim_host *host, struct sim_host *peer, u16 lport,
		 u16 rport);
void sim_call(struct sim_host *host, u16 lport, u16 rport);
void sim_connect(struct sim_host *from, struct sim_host *to);
void sim_without_sack(struct sim_host *host);
void sim_establish(struct sim_host *from, struct sim_host *to);
void sim_write(struct sim_host *host, u64 bytes);
void sim_write_urgent(struct sim_host *host, u64 bytes, u64 after);
void sim_write_flags(struct sim_host *host, u64 bytes, u8 flags);
void sim_stop_reading(struct sim_host *host);
void sim_start_reading(struct sim_host *host);
void sim_read(struct sim_host *host, u32 bytes);
void sim_shutdown(struct sim_host *host);
void sim_close(struct sim_host *host);
void sim_close_now(struct sim_host *host);
void sim_close_on_eof(struct sim_host *host);
void sim_abort(struct sim_host *host);
void sim_keepalive(struct sim_host *host, bool on);
void sim_set_flags(struct sim_host *host, u32 flags, bool on);

/* the link */
void sim_drop(struct sim *sim, const struct sim_pick *pick);
void sim_twice(struct sim *sim, const struct sim_pick *pick);
void sim_late(struct sim *sim, const struct sim_pick *pick, u64 ns);
void sim_mark(struct sim *sim, const struct sim_pick *pick);
struct sim_rule *sim_watch(struct sim *sim, const struct sim_pick *pick);
void sim_delay(struct sim *sim, u64 ns);
void sim_cut(struct sim *sim, bool is_dead);
void sim_die(struct sim_host *host, bool is_dead);
void sim_run(struct sim *sim, u64 ns);

/**
 * struct sim_forgery - A segment that the peer has not sent.
 * @seq: Sequence number.
 * @ack: Acknowledgment number.
 * @flags: ATCP_F_*.
 * @wnd: Window.
 * @urg: Urgent pointer.
 * @len: Payload bytes: what the peer's stream has there.
 * @with_ts: Add a timestamp: the peer's last, and ...
 * @ts_back: ... so much older.
 * @ecn: The codepoint of its IP header.
 * @sport: The peer's port; 0: that of the connection.
 * @dport: The host's port; 0: that of the connection.
 */
struct sim_forgery {
	u32 seq;
	u32 ack;
	u16 flags;
	u16 wnd;
	u16 urg;
	u32 len;
	bool with_ts;
	u32 ts_back;
	u8 ecn;
	u16 sport;
	u16 dport;
};

void sim_inject(struct sim_host *to, const struct sim_forgery *forgery);
u32 sim_snd_nxt(const struct sim_host *host);
u32 sim_snd_una(const struct sim_host *host);
u32 sim_rcv_nxt(const struct sim_host *host);
u32 sim_rcv_edge(const struct sim_host *host);

/* random.c */
void sim_random(struct sim *sim);

/* random_lab.c */
void sim_random_lab(struct sim *sim);

#endif /* SIM_SCRIPT_H */
