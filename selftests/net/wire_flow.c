// SPDX-License-Identifier: GPL-2.0
/* Windows, acknowledgments, retransmission, Nagle, PSH and URG on the wire. */
#include <linux/sockios.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wire.h"

static char big[20000];

/* The next segment with data, whose end becomes what we acknowledge. */
static int next_data(struct wire *w, struct wire_seg *seg, int ms)
{
	while (wire_get(w, seg, ms))
		if (seg->len)
			return seg->len;
	return 0;
}

/* F_PSH on the last segment of a send, and only there. */
TEST(push)
{
	struct wire_seg seg;
	struct wire w;
	int fd, sum = 0;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	EXPECT_EQ(send(fd, big, 1300, 0), 1300);
	while (sum < 1300 && next_data(&w, &seg, 2000)) {
		sum += seg.len;
		/* Native sets it now and then where it need not be. */
		if (sum == 1300 || !is_native())
			EXPECT_EQ(!!(seg.flags & F_PSH), sum == 1300);
	}
	EXPECT_EQ(sum, 1300);
}

TEST(default_mss)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	EXPECT_EQ(send(fd, big, 3000, 0), 3000);
	EXPECT_EQ(next_data(&w, &seg, 2000), 536);
}

/* Never a byte beyond the right edge; a closed window is probed. */
TEST(window_limits_and_probes)
{
	struct wire_seg seg;
	struct wire w;
	int fd, sum = 0;
	uint32_t first;

	wire_open(&w);
	w.wnd = 1000;
	fd = wire_accept(&w, -1);
	first = w.ack;
	EXPECT_EQ(send(fd, big, 5000, 0), 5000);
	while (next_data(&w, &seg, 100)) {
		EXPECT_LE((int32_t)(seg.seq + (uint32_t)seg.len - first), 1000);
		sum += seg.len;
	}
	EXPECT_GE(sum, 536);
	EXPECT_LE(sum, 1000);

	/* Acknowledged, but no room: only probes of a byte at most. */
	w.ack = first + (uint32_t)sum;
	w.wnd = 0;
	wire_send(&w, F_ACK, NULL, 0);
	EXPECT_TRUE(wire_get(&w, &seg, 3000));
	EXPECT_LE(seg.len, 1);
	EXPECT_LE((int32_t)(seg.seq - w.ack), 0);
	wire_send(&w, F_ACK, NULL, 0);
	EXPECT_TRUE(wire_get(&w, &seg, 5000));
	EXPECT_LE(seg.len, 1);

	/* Room again: it goes on at once. */
	w.wnd = 60000;
	wire_send(&w, F_ACK, NULL, 0);
	EXPECT_GE(next_data(&w, &seg, 1000), 2);
}

/* Our user does not read: the window closes, opens again, never goes left. */
TEST(own_window)
{
	uint32_t edge = 0, sent = 0;
	int lfd = listener_at("0.0.0.0", ANY_PORT, 4), fd;
	struct wire_seg seg;
	struct wire w;

	set_int(lfd, SOL_SOCKET, SO_RCVBUF, 8192);
	wire_open(&w);
	w.dport = ntohs(name_of(lfd).sin_port);
	fd = wire_accept(&w, lfd);
	for (int i = 0; i < 200; i++) {
		wire_send(&w, F_ACK | F_PSH, big, 500);
		sent += 500;
		if (!wire_get(&w, &seg, 1000))
			continue;
		if (edge)
			EXPECT_GE((int32_t)(seg.ack + seg.wnd - edge), 0);
		edge = seg.ack + seg.wnd;
		if (seg.wnd < 500)
			break;
	}
	EXPECT_LE(seg.wnd, 499);
	EXPECT_GE(sent, 2000);

	/* More than it may: not taken; a probe is answered. */
	w.seq = seg.ack + seg.wnd;
	wire_send(&w, F_ACK | F_PSH, big, 500);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_LE((int32_t)(seg.ack - edge), 0);

	/* Read: an update comes by itself. */
	EXPECT_GE(drain(fd, sent), 1500);
	while (wire_get(&w, &seg, 2000) && seg.wnd < 1000)
		;
	EXPECT_GE(seg.wnd, 1000);
}

TEST(retransmission)
{
	struct wire_seg seg, again;
	long long at, first, second;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	EXPECT_EQ(send(fd, "lost", 4, 0), 4);
	WIRE_EXPECT(&w, &seg, F_ACK);
	at = now_ms();
	EXPECT_EQ(next_data(&w, &again, 3000), 4);
	first = now_ms() - at;
	EXPECT_EQ(again.seq, seg.seq);
	EXPECT_GE(first, 150);
	/* Backed off: it may take twice as long. A tail probe may come first. */
	at = now_ms();
	EXPECT_EQ(next_data(&w, &again, 6000), 4);
	second = now_ms() - at;
	at = now_ms();
	EXPECT_EQ(next_data(&w, &again, 6000), 4);
	EXPECT_GE(now_ms() - at + 60, second * 3 / 2);
	w.ack += 4;
	wire_send(&w, F_ACK, NULL, 0);
	WIRE_SILENCE(&w, 1000);
}

/* RFC 5681: three duplicate ACKs, and the hole is sent at once. */
TEST(fast_retransmit)
{
	struct wire_seg seg;
	struct wire w;
	uint32_t first;
	long long at;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	first = w.ack;
	EXPECT_EQ(send(fd, big, 536 * 6, 0), 536 * 6);
	for (int i = 0; i < 6; i++)
		EXPECT_GE(next_data(&w, &seg, 1000), 1);
	at = now_ms();
	for (int i = 0; i < 4; i++)
		wire_send(&w, F_ACK, NULL, 0);
	EXPECT_GE(next_data(&w, &seg, 1000), 1);
	EXPECT_EQ(seg.seq, first);
	EXPECT_LE(now_ms() - at, 150);
}

/* One small segment waits for company, but not for long; two do not wait. */
TEST(delayed_ack)
{
	struct wire_seg seg;
	struct wire w;
	long long at;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	/* Past the quick acknowledgments of the start. */
	for (int i = 0; i < 60; i++)
		wire_send(&w, F_ACK | F_PSH, big, 500);
	EXPECT_EQ(drain(fd, 30000), 30000);
	WIRE_UNTIL(&w, &seg, F_ACK);
	at = now_ms();
	wire_send(&w, F_ACK | F_PSH, "1", 1);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.ack, w.seq);
	EXPECT_LE(now_ms() - at, 500);
}

/* A hole: acknowledged at once, and again for each segment beyond it. */
/* A page that is not there: who touches it sleeps until the fault is answered. */
static char *missing_page(int *uffd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *page;

	*uffd = (int)syscall(SYS_userfaultfd, 0);
	if (*uffd < 0 && errno == ENOSYS)
		harness_skip("no userfaultfd in this kernel");
	REQUIRE_OK(*uffd);
	REQUIRE_OK(ioctl(*uffd, UFFDIO_API, &api));
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE_TRUE(page != MAP_FAILED);
	reg.range.start = (uintptr_t)page;
	reg.range.len = 4096;
	REQUIRE_OK(ioctl(*uffd, UFFDIO_REGISTER, &reg));
	return page;
}

static void answer_fault(int uffd, char *page)
{
	struct uffdio_zeropage zero = {
		.range = { .start = (uintptr_t)page, .len = 4096 },
	};

	REQUIRE_OK(ioctl(uffd, UFFDIO_ZEROPAGE, &zero));
}

/*
 * MUST-59: segments that queue up while the user holds the socket (a reader whose
 * page has to be fetched) are all processed before an ACK goes. Native on
 * Linux 6.1 sends one for each.
 */
TEST(backlog)
{
	struct uffd_msg msg;
	struct wire_seg seg;
	int fd, uffd, acks = 0, i;
	struct wire w;
	char *page = missing_page(&uffd);

	wire_open(&w);
	fd = wire_accept(&w, -1);
	wire_send(&w, F_ACK | F_PSH, "x", 1);
	WIRE_EXPECT(&w, &seg, F_ACK);
	if (!fork()) {
		REQUIRE_EQ(read(uffd, &msg, sizeof(msg)), sizeof(msg));
		for (i = 0; i < 6; i++)
			wire_send(&w, F_ACK | F_PSH, big, 500);
		answer_fault(uffd, page);
		_exit(0);
	}
	EXPECT_EQ(recv(fd, page, 1, 0), 1);
	EXPECT_EQ(page[0], 'x');
	w.seq += 6 * 500;
	while (wire_get(&w, &seg, 300)) {
		acks++;
		if (!is_native())
			EXPECT_EQ(seg.ack, w.seq);
	}
	if (!is_native())
		EXPECT_EQ(acks, 1);
}

TEST(hole)
{
	struct wire_seg seg;
	struct wire w;
	uint32_t hole;
	char buf[16];
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	hole = w.seq;
	w.seq += 4;
	for (int i = 0; i < 2; i++) {
		wire_send(&w, F_ACK | F_PSH, "5678", 4);
		WIRE_EXPECT(&w, &seg, F_ACK);
		EXPECT_EQ(seg.ack, hole);
	}
	EXPECT_EQ(poll_now(fd, POLLIN), 0);
	w.seq = hole;
	wire_send(&w, F_ACK | F_PSH, "1234", 4);
	w.seq += 8;
	WIRE_UNTIL(&w, &seg, F_ACK);
	EXPECT_EQ(recv(fd, buf, 12, MSG_WAITALL), 12);
	EXPECT_EQ(memcmp(buf, "123456785678", 12), 0);
}

static uint32_t be32_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | p[2] << 8 | p[3];
}

/* The next segment is an ACK that tells of two edges, first block first. */
static void expect_block(struct wire *w, uint32_t ack, uint32_t left,
			 uint32_t right)
{
	struct wire_seg seg;
	const uint8_t *block;

	WIRE_EXPECT(w, &seg, F_ACK);
	EXPECT_EQ(seg.ack, ack);
	block = wire_option(&seg, 5);
	REQUIRE_TRUE(block);
	EXPECT_EQ(be32_at(block), left);
	EXPECT_EQ(be32_at(block + 4), right);
}

/* RFC 2018, RFC 2883: what has come behind a hole is told, and what came twice. */
TEST(sack_told)
{
	uint32_t hole;
	struct wire w;
	int fd;

	wire_open(&w);
	w.has_sack = true;
	fd = wire_accept(&w, -1);
	hole = w.seq;
	w.seq += 100;
	wire_send(&w, F_ACK | F_PSH, big, 100);
	expect_block(&w, hole, hole + 100, hole + 200);
	w.seq += 100;
	wire_send(&w, F_ACK | F_PSH, big, 100);
	expect_block(&w, hole, hole + 300, hole + 400);
	w.seq -= 100;
	wire_send(&w, F_ACK | F_PSH, big, 100);
	expect_block(&w, hole, hole + 300, hole + 400); /* D-SACK */
	w.seq = hole;
	wire_send(&w, F_ACK | F_PSH, big, 100);
	expect_block(&w, hole + 200, hole + 300, hole + 400);
	w.seq = hole;
	wire_send(&w, F_ACK | F_PSH, big, 100);
	expect_block(&w, hole + 200, hole, hole + 100); /* D-SACK */
	w.seq = hole + 200;
	wire_send(&w, F_ACK | F_PSH, big, 100);
	w.seq = hole + 400;
	EXPECT_EQ(recv(fd, big, 400, MSG_WAITALL), 400);
}

/* What a block tells does not come again; what lies before it does, at once. */
TEST(sack_taken)
{
	struct wire_seg seg;
	struct wire w;
	uint32_t first, end;
	int fd, unacked;

	wire_open(&w);
	w.has_sack = true;
	fd = wire_accept(&w, -1);
	first = w.ack;
	EXPECT_EQ(send(fd, big, 536 * 6, 0), 536 * 6);
	for (int i = 0; i < 6; i++)
		EXPECT_EQ(next_data(&w, &seg, 1000), 536);
	/* The second and the fourth are missing */
	w.ack = first + 536;
	seg = wire_next(&w, F_ACK);
	seg.opt_len = 20;
	memcpy(seg.opt, (uint8_t[]){ 1, 1, 5, 18 }, 4);
	for (int i = 0; i < 4; i++) {
		static const int edges[] = { 4, 6, 2, 3 };
		uint32_t edge = htonl(first + 536 * (uint32_t)edges[i]);

		memcpy(seg.opt + 4 + 4 * i, &edge, 4);
	}
	wire_put(&w, &seg);
	EXPECT_EQ(next_data(&w, &seg, 1000), 536);
	EXPECT_EQ(seg.seq, first + 536);
	EXPECT_EQ(next_data(&w, &seg, 1000), 536);
	EXPECT_EQ(seg.seq, first + 536 * 3);
	end = first + 536 * 6;
	w.ack = end;
	wire_send(&w, F_ACK, NULL, 0);
	WIRE_SILENCE(&w, 300);
	EXPECT_EQ(ioctl(fd, SIOCOUTQ, &unacked), 0);
	EXPECT_EQ(unacked, 0);
}

/* What has come out of order fills the memory: the hole can still be filled. */
TEST(hole_without_memory)
{
	struct wire_seg seg;
	struct wire w;
	uint32_t hole;
	int lfd, fd;

	wire_open(&w);
	lfd = listener_at(TUN_HOST, 0, 1);
	EXPECT_EQ(set_int(lfd, SOL_SOCKET, SO_RCVBUF, 20000), 0);
	w.dport = ntohs(name_of(lfd).sin_port);
	fd = wire_accept(&w, lfd);
	hole = w.seq;
	/* Small ones with room for others between them: none joins another. */
	for (int i = 0; i < 400; i++) {
		w.seq = hole + 4 + 8 * i;
		wire_send(&w, F_ACK | F_PSH, "5678", 4);
		if (!(i % 20))
			while (wire_get(&w, &seg, 0))
				;
	}
	w.seq = hole;
	wire_send(&w, F_ACK | F_PSH, "1234", 4);
	EXPECT_TRUE(wait_inq(fd, 4, 3000));
}

/* Parts that overlap, come twice, or come with what is old. */
TEST(overlaps)
{
	static const struct { int off, len; } parts[] = {
		{ 100, 100 }, { 150, 100 }, { 90, 20 }, { 300, 50 },
		{ 240, 100 }, { 0, 50 }, { 20, 10 }, { 40, 20 }, { 0, 100 },
		{ 350, 0 }, { 0, 350 }, { 10, 390 },
	};
	char data[400], buf[400];
	struct wire w;
	uint32_t begin;
	int fd;

	pattern(data, sizeof(data), 4);
	wire_open(&w);
	fd = wire_accept(&w, -1);
	begin = w.seq;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		w.seq = begin + (uint32_t)parts[i].off;
		wire_send(&w, F_ACK | F_PSH, data + parts[i].off, parts[i].len);
	}
	EXPECT_EQ(recv(fd, buf, sizeof(buf), MSG_WAITALL), sizeof(buf));
	EXPECT_EQ(memcmp(buf, data, sizeof(buf)), 0);
	EXPECT_ERR(recv(fd, buf, 1, MSG_DONTWAIT), EAGAIN);
}

TEST(nagle)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	EXPECT_EQ(send(fd, "a", 1, 0), 1);
	EXPECT_EQ(next_data(&w, &seg, 1000), 1);
	EXPECT_EQ(send(fd, "b", 1, 0), 1);
	EXPECT_EQ(send(fd, "c", 1, 0), 1);
	EXPECT_EQ(next_data(&w, &seg, 50), 0);
	w.ack++;
	wire_send(&w, F_ACK, NULL, 0);
	EXPECT_EQ(next_data(&w, &seg, 1000), 2);
	w.ack += 2;
	wire_send(&w, F_ACK, NULL, 0);

	EXPECT_EQ(set_int(fd, SOL_TCP, TCP_NODELAY, 1), 0);
	EXPECT_EQ(send(fd, "d", 1, 0), 1);
	EXPECT_EQ(next_data(&w, &seg, 1000), 1);
	EXPECT_EQ(send(fd, "e", 1, 0), 1);
	EXPECT_EQ(next_data(&w, &seg, 100), 1);
}

/* H-URG, sent: the pointer leads past the urgent byte (RFC 6093). */
TEST(urgent_sent)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	EXPECT_EQ(send(fd, "abc", 3, MSG_OOB), 3);
	WIRE_EXPECT(&w, &seg, F_ACK | F_URG);
	EXPECT_EQ(seg.len, 3);
	EXPECT_EQ(seg.urg, 3);
	w.ack += 3;
	wire_send(&w, F_ACK, NULL, 0);
	EXPECT_EQ(send(fd, "d", 1, 0), 1);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.urg, 0);
}

/* H-URG, received: announced before its byte is there. */
TEST(urgent_received)
{
	struct wire_seg seg;
	struct wire w;
	char buf[8];
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	seg = (struct wire_seg){ .sport = w.sport, .dport = w.dport,
				 .seq = w.seq, .ack = w.ack, .wnd = w.wnd,
				 .flags = F_ACK | F_URG, .urg = 5,
				 .data = "ab", .len = 2 };
	wire_put(&w, &seg);
	w.seq += 2;
	REQUIRE_TRUE(wait_inq(fd, 2, 2000));
	EXPECT_ERR(recv(fd, buf, 1, MSG_OOB | MSG_DONTWAIT), EAGAIN);
	wire_send(&w, F_ACK | F_PSH, "cd!ef", 5);
	EXPECT_EQ(poll_for(fd, POLLPRI, 2000), POLLPRI);
	EXPECT_EQ(recv(fd, buf, 1, MSG_OOB), 1);
	EXPECT_EQ(buf[0], '!');
	EXPECT_EQ(recv(fd, buf, 8, 0), 4);
	EXPECT_EQ(memcmp(buf, "abcd", 4), 0);
	EXPECT_EQ(recv(fd, buf, 8, 0), 2);
	EXPECT_EQ(memcmp(buf, "ef", 2), 0);
}
