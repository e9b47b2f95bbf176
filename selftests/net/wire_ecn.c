// SPDX-License-Identifier: GPL-2.0
/* Explicit congestion notification on the wire: RFC 3168, RFC 9768, RFC 8257. */
#include <linux/tcp.h>

#include "wire.h"

#define ECT_0 2
#define CE 3

/* The three flags as a number: AE, CWR, ECE. */
static int ace_of(const struct wire_seg *seg)
{
	return (seg->reserved & 1) << 2 | seg->flags >> 6;
}

static void set_ace(struct wire_seg *seg, int ace)
{
	seg->reserved = (uint8_t)(ace >> 2);
	seg->flags = (uint8_t)((seg->flags & 0x3f) | (ace & 3) << 6);
}

/* As tcp_ecn; ATCP's follows native's, but this kernel's may not know them all. */
static void use(int how)
{
	const char *path = is_native() ? "/proc/sys/net/ipv4/tcp_ecn" :
					 "/proc/sys/net/atcp/ecn";
	char text[4];

	snprintf(text, sizeof(text), "%d", how);
	REQUIRE_OK(sysctl_write(path, text));
}

/* As it was. */
static void use_default(void)
{
	use(is_native() ? 2 : -1);
}

static void skip_native(void)
{
	if (is_native())
		harness_skip("AccECN is not in every kernel");
}

static int options_of(int fd)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	REQUIRE_OK(getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len));
	return info.tcpi_options & (TCPI_OPT_ECN | TCPI_OPT_ECN_SEEN);
}

/* A segment comes, whatever its flags of ECN. */
static bool get(struct wire *w, struct wire_seg *seg)
{
	bool is_there = wire_get(w, seg, 3000);

	EXPECT_TRUE(is_there);
	return is_there;
}

static void put(struct wire *w, int flags, int ace, int tos, const char *data)
{
	struct wire_seg seg = wire_next(w, flags);

	set_ace(&seg, ace);
	seg.tos = (uint8_t)tos;
	seg.data = data;
	seg.len = (int)strlen(data);
	wire_put(w, &seg);
	w->seq += (uint32_t)seg.len + !!(flags & F_SYN) + !!(flags & F_FIN);
}

static const struct call_case {
	int use;
	int syn; /* of the host's */
	int synack; /* ours */
	int ecn; /* what becomes of it: tcpi_options */
} call_cases[] = {
	{ 0, 0, 0, 0 },
	{ 1, 3, 1, TCPI_OPT_ECN },
	{ 1, 3, 0, 0 },
	{ 1, 3, 3, 0 }, /* merely reflected */
	{ 2, 0, 1, 0 }, /* it has not asked */
	{ 3, 7, 2, TCPI_OPT_ECN },
	{ 3, 7, 1, TCPI_OPT_ECN }, /* RFC 3168's */
	{ 3, 7, 0, 0 },
	{ 3, 7, 7, 0 },
	{ 4, 3, 1, TCPI_OPT_ECN },
	{ 5, 0, 0, 0 },
};

/* Every setting, and what a peer may answer. */
TEST(calls)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	for (size_t i = 0; i < sizeof(call_cases) / sizeof(*call_cases); i++) {
		const struct call_case *row = &call_cases[i];

		if (is_native() && row->use > 2)
			continue;
		use(row->use);
		w.sport++;
		fd = stream_socket();
		set_nonblock(fd);
		EXPECT_ERR(connect_to(fd, addr_of(TUN_PEER, w.sport)),
			   EINPROGRESS);
		if (!get(&w, &seg))
			return;
		EXPECT_EQ(ace_of(&seg), row->syn);
		EXPECT_EQ(seg.tos & 3, 0);
		w.dport = seg.sport;
		w.ack = seg.seq + 1;
		put(&w, F_SYN | F_ACK, row->synack, 0, "");
		if (!get(&w, &seg))
			return;
		/* RFC 9768: says that the SYN+ACK came as it went */
		EXPECT_EQ(ace_of(&seg), row->synack == 2 ? 2 : 0);
		EXPECT_EQ(options_of(fd), row->ecn);
		close(fd);
		while (wire_get(&w, &seg, 20))
			;
	}
	use_default();
}

static const struct listen_case {
	int use;
	int syn; /* ours */
	int tos;
	int synack; /* of the host's */
} listen_cases[] = {
	{ 0, 3, 0, 0 }, { 0, 7, 0, 0 },
	{ 1, 3, 0, 1 }, { 1, 7, 0, 1 }, { 1, 0, 0, 0 },
	{ 2, 3, 0, 1 }, { 2, 7, 0, 1 }, { 2, 1, 0, 0 },
	{ 3, 7, 0, 2 }, { 3, 3, 0, 1 }, { 3, 0, 0, 0 },
	{ 3, 7, 1, 3 }, { 3, 7, 2, 4 }, { 3, 7, 3, 6 },
	{ 3, 4, 0, 2 }, /* what nobody asks yet */
	{ 4, 7, 0, 2 }, { 5, 7, 0, 2 }, { 5, 3, 0, 1 },
};

/* Every setting, and what a peer may ask. */
TEST(listens)
{
	struct wire_seg seg;
	struct wire w;
	int lfd;

	wire_open(&w);
	for (size_t i = 0; i < sizeof(listen_cases) / sizeof(*listen_cases);
	     i++) {
		const struct listen_case *row = &listen_cases[i];

		if (is_native() && row->use > 2)
			continue;
		use(row->use);
		w.sport++;
		lfd = listener_at("0.0.0.0", ANY_PORT, 4);
		w.dport = ntohs(name_of(lfd).sin_port);
		put(&w, F_SYN, row->syn, row->tos, "");
		if (!get(&w, &seg))
			return;
		EXPECT_EQ(seg.flags & 0x3f, F_SYN | F_ACK);
		EXPECT_EQ(ace_of(&seg), row->synack);
		EXPECT_EQ(seg.tos & 3, 0);
		w.ack = seg.seq + 1;
		put(&w, F_RST, 0, 0, "");
		close(lfd);
	}
	use_default();
}

/* The host calls, and this is agreed on: its socket. */
static int connected(struct wire *w, int how, int synack)
{
	struct wire_seg seg;
	int fd;

	wire_open(w);
	use(how);
	fd = stream_socket();
	set_nonblock(fd);
	EXPECT_ERR(connect_to(fd, addr_of(TUN_PEER, w->sport)), EINPROGRESS);
	if (get(w, &seg)) {
		w->dport = seg.sport;
		w->ack = seg.seq + 1;
	}
	put(w, F_SYN | F_ACK, synack, 0, "");
	get(w, &seg);
	REQUIRE_OK(fcntl(fd, F_SETFL, 0));
	use_default();
	return fd;
}

/* RFC 3168: data may be marked; the echo is answered by CWR, once. */
TEST(sender_slows_down)
{
	struct wire_seg seg;
	struct wire w;
	int tos = 0x10, fd = connected(&w, 1, 1);

	/* The user's choice does not reach the two bits. */
	REQUIRE_OK(setsockopt(fd, SOL_IP, IP_TOS, &tos, sizeof(tos)));
	EXPECT_EQ(send(fd, "data", 4, 0), 4);
	if (get(&w, &seg))
		EXPECT_EQ(seg.tos, 0x10 | ECT_0);
	w.ack = seg.seq + 4;
	put(&w, F_ACK, 1, 0, "");
	EXPECT_EQ(send(fd, "data", 4, 0), 4);
	if (get(&w, &seg)) {
		EXPECT_EQ(ace_of(&seg), 2);
		EXPECT_EQ(seg.len, 4);
	}
	w.ack += 4;
	put(&w, F_ACK, 0, 0, "");
	EXPECT_EQ(send(fd, "data", 4, 0), 4);
	if (get(&w, &seg))
		EXPECT_EQ(ace_of(&seg), 0);
	/* Sent again it may not be marked. */
	if (get(&w, &seg)) {
		EXPECT_EQ(seg.seq, w.ack);
		EXPECT_EQ(seg.tos & 3, 0);
	}
	close(fd);
}

/* RFC 3168: a mark is echoed until CWR comes. */
TEST(receiver_echoes)
{
	struct wire_seg seg;
	struct wire w;
	int fd = connected(&w, 1, 1);

	put(&w, F_ACK | F_PSH, 0, CE, "marked");
	if (get(&w, &seg)) {
		EXPECT_EQ(ace_of(&seg), 1);
		EXPECT_EQ(seg.tos & 3, 0);
	}
	put(&w, F_ACK | F_PSH, 0, ECT_0, "more");
	if (get(&w, &seg))
		EXPECT_EQ(ace_of(&seg), 1);
	put(&w, F_ACK | F_PSH, 2, ECT_0, "slower");
	if (get(&w, &seg))
		EXPECT_EQ(ace_of(&seg), 0);
	EXPECT_EQ(options_of(fd), TCPI_OPT_ECN | TCPI_OPT_ECN_SEEN);
	close(fd);
}

/* RFC 9768: marks are counted, and bytes are told in an option. */
TEST(receiver_counts)
{
	const uint8_t *option;
	struct wire_seg seg;
	struct wire w;
	int fd;

	skip_native();
	fd = connected(&w, 3, 2);
	for (int i = 1; i <= 9; i++) {
		put(&w, F_ACK | F_PSH, 5, CE, "marked");
		if (!get(&w, &seg))
			break;
		EXPECT_EQ(ace_of(&seg), (5 + i) & 7);
		option = wire_option(&seg, 172);
		EXPECT_TRUE(option);
		if (option)
			EXPECT_EQ(option[5], 6 * i);
	}
	close(fd);
}

/* RFC 9768: the count that comes is believed, and no CWR is sent. */
TEST(sender_counts)
{
	struct wire_seg seg;
	struct wire w;
	struct tcp_info info = {};
	socklen_t len = sizeof(info);
	int fd;

	skip_native();
	fd = connected(&w, 3, 2);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(send(fd, "data", 4, 0), 4);
		if (get(&w, &seg)) {
			EXPECT_EQ(ace_of(&seg), 5);
			EXPECT_EQ(seg.tos & 3, ECT_0);
		}
		w.ack += 4;
		put(&w, F_ACK, 5 + i, 0, "");
	}
	pause_ms(50);
	REQUIRE_OK(getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len));
	EXPECT_TRUE(info.tcpi_snd_ssthresh < 1000);
	close(fd);
}

/* RFC 9768: a path that marks a SYN is not sent anything to be marked. */
TEST(path_changes_the_syn)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	skip_native();
	fd = connected(&w, 3, 6);
	EXPECT_EQ(send(fd, "data", 4, 0), 4);
	if (get(&w, &seg)) {
		EXPECT_EQ(seg.tos & 3, 0);
		EXPECT_EQ(ace_of(&seg), 5);
	}
	close(fd);
}

/* DCTCP asks whatever the settings. */
TEST(dctcp_asks)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	if (is_native())
		harness_skip("the module may not be there");
	wire_open(&w);
	use(0);
	fd = stream_socket();
	REQUIRE_OK(setsockopt(fd, SOL_TCP, TCP_CONGESTION, "dctcp", 5));
	set_nonblock(fd);
	EXPECT_ERR(connect_to(fd, addr_of(TUN_PEER, w.sport)), EINPROGRESS);
	if (get(&w, &seg))
		EXPECT_EQ(ace_of(&seg), 3);
	use_default();
	close(fd);
}
