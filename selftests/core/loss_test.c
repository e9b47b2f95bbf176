// SPDX-License-Identifier: GPL-2.0
/* Loss and recovery: RFC 5681 section 3.2, RFC 6582, RFC 3042. */
#include "core/internal.h"
#include "util.h"

/* Segments of END_MSS, sent one by one so that each has its own record. */
static void send_segments(struct end *end, unsigned int nr)
{
	while (nr--) {
		end_write(end, END_MSS);
		KUNIT_ASSERT_EQ(end->test, end_drain(end), 1);
	}
	end->nr_out = 0;
}

/* Sequence number of what was sent as number @i, relative to ISS. */
static u32 sent_seq(const struct end *end, unsigned int i)
{
	return end->out[i].seq - end->conn.snd.iss;
}

static void mark_and_settle(struct kunit *test)
{
	struct end *end = end_new(test);
	struct atcp_burst *first, *last;

	send_segments(end, 3);
	first = list_first_entry(&end->conn.snd.flight, struct atcp_burst, link);
	last = list_last_entry(&end->conn.snd.flight, struct atcp_burst, link);
	KUNIT_EXPECT_EQ(test, atcp_loss_pipe(&end->conn), 3000);
	KUNIT_EXPECT_NULL(test, atcp_loss_first(&end->conn));

	atcp_loss_mark(&end->conn, last);
	atcp_loss_mark(&end->conn, last); /* once is enough */
	KUNIT_EXPECT_EQ(test, atcp_loss_pipe(&end->conn), 2000);
	KUNIT_EXPECT_PTR_EQ(test, atcp_loss_first(&end->conn), last);
	atcp_loss_mark(&end->conn, first);
	KUNIT_EXPECT_PTR_EQ(test, atcp_loss_first(&end->conn), first);
	KUNIT_EXPECT_EQ(test, end->conn.snd.lost, 2000);

	atcp_loss_settle(&end->conn, first);
	atcp_loss_settle(&end->conn, first);
	KUNIT_EXPECT_EQ(test, end->conn.snd.lost, 1000);
	KUNIT_EXPECT_PTR_EQ(test, atcp_loss_first(&end->conn), last);
	end_free(end);
}

static void pipe_is_never_negative(struct kunit *test)
{
	struct end *end = end_new(test);

	send_segments(end, 2);
	end->conn.snd.dup = 1500;
	KUNIT_EXPECT_EQ(test, atcp_loss_pipe(&end->conn), 500);
	end->conn.snd.dup = 9999;
	KUNIT_EXPECT_EQ(test, atcp_loss_pipe(&end->conn), 0);
	end->conn.snd.dup = 0;
	end_free(end);
}

/* RFC 3042: each of the first two duplicate ACKs lets one new segment out. */
static void limited_transmit(struct kunit *test)
{
	struct end *end = end_new(test);

	end->conn.snd.cwnd = 4 * END_MSS;
	end_write(end, 20 * END_MSS);
	end_drain(end);
	KUNIT_ASSERT_EQ(test, end_flight(end), 4 * END_MSS);
	end->nr_out = 0;

	end_ack(end, 1);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, sent_seq(end, 0), 4001);
	end_ack(end, 1);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, sent_seq(end, 1), 5001);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 4 * END_MSS);
	KUNIT_EXPECT_FALSE(test, end_counted(end, ATCP_MIB_FAST_RETRANS));
	end_free(end);
}

/* The third duplicate: the first segment goes again, the window halves. */
static void fast_retransmit(struct kunit *test)
{
	struct end *end = end_new_reno(test);

	send_segments(end, 10);
	end_dup_acks(end, 1, 2);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	end_dup_acks(end, 1, 1);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, sent_seq(end, 0), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].len, END_MSS);
	KUNIT_EXPECT_TRUE(test, end->out[0].is_again);
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, 5 * END_MSS);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 5 * END_MSS);
	KUNIT_EXPECT_EQ(test, end->conn.snd.recovery, ATCP_REC_FAST);
	KUNIT_EXPECT_EQ(test, end->conn.snd.recover, end->conn.snd.nxt);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_FAST_RETRANS));
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_RETRANS));
	KUNIT_EXPECT_EQ(test, end->conn.retrans_total, 1);

	/* More of them do not send it again. */
	end_dup_acks(end, 1, 3);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	end_free(end);
}

/* What is sent again has a whole time-out to be acknowledged in. */
static void fast_retransmit_has_time(struct kunit *test)
{
	struct end *end = end_new(test);

	send_segments(end, 10);
	end->now += 150 * MS;
	end_dup_acks(end, 1, 3);
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end_due(end, ATCP_TIMER_RETRANSMIT),
			end->conn.rtt.rto_ns);
	end_free(end);
}

/* RFC 5681 step 4: what duplicates say has left makes room for new data. */
static void inflation(struct kunit *test)
{
	struct end *end = end_new_reno(test);

	send_segments(end, 10);
	end_dup_acks(end, 1, 3);
	end_drain(end);
	end->nr_out = 0;
	end_write(end, 5 * END_MSS);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0); /* pipe 7, cwnd 5 */
	end_dup_acks(end, 1, 2);
	KUNIT_EXPECT_EQ(test, end_drain(end), 0); /* pipe 5 */
	end_dup_acks(end, 1, 1);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1); /* pipe 4 */
	KUNIT_EXPECT_EQ(test, sent_seq(end, 0), 10001);
	KUNIT_EXPECT_FALSE(test, end->out[0].is_again);
	end_free(end);
}

/* More duplicates than there are segments: no more has left than was there. */
static void inflation_is_bounded(struct kunit *test)
{
	struct end *end = end_new(test);

	send_segments(end, 10);
	end_dup_acks(end, 1, 3);
	end_drain(end);
	end_write(end, 30 * END_MSS);
	end_dup_acks(end, 1, 50);
	KUNIT_EXPECT_EQ(test, end->conn.snd.dup, 10 * END_MSS);
	end_drain(end);
	/* all of it gone, and a new window of data in its place */
	KUNIT_EXPECT_EQ(test, end_flight(end),
			10 * END_MSS + end->conn.snd.cwnd);
	end_free(end);
}

/* RFC 6582 step 3: a partial ACK tells of the next hole. */
static void partial_ack(struct kunit *test)
{
	struct end *end = end_new_reno(test);

	send_segments(end, 10);
	end_dup_acks(end, 1, 3);
	end_drain(end);
	end->nr_out = 0;

	end_ack(end, 3001); /* segment 4 is missing too */
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, sent_seq(end, 0), 3001);
	KUNIT_EXPECT_EQ(test, end->conn.snd.recovery, ATCP_REC_FAST);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 5 * END_MSS);
	/* 3000 acknowledged: deflated by that, less one segment */
	KUNIT_EXPECT_EQ(test, end->conn.snd.dup, 1000);

	end_ack(end, 3001); /* a duplicate now does nothing by itself */
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	end_free(end);
}

/* A full one ends recovery; option 1: no burst after it. */
static void full_ack(struct kunit *test)
{
	struct end *end = end_new(test);

	send_segments(end, 10);
	end_dup_acks(end, 1, 3);
	end_drain(end);
	end_ack(end, 10001);
	KUNIT_EXPECT_EQ(test, end->conn.snd.recovery, ATCP_REC_OPEN);
	KUNIT_EXPECT_EQ(test, end->conn.snd.dup, 0);
	KUNIT_EXPECT_EQ(test, end->conn.snd.dup_acks, 0);
	/* min(ssthresh, max(flight, mss) + mss) with nothing in flight */
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 2 * END_MSS);
	KUNIT_EXPECT_FALSE(test, end->conn.flags & ATCP_CONN_HEAD_LOST);
	end_free(end);
}

/* A hole in the middle of a burst: only the segment that is missing goes. */
static void burst_is_split(struct kunit *test)
{
	struct end *end = end_new(test);

	end_write(end, 10 * END_MSS);
	KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	end->nr_out = 0;
	end_ack(end, 2001);
	end_dup_acks(end, 2001, 3);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, sent_seq(end, 0), 2001);
	KUNIT_EXPECT_EQ(test, end->out[0].len, END_MSS);
	KUNIT_EXPECT_FALSE(test, end->out[0].flags & ATCP_F_PSH);
	end_free(end);
}

/* Without a record to spare the loss waits for one. */
static void burst_is_not_split_without_spare(struct kunit *test)
{
	struct end *end = end_new(test);

	end_write(end, 10 * END_MSS);
	end_drain(end);
	end_dup_acks(end, 1, 3);
	end->nr_out = 0;
	end->has_spare = false;
	KUNIT_EXPECT_EQ(test, end_drain(end), 0);
	KUNIT_EXPECT_EQ(test, end->conn.snd.lost, 0);
	end->has_spare = true;
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, sent_seq(end, 0), 1);
	end_free(end);
}

/* RFC 5681 equation 4 and below: all is lost, one segment goes. */
static void timeout(struct kunit *test)
{
	struct end *end = end_new_reno(test);

	send_segments(end, 10);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, END_MSS);
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, 5 * END_MSS);
	KUNIT_EXPECT_EQ(test, end->conn.snd.lost, 10 * END_MSS);
	KUNIT_EXPECT_EQ(test, atcp_loss_pipe(&end->conn), 0);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_TIMEOUTS));
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, sent_seq(end, 0), 1);
	KUNIT_EXPECT_TRUE(test, end->out[0].is_again);

	/* Slow start from there, through what was lost. */
	end_ack(end, 1001);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, sent_seq(end, 1), 1001);
	KUNIT_EXPECT_EQ(test, end->out[1].len, 2 * END_MSS);
	end_free(end);
}

/* Many small segments go out again as few full ones, from one record. */
static void timeout_merges_small_ones(struct kunit *test)
{
	struct end *end = end_new(test);
	int i;

	end->conn.flags |= ATCP_CONN_NODELAY;
	for (i = 0; i < 8; i++) {
		end_write(end, 10);
		KUNIT_ASSERT_EQ(test, end_drain(end), 1);
	}
	KUNIT_EXPECT_EQ(test, end->conn.snd.nr_flight, 8);
	end->nr_out = 0;

	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	KUNIT_EXPECT_EQ(test, end->conn.snd.nr_flight, 1);
	KUNIT_EXPECT_EQ(test, end_drain(end), 1);
	KUNIT_EXPECT_EQ(test, end->out[0].len, 80);
	KUNIT_EXPECT_TRUE(test, end->out[0].flags & ATCP_F_PSH);
	end_free(end);
}

/*
 * Karn: after a time-out nobody knows any more when which part was sent, not even
 * of what is acknowledged before there is a record to send it again with.
 */
static void timeout_measures_nothing(struct kunit *test)
{
	struct end *end = end_new(test);
	u64 srtt = end->conn.rtt.srtt_ns;

	send_segments(end, 10);
	end->has_spare = false;
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	KUNIT_ASSERT_EQ(test, end_drain(end), 0);
	end->now += 100 * MS;
	end_ack(end, 10001);
	KUNIT_EXPECT_EQ(test, end->conn.rtt.srtt_ns, srtt);
	KUNIT_EXPECT_EQ(test, end->conn.rtt.backoff, 1);
	end_free(end);
}

/*
 * The end of slow start after a time-out is not that of fast recovery: the window
 * has been grown from one segment, and is not cut again.
 */
static void window_stays_after_timeout(struct kunit *test)
{
	struct end *end = end_new_reno(test);
	u32 acked;

	send_segments(end, 10);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	for (acked = 1001; acked <= 4001; acked += END_MSS) {
		end_drain(end);
		end_ack(end, acked);
	}
	KUNIT_ASSERT_EQ(test, end->conn.snd.recovery, ATCP_REC_RTO);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 5 * END_MSS);
	end_ack(end, 10001);
	KUNIT_EXPECT_EQ(test, end->conn.snd.recovery, ATCP_REC_OPEN);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, 5 * END_MSS);
	end_free(end);
}

/* The second time-out of the same data does not halve the window again. */
static void timeout_twice(struct kunit *test)
{
	struct end *end = end_new_reno(test);

	send_segments(end, 10);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	end_drain(end);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, 5 * END_MSS);
	KUNIT_EXPECT_EQ(test, end->conn.rtt.backoff, 2);
	end_free(end);
}

/*
 * RFC 5681: it halves for data that has not been sent again by the timer, though
 * Karn's rule keeps the back-off from the last time.
 */
static void timeout_of_new_data(struct kunit *test)
{
	struct end *end = end_new_reno(test);

	send_segments(end, 2);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	end_drain(end);
	end_ack(end, 2001);
	KUNIT_ASSERT_EQ(test, end->conn.rtt.backoff, 1);
	end->conn.snd.cwnd = 8 * END_MSS;
	end->conn.snd.ssthresh = 20 * END_MSS;
	send_segments(end, 8);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	KUNIT_EXPECT_EQ(test, end->conn.snd.ssthresh, 4 * END_MSS);
	end_free(end);
}

/* After a time-out duplicates come from what we send twice: they say nothing. */
static void dup_acks_after_timeout(struct kunit *test)
{
	struct end *end = end_new(test);

	send_segments(end, 10);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	end_drain(end);
	end_ack(end, 2001);
	end_drain(end);
	end->counted = 0;
	end_dup_acks(end, 2001, 5);
	KUNIT_EXPECT_FALSE(test, end_counted(end, ATCP_MIB_FAST_RETRANS));
	KUNIT_EXPECT_EQ(test, end->conn.snd.dup, 0);
	KUNIT_EXPECT_EQ(test, end->conn.snd.recovery, ATCP_REC_RTO);
	end_ack(end, 10001);
	KUNIT_EXPECT_EQ(test, end->conn.snd.recovery, ATCP_REC_OPEN);
	end_free(end);
}

/*
 * RFC 6582 step 1, "careful": duplicates that acknowledge no more than "recover"
 * may still come from what recovery sent twice.
 */
static void dup_acks_at_recover(struct kunit *test)
{
	struct end *end = end_new(test);

	send_segments(end, 5);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	end_drain(end);
	end_ack(end, 5001);
	end->conn.snd.cwnd = 10 * END_MSS;
	send_segments(end, 5);
	end->counted = 0;
	end_dup_acks(end, 5001, 4);
	KUNIT_EXPECT_FALSE(test, end_counted(end, ATCP_MIB_FAST_RETRANS));
	/* limited transmit at most, RFC 3042 */
	KUNIT_EXPECT_LE(test, end->conn.snd.dup, 2 * END_MSS);

	/* Once more has been acknowledged, they count again. */
	end_ack(end, 6001);
	end_dup_acks(end, 6001, 3);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_FAST_RETRANS));
	end_free(end);
}

/* "recover" must not come to lie ahead when numbers have gone half around. */
static void recover_keeps_up(struct kunit *test)
{
	struct end *end = end_new(test);
	u32 una;

	end_skip(end, 0x80000000u + 1000000);
	una = end->conn.snd.una - end->conn.snd.iss;
	send_segments(end, 5);
	end_dup_acks(end, una, 3);
	KUNIT_EXPECT_TRUE(test, end_counted(end, ATCP_MIB_FAST_RETRANS));
	end_free(end);
}

/* RFC 6582 step 4: a time-out in fast recovery ends it. */
static void timeout_in_fast_recovery(struct kunit *test)
{
	struct end *end = end_new(test);

	send_segments(end, 10);
	end_dup_acks(end, 1, 6);
	end_drain(end);
	KUNIT_ASSERT_TRUE(test, end_expire(end, ATCP_TIMER_RETRANSMIT));
	KUNIT_EXPECT_EQ(test, end->conn.snd.recovery, ATCP_REC_RTO);
	KUNIT_EXPECT_EQ(test, end->conn.snd.recover, end->conn.snd.nxt);
	KUNIT_EXPECT_EQ(test, end->conn.snd.dup, 0);
	KUNIT_EXPECT_EQ(test, end->conn.snd.cwnd, END_MSS);
	KUNIT_EXPECT_EQ(test, end->conn.snd.lost, 10 * END_MSS);
	end_free(end);
}

static struct kunit_case loss_cases[] = {
	KUNIT_CASE(mark_and_settle),
	KUNIT_CASE(pipe_is_never_negative),
	KUNIT_CASE(limited_transmit),
	KUNIT_CASE(fast_retransmit),
	KUNIT_CASE(fast_retransmit_has_time),
	KUNIT_CASE(inflation),
	KUNIT_CASE(inflation_is_bounded),
	KUNIT_CASE(partial_ack),
	KUNIT_CASE(full_ack),
	KUNIT_CASE(burst_is_split),
	KUNIT_CASE(burst_is_not_split_without_spare),
	KUNIT_CASE(timeout),
	KUNIT_CASE(timeout_merges_small_ones),
	KUNIT_CASE(timeout_measures_nothing),
	KUNIT_CASE(window_stays_after_timeout),
	KUNIT_CASE(timeout_twice),
	KUNIT_CASE(timeout_of_new_data),
	KUNIT_CASE(dup_acks_after_timeout),
	KUNIT_CASE(dup_acks_at_recover),
	KUNIT_CASE(recover_keeps_up),
	KUNIT_CASE(timeout_in_fast_recovery),
	{}
};

struct kunit_suite loss_suite = {
	.name = "atcp_loss",
	.test_cases = loss_cases,
};
