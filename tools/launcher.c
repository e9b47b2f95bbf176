// SPDX-License-Identifier: GPL-2.0
/*
 * atcprun: run a program whose TCP sockets are ATCP's.
 *
 * A shared object that LD_PRELOAD brings into the program does it (preload.c). Here
 * is what has to be true for that to work: the kernel makes ATCP sockets, and the
 * program is one that the dynamic linker loads and lets us load into. Exit status,
 * as env's: 125 if atcprun itself fails, 126 if the program can't be run, 127 if
 * there is none; else the program's.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "preload.h"

#define EXIT_OURS 125
#define EXIT_NOT_RUN 126
#define EXIT_NOT_FOUND 127

/* As many interpreters as the kernel follows, one script naming the next */
#define SCRIPTS_MAX 5

static const char usage[] =
	"usage: atcprun [OPTION]... PROGRAM [ARGUMENT]...\n"
	"Run PROGRAM; the TCP sockets that it and its children make are ATCP's.\n"
	"\n"
	"  --wire 253|6   IP protocol on the wire: ATCP's own, to another ATCP (the\n"
	"                 default), or TCP's, to anybody\n"
	"  --allow-ipv6   make TCP sockets of IPv6, by native TCP; else they fail with\n"
	"                 EAFNOSUPPORT, and most programs turn to IPv4\n"
	"  --fallback     native TCP where there is no ATCP; else refuse to run\n"
	"  --log FILE     add a line for each socket made or accepted: what it is\n"
	"  --help         this text\n";

static void die(int status, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

static void die(int status, const char *fmt, ...)
{
	va_list args;

	fputs("atcprun: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(status);
}

static bool is_module_loaded(void)
{
	return access("/proc/net/atcp", F_OK) == 0;
}

static const char *why_no_socket(int proto, int err)
{
	if (err != EPROTONOSUPPORT && err != ESOCKTNOSUPPORT)
		return strerror(err);
	if (is_module_loaded() && proto == IPPROTO_ATCP_TCP)
		return "the atcp module that is loaded does not do --wire 6";
	return "the kernel module atcp is not loaded.\n"
	       "  installed:          modprobe atcp\n"
	       "  from its sources:   make && insmod build/$(uname -r)/atcp.ko";
}

/* Does it make such sockets? If not, and that may not be, exit. */
static bool check_kernel(int proto, bool may_fall_back)
{
	int fd = socket(AF_INET, SOCK_STREAM, proto);
	int err = errno;

	if (fd >= 0) {
		close(fd);
		return true;
	}
	if (!may_fall_back)
		die(EXIT_OURS, "no ATCP socket: %s\n"
		    "  to run on native TCP then: atcprun --fallback",
		    why_no_socket(proto, err));
	fprintf(stderr, "atcprun: native TCP instead of ATCP: %s\n",
		why_no_socket(proto, err));
	return false;
}

/* Where execvp() would find @name. */
static bool find_program(const char *name, char *path)
{
	const char *dirs = getenv("PATH") ?: "/usr/local/bin:/usr/bin:/bin";

	if (strchr(name, '/'))
		return snprintf(path, PATH_MAX, "%s", name) < PATH_MAX &&
		       access(path, F_OK) == 0;
	for (; *dirs; dirs += strcspn(dirs, ":"), dirs += *dirs == ':') {
		int len = strcspn(dirs, ":");

		if (snprintf(path, PATH_MAX, "%.*s%s%s", len, dirs, len ? "/" : "",
			     name) < PATH_MAX && access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* The dynamic linker ignores LD_PRELOAD for who gains privileges. */
static void check_privileges(const char *path)
{
	struct stat st;
	bool gains;

	if (stat(path, &st))
		die(EXIT_NOT_RUN, "%s: %s", path, strerror(errno));
	gains = (st.st_mode & S_ISUID && st.st_uid != getuid()) ||
		(st.st_mode & S_ISGID && st.st_gid != getgid()) ||
		(getuid() && getxattr(path, "security.capability", NULL, 0) > 0);
	if (gains)
		die(EXIT_NOT_RUN, "%s gains privileges when run: nothing can be preloaded into it",
		    path);
}

static bool read_at(int fd, void *to, size_t len, off_t at)
{
	return pread(fd, to, len, at) == (ssize_t)len;
}

/* Is there, in the notes of @segment, one of @owner? */
static bool has_note(int fd, const Elf64_Phdr *segment, const char *owner)
{
	const off_t align = segment->p_align > 4 ? segment->p_align : 4;
	const off_t end = segment->p_offset + segment->p_filesz;
	off_t at = segment->p_offset;
	struct {
		Elf64_Nhdr head;
		char owner[4];
	} note;

	while (at < end && read_at(fd, &note, sizeof(note), at)) {
		if (note.head.n_namesz && note.head.n_namesz <= sizeof(note.owner) &&
		    !strncmp(note.owner, owner, note.head.n_namesz))
			return true;
		at += sizeof(note.head) + note.head.n_namesz;
		at = (at + align - 1) / align * align + note.head.n_descsz;
		at = (at + align - 1) / align * align;
	}
	return false;
}

/* Has an ELF file a segment of @type? Of notes, one with a note of @owner's. */
static bool has_segment(int fd, const Elf64_Ehdr *head, Elf64_Word type,
			const char *owner)
{
	Elf64_Phdr segment;
	int i;

	for (i = 0; i < head->e_phnum; i++) {
		if (!read_at(fd, &segment, sizeof(segment),
			     head->e_phoff + i * head->e_phentsize))
			return false;
		if (segment.p_type == type && (!owner || has_note(fd, &segment, owner)))
			return true;
	}
	return false;
}

static void check_elf(const char *path, int fd, const Elf64_Ehdr *head)
{
	const Elf64_Half machine =
#ifdef __x86_64__
		EM_X86_64;
#elif defined(__aarch64__)
		EM_AARCH64;
#else
		head->e_machine;
#endif

	if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_machine != machine)
		die(EXIT_NOT_RUN, "%s is for another machine: nothing can be preloaded into it",
		    path);
	if (!has_segment(fd, head, PT_INTERP, NULL))
		die(EXIT_NOT_RUN, "%s is statically linked: nothing can be preloaded into it",
		    path);
	if (has_segment(fd, head, PT_NOTE, "Go"))
		die(EXIT_NOT_RUN, "%s is a Go program: it makes system calls by itself",
		    path);
}

/* The interpreter that a script's first line names. Return: false if none. */
static bool find_interpreter(const char *line, char *path)
{
	line += strspn(line, " \t");
	return snprintf(path, PATH_MAX, "%.*s", (int)strcspn(line, " \t\n"), line) > 0;
}

/* Can an object be preloaded into the program at @path? If not, say so and exit. */
static void check_program(const char *path)
{
	char interpreter[PATH_MAX];
	union {
		Elf64_Ehdr elf;
		char line[256];
	} head;
	int depth, fd;

	for (depth = 0; depth < SCRIPTS_MAX; depth++) {
		check_privileges(path);
		memset(&head, 0, sizeof(head));
		fd = open(path, O_RDONLY | O_CLOEXEC);
		/* Who may run a file but not read it will see. */
		if (fd < 0 || read(fd, &head, sizeof(head) - 1) < 0)
			break;
		if (!memcmp(head.elf.e_ident, ELFMAG, SELFMAG))
			check_elf(path, fd, &head.elf);
		close(fd);
		if (strncmp(head.line, "#!", 2) ||
		    !find_interpreter(head.line + 2, interpreter))
			break;
		path = interpreter;
	}
}

/* Beside this program in the build tree, in ../lib/atcp when installed. */
static void find_object(char *object)
{
	static const char *const places[] = { "libatcprun.so",
					      "../lib/atcp/libatcprun.so" };
	char self[PATH_MAX] = "", path[PATH_MAX];
	size_t i;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		die(EXIT_OURS, "/proc/self/exe: %s", strerror(errno));
	dirname(self);
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (snprintf(path, sizeof(path), "%s/%s", self, places[i]) <
		    PATH_MAX && realpath(path, object))
			return;
	}
	die(EXIT_OURS, "no libatcprun.so in %s or in %s/../lib/atcp", self, self);
}

static void set_preload(int proto)
{
	const char *others = getenv("LD_PRELOAD");
	char object[PATH_MAX], number[16];
	char *all;

	snprintf(number, sizeof(number), "%d", proto);
	setenv(ENV_PROTO, number, true);
	find_object(object);
	/* The dynamic linker takes both for the end of a name. */
	if (strpbrk(object, " :"))
		die(EXIT_OURS, "LD_PRELOAD can't name %s: a space or colon", object);
	if (asprintf(&all, "%s%s%s", object, others ? ":" : "", others ?: "") < 0)
		die(EXIT_OURS, "no memory");
	setenv("LD_PRELOAD", all, true);
	free(all);
}

static int proto_of_wire(const char *wire)
{
	if (!strcmp(wire, "253"))
		return IPPROTO_ATCP;
	if (!strcmp(wire, "6"))
		return IPPROTO_ATCP_TCP;
	die(EXIT_OURS, "--wire is 253 or 6, not '%s'", wire);
}

/* Processes may change their directories: the log has to be found by all. */
static void set_log(const char *name)
{
	char path[PATH_MAX];
	int fd = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0 || !realpath(name, path))
		die(EXIT_OURS, "%s: %s", name, strerror(errno));
	close(fd);
	setenv(ENV_LOG, path, true);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "wire", required_argument, NULL, 'w' },
		{ "allow-ipv6", no_argument, NULL, '6' },
		{ "fallback", no_argument, NULL, 'f' },
		{ "log", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int proto = IPPROTO_ATCP, opt;
	bool may_fall_back = false;
	char path[PATH_MAX];

	unsetenv(ENV_ALLOW_IPV6);
	unsetenv(ENV_FALLBACK);
	unsetenv(ENV_LOG);
	while ((opt = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (opt) {
		case 'w':
			proto = proto_of_wire(optarg);
			break;
		case '6':
			setenv(ENV_ALLOW_IPV6, "1", true);
			break;
		case 'f':
			may_fall_back = true;
			setenv(ENV_FALLBACK, "1", true);
			break;
		case 'l':
			set_log(optarg);
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return EXIT_OURS;
		}
	}
	if (optind == argc) {
		fputs(usage, stderr);
		return EXIT_OURS;
	}

	if (!find_program(argv[optind], path))
		die(EXIT_NOT_FOUND, "%s: no such program", argv[optind]);
	check_program(path);
	if (check_kernel(proto, may_fall_back))
		set_preload(proto);
	execv(path, argv + optind);
	die(EXIT_NOT_RUN, "%s: %s", path, strerror(errno));
}
