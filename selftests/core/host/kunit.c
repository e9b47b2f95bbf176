// SPDX-License-Identifier: GPL-2.0
/*
 * Run KUnit suites in user space: each case with its rows, a failed assertion
 * ends the case, the report is KTAP as the kernel writes it.
 */
#include <kunit/test.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/port.h"
#include "siphash.h"

#define SUBTEST "    "
#define ROW "        "

/* A piece of memory that a test has; goes when the test does. */
struct kunit_memory {
	struct kunit_memory *next;
	max_align_t payload[];
};

static jmp_buf abort_case;
static unsigned int nr_passed, nr_failed;

void *kunit_kzalloc(struct kunit *test, size_t size, int gfp)
{
	struct kunit_memory *memory = calloc(1, sizeof(*memory) + size);

	(void)gfp;
	if (!memory)
		return NULL;
	memory->next = test->memory;
	test->memory = memory;
	return memory->payload;
}

void kunit_kfree(struct kunit *test, const void *ptr)
{
	struct kunit_memory **link = &test->memory, *memory;

	for (; *link; link = &(*link)->next) {
		memory = *link;
		if (memory->payload != ptr)
			continue;
		*link = memory->next;
		free(memory);
		return;
	}
	if (ptr)
		abort(); /* not ours, or freed before */
}

static void free_all(struct kunit *test)
{
	while (test->memory)
		kunit_kfree(test, test->memory->payload);
}

static void report(struct kunit *test, struct kunit_spot spot,
		   const char *detail, const char *fmt, va_list args)
{
	test->has_failed = true;
	printf(ROW "# %s:%d: expected %s %s\n", spot.file, spot.line, spot.expr,
	       detail);
	if (*fmt) {
		printf(ROW "# ");
		vprintf(fmt, args);
		printf("\n");
	}
	if (spot.is_assertion)
		longjmp(abort_case, 1);
}

void kunit_compare(struct kunit *test, struct kunit_spot spot, long long left,
		   long long right, const char *fmt, ...)
{
	char detail[80];
	va_list args;

	snprintf(detail, sizeof(detail), "but it is %lld and %lld", left, right);
	va_start(args, fmt);
	report(test, spot, detail, fmt, args);
	va_end(args);
}

void kunit_fail(struct kunit *test, struct kunit_spot spot, const char *detail,
		const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(test, spot, detail, fmt, args);
	va_end(args);
}

/* One call of the test function, with a row or without. */
static bool run_once(const struct kunit_suite *suite,
		     const struct kunit_case *test_case, const void *row)
{
	struct kunit test = { .param_value = row };

	if (!setjmp(abort_case)) {
		if (suite->init && suite->init(&test))
			test.has_failed = true;
		else
			test_case->run_case(&test);
	}
	if (!setjmp(abort_case) && suite->exit)
		suite->exit(&test);
	free_all(&test);

	/* The kernel's goes on from there: it would begin anew, for ever. */
	if (test.param_value != row)
		test.has_failed = true;
	if (test.has_failed)
		nr_failed++;
	else
		nr_passed++;
	return !test.has_failed;
}

static const char *verdict(bool ok)
{
	return ok ? "ok" : "not ok";
}

static bool run_rows(const struct kunit_suite *suite,
		     const struct kunit_case *test_case)
{
	char desc[KUNIT_PARAM_DESC_SIZE];
	const void *row = NULL;
	bool all_ok = true, ok;
	unsigned int nr = 0;

	printf(ROW "KTAP version 1\n" ROW "# Subtest: %s\n", test_case->name);
	for (;;) {
		desc[0] = '\0';
		row = test_case->generate_params(row, desc);
		if (!row)
			return all_ok;
		ok = run_once(suite, test_case, row);
		printf(ROW "%s %u %s\n", verdict(ok), ++nr, desc);
		all_ok &= ok;
	}
}

static bool run_suite(const struct kunit_suite *suite)
{
	const struct kunit_case *test_case;
	unsigned int nr = 0;
	bool all_ok = true, ok;

	for (test_case = suite->test_cases; test_case->run_case; test_case++)
		nr++;
	printf(SUBTEST "KTAP version 1\n" SUBTEST "# Subtest: %s\n" SUBTEST
	       "1..%u\n", suite->name, nr);

	nr = 0;
	for (test_case = suite->test_cases; test_case->run_case; test_case++) {
		ok = test_case->generate_params ? run_rows(suite, test_case) :
						  run_once(suite, test_case, NULL);
		printf(SUBTEST "%s %u %s\n", verdict(ok), ++nr, test_case->name);
		all_ok &= ok;
	}
	return all_ok;
}

/* Without arguments all suites, otherwise those named. */
static bool is_wanted(const struct kunit_suite *suite, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], suite->name))
			return true;
	}
	return argc < 2;
}

int main(int argc, char **argv)
{
	unsigned int i, nr = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!siphash_selfcheck()) {
		printf("Bail out! SipHash is wrong\n");
		return EXIT_FAILURE;
	}
	for (i = 0; kunit_suites[i]; i++)
		nr += is_wanted(kunit_suites[i], argc, argv);
	printf("KTAP version 1\n1..%u\n", nr);

	nr = 0;
	for (i = 0; kunit_suites[i]; i++) {
		bool ok;

		if (!is_wanted(kunit_suites[i], argc, argv))
			continue;
		ok = run_suite(kunit_suites[i]);
		printf("%s %u %s\n", verdict(ok), ++nr, kunit_suites[i]->name);
	}
	printf("# Totals: pass:%u fail:%u skip:0 total:%u\n", nr_passed,
	       nr_failed, nr_passed + nr_failed);
	return nr_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
