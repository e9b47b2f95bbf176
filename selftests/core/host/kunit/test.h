/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of the kernel's KUnit as the suites use, for user space. Same names,
 * same meaning, same report (KTAP version 1); see kunit.c.
 */
#ifndef ATCP_HOST_KUNIT_TEST_H
#define ATCP_HOST_KUNIT_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define KUNIT_PARAM_DESC_SIZE 128
#define GFP_KERNEL 0

struct kunit;
struct kunit_memory;

/**
 * struct kunit - A test that is being run.
 * @param_value: Row of the table, for a test with parameters.
 * @memory: What the test has allocated.
 * @has_failed: An expectation did not hold.
 */
struct kunit {
	const void *param_value;
	struct kunit_memory *memory;
	bool has_failed;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

struct kunit_suite {
	const char name[256];
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

/* What the kernel's macro registers is here one list for main(). */
extern struct kunit_suite *const kunit_suites[];

#define kunit_test_suites(...) \
	struct kunit_suite *const kunit_suites[] = { __VA_ARGS__, NULL }

#define KUNIT_CASE(test_name) { .run_case = test_name, .name = #test_name }
#define KUNIT_CASE_PARAM(test_name, gen) \
	{ .run_case = test_name, .name = #test_name, .generate_params = gen }

#define KUNIT_ARRAY_PARAM_DESC(gen, array, desc_member)                     \
	static const void *gen##_gen_params(const void *prev, char *desc)   \
	{                                                                   \
		__typeof__(&(array)[0]) next = prev;                        \
									    \
		next = next ? next + 1 : &(array)[0];                       \
		if ((size_t)(next - (array)) >=                             \
		    sizeof(array) / sizeof((array)[0]))                     \
			return NULL;                                        \
		snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s",                 \
			 next->desc_member);                                \
		return next;                                                \
	}

void *kunit_kzalloc(struct kunit *test, size_t size, int gfp);
void kunit_kfree(struct kunit *test, const void *ptr);

/* Where an expectation stands; reported when it does not hold. */
struct kunit_spot {
	const char *file;
	const char *expr;
	int line;
	bool is_assertion;
};

/* The formats are checked where the kernel builds the same source. */
void kunit_compare(struct kunit *test, struct kunit_spot spot, long long left,
		   long long right, const char *fmt, ...);
void kunit_fail(struct kunit *test, struct kunit_spot spot, const char *detail,
		const char *fmt, ...);

#define KUNIT_SPOT(text, assertion) \
	((struct kunit_spot){ __FILE__, text, __LINE__, assertion })

/* A message is optional: the format is never empty. */
#define KUNIT_COMPARE(test, left, op, right, assertion, ...)               \
	do {                                                               \
		__typeof__(left) left_value = (left);                      \
		__typeof__(right) right_value = (right);                   \
									   \
		if (!(left_value op right_value))                          \
			kunit_compare(test,                                \
				      KUNIT_SPOT(#left " " #op " " #right, \
						 assertion),               \
				      (long long)left_value,               \
				      (long long)right_value, "" __VA_ARGS__); \
	} while (0)

#define KUNIT_CHECK(test, condition, text, assertion, ...)                  \
	do {                                                                \
		if (!(condition))                                           \
			kunit_fail(test, KUNIT_SPOT(text, assertion), "",   \
				   "" __VA_ARGS__);                         \
	} while (0)

#define KUNIT_EXPECT_TRUE(t, c) KUNIT_CHECK(t, c, #c, false)
#define KUNIT_EXPECT_TRUE_MSG(t, c, ...) \
	KUNIT_CHECK(t, c, #c, false, __VA_ARGS__)
#define KUNIT_EXPECT_FALSE(t, c) KUNIT_CHECK(t, !(c), "!" #c, false)
#define KUNIT_EXPECT_FALSE_MSG(t, c, ...) \
	KUNIT_CHECK(t, !(c), "!" #c, false, __VA_ARGS__)
#define KUNIT_EXPECT_EQ(t, l, r) KUNIT_COMPARE(t, l, ==, r, false)
#define KUNIT_EXPECT_EQ_MSG(t, l, r, ...) \
	KUNIT_COMPARE(t, l, ==, r, false, __VA_ARGS__)
#define KUNIT_EXPECT_NE(t, l, r) KUNIT_COMPARE(t, l, !=, r, false)
#define KUNIT_EXPECT_NE_MSG(t, l, r, ...) \
	KUNIT_COMPARE(t, l, !=, r, false, __VA_ARGS__)
#define KUNIT_EXPECT_LT(t, l, r) KUNIT_COMPARE(t, l, <, r, false)
#define KUNIT_EXPECT_LE(t, l, r) KUNIT_COMPARE(t, l, <=, r, false)
#define KUNIT_EXPECT_GT(t, l, r) KUNIT_COMPARE(t, l, >, r, false)
#define KUNIT_EXPECT_GE(t, l, r) KUNIT_COMPARE(t, l, >=, r, false)
#define KUNIT_EXPECT_NULL(t, p) KUNIT_CHECK(t, !(p), #p " == NULL", false)
#define KUNIT_EXPECT_PTR_EQ(t, l, r) \
	KUNIT_CHECK(t, (l) == (r), #l " == " #r, false)

#define KUNIT_ASSERT_TRUE(t, c) KUNIT_CHECK(t, c, #c, true)
#define KUNIT_ASSERT_TRUE_MSG(t, c, ...) \
	KUNIT_CHECK(t, c, #c, true, __VA_ARGS__)
#define KUNIT_ASSERT_FALSE(t, c) KUNIT_CHECK(t, !(c), "!" #c, true)
#define KUNIT_ASSERT_EQ(t, l, r) KUNIT_COMPARE(t, l, ==, r, true)
#define KUNIT_ASSERT_EQ_MSG(t, l, r, ...) \
	KUNIT_COMPARE(t, l, ==, r, true, __VA_ARGS__)
#define KUNIT_ASSERT_NE(t, l, r) KUNIT_COMPARE(t, l, !=, r, true)
#define KUNIT_ASSERT_LT(t, l, r) KUNIT_COMPARE(t, l, <, r, true)
#define KUNIT_ASSERT_LE(t, l, r) KUNIT_COMPARE(t, l, <=, r, true)
#define KUNIT_ASSERT_NOT_NULL(t, p) KUNIT_CHECK(t, p, #p " != NULL", true)

#define KUNIT_EXPECT_STREQ(t, l, r)                                        \
	do {                                                               \
		if (strcmp(l, r))                                          \
			kunit_fail(t, KUNIT_SPOT(#l " == " #r, false), l,  \
				   "");                                    \
	} while (0)

#define KUNIT_EXPECT_MEMEQ(t, l, r, size)                                  \
	do {                                                               \
		if (memcmp(l, r, size))                                    \
			kunit_fail(t, KUNIT_SPOT(#l " == " #r, false), "", \
				   "");                                    \
	} while (0)

#define KUNIT_FAIL(t, ...) \
	kunit_fail(t, KUNIT_SPOT("no failure", false), "", "" __VA_ARGS__)

/* What <linux/module.h> has for the kernel. */
#define MODULE_LICENSE(text) \
	static_assert(sizeof(text) > 1, "a licence")
#define MODULE_DESCRIPTION(text) \
	static_assert(sizeof(text) > 1, "a description")

#endif /* ATCP_HOST_KUNIT_TEST_H */
