// SPDX-License-Identifier: GPL-2.0
/* Keepalive with its real values. Hours: for virtual time. */
#include "wire.h"

#define SEC 1000LL

/* Native timers may be late by an eighth, ours by a second. */
static void expect_seconds(long long ms, int want)
{
	EXPECT_GE(ms, want * SEC - 100);
	EXPECT_LE(ms, want * SEC + (is_native() ? want * SEC / 8 : SEC));
}

/* The next segment comes after so many seconds and is a keepalive probe. */
static void expect_probe(struct wire *w, int after)
{
	long long begin = now_ms();
	struct wire_seg seg;

	if (!wire_get(w, &seg, 8200 * SEC)) {
		harness_fail(__FILE__, __LINE__, "no probe came");
		return;
	}
	expect_seconds(now_ms() - begin, after);
	EXPECT_EQ(seg.flags, F_ACK);
	EXPECT_EQ(seg.seq, w->ack - 1);
	EXPECT_LE(seg.len, 1);
}

TEST_TIMEOUT(two_hours, 100000)
{
	int probes = is_native() ? 9 : 10, fd;
	struct wire_seg seg;
	long long begin;
	struct wire w;
	char c;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	EXPECT_EQ(set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1), 0);

	/* Two hours idle; the answer starts two hours anew. */
	expect_probe(&w, 7200);
	wire_send(&w, F_ACK, NULL, 0);

	/* Any segment from the peer does. */
	pause_ms(3600 * SEC);
	wire_send(&w, F_ACK | F_PSH, "x", 1);
	EXPECT_EQ(recv(fd, &c, 1, 0), 1);
	WIRE_EXPECT(&w, &seg, F_ACK);
	expect_probe(&w, 7200);

	/* Silence: a probe each 75 s, and after the last the end. */
	for (int i = 1; i < probes; i++)
		expect_probe(&w, 75);
	EXPECT_EQ(state_of(fd), ST_ESTABLISHED);
	begin = now_ms();
	EXPECT_ERR(recv(fd, &c, 1, 0), ETIMEDOUT);
	expect_seconds(now_ms() - begin, 75);
	EXPECT_EQ(state_of(fd), ST_CLOSE);
}

TEST_TIMEOUT(off_by_default, 100000)
{
	struct wire w;

	wire_open(&w);
	wire_accept(&w, -1);
	WIRE_SILENCE(&w, 7300 * SEC);
}

/* R2: a peer that dies in mid-transfer is given up after 15 tries or so. */
TEST_TIMEOUT(retries_run_out, 100000)
{
	int fd, tries = 0;
	struct wire_seg seg;
	long long begin, took;
	struct wire w;
	char c;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	begin = now_ms();
	EXPECT_EQ(send(fd, "x", 1, 0), 1);
	EXPECT_ERR(recv(fd, &c, 1, 0), ETIMEDOUT);
	took = (now_ms() - begin) / SEC;
	printf("# gave up after %lld s\n", took);
	/* 924.6 s by tcp_retries2's documentation; RFC 9293: 100 s at least. */
	EXPECT_GE(took, 800);
	EXPECT_LE(took, 1000);
	while (wire_get(&w, &seg, 0))
		tries += seg.len == 1;
	EXPECT_GE(tries, 14);
	EXPECT_LE(tries, 18);
}
