/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A frame for tests that make the same assertions about the kernel's own TCP
 * and about ATCP. Each test runs in a child of its own with a time limit; the
 * result is KTAP on standard output. Exit status: 0 passed, 1 failed, 4 skipped.
 */
#ifndef ATCP_SELFTESTS_HARNESS_H
#define ATCP_SELFTESTS_HARNESS_H

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IPPROTO_ATCP 253
#define IPPROTO_ATCP_TCP 258

/**
 * struct test - One test.
 * @name: What it shows.
 * @fn: Its assertions.
 * @timeout_s: Seconds it may take on a slow machine.
 * @next: In the order of the file.
 */
struct test {
	const char *name;
	void (*fn)(void);
	unsigned int timeout_s;
	struct test *next;
};

/* The protocol under test: IPPROTO_TCP, IPPROTO_ATCP or IPPROTO_ATCP_TCP. */
extern int proto;

static inline bool is_native(void)
{
	return proto != IPPROTO_ATCP && proto != IPPROTO_ATCP_TCP;
}

/* Its checkers make everything some thirty times slower. */
static inline bool is_debug_kernel(void)
{
	return !access("/sys/kernel/debug/kmemleak", F_OK);
}

/* The protocol number in the IP header. */
static inline int wire_proto(void)
{
	return proto == IPPROTO_ATCP_TCP ? IPPROTO_TCP : proto;
}

void harness_add(struct test *test);
void harness_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void harness_skip(const char *why) __attribute__((noreturn));
void harness_stop(void) __attribute__((noreturn));
bool harness_failed(void);

#define TEST_TIMEOUT(id, seconds)                                       \
	static void test_##id(void);                                    \
	__attribute__((constructor)) static void add_##id(void)         \
	{                                                               \
		static struct test test = { #id, test_##id, seconds };  \
									\
		harness_add(&test);                                     \
	}                                                               \
	static void test_##id(void)

#define TEST(id) TEST_TIMEOUT(id, 30)

/* The EXPECTs report and go on; the REQUIREs end the test. */
#define CHECK_OP(a, op, b, then)                                             \
	do {                                                                 \
		long long a__ = (long long)(a), b__ = (long long)(b);        \
		int e__ = errno;                                             \
									     \
		if (!(a__ op b__)) {                                         \
			harness_fail(__FILE__, __LINE__,                     \
				     "%s %s %s: %lld and %lld (errno %s)",   \
				     #a, #op, #b, a__, b__, strerror(e__));  \
			then;                                                \
		}                                                            \
	} while (0)

#define EXPECT_EQ(a, b) CHECK_OP(a, ==, b, )
#define EXPECT_NE(a, b) CHECK_OP(a, !=, b, )
#define EXPECT_GE(a, b) CHECK_OP(a, >=, b, )
#define EXPECT_LE(a, b) CHECK_OP(a, <=, b, )
#define EXPECT_OK(call) CHECK_OP(call, >=, 0, )
#define EXPECT_TRUE(a) CHECK_OP(!!(a), ==, 1, )
#define REQUIRE_EQ(a, b) CHECK_OP(a, ==, b, harness_stop())
#define REQUIRE_OK(call) CHECK_OP(call, >=, 0, harness_stop())
#define REQUIRE_TRUE(a) CHECK_OP(!!(a), ==, 1, harness_stop())

/* The call fails, with this errno. */
#define EXPECT_ERR(call, want)                                               \
	do {                                                                 \
		long long r__ = (errno = 0, (long long)(call));              \
		int e__ = errno;                                             \
									     \
		if (r__ >= 0)                                                \
			harness_fail(__FILE__, __LINE__,                     \
				     "%s gave %lld, not " #want, #call,      \
				     r__);                                   \
		else if (e__ != (want))                                      \
			harness_fail(__FILE__, __LINE__, "%s: %s, not %s",   \
				     #call, strerrorname_np(e__),            \
				     strerrorname_np(want));                 \
	} while (0)

#endif /* ATCP_SELFTESTS_HARNESS_H */
