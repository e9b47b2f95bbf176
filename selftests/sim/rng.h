/* SPDX-License-Identifier: GPL-2.0 */
/* A run's randomness: all of it comes from one 64-bit seed. */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include "core/port.h"

/* Of a million: the unit of every probability here. */
#define SIM_PPM 1000000u
#define SIM_PERCENT (SIM_PPM / 100)

struct sim_rng {
	u64 state;
};

/* A bijection of 64-bit words in which each bit depends on all: Stafford's. */
static inline u64 sim_mix(u64 word)
{
	word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9ULL;
	word = (word ^ word >> 27) * 0x94d049bb133111ebULL;
	return word ^ word >> 31;
}

static inline u64 sim_rng_next(struct sim_rng *rng)
{
	rng->state += 0x9e3779b97f4a7c15ULL;
	return sim_mix(rng->state);
}

/* sim_rng_below() - A number from 0 to @bound - 1; 0 if @bound is 0. */
static inline u64 sim_rng_below(struct sim_rng *rng, u64 bound)
{
	return bound ? sim_rng_next(rng) % bound : 0;
}

/* sim_rng_range() - A number from @lo to @hi, both included. */
static inline u64 sim_rng_range(struct sim_rng *rng, u64 lo, u64 hi)
{
	return lo + sim_rng_below(rng, hi - lo + 1);
}

static inline bool sim_rng_chance(struct sim_rng *rng, u32 ppm)
{
	return ppm && sim_rng_next(rng) % SIM_PPM < ppm;
}

/* sim_rng_scale() - From @lo to @hi, each order of magnitude as likely. */
static inline u64 sim_rng_scale(struct sim_rng *rng, u64 lo, u64 hi)
{
	u64 top = lo;

	while (top < hi && sim_rng_chance(rng, 80 * SIM_PERCENT))
		top = min(hi, top * 2 + 1);
	return sim_rng_range(rng, lo, top);
}

#endif /* SIM_RNG_H */
