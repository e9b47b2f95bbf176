/* SPDX-License-Identifier: GPL-2.0 */
/* SYN cookies: a listener under flood remembers nothing (RFC 4987 section 3.6). */
#ifndef ATCP_CORE_COOKIE_H
#define ATCP_CORE_COOKIE_H

#include "core/embryo.h"
#include "core/isn.h"

void atcp_cookie_init(struct atcp_embryo *embryo, const struct atcp_seg *syn,
		      const struct atcp_config *config,
		      const struct atcp_secret *secret,
		      const struct atcp_tuple *tuple, u16 own_mss, u32 window,
		      struct atcp_step *step);
bool atcp_cookie_check(struct atcp_embryo *embryo, const struct atcp_seg *ack,
		       const struct atcp_config *config,
		       const struct atcp_secret *secret,
		       const struct atcp_tuple *tuple, u16 own_mss, u32 window,
		       struct atcp_step *step);

#endif /* ATCP_CORE_COOKIE_H */
