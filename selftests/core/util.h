/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One end of a connection, held in a test's hands: segments are fed to it, what
 * it sends is collected, and all that must hold after every call is checked.
 *
 * Sequence numbers in tests are relative: the SYN is 0, data begins at 1.
 */
#ifndef ATCP_CORE_UTIL_H
#define ATCP_CORE_UTIL_H

#include <kunit/test.h>

#include "core/conn.h"
#include "core/embryo.h"

#define MS ATCP_NSEC_PER_MSEC
#define SEC ATCP_NSEC_PER_SEC

/* What an end begins with unless a test says otherwise. */
#define END_MSS 1000 /* payload bytes of a full segment, both ways */
#define END_WND 60000 /* the peer's window, bytes */
#define END_SPACE 60000 /* room for received data, bytes */
#define END_ISS 0xffffff00U /* wraps within the first segment */
#define END_IRS 0xfffffff0U
#define END_START (1000 * SEC)
#define END_TS_VAL 5000U /* the peer's clock in its SYN */

#define END_OUT_MAX 32

/**
 * struct end - A connection, the time, and the books kept on both.
 * @test: Test that it belongs to.
 * @conn: The connection.
 * @config: Settings for it; change before end_open().
 * @step: The last step.
 * @now: Time, ns.
 * @counted: What has been counted since it was last cleared, a bit each.
 * @out: What was sent, since it was last cleared.
 * @nr_out: How many.
 * @user_seq: Sequence number after the last byte handed to the user.
 * @nr_records: Records that the connection has.
 * @spare: A record that the last step did not take: allocating is slow in a
 *	debug kernel.
 * @has_spare: Give it a spare record with each step.
 */
struct end {
	struct kunit *test;
	struct atcp_conn conn;
	struct atcp_config config;
	struct atcp_step step;
	u64 now;
	u64 counted;
	struct atcp_tx out[END_OUT_MAX];
	unsigned int nr_out;
	u32 user_seq;
	int nr_records;
	struct atcp_burst *spare;
	bool has_spare;
};

/* What the connection has told through port.h; see kunit_port.c. */
struct end_moves {
	u16 seen; /* a bit per enum atcp_state entered */
	u16 nr;
	const char *broken; /* invariant that did not hold, or NULL */
};

extern struct end_moves end_moves;

/* life; end_init() ends in CLOSED, end_open() in ESTABLISHED */
struct end *end_init(struct kunit *test);
void end_open(struct end *end);
struct end *end_new(struct kunit *test);
struct end *end_new_at(struct kunit *test, u32 iss, u32 irs);
struct end *end_new_with(struct kunit *test, u8 use);
struct end *end_new_reno(struct kunit *test);
void end_drive(struct end *end, enum atcp_state state);
void end_free(struct end *end);

/* steps */
void end_begin(struct end *end);
void end_finish(struct end *end);
void end_feed(struct end *end, const struct atcp_seg *seg);
void end_ack(struct end *end, u32 ack);
void end_dup_acks(struct end *end, u32 ack, unsigned int nr);
void end_skip(struct end *end, u32 bytes);
void end_data(struct end *end, u32 seq, u32 len);
void end_write(struct end *end, u32 bytes);
void end_write_flags(struct end *end, u32 bytes, u8 flags);
void end_shutdown(struct end *end);
void end_close(struct end *end, bool has_unread);
void end_timeout(struct end *end);
bool end_expire(struct end *end, enum atcp_timer timer);
bool end_poll(struct end *end, struct atcp_tx *tx);
unsigned int end_drain(struct end *end);

/* segments to feed */
struct atcp_seg end_seg(const struct end *end, u8 flags, u32 seq, u32 ack,
			u32 len);
struct atcp_seg end_syn(const struct end *end, u16 flags);
struct atcp_seg end_next(const struct end *end, u8 flags, u32 len);

/* questions */
bool end_counted(const struct end *end, enum atcp_mib id);
u32 end_flight(const struct end *end);
u64 end_due(const struct end *end, enum atcp_timer timer);

/* After end_drain(): a segment of kind @kind was the only one sent. */
bool end_sent_only(const struct end *end, u8 flags);

/* A bit per state, for tests of sets of them. */
#define EVERY_STATE ((1U << ATCP_STATE_NR) - 1)

/* The suites, one per file of module/core. */
extern struct kunit_suite accecn_suite;
extern struct kunit_suite ack_suite;
extern struct kunit_suite cc_suite;
extern struct kunit_suite conn_suite;
extern struct kunit_suite cookie_suite;
extern struct kunit_suite cubic_suite;
extern struct kunit_suite cwv_suite;
extern struct kunit_suite dctcp_suite;
extern struct kunit_suite ecn_suite;
extern struct kunit_suite embryo_suite;
extern struct kunit_suite hystart_suite;
extern struct kunit_suite input_suite;
extern struct kunit_suite isn_suite;
extern struct kunit_suite loss_suite;
extern struct kunit_suite output_suite;
extern struct kunit_suite reasm_suite;
extern struct kunit_suite reno_suite;
extern struct kunit_suite rtt_suite;
extern struct kunit_suite sack_suite;
extern struct kunit_suite score_suite;
extern struct kunit_suite seg_suite;
extern struct kunit_suite seq_suite;
extern struct kunit_suite timeout_suite;
extern struct kunit_suite timewait_suite;
extern struct kunit_suite bbr_suite;
extern struct kunit_suite pacing_suite;
extern struct kunit_suite pmtu_suite;
extern struct kunit_suite rate_suite;
extern struct kunit_suite tlp_suite;
extern struct kunit_suite undo_suite;
extern struct kunit_suite tune_suite;
extern struct kunit_suite window_suite;

#endif /* ATCP_CORE_UTIL_H */
