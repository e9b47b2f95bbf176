// SPDX-License-Identifier: GPL-2.0
#include <sys/time.h>
#include <time.h>

#include "sockets.h"

volatile sig_atomic_t nr_signals;

struct sockaddr_in addr_of(const char *ip, int port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};

	inet_pton(AF_INET, ip, &addr.sin_addr);
	return addr;
}

int stream_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, proto);

	REQUIRE_OK(fd);
	return fd;
}

int listener_at(const char *ip, int port, int backlog)
{
	struct sockaddr_in addr = addr_of(ip, port);
	int fd = stream_socket();

	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	REQUIRE_OK(bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	REQUIRE_OK(listen(fd, backlog));
	return fd;
}

int listener(void)
{
	return listener_at("127.0.0.1", ANY_PORT, 16);
}

struct sockaddr_in name_of(int fd)
{
	struct sockaddr_in addr = { 0 };
	socklen_t len = sizeof(addr);

	REQUIRE_OK(getsockname(fd, (struct sockaddr *)&addr, &len));
	REQUIRE_EQ(len, sizeof(addr));
	return addr;
}

struct sockaddr_in peer_of(int fd)
{
	struct sockaddr_in addr = { 0 };
	socklen_t len = sizeof(addr);

	REQUIRE_OK(getpeername(fd, (struct sockaddr *)&addr, &len));
	REQUIRE_EQ(len, sizeof(addr));
	return addr;
}

int connect_to(int fd, struct sockaddr_in to)
{
	return connect(fd, (struct sockaddr *)&to, sizeof(to));
}

int connected_to(int listener_fd)
{
	int fd = stream_socket();

	REQUIRE_OK(connect_to(fd, name_of(listener_fd)));
	return fd;
}

/* fd[0] has connected to fd[1]. */
void pair(int fd[2])
{
	int lfd = listener();

	fd[0] = connected_to(lfd);
	fd[1] = accept(lfd, NULL, NULL);
	REQUIRE_OK(fd[1]);
	close(lfd);
}

/* The same with small buffers that do not grow by themselves. */
void small_pair(int fd[2])
{
	int lfd = listener();

	REQUIRE_OK(set_int(lfd, SOL_SOCKET, SO_RCVBUF, 32768));
	fd[0] = stream_socket();
	REQUIRE_OK(set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 32768));
	REQUIRE_OK(connect_to(fd[0], name_of(lfd)));
	fd[1] = accept(lfd, NULL, NULL);
	REQUIRE_OK(fd[1]);
	close(lfd);
}

void set_nonblock(int fd)
{
	REQUIRE_OK(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK));
}

int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

/* The option's value, or -1. */
int get_int(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value = 0;

	if (getsockopt(fd, level, name, &value, &len))
		return -1;
	return value;
}

int set_time(int fd, int name, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	return setsockopt(fd, SOL_SOCKET, name, &tv, sizeof(tv));
}

int set_linger(int fd, int on, int seconds)
{
	struct linger linger = { on, seconds };

	return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

int so_error(int fd)
{
	return get_int(fd, SOL_SOCKET, SO_ERROR);
}

int poll_now(int fd, int events)
{
	return poll_for(fd, events, 0);
}

int poll_for(int fd, int events, int ms)
{
	struct pollfd pfd = { fd, (short)events, 0 };

	REQUIRE_OK(poll(&pfd, 1, ms));
	return pfd.revents;
}

int state_of(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	REQUIRE_OK(getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len));
	return info.tcpi_state;
}

bool wait_state(int fd, int state, int ms)
{
	long long end = now_ms() + ms;

	while (state_of(fd) != state) {
		if (now_ms() > end)
			return false;
		pause_ms(2);
	}
	return true;
}

void expect_state(int fd, int state)
{
	if (!wait_state(fd, state, 3000))
		harness_fail(__FILE__, __LINE__, "state is %d, not %d",
			     state_of(fd), state);
}

/* Until so many bytes wait to be read. */
bool wait_inq(int fd, int bytes, int ms)
{
	long long end = now_ms() + ms;
	int inq = -1;

	while (!ioctl(fd, FIONREAD, &inq) && inq < bytes) {
		if (now_ms() > end)
			return false;
		pause_ms(2);
	}
	return inq >= bytes;
}

/* Write until the socket takes no more for a while; how many bytes it took. */
size_t fill(int fd)
{
	static char buf[16384];
	bool is_last = false;
	size_t sum = 0;
	ssize_t n;

	for (;;) {
		n = send(fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			sum += (size_t)n;
			is_last = false;
			continue;
		}
		if (errno != EAGAIN)
			break;
		/* A little room need not be worth a POLLOUT: ask twice. */
		if (poll_for(fd, POLLOUT, 1000) & POLLOUT)
			is_last = false;
		else if (!is_last)
			is_last = true;
		else
			break;
	}
	return sum;
}

/* Read and drop @want bytes, fewer at end of file or after 5 s of silence. */
size_t drain(int fd, size_t want)
{
	static char buf[65536];
	size_t sum = 0;

	while (sum < want) {
		size_t len = want - sum < sizeof(buf) ? want - sum : sizeof(buf);
		ssize_t n;

		if (!poll_for(fd, POLLIN, 5000))
			break;
		n = recv(fd, buf, len, MSG_DONTWAIT);
		if (n <= 0)
			break;
		sum += (size_t)n;
	}
	return sum;
}

long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

void pause_ms(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

static void count_signal(int sig)
{
	(void)sig;
	nr_signals++;
}

/* Count @sig from now on; @flags as for sigaction(). */
void on_signal(int sig, int flags)
{
	struct sigaction sa = {
		.sa_handler = count_signal,
		.sa_flags = flags,
	};

	nr_signals = 0;
	sigaction(sig, &sa, NULL);
}

/* SIGUSR1 to ourselves after so long. The test's own limit stays armed. */
void alarm_in(int ms)
{
	pid_t self = getpid();

	if (!fork()) {
		pause_ms(ms);
		kill(self, SIGUSR1);
		_exit(0);
	}
}

static unsigned char pattern_byte(size_t i, unsigned int seed)
{
	return (unsigned char)(i * 7 + (i >> 8) * 13 + seed);
}

void pattern(void *buf, size_t len, unsigned int seed)
{
	unsigned char *p = buf;

	for (size_t i = 0; i < len; i++)
		p[i] = pattern_byte(i, seed);
}

bool is_pattern(const void *buf, size_t len, unsigned int seed)
{
	const unsigned char *p = buf;

	for (size_t i = 0; i < len; i++)
		if (p[i] != pattern_byte(i, seed))
			return false;
	return true;
}

int sysctl_write(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, value, strlen(value));
	close(fd);
	return n < 0 ? -1 : 0;
}

/* A counter of /proc/net/atcp_stat, "Name value" or "Name: value" a line. */
unsigned long long stat_of(const char *name)
{
	unsigned long long value, found = 0;
	FILE *f = fopen("/proc/self/net/atcp_stat", "r");
	char line[256], word[64];

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63[^: \t]%*[: \t]%llu", word, &value) < 2)
			continue;
		if (!strcmp(word, name))
			found = value;
	}
	fclose(f);
	return found;
}
