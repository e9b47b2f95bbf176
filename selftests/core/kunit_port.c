// SPDX-License-Identifier: GPL-2.0
/* What the core's surroundings provide, for its tests. */
#include "core/internal.h"
#include "util.h"

/* One test runs at a time. */
struct end_moves end_moves;

void atcp_port_state_changed(struct atcp_conn *conn, u8 from, u8 to)
{
	end_moves.seen |= (u16)BIT(to);
	end_moves.nr++;
	if (conn->state != to || from == to)
		end_moves.broken = "told of a move that was none";
}

void atcp_port_broken(struct atcp_conn *conn, const char *what)
{
	end_moves.broken = conn->flags & ATCP_CONN_BROKEN ?
				   what : "told of before it was marked";
}
