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
		EXPECT_ERR(setsockopt(fd, SOL_TCP, TCP_ULP, "tls", 4),
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
