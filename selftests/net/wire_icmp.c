// SPDX-License-Identifier: GPL-2.0
/* ICMP errors: what they do to a connection in each state, to the path MTU. */
#include <linux/icmp.h>

#include "wire.h"

static const struct {
	const char *name;
	int type, code, err;
} errors[] = {
	{ "network unreachable", ICMP_DEST_UNREACH, ICMP_NET_UNREACH,
	  ENETUNREACH },
	{ "host unreachable", ICMP_DEST_UNREACH, ICMP_HOST_UNREACH,
	  EHOSTUNREACH },
	{ "protocol unreachable", ICMP_DEST_UNREACH, ICMP_PROT_UNREACH,
	  ENOPROTOOPT },
	{ "port unreachable", ICMP_DEST_UNREACH, ICMP_PORT_UNREACH,
	  ECONNREFUSED },
	{ "prohibited", ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, EHOSTUNREACH },
	{ "time exceeded", ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, EHOSTUNREACH },
	{ "parameter problem", ICMP_PARAMETERPROB, 0, EPROTO },
};

#define NR_ERRORS (sizeof(errors) / sizeof(errors[0]))

static struct wire_seg sent_by_host(const struct wire *w, uint32_t seq)
{
	return (struct wire_seg){ .sport = w->dport, .dport = w->sport,
				  .seq = seq };
}

/* A call fails at once. */
TEST(to_a_call)
{
	struct wire_seg about;
	struct wire w;

	wire_open(&w);
	for (size_t i = 0; i < NR_ERRORS; i++) {
		int fd;

		printf("# %s\n", errors[i].name);
		w.sport++;
		fd = wire_connecting(&w);
		about = sent_by_host(&w, w.ack - 1);
		wire_icmp(&w, errors[i].type, errors[i].code, 0, &about);
		EXPECT_EQ(poll_for(fd, POLLOUT, 2000) & (POLLOUT | POLLERR),
			  POLLOUT | POLLERR);
		EXPECT_EQ(so_error(fd), errors[i].err);
		EXPECT_EQ(state_of(fd), ST_CLOSE);
		close(fd);
	}
}

/* RFC 5927: about a number that is not under way: ignored. */
TEST(to_a_call_forged)
{
	struct wire_seg about;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_connecting(&w);
	for (size_t i = 0; i < NR_ERRORS; i++) {
		about = sent_by_host(&w, w.ack + 1000);
		wire_icmp(&w, errors[i].type, errors[i].code, 0, &about);
		about = sent_by_host(&w, w.ack - 1000000);
		wire_icmp(&w, errors[i].type, errors[i].code, 0, &about);
	}
	pause_ms(50);
	EXPECT_EQ(state_of(fd), ST_SYN_SENT);
	EXPECT_EQ(so_error(fd), 0);
}

/* A connection outlives all of them: RFC 5461. */
TEST(to_a_connection)
{
	struct wire_seg about, seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_connect(&w);
	EXPECT_EQ(send(fd, "data", 4, 0), 4);
	WIRE_EXPECT(&w, &seg, F_ACK);
	for (size_t i = 0; i < NR_ERRORS; i++) {
		about = sent_by_host(&w, w.ack);
		wire_icmp(&w, errors[i].type, errors[i].code, 0, &about);
	}
	pause_ms(50);
	EXPECT_EQ(state_of(fd), ST_ESTABLISHED);
	EXPECT_TRUE(!(poll_now(fd, POLLIN) & (POLLERR | POLLHUP)));
	/* The last one is kept as a soft error, for who asks. */
	EXPECT_EQ(so_error(fd), EPROTO);
	EXPECT_EQ(so_error(fd), 0);
	w.ack += 4;
	wire_send(&w, F_ACK | F_PSH, "yes", 3);
	EXPECT_EQ(recv(fd, (char[8]){ 0 }, 8, 0), 3);
}

/* Who asks for errors by IP_RECVERR is told, and still has a connection. */
TEST(to_a_connection_that_asks)
{
	struct wire_seg about, seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_connect(&w);
	EXPECT_EQ(set_int(fd, IPPROTO_IP, IP_RECVERR, 1), 0);
	EXPECT_EQ(send(fd, "data", 4, 0), 4);
	WIRE_EXPECT(&w, &seg, F_ACK);
	about = sent_by_host(&w, w.ack);
	wire_icmp(&w, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, &about);
	EXPECT_TRUE(poll_for(fd, POLLIN, 2000) & POLLERR);
	EXPECT_EQ(so_error(fd), EHOSTUNREACH);
	EXPECT_EQ(state_of(fd), ST_ESTABLISHED);
}

/* An end by time-out tells what the network last said. */
TEST(remembered_for_the_end)
{
	struct wire_seg about, seg;
	struct wire w;
	char c;
	int fd;

	wire_open(&w);
	fd = wire_connect(&w);
	EXPECT_EQ(set_int(fd, SOL_TCP, TCP_USER_TIMEOUT, 800), 0);
	EXPECT_EQ(send(fd, "data", 4, 0), 4);
	WIRE_EXPECT(&w, &seg, F_ACK);
	about = sent_by_host(&w, w.ack);
	wire_icmp(&w, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, &about);
	EXPECT_ERR(recv(fd, &c, 1, 0), EHOSTUNREACH);
}

/* Our SYN is answered, and we have not said more: the half-open connection. */
static void half_open(struct wire *w, int lfd)
{
	struct wire_seg seg;

	w->sport++;
	w->dport = ntohs(name_of(lfd).sin_port);
	wire_send(w, F_SYN, NULL, 0);
	WIRE_EXPECT(w, &seg, F_SYN | F_ACK);
	w->ack = seg.seq + 1;
}

/* Nobody to answer: forgotten. Native does so at fewer of them. */
TEST(to_a_half_open)
{
	int lfd = listener_at("0.0.0.0", ANY_PORT, 16);
	struct wire_seg about, seg;
	struct wire w;

	wire_open(&w);
	for (size_t i = 0; i < NR_ERRORS; i++) {
		if (is_native() && errors[i].type == ICMP_DEST_UNREACH &&
		    errors[i].code > ICMP_HOST_UNREACH)
			continue;
		printf("# %s\n", errors[i].name);
		half_open(&w, lfd);
		about = sent_by_host(&w, w.ack - 1);
		wire_icmp(&w, errors[i].type, errors[i].code, 0, &about);
		wire_send(&w, F_ACK, NULL, 0);
		WIRE_EXPECT(&w, &seg, F_RST);
		EXPECT_EQ(seg.seq, w.ack);
		EXPECT_EQ(poll_now(lfd, POLLIN), 0);
	}
}

/* RFC 5927 again: only the SYN+ACK's number is under way. */
TEST(to_a_half_open_forged)
{
	static const uint32_t off[] = { 0, 1, -2u, 1000, -1000u, 1u << 31 };
	int lfd = listener_at("0.0.0.0", ANY_PORT, 16), fd;
	struct wire_seg about;
	struct wire w;

	wire_open(&w);
	half_open(&w, lfd);
	for (size_t i = 0; i < NR_ERRORS; i++) {
		for (size_t j = 0; j < sizeof(off) / sizeof(*off); j++) {
			about = sent_by_host(&w, w.ack + off[j]);
			wire_icmp(&w, errors[i].type, errors[i].code, 0,
				  &about);
		}
	}
	/* Of the right number, but nothing that ends a connection. */
	about = sent_by_host(&w, w.ack - 1);
	wire_icmp(&w, ICMP_SOURCE_QUENCH, 0, 0, &about);
	wire_icmp(&w, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1000, &about);
	wire_send(&w, F_ACK, NULL, 0);
	WIRE_SILENCE(&w, 100);
	fd = accept(lfd, NULL, NULL);
	REQUIRE_OK(fd);
	EXPECT_EQ(so_error(fd), 0);
}

static unsigned int cwnd_of(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	REQUIRE_OK(getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len));
	return info.tcpi_snd_cwnd;
}

/* MUST-55: RFC 6633 has done away with it. Neither error nor slower. */
TEST(source_quench)
{
	struct wire_seg about, seg;
	unsigned int cwnd;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_connecting(&w);
	about = sent_by_host(&w, w.ack - 1);
	wire_icmp(&w, ICMP_SOURCE_QUENCH, 0, 0, &about);
	pause_ms(50);
	EXPECT_EQ(state_of(fd), ST_SYN_SENT);
	wire_send(&w, F_SYN | F_ACK, NULL, 0);
	WIRE_EXPECT(&w, &seg, F_ACK);

	cwnd = cwnd_of(fd);
	EXPECT_GE(cwnd, 2);
	EXPECT_EQ(send(fd, "data", 4, 0), 4);
	WIRE_EXPECT(&w, &seg, F_ACK);
	about = sent_by_host(&w, w.ack);
	for (int i = 0; i < 10; i++)
		wire_icmp(&w, ICMP_SOURCE_QUENCH, 0, 0, &about);
	pause_ms(50);
	EXPECT_EQ(state_of(fd), ST_ESTABLISHED);
	EXPECT_EQ(so_error(fd), 0);
	EXPECT_EQ(cwnd_of(fd), cwnd);
	w.ack += 4;
	wire_send(&w, F_ACK | F_PSH, "yes", 3);
	EXPECT_EQ(poll_for(fd, POLLIN, 3000), POLLIN);
	EXPECT_EQ(recv(fd, (char[8]){ 0 }, 8, 0), 3);
}

static char big[4000];

static void expect_segments(struct wire *w, uint32_t from, int total, int max)
{
	uint32_t next = from;
	struct wire_seg seg;

	while (next - from < (uint32_t)total && !harness_failed()) {
		if (!wire_get(w, &seg, 4000)) {
			harness_fail(__FILE__, __LINE__, "%u of %d came",
				     next - from, total);
			return;
		}
		EXPECT_LE(seg.len + seg.opt_len + 40, max);
		if (seg.seq == next)
			next += (uint32_t)seg.len;
		w->ack = next;
		wire_send(w, F_ACK, NULL, 0);
	}
}

#define RTO_MIN "/proc/sys/net/atcp/rto_min_ms"

TEST(path_mtu_shrinks)
{
	unsigned long long reduced, timeouts;
	struct wire_seg about, seg;
	struct wire w;
	uint32_t from;
	int fd;

	/* However slow this machine is, no timer is to be faster than ICMP. */
	if (!is_native())
		REQUIRE_OK(sysctl_write(RTO_MIN, "5000"));
	wire_open(&w);
	fd = wire_accept(&w, -1);
	/* This peer has named no MSS: 536. Ask for more by hand. */
	close(fd);
	w.sport++;
	fd = wire_connecting(&w);
	seg = (struct wire_seg){ .sport = w.sport, .dport = w.dport,
				 .seq = w.seq, .ack = w.ack, .wnd = w.wnd,
				 .flags = F_SYN | F_ACK, .opt_len = 4,
				 .opt = { 2, 4, 0x05, 0xb4 } };
	w.seq++;
	wire_put(&w, &seg);
	WIRE_EXPECT(&w, &seg, F_ACK);
	from = w.ack;
	EXPECT_EQ(send(fd, big, sizeof(big), MSG_DONTWAIT), sizeof(big));
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.len, 1460);

	/* Forged: about a number not under way. Nothing shrinks. */
	about = sent_by_host(&w, from + 1000000);
	wire_icmp(&w, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 700, &about);
	pause_ms(20);
	EXPECT_EQ(get_int(fd, SOL_TCP, TCP_MAXSEG), 1460);

	while (wire_get(&w, &seg, 20))
		;
	about = sent_by_host(&w, from);
	about.len = 1460;
	reduced = stat_of("PathMtuReduced");
	timeouts = stat_of("Timeouts");
	wire_icmp(&w, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1000, &about);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.seq, from);
	EXPECT_EQ(seg.len, 960);
	if (!is_native()) {
		EXPECT_EQ(stat_of("PathMtuReduced"), reduced + 1);
		EXPECT_EQ(stat_of("Timeouts"), timeouts); /* it needs none */
	}
	w.ack = from;
	expect_segments(&w, from, sizeof(big), 1000);
	EXPECT_EQ(get_int(fd, SOL_TCP, TCP_MAXSEG), 960);

	/* Later data keeps to it. */
	from = w.ack;
	EXPECT_EQ(send(fd, big, sizeof(big), MSG_DONTWAIT), sizeof(big));
	expect_segments(&w, from, sizeof(big), 1000);
	if (!is_native())
		REQUIRE_OK(sysctl_write(RTO_MIN, "200"));
}

static void expect_mss(const struct wire_seg *seg, int mss)
{
	const uint8_t *opt = wire_option(seg, 2);

	REQUIRE_TRUE(opt);
	EXPECT_EQ(opt[0] << 8 | opt[1], mss);
}

/* What SYN and SYN+ACK ask for, on connections that begin now. */
static void expect_offered(struct wire *w, int lfd, int mss)
{
	struct wire_seg seg;
	int fd = stream_socket();

	w->sport++;
	w->dport = ntohs(name_of(lfd).sin_port);
	wire_send(w, F_SYN, NULL, 0);
	WIRE_EXPECT(w, &seg, F_SYN | F_ACK);
	expect_mss(&seg, mss);
	wire_send_at(w, F_RST, w->seq, 0);
	w->sport++;
	wire_call(w, fd, &seg);
	expect_mss(&seg, mss);
}

/* SHLD-6: the least MTU by which segments may come, as device and route say. */
TEST(offers_for_the_least_mtu)
{
	int lfd = listener_at("0.0.0.0", ANY_PORT, 16);
	struct wire w;

	wire_open(&w);
	expect_offered(&w, lfd, 1460);
	tun_set_mtu(w.tun, 1200);
	expect_offered(&w, lfd, 1160);
	tun_route_mtu(w.tun, 1000);
	expect_offered(&w, lfd, 960);
}
