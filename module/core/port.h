/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ground the core stands on: fixed-width types, lists, a keyed hash. The
 * one file in which kernel and user space differ; everything else in core/ is
 * the same text in both.
 */
#ifndef ATCP_CORE_PORT_H
#define ATCP_CORE_PORT_H

#ifdef __KERNEL__

#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/siphash.h>
#include <linux/string.h>
#include <linux/types.h>
#if __has_include(<linux/unaligned.h>)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

static inline u64 atcp_port_hash(const u64 key[2], u64 a, u64 b, u64 c)
{
	const siphash_key_t k = { { key[0], key[1] } };

	return siphash_3u64(a, b, c, &k);
}

#else /* user space: unit tests, simulator, fuzzers */

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define U8_MAX UINT8_MAX
#define U16_MAX UINT16_MAX
#define U32_MAX UINT32_MAX
#define U64_MAX UINT64_MAX

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define clamp_t(type, v, lo, hi) min_t(type, max_t(type, v, lo), hi)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define rounddown(x, y) ((x) - (x) % (y))
#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#ifndef container_of
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
#endif
#ifndef fallthrough
#define fallthrough __attribute__((__fallthrough__))
#endif
#ifndef __always_unused
#define __always_unused __attribute__((__unused__))
#endif

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

static inline u16 get_unaligned_be16(const void *p)
{
	const u8 *b = p;

	return (u16)(b[0] << 8 | b[1]);
}

static inline u32 get_unaligned_be32(const void *p)
{
	const u8 *b = p;

	return (u32)get_unaligned_be16(b) << 16 | get_unaligned_be16(b + 2);
}

static inline void put_unaligned_be16(u16 v, void *p)
{
	u8 *b = p;

	b[0] = (u8)(v >> 8);
	b[1] = (u8)v;
}

static inline void put_unaligned_be32(u32 v, void *p)
{
	u8 *b = p;

	put_unaligned_be16((u16)(v >> 16), b);
	put_unaligned_be16((u16)v, b + 2);
}

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

/* list_add() - insert @entry right after @head. */
static inline void list_add(struct list_head *entry, struct list_head *head)
{
	entry->next = head->next;
	entry->prev = head;
	head->next->prev = entry;
	head->next = entry;
}

static inline void list_add_tail(struct list_head *entry,
				 struct list_head *head)
{
	list_add(entry, head->prev);
}

static inline void list_del(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
	entry->next = NULL;
	entry->prev = NULL;
}

static inline void list_del_init(struct list_head *entry)
{
	list_del(entry);
	INIT_LIST_HEAD(entry);
}

static inline void list_move(struct list_head *entry, struct list_head *head)
{
	list_del(entry);
	list_add(entry, head);
}

static inline void list_move_tail(struct list_head *entry,
				  struct list_head *head)
{
	list_del(entry);
	list_add_tail(entry, head);
}

static inline void list_splice_tail_init(struct list_head *list,
					 struct list_head *head)
{
	if (list_empty(list))
		return;
	list->next->prev = head->prev;
	head->prev->next = list->next;
	list->prev->next = head;
	head->prev = list->prev;
	INIT_LIST_HEAD(list);
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(head, type, member) \
	list_entry((head)->next, type, member)
#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))
#define list_last_entry(head, type, member) \
	list_entry((head)->prev, type, member)
#define list_next_entry(pos, member) \
	list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define list_prev_entry(pos, member) \
	list_entry((pos)->member.prev, __typeof__(*(pos)), member)
#define list_entry_is_head(pos, head, member) (&(pos)->member == (head))
#define list_for_each_entry(pos, head, member)                               \
	for (pos = list_first_entry(head, __typeof__(*pos), member);         \
	     !list_entry_is_head(pos, head, member);                         \
	     pos = list_next_entry(pos, member))
#define list_for_each_entry_reverse(pos, head, member)                       \
	for (pos = list_last_entry(head, __typeof__(*pos), member);          \
	     !list_entry_is_head(pos, head, member);                         \
	     pos = list_prev_entry(pos, member))
#define list_for_each_entry_safe_continue(pos, tmp, head, member)            \
	for (pos = list_next_entry(pos, member),                             \
	    tmp = list_next_entry(pos, member);                              \
	     !list_entry_is_head(pos, head, member);                         \
	     pos = tmp, tmp = list_next_entry(tmp, member))
#define list_for_each_entry_safe(pos, tmp, head, member)                     \
	for (pos = list_first_entry(head, __typeof__(*pos), member),         \
	    tmp = list_next_entry(pos, member);                              \
	     !list_entry_is_head(pos, head, member);                         \
	     pos = tmp, tmp = list_next_entry(tmp, member))

/* SipHash-2-4 of three words, as the kernel's siphash_3u64(). */
u64 atcp_port_hash(const u64 key[2], u64 a, u64 b, u64 c);

#endif /* __KERNEL__ */

struct atcp_conn;

/*
 * What the surroundings of the core provide, one definition per world: the
 * kernel's in net/, the simulator's, the unit tests'.
 */

/**
 * atcp_port_state_changed() - A connection has moved to another state.
 * @conn: Connection, already in @to.
 * @from: State that it left, enum atcp_state.
 * @to: State that it is in.
 *
 * Called by atcp_conn_set_state() alone. The place for tracepoints, logs and
 * whatever mirrors the state elsewhere.
 */
void atcp_port_state_changed(struct atcp_conn *conn, u8 from, u8 to);

/**
 * atcp_port_broken() - An invariant of the core does not hold.
 * @conn: Connection that is broken.
 * @what: Which invariant, for the log.
 *
 * The kernel warns once; the simulator stops with the seed. If it returns, the
 * core has marked the connection to be reset.
 */
void atcp_port_broken(struct atcp_conn *conn, const char *what);

#endif /* ATCP_CORE_PORT_H */
