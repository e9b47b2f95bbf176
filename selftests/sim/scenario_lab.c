// SPDX-License-Identifier: GPL-2.0
/* Scenarios from files: what is said of a bad one, and the same record twice. */
#include <stdlib.h>

#include "lab.h"
#include "script.h"

#define HOSTS "host A B\n"
#define LINK HOSTS "link A-B rate 8mbit delay 5ms limit 20 packets\n"
#define FLOW LINK "flow F from A to B bytes 200kB\n"
#define WHOLE FLOW "expect finished F at most 10s\n"

static const struct file_case {
	const char *text;
	const char *error; /* NULL: there is none */
} file_cases[] = {
	{ WHOLE, NULL },
	{ "# nothing\n\n \t # else\n" WHOLE, NULL },
	{ "seed 7\n" WHOLE "run 1.5s", NULL },
	{ "", "x.scn:0: nothing is expected" },
	{ FLOW, "x.scn:3: nothing is expected" },
	{ "hots A\n", "x.scn:1: \"hots\" is no statement" },
	{ "host\n", "x.scn:1: name is missing" },
	{ "host A A\n", "x.scn:1: there is a \"A\" already" },
	{ "host A>B\n", "x.scn:1: \"A>B\" is no name: letters, digits and _" },
	{ "host A_name_that_is_long\n",
	  "x.scn:1: \"A_name_that_is_long\" is too long for a name" },
	{ "host A rcvbuf\n", "x.scn:1: rcvbuf is missing" },
	{ "host A rcvbuf 5s\n", "x.scn:1: \"5s\" is not a size" },
	{ "host A rcvbuf 5MB 6\n",
	  "x.scn:1: \"6\" is nothing that a host has" },
	{ "host A mss 70000\n", "x.scn:1: no IP packet takes an mss of 70000" },
	{ HOSTS "seed 1\n", "x.scn:2: the seed comes before the hosts" },
	{ HOSTS "link A-C\n", "x.scn:2: there is no host or router \"C\"" },
	{ HOSTS "link A\n",
	  "x.scn:2: \"A\" is no link: FROM>TO, or ONE-OTHER for both ways" },
	{ HOSTS "link A-A\n", "x.scn:2: a link from A to itself" },
	{ LINK "link A>B\n", "x.scn:3: there is a link A>B already" },
	{ HOSTS "link A-B rate 7bit\n",
	  "x.scn:2: a rate of less than 8 bits per second" },
	{ HOSTS "link A-B rate fast\n", "x.scn:2: \"fast\" is not a rate" },
	{ HOSTS "link A-B delay 5\n", "x.scn:2: \"5\" is not a time" },
	{ HOSTS "link A-B delay .5s\n", "x.scn:2: \".5s\" is not a time" },
	{ HOSTS "link A-B loss 101%\n", "x.scn:2: 101% is more than all" },
	{ HOSTS "link A-B late 10%\n", "x.scn:2: late is missing" },
	{ HOSTS "link A-B early 10% 5%\n", "x.scn:2: \"5%\" is not a time" },
	{ HOSTS "link A-B limit 0 packets\n", "x.scn:2: a length of 0" },
	{ HOSTS "link A-B vary 1ms 1s\n",
	  "x.scn:2: a delay varies as \"sine\" or as \"walk\"" },
	{ HOSTS "link A-B vary sine 1ms 0s\n", "x.scn:2: a period of 0" },
	{ HOSTS "link A-B width 3\n",
	  "x.scn:2: \"width\" is nothing that a link has" },
	{ LINK "box X on B>C thin 2\n",
	  "x.scn:3: there is no link \"B>C\"" },
	{ LINK "box X at A>B thin 2\n",
	  "x.scn:3: \"at\" where \"on\" should be" },
	{ LINK "box X on A>B fatten 2\n",
	  "x.scn:3: there is no middlebox of kind \"fatten\"" },
	{ LINK "box X on A>B thin 0\n", "x.scn:3: thin of 0" },
	{ LINK "box X on A>B strip 1\n",
	  "x.scn:3: there is no option of kind 1" },
	{ FLOW "flow F from A to B bytes 1\n",
	  "x.scn:4: there is a flow F already" },
	{ LINK "flow F from A to A bytes 1\n",
	  "x.scn:3: a flow from A to itself" },
	{ LINK "flow F from A to B\n", "x.scn:3: \"bytes\" is missing" },
	{ LINK "router R\nflow F from A to R bytes 1\n",
	  "x.scn:4: R is a router" },
	{ FLOW "at 1s explode A>B\n",
	  "x.scn:4: there is no event \"explode\"" },
	{ FLOW "at 1s on X\n", "x.scn:4: there is no middlebox \"X\"" },
	{ FLOW "at 1s cut A-B now\n",
	  "x.scn:4: \"now\" is one word too many" },
	{ FLOW "expect luck F at most 1\n",
	  "x.scn:4: \"luck\" cannot be expected" },
	{ FLOW "expect drops F at most 1\n",
	  "x.scn:4: there is no link \"F\"" },
	{ FLOW "expect timeouts G at most 1\n",
	  "x.scn:4: there is no flow \"G\"" },
	{ FLOW "expect timeouts F about 1\n",
	  "x.scn:4: there is no flow \"about\"" },
	{ FLOW "expect timeouts F at all 1\n",
	  "x.scn:4: \"all\" where \"least\" should be" },
	{ FLOW "expect timeouts F equal 1s\n",
	  "x.scn:4: \"1s\" is not a value of that" },
	{ HOSTS "link A-B\nflow F from A to B bytes 1\n"
	  "expect goodput F at least 50%\n",
	  "x.scn:4: no link of flow F has a rate" },
	{ HOSTS "link A>B\nflow F from A to B bytes 1\n"
	  "expect finished F at most 1s\n",
	  "x.scn:4: flow F has no way there, or none back" },
};

#define NR_CASES (sizeof(file_cases) / sizeof(file_cases[0]))

/* A run beside the scenario's own: what it said and what it recorded. */
struct other {
	struct sim *sim;
	char *record;
	size_t len;
	char said[512];
};

static void run_other(struct other *other, u64 seed, const char *text)
{
	FILE *json = open_memstream(&other->record, &other->len);
	struct lab *lab;

	other->said[0] = 0;
	other->sim = sim_new(seed, NULL);
	other->sim->json = json;
	if (!setjmp(other->sim->failed)) {
		lab = lab_new(other->sim, "x.scn");
		if (lab_read(lab, text))
			lab_run(lab);
		else
			snprintf(other->said, sizeof(other->said), "%s",
				 lab->error);
	} else {
		snprintf(other->said, sizeof(other->said), "%s",
			 other->sim->failure);
	}
	sim_free(other->sim);
	fclose(json);
}

SIM_SCENARIO(lab_tells_what_is_wrong)
{
	const struct file_case *row;
	struct other other;

	for (row = file_cases; row < file_cases + NR_CASES; row++) {
		run_other(&other, 1, row->text);
		free(other.record);
		if (strcmp(other.said, row->error ?: ""))
			sim_fail(sim, "row %zu: \"%s\", not \"%s\"",
				 (size_t)(row - file_cases), other.said,
				 row->error ?: "");
	}
}

/* An expectation that does not hold fails, with what is the case instead. */
SIM_SCENARIO(lab_judges)
{
	static const char *const untrue[] = {
		"finished F at most 100ms", "finished F at least 10s",
		"retransmissions F at least 1000", "timeouts F equal 99",
		"fast-retransmits F at least 99", "goodput F at least 99%",
		"fairness F G at least 0.999999", "delay A>B at most 1us",
		"mean-delay A>B at most 1us", "drops A>B equal 99999",
		"marks A>B at least 1", "losses A>B at least 1",
		"policed A>B at least 1", "changed X equal 99",
	};
	char text[512], want[64];
	struct other other;
	size_t i;

	for (i = 0; i < sizeof(untrue) / sizeof(untrue[0]); i++) {
		snprintf(text, sizeof(text), "%sbox X on A>B thin 2\n"
			 "flow G from A to B bytes 100kB start 50ms\n"
			 "expect %s\n", FLOW, untrue[i]);
		run_other(&other, 1, text);
		free(other.record);
		snprintf(want, sizeof(want), "x.scn:6: %.*s is ",
			 (int)strcspn(untrue[i], " "), untrue[i]);
		if (strncmp(other.said, want, strlen(want)))
			sim_fail(sim, "\"%s\" for \"%s\"", other.said,
				 untrue[i]);
	}
}

/* The same seed gives the same record, byte for byte; another one another. */
SIM_SCENARIO(lab_is_deterministic)
{
	static const char text[] =
		"host A B\nrouter R\n"
		"link A-R delay 1ms vary walk 1ms 10ms\n"
		"link R-B rate 8mbit delay 9ms jitter 1ms loss 1%\n"
		"box X on B>R compress 5ms\n"
		"flow F from A to B bytes 500kB\n"
		"flow G from B to A bytes 300kB start 100ms\n"
		"expect finished F G at most 30s\n";
	struct other first, again, another;

	run_other(&first, 5, text);
	run_other(&again, 5, text);
	run_other(&another, 6, text);
	if (first.said[0] || another.said[0])
		sim_fail(sim, "%s%s", first.said, another.said);
	SIM_EXPECT(first.len > 100000);
	SIM_EXPECT_EQ(first.len, again.len);
	SIM_EXPECT(!memcmp(first.record, again.record, first.len));
	SIM_EXPECT(first.len != another.len ||
		   memcmp(first.record, another.record, first.len));
	free(first.record);
	free(again.record);
	free(another.record);
}

static u32 count_of(const char *text, const char *what)
{
	u32 nr = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		nr++;
	}
	return nr;
}

/* The record has what the run had: one segment lost, found missing, sent again. */
SIM_SCENARIO(lab_records)
{
	static const char text[] =
		"host A B\nlink A-B rate 8mbit delay 20ms\n"
		"flow F from A to B bytes 29kB\n"
		"at 44ms cut A>B\nat 45ms restore A>B\n"
		"expect losses A>B equal 1\nexpect timeouts F equal 0\n"
		"expect retransmissions F equal 1\n";
	struct other other;

	run_other(&other, 1, text);
	if (other.said[0])
		sim_fail(sim, "%s", other.said);
	SIM_EXPECT_EQ(count_of(other.record, "\"kind\": \"drop\""), 1);
	SIM_EXPECT_EQ(count_of(other.record, "\"kind\": \"retransmit\""), 1);
	SIM_EXPECT_EQ(count_of(other.record, "\"kind\": \"rto\""), 0);
	SIM_EXPECT_EQ(count_of(other.record, "\"note\": \"ESTABLISHED\""), 2);
	SIM_EXPECT(count_of(other.record, "\"kind\": \"sample\"") >= 10);
	/* One was lost, one was sent again. */
	SIM_EXPECT_EQ(count_of(other.record, "\"kind\": \"send\""),
		      count_of(other.record, "\"kind\": \"recv\""));
	SIM_EXPECT(strstr(other.record, "\"queue\": 13500"));
	SIM_EXPECT(strstr(other.record, "\"ack\": 29002"));
	free(other.record);
}
