/* SPDX-License-Identifier: GPL-2.0 */
/* The core's keyed hash in user space; see siphash.c. */
#ifndef ATCP_HOST_SIPHASH_H
#define ATCP_HOST_SIPHASH_H

#include <stdbool.h>

/**
 * siphash_selfcheck() - Does the hash give the published answer?
 *
 * Return: true if it does.
 */
bool siphash_selfcheck(void);

#endif /* ATCP_HOST_SIPHASH_H */
