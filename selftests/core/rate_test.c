// SPDX-License-Identifier: GPL-2.0
/* Delivery rate samples: draft-ietf-ccwg-bbr section 4.1. */
#include "core/internal.h"
#include "util.h"

static struct atcp_rate_sample last;

static void note(struct atcp_conn *conn __always_unused,
		 const struct atcp_rate_sample *sample)
{
	last = *sample;
}

static void nothing(struct atcp_conn *conn __always_unused)
{
}

static void no_acked(struct atcp_conn *conn __always_unused,
		     const struct atcp_cc_ack *ack __always_unused)
{
}

static u32 same_ssthresh(struct atcp_conn *conn,
			 enum atcp_cc_event event __always_unused)
{
	return conn->snd.ssthresh;
}

/* Keeps the samples that it gets, and a window of 40 segments. */
static const struct atcp_cc_ops keeper = {
	.name = "keeper", .init = nothing, .ssthresh = same_ssthresh,
	.acked = no_acked, .restart = nothing, .sample = note,
};

static struct end *sampling(struct kunit *test)
{
	struct end *end = end_new_with(test, ATCP_HAS_SACK_PERM);

	atcp_cc_use(&end->conn, &keeper);
	end->conn.snd.cwnd = 40 * END_MSS;
	end->conn.rtt.min_ns = 10 * MS;
	memset(&last, 0, sizeof(last));
	return end;
}

static void send_segments(struct end *end, u32 nr, u64 gap_ns)
{
	while (nr--) {
		end_write(end, END_MSS);
		end_drain(end);
		end->now += gap_ns;
	}
	end->nr_out = 0;
}

/* Ten segments 1 ms apart, acknowledged 10 ms after each: 1000 bytes per ms. */
static void steady(struct kunit *test)
{
	struct end *end = sampling(test);
	u32 i;

	send_segments(end, 10, MS);
	for (i = 1; i <= 10; i++) {
		end_ack(end, i * END_MSS + 1);
		if (i < 10)
			end->now += MS;
	}
	/* of the last: sent 9 ms after the first, which nothing had preceded */
	KUNIT_EXPECT_EQ(test, last.interval_ns, 19 * MS);
	KUNIT_EXPECT_EQ(test, last.delivered, 10 * END_MSS);
	KUNIT_EXPECT_EQ(test, last.rtt_ns, 10 * MS);
	KUNIT_EXPECT_EQ(test, last.in_flight, 10 * END_MSS);
	KUNIT_EXPECT_EQ(test, last.rate_Bps, 10ULL * END_MSS * 1000 / 19);
	KUNIT_EXPECT_EQ(test, end->conn.rate.delivered, 10 * END_MSS);
	end_free(end);
}

/* ACKs that come in a lump do not make the path faster: the sending took longer. */
static void compressed_acks(struct kunit *test)
{
	struct end *end = sampling(test);

	send_segments(end, 20, MS);
	end_ack(end, 10 * END_MSS + 1);
	send_segments(end, 1, 0);
	end_ack(end, 20 * END_MSS + 1);
	KUNIT_EXPECT_EQ(test, last.interval_ns, 20 * MS);
	end->now += 10 * MS;
	end_ack(end, 21 * END_MSS + 1);
	/* sent right after the 10th had been acknowledged */
	KUNIT_EXPECT_EQ(test, last.delivered, 11 * END_MSS);
	KUNIT_EXPECT_EQ(test, last.interval_ns, 11 * MS);
	end_free(end);
}

/* Faster than a round trip is no sample. */
static void too_short(struct kunit *test)
{
	struct end *end = sampling(test);
	struct atcp_burst *burst;

	send_segments(end, 2, 0);
	/* sent twice, so that it measures no round trip by itself */
	list_for_each_entry(burst, &end->conn.snd.flight, link)
		burst->flags |= ATCP_BURST_RETRANS;
	end->now += 9 * MS;
	end_ack(end, 2 * END_MSS + 1);
	KUNIT_EXPECT_EQ(test, last.rate_Bps, 0);
	KUNIT_EXPECT_EQ(test, last.acked, 2 * END_MSS);
	end_free(end);
}

/* Silence does not count as time in which the path was slow. */
static void after_silence(struct kunit *test)
{
	struct end *end = sampling(test);

	send_segments(end, 2, 0);
	end->now += 10 * MS;
	end_ack(end, 2 * END_MSS + 1);
	end->now += SEC;
	send_segments(end, 2, 0);
	end->now += 10 * MS;
	end_ack(end, 4 * END_MSS + 1);
	KUNIT_EXPECT_EQ(test, last.interval_ns, 10 * MS);
	KUNIT_EXPECT_EQ(test, last.delivered, 2 * END_MSS);
	end_free(end);
}

/* What is sent while the user has no more says so; a full window does not. */
static void app_limited(struct kunit *test)
{
	struct end *end = sampling(test);

	send_segments(end, 2, 0);
	KUNIT_EXPECT_TRUE(test, end->conn.rate.is_app_limited);
	end->now += 10 * MS;
	end_ack(end, END_MSS + 1);
	KUNIT_EXPECT_TRUE(test, last.is_app_limited); /* idle before, too */
	end_ack(end, 2 * END_MSS + 1);
	KUNIT_EXPECT_TRUE(test, last.is_app_limited);
	end_write(end, 60 * END_MSS);
	end_drain(end);
	end->now += 10 * MS;
	end_ack(end, 42 * END_MSS + 1);
	KUNIT_EXPECT_FALSE(test, end->conn.rate.is_app_limited);
	end_drain(end);
	end->now += 10 * MS;
	end_ack(end, 62 * END_MSS + 1);
	KUNIT_EXPECT_FALSE(test, last.is_app_limited);
	end_free(end);
}

/* What SACK tells is delivered when it tells; what is lost is counted at once. */
static void sack_and_loss(struct kunit *test)
{
	struct end *end = sampling(test);
	struct atcp_seg seg;

	send_segments(end, 10, 0);
	end->now += 10 * MS;
	seg = end_next(end, ATCP_F_ACK, 0);
	seg.ack = END_ISS + 1;
	seg.opts.has |= ATCP_HAS_SACK;
	seg.opts.nr_sacks = 1;
	seg.opts.sacks[0].left = END_ISS + 1 + 2 * END_MSS;
	seg.opts.sacks[0].right = END_ISS + 1 + 10 * END_MSS;
	end_feed(end, &seg);
	KUNIT_EXPECT_EQ(test, last.acked, 8 * END_MSS);
	KUNIT_EXPECT_EQ(test, last.newly_lost, 2 * END_MSS);
	KUNIT_EXPECT_EQ(test, last.lost, 2 * END_MSS);
	end_drain(end);
	end->now += 10 * MS;
	end_ack(end, 10 * END_MSS + 1);
	KUNIT_EXPECT_EQ(test, last.acked, 2 * END_MSS);
	KUNIT_EXPECT_EQ(test, last.newly_lost, 0);
	KUNIT_EXPECT_EQ(test, last.rtt_ns, 0); /* sent twice */
	KUNIT_EXPECT_EQ(test, end->conn.rate.delivered, 10 * END_MSS);
	end_free(end);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(steady),
	KUNIT_CASE(compressed_acks),
	KUNIT_CASE(too_short),
	KUNIT_CASE(after_silence),
	KUNIT_CASE(app_limited),
	KUNIT_CASE(sack_and_loss),
	{}
};

struct kunit_suite rate_suite = {
	.name = "atcp_rate",
	.test_cases = cases,
};
