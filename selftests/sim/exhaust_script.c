// SPDX-License-Identifier: GPL-2.0
/* What the two users do. The network, and when they do it, is the search's. */
#include "exhaust.h"

#define OPEN { EXH_OPEN, EXH_ANY_TIME, 0 }
#define WRITE(bytes) { EXH_WRITE, EXH_UP, bytes }
#define ANSWER(bytes) { EXH_WRITE, EXH_EOF, bytes }
#define SHUT { EXH_SHUT, EXH_ANY_TIME, 0 }
#define CLOSE { EXH_CLOSE, EXH_ANY_TIME, 0 }
#define CLOSE_ON_EOF { EXH_CLOSE, EXH_EOF, 0 }

/*
 * Each further segment multiplies the states by some five, and each fault by some
 * fifty: long scripts get one fault less than the bound. One that closes at any
 * time may do so before its call is answered. shutdown() goes on reading, close()
 * does not: what arrives after it is refused by a RST.
 */
const struct exh_script exh_scripts[] = {
	{
		.name = "open_close",
		.ops = { { OPEN, CLOSE },
			 { CLOSE } },
		.listens = { false, true },
	},
	{
		.name = "close_by_client",
		.ops = { { OPEN, WRITE(2), CLOSE },
			 { CLOSE_ON_EOF } },
		.listens = { false, true },
	},
	{
		.name = "close_by_client_in_pieces",
		.ops = { { OPEN, WRITE(1), WRITE(1), CLOSE },
			 { CLOSE_ON_EOF } },
		.listens = { false, true },
		.faults = -1,
	},
	{
		.name = "close_by_server",
		.ops = { { OPEN, CLOSE_ON_EOF },
			 { WRITE(3), CLOSE } },
		.listens = { false, true },
	},
	{
		.name = "close_by_server_both_write",
		.ops = { { OPEN, WRITE(1), CLOSE_ON_EOF },
			 { WRITE(1), SHUT, CLOSE_ON_EOF } },
		.listens = { false, true },
		.faults = -1,
	},
	{
		.name = "close_by_both",
		.ops = { { OPEN, WRITE(1), SHUT, CLOSE_ON_EOF },
			 { SHUT, CLOSE_ON_EOF } },
		.listens = { false, true },
		.faults = -1,
	},
	{
		.name = "close_by_both_no_options",
		.ops = { { OPEN, WRITE(1), SHUT, CLOSE_ON_EOF },
			 { SHUT, CLOSE_ON_EOF } },
		.listens = { false, true },
		.is_plain = true,
		.faults = -1,
	},
	{
		.name = "close_by_client_ecn",
		.ops = { { OPEN, WRITE(1), CLOSE },
			 { CLOSE_ON_EOF } },
		.listens = { false, true },
		.ecn = ATCP_ECN_ASK,
		.faults = -1,
	},
	{
		.name = "close_by_client_accurate_ecn",
		.ops = { { OPEN, WRITE(1), CLOSE },
			 { CLOSE_ON_EOF } },
		.listens = { false, true },
		.ecn = ATCP_ECN_ASK_ACCURATE,
		.faults = -1,
	},
	{
		.name = "simultaneous_open_accurate_ecn",
		.ops = { { OPEN, CLOSE },
			 { OPEN, CLOSE } },
		.at_once = true,
		.ecn = ATCP_ECN_ASK_ACCURATE,
		.faults = -1,
	},
	{
		.name = "close_without_reading",
		.ops = { { OPEN, WRITE(1), CLOSE },
			 { CLOSE } },
		.listens = { false, true },
		.is_unread = { false, true },
		.faults = -1,
	},
	{
		.name = "half_close",
		.ops = { { OPEN, SHUT, CLOSE_ON_EOF },
			 { ANSWER(2), CLOSE } },
		.listens = { false, true },
		.faults = -1,
	},
	{
		.name = "half_close_in_pieces",
		.ops = { { OPEN, SHUT, CLOSE_ON_EOF },
			 { ANSWER(1), ANSWER(1), CLOSE } },
		.listens = { false, true },
		.faults = -1,
	},
	{
		.name = "simultaneous_open",
		.ops = { { OPEN, WRITE(1), CLOSE_ON_EOF },
			 { OPEN, SHUT, CLOSE_ON_EOF } },
		.at_once = true,
		.faults = -1,
	},
	{
		.name = "simultaneous_open_no_data",
		.ops = { { OPEN, CLOSE_ON_EOF },
			 { OPEN, CLOSE } },
		.at_once = true,
		.is_plain = true,
	},
	{
		.name = "simultaneous_open_and_close",
		.ops = { { OPEN, CLOSE },
			 { OPEN, CLOSE } },
		.at_once = true,
		.faults = -1,
	},
	{
		.name = "simultaneous_open_abort",
		.ops = { { OPEN, CLOSE_ON_EOF },
			 { OPEN, CLOSE } },
		.at_once = true,
		.may_abort = { true, false },
		.faults = -1,
	},
	{
		.name = "abort_by_client",
		.ops = { { OPEN, WRITE(1), CLOSE_ON_EOF },
			 { CLOSE } },
		.listens = { false, true },
		.may_abort = { true, false },
		.faults = -1,
	},
	{
		.name = "abort_by_server",
		.ops = { { OPEN, WRITE(1), CLOSE },
			 { CLOSE_ON_EOF } },
		.listens = { false, true },
		.may_abort = { false, true },
		.faults = -1,
	},
	{
		.name = "give_up",
		.ops = { { OPEN, SHUT, CLOSE_ON_EOF },
			 { CLOSE_ON_EOF } },
		.listens = { false, true },
		.is_impatient = true,
	},
};

const u32 exh_nr_scripts = ARRAY_SIZE(exh_scripts);

/**
 * exh_faults() - What the network may do in a script.
 * @script: Which.
 * @bound: The number asked for.
 *
 * Return: @bound, and what the script adds to or takes from it; 0 at least.
 */
u8 exh_faults(const struct exh_script *script, u32 bound)
{
	s32 faults = (s32)bound + script->faults;

	return (u8)clamp_t(s32, faults, 0, 255);
}
