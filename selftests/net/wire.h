/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A peer made by hand: segments written to and read from a tun device, byte by
 * byte as the test wants them. Speaks IP protocol 6 or 253, that of the protocol
 * under test.
 */
#ifndef ATCP_SELFTESTS_WIRE_H
#define ATCP_SELFTESTS_WIRE_H

#include "sockets.h"
#include "tun.h"

#define F_FIN 0x01
#define F_SYN 0x02
#define F_RST 0x04
#define F_PSH 0x08
#define F_ACK 0x10
#define F_URG 0x20
#define F_ECE 0x40
#define F_CWR 0x80

#define WIRE_MAX 2048

/**
 * struct wire - One connection, seen from the peer.
 * @tun: Device.
 * @sport: Our port.
 * @dport: The host's port.
 * @seq: Our next sequence number.
 * @ack: The host's next sequence number.
 * @wnd: Window that we announce.
 * @has_ts: Both sides use timestamps.
 * @has_sack: Our SYN permits SACK; not together with timestamps.
 * @ts: Our clock.
 * @ts_echo: The host's clock as last seen.
 */
struct wire {
	int tun;
	uint16_t sport;
	uint16_t dport;
	uint32_t seq;
	uint32_t ack;
	uint16_t wnd;
	bool has_ts;
	bool has_sack;
	uint32_t ts;
	uint32_t ts_echo;
};

/**
 * struct wire_seg - A segment, to be sent or as it came.
 * @sport: Source port, host order.
 * @dport: Destination port.
 * @seq: Sequence number.
 * @ack: Acknowledgment number.
 * @flags: F_*.
 * @offset: Data offset in words; 0 when sending: what the options need.
 * @reserved: Reserved bits, 4.
 * @wnd: Window.
 * @urg: Urgent pointer.
 * @bad_sum: Sent with a wrong checksum. As it came: the checksum was wrong.
 * @cut: When sending: bytes to cut off the end.
 * @opt: Options.
 * @opt_len: Bytes of options.
 * @data: Payload.
 * @len: Bytes of payload.
 * @from: IP source, network order; 0 when sending: TUN_PEER.
 * @to: IP destination; 0 when sending: TUN_HOST.
 * @tos: Type of service.
 * @ttl: Time to live; 0 when sending: 64.
 * @ip_opt: IP options.
 * @ip_opt_len: Bytes of IP options, whole words.
 */
struct wire_seg {
	uint16_t sport;
	uint16_t dport;
	uint32_t seq;
	uint32_t ack;
	uint8_t flags;
	uint8_t offset;
	uint8_t reserved;
	uint16_t wnd;
	uint16_t urg;
	bool bad_sum;
	int cut;
	uint8_t opt[40];
	int opt_len;
	const void *data;
	int len;
	in_addr_t from;
	in_addr_t to;
	uint8_t tos;
	uint8_t ttl;
	uint8_t ip_opt[40];
	int ip_opt_len;
	uint8_t buf[WIRE_MAX];
};

void wire_open(struct wire *w);
void wire_put(struct wire *w, const struct wire_seg *seg);
struct wire_seg wire_next(struct wire *w, int flags);
void wire_send(struct wire *w, int flags, const void *data, int len);
void wire_send_at(struct wire *w, int flags, uint32_t seq, uint32_t ack);
bool wire_get(struct wire *w, struct wire_seg *seg, int ms);
bool wire_expect_at(const char *file, int line, struct wire *w,
		    struct wire_seg *seg, int flags);
bool wire_until_at(const char *file, int line, struct wire *w,
		   struct wire_seg *seg, int flags);
void wire_silence_at(const char *file, int line, struct wire *w, int ms);
void wire_icmp(struct wire *w, int type, int code, int mtu,
	       const struct wire_seg *about);
const uint8_t *wire_option(const struct wire_seg *seg, int kind);
int wire_accept(struct wire *w, int lfd);
int wire_connect(struct wire *w);
int wire_connecting(struct wire *w);
void wire_call(struct wire *w, int fd, struct wire_seg *syn);
void wire_raw(struct wire *w, int protocol, const void *data, int len);

/* The next segment that comes has these flags (PSH aside). */
#define WIRE_EXPECT(w, seg, flags) \
	wire_expect_at(__FILE__, __LINE__, w, seg, flags)
/* Sooner or later a segment comes that has these flags and acknowledges all. */
#define WIRE_UNTIL(w, seg, flags) \
	wire_until_at(__FILE__, __LINE__, w, seg, flags)
/* Nothing comes for so long. */
#define WIRE_SILENCE(w, ms) wire_silence_at(__FILE__, __LINE__, w, ms)

#endif /* ATCP_SELFTESTS_WIRE_H */
