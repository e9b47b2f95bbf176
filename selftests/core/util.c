// SPDX-License-Identifier: GPL-2.0
/* One end of a connection, held in a test's hands. */
#include "core/internal.h"
#include "util.h"

static struct atcp_burst *new_record(struct end *end)
{
	struct atcp_burst *record;

	end->nr_records++;
	if (end->spare) {
		record = end->spare;
		end->spare = NULL;
		return record;
	}
	record = kunit_kzalloc(end->test, sizeof(*record), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(end->test, record);
	return record;
}

static void free_record(struct end *end, struct atcp_burst *record)
{
	kunit_kfree(end->test, record);
	end->nr_records--;
}

/**
 * end_begin() - Prepare end->step for a call into the core.
 * @end: Its time and spare go in.
 */
void end_begin(struct end *end)
{
	atcp_step_init(&end->step, end->now,
		       end->has_spare ? new_record(end) : NULL);
}

/* Ranges that have become in-order follow each other, and the user, exactly. */
static void take_ready(struct end *end)
{
	struct atcp_burst *record, *tmp;

	list_for_each_entry_safe(record, tmp, &end->step.ready, link) {
		KUNIT_EXPECT_EQ(end->test, record->seq, end->user_seq);
		/* payload says where its first byte belongs */
		KUNIT_EXPECT_EQ(end->test,
				(u32)(uintptr_t)record->payload + record->skip,
				record->seq);
		end->user_seq = record->end;
		list_del(&record->link);
		free_record(end, record);
	}
}

/* What lists hold and what is said of them must agree. */
static void check_lists(struct end *end)
{
	struct atcp_burst *record;
	int nr_ofo = 0, nr_flight = 0;
	u32 lost = 0, sacked = 0, left = end->conn.rcv.nxt;

	list_for_each_entry(record, &end->conn.rcv.ofo, link) {
		nr_ofo++;
		/* ascending, and what touches may, what overlaps may not */
		KUNIT_EXPECT_FALSE(end->test, atcp_before(record->seq, left));
		left = record->end;
	}
	list_for_each_entry(record, &end->conn.snd.flight, link) {
		nr_flight++;
		KUNIT_EXPECT_TRUE(end->test,
				  atcp_before(record->seq, record->end));
		if (record->flags & ATCP_BURST_LOST)
			lost += record->end - record->seq;
		if (record->flags & ATCP_BURST_SACKED)
			sacked += record->end - record->seq;
	}
	KUNIT_EXPECT_EQ(end->test, sacked, end->conn.snd.sacked);
	KUNIT_EXPECT_EQ(end->test, nr_ofo, end->conn.rcv.nr_ofo);
	KUNIT_EXPECT_EQ(end->test, nr_ofo + nr_flight, end->nr_records);
	KUNIT_EXPECT_EQ(end->test, lost, end->conn.snd.lost);
}

/**
 * end_finish() - After a call into the core: take what it left, check the rest.
 * @end: Its step.
 */
void end_finish(struct end *end)
{
	struct atcp_burst *record, *tmp;

	take_ready(end);
	list_for_each_entry_safe(record, tmp, &end->step.released, link) {
		list_del(&record->link);
		free_record(end, record);
	}
	while ((record = atcp_step_take(&end->step))) {
		if (end->spare)
			kunit_kfree(end->test, end->spare);
		end->spare = record;
		end->nr_records--;
	}
	end->counted |= end->step.counted;
	check_lists(end);
	KUNIT_EXPECT_NULL(end->test, end_moves.broken);
	end_moves.broken = NULL;
}

/**
 * end_init() - A connection in CLOSED, no options, room for END_SPACE.
 * @test: Test.
 *
 * Return: the end; end_free() it.
 */
struct end *end_init(struct kunit *test)
{
	static const struct atcp_config defaults = ATCP_CONFIG_DEFAULT;
	struct end *end = kunit_kzalloc(test, sizeof(*end), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, end);
	end->test = test;
	end->now = END_START;
	end->has_spare = true;
	end->config = defaults;
	end->config.use = 0;
	atcp_conn_init(&end->conn, &end->config);
	atcp_conn_set_path_mss(&end->conn, END_MSS);
	atcp_conn_set_space(&end->conn, END_SPACE, END_SPACE);
	memset(&end_moves, 0, sizeof(end_moves));
	return end;
}

/* The peer's SYN+ACK: window END_WND, the options that we offer. */
static struct atcp_seg synack(const struct end *end, u32 irs)
{
	struct atcp_seg seg = {
		.seq = irs,
		.ack = end->conn.snd.iss + 1,
		.wnd = END_WND,
		.flags = ATCP_F_SYN | ATCP_F_ACK,
		.hdr_len = ATCP_HDR_LEN,
		.segs = 1,
		.opts = {
			.has = ATCP_HAS_MSS | end->config.use,
			.mss = END_MSS,
			.wscale = 2,
			.ts_val = END_TS_VAL,
			.ts_ecr = atcp_conn_ts_now(end->conn.ts_offset, end->now),
		},
	};

	return seg;
}

static void open_at(struct end *end, u32 iss, u32 irs)
{
	struct atcp_seg seg;

	end->conn.config = end->config;
	end_begin(end);
	atcp_conn_connect(&end->conn, iss, 77, &end->step);
	end_finish(end);
	end_drain(end);
	seg = synack(end, irs);
	end->user_seq = irs + 1;
	end_feed(end, &seg);
	end_drain(end);
	KUNIT_ASSERT_EQ(end->test, end->conn.state, ATCP_ESTABLISHED);
	/* A test that wants quick ACKs asks for them. */
	atcp_conn_set_quickack(&end->conn, false);
	atcp_conn_poll_events(&end->conn);
	end->counted = 0;
	end->nr_out = 0;
	memset(&end_moves, 0, sizeof(end_moves));
}

/**
 * end_open() - Three-way handshake from our side, with an RTT of 0.
 * @end: In CLOSED.
 */
void end_open(struct end *end)
{
	open_at(end, END_ISS, END_IRS);
}

/**
 * end_new_at() - An established connection.
 * @test: Test.
 * @iss: Our initial sequence number.
 * @irs: The peer's.
 *
 * Return: the end; end_free() it.
 */
struct end *end_new_at(struct kunit *test, u32 iss, u32 irs)
{
	struct end *end = end_init(test);

	open_at(end, iss, irs);
	return end;
}

/**
 * end_new() - An established connection without options.
 * @test: Test.
 *
 * Return: the end; end_free() it.
 */
struct end *end_new(struct kunit *test)
{
	return end_new_at(test, END_ISS, END_IRS);
}

/**
 * end_new_with() - An established connection with options.
 * @test: Test.
 * @use: ATCP_HAS_*: what both ends offer.
 *
 * Return: the end; end_free() it.
 */
struct end *end_new_with(struct kunit *test, u8 use)
{
	struct end *end = end_init(test);

	end->config.use = use;
	end_open(end);
	return end;
}

/**
 * end_new_reno() - An established connection that halves its window: for tests
 * that are not about congestion control but have its numbers.
 * @test: Test.
 *
 * Return: the end; end_free() it.
 */
struct end *end_new_reno(struct kunit *test)
{
	struct end *end = end_init(test);

	end->config.cc = &atcp_reno;
	end_open(end);
	return end;
}

static void feed_flags(struct end *end, u8 flags)
{
	struct atcp_seg seg = end_next(end, flags, 0);

	end_feed(end, &seg);
}

/* SYN-RECEIVED by the only way there is without an embryo: both called. */
static void drive_syn_rcvd(struct end *end)
{
	struct atcp_seg seg = synack(end, END_IRS);

	seg.flags = ATCP_F_SYN;
	seg.ack = 0;
	end->user_seq = END_IRS + 1;
	end_feed(end, &seg);
}

/**
 * end_drive() - Bring a fresh end into a state, the shortest way.
 * @end: From end_init().
 * @state: SYN-SENT to TIME-WAIT.
 */
void end_drive(struct end *end, enum atcp_state state)
{
	unsigned long is_in = BIT(state);

	if (is_in & (ATCP_IN(SYN_SENT) | ATCP_IN(SYN_RCVD))) {
		end->conn.config = end->config;
		end_begin(end);
		atcp_conn_connect(&end->conn, END_ISS, 77, &end->step);
		end_finish(end);
		end_drain(end);
		if (state == ATCP_SYN_RCVD)
			drive_syn_rcvd(end);
	} else if (state == ATCP_LISTEN) {
		atcp_conn_listen(&end->conn);
	} else if (state != ATCP_CLOSED) {
		end_open(end);
	}
	if (is_in & (ATCP_IN(CLOSE_WAIT) | ATCP_IN(LAST_ACK)))
		feed_flags(end, ATCP_F_FIN | ATCP_F_ACK);
	if (is_in & (ATCP_IN(FIN_WAIT_1) | ATCP_IN(FIN_WAIT_2) |
		     ATCP_IN(CLOSING) | ATCP_IN(LAST_ACK) |
		     ATCP_IN(TIME_WAIT)))
		end_shutdown(end);
	end_drain(end);
	if (state == ATCP_CLOSING) {
		struct atcp_seg seg = end_seg(end, ATCP_F_FIN | ATCP_F_ACK, 1,
					      1, 0);

		end_feed(end, &seg);
	}
	if (is_in & (ATCP_IN(FIN_WAIT_2) | ATCP_IN(TIME_WAIT)))
		feed_flags(end, ATCP_F_ACK);
	if (state == ATCP_TIME_WAIT)
		feed_flags(end, ATCP_F_FIN | ATCP_F_ACK);
	end_drain(end);
	KUNIT_ASSERT_EQ(end->test, end->conn.state, state);
	atcp_conn_poll_events(&end->conn);
	end->counted = 0;
	end->nr_out = 0;
	memset(&end_moves, 0, sizeof(end_moves));
}

/**
 * end_free() - Nothing may be left behind.
 * @end: Gone afterwards.
 */
void end_free(struct end *end)
{
	end_begin(end);
	atcp_conn_release(&end->conn, &end->step);
	end_finish(end);
	KUNIT_EXPECT_EQ(end->test, end->conn.state, ATCP_CLOSED);
	KUNIT_EXPECT_EQ(end->test, end->nr_records, 0);
	KUNIT_EXPECT_EQ(end->test, atcp_conn_poll_deadline(&end->conn),
			ATCP_NEVER);
	kunit_kfree(end->test, end);
}

/* The step's word on the payload must fit what the user has had so far. */
static void take_payload(struct end *end, const struct atcp_seg *seg)
{
	struct atcp_step *step = &end->step;
	u32 data_seq = seg->seq + !!(seg->flags & ATCP_F_SYN);

	KUNIT_EXPECT_TRUE(end->test,
			  step->keep_off + step->keep_len <= seg->len);
	switch ((enum atcp_keep)step->keep) {
	case ATCP_KEEP_NONE:
		KUNIT_EXPECT_TRUE(end->test, list_empty(&step->ready));
		return;
	case ATCP_KEEP_IN_ORDER:
		KUNIT_EXPECT_EQ(end->test, data_seq + step->keep_off,
				end->user_seq);
		end->user_seq += step->keep_len;
		return;
	case ATCP_KEEP_OUT_OF_ORDER:
		KUNIT_EXPECT_EQ(end->test, data_seq + step->keep_off,
				step->kept->seq);
		KUNIT_EXPECT_EQ(end->test, step->keep_len,
				step->kept->end - step->kept->seq);
		KUNIT_EXPECT_EQ(end->test, step->keep_off, step->kept->skip);
		step->kept->payload = (void *)(uintptr_t)data_seq;
		return;
	}
}

/**
 * end_feed() - A segment arrives.
 * @end: At end->now.
 * @seg: Segment, absolute numbers.
 */
void end_feed(struct end *end, const struct atcp_seg *seg)
{
	u32 adv = end->conn.rcv.adv;
	bool had_window = BIT(end->conn.state) & ATCP_SYNCHRONIZED;
	u32 i;

	end_begin(end);
	for (i = end->has_spare ? atcp_seg_spares(seg) : 0; i; i--)
		atcp_step_lend(&end->step, new_record(end));
	atcp_conn_handle_segment(&end->conn, seg, &end->step);
	take_payload(end, seg);
	end_finish(end);
	/* RFC 9293 section 3.8.6: the right edge never moves left. */
	if (had_window)
		KUNIT_EXPECT_FALSE(end->test,
				   atcp_before(end->conn.rcv.adv, adv));
}

/**
 * end_ack() - A bare ACK arrives, window as before.
 * @end: Synchronized.
 * @ack: SEG.ACK, relative to our ISS.
 */
void end_ack(struct end *end, u32 ack)
{
	struct atcp_seg seg = end_next(end, ATCP_F_ACK, 0);

	seg.ack = end->conn.snd.iss + ack;
	end_feed(end, &seg);
}

void end_dup_acks(struct end *end, u32 ack, unsigned int nr)
{
	while (nr--)
		end_ack(end, ack);
}

/**
 * end_skip() - As if much had been sent and acknowledged, without the time.
 * @end: With nothing in flight.
 * @bytes: How much, in steps of a quarter of the numbers at most.
 */
void end_skip(struct end *end, u32 bytes)
{
	struct atcp_snd *snd = &end->conn.snd;
	struct atcp_seg seg;
	u32 chunk;

	for (; bytes; bytes -= chunk) {
		chunk = min_t(u32, bytes, 1U << 30);
		snd->end += chunk;
		snd->nxt += chunk;
		seg = end_next(end, ATCP_F_ACK, 0);
		end_begin(end);
		KUNIT_ASSERT_TRUE(end->test,
				  atcp_ack_segment(&end->conn, &seg, &end->step));
		end_finish(end);
	}
}

/**
 * end_data() - Payload arrives, everything of ours acknowledged.
 * @end: Synchronized.
 * @seq: Relative to IRS.
 * @len: Bytes.
 */
void end_data(struct end *end, u32 seq, u32 len)
{
	struct atcp_seg seg = end_next(end, ATCP_F_ACK, len);

	seg.seq = end->conn.rcv.irs + seq;
	end_feed(end, &seg);
}

void end_write_flags(struct end *end, u32 bytes, u8 flags)
{
	end_begin(end);
	atcp_conn_written(&end->conn, bytes, flags, &end->step);
	end_finish(end);
}

void end_write(struct end *end, u32 bytes)
{
	end_write_flags(end, bytes, ATCP_WRITE_PUSH);
}

void end_shutdown(struct end *end)
{
	end_begin(end);
	atcp_conn_shutdown(&end->conn, &end->step);
	end_finish(end);
}

void end_close(struct end *end, bool has_unread)
{
	end_begin(end);
	atcp_conn_close(&end->conn, has_unread, &end->step);
	end_finish(end);
}

/**
 * end_timeout() - Time jumps to the next deadline, and what is due is done.
 * @end: With a deadline.
 */
void end_timeout(struct end *end)
{
	u64 due = atcp_conn_poll_deadline(&end->conn);

	KUNIT_ASSERT_TRUE(end->test, due != ATCP_NEVER);
	end->now = max(end->now, due);
	end_begin(end);
	atcp_conn_handle_timeout(&end->conn, &end->step);
	end_finish(end);
}

/**
 * end_expire() - As end_timeout(), if @timer is the next.
 * @end: End.
 * @timer: Timer.
 *
 * Return: false, and nothing done, if it is not armed or not the next.
 */
bool end_expire(struct end *end, enum atcp_timer timer)
{
	u64 due = end->conn.deadline[timer];

	if (due == ATCP_NEVER || due != atcp_conn_poll_deadline(&end->conn))
		return false;
	end_timeout(end);
	return true;
}

/**
 * end_poll() - One call of poll_tx.
 * @end: End.
 * @tx: What it sends.
 *
 * Return: true if it sends anything.
 */
bool end_poll(struct end *end, struct atcp_tx *tx)
{
	bool has_tx;

	end_begin(end);
	has_tx = atcp_conn_poll_tx(&end->conn, &end->step, tx);
	end_finish(end);
	return has_tx;
}

/**
 * end_drain() - Let it send all that it wants to.
 * @end: Collected in end->out, after what is there.
 *
 * Return: how many it sent now.
 */
unsigned int end_drain(struct end *end)
{
	unsigned int nr = 0;
	struct atcp_tx tx;

	while (end_poll(end, &tx)) {
		KUNIT_ASSERT_LT(end->test, nr, END_OUT_MAX);
		nr++;
		if (end->nr_out < END_OUT_MAX)
			end->out[end->nr_out++] = tx;
	}
	return nr;
}

/**
 * end_seg() - A segment from the peer, by relative numbers.
 * @end: End that will get it.
 * @flags: ATCP_F_*.
 * @seq: Relative to IRS.
 * @ack: Relative to ISS.
 * @len: Payload bytes.
 *
 * Return: segment, window as before, with a timestamp if they are in use.
 */
struct atcp_seg end_seg(const struct end *end, u8 flags, u32 seq, u32 ack,
			u32 len)
{
	const struct atcp_conn *conn = &end->conn;
	struct atcp_seg seg = {
		.seq = conn->rcv.irs + seq,
		.ack = flags & ATCP_F_ACK ? conn->snd.iss + ack : 0,
		.len = len,
		.wnd = (u16)(conn->snd.wnd >> conn->snd.wscale),
		.flags = flags,
		.hdr_len = ATCP_HDR_LEN,
		.segs = 1,
	};

	if (conn->use & ATCP_HAS_TS) {
		seg.opts.has = ATCP_HAS_TS;
		seg.opts.ts_val = END_TS_VAL +
				  (u32)div_u64(end->now - END_START, MS);
		seg.opts.ts_ecr = atcp_conn_ts_now(conn->ts_offset, end->now);
	}
	return seg;
}

/**
 * end_next() - The segment that the peer would send next, all of ours received.
 * @end: End that will get it.
 * @flags: ATCP_F_*.
 * @len: Payload bytes.
 *
 * Return: segment.
 */
struct atcp_seg end_next(const struct end *end, u8 flags, u32 len)
{
	const struct atcp_conn *conn = &end->conn;

	return end_seg(end, flags, conn->rcv.nxt - conn->rcv.irs,
		       conn->snd.nxt - conn->snd.iss, len);
}

/**
 * end_syn() - The peer's SYN or SYN+ACK, without options.
 * @end: End that has called.
 * @flags: ATCP_F_*, besides SYN.
 *
 * Return: segment.
 */
struct atcp_seg end_syn(const struct end *end, u16 flags)
{
	struct atcp_seg seg = end_next(end, (u8)flags, 0);

	seg.seq = END_IRS;
	seg.flags = ATCP_F_SYN | flags;
	return seg;
}

bool end_counted(const struct end *end, enum atcp_mib id)
{
	return end->counted & BIT_ULL(id);
}

u32 end_flight(const struct end *end)
{
	return atcp_conn_flight(&end->conn);
}

/* Time until a deadline, ns; ATCP_NEVER if it is not armed. */
u64 end_due(const struct end *end, enum atcp_timer timer)
{
	u64 due = end->conn.deadline[timer];

	return due == ATCP_NEVER ? due : due - end->now;
}

bool end_sent_only(const struct end *end, u8 flags)
{
	return end->nr_out == 1 && end->out[0].flags == flags;
}
