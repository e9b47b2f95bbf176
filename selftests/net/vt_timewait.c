// SPDX-License-Identifier: GPL-2.0
/* TIME-WAIT lasts 2 MSL, 60 s; a FIN that comes again starts it anew. */
#include "wire.h"

#define SEC 1000LL
/* Native timers may be late by an eighth, ours by less than a second. */
#define OVER (is_native() ? 68 * SEC : 61 * SEC)

/* The host closes first and is in TIME-WAIT. */
static void enter(struct wire *w)
{
	struct wire_seg seg;
	int fd = wire_accept(w, -1);

	close(fd);
	WIRE_EXPECT(w, &seg, F_FIN | F_ACK);
	w->ack = seg.seq + 1;
	wire_send(w, F_FIN | F_ACK, NULL, 0);
	WIRE_EXPECT(w, &seg, F_ACK);
}

static void fin_again(struct wire *w, int answer)
{
	struct wire_seg seg;

	wire_send_at(w, F_FIN | F_ACK, w->seq - 1, w->ack);
	WIRE_EXPECT(w, &seg, answer);
	if (answer == F_ACK)
		EXPECT_EQ(seg.ack, w->seq);
}

TEST_TIMEOUT(ends_after_60_s, 1000)
{
	struct wire w;

	wire_open(&w);
	enter(&w);
	pause_ms(OVER);
	fin_again(&w, F_RST);
}

TEST_TIMEOUT(lasts_60_s_and_starts_anew, 1000)
{
	struct wire w;

	wire_open(&w);
	enter(&w);
	for (int i = 0; i < 3; i++) {
		pause_ms(59 * SEC);
		fin_again(&w, F_ACK);
	}
	pause_ms(OVER);
	fin_again(&w, F_RST);
}

/* Other segments are answered, but do not prolong it. */
TEST_TIMEOUT(only_a_fin_starts_it_anew, 1000)
{
	struct wire_seg seg;
	struct wire w;

	wire_open(&w);
	enter(&w);
	pause_ms(40 * SEC);
	wire_send_at(&w, F_ACK, w.seq - 100, w.ack);
	wire_get(&w, &seg, 100);
	if (!is_native()) {
		pause_ms(22 * SEC);
		fin_again(&w, F_RST);
	}
}

/* The port is free again when it has ended, and not before. */
TEST_TIMEOUT(port_comes_free, 1000)
{
	struct sockaddr_in addr = addr_of(TUN_HOST, 0);
	struct wire w;
	int fd;

	wire_open(&w);
	enter(&w);
	addr.sin_port = htons(w.dport);
	pause_ms(59 * SEC);
	fd = stream_socket();
	EXPECT_ERR(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), EADDRINUSE);
	pause_ms(OVER - 59 * SEC);
	EXPECT_EQ(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
}

/* An orphan waits in FIN-WAIT-2 for 60 s, not for ever. */
TEST_TIMEOUT(orphan_in_fin_wait_2, 1000)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	close(fd);
	WIRE_EXPECT(&w, &seg, F_FIN | F_ACK);
	w.ack = seg.seq + 1;
	wire_send(&w, F_ACK, NULL, 0);
	pause_ms(130 * SEC);
	fin_again(&w, F_RST);
}
