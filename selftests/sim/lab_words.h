/* SPDX-License-Identifier: GPL-2.0 */
/* Words of a line that is being read. What is wrong ends the reading of the file. */
#ifndef SIM_LAB_WORDS_H
#define SIM_LAB_WORDS_H

#include "lab.h"

#define WORDS_MAX 48

/**
 * struct reader - A line that is being read.
 * @lab: What it goes into.
 * @line: Its number, from 1.
 * @words: Its words.
 * @nr: How many.
 * @at: The next.
 * @bad: Where to go on when something is wrong: lab->error says what.
 */
struct reader {
	struct lab *lab;
	u32 line;
	char *words[WORDS_MAX];
	u32 nr;
	u32 at;
	jmp_buf bad;
};

struct word_unit {
	const char *name;
	u64 factor;
};

extern const struct word_unit word_times[];
extern const struct word_unit word_shares[];
extern const struct word_unit word_counts[];

_Noreturn __printf(2, 3) void word_bad(struct reader *r, const char *fmt, ...);
bool word_has_more(const struct reader *r);
const char *word_take(struct reader *r, const char *what);
bool word_is(struct reader *r, const char *word);
void word_need(struct reader *r, const char *word);
int word_row(const char *const *table, u32 nr, const char *word);
u64 word_parse(struct reader *r, const struct word_unit *units,
	       const char *what, const char *word);
u64 word_time(struct reader *r, const char *what);
u64 word_rate(struct reader *r);
u32 word_size(struct reader *r, const char *what);
u64 word_share(struct reader *r, const char *what);
u32 word_count(struct reader *r, const char *what, u32 least);
const char *word_name(struct reader *r, const char *what);
u8 word_host(struct reader *r);
struct net_link *word_link(struct reader *r);
struct net_box *word_box(struct reader *r);
u32 word_flow(struct reader *r);
bool word_way(struct reader *r, u8 *from, u8 *to);
u32 word_links(struct reader *r, struct net_link **links);

#define ROW_OF(table, word) \
	word_row(table, sizeof(table) / sizeof((table)[0]), word)

#endif /* SIM_LAB_WORDS_H */
