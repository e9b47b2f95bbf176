// SPDX-License-Identifier: GPL-2.0
/*
 * insmod, traffic, drain, rmmod, a hundred times: slab and modules as before. A
 * quarter of that where the kernel looks for leaks itself, and takes its time.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "sockets.h"

#define CYCLES 100
#define CYCLES_CHECKED 25
/* What the kernel's own caches may grow by; a leak of 4 KiB each would show. */
#define SLACK_KIB 400

static const char *ko;

static void load(void)
{
	int fd = open(ko, O_RDONLY);

	REQUIRE_OK(fd);
	REQUIRE_OK(syscall(SYS_finit_module, fd, "", 0));
	close(fd);
}

static void unload(void)
{
	for (int i = 0; i < 100; i++) {
		REQUIRE_OK(sysctl_write("/proc/sys/net/atcp/drain", "1"));
		if (!syscall(SYS_delete_module, "atcp", O_NONBLOCK))
			return;
		pause_ms(20);
	}
	harness_fail(__FILE__, __LINE__, "rmmod: %s", strerror(errno));
	harness_stop();
}

static bool is_loaded(void)
{
	struct stat st;

	return !stat("/sys/module/atcp", &st);
}

/* A connection that ends well, one that is reset, one left with data. */
static void traffic(void)
{
	static char buf[50000];
	int fd[2];

	pair(fd);
	EXPECT_EQ(send(fd[0], buf, sizeof(buf), 0), sizeof(buf));
	EXPECT_EQ(drain(fd[1], sizeof(buf)), sizeof(buf));
	close(fd[0]);
	EXPECT_EQ(recv(fd[1], buf, 1, 0), 0);
	close(fd[1]);
	pair(fd);
	set_linger(fd[0], 1, 0);
	close(fd[0]);
	close(fd[1]);
	small_pair(fd);
	while (send(fd[0], buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	close(fd[0]);
	close(fd[1]);
}

/* Unreclaimable slab, KiB, once what RCU still holds has gone. */
static long slab_kib(void)
{
	char line[128];
	long kib = 0;
	FILE *f;

	pause_ms(500);
	f = fopen("/proc/meminfo", "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "SUnreclaim: %ld kB", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

static bool has_slab(void)
{
	char line[256];
	bool found = false;
	FILE *f = fopen("/proc/slabinfo", "r");

	while (f && fgets(line, sizeof(line), f))
		found = found || strstr(line, "atcp");
	if (f)
		fclose(f);
	return found;
}

TEST_TIMEOUT(load_use_unload, 380)
{
	int cycles = is_debug_kernel() ? CYCLES_CHECKED : CYCLES;
	long before = 0, after;

	if (is_native())
		harness_skip("native TCP is no module");
	ko = getenv("ATCP_KO");
	if (is_loaded())
		unload();
	for (int i = 0; i < cycles; i++) {
		load();
		traffic();
		unload();
		EXPECT_EQ(is_loaded(), false);
		EXPECT_EQ(has_slab(), false);
		if (i == cycles / 4)
			before = slab_kib();
	}
	after = slab_kib();
	printf("# unreclaimable slab: %ld KiB, then %ld KiB\n", before, after);
	EXPECT_LE(after - before, SLACK_KIB);
	load();
}
