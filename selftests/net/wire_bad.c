// SPDX-License-Identifier: GPL-2.0
/*
 * Bad input: truncated headers, lying offsets and option lengths, every flag
 * combination in every state, wrong checksums. Counted, nothing worse.
 */
#include "wire.h"

static char buf[64];

static struct wire_seg data_seg(const struct wire *w)
{
	return (struct wire_seg){
		.sport = w->sport, .dport = w->dport, .seq = w->seq,
		.ack = w->ack, .flags = F_ACK | F_PSH, .wnd = 1000,
		.data = "evil", .len = 4,
	};
}

static void expect_alive(struct wire *w, int fd)
{
	EXPECT_EQ(state_of(fd), ST_ESTABLISHED);
	EXPECT_EQ(poll_now(fd, POLLIN), 0);
	wire_send(w, F_ACK | F_PSH, "good", 4);
	EXPECT_EQ(recv(fd, buf, 8, 0), 4);
	EXPECT_EQ(memcmp(buf, "good", 4), 0);
}

/* @n more than before under @name; native counts elsewhere. */
static void expect_counted(const char *name, unsigned long long before, int n)
{
	if (!is_native())
		EXPECT_EQ(stat_of(name) - before, n);
}

TEST(wrong_checksum)
{
	unsigned long long before;
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	before = stat_of("InCsumErrors");
	seg = data_seg(&w);
	seg.bad_sum = true;
	for (int i = 0; i < 10; i++)
		wire_put(&w, &seg);
	WIRE_SILENCE(&w, 100);
	expect_counted("InCsumErrors", before, 10);
	expect_alive(&w, fd);
	WIRE_EXPECT(&w, &seg, F_ACK);

	/* Nor does it refuse or open anything. */
	seg = data_seg(&w);
	seg.bad_sum = true;
	seg.flags = F_SYN;
	seg.dport = 9;
	wire_put(&w, &seg);
	WIRE_SILENCE(&w, 100);
}

TEST(truncated)
{
	unsigned long long before;
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	before = stat_of("InTooShort");
	seg = data_seg(&w);
	seg.len = 0;
	for (int cut = 1; cut <= 20; cut++) {
		seg.cut = cut;
		wire_put(&w, &seg);
	}
	WIRE_SILENCE(&w, 100);
	/* Without ports it is nobody's: native's, on protocol 6. */
	expect_counted("InTooShort", before, proto == IPPROTO_ATCP ? 20 : 16);
	expect_alive(&w, fd);
}

TEST(lying_offset)
{
	unsigned long long before;
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	before = stat_of("InBadOffset");
	seg = data_seg(&w);
	for (int offset = 1; offset <= 15; offset++) {
		if (offset >= 5 && offset <= 6)
			continue;
		seg.offset = (uint8_t)offset;
		wire_put(&w, &seg);
	}
	/* Nought, which wire_seg takes for "what is right": by hand. */
	wire_raw(&w, wire_proto(), (uint8_t[20]){ 0x0f, 0xa0, 0, 9, 0 }, 20);
	WIRE_SILENCE(&w, 100);
	if (!is_native())
		EXPECT_GE(stat_of("InBadOffset") - before, 13);
	expect_alive(&w, fd);
}

/*
 * Options that end early, lie about their length or mean nothing: skipped.
 * Newer native TCP drops the segment if they are as long as a signature would
 * be (18 bytes): such rows are for ATCP alone.
 */
static const struct bad_options {
	const char *name;
	int len;
	uint8_t opt[40];
	bool not_native;
} bad_options[] = {
	{ "length 0", 4, { 2, 0, 0, 0 } },
	{ "length 1", 4, { 2, 1, 0, 0 } },
	{ "length past the end", 4, { 2, 40, 5, 5 } },
	{ "kind without length", 4, { 1, 1, 1, 2 } },
	{ "MSS of 3 bytes", 4, { 2, 3, 5, 0 } },
	{ "MSS of 5 bytes", 8, { 2, 5, 5, 5, 5, 0, 0, 0 } },
	{ "MSS of 0", 4, { 2, 4, 0, 0 } },
	{ "window scale of 255", 4, { 3, 3, 255, 0 } },
	{ "window scale of 2 bytes", 4, { 3, 2, 0, 0 } },
	{ "timestamps cut", 4, { 8, 10, 0, 0 } },
	{ "timestamps of 9 bytes", 12, { 8, 9, 1, 2, 3, 4, 5, 6, 7 } },
	{ "SACK of 9 bytes", 12, { 5, 9, 1, 2, 3, 4, 5, 6, 7 } },
	{ "SACK of 2 bytes", 4, { 5, 2, 0, 0 } },
	{ "SACK past the end", 8, { 1, 5, 34, 0, 0, 0, 0, 0 } },
	{ "unknown kind", 4, { 99, 4, 1, 2 } },
	{ "unknown kind, length 0", 4, { 99, 0, 1, 2 } },
	{ "unknown kind, length 255", 4, { 99, 255, 1, 2 } },
	{ "all ones", 40, { 255, 255, 255, 255, 255, 255, 255, 255 },
	  true },
	{ "end at once", 40, { 0, 2, 4, 5 } },
	{ "full of padding", 40, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
				   1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
				   1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2 },
	  true },
	{ "everything twice", 40, { 2, 4, 5, 0xb4, 2, 4, 1, 0, 3, 3, 7, 3, 3, 2,
				    4, 2, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0,
				    8, 10, 0, 0, 0, 2, 0, 0, 0, 0 } },
};

TEST(bad_options_in_syn)
{
	int lfd = listener_at("0.0.0.0", ANY_PORT, 64), fd;
	struct wire_seg seg;
	struct wire w;

	wire_open(&w);
	for (size_t i = 0; i < sizeof(bad_options) / sizeof(*bad_options); i++) {
		if (is_native() && bad_options[i].not_native)
			continue;
		printf("# %s\n", bad_options[i].name);
		w.sport++;
		w.dport = ntohs(name_of(lfd).sin_port);
		seg = data_seg(&w);
		seg.len = 0;
		seg.flags = F_SYN;
		seg.opt_len = bad_options[i].len;
		memcpy(seg.opt, bad_options[i].opt, 40);
		wire_put(&w, &seg);
		WIRE_EXPECT(&w, &seg, F_SYN | F_ACK);
		w.seq++;
		w.ack = seg.seq + 1;
		w.has_ts = wire_option(&seg, 8);
		w.ts = 100;
		wire_send(&w, F_ACK, NULL, 0);
		fd = accept(lfd, NULL, NULL);
		REQUIRE_OK(fd);
		expect_alive(&w, fd);
		close(fd);
	}
}

TEST(bad_options_in_data)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	for (size_t i = 0; i < sizeof(bad_options) / sizeof(*bad_options); i++) {
		if (is_native() && bad_options[i].not_native)
			continue;
		printf("# %s\n", bad_options[i].name);
		seg = data_seg(&w);
		seg.opt_len = bad_options[i].len;
		memcpy(seg.opt, bad_options[i].opt, 40);
		wire_put(&w, &seg);
		w.seq += 4;
		EXPECT_EQ(recv(fd, buf, 4, 0), 4);
	}
	expect_alive(&w, fd);
}

/* H-RSV: reserved bits are ignored. F-ACK: data without ACK is not taken. */
TEST(reserved_bits_and_missing_ack)
{
	static const int flags[] = { 0, F_PSH, F_URG, F_PSH | F_URG, F_FIN,
				     F_FIN | F_PSH, F_FIN | F_URG };
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		seg = data_seg(&w);
		seg.flags = (uint8_t)flags[i];
		wire_put(&w, &seg);
	}
	pause_ms(50);
	expect_alive(&w, fd);
	for (int bits = 1; bits < 16; bits++) {
		seg = data_seg(&w);
		/* The lowest is AccECN's AE, a flag of its own now. */
		seg.reserved = (uint8_t)bits & 0xe;
		wire_put(&w, &seg);
		w.seq += 4;
		EXPECT_EQ(recv(fd, buf, 4, 0), 4);
	}
	expect_alive(&w, fd);
}

TEST(urgent_pointer_lies)
{
	static const uint16_t urg[] = { 0, 1, 4, 5, 1000, 0x7fff, 0xffff };
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	for (size_t i = 0; i < sizeof(urg) / sizeof(*urg); i++) {
		w.sport++;
		fd = wire_accept(&w, -1);
		seg = data_seg(&w);
		seg.flags |= F_URG;
		seg.urg = urg[i];
		wire_put(&w, &seg);
		wire_put(&w, &seg);
		w.seq += 4;
		pause_ms(10);
		recv(fd, buf, 1, MSG_OOB | MSG_DONTWAIT);
		while (recv(fd, buf, 8, MSG_DONTWAIT) > 0)
			;
		EXPECT_EQ(state_of(fd), ST_ESTABLISHED);
		close(fd);
	}
}

/* To get the host into each of its states, by its socket if it has one. */
static int to_listen(struct wire *w)
{
	int lfd = listener_at("0.0.0.0", ANY_PORT, 16);

	w->dport = ntohs(name_of(lfd).sin_port);
	return lfd;
}

static int to_syn_rcvd(struct wire *w)
{
	struct wire_seg seg;
	int lfd = to_listen(w);

	wire_send(w, F_SYN, NULL, 0);
	WIRE_EXPECT(w, &seg, F_SYN | F_ACK);
	w->ack = seg.seq + 1;
	return lfd;
}

static int to_established(struct wire *w)
{
	return wire_accept(w, -1);
}

static int to_fin_wait_1(struct wire *w)
{
	struct wire_seg seg;
	int fd = wire_accept(w, -1);

	shutdown(fd, SHUT_WR);
	WIRE_UNTIL(w, &seg, F_FIN);
	return fd;
}

static int to_fin_wait_2(struct wire *w)
{
	int fd = to_fin_wait_1(w);

	w->ack++;
	wire_send(w, F_ACK, NULL, 0);
	return fd;
}

static int to_close_wait(struct wire *w)
{
	int fd = wire_accept(w, -1);

	wire_send(w, F_FIN | F_ACK, NULL, 0);
	return fd;
}

static int to_closing(struct wire *w)
{
	int fd = to_fin_wait_1(w);

	wire_send(w, F_FIN | F_ACK, NULL, 0);
	return fd;
}

static int to_last_ack(struct wire *w)
{
	int fd = to_close_wait(w);

	shutdown(fd, SHUT_WR);
	return fd;
}

static int to_time_wait(struct wire *w)
{
	int fd = to_fin_wait_2(w);

	wire_send(w, F_FIN | F_ACK, NULL, 0);
	return fd;
}

static const struct {
	const char *name;
	int (*enter)(struct wire *w);
	int state;	/* 0: no socket that could tell */
} states[] = {
	{ "LISTEN", to_listen, ST_LISTEN },
	{ "SYN-SENT", wire_connecting, ST_SYN_SENT },
	{ "SYN-RCVD", to_syn_rcvd, ST_LISTEN },
	{ "ESTABLISHED", to_established, ST_ESTABLISHED },
	{ "FIN-WAIT-1", to_fin_wait_1, ST_FIN_WAIT1 },
	{ "FIN-WAIT-2", to_fin_wait_2, ST_FIN_WAIT2 },
	{ "CLOSE-WAIT", to_close_wait, ST_CLOSE_WAIT },
	{ "CLOSING", to_closing, ST_CLOSING },
	{ "LAST-ACK", to_last_ack, ST_LAST_ACK },
	{ "TIME-WAIT", to_time_wait, 0 },
};

/* In one state, one set of flags with good, near and far numbers. */
static void throw_flags(struct wire *w, int flags)
{
	static const uint32_t off[] = { 500, 1u << 31, -1u, 0 };
	struct wire_seg seg = data_seg(w);
	uint32_t seq = w->seq, ack = w->ack;

	seg.flags = (uint8_t)flags;
	seg.urg = 2;
	for (size_t i = 0; i < 4; i++) {
		for (size_t j = 0; j < 4; j++) {
			seg.seq = seq + off[i];
			seg.ack = ack + off[j];
			seg.len = i == j ? 4 : 0;
			wire_put(w, &seg);
		}
	}
}

TEST_TIMEOUT(every_flag_in_every_state, 240)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		printf("# %s\n", states[i].name);
		for (int flags = 0; flags < 64; flags++) {
			w.sport++;
			w.seq = 1000;
			fd = states[i].enter(&w);
			if (states[i].state && !flags)
				expect_state(fd, states[i].state);
			throw_flags(&w, flags | (flags & 3) << 6);
			set_linger(fd, 1, 0);
			close(fd);
			while (wire_get(&w, &seg, 0))
				;
		}
	}
	w.sport++;
	fd = wire_accept(&w, -1);
	expect_alive(&w, fd);
}

TEST_TIMEOUT(random_segments, 120)
{
	uint8_t p[100];
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	srand(1);
	for (int i = 0; i < 20000; i++) {
		int len = rand() % (int)sizeof(p);

		for (int j = 0; j < len; j++)
			p[j] = (uint8_t)rand();
		wire_raw(&w, wire_proto(), p, len);
	}
	expect_alive(&w, fd);
}
