/* SPDX-License-Identifier: GPL-2.0 */
/* Small BPF programs, written as instructions: no compiler, no library. */
#ifndef ATCP_SELFTESTS_BPF_H
#define ATCP_SELFTESTS_BPF_H

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"

#define INSN(c, d, s, o, i) \
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), \
			    .off = (o), .imm = (i) })
/* dst = imm */
#define SET(dst, imm) INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
/* dst = *(u32 or such *)(src + off) */
#define LOAD(size, dst, src, off) \
	INSN(BPF_LDX | (size) | BPF_MEM, dst, src, off, 0)
/* *(u32 or such *)(dst + off) = src */
#define STORE(size, dst, off, src) \
	INSN(BPF_STX | (size) | BPF_MEM, dst, src, off, 0)
/* if (dst != imm) skip so many */
#define UNLESS(dst, imm, skip) INSN(BPF_JMP | BPF_JNE | BPF_K, dst, 0, skip, imm)
#define EXIT() INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static inline int bpf_call(int cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* A program's file descriptor. Shows what the verifier did not like. */
static inline int bpf_load(int type, int attach_type, unsigned int btf_id,
			   const struct bpf_insn *code, size_t nr)
{
	static char log[8192];
	union bpf_attr attr = {
		.prog_type = (__u32)type,
		.expected_attach_type = (__u32)attach_type,
		.insns = (__u64)(uintptr_t)code,
		.insn_cnt = (__u32)nr,
		.license = (__u64)(uintptr_t)"GPL",
		.log_buf = (__u64)(uintptr_t)log,
		.log_size = sizeof(log),
		.log_level = 1,
		.attach_btf_id = btf_id,
	};
	int fd = bpf_call(BPF_PROG_LOAD, &attr);

	if (fd < 0) {
		if (errno == EPERM || errno == ENOSYS || errno == EINVAL)
			printf("# bpf: %s %s\n", strerror(errno), log);
		harness_skip("this kernel takes no such BPF program");
	}
	return fd;
}

#endif /* ATCP_SELFTESTS_BPF_H */
