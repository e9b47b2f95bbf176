// SPDX-License-Identifier: GPL-2.0
/*
 * The frame of the C tests: see harness.h.
 *
 *	PROGRAM [--native | --atcp] [--list] [TEST...]
 *
 * Native TCP, then ATCP on protocol 253 and on 6, unless one is named, here or as
 * ATCP_TEST_PROTO=6, 253 or 258.
 */
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#define EXIT_SKIP 4
#define NR_PROTOS 3

int proto;

static struct test *tests, **tests_end = &tests;
static bool has_failed;
static int nr_run, nr_failed;

void harness_add(struct test *test)
{
	*tests_end = test;
	tests_end = &test->next;
}

void harness_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	printf("# %s:%d: ", file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	has_failed = true;
}

void harness_stop(void)
{
	exit(has_failed ? EXIT_FAILURE : EXIT_SUCCESS);
}

void harness_skip(const char *why)
{
	printf("# skipped: %s\n", why);
	exit(EXIT_SKIP);
}

bool harness_failed(void)
{
	return has_failed;
}

/* A network namespace of our own, with its loopback interface up. */
static void own_network(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWNET)) {
		perror("# unshare, are you root?");
		exit(EXIT_SKIP);
	}
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr)) {
		perror("# lo up");
		exit(EXIT_FAILURE);
	}
	close(fd);
}

static void run_child(const struct test *test)
{
	signal(SIGPIPE, SIG_DFL);
	alarm(test->timeout_s);
	test->fn();
	exit(has_failed ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* The child and what it started end together, however it ends. */
static void run_one(const struct test *test)
{
	const char *name = is_native() ? "native" :
			   proto == IPPROTO_ATCP ? "atcp" : "wire6";
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		run_child(test);
	}
	waitpid(pid, &status, 0);
	kill(-pid, SIGKILL);

	nr_run++;
	if (WIFEXITED(status) && !WEXITSTATUS(status)) {
		printf("ok %d %s: %s\n", nr_run, name, test->name);
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIP) {
		printf("ok %d %s: %s # SKIP\n", nr_run, name, test->name);
	} else {
		if (WIFSIGNALED(status))
			printf("# ended by signal %d%s\n", WTERMSIG(status),
			       WTERMSIG(status) == SIGALRM ?
			       ": took too long" : "");
		printf("not ok %d %s: %s\n", nr_run, name, test->name);
		nr_failed++;
	}
}

static bool is_wanted(const struct test *test, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(*names, test->name))
			return true;
	return false;
}

static bool has_proto(int number)
{
	int fd = socket(AF_INET, SOCK_STREAM, number);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int main(int argc, char **argv)
{
	static const int protos[NR_PROTOS] = { IPPROTO_TCP, IPPROTO_ATCP,
					       IPPROTO_ATCP_TCP };
	const char *env = getenv("ATCP_TEST_PROTO");
	int only = env ? atoi(env) : 0, planned = 0;
	struct test *test;
	char **names;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (names = argv + 1; argc > 1 && !strncmp(*names, "--", 2); names++) {
		if (!strcmp(*names, "--native")) {
			only = IPPROTO_TCP;
		} else if (!strcmp(*names, "--atcp")) {
			only = IPPROTO_ATCP;
		} else if (!strcmp(*names, "--list")) {
			for (test = tests; test; test = test->next)
				printf("%s\n", test->name);
			return 0;
		}
		if (!names[1])
			break;
	}
	if (*names && !strncmp(*names, "--", 2))
		names++;

	printf("KTAP version 1\n");
	if (!has_proto(only ? : IPPROTO_ATCP)) {
		printf("1..0 # SKIP no protocol %d: load atcp.ko\n",
		       only ? : IPPROTO_ATCP);
		return EXIT_SKIP;
	}
	for (test = tests; test; test = test->next)
		planned += is_wanted(test, names);
	printf("1..%d\n", only ? planned : NR_PROTOS * planned);

	for (int i = 0; i < NR_PROTOS; i++) {
		proto = protos[i];
		if (only && only != proto)
			continue;
		own_network();
		for (test = tests; test; test = test->next)
			if (is_wanted(test, names))
				run_one(test);
	}
	return nr_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
