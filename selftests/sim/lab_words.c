// SPDX-License-Identifier: GPL-2.0
/* The words of a scenario's file: numbers with units, and names of what there is. */
#include <ctype.h>
#include <stdarg.h>

#include "lab_words.h"

_Noreturn void word_bad(struct reader *r, const char *fmt, ...)
{
	char what[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	snprintf(r->lab->error, sizeof(r->lab->error), "%s:%u: %s",
		 r->lab->file, r->line, what);
	longjmp(r->bad, 1);
}

/*
 * Words
 */
bool word_has_more(const struct reader *r)
{
	return r->at < r->nr;
}

const char *word_take(struct reader *r, const char *what)
{
	if (!word_has_more(r))
		word_bad(r, "%s is missing", what);
	return r->words[r->at++];
}

/* Takes the next word if it is this one. */
bool word_is(struct reader *r, const char *word)
{
	if (!word_has_more(r) || strcmp(r->words[r->at], word))
		return false;
	r->at++;
	return true;
}

void word_need(struct reader *r, const char *word)
{
	if (!word_has_more(r))
		word_bad(r, "\"%s\" is missing", word);
	if (!word_is(r, word))
		word_bad(r, "\"%s\" where \"%s\" should be", r->words[r->at], word);
}

/* Row of a table of words, -1 if there is none. */
int word_row(const char *const *table, u32 nr, const char *word)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (table[i] && !strcmp(table[i], word))
			return (int)i;
	return -1;
}

/*
 * Numbers with a unit
 */
const struct word_unit word_times[] = {
	{ "ns", 1 }, { "us", SIM_USEC }, { "ms", SIM_MSEC }, { "s", SIM_SEC },
	{ NULL, 0 },
};

static const struct word_unit units_rate[] = {
	{ "bit", 1 }, { "kbit", 1000 }, { "mbit", 1000000 },
	{ "gbit", 1000000000 }, { NULL, 0 },
};

static const struct word_unit units_size[] = {
	{ "", 1 }, { "B", 1 }, { "kB", 1000 }, { "MB", 1000000 },
	{ "KiB", 1024 }, { "MiB", 1048576 }, { NULL, 0 },
};

const struct word_unit word_shares[] = {
	{ "%", SIM_PERCENT }, { "", SIM_PPM }, { NULL, 0 },
};

const struct word_unit word_counts[] = { { "", 1 }, { NULL, 0 } };

u64 word_parse(struct reader *r, const struct word_unit *units,
	       const char *what, const char *word)
{
	u64 whole = 0, part = 0, scale = 1;
	const char *at = word;

	for (; isdigit((unsigned char)*at) && whole < 1000000000000ULL; at++)
		whole = whole * 10 + (u64)(*at - '0');
	if (at != word && *at == '.')
		for (at++; isdigit((unsigned char)*at) && scale < SIM_SEC; at++) {
			part = part * 10 + (u64)(*at - '0');
			scale *= 10;
		}
	while (at != word && units->name && strcmp(units->name, at))
		units++;
	if (at == word || !units->name)
		word_bad(r, "\"%s\" is not a %s", word, what);
	if (whole > (1ULL << 62) / units->factor)
		word_bad(r, "%s is too much", word);
	return whole * units->factor + part * units->factor / scale;
}

u64 word_time(struct reader *r, const char *what)
{
	return word_parse(r, word_times, "time", word_take(r, what));
}

u64 word_rate(struct reader *r)
{
	u64 rate = word_parse(r, units_rate, "rate", word_take(r, "rate")) / 8;

	if (!rate)
		word_bad(r, "a rate of less than 8 bits per second");
	return rate;
}

u32 word_size(struct reader *r, const char *what)
{
	u64 size = word_parse(r, units_size, "size", word_take(r, what));

	if (size > 1U << 30)
		word_bad(r, "a %s of more than 1 GiB", what);
	return (u32)size;
}

u64 word_share(struct reader *r, const char *what)
{
	const char *word = word_take(r, what);
	u64 ppm = word_parse(r, word_shares, "share", word);

	if (ppm > SIM_PPM)
		word_bad(r, "%s is more than all", word);
	return ppm;
}

u32 word_count(struct reader *r, const char *what, u32 least)
{
	u64 count = word_parse(r, word_counts, "number", word_take(r, what));

	if (count < least || count > U32_MAX)
		word_bad(r, "%s of %llu", what, (unsigned long long)count);
	return (u32)count;
}

/*
 * Names
 */
const char *word_name(struct reader *r, const char *what)
{
	const char *name = word_take(r, what), *at;

	for (at = name; isalnum((unsigned char)*at) || *at == '_'; at++)
		;
	if (*at)
		word_bad(r, "\"%s\" is no name: letters, digits and _", name);
	if (at - name >= NET_NAME_MAX)
		word_bad(r, "\"%s\" is too long for a name", name);
	return name;
}

static u8 find_node(struct reader *r, const char *name)
{
	int node = net_find_node(r->lab->net, name);

	if (node < 0)
		word_bad(r, "there is no host or router \"%s\"", name);
	return (u8)node;
}

u8 word_host(struct reader *r)
{
	const char *name = word_take(r, "host");
	u8 node = find_node(r, name);

	if (!r->lab->net->nodes[node].host)
		word_bad(r, "%s is a router", name);
	return node;
}

struct net_link *word_link(struct reader *r)
{
	const char *name = word_take(r, "link");
	struct net_link *link = net_find_link(r->lab->net, name);

	if (!link)
		word_bad(r, "there is no link \"%s\"", name);
	return link;
}

struct net_box *word_box(struct reader *r)
{
	const char *name = word_take(r, "middlebox");
	struct sim_net *net = r->lab->net;
	struct net_box *box;
	u32 i;

	for (i = 0; i < net->nr_links; i++)
		for (box = net->links[i].boxes; box; box = box->next)
			if (!strcmp(box->name, name))
				return box;
	word_bad(r, "there is no middlebox \"%s\"", name);
}

u32 word_flow(struct reader *r)
{
	const char *name = word_take(r, "flow");
	u32 i;

	for (i = 0; i < r->lab->nr_flows; i++)
		if (!strcmp(r->lab->flows[i].name, name))
			return i;
	word_bad(r, "there is no flow \"%s\"", name);
}

/* "A-B" or "A>B": the two nodes; returns whether both ways are meant. */
bool word_way(struct reader *r, u8 *from, u8 *to)
{
	const char *word = word_take(r, "link");
	size_t len = strcspn(word, "->");
	char name[NET_NAME_MAX];

	if (!word[len] || len >= sizeof(name))
		word_bad(r, "\"%s\" is no link: FROM>TO, or ONE-OTHER for both ways",
			 word);
	memcpy(name, word, len);
	name[len] = 0;
	*from = find_node(r, name);
	*to = find_node(r, word + len + 1);
	return word[len] == '-';
}

/* The link, or both links, that a word names. */
u32 word_links(struct reader *r, struct net_link **links)
{
	const char *word = word_has_more(r) ? r->words[r->at] : "link";
	struct net_link *link;
	u32 nr = 0, i;
	bool both;
	u8 a, b;

	both = word_way(r, &a, &b);
	for (i = 0; i < r->lab->net->nr_links; i++) {
		link = &r->lab->net->links[i];
		if ((link->from == a && link->to == b) ||
		    (both && link->from == b && link->to == a))
			links[nr++] = link;
	}
	if (nr != 1u + both)
		word_bad(r, "there is no link \"%s\"", word);
	return nr;
}
