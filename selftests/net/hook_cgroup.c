// SPDX-License-Identifier: GPL-2.0
/* Control group BPF: what it forbids, rewrites and filters, holds. */
#include <sys/stat.h>

#include "bpf.h"
#include "sockets.h"

/* struct bpf_sock_addr */
#define CTX_PORT offsetof(struct bpf_sock_addr, user_port)
#define CTX_PROTO offsetof(struct bpf_sock_addr, protocol)

/* Move into a new control group; its directory as a descriptor. */
static int own_group(void)
{
	static const char *const roots[] = { "/sys/fs/cgroup",
					     "/sys/fs/cgroup/unified" };
	char path[128], procs[160];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/cgroup.procs", roots[i]);
		if (access(path, W_OK))
			continue;
		snprintf(path, sizeof(path), "%s/atcp-%d", roots[i], getpid());
		snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
		if (mkdir(path, 0755) || sysctl_write(procs, "0"))
			continue;
		return open(path, O_RDONLY | O_DIRECTORY);
	}
	harness_skip("no control groups, version 2");
}

static void attach(int group, int type, int where, const struct bpf_insn *code,
		   size_t nr)
{
	union bpf_attr attr = {
		.target_fd = (__u32)group,
		.attach_bpf_fd = (__u32)bpf_load(type, where, 0, code, nr),
		.attach_type = (__u32)where,
	};

	REQUIRE_OK(bpf_call(BPF_PROG_ATTACH, &attr));
}

static void detach(int group, int where)
{
	union bpf_attr attr = {
		.target_fd = (__u32)group,
		.attach_type = (__u32)where,
	};

	REQUIRE_OK(bpf_call(BPF_PROG_DETACH, &attr));
}

/* Allow everything but the protocol under test. */
static void forbid_address(int group, int where)
{
	const struct bpf_insn code[] = {
		LOAD(BPF_W, 2, 1, CTX_PROTO),
		SET(0, 1),
		UNLESS(2, proto, 1),
		SET(0, 0),
		EXIT(),
	};

	attach(group, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, where, code,
	       LENGTH(code));
}

TEST(connect_forbidden)
{
	int group = own_group(), lfd = listener(), fd = stream_socket();

	forbid_address(group, BPF_CGROUP_INET4_CONNECT);
	EXPECT_ERR(connect_to(fd, name_of(lfd)), EPERM);
	detach(group, BPF_CGROUP_INET4_CONNECT);
	EXPECT_EQ(connect_to(fd, name_of(lfd)), 0);
}

TEST(connect_led_elsewhere)
{
	int group = own_group(), lfd = listener(), fd = stream_socket();
	const struct bpf_insn code[] = {
		SET(2, name_of(lfd).sin_port),
		STORE(BPF_W, 1, CTX_PORT, 2),
		SET(0, 1),
		EXIT(),
	};

	attach(group, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT,
	       code, LENGTH(code));
	EXPECT_EQ(connect_to(fd, addr_of("127.0.0.1", 9)), 0);
	EXPECT_EQ(peer_of(fd).sin_port, name_of(lfd).sin_port);
	EXPECT_OK(accept(lfd, NULL, NULL));
}

TEST(bind_forbidden)
{
	struct sockaddr_in addr = addr_of("127.0.0.1", 7401);
	int group = own_group(), fd = stream_socket();

	forbid_address(group, BPF_CGROUP_INET4_BIND);
	EXPECT_ERR(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), EPERM);
	detach(group, BPF_CGROUP_INET4_BIND);
	EXPECT_EQ(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
}

TEST(names_rewritten)
{
	const struct bpf_insn code[] = {
		SET(2, htons(4711)),
		STORE(BPF_W, 1, CTX_PORT, 2),
		SET(0, 1),
		EXIT(),
	};
	int group = own_group(), fd[2];

	pair(fd);
	attach(group, BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	       BPF_CGROUP_INET4_GETPEERNAME, code, LENGTH(code));
	attach(group, BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	       BPF_CGROUP_INET4_GETSOCKNAME, code, LENGTH(code));
	EXPECT_EQ(ntohs(peer_of(fd[0]).sin_port), 4711);
	EXPECT_EQ(ntohs(name_of(fd[0]).sin_port), 4711);
	EXPECT_EQ(send(fd[0], "x", 1, 0), 1);
	EXPECT_EQ(recv(fd[1], (char[1]){ 0 }, 1, 0), 1);
}

TEST(socket_forbidden)
{
	const struct bpf_insn code[] = {
		LOAD(BPF_W, 2, 1, offsetof(struct bpf_sock, protocol)),
		SET(0, 1),
		UNLESS(2, proto, 1),
		SET(0, 0),
		EXIT(),
	};
	int group = own_group();

	attach(group, BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE,
	       code, LENGTH(code));
	EXPECT_ERR(socket(AF_INET, SOCK_STREAM, proto), EPERM);
	detach(group, BPF_CGROUP_INET_SOCK_CREATE);
	EXPECT_OK(socket(AF_INET, SOCK_STREAM, proto));
}

/* Packets that may not come in, or not go out. */
static void filter_packets(int where)
{
	const struct bpf_insn drop[] = { SET(0, 0), EXIT() };
	int group = own_group(), fd[2];

	pair(fd);
	attach(group, BPF_PROG_TYPE_CGROUP_SKB, where, drop, LENGTH(drop));
	send(fd[0], "x", 1, 0);
	EXPECT_EQ(poll_for(fd[1], POLLIN, 300), 0);
	detach(group, where);
	EXPECT_EQ(poll_for(fd[1], POLLIN, 8000), POLLIN);
}

TEST(ingress_filtered)
{
	filter_packets(BPF_CGROUP_INET_INGRESS);
}

TEST(egress_filtered)
{
	filter_packets(BPF_CGROUP_INET_EGRESS);
}

TEST(setsockopt_forbidden)
{
	const struct bpf_insn code[] = { SET(0, 0), EXIT() };
	int group = own_group(), fd = stream_socket();

	attach(group, BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT,
	       code, LENGTH(code));
	EXPECT_ERR(set_int(fd, SOL_TCP, TCP_NODELAY, 1), EPERM);
	detach(group, BPF_CGROUP_SETSOCKOPT);
	EXPECT_EQ(set_int(fd, SOL_TCP, TCP_NODELAY, 1), 0);
}
