/* SPDX-License-Identifier: GPL-2.0 */
/* Sockets for tests: short ways to get to an interesting situation. */
#ifndef ATCP_SELFTESTS_SOCKETS_H
#define ATCP_SELFTESTS_SOCKETS_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "harness.h"

#ifndef SOL_TCP
#define SOL_TCP 6
#endif

/* As in struct tcp_info, in the kernel's own numbers. */
enum {
	ST_ESTABLISHED = 1,
	ST_SYN_SENT,
	ST_SYN_RECV,
	ST_FIN_WAIT1,
	ST_FIN_WAIT2,
	ST_TIME_WAIT,
	ST_CLOSE,
	ST_CLOSE_WAIT,
	ST_LAST_ACK,
	ST_LISTEN,
	ST_CLOSING,
};

#define ANY_PORT 0

struct sockaddr_in addr_of(const char *ip, int port);
int stream_socket(void);
int listener_at(const char *ip, int port, int backlog);
int listener(void);
struct sockaddr_in name_of(int fd);
struct sockaddr_in peer_of(int fd);
int connect_to(int fd, struct sockaddr_in to);
int connected_to(int listener_fd);
void pair(int fd[2]);
void small_pair(int fd[2]);
void set_nonblock(int fd);
int set_int(int fd, int level, int name, int value);
int get_int(int fd, int level, int name);
int set_time(int fd, int name, int ms);
int set_linger(int fd, int on, int seconds);
int so_error(int fd);
int poll_now(int fd, int events);
int poll_for(int fd, int events, int ms);
int state_of(int fd);
void expect_state(int fd, int state);
bool wait_state(int fd, int state, int ms);
bool wait_inq(int fd, int bytes, int ms);
size_t fill(int fd);
size_t drain(int fd, size_t want);
long long now_ms(void);
void pause_ms(int ms);
void on_signal(int sig, int flags);
extern volatile sig_atomic_t nr_signals;
void alarm_in(int ms);
void pattern(void *buf, size_t len, unsigned int seed);
bool is_pattern(const void *buf, size_t len, unsigned int seed);
int sysctl_write(const char *path, const char *value);
unsigned long long stat_of(const char *name);

#define SETOPT(fd, level, name, value) set_int(fd, level, name, value)

#endif /* ATCP_SELFTESTS_SOCKETS_H */
