// SPDX-License-Identifier: GPL-2.0
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>

#include "wire.h"

#define HDR 20

static uint32_t sum_of(uint32_t sum, const void *data, int len)
{
	const uint8_t *p = data;

	for (; len > 1; len -= 2, p += 2)
		sum += (uint32_t)(p[0] << 8 | p[1]);
	if (len)
		sum += (uint32_t)(p[0] << 8);
	return sum;
}

static uint16_t folded(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16(p + 2, (uint16_t)v);
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static struct iphdr ip_header(const char *from, const char *to, int protocol,
			      int len)
{
	static uint16_t id;
	struct iphdr ip = {
		.version = 4,
		.ihl = HDR / 4,
		.tot_len = htons((uint16_t)(HDR + len)),
		.id = htons(++id),
		.ttl = 64,
		.protocol = (uint8_t)protocol,
	};

	inet_pton(AF_INET, from, &ip.saddr);
	inet_pton(AF_INET, to, &ip.daddr);
	ip.check = htons(folded(sum_of(0, &ip, sizeof(ip))));
	return ip;
}

/* What @seg asks for in its IP header; @len bytes of IP payload follow. */
static struct iphdr ip_header_of(const struct wire_seg *seg, int len)
{
	struct iphdr ip = ip_header(TUN_PEER, TUN_HOST, wire_proto(), len);

	if (seg->from)
		ip.saddr = seg->from;
	if (seg->to)
		ip.daddr = seg->to;
	if (seg->ttl)
		ip.ttl = seg->ttl;
	ip.tos = seg->tos;
	ip.ihl = (uint8_t)((HDR + seg->ip_opt_len) / 4 & 0xf);
	ip.tot_len = htons((uint16_t)(HDR + seg->ip_opt_len + len));
	ip.check = 0;
	ip.check = htons(folded(sum_of(sum_of(0, &ip, sizeof(ip)),
				       seg->ip_opt, seg->ip_opt_len)));
	return ip;
}

static uint16_t seg_sum(const struct iphdr *ip, in_addr_t to, const uint8_t *seg,
			int len)
{
	const in_addr_t addr[] = { ip->saddr, to };

	return folded(sum_of(sum_of(ip->protocol + (uint32_t)len, addr,
				    sizeof(addr)), seg, len));
}

static void ip_put(struct wire *w, const struct iphdr *ip, const uint8_t *opt,
		   const void *data, int len)
{
	int opt_len = ip->ihl * 4 - HDR;
	uint8_t packet[WIRE_MAX];

	memcpy(packet, ip, HDR);
	memcpy(packet + HDR, opt, (size_t)opt_len);
	memcpy(packet + HDR + opt_len, data, (size_t)len);
	len += HDR + opt_len;
	REQUIRE_EQ(write(w->tun, packet, (size_t)len), len);
}

/* Any payload in an IP packet from the peer to the host. */
void wire_raw(struct wire *w, int protocol, const void *data, int len)
{
	struct iphdr ip = ip_header(TUN_PEER, TUN_HOST, protocol, len);

	ip_put(w, &ip, (const uint8_t *)"", data, len);
}

/* Write @seg as it goes over the wire; its length. */
static int seg_build(uint8_t *p, const struct wire_seg *seg)
{
	int hdr = HDR + (seg->opt_len + 3) / 4 * 4;

	memset(p, 0, (size_t)hdr);
	put16(p, seg->sport);
	put16(p + 2, seg->dport);
	put32(p + 4, seg->seq);
	put32(p + 8, seg->ack);
	p[12] = (uint8_t)((seg->offset ? seg->offset : hdr / 4) << 4 |
			  (seg->reserved & 0xf));
	p[13] = seg->flags;
	put16(p + 14, seg->wnd);
	put16(p + 18, seg->urg);
	memcpy(p + HDR, seg->opt, (size_t)seg->opt_len);
	if (seg->len)
		memcpy(p + hdr, seg->data, (size_t)seg->len);
	return hdr + seg->len;
}

void wire_put(struct wire *w, const struct wire_seg *seg)
{
	uint8_t p[WIRE_MAX];
	int len = seg_build(p, seg) - seg->cut;
	struct iphdr ip = ip_header_of(seg, len);

	if (len >= 18) {
		put16(p + 16, seg_sum(&ip, ip.daddr, p, len));
		if (seg->bad_sum)
			p[16] ^= 0x55;
	}
	ip_put(w, &ip, seg->ip_opt, p, len);
}

/* The next segment in order, yet to be put: our numbers do not move. */
struct wire_seg wire_next(struct wire *w, int flags)
{
	struct wire_seg seg = {
		.sport = w->sport,
		.dport = w->dport,
		.seq = w->seq,
		.ack = flags & F_ACK ? w->ack : 0,
		.flags = (uint8_t)flags,
		.wnd = w->wnd,
	};

	if (w->has_ts && !(flags & F_SYN)) {
		static const uint8_t ts[] = { 1, 1, 8, 10 };

		memcpy(seg.opt, ts, sizeof(ts));
		put32(seg.opt + 4, ++w->ts);
		put32(seg.opt + 8, w->ts_echo);
		seg.opt_len = 12;
	}
	if (w->has_sack && flags & F_SYN) {
		static const uint8_t sack_permitted[] = { 1, 1, 4, 2 };

		memcpy(seg.opt, sack_permitted, sizeof(sack_permitted));
		seg.opt_len = sizeof(sack_permitted);
	}
	return seg;
}

/* The next segment in order. */
void wire_send(struct wire *w, int flags, const void *data, int len)
{
	struct wire_seg seg = wire_next(w, flags);

	seg.data = data;
	seg.len = len;
	wire_put(w, &seg);
	w->seq += (uint32_t)len + !!(flags & F_SYN) + !!(flags & F_FIN);
}

/* An empty segment with any numbers; ours do not move. */
void wire_send_at(struct wire *w, int flags, uint32_t seq, uint32_t ack)
{
	struct wire_seg seg = wire_next(w, flags);

	seg.seq = seq;
	seg.ack = ack;
	wire_put(w, &seg);
}

/* Options of a segment as it came: value of @kind, after its length, or NULL. */
const uint8_t *wire_option(const struct wire_seg *seg, int kind)
{
	for (int i = 0; i < seg->opt_len; ) {
		if (seg->opt[i] == kind)
			return seg->opt + i + 2;
		if (!seg->opt[i])
			return NULL;
		i += seg->opt[i] == 1 ? 1 : seg->opt[i + 1] ? : 1;
	}
	return NULL;
}

/* Where @seg goes in the end: a source route may lead on from its destination. */
static in_addr_t last_hop(const struct wire_seg *seg)
{
	const uint8_t *opt = seg->ip_opt;
	in_addr_t addr = seg->to;

	for (int i = 0; i < seg->ip_opt_len && opt[i] != IPOPT_EOL; ) {
		if ((opt[i] == IPOPT_LSRR || opt[i] == IPOPT_SSRR) &&
		    opt[i + 2] < opt[i + 1])
			memcpy(&addr, opt + i + opt[i + 1] - 4, 4);
		i += opt[i] == IPOPT_NOP ? 1 : opt[i + 1] ? : 1;
	}
	return addr;
}

static bool seg_parse(struct wire_seg *seg, const uint8_t *packet, int len)
{
	const struct iphdr *ip = (const struct iphdr *)packet;
	const uint8_t *p = packet + ip->ihl * 4;

	len -= ip->ihl * 4;
	if (ip->version != 4 || ip->protocol != wire_proto() || len < HDR)
		return false;
	memset(seg, 0, sizeof(*seg));
	seg->from = ip->saddr;
	seg->to = ip->daddr;
	seg->tos = ip->tos;
	seg->ttl = ip->ttl;
	seg->ip_opt_len = ip->ihl * 4 - HDR;
	memcpy(seg->ip_opt, packet + HDR, (size_t)seg->ip_opt_len);
	seg->sport = get16(p);
	seg->dport = get16(p + 2);
	seg->seq = get32(p + 4);
	seg->ack = get32(p + 8);
	seg->offset = p[12] >> 4;
	seg->reserved = p[12] & 0xf;
	seg->flags = p[13];
	seg->wnd = get16(p + 14);
	seg->urg = get16(p + 18);
	seg->bad_sum = seg_sum(ip, last_hop(seg), p, len) != 0;
	if (seg->offset < 5 || seg->offset * 4 > len)
		return false;
	seg->opt_len = seg->offset * 4 - HDR;
	memcpy(seg->opt, p + HDR, (size_t)seg->opt_len);
	seg->len = len - seg->offset * 4;
	memcpy(seg->buf, p + seg->offset * 4, (size_t)seg->len);
	seg->data = seg->buf;
	return true;
}

/* The next segment to our port, within @ms. */
bool wire_get(struct wire *w, struct wire_seg *seg, int ms)
{
	long long end = now_ms() + ms;
	uint8_t packet[WIRE_MAX];
	ssize_t len;

	for (;;) {
		len = read(w->tun, packet, sizeof(packet));
		if (len < HDR) {
			long long left = end - now_ms();

			if (left < 0 || !poll_for(w->tun, POLLIN, (int)left + 1))
				return false;
			continue;
		}
		if (!seg_parse(seg, packet, (int)len) || seg->dport != w->sport)
			continue;
		EXPECT_EQ(seg->bad_sum, false);
		EXPECT_EQ(seg->reserved & 0xe, 0); /* the fourth is AE */
		if (wire_option(seg, 8))
			w->ts_echo = get32(wire_option(seg, 8));
		return true;
	}
}

bool wire_expect_at(const char *file, int line, struct wire *w,
		    struct wire_seg *seg, int flags)
{
	if (!wire_get(w, seg, 3000)) {
		harness_fail(file, line, "nothing came, not flags %#x", flags);
		return false;
	}
	if ((seg->flags & ~F_PSH) != (flags & ~F_PSH)) {
		harness_fail(file, line,
			     "flags %#x came (seq %u, ack %u, %d bytes), not %#x",
			     seg->flags, seg->seq, seg->ack, seg->len, flags);
		return false;
	}
	return true;
}

bool wire_until_at(const char *file, int line, struct wire *w,
		   struct wire_seg *seg, int flags)
{
	while (wire_get(w, seg, 3000))
		if ((seg->flags & flags) == flags &&
		    (!(seg->flags & F_ACK) || seg->ack == w->seq))
			return true;
	harness_fail(file, line, "flags %#x, ack %u did not come", flags,
		     w->seq);
	return false;
}

void wire_silence_at(const char *file, int line, struct wire *w, int ms)
{
	struct wire_seg seg;

	if (wire_get(w, &seg, ms))
		harness_fail(file, line,
			     "flags %#x came (seq %u, ack %u, %d bytes), not silence",
			     seg.flags, seg.seq, seg.ack, seg.len);
}

/* An ICMP error about a segment that the host has sent. */
void wire_icmp(struct wire *w, int type, int code, int mtu,
	       const struct wire_seg *about)
{
	struct iphdr inner = ip_header(TUN_HOST, TUN_PEER, wire_proto(),
				       HDR + about->opt_len + about->len);
	uint8_t p[8 + HDR + 8] = { (uint8_t)type, (uint8_t)code };

	put16(p + 6, (uint16_t)mtu);
	memcpy(p + 8, &inner, HDR);
	put16(p + 8 + HDR, about->sport);
	put16(p + 10 + HDR, about->dport);
	put32(p + 12 + HDR, about->seq);
	put16(p + 2, folded(sum_of(0, p, sizeof(p))));
	wire_raw(w, IPPROTO_ICMP, p, sizeof(p));
}

/* Ports of this test's own: what others have left behind does not disturb. */
void wire_open(struct wire *w)
{
	*w = (struct wire){
		.tun = tun_open(),
		.sport = (uint16_t)(4000 + getpid() % 1500 * 16),
		.seq = 1000,
		.wnd = 60000,
	};
}

/* A socket of the host that listens on the device's address. */
static int listener_of(struct wire *w)
{
	int lfd = listener_at(TUN_HOST, ANY_PORT, 16);

	w->dport = ntohs(name_of(lfd).sin_port);
	return lfd;
}

/* We connect to the host: its accepted socket. @lfd may be -1. */
int wire_accept(struct wire *w, int lfd)
{
	struct wire_seg seg;
	int fd, own = lfd;

	if (lfd < 0)
		own = listener_of(w);
	wire_send(w, F_SYN, NULL, 0);
	WIRE_EXPECT(w, &seg, F_SYN | F_ACK);
	EXPECT_EQ(seg.ack, w->seq);
	w->ack = seg.seq + 1;
	wire_send(w, F_ACK, NULL, 0);
	fd = accept(own, NULL, NULL);
	REQUIRE_OK(fd);
	if (lfd < 0)
		close(own);
	return fd;
}

/* @fd of the host calls us, without waiting: its SYN. */
void wire_call(struct wire *w, int fd, struct wire_seg *syn)
{
	set_nonblock(fd);
	EXPECT_ERR(connect_to(fd, addr_of(TUN_PEER, w->sport)), EINPROGRESS);
	w->dport = ntohs(name_of(fd).sin_port);
	WIRE_EXPECT(w, syn, F_SYN);
	w->ack = syn->seq + 1;
}

/* The host's SYN has been seen, nothing is answered yet: the socket. */
int wire_connecting(struct wire *w)
{
	int fd = stream_socket();
	struct wire_seg seg;

	wire_call(w, fd, &seg);
	return fd;
}

/* The host connects to us: its socket, blocking. */
int wire_connect(struct wire *w)
{
	int fd = wire_connecting(w);
	struct wire_seg seg;

	wire_send(w, F_SYN | F_ACK, NULL, 0);
	WIRE_EXPECT(w, &seg, F_ACK);
	EXPECT_EQ(seg.seq, w->ack);
	EXPECT_EQ(seg.ack, w->seq);
	EXPECT_EQ(poll_for(fd, POLLOUT, 2000), POLLOUT);
	REQUIRE_OK(fcntl(fd, F_SETFL, 0));
	return fd;
}
