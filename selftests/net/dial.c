// SPDX-License-Identifier: GPL-2.0
/*
 * dial [--dev NAME] [--wait MS] [--send] ADDR PORT PROTO
 *
 * What connect() says: OK or an errno's name, or TIMEOUT after so long (3 s).
 * With --send also a byte must arrive at the other end's kernel.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int say(int error)
{
	puts(error ? strerrorname_np(error) : "OK");
	return 0;
}

static int acknowledged(int fd)
{
	int left = 1;

	if (send(fd, "x", 1, MSG_NOSIGNAL) != 1)
		return errno;
	for (int i = 0; i < 300 && left; i++) {
		usleep(10000);
		if (ioctl(fd, SIOCOUTQ, &left))
			return errno;
	}
	return left ? ETIMEDOUT : 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd, wait_ms = 3000, error = 0;
	socklen_t len = sizeof(error);
	const char *dev = NULL;
	bool with_data = false;
	struct pollfd pfd;

	for (argv++; argc > 1 && *argv && !strncmp(*argv, "--", 2); argv++) {
		if (!strcmp(*argv, "--dev") && argv[1])
			dev = *++argv;
		else if (!strcmp(*argv, "--wait") && argv[1])
			wait_ms = atoi(*++argv);
		else
			with_data = true;
	}
	if (!argv[0] || !argv[1] || !argv[2])
		return 2;
	inet_pton(AF_INET, argv[0], &to.sin_addr);
	to.sin_port = htons((unsigned short)atoi(argv[1]));

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, atoi(argv[2]));
	if (fd < 0)
		return say(errno);
	if (dev && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev,
			      (socklen_t)strlen(dev) + 1))
		return say(errno);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) &&
	    errno != EINPROGRESS)
		return say(errno);
	pfd = (struct pollfd){ fd, POLLOUT, 0 };
	if (poll(&pfd, 1, wait_ms) == 0) {
		puts("TIMEOUT");
		return 0;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len))
		return say(errno);
	if (!error && with_data)
		error = acknowledged(fd);
	return say(error);
}
