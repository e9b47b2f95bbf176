// SPDX-License-Identifier: GPL-2.0
/* The command: scenarios and seeds, over the machine's processors, as KTAP. */
#include <errno.h>
#include <getopt.h>
#include <glob.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab.h"
#include "script.h"
#include "siphash.h"

#define BLOCK 250 /* seeds per line of output */
#define WATCH_SECONDS 60 /* no single run takes so much of a processor's time */
#define JOBS_MAX 64

static const char *program;

/* One run. Returns true if it is all right; says what is wrong if not. */
static bool run_one(u64 seed, const struct sim_scenario *scenario, FILE *live,
		    FILE *json, FILE *report)
{
	struct sim *sim = sim_new(seed, live);

	sim->json = json;
	if (!setjmp(sim->failed)) {
		if (scenario && scenario->path)
			lab_run_file(sim, scenario->path);
		else if (scenario)
			scenario->run(sim);
		else
			sim_random(sim);
		judge_end(sim);
		sim_free(sim);
		return true;
	}
	if (!live)
		sim_trace_dump(sim, report);
	fprintf(report, "%6llu.%06llu %s\n",
		(unsigned long long)((sim->now - sim->start) / SIM_SEC),
		(unsigned long long)((sim->now - sim->start) % SIM_SEC /
				     SIM_USEC),
		sim->failure);
	if (scenario)
		fprintf(report, "replay: %s --trace %s %s\n", program,
			scenario->path ? "--file" : "--scenario",
			scenario->path ?: scenario->name);
	else
		fprintf(report, "replay: %s --trace --seed %llu\n", program,
			(unsigned long long)seed);
	sim_free(sim);
	return false;
}

/**
 * struct job - What one child process does.
 * @scenario: A scenario, or NULL: seeds.
 * @first: First seed.
 * @last: Last seed.
 * @pid: The child, 0 for none.
 * @report: What it has to say.
 */
struct job {
	const struct sim_scenario *scenario;
	u64 first;
	u64 last;
	pid_t pid;
	FILE *report;
};

/* Which seed each job is at, shared with the children: a crash cannot tell. */
static u64 *seed_of_job;

/* By its own time: how busy the machine is says nothing of a run. */
static void watch(void)
{
	const struct itimerval time = { .it_value.tv_sec = WATCH_SECONDS };

	setitimer(ITIMER_PROF, &time, NULL);
}

static void run_job(const struct job *job, u64 *at)
{
	bool is_good = true;

	for (*at = job->first; *at <= job->last && is_good; ++*at) {
		watch();
		is_good = run_one(*at, job->scenario, NULL, NULL, job->report);
		if (!is_good)
			break;
	}
	fflush(job->report);
	_exit(!is_good);
}

static void start_job(struct job *job, u64 *at)
{
	job->report = tmpfile();
	if (!job->report)
		abort();
	fflush(NULL);
	job->pid = fork();
	if (job->pid < 0)
		abort();
	if (job->pid)
		return;
	/* A sanitizer's or a signal's last words go the same way. */
	dup2(fileno(job->report), STDERR_FILENO);
	run_job(job, at);
}

static void show_report(const struct job *job, int status, u64 seed)
{
	char line[512];

	rewind(job->report);
	while (fgets(line, sizeof(line), job->report))
		printf("# %s", line);
	if (!WIFSIGNALED(status) && WEXITSTATUS(status) <= 1)
		return;
	printf("# %s, replay: %s --trace ",
	       WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF ?
		       "does not stop" : "crashed", program);
	if (job->scenario)
		printf("--scenario %s\n", job->scenario->name);
	else
		printf("--seed %llu\n", (unsigned long long)seed);
}

static bool end_job(struct job *job, int status, u64 seed, u32 number)
{
	bool is_good = WIFEXITED(status) && !WEXITSTATUS(status);

	if (!is_good)
		show_report(job, status, seed);
	printf("%s %u - ", is_good ? "ok" : "not ok", number);
	if (job->scenario)
		printf("%s\n", job->scenario->name);
	else
		printf("seeds %llu to %llu\n", (unsigned long long)job->first,
		       (unsigned long long)job->last);
	fflush(stdout);
	fclose(job->report);
	job->pid = 0;
	return is_good;
}

struct work {
	const struct sim_scenario *scenario;
	u64 next_seed;
	u64 last_seed;
	u32 total;
	bool stops_at_failure;
};

static bool next_job(struct work *work, struct job *job)
{
	if (work->scenario) {
		*job = (struct job){ .scenario = work->scenario, .first = 1,
				     .last = 1 };
		work->scenario = work->scenario->next;
		return true;
	}
	if (work->next_seed > work->last_seed)
		return false;
	*job = (struct job){ .first = work->next_seed };
	job->last = min(work->next_seed + BLOCK - 1, work->last_seed);
	work->next_seed = job->last + 1;
	return true;
}

static u32 find_job(const struct job *jobs, u32 nr, pid_t pid)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (jobs[i].pid == pid)
			return i;
	abort();
}

static int run_all(struct work *work, u32 nr_jobs)
{
	struct job jobs[JOBS_MAX] = { 0 };
	u32 running = 0, done = 0, failed = 0, i;
	bool has_more = true;
	int status;

	while (has_more || running) {
		while (has_more && running < nr_jobs) {
			i = find_job(jobs, nr_jobs, 0);
			has_more = next_job(work, &jobs[i]);
			if (!has_more)
				break;
			start_job(&jobs[i], &seed_of_job[i]);
			running++;
		}
		if (!running)
			break;
		i = find_job(jobs, nr_jobs, wait(&status));
		running--;
		if (!end_job(&jobs[i], status, seed_of_job[i], ++done)) {
			failed++;
			has_more &= !work->stops_at_failure;
		}
		if (done % 10 == 0 || done == work->total)
			fprintf(stderr, "sim: %u of %u, %u failed\n", done,
				work->total, failed);
	}
	return !!failed;
}

static int run_suite(struct work *work, u32 nr_jobs)
{
	const struct sim_scenario *scenario;
	u32 total = 0;

	seed_of_job = mmap(NULL, JOBS_MAX * sizeof(u64),
			   PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seed_of_job == MAP_FAILED)
		abort();
	for (scenario = work->scenario; scenario; scenario = scenario->next)
		total++;
	total += (work->last_seed + BLOCK - work->next_seed) / BLOCK;
	work->total = total;
	printf("TAP version 13\n1..%u\n", total);
	return run_all(work, nr_jobs);
}

/* Every file of the directory of scenarios is a scenario, by its own name. */
static void add_files(void)
{
	struct sim_scenario *scenarios;
	static glob_t found;
	size_t i;

	if (glob(SIM_SCENARIOS "/*.scn", 0, NULL, &found))
		return;
	scenarios = calloc(found.gl_pathc, sizeof(*scenarios));
	if (!scenarios)
		abort();
	for (i = 0; i < found.gl_pathc; i++) {
		scenarios[i].path = found.gl_pathv[i];
		scenarios[i].file = "scenarios";
		scenarios[i].name = strrchr(found.gl_pathv[i], '/') + 1;
		sim_scenario_register(&scenarios[i]);
	}
}

static int list(void)
{
	const struct sim_scenario *scenario = sim_scenarios();

	for (; scenario; scenario = scenario->next)
		printf("%-24s %s\n", scenario->file, scenario->name);
	return 0;
}

static int show_usage(FILE *to)
{
	fprintf(to,
		"usage: %s [--trace] [--jobs N] [WHAT]...\n"
		"  --scenarios          every scenario\n"
		"  --seeds FROM-TO      random runs\n"
		"  --scenario NAME      one scenario\n"
		"  --file X.scn         one scenario from a file\n"
		"  --seed N             one random run\n"
		"  --trace              with one of the latter: show packets\n"
		"  --json FILE          with one of the latter: record it\n"
		"  --fail-fast          begin nothing more after a failure\n"
		"  --list               names of the scenarios\n",
		program);
	return 2;
}

static const struct sim_scenario *find_scenario(const char *name)
{
	const struct sim_scenario *scenario = sim_scenarios();

	while (scenario && strcmp(scenario->name, name))
		scenario = scenario->next;
	if (!scenario) {
		fprintf(stderr, "no scenario \"%s\"\n", name);
		exit(2);
	}
	return scenario;
}

static const struct option options[] = {
	{ "list", no_argument, NULL, 'l' },
	{ "trace", no_argument, NULL, 't' },
	{ "file", required_argument, NULL, 'F' },
	{ "json", required_argument, NULL, 'J' },
	{ "jobs", required_argument, NULL, 'j' },
	{ "fail-fast", no_argument, NULL, 'f' },
	{ "scenarios", no_argument, NULL, 'S' },
	{ "scenario", required_argument, NULL, 's' },
	{ "seeds", required_argument, NULL, 'N' },
	{ "seed", required_argument, NULL, 'n' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct request {
	struct work work;
	const struct sim_scenario *scenario;
	struct sim_scenario file;
	FILE *json;
	u64 seed;
	u32 nr_jobs;
	bool is_single;
	bool is_traced;
};

static bool parse_range(const char *text, struct work *work)
{
	unsigned long long first, last;

	if (sscanf(text, "%llu-%llu", &first, &last) != 2)
		return false;
	work->next_seed = first;
	work->last_seed = last;
	return true;
}

static FILE *open_record(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(2);
	}
	return file;
}

/* Returns -1 to go on, or the exit status. */
static int parse_args(int argc, char **argv, struct request *request)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		switch (opt) {
		case 'l':
			return list();
		case 't':
			request->is_traced = true;
			break;
		case 'f':
			request->work.stops_at_failure = true;
			break;
		case 'j':
			request->nr_jobs = (u32)atoi(optarg);
			break;
		case 'S':
			request->work.scenario = sim_scenarios();
			break;
		case 's':
			request->scenario = find_scenario(optarg);
			request->seed = 1;
			request->is_single = true;
			break;
		case 'F':
			request->file = (struct sim_scenario){
				.name = optarg, .path = optarg,
			};
			request->scenario = &request->file;
			request->seed = 1;
			request->is_single = true;
			break;
		case 'J':
			request->json = open_record(optarg);
			break;
		case 'N':
			if (!parse_range(optarg, &request->work))
				return show_usage(stderr);
			break;
		case 'n':
			request->seed = strtoull(optarg, NULL, 0);
			request->is_single = true;
			break;
		case 'h':
			show_usage(stdout);
			return 0;
		default:
			return show_usage(stderr);
		}
	}
	return argc > 1 ? -1 : show_usage(stderr);
}

int main(int argc, char **argv)
{
	struct request request = {
		.work = { .next_seed = 1 },
		.nr_jobs = (u32)max(sysconf(_SC_NPROCESSORS_ONLN), 1),
	};
	int status;

	program = argv[0];
	add_files();
	status = parse_args(argc, argv, &request);
	if (status >= 0)
		return status;
	if (!siphash_selfcheck()) {
		printf("Bail out! SipHash is wrong\n");
		return 1;
	}
	if (request.is_single)
		return !run_one(request.seed, request.scenario,
				request.is_traced ? stdout : NULL,
				request.json, stdout);
	request.nr_jobs = min(max(request.nr_jobs, 1u), JOBS_MAX);
	return run_suite(&request.work, request.nr_jobs);
}
