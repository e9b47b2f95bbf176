// SPDX-License-Identifier: GPL-2.0
/* Options at SOL_TCP, by Linux's names: values, limits, effects. */
#include "sockets.h"

static const struct {
	const char *name;
	int option;
	int fresh;	/* value of a new socket, -1: do not look */
	int good;
	int reads;	/* what @good reads back as */
	int bad;	/* EINVAL; 0: no such value */
} options[] = {
	{ "nodelay", TCP_NODELAY, 0, 1, 1, 0 },
	{ "nodelay, any number", TCP_NODELAY, 0, 55, 1, 0 },
	{ "cork", TCP_CORK, 0, 1, 1, 0 },
	{ "maxseg", TCP_MAXSEG, -1, 1000, -1, 10 },
	{ "maxseg, too large", TCP_MAXSEG, -1, 1000, -1, 70000 },
	{ "keepidle", TCP_KEEPIDLE, 7200, 100, 100, 40000 },
	{ "keepidle, negative", TCP_KEEPIDLE, 7200, 1, 1, -1 },
	{ "keepintvl", TCP_KEEPINTVL, 75, 10, 10, 40000 },
	{ "keepcnt", TCP_KEEPCNT, -1, 5, 5, 200 },
	{ "syncnt", TCP_SYNCNT, 6, 3, 3, 300 },
	{ "linger2", TCP_LINGER2, 60, 20, 20, 0 },
	{ "linger2, off", TCP_LINGER2, 60, -1, -1, 0 },
	{ "defer_accept", TCP_DEFER_ACCEPT, 0, 1, 1, 0 },
	{ "window_clamp", TCP_WINDOW_CLAMP, 0, 5000, 5000, 0 },
	{ "quickack", TCP_QUICKACK, -1, 1, 1, 0 },
	{ "user_timeout", TCP_USER_TIMEOUT, 0, 3000, 3000, -1 },
};

TEST(values)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		int fd = stream_socket(), option = options[i].option, was;

		printf("# %s\n", options[i].name);
		was = get_int(fd, SOL_TCP, option);
		if (options[i].fresh >= 0)
			EXPECT_EQ(was, options[i].fresh);
		EXPECT_EQ(set_int(fd, SOL_TCP, option, options[i].good), 0);
		if (options[i].reads >= 0)
			EXPECT_EQ(get_int(fd, SOL_TCP, option),
				  options[i].reads);
		if (options[i].bad)
			EXPECT_ERR(set_int(fd, SOL_TCP, option, options[i].bad),
				   EINVAL);
		close(fd);
	}
}

TEST(keepalive_defaults)
{
	int fd = stream_socket();

	EXPECT_EQ(get_int(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
	EXPECT_EQ(get_int(fd, SOL_TCP, TCP_KEEPIDLE), 7200);
	EXPECT_EQ(get_int(fd, SOL_TCP, TCP_KEEPINTVL), 75);
	EXPECT_EQ(get_int(fd, SOL_TCP, TCP_KEEPCNT), is_native() ? 9 : 10);
}

TEST(lengths)
{
	int fd = stream_socket(), n = 1;
	socklen_t len = 1;

	EXPECT_ERR(setsockopt(fd, SOL_TCP, TCP_NODELAY, &n, 2), EINVAL);
	EXPECT_ERR(setsockopt(fd, SOL_TCP, TCP_NODELAY, (void *)8, 4), EFAULT);
	/* A shorter answer is cut, a longer one says its length. */
	EXPECT_OK(getsockopt(fd, SOL_TCP, TCP_NODELAY, &n, &len));
	EXPECT_EQ(len, 1);
	len = 16;
	EXPECT_OK(getsockopt(fd, SOL_TCP, TCP_NODELAY, (char[16]){ 0 }, &len));
	EXPECT_EQ(len, 4);
	len = (socklen_t)-1;
	EXPECT_ERR(getsockopt(fd, SOL_TCP, TCP_NODELAY, &n, &len), EINVAL);
}

TEST(unknown)
{
	int fd = stream_socket(), n;
	socklen_t len = sizeof(n);

	EXPECT_ERR(set_int(fd, SOL_TCP, 999, 1), ENOPROTOOPT);
	EXPECT_ERR(getsockopt(fd, SOL_TCP, 999, &n, &len), ENOPROTOOPT);
	if (!is_native())
		EXPECT_ERR(setsockopt(fd, SOL_TCP, TCP_ULP, "tls", 3),
			   ENOPROTOOPT);
}

TEST(info)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	int fd[2];

	pair(fd);
	EXPECT_EQ(send(fd[0], "12345", 5, 0), 5);
	EXPECT_TRUE(wait_inq(fd[1], 5, 3000));
	pause_ms(100);
	EXPECT_OK(getsockopt(fd[0], SOL_TCP, TCP_INFO, &info, &len));
	EXPECT_EQ(info.tcpi_state, ST_ESTABLISHED);
	EXPECT_TRUE(info.tcpi_options & TCPI_OPT_TIMESTAMPS);
	EXPECT_TRUE(info.tcpi_options & TCPI_OPT_WSCALE);
	EXPECT_GE(info.tcpi_snd_mss, 500);
	EXPECT_GE(info.tcpi_snd_cwnd, 2);
	EXPECT_GE(info.tcpi_rtt, 1);
	EXPECT_GE(info.tcpi_rto, 200000);
	EXPECT_EQ(info.tcpi_unacked, 0);
	EXPECT_EQ(info.tcpi_retransmits, 0);

	len = 8;
	EXPECT_OK(getsockopt(fd[0], SOL_TCP, TCP_INFO, &info, &len));
	EXPECT_EQ(len, 8);
}

TEST(cork)
{
	int fd[2];
	char buf[8];

	pair(fd);
	EXPECT_EQ(set_int(fd[0], SOL_TCP, TCP_CORK, 1), 0);
	EXPECT_EQ(send(fd[0], "a", 1, 0), 1);
	EXPECT_EQ(send(fd[0], "b", 1, 0), 1);
	pause_ms(20);
	EXPECT_ERR(recv(fd[1], buf, 8, MSG_DONTWAIT), EAGAIN);
	EXPECT_EQ(set_int(fd[0], SOL_TCP, TCP_CORK, 0), 0);
	EXPECT_EQ(poll_for(fd[1], POLLIN, 3000), POLLIN);
	EXPECT_EQ(recv(fd[1], buf, 8, MSG_DONTWAIT), 2);
}

TEST(maxseg_of_a_connection)
{
	int lfd = listener(), fd = stream_socket(), peer;

	EXPECT_EQ(set_int(fd, SOL_TCP, TCP_MAXSEG, 800), 0);
	EXPECT_EQ(connect_to(fd, name_of(lfd)), 0);
	peer = accept(lfd, NULL, NULL);
	REQUIRE_OK(peer);
	EXPECT_LE(get_int(fd, SOL_TCP, TCP_MAXSEG), 800);
	EXPECT_LE(get_int(peer, SOL_TCP, TCP_MAXSEG), 800);
	EXPECT_GE(get_int(peer, SOL_TCP, TCP_MAXSEG), 780);
}

/* An orphan's FIN-WAIT-2 ends by itself, and then there is nobody. */
TEST(linger2_ends_fin_wait_2)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(set_int(fd[0], SOL_TCP, TCP_LINGER2, 1), 0);
	close(fd[0]);
	expect_state(fd[1], ST_CLOSE_WAIT);
	pause_ms(2500);
	EXPECT_EQ(send(fd[1], "x", 1, MSG_NOSIGNAL), 1);
	EXPECT_TRUE(wait_state(fd[1], ST_CLOSE, 3000));
}

TEST(window_clamp_holds)
{
	int lfd = listener(), fd, peer;
	size_t sent;

	EXPECT_EQ(set_int(lfd, SOL_TCP, TCP_WINDOW_CLAMP, 8192), 0);
	fd = stream_socket();
	set_int(fd, SOL_SOCKET, SO_SNDBUF, 32768);
	EXPECT_EQ(connect_to(fd, name_of(lfd)), 0);
	peer = accept(lfd, NULL, NULL);
	REQUIRE_OK(peer);
	sent = fill(fd);
	EXPECT_EQ(drain(peer, sent), sent);
}

/* Congestion control by name. Linux's names are 16 bytes, the final 0 included. */
#define CC_NAME_MAX 16

static int set_cc(int fd, const char *name)
{
	return setsockopt(fd, SOL_TCP, TCP_CONGESTION, name, strlen(name));
}

static bool has_cc(int fd, const char *name)
{
	char now[CC_NAME_MAX + 1] = "";
	socklen_t len = CC_NAME_MAX;

	if (getsockopt(fd, SOL_TCP, TCP_CONGESTION, now, &len))
		return false;
	printf("# has %s\n", now);
	return len == CC_NAME_MAX && !strcmp(now, name);
}

/* /proc/sys/net/ipv4/tcp_NAME or net/atcp/NAME. */
static const char *cc_path(const char *name)
{
	static char path[100];

	snprintf(path, sizeof(path), "/proc/sys/net/%s%s",
		 is_native() ? "ipv4/tcp_" : "atcp/", name);
	return path;
}

/* The first line of a setting, without its end. */
static bool read_setting(const char *name, char *line, int size)
{
	FILE *f = fopen(cc_path(name), "r");
	bool is_read = f && fgets(line, size, f);

	if (f)
		fclose(f);
	if (is_read)
		line[strcspn(line, "\n")] = 0;
	return is_read;
}

TEST(congestion)
{
	int fd = stream_socket();

	EXPECT_TRUE(has_cc(fd, "cubic"));
	EXPECT_EQ(set_cc(fd, "reno"), 0);
	EXPECT_TRUE(has_cc(fd, "reno"));
	EXPECT_ERR(set_cc(fd, "no such"), ENOENT);
	EXPECT_ERR(set_cc(fd, "ren"), ENOENT);
	EXPECT_ERR(set_cc(fd, "renoo"), ENOENT);
	EXPECT_TRUE(has_cc(fd, "reno"));
	EXPECT_EQ(set_cc(fd, "reno"), 0);
	EXPECT_EQ(set_cc(fd, "cubic"), 0);
	EXPECT_TRUE(has_cc(fd, "cubic"));
	close(fd);
}

/* With or without a final 0, with something behind it; 15 characters count. */
TEST(congestion_set_lengths)
{
	int fd = stream_socket();

	EXPECT_ERR(setsockopt(fd, SOL_TCP, TCP_CONGESTION, "reno", 0), EINVAL);
	EXPECT_ERR(setsockopt(fd, SOL_TCP, TCP_CONGESTION, "reno", 3), ENOENT);
	EXPECT_ERR(setsockopt(fd, SOL_TCP, TCP_CONGESTION, "", 1), ENOENT);
	EXPECT_ERR(setsockopt(fd, SOL_TCP, TCP_CONGESTION, (void *)8, 4),
		   EFAULT);
	EXPECT_TRUE(has_cc(fd, "cubic"));
	EXPECT_OK(setsockopt(fd, SOL_TCP, TCP_CONGESTION, "reno\0behind", 11));
	EXPECT_TRUE(has_cc(fd, "reno"));
	EXPECT_OK(setsockopt(fd, SOL_TCP, TCP_CONGESTION, "cubic", 6));
	EXPECT_TRUE(has_cc(fd, "cubic"));
	EXPECT_OK(setsockopt(fd, SOL_TCP, TCP_CONGESTION,
			     "reno\0a buffer that is longer than a name", 40));
	EXPECT_TRUE(has_cc(fd, "reno"));
	EXPECT_ERR(set_cc(fd, "a name that is longer than a name may be"),
		   ENOENT);
	EXPECT_TRUE(has_cc(fd, "reno"));
	close(fd);
}

/* A shorter answer is cut, a longer one says the length of the field. */
TEST(congestion_get_lengths)
{
	int fd = stream_socket();
	char name[32] = "................";
	socklen_t len = 3;

	EXPECT_OK(getsockopt(fd, SOL_TCP, TCP_CONGESTION, name, &len));
	EXPECT_EQ(len, 3);
	EXPECT_EQ(memcmp(name, "cub.", 4), 0);
	len = 0;
	EXPECT_OK(getsockopt(fd, SOL_TCP, TCP_CONGESTION, name, &len));
	EXPECT_EQ(len, 0);
	len = sizeof(name);
	EXPECT_OK(getsockopt(fd, SOL_TCP, TCP_CONGESTION, name, &len));
	EXPECT_EQ(len, CC_NAME_MAX);
	EXPECT_EQ(memcmp(name, "cubic\0\0\0\0\0\0\0\0\0\0\0", CC_NAME_MAX), 0);
	len = 4;
	EXPECT_ERR(getsockopt(fd, SOL_TCP, TCP_CONGESTION, (void *)8, &len),
		   EFAULT);
	close(fd);
}

/* BBR tells of its model (struct tcp_bbr_info), CUBIC nothing. */
TEST(congestion_info)
{
	unsigned int info[5] = { 0 }; /* bandwidth low, high; round trip; gains */
	socklen_t len = sizeof(info);
	int fd[2];
	char c;

	pair(fd);
	EXPECT_OK(getsockopt(fd[0], SOL_TCP, TCP_CC_INFO, info, &len));
	EXPECT_EQ(len, 0);
	if (is_native())
		return; /* has no BBR everywhere */
	EXPECT_EQ(set_cc(fd[0], "bbr"), 0);
	EXPECT_EQ(send(fd[0], "x", 1, 0), 1);
	EXPECT_EQ(recv(fd[1], &c, 1, 0), 1);
	pause_ms(200);
	len = sizeof(info);
	EXPECT_OK(getsockopt(fd[0], SOL_TCP, TCP_CC_INFO, info, &len));
	EXPECT_EQ(len, sizeof(info));
	EXPECT_GE(info[2], 1);
	EXPECT_LE(info[2], 10000000);
	EXPECT_GE(info[3], 256); /* more than it delivers: Startup */
	EXPECT_GE(info[4], 256);
}

/* Send @bytes in one direction and take them at the other end: ms. */
static long long time_of(int fd[2], size_t bytes)
{
	static char buf[1 << 16];
	size_t sent = 0, got = 0;
	long long begin = now_ms();

	while (got < bytes && now_ms() < begin + 8000) {
		size_t part = bytes - sent < sizeof(buf) ? bytes - sent :
							   sizeof(buf);
		ssize_t out = part ? send(fd[0], buf, part, MSG_DONTWAIT) : 0;
		ssize_t in = recv(fd[1], buf, sizeof(buf), MSG_DONTWAIT);

		sent += out > 0 ? out : 0;
		got += in > 0 ? in : 0;
		if (out <= 0 && in <= 0)
			pause_ms(1);
	}
	EXPECT_EQ(got, bytes);
	return now_ms() - begin;
}

/* SO_MAX_PACING_RATE: 2 MB at 2 MB/s, but for a first burst. */
TEST(max_pacing_rate)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	int fd[2];

	pair(fd);
	EXPECT_EQ(set_int(fd[0], SOL_SOCKET, SO_MAX_PACING_RATE, 2000000), 0);
	EXPECT_GE(time_of(fd, 2000000), 500);
	EXPECT_OK(getsockopt(fd[0], SOL_TCP, TCP_INFO, &info, &len));
	EXPECT_EQ(info.tcpi_max_pacing_rate, 2000000);
	EXPECT_LE(info.tcpi_pacing_rate, 2000000);
	EXPECT_GE(info.tcpi_delivery_rate, 1);
	EXPECT_GE(info.tcpi_delivered, 2);

	/* No limit, in native terms. */
	EXPECT_EQ(set_int(fd[0], SOL_SOCKET, SO_MAX_PACING_RATE, -1), 0);
	EXPECT_OK(getsockopt(fd[0], SOL_TCP, TCP_INFO, &info, &len));
	EXPECT_TRUE(info.tcpi_max_pacing_rate == ~0ULL);
}

/* What the listener has chosen is its children's; the caller has its own. */
TEST(congestion_is_inherited)
{
	int lfd = listener(), fd, peer;

	EXPECT_EQ(set_cc(lfd, "reno"), 0);
	EXPECT_TRUE(has_cc(lfd, "reno"));
	fd = connected_to(lfd);
	peer = accept(lfd, NULL, NULL);
	REQUIRE_OK(peer);
	EXPECT_TRUE(has_cc(peer, "reno"));
	EXPECT_TRUE(has_cc(fd, "cubic"));
	EXPECT_EQ(set_cc(peer, "cubic"), 0);
	EXPECT_TRUE(has_cc(lfd, "reno"));
	close(peer);
	close(fd);

	fd = stream_socket();
	EXPECT_EQ(set_cc(fd, "reno"), 0);
	EXPECT_EQ(connect_to(fd, name_of(lfd)), 0);
	EXPECT_TRUE(has_cc(fd, "reno"));
}

static unsigned int cwnd_of(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	EXPECT_OK(getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len));
	return info.tcpi_snd_cwnd;
}

/* In mid-connection: the window stays, data goes on. */
TEST(congestion_under_way)
{
	static char sent[20000], got[sizeof(sent)]; /* the window takes it */
	static const char *const names[] = { "reno", "cubic", "reno" };
	int fd[2];

	pair(fd);
	pattern(sent, sizeof(sent), 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unsigned int was;

		EXPECT_EQ(send(fd[0], sent, sizeof(sent), 0), sizeof(sent));
		EXPECT_EQ(recv(fd[1], got, sizeof(got), MSG_WAITALL),
			  sizeof(got));
		EXPECT_TRUE(is_pattern(got, sizeof(got), 1));
		pause_ms(100);
		was = cwnd_of(fd[0]);
		EXPECT_GE(was, 10);
		EXPECT_EQ(set_cc(fd[0], names[i]), 0);
		EXPECT_EQ(cwnd_of(fd[0]), was);
		EXPECT_TRUE(has_cc(fd[0], names[i]));
		EXPECT_TRUE(has_cc(fd[1], "cubic"));
	}
}

/* What the namespace says holds for sockets that are created afterwards. */
TEST(congestion_of_the_namespace)
{
	int before = stream_socket(), after;
	char line[256] = "";

	EXPECT_TRUE(read_setting("congestion_control", line, sizeof(line)));
	EXPECT_EQ(strcmp(line, "cubic"), 0);
	REQUIRE_OK(sysctl_write(cc_path("congestion_control"), "reno\n"));
	EXPECT_TRUE(read_setting("congestion_control", line, sizeof(line)));
	EXPECT_EQ(strcmp(line, "reno"), 0);
	after = stream_socket();
	EXPECT_TRUE(has_cc(before, "cubic"));
	EXPECT_TRUE(has_cc(after, "reno"));

	EXPECT_ERR(sysctl_write(cc_path("congestion_control"), "no_such"),
		   ENOENT);
	EXPECT_TRUE(read_setting("congestion_control", line, sizeof(line)));
	EXPECT_EQ(strcmp(line, "reno"), 0);
}

/* -1: as native's, also where that changes; one that ATCP has not is cubic. */
TEST(congestion_follows_natives)
{
	const char *natives = "/proc/sys/net/ipv4/tcp_congestion_control";
	char line[256] = "";
	bool has_vegas;

	if (is_native())
		return;
	REQUIRE_OK(sysctl_write(cc_path("congestion_control"), "-1"));
	REQUIRE_OK(sysctl_write(natives, "reno"));
	EXPECT_TRUE(read_setting("congestion_control", line, sizeof(line)));
	EXPECT_EQ(strcmp(line, "reno"), 0);
	EXPECT_TRUE(has_cc(stream_socket(), "reno"));
	REQUIRE_OK(sysctl_write(natives, "cubic"));
	EXPECT_TRUE(has_cc(stream_socket(), "cubic"));

	REQUIRE_OK(sysctl_write(cc_path("congestion_control"), "bbr"));
	REQUIRE_OK(sysctl_write(natives, "reno"));
	EXPECT_TRUE(has_cc(stream_socket(), "bbr"));
	REQUIRE_OK(sysctl_write(cc_path("congestion_control"), "-1"));
	EXPECT_TRUE(has_cc(stream_socket(), "reno"));

	has_vegas = !sysctl_write(natives, "vegas");
	EXPECT_TRUE(has_cc(stream_socket(), has_vegas ? "cubic" : "reno"));
	REQUIRE_OK(sysctl_write(natives, "cubic"));
}

TEST(congestion_available)
{
	char line[256] = "";

	EXPECT_TRUE(read_setting("available_congestion_control", line,
				 sizeof(line)));
	EXPECT_TRUE(strstr(line, "reno"));
	EXPECT_TRUE(strstr(line, "cubic"));
	EXPECT_ERR(sysctl_write(cc_path("available_congestion_control"),
				"reno"), EACCES);
}
