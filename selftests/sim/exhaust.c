// SPDX-License-Identifier: GPL-2.0
/*
 * The search. Breadth first, so that the first trace to a fault is a shortest one.
 * A state that has been seen is remembered by its hash, its predecessor and the
 * action that led to it; in whole it is kept only until it has been expanded.
 */
#include <getopt.h>
#include <stdlib.h>
#include <time.h>

#include "exhaust.h"

#define NOBODY U32_MAX

/* States that wait to be expanded come and go in chunks of 1 MiB. */
#define CHUNK_WORDS (128U * 1024)

/* A bit for each word, and all of them. */
#define PACKED_WORDS_MAX (sizeof(struct exh_world) / 8 / 64 * 65 + 2)

/* Where the search stops for each GiB it may use: 60 bytes a state, and a queue
 * in chunks of 1 MiB.
 */
#define STATES_PER_GIB 8000000U
#define CHUNKS_PER_GIB 500U

/**
 * struct node - A state that has been seen.
 * @parent: From which state it was reached first.
 * @kind_next: The state that follows when the network is kind.
 * @action: What led here from @parent.
 */
struct node {
	u32 parent;
	u32 kind_next;
	struct exh_action action;
};

struct slot {
	struct exh_key key;
	u32 node;
};

struct chunk {
	struct chunk *next;
	u32 begin;
	u32 end;
	u64 words[CHUNK_WORDS];
};

/**
 * struct search - All that is known of a script's states.
 * @script: Script.
 * @bound: As asked for.
 * @world: The state that is worked on, always here: states point into themselves.
 * @origin: The first state.
 * @saved: The state that is being expanded.
 * @nodes: States, in the order of their distance from the first.
 * @slots: Their hashes, an open table; a power of two of them.
 * @queue: States that are to be expanded, in the same order.
 * @nr_chunks: How long it is.
 * @transitions: How many there were.
 * @ends: States in which nothing can happen any more.
 * @depth: How many actions away from the first the last is.
 * @at: The state that is being expanded.
 * @doing: By which action, if @is_doing.
 * @is_doing: See @doing.
 * @is_cut: There was no room for all of them.
 */
struct search {
	const struct exh_script *script;
	u32 bound;
	struct exh_world world;
	struct exh_world origin;
	struct exh_world saved;
	struct node *nodes;
	u32 nr_nodes;
	u32 max_nodes;
	struct slot *slots;
	u32 nr_slots;
	struct chunk *first;
	struct chunk *last;
	u32 nr_chunks;
	u64 transitions;
	u32 ends;
	u32 depth;
	u32 at;
	struct exh_action doing;
	bool is_doing;
	bool is_cut;
};

static const char *program;

/* With more than this the table of states would outgrow its 32-bit numbers. */
#define MEMORY_GIB_MAX 190U
static u32 memory_gib = 2;

static void *must(void *memory)
{
	if (memory)
		return memory;
	puts("Bail out! Out of memory");
	exit(1);
}

/*
 * The queue. Most words of most states are those of the first state: only the
 * others are kept, and a bit for each word that tells which they are.
 */
static u64 word_of(const struct exh_world *world, u32 i)
{
	u64 word;

	memcpy(&word, (const u8 *)world + i * sizeof(word), sizeof(word));
	return word;
}

static u32 pack(const struct search *search, u64 *to)
{
	u32 words = (u32)(exh_world_size(&search->world) / 8), at, i;

	at = 1 + DIV_ROUND_UP(words, 64);
	memset(to, 0, at * sizeof(*to));
	to[0] = words;
	for (i = 0; i < words; i++) {
		if (word_of(&search->world, i) == word_of(&search->origin, i))
			continue;
		to[1 + i / 64] |= BIT_ULL(i % 64);
		to[at++] = word_of(&search->world, i);
	}
	return at;
}

/* Back to where it was: the pointers in it are right again. */
static u32 unpack(struct search *search, const u64 *from)
{
	u8 *to = (u8 *)&search->world;
	u32 words = (u32)from[0], at = 1 + DIV_ROUND_UP(words, 64), i;

	memcpy(to, &search->origin, words * sizeof(*from));
	for (i = 0; i < words; i++)
		if (from[1 + i / 64] & BIT_ULL(i % 64))
			memcpy(to + i * sizeof(*from), &from[at++],
			       sizeof(*from));
	return at;
}

static void add_chunk(struct search *search)
{
	struct chunk *chunk = must(malloc(sizeof(*chunk)));

	chunk->next = NULL;
	chunk->begin = 0;
	chunk->end = 0;
	if (search->last)
		search->last->next = chunk;
	else
		search->first = chunk;
	search->last = chunk;
	search->nr_chunks++;
}

static void enqueue(struct search *search)
{
	u64 packed[PACKED_WORDS_MAX];
	u32 words = pack(search, packed);
	struct chunk *chunk;

	if (!search->last || search->last->end + words > CHUNK_WORDS)
		add_chunk(search);
	chunk = search->last;
	memcpy(chunk->words + chunk->end, packed, words * sizeof(*packed));
	chunk->end += words;
}

static void drop_chunk(struct search *search)
{
	struct chunk *chunk = search->first;

	search->first = chunk->next;
	if (!search->first)
		search->last = NULL;
	search->nr_chunks--;
	free(chunk);
}

/* The first state of the queue becomes the one that is worked on. */
static void dequeue(struct search *search)
{
	struct chunk *chunk;

	while (search->first->begin == search->first->end)
		drop_chunk(search);
	chunk = search->first;
	chunk->begin += unpack(search, chunk->words + chunk->begin);
}

/*
 * The table
 */
static struct slot *find_slot(struct slot *slots, u32 nr, struct exh_key key)
{
	u32 at = (u32)key.lo & (nr - 1);

	while (slots[at].node != NOBODY &&
	       (slots[at].key.lo != key.lo || slots[at].key.hi != key.hi))
		at = (at + 1) & (nr - 1);
	return &slots[at];
}

static struct slot *new_slots(u32 nr)
{
	struct slot *slots = must(malloc(nr * sizeof(*slots)));
	u32 i;

	for (i = 0; i < nr; i++)
		slots[i].node = NOBODY;
	return slots;
}

static void grow_slots(struct search *search)
{
	u32 nr = search->nr_slots * 2, i;
	struct slot *slots = new_slots(nr);

	for (i = 0; i < search->nr_slots; i++)
		if (search->slots[i].node != NOBODY)
			*find_slot(slots, nr, search->slots[i].key) =
				search->slots[i];
	free(search->slots);
	search->slots = slots;
	search->nr_slots = nr;
}

static u32 add_node(struct search *search, u32 parent, struct exh_action action)
{
	if (search->nr_nodes == search->max_nodes) {
		search->max_nodes = search->max_nodes / 2 * 3;
		search->nodes = must(realloc(search->nodes,
					     search->max_nodes *
					     sizeof(*search->nodes)));
	}
	search->nodes[search->nr_nodes] = (struct node){
		.parent = parent, .kind_next = NOBODY, .action = action,
	};
	return search->nr_nodes++;
}

/* The node of the state that is worked on, a new one if it has none. */
static u32 enter(struct search *search, u32 parent, struct exh_action action)
{
	struct exh_key key = exh_canon_key(&search->world);
	struct slot *slot = find_slot(search->slots, search->nr_slots, key);

	if (slot->node != NOBODY)
		return slot->node;
	slot->key = key;
	slot->node = add_node(search, parent, action);
	enqueue(search);
	if (search->nr_nodes > search->nr_slots / 4 * 3)
		grow_slots(search);
	return search->nr_nodes - 1;
}

/*
 * Traces
 */
static u32 path_to(const struct search *search, u32 node,
		   struct exh_action *path)
{
	u32 len = 0, at, i;

	for (at = node; at; at = search->nodes[at].parent)
		len++;
	for (at = node, i = len; at; at = search->nodes[at].parent)
		path[--i] = search->nodes[at].action;
	return len;
}

static bool is_possible(const struct exh_world *world, struct exh_action action)
{
	struct exh_action actions[EXH_ACTIONS_MAX];
	u32 nr = exh_world_actions(world, actions), i;

	for (i = 0; i < nr; i++)
		if (actions[i].act == action.act &&
		    actions[i].which == action.which)
			return true;
	return false;
}

static void show_step(struct exh_world *world, struct exh_action action)
{
	if (!is_possible(world, action))
		exh_fail("that cannot happen here");
	exh_trace_action(world, action);
	exh_world_do(world, action);
	exh_trace_states(world);
}

/* Nothing happens any more, but for what a user may do on a whim. */
static bool is_over(const struct exh_world *world)
{
	struct exh_action actions[EXH_ACTIONS_MAX];

	return !exh_world_actions(world, actions) ||
	       !exh_world_is_free(actions[0]);
}

/*
 * Go the whole way again, and tell; then @more steps with a kind network.
 *
 * Return: false if a property does not hold on it.
 */
static bool show(struct search *search, const struct exh_action *path, u32 len,
		 u32 more)
{
	struct exh_action actions[EXH_ACTIONS_MAX];
	struct exh_world *world = &search->world;
	u32 i;

	exh_live = stdout;
	if (setjmp(exh_failed)) {
		printf("     %s\n", exh_failure);
		exh_live = NULL;
		return false;
	}
	exh_world_init(world, search->script,
		       exh_faults(search->script, search->bound));
	for (i = 0; i < len; i++)
		show_step(world, path[i]);
	for (i = 0; i < more && !is_over(world); i++) {
		exh_world_actions(world, actions);
		show_step(world, actions[0]);
	}
	if (is_over(world))
		exh_judge_end(world);
	exh_live = NULL;
	return true;
}

static void show_replay(const struct search *search,
			const struct exh_action *path, u32 len)
{
	char name[8];
	u32 i;

	printf("# replay: %s --script %s --bound %u --replay ", program,
	       search->script->name, search->bound);
	for (i = 0; i < len; i++) {
		exh_action_name(name, sizeof(name), path[i]);
		printf("%s%s", i ? "," : "", name);
	}
	putchar('\n');
}

static void show_path(struct search *search, const struct exh_action *path,
		      u32 len, u32 more)
{
	printf("# %u actions from the beginning:\n", len);
	show(search, path, len, more);
	show_replay(search, path, len);
}

/*
 * The search
 */
static void search_init(struct search *search, const struct exh_script *script,
			u32 bound)
{
	memset(search, 0, sizeof(*search));
	search->script = script;
	search->bound = bound;
	search->max_nodes = 1U << 16;
	search->nodes = must(malloc(search->max_nodes *
				    sizeof(*search->nodes)));
	search->nr_slots = 1U << 17;
	search->slots = new_slots(search->nr_slots);
}

static void search_free(struct search *search)
{
	while (search->first)
		drop_chunk(search);
	free(search->nodes);
	free(search->slots);
}

/* Every state that follows on @node, the first of the queue. */
static void expand(struct search *search, u32 node)
{
	struct exh_action actions[EXH_ACTIONS_MAX];
	u32 nr, i, next;
	size_t size;

	search->at = node;
	dequeue(search);
	size = exh_world_size(&search->world);
	memcpy(&search->saved, &search->world, size);
	nr = exh_world_actions(&search->world, actions);
	for (i = 0; i < nr; i++) {
		search->doing = actions[i];
		search->is_doing = true;
		exh_world_do(&search->world, actions[i]);
		next = enter(search, node, actions[i]);
		if (!i && exh_world_is_free(actions[0]))
			search->nodes[node].kind_next = next;
		search->is_doing = false;
		search->transitions++;
		memcpy(&search->world, &search->saved, size);
	}
	if (search->nodes[node].kind_next == NOBODY) {
		exh_judge_end(&search->world);
		search->ends++;
	}
}

/* All states, level by level. */
static void walk(struct search *search)
{
	u32 node = 0, level_ends = 1;

	exh_world_init(&search->world, search->script,
		       exh_faults(search->script, search->bound));
	memcpy(&search->origin, &search->world, sizeof(search->origin));
	enter(search, NOBODY, (struct exh_action){ 0 });
	for (; node < search->nr_nodes; node++) {
		if (node == level_ends) {
			search->depth++;
			level_ends = search->nr_nodes;
		}
		if (search->nr_nodes > STATES_PER_GIB * memory_gib ||
		    search->nr_chunks > CHUNKS_PER_GIB * memory_gib) {
			search->is_cut = true;
			return;
		}
		expand(search, node);
	}
}

/*
 * Liveness. From each state the kind network leads to one other; whoever follows
 * these steps comes to an end, where exh_judge_end() has looked, or to where he
 * has been. So all that has to be shown is that there is no circle.
 *
 * Return: a state on one, NOBODY if there is none.
 */
static u32 find_circle(const struct search *search)
{
	u32 *seen = must(calloc(search->nr_nodes, sizeof(*seen)));
	u32 start, at, found = NOBODY;

	for (start = 0; start < search->nr_nodes && found == NOBODY; start++) {
		for (at = start; at != NOBODY && !seen[at];
		     at = search->nodes[at].kind_next)
			seen[at] = start + 1;
		if (at != NOBODY && seen[at] == start + 1)
			found = at;
	}
	free(seen);
	return found;
}

static u32 circle_length(const struct search *search, u32 node)
{
	u32 len = 1, at;

	for (at = search->nodes[node].kind_next; at != node;
	     at = search->nodes[at].kind_next)
		len++;
	return len;
}

/*
 * Reports
 */
static void report_fault(struct search *search)
{
	struct exh_action *path;
	u32 len;

	printf("# %s\n", exh_failure);
	path = must(malloc((search->nr_nodes + 1) * sizeof(*path)));
	len = path_to(search, search->at, path);
	if (search->is_doing)
		path[len++] = search->doing;
	show_path(search, path, len, 0);
	free(path);
}

static void report_circle(struct search *search, u32 node)
{
	struct exh_action *path;
	u32 circle = circle_length(search, node);

	printf("# no end, though the network is kind: the last %u repeat\n",
	       circle);
	path = must(malloc((search->nr_nodes + 1) * sizeof(*path)));
	show_path(search, path, path_to(search, node, path), circle);
	free(path);
}

static bool search_all(struct search *search)
{
	u32 circle;

	if (setjmp(exh_failed)) {
		report_fault(search);
		return false;
	}
	walk(search);
	if (search->is_cut) {
		printf("# not all states fit into %u GiB: a lower bound, or more memory\n",
		       memory_gib);
		return false;
	}
	circle = find_circle(search);
	if (circle != NOBODY) {
		report_circle(search, circle);
		return false;
	}
	return true;
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) +
	       (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

/* One script, one line of KTAP. */
static bool run_script(const struct exh_script *script, u32 bound, u32 number)
{
	static struct search search;
	struct timespec start;
	bool is_right;

	clock_gettime(CLOCK_MONOTONIC, &start);
	search_init(&search, script, bound);
	is_right = search_all(&search);
	printf("%s %u - %s # %u states, %llu transitions, depth %u, %u ends, %u faults, %.1f s\n",
	       is_right ? "ok" : "not ok", number, script->name,
	       search.nr_nodes, (unsigned long long)search.transitions,
	       search.depth, search.ends, exh_faults(script, bound),
	       seconds_since(&start));
	fflush(stdout);
	search_free(&search);
	return is_right;
}

/*
 * The command
 */
struct request {
	const struct exh_script *script;
	const char *replay;
	u32 bound;
	bool stops_at_failure;
};

static int run_all(const struct request *request)
{
	u32 nr = request->script ? 1 : exh_nr_scripts, failed = 0, i;
	const struct exh_script *first = request->script ?: exh_scripts;

	printf("TAP version 13\n1..%u\n", nr);
	for (i = 0; i < nr; i++) {
		if (run_script(first + i, request->bound, i + 1))
			continue;
		failed++;
		if (request->stops_at_failure)
			break;
	}
	return !!failed;
}

static int replay(const struct request *request)
{
	static struct search search;
	struct exh_action *path;
	const char *text = request->replay;
	bool is_right;
	u32 len = 0;

	path = must(malloc((strlen(text) + 1) * sizeof(*path)));
	search.script = request->script;
	search.bound = request->bound;
	while (exh_action_parse(&text, &path[len]))
		len++;
	is_right = show(&search, path, len, 0);
	free(path);
	return *text || !is_right;
}

static int show_usage(FILE *to)
{
	fprintf(to,
		"usage: %s [--bound N] [--memory GIB] [--script NAME] [--fail-fast]\n"
		"       %s [--bound N] --script NAME --replay ACTIONS\n"
		"       %s --list\n", program, program, program);
	return to == stderr;
}

static const struct exh_script *find_script(const char *name)
{
	u32 i;

	for (i = 0; i < exh_nr_scripts; i++)
		if (!strcmp(exh_scripts[i].name, name))
			return &exh_scripts[i];
	fprintf(stderr, "no script %s\n", name);
	exit(1);
}

static int show_list(void)
{
	u32 i;

	for (i = 0; i < exh_nr_scripts; i++)
		puts(exh_scripts[i].name);
	return 0;
}

/* Returns the exit status, or -1 to go on. */
static int parse_args(int argc, char **argv, struct request *request)
{
	static const struct option options[] = {
		{ "bound", required_argument, NULL, 'b' },
		{ "memory", required_argument, NULL, 'm' },
		{ "script", required_argument, NULL, 's' },
		{ "replay", required_argument, NULL, 'r' },
		{ "fail-fast", no_argument, NULL, 'f' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'b':
			request->bound = (u32)atoi(optarg);
			break;
		case 'm':
			memory_gib = (u32)atoi(optarg);
			memory_gib = clamp_t(u32, memory_gib, 1,
					     MEMORY_GIB_MAX);
			break;
		case 's':
			request->script = find_script(optarg);
			break;
		case 'r':
			request->replay = optarg;
			break;
		case 'f':
			request->stops_at_failure = true;
			break;
		case 'l':
			return show_list();
		case 'h':
			return show_usage(stdout);
		default:
			return show_usage(stderr);
		}
	}
	if (request->replay && !request->script)
		return show_usage(stderr);
	return -1;
}

int main(int argc, char **argv)
{
	struct request request = { .bound = 2 };
	int status;

	program = argv[0];
	status = parse_args(argc, argv, &request);
	if (status >= 0)
		return status;
	return request.replay ? replay(&request) : run_all(&request);
}
