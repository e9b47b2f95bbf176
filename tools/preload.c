// SPDX-License-Identifier: GPL-2.0
/*
 * libatcprun.so: socket() makes ATCP sockets where the program asks for TCP. Loaded
 * by LD_PRELOAD into a program and its children; see launcher.c.
 *
 * The functions keep to what may run in any program at any time: no allocation, no
 * stdio, and errno as the call has left it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "preload.h"

#define EXPORT __attribute__((visibility("default")))

/* The other bits of a socket's type are flags */
#define TYPE_MASK 0xf

static int (*next_socket)(int domain, int type, int protocol);
static int (*next_accept)(int fd, __SOCKADDR_ARG addr, socklen_t *len);
static int (*next_accept4)(int fd, __SOCKADDR_ARG addr, socklen_t *len, int flags);

static int proto;
static bool allows_ipv6;
static bool may_fall_back;
static char log_path[4096];

/* One write, so that lines of several processes do not mix */
static void say(int fd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(int fd, const char *fmt, ...)
{
	char line[256];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (len >= (int)sizeof(line))
		len = sizeof(line) - 1;
	if (write(fd, line, len) < 0)
		return;
}

/* What the kernel says of socket @fd, if there is a log and it is one of TCP's kind. */
static void log_socket(const char *how, int fd)
{
	int saved = errno, domain = 0, type = 0, protocol = 0, log;
	socklen_t len = sizeof(int);

	if (fd < 0 || !log_path[0])
		return;
	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
	getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len);
	if ((domain == AF_INET || domain == AF_INET6) && type == SOCK_STREAM) {
		log = open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
		if (log >= 0) {
			say(log, "%s %s protocol %d %s %d\n", how,
			    domain == AF_INET ? "ipv4" : "ipv6", protocol,
			    program_invocation_short_name, (int)getpid());
			close(log);
		}
	}
	errno = saved;
}

/* Once in each process is enough. */
static void complain(const char *what)
{
	static bool has_complained;
	int saved = errno;

	if (!has_complained)
		say(STDERR_FILENO, "atcprun: %s: no ATCP socket, protocol %d: %s; %s\n",
		    program_invocation_short_name, proto, strerror(saved), what);
	has_complained = true;
	errno = saved;
}

/* There is nothing there to speak ATCP; any other failure is the program's. */
static bool is_missing(int fd)
{
	return fd < 0 && (errno == EPROTONOSUPPORT || errno == ESOCKTNOSUPPORT ||
			  errno == EPERM);
}

/* Would the kernel's own TCP carry it? */
static bool is_tcp(int domain, int type, int protocol)
{
	return (domain == AF_INET || domain == AF_INET6) &&
	       (type & TYPE_MASK) == SOCK_STREAM &&
	       (!protocol || protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP);
}

static int make_socket(int domain, int type, int protocol)
{
	int fd;

	if (!proto || !is_tcp(domain, type, protocol) ||
	    (domain == AF_INET6 && allows_ipv6))
		return next_socket(domain, type, protocol);
	/* A program that asks for one of these can do with plain IPv4's TCP, too */
	if (domain == AF_INET6 || protocol == IPPROTO_MPTCP) {
		errno = domain == AF_INET6 ? EAFNOSUPPORT : EPROTONOSUPPORT;
		return -1;
	}

	fd = next_socket(domain, type, proto);
	if (!is_missing(fd))
		return fd;
	if (!may_fall_back) {
		complain("is the module loaded?");
		return fd;
	}
	complain("native TCP instead");
	return next_socket(domain, type, protocol);
}

/* Before all constructors but those of libraries preloaded after this one */
__attribute__((constructor(101))) static void init(void)
{
	const char *value = getenv(ENV_PROTO);

	if (next_accept4)
		return;
	proto = value ? atoi(value) : 0;
	allows_ipv6 = getenv(ENV_ALLOW_IPV6);
	may_fall_back = getenv(ENV_FALLBACK);
	value = getenv(ENV_LOG);
	snprintf(log_path, sizeof(log_path), "%s", value ?: "");
	*(void **)&next_socket = dlsym(RTLD_NEXT, "socket");
	*(void **)&next_accept = dlsym(RTLD_NEXT, "accept");
	*(void **)&next_accept4 = dlsym(RTLD_NEXT, "accept4");
}

EXPORT int socket(int domain, int type, int protocol)
{
	int fd;

	init();
	fd = make_socket(domain, type, protocol);
	log_socket("socket", fd);
	return fd;
}

EXPORT int accept(int fd, __SOCKADDR_ARG addr, socklen_t *restrict len)
{
	int child;

	init();
	child = next_accept(fd, addr, len);
	log_socket("accept", child);
	return child;
}

EXPORT int accept4(int fd, __SOCKADDR_ARG addr, socklen_t *restrict len, int flags)
{
	int child;

	init();
	child = next_accept4(fd, addr, len, flags);
	log_socket("accept", child);
	return child;
}
