// SPDX-License-Identifier: GPL-2.0
/*
 * SipHash-2-4 of three 64-bit words for the core in user space: what the
 * kernel's siphash_3u64() gives. Written from the paper by Aumasson and
 * Bernstein.
 */
#include "core/port.h"
#include "siphash.h"

static u64 rotate_left(u64 word, unsigned int bits)
{
	return word << bits | word >> (64 - bits);
}

static void sip_rounds(u64 v[4], unsigned int rounds)
{
	while (rounds--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate_left(v[1], 13) ^ v[0];
		v[3] = rotate_left(v[3], 16) ^ v[2];
		v[0] = rotate_left(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate_left(v[1], 17) ^ v[2];
		v[3] = rotate_left(v[3], 21) ^ v[0];
		v[2] = rotate_left(v[2], 32);
	}
}

static void sip_absorb(u64 v[4], u64 word)
{
	v[3] ^= word;
	sip_rounds(v, 2);
	v[0] ^= word;
}

u64 atcp_port_hash(const u64 key[2], u64 a, u64 b, u64 c)
{
	u64 v[4] = {
		key[0] ^ 0x736f6d6570736575ULL, key[1] ^ 0x646f72616e646f6dULL,
		key[0] ^ 0x6c7967656e657261ULL, key[1] ^ 0x7465646279746573ULL,
	};

	sip_absorb(v, a);
	sip_absorb(v, b);
	sip_absorb(v, c);
	/* The message's length in bytes fills the last word. */
	sip_absorb(v, 24ULL << 56);
	v[2] ^= 0xff;
	sip_rounds(v, 4);

	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

bool siphash_selfcheck(void)
{
	/* The published vector: key 00..0f, message 00..17, all in hex. */
	static const u64 key[2] = { 0x0706050403020100ULL,
				    0x0f0e0d0c0b0a0908ULL };

	return atcp_port_hash(key, 0x0706050403020100ULL,
			      0x0f0e0d0c0b0a0908ULL,
			      0x1716151413121110ULL) == 0xb8ad50c6f649af94ULL;
}
