// SPDX-License-Identifier: GPL-2.0
/* The statements of a scenario's file, one a line. */
#include <stdlib.h>

#include "lab_words.h"

#define LINE_MAX_BYTES 512

/*
 * hosts and routers
 */
static u16 read_mss(struct reader *r)
{
	u32 mss = word_count(r, "mss", 88);

	if (mss > 65535 - NET_IP_LEN - ATCP_HDR_LEN)
		word_bad(r, "no IP packet takes an mss of %u", mss);
	return (u16)mss;
}

/* As net.atcp.ecn. */
static u8 read_ecn(struct reader *r)
{
	u64 use = word_parse(r, word_counts, "use of ECN", word_take(r, "ecn"));

	if (use >= ATCP_ECN_USE_NR)
		word_bad(r, "there is no use of ECN %llu",
			 (unsigned long long)use);
	return (u8)use;
}

static const struct atcp_cc_ops *read_cc(struct reader *r)
{
	const char *name = word_name(r, "name");
	const struct atcp_cc_ops *ops = atcp_cc_find(name);

	if (!ops)
		word_bad(r, "there is no congestion control \"%s\"", name);
	return ops;
}

static void read_tuning(struct reader *r, struct sim_host *host)
{
	if (word_is(r, "rcvbuf"))
		host->tune.rcvbuf = word_size(r, "rcvbuf");
	else if (word_is(r, "sndbuf"))
		host->tune.sndbuf = word_size(r, "sndbuf");
	else if (word_is(r, "mss"))
		host->tune.mss = read_mss(r);
	else if (word_is(r, "cc"))
		host->config.cc = read_cc(r);
	else if (word_is(r, "ecn"))
		host->config.ecn = read_ecn(r);
	else
		word_bad(r, "\"%s\" is nothing that a host has", r->words[r->at]);
}

static bool is_tuning(const struct reader *r)
{
	static const char *const tunings[] = { "rcvbuf", "sndbuf", "mss",
						"ecn", "cc" };

	return ROW_OF(tunings, r->words[r->at]) >= 0;
}

static void check_new_node(struct reader *r, const char *name)
{
	struct sim_net *net = r->lab->net;

	if (net_find_node(net, name) >= 0)
		word_bad(r, "there is a \"%s\" already", name);
	if (net->nr_nodes == NET_NODES_MAX)
		word_bad(r, "more than %u hosts and routers", NET_NODES_MAX);
}

static void do_host(struct reader *r)
{
	struct sim *sim = r->lab->sim;
	u32 first = sim->nr_hosts, words, i;

	do {
		const char *name = word_name(r, "name");

		check_new_node(r, name);
		if (sim->nr_hosts == SIM_HOSTS_MAX)
			word_bad(r, "more than %u hosts", SIM_HOSTS_MAX);
		net_add_host(r->lab->net, name);
	} while (word_has_more(r) && !is_tuning(r));
	words = r->at;
	for (i = first; i < sim->nr_hosts; i++)
		for (r->at = words; word_has_more(r);)
			read_tuning(r, &sim->hosts[i]);
}

static void do_router(struct reader *r)
{
	do {
		const char *name = word_name(r, "name");

		check_new_node(r, name);
		net_add_router(r->lab->net, name);
	} while (word_has_more(r));
}

/*
 * links
 */

/* Either packets or bytes: "20 packets", "30kB". */
static void read_length(struct reader *r, struct lab_setting *setting,
			u8 packets, u8 bytes)
{
	setting->a = word_size(r, "length");
	setting->what = word_is(r, "packets") ? packets : bytes;
	if (!setting->a)
		word_bad(r, "a length of 0");
}

static void read_vary(struct reader *r, struct lab_setting *setting)
{
	if (word_is(r, "sine"))
		setting->what = LAB_SINE;
	else if (word_is(r, "walk"))
		setting->what = LAB_WALK;
	else
		word_bad(r, "a delay varies as \"sine\" or as \"walk\"");
	setting->a = word_time(r, "amount");
	setting->b = word_time(r, "period");
	if (!setting->b)
		word_bad(r, "a period of 0");
}

/* What a property's word is followed by. */
enum shape {
	NOTHING,
	TIME,
	SHARE,
	SHARE_TIME,
	RATE,
	LENGTH,
	MARK,
	CODEL,
	POLICE,
	VARY,
	MTU,
};

static const struct property {
	const char *word;
	u8 what;
	u8 shape;
} properties[] = {
	{ "rate", LAB_RATE, RATE },
	{ "delay", LAB_DELAY, TIME },
	{ "jitter", LAB_JITTER, TIME },
	{ "reorder", LAB_REORDER, NOTHING },
	{ "late", LAB_LATE, SHARE_TIME },
	{ "early", LAB_EARLY, SHARE_TIME },
	{ "loss", LAB_LOSS, SHARE },
	{ "mtu", LAB_MTU, MTU },
	{ "ack-loss", LAB_ACK_LOSS, SHARE },
	{ "damage", LAB_DAMAGE, SHARE },
	{ "limit", LAB_LIMIT_BYTES, LENGTH },
	{ "mark", LAB_MARK_BYTES, MARK },
	{ "codel", LAB_CODEL, CODEL },
	{ "police", LAB_POLICE, POLICE },
	{ "vary", LAB_SINE, VARY },
	{ NULL, 0, NOTHING },
};

static void read_setting(struct reader *r, struct lab_setting *setting)
{
	const char *word = word_take(r, "property");
	const struct property *row = properties;

	while (row->word && strcmp(row->word, word))
		row++;
	if (!row->word)
		word_bad(r, "\"%s\" is nothing that a link has", word);
	setting->what = row->what;
	switch ((enum shape)row->shape) {
	case NOTHING:
		return;
	case TIME:
		setting->a = word_time(r, word);
		return;
	case SHARE:
		setting->a = word_share(r, word);
		return;
	case SHARE_TIME:
		setting->a = word_share(r, word);
		setting->b = word_time(r, word);
		return;
	case RATE:
		setting->a = word_rate(r);
		return;
	case LENGTH:
		read_length(r, setting, LAB_LIMIT_PACKETS, LAB_LIMIT_BYTES);
		return;
	case MARK:
		read_length(r, setting, LAB_MARK_PACKETS, LAB_MARK_BYTES);
		return;
	case CODEL:
		setting->a = word_time(r, "target");
		setting->b = word_time(r, "interval");
		if (word_is(r, "ecn"))
			setting->what = LAB_CODEL_ECN;
		return;
	case POLICE:
		setting->a = word_rate(r);
		setting->b = word_size(r, "burst");
		return;
	case VARY:
		read_vary(r, setting);
		return;
	case MTU:
		setting->a = word_count(r, word, NET_IP_LEN + ATCP_HDR_LEN + 1);
		setting->b = word_is(r, "silent");
		return;
	}
}

static void do_link(struct reader *r)
{
	struct sim_net *net = r->lab->net;
	struct net_link *there, *back = NULL;
	struct lab_setting setting = { 0 };
	bool both;
	u8 a, b;

	both = word_way(r, &a, &b);
	if (a == b)
		word_bad(r, "a link from %s to itself", net->nodes[a].name);
	if (net->nr_links + 1 + both > NET_LINKS_MAX)
		word_bad(r, "more than %u links", NET_LINKS_MAX);
	there = net_add_link(net, a, b);
	if (net_find_link(net, there->name) != there)
		word_bad(r, "there is a link %s already", there->name);
	if (both)
		back = net_add_link(net, b, a);
	if (back && net_find_link(net, back->name) != back)
		word_bad(r, "there is a link %s already", back->name);
	while (word_has_more(r)) {
		read_setting(r, &setting);
		lab_set(there, &setting);
		if (back)
			lab_set(back, &setting);
	}
}

/*
 * middleboxes
 */
static u8 read_option(struct reader *r)
{
	static const char *const options[] = {
		[ATCP_OPT_MSS] = "mss", [ATCP_OPT_WSCALE] = "wscale",
		[ATCP_OPT_SACK_PERM] = "sackok", [ATCP_OPT_SACK] = "sack",
		[ATCP_OPT_TS] = "ts", [ATCP_OPT_ACCECN0] = "accecn0",
		[ATCP_OPT_ACCECN1] = "accecn1",
	};
	const char *word = word_take(r, "option");
	int row = ROW_OF(options, word);
	u64 kind;

	if (row >= 0)
		return (u8)row;
	kind = word_parse(r, word_counts, "kind of option", word);
	if (kind < 2 || kind > 255)
		word_bad(r, "there is no option of kind %s", word);
	return (u8)kind;
}

static u8 read_where(struct reader *r)
{
	if (word_is(r, "syn"))
		return NET_WHERE_SYN;
	return word_is(r, "rest") ? NET_WHERE_REST : NET_WHERE_ALL;
}

static void do_box(struct reader *r)
{
	static const char *const kinds[] = {
		[NET_BOX_THIN] = "thin", [NET_BOX_COMPRESS] = "compress",
		[NET_BOX_STRIP] = "strip", [NET_BOX_REWRITE] = "rewrite",
		[NET_BOX_MSS] = "mss", [NET_BOX_SPLIT] = "split",
		[NET_BOX_MERGE] = "merge", [NET_BOX_DELAY] = "delay",
		[NET_BOX_BLEACH] = "bleach", [NET_BOX_MARK] = "mark",
		[NET_BOX_UNFLAG] = "unflag", [NET_BOX_REFUSE] = "refuse",
	};
	const char *name = word_name(r, "name"), *word;
	struct net_link *link;
	struct net_box *box;
	int kind;

	word_need(r, "on");
	link = word_link(r);
	word = word_take(r, "kind");
	kind = ROW_OF(kinds, word);
	if (kind < 0)
		word_bad(r, "there is no middlebox of kind \"%s\"", word);
	box = net_add_box(link, name, (u8)kind);
	switch ((enum net_box_kind)kind) {
	case NET_BOX_THIN:
	case NET_BOX_SPLIT:
		box->number = word_count(r, word, 1);
		break;
	case NET_BOX_MSS:
		box->option = ATCP_OPT_MSS;
		box->number = word_count(r, word, 1);
		break;
	case NET_BOX_COMPRESS:
	case NET_BOX_MERGE:
	case NET_BOX_DELAY:
		box->ns = word_time(r, word);
		break;
	case NET_BOX_STRIP:
	case NET_BOX_REWRITE:
		box->option = read_option(r);
		if (kind == NET_BOX_REWRITE)
			box->new_option = read_option(r);
		box->where = read_where(r);
		break;
	case NET_BOX_BLEACH:
	case NET_BOX_MARK:
	case NET_BOX_UNFLAG:
		box->where = read_where(r);
		break;
	case NET_BOX_REFUSE:
		break;
	}
	box->is_off = word_is(r, "off");
}

/*
 * flows
 */
static void read_flow_word(struct reader *r, struct lab_flow *flow)
{
	struct sim_app *source = &flow->source.app, *sink = &flow->sink.app;

	if (word_is(r, "bytes")) {
		flow->bytes = word_size(r, "size");
	} else if (word_is(r, "start")) {
		flow->start_ns = word_time(r, "start");
	} else if (word_is(r, "write")) {
		source->write_chunk = word_size(r, "size");
		word_need(r, "every");
		source->write_pause_ns = word_time(r, "pause");
	} else if (word_is(r, "read")) {
		sink->read_chunk = word_size(r, "size");
		word_need(r, "every");
		sink->read_pause_ns = word_time(r, "pause");
	} else {
		word_bad(r, "\"%s\" is nothing that a flow has", r->words[r->at]);
	}
}

static void do_flow(struct reader *r)
{
	const char *name = word_name(r, "name");
	struct lab_flow *flow;
	u8 from, to;
	u32 i;

	for (i = 0; i < r->lab->nr_flows; i++)
		if (!strcmp(r->lab->flows[i].name, name))
			word_bad(r, "there is a flow %s already", name);
	word_need(r, "from");
	from = word_host(r);
	word_need(r, "to");
	to = word_host(r);
	if (from == to)
		word_bad(r, "a flow from %s to itself",
			 r->lab->net->nodes[from].name);
	flow = lab_add_flow(r->lab, name, from, to);
	if (!flow)
		word_bad(r, "more than %u flows", LAB_FLOWS_MAX);
	while (word_has_more(r))
		read_flow_word(r, flow);
	if (!flow->bytes)
		word_bad(r, "\"bytes\" is missing");
}

/*
 * events
 */
static void do_at(struct reader *r)
{
	static const char *const kinds[] = {
		[LAB_SET] = "set", [LAB_CUT] = "cut",
		[LAB_RESTORE] = "restore", [LAB_RESET] = "reset",
		[LAB_ON] = "on", [LAB_OFF] = "off",
	};
	u64 at_ns = word_time(r, "time");
	const char *word = word_take(r, "event");
	int kind = ROW_OF(kinds, word);
	struct lab_act act = { .kind = (u8)kind };
	struct net_link *links[2];
	u32 nr, i;

	if (kind < 0)
		word_bad(r, "there is no event \"%s\"", word);
	if (kind == LAB_ON || kind == LAB_OFF) {
		act.box = word_box(r);
		lab_at(r->lab, at_ns, &act);
		return;
	}
	nr = word_links(r, links);
	do {
		if (kind == LAB_SET)
			read_setting(r, &act.setting);
		for (i = 0; i < nr; i++) {
			act.link = links[i];
			lab_at(r->lab, at_ns, &act);
		}
	} while (kind == LAB_SET && word_has_more(r));
}

/*
 * expectations
 */
enum about { ABOUT_FLOWS, ABOUT_LINK, ABOUT_BOX };

/* What each is about, and the unit of its value. */
static const struct expectable {
	u8 about;
	const struct word_unit *units;
} expectables[LAB_WHAT_NR] = {
	[LAB_FINISHED] = { ABOUT_FLOWS, word_times },
	[LAB_RETRANSMISSIONS] = { ABOUT_FLOWS, word_counts },
	[LAB_TIMEOUTS] = { ABOUT_FLOWS, word_counts },
	[LAB_FAST_RETRANSMITS] = { ABOUT_FLOWS, word_counts },
	[LAB_GOODPUT] = { ABOUT_FLOWS, word_shares },
	[LAB_FAIRNESS] = { ABOUT_FLOWS, word_shares },
	[LAB_QUEUE_DELAY] = { ABOUT_LINK, word_times },
	[LAB_MEAN_DELAY] = { ABOUT_LINK, word_times },
	[LAB_DROPS] = { ABOUT_LINK, word_counts },
	[LAB_MARKS] = { ABOUT_LINK, word_counts },
	[LAB_LOSSES] = { ABOUT_LINK, word_counts },
	[LAB_POLICED] = { ABOUT_LINK, word_counts },
	[LAB_CHANGED] = { ABOUT_BOX, word_counts },
};

static u8 read_relation(struct reader *r)
{
	if (word_is(r, "equal"))
		return LAB_EQUAL;
	word_need(r, "at");
	if (word_is(r, "most"))
		return LAB_AT_MOST;
	word_need(r, "least");
	return LAB_AT_LEAST;
}

static bool is_relation(const struct reader *r)
{
	static const char *const words[] = { "at", "equal" };

	return word_has_more(r) && ROW_OF(words, r->words[r->at]) >= 0;
}

static void do_expect(struct reader *r)
{
	struct lab_expect *expect = &r->lab->expects[r->lab->nr_expects];
	const char *word = word_take(r, "what is expected");
	int what = ROW_OF(lab_whats, word);
	const struct expectable *row = &expectables[max(what, 0)];

	if (r->lab->nr_expects == LAB_EXPECTS_MAX)
		word_bad(r, "more than %u expectations", LAB_EXPECTS_MAX);
	if (what < 0)
		word_bad(r, "\"%s\" cannot be expected", word);
	expect->what = (u8)what;
	expect->line = r->line;
	if (row->about == ABOUT_LINK)
		expect->link = word_link(r);
	else if (row->about == ABOUT_BOX)
		expect->box = word_box(r);
	else
		do
			expect->flows |= BIT(word_flow(r));
		while (word_has_more(r) && !is_relation(r));
	expect->relation = read_relation(r);
	expect->value = word_parse(r, row->units, "value of that",
				   word_take(r, "value"));
	r->lab->nr_expects++;
}

/*
 * The file
 */
static void do_seed(struct reader *r)
{
	if (r->lab->net->nr_nodes)
		word_bad(r, "the seed comes before the hosts");
	r->lab->sim->seed = word_count(r, "seed", 0);
	r->lab->sim->rng.state = sim_mix(r->lab->sim->seed);
}

static void do_run(struct reader *r)
{
	r->lab->run_ns = word_time(r, "time");
}

static const struct statement {
	const char *word;
	void (*read)(struct reader *r);
} statements[] = {
	{ "seed", do_seed }, { "host", do_host }, { "router", do_router },
	{ "link", do_link }, { "box", do_box }, { "flow", do_flow },
	{ "at", do_at }, { "run", do_run }, { "expect", do_expect },
	{ NULL, NULL },
};

static void read_line(struct reader *r, char *line)
{
	const struct statement *statement = statements;
	const char *word;
	char *save;

	line[strcspn(line, "#")] = 0;
	r->at = 0;
	r->nr = 0;
	for (word = strtok_r(line, " \t\r", &save); word;
	     word = strtok_r(NULL, " \t\r", &save)) {
		if (r->nr == WORDS_MAX)
			word_bad(r, "more than %u words", WORDS_MAX);
		r->words[r->nr++] = (char *)word;
	}
	if (!r->nr)
		return;
	word = word_take(r, "statement");
	while (statement->word && strcmp(statement->word, word))
		statement++;
	if (!statement->word)
		word_bad(r, "\"%s\" is no statement", word);
	statement->read(r);
	if (word_has_more(r))
		word_bad(r, "\"%s\" is one word too many", r->words[r->at]);
}

/* A share of the bottleneck needs a bottleneck. */
static void check_goodput(struct reader *r, const struct lab_expect *expect)
{
	const struct lab_flow *flow = r->lab->flows;

	r->line = expect->line;
	for (; flow < r->lab->flows + r->lab->nr_flows; flow++)
		if (expect->what == LAB_GOODPUT &&
		    expect->flows & BIT(flow - r->lab->flows) &&
		    !net_bottleneck(r->lab->net, flow->from, flow->to))
			word_bad(r, "no link of flow %s has a rate",
				 flow->name);
}

/* Can every flow go its way, and does anything tell good from word_bad? */
static void check_whole(struct reader *r)
{
	struct sim_net *net = r->lab->net;
	const struct lab_flow *flow = r->lab->flows;
	u32 i;

	if (!r->lab->nr_expects)
		word_bad(r, "nothing is expected");
	for (; flow < r->lab->flows + r->lab->nr_flows; flow++) {
		u8 from = net->nodes[flow->from].host->index;
		u8 to = net->nodes[flow->to].host->index;

		if (!net_next_link(net, flow->from, to) ||
		    !net_next_link(net, flow->to, from))
			word_bad(r, "flow %s has no way there, or none back",
				 flow->name);
	}
	for (i = 0; i < r->lab->nr_expects; i++)
		check_goodput(r, &r->lab->expects[i]);
}

static void read_all(struct reader *r, const char *text)
{
	char line[LINE_MAX_BYTES];
	size_t len;

	while (*text) {
		len = strcspn(text, "\n");
		r->line++;
		if (len >= sizeof(line))
			word_bad(r, "a line of more than %zu bytes",
				 sizeof(line) - 1);
		memcpy(line, text, len);
		line[len] = 0;
		text += len + (text[len] == '\n');
		read_line(r, line);
	}
	check_whole(r);
}

/**
 * lab_read() - Read a whole file.
 * @lab: The laboratory, empty.
 * @text: The file's text.
 *
 * Return: false if something is wrong; lab->error then says where and what.
 */
bool lab_read(struct lab *lab, const char *text)
{
	struct reader r = { .lab = lab };

	if (setjmp(r.bad))
		return false;
	read_all(&r, text);
	return true;
}
