// SPDX-License-Identifier: GPL-2.0
/*
 * Two ends that send each other a file over one connection, at the same time:
 *
 *	xfer --listen ADDR --port N [OPTION]...
 *	xfer --connect ADDR --port N [OPTION]...
 *
 *	--proto N	IP protocol of the socket, 253 by default
 *	--size N	bytes to send, made from --seed; 0 by default
 *	--seed N	what to make them from
 *	--in FILE	send this instead
 *	--out FILE	write what arrives there
 *	--bind ADDR	connect from this address
 *	--dev NAME	SO_BINDTODEVICE
 *	--ready FILE	open it for writing, and close it, when listening
 *	--hold MS	wait before closing
 *	--timeout S	give up after so long, 100 by default
 *
 * Prints a line for each direction, bytes and SHA-256, and one for the whole.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK (128 * 1024)

static struct {
	const char *listen, *connect, *in, *out, *bind, *dev, *ready;
	long long port, proto, hold_ms, timeout_s, size, seed;
} opt = { .proto = 253, .timeout_s = 200 };

/* One direction. */
struct flow {
	int fd;
	uint64_t bytes;
	char sha[2 * EVP_MAX_MD_SIZE + 1];
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static struct sockaddr_in addr_of(const char *ip, long long port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
	};

	if (inet_pton(AF_INET, ip, &addr.sin_addr) != 1)
		errx(2, "no IPv4 address: %s", ip);
	return addr;
}

static EVP_MD_CTX *hash_begin(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || !EVP_DigestInit_ex(ctx, EVP_sha256(), NULL))
		errx(1, "SHA-256 is not to be had");
	return ctx;
}

static void hash_end(EVP_MD_CTX *ctx, char *hex)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int len;

	EVP_DigestFinal_ex(ctx, md, &len);
	EVP_MD_CTX_free(ctx);
	for (unsigned int i = 0; i < len; i++)
		sprintf(hex + 2 * i, "%02x", md[i]);
}

/* Marsaglia's xorshift: quick, and the same on both ends of the world. */
static void make_data(uint64_t *state, uint64_t *buf, size_t words)
{
	uint64_t x = *state;

	for (size_t i = 0; i < words; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		buf[i] = x;
	}
	*state = x;
}

/* The next bytes to send into @buf; 0 at the end. */
static size_t next_chunk(int in, uint64_t *state, uint64_t left, uint64_t *buf)
{
	ssize_t n;

	if (in < 0) {
		make_data(state, buf, CHUNK / sizeof(*buf));
		return left < CHUNK ? (size_t)left : CHUNK;
	}
	n = read(in, buf, CHUNK);
	if (n < 0)
		err(1, "%s", opt.in);
	return (size_t)n;
}

static void *send_all(void *arg)
{
	uint64_t state = (uint64_t)opt.seed * 2 + 1;
	EVP_MD_CTX *ctx = hash_begin();
	struct flow *flow = arg;
	uint64_t *buf = malloc(CHUNK);
	size_t len, done;
	int in = -1;

	if (opt.in) {
		in = open(opt.in, O_RDONLY);
		if (in < 0)
			err(1, "%s", opt.in);
	}
	while ((len = next_chunk(in, &state, (uint64_t)opt.size - flow->bytes, buf))) {
		EVP_DigestUpdate(ctx, buf, len);
		for (done = 0; done < len; ) {
			ssize_t n = send(flow->fd, (char *)buf + done,
					 len - done, MSG_NOSIGNAL);

			if (n < 0)
				err(1, "send after %llu bytes",
				    (unsigned long long)(flow->bytes + done));
			done += (size_t)n;
		}
		flow->bytes += len;
	}
	hash_end(ctx, flow->sha);
	free(buf);
	if (shutdown(flow->fd, SHUT_WR))
		err(1, "shutdown");
	return NULL;
}

static void *receive_all(void *arg)
{
	EVP_MD_CTX *ctx = hash_begin();
	struct flow *flow = arg;
	char *buf = malloc(CHUNK);
	int out = -1;
	ssize_t n;

	if (opt.out) {
		out = open(opt.out, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		if (out < 0)
			err(1, "%s", opt.out);
	}
	while ((n = recv(flow->fd, buf, CHUNK, 0)) > 0) {
		EVP_DigestUpdate(ctx, buf, (size_t)n);
		flow->bytes += (uint64_t)n;
		if (out >= 0 && write(out, buf, (size_t)n) != n)
			err(1, "%s", opt.out);
	}
	if (n < 0)
		err(1, "recv after %llu bytes", (unsigned long long)flow->bytes);
	hash_end(ctx, flow->sha);
	free(buf);
	return NULL;
}

static int make_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, (int)opt.proto), on = 1;

	if (fd < 0)
		err(1, "socket of protocol %lld%s", opt.proto,
		    opt.proto == 253 ? ", is atcp.ko loaded?" : "");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (opt.dev && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, opt.dev,
				  (socklen_t)strlen(opt.dev) + 1))
		err(1, "SO_BINDTODEVICE %s", opt.dev);
	return fd;
}

static int serve(void)
{
	struct sockaddr_in addr = addr_of(opt.listen, opt.port);
	int lfd = make_socket(), fd;

	if (bind(lfd, (struct sockaddr *)&addr, sizeof(addr)))
		err(1, "bind to %s:%lld", opt.listen, opt.port);
	if (listen(lfd, 8))
		err(1, "listen");
	if (opt.ready)
		close(open(opt.ready, O_WRONLY));
	fd = accept(lfd, NULL, NULL);
	if (fd < 0)
		err(1, "accept");
	close(lfd);
	return fd;
}

/* The other side may still be on its way up. */
static int call(void)
{
	struct sockaddr_in addr = addr_of(opt.connect, opt.port), from;
	int fd;

	for (int tries = 0;; tries++) {
		fd = make_socket();
		if (opt.bind) {
			from = addr_of(opt.bind, 0);
			if (bind(fd, (struct sockaddr *)&from, sizeof(from)))
				err(1, "bind to %s", opt.bind);
		}
		if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
			return fd;
		if (errno != ECONNREFUSED || tries == 100)
			err(1, "connect to %s:%lld", opt.connect, opt.port);
		close(fd);
		usleep(50000);
	}
}

/* Each has a value: text, or a number in C's notation. */
static const struct {
	const char *name;
	const char **text;
	long long *number;
} options[] = {
	{ "listen", .text = &opt.listen },
	{ "connect", .text = &opt.connect },
	{ "port", .number = &opt.port },
	{ "proto", .number = &opt.proto },
	{ "size", .number = &opt.size },
	{ "seed", .number = &opt.seed },
	{ "in", .text = &opt.in },
	{ "out", .text = &opt.out },
	{ "bind", .text = &opt.bind },
	{ "dev", .text = &opt.dev },
	{ "ready", .text = &opt.ready },
	{ "hold", .number = &opt.hold_ms },
	{ "timeout", .number = &opt.timeout_s },
};

#define NR_OPTIONS (int)(sizeof(options) / sizeof(options[0]))

static void take(const char *name, const char *value)
{
	for (int i = 0; i < NR_OPTIONS; i++) {
		if (strcmp(options[i].name, name))
			continue;
		if (options[i].text)
			*options[i].text = value;
		else
			*options[i].number = strtoll(value, NULL, 0);
		return;
	}
	errx(2, "no option --%s, see the source", name);
}

static void parse(int argc, char **argv)
{
	for (int i = 1; i < argc; i += 2) {
		if (strncmp(argv[i], "--", 2) || i + 1 == argc)
			errx(2, "--NAME VALUE, not %s", argv[i]);
		take(argv[i] + 2, argv[i + 1]);
	}
	if (!opt.listen == !opt.connect || !opt.port)
		errx(2, "xfer --listen|--connect ADDR --port N, see the source");
}

int main(int argc, char **argv)
{
	struct flow out = { 0 }, in = { 0 };
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	pthread_t thread;
	double begin;
	int fd;

	parse(argc, argv);
	alarm((unsigned int)opt.timeout_s);
	fd = opt.listen ? serve() : call();
	begin = now();
	out.fd = fd;
	in.fd = fd;
	if (pthread_create(&thread, NULL, send_all, &out))
		errx(1, "no thread");
	receive_all(&in);
	pthread_join(thread, NULL);
	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	printf("sent %llu %s\n", (unsigned long long)out.bytes, out.sha);
	printf("received %llu %s\n", (unsigned long long)in.bytes, in.sha);
	printf("seconds %.2f retransmissions %u\n", now() - begin,
	       info.tcpi_total_retrans);
	fflush(stdout);
	usleep((useconds_t)opt.hold_ms * 1000);
	return close(fd) ? 1 : 0;
}
