// SPDX-License-Identifier: GPL-2.0
/*
 * Security modules: a BPF program in the place of one refuses calls to one
 * port, and what comes for it.
 */
#include <linux/btf.h>
#include <sys/stat.h>

#include "bpf.h"
#include "sockets.h"

#define PORT 7399
/* struct sock_common.skc_num */
#define SKC_NUM 14

/* Does type @t come with more words, and how many bytes? */
static size_t trailing(const struct btf_type *t)
{
	unsigned int vlen = BTF_INFO_VLEN(t->info);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return vlen * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return vlen * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return vlen * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return vlen * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return vlen * sizeof(struct btf_var_secinfo);
	}
	return 0;
}

/* The kernel's type number of function @name. */
static unsigned int function_id(const char *name)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY);
	const struct btf_header *hdr;
	unsigned int id = 1;
	struct stat st;
	size_t done = 0;
	char *buf, *p;

	if (fd < 0 || fstat(fd, &st))
		harness_skip("the kernel has no BTF");
	buf = malloc((size_t)st.st_size);
	while (done < (size_t)st.st_size) {
		ssize_t n = read(fd, buf + done, (size_t)st.st_size - done);

		REQUIRE_TRUE(n > 0);
		done += (size_t)n;
	}
	hdr = (const void *)buf;
	buf += hdr->hdr_len;
	for (p = buf + hdr->type_off;
	     p < buf + hdr->type_off + hdr->type_len; id++) {
		const struct btf_type *t = (const void *)p;

		if (BTF_INFO_KIND(t->info) == BTF_KIND_FUNC &&
		    !strcmp(buf + hdr->str_off + t->name_off, name))
			return id;
		p += sizeof(*t) + trailing(t);
	}
	harness_skip("the kernel has no such hook");
}

/* From now on and as long as the descriptor is open, @hook says no to PORT. */
static int refuse_at(const char *hook)
{
	const struct bpf_insn code[] = {
		LOAD(BPF_DW, 2, 1, 0),		/* struct sock * */
		LOAD(BPF_H, 3, 2, SKC_NUM),
		SET(0, 0),
		UNLESS(3, PORT, 1),
		SET(0, -EPERM),
		EXIT(),
	};
	union bpf_attr attr = { 0 };
	int fd;

	attr.raw_tracepoint.prog_fd =
		(__u32)bpf_load(BPF_PROG_TYPE_LSM, BPF_LSM_MAC,
				function_id(hook), code, LENGTH(code));
	fd = bpf_call(BPF_RAW_TRACEPOINT_OPEN, &attr);
	if (fd < 0)
		harness_skip("BPF may not be a security module here");
	return fd;
}

TEST(connection_request)
{
	int lfd = listener_at("127.0.0.1", PORT, 4), fd = stream_socket();
	int hook = refuse_at("bpf_lsm_inet_conn_request");

	set_nonblock(fd);
	EXPECT_ERR(connect_to(fd, name_of(lfd)), EINPROGRESS);
	EXPECT_EQ(poll_for(fd, POLLOUT, 300), 0);
	EXPECT_EQ(poll_now(lfd, POLLIN), 0);
	close(hook);
	/* The SYN comes again. */
	EXPECT_EQ(poll_for(fd, POLLOUT, 8000), POLLOUT);
	EXPECT_OK(accept(lfd, NULL, NULL));
}

TEST(received_packet)
{
	int lfd = listener_at("127.0.0.1", PORT, 4), fd, peer, hook;

	fd = connected_to(lfd);
	peer = accept(lfd, NULL, NULL);
	hook = refuse_at("bpf_lsm_socket_sock_rcv_skb");
	EXPECT_EQ(send(fd, "x", 1, 0), 1);
	EXPECT_EQ(poll_for(peer, POLLIN, 300), 0);
	close(hook);
	EXPECT_EQ(poll_for(peer, POLLIN, 8000), POLLIN);
}
