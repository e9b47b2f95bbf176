// SPDX-License-Identifier: GPL-2.0
/* Memory: accounted to the socket and the protocol, limited, given back. */
#include <linux/sock_diag.h>
#include <sys/stat.h>

#include "sockets.h"

static unsigned int meminfo(int fd, int which)
{
	unsigned int info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	REQUIRE_OK(getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len));
	return info[which];
}

TEST(accounted_to_the_socket)
{
	size_t sent;
	int fd[2];

	small_pair(fd);
	EXPECT_EQ(meminfo(fd[1], SK_MEMINFO_RMEM_ALLOC), 0);
	EXPECT_EQ(meminfo(fd[0], SK_MEMINFO_WMEM_QUEUED), 0);
	sent = fill(fd[0]);
	EXPECT_GE(meminfo(fd[1], SK_MEMINFO_RMEM_ALLOC), 10000);
	EXPECT_GE(meminfo(fd[0], SK_MEMINFO_WMEM_QUEUED), 10000);
	/* The buffer's size is what is kept to, give or take a burst. */
	EXPECT_LE(meminfo(fd[1], SK_MEMINFO_RMEM_ALLOC), 65536 + 150000);
	EXPECT_EQ(drain(fd[1], sent), sent);
	for (int i = 0; i < 100; i++) {
		if (!meminfo(fd[0], SK_MEMINFO_WMEM_QUEUED))
			break;
		pause_ms(20);
	}
	EXPECT_EQ(meminfo(fd[1], SK_MEMINFO_RMEM_ALLOC), 0);
	EXPECT_EQ(meminfo(fd[0], SK_MEMINFO_WMEM_QUEUED), 0);
}

/* A sender that nobody reads from, byte by byte: overhead is counted, too. */
TEST_TIMEOUT(tiny_segments_are_limited, 180)
{
	size_t sent = 0;
	int fd[2];

	small_pair(fd);
	EXPECT_EQ(set_int(fd[0], SOL_TCP, TCP_NODELAY, 1), 0);
	set_nonblock(fd[0]);
	for (int i = 0; i < 100000; i++) {
		if (send(fd[0], "x", 1, 0) != 1)
			break;
		sent++;
	}
	EXPECT_LE(meminfo(fd[1], SK_MEMINFO_RMEM_ALLOC), 65536 + 150000);
	EXPECT_EQ(drain(fd[1], sent), sent);
}

/* Of the protocol's line in /proc/net/protocols: pages, or -1. */
static long protocol_pages(void)
{
	const char *name = is_native() ? "TCP " : "ATCP ";
	FILE *f = fopen("/proc/self/net/protocols", "r");
	long pages = -1;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			sscanf(line, "%*s %*d %*d %ld", &pages);
	if (f)
		fclose(f);
	return pages;
}

TEST(accounted_to_the_protocol)
{
	static char buf[16384];
	int fd[20][2];

	EXPECT_GE(protocol_pages(), 0);
	for (int i = 0; i < 20; i++) {
		pair(fd[i]);
		while (send(fd[i][0], buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
	}
	EXPECT_GE(protocol_pages(), 100);
}

/* A control group pays for what its sockets hold. */
TEST(control_group)
{
	char stat_path[] = "/sys/fs/cgroup/atcp-memory/memory.stat", line[128];
	long sock = -1;
	int fd[2];
	FILE *f;

	sysctl_write("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	mkdir("/sys/fs/cgroup/atcp-memory", 0755);
	if (sysctl_write("/sys/fs/cgroup/atcp-memory/cgroup.procs", "0") ||
	    access(stat_path, R_OK))
		harness_skip("no memory controller");
	small_pair(fd);
	fill(fd[0]);
	pause_ms(2500);		/* statistics are gathered every 2 s */
	f = fopen(stat_path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "sock %ld", &sock) == 1)
			break;
	EXPECT_GE(sock, 10000);
	sysctl_write("/sys/fs/cgroup/cgroup.procs", "0");
}
