// SPDX-License-Identifier: GPL-2.0
/* A flood of SYNs: cookies, and who is honest still gets in. */
#include "wire.h"

#define FLOOD 1000

static void syn_from(struct wire *w, int port)
{
	struct wire_seg seg = { .sport = (uint16_t)port, .dport = w->dport,
				.seq = (uint32_t)port * 977, .flags = F_SYN,
				.wnd = 1000 };

	wire_put(w, &seg);
}

static int flood(struct wire *w)
{
	uint16_t own = w->sport;
	struct wire_seg seg;
	int answers = 0;

	for (int i = 0; i < FLOOD; i++) {
		w->sport = (uint16_t)(30000 + i);
		syn_from(w, w->sport);
		while (wire_get(w, &seg, 0))
			answers += (seg.flags & F_SYN) != 0;
	}
	w->sport = own;
	return answers;
}

static int flooded_listener(struct wire *w, const char *cookies)
{
	int lfd = listener_at("0.0.0.0", ANY_PORT, 8);

	REQUIRE_OK(sysctl_write("/proc/sys/net/ipv4/tcp_syncookies", cookies));
	REQUIRE_OK(sysctl_write("/proc/sys/net/ipv4/tcp_max_syn_backlog", "8"));
	wire_open(w);
	w->dport = ntohs(name_of(lfd).sin_port);
	return lfd;
}

TEST_TIMEOUT(cookies, 60)
{
	unsigned long long before = stat_of("SynCookiesSent");
	struct wire_seg seg;
	struct wire w;
	char buf[8];
	int lfd, fd;

	lfd = flooded_listener(&w, "1");
	EXPECT_GE(flood(&w), FLOOD / 2);
	if (!is_native())
		EXPECT_GE(stat_of("SynCookiesSent") - before, FLOOD / 2);

	/* In the middle of it an honest peer. */
	fd = wire_accept(&w, lfd);
	wire_send(&w, F_ACK | F_PSH, "hello", 5);
	EXPECT_EQ(recv(fd, buf, 8, 0), 5);
	EXPECT_EQ(send(fd, "x", 1, 0), 1);
	WIRE_UNTIL(&w, &seg, F_ACK);

	/* A cookie that nobody has baked. */
	w.sport++;
	wire_send_at(&w, F_ACK, 5000, 0x12345678);
	WIRE_EXPECT(&w, &seg, F_RST);
	EXPECT_EQ(poll_now(lfd, POLLIN), 0);
}

/* Cookies carry the options that matter by way of the timestamp. */
TEST(cookies_always)
{
	static const uint8_t opts[] = { 2, 4, 0x05, 0x78, 4, 2, 8, 10, 0, 0, 0,
					1, 0, 0, 0, 0, 1, 3, 3, 7 };
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	struct wire_seg seg;
	struct wire w;
	int lfd, fd;

	lfd = flooded_listener(&w, "2");
	seg = (struct wire_seg){ .sport = w.sport, .dport = w.dport,
				 .seq = w.seq++, .flags = F_SYN, .wnd = 1000,
				 .opt_len = sizeof(opts) };
	memcpy(seg.opt, opts, sizeof(opts));
	wire_put(&w, &seg);
	WIRE_EXPECT(&w, &seg, F_SYN | F_ACK);
	w.ack = seg.seq + 1;
	w.has_ts = true;
	w.ts = 1;
	wire_send(&w, F_ACK, NULL, 0);
	set_time(lfd, SO_RCVTIMEO, 3000);
	fd = accept(lfd, NULL, NULL);
	REQUIRE_OK(fd);
	EXPECT_OK(getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len));
	EXPECT_LE(info.tcpi_snd_mss, 1400);
	EXPECT_GE(info.tcpi_snd_mss, 500);
	EXPECT_EQ(state_of(fd), ST_ESTABLISHED);
}

/* Without cookies the queue is just full, and it empties again. */
TEST_TIMEOUT(no_cookies, 60)
{
	struct wire w;
	int lfd;

	lfd = flooded_listener(&w, "0");
	EXPECT_LE(flood(&w), FLOOD / 2);
	EXPECT_EQ(poll_now(lfd, POLLIN), 0);
	EXPECT_EQ(state_of(lfd), ST_LISTEN);
}
